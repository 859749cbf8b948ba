//! Orbcomm: seals whose messages lie in a mailbox at a satellite operator's gateway until we fetch them.
//!
//! A mailbox is asked from a moment on, and says from which moment on to ask next. That moment, the *cursor*, is made durable in
//! the same commit as the messages before it, never sooner: after a crash messages may come again, none is missed. Each fetch
//! begins a little before the cursor, because a gateway may file a message late; what came before is dropped, or, after a
//! restart, stored again and known as a repeat. The cursor never runs ahead of our own clock, so that a gateway whose clock is
//! wrong for a while makes us skip nothing.

mod calls;
mod seen;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;

use segel_model::report::Protocol;
use segel_model::{DeviceId, SealId, ServerTime};
use segel_store::{SideRow, StoreError};
use segel_wire::oddity;
use segel_wire::orbcomm::{MailboxTime, Message, NO_ORDERS, Page};

use crate::EngineHandle;
use crate::ask::{Side, Unavailable};
use crate::config::Orbcomm as Config;
use crate::gateway::Oddities;
use crate::metrics::{ByProtocol, OfMailbox, OfMailboxBy};
use crate::profiles::Reading;
use crate::reported::{Heard, ReportBatch, Source};

pub use calls::Failure;
use calls::{Answer, Calls};
use seen::Seen;

/// The longest one step waits for an answer: Segel stops within it.
const PATIENCE: Duration = Duration::from_millis(250);
/// However far the next fetch is, the thread looks at the time again.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// The pause after the first failure; each further one doubles it.
const PAUSE_FIRST_MS: i64 = 2_000;
/// The longest pause: an outage that ends is noticed within it.
const PAUSE_MAX_MS: i64 = 300_000;
/// Pages followed in one fetch: a mailbox of some days. A gateway that always says there is more is left alone for an interval
/// after them.
const PAGES_MAX: u32 = 2_000;
/// Reports of one commit's share; a page holds more, and its cursor goes with the last.
const BATCH_REPORTS: usize = 256;
/// A gateway that is further ahead of our clock than this has another idea of the time.
const SKEW_S: i64 = 120;
/// Different errors of a gateway that are counted each by itself; a gateway that makes up more has them counted together.
const WORDS_MAX: usize = 64;

/// What can stop a mailbox from being asked.
#[derive(Debug, thiserror::Error)]
pub enum MailboxFailure {
    /// The cursor cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine stops.
    #[error(transparent)]
    Stopping(#[from] Unavailable),
}

/// A mailbox that is asked again and again.
pub struct Mailbox {
    engine: EngineHandle,
    oddities: Arc<Oddities>,
    config: Config,
    /// Stands for a connection of its own.
    number: u64,
    calls: Calls,
    /// Everything before it is durable; nothing before the first page.
    cursor: Option<MailboxTime>,
    fetch: Option<Fetch>,
    seen: Seen,
    failures: u32,
    not_before: Option<ServerTime>,
    words: Vec<String>,
}

/// A fetch under way: page after page until there is no more.
#[derive(Clone, Copy)]
struct Fetch {
    /// From where on the page under way was asked for.
    start: MailboxTime,
    asked: ServerTime,
    pages: u32,
}

impl Mailbox {
    /// A mailbox as it was left. `place` is its place in the configuration.
    pub fn new(
        engine: EngineHandle,
        oddities: Arc<Oddities>,
        config: Config,
        place: usize,
    ) -> Result<Self, StoreError> {
        let kept = engine.reader().setting(&cursor_name(&config))?;
        let cursor = kept.as_deref().and_then(MailboxTime::parse);
        if let (Some(kept), None) = (&kept, cursor) {
            tracing::error!(
                mailbox = config.name,
                kept,
                "the cursor of a mailbox is no time; it is asked anew"
            );
        }
        Ok(Self {
            calls: Calls::new(config.clone()),
            engine,
            oddities,
            config,
            number: u64::MAX - place as u64,
            cursor,
            fetch: None,
            seen: Seen::default(),
            failures: 0,
            not_before: None,
            words: Vec::new(),
        })
    }

    /// Asks if it is time to, takes what came, and says how long nothing is due.
    pub fn step(&mut self) -> Result<Duration, MailboxFailure> {
        let now = self.engine.clock().now();
        let Some(fetch) = self.fetch else {
            return Ok(self.begin(now));
        };
        let Some(answer) = self.calls.answer(PATIENCE) else {
            return Ok(Duration::ZERO);
        };
        self.take(answer, fetch, self.engine.clock().now())?;
        Ok(Duration::ZERO)
    }

    /// Begins a fetch where one is due. Below the floor of free disk nothing is fetched: it lies well where it lies.
    fn begin(&mut self, now: ServerTime) -> Duration {
        if self.engine.ready() == Err(Unavailable::DiskLow) {
            return PAUSE_MAX;
        }
        match self.not_before.filter(|not_before| now < *not_before) {
            Some(not_before) => self.engine.clock().until(now, not_before).min(PAUSE_MAX),
            None => {
                self.ask(self.first_start(now), 0, now);
                Duration::ZERO
            }
        }
    }

