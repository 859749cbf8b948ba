//! The way a container went, as all its reports show it: how far it was driven, how long it was outside, and where
//! nothing was heard of it.

use alloc::format;

use segel_geo::{Position, distance_m};
use segel_model::EventTime;
use segel_model::alarm::Bilingual;

use crate::watch::deviation::Outside;
use crate::watch::words::{both, distance, duration};

/// The way of a trip between the closing of its seal and its arrival.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Way {
    /// Metres from fix to fix; what a standing seal's fixes wander is not driven.
    pub driven_m: f64,
    /// Metres of the route.
    pub planned_m: f64,
    /// What was left of the corridor; nothing where it kept to it.
    pub outside: Option<Strayed>,
    /// The longest time without a report, from the closing of the seal to its opening.
    pub longest_gap: Option<Gap>,
}

/// All stretches outside the corridor together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strayed {
    /// How many stretches.
    pub times: u32,
    /// How long they took together.
    pub lasted_ms: i64,
    /// Metres beyond the border at the furthest.
    pub furthest_m: f32,
}

/// A time without a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The report before it, or the closing of the seal.
    pub from: EventTime,
    /// The report after it, or the opening of the seal.
    pub until: EventTime,
}

impl Gap {
    /// How long it was.
    pub fn lasted_ms(&self) -> i64 {
        self.until.since_ms(self.from)
    }
}

impl Way {
    /// "10.9 km driven, 10.8 km planned".
    pub fn why_driven(&self) -> Bilingual {
        let (driven, planned) = (distance(self.driven_m as f32), distance(self.planned_m as f32));
        both(
            format!("{} ditempuh, {} direncanakan", driven.id, planned.id),
            format!("{} driven, {} planned", driven.en, planned.en),
        )
    }

    /// "outside the corridor twice, 6 min 10 s in all, 512 m at the furthest".
    pub fn why_outside(&self) -> Bilingual {
        let Some(outside) = self.outside else {
            return both("tidak pernah di luar koridor", "never outside the corridor");
        };
        let (long, far) = (duration(outside.lasted_ms), distance(outside.furthest_m));
        both(
            format!(
                "{} kali di luar koridor, seluruhnya {}, terjauh {}",
                outside.times, long.id, far.id
            ),
            format!(
                "{} outside the corridor, {} in all, {} at the furthest",
                times(outside.times),
                long.en,
                far.en
            ),
        )
    }

    pub(super) fn stray(&mut self, stretch: &Outside) {
        let before = self.outside.unwrap_or(Strayed {
            times: 0,
            lasted_ms: 0,
            furthest_m: 0.0,
        });
        self.outside = Some(Strayed {
            times: before.times.saturating_add(1),
            lasted_ms: before.lasted_ms.saturating_add(stretch.lasted_ms()),
            furthest_m: before.furthest_m.max(stretch.furthest_m),
        });
    }

    /// A time without a report; of two as long the earlier one stays.
    pub(super) fn heard_nothing(&mut self, from: EventTime, until: EventTime) {
        let gap = Gap { from, until };
        let longest_ms = self.longest_gap.map_or(0, |longest| longest.lasted_ms());
        if longest_ms < gap.lasted_ms() {
            self.longest_gap = Some(gap);
        }
    }
}

fn times(times: u32) -> alloc::string::String {
    match times {
        1 => "once".into(),
        2 => "twice".into(),
        more => format!("{more} times"),
    }
}

/// Measures what was driven, from fix to fix.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Odometer {
    from: Option<Position>,
    driven_m: f64,
}

impl Odometer {
    /// The next fix. While the seal stands, its fixes wander and nothing is driven: the place where it stopped counts.
    pub(super) fn take(&mut self, position: Position, still: bool) {
        if still && self.from.is_some() {
            return;
        }
        let piece_m = self.from.map_or(0.0, |from| distance_m(from, position));
        self.driven_m += piece_m;
        self.from = Some(position);
    }

    pub(super) fn driven_m(&self) -> f64 {
        self.driven_m
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::testing::at;

    fn stretch(lasted_s: i64, furthest_m: f32) -> Outside {
        Outside {
            since: at(0),
            until: at(lasted_s),
            fixes: 2,
            furthest_m,
            progress_m: 0.0,
        }
    }

    #[test]
    fn stretches_outside_are_added_up_and_the_furthest_is_kept() {
        let mut way = Way::default();
        assert_eq!(
            way.why_outside(),
            both("tidak pernah di luar koridor", "never outside the corridor")
        );
        way.stray(&stretch(190, 412.0));
        assert_eq!(
            way.why_outside(),
            both(
                "1 kali di luar koridor, seluruhnya 3 mnt 10 dtk, terjauh 412 m",
                "once outside the corridor, 3 min 10 s in all, 412 m at the furthest"
            )
        );
        way.stray(&stretch(60, 350.0));
        way.stray(&stretch(60, 500.0));
        assert_eq!(
            way.why_outside().en,
            "3 times outside the corridor, 5 min 10 s in all, 500 m at the furthest"
        );
    }

    #[test]
    fn of_two_gaps_as_long_the_earlier_is_the_longest() {
        let mut way = Way::default();
        way.heard_nothing(at(0), at(0));
        assert_eq!(way.longest_gap, None);
        way.heard_nothing(at(10), at(70));
        way.heard_nothing(at(70), at(130));
        way.heard_nothing(at(130), at(189));
        assert_eq!(
            way.longest_gap,
            Some(Gap {
                from: at(10),
                until: at(70)
            })
        );
    }

    #[test]
    fn a_standing_seal_drives_nothing() {
        let east = |metres: f64| Position {
            lat: 0.0,
            lon: metres / 111_319.490_8,
        };
        let mut odometer = Odometer::default();
        for (metres, still) in [
            (0.0, false),
            (1_000.0, false),
            (1_020.0, true),
            (980.0, true),
            (2_000.0, false),
        ] {
            odometer.take(east(metres), still);
        }
        assert!(
            (odometer.driven_m() - 2_000.0).abs() < 10.0,
            "{}",
            odometer.driven_m()
        );
    }
}
