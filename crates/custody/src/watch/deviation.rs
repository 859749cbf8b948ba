//! A08: has the container left the corridor?
//!
//! One stray fix is noise, so it takes some fixes in a row, or some time; coming back takes one fix well inside.

use segel_model::observed::{CorridorPlace, Side};
use segel_model::rulebook::WatchRules;
use segel_model::{EventTime, Severity};
use serde::{Deserialize, Serialize};

use super::window::{Window, WindowFix};
use super::words::{both, distance, duration, kilometre};
use segel_model::alarm::Bilingual;

/// Fixes in a row outside the corridor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Outside {
    /// Since when.
    pub since: EventTime,
    /// Until when it is known.
    pub until: EventTime,
    /// How many fixes.
    pub fixes: u16,
    /// Metres beyond the border at the furthest.
    pub furthest_m: f32,
    /// Metres along the route there.
    pub progress_m: f32,
}

/// The container was outside for so long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deviation {
    /// How grave.
    pub severity: Severity,
    /// The fixes that show it.
    pub outside: Outside,
}

impl Outside {
    fn first(at: EventTime, place: &CorridorPlace) -> Self {
        let before_ms = place.piece.map_or(0, |piece| i64::from(piece.outside_ms));
        Self {
            since: at.plus_ms(-before_ms),
            until: at,
            fixes: 1,
            furthest_m: place.outside_m,
            progress_m: place.progress_m,
        }
    }

    fn and(self, at: EventTime, place: &CorridorPlace) -> Self {
        let next = Self {
            until: at,
            fixes: self.fixes.saturating_add(1),
            ..self
        };
        next.reaching(place.outside_m, place.progress_m)
    }

    fn reaching(self, outside_m: f32, progress_m: f32) -> Self {
        if outside_m <= self.furthest_m {
            return self;
        }
        Self {
            furthest_m: outside_m,
            progress_m,
            ..self
        }
    }

    /// How long it is known to have lasted.
    pub fn lasted_ms(&self) -> i64 {
        self.until.since_ms(self.since)
    }

    /// What it amounts to, if it is more than noise.
    pub fn verdict(self, rules: &WatchRules) -> Option<Deviation> {
        let long = i64::from(rules.deviation_s) * 1_000 <= self.lasted_ms();
        let often = u16::from(rules.deviation_fixes) <= self.fixes;
        let grave = rules.deviation_grave_m < self.furthest_m
            || i64::from(rules.deviation_grave_s) * 1_000 < self.lasted_ms();
        let severity = if grave { Severity::S1 } else { Severity::S2 };
        (long || often).then_some(Deviation {
            severity,
            outside: self,
        })
    }
}

impl Deviation {
    /// "412 m outside for 3 min 10 s near km 17.2".
    pub fn why(&self) -> Bilingual {
        let (far, long) = (
            distance(self.outside.furthest_m),
            duration(self.outside.lasted_ms()),
        );
        let near = kilometre(self.outside.progress_m);
        both(
            alloc::format!("{} di luar koridor selama {} dekat {}", far.id, long.id, near.id),
            alloc::format!("{} outside for {} near {}", far.en, long.en, near.en),
        )
    }
}

/// The stretch outside after the next fix in order.
pub fn after(before: Option<Outside>, at: EventTime, place: &CorridorPlace) -> Option<Outside> {
    match (place.side, before) {
        (Side::Inside, _) => None,
        (Side::Margin, before) => before,
        (Side::Outside, None) => Some(Outside::first(at, place)),
        (Side::Outside, Some(outside)) => Some(outside.and(at, place)),
    }
}

