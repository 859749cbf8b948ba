//! The route lint: what is wrong, and where. Each test spoils a sound route in one way and expects one remark.

mod oracle;

use oracle::{at, go, road};
use segel_geo::{
    Fence, Position,
    lint::{self, Finding, LintLimits, Mark, RouteDraft},
    simplify,
};

const LIMITS: LintLimits = LintLimits {
    jump_m: 5_000.0,
    spike_turn_deg: 150.0,
    half_width_min_m: 20.0,
    half_width_max_m: 5_000.0,
    distance_off_percent: 20.0,
    speed_max_kmh: 80.0,
    speed_min_kmh: 5.0,
};

/// A sound route: 20 km due east in 40 segments.
struct Route {
    points: Vec<Position>,
    half_widths_m: Vec<f32>,
    origin: Fence,
    destination: Fence,
    allowed_stops: Vec<Fence>,
    forbidden: Vec<Fence>,
    distance_m: Option<f64>,
    transit_s: Option<f64>,
}

impl Route {
    fn sound() -> Self {
        let points = road(at(-6.95, 110.42), 90.0, &[(0.0, 500.0); 40]);
        Self {
            origin: area(points[0]),
            destination: area(points[40]),
            points,
            half_widths_m: vec![200.0],
            allowed_stops: vec![],
            forbidden: vec![],
            distance_m: Some(20_000.0),
            transit_s: Some(3_600.0),
        }
    }

    fn findings(&self) -> Vec<Finding> {
        let draft = RouteDraft {
            points: &self.points,
            half_widths_m: &self.half_widths_m,
            origin: &self.origin,
            destination: &self.destination,
            allowed_stops: &self.allowed_stops,
            forbidden: &self.forbidden,
            distance_m: self.distance_m,
            transit_s: self.transit_s,
        };
        lint::route(&draft, &LIMITS)
    }
}

fn area(centre: Position) -> Fence {
    Fence::circle(centre, 100.0).expect("the centre is on earth")
}

/// The findings after one change to a sound route, figures rounded to whole metres, tenths of a kilometre.
fn check(change: impl FnOnce(&mut Route), expected: &[&str]) {
    let mut route = Route::sound();
    change(&mut route);
    let told: Vec<String> = route.findings().iter().map(tell).collect();
    assert_eq!(told, expected);
}

fn tell(finding: &Finding) -> String {
    let place = |at: &Mark| format!("{} (km {:.1})", at.index, at.km);
    match finding {
        Finding::TooFewPoints { given } => format!("{given} points"),
        Finding::BadPosition { index } => format!("bad position {index}"),
        Finding::RepeatedPoint { at } => format!("repeated {}", place(at)),
        Finding::Jump { at, distance_m } => format!("jump {} of {distance_m:.0} m", place(at)),
        Finding::Spike { at, turn_deg } => format!("spike {} of {turn_deg:.0} deg", place(at)),
        Finding::StartOutsideOrigin { outside_m } => format!("start {outside_m:.0} m outside"),
        Finding::EndOutsideDestination { outside_m } => format!("end {outside_m:.0} m outside"),
        Finding::WidthCount { given, segments } => format!("{given} widths for {segments}"),
        Finding::ImplausibleWidth { at, half_width_m } => format!("width {} of {half_width_m} m", place(at)),
        Finding::DistanceOff { declared_m, drawn_m } => {
            format!("declared {declared_m:.0} m, drawn {drawn_m:.0} m")
        }
        Finding::TooFast { speed_kmh } => format!("{speed_kmh:.1} km/h is fast"),
        Finding::TooSlow { speed_kmh } => format!("{speed_kmh:.1} km/h is slow"),
        Finding::ForbiddenOnRoute { area, at } => format!("forbidden {area} at {}", place(at)),
        Finding::StopOutsideCorridor { stop, at, outside_m } => {
            format!("stop {stop} off {} by {outside_m:.0} m", place(at))
        }
    }
}

#[test]
fn a_sound_route_has_no_findings() {
    check(|_| {}, &[]);
    check(|route| (route.distance_m, route.transit_s) = (None, None), &[]);
}

