//! Where a fix lies: how good it is, how it lies to the corridor, in which areas.
//!
//! The same functions judge a report as it comes and all reports of a trip in the order in which they happened.

use segel_geo::{Corridor, Fence, Position, distance_m};
use segel_model::EventTime;
use segel_model::observed::{AreaMarks, CorridorPlace, FixUse, PieceOutside, Side};
use segel_model::report::{Fix, FixSource};
use segel_model::rulebook::WatchRules;

use super::window::WindowFix;
use crate::routes::Compiled;

/// How often a piece is halved to find where it crosses the border: 2^-12 of an hour is under a second.
const HALVINGS: u32 = 12;

/// What a fix is good for, taken by itself. Cell towers never judge; a phone that does not say how it knows must at
/// least say how well.
pub fn quality(fix: &Fix, rules: &WatchRules) -> FixUse {
    let accurate = fix
        .accuracy_m
        .map(|accuracy_m| accuracy_m <= rules.accuracy_limit_m);
    match (fix.source, accurate) {
        (FixSource::Cell | FixSource::Wifi, _) => FixUse::WrongSource,
        _ if !fix.valid => FixUse::NotValid,
        (_, Some(false)) => FixUse::Inaccurate,
        (FixSource::Unknown, None) => FixUse::WrongSource,
        _ => FixUse::Judges,
    }
}

/// Whether getting from one place to another in that time asks for an impossible speed. A distance inside the accuracy of
/// the fixes asks for nothing.
pub fn is_jump(from: (EventTime, Position), to: (EventTime, Position), rules: &WatchRules) -> bool {
    let metres = distance_m(from.1, to.1);
    let hours = to.0.since_ms(from.0).unsigned_abs() as f64 / 3_600_000.0;
    f64::from(rules.accuracy_limit_m) < metres && f64::from(rules.jump_speed_kmh) * hours < metres / 1_000.0
}

/// In which areas of a route a position lies.
pub fn areas(ground: &Compiled, position: Position) -> AreaMarks {
    let within = |fence: &Fence| fence.contains(position);
    let forbidden = ground
        .forbidden
        .iter()
        .position(|fence| fence.as_ref().is_some_and(within));
    AreaMarks {
        origin: ground.origin.as_ref().is_some_and(within),
        destination: ground.destination.as_ref().is_some_and(within),
        stop: ground.stops.iter().any(within),
        forbidden: forbidden.and_then(|index| u8::try_from(index).ok()),
        no_coverage: ground.no_coverage.iter().any(within),
    }
}

/// How a fix lies to the corridor, seen from the fix before it.
pub fn corridor_place(
    corridor: &Corridor,
    at: EventTime,
    position: Position,
    before: Option<&WindowFix>,
    rules: &WatchRules,
) -> CorridorPlace {
    let hint = before
        .and_then(|fix| fix.corridor)
        .map(|corridor| corridor.segment);
    let found = corridor.locate(position, hint);
    let mut place = CorridorPlace {
        outside_m: found.outside_m,
        side: side(corridor, &found, rules),
        piece: None,
        progress_m: found.progress_m as f32,
        segment: found.segment,
    };
    place.piece = before.and_then(|before| piece(corridor, before, at, position, &place, rules));
    place
}

fn side(corridor: &Corridor, found: &segel_geo::Located, rules: &WatchRules) -> Side {
    if rules.deviation_m < found.outside_m {
        return Side::Outside;
    }
    // In a corridor narrower than the margin the middle half counts as back.
    let half_width_m = corridor.half_width_m(found.segment);
    let depth_m = half_width_m - found.distance_m;
    if rules.deviation_return_m.min(half_width_m / 2.0) <= depth_m {
        Side::Inside
    } else {
        Side::Margin
    }
}

/// What the straight piece between two fixes shows, where they are far apart in time: between fixes a minute apart there
/// is nothing to find.
fn piece(
    corridor: &Corridor,
    before: &WindowFix,
    at: EventTime,
    position: Position,
    place: &CorridorPlace,
    rules: &WatchRules,
) -> Option<PieceOutside> {
    let took_ms = at.since_ms(before.at);
    if took_ms < i64::from(rules.deviation_s) * 1_000 {
        return None;
    }
    let was = before.corridor?;
    let out = |share: f64| {
        rules.deviation_m
            < corridor
                .locate(between(before.position, position, share), Some(was.segment))
                .outside_m
    };
    match (was.side == Side::Outside, place.side == Side::Outside) {
        (true, true) => None,
        (true, false) => Some(PieceOutside {
            outside_m: was.outside_m,
            outside_ms: part(took_ms, crossing(|share| !out(share))),
        }),
        (false, true) => Some(PieceOutside {
            outside_m: place.outside_m,
            outside_ms: part(took_ms, 1.0 - crossing(out)),
        }),
        (false, false) => shortcut(corridor, before, took_ms, position, place, rules),
    }
}

