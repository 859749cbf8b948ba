//! Text, split but not understood: `+RESP:GTxxx,version,device,…,send time,count$`.

use alloc::vec::Vec;
use core::str::from_utf8;

use segel_model::DeviceTime;

use super::model::Model;
use crate::{calendar::Clock, read::number};

/// Why a message was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lead {
    /// `+RESP`: as it happened.
    Live,
    /// `+BUFF`: kept while the unit could not send.
    Stored,
    /// `+ACK`: an answer to a command, or the heartbeat.
    Answer,
}

/// A message.
pub struct Message<'a> {
    /// Why it was sent.
    pub lead: Lead,
    /// Such as `GTFRI`.
    pub kind: &'a str,
    /// Model and protocol version: six letters, or ten, or none.
    pub version: &'a str,
    /// IMEI or MEID.
    pub device: &'a str,
    /// The number of the vehicle, where the unit says one.
    pub vin: &'a [u8],
    /// The unit's own name.
    pub name: &'a [u8],
    /// What stands between the name and the send time.
    pub fields: Vec<&'a [u8]>,
    /// When it was sent, by the unit's clock.
    pub sent: Said,
    /// The message's own number, as four letters, where it has one.
    pub count: Option<[u8; 4]>,
}

impl<'a> Message<'a> {
    /// Splits a message, its end included. Nothing where it names no device.
    pub fn split(bytes: &'a [u8]) -> Option<Self> {
        let (_, inside) = bytes.split_last()?;
        let mut fields = inside.split(|&byte| byte == b',');
        let (lead, kind) = lead_and_kind(fields.next()?)?;
        let version = from_utf8(fields.next()?).ok()?;
        if is_imei(version) {
            return Some(Self::old(lead, kind, version, fields.collect()));
        }
        let device = from_utf8(fields.next()?).ok()?;
        let known = is_version(version) && (is_imei(device) || is_meid(device));
        if !known {
            return None;
        }
        let mut message = Self::old(lead, kind, device, fields.collect());
        message.version = version;
        message.take_end();
        message.take_names();
        Some(message)
    }

    /// The form before protocol versions: the device stands first. What follows it is not public.
    fn old(lead: Lead, kind: &'a str, device: &'a str, fields: Vec<&'a [u8]>) -> Self {
        Self {
            lead,
            kind,
            version: "",
            device,
            vin: b"",
            name: b"",
            fields,
            sent: Said::Nothing,
            count: None,
        }
    }

    fn take_end(&mut self) {
        let count = self
            .fields
            .last()
            .and_then(|field| <[u8; 4]>::try_from(*field).ok());
        self.count = count.filter(|letters| letters.iter().all(u8::is_ascii_hexdigit));
        if self.count.is_some() {
            self.fields.pop();
        }
        let sent = self
            .fields
            .last()
            .map_or(Said::Nothing, |field| Said::read(field));
        if sent != Said::Nothing {
            self.fields.pop();
            self.sent = sent;
        }
    }

    fn take_names(&mut self) {
        let is_vin = |field: &&[u8]| {
            let letters = field
                .iter()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            field.len() == 17 && letters
        };
        let says_vin = self.model().says_vin() || self.fields.first().is_some_and(is_vin);
        if says_vin && 1 < self.fields.len() {
            self.vin = self.fields.remove(0);
        }
        if !self.fields.is_empty() {
            self.name = self.fields.remove(0);
        }
    }

    /// Which unit speaks.
    pub fn model(&self) -> Model<'a> {
        Model::of(self.version)
    }

    /// The message's own number.
    pub fn serial(&self) -> Option<u32> {
        hex(&self.count?).map(|number| number as u32)
    }

    /// Whether it is of the form before protocol versions.
    pub fn is_old(&self) -> bool {
        self.version.is_empty() && self.count.is_none()
    }
}

fn lead_and_kind(field: &[u8]) -> Option<(Lead, &str)> {
    let field = from_utf8(field).ok()?;
    let (lead, kind) = field.split_once(':')?;
    let lead = match lead {
        "+RESP" => Lead::Live,
        "+BUFF" => Lead::Stored,
        "+ACK" => Lead::Answer,
        _ => return None,
    };
    let letters = kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (kind.starts_with("GT") && letters && kind.len() <= 8).then_some((lead, kind))
}

