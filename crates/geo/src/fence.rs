//! Fences: areas on the map (an origin, a destination, an allowed stop, a forbidden zone).
//!
//! An edge is straight in degrees, as GeoJSON draws it (RFC 7946, 3.1.1). The border belongs to the area, and so does what
//! lies within `BORDER_M` of it: a gate post surveyed as a corner is inside on every machine, whichever way the ring runs.

mod index;
mod ring;

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::index::{FENCES_LIMIT, FenceIndex, TooManyFences};
use self::ring::Ring;
use crate::{distance::distance_m, plane::Plane, position::Position};

/// Points a fence may have, holes included. Checking that no edge crosses another looks at every pair of edges.
pub const POINTS_LIMIT: usize = 1_000;
/// Holes a fence may have.
pub const HOLES_LIMIT: usize = 50;
/// How far a fence may span in degrees: Java and its seas. Beyond it a local plane says too little.
pub const SPAN_LIMIT_DEG: f64 = 10.0;
/// Beyond this latitude the local planes are not true enough.
pub const LATITUDE_LIMIT_DEG: f64 = 80.0;
/// The largest circle.
pub const RADIUS_LIMIT_M: f64 = 100_000.0;
/// What lies this near the border counts as on it.
pub const BORDER_M: f64 = 0.01;

/// An area: a polygon, perhaps with holes, or a circle.
#[derive(Debug, Clone, PartialEq)]
pub struct Fence {
    shape: Shape,
    bounds: Bounds,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Polygon(Box<Polygon>),
    Circle { centre: Position, radius_m: f64 },
}

#[derive(Debug, Clone, PartialEq)]
struct Polygon {
    outer: Ring,
    holes: Vec<Ring>,
}

/// The smallest box in degrees around an area. `east` is above 180 where the area crosses the date line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Southernmost latitude.
    pub south: f64,
    /// Westernmost longitude.
    pub west: f64,
    /// Northernmost latitude.
    pub north: f64,
    /// Easternmost longitude.
    pub east: f64,
}

impl Bounds {
    /// Whether a position lies in the box or on its border.
    pub fn contain(&self, position: Position) -> bool {
        let lon = if position.lon < self.west {
            position.lon + 360.0
        } else {
            position.lon
        };
        self.south <= position.lat && position.lat <= self.north && self.west <= lon && lon <= self.east
    }
}

/// Which ring of a fence a fault is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RingName {
    /// The outer border.
    Outer,
    /// A hole, counted from 0.
    Hole(usize),
}

/// Why a drawing is no fence, and where. Points and edges count from 0; edge `n` begins at point `n`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FenceFault {
    /// A ring needs three different points.
    TooFewPoints {
        /// The ring.
        ring: RingName,
        /// Points given, a closing one not counted.
        given: usize,
    },
    /// More than `POINTS_LIMIT` in all rings together.
    TooManyPoints {
        /// Points given.
        given: usize,
    },
    /// More than `HOLES_LIMIT`.
    TooManyHoles {
        /// Holes given.
        given: usize,
    },
    /// No place on earth, or nearer to a pole than `LATITUDE_LIMIT_DEG`.
    BadPosition {
        /// The ring.
        ring: RingName,
        /// Which point.
        index: usize,
    },
    /// The same place as the point before it.
    RepeatedPoint {
        /// The ring.
        ring: RingName,
        /// Which point.
        index: usize,
    },
    /// Two edges of a ring cross or touch.
    CrossesItself {
        /// The ring.
        ring: RingName,
        /// The first edge.
        edge: usize,
        /// The edge it meets.
        other: usize,
        /// Where the first edge begins.
        at: Position,
    },
    /// A hole that is not wholly inside the outer border, or meets another hole.
    HoleMisplaced {
        /// Which hole.
        hole: usize,
    },
    /// Wider than `SPAN_LIMIT_DEG`.
    TooWide,
    /// A circle whose centre is no place on earth, or nearer to a pole than `LATITUDE_LIMIT_DEG`.
    BadCentre,
    /// Not above zero, or above `RADIUS_LIMIT_M`.
    BadRadius,
}

impl fmt::Display for RingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outer => write!(f, "the outer ring"),
            Self::Hole(hole) => write!(f, "hole {hole}"),
        }
    }
}

