//! The corridor against the geodesic: near the border neither form may be off by 10 cm, wherever and however long.

mod oracle;

use oracle::{at, distance_m, go, road, to_line_m};
use proptest::{collection::vec, prelude::*};
use segel_geo::{Corridor, CorridorFault, Fence, Located, Position};

const HALF_WIDTH_M: f32 = 200.0;
/// How far a distance near the border may be off: the promise is five times this.
const ERROR_M: f64 = 0.02;

fn corridor(points: &[Position]) -> Corridor {
    Corridor::new(points.to_vec(), vec![HALF_WIDTH_M]).expect("the points make a corridor")
}

/// Compares both forms with the truth at a position.
fn check_distance(corridor: &Corridor, position: Position, hint: Option<u32>) -> Result<(), TestCaseError> {
    let truth_m = to_line_m(position, corridor.points());
    let located = corridor.locate(position, hint);
    let verdict = corridor.verdict(position).expect("the position is on earth");
    prop_assert!(
        (f64::from(located.distance_m) - truth_m).abs() < ERROR_M,
        "{located:?}, truth {truth_m}"
    );
    prop_assert!(
        (verdict.distance_m - truth_m).abs() < 0.02,
        "{verdict:?}, truth {truth_m}"
    );
    let outside_m = (truth_m - f64::from(HALF_WIDTH_M)).max(0.0);
    prop_assert!((f64::from(located.outside_m) - outside_m).abs() < ERROR_M);
    prop_assert!((verdict.outside_m - outside_m).abs() < 0.02);
    prop_assert!((distance_m(position, verdict.nearest) - truth_m).abs() < 0.02);
    Ok(())
}

/// A straight road of `count` segments of 500 m, due east.
fn east(count: usize) -> Vec<Position> {
    road(at(-6.95, 110.4), 90.0, &vec![(0.0, 500.0); count])
}

/// Out along a road and back on it.
fn out_and_back(count: usize) -> Vec<Position> {
    let out = east(count);
    let back = out.iter().rev().skip(1).copied();
    out.iter().copied().chain(back).collect()
}

#[test]
fn inside_the_border_nothing_is_outside() {
    let points = east(10);
    let corridor = corridor(&points);
    let located = corridor.locate(go(points[3], 0.0, 199.9), None);
    assert!((located.distance_m - 199.9).abs() < 0.01);
    assert_eq!(located.outside_m, 0.0);
    let located = corridor.locate(go(points[3], 180.0, 200.5), None);
    assert!((located.outside_m - 0.5).abs() < 0.01);
}

#[test]
fn progress_counts_along_the_route_also_aside_before_and_after_it() {
    let points = east(40);
    let corridor = corridor(&points);
    assert!((corridor.length_m() - 20_000.0).abs() < 0.01);
    let progress_m = |position| corridor.locate(position, None).progress_m;
    assert!((progress_m(go(go(points[0], 90.0, 7_300.0), 0.0, 150.0)) - 7_300.0).abs() < 0.2);
    assert_eq!(progress_m(go(points[0], 270.0, 900.0)), 0.0);
    assert!((progress_m(go(points[40], 90.0, 900.0)) - 20_000.0).abs() < 0.01);
}

#[test]
fn a_segment_is_named_from_its_first_metre_to_its_last() {
    let points = east(30);
    let corridor = corridor(&points);
    for segment in [0, 7, 8, 16, 29] {
        let position = go(points[segment], 90.0, 250.0);
        assert_eq!(corridor.locate(position, None).segment as usize, segment);
        assert_eq!(corridor.verdict(position).unwrap().segment as usize, segment);
    }
}

#[test]
fn long_segments_keep_their_number_when_they_are_cut_into_parts() {
    let points = road(
        at(-6.95, 110.4),
        90.0,
        &[(0.0, 60_000.0), (10.0, 300.0), (5.0, 80_000.0)],
    );
    let corridor = corridor(&points);
    assert_eq!(corridor.locate(go(points[0], 90.0, 55_000.0), None).segment, 0);
    assert_eq!(corridor.locate(go(points[1], 100.0, 150.0), Some(0)).segment, 1);
    let far = corridor.locate(go(points[2], 105.0, 79_000.0), Some(1));
    assert_eq!(far.segment, 2);
    assert!((far.progress_m - 139_300.0).abs() < 0.5, "{far:?}");
}

