//! The corridor: the strip of ground a trip may use, and where in it a container is.
//!
//! It is the line of the route plan, fattened by half a width on each side. Two forms answer the same question: `locate`
//! in `f32`, quick enough for every report, and `verdict` in `f64`, centred on the position itself, for what is written
//! down as evidence. Within 400 m of the border they differ by less than 10 cm.

mod piece;
mod straight;
mod strip;

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::piece::PieceOutside;
use self::strip::Strip;
use crate::{
    distance::{distance_m, length_m},
    fence::Fence,
    plane::{Plane, Point},
    position::Position,
};

/// Points a corridor may have: a point every 25 m from Semarang to Jakarta.
pub const POINTS_LIMIT: usize = 20_000;
/// How long a corridor may be: twice from Sabang to Merauke. Bounds what a few far points grow into.
pub const LENGTH_LIMIT_M: f64 = 10_000_000.0;
/// The widest half width that still means something; beyond it draw a fence.
pub const HALF_WIDTH_LIMIT_M: f32 = 50_000.0;
/// Beyond this latitude the local planes are not true enough.
pub const LATITUDE_LIMIT_DEG: f64 = 80.0;
/// Beyond this distance a plane is not trusted and the distance is measured along the geodesic.
const PLANE_REACH_M: f64 = 20_000.0;

/// A line of positions with a half width for each segment.
#[derive(Clone)]
pub struct Corridor {
    points: Vec<Position>,
    /// One for all segments, or one for each.
    half_widths_m: Vec<f32>,
    length_m: f64,
    strip: Strip,
}

/// Where a position lies beside the corridor, in the quick form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Located {
    /// The nearest segment; the hint for the next position.
    pub segment: u32,
    /// Metres to the centre line.
    pub distance_m: f32,
    /// Metres beyond the border; zero inside.
    pub outside_m: f32,
    /// Metres along the route from its start to the nearest place on the centre line.
    pub progress_m: f64,
}

impl Located {
    /// What is said of a position that is no place on earth.
    pub const NOWHERE: Self = Self {
        segment: 0,
        distance_m: f32::INFINITY,
        outside_m: f32::INFINITY,
        progress_m: 0.0,
    };
}

/// Where a position lies beside the corridor, in the form that is written as evidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The nearest segment.
    pub segment: u32,
    /// Metres to the centre line.
    pub distance_m: f64,
    /// Metres beyond the border; zero inside.
    pub outside_m: f64,
    /// Metres along the route from its start to the nearest place on the centre line.
    pub progress_m: f64,
    /// The nearest place on the centre line.
    pub nearest: Position,
}

/// Why a line and its widths make no corridor, and where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CorridorFault {
    /// A line needs two points.
    TooFewPoints {
        /// Points given.
        given: usize,
    },
    /// More than `POINTS_LIMIT`.
    TooManyPoints {
        /// Points given.
        given: usize,
    },
    /// No place on earth, or nearer to a pole than `LATITUDE_LIMIT_DEG`.
    BadPosition {
        /// Which point, from 0.
        index: usize,
    },
    /// The same place as the point before it.
    RepeatedPoint {
        /// Which point, from 0.
        index: usize,
    },
    /// Neither one width nor one for each segment.
    WidthCount {
        /// Widths given.
        given: usize,
        /// Segments of the line.
        segments: usize,
    },
    /// Not above zero, or above `HALF_WIDTH_LIMIT_M`.
    BadWidth {
        /// Which segment, from 0.
        segment: usize,
    },
    /// Longer than `LENGTH_LIMIT_M`.
    TooLong,
}

impl fmt::Display for CorridorFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewPoints { given } => write!(f, "a corridor needs at least 2 points, given {given}"),
            Self::TooManyPoints { given } => {
                write!(f, "a corridor has at most {POINTS_LIMIT} points, given {given}")
            }
            Self::BadPosition { index } => write!(f, "no usable place on earth at point {index}"),
            Self::RepeatedPoint { index } => write!(f, "the point before is repeated at point {index}"),
            Self::WidthCount { given, segments } => {
                write!(f, "a corridor needs 1 half width or {segments}, given {given}")
            }
            Self::BadWidth { segment } => write!(f, "no usable half width at segment {segment}"),
            Self::TooLong => write!(f, "a corridor is at most {LENGTH_LIMIT_M} m long"),
        }
    }
}

