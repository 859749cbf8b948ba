//! The outlet to SKP: takes what is due out of the outbox and sends it until it is taken.
//!
//! Each trip has three lanes; order holds inside a lane and none waits for another: every lane has callers of its own, so
//! slow locations take no caller from an alarm. A lost answer is asked for again under the same name. A trip that fails is
//! tried again at its own pace; only when several fail and none gets through is SKP thought to be down, and then one call
//! at a time finds out when it is back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest, Sha256};

use segel_custody::state::Trip;
use segel_model::skp::{Delivery, Lane};
use segel_model::{Input, MessageId, Observed, ServerTime, TripId};
use segel_store::outbox::Outgoing;
use segel_store::{RecordKind, ReportQuery, Scope, StoreError};

use super::calls::{Attempt, Http, Line};
use super::envelope::{self, Setting};
use super::names::{Machine, Records};
use super::range::Range;
use crate::EngineHandle;
use crate::ask::{Side, Unavailable};
use crate::config::Skp as Config;
use crate::metrics::ByReason;

/// In the order in which they are looked at: an alarm is never behind a location.
const LANES: [Lane; 3] = [Lane::Alarms, Lane::Milestones, Lane::Locations];
/// Calls of one lane at once: enough that one slow answer holds nobody, few enough to be a polite guest.
const LANE_CALLS: usize = 2;
/// Messages one step takes out at most; between two steps the outlet looks at the time again.
const STEP_MESSAGES: usize = 64;
/// The longest one step waits for answers; a call that takes longer is answered in a later step.
const STEP_LIMIT: Duration = Duration::from_secs(1);
/// So many trips in a row that failed mean that it is not the trip.
const FAILED_TRIPS: usize = 3;
/// The pause after the first failure; each one doubles it.
const PAUSE_FIRST_MS: i64 = 2_000;
/// The longest pause: an outage that ends is noticed within it.
const PAUSE_MAX_MS: i64 = 300_000;
/// Locations of one message: a full range and what a burst adds before it is closed.
const LOCATIONS_MAX: usize = 20_000;

/// The outlet.
pub struct Skp {
    engine: EngineHandle,
    config: Config,
    machine: Machine,
    line: Box<dyn Line>,
    under_way: BTreeMap<MessageId, Outgoing>,
    /// Trips that failed since one got through.
    failing: BTreeSet<TripId>,
    /// Nothing is sent before this, and then one call at a time: SKP seems to be down.
    closed_until: Option<ServerTime>,
    closings_in_a_row: u32,
}

/// What can stop the outlet.
#[derive(Debug, thiserror::Error)]
pub enum SkpFailure {
    /// The outbox cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine stops.
    #[error(transparent)]
    Stopping(#[from] Unavailable),
}

impl Skp {
    /// An outlet that has not logged in yet.
    pub fn new(engine: EngineHandle, config: Config) -> Result<Self, StoreError> {
        let line = Box::new(Http::new(config.clone()));
        Self::over(line, engine, config)
    }

    /// An outlet over another line than HTTP.
    pub fn over(line: Box<dyn Line>, engine: EngineHandle, config: Config) -> Result<Self, StoreError> {
        let machine = Machine::of(&engine)?;
        Ok(Self {
            engine,
            config,
            machine,
            line,
            under_way: BTreeMap::new(),
            failing: BTreeSet::new(),
            closed_until: None,
            closings_in_a_row: 0,
        })
    }

    /// Sends what is due, waits a while for the answers, and says when something will be due next; nothing where nothing
    /// waits.
    pub fn step(&mut self, now: ServerTime) -> Result<Option<ServerTime>, SkpFailure> {
        let began = Instant::now();
        let mut left = STEP_MESSAGES;
        loop {
            left = left.saturating_sub(self.send_due(now, left)?);
            if self.under_way.is_empty() || !self.await_one(now, began)? {
                break;
            }
        }
        let (waiting, _) = self.engine.reader().message_backlog()?;
        let metrics = self.engine.metrics();
        metrics
            .skp
            .waiting
            .set(i64::try_from(waiting).unwrap_or(i64::MAX));
        let calls = LANES.len() * LANE_CALLS;
        metrics.queues.set("skp_calls", self.under_way.len(), calls);
        let next = self.engine.reader().next_message_due()?;
        Ok(next.map(|next| self.closed_until.map_or(next, |closed| next.max(closed))))
    }

    /// Fills the free callers of each lane; how many messages went out.
    fn send_due(&mut self, now: ServerTime, at_most: usize) -> Result<usize, SkpFailure> {
        let mut sent = 0;
        for lane in LANES {
            let busy = self.under_way.values().filter(|sent| sent.lane == lane).count();
            // Those under way are still the heads of their lanes, so they are found again.
            let found = self.engine.reader().messages_due(lane, now, busy + LANE_CALLS)?;
            for outgoing in found {
                if self.under_way.contains_key(&outgoing.message) {
                    continue;
                }
                if sent == at_most || !self.has_caller(lane, now) {
                    break;
                }
                self.send(outgoing, now)?;
                sent += 1;
            }
        }
        Ok(sent)
    }

    fn has_caller(&self, lane: Lane, now: ServerTime) -> bool {
        let busy = self.under_way.values().filter(|sent| sent.lane == lane).count();
        match self.closed_until {
            Some(until) => until <= now && self.under_way.is_empty(),
            None => busy < LANE_CALLS,
        }
    }

