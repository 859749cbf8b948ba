//! A14: is it late against the plan?
//!
//! The arrival is expected at the pace of the plan from where the container is now: who has lost an hour has lost it,
//! and is not thought to make it up, nor to lose more. Without news the plan itself is the expectation.

use alloc::format;

use segel_model::alarm::Bilingual;
use segel_model::rulebook::WatchRules;
use segel_model::{EventTime, Severity};

use super::words::{both, duration};

/// The plan of a trip under way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// When it left.
    pub departed: EventTime,
    /// How long the plan says it takes.
    pub transit_time_s: u32,
    /// How long the route is.
    pub length_m: f64,
}

/// How it stands to the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Expected within what is tolerated.
    InTime,
    /// Expected too late.
    Late(Severity),
}

impl Plan {
    fn transit_ms(&self) -> i64 {
        i64::from(self.transit_time_s) * 1_000
    }

    /// When it should arrive.
    pub fn arrival(&self) -> EventTime {
        self.departed.plus_ms(self.transit_ms())
    }

    /// How long the rest takes at the pace of the plan.
    pub fn remaining_ms(&self, progress_m: f64) -> i64 {
        if self.length_m <= 0.0 {
            return 0;
        }
        let share = (1.0 - progress_m / self.length_m).clamp(0.0, 1.0);
        (self.transit_ms() as f64 * share) as i64
    }

    /// When it will arrive.
    pub fn expected(&self, at: EventTime, progress_m: f64) -> EventTime {
        at.plus_ms(self.remaining_ms(progress_m))
    }

    /// How much later than planned is tolerated: a part of the plan, or a time, whichever is less.
    pub fn tolerance_ms(&self, rules: &WatchRules) -> i64 {
        let part_ms = (self.transit_ms() as f64 * f64::from(rules.late_part)) as i64;
        part_ms.min(i64::from(rules.late_s) * 1_000)
    }

    /// From when on it is grave that it has not arrived.
    pub fn grave_from(&self, rules: &WatchRules) -> EventTime {
        self.arrival().plus_s(i64::from(rules.late_grave_s))
    }

    /// How it stands to the plan, where it is expected then and it is now `at`.
    pub fn judge(&self, at: EventTime, expected: EventTime, rules: &WatchRules) -> Progress {
        if self.grave_from(rules) <= at {
            return Progress::Late(Severity::S2);
        }
        if self.tolerance_ms(rules) < expected.since_ms(self.arrival()) {
            return Progress::Late(Severity::S3);
        }
        Progress::InTime
    }

    /// When a trip nothing is heard of becomes late, and gravely late: the first of these after `now`.
    pub fn next_look(&self, now: EventTime, rules: &WatchRules) -> Option<EventTime> {
        let late = self.arrival().plus_ms(self.tolerance_ms(rules) + 1);
        [late, self.grave_from(rules)]
            .into_iter()
            .filter(|moment| now < *moment)
            .min()
    }

    /// The explanation.
    pub fn why(&self, expected: EventTime) -> Bilingual {
        let behind = duration(expected.since_ms(self.arrival()));
        both(
            format!("diperkirakan tiba {} lebih lambat dari rencana", behind.id),
            format!("expected to arrive {} later than planned", behind.en),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::testing::{at, rules};

    const HOUR: i64 = 3_600;

    fn plan(hours: i64) -> Plan {
        Plan {
            departed: at(0),
            transit_time_s: (hours * HOUR) as u32,
            length_m: 100_000.0,
        }
    }

    fn judge(hours: i64, at_s: i64, progress_m: f64) -> Progress {
        let plan = plan(hours);
        plan.judge(at(at_s), plan.expected(at(at_s), progress_m), &rules())
    }

    /// A14: "ETA > plan + 20 % or +60 min".
    #[test]
    fn a_short_trip_is_late_beyond_a_fifth_and_a_long_one_beyond_an_hour() {
        // Half way, two hours planned: an hour left, 24 minutes tolerated.
        assert_eq!(judge(2, HOUR + 24 * 60, 50_000.0), Progress::InTime);
        assert_eq!(
            judge(2, HOUR + 24 * 60 + 1, 50_000.0),
            Progress::Late(Severity::S3)
        );
        // Half way, ten hours planned: five hours left, one hour tolerated.
        assert_eq!(judge(10, 6 * HOUR, 50_000.0), Progress::InTime);
        assert_eq!(judge(10, 6 * HOUR + 1, 50_000.0), Progress::Late(Severity::S3));
    }

    /// A14: "not arrived at plan+4 h = S2".
    #[test]
    fn not_arrived_four_hours_after_the_plan_is_grave() {
        assert_eq!(judge(2, 6 * HOUR - 1, 99_000.0), Progress::Late(Severity::S3));
        assert_eq!(judge(2, 6 * HOUR, 99_000.0), Progress::Late(Severity::S2));
    }

    #[test]
    fn without_news_it_is_looked_at_when_the_tolerance_runs_out_and_when_it_is_grave() {
        let next = |now_s| plan(2).next_look(at(now_s), &rules());
        assert_eq!(next(0), Some(at(2 * HOUR + 24 * 60).plus_ms(1)));
        assert_eq!(next(2 * HOUR + 24 * 60 + 1), Some(at(6 * HOUR)));
        assert_eq!(next(6 * HOUR), None);
    }

    #[test]
    fn a_plan_without_length_expects_nothing_more() {
        let plan = Plan {
            length_m: 0.0,
            ..plan(1)
        };
        assert_eq!(plan.remaining_ms(5.0), 0);
        assert_eq!(
            plan.why(at(HOUR + 90)).en,
            "expected to arrive 1 min 30 s later than planned"
        );
    }
}