impl core::error::Error for CorridorFault {}

impl Corridor {
    /// A corridor along `points`, with one half width in metres for all segments or one for each.
    pub fn new(points: Vec<Position>, half_widths_m: Vec<f32>) -> Result<Self, CorridorFault> {
        check_points(&points)?;
        check_widths(&half_widths_m, points.len() - 1)?;
        let length_m = length_m(&points);
        if length_m > LENGTH_LIMIT_M {
            return Err(CorridorFault::TooLong);
        }
        let half_widths_m = merge_equal(half_widths_m);
        let strip = Strip::new(&points);
        Ok(Self {
            points,
            half_widths_m,
            length_m,
            strip,
        })
    }

    /// The centre line.
    pub fn points(&self) -> &[Position] {
        &self.points
    }

    /// The half widths: one for all segments, or one for each.
    pub fn half_widths_m(&self) -> &[f32] {
        &self.half_widths_m
    }

    /// The half width of a segment; of the last one, if there is no such segment.
    pub fn half_width_m(&self, segment: u32) -> f32 {
        let last = self.half_widths_m.len() - 1;
        self.half_widths_m[last.min(segment as usize)]
    }

    /// Metres along the centre line.
    pub fn length_m(&self) -> f64 {
        self.length_m
    }

    /// Where a position lies: the quick form, for every report.
    ///
    /// `hint` is the segment of the position before it. It makes the search quick, and where the route comes by twice
    /// (out and back on one road) it decides which pass is meant. Distances do not depend on it.
    pub fn locate(&self, position: Position, hint: Option<u32>) -> Located {
        self.strip
            .locate(position, hint, &self.half_widths_m)
            .map_or(Located::NOWHERE, |found| Located {
                outside_m: found.signed_m.max(0.0),
                segment: found.segment,
                distance_m: found.distance_m,
                progress_m: found.progress_m,
            })
    }

    /// Where a position lies: the form that is written as evidence. Every segment is looked at, in `f64`, on a plane
    /// centred on the position; of two equally near the first counts. Nothing for a position that is no place on earth.
    pub fn verdict(&self, position: Position) -> Option<Verdict> {
        if !position.is_on_earth() {
            return None;
        }
        let plane = Plane::at(position);
        let mut nearest = Nearest::NOTHING;
        let mut from = plane.place(self.points[0]);
        for (segment, ends) in (0u32..).zip(self.points.windows(2)) {
            let width_m = f64::from(self.half_width_m(segment));
            for part in straight::parts(ends[0], ends[1]) {
                let to = plane.place(part.1);
                nearest.weigh((from, to), part, segment, width_m);
                from = to;
            }
        }
        Some(self.measure(position, &nearest))
    }

    /// Whether any part of an area lies in the corridor.
    pub fn reaches(&self, fence: &Fence) -> bool {
        let inside = |corner: &Position| self.locate(*corner, None).outside_m <= 0.0;
        if fence.outer().iter().any(inside) {
            return true;
        }
        // Two lines that do not meet are nearest to each other at a corner of one of them.
        let mut segments = (0u32..).zip(self.points.windows(2));
        segments.any(|(segment, ends)| {
            let width_m = f64::from(self.half_width_m(segment));
            let near = |end: Position| fence.outside_m(end) <= width_m;
            near(ends[0])
                || near(ends[1])
                || fence.meets(ends[0], ends[1])
                || self.passes(fence, ends, width_m)
        })
    }

    /// Whether a segment comes within its half width of a circle; polygons are told by their corners.
    fn passes(&self, fence: &Fence, ends: &[Position], width_m: f64) -> bool {
        fence.as_circle().is_some_and(|(centre, radius_m)| {
            let mut nearest = Nearest::NOTHING;
            let plane = Plane::at(centre);
            nearest.weigh(
                (plane.place(ends[0]), plane.place(ends[1])),
                (ends[0], ends[1]),
                0,
                0.0,
            );
            nearest.distance_m <= radius_m + width_m
        })
    }

