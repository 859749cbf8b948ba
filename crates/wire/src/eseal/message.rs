//! What a line means.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::str::from_utf8;

use segel_geo::Position;
use segel_model::{
    DeviceId, DeviceTime, Report, ServerTime, Signal,
    report::{Battery, Extra, Fix, FixSource, Lock, ReportKind},
    signal::UnsealBy,
};

use crate::{
    calendar::Clock,
    read::{bare, measure, number},
};

/// Where things lie in the line (handbook, section 7).
mod field {
    pub const NAME: usize = 1;
    pub const DEVICE: usize = 2;
    pub const CUSTOMER: usize = 3;
    pub const VERSION: usize = 4;
    pub const KIND: usize = 5;
    pub const INDEX: usize = 6;
    pub const DATE: usize = 7;
    pub const TIME: usize = 8;
    pub const INTERVAL: usize = 9;
    /// `A` or `V`.
    pub const VALID: usize = 10;
    /// Degrees with a letter each, a blank between them.
    pub const PLACE: usize = 11;
    pub const COURSE: usize = 12;
    pub const SPEED: usize = 13;
    /// `Open` or `Close`.
    pub const DOOR: usize = 14;
    pub const ACCELERATION: usize = 15;
    pub const NFC: usize = 16;
    /// Volts.
    pub const BATTERY: usize = 17;
    pub const RSSI: usize = 18;
    /// A record has so many fields, the end of the line included.
    pub const RECORD: usize = 20;
}

/// The word in every line behind its beginning.
const NAME: &[u8] = b"eSeal";
/// The longest device id believed: an IMEI has fifteen digits.
const DEVICE_LETTERS: usize = 20;

/// A line, split but not understood.
pub struct Message<'a> {
    /// Its sender.
    pub device: &'a str,
    /// Such as `Normal` or `Event-Door`.
    pub kind: &'a str,
    /// All fields, from `##S` to `E##`.
    pub fields: Vec<&'a [u8]>,
}

impl<'a> Message<'a> {
    /// Splits a line. Nothing where it names no device or says nothing.
    pub fn split(line: &'a [u8]) -> Option<Self> {
        let fields: Vec<&[u8]> = line.split(|&byte| byte == b',').collect();
        let device = from_utf8(fields.get(field::DEVICE)?).ok()?;
        let plain = !device.is_empty() && device.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let whole = fields.get(field::NAME) == Some(&NAME) && field::KIND + 1 < fields.len();
        if !whole || !plain || DEVICE_LETTERS < device.len() {
            return None;
        }
        Some(Self {
            device,
            kind: from_utf8(fields.get(field::KIND)?).ok()?,
            fields,
        })
    }

