//! Distances and bearings on the WGS 84 ellipsoid.
//!
//! Up to `NEAR_M` the ellipsoid is a plane with the two radii of the middle latitude: quick, and wrong by less than
//! 5 mm there. Beyond it Vincenty's inverse formula is used (half a millimetre), and where that does not converge,
//! which is only near the far side of the earth, a sphere (up to 0.6 %).

use crate::position::{Position, turn_deg};

/// Semi-major axis of WGS 84.
pub(crate) const EQUATOR_RADIUS_M: f64 = 6_378_137.0;
/// Semi-minor axis of WGS 84.
const POLAR_RADIUS_M: f64 = EQUATOR_RADIUS_M * (1.0 - FLATTENING);
/// Flattening of WGS 84.
pub(crate) const FLATTENING: f64 = 1.0 / 298.257_223_563;
/// First eccentricity, squared.
pub(crate) const ECCENTRICITY_2: f64 = FLATTENING * (2.0 - FLATTENING);

/// Mean radius, for the sphere that stands in where Vincenty gives up.
const MEAN_RADIUS_M: f64 = 6_371_008.8;
/// How far the plane of the middle latitude is trusted.
const NEAR_M: f64 = 10_000.0;
/// Beyond this latitude meridians run together too fast for the plane.
const PLANE_LATITUDE_LIMIT_DEG: f64 = 80.0;
/// Vincenty converges in under ten rounds except near antipodes, where more would not help.
const ROUNDS_LIMIT: u32 = 100;

/// Metres between two positions along the geodesic; infinite if either is no place on earth.
pub fn distance_m(a: Position, b: Position) -> f64 {
    path(a, b).map_or(f64::INFINITY, |path| path.distance_m)
}

/// The direction in which to set off from `a` to reach `b`: degrees clockwise from north, 0 to 360.
/// Zero where there is no direction: the same place twice, or no place on earth.
pub fn bearing_deg(a: Position, b: Position) -> f64 {
    let bearing = path(a, b).map_or(0.0, |path| path.bearing_rad).to_degrees();
    let bearing = if bearing < 0.0 { bearing + 360.0 } else { bearing };
    if bearing < 360.0 { bearing } else { 0.0 }
}

/// The position reached by setting off from another in a direction and going straight on (for about half the earth at most).
/// No place on earth leads to no place on earth.
pub fn ahead(from: Position, bearing_deg: f64, distance_m: f64) -> Position {
    Course::new(from, bearing_deg.to_radians()).at(distance_m)
}

/// Metres along a line of positions; zero for fewer than two.
pub fn length_m(line: &[Position]) -> f64 {
    line.iter()
        .zip(line.iter().skip(1))
        .map(|(&a, &b)| distance_m(a, b))
        .sum()
}

/// The radii of curvature at a latitude: along the meridian, and across it.
pub(crate) fn radii_m(lat_sin: f64) -> (f64, f64) {
    let w2 = 1.0 - ECCENTRICITY_2 * lat_sin * lat_sin;
    let across_m = EQUATOR_RADIUS_M / libm::sqrt(w2);
    (across_m * (1.0 - ECCENTRICITY_2) / w2, across_m)
}

struct Path {
    distance_m: f64,
    bearing_rad: f64,
}

fn path(a: Position, b: Position) -> Option<Path> {
    if !a.is_on_earth() || !b.is_on_earth() {
        return None;
    }
    Some(
        near(a, b)
            .or_else(|| vincenty(a, b))
            .unwrap_or_else(|| sphere(a, b)),
    )
}

fn near(a: Position, b: Position) -> Option<Path> {
    let middle = ((a.lat + b.lat) / 2.0).to_radians();
    if middle.abs() > PLANE_LATITUDE_LIMIT_DEG.to_radians() {
        return None;
    }
    let (sin, cos) = libm::sincos(middle);
    let (along_m, across_m) = radii_m(sin);
    let turn = turn_deg(a.lon, b.lon).to_radians();
    let (x, y) = (across_m * cos * turn, along_m * (b.lat - a.lat).to_radians());
    let distance_m = libm::sqrt(x * x + y * y);
    // The bearing at the middle, less half of what the meridians have converged by then.
    let bearing_rad = if distance_m > 0.0 {
        libm::atan2(x, y) - turn * sin / 2.0
    } else {
        0.0
    };
    (distance_m <= NEAR_M).then_some(Path {
        distance_m,
        bearing_rad,
    })
}

