//! Fences: what is inside, how far the border is, which drawings are refused, and which of many hold a position.

mod oracle;

use oracle::{at, distance_m, go, to_segment_m};
use proptest::{collection::vec, prelude::*};
use segel_geo::{
    Fence, FenceFault, FenceIndex, Position,
    fence::{FENCES_LIMIT, HOLES_LIMIT, RingName, TooManyFences},
};

/// A rectangle between two corners.
fn rectangle(south: f64, west: f64, north: f64, east: f64) -> Vec<Position> {
    vec![at(south, west), at(south, east), at(north, east), at(north, west)]
}

/// About 1,100 m a side at Tanjung Emas.
fn yard() -> Vec<Position> {
    rectangle(-6.95, 110.42, -6.94, 110.43)
}

fn fence(outer: Vec<Position>) -> Fence {
    Fence::polygon(outer).expect("the ring is a fence")
}

/// A star-shaped ring: for each corner a radius in metres.
fn star(centre: Position, radii_m: &[f64]) -> Vec<Position> {
    let step_deg = 360.0 / radii_m.len() as f64;
    (0u32..)
        .zip(radii_m)
        .map(|(corner, radius_m)| go(centre, f64::from(corner) * step_deg, *radius_m))
        .collect()
}

#[test]
fn a_yard_holds_its_middle_and_not_its_neighbour() {
    let yard = fence(yard());
    assert!(yard.contains(at(-6.945, 110.425)));
    assert!(!yard.contains(at(-6.945, 110.431)));
    assert!(!yard.contains(at(-6.951, 110.425)));
}

#[test]
fn the_border_is_inside_whichever_way_the_ring_runs() {
    let mut reversed = yard();
    reversed.reverse();
    for ring in [yard(), reversed] {
        let fence = fence(ring.clone());
        for corner in &ring {
            assert!(fence.contains(*corner), "{corner:?}");
        }
        for on_border in [
            at(-6.95, 110.4237),
            at(-6.94, 110.4237),
            at(-6.9437, 110.42),
            at(-6.9437, 110.43),
        ] {
            assert!(fence.contains(on_border), "{on_border:?}");
            assert_eq!(fence.outside_m(on_border), 0.0);
        }
        assert!(!fence.contains(go(at(-6.9437, 110.43), 90.0, 0.02)));
        assert!(fence.contains(go(at(-6.9437, 110.43), 90.0, 0.005)));
    }
}

#[test]
fn a_closed_ring_is_the_same_fence_as_an_open_one() {
    let mut closed = yard();
    closed.push(closed[0]);
    assert_eq!(fence(closed), fence(yard()));
}

#[test]
fn the_distance_to_the_border_counts_from_both_sides() {
    let fence = fence(yard());
    let gate = at(-6.945, 110.43);
    for off_m in [1.0, 120.0, 400.0] {
        let (out, inside) = (go(gate, 90.0, off_m), go(gate, 270.0, off_m));
        assert!((fence.distance_to_border_m(out) - off_m).abs() < 0.01);
        assert!((fence.outside_m(out) - off_m).abs() < 0.01);
        assert!((fence.distance_to_border_m(inside) - off_m).abs() < 0.01);
        assert_eq!(fence.outside_m(inside), 0.0);
    }
}

#[test]
fn far_from_a_fence_the_distance_is_that_of_the_geodesic() {
    let fence = fence(yard());
    // From the south-west the nearest place is the south-western corner.
    let far = go(at(-6.95, 110.42), 225.0, 50_000.0);
    assert!(
        (fence.outside_m(far) - 50_000.0).abs() < 0.1,
        "{}",
        fence.outside_m(far)
    );
}

#[test]
fn a_hole_is_outside_and_its_border_inside() {
    let hole = rectangle(-6.946, 110.424, -6.944, 110.426);
    let fence = Fence::polygon_with_holes(yard(), vec![hole.clone()]).unwrap();
    assert!(!fence.contains(at(-6.945, 110.425)));
    assert!((fence.outside_m(at(-6.945, 110.4241)) - 11.05).abs() < 0.1);
    assert!(fence.contains(hole[0]));
    assert!(fence.contains(at(-6.945, 110.4235)));
    assert!(fence.meets(at(-6.945, 110.425), at(-6.945, 110.4235)));
    assert!(!fence.meets(at(-6.945, 110.4245), at(-6.945, 110.4255)));
    assert_eq!(fence.holes().count(), 1);
}