#[test]
fn where_the_route_comes_by_twice_the_hint_decides_which_pass_is_meant() {
    let points = out_and_back(50);
    let corridor = corridor(&points);
    let position = go(points[20], 90.0, 100.0);
    let out = corridor.locate(position, Some(17));
    let back = corridor.locate(position, Some(76));
    assert_eq!((out.segment, back.segment), (20, 79));
    assert!((out.progress_m - 10_100.0).abs() < 0.1);
    assert!((back.progress_m - 39_900.0).abs() < 0.1);
    assert_eq!(out.distance_m, back.distance_m);
}

#[test]
fn far_along_between_two_sparse_fixes_the_next_pass_is_meant_not_the_one_after() {
    let points = out_and_back(200);
    let corridor = corridor(&points);
    let position = go(points[120], 90.0, 100.0);
    assert_eq!(corridor.locate(position, Some(20)).segment, 120);
    assert_eq!(corridor.locate(position, Some(210)).segment, 279);
}

#[test]
fn shortly_after_the_turn_the_way_back_is_meant_not_a_step_backward() {
    let points = out_and_back(200);
    let corridor = corridor(&points);
    // Thirty segments behind the hint on the way out, forty-nine ahead of it on the way back.
    let position = go(points[160], 90.0, 100.0);
    assert_eq!(corridor.locate(position, Some(190)).segment, 239);
}

#[test]
fn both_ends_of_a_route_of_450_km_are_as_true_as_its_middle() {
    for bearing in [280.0, 5.0] {
        let points = road(at(-6.95, 110.42), bearing, &[(0.0, 1_000.0); 450]);
        let corridor = corridor(&points);
        for index in [0, 1, 225, 449, 450] {
            for aside in [bearing + 90.0, bearing - 60.0] {
                check_distance(&corridor, go(points[index], aside, 590.0), Some(index as u32)).unwrap();
            }
        }
    }
}

#[test]
fn a_wide_segment_farther_off_may_be_the_one_that_holds_the_position() {
    let points = road(
        at(-6.95, 110.4),
        90.0,
        &[(0.0, 3_000.0), (90.0, 3_000.0), (90.0, 3_000.0)],
    );
    let corridor = Corridor::new(points.clone(), vec![50.0, 50.0, 2_000.0]).unwrap();
    // 1,400 m south of the narrow first segment, 1,600 m north of the wide last one.
    let position = go(go(points[0], 90.0, 1_500.0), 180.0, 1_400.0);
    let located = corridor.locate(position, None);
    assert_eq!((located.segment, located.outside_m), (0, 0.0));
    assert!((located.distance_m - 1_400.0).abs() < 0.1);
    let verdict = corridor.verdict(position).unwrap();
    assert_eq!((verdict.segment, verdict.outside_m), (0, 0.0));
}

#[test]
fn far_away_the_distance_is_that_of_the_geodesic() {
    let points = east(40);
    let corridor = corridor(&points);
    let jakarta = at(-6.2, 106.8);
    let truth_m = distance_m(jakarta, points[0]);
    let located = corridor.locate(jakarta, Some(30));
    assert!((f64::from(located.distance_m) / truth_m - 1.0).abs() < 1e-6);
    assert!((f64::from(located.outside_m) / (truth_m - 200.0) - 1.0).abs() < 1e-6);
    assert!((corridor.verdict(jakarta).unwrap().distance_m - truth_m).abs() < 1.0);
}

#[test]
fn a_corridor_crosses_the_date_line() {
    let points = road(at(-16.5, 179.9), 80.0, &[(0.0, 2_000.0); 30]);
    let corridor = corridor(&points);
    let position = go(points[20], 170.0, 150.0);
    assert!(position.lon < 0.0);
    assert!(
        (f64::from(corridor.locate(position, Some(2)).distance_m) - to_line_m(position, &points)).abs()
            < 0.01
    );
}

#[test]
fn no_place_on_earth_is_nowhere_in_a_corridor() {
    let corridor = corridor(&east(3));
    for nowhere in [at(f64::NAN, 110.0), at(-7.0, f64::INFINITY), at(90.5, 110.0)] {
        assert_eq!(corridor.locate(nowhere, Some(1)), Located::NOWHERE);
        assert_eq!(corridor.verdict(nowhere), None);
        assert_eq!(corridor.piece_outside(nowhere, at(-7.0, 110.0), None), None);
        assert_eq!(corridor.piece_outside(at(-7.0, 110.0), nowhere, None), None);
    }
}

#[test]
fn a_hint_beyond_the_route_is_no_harm() {
    let points = east(10);
    let corridor = corridor(&points);
    let position = go(points[2], 90.0, 100.0);
    assert_eq!(
        corridor.locate(position, Some(u32::MAX)),
        corridor.locate(position, Some(2))
    );
}

