//! The truth, slowly: distances by Karney's geodesics, the nearest place by golden section.
#![allow(dead_code)]

use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
use segel_geo::Position;

pub fn at(lat: f64, lon: f64) -> Position {
    Position { lat, lon }
}

pub fn distance_m(a: Position, b: Position) -> f64 {
    Geodesic::wgs84().inverse(a.lat, a.lon, b.lat, b.lon)
}

/// The position so many metres from another in a direction.
pub fn go(from: Position, bearing_deg: f64, distance_m: f64) -> Position {
    let (lat, lon): (f64, f64) = Geodesic::wgs84().direct(from.lat, from.lon, bearing_deg, distance_m);
    at(lat, lon)
}

/// Metres from a position to the geodesic between two others.
pub fn to_segment_m(position: Position, a: Position, b: Position) -> f64 {
    let (length_m, azimuth, _, _): (f64, f64, f64, f64) =
        Geodesic::wgs84().inverse(a.lat, a.lon, b.lat, b.lon);
    let aside_m = |along_m: f64| distance_m(position, go(a, azimuth, along_m));
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (0.0, length_m);
    while high - low > 0.002 {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if aside_m(left) < aside_m(right) {
            high = right
        } else {
            low = left
        }
    }
    aside_m((low + high) / 2.0)
        .min(aside_m(0.0))
        .min(aside_m(length_m))
}

/// Metres from a position to a line. Segments that cannot be nearest are left out by their ends.
pub fn to_line_m(position: Position, line: &[Position]) -> f64 {
    let ends: Vec<f64> = line.iter().map(|point| distance_m(position, *point)).collect();
    let mut best_m = ends.iter().copied().fold(f64::INFINITY, f64::min);
    for (index, pair) in line.windows(2).enumerate() {
        let length_m = distance_m(pair[0], pair[1]);
        let least_m = (ends[index] + ends[index + 1] - length_m) / 2.0;
        if least_m < best_m {
            best_m = best_m.min(to_segment_m(position, pair[0], pair[1]));
        }
    }
    best_m
}

/// A winding road from a start: for each step a turn in degrees and a length in metres.
pub fn road(start: Position, bearing_deg: f64, steps: &[(f64, f64)]) -> Vec<Position> {
    let mut road = vec![start];
    let mut heading_deg = bearing_deg;
    for (turn_deg, length_m) in steps {
        heading_deg += turn_deg;
        road.push(go(road[road.len() - 1], heading_deg, *length_m));
    }
    road
}
