//! What can be said to a unit: words in a packet of codec 12.
//!
//! The words are those of Teltonika's text messages, without log-in and password. Which number a setting has depends on the
//! family of the unit: the numbers here are those of FMB and FMC.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use segel_model::order::SealCommand;

use super::{
    frame,
    text::{Text, sort},
};
use crate::{output::NotSpoken, profile::Dialect, read::number};

/// The most words one command may carry: a text message of the units has no more.
const LONGEST: usize = 512;

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Which firmware (`getver`).
    Version,
    /// What it is doing (`getinfo`).
    Info,
    /// Where it is (`getgps`).
    Place,
    /// How its inputs and outputs stand (`getio`).
    Inputs,
    /// Make a record now (`getrecord`).
    Record,
    /// Restart (`cpureset`).
    Restart,
    /// Tell a setting (`getparam`).
    AskParameter(u16),
    /// Change settings (`setparam`): number and value of each.
    SetParameters(Vec<(u16, String)>),
    /// Switch the outputs on or off, the first first (`setdigout`).
    Outputs(Vec<bool>),
    /// Other words.
    Words(String),
    /// Bytes for what is behind the serial port.
    Bytes(Vec<u8>),
}

/// FMB and FMC: seconds between records, standing and moving, at home, abroad and on an unknown network (FMB parameter list,
/// "Data acquisition", "min period").
pub const STANDING_S: [u16; 3] = [10_000, 10_100, 10_200];
/// The same while moving.
pub const MOVING_S: [u16; 3] = [10_050, 10_150, 10_250];
/// The longest of these periods.
const LONGEST_PERIOD_S: u32 = 2_592_000;

impl Command {
    /// The command an order asks for.
    pub(crate) fn from_order(order: &SealCommand, dialect: Dialect) -> Result<Self, NotSpoken> {
        let why = match order {
            SealCommand::Interval { awake_s, asleep_s } if dialect == Dialect::Fmb => {
                return Ok(Self::SetParameters(periods(*awake_s, *asleep_s)));
            }
            SealCommand::Interval { .. } => {
                "how often it reports has another number in each family: register it as fmb"
            }
            SealCommand::PositionNow => return Ok(Self::Place),
            SealCommand::Restart => return Ok(Self::Restart),
            SealCommand::Text { .. } => "a Teltonika unit has no display",
            SealCommand::ConfirmAlarm => "a Teltonika unit has no alarm that waits for a person",
            SealCommand::Track { .. } => "a Teltonika unit reports densely only by its interval",
            SealCommand::Fence(_) | SealCommand::ClearFence { .. } => {
                "the fences of a Teltonika unit are set by its maker's tool"
            }
            SealCommand::Lock => NO_LOCK,
            SealCommand::UnlockStatic { .. } | SealCommand::UnlockDynamic { .. } => NO_LOCK,
            SealCommand::AuthoriseCards { .. } | SealCommand::WithdrawCards { .. } => NO_LOCK,
            SealCommand::SetPassword { .. } | SealCommand::DynamicPassword { .. } => NO_LOCK,
            SealCommand::Channels(_) => NO_LOCK,
            SealCommand::AlwaysAwake { .. } => "when it sleeps is set by its maker's tool",
            SealCommand::SetTime => "it takes the time from satellites and the network",
        };
        Err(NotSpoken { why })
    }

    /// The packet, or what in the command no unit can take.
    pub fn encode(&self) -> Result<Vec<u8>, NotSpoken> {
        let said = self.said();
        let why = match self {
            Self::SetParameters(settings) if !settings.iter().all(is_legal) => {
                "a setting has a value without a semicolon, a period at most thirty days"
            }
            Self::SetParameters(settings) if settings.is_empty() => "there is nothing to set",
            Self::Outputs(outputs) if !(1..=4).contains(&outputs.len()) => "a unit has one to four outputs",
            Self::Words(words) if !words.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) => {
                "words are plain letters, digits and signs"
            }
            _ if said.is_empty() => "there is nothing to say",
            _ if LONGEST < said.len() => "a unit takes at most 512 bytes at once",
            _ => return Ok(packet(&said)),
        };
        Err(NotSpoken { why })
    }

    fn said(&self) -> Vec<u8> {
        let words = match self {
            Self::Version => "getver".into(),
            Self::Info => "getinfo".into(),
            Self::Place => "getgps".into(),
            Self::Inputs => "getio".into(),
            Self::Record => "getrecord".into(),
            Self::Restart => "cpureset".into(),
            Self::AskParameter(id) => format!("getparam {id}"),
            Self::SetParameters(settings) => format!("setparam {}", settings_text(settings)),
            Self::Outputs(outputs) => format!("setdigout {}", outputs_text(outputs)),
            Self::Words(words) => words.clone(),
            Self::Bytes(bytes) => return bytes.clone(),
        };
        words.into_bytes()
    }

    /// Reads words back as the command they are.
    pub fn from_words(words: &str) -> Self {
        let (name, rest) = words.split_once(' ').unwrap_or((words, ""));
        let known = match (name, rest) {
            ("getver", "") => Some(Self::Version),
            ("getinfo", "") => Some(Self::Info),
            ("getgps", "") => Some(Self::Place),
            ("getio", "") => Some(Self::Inputs),
            ("getrecord", "") => Some(Self::Record),
            ("cpureset", "") => Some(Self::Restart),
            ("getparam", id) => number(id.as_bytes()).map(Self::AskParameter),
            ("setparam", settings) => read_settings(settings).map(Self::SetParameters),
            ("setdigout", outputs) => read_outputs(outputs).map(Self::Outputs),
            _ => None,
        };
        known
            .filter(|known| known.said() == words.as_bytes())
            .unwrap_or_else(|| Self::Words(words.into()))
    }
}

