//! The clock of a seal against ours.
//!
//! A report sent as it happens arrives a little after the seal wrote its time, never before. So of (device time minus
//! receipt) the largest value seen is the nearest to the true offset: what is less has lain in the network. The largest of
//! the last two spans of reports is taken, so that a drifting clock is followed in both directions.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use segel_model::observed::Standing;
use segel_model::report::ReportKind;
use segel_model::{DeviceTime, EventTime, Observed, ServerTime};
use serde::{Deserialize, Serialize};

/// Reports in a span. With fewer than this nothing is concluded: a single report may have waited anywhere.
pub const SPAN_REPORTS: u8 = 3;
/// An offset below this is network and rounding, and is not worth a correction.
pub const NOISE_MS: i64 = 2_000;
/// A new measurement is written down when it differs by this much from the one in force.
pub const STEP_MS: i64 = 1_000;
/// Measurements that are remembered for each seal; beyond it the oldest goes, and the next oldest stands for its time.
pub const FACTS_LIMIT: usize = 16;
/// A seal keeps some weeks of reports at most; a time older than this is a clock that was never set.
pub const OLDEST_BELIEVED_S: i64 = 90 * 24 * 3_600;

/// The clock of a seal was off by so much, from that time of the seal on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClockFact {
    /// From which time of the seal it holds.
    pub from: DeviceTime,
    /// Seal minus server.
    pub offset_ms: i64,
}

/// What is known of the clock of a seal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealClock {
    /// What stands in the journal, oldest first.
    facts: VecDeque<ClockFact>,
    /// Largest (seal minus server) of the span before, whole.
    before_ms: Option<i64>,
    /// Largest of the span at hand, and how many reports it has.
    largest_ms: Option<i64>,
    reports: u8,
}

impl SealClock {
    /// The measurements that stand in the journal, oldest first.
    pub fn facts(&self) -> Vec<ClockFact> {
        self.facts.iter().copied().collect()
    }

    /// The offset in force now.
    pub fn offset_ms(&self) -> i64 {
        self.facts.back().map_or(0, |fact| fact.offset_ms)
    }

    /// Folds a report: only one sent as it happens measures anything.
    pub fn fold(&mut self, observed: &Observed) {
        let Some(sample_ms) = sample_ms(observed) else {
            return;
        };
        self.largest_ms = Some(
            self.largest_ms
                .map_or(sample_ms, |largest| largest.max(sample_ms)),
        );
        self.reports += 1;
        if SPAN_REPORTS <= self.reports {
            (self.before_ms, self.largest_ms, self.reports) = (self.largest_ms, None, 0);
        }
    }

    /// Folds a measurement that was written down.
    pub fn fold_fact(&mut self, fact: ClockFact) {
        if FACTS_LIMIT <= self.facts.len() {
            self.facts.pop_front();
        }
        self.facts.push_back(fact);
    }

    /// The measurement that this report completes, where it differs from the one in force.
    pub fn measured(&self, observed: &Observed) -> Option<ClockFact> {
        let sample_ms = sample_ms(observed)?;
        if self.reports + 1 < SPAN_REPORTS {
            return None;
        }
        let largest_ms = [self.before_ms, self.largest_ms, Some(sample_ms)]
            .into_iter()
            .flatten()
            .max()?;
        let offset_ms = if largest_ms.abs() < NOISE_MS {
            0
        } else {
            largest_ms
        };
        let differs = STEP_MS <= (offset_ms - self.offset_ms()).abs();
        differs.then_some(ClockFact {
            from: observed.device_time?,
            offset_ms,
        })
    }
}

fn sample_ms(observed: &Observed) -> Option<i64> {
    let live = !observed.backfill
        && !matches!(observed.kind, ReportKind::Answer | ReportKind::SubSeal)
        && matches!(observed.standing, Standing::Fresh | Standing::Undated);
    let said = observed.device_time.filter(|_| live)?;
    Some(said.unix_ms.saturating_sub(observed.received.unix_ms))
}

/// The offset that held at a time of the seal: that of the newest measurement before it, else of the oldest there is.
pub fn offset_at(facts: &[ClockFact], said: DeviceTime) -> i64 {
    let before = facts
        .iter()
        .filter(|fact| fact.from <= said)
        .max_by_key(|fact| fact.from);
    before
        .or(facts.iter().min_by_key(|fact| fact.from))
        .map_or(0, |fact| fact.offset_ms)
}