#[test]
fn what_makes_no_corridor_is_refused_with_its_place() {
    use CorridorFault::*;
    let fault = |points: Vec<Position>, widths: Vec<f32>| Corridor::new(points, widths).unwrap_err();
    let replaced = |index: usize, point: Position| {
        let mut points = east(3);
        points[index] = point;
        points
    };
    assert_eq!(fault(vec![], vec![1.0]), TooFewPoints { given: 0 });
    assert_eq!(fault(east(0), vec![1.0]), TooFewPoints { given: 1 });
    assert_eq!(
        fault(vec![at(0.0, 0.0); 20_001], vec![1.0]),
        TooManyPoints { given: 20_001 }
    );
    assert_eq!(
        fault(replaced(2, at(f64::NAN, 0.0)), vec![1.0]),
        BadPosition { index: 2 }
    );
    assert_eq!(
        fault(replaced(0, at(80.01, 0.0)), vec![1.0]),
        BadPosition { index: 0 }
    );
    assert_eq!(
        fault(replaced(2, east(3)[1]), vec![1.0]),
        RepeatedPoint { index: 2 }
    );
    assert_eq!(
        fault(east(3), vec![]),
        WidthCount {
            given: 0,
            segments: 3
        }
    );
    assert_eq!(
        fault(east(3), vec![1.0; 4]),
        WidthCount {
            given: 4,
            segments: 3
        }
    );
    for width in [0.0, -1.0, f32::NAN, f32::INFINITY, 50_001.0] {
        assert_eq!(fault(east(3), vec![1.0, width, 1.0]), BadWidth { segment: 1 });
    }
    let round: Vec<Position> = (0..30)
        .map(|step| at(f64::from(step % 2), f64::from(step % 3) * 110.0 - 110.0))
        .collect();
    assert_eq!(fault(round, vec![1.0]), TooLong);
    assert_eq!(
        RepeatedPoint { index: 2 }.to_string(),
        "the point before is repeated at point 2"
    );
}

#[test]
fn twenty_thousand_points_are_a_corridor() {
    let points: Vec<Position> = (0..20_000)
        .map(|step| at(-7.0, 105.0 + f64::from(step) * 2e-4))
        .collect();
    let corridor = corridor(&points);
    assert_eq!(corridor.locate(at(-7.0005, 108.00009), Some(3)).segment, 15_000);
}

#[test]
fn only_points_and_widths_are_written_down() {
    let corridor = Corridor::new(vec![at(-7.0, 110.0), at(-7.0, 110.5)], vec![200.0]).unwrap();
    let json = serde_json::to_string(&corridor).unwrap();
    assert_eq!(
        json,
        r#"{"points":[{"lat":-7.0,"lon":110.0},{"lat":-7.0,"lon":110.5}],"half_widths_m":[200.0]}"#
    );
    assert_eq!(serde_json::from_str::<Corridor>(&json).unwrap(), corridor);
    let bytes = postcard::to_allocvec(&corridor).unwrap();
    assert_eq!(bytes.len(), 1 + 2 * 16 + 1 + 4);
    let read: Corridor = postcard::from_bytes(&bytes).unwrap();
    let position = at(-7.001, 110.3);
    assert_eq!(read.locate(position, None), corridor.locate(position, None));
}

#[test]
fn a_written_corridor_that_is_none_is_refused_on_reading() {
    let json = r#"{"points":[{"lat":-7.0,"lon":110.0},{"lat":-7.0,"lon":110.0}],"half_widths_m":[200.0]}"#;
    let refusal = serde_json::from_str::<Corridor>(json).unwrap_err().to_string();
    assert!(
        refusal.contains("the point before is repeated at point 1"),
        "{refusal}"
    );
}

#[test]
fn equal_widths_are_kept_once() {
    assert_eq!(
        Corridor::new(east(3), vec![80.0; 3]).unwrap().half_widths_m(),
        [80.0]
    );
    let differing = Corridor::new(east(3), vec![80.0, 90.0, 80.0]).unwrap();
    assert_eq!(
        (differing.half_width_m(1), differing.half_width_m(9)),
        (90.0, 80.0)
    );
}

