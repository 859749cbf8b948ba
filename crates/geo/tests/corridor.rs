//! The corridor against the geodesic: near the border neither form may be off by 10 cm, wherever and however long.

mod oracle;

use oracle::{at, distance_m, go, road, to_line_m};
use proptest::{collection::vec, prelude::*};
use segel_geo::{Corridor, Position};

const HALF_WIDTH_M: f32 = 200.0;
/// The promise: how far a distance near the border may be off.
const ERROR_M: f64 = 0.1;

fn corridor(points: &[Position]) -> Corridor {
    Corridor::new(points.to_vec(), vec![HALF_WIDTH_M]).unwrap()
}

/// Compares both forms with the truth at a position.
fn check_distance(corridor: &Corridor, position: Position, hint: Option<u32>) -> Result<(), TestCaseError> {
    let truth_m = to_line_m(position, corridor.points());
    let located = corridor.locate(position, hint);
    let verdict = corridor.verdict(position).unwrap();
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
}