    fn measure(&self, position: Position, nearest: &Nearest) -> Verdict {
        let place = nearest.place();
        let near = nearest.distance_m <= PLANE_REACH_M;
        let distance_m = if near {
            nearest.distance_m
        } else {
            distance_m(position, place)
        };
        let signed_m = nearest.signed_m + (distance_m - nearest.distance_m);
        Verdict {
            segment: nearest.segment,
            distance_m,
            outside_m: signed_m.max(0.0),
            progress_m: self.locate(place, Some(nearest.segment)).progress_m,
            nearest: place,
        }
    }
}

/// The nearest place on the centre line so far, seen from the origin of a plane.
struct Nearest {
    segment: u32,
    distance_m: f64,
    /// Metres beyond the nearest border; negative inside.
    signed_m: f64,
    /// The part of the centre line that comes nearest, and where on it.
    part: (Position, Position),
    share: f64,
}

impl Nearest {
    const NOTHING: Self = Self {
        segment: 0,
        distance_m: f64::INFINITY,
        signed_m: f64::INFINITY,
        part: (Position { lat: 0.0, lon: 0.0 }, Position { lat: 0.0, lon: 0.0 }),
        share: 0.0,
    };

    /// Weighs a part by its ends on the plane.
    fn weigh(&mut self, (a, b): (Point, Point), part: (Position, Position), segment: u32, half_width_m: f64) {
        let here = Point { x: 0.0, y: 0.0 };
        let share = here.share_along(a, b);
        let distance_m = here.distance_m(a.toward(b, share));
        self.signed_m = self.signed_m.min(distance_m - half_width_m);
        if distance_m < self.distance_m {
            (self.segment, self.distance_m, self.part, self.share) = (segment, distance_m, part, share);
        }
    }

    fn place(&self) -> Position {
        let (a, b) = self.part;
        let plane = Plane::at(a);
        plane.position(plane.place(a).toward(plane.place(b), self.share))
    }
}

fn check_points(points: &[Position]) -> Result<(), CorridorFault> {
    let given = points.len();
    if given < 2 {
        return Err(CorridorFault::TooFewPoints { given });
    }
    if given > POINTS_LIMIT {
        return Err(CorridorFault::TooManyPoints { given });
    }
    let usable = |point: &Position| point.is_on_earth() && point.lat.abs() <= LATITUDE_LIMIT_DEG;
    if let Some(index) = points.iter().position(|point| !usable(point)) {
        return Err(CorridorFault::BadPosition { index });
    }
    match points.windows(2).position(|ends| ends[0] == ends[1]) {
        Some(before) => Err(CorridorFault::RepeatedPoint { index: before + 1 }),
        None => Ok(()),
    }
}

fn check_widths(half_widths_m: &[f32], segments: usize) -> Result<(), CorridorFault> {
    let given = half_widths_m.len();
    if given != 1 && given != segments {
        return Err(CorridorFault::WidthCount { given, segments });
    }
    let usable = |width: &f32| *width > 0.0 && *width <= HALF_WIDTH_LIMIT_M;
    match half_widths_m.iter().position(|width| !usable(width)) {
        Some(segment) => Err(CorridorFault::BadWidth { segment }),
        None => Ok(()),
    }
}

/// One width for all where all are equal: that is the quick case, and the small one to write down.
fn merge_equal(mut half_widths_m: Vec<f32>) -> Vec<f32> {
    if half_widths_m.iter().all(|width| *width == half_widths_m[0]) {
        half_widths_m.truncate(1);
    }
    half_widths_m
}

impl PartialEq for Corridor {
    fn eq(&self, other: &Self) -> bool {
        self.points == other.points && self.half_widths_m == other.half_widths_m
    }
}

impl fmt::Debug for Corridor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Corridor")
            .field("points", &self.points)
            .field("half_widths_m", &self.half_widths_m)
            .finish_non_exhaustive()
    }
}

/// What is written down of a corridor: the planes are built again on reading.
#[derive(Serialize)]
#[serde(rename = "Corridor")]
struct Written<'a> {
    points: &'a [Position],
    half_widths_m: &'a [f32],
}

#[derive(Deserialize)]
#[serde(rename = "Corridor")]
struct Read {
    points: Vec<Position>,
    half_widths_m: Vec<f32>,
}

impl Serialize for Corridor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written {
            points: &self.points,
            half_widths_m: &self.half_widths_m,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Corridor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Read::deserialize(deserializer)?;
        Self::new(read.points, read.half_widths_m).map_err(serde::de::Error::custom)
    }
}
