//! Which answer ends which order: an answer repeats the flag of its command. Some seals answer nought to any, so only one order
//! is under way at a time.

use segel_model::{OrderId, order::Outcome};

use super::text::Answer;
use crate::{orders, secrets::mask_words};

/// Which answer ends an order.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    flag: u32,
}

impl Wanted {
    /// The answer to the command that was sent for an order. Nought is what seals answer that repeat no flag.
    pub(super) const fn new(id: OrderId) -> Self {
        let flag = id.0 as u32;
        Self {
            flag: if flag == 0 { 1 } else { flag },
        }
    }

    /// The flag of the command.
    pub(super) const fn flag(&self) -> u32 {
        self.flag
    }

    /// How the order ended, where this answer ends it.
    pub(super) fn ended_by(&self, answer: &Answer) -> Option<Outcome> {
        let is_ours = answer.flag == self.flag || answer.flag == 0;
        is_ours.then(|| outcome(&answer.words))
    }
}

/// Words, or their beginnings, by which seals say that they did it; without one of them they did not.
const DONE: [&str; 2] = ["ok", "success"];
/// Words that take it back.
const FAILED: [&str; 4] = ["fail", "error", "invalid", "not"];

fn outcome(words: &str) -> Outcome {
    let lower = words.to_ascii_lowercase();
    let says = |known: &[&str]| {
        let mut said = lower.split(|letter: char| !letter.is_ascii_alphabetic());
        said.any(|word| known.iter().any(|known| word.starts_with(known)))
    };
    if says(&DONE) && !says(&FAILED) {
        return Outcome::Done;
    }
    Outcome::Refused {
        answer: mask_words(words),
    }
}

impl orders::Wanted for Wanted {
    fn is_same_kind(&self, _other: &Self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_says_in_words_whether_it_did_it() {
        for done in [
            "DYD=Success!",
            "OK!",
            "TIMER set ok. Now data upload period is 20",
        ] {
            assert_eq!(outcome(done), Outcome::Done, "{done}");
        }
        for refused in [
            "Restore fuel supply: Failed!",
            "Success? No, it is not running",
            "Already in the state",
            "Broken",
            "",
        ] {
            assert!(matches!(outcome(refused), Outcome::Refused { .. }), "{refused}");
        }
    }
}