/// T. Vincenty, "Direct and inverse solutions of geodesics on the ellipsoid", Survey Review XXIII 176, 1975: the inverse.
fn vincenty(a: Position, b: Position) -> Option<Path> {
    let turn = turn_deg(a.lon, b.lon).to_radians();
    let (sin_a, cos_a) = reduced(a.lat);
    let (sin_b, cos_b) = reduced(b.lat);
    let mut lambda = turn;
    for _ in 0..ROUNDS_LIMIT {
        let (sin_lambda, cos_lambda) = libm::sincos(lambda);
        let east = cos_b * sin_lambda;
        let north = cos_a * sin_b - sin_a * cos_b * cos_lambda;
        let sin_sigma = libm::sqrt(east * east + north * north);
        if sin_sigma == 0.0 {
            return None;
        }
        let cos_sigma = sin_a * sin_b + cos_a * cos_b * cos_lambda;
        let sigma = libm::atan2(sin_sigma, cos_sigma);
        let sin_alpha = cos_a * cos_b * sin_lambda / sin_sigma;
        let cos2_alpha = 1.0 - sin_alpha * sin_alpha;
        let cos_2m = if cos2_alpha > 0.0 {
            cos_sigma - 2.0 * sin_a * sin_b / cos2_alpha
        } else {
            0.0
        };
        let c = longitude_share(cos2_alpha);
        let wave = sigma + c * sin_sigma * (cos_2m + c * cos_sigma * (2.0 * cos_2m * cos_2m - 1.0));
        let next = turn + (1.0 - c) * FLATTENING * sin_alpha * wave;
        if next.abs() > core::f64::consts::PI {
            return None;
        }
        if (next - lambda).abs() < 1e-12 {
            let arc = Arc {
                sigma,
                sin_sigma,
                cos_sigma,
                cos_2m,
                cos2_alpha,
            };
            return Some(Path {
                distance_m: arc.length_m(),
                bearing_rad: libm::atan2(east, north),
            });
        }
        lambda = next;
    }
    None
}

struct Arc {
    sigma: f64,
    sin_sigma: f64,
    cos_sigma: f64,
    cos_2m: f64,
    cos2_alpha: f64,
}

impl Arc {
    fn length_m(&self) -> f64 {
        let (a, b) = series(self.cos2_alpha);
        POLAR_RADIUS_M * a * (self.sigma - wave(b, self.sin_sigma, self.cos_sigma, self.cos_2m))
    }
}

/// The coefficients A and B of Vincenty's formulas.
fn series(cos2_alpha: f64) -> (f64, f64) {
    let u2 = cos2_alpha * (EQUATOR_RADIUS_M * EQUATOR_RADIUS_M / (POLAR_RADIUS_M * POLAR_RADIUS_M) - 1.0);
    let a = 1.0 + u2 / 16_384.0 * (4_096.0 + u2 * (-768.0 + u2 * (320.0 - 175.0 * u2)));
    let b = u2 / 1_024.0 * (256.0 + u2 * (-128.0 + u2 * (74.0 - 47.0 * u2)));
    (a, b)
}

/// By how much an arc on the sphere differs from that on the ellipsoid: Vincenty's delta sigma.
fn wave(b: f64, sin_sigma: f64, cos_sigma: f64, cos_2m: f64) -> f64 {
    let m2 = cos_2m * cos_2m;
    let third = b / 6.0 * cos_2m * (4.0 * sin_sigma * sin_sigma - 3.0) * (4.0 * m2 - 3.0);
    let second = b / 4.0 * (cos_sigma * (2.0 * m2 - 1.0) - third);
    b * sin_sigma * (cos_2m + second)
}

/// What stretches the longitude: Vincenty's C.
fn longitude_share(cos2_alpha: f64) -> f64 {
    FLATTENING / 16.0 * cos2_alpha * (4.0 + FLATTENING * (4.0 - 3.0 * cos2_alpha))
}

/// A straight way on the ellipsoid: Vincenty's direct formula, prepared for many distances.
pub(crate) struct Course {
    from: Position,
    /// Sine and cosine of the bearing and of the reduced latitude at the start.
    bearing: (f64, f64),
    reduced: (f64, f64),
    sin_alpha: f64,
    cos2_alpha: f64,
    sigma_1: f64,
    a: f64,
    b: f64,
}

