//! Time, place, speed and course: the seventeen bytes that every binary record of this family begins with.

use alloc::vec::Vec;

use segel_geo::Position;
use segel_model::{
    DeviceTime,
    report::{Fix, FixSource},
};

use crate::{
    calendar::Clock,
    read::{bcd, to_bcd},
};

/// How many bytes.
pub const LENGTH: usize = 17;
/// Kilometres in a nautical mile.
pub const KMH_PER_KNOT: f64 = 1.852;

mod field {
    use core::ops::Range;

    // Manual, table "position data", rows date to direction.
    pub const CLOCK: Range<usize> = 0..6;
    pub const LATITUDE: Range<usize> = 6..10;
    pub const LONGITUDE: Range<usize> = 10..14;
    /// High nibble: last digit of the longitude. Low nibble: flags.
    pub const LONGITUDE_END: usize = 14;
    pub const SPEED: usize = 15;
    pub const COURSE: usize = 16;
}

/// What the flag nibble says (manual, "location indicator").
pub mod flag {
    /// The satellites gave a fix.
    pub const FIX: u8 = 1;
    /// Latitude is north.
    pub const NORTH: u8 = 1 << 1;
    /// Longitude is east.
    pub const EAST: u8 = 1 << 2;
    /// Always set.
    pub const FIXED: u8 = 1 << 3;
}

/// The seventeen bytes, field by field. What is no number or no date is nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// The seal's clock, in UTC.
    pub clock: Said,
    /// Degrees and minutes north or south as written, DDMMmmmm.
    pub latitude: Option<u32>,
    /// Degrees and minutes east or west as written, DDDMMmmmm.
    pub longitude: Option<u32>,
    /// See [`flag`].
    pub flags: u8,
    /// Knots.
    pub speed_kn: u8,
    /// Half degrees: the course is twice this.
    pub course_half_deg: u8,
}

/// What a seal's clock says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// A date and time.
    At(Clock),
    /// A date and time that the maker uses for "not set": any of the years 2000 and 2010.
    Unset(Clock),
    /// A date of zeros: not set. The time of day counts from the start, as two digits each.
    Zero([u8; 3]),
    /// No date, or no digits.
    Nonsense,
}

impl Said {
    /// From day, month, year of the century, hour, minute, second.
    pub fn from_two_digits([day, month, year, hour, minute, second]: [u8; 6]) -> Self {
        if [day, month, year] == [0; 3] {
            return Self::Zero([hour, minute, second]);
        }
        match Clock::new(2000 + u16::from(year), month, day, hour, minute, second) {
            Some(clock) if matches!(clock.year(), 2000 | 2010) => Self::Unset(clock),
            Some(clock) => Self::At(clock),
            None => Self::Nonsense,
        }
    }

    /// The seal's time, where its clock is set.
    pub fn time(self) -> Option<DeviceTime> {
        match self {
            Self::At(clock) => Some(DeviceTime::from_unix_ms(clock.unix_ms())),
            Self::Unset(_) | Self::Zero(_) | Self::Nonsense => None,
        }
    }

    /// Whether the seal knows that it does not know the time.
    pub const fn is_unset(self) -> bool {
        matches!(self, Self::Unset(_) | Self::Zero(_))
    }
}

impl Place {
    /// Reads the first seventeen bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.first_chunk::<LENGTH>()?;
        Some(Self {
            clock: clock(&bytes[field::CLOCK]),
            latitude: bcd(&bytes[field::LATITUDE]).map(|digits| digits as u32),
            longitude: longitude(bytes),
            flags: bytes[field::LONGITUDE_END] & 0x0F,
            speed_kn: bytes[field::SPEED],
            course_half_deg: bytes[field::COURSE],
        })
    }

    /// Writes the bytes back. What was nothing becomes zeros.
    pub fn encode(&self, to: &mut Vec<u8>) {
        let [year, month, day, hour, minute, second] = match self.clock {
            Said::At(clock) | Said::Unset(clock) => clock.two_digits(),
            Said::Zero([hour, minute, second]) => [0, 0, 0, hour, minute, second],
            Said::Nonsense => [0; 6],
        };
        to.extend([day, month, year, hour, minute, second].map(to_bcd));
        let latitude = self.latitude.unwrap_or_default();
        to.extend([latitude / 1_000_000, latitude / 10_000, latitude / 100, latitude].map(pair));
        let longitude = self.longitude.unwrap_or_default();
        to.extend(
            [
                longitude / 10_000_000,
                longitude / 100_000,
                longitude / 1000,
                longitude / 10,
            ]
            .map(pair),
        );
        to.push(((longitude % 10) as u8) << 4 | self.flags & 0x0F);
        to.extend([self.speed_kn, self.course_half_deg]);
    }

    /// Where that is, or nothing where the digits are no place.
    pub fn position(&self) -> Option<Position> {
        let north = signed(degrees(self.latitude?)?, self.flags & flag::NORTH != 0);
        let east = signed(degrees(self.longitude?)?, self.flags & flag::EAST != 0);
        Position::new(north, east)
    }

    /// The fix. The maker's manual and SDK take the speed byte as a plain number of knots.
    pub fn fix(&self, source: FixSource) -> Option<Fix> {
        let course_deg = u16::from(self.course_half_deg) * 2;
        Some(Fix {
            position: self.position()?,
            valid: self.flags & flag::FIX != 0,
            source,
            speed_kmh: Some((f64::from(self.speed_kn) * KMH_PER_KNOT) as f32),
            course_deg: (course_deg <= 360).then(|| f32::from(course_deg)),
            altitude_m: None,
            satellites: None,
            accuracy_m: None,
        })
    }

    /// What in the bytes is no number, date or place: a stable name for an oddity.
    pub fn nonsense(&self) -> Option<&'static str> {
        if self.clock == Said::Nonsense {
            return Some("no_such_time");
        }
        if self.position().is_none() {
            return Some("no_such_place");
        }
        (self.course_half_deg > 180).then_some("no_such_course")
    }
}

fn pair(digits: u32) -> u8 {
    to_bcd((digits % 100) as u8)
}

/// A clock of six binary-coded decimal bytes, DDMMYYhhmmss.
pub(crate) fn clock(bytes: &[u8]) -> Said {
    let Some(bytes) = bytes.first_chunk::<6>() else {
        return Said::Nonsense;
    };
    if bcd(bytes).is_none() {
        return Said::Nonsense;
    }
    Said::from_two_digits(bytes.map(|byte| (byte >> 4) * 10 + (byte & 0x0F)))
}

fn longitude(bytes: &[u8; LENGTH]) -> Option<u32> {
    let head = bcd(&bytes[field::LONGITUDE])? as u32;
    let last = bytes[field::LONGITUDE_END] >> 4;
    (last <= 9).then(|| head * 10 + u32::from(last))
}

/// Degrees of [D]DDMMmmmm; sixty minutes are no minutes.
fn degrees(digits: u32) -> Option<f64> {
    let minutes_e4 = digits % 1_000_000;
    let whole = f64::from(digits / 1_000_000);
    (minutes_e4 < 600_000).then(|| whole + f64::from(minutes_e4) / 600_000.0)
}

fn signed(value: f64, positive: bool) -> f64 {
    if positive { value } else { -value }
}
