//! A plane laid on the ellipsoid at one position, in metres east and north of it.
//!
//! The second-order terms are kept (meridians converge, parallels bend), so that at 20 km from the origin the ground is
//! still true to a few parts in a million and a straight line on the ground is still straight on the plane.
//! Without them a corridor of 40 km is wrong by 8 cm at the latitude of Java, and by metres in the north of Europe.

use crate::{
    distance::{ECCENTRICITY_2, radii_m},
    position::{Position, turn_deg},
};

/// A plane touching the earth at its origin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    origin: Position,
    /// Metres east for one degree of longitude.
    east: f64,
    /// What a degree north takes from that.
    converge: f64,
    /// Metres north for one degree of latitude.
    north: f64,
    /// How a parallel bends north (for a degree of longitude, squared).
    bend: f64,
    /// How a degree of latitude grows (for a degree of latitude, squared).
    stretch: f64,
}

impl Plane {
    /// The plane at a position. One at a position that is no place on earth puts everything at no place either.
    pub fn at(origin: Position) -> Self {
        let degree = 1f64.to_radians();
        let (sin, cos) = libm::sincos(origin.lat.to_radians());
        let (along_m, across_m) = radii_m(sin);
        let w2 = 1.0 - ECCENTRICITY_2 * sin * sin;
        Self {
            origin,
            east: across_m * cos * degree,
            converge: along_m * sin * degree * degree,
            north: along_m * degree,
            bend: across_m * sin * cos / 2.0 * degree * degree,
            stretch: 1.5 * along_m * ECCENTRICITY_2 * sin * cos / w2 * degree * degree,
        }
    }

    /// Where the plane touches.
    pub fn origin(&self) -> Position {
        self.origin
    }

    /// Metres east and north of the origin.
    #[inline]
    pub fn place(&self, position: Position) -> Point {
        let lat = position.lat - self.origin.lat;
        let lon = turn_deg(self.origin.lon, position.lon);
        Point {
            x: lon * (self.east - self.converge * lat),
            y: lat * (self.north + self.stretch * lat) + self.bend * lon * lon,
        }
    }

    /// The position of a point: the reverse of `place`, exact to a millimetre within 20 km.
    pub fn position(&self, point: Point) -> Position {
        let (mut lat, mut lon) = (point.y / self.north, point.x / self.east);
        for _ in 0..3 {
            lon = point.x / (self.east - self.converge * lat);
            lat = (point.y - self.bend * lon * lon) / (self.north + self.stretch * lat);
        }
        Position {
            lat: self.origin.lat + lat,
            lon: turn_deg(0.0, self.origin.lon + lon),
        }
    }
}

/// Metres east (`x`) and north (`y`) on a plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Metres east of the plane's origin.
    pub x: f64,
    /// Metres north of the plane's origin.
    pub y: f64,
}

impl Point {
    /// Metres to another point.
    pub fn distance_m(self, other: Point) -> f64 {
        let (x, y) = (self.x - other.x, self.y - other.y);
        libm::sqrt(x * x + y * y)
    }

    /// The share of the way from `a` to `b` at which the piece comes nearest to this point, 0 to 1.
    pub fn share_along(self, a: Point, b: Point) -> f64 {
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let length_2 = dx * dx + dy * dy;
        let share = ((self.x - a.x) * dx + (self.y - a.y) * dy) / length_2;
        if share > 0.0 { share.min(1.0) } else { 0.0 }
    }

    /// The point a share of the way to another.
    pub fn toward(self, other: Point, share: f64) -> Point {
        Point {
            x: self.x + (other.x - self.x) * share,
            y: self.y + (other.y - self.y) * share,
        }
    }
}

#[cfg(test)]
mod tests {
    use geographiclib_rs::{DirectGeodesic, Geodesic};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn twenty_kilometres_off_the_plane_is_true_to_ten_centimetres(
            lat in -46.0..46.0f64, lon in -180.0..180.0f64, bearing in 0.0..360.0f64, far_m in 0.0..20_000.0f64,
        ) {
            let (lat_b, lon_b): (f64, f64) = Geodesic::wgs84().direct(lat, lon, bearing, far_m);
            let plane = Plane::at(Position { lat, lon });
            let (sin, cos) = libm::sincos(bearing.to_radians());
            let truth = Point { x: far_m * sin, y: far_m * cos };
            let placed = plane.place(Position { lat: lat_b, lon: lon_b });
            prop_assert!(placed.distance_m(truth) < 0.1, "{}", placed.distance_m(truth));
            let back = plane.position(placed);
            prop_assert!((back.lat - lat_b).abs() < 1e-8 && turn_deg(back.lon, lon_b).abs() < 2e-8);
        }

        #[test]
        fn placing_is_total(lat: f64, lon: f64, origin_lat: f64, origin_lon: f64, x: f64, y: f64) {
            let plane = Plane::at(Position { lat: origin_lat, lon: origin_lon });
            let placed = plane.place(Position { lat, lon });
            let _ = (plane.position(Point { x, y }), plane.position(placed));
        }
    }
}
