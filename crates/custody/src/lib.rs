//! The custody of a sealed container: what an input means for the trip it touches.
//!
//! `decide` is pure: the same state, input and time give the same events. `apply` and `observe` fold what was decided into
//! the state. Nothing here waits, fails or knows what time it is.
//!
//! Read in this order: `state` (what is known), `deciding` (how a decision grows), then one file for each word of the
//! SOP, in the order of a trip's life.
#![no_std]
extern crate alloc;

pub mod state;
mod deciding;
mod fold;
mod hash;
pub mod subjects;

pub mod may;
pub mod scope;
pub mod refusals;
pub mod people;
pub mod service;

pub mod stock;
pub mod documents;
pub mod routes;
pub mod trip;
pub mod gate;
pub mod assign;
pub mod install;
pub mod words;
pub mod reporting;
pub mod photos;
pub mod departure;
pub mod arrival;
pub mod check;
pub mod unlock;
pub mod removal;
mod recorded;
pub mod clocks;
pub mod calendar;
pub mod describe;

pub mod alarms;
pub mod assessment;
pub mod notice;
pub mod watch;
pub mod skp;

use alloc::vec::Vec;

use segel_model::event::Subject;
use segel_model::{Event, Input, Observed, Principal, Refusal, Rulebook, ServerTime};

pub use deciding::{Deciding, Outcome};
pub use fold::{apply, observe};
pub use state::State;
pub use subjects::subjects;

/// What was decided about one input.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What was judged about a report; folded before the events.
    pub observed: Option<Observed>,
    /// Decided facts, in order. Empty for nearly every report.
    pub events: Vec<Event>,
    /// What the asker is told, once the entry is durable.
    pub answer: Answer,
}

/// What the asker is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nobody asked.
    None,
    /// It is done.
    Accepted {
        /// What came into being.
        created: Option<Subject>,
    },
    /// It is not allowed; this says why and what to do.
    Refused(Refusal),
}

/// When an entry was decided, and who asked; `apply` gets it beside each event of the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// When it was decided.
    pub at: ServerTime,
    /// Who asked, where somebody did.
    pub principal: Option<Principal>,
}

impl Stamp {
    /// The stamp of an input decided at `at`.
    pub fn of(input: &Input, at: ServerTime) -> Self {
        let principal = match input {
            Input::Command(command) => Some(command.principal.clone()),
            _ => None,
        };
        Self { at, principal }
    }

    /// The stamp of an entry read back from the journal.
    pub fn of_entry(entry: &segel_model::Entry) -> Self {
        match &entry.cause {
            segel_model::entry::Cause::Input(input) => Self::of(input, entry.at),
            segel_model::entry::Cause::Report => Self {
                at: entry.at,
                principal: None,
            },
        }
    }
}

/// Decides what an input means. Pure: nothing is changed, nothing is awaited.
pub fn decide(state: &State, input: &Input, now: ServerTime, rules: &Rulebook) -> Decision {
    deciding::decide(state, input, now, rules)
}
