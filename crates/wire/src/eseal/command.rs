//! What can be said to a seal: `##S,eSeal,<id>,<customer>,<version>,…,E##`.

use alloc::{format, string::String};

use segel_model::order::SealCommand;

use crate::output::NotSpoken;

/// What stands between the device and the words in every command seen (handbook, section 7).
const CUSTOMER_AND_VERSION: &str = "256,3.0.8";
/// The longest words sent: a line must stay short of one packet.
const WORDS: usize = 200;

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Open.
    Unlock,
    /// Switch off.
    PowerOff,
    /// Any other words, such as those of `RC-NFC DEL`, whose fields are not public.
    Words(String),
}

impl Command {
    /// The command an order asks for.
    pub fn from_order(order: &SealCommand) -> Result<Self, NotSpoken> {
        let why = match order {
            // It opens without a password: whoever speaks with it may open it.
            SealCommand::UnlockStatic { .. } => return Ok(Self::Unlock),
            SealCommand::UnlockDynamic { .. } | SealCommand::DynamicPassword { .. } => {
                "this seal has no one-time passwords"
            }
            SealCommand::AuthoriseCards { .. } | SealCommand::WithdrawCards { .. } => {
                "how this seal is told its cards is not public"
            }
            SealCommand::SetPassword { .. } => "this seal has no password",
            SealCommand::Channels(_) => "this seal has no switches for its ways of opening",
            SealCommand::Interval { .. } => "this seal is told its intervals when it starts",
            SealCommand::AlwaysAwake { .. } => "this seal cannot be told to stay awake",
            SealCommand::SetTime => "this seal cannot be told the time",
            SealCommand::Lock => "this seal locks by itself when it is closed",
            SealCommand::PositionNow | SealCommand::Track { .. } => {
                "this seal tells its place at its own intervals and when its button is pressed"
            }
            SealCommand::Restart => "this seal can be switched off from afar, but not started again",
            SealCommand::Text { .. } => "this seal has no display",
            SealCommand::ConfirmAlarm => "this seal has no alarm that waits for a person",
            SealCommand::Fence(_) | SealCommand::ClearFence { .. } => "this seal holds no fences",
        };
        Err(NotSpoken { why })
    }

    /// The line without its end, or what in the command no seal can take.
    pub fn encode(&self, device: &str) -> Result<String, NotSpoken> {
        let words = match self {
            Self::Unlock => "RC-Unlock",
            Self::PowerOff => "RC-Power Control,Power OFF",
            Self::Words(words) => checked(words)?,
        };
        Ok(format!("##S,eSeal,{device},{CUSTOMER_AND_VERSION},{words},E##"))
    }
}

fn checked(words: &str) -> Result<&str, NotSpoken> {
    let plain = words
        .bytes()
        .all(|byte| byte == b' ' || byte.is_ascii_graphic() && byte != b'#');
    if plain && (1..=WORDS).contains(&words.len()) {
        Ok(words)
    } else {
        Err(NotSpoken {
            why: "words for this seal are 1 to 200 plain letters without a number sign",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Handbook of protocols, section 7, "Down".
    #[test]
    fn commands_are_written_as_the_handbook_says() {
        let written = |command: Command| command.encode("1000821").unwrap();
        assert_eq!(
            written(Command::Unlock),
            "##S,eSeal,1000821,256,3.0.8,RC-Unlock,E##"
        );
        assert_eq!(
            written(Command::PowerOff),
            "##S,eSeal,1000821,256,3.0.8,RC-Power Control,Power OFF,E##"
        );
        assert_eq!(
            written(Command::Words("RC-NFC DEL,1".into())),
            "##S,eSeal,1000821,256,3.0.8,RC-NFC DEL,1,E##"
        );
    }

    #[test]
    fn words_that_would_end_the_line_are_refused() {
        for words in ["", "a,E##", "a\r\n", "\u{e9}", &"a".repeat(201)] {
            assert!(Command::Words(words.into()).encode("7").is_err(), "{words}");
        }
    }
}
