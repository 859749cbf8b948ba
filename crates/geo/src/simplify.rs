//! A line with fewer points that is nowhere farther from the drawn one than a tolerance (Douglas and Peucker, 1973).

use alloc::{vec, vec::Vec};

use crate::{
    plane::{Plane, Point},
    position::Position,
};

/// The points of a line that are needed to stay within `tolerance_m` of it. First and last are always kept.
///
/// Points that are no place on earth are left out first: a line that is drawn through nowhere cannot be kept true to.
pub fn simplify(line: &[Position], tolerance_m: f64) -> Vec<Position> {
    let line: Vec<Position> = line.iter().copied().filter(|point| point.is_on_earth()).collect();
    let mut kept = vec![false; line.len()];
    if let (Some(first), Some(last)) = (kept.first_mut().map(|kept| *kept = true), kept.last_mut()) {
        let () = first;
        *last = true;
    }
    let mut open = vec![(0, line.len().saturating_sub(1))];
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
    let plane = Plane::at(*line.get(from)?);
    let (a, b) = (plane.place(line[from]), plane.place(*line.get(to)?));
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
