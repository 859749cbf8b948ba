//! Straight on the ground: the line between two positions, cut so short that it is straight on a plane as well.
//!
//! A straight line in degrees is not straight on the ground: over 100 km at the latitude of Java it strays 20 m.

use crate::{
    distance::{ECCENTRICITY_2, radii_m},
    position::{Position, turn_deg},
};

/// The longest part, in degrees either way: about 5 km.
const PART_DEG: f64 = 0.045;

/// The parts of the straight line from `a` to `b`, in order.
pub(crate) fn parts(a: Position, b: Position) -> impl Iterator<Item = (Position, Position)> {
    let count = part_count(a, b);
    let corner = move |index: u32| match index {
        0 => a,
        index if index == count => b,
        index => between(a, b, f64::from(index) / f64::from(count)),
    };
    (0..count).map(move |index| (corner(index), corner(index + 1)))
}

/// Into how many parts a line is cut.
pub(crate) fn part_count(a: Position, b: Position) -> u32 {
    let span = (b.lat - a.lat).abs().max(turn_deg(a.lon, b.lon).abs());
    // A span is at most 180 degrees, so this is at most 4,000.
    libm::ceil(span / PART_DEG).max(1.0) as u32
}

/// The position a share of the way from `a` to `b`: on the ellipse that passes through both around the earth's centre.
pub(crate) fn between(a: Position, b: Position, share: f64) -> Position {
    let (a, b) = (from_centre(a), from_centre(b));
    let [x, y, z] = [0, 1, 2].map(|axis| a[axis] + (b[axis] - a[axis]) * share);
    let across = libm::sqrt(x * x + y * y);
    Position {
        lat: libm::atan2(z, (1.0 - ECCENTRICITY_2) * across).to_degrees(),
        lon: libm::atan2(y, x).to_degrees(),
    }
}

/// Metres from the earth's centre along its three axes.
fn from_centre(position: Position) -> [f64; 3] {
    let (sin, cos) = libm::sincos(position.lat.to_radians());
    let (sin_lon, cos_lon) = libm::sincos(position.lon.to_radians());
    let (_, across_m) = radii_m(sin);
    [
        across_m * cos * cos_lon,
        across_m * cos * sin_lon,
        across_m * (1.0 - ECCENTRICITY_2) * sin,
    ]
}