#[test]
fn a_circle_holds_what_is_within_its_radius() {
    let centre = at(-6.1045, 106.8805);
    let fence = Fence::circle(centre, 500.0).unwrap();
    for bearing in [0.0, 45.0, 90.0, 200.0, 359.0] {
        assert!(fence.contains(go(centre, bearing, 499.99)));
        assert!(fence.contains(go(centre, bearing, 500.0)));
        assert!(!fence.contains(go(centre, bearing, 500.02)));
    }
    assert!((fence.distance_to_border_m(centre) - 500.0).abs() < 1e-6);
    assert!(fence.meets(go(centre, 0.0, 900.0), go(centre, 180.0, 900.0)));
    assert!(!fence.meets(go(centre, 45.0, 900.0), go(centre, 135.0, 900.0)));
    assert_eq!(fence.as_circle(), Some((centre, 500.0)));
}

#[test]
fn a_piece_meets_an_area_it_only_passes_through() {
    let fence = fence(yard());
    assert!(fence.meets(at(-6.945, 110.41), at(-6.945, 110.44)));
    assert!(fence.meets(at(-6.945, 110.425), at(-6.945, 110.44)));
    assert!(!fence.meets(at(-6.93, 110.41), at(-6.93, 110.44)));
}

#[test]
fn a_fence_crosses_the_date_line() {
    let fence = fence(rectangle(-16.6, 179.9, -16.4, -179.9));
    assert!(fence.contains(at(-16.5, 179.95)));
    assert!(fence.contains(at(-16.5, -179.95)));
    assert!(fence.contains(at(-16.5, 180.0)));
    assert!(!fence.contains(at(-16.5, 179.8)));
    assert!(!fence.contains(at(-16.5, -179.8)));
    assert!((fence.centroid().lon.abs() - 180.0).abs() < 1e-9);
    let index = FenceIndex::new(vec![fence]).unwrap();
    assert_eq!(holding(&index, at(-16.5, -179.95)), [0]);
    assert_eq!(holding(&index, at(-16.5, 179.95)), [0]);
}

#[test]
fn area_and_centre_leave_holes_out() {
    let plain = fence(yard());
    // 0.01 degrees are 1,105.8 m north and 1,105.2 m east here.
    assert!(
        (plain.area_m2() / (1_105.8 * 1_105.2) - 1.0).abs() < 1e-3,
        "{}",
        plain.area_m2()
    );
    assert!(distance_m(plain.centroid(), at(-6.945, 110.425)) < 0.01);
    let eastern = rectangle(-6.949, 110.425, -6.941, 110.429);
    let holed = Fence::polygon_with_holes(yard(), vec![eastern]).unwrap();
    assert!((holed.area_m2() / plain.area_m2() - 0.68).abs() < 1e-4);
    // (0.005 - 0.32 * 0.007) / 0.68 east of the western border.
    assert!(distance_m(holed.centroid(), at(-6.945, 110.42 + 0.002_76 / 0.68)) < 0.1);
    let circle = Fence::circle(at(-6.9, 110.4), 100.0).unwrap();
    assert!((circle.area_m2() - 31_415.926_5).abs() < 0.001);
    assert_eq!(circle.centroid(), at(-6.9, 110.4));
}

#[test]
fn a_drawing_that_is_no_fence_is_refused_with_its_place() {
    use FenceFault::*;
    use RingName::*;
    let fault = |outer: Vec<Position>, holes: Vec<Vec<Position>>| {
        Fence::polygon_with_holes(outer, holes).unwrap_err()
    };
    assert_eq!(
        fault(vec![], vec![]),
        TooFewPoints {
            ring: Outer,
            given: 0
        }
    );
    assert_eq!(
        fault(vec![at(0., 0.), at(0., 1.), at(0., 0.)], vec![]),
        TooFewPoints {
            ring: Outer,
            given: 2
        }
    );
    assert_eq!(
        fault(vec![at(0.0, 0.0); 1_001], vec![]),
        TooManyPoints { given: 1_001 }
    );
    assert_eq!(
        fault(yard(), vec![vec![]; HOLES_LIMIT + 1]),
        TooManyHoles { given: 51 }
    );
    let mut broken = yard();
    broken[2].lat = f64::NAN;
    assert_eq!(
        fault(broken, vec![]),
        BadPosition {
            ring: Outer,
            index: 2
        }
    );
    let mut doubled = yard();
    doubled.insert(1, doubled[0]);
    assert_eq!(
        fault(doubled, vec![]),
        RepeatedPoint {
            ring: Outer,
            index: 1
        }
    );
    assert_eq!(fault(rectangle(-8.0, 105.0, -6.0, 115.1), vec![]), TooWide);
    let inside = rectangle(-6.946, 110.424, -6.944, 110.426);
    assert_eq!(
        fault(yard(), vec![vec![at(-6.945, 110.425)]]),
        TooFewPoints {
            ring: Hole(0),
            given: 1
        }
    );
    assert_eq!(
        fault(yard(), vec![rectangle(-6.946, 110.424, -6.944, 110.436)]),
        HoleMisplaced { hole: 0 }
    );
    assert_eq!(
        fault(yard(), vec![rectangle(-6.846, 110.424, -6.844, 110.426)]),
        HoleMisplaced { hole: 0 }
    );
    assert_eq!(
        fault(yard(), vec![inside.clone(), inside.clone()]),
        HoleMisplaced { hole: 1 }
    );
    let within = rectangle(-6.9455, 110.4245, -6.9445, 110.4255);
    assert_eq!(fault(yard(), vec![inside, within]), HoleMisplaced { hole: 1 });
}