/// The stretch that a fix shows or ends: on the way back the part of the piece that was still outside counts, and between
/// two far fixes inside there may be nothing but the piece.
pub fn shown_by(before: Option<Outside>, at: EventTime, place: &CorridorPlace) -> Option<Outside> {
    let here = after(before, at, place);
    let Some(piece) = place.piece.filter(|_| place.side != Side::Outside) else {
        return here;
    };
    let outside_ms = i64::from(piece.outside_ms);
    Some(match before {
        Some(outside) => {
            let until = outside.until.plus_ms(outside_ms);
            Outside { until, ..outside }.reaching(piece.outside_m, place.progress_m)
        }
        None => Outside {
            since: at.plus_ms(-outside_ms),
            until: at,
            fixes: 0,
            furthest_m: piece.outside_m,
            progress_m: place.progress_m,
        },
    })
}

/// The stretch outside around a late fix, as the window shows it.
pub fn around(window: &Window, at: EventTime) -> Option<Outside> {
    run(window.stretch_outside(at), None)
}

/// The stretch outside at the end of the window, after a late fix was put in. What lay before the window is kept where the
/// stretch reaches back to its beginning.
pub fn trailing(window: &Window, before: Option<Outside>) -> Option<Outside> {
    let newest = window.newest()?.at;
    let stretch = window.stretch_outside(newest).count();
    let reaches_back = stretch == window.iter().len();
    let oldest = window.iter().next()?.at;
    let earlier = before.filter(|outside| reaches_back && outside.since < oldest);
    let kept = earlier.map(|outside| Outside {
        fixes: outside.fixes.saturating_sub(stretch as u16),
        ..outside
    });
    run(window.stretch_outside(newest), kept)
}

