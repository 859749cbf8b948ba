//! A line with fewer points that is nowhere farther from the drawn one than a tolerance (Douglas and Peucker, 1973).

use alloc::vec::Vec;

use crate::{
    plane::{Plane, Point},
    position::Position,
};

/// Points that are looked at together. The work grows with the square of this number in the worst case, so a long line is
/// taken in stretches, whose ends are kept: a point in a thousand too many.
const STRETCH: usize = 1_000;

/// The points of a line that are needed to stay within `tolerance_m` of it. First and last are always kept.
///
/// Points that are no place on earth are left out first: a line that is drawn through nowhere cannot be kept true to.
pub fn simplify(line: &[Position], tolerance_m: f64) -> Vec<Position> {
    let line: Vec<Position> = line.iter().copied().filter(|point| point.is_on_earth()).collect();
    let Some(last) = line.len().checked_sub(1) else {
        return line;
    };
    let mut kept: Vec<bool> = (0..=last)
        .map(|index| index % STRETCH == 0 || index == last)
        .collect();
    let mut open: Vec<(usize, usize)> = (0..last)
        .step_by(STRETCH)
        .map(|from| (from, last.min(from + STRETCH)))
        .collect();
    while let Some((from, to)) = open.pop() {
        if let Some(farthest) = farthest(&line, from, to, tolerance_m) {
            kept[farthest] = true;
            open.extend([(from, farthest), (farthest, to)]);
        }
    }
    line.iter()
        .zip(kept)
        .filter_map(|(point, kept)| kept.then_some(*point))
        .collect()
}

/// The point between two that lies farthest from the straight piece between them, if farther than the tolerance.
fn farthest(line: &[Position], from: usize, to: usize, tolerance_m: f64) -> Option<usize> {
    let plane = Plane::at(line[from]);
    let (a, b) = (plane.place(line[from]), plane.place(line[to]));
    let aside_m = |index: usize| {
        let here: Point = plane.place(line[index]);
        here.distance_m(a.toward(b, here.share_along(a, b)))
    };
    let (mut farthest, mut most_m) = (None, tolerance_m);
    for index in from + 1..to {
        let distance_m = aside_m(index);
        if distance_m > most_m {
            (farthest, most_m) = (Some(index), distance_m);
        }
    }
    farthest
}
