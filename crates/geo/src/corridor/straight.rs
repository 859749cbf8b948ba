//! Straight on the ground: the line between two positions, cut so short that it is straight on a plane as well.
//!
//! A straight line in degrees is not straight on the ground: over 100 km at the latitude of Java it strays 20 m. Nor is
//! the ellipse around the earth's centre: over 100 km in the north of Europe it strays 60 cm. So the geodesic is followed.

use crate::{
    distance::Course,
    position::{Position, turn_deg},
};

/// The longest part, in degrees either way: about 5 km.
const PART_DEG: f64 = 0.045;

/// The parts of the straight line from `a` to `b`, in order.
pub(crate) fn parts(a: Position, b: Position) -> impl Iterator<Item = (Position, Position)> {
    let count = part_count(a, b);
    let course = (count > 1).then(|| Course::between(a, b));
    let corner = move |index: u32| match &course {
        Some((course, length_m)) if 0 < index && index < count => {
            course.at(length_m * f64::from(index) / f64::from(count))
        }
        _ if index == 0 => a,
        _ => b,
    };
    (0..count).map(move |index| (corner(index), corner(index + 1)))
}

/// Into how many parts a line is cut.
fn part_count(a: Position, b: Position) -> u32 {
    let span = (b.lat - a.lat).abs().max(turn_deg(a.lon, b.lon).abs());
    if span <= PART_DEG {
        return 1;
    }
    // A span is at most 180 degrees, so this is at most 4,000.
    libm::ceil(span / PART_DEG) as u32
}