#[test]
fn a_jump_is_named_by_its_first_point() {
    check(
        |route| drop(route.points.drain(11..20)),
        &["jump 10 (km 5.0) of 5000 m"],
    );
    check(|route| drop(route.points.drain(11..19)), &[]);
}

#[test]
fn a_point_off_the_road_is_a_spike_where_the_line_turns_back() {
    check(
        |route| route.points.insert(11, go(route.points[10], 2.0, 2_000.0)),
        &["spike 11 (km 7.0) of 166 deg"],
    );
    check(
        |route| route.points.insert(11, go(route.points[10], 45.0, 300.0)),
        &[],
    );
}

#[test]
fn a_repeated_point_is_named_and_makes_no_spike() {
    check(
        |route| route.points.insert(7, route.points[6]),
        &["repeated 7 (km 3.0)"],
    );
}

#[test]
fn the_ends_must_lie_in_their_areas() {
    check(
        |route| route.origin = area(go(route.points[0], 0.0, 350.0)),
        &["start 250 m outside"],
    );
    check(
        |route| route.destination = area(go(route.points[40], 90.0, 101.0)),
        &["end 1 m outside"],
    );
    check(
        |route| route.destination = area(go(route.points[40], 90.0, 99.0)),
        &[],
    );
}

#[test]
fn widths_must_be_as_many_as_segments_and_plausible() {
    check(
        |route| route.half_widths_m = vec![200.0; 39],
        &["39 widths for 40"],
    );
    check(|route| route.half_widths_m = vec![], &["0 widths for 40"]);
    check(
        |route| {
            route.half_widths_m = vec![200.0; 40];
            route.half_widths_m[4] = 19.9;
            route.half_widths_m[5] = 20.0;
            route.half_widths_m[6] = f32::NAN;
            route.half_widths_m[7] = 5_000.0;
            route.half_widths_m[8] = 5_000.5;
        },
        &[
            "width 4 (km 2.0) of 19.9 m",
            "width 6 (km 3.0) of NaN m",
            "width 8 (km 4.0) of 5000.5 m",
        ],
    );
}

#[test]
fn the_declared_distance_may_be_a_fifth_off() {
    check(|route| route.distance_m = Some(23_999.0), &[]);
    check(
        |route| route.distance_m = Some(24_001.0),
        &["declared 24001 m, drawn 20000 m"],
    );
    check(
        |route| route.distance_m = Some(15_999.0),
        &["declared 15999 m, drawn 20000 m"],
    );
    check(
        |route| route.distance_m = Some(f64::NAN),
        &["declared NaN m, drawn 20000 m"],
    );
}

#[test]
fn the_declared_transit_time_must_ask_for_a_lorrys_speed() {
    check(|route| route.transit_s = Some(901.0), &[]);
    check(|route| route.transit_s = Some(899.0), &["80.1 km/h is fast"]);
    check(|route| route.transit_s = Some(14_399.0), &[]);
    check(|route| route.transit_s = Some(14_500.0), &["5.0 km/h is slow"]);
    check(|route| route.transit_s = Some(0.0), &["inf km/h is fast"]);
    check(|route| route.transit_s = Some(-60.0), &["inf km/h is fast"]);
}

#[test]
fn a_forbidden_area_on_the_line_is_named_with_the_first_segment_that_meets_it() {
    let beside = |route: &Route, off_m| area(go(go(route.points[22], 90.0, 250.0), 0.0, off_m));
    check(
        |route| route.forbidden = vec![beside(route, 101.0), beside(route, 99.0)],
        &["forbidden 1 at 22 (km 11.0)"],
    );
}

#[test]
fn an_allowed_stop_must_reach_into_the_corridor() {
    let beside = |route: &Route, off_m| area(go(go(route.points[22], 90.0, 250.0), 0.0, off_m));
    check(
        |route| route.allowed_stops = vec![beside(route, 299.0), beside(route, 301.0)],
        &["stop 1 off 22 (km 11.0) by 101 m"],
    );
}

