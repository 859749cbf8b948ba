//! The twenty-eight bytes that every position begins with.

use alloc::vec::Vec;

use segel_geo::Position;
use segel_model::{
    DeviceTime,
    report::{Fix, FixSource},
};

use crate::{
    jointech::place::{self, Said},
    read::{to_bcd, u16_at, u32_at},
};

/// How many bytes.
pub const LENGTH: usize = 28;
/// What the standard says a clock shows: Beijing's time, so many minutes ahead of UTC.
pub const BEIJING_MIN: i16 = 480;

/// Where things lie (standard, "basic position information").
mod field {
    use core::ops::Range;

    pub const ALARM: usize = 0;
    pub const STATUS: usize = 4;
    pub const LATITUDE: usize = 8;
    pub const LONGITUDE: usize = 12;
    /// Metres.
    pub const ALTITUDE: usize = 16;
    /// Tenths of kilometres an hour.
    pub const SPEED: usize = 18;
    pub const COURSE: usize = 20;
    pub const CLOCK: Range<usize> = 22..28;
}

/// Bits of the status word that all makers use alike (standard, "status bits").
pub mod status {
    /// The satellites gave a fix.
    pub const FIX: u32 = 1 << 1;
    /// Latitude is south.
    pub const SOUTH: u32 = 1 << 2;
    /// Longitude is west.
    pub const WEST: u32 = 1 << 3;
}

/// Degrees from these are millionths.
const DEGREE: f64 = 1e6;

/// The bytes, field by field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// Thirty-two alarms.
    pub alarm: u32,
    /// Thirty-two states.
    pub status: u32,
    /// Millionths of a degree north or south.
    pub latitude_e6: u32,
    /// Millionths of a degree east or west.
    pub longitude_e6: u32,
    /// Metres.
    pub altitude_m: i16,
    /// Tenths of kilometres an hour.
    pub speed_e1: u16,
    /// Degrees from north.
    pub course_deg: u16,
    /// The device's clock, whatever its zone.
    pub clock: Said,
}

impl Location {
    /// Reads the first twenty-eight bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.first_chunk::<LENGTH>()?;
        Some(Self {
            alarm: u32_at(bytes, field::ALARM)?,
            status: u32_at(bytes, field::STATUS)?,
            latitude_e6: u32_at(bytes, field::LATITUDE)?,
            longitude_e6: u32_at(bytes, field::LONGITUDE)?,
            altitude_m: u16_at(bytes, field::ALTITUDE)?.cast_signed(),
            speed_e1: u16_at(bytes, field::SPEED)?,
            course_deg: u16_at(bytes, field::COURSE)?,
            clock: clock(&bytes[field::CLOCK]),
        })
    }

    /// Writes the bytes back. A clock that is no time becomes zeros.
    pub fn encode(&self, to: &mut Vec<u8>) {
        to.extend(self.alarm.to_be_bytes());
        to.extend(self.status.to_be_bytes());
        to.extend(self.latitude_e6.to_be_bytes());
        to.extend(self.longitude_e6.to_be_bytes());
        to.extend(self.altitude_m.to_be_bytes());
        to.extend(self.speed_e1.to_be_bytes());
        to.extend(self.course_deg.to_be_bytes());
        to.extend(clock_bytes(self.clock));
    }

    /// Where that is, or nothing where the numbers are no place.
    pub fn fix(&self, source: FixSource) -> Option<Fix> {
        let north = self.signed(self.latitude_e6, status::SOUTH);
        let east = self.signed(self.longitude_e6, status::WEST);
        Some(Fix {
            position: Position::new(north, east)?,
            valid: self.status & status::FIX != 0,
            source,
            speed_kmh: Some(f32::from(self.speed_e1) / 10.0),
            course_deg: (self.course_deg <= 360).then(|| f32::from(self.course_deg)),
            altitude_m: Some(f32::from(self.altitude_m)),
            satellites: None,
            accuracy_m: None,
        })
    }

    fn signed(&self, millionths: u32, negative: u32) -> f64 {
        let degrees = f64::from(millionths) / DEGREE;
        if self.status & negative == 0 {
            degrees
        } else {
            -degrees
        }
    }

    /// What in the bytes is no time, place or course: a stable name for an oddity.
    pub fn nonsense(&self) -> Option<&'static str> {
        if self.clock == Said::Nonsense {
            return Some("no_such_time");
        }
        if self.fix(FixSource::Gnss).is_none() {
            return Some("no_such_place");
        }
        (360 < self.course_deg).then_some("no_such_course")
    }
}

/// A clock of six binary-coded decimal bytes, YYMMDDhhmmss.
pub(crate) fn clock(bytes: &[u8]) -> Said {
    match *bytes {
        [year, month, day, hour, minute, second] => place::clock(&[day, month, year, hour, minute, second]),
        _ => Said::Nonsense,
    }
}

fn clock_bytes(said: Said) -> [u8; 6] {
    let digits = match said {
        Said::At(clock) | Said::Unset(clock) => clock.two_digits(),
        Said::Zero([hour, minute, second]) => [0, 0, 0, hour, minute, second],
        Said::Nonsense => [0; 6],
    };
    digits.map(to_bcd)
}

/// The moment that a clock shows which is so many minutes ahead of UTC.
pub(crate) fn moment(said: Said, ahead_min: i16) -> Option<DeviceTime> {
    let shown = said.time()?;
    Some(DeviceTime::from_unix_ms(
        shown.unix_ms - i64::from(ahead_min) * 60_000,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_behind_utc_by_its_zone() {
        let said = clock(&[0x26, 0x02, 0x03, 0x17, 0x30, 0x15]);
        let at = |ahead_min| moment(said, ahead_min).map(|time| time.unix_ms);
        assert_eq!(at(480), Some(1_770_111_015_000));
        assert_eq!(at(0), Some(1_770_111_015_000 + 8 * 3_600_000));
        assert_eq!(at(-60), Some(1_770_111_015_000 + 9 * 3_600_000));
    }

    /// Handbook 0.1: "year 2000/2010 dates or 00-00-00 mean clock not set".
    #[test]
    fn a_clock_that_was_never_set_shows_no_moment() {
        for bytes in [[0, 1, 1, 8, 0, 0], [0x10, 1, 1, 8, 0, 0], [0; 6]] {
            assert!(clock(&bytes).is_unset());
            assert_eq!(moment(clock(&bytes), 480), None);
        }
        assert_eq!(clock(&[0x26, 0x13, 1, 0, 0, 0]), Said::Nonsense);
        assert_eq!(clock(&[0x2A, 1, 1, 0, 0, 0]), Said::Nonsense);
    }
}