/// Both ends inside: the road may bend where the piece is straight, so the piece alone proves nothing. But where the way
/// along the route asks for an impossible speed, the route was left in between.
fn shortcut(
    corridor: &Corridor,
    before: &WindowFix,
    took_ms: i64,
    position: Position,
    place: &CorridorPlace,
    rules: &WatchRules,
) -> Option<PieceOutside> {
    let was = before.corridor?;
    let along_km = (place.progress_m - was.progress_m).abs() / 1_000.0;
    let hours = took_ms as f32 / 3_600_000.0;
    if along_km <= rules.jump_speed_kmh * hours {
        return None;
    }
    let furthest = corridor.piece_outside(before.position, position, Some(was.segment))?;
    (rules.deviation_m < furthest.outside_m).then(|| PieceOutside {
        outside_m: furthest.outside_m,
        outside_ms: part(took_ms, 1.0),
    })
}

/// The share of a piece at which a condition that holds at its end begins to hold.
fn crossing(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut no, mut yes) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let middle = (no + yes) / 2.0;
        if holds(middle) { yes = middle } else { no = middle }
    }
    yes
}

fn between(a: Position, b: Position, share: f64) -> Position {
    Position {
        lat: a.lat + (b.lat - a.lat) * share,
        lon: a.lon + (b.lon - a.lon) * share,
    }
}