/// When it happened, or nothing where the clock was not set or lies.
pub fn event_time(
    said: Option<DeviceTime>,
    offset_ms: i64,
    received: ServerTime,
    error_limit_s: u32,
) -> Option<EventTime> {
    let said = said?;
    let corrected_ms = said.unix_ms.saturating_sub(offset_ms);
    let ahead = corrected_ms > received.plus_s(i64::from(error_limit_s)).unix_ms;
    let ancient = corrected_ms < received.plus_s(-OLDEST_BELIEVED_S).unix_ms;
    (!ahead && !ancient).then(|| EventTime::from_device(said, offset_ms, received))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::testing::observed_at;

    const RECEIVED_MS: i64 = 1_800_000_000_000;

    fn live(device_ms: i64, delay_ms: i64) -> Observed {
        let mut observed = observed_at(EventTime::from_unix_ms(device_ms));
        observed.device_time = Some(DeviceTime::from_unix_ms(device_ms));
        observed.received = ServerTime::from_unix_ms(RECEIVED_MS + delay_ms);
        observed
    }

    fn measured(reports: &[Observed]) -> Vec<i64> {
        let mut clock = SealClock::default();
        let mut offsets = Vec::new();
        for observed in reports {
            if let Some(fact) = clock.measured(observed) {
                clock.fold_fact(fact);
                offsets.push(fact.offset_ms);
            }
            clock.fold(observed);
        }
        offsets
    }

    #[test]
    fn the_quickest_of_three_reports_tells_the_offset() {
        let fast = RECEIVED_MS + 60_000;
        assert_eq!(
            measured(&[live(fast, 9_000), live(fast, 400), live(fast, 5_000)]),
            [59_600]
        );
    }

    #[test]
    fn two_reports_tell_nothing_yet() {
        assert_eq!(
            measured(&[live(RECEIVED_MS + 60_000, 0), live(RECEIVED_MS + 60_000, 0)]),
            []
        );
    }

    #[test]
    fn what_the_seal_kept_for_later_measures_nothing() {
        let mut kept = live(RECEIVED_MS - 3_600_000, 0);
        kept.backfill = true;
        assert_eq!(measured(&[kept.clone(), kept.clone(), kept]), []);
    }

    #[test]
    fn a_clock_as_good_as_the_network_is_left_alone() {
        let at = RECEIVED_MS;
        assert_eq!(measured(&[live(at, 1_999), live(at, 1_999), live(at, 1_999)]), []);
        assert_eq!(
            measured(&[live(at, 2_000), live(at, 2_000), live(at, 2_000)]),
            [-2_000]
        );
    }

    #[test]
    fn a_clock_that_goes_slow_is_followed_after_two_spans() {
        let (fast, right) = (live(RECEIVED_MS + 60_000, 0), live(RECEIVED_MS, 0));
        let reports: Vec<Observed> = core::iter::repeat_n(fast, 3)
            .chain(core::iter::repeat_n(right, 6))
            .collect();
        assert_eq!(measured(&reports), [60_000, 0]);
    }

    #[test]
    fn the_offset_in_force_at_that_time_of_the_seal_counts() {
        let fact = |from_ms, offset_ms| ClockFact {
            from: DeviceTime::from_unix_ms(from_ms),
            offset_ms,
        };
        let facts = [fact(100, 7), fact(200, 9)];
        let at = |ms| offset_at(&facts, DeviceTime::from_unix_ms(ms));
        assert_eq!((at(50), at(100), at(199), at(200)), (7, 7, 7, 9));
        assert_eq!(offset_at(&[], DeviceTime::from_unix_ms(5)), 0);
    }

    /// Law 3: event time "never lies after receipt".
    #[test]
    fn event_time_is_never_after_receipt_and_a_lying_clock_dates_nothing() {
        let received = ServerTime::from_unix_ms(RECEIVED_MS);
        let at = |said_ms: i64| event_time(Some(DeviceTime::from_unix_ms(said_ms)), 0, received, 5);
        assert_eq!(
            at(RECEIVED_MS - 1),
            Some(EventTime::from_unix_ms(RECEIVED_MS - 1))
        );
        assert_eq!(at(RECEIVED_MS + 5_000), Some(EventTime::from_receipt(received)));
        assert_eq!(at(RECEIVED_MS + 5_001), None);
        assert_eq!(
            at(946_684_800_000),
            None,
            "the year 2000 is a clock that was never set"
        );
        assert_eq!(event_time(None, 0, received, 5), None);
    }
}
