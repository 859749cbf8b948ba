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
        let position = Self { lat, lon };
        position.is_on_earth().then_some(position)
    }

    /// Whether both numbers are in range; `NaN` is not.
    pub fn is_on_earth(self) -> bool {
        self.lat.abs() <= 90.0 && self.lon.abs() <= 180.0
    }
}

/// The shortest way from one longitude to another, in degrees: -180 to 180, also across the date line.
pub(crate) fn turn_deg(from_lon: f64, to_lon: f64) -> f64 {
    let turn = to_lon - from_lon;
    if turn > 180.0 {
        turn - 360.0
    } else if turn < -180.0 {
        turn + 360.0
    } else {
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_on_earth_are_positions() {
        assert!(Position::new(90.0, -180.0).is_some());
        assert!(Position::new(90.000_001, 0.0).is_none());
        assert!(Position::new(0.0, 180.000_001).is_none());
        assert!(Position::new(f64::NAN, 0.0).is_none());
        assert!(Position::new(0.0, f64::INFINITY).is_none());
    }

    #[test]
    fn the_date_line_is_crossed_the_short_way() {
        assert_eq!(turn_deg(179.0, -179.0), 2.0);
        assert_eq!(turn_deg(-179.0, 179.0), -2.0);
        assert_eq!(turn_deg(110.0, 106.5), -3.5);
    }
}
