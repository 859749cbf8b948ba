//! The clock of a seal against ours.
//!
//! A report sent as it happens arrives a little after the seal wrote its time, never before. So of (device time minus
//! receipt) the largest value seen is the nearest to the true offset: what is less has lain in the network. That a clock
//! goes further ahead is therefore certain at once; that it falls behind only after a span in which no report was quicker.
//! The largest of the last two spans is taken, so that a clock that is set back is followed too.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use segel_model::observed::Standing;
use segel_model::report::ReportKind;
use segel_model::{DeviceTime, EventTime, Observed, ServerTime};
use serde::{Deserialize, Serialize};

/// Reports that a measurement needs: a single one may have waited anywhere.
pub const REPORTS_NEEDED: u32 = 3;
/// How long a span lasts at least. A network that stalls delivers its backlog in a moment; this outlasts it.
pub const SPAN_MS: i64 = 600_000;
/// An offset below this is network and rounding, and is not worth a correction.
pub const NOISE_MS: i64 = 2_000;
/// A new measurement is written down when it differs by this much from the one in force.
pub const STEP_MS: i64 = 1_000;
/// Measurements that are remembered for each seal; beyond it the oldest goes, and the next oldest stands for its time.
pub const FACTS_LIMIT: usize = 16;
/// A change of the offset beyond this between two measurements is a clock that was set, not one that drifts.
pub const SET_MS: i64 = 5_000;
/// A drift is measured over this at least: within it noise looks like one.
pub const DRIFT_SPAN_MS: i64 = 6 * 3_600_000;
/// A drift must have come to this: twice the noise, once at each end.
pub const DRIFT_LEAST_MS: i64 = 2 * NOISE_MS;
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
    /// Largest (seal minus server) of the span before.
    before_ms: Option<i64>,
    /// The span at hand.
    span: Option<Span>,
}

/// A span of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Span {
    since: ServerTime,
    reports: u32,
    largest_ms: i64,
}

impl Span {
    fn with(before: Option<Self>, received: ServerTime, sample_ms: i64) -> Self {
        let span = before.unwrap_or(Self {
            since: received,
            reports: 0,
            largest_ms: sample_ms,
        });
        Self {
            since: span.since,
            reports: span.reports.saturating_add(1),
            largest_ms: span.largest_ms.max(sample_ms),
        }
    }

