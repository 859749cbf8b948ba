//! One closed border of a fence.

use alloc::vec::Vec;

use super::{BORDER_M, Bounds, FenceFault, LATITUDE_LIMIT_DEG, RingName, SPAN_LIMIT_DEG};
use crate::{
    distance::{distance_m, radii_m},
    plane::Point,
    position::{Position, turn_deg},
};

/// Beyond this distance a plane is not trusted and the distance is measured along the geodesic.
const PLANE_REACH_M: f64 = 1_000.0;

/// Three points or more, none repeated, no edge meeting another; not closed: the last edge leads back to the first point.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ring {
    points: Vec<Position>,
}

/// A ring as seen from a position.
pub(super) struct Seen {
    pub inside: bool,
    pub border_m: f64,
}

/// Area and centre of gravity, the latter in degrees from a given position.
pub(super) struct Moments {
    pub area_m2: f64,
    pub north: f64,
    pub east: f64,
}

impl Ring {
    pub fn new(mut points: Vec<Position>, ring: RingName) -> Result<Self, FenceFault> {
        if points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        let given = points.len();
        if given < 3 {
            return Err(FenceFault::TooFewPoints { ring, given });
        }
        if let Some(index) = points.iter().position(|point| !is_usable(*point)) {
            return Err(FenceFault::BadPosition { ring, index });
        }
        let built = Self { points };
        built.check(ring)?;
        Ok(built)
    }

    fn check(&self, ring: RingName) -> Result<(), FenceFault> {
        if let Some(edge) = self.edges().position(|(a, b)| a == b) {
            return Err(FenceFault::RepeatedPoint {
                ring,
                index: (edge + 1) % self.points.len(),
            });
        }
        let bounds = self.bounds();
        if bounds.north - bounds.south > SPAN_LIMIT_DEG || bounds.east - bounds.west > SPAN_LIMIT_DEG {
            return Err(FenceFault::TooWide);
        }
        match self.crossing() {
            Some((edge, other)) => Err(FenceFault::CrossesItself {
                ring,
                edge,
                other,
                at: self.points[edge],
            }),
            None => Ok(()),
        }
    }

    pub fn points(&self) -> &[Position] {
        &self.points
    }

    pub fn edges(&self) -> impl Iterator<Item = (Position, Position)> {
        self.points
            .iter()
            .copied()
            .zip(self.points.iter().copied().cycle().skip(1))
    }

