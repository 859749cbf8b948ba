//! Roads of 200 pieces: scattered over Java, or all leaving one port.

use segel_geo::{Position, ahead};

use crate::Dice;

/// Pieces of every road.
pub const PIECES: usize = 200;
/// The length of a piece; the whole is a drive of some 50 km.
const PIECE_M: f64 = 250.0;
/// Tanjung Priok, more or less.
const PORT: Position = Position {
    lat: -6.104,
    lon: 106.886,
};

/// How roads lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Each begins somewhere on Java.
    Spread,
    /// All begin at one port, where a thousand corridors lie on top of each other.
    OnePort,
}

/// The road of that number, from its first point to its last.
pub fn road(number: u64, layout: Layout) -> Vec<Position> {
    let mut dice = Dice::new(number);
    let mut here = match layout {
        Layout::OnePort => PORT,
        Layout::Spread => Position {
            lat: dice.between(-8.0, -6.2),
            lon: dice.between(106.0, 114.0),
        },
    };
    let mut heading_deg = dice.between(0.0, 360.0);
    let mut points = vec![here];
    for _ in 0..PIECES {
        heading_deg += dice.between(-15.0, 15.0);
        here = ahead(here, heading_deg.rem_euclid(360.0), PIECE_M);
        points.push(here);
    }
    points
}

/// How far a road reaches.
pub(crate) const LENGTH_M: f64 = PIECE_M * PIECES as f64;

/// The place so many metres along a road.
pub(crate) fn along(road: &[Position], metres: f64) -> Position {
    let pieces = (metres / PIECE_M).clamp(0.0, PIECES as f64 - 1e-9);
    let (from, to) = (road[pieces as usize], road[pieces as usize + 1]);
    let share = pieces.fract();
    Position {
        lat: from.lat + (to.lat - from.lat) * share,
        lon: from.lon + (to.lon - from.lon) * share,
    }
}

#[cfg(test)]
mod tests {
    use segel_geo::{Corridor, distance_m};

    use super::*;

    #[test]
    fn roads_of_one_port_begin_together_and_end_apart() {
        let (one, other) = (road(1, Layout::OnePort), road(2, Layout::OnePort));
        assert_eq!((one.len(), one[0]), (PIECES + 1, other[0]));
        assert!(1_000.0 < distance_m(one[PIECES], other[PIECES]));
        assert_ne!(road(1, Layout::Spread)[0], road(2, Layout::Spread)[0]);
    }

    #[test]
    fn every_place_along_a_road_lies_on_its_corridor() {
        let road = road(7, Layout::Spread);
        let corridor = Corridor::new(road.clone(), vec![150.0]).expect("a corridor");
        for metres in [0.0, 125.0, 30_000.0, LENGTH_M, LENGTH_M + 500.0] {
            let located = corridor.locate(along(&road, metres), None);
            assert!(located.distance_m < 0.1, "{metres}: {}", located.distance_m);
        }
    }
}
