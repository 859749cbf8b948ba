//! The straight piece between two fixes that are far apart: how far out of the corridor does it get?
//!
//! The distance beyond the border changes by at most a metre for each metre travelled. So from its value at the two
//! ends of a stretch follows the most it can be in between, and a stretch that cannot beat the furthest place known is
//! dropped; others are halved. The answer is certain to within `TOLERANCE_M`, or a 2,000th of the piece if that is more.

use super::Corridor;
use crate::{distance::Course, position::Position};

/// How far the answer may fall short of the true furthest place.
const TOLERANCE_M: f64 = 1.0;
/// Bounds the work: a piece is looked at in at most about this many places.
const PLACES: f64 = 2_000.0;

/// The furthest place of a piece outside the corridor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PieceOutside {
    /// Metres beyond the border at the furthest place; zero where the whole piece stays inside.
    pub outside_m: f32,
    /// The furthest place.
    pub at: Position,
    /// The segment nearest to it.
    pub segment: u32,
    /// Metres along the route at the furthest place.
    pub progress_m: f64,
}

impl Corridor {
    /// The furthest place outside on the straight piece from `a` to `b`. Nothing where an end is no place on earth.
    pub fn piece_outside(&self, a: Position, b: Position, hint: Option<u32>) -> Option<PieceOutside> {
        let (from, to) = (self.probe(a, 0.0, hint)?, self.probe(b, 1.0, hint)?);
        let (course, length_m) = Course::between(a, b);
        let mut search = Search {
            corridor: self,
            course,
            length_m,
            furthest: from,
        };
        search.keep(to);
        search.stretch(from, to);
        Some(search.furthest.outside())
    }

    fn probe(&self, at: Position, share: f64, hint: Option<u32>) -> Option<Probe> {
        let found = self.strip.locate(at, hint, &self.half_widths_m)?;
        Some(Probe {
            at,
            share,
            signed_m: f64::from(found.signed_m),
            segment: found.segment,
            progress_m: found.progress_m,
        })
    }
}

/// A place on the piece that was looked at.
#[derive(Clone, Copy)]
struct Probe {
    at: Position,
    share: f64,
    signed_m: f64,
    segment: u32,
    progress_m: f64,
}

impl Probe {
    fn outside(self) -> PieceOutside {
        PieceOutside {
            outside_m: self.signed_m.max(0.0) as f32,
            at: self.at,
            segment: self.segment,
            progress_m: self.progress_m,
        }
    }
}

struct Search<'a> {
    corridor: &'a Corridor,
    course: Course,
    length_m: f64,
    furthest: Probe,
}

impl Search<'_> {
    fn keep(&mut self, probe: Probe) {
        if probe.signed_m > self.furthest.signed_m {
            self.furthest = probe;
        }
    }

    /// Halves a stretch while something further may hide in it. Each halving halves `most_m`'s slack, so it ends.
    fn stretch(&mut self, from: Probe, to: Probe) {
        let stretch_m = (to.share - from.share) * self.length_m;
        let most_m = (from.signed_m + to.signed_m + stretch_m) / 2.0;
        let tolerance_m = TOLERANCE_M.max(self.length_m / PLACES);
        let furthest_m = self.furthest.signed_m.max(0.0);
        if stretch_m <= tolerance_m || most_m <= furthest_m + tolerance_m {
            return;
        }
        let share = (from.share + to.share) / 2.0;
        let at = self.course.at(self.length_m * share);
        let Some(middle) = self.corridor.probe(at, share, Some(from.segment)) else {
            return;
        };
        self.keep(middle);
        self.stretch(from, middle);
        self.stretch(middle, to);
    }
}