    fn ask(&mut self, start: MailboxTime, pages: u32, now: ServerTime) {
        self.fetch = Some(Fetch {
            start,
            asked: now,
            pages,
        });
        self.calls.ask(start);
    }

    /// A little before the cursor; the first fetch ever goes back some hours.
    fn first_start(&self, now: ServerTime) -> MailboxTime {
        let now = by_mailbox(now);
        match self.cursor {
            Some(cursor) => cursor.min(now).less_s(self.config.overlap_s.into()),
            None => now.less_s(i64::from(self.config.first_hours) * 3600),
        }
    }

    fn take(&mut self, answer: Answer, fetch: Fetch, now: ServerTime) -> Result<(), MailboxFailure> {
        self.fetch = None;
        let page = answer.and_then(|bytes| Page::read(&bytes, now).map_err(Failure::NoPage));
        match page {
            Ok(page) if page.error != 0 => self.failed(&Failure::Gateway(page.error), now),
            Ok(page) => self.keep(page, fetch, now)?,
            Err(failure) => self.failed(&failure, now),
        }
        Ok(())
    }

    /// Nothing is lost by it: the cursor stands where it stood.
    fn failed(&mut self, failure: &Failure, now: ServerTime) {
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(now.plus_ms(pause_ms(self.failures)));
        let (mailbox, failures) = (&self.config.name, self.failures);
        tracing::warn!(mailbox, failures, %failure, "a mailbox of Orbcomm's gave nothing");
        let word = self.word(failure);
        self.count_call(word);
    }

    fn word(&mut self, failure: &Failure) -> String {
        let word = failure.word();
        if self.words.contains(&word) {
            return word;
        }
        if WORDS_MAX <= self.words.len() {
            return "error_other".into();
        }
        self.words.push(word.clone());
        word
    }

    fn keep(&mut self, page: Page, fetch: Fetch, now: ServerTime) -> Result<(), MailboxFailure> {
        self.well(now);
        let cursor = self.moved(&page, fetch);
        let (new, ids) = self.sort_out(page.messages);
        self.make_durable(new, cursor)?;
        ids.into_iter().for_each(|id| self.seen.remember(id));
        self.cursor = cursor.or(self.cursor);
        self.show_cursor();
        self.go_on(page.more, page.next_start, fetch, now);
        Ok(())
    }

    fn well(&mut self, now: ServerTime) {
        if self.failures != 0 {
            let (mailbox, failures) = (&self.config.name, self.failures);
            tracing::info!(mailbox, failures, "a mailbox of Orbcomm's is back");
        }
        self.failures = 0;
        self.count_call("page".into());
        let answered = &self.engine.metrics().orbcomm.answered_s;
        answered
            .get_or_create(&self.label())
            .set(now.unix_ms.div_euclid(1000));
    }

    /// Where the cursor is after this page, if it moves. Before `asked` all that the gateway had is in its pages; what it will file
    /// from then on is not, whatever it says of the time.
    fn moved(&self, page: &Page, fetch: Fetch) -> Option<MailboxTime> {
        let next = page.next_start?;
        let asked = by_mailbox(fetch.asked);
        if asked.unix_s + SKEW_S < next.unix_s {
            let mailbox = &self.config.name;
            tracing::warn!(
                mailbox,
                ahead_s = next.unix_s - asked.unix_s,
                "a gateway's clock is ahead of ours"
            );
        }
        let reached = self.cursor.map_or(next, |cursor| cursor.max(next)).min(asked);
        (Some(reached) != self.cursor).then_some(reached)
    }

    /// What is new, and the numbers of it. What names no terminal is counted with its bytes.
    fn sort_out(&self, messages: Vec<Message>) -> (Vec<Heard>, BTreeSet<u64>) {
        let (mut new, mut ids, mut repeated) = (Vec::new(), BTreeSet::new(), 0);
        for message in messages {
            let Message {
                id,
                report,
                oddity,
                raw,
            } = message;
            if id.is_some_and(|id| self.seen.has(id) || ids.contains(&id)) {
                repeated += 1;
                continue;
            }
            ids.extend(id);
            if let Some(what) = oddity {
                let device = report.as_ref().map(|report| report.device.clone());
                self.note(device, what, &raw);
            }
            if let Some(mut report) = report {
                let source = self.source(&report.device);
                source.profile.complete(&mut report);
                new.push(Heard {
                    source,
                    report,
                    raw: raw.into_bytes(),
                });
            }
        }
        self.count_messages("repeated").inc_by(repeated);
        self.count_messages("new").inc_by(new.len() as u64);
        (new, ids)
    }