impl fmt::Display for FenceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewPoints { ring, given } => write!(f, "{ring} needs at least 3 points, given {given}"),
            Self::TooManyPoints { given } => {
                write!(f, "a fence has at most {POINTS_LIMIT} points, given {given}")
            }
            Self::TooManyHoles { given } => {
                write!(f, "a fence has at most {HOLES_LIMIT} holes, given {given}")
            }
            Self::BadPosition { ring, index } => {
                write!(f, "no usable place on earth in {ring} at point {index}")
            }
            Self::RepeatedPoint { ring, index } => {
                write!(f, "the point before is repeated in {ring} at point {index}")
            }
            Self::CrossesItself {
                ring,
                edge,
                other,
                at,
            } => {
                write!(
                    f,
                    "{ring} meets itself: edge {edge} from {:.6}, {:.6} and edge {other}",
                    at.lat, at.lon
                )
            }
            Self::HoleMisplaced { hole } => write!(
                f,
                "not inside the outer ring, or meeting another hole: hole {hole}"
            ),
            Self::TooWide => write!(f, "a fence spans at most {SPAN_LIMIT_DEG} degrees"),
            Self::BadCentre => write!(f, "no usable place on earth as the centre"),
            Self::BadRadius => write!(f, "a radius is above 0 and at most {RADIUS_LIMIT_M} m"),
        }
    }
}

impl core::error::Error for FenceFault {}

impl Fence {
    /// A polygon without holes. The ring may be closed (its first point repeated at the end) or not, and run either way.
    pub fn polygon(outer: Vec<Position>) -> Result<Self, FenceFault> {
        Self::polygon_with_holes(outer, Vec::new())
    }

    /// A polygon with holes.
    pub fn polygon_with_holes(outer: Vec<Position>, holes: Vec<Vec<Position>>) -> Result<Self, FenceFault> {
        check_size(&outer, &holes)?;
        let outer = Ring::new(outer, RingName::Outer)?;
        let holes = holes.into_iter().enumerate();
        let holes = holes
            .map(|(index, hole)| Ring::new(hole, RingName::Hole(index)))
            .collect::<Result<Vec<_>, _>>()?;
        check_holes(&outer, &holes)?;
        let bounds = outer.bounds();
        Ok(Self {
            shape: Shape::Polygon(Box::new(Polygon { outer, holes })),
            bounds,
        })
    }

    /// All places within a distance of a centre.
    pub fn circle(centre: Position, radius_m: f64) -> Result<Self, FenceFault> {
        if !ring::is_usable(centre) {
            return Err(FenceFault::BadCentre);
        }
        let fits = radius_m > 0.0 && radius_m <= RADIUS_LIMIT_M;
        if !fits {
            return Err(FenceFault::BadRadius);
        }
        Ok(Self {
            shape: Shape::Circle { centre, radius_m },
            bounds: around(centre, radius_m),
        })
    }

    /// Whether a position lies in the area or on its border.
    pub fn contains(&self, position: Position) -> bool {
        self.bounds.contain(position) && self.signed_m(position) <= BORDER_M
    }

    /// Metres to the border, from inside or outside; infinite for a position that is no place on earth.
    pub fn distance_to_border_m(&self, position: Position) -> f64 {
        self.signed_m(position).abs()
    }

    /// Metres outside the area; zero inside and on the border.
    pub fn outside_m(&self, position: Position) -> f64 {
        let signed_m = self.signed_m(position);
        if signed_m <= BORDER_M { 0.0 } else { signed_m }
    }

    /// Metres to the border, negative inside.
    fn signed_m(&self, position: Position) -> f64 {
        if !position.is_on_earth() {
            return f64::INFINITY;
        }
        match &self.shape {
            Shape::Circle { centre, radius_m } => distance_m(*centre, position) - radius_m,
            Shape::Polygon(polygon) => polygon.signed_m(position),
        }
    }

    /// Whether the straight line between two positions meets the area; never, if either is no place on earth.
    pub fn meets(&self, a: Position, b: Position) -> bool {
        if !a.is_on_earth() || !b.is_on_earth() {
            return false;
        }
        if self.contains(a) || self.contains(b) {
            return true;
        }
        match &self.shape {
            Shape::Circle { centre, radius_m } => {
                let plane = Plane::at(*centre);
                let (here, a, b) = (plane.place(*centre), plane.place(a), plane.place(b));
                here.distance_m(a.toward(b, here.share_along(a, b))) <= radius_m + BORDER_M
            }
            Shape::Polygon(polygon) => polygon.rings().any(|ring| ring.meets(a, b)),
        }
    }

    /// The smallest box around the area, a little too large rather than too small.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// The corners of the outer border; empty for a circle.
    pub fn outer(&self) -> &[Position] {
        match &self.shape {
            Shape::Polygon(polygon) => polygon.outer.points(),
            Shape::Circle { .. } => &[],
        }
    }

    /// The corners of each hole.
    pub fn holes(&self) -> impl Iterator<Item = &[Position]> {
        let holes: &[Ring] = match &self.shape {
            Shape::Polygon(polygon) => &polygon.holes,
            Shape::Circle { .. } => &[],
        };
        holes.iter().map(Ring::points)
    }