impl Course {
    pub(crate) fn new(from: Position, bearing_rad: f64) -> Self {
        let bearing = libm::sincos(bearing_rad);
        let reduced = reduced(from.lat);
        let sin_alpha = reduced.1 * bearing.0;
        let cos2_alpha = 1.0 - sin_alpha * sin_alpha;
        let (a, b) = series(cos2_alpha);
        let sigma_1 = libm::atan2(reduced.0, reduced.1 * bearing.1);
        Self {
            from,
            bearing,
            reduced,
            sin_alpha,
            cos2_alpha,
            sigma_1,
            a,
            b,
        }
    }

    /// The straight way between two positions and its length.
    pub(crate) fn between(from: Position, to: Position) -> (Self, f64) {
        let path = path(from, to).unwrap_or(Path {
            distance_m: f64::INFINITY,
            bearing_rad: 0.0,
        });
        (Self::new(from, path.bearing_rad), path.distance_m)
    }

    /// The position a distance along the way.
    pub(crate) fn at(&self, distance_m: f64) -> Position {
        let flat = distance_m / (POLAR_RADIUS_M * self.a);
        let mut sigma = flat;
        // Three rounds settle to less than a millimetre, because `b` is under a thousandth.
        for _ in 0..4 {
            let (sin, cos) = libm::sincos(sigma);
            sigma = flat + wave(self.b, sin, cos, libm::cos(2.0 * self.sigma_1 + sigma));
        }
        self.arrive(sigma)
    }

    fn arrive(&self, sigma: f64) -> Position {
        let ((sin_bearing, cos_bearing), (sin_u, cos_u)) = (self.bearing, self.reduced);
        let (sin, cos) = libm::sincos(sigma);
        let cos_2m = libm::cos(2.0 * self.sigma_1 + sigma);
        let side = sin_u * sin - cos_u * cos * cos_bearing;
        let across = libm::sqrt(self.sin_alpha * self.sin_alpha + side * side);
        let lat = libm::atan2(
            sin_u * cos + cos_u * sin * cos_bearing,
            (1.0 - FLATTENING) * across,
        );
        let lambda = libm::atan2(sin * sin_bearing, cos_u * cos - sin_u * sin * cos_bearing);
        let c = longitude_share(self.cos2_alpha);
        let bent = sigma + c * sin * (cos_2m + c * cos * (2.0 * cos_2m * cos_2m - 1.0));
        let lon = lambda - (1.0 - c) * FLATTENING * self.sin_alpha * bent;
        Position {
            lat: lat.to_degrees(),
            lon: turn_deg(0.0, self.from.lon + lon.to_degrees()),
        }
    }
}

/// Sine and cosine of the reduced latitude.
fn reduced(lat: f64) -> (f64, f64) {
    let (sin, cos) = libm::sincos(lat.to_radians());
    let (y, x) = ((1.0 - FLATTENING) * sin, cos);
    let length = libm::sqrt(x * x + y * y);
    (y / length, x / length)
}