    fn field(&self, at: usize) -> Option<&'a [u8]> {
        self.fields.get(at).copied()
    }

    fn text(&self, at: usize) -> Option<String> {
        let field = self.field(at).filter(|field| !field.is_empty())?;
        Some(String::from_utf8_lossy(field).into_owned())
    }

    /// Whether it says where the seal is, or answers something.
    pub fn is_record(&self) -> bool {
        let date = self.field(field::DATE).unwrap_or_default();
        date.len() == 10 && date.get(4) == Some(&b'-')
    }

    /// The message's own number.
    pub fn index(&self) -> Option<u32> {
        self.field(field::INDEX).and_then(number)
    }

    /// What acknowledges it: the same line up to the kind, the word ACK, the index. A seal that starts is told how to work.
    pub fn acknowledgement(&self) -> Option<Vec<u8>> {
        let index = self.index().filter(|_| self.is_record())?;
        let head = self.fields[..=field::KIND].join(&b","[..]);
        let settings = if self.kind == "Startup" { SETTINGS } else { "" };
        Some(
            [
                head.as_slice(),
                b" ACK,",
                crate::read::digits(u64::from(index), 10, 1).as_bytes(),
                settings.as_bytes(),
                b",E##\r\n",
            ]
            .concat(),
        )
    }

    /// What it means, and what in it is no number, date or place.
    pub fn report(&self, received: ServerTime) -> (Report, Option<&'static str>) {
        if self.is_record() {
            self.record(received)
        } else {
            (self.answer(received), None)
        }
    }

    fn record(&self, received: ServerTime) -> (Report, Option<&'static str>) {
        let clock = self.clock();
        let happened = !matches!(self.kind, "Startup" | "Normal" | "Button-Normal");
        let kind = if happened {
            ReportKind::Happening
        } else {
            ReportKind::Record
        };
        let mut report = bare(DeviceId(self.device.into()), kind, received);
        report.time = clock
            .filter(is_set)
            .map(|clock| DeviceTime::from_unix_ms(clock.unix_ms()));
        report.fix = self.fix();
        report.battery = self.battery();
        report.lock = self.lock();
        report.signals.extend(self.signal());
        if self.is_zero_date() || clock.is_some_and(|clock| !is_set(&clock)) {
            report.signals.push(Signal::ClockUnset);
        }
        report.serial = self.index();
        report.extra = self.extra();
        let oddity = self.oddity(&report);
        (report, oddity)
    }

    /// An answer to something we sent: the words behind its kind stand beside it.
    fn answer(&self, received: ServerTime) -> Report {
        let mut report = bare(DeviceId(self.device.into()), ReportKind::Answer, received);
        let words = self.fields[field::INDEX..self.fields.len() - 1].join(&b","[..]);
        let words = String::from_utf8_lossy(&words).into_owned();
        report.extra = self.head_extra();
        report
            .extra
            .push((Cow::Borrowed("answer"), Extra::Text(words.into())));
        report
    }

    fn oddity(&self, report: &Report) -> Option<&'static str> {
        if self.fields.len() < field::RECORD || report.serial.is_none() {
            return Some("record_too_short");
        }
        if self.clock().is_none() && !self.is_zero_date() {
            return Some("no_such_time");
        }
        if report.fix.is_none() {
            return Some("no_such_place");
        }
        let no_signal = report.kind == ReportKind::Happening && self.signal().is_none();
        (no_signal && self.kind != "Termination").then_some("unknown_command")
    }

    fn is_zero_date(&self) -> bool {
        self.field(field::DATE) == Some(b"0000-00-00")
    }

    fn clock(&self) -> Option<Clock> {
        let date = self.field(field::DATE)?;
        let time = self.field(field::TIME)?;
        let part = |text: &[u8], at: usize| number::<u8>(text.get(at..at + 2)?);
        let shaped = date.len() == 10 && time.len() == 8;
        let year = number(date.get(..4)?)?;
        Clock::new(
            year,
            part(date, 5)?,
            part(date, 8)?,
            part(time, 0)?,
            part(time, 3)?,
            part(time, 6)?,
        )
        .filter(|_| shaped)
    }

    fn fix(&self) -> Option<Fix> {
        let mut degrees = self.field(field::PLACE)?.split(|&byte| byte == b' ');
        let lat = signed(degrees.next()?, [b'N', b'S'])?;
        let lon = signed(degrees.next()?, [b'E', b'W'])?;
        let measured = |at: usize| self.field(at).and_then(measure).map(|value| value as f32);
        Some(Fix {
            position: Position::new(lat, lon)?,
            valid: self.field(field::VALID) == Some(b"A"),
            source: FixSource::Gnss,
            speed_kmh: measured(field::SPEED),
            course_deg: measured(field::COURSE).filter(|course| (0.0..=360.0).contains(course)),
            altitude_m: None,
            satellites: None,
            accuracy_m: None,
        })
    }

    fn battery(&self) -> Option<Battery> {
        let volts = self.field(field::BATTERY).and_then(measure)?;
        let millivolts = libm::round(volts * 1000.0);
        (0.0..=f64::from(u16::MAX))
            .contains(&millivolts)
            .then_some(Battery {
                percent: Some(level(millivolts)),
                charging: false,
                battery_mv: Some(millivolts as u16),
            })
    }

    /// The door's contact is what holds the container shut, as the rope of other seals is.
    fn lock(&self) -> Lock {
        let closed = match self.field(field::DOOR) {
            Some(b"Close") => Some(true),
            Some(b"Open") => Some(false),
            _ => None,
        };
        Lock {
            rope: closed,
            ..Lock::default()
        }
    }

    fn signal(&self) -> Option<Signal> {
        match self.kind {
            "Event-Door" if self.lock().rope == Some(true) => Some(Signal::RopeIn),
            "Event-Door" => Some(Signal::RopeOut),
            "Event-Shock" | "Event-Drop" => Some(Signal::Vibration),
            "Event-Lock" => Some(Signal::Sealed),
            "Event-RC-Unlock" => Some(Signal::Unsealed {
                by: UnsealBy::Platform,
                actor: None,
                fence: None,
            }),
            _ => None,
        }
    }

    fn head_extra(&self) -> Vec<(Cow<'static, str>, Extra)> {
        let named = [
            ("message", field::KIND),
            ("customer", field::CUSTOMER),
            ("version", field::VERSION),
        ];
        let text = |(name, at)| Some((Cow::Borrowed(name), Extra::Text(self.text(at)?.into())));
        named.into_iter().filter_map(text).collect()
    }

    fn extra(&self) -> Vec<(Cow<'static, str>, Extra)> {
        let mut extra = self.head_extra();
        let mut put =
            |name, value: Option<Extra>| extra.extend(value.map(|value| (Cow::Borrowed(name), value)));
        let whole = |at| self.field(at).and_then(number).map(Extra::Whole);
        put("interval", whole(field::INTERVAL));
        put(
            "acceleration_g",
            self.field(field::ACCELERATION)
                .and_then(measure)
                .map(Extra::Number),
        );
        put("nfc", self.text(field::NFC).map(|nfc| Extra::Text(nfc.into())));
        put("rssi_dbm", whole(field::RSSI));
        put("battery_estimated", self.battery().map(|_| Extra::Flag(true)));
        extra
    }
}

/// Thousandths of a volt of a lithium cell that has nothing more to give, and of a full one. The seal tells volts alone, and one
/// of whose battery nobody knows how full it is could never be assigned to a trip.
const EMPTY_MV: f64 = 3_400.0;
const FULL_MV: f64 = 4_100.0;

