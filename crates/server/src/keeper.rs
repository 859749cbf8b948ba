//! The keeper: what must be looked after beside the main path. Each second it looks at the disk, writes down counted
//! oddities, notes that we listen and looks for messages to SKP that wait too long; every few seconds it moves the logs into
//! the files.

use std::sync::Arc;

use segel_model::ServerTime;
use segel_store::StoreError;

use crate::EngineHandle;
use crate::gateway::Oddities;
use crate::outlet::overdue;
use crate::outlet::skp::SkpFailure;

const LOOK_EVERY_MS: i64 = 1000;
const LISTENING_EVERY_MS: i64 = 5000;
const CHECKPOINT_EVERY_MS: i64 = 2000;
/// Between two looks for overdue messages: minutes are allowed, and after days of outage a look goes through all of them.
const OVERDUE_EVERY_MS: i64 = 15_000;
/// The next look where there were more than one look may tell of.
const OVERDUE_AGAIN_MS: i64 = 1000;

/// Looks after disk, logs and our own presence.
pub struct Keeper {
    engine: EngineHandle,
    oddities: Arc<Oddities>,
    next_look: ServerTime,
    next_listening: ServerTime,
    next_checkpoint: ServerTime,
    next_overdue: ServerTime,
}

impl Keeper {
    /// A keeper that has everything to do yet.
    pub fn new(engine: EngineHandle, oddities: Arc<Oddities>) -> Self {
        let start = ServerTime::from_unix_ms(i64::MIN);
        Self {
            engine,
            oddities,
            next_look: start,
            next_listening: start,
            next_checkpoint: start,
            next_overdue: start,
        }
    }

    /// Does what is due, and says when the next thing is.
    pub fn step(&mut self, now: ServerTime) -> Result<ServerTime, StoreError> {
        if self.next_look <= now {
            self.next_look = now.plus_ms(LOOK_EVERY_MS);
            self.look(now)?;
        }
        if self.next_listening <= now {
            self.next_listening = now.plus_ms(LISTENING_EVERY_MS);
            self.engine.store().note_listening(now)?;
        }
        if self.next_checkpoint <= now {
            self.next_checkpoint = now.plus_ms(CHECKPOINT_EVERY_MS);
            self.engine.store().checkpoint()?;
        }
        if self.next_overdue <= now {
            let pause_ms = if self.tell_overdue(now)? {
                OVERDUE_AGAIN_MS
            } else {
                OVERDUE_EVERY_MS
            };
            self.next_overdue = now.plus_ms(pause_ms);
        }
        let nexts = [self.next_look, self.next_listening, self.next_checkpoint];
        Ok(nexts.into_iter().fold(self.next_overdue, ServerTime::min))
    }

    /// Says whether there may be more.
    fn tell_overdue(&self, now: ServerTime) -> Result<bool, StoreError> {
        match overdue::step(&self.engine, now) {
            Ok(more) => Ok(more),
            Err(SkpFailure::Store(failure)) => Err(failure),
            // An engine that stops is told of nothing more; the next start looks again.
            Err(SkpFailure::Stopping(_)) => Ok(false),
        }
    }

    /// A disk that is nearly full stops new work before a commit can fail.
    fn look(&self, now: ServerTime) -> Result<(), StoreError> {
        let low = !self.engine.store().has_room()?;
        if self.engine.set_disk_low(low) {
            tracing::error!(low, "free disk crossed its floor");
        }
        let rows = self.oddities.take(now);
        if rows.is_empty() {
            return Ok(());
        }
        self.engine.store().write(&rows)
    }
}