fn sphere(a: Position, b: Position) -> Path {
    let (sin_a, cos_a) = libm::sincos(a.lat.to_radians());
    let (sin_b, cos_b) = libm::sincos(b.lat.to_radians());
    let (sin_turn, cos_turn) = libm::sincos(turn_deg(a.lon, b.lon).to_radians());
    let east = cos_b * sin_turn;
    let north = cos_a * sin_b - sin_a * cos_b * cos_turn;
    let up = sin_a * sin_b + cos_a * cos_b * cos_turn;
    let arc = libm::atan2(libm::sqrt(east * east + north * north), up);
    Path {
        distance_m: MEAN_RADIUS_M * arc,
        bearing_rad: libm::atan2(east, north),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
    use proptest::prelude::*;

    fn at(lat: f64, lon: f64) -> Position {
        Position { lat, lon }
    }

    fn oracle(a: Position, b: Position) -> (f64, f64) {
        let (distance_m, azimuth, _, _): (f64, f64, f64, f64) =
            Geodesic::wgs84().inverse(a.lat, a.lon, b.lat, b.lon);
        (distance_m, azimuth)
    }

    #[test]
    fn tanjung_emas_to_tanjung_priok_is_as_far_as_the_geodesic() {
        let (emas, priok) = (at(-6.9425, 110.4239), at(-6.1040, 106.8800));
        assert!((distance_m(emas, priok) - oracle(emas, priok).0).abs() < 0.001);
    }

    #[test]
    fn the_far_side_of_the_earth_has_a_distance_too() {
        let there = distance_m(at(0.3, 0.0), at(-0.2, 179.7));
        assert!((there / oracle(at(0.3, 0.0), at(-0.2, 179.7)).0 - 1.0).abs() < 0.006);
        assert!((distance_m(at(90.0, 0.0), at(-90.0, 0.0)) - 20_003_931.5).abs() < 1.0);
    }

    #[test]
    fn no_place_on_earth_is_infinitely_far() {
        for nowhere in [at(f64::NAN, 0.0), at(0.0, f64::NEG_INFINITY), at(91.0, 0.0)] {
            assert_eq!(distance_m(nowhere, at(0.0, 0.0)), f64::INFINITY);
            assert_eq!(distance_m(at(0.0, 0.0), nowhere), f64::INFINITY);
            assert_eq!(bearing_deg(nowhere, at(0.0, 0.0)), 0.0);
        }
    }

    #[test]
    fn the_same_place_twice_has_neither_distance_nor_direction() {
        assert_eq!(distance_m(at(-7.0, 110.0), at(-7.0, 110.0)), 0.0);
        assert_eq!(bearing_deg(at(-7.0, 110.0), at(-7.0, 110.0)), 0.0);
        assert_eq!(distance_m(at(90.0, 5.0), at(90.0, 5.0)), 0.0);
    }

    #[test]
    fn a_line_of_fewer_than_two_positions_has_no_length() {
        assert_eq!(length_m(&[]), 0.0);
        assert_eq!(length_m(&[at(1.0, 1.0)]), 0.0);
        let line = [at(0.0, 0.0), at(0.0, 0.01), at(0.01, 0.01)];
        assert_eq!(
            length_m(&line),
            distance_m(line[0], line[1]) + distance_m(line[1], line[2])
        );
    }

    #[test]
    fn across_the_date_line_is_a_short_way() {
        let (west, east) = (at(-16.0, 179.99), at(-16.0, -179.99));
        assert!((distance_m(west, east) - oracle(west, east).0).abs() < 0.001);
        assert!((bearing_deg(west, east) - 90.0).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn near_distances_and_bearings_agree_with_the_geodesic(
            lat in -79.0..79.0f64, lon in -180.0..180.0f64, north in -0.06..0.06f64, east in -0.06..0.06f64,
        ) {
            let (a, b) = (at(lat, lon), at(lat + north, lon + east));
            prop_assume!(b.is_on_earth());
            let (distance, azimuth) = oracle(a, b);
            prop_assert!((distance_m(a, b) - distance).abs() < 0.005, "{} {}", distance_m(a, b), distance);
            if distance > 10.0 {
                let off = turn_deg(bearing_deg(a, b), azimuth.rem_euclid(360.0)).abs();
                prop_assert!(off < 0.001, "{off}");
            }
        }

        #[test]
        fn far_distances_agree_with_the_geodesic(
            lat_a in -90.0..90.0f64, lat_b in -90.0..90.0f64, lon_a in -180.0..180.0f64, turn in -175.0..175.0f64,
        ) {
            let lon_b = turn_deg(0.0, lon_a + turn);
            let (a, b) = (at(lat_a, lon_a), at(lat_b, lon_b));
            prop_assume!(b.is_on_earth());
            let (distance, azimuth) = oracle(a, b);
            prop_assert!((distance_m(a, b) - distance).abs() < 0.001);
            prop_assert!(turn_deg(bearing_deg(a, b), azimuth.rem_euclid(360.0)).abs() < 0.001);
        }

        #[test]
        fn going_ahead_arrives_where_the_geodesic_does(
            lat in -89.0..89.0f64, lon in -180.0..180.0f64, bearing in 0.0..360.0f64, far_m in 0.0..5_000_000.0f64,
        ) {
            let (lat_b, lon_b): (f64, f64) = Geodesic::wgs84().direct(lat, lon, bearing, far_m);
            let off_m = distance_m(ahead(at(lat, lon), bearing, far_m), at(lat_b, lon_b));
            prop_assert!(off_m < 0.001, "{off_m}");
        }

        #[test]
        fn distance_is_total(lat_a: f64, lon_a: f64, lat_b: f64, lon_b: f64) {
            let (a, b) = (at(lat_a, lon_a), at(lat_b, lon_b));
            prop_assert!(distance_m(a, b) >= 0.0);
            prop_assert!((0.0..360.0).contains(&bearing_deg(a, b)));
            let _ = ahead(a, lat_b, lon_b);
        }
    }
}
