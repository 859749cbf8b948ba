//! What can be said to a unit: `@@`, a letter, a length, its IMEI, a command.

use alloc::{format, string::String, vec::Vec};

use segel_model::{DeviceId, order::SealCommand};

use super::frame;
use crate::output::NotSpoken;

/// The letter by which answers could be told apart; the command tells them apart already.
const FLAG: u8 = b'A';
/// The longest text message.
const SMS_LETTERS: usize = 140;
/// The reporting interval counts tens of seconds, up to this many.
const LONGEST_INTERVAL: u32 = 65_535;

/// A command (handbook of protocols, section 6; A12 after the maker's documents).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A10: where it is now.
    Position,
    /// F01: start the modem anew. The unit goes on recording.
    Restart,
    /// A12: tens of seconds between reports; none stops them.
    Interval(u32),
    /// B21: watch over the vehicle, or no more.
    Arm(bool),
    /// C01: outputs at once: on, off, or as they are.
    Outputs([Option<bool>; 5]),
    /// C02: send a text message: to whom, which.
    Sms(String, String),
    /// D00: tell a photo: name, and from which piece on.
    TellPhoto(String, u32),
    /// D03: take a photo of that name.
    TakePhoto(String),
    /// Anything else, as it is.
    Words(String),
}

impl Command {
    /// The command an order asks for.
    pub(crate) fn from_order(order: &SealCommand) -> Result<Self, NotSpoken> {
        let why = match order {
            // Nought would end its reports.
            SealCommand::Interval { awake_s, asleep_s }
                if awake_s == asleep_s && awake_s % 10 == 0 && *awake_s != 0 =>
            {
                return Ok(Self::Interval(awake_s / 10));
            }
            SealCommand::Interval { .. } => {
                "it reports at one interval, awake and asleep, of whole tens of seconds"
            }
            SealCommand::PositionNow => return Ok(Self::Position),
            SealCommand::Restart => return Ok(Self::Restart),
            SealCommand::Lock => "no documented word of this protocol closes its lock",
            SealCommand::Text { .. } => "it sends text messages and has no display",
            SealCommand::ConfirmAlarm => "it has no alarm that waits for a person",
            SealCommand::Track { .. } => "it reports densely only by its interval",
            SealCommand::Fence(_) | SealCommand::ClearFence { .. } => {
                "how it is told a fence is not in the documents that we have"
            }
            SealCommand::SetTime => "it takes the time from satellites",
            SealCommand::AlwaysAwake { .. } => "when it sleeps is set by its maker's tool",
            _ => "no documented word of this protocol opens its lock or changes who may",
        };
        Err(NotSpoken { why })
    }

    /// The code of the command, which its answer repeats.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Position => "A10",
            Self::Restart => "F01",
            Self::Interval(_) => "A12",
            Self::Arm(_) => "B21",
            Self::Outputs(_) => "C01",
            Self::Sms(..) => "C02",
            Self::TellPhoto(..) => "D00",
            Self::TakePhoto(_) => "D03",
            Self::Words(words) => words.split(',').next().unwrap_or_default(),
        }
    }

    /// The bytes for a unit, or what in the command no unit can take.
    pub fn encode(&self, device: &DeviceId) -> Result<Vec<u8>, NotSpoken> {
        let words = self.words();
        let plain = |text: &str| text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        let is_field = |text: &String| !text.is_empty() && !text.contains([',', '*']);
        let why = match self {
            _ if words.is_empty() || !plain(&words) || words.contains('*') => {
                "words are plain letters, digits and signs, and no asterisk"
            }
            Self::Interval(tens) if LONGEST_INTERVAL < *tens => {
                "it reports every 655350 seconds at the latest"
            }
            Self::Sms(_, text) if SMS_LETTERS < text.len() => "a text message has at most 140 letters",
            Self::Sms(phone, text) if !is_field(phone) || text.is_empty() => {
                "a text message has a number and words"
            }
            Self::TakePhoto(name) | Self::TellPhoto(name, _) if !is_field(name) => "a photo has a name",
            _ => return Ok(frame::wrap(frame::DOWN, FLAG, &device.0, words.as_bytes())),
        };
        Err(NotSpoken { why })
    }

    fn words(&self) -> String {
        match self {
            Self::Position => "A10".into(),
            Self::Restart => "F01".into(),
            Self::Interval(tens) => format!("A12,{tens}"),
            Self::Arm(on) => format!("B21,{}", u8::from(*on)),
            Self::Outputs(outputs) => {
                format!("C01,0,{}", outputs.map(output_letter).iter().collect::<String>())
            }
            Self::Sms(phone, text) => format!("C02,0,{phone},{text}"),
            Self::TellPhoto(name, piece) => format!("D00,{name},{piece}"),
            Self::TakePhoto(name) => format!("D03,1,{name}"),
            Self::Words(words) => words.clone(),
        }
    }
}

const fn output_letter(output: Option<bool>) -> char {
    match output {
        Some(false) => '0',
        Some(true) => '1',
        None => '2',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device() -> DeviceId {
        DeviceId("356307042441013".into())
    }

    fn check(command: Command, words: &str) {
        let bytes = command.encode(&device()).unwrap();
        let frame = &bytes[..bytes.len() - 2];
        let open = frame::Frame::open(frame).unwrap();
        assert!(open.length_holds && open.checksum_holds);
        assert_eq!(&bytes[..2], frame::DOWN);
        let said = &frame[frame.len() - words.len() - 3..frame.len() - 3];
        assert_eq!(core::str::from_utf8(said).unwrap(), words);
        assert_eq!(open.command, command.code().as_bytes());
    }

    #[test]
    fn commands_are_words_behind_the_imei() {
        check(Command::Position, "A10");
        check(Command::Restart, "F01");
        check(Command::Interval(6), "A12,6");
        check(Command::Arm(true), "B21,1");
        check(
            Command::Outputs([Some(true), None, None, Some(false), None]),
            "C01,0,12202",
        );
        check(
            Command::Sms("081234".into(), "hello, you".into()),
            "C02,0,081234,hello, you",
        );
        check(Command::TellPhoto("a.jpg".into(), 8), "D00,a.jpg,8");
        check(Command::TakePhoto("a.jpg".into()), "D03,1,a.jpg");
        check(Command::Words("E91".into()), "E91");
    }

    #[test]
    fn what_no_unit_takes_is_refused() {
        let refused = [
            Command::Words(String::new()),
            Command::Words("A10*".into()),
            Command::Words("A10\r\n".into()),
            Command::Interval(65_536),
            Command::Sms("1,2".into(), "x".into()),
            Command::Sms("1".into(), "x".repeat(141)),
            Command::TakePhoto("a,b".into()),
        ];
        for command in refused {
            assert!(command.encode(&device()).is_err(), "{command:?}");
        }
    }
}