fn part(took_ms: i64, share: f64) -> u32 {
    u32::try_from((took_ms as f64 * share) as i64).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::watch::testing::{at, rules};

    fn fix() -> Fix {
        Fix {
            position: Position {
                lat: -6.95,
                lon: 110.42,
            },
            valid: true,
            source: FixSource::Gnss,
            speed_kmh: None,
            course_deg: None,
            altitude_m: None,
            satellites: None,
            accuracy_m: None,
        }
    }

    fn quality_of(change: impl Fn(&mut Fix)) -> FixUse {
        let mut fix = fix();
        change(&mut fix);
        quality(&fix, &rules())
    }

    /// Law 10: "A fix from cell towers never judges a corridor, a fence or a place of unlocking".
    #[test]
    fn a_cell_tower_never_judges() {
        assert_eq!(quality_of(|_| ()), FixUse::Judges);
        assert_eq!(
            quality_of(|fix| fix.source = FixSource::Cell),
            FixUse::WrongSource
        );
        assert_eq!(
            quality_of(|fix| {
                fix.source = FixSource::Cell;
                fix.accuracy_m = Some(5.0)
            }),
            FixUse::WrongSource
        );
        assert_eq!(
            quality_of(|fix| fix.source = FixSource::Wifi),
            FixUse::WrongSource
        );
    }

    #[test]
    fn a_weak_or_doubtful_fix_does_not_judge() {
        let limit_m = rules().accuracy_limit_m;
        assert_eq!(quality_of(|fix| fix.valid = false), FixUse::NotValid);
        assert_eq!(quality_of(|fix| fix.accuracy_m = Some(limit_m)), FixUse::Judges);
        assert_eq!(
            quality_of(|fix| fix.accuracy_m = Some(limit_m + 0.1)),
            FixUse::Inaccurate
        );
        assert_eq!(
            quality_of(|fix| fix.source = FixSource::Unknown),
            FixUse::WrongSource
        );
        let phone = |fix: &mut Fix| {
            fix.source = FixSource::Unknown;
            fix.accuracy_m = Some(8.0)
        };
        assert_eq!(quality_of(phone), FixUse::Judges);
    }

    /// East of a place, in metres, near the equator.
    fn east(metres: f64) -> Position {
        Position {
            lat: 0.0,
            lon: 110.0 + metres / 111_319.490_8,
        }
    }

    #[test]
    fn an_impossible_speed_is_a_jump_and_a_possible_one_is_not() {
        let rules = rules();
        let metres_a_minute = f64::from(rules.jump_speed_kmh) * 1_000.0 / 60.0;
        let jump = |metres: f64, second: i64| is_jump((at(0), east(0.0)), (at(second), east(metres)), &rules);
        assert!(!jump(metres_a_minute - 1.0, 60));
        assert!(jump(metres_a_minute + 1.0, 60));
        assert!(
            !jump(f64::from(rules.accuracy_limit_m) - 1.0, 0),
            "inside the accuracy of two fixes"
        );
        assert!(jump(f64::from(rules.accuracy_limit_m) + 1.0, 0));
    }

    /// A straight corridor along the equator, 100 m to each side.
    fn road() -> Corridor {
        Corridor::new(vec![east(-50_000.0), east(50_000.0)], vec![100.0]).unwrap()
    }

    fn place(position: Position) -> CorridorPlace {
        corridor_place(&road(), at(0), position, None, &rules())
    }

    fn north(metres: f64) -> Position {
        Position {
            lat: metres / 110_574.3,
            lon: 110.0,
        }
    }

    #[test]
    fn between_leaving_and_coming_back_lies_a_margin() {
        // Tolerated: 300 m beyond the border; back: 50 m inside it.
        assert_eq!(place(north(399.0)).side, Side::Margin);
        assert_eq!(place(north(401.0)).side, Side::Outside);
        assert_eq!(place(north(51.0)).side, Side::Margin);
        assert_eq!(place(north(49.0)).side, Side::Inside);
        assert!((place(north(401.0)).outside_m - 301.0).abs() < 0.5);
    }

    fn seen_at(second: i64, position: Position) -> WindowFix {
        WindowFix {
            at: at(second),
            position,
            corridor: Some(place(position)),
            areas: AreaMarks::default(),
        }
    }

    fn piece_to(second: i64, position: Position, before: WindowFix) -> Option<PieceOutside> {
        corridor_place(&road(), at(second), position, Some(&before), &rules()).piece
    }

    #[test]
    fn of_a_long_piece_outward_the_part_beyond_the_border_counts() {
        // From the middle to 1,000 m out: beyond 400 m is outside, so six tenths of ten minutes.
        let piece = piece_to(600, north(1_000.0), seen_at(0, north(0.0))).unwrap();
        assert!(piece.outside_ms.abs_diff(360_000) < 300, "{piece:?}");
        assert!((piece.outside_m - 900.0).abs() < 1.0);
        let back = piece_to(600, north(0.0), seen_at(0, north(1_000.0))).unwrap();
        assert!(back.outside_ms.abs_diff(360_000) < 300, "{back:?}");
    }

    #[test]
    fn of_a_short_piece_nothing_is_made() {
        assert_eq!(piece_to(119, north(1_000.0), seen_at(0, north(0.0))), None);
        assert!(piece_to(120, north(1_000.0), seen_at(0, north(0.0))).is_some());
    }

    /// Out along one road and back along another 4 km south: 44 km by the route, 4 km across.
    fn hairpin() -> Corridor {
        let south = |position: Position| Position {
            lat: position.lat - 4_000.0 / 110_574.3,
            ..position
        };
        let points = vec![east(0.0), east(20_000.0), south(east(20_000.0)), south(east(0.0))];
        Corridor::new(points, vec![100.0]).unwrap()
    }

    fn across(second: i64) -> Option<PieceOutside> {
        let (corridor, rules) = (hairpin(), rules());
        let start = corridor_place(&corridor, at(0), east(10.0), None, &rules);
        let before = WindowFix {
            at: at(0),
            position: east(10.0),
            corridor: Some(start),
            areas: AreaMarks::default(),
        };
        let end = Position {
            lat: -4_000.0 / 110_574.3,
            lon: east(10.0).lon,
        };
        corridor_place(&corridor, at(second), end, Some(&before), &rules).piece
    }

    #[test]
    fn a_shortcut_between_two_places_inside_shows_where_the_route_could_not_be_driven_in_that_time() {
        let speed_kmh = f64::from(rules().jump_speed_kmh);
        let enough_s = (43.98 / speed_kmh * 3_600.0) as i64;
        let piece = across(enough_s - 10).unwrap();
        assert!((f64::from(piece.outside_m) - 1_900.0).abs() < 5.0, "{piece:?}");
        assert_eq!(across(enough_s + 10), None, "there was time to follow the bend");
    }
}
