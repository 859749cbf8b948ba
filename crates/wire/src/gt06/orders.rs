//! Which answer ends which order: an answer repeats the flag of its command. Some seals answer nought to any, so only one order
//! is under way at a time.

use segel_model::{OrderId, order::Outcome};

use super::{
    command::Command,
    text::{Answer, place},
};
use crate::{orders, secrets::mask_words};

/// Which answer ends an order.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    flag: u32,
    says: Says,
}

/// What an answer must say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    /// That it was done.
    Done,
    /// Where it is.
    Place,
    /// That it starts anew: seals say so in a sentence of their own.
    Restart,
}

impl Wanted {
    /// The answer to the command that was sent for an order. Nought is what seals answer that repeat no flag.
    pub(super) const fn new(id: OrderId, command: &Command) -> Self {
        let flag = id.0 as u32;
        Self {
            flag: if flag == 0 { 1 } else { flag },
            says: match command {
                Command::Where => Says::Place,
                Command::Reset => Says::Restart,
                _ => Says::Done,
            },
        }
    }

    /// The flag of the command.
    pub(super) const fn flag(&self) -> u32 {
        self.flag
    }

    /// How the order ended, where this answer ends it.
    pub(super) fn ended_by(&self, answer: &Answer) -> Option<Outcome> {
        let is_ours = answer.flag == self.flag || answer.flag == 0;
        is_ours.then(|| outcome(self.says, &answer.words))
    }
}

/// Words, or their beginnings, by which seals say that they did it; without one of them they did not.
const DONE: [&str; 2] = ["ok", "success"];
/// Words that take it back.
const FAILED: [&str; 4] = ["fail", "error", "invalid", "not"];

/// Words, or their beginnings, by which seals say that they start anew.
const RESTARTS: [&str; 3] = ["restart", "reboot", "reset"];

fn outcome(wanted: Says, words: &str) -> Outcome {
    if wanted == Says::Place && place(words).is_some() {
        return Outcome::Done;
    }
    let lower = words.to_ascii_lowercase();
    let is_said = |known: &[&str]| {
        let mut said = lower.split(|letter: char| !letter.is_ascii_alphabetic());
        said.any(|word| known.iter().any(|known| word.starts_with(known)))
    };
    let done = match wanted {
        Says::Done => is_said(&DONE),
        Says::Restart => is_said(&DONE) || is_said(&RESTARTS),
        // Whatever it says instead of a place is no place.
        Says::Place => false,
    };
    if done && !is_said(&FAILED) {
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
            assert_eq!(outcome(Says::Done, done), Outcome::Done, "{done}");
        }
        let restart = "The terminal will restart after 60s!";
        assert_eq!(outcome(Says::Restart, restart), Outcome::Done);
        assert_ne!(outcome(Says::Done, restart), Outcome::Done);
        let place = "Current position!Lat:S6.9,Lon:E110.4,Course:0,Speed:0,DateTime:2026-02-03 09:30:15";
        assert_eq!(outcome(Says::Place, place), Outcome::Done);
        assert_ne!(outcome(Says::Place, "OK!"), Outcome::Done);
        for refused in [
            "Restore fuel supply: Failed!",
            "Success? No, it is not running",
            "Already in the state",
            "Broken",
            "",
        ] {
            for says in [Says::Done, Says::Place, Says::Restart] {
                assert!(
                    matches!(outcome(says, refused), Outcome::Refused { .. }),
                    "{refused}"
                );
            }
        }
    }
}