    fn source(&self, device: &DeviceId) -> Source {
        let known = self.engine.roster().find(Protocol::Orbcomm, device);
        let now = self.engine.clock().now();
        let reading = known.map(|known| self.engine.profiles().reading(&known.profile, now));
        Source {
            protocol: Protocol::Orbcomm,
            connection: self.number,
            profile: reading.unwrap_or(Reading::ANY),
            peer: None,
        }
    }

    fn note(&self, device: Option<DeviceId>, what: &str, raw: &str) {
        let oddity = oddity(0, what, raw.as_bytes());
        self.oddities.note(Protocol::Orbcomm, device, oddity);
        let label = ByProtocol {
            protocol: Protocol::Orbcomm.name(),
        };
        self.engine.metrics().gateway.oddities.get_or_create(&label).inc();
    }

    /// The cursor is durable with the last of the reports before it, or with none of them.
    fn make_durable(&self, mut new: Vec<Heard>, cursor: Option<MailboxTime>) -> Result<(), MailboxFailure> {
        let seals = self.seals(&new);
        let label = ByProtocol {
            protocol: Protocol::Orbcomm.name(),
        };
        let reports = &self.engine.metrics().gateway.reports;
        reports.get_or_create(&label).inc_by(new.len() as u64);
        while BATCH_REPORTS < new.len() {
            let rest = new.split_off(BATCH_REPORTS);
            self.engine.report_blocking(ReportBatch {
                reports: std::mem::replace(&mut new, rest),
                side: Vec::new(),
            })?;
        }
        let side: Vec<SideRow> = cursor.map(|cursor| self.row(cursor)).into_iter().collect();
        if !new.is_empty() || !side.is_empty() {
            self.engine.report_blocking(ReportBatch { reports: new, side })?;
        }
        self.end_orders(seals)
    }

    fn row(&self, cursor: MailboxTime) -> SideRow {
        SideRow::Setting {
            name: cursor_name(&self.config),
            value: cursor.to_string(),
        }
    }

    fn seals(&self, new: &[Heard]) -> BTreeSet<SealId> {
        let known = new
            .iter()
            .filter_map(|heard| self.engine.roster().find(Protocol::Orbcomm, &heard.report.device));
        known.map(|known| known.seal).collect()
    }

    /// What waits for a terminal ends when it is next heard, untried: there are no words for it.
    fn end_orders(&self, seals: BTreeSet<SealId>) -> Result<(), MailboxFailure> {
        for seal in seals {
            for input in self.engine.orders().give_up(seal, NO_ORDERS.why) {
                self.engine.tell_blocking(input, Side::default())?;
            }
        }
        Ok(())
    }

    /// The next page of this fetch, or the next fetch after an interval.
    fn go_on(&mut self, more: bool, next: Option<MailboxTime>, fetch: Fetch, now: ServerTime) {
        let pages = fetch.pages + 1;
        let further = next.filter(|next| fetch.start < *next);
        if more && further.is_none() {
            let mailbox = &self.config.name;
            tracing::warn!(mailbox, start = %fetch.start, "a gateway has more and does not say from where on");
        }
        match further.filter(|_| more && pages < PAGES_MAX) {
            Some(start) => self.ask(start, pages, now),
            None => self.not_before = Some(now.plus_s(self.config.interval_s.into())),
        }
    }

    fn show_cursor(&self) {
        if let Some(cursor) = self.cursor {
            let shown = &self.engine.metrics().orbcomm.cursor_s;
            shown.get_or_create(&self.label()).set(cursor.unix_s);
        }
    }

    fn label(&self) -> OfMailbox {
        OfMailbox {
            mailbox: self.config.name.clone(),
        }
    }

    fn count_call(&self, result: String) {
        let label = OfMailboxBy {
            mailbox: self.config.name.clone(),
            result,
        };
        self.engine.metrics().orbcomm.calls.get_or_create(&label).inc();
    }

    fn count_messages(&self, result: &str) -> Counter {
        let label = OfMailboxBy {
            mailbox: self.config.name.clone(),
            result: result.into(),
        };
        self.engine
            .metrics()
            .orbcomm
            .messages
            .get_or_create(&label)
            .clone()
    }
}

/// Under which name the cursor of a mailbox is kept: another mailbox has another.
fn cursor_name(config: &Config) -> String {
    format!(
        "orbcomm_cursor {} {}",
        config.url.trim_end_matches('/'),
        config.access_id
    )
}

/// Our own time as a mailbox has it.
const fn by_mailbox(now: ServerTime) -> MailboxTime {
    MailboxTime::from_unix_s(now.unix_ms.div_euclid(1000))
}

/// Doubles with each failure in a row.
fn pause_ms(failures: u32) -> i64 {
    let doubled = PAUSE_FIRST_MS.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(PAUSE_MAX_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let pauses = [1, 2, 5, 9, u32::MAX].map(pause_ms);
        assert_eq!(pauses, [2_000, 4_000, 32_000, 300_000, 300_000]);
    }
}
