//! Which answer ends which order: a unit answers in words, without any number of ours, and says other things in between.

use alloc::vec::Vec;

use segel_model::order::Outcome;

use super::{command::Command, text::Text};
use crate::{
    orders,
    read::{digits, words},
};

/// The settings that an order changed, which its answer names and reads back.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Wanted(Vec<(u16, Vec<u8>)>);

/// Words by which a unit says no.
const NO: [&str; 4] = ["error", "warning", "invalid", "unknown"];

impl Wanted {
    /// The answer that a command calls for. Commands that are never sent as orders have none.
    pub(crate) fn from_command(command: &Command) -> Option<Self> {
        let Command::SetParameters(settings) = command else {
            return None;
        };
        let setting = |(id, value): &(u16, alloc::string::String)| (*id, value.clone().into_bytes());
        Some(Self(settings.iter().map(setting).collect()))
    }

    /// How the order ended, where these words end it.
    pub(crate) fn ended_by(&self, text: &Text<'_>) -> Option<Outcome> {
        let answer = words(text.said).to_ascii_lowercase();
        let says_no = NO.iter().any(|no| answer.contains(no));
        let named = |(id, _): &(u16, Vec<u8>)| answer.contains(digits(u64::from(*id), 10, 1).as_str());
        if !says_no && !self.0.iter().any(named) {
            return None;
        }
        let read_back = |(_, value): &(u16, Vec<u8>)| contains(text.said, value);
        let done = !says_no && self.0.iter().all(read_back);
        let refused = || Outcome::Refused {
            answer: text.masked(),
        };
        Some(if done { Outcome::Done } else { refused() })
    }
}

fn contains(said: &[u8], value: &[u8]) -> bool {
    said.windows(value.len().max(1)).any(|part| part == value)
}

impl orders::Wanted for Wanted {
    /// Answers do not say to which command they belong.
    fn is_same_kind(&self, _: &Self) -> bool {
        true
    }
}