    pub fn bounds(&self) -> Bounds {
        let flat: Vec<Point> = self.flat(self.points[0]);
        let range = |of: fn(&Point) -> f64| {
            let values = flat.iter().map(of);
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| {
                (least.min(value), most.max(value))
            })
        };
        let ((west, east), (south, north)) = (range(|point| point.x), range(|point| point.y));
        let (first, margin) = (self.points[0], BORDER_DEG);
        let corner = turn_deg(0.0, first.lon + west - margin);
        Bounds {
            south: first.lat + south - margin,
            west: corner,
            north: first.lat + north + margin,
            east: corner + (east - west) + 2.0 * margin,
        }
    }

    /// How the ring lies around a position: edges are straight in degrees, so the plane here is a plain stretching.
    pub fn seen_from(&self, position: Position) -> Seen {
        let (sin, cos) = libm::sincos(position.lat.to_radians());
        let (along_m, across_m) = radii_m(sin);
        let (east, north) = ((across_m * cos).to_radians(), along_m.to_radians());
        let place = |point: Position| Point {
            x: turn_deg(position.lon, point.lon) * east,
            y: (point.lat - position.lat) * north,
        };
        let here = Point { x: 0.0, y: 0.0 };
        let (mut inside, mut nearest_m, mut nearest) = (false, f64::INFINITY, here);
        let mut a = place(self.points[self.points.len() - 1]);
        for point in &self.points {
            let b = place(*point);
            inside ^= passes_east_of_origin(a, b);
            let on_edge = a.toward(b, here.share_along(a, b));
            let distance_m = here.distance_m(on_edge);
            if distance_m < nearest_m {
                (nearest_m, nearest) = (distance_m, on_edge);
            }
            a = b;
        }
        if nearest_m > PLANE_REACH_M {
            let lon = turn_deg(0.0, position.lon + nearest.x / east);
            nearest_m = distance_m(
                position,
                Position {
                    lat: position.lat + nearest.y / north,
                    lon,
                },
            );
        }
        Seen {
            inside,
            border_m: nearest_m,
        }
    }

    /// Whether the straight line between two positions meets the border.
    pub fn meets(&self, a: Position, b: Position) -> bool {
        let flat = |point| flatten(a, point);
        let piece = (flat(a), flat(b));
        self.edges().any(|(from, to)| meet(piece, (flat(from), flat(to))))
    }

    pub fn is_inside(&self, outer: &Ring) -> bool {
        outer.seen_from(self.points[0]).inside && self.edges().all(|(a, b)| !outer.meets(a, b))
    }

    pub fn is_apart_from(&self, other: &Ring) -> bool {
        let nested = self.seen_from(other.points[0]).inside || other.seen_from(self.points[0]).inside;
        !nested && self.edges().all(|(a, b)| !other.meets(a, b))
    }

    pub fn moments(&self) -> Moments {
        self.moments_from(self.points[0])
    }

    /// Area and centre of gravity, the latter in degrees from `origin`.
    pub fn moments_from(&self, origin: Position) -> Moments {
        let flat = self.flat(origin);
        let (mut doubled, mut x, mut y) = (0.0, 0.0, 0.0);
        for (index, b) in flat.iter().enumerate() {
            let a = &flat[index.checked_sub(1).unwrap_or(flat.len() - 1)];
            let slice = a.x * b.y - b.x * a.y;
            doubled += slice;
            x += (a.x + b.x) * slice;
            y += (a.y + b.y) * slice;
        }
        let (east, north) = (x / (3.0 * doubled), y / (3.0 * doubled));
        let (sin, cos) = libm::sincos((origin.lat + north).to_radians());
        let (along_m, across_m) = radii_m(sin);
        let degree_2 = along_m.to_radians() * (across_m * cos).to_radians();
        Moments {
            area_m2: (doubled / 2.0).abs() * degree_2,
            north,
            east,
        }
    }

    /// The position so many degrees from the ring's first point.
    pub fn offset_from_first(&self, north: f64, east: f64) -> Position {
        let first = self.points[0];
        Position {
            lat: first.lat + north,
            lon: turn_deg(0.0, first.lon + east),
        }
    }

    fn flat(&self, origin: Position) -> Vec<Point> {
        self.points.iter().map(|point| flatten(origin, *point)).collect()
    }

    /// The first two edges that meet anywhere but at the corner they share.
    fn crossing(&self) -> Option<(usize, usize)> {
        let flat = self.flat(self.points[0]);
        let count = flat.len();
        let edge = |index: usize| (flat[index], flat[(index + 1) % count]);
        (0..count).find_map(|first| {
            let meets = |other: &usize| {
                let neighbours = other - first == 1 || (first == 0 && *other == count - 1);
                if neighbours {
                    fold_back(edge(first), edge(*other))
                } else {
                    meet(edge(first), edge(*other))
                }
            };
            (first + 1..count).find(meets).map(|other| (first, other))
        })
    }
}

/// `BORDER_M` in degrees, generously, up to 80 degrees north or south.
const BORDER_DEG: f64 = BORDER_M / 10_000.0;

pub(super) fn is_usable(point: Position) -> bool {
    point.is_on_earth() && point.lat.abs() <= LATITUDE_LIMIT_DEG
}

/// Degrees east and north of an origin.
fn flatten(origin: Position, point: Position) -> Point {
    Point {
        x: turn_deg(origin.lon, point.lon),
        y: point.lat - origin.lat,
    }
}

/// Whether an edge crosses the ray that runs east from the origin. An end exactly on the ray counts as south of it, so that
/// a corner is counted once.
fn passes_east_of_origin(a: Point, b: Point) -> bool {
    (a.y > 0.0) != (b.y > 0.0) && (a.x * b.y > b.x * a.y) == (b.y > a.y)
}

/// On which side of the line from `a` to `b` a point lies: positive on the left.
fn side(a: Point, b: Point, point: Point) -> f64 {
    (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x)
}

/// Whether two pieces have a place in common.
fn meet((a, b): (Point, Point), (c, d): (Point, Point)) -> bool {
    let (c_side, d_side) = (side(a, b, c), side(a, b, d));
    let (a_side, b_side) = (side(c, d, a), side(c, d, b));
    let apart = (c_side > 0.0 && d_side > 0.0)
        || (c_side < 0.0 && d_side < 0.0)
        || (a_side > 0.0 && b_side > 0.0)
        || (a_side < 0.0 && b_side < 0.0);
    !apart && overlap((a.x, b.x), (c.x, d.x)) && overlap((a.y, b.y), (c.y, d.y))
}

fn overlap((a, b): (f64, f64), (c, d): (f64, f64)) -> bool {
    a.min(b) <= c.max(d) && c.min(d) <= a.max(b)
}

/// Whether two edges that share a corner run over each other.
fn fold_back((a, b): (Point, Point), (c, d): (Point, Point)) -> bool {
    let (corner, one, two) = if b == c { (b, a, d) } else { (a, b, c) };
    let onward = (one.x - corner.x) * (two.x - corner.x) + (one.y - corner.y) * (two.y - corner.y);
    side(corner, one, two) == 0.0 && onward > 0.0
}