/// A road with a right angle: the piece cuts the corner, both its ends are inside.
#[test]
fn the_piece_between_two_fixes_leaves_where_it_cuts_a_corner() {
    let points = road(at(-6.95, 110.4), 90.0, &[(0.0, 4_000.0), (90.0, 4_000.0)]);
    let corridor = corridor(&points);
    let piece = corridor.piece_outside(points[0], points[2], None).unwrap();
    // Half the diagonal of a square of 4,000 m is farthest from the corner.
    assert!((piece.outside_m - (2_828.43 - 828.43 - 200.0)).abs() < 1_000.0);
    let truth_m = (0..=4_000).map(|step| {
        let bearing: f64 = 135.0;
        let position = go(points[0], bearing, f64::from(step) * 5_656.85 / 4_000.0);
        corridor.locate(position, None).outside_m
    });
    let truth_m = truth_m.fold(0.0, f32::max);
    assert!(
        (piece.outside_m - truth_m).abs() <= 2.9,
        "{piece:?}, truth {truth_m}"
    );
}

#[test]
fn a_piece_that_stays_inside_is_nowhere_outside() {
    let points = east(40);
    let corridor = corridor(&points);
    let (a, b) = (go(points[1], 0.0, 190.0), go(points[39], 180.0, 190.0));
    assert_eq!(corridor.piece_outside(a, b, Some(1)).unwrap().outside_m, 0.0);
    assert_eq!(corridor.piece_outside(a, a, Some(1)).unwrap().outside_m, 0.0);
}

#[test]
fn a_piece_is_furthest_out_at_its_end_when_it_leads_away() {
    let points = east(40);
    let corridor = corridor(&points);
    let away = go(points[20], 0.0, 3_000.0);
    let piece = corridor.piece_outside(points[20], away, Some(20)).unwrap();
    assert!((piece.outside_m - 2_800.0).abs() < 0.1);
    assert!(distance_m(piece.at, away) < 0.1);
    assert!((piece.progress_m - 10_000.0).abs() < 0.1);
    let back = corridor.piece_outside(away, points[20], Some(20)).unwrap();
    assert_eq!(back.outside_m, piece.outside_m);
}

