//! A fence as a seal is told it: its name, its corners page by page, and that no more come (manual, P24, P29, P31).
//!
//! A seal holds ten areas of up to fifty corners. It knows no circle, so one is drawn as a ring of corners around it.

use alloc::{string::String, vec::Vec};
use core::f64::consts::PI;

use segel_model::order::{Fence, FenceShape, PlaceE6};

use super::command::{Command, NODES};
use crate::output::NotSpoken;

/// What it is called on the seal.
const NAME: &str = "segel";
/// Corners of an area: five pages of ten (manual, P29).
const CORNERS: core::ops::RangeInclusive<usize> = 3..=5 * NODES;
/// Corners that stand for a circle: none lies further out than four thousandths of its radius.
const ROUND: u8 = 36;
/// A degree of latitude.
const DEGREE_M: f64 = 111_195.0;

/// The commands in the order in which they must come.
pub(super) fn commands(fence: &Fence) -> Result<Vec<Command>, NotSpoken> {
    let corners = corners(&fence.shape)?;
    if !CORNERS.contains(&corners.len()) {
        return Err(NotSpoken {
            why: "an area of this seal has 3 to 50 corners",
        });
    }
    let nodes: Vec<(i64, i64)> = corners.iter().map(node).collect();
    let page = |(page, nodes): (u8, &[(i64, i64)])| Command::FenceNodes {
        fence: fence.number,
        page,
        nodes: nodes.to_vec(),
    };
    let mut commands = Vec::from([Command::Fence(fence.number, true, String::from(NAME))]);
    commands.extend((1..).zip(nodes.chunks(NODES)).map(page));
    commands.push(Command::FenceDone);
    Ok(commands)
}

fn corners(shape: &FenceShape) -> Result<Vec<PlaceE6>, NotSpoken> {
    match shape {
        FenceShape::Polygon(corners) => Ok(corners.clone()),
        FenceShape::Rectangle {
            north_west,
            south_east,
        } => Ok(rectangle(*north_west, *south_east)),
        FenceShape::Circle { centre, radius_m } => Ok(ring(*centre, *radius_m)),
        FenceShape::Route { .. } => Err(NotSpoken {
            why: "this seal holds areas and no routes",
        }),
    }
}

fn rectangle(north_west: PlaceE6, south_east: PlaceE6) -> Vec<PlaceE6> {
    let north_east = PlaceE6 {
        lat: north_west.lat,
        lon: south_east.lon,
    };
    let south_west = PlaceE6 {
        lat: south_east.lat,
        lon: north_west.lon,
    };
    Vec::from([north_west, north_east, south_east, south_west])
}

/// Around the circle, not inside it: whoever is in the circle has not left the ring.
fn ring(centre: PlaceE6, radius_m: u32) -> Vec<PlaceE6> {
    let step = 2.0 * PI / f64::from(ROUND);
    let north = f64::from(radius_m) / libm::cos(step / 2.0) / DEGREE_M * 1e6;
    let latitude = f64::from(centre.lat) / 1e6 * PI / 180.0;
    let east = north / libm::cos(latitude);
    let corner = |at: u8| {
        let angle = f64::from(at) * step;
        PlaceE6 {
            lat: centre
                .lat
                .saturating_add(libm::round(north * libm::cos(angle)) as i32),
            lon: centre
                .lon
                .saturating_add(libm::round(east * libm::sin(angle)) as i32),
        }
    };
    (0..ROUND).map(corner).collect()
}

/// Longitude first.
fn node(place: &PlaceE6) -> (i64, i64) {
    (written(place.lon), written(place.lat))
}

/// Millionths of a degree as DDDMM.MMMM, in ten-thousandths.
fn written(degrees_e6: i32) -> i64 {
    let minutes_e4 = (i64::from(degrees_e6.unsigned_abs()) * 6 + 5) / 10;
    let value = minutes_e4 / 600_000 * 1_000_000 + minutes_e4 % 600_000;
    if degrees_e6 < 0 { -value } else { value }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    const GATE: PlaceE6 = PlaceE6 {
        lat: -6_950_000,
        lon: 110_420_000,
    };

    fn words(shape: FenceShape) -> Vec<String> {
        let commands = commands(&Fence { number: 3, shape }).map_err(|refused| refused.why);
        let commands = commands.expect("a fence that it can hold");
        let words = |command: &Command| command.encode().expect("a legal command");
        commands
            .iter()
            .map(|command| String::from_utf8(words(command)).expect("text"))
            .collect()
    }

    /// Manual, P24, P29, P31; 6.95 degrees south are 6 degrees 57 minutes, 110.42 east 110 degrees 25.2 minutes.
    #[test]
    fn an_area_is_told_by_name_then_corners_then_its_end() {
        let shape = FenceShape::Rectangle {
            north_west: GATE,
            south_east: PlaceE6 {
                lat: -6_960_001,
                lon: 110_430_010,
            },
        };
        assert_eq!(
            words(shape),
            [
                "(P24,1,3,1,segel)",
                "(P29,1,3,1,4,11025.2,-657,11025.8006,-657,11025.8006,-657.6001,11025.2,-657.6001)",
                "(P31)"
            ]
        );
    }

    #[test]
    fn corners_come_ten_to_a_page() {
        let said = words(FenceShape::Polygon(vec![GATE; 21]));
        let begins = |at: usize, head: &str| said[at].starts_with(head);
        assert_eq!(said.len(), 5);
        assert!(begins(1, "(P29,1,3,1,10,") && begins(2, "(P29,1,3,2,10,") && begins(3, "(P29,1,3,3,1,"));
    }

    #[test]
    fn a_ring_lies_around_its_circle() {
        for corner in ring(GATE, 300) {
            let north_m = f64::from(corner.lat - GATE.lat) / 1e6 * DEGREE_M;
            let east_m = f64::from(corner.lon - GATE.lon) / 1e6 * DEGREE_M * libm::cos(6.95 * PI / 180.0);
            let away_m = libm::sqrt(north_m * north_m + east_m * east_m);
            assert!((300.5..301.9).contains(&away_m), "{away_m}");
        }
    }

    #[test]
    fn what_a_seal_cannot_hold_is_refused() {
        let refused = |shape| commands(&Fence { number: 3, shape }).is_err();
        assert!(refused(FenceShape::Polygon(vec![GATE; 51])));
        assert!(!refused(FenceShape::Polygon(vec![GATE; 50])));
        assert!(refused(FenceShape::Polygon(vec![GATE; 2])));
        let route = FenceShape::Route {
            turns: vec![GATE; 2],
            width_m: 50,
        };
        assert!(refused(route));
    }
}