/// Per cent of a cell of that voltage: an estimate.
fn level(millivolts: f64) -> u8 {
    let part = (millivolts - EMPTY_MV) / (FULL_MV - EMPTY_MV);
    libm::round((part * 100.0).clamp(0.0, 100.0)) as u8
}

/// What a seal that starts is told: the only settings seen, which it says back as `Startup OK`. What each number means is not
/// public.
const SETTINGS: &str = ",180,30,30,16,1";

/// The handbook's rule for all seals: the years 2000 and 2010 mean that the clock is not set.
fn is_set(clock: &Clock) -> bool {
    !matches!(clock.year(), 2000 | 2010)
}

/// Decimal degrees with a letter behind them; the second of `letters` means below zero.
fn signed(degrees: &[u8], letters: [u8; 2]) -> Option<f64> {
    let (letter, digits) = degrees.split_last()?;
    let value = measure(digits)?;
    let [positive, negative] = letters;
    match *letter {
        letter if letter == positive => Some(value),
        letter if letter == negative => Some(-value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_000_000);

    fn line(kind: &str, date: &str, door: &str) -> String {
        format!(
            "##S,eSeal,7100042,256,3.0.6,{kind},34,{date},09:30:15,15,A,6.968560S 110.423900E,10,42,{door},0.71,0:0:3:0,3.8,-73,E##"
        )
    }

    fn signals(kind: &str, door: &str) -> Vec<Signal> {
        let line = line(kind, "2026-02-03", door);
        let (report, oddity) = Message::split(line.as_bytes()).unwrap().report(NOW);
        assert_eq!(oddity, None, "{line}");
        report.signals
    }

    #[test]
    fn every_event_has_its_signal() {
        assert_eq!(signals("Event-Door", "Open"), [Signal::RopeOut]);
        assert_eq!(signals("Event-Door", "Close"), [Signal::RopeIn]);
        assert_eq!(signals("Event-Shock", "Close"), [Signal::Vibration]);
        assert_eq!(signals("Event-Drop", "Close"), [Signal::Vibration]);
        assert_eq!(signals("Event-Lock", "Close"), [Signal::Sealed]);
        let unsealed = Signal::Unsealed {
            by: UnsealBy::Platform,
            actor: None,
            fence: None,
        };
        assert_eq!(signals("Event-RC-Unlock", "Close"), [unsealed]);
        for kind in ["Startup", "Normal", "Button-Normal", "Termination"] {
            assert_eq!(signals(kind, "Close"), [], "{kind}");
        }
    }

    #[test]
    fn the_door_is_a_contact() {
        let door = |word: &str| {
            let line = line("Normal", "2026-02-03", word);
            Message::split(line.as_bytes()).unwrap().report(NOW).0.lock
        };
        assert_eq!(door("Close").rope, Some(true));
        assert_eq!(door("Open").rope, Some(false));
        assert_eq!(door("").rope, None);
        assert_eq!(door("Close").sealed(), None, "it says nothing of a motor");
    }

    #[test]
    fn a_level_is_estimated_between_an_empty_and_a_full_cell() {
        for (millivolts, percent) in [
            (0.0, 0),
            (3_400.0, 0),
            (3_750.0, 50),
            (4_100.0, 100),
            (12_000.0, 100),
        ] {
            assert_eq!(level(millivolts), percent, "{millivolts}");
        }
    }

    #[test]
    fn a_clock_that_is_not_set_is_no_time() {
        for date in ["2000-01-01", "2010-01-01", "0000-00-00"] {
            let line = line("Normal", date, "Close");
            let (report, oddity) = Message::split(line.as_bytes()).unwrap().report(NOW);
            assert_eq!((report.time, oddity), (None, None), "{date}");
            assert_eq!(report.signals, [Signal::ClockUnset]);
        }
        let line = line("Normal", "2026-02-30", "Close");
        let (report, oddity) = Message::split(line.as_bytes()).unwrap().report(NOW);
        assert_eq!((report.time, oddity), (None, Some("no_such_time")));
        assert_eq!(report.signals, [], "it does not know that it does not know");
    }

    #[test]
    fn an_event_nobody_knows_is_kept_and_acknowledged() {
        let line = line("Event-Fire", "2026-02-03", "Close");
        let message = Message::split(line.as_bytes()).unwrap();
        assert_eq!(message.report(NOW).1, Some("unknown_command"));
        assert_eq!(
            message.acknowledgement().unwrap(),
            b"##S,eSeal,7100042,256,3.0.6,Event-Fire ACK,34,E##\r\n"
        );
    }

    #[test]
    fn a_line_without_a_device_is_no_message() {
        for line in [
            "##S,eSeal,,256,3.0.6,Normal,1,E##",
            "##S,eSeal,7,E##",
            "##S,other,7,256,3.0.6,Normal,1,E##",
            "##S,eSeal,123456789012345678901,256,3.0.6,Normal,1,E##",
            "##S,E##",
        ] {
            assert!(Message::split(line.as_bytes()).is_none(), "{line}");
        }
    }
}