    fn send(&mut self, outgoing: Outgoing, now: ServerTime) -> Result<(), SkpFailure> {
        let body = self.message(&outgoing, now)?;
        self.line.call(outgoing.message, outgoing.code, body, now);
        self.under_way.insert(outgoing.message, outgoing);
        Ok(())
    }

    /// Takes the next answer; whether one came before the step's time was up.
    fn await_one(&mut self, now: ServerTime, began: Instant) -> Result<bool, SkpFailure> {
        let patience = STEP_LIMIT.saturating_sub(began.elapsed());
        match self.line.answer(patience) {
            Some((message, attempt)) => self.end(message, attempt, now).map(|()| true),
            None => Ok(false),
        }
    }

    fn end(&mut self, message: MessageId, attempt: Attempt, now: ServerTime) -> Result<(), SkpFailure> {
        let Some(outgoing) = self.under_way.remove(&message) else {
            return Ok(());
        };
        self.engine
            .metrics()
            .skp
            .attempts
            .get_or_create(&ByReason {
                reason: attempt.word(),
            })
            .inc();
        match attempt {
            Attempt::Answered(delivery) => {
                self.failing.clear();
                (self.closed_until, self.closings_in_a_row) = (None, 0);
                self.tell(message, delivery)
            }
            Attempt::Failed(failure) => self.failed(&outgoing, &failure, now),
        }
    }

    fn failed(&mut self, outgoing: &Outgoing, failure: &str, now: ServerTime) -> Result<(), SkpFailure> {
        tracing::warn!(
            message = outgoing.message.0,
            failure,
            "SKP did not take a message"
        );
        self.failing.insert(outgoing.trip);
        if FAILED_TRIPS <= self.failing.len() {
            self.closings_in_a_row = self.closings_in_a_row.saturating_add(1);
            self.closed_until = Some(now.plus_ms(pause_ms(self.closings_in_a_row, outgoing.message)));
        }
        let next_try = now.plus_ms(pause_ms(outgoing.attempts.saturating_add(1), outgoing.message));
        Ok(self
            .engine
            .store()
            .message_tried(outgoing.message, failure, next_try)?)
    }

    fn tell(&self, message: MessageId, delivery: Delivery) -> Result<(), SkpFailure> {
        self.engine
            .tell_blocking(Input::Skp { message, delivery }, Side::default())?;
        Ok(())
    }

    fn message(&self, outgoing: &Outgoing, now: ServerTime) -> Result<Value, StoreError> {
        let reader = self.engine.reader();
        let locations = match Range::of(outgoing, reader)? {
            Some(range) => self.locations(outgoing.trip, &range)?,
            None => Vec::new(),
        };
        let setting = Setting {
            machine: &self.machine,
            provider_code: &self.config.provider_code,
            rules: self.engine.rules(),
            names: &Records(reader),
            journal_head: reader.head_at(outgoing.seq)?,
            now,
        };
        Ok(envelope::message(outgoing, &setting, &locations))
    }

    /// The reports of a range, from staging and history alike.
    fn locations(&self, trip: TripId, range: &Range) -> Result<Vec<Observed>, StoreError> {
        let reader = self.engine.reader();
        let record = reader.record(RecordKind::Trip, trip.0, &Scope::Nation)?;
        let body = record.and_then(|record| serde_json::from_str::<Trip>(&record.body).ok());
        let Some(seal) = body.and_then(|trip| trip.seal) else {
            return Ok(Vec::new());
        };
        let mut query = ReportQuery {
            trip: Some(trip),
            ..ReportQuery::of(seal, range.from, range.until)
        };
        let mut found = Vec::new();
        loop {
            let page = reader.reports(&query)?;
            let told = page.reports.into_iter().filter(|stored| range.holds(stored));
            found.extend(told.map(|stored| stored.staged.observed));
            query.after = page.next;
            if LOCATIONS_MAX <= found.len() {
                tracing::error!(trip = trip.0, "a range of locations was cut at its limit");
                found.truncate(LOCATIONS_MAX);
                return Ok(found);
            }
            if page.next.is_none() {
                return Ok(found);
            }
        }
    }
}

/// Doubles with each failure, and varies by a fifth from message to message, so that a thousand waiting ones do not come
/// back at once; without chance, so that a simulation repeats.
fn pause_ms(failures: u32, message: MessageId) -> i64 {
    let doubled = PAUSE_FIRST_MS
        .saturating_mul(1 << failures.saturating_sub(1).min(16))
        .min(PAUSE_MAX_MS);
    let spread = Sha256::digest([message.0.to_le_bytes(), u64::from(failures).to_le_bytes()].concat())[0];
    doubled * (800 + i64::from(spread) * 400 / 255) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes_and_vary_by_a_fifth() {
        for (failures, middle) in [
            (1, 2_000),
            (2, 4_000),
            (5, 32_000),
            (9, 300_000),
            (u32::MAX, 300_000),
        ] {
            let pauses: BTreeSet<i64> = (0..100)
                .map(|message| pause_ms(failures, MessageId(message)))
                .collect();
            assert!(
                pauses
                    .iter()
                    .all(|pause| (middle * 8 / 10..=middle * 12 / 10).contains(pause)),
                "{failures}: {pauses:?}"
            );
            assert!(50 < pauses.len(), "{failures}: {pauses:?}");
        }
    }
}
