//! Faults on purpose: broken laws that the checkers must find out, and a disk that refuses.

use std::path::Path;

use anyhow::Result;
use rusqlite::Connection;
use segel_custody::{Decision, State, decide};
use segel_model::trip::TripState;
use segel_model::{AlarmCode, Command, Event, Input, Rulebook, ServerTime};
use segel_server::engine::Decide;

/// Which law is broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// None.
    Nothing,
    /// Alarms about a broken seal get lost on their way into the journal.
    AlarmDropped,
    /// What was said to be durable was not: a death takes the last moments along.
    NothingSynced,
    /// An opening is let out without a look at its grant.
    UncheckedOpening,
    /// SKP hears some things after what followed them.
    SkpReversed,
}

impl Planted {
    /// The rules the engine judges by.
    pub fn decide(self) -> Decide {
        match self {
            Self::AlarmDropped => without_tamper_alarms,
            Self::UncheckedOpening => without_a_look_at_the_grant,
            Self::Nothing | Self::NothingSynced | Self::SkpReversed => decide,
        }
    }
}

fn without_tamper_alarms(state: &State, input: &Input, now: ServerTime, rules: &Rulebook) -> Decision {
    let mut decision = decide(state, input, now, rules);
    let tamper = [AlarmCode::A01, AlarmCode::A02, AlarmCode::A03];
    decision.events.retain(
        |event| !matches!(event, Event::AlarmRaised { finding, .. } if tamper.contains(&finding.code)),
    );
    decision
}

/// Decides as if the grant in question were live, whatever became of it.
fn without_a_look_at_the_grant(state: &State, input: &Input, now: ServerTime, rules: &Rulebook) -> Decision {
    let grant = match input {
        Input::CheckOpening { grant, .. } => *grant,
        Input::Command(asked) => match asked.command {
            Command::Unlock { grant, .. } => grant,
            _ => return decide(state, input, now, rules),
        },
        _ => return decide(state, input, now, rules),
    };
    let mut state = state.clone();
    if let Some(record) = state.grants.get_mut(&grant) {
        record.ended = None;
        record.grant.until = now.plus_s(3600);
        if let Some(trip) = state.trips.get_mut(&record.grant.trip) {
            trip.state = TripState::RemovalGranted;
        }
    }
    decide(&state, input, now, rules)
}

/// The disk refuses every commit of the engine from now on.
pub fn refuse_commits(folder: &Path) -> Result<()> {
    let truth = Connection::open(folder.join("segel.db"))?;
    for table in ["journal", "staged"] {
        truth.execute_batch(&format!(
            "CREATE TRIGGER fault_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk fault'); END"
        ))?;
    }
    Ok(())
}

/// The disk is well again.
pub fn allow_commits(folder: &Path) -> Result<()> {
    let truth = Connection::open(folder.join("segel.db"))?;
    truth.execute_batch("DROP TRIGGER fault_journal; DROP TRIGGER fault_staged")?;
    Ok(())
}
