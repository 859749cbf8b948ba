//! What can be said to a unit: `AT+GTxxx=password,…,number$`.

use alloc::{format, string::String};

use segel_model::order::SealCommand;

use crate::output::NotSpoken;

/// A command (manual, chapter "command and acknowledgement").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// GTRTO,1: say where you are, once.
    Locate,
    /// GTRTO,3: restart.
    Restart,
    /// GTFRI: say where you are, every so many seconds. Everything else about it stays as it is.
    Interval(u32),
}

/// Which intervals a unit takes, in seconds (manual, GTFRI).
const INTERVALS_S: core::ops::RangeInclusive<u32> = 5..=86_400;

impl Command {
    /// The command an order asks for.
    pub fn from_order(order: &SealCommand) -> Result<Self, NotSpoken> {
        let why = match order {
            SealCommand::Interval { awake_s, asleep_s } if awake_s == asleep_s => {
                return Self::Interval(*awake_s).checked();
            }
            SealCommand::PositionNow => return Ok(Self::Locate),
            SealCommand::Restart => return Ok(Self::Restart),
            SealCommand::Text { .. } => "this tracker has no display",
            SealCommand::ConfirmAlarm => "this tracker has no alarm that waits for a person",
            SealCommand::Track { .. } => "this tracker reports densely only by its interval",
            SealCommand::Fence(_) | SealCommand::ClearFence { .. } => {
                "how this tracker is told a fence differs from model to model"
            }
            SealCommand::Lock => "this tracker has no lock",
            SealCommand::Interval { .. } => {
                "this tracker has one interval: awake and asleep must be the same"
            }
            SealCommand::UnlockStatic { .. }
            | SealCommand::UnlockDynamic { .. }
            | SealCommand::AuthoriseCards { .. }
            | SealCommand::WithdrawCards { .. }
            | SealCommand::DynamicPassword { .. }
            | SealCommand::Channels(_) => "this tracker has no lock",
            SealCommand::SetPassword { .. } => {
                "the password of this tracker opens nothing and is not changed"
            }
            SealCommand::AlwaysAwake { .. } => "this tracker cannot be told to stay awake",
            SealCommand::SetTime => "this tracker takes its time from satellites",
        };
        Err(NotSpoken { why })
    }

    fn checked(self) -> Result<Self, NotSpoken> {
        match self {
            Self::Interval(seconds) if !INTERVALS_S.contains(&seconds) => Err(NotSpoken {
                why: "this tracker reports every 5 to 86400 seconds",
            }),
            legal => Ok(legal),
        }
    }

    /// The kind of message that answers it.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Locate | Self::Restart => "GTRTO",
            Self::Interval(_) => "GTFRI",
        }
    }

    /// The bytes, under a number that the answer repeats; or what in the command no unit can take.
    pub fn encode(self, password: &str, number: u16) -> Result<String, NotSpoken> {
        self.checked()?;
        if !is_password(password) {
            return Err(NotSpoken {
                why: "a password has four to twenty letters and digits",
            });
        }
        let kind = self.kind();
        Ok(match self {
            Self::Locate => format!("AT+{kind}={password},1,,,,,,{number:04X}$"),
            Self::Restart => format!("AT+{kind}={password},3,,,,,,{number:04X}$"),
            // Mode 1 is by time; then the interval of fixes and that of sending, and eleven settings left alone.
            Self::Interval(seconds) => {
                format!("AT+{kind}={password},1,,,,,,{seconds},{seconds},,,,,,,,,,,,{number:04X}$")
            }
        })
    }
}

/// Manual: four to six letters and digits; newer units take twenty.
fn is_password(password: &str) -> bool {
    (4..=20).contains(&password.len()) && password.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Handbook of protocols, section 5, "Down".
    #[test]
    fn commands_are_written_as_the_handbook_says() {
        assert_eq!(
            Command::Locate.encode("gl300", 0xFFFF).unwrap(),
            "AT+GTRTO=gl300,1,,,,,,FFFF$"
        );
        assert_eq!(
            Command::Restart.encode("gl300", 0xFFFF).unwrap(),
            "AT+GTRTO=gl300,3,,,,,,FFFF$"
        );
        assert_eq!(
            Command::Interval(60).encode("gl300", 7).unwrap(),
            "AT+GTFRI=gl300,1,,,,,,60,60,,,,,,,,,,,,0007$"
        );
    }

    #[test]
    fn what_no_unit_can_take_is_refused() {
        assert!(Command::Interval(4).encode("gl300", 1).is_err());
        assert!(Command::Interval(86_401).encode("gl300", 1).is_err());
        for password in ["", "abc", "gl,300", "gl300$", "aaaaaaaaaaaaaaaaaaaaa"] {
            assert!(Command::Locate.encode(password, 1).is_err(), "{password}");
        }
    }
}