const NO_LOCK: &str = "a Teltonika unit has no lock, no cards and no password of one";

fn packet(said: &[u8]) -> Vec<u8> {
    let text = Text {
        sort: sort::COMMAND,
        time_s: None,
        said,
        fits: true,
    };
    frame::wrap(&text.encode())
}

fn periods(awake_s: u32, asleep_s: u32) -> Vec<(u16, String)> {
    let standing = STANDING_S.map(|id| (id, asleep_s.to_string()));
    let moving = MOVING_S.map(|id| (id, awake_s.to_string()));
    [standing, moving].concat()
}

fn is_legal((id, value): &(u16, String)) -> bool {
    let plain = value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';');
    let is_period = STANDING_S.contains(id) || MOVING_S.contains(id);
    let period = number::<u32>(value.as_bytes()).is_some_and(|period_s| period_s <= LONGEST_PERIOD_S);
    plain && !value.is_empty() && (!is_period || period)
}

fn settings_text(settings: &[(u16, String)]) -> String {
    let each = settings.iter().map(|(id, value)| format!("{id}:{value}"));
    each.collect::<Vec<_>>().join(";")
}

fn outputs_text(outputs: &[bool]) -> String {
    outputs.iter().map(|&on| if on { '1' } else { '0' }).collect()
}

fn read_settings(text: &str) -> Option<Vec<(u16, String)>> {
    let setting = |text: &str| {
        let (id, value) = text.split_once(':')?;
        Some((number(id.as_bytes())?, value.into()))
    };
    text.split(';').map(setting).collect()
}

fn read_outputs(text: &str) -> Option<Vec<bool>> {
    let output = |digit: char| matches!(digit, '0' | '1').then_some(digit == '1');
    text.chars().map(output).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(command: Command, words: &str) {
        let packet = command.encode().unwrap();
        let body = frame::body(&packet);
        let text = Text::decode(body).unwrap();
        assert!(frame::is_intact(&packet) && text.fits);
        assert_eq!((text.sort, text.said), (sort::COMMAND, words.as_bytes()));
        assert_eq!(Command::from_words(words), command);
    }

    #[test]
    fn commands_are_words_in_a_packet() {
        check(Command::Version, "getver");
        check(Command::Info, "getinfo");
        check(Command::Place, "getgps");
        check(Command::Inputs, "getio");
        check(Command::Record, "getrecord");
        check(Command::Restart, "cpureset");
        check(Command::AskParameter(2001), "getparam 2001");
        check(
            Command::SetParameters(periods(60, 3600)),
            "setparam 10000:3600;10100:3600;10200:3600;10050:60;10150:60;10250:60",
        );
        check(Command::Outputs([true, false].into()), "setdigout 10");
        check(Command::Words("setdigout 11 30".into()), "setdigout 11 30");
        check(Command::Words("getparam x".into()), "getparam x");
    }

    /// Codecs, codec 12, example "getinfo": size 7, and the words between two ones.
    #[test]
    fn a_packet_of_words_is_laid_out_as_documented() {
        let packet = Command::Info.encode().unwrap();
        assert_eq!(packet[..8], [0, 0, 0, 0, 0, 0, 0, 0x0F]);
        assert_eq!(packet[8..15], [0x0C, 1, 5, 0, 0, 0, 7]);
        assert_eq!(packet[15..22], *b"getinfo");
        assert_eq!(packet[22..], [1, 0, 0, 0x43, 0x12]);
    }

    #[test]
    fn what_no_unit_takes_is_refused() {
        let refused = [
            Command::Words(String::new()),
            Command::Words("a\nb".into()),
            Command::Words("a".repeat(513)),
            Command::Bytes(Vec::new()),
            Command::Outputs(Vec::new()),
            Command::Outputs([true; 5].into()),
            Command::SetParameters(Vec::new()),
            Command::SetParameters([(2001, "a;2003:b".into())].into()),
            Command::SetParameters(periods(LONGEST_PERIOD_S + 1, 60)),
        ];
        for command in refused {
            assert!(command.encode().is_err(), "{command:?}");
        }
    }
}