    fn is_whole(&self, now: ServerTime) -> bool {
        REPORTS_NEEDED <= self.reports && SPAN_MS <= now.since_ms(self.since)
    }
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
        let span = Span::with(self.span, observed.received, sample_ms);
        let whole = span.is_whole(observed.received);
        self.before_ms = if whole {
            Some(span.largest_ms)
        } else {
            self.before_ms
        };
        self.span = (!whole).then_some(span);
    }

    /// How fast the clock drifts, in seconds a day of the seal's own time: over the measurements since it was last set, with
    /// this newest one. Nothing where they span too little, in time or in offset.
    pub fn drift_s_day(&self, newest: ClockFact) -> Option<f64> {
        let mut oldest = newest;
        for before in self.facts.iter().rev() {
            if SET_MS < (oldest.offset_ms - before.offset_ms).abs() {
                break;
            }
            oldest = *before;
        }
        let (span_ms, drift_ms) = (
            newest.from.since_ms(oldest.from),
            newest.offset_ms - oldest.offset_ms,
        );
        let enough = DRIFT_SPAN_MS <= span_ms && DRIFT_LEAST_MS <= drift_ms.abs();
        enough.then(|| drift_ms as f64 / 1_000.0 / (span_ms as f64 / 86_400_000.0))
    }

    /// Folds a measurement that was written down.
    pub fn fold_fact(&mut self, fact: ClockFact) {
        if FACTS_LIMIT <= self.facts.len() {
            self.facts.pop_front();
        }
        self.facts.push_back(fact);
    }

    /// The wall clock was stepped: every seal is that much further behind it.
    pub fn step(&mut self, by_ms: i64, now: ServerTime) {
        let offset_ms = self.offset_ms().saturating_sub(by_ms);
        let from = DeviceTime::from_unix_ms(now.unix_ms.saturating_add(offset_ms));
        self.fold_fact(ClockFact { from, offset_ms });
        self.before_ms = None;
        self.span = None;
    }

    /// The measurement that this report completes, where it differs from the one in force.
    pub fn measured(&self, observed: &Observed) -> Option<ClockFact> {
        let span = Span::with(self.span, observed.received, sample_ms(observed)?);
        if span.reports < REPORTS_NEEDED {
            return None;
        }
        let largest_ms = self
            .before_ms
            .map_or(span.largest_ms, |before_ms| before_ms.max(span.largest_ms));
        let offset_ms = if largest_ms.abs() < NOISE_MS {
            0
        } else {
            largest_ms
        };
        let rises = self.offset_ms() + STEP_MS <= offset_ms;
        let falls = offset_ms <= self.offset_ms() - STEP_MS;
        // Nothing under way makes a clock look ahead of what it is; a stall makes it look behind.
        let outlasted = self.before_ms.is_some() || span.is_whole(observed.received);
        let certain = rises || (falls && outlasted);
        certain.then_some(ClockFact {
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

    /// A report sent as it happens, so many seconds into the story, by a clock that is off, some time under way.
    fn live(second: i64, offset_ms: i64, delay_ms: i64) -> Observed {
        let sent_ms = RECEIVED_MS + second * 1_000;
        let mut observed = observed_at(EventTime::from_unix_ms(sent_ms));
        observed.device_time = Some(DeviceTime::from_unix_ms(sent_ms + offset_ms));
        observed.received = ServerTime::from_unix_ms(sent_ms + delay_ms);
        observed
    }

    /// What is written down while these come: (second, offset).
    fn measured(reports: impl IntoIterator<Item = Observed>) -> Vec<(i64, i64)> {
        let mut clock = SealClock::default();
        let mut written = Vec::new();
        for observed in reports {
            if let Some(fact) = clock.measured(&observed) {
                clock.fold_fact(fact);
                written.push(((observed.at.unix_ms - RECEIVED_MS) / 1_000, fact.offset_ms));
            }
            clock.fold(&observed);
        }
        written
    }

    #[test]
    fn that_a_clock_is_ahead_is_certain_with_the_third_report() {
        let reports = [
            live(0, 60_000, 9_000),
            live(1, 60_000, 400),
            live(2, 60_000, 5_000),
        ];
        assert_eq!(measured(reports.clone()), [(2, 59_600)]);
        assert_eq!(measured(reports.into_iter().take(2)), []);
    }

    #[test]
    fn that_a_clock_is_behind_takes_ten_minutes_without_a_quicker_report() {
        let slow = |second| live(second, -60_000, 0);
        assert_eq!(measured([0, 60, 599].map(slow)), []);
        assert_eq!(measured([0, 60, 600].map(slow)), [(600, -60_000)]);
    }

    #[test]
    fn a_stalled_network_is_no_slow_clock() {
        let stalled = (0..20).map(|second| live(second, 0, 120_000 - second * 1_000));
        let then = [live(130, 0, 300), live(700, 0, 300)];
        assert_eq!(measured(stalled.chain(then)), []);
    }

    #[test]
    fn what_the_seal_kept_for_later_measures_nothing() {
        let kept = |second| Observed {
            backfill: true,
            ..live(second, 60_000, 0)
        };
        assert_eq!(measured([0, 60, 600, 700].map(kept)), []);
    }

    #[test]
    fn a_clock_as_good_as_the_network_is_left_alone() {
        assert_eq!(measured([0, 1, 600].map(|second| live(second, 1_999, 0))), []);
        assert_eq!(measured([0, 1, 600].map(|second| live(second, -1_999, 0))), []);
        assert_eq!(
            measured([0, 1, 600].map(|second| live(second, 2_000, 0))),
            [(600, 2_000)]
        );
    }

    #[test]
    fn a_clock_that_is_set_right_is_followed() {
        let fast = [0, 60, 120].map(|second| live(second, 60_000, 0));
        let right = (3..40).map(|minute| live(minute * 60, 0, 0));
        assert_eq!(
            measured(fast.into_iter().chain(right)),
            [(120, 60_000), (1_440, 0)]
        );
        let slow = [0, 60, 600].map(|second| live(second, -60_000, 0));
        let right = (11..40).map(|minute| live(minute * 60, 0, 0));
        assert_eq!(
            measured(slow.into_iter().chain(right)),
            [(600, -60_000), (780, 0)]
        );
    }

    /// A23: "clock drift > 5 s/day" is a rate, measured where it can be.
    #[test]
    fn a_drift_is_a_rate_over_what_was_measured_since_the_clock_was_set() {
        const HOUR_MS: i64 = 3_600_000;
        let drift = |facts: &[(i64, i64)]| {
            let mut clock = SealClock::default();
            let fact = |(hour, offset_ms): &(i64, i64)| ClockFact {
                from: DeviceTime::from_unix_ms(hour * HOUR_MS),
                offset_ms: *offset_ms,
            };
            let (newest, before) = facts.split_last().expect("one at least");
            before.iter().for_each(|one| clock.fold_fact(fact(one)));
            clock.drift_s_day(fact(newest))
        };
        assert_eq!(drift(&[(0, 61_000)]), None, "one measurement is no rate");
        assert_eq!(drift(&[(0, 2_000), (12, 4_500), (24, 7_000)]), Some(5.0));
        assert_eq!(drift(&[(0, -2_000), (6, -6_000)]), Some(-16.0));
        assert_eq!(drift(&[(0, 2_000), (6, 5_999)]), None, "within the noise");
        assert_eq!(drift(&[(0, 2_000), (5, 7_000)]), None, "too short a span");
        assert_eq!(drift(&[(0, 2_000), (24, 61_000)]), None, "it was set");
        assert_eq!(
            drift(&[(0, 61_000), (24, 2_000), (48, 7_000)]),
            Some(5.0),
            "since it was set"
        );
    }

    #[test]
    fn after_a_step_of_our_clock_a_seal_is_that_much_behind() {
        let mut clock = SealClock::default();
        clock.step(3_600_000, ServerTime::from_unix_ms(RECEIVED_MS));
        assert_eq!(clock.offset_ms(), -3_600_000);
        assert_eq!(clock.measured(&live(0, -3_600_000, 0)), None);
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
