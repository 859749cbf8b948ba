//! What can be said to a seal: words as in a text message, inside message 0x80 (manual, "online command").
//!
//! Which words a lock opens by depends on its model, and none of them is published. So no order opens one yet, and none locks one:
//! the relay of a tracker stops an engine, which is no lock.

use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use segel_model::order::SealCommand;

use super::{
    frame::{self, Frame},
    message::number,
};
use crate::{cursor::Cursor, output::NotSpoken, read::number as parse};

/// What frames the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope {
    /// The seal repeats it in its answer.
    pub flag: u32,
    /// 1 Chinese, 2 English; many servers leave it out.
    pub language: Option<u16>,
    /// The number of the message.
    pub serial: u16,
}

/// A command (handbook, "down 0x80").
#[derive(Clone, PartialEq, Eq)]
pub enum Command {
    /// `DYD,password#`: cut fuel or power.
    CutOff(String),
    /// `HFYD,password#`: give it back.
    Restore(String),
    /// `Relay,1#`: switch the relay.
    Relay(bool),
    /// `WHERE#`: tell the place.
    Where,
    /// `RESET#`: start anew, within a minute.
    Reset,
    /// `TIMER,awake,asleep#`: seconds between positions while the ignition is on, and while it is off.
    Interval {
        /// Seconds, 5 to 18000.
        awake_s: u32,
        /// Seconds, 5 to 18000.
        asleep_s: u32,
    },
    /// Any other words that a model understands.
    Words(String),
}

/// The longest words of one command: length, flag and language lie in the same body.
const WORDS: usize = frame::SHORT_BODY - 1 - FLAG - LANGUAGE;
const FLAG: usize = 4;
const LANGUAGE: usize = 2;

impl Command {
    /// The command an order asks for, where this language has words for it.
    pub fn from_order(order: &SealCommand) -> Result<Self, NotSpoken> {
        let why = match order {
            SealCommand::Interval { awake_s, asleep_s } => {
                return Ok(Self::Interval {
                    awake_s: *awake_s,
                    asleep_s: *asleep_s,
                });
            }
            SealCommand::PositionNow => return Ok(Self::Where),
            SealCommand::Restart => return Ok(Self::Reset),
            SealCommand::Lock => "by which words this seal locks depends on its model and is not known",
            SealCommand::Text { .. } => "this seal has no display",
            SealCommand::ConfirmAlarm => "this seal has no alarm that waits for a person",
            SealCommand::Track { .. } => "this seal reports densely only by its interval",
            SealCommand::Fence(_) | SealCommand::ClearFence { .. } => {
                "how this seal is told a fence depends on its model and is not known"
            }
            SealCommand::UnlockStatic { .. } | SealCommand::UnlockDynamic { .. } => {
                "by which words this seal opens depends on its model and is not known"
            }
            SealCommand::AuthoriseCards { .. } | SealCommand::WithdrawCards { .. } => {
                "this seal is told its cards by its maker's own tool"
            }
            SealCommand::SetPassword { .. } | SealCommand::DynamicPassword { .. } => {
                "by which words this seal changes its passwords is not known"
            }
            SealCommand::Channels(_) => "this seal cannot switch its ways of opening",
            SealCommand::AlwaysAwake { .. } => "this seal decides by itself when it sleeps",
            SealCommand::SetTime => "this seal asks for the time itself",
        };
        Err(NotSpoken { why })
    }

    /// The bytes, or what in the command no seal can take.
    pub fn encode(&self, envelope: Envelope) -> Result<Vec<u8>, NotSpoken> {
        self.check()?;
        let words = self.words();
        let mut body = Vec::with_capacity(1 + FLAG + words.len() + LANGUAGE);
        body.push((FLAG + words.len()) as u8);
        body.extend(envelope.flag.to_be_bytes());
        body.extend(words.as_bytes());
        if let Some(language) = envelope.language {
            body.extend(language.to_be_bytes());
        }
        Ok(frame::write(false, number::COMMAND, &body, envelope.serial))
    }

    /// Reads a command back; nothing where it is none, or one that could not be written.
    pub fn decode(bytes: &[u8]) -> Option<(Self, Envelope)> {
        let frame = Frame::open(bytes).filter(|frame| frame.checksum_holds && frame.length_holds)?;
        if frame.long || frame.message != number::COMMAND {
            return None;
        }
        let mut body = Cursor::new(frame.body);
        let length = usize::from(body.u8()?).checked_sub(FLAG)?;
        let flag = body.u32()?;
        let command = Self::from_words(core::str::from_utf8(body.take(length)?).ok()?);
        let envelope = Envelope {
            flag,
            language: body.u16(),
            serial: frame.serial?,
        };
        let legal = body.left() == 0 && command.check().is_ok();
        legal.then_some((command, envelope))
    }

