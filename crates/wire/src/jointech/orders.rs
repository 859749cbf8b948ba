//! Which answer ends which order: an answer carries no number of ours, only the command's.

use alloc::{format, string::String};

use segel_model::order::Outcome;

use super::{command::Command, text::Text};
use crate::orders;

/// Which answer ends an order, and what it must say.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    code: &'static str,
    /// Sub-command that the answer repeats.
    lead: Option<&'static str>,
    says: Says,
}

#[derive(Clone, PartialEq, Eq)]
enum Says {
    /// The next field is 1 for yes.
    Yes,
    /// These fields come next: what we set, read back.
    Back(String),
    /// Anything.
    Something,
}

impl Wanted {
    /// The answer that a command calls for (manual, "answer" of each command). Commands that are never sent as orders
    /// have none.
    pub(crate) fn from_command(command: &Command) -> Option<Self> {
        let wanted = |code, lead, says| Some(Self { code, lead, says });
        let flag = |on: bool| String::from(if on { "1" } else { "0" });
        match command {
            Command::UnlockStatic(_) => wanted("P43", None, Says::Yes),
            Command::UnlockDynamic(_) => wanted("P52", Some("3"), Says::Yes),
            Command::SetPassword(..) => wanted("P44", None, Says::Yes),
            Command::AddCards(_) | Command::DeleteCards(_) => wanted("P41", None, Says::Something),
            Command::DynamicPassword(on, _) => wanted("P52", Some("1"), Says::Back(flag(*on))),
            Command::AlwaysAwake(on) => wanted("P54", None, Says::Back(flag(*on))),
            Command::Interval { awake_s, asleep_min } => {
                wanted("P04", None, Says::Back(format!("{awake_s},{asleep_min}")))
            }
            Command::Channels(channels) => wanted("P59", None, Says::Back(channels.map(flag).join(","))),
            // A seal that has the time from satellites already says no; its clock is right all the same.
            Command::Time(_) => wanted("P22", None, Says::Something),
            Command::Restart => wanted("P15", None, Says::Something),
            Command::FenceDelete(_) => wanted("P30", None, Says::Yes),
            // Ends the commands of one fence. What the others answer is in no public document.
            Command::FenceDone => wanted("P31", None, Says::Something),
            _ => None,
        }
    }

    /// How the order ended, where this text ends it.
    pub(crate) fn ended_by(&self, text: &Text<'_>) -> Option<Outcome> {
        self.is_answered_by(text).then(|| self.outcome(text))
    }

    fn is_answered_by(&self, text: &Text<'_>) -> bool {
        let lead_matches = self
            .lead
            .is_none_or(|lead| text.field(0) == Some(lead.as_bytes()));
        text.command == self.code.as_bytes() && lead_matches
    }

    fn outcome(&self, text: &Text<'_>) -> Outcome {
        let from = usize::from(self.lead.is_some());
        let done = match &self.says {
            Says::Something => true,
            Says::Yes => text.field(from) == Some(b"1"),
            Says::Back(set) => set
                .split(',')
                .enumerate()
                .all(|(at, value)| text.field(from + at) == Some(value.as_bytes())),
        };
        let refused = || Outcome::Refused {
            answer: format!("{},{}", self.code, text.masked()),
        };
        if done { Outcome::Done } else { refused() }
    }
}

impl orders::Wanted for Wanted {
    fn is_same_kind(&self, other: &Self) -> bool {
        self.code == other.code && self.lead == other.lead
    }
}
