//! A place on the WGS 84 ellipsoid.

use serde::{Deserialize, Serialize};

/// Latitude and longitude in degrees, WGS 84. Longitude is east positive.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Degrees north, -90 to 90.
    pub lat: f64,
    /// Degrees east, -180 to 180.
    pub lon: f64,
}

impl Position {
    /// A position, or nothing where the numbers are no place on earth.
    pub fn new(lat: f64, lon: f64) -> Option<Self> {
        let on_earth = lat.abs() <= 90.0 && lon.abs() <= 180.0;
        on_earth.then_some(Self { lat, lon })
    }
}