#[test]
fn a_ring_that_meets_itself_is_refused_with_both_edges() {
    let fault = |outer: Vec<Position>| Fence::polygon(outer).unwrap_err();
    let bow_tie = vec![at(0.0, 0.0), at(0.0, 1.0), at(1.0, 0.0), at(1.0, 1.0)];
    let crossing = FenceFault::CrossesItself {
        ring: RingName::Outer,
        edge: 1,
        other: 3,
        at: at(0.0, 1.0),
    };
    assert_eq!(fault(bow_tie), crossing);
    assert_eq!(
        crossing.to_string(),
        "the outer ring meets itself: edge 1 from 0.000000, 1.000000 and edge 3"
    );
    let spike = vec![at(0.0, 0.0), at(0.0, 1.0), at(0.0, 0.5), at(1.0, 0.0)];
    assert_eq!(
        fault(spike),
        FenceFault::CrossesItself {
            ring: RingName::Outer,
            edge: 0,
            other: 1,
            at: at(0.0, 0.0)
        }
    );
    let last_folds = vec![at(0.0, 0.0), at(0.0, 0.5), at(1.0, 0.5), at(0.0, 1.0)];
    assert_eq!(
        fault(last_folds),
        FenceFault::CrossesItself {
            ring: RingName::Outer,
            edge: 0,
            other: 3,
            at: at(0.0, 0.0)
        }
    );
    let touching = vec![
        at(0.0, 0.0),
        at(0.0, 2.0),
        at(1.0, 2.0),
        at(0.0, 1.0),
        at(1.0, 0.0),
    ];
    assert_eq!(
        fault(touching),
        FenceFault::CrossesItself {
            ring: RingName::Outer,
            edge: 0,
            other: 2,
            at: at(0.0, 0.0)
        }
    );
    let flat = vec![at(0.0, 0.0), at(0.0, 1.0), at(0.0, 2.0)];
    assert_eq!(
        fault(flat),
        FenceFault::CrossesItself {
            ring: RingName::Outer,
            edge: 0,
            other: 2,
            at: at(0.0, 0.0)
        }
    );
}

#[test]
fn a_corner_on_a_straight_side_is_no_fault() {
    let mut ring = yard();
    ring.insert(1, at(-6.95, 110.425));
    assert!(fence(ring).contains(at(-6.945, 110.425)));
}

#[test]
fn a_circle_needs_a_place_and_a_radius() {
    for centre in [at(f64::NAN, 0.0), at(85.0, 0.0), at(0.0, 181.0)] {
        assert_eq!(Fence::circle(centre, 10.0), Err(FenceFault::BadCentre));
    }
    for radius_m in [0.0, -1.0, f64::NAN, f64::INFINITY, 100_001.0] {
        assert_eq!(Fence::circle(at(0.0, 0.0), radius_m), Err(FenceFault::BadRadius));
    }
}

#[test]
fn no_place_on_earth_is_in_no_fence() {
    for fence in [fence(yard()), Fence::circle(at(-6.9, 110.4), 100.0).unwrap()] {
        for nowhere in [at(f64::NAN, 110.4), at(-6.9, f64::INFINITY), at(-6.9, 470.4)] {
            assert!(!fence.contains(nowhere));
            assert_eq!(fence.outside_m(nowhere), f64::INFINITY);
            assert!(!fence.meets(nowhere, nowhere));
        }
    }
}

