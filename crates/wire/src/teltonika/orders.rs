//! Which answer ends which order: a unit answers in words, without any number of ours, and says other things in between.

use alloc::vec::Vec;

use segel_model::order::Outcome;

use super::{command::Command, text::Text};
use crate::{
    orders,
    read::{digits, words},
};

/// What the words that end an order say.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The settings that it changed, by number and value.
    Settings(Vec<(u16, Vec<u8>)>),
    /// Where the unit is (`GPS:1 Sat:7 Lat:… Long:…`).
    Place,
    /// That it starts anew. Many units just do so, and answer nothing.
    Restart,
}

/// Words of an answer that tells a place.
const PLACE: [&str; 2] = ["lat:", "long:"];
/// Words of an answer to a restart.
const RESTART: [&str; 2] = ["reset", "restart"];
/// Words by which a unit says no.
const NO: [&str; 4] = ["error", "warning", "invalid", "unknown"];

impl Wanted {
    /// The answer that a command calls for. Commands that are never sent as orders have none.
    pub(crate) fn from_command(command: &Command) -> Option<Self> {
        let setting = |(id, value): &(u16, alloc::string::String)| (*id, value.clone().into_bytes());
        match command {
            Command::SetParameters(settings) => Some(Self::Settings(settings.iter().map(setting).collect())),
            Command::Place => Some(Self::Place),
            Command::Restart => Some(Self::Restart),
            _ => None,
        }
    }

    /// How the order ended, where these words end it.
    pub(crate) fn ended_by(&self, text: &Text<'_>) -> Option<Outcome> {
        let answer = words(text.said).to_ascii_lowercase();
        let says_no = NO.iter().any(|no| answer.contains(no));
        if !says_no && !self.is_named_in(&answer) {
            return None;
        }
        let done = !says_no && self.is_read_back(text.said);
        let refused = || Outcome::Refused {
            answer: text.masked(),
        };
        Some(if done { Outcome::Done } else { refused() })
    }

    fn is_named_in(&self, answer: &str) -> bool {
        let named = |(id, _): &(u16, Vec<u8>)| answer.contains(digits(u64::from(*id), 10, 1).as_str());
        match self {
            Self::Settings(settings) => settings.iter().any(named),
            Self::Place => PLACE.iter().all(|word| answer.contains(word)),
            Self::Restart => RESTART.iter().any(|word| answer.contains(word)),
        }
    }

    /// Whether the answer repeats the values; where there are none, it has said all by coming.
    fn is_read_back(&self, said: &[u8]) -> bool {
        let read_back = |(_, value): &(u16, Vec<u8>)| contains(said, value);
        match self {
            Self::Settings(settings) => settings.iter().all(read_back),
            Self::Place | Self::Restart => true,
        }
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