fn run<'a>(fixes: impl Iterator<Item = &'a WindowFix>, before: Option<Outside>) -> Option<Outside> {
    fixes.fold(before, |outside, fix| {
        fix.corridor
            .map_or(outside, |place| after(outside, fix.at, &place))
    })
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    use segel_model::observed::{AreaMarks, PieceOutside};

    use super::*;
    use crate::watch::testing::{at, corridor_place, rules};

    /// The verdicts after each of these fixes: (second, metres beyond the border).
    fn verdicts(fixes: &[(i64, f32)]) -> Vec<Option<Severity>> {
        let mut outside = None;
        let judge = |(second, outside_m): &(i64, f32)| {
            let place = corridor_place(*outside_m);
            let shown = shown_by(outside, at(*second), &place);
            outside = after(outside, at(*second), &place);
            Some(shown?.verdict(&rules())?.severity)
        };
        fixes.iter().map(judge).collect()
    }

    /// A08: "outside corridor > 300 m for >= 2 fixes".
    #[test]
    fn one_fix_outside_is_noise_and_two_in_a_row_are_a_deviation() {
        assert_eq!(
            verdicts(&[(0, 0.0), (60, 500.0), (119, 500.0)]),
            [None, None, Some(Severity::S2)]
        );
        assert_eq!(
            verdicts(&[(60, 500.0), (90, 0.0), (120, 500.0)]),
            [None, None, None]
        );
    }

    #[test]
    fn exactly_at_the_tolerated_distance_is_not_outside() {
        assert_eq!(
            verdicts(&[(0, 300.0), (60, 300.0), (120, 300.0)]),
            [None, None, None]
        );
        assert_eq!(verdicts(&[(0, 300.5), (60, 300.5)]), [None, Some(Severity::S2)]);
    }

    #[test]
    fn a_fix_in_the_margin_neither_counts_nor_ends_it() {
        assert_eq!(
            verdicts(&[(0, 500.0), (30, 100.0), (60, 500.0)]),
            [None, None, Some(Severity::S2)]
        );
    }

    /// A08: "S1 if > 2 km or > 15 min".
    #[test]
    fn it_becomes_critical_beyond_two_kilometres_or_a_quarter_of_an_hour() {
        assert_eq!(verdicts(&[(0, 500.0), (60, 2_000.0)])[1], Some(Severity::S2));
        assert_eq!(verdicts(&[(0, 500.0), (60, 2_000.5)])[1], Some(Severity::S1));
        assert_eq!(verdicts(&[(0, 500.0), (900, 500.0)])[1], Some(Severity::S2));
        assert_eq!(verdicts(&[(0, 500.0), (901, 500.0)])[1], Some(Severity::S1));
    }

    fn with_piece(outside_m: f32, piece_s: u32) -> CorridorPlace {
        let piece = PieceOutside {
            outside_m: outside_m.max(600.0),
            outside_ms: piece_s * 1_000,
        };
        CorridorPlace {
            piece: Some(piece),
            ..corridor_place(outside_m)
        }
    }

    /// A08: "... /2 min", with fixes ten minutes apart.
    #[test]
    fn a_single_far_fix_counts_with_the_pieces_beside_it() {
        let alone = |piece_s| {
            let place = with_piece(600.0, piece_s);
            shown_by(None, at(600), &place).and_then(|outside| outside.verdict(&rules()))
        };
        assert_eq!(alone(119), None);
        assert_eq!(alone(120).map(|deviation| deviation.outside.since), Some(at(480)));
        let out = after(None, at(600), &with_piece(600.0, 60));
        let back =
            |piece_s| shown_by(out, at(1_200), &with_piece(0.0, piece_s)).and_then(|it| it.verdict(&rules()));
        assert_eq!(back(59), None);
        assert_eq!(
            back(60).map(|deviation| deviation.outside.lasted_ms()),
            Some(120_000)
        );
    }

    #[test]
    fn it_explains_itself() {
        let mut outside = after(None, at(0), &corridor_place(380.0));
        let mut furthest = corridor_place(412.0);
        furthest.progress_m = 17_200.0;
        outside = after(outside, at(190), &furthest);
        let why = outside.unwrap().verdict(&rules()).unwrap().why();
        assert_eq!(why.id, "412 m di luar koridor selama 3 mnt 10 dtk dekat km 17,2");
        assert_eq!(why.en, "412 m outside for 3 min 10 s near km 17.2");
    }

    fn window(fixes: &[(i64, f32)]) -> Window {
        let mut window = Window::default();
        for (second, outside_m) in fixes {
            window.insert(WindowFix {
                at: at(*second),
                position: segel_geo::Position { lat: 0.0, lon: 110.0 },
                corridor: Some(corridor_place(*outside_m)),
                areas: AreaMarks::default(),
            });
        }
        window
    }

    fn say(outside: Option<Outside>) -> String {
        outside.map_or("inside".into(), |it| {
            format!("{} s, {} fixes", it.lasted_ms() / 1_000, it.fixes)
        })
    }

    #[test]
    fn a_late_fix_joins_those_around_it() {
        let fixes = window(&[(0, 0.0), (60, 400.0), (120, 700.0), (180, 0.0)]);
        assert_eq!(say(around(&fixes, at(120))), "60 s, 2 fixes");
        assert_eq!(say(around(&fixes, at(180))), "inside");
        assert_eq!(say(trailing(&fixes, None)), "inside");
    }

    #[test]
    fn a_late_fix_inside_shortens_the_stretch_at_hand() {
        let before = after(
            after(None, at(0), &corridor_place(400.0)),
            at(120),
            &corridor_place(400.0),
        );
        assert_eq!(say(before), "120 s, 2 fixes");
        assert_eq!(
            say(trailing(&window(&[(0, 400.0), (60, 0.0), (120, 400.0)]), before)),
            "0 s, 1 fixes"
        );
    }

    #[test]
    fn what_lay_before_the_window_is_not_forgotten() {
        let before = Some(Outside {
            since: at(-600),
            until: at(60),
            fixes: 12,
            furthest_m: 900.0,
            progress_m: 5.0,
        });
        assert_eq!(
            say(trailing(&window(&[(0, 400.0), (60, 400.0)]), before)),
            "660 s, 12 fixes"
        );
        assert_eq!(
            say(trailing(&window(&[(-9, 0.0), (0, 400.0), (60, 400.0)]), before)),
            "60 s, 2 fixes"
        );
    }
}