#[test]
fn what_is_no_line_at_all_gets_one_finding() {
    check(|route| route.points.truncate(1), &["1 points"]);
    check(|route| route.points.clear(), &["0 points"]);
    check(|route| route.points[5].lon = f64::INFINITY, &["bad position 5"]);
}

#[test]
fn findings_have_a_limit() {
    let mut route = Route::sound();
    route.points = (0..1_000)
        .map(|step| at(-7.0, 110.0 + f64::from(step % 2)))
        .collect();
    assert_eq!(route.findings().len(), lint::FINDINGS_LIMIT);
}

#[test]
fn findings_can_be_written_down() {
    let findings = vec![Finding::Jump {
        at: Mark { index: 3, km: 1.5 },
        distance_m: 9_000.0,
    }];
    let json = serde_json::to_string(&findings).unwrap();
    assert_eq!(
        json,
        r#"[{"jump":{"at":{"index":3,"km":1.5},"distance_m":9000.0}}]"#
    );
    let bytes = postcard::to_allocvec(&findings).unwrap();
    assert_eq!(postcard::from_bytes::<Vec<Finding>>(&bytes).unwrap(), findings);
}

#[test]
fn a_simplified_line_keeps_its_ends_and_its_corners() {
    let start = at(-6.95, 110.42);
    let drawn = road(
        start,
        90.0,
        &[(0.0, 100.0), (0.0, 100.0), (90.0, 100.0), (0.0, 100.0)],
    );
    assert_eq!(simplify(&drawn, 1.0), [drawn[0], drawn[2], drawn[4]]);
    assert_eq!(simplify(&drawn, 500.0), [drawn[0], drawn[4]]);
    assert_eq!(simplify(&[], 1.0), []);
    assert_eq!(simplify(&drawn[..1], 1.0), drawn[..1]);
    assert_eq!(simplify(&[at(f64::NAN, 0.0), start], 1.0), [start]);
}

#[test]
fn a_long_line_is_simplified_in_stretches_of_a_thousand() {
    let drawn: Vec<Position> = (0..2_500)
        .map(|step| at(0.0, 110.0 + f64::from(step) * 1e-4))
        .collect();
    assert_eq!(
        simplify(&drawn, 1.0),
        [drawn[0], drawn[1_000], drawn[2_000], drawn[2_499]]
    );
}

mod properties {
    use super::*;
    use oracle::to_line_m;
    use proptest::{collection::vec, prelude::*};

    proptest! {
        #[test]
        fn a_simplified_line_stays_within_its_tolerance(
            steps in vec((-80.0..80.0f64, 5.0..400.0f64), 1..60), tolerance_m in 1.0..300.0f64,
        ) {
            let drawn = road(at(-6.95, 110.42), 30.0, &steps);
            let kept = simplify(&drawn, tolerance_m);
            prop_assert!(kept.len() >= 2);
            for point in &drawn {
                prop_assert!(to_line_m(*point, &kept) <= tolerance_m + 0.05);
            }
        }

        #[test]
        fn the_lint_is_total(
            points in vec((any::<f64>(), any::<f64>()), 0..5), near in vec((-7.5..-6.5f64, 109.0..111.0f64), 0..20),
            half_widths_m: Vec<f32>, distance_m: Option<f64>, transit_s: Option<f64>,
        ) {
            let wild: Vec<Position> = points.into_iter().map(|(lat, lon)| at(lat, lon)).collect();
            let near: Vec<Position> = near.into_iter().map(|(lat, lon)| at(lat, lon)).collect();
            for points in [wild, near] {
                let mut route = Route::sound();
                route.points = points;
                route.half_widths_m = half_widths_m.clone();
                (route.distance_m, route.transit_s) = (distance_m, transit_s);
                route.forbidden = vec![area(at(-7.0, 110.0))];
                route.allowed_stops = vec![area(at(-7.0, 110.0))];
                prop_assert!(route.findings().len() <= lint::FINDINGS_LIMIT);
            }
        }
    }
}