    /// Centre and radius, if the fence is a circle.
    pub fn as_circle(&self) -> Option<(Position, f64)> {
        match self.shape {
            Shape::Circle { centre, radius_m } => Some((centre, radius_m)),
            Shape::Polygon(_) => None,
        }
    }

    /// Square metres, holes taken off. Good to a thousandth up to a degree across; a label, not evidence.
    pub fn area_m2(&self) -> f64 {
        match &self.shape {
            Shape::Circle { radius_m, .. } => core::f64::consts::PI * radius_m * radius_m,
            Shape::Polygon(polygon) => {
                polygon.outer.moments().area_m2
                    - polygon
                        .holes
                        .iter()
                        .map(|hole| hole.moments().area_m2)
                        .sum::<f64>()
            }
        }
    }

    /// The centre of gravity, for a label on the map. It may lie outside an area that is bent or has holes.
    pub fn centroid(&self) -> Position {
        match &self.shape {
            Shape::Circle { centre, .. } => *centre,
            Shape::Polygon(polygon) => polygon.centroid(),
        }
    }
}

impl Polygon {
    fn rings(&self) -> impl Iterator<Item = &Ring> {
        core::iter::once(&self.outer).chain(&self.holes)
    }

    fn signed_m(&self, position: Position) -> f64 {
        let (mut inside, mut border_m) = (false, f64::INFINITY);
        for ring in self.rings() {
            let seen = ring.seen_from(position);
            inside ^= seen.inside;
            border_m = border_m.min(seen.border_m);
        }
        if inside { -border_m } else { border_m }
    }

    fn centroid(&self) -> Position {
        let outer = self.outer.moments();
        let (mut area, mut lat, mut lon) = (
            outer.area_m2,
            outer.area_m2 * outer.north,
            outer.area_m2 * outer.east,
        );
        for hole in self
            .holes
            .iter()
            .map(|hole| hole.moments_from(self.outer.points()[0]))
        {
            area -= hole.area_m2;
            lat -= hole.area_m2 * hole.north;
            lon -= hole.area_m2 * hole.east;
        }
        self.outer.offset_from_first(lat / area, lon / area)
    }
}

fn check_size(outer: &[Position], holes: &[Vec<Position>]) -> Result<(), FenceFault> {
    let given = outer.len() + holes.iter().map(Vec::len).sum::<usize>();
    if given > POINTS_LIMIT {
        return Err(FenceFault::TooManyPoints { given });
    }
    if holes.len() > HOLES_LIMIT {
        return Err(FenceFault::TooManyHoles { given: holes.len() });
    }
    Ok(())
}

fn check_holes(outer: &Ring, holes: &[Ring]) -> Result<(), FenceFault> {
    for (index, hole) in holes.iter().enumerate() {
        let inside = hole.is_inside(outer);
        let apart = holes[..index].iter().all(|other| hole.is_apart_from(other));
        if !inside || !apart {
            return Err(FenceFault::HoleMisplaced { hole: index });
        }
    }
    Ok(())
}

/// The box around a circle, with a thousandth to spare for the shape of the earth.
fn around(centre: Position, radius_m: f64) -> Bounds {
    let reach_m = radius_m * 1.01 + BORDER_M;
    let lat = reach_m / 110_574.0;
    let poleward = (centre.lat.abs() + lat).to_radians();
    let lon = reach_m / (111_319.0 * libm::cos(poleward));
    let west = if centre.lon - lon < -180.0 {
        centre.lon - lon + 360.0
    } else {
        centre.lon - lon
    };
    Bounds {
        south: centre.lat - lat,
        west,
        north: centre.lat + lat,
        east: west + 2.0 * lon,
    }
}

/// What is written down of a fence: the rest is worked out again on reading.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Fence", rename_all = "snake_case")]
enum Written {
    Polygon {
        outer: Vec<Position>,
        holes: Vec<Vec<Position>>,
    },
    Circle {
        centre: Position,
        radius_m: f64,
    },
}

impl Serialize for Fence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = match self.shape {
            Shape::Circle { centre, radius_m } => Written::Circle { centre, radius_m },
            Shape::Polygon(_) => Written::Polygon {
                outer: self.outer().to_vec(),
                holes: self.holes().map(<[_]>::to_vec).collect(),
            },
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fence = match Written::deserialize(deserializer)? {
            Written::Polygon { outer, holes } => Self::polygon_with_holes(outer, holes),
            Written::Circle { centre, radius_m } => Self::circle(centre, radius_m),
        };
        fence.map_err(serde::de::Error::custom)
    }
}