#[test]
fn only_the_drawing_is_written_down() {
    let triangle = fence(vec![at(-7.0, 110.0), at(-7.0, 110.1), at(-6.9, 110.0)]);
    let circle = Fence::circle(at(-6.5, 107.25), 250.0).unwrap();
    let json = r#"{"circle":{"centre":{"lat":-6.5,"lon":107.25},"radius_m":250.0}}"#;
    assert_eq!(serde_json::to_string(&circle).unwrap(), json);
    for fence in [triangle, circle] {
        let json = serde_json::to_string(&fence).unwrap();
        assert_eq!(serde_json::from_str::<Fence>(&json).unwrap(), fence);
        let bytes = postcard::to_allocvec(&fence).unwrap();
        assert_eq!(postcard::from_bytes::<Fence>(&bytes).unwrap(), fence);
    }
    let refusal = serde_json::from_str::<Fence>(r#"{"circle":{"centre":{"lat":0,"lon":0},"radius_m":-1}}"#)
        .unwrap_err();
    assert!(refusal.to_string().contains("a radius is above 0"), "{refusal}");
}

fn holding(index: &FenceIndex, position: Position) -> Vec<u32> {
    let mut found = Vec::new();
    index.containing(position, &mut |fence| found.push(fence));
    found.sort_unstable();
    found
}

#[test]
fn an_index_over_nothing_holds_nothing() {
    assert_eq!(holding(&FenceIndex::new(vec![]).unwrap(), at(0.0, 0.0)), [0; 0]);
}

#[test]
fn an_index_has_a_limit() {
    let circle = Fence::circle(at(0.0, 0.0), 1.0).unwrap();
    let fences = vec![circle; FENCES_LIMIT + 1];
    assert_eq!(
        FenceIndex::new(fences).unwrap_err(),
        TooManyFences { given: 10_001 }
    );
}

#[test]
fn of_ten_thousand_fences_the_index_finds_those_that_hold_a_position() {
    let grid = (0..10_000).map(|cell| {
        let (lat, lon) = (
            -8.0 + f64::from(cell / 100) * 0.02,
            106.0 + f64::from(cell % 100) * 0.08,
        );
        Fence::circle(at(lat, lon), 1_500.0).unwrap()
    });
    let index = FenceIndex::new(grid.collect()).unwrap();
    for position in [
        at(-8.0, 106.0),
        at(-7.31, 110.003),
        at(-6.02, 113.92),
        at(-7.0, 110.44),
        at(5.0, 100.0),
    ] {
        let asked: Vec<u32> = (0u32..)
            .zip(index.fences())
            .filter(|(_, fence)| fence.contains(position))
            .map(|(index, _)| index)
            .collect();
        assert_eq!(holding(&index, position), asked, "{position:?}");
    }
    assert_eq!(holding(&index, at(-7.31, 110.003)), [3_450, 3_550]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_star_holds_what_lies_within_its_radius_and_names_the_distance(
        lat in -60.0..60.0f64, lon in -180.0..180.0f64, radii in vec(300.0..3_000.0f64, 3..40),
        bearing in 0.0..360.0f64, off_m in 0.0..4_000.0f64,
    ) {
        let centre = at(lat, lon);
        let ring = star(centre, &radii);
        let fence = fence(ring.clone());
        let position = go(centre, bearing, off_m);
        let edges = ring.iter().zip(ring.iter().cycle().skip(1));
        let truth_m = edges.map(|(a, b)| to_segment_m(position, *a, *b)).fold(f64::INFINITY, f64::min);
        // Edges are straight in degrees, the truth's on the ground: at 60 degrees and 6 km that is up to 1.3 m.
        prop_assert!((fence.distance_to_border_m(position) - truth_m).abs() < 2.0);
        if fence.distance_to_border_m(position) > 2.0 {
            let turned = ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| {
                let bearing = |to: &Position| segel_geo::bearing_deg(position, *to);
                (bearing(b) - bearing(a) + 540.0).rem_euclid(360.0) - 180.0
            });
            let inside = turned.sum::<f64>().abs() > 180.0;
            prop_assert_eq!(fence.contains(position), inside);
        }
        prop_assert_eq!(fence.contains(position), fence.outside_m(position) == 0.0);
    }

    #[test]
    fn the_index_and_the_fences_agree(
        centres in vec((-8.0..-6.0f64, 106.0..110.0f64, 100.0..60_000.0f64), 0..300),
        lat in -8.0..-6.0f64, lon in 106.0..110.0f64,
    ) {
        let fences = centres.iter().map(|(lat, lon, radius_m)| Fence::circle(at(*lat, *lon), *radius_m).unwrap());
        let index = FenceIndex::new(fences.collect()).unwrap();
        let position = at(lat, lon);
        let asked: Vec<u32> =
            (0u32..).zip(index.fences()).filter(|(_, fence)| fence.contains(position)).map(|(index, _)| index).collect();
        prop_assert_eq!(holding(&index, position), asked);
    }

    #[test]
    fn any_drawing_is_a_fence_or_a_fault(
        points in vec((-90.0..90.0f64, -200.0..200.0f64), 0..6), small in vec((-1.0..1.0f64, -1.0..1.0f64), 0..8),
        lat: f64, lon: f64, radius_m: f64,
    ) {
        for ring in [points, small] {
            let ring: Vec<Position> = ring.into_iter().map(|(lat, lon)| at(lat, lon)).collect();
            if let Ok(fence) = Fence::polygon(ring.clone()) {
                prop_assert!(ring.iter().all(|corner| fence.contains(*corner)));
                prop_assert!(fence.area_m2() > 0.0);
                let _ = (fence.contains(at(lat, lon)), fence.meets(at(lat, lon), ring[0]), fence.centroid());
            }
        }
        let _ = Fence::circle(at(lat, lon), radius_m);
    }
}