/// Six letters, or ten of the newest units; some leave it out.
fn is_version(text: &str) -> bool {
    matches!(text.len(), 0 | 6 | 10) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_imei(text: &str) -> bool {
    text.len() == 15 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_meid(text: &str) -> bool {
    text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What a field of fourteen digits says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It is not there, or no time.
    Nothing,
    /// The clock was not set.
    Unset,
    /// A date and time.
    At(Clock),
}

impl Said {
    /// Reads YYYYMMDDhhmmss.
    pub fn read(field: &[u8]) -> Self {
        let digits = field.len() == 14 && field.iter().all(u8::is_ascii_digit);
        if !digits {
            return Self::Nothing;
        }
        let pair = |at: usize| number::<u8>(&field[at..at + 2]).unwrap_or_default();
        let year = number(&field[..4]).unwrap_or_default();
        let clock = Clock::new(year, pair(4), pair(6), pair(8), pair(10), pair(12));
        match clock {
            Some(_) if UNSET.contains(&year) => Self::Unset,
            Some(clock) => Self::At(clock),
            None if field.starts_with(b"0000") => Self::Unset,
            None => Self::Nothing,
        }
    }

    /// The moment, by a clock that is so many minutes ahead of UTC.
    pub fn time(self, ahead_min: i16) -> Option<DeviceTime> {
        match self {
            Self::At(clock) => Some(DeviceTime::from_unix_ms(
                clock.unix_ms() - i64::from(ahead_min) * 60_000,
            )),
            Self::Unset | Self::Nothing => None,
        }
    }
}

/// Years that mean "not set": 2000 and 2010 of the handbook's rule for all seals, and 2004, in which these units start.
const UNSET: [u16; 3] = [2000, 2004, 2010];

/// The number that hexadecimal letters say.
pub(crate) fn hex(field: &[u8]) -> Option<u64> {
    let letters = (1..=16).contains(&field.len()) && field.iter().all(u8::is_ascii_hexdigit);
    let text = from_utf8(field).ok().filter(|_| letters)?;
    u64::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_split_into_its_names() {
        let bytes = b"+BUFF:GTFRI,1A0102,860599000000042,box,0,0,1,,20260203093015,11F0$";
        let message = Message::split(bytes).unwrap();
        assert_eq!((message.lead, message.kind), (Lead::Stored, "GTFRI"));
        assert_eq!((message.version, message.device), ("1A0102", "860599000000042"));
        assert_eq!(message.name, b"box");
        assert_eq!(message.fields, [&b"0"[..], b"0", b"1", b""]);
        assert_eq!(message.serial(), Some(0x11F0));
        assert!(matches!(message.sent, Said::At(_)));
    }

    #[test]
    fn the_number_of_a_vehicle_is_not_its_name() {
        let bytes = b"+RESP:GTINF,2D0300,A1000043D20139,1G1JC5444R7252367,,11,20260203093015,11F0$";
        let message = Message::split(bytes).unwrap();
        assert_eq!((message.vin, message.name), (&b"1G1JC5444R7252367"[..], &b""[..]));
        assert_eq!(message.fields, [&b"11"[..]]);
    }

    #[test]
    fn what_names_no_device_is_no_message() {
        for text in [
            "+RESP:GTFRI$",
            "+RESP:GTFRI,1A0102$",
            "+RESP:GTFRI,1A0102,8605990000000,$",
            "+RESP:GTFRI,1A01,860599000000042,$",
            "+RESP:FRI,1A0102,860599000000042,$",
        ] {
            assert!(Message::split(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn a_clock_that_is_not_set_is_no_time() {
        for field in [
            "20000101000000",
            "20040101000052",
            "20100101000000",
            "00000000000000",
        ] {
            assert_eq!(Said::read(field.as_bytes()), Said::Unset, "{field}");
        }
        for field in ["", "20261301000000", "2026020309301", "202602030930155"] {
            assert_eq!(Said::read(field.as_bytes()), Said::Nothing, "{field}");
        }
        let said = Said::read(b"20260203093015");
        assert_eq!(said.time(0), Some(DeviceTime::from_unix_ms(1_770_111_015_000)));
        assert_eq!(said.time(60), Some(DeviceTime::from_unix_ms(1_770_107_415_000)));
    }
}