#[test]
fn a_stop_is_reached_by_a_corner_an_edge_or_its_middle() {
    let points = east(40);
    let corridor = corridor(&points);
    let circle = |off_m: f64| Fence::circle(go(go(points[10], 90.0, 250.0), 0.0, off_m), 100.0).unwrap();
    assert!(corridor.reaches(&circle(299.0)));
    assert!(!corridor.reaches(&circle(301.0)));
    // A yard so long that both its corners lie beyond the ends of the route: only its edge comes near.
    let yard = |off_m: f64| {
        let corner = go(points[20], 0.0, off_m);
        let (west, east) = (go(corner, 270.0, 12_000.0), go(corner, 90.0, 12_000.0));
        Fence::polygon(vec![west, east, go(corner, 0.0, 300.0)]).unwrap()
    };
    assert!(corridor.reaches(&yard(190.0)));
    assert!(!corridor.reaches(&yard(210.0)));
    // Between two points of the route: a corner that reaches in, and a thin strip laid across.
    let between = go(points[20], 90.0, 250.0);
    let (north, south) = (go(between, 0.0, 900.0), go(between, 180.0, 900.0));
    let reaching_in = vec![go(between, 0.0, 190.0), north, go(north, 90.0, 50.0)];
    assert!(corridor.reaches(&Fence::polygon(reaching_in).unwrap()));
    let across = vec![north, south, go(south, 90.0, 20.0)];
    assert!(corridor.reaches(&Fence::polygon(across).unwrap()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn near_the_border_both_forms_agree_with_the_geodesic(
        lat in -65.0..65.0f64, lon in -180.0..180.0f64, bearing in 0.0..360.0f64,
        steps in vec((-60.0..60.0f64, 5.0..3_000.0f64), 1..250),
        place: prop::sample::Index, aside in 0.0..360.0f64, off_m in 0.0..600.0f64, hint: Option<u32>,
    ) {
        let points = road(at(lat, lon), bearing, &steps);
        let position = go(*place.get(&points), aside, off_m);
        check_distance(&corridor(&points), position, hint)?;
    }

    #[test]
    fn long_segments_are_straight_on_the_ground(
        lat in -65.0..65.0f64, lon in -180.0..180.0f64, bearing in 0.0..360.0f64,
        length_m in 1_000.0..150_000.0f64, share in 0.0..1.0f64, aside in 0.0..360.0f64, off_m in 0.0..600.0f64,
    ) {
        let points = road(at(lat, lon), bearing, &[(0.0, length_m)]);
        let position = go(go(points[0], bearing, length_m * share), aside, off_m);
        check_distance(&corridor(&points), position, None)?;
    }

    #[test]
    fn a_route_of_450_km_is_as_true_as_a_short_one(
        steps in vec((-12.0..12.0f64, 800.0..1_200.0f64), 450), place: prop::sample::Index,
        aside in 0.0..360.0f64, off_m in 0.0..600.0f64,
    ) {
        let points = road(at(-6.95, 110.42), 280.0, &steps);
        let position = go(*place.get(&points), aside, off_m);
        check_distance(&corridor(&points), position, None)?;
    }

    #[test]
    fn the_hint_never_changes_a_distance(
        steps in vec((-90.0..90.0f64, 20.0..2_000.0f64), 1..300), place: prop::sample::Index,
        off_m in 0.0..2_000.0f64, hint: u32, widths in vec(10.0..900.0f32, 300),
    ) {
        let points = road(at(-6.95, 110.42), 280.0, &steps);
        let position = go(*place.get(&points), 33.0, off_m);
        let hint = hint % points.len() as u32;
        for widths in [vec![200.0], widths[..steps.len()].to_vec()] {
            let corridor = Corridor::new(points.clone(), widths).unwrap();
            let (hinted, blind) = (corridor.locate(position, Some(hint)), corridor.locate(position, None));
            prop_assert_eq!(hinted.distance_m, blind.distance_m);
            prop_assert_eq!(hinted.outside_m, blind.outside_m);
            let verdict = corridor.verdict(position).unwrap();
            prop_assert!((f64::from(blind.outside_m) - verdict.outside_m).abs() < ERROR_M);
        }
    }

    #[test]
    fn no_place_of_a_piece_is_farther_out_than_said(
        steps in vec((-60.0..60.0f64, 20.0..2_000.0f64), 1..100), from: prop::sample::Index, to: prop::sample::Index,
        off_m in 0.0..500.0f64, share in 0.0..1.0f64,
    ) {
        let points = road(at(-6.95, 110.42), 280.0, &steps);
        let corridor = corridor(&points);
        let (a, b) = (go(*from.get(&points), 33.0, off_m), go(*to.get(&points), 213.0, off_m));
        let piece = corridor.piece_outside(a, b, None).unwrap();
        let length_m = distance_m(a, b);
        let between = go(a, segel_geo::bearing_deg(a, b), length_m * share);
        let there_m = f64::from(corridor.locate(between, None).outside_m);
        let tolerance_m = (length_m / 2_000.0).max(1.0) + 0.2;
        prop_assert!(there_m <= f64::from(piece.outside_m) + tolerance_m, "{there_m} beyond {piece:?}");
        prop_assert!((f64::from(corridor.locate(piece.at, None).outside_m) - f64::from(piece.outside_m)).abs() < 0.01);
    }

    #[test]
    fn locating_is_total(lat: f64, lon: f64, lat_b: f64, lon_b: f64, hint: Option<u32>) {
        let corridor = corridor(&east(20));
        let located = corridor.locate(at(lat, lon), hint);
        prop_assert!(located.distance_m >= 0.0 && located.outside_m >= 0.0);
        let _ = corridor.piece_outside(at(lat, lon), at(lat_b, lon_b), hint);
    }

    #[test]
    fn anywhere_on_earth_has_a_finite_distance(lat in -90.0..90.0f64, lon in -180.0..180.0f64, hint: Option<u32>) {
        let corridor = corridor(&east(20));
        let here = at(lat, lon);
        let truth_m = distance_m(here, corridor.points()[0]);
        let located = corridor.locate(here, hint);
        let verdict = corridor.verdict(here).unwrap();
        // Far off only the order of size is promised: the nearest place is chosen on a plane.
        prop_assert!((f64::from(located.distance_m) - truth_m).abs() <= 10_001.0 + truth_m * 0.01, "{located:?} {truth_m}");
        prop_assert!((verdict.distance_m - truth_m).abs() <= 10_001.0 + truth_m * 0.01, "{verdict:?} {truth_m}");
        prop_assert!(corridor.piece_outside(here, corridor.points()[0], hint).is_some());
    }

    #[test]
    fn any_points_and_widths_are_a_corridor_or_a_fault(
        points in vec((-100.0..100.0f64, -200.0..200.0f64), 0..6), widths in vec(-1.0..60_000.0f32, 0..6),
        lat in -90.0..90.0f64, lon in -180.0..180.0f64,
    ) {
        let points: Vec<Position> = points.into_iter().map(|(lat, lon)| at(lat, lon)).collect();
        if let Ok(corridor) = Corridor::new(points, widths) {
            prop_assert!(corridor.locate(at(lat, lon), None).distance_m.is_finite());
            prop_assert!(corridor.verdict(at(lat, lon)).is_some());
        }
    }
}