    /// The words themselves.
    pub fn words(&self) -> String {
        match self {
            Self::CutOff(password) => format!("DYD,{password}#"),
            Self::Restore(password) => format!("HFYD,{password}#"),
            Self::Relay(on) => format!("Relay,{}#", u8::from(*on)),
            Self::Where => "WHERE#".to_string(),
            Self::Reset => "RESET#".to_string(),
            Self::Interval { awake_s, asleep_s } => format!("TIMER,{awake_s},{asleep_s}#"),
            Self::Words(words) => words.clone(),
        }
    }

    fn from_words(words: &str) -> Self {
        let inside = words.strip_suffix('#').unwrap_or_default();
        let command = match inside.split_once(',') {
            Some(("DYD", password)) => Self::CutOff(password.into()),
            Some(("HFYD", password)) => Self::Restore(password.into()),
            Some(("Relay", "0")) => Self::Relay(false),
            Some(("Relay", "1")) => Self::Relay(true),
            Some(("TIMER", seconds)) => interval(seconds).unwrap_or(Self::Words(words.into())),
            None if inside == "WHERE" => Self::Where,
            None if inside == "RESET" => Self::Reset,
            _ => Self::Words(words.into()),
        };
        // What would be written otherwise is kept in its own words.
        if command.check().is_ok() && command.words() == words {
            command
        } else {
            Self::Words(words.into())
        }
    }

    fn check(&self) -> Result<(), NotSpoken> {
        let (legal, why) = match self {
            Self::CutOff(password) | Self::Restore(password) => (
                (4..=16).contains(&password.len()) && password.bytes().all(|byte| byte.is_ascii_digit()),
                "a password has 4 to 16 digits",
            ),
            Self::Interval { awake_s, asleep_s } => (
                [awake_s, asleep_s]
                    .iter()
                    .all(|seconds| (5..=18_000).contains(*seconds)),
                "this seal reports every 5 to 18000 seconds, awake and asleep",
            ),
            Self::Words(words) => (
                (1..=WORDS).contains(&words.len()) && words.bytes().all(|byte| (0x20..0x7F).contains(&byte)),
                "a command has up to 243 plain letters",
            ),
            Self::Relay(_) | Self::Where | Self::Reset => (true, ""),
        };
        if legal { Ok(()) } else { Err(NotSpoken { why }) }
    }
}

const _: () = assert!(WORDS == 243);

fn interval(seconds: &str) -> Option<Command> {
    let (awake, asleep) = seconds.split_once(',')?;
    Some(Command::Interval {
        awake_s: parse(awake.as_bytes())?,
        asleep_s: parse(asleep.as_bytes())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Envelope = Envelope {
        flag: 7,
        language: None,
        serial: 1,
    };

    fn check(command: &Command, words: &str) {
        for language in [None, Some(2)] {
            let envelope = Envelope { language, ..PLAIN };
            let bytes = command.encode(envelope).expect("a legal command");
            assert!(bytes.windows(words.len()).any(|part| part == words.as_bytes()));
            assert!(
                Command::decode(&bytes) == Some((command.clone(), envelope)),
                "{words}"
            );
        }
    }

    #[test]
    fn commands_are_words_and_read_back() {
        check(&Command::CutOff("000000".into()), "DYD,000000#");
        check(&Command::Restore("000000".into()), "HFYD,000000#");
        check(&Command::Relay(true), "Relay,1#");
        check(&Command::Relay(false), "Relay,0#");
        check(&Command::Where, "WHERE#");
        check(&Command::Reset, "RESET#");
        let interval = Command::Interval {
            awake_s: 30,
            asleep_s: 600,
        };
        check(&interval, "TIMER,30,600#");
        check(&Command::Words("STATUS#".into()), "STATUS#");
    }

    /// Manual, "online command": `sos#`, without a language.
    #[test]
    fn the_makers_own_example_is_written_as_it_stands_there() {
        let wanted = [
            0x78, 0x78, 0x0E, 0x80, 0x08, 0, 0, 0, 0, b's', b'o', b's', b'#', 0, 1, 0x6D, 0x6A, 0x0D, 0x0A,
        ];
        let command = Command::Words("sos#".into());
        let bytes = command.encode(Envelope {
            flag: 0,
            language: None,
            serial: 1,
        });
        let bytes = bytes.expect("a legal command");
        assert_eq!(bytes, wanted);
    }

    #[test]
    fn what_no_seal_can_take_is_refused() {
        let refused = |command: Command| command.encode(PLAIN).is_err();
        assert!(refused(Command::Words("a\r\nb".into())));
        assert!(refused(Command::Words(String::new())));
        assert!(refused(Command::Words("a".repeat(244))));
        assert!(!refused(Command::Words("a".repeat(243))));
        assert!(refused(Command::CutOff("12,34".into())));
        assert!(refused(Command::Interval {
            awake_s: 4,
            asleep_s: 60
        }));
    }
}
