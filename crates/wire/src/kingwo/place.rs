//! Field A: time of day, place, movement and date, as thirty-four digits (handbook, "A").

use core::str::from_utf8;

use segel_geo::Position;
use segel_model::report::{Fix, FixSource};

use crate::jointech::place::{KMH_PER_KNOT, Said};

/// Where the digits lie.
mod digit {
    use core::ops::Range;

    /// hhmmss.
    pub const TIME: usize = 0;
    /// DDMMmmmm.
    pub const LATITUDE: Range<usize> = 6..14;
    /// DDDMMmmmm.
    pub const LONGITUDE: Range<usize> = 14..23;
    pub const FLAGS: Range<usize> = 23..24;
    /// Two knots each.
    pub const SPEED: usize = 24;
    /// Ten degrees each.
    pub const COURSE: usize = 26;
    /// ddmmyy.
    pub const DATE: usize = 28;
    pub const END: usize = 34;
}

/// The flags digit.
mod flag {
    /// The satellites gave no fix.
    pub const NO_FIX: u32 = 1;
    pub const NORTH: u32 = 1 << 1;
    pub const EAST: u32 = 1 << 2;
}

/// What the field says; nothing where it is no digits.
pub(super) fn read(field: &[u8]) -> Option<(Said, Option<Fix>)> {
    let digits = field.get(..digit::END)?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let text = from_utf8(digits).ok()?;
    let pair = |at: usize| text[at..at + 2].parse::<u8>().unwrap_or_default();
    let said = Said::from_two_digits([
        pair(digit::DATE),
        pair(digit::DATE + 2),
        pair(digit::DATE + 4),
        pair(digit::TIME),
        pair(digit::TIME + 2),
        pair(digit::TIME + 4),
    ]);
    Some((said, fix(text, pair(digit::SPEED), pair(digit::COURSE))))
}

fn fix(text: &str, two_knots: u8, ten_degrees: u8) -> Option<Fix> {
    let flags: u32 = text[digit::FLAGS].parse().ok()?;
    let course_deg = f32::from(ten_degrees) * 10.0;
    Some(Fix {
        position: Position::new(
            signed(&text[digit::LATITUDE], flags & flag::NORTH != 0)?,
            signed(&text[digit::LONGITUDE], flags & flag::EAST != 0)?,
        )?,
        valid: flags & flag::NO_FIX == 0,
        source: FixSource::Gnss,
        speed_kmh: Some((f64::from(two_knots) * 2.0 * KMH_PER_KNOT) as f32),
        course_deg: (course_deg <= 360.0).then_some(course_deg),
        altitude_m: None,
        satellites: None,
        accuracy_m: None,
    })
}

/// Degrees and ten-thousandths of minutes; sixty minutes are none.
fn signed(digits: &str, positive: bool) -> Option<f64> {
    let value: u32 = digits.parse().ok()?;
    let minutes_e4 = value % 1_000_000;
    let degrees = f64::from(value / 1_000_000) + f64::from(minutes_e4) / 600_000.0;
    (minutes_e4 < 600_000).then_some(if positive { degrees } else { -degrees })
}
