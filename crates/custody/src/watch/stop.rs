//! A11: does it stand where it should not?
//!
//! Standing is staying within a radius of the place where it came to a halt, slower than a walk. In the origin, the
//! destination and the allowed stops it may stand as long as it likes.

use alloc::format;

use segel_geo::{Position, distance_m};
use segel_model::alarm::Bilingual;
use segel_model::observed::AreaMarks;
use segel_model::rulebook::WatchRules;
use segel_model::{EventTime, Severity};
use serde::{Deserialize, Serialize};

use super::words::{both, duration};

/// The container has not moved since then.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    /// Since when it stands where it may not.
    pub since: EventTime,
    /// Until when it is known to stand.
    pub until: EventTime,
    /// Where it came to a halt.
    pub place: Position,
}

impl Stop {
    fn at(at: EventTime, place: Position) -> Self {
        Self {
            since: at,
            until: at,
            place,
        }
    }

    /// Whether a fix stays where the container came to a halt.
    pub fn holds(&self, position: Position, speed_kmh: Option<f32>, rules: &WatchRules) -> bool {
        let slow = speed_kmh.is_none_or(|speed_kmh| speed_kmh <= rules.stop_speed_kmh);
        slow && distance_m(self.place, position) <= f64::from(rules.stop_radius_m)
    }

    /// How long it has stood.
    pub fn lasted_ms(&self) -> i64 {
        self.until.since_ms(self.since)
    }

    /// How grave it is, if it is long enough.
    pub fn verdict(&self, rules: &WatchRules) -> Option<Severity> {
        let lasted_ms = self.lasted_ms();
        let severities = [Severity::S3, Severity::S2, Severity::S1];
        let reached = |(limit_s, _): &(u32, Severity)| i64::from(*limit_s) * 1_000 <= lasted_ms;
        rules
            .stop_s
            .into_iter()
            .zip(severities)
            .rev()
            .find(reached)
            .map(|(_, severity)| severity)
    }

    /// The explanation.
    pub fn why(&self) -> Bilingual {
        let long = duration(self.lasted_ms());
        both(
            format!("berhenti {} di luar tempat henti yang diizinkan", long.id),
            format!("standing for {} outside the allowed stops", long.en),
        )
    }
}

/// The stop after the next fix in order that judges; `still` is what `Stop::holds` said of it.
pub fn after(before: Option<Stop>, at: EventTime, position: Position, still: bool, areas: AreaMarks) -> Stop {
    let allowed = areas.stop || areas.origin || areas.destination;
    match before {
        Some(stop) if still && allowed => Stop {
            since: at,
            until: at,
            ..stop
        },
        Some(stop) if still => Stop { until: at, ..stop },
        _ => Stop::at(at, position),
    }
}

/// A late fix that shows movement: it cannot have stood before that.
pub fn interrupted(before: Option<Stop>, at: EventTime, still: bool) -> Option<Stop> {
    before.map(|stop| {
        if still {
            stop
        } else {
            Stop {
                since: stop.since.max(at.min(stop.until)),
                ..stop
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::testing::{at, rules};

    fn east(metres: f64) -> Position {
        Position {
            lat: 0.0,
            lon: 110.0 + metres / 111_319.490_8,
        }
    }

    const OPEN_ROAD: AreaMarks = AreaMarks {
        origin: false,
        destination: false,
        stop: false,
        forbidden: None,
        no_coverage: false,
    };

    /// The verdict after standing from second 0 to this one.
    fn stood(seconds: i64) -> Option<Severity> {
        let stop = after(None, at(0), east(0.0), false, OPEN_ROAD);
        after(Some(stop), at(seconds), east(0.0), true, OPEN_ROAD).verdict(&rules())
    }

    /// A11: "no movement >= 15 min outside allowed stops (30 S2, 120 S1)".
    #[test]
    fn a_stop_gets_graver_after_15_30_and_120_minutes() {
        assert_eq!((stood(899), stood(900)), (None, Some(Severity::S3)));
        assert_eq!(
            (stood(1_799), stood(1_800)),
            (Some(Severity::S3), Some(Severity::S2))
        );
        assert_eq!(
            (stood(7_199), stood(7_200)),
            (Some(Severity::S2), Some(Severity::S1))
        );
    }

    #[test]
    fn in_an_allowed_stop_no_time_runs_and_it_runs_from_the_moment_of_leaving_it() {
        let rest = AreaMarks {
            stop: true,
            ..OPEN_ROAD
        };
        let mut stop = after(None, at(0), east(0.0), false, rest);
        stop = after(Some(stop), at(86_400), east(0.0), true, rest);
        assert_eq!(stop.verdict(&rules()), None);
        stop = after(Some(stop), at(86_400 + 899), east(0.0), true, OPEN_ROAD);
        assert_eq!(stop.verdict(&rules()), None);
        stop = after(Some(stop), at(86_400 + 900), east(0.0), true, OPEN_ROAD);
        assert_eq!(stop.verdict(&rules()), Some(Severity::S3));
    }

    #[test]
    fn standing_is_staying_near_and_slow() {
        let (stop, rules) = (Stop::at(at(0), east(0.0)), rules());
        assert!(stop.holds(east(99.0), Some(5.0), &rules));
        assert!(!stop.holds(east(101.0), Some(0.0), &rules));
        assert!(!stop.holds(east(0.0), Some(5.1), &rules));
        assert!(stop.holds(east(0.0), None, &rules));
    }

    #[test]
    fn moving_on_starts_anew() {
        let stop = after(None, at(0), east(0.0), false, OPEN_ROAD);
        let moved = after(Some(stop), at(850), east(5_000.0), false, OPEN_ROAD);
        assert_eq!(moved, Stop::at(at(850), east(5_000.0)));
    }

    #[test]
    fn a_late_fix_elsewhere_shows_that_it_had_not_stood_so_long() {
        let stop = Stop {
            since: at(0),
            until: at(1_000),
            place: east(0.0),
        };
        assert_eq!(
            interrupted(Some(stop), at(400), false).map(|stop| stop.since),
            Some(at(400))
        );
        assert_eq!(interrupted(Some(stop), at(400), true), Some(stop));
        assert_eq!(interrupted(Some(stop), at(-5), false), Some(stop));
        assert_eq!(
            stop.why().id,
            "berhenti 16 mnt 40 dtk di luar tempat henti yang diizinkan"
        );
    }
}
