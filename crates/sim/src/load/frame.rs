//! The record of one seal as bytes that stay, of which each report changes only what moves. Building a record from words
//! takes microseconds; with two cores for server and seals, that would be most of what is measured.

use std::ops::Range;

use segel_geo::Position;

use crate::seal::jointech::JointechSeal;
use crate::seal::moment::{Moment, Status};

/// Bytes of a record.
pub const BYTES: usize = 62;

/// Jointech protocol manual V1.4, the table of the `$` record, counted from the first byte.
mod field {
    use super::Range;

    pub const TIME: Range<usize> = 10..16;
    pub const LATITUDE: Range<usize> = 16..20;
    pub const LONGITUDE: Range<usize> = 20..25;
    pub const SPEED: usize = 25;
    pub const COURSE: usize = 26;
    pub const SATELLITES: usize = 31;
    pub const SERIAL: usize = 61;
}

/// How far a fix strays from the truth: some five metres.
pub(super) const FIX_NOISE_DEG: f64 = 0.000_045;

/// What a sealed container's seal says while it travels.
pub struct Frame {
    bytes: [u8; BYTES],
    serial: u8,
    noise: Noise,
}

/// Where all seals are at a moment, and when that is.
pub struct Now {
    /// The true place.
    pub place: Position,
    /// Seconds since 1970.
    pub unix_s: i64,
    time: [u8; 6],
}

impl Now {
    /// At that place, by a clock that is right.
    pub fn at(place: Position, unix_s: i64) -> Self {
        let frame = JointechSeal::new(0)
            .record(&Moment {
                unix_s,
                ..standing_at(place)
            })
            .0;
        let mut time = [0; 6];
        time.copy_from_slice(&frame[field::TIME]);
        Self { place, unix_s, time }
    }
}

impl Frame {
    /// Of that seal; its noise is its own, the same in each run.
    pub fn of(number: u64, place: Position) -> Self {
        let frame = JointechSeal::new(number).record(&standing_at(place)).0;
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(&frame);
        Self {
            bytes,
            serial: 0,
            noise: Noise::of(number),
        }
    }

    /// The next record, at the end of `to`; gives its serial.
    pub fn say(&mut self, now: &Now, to: &mut Vec<u8>) -> u8 {
        let serial = self.serial;
        self.serial = serial.wrapping_add(1);
        let lat = now.place.lat + self.noise.next(FIX_NOISE_DEG);
        let lon = now.place.lon + self.noise.next(FIX_NOISE_DEG);
        self.bytes[field::TIME].copy_from_slice(&now.time);
        self.bytes[field::LATITUDE].copy_from_slice(&latitude(lat));
        let flags = self.bytes[field::LONGITUDE.end - 1] & 0x0f;
        self.bytes[field::LONGITUDE].copy_from_slice(&longitude(lon, flags));
        // Knots and half degrees.
        self.bytes[field::SPEED] = (22.0 + self.noise.next(3.0)) as u8;
        self.bytes[field::COURSE] = (45.0 + self.noise.next(4.0)) as u8;
        self.bytes[field::SATELLITES] = (9.0 + self.noise.next(3.0)) as u8;
        self.bytes[field::SERIAL] = serial;
        to.extend_from_slice(&self.bytes);
        serial
    }
}

/// DDMMMMMM.
fn latitude(degrees: f64) -> [u8; 4] {
    let digits = degrees_minutes(degrees);
    [1_000_000, 10_000, 100, 1].map(|place| two_digits(digits / place))
}

/// DDDMMMMMM and a half byte of flags.
fn longitude(degrees: f64, flags: u8) -> [u8; 5] {
    let digits = degrees_minutes(degrees);
    let last = (digits % 10) as u8;
    let [a, b, c, d] = [10_000_000, 100_000, 1_000, 10].map(|place| two_digits(digits / place));
    [a, b, c, d, (last << 4) | flags]
}

/// Whole degrees, then minutes with four decimals, as one number.
fn degrees_minutes(degrees: f64) -> u32 {
    let ten_thousandths = (degrees.abs() * 600_000.0).round() as u32;
    ten_thousandths / 600_000 * 1_000_000 + ten_thousandths % 600_000
}

fn two_digits(number: u32) -> u8 {
    let number = (number % 100) as u8;
    ((number / 10) << 4) | (number % 10)
}

/// What a receiver adds to the truth; without it all frames of a seal would be nearly the same, and take no room on disk.
pub(super) struct Noise(u64);

impl Noise {
    /// That of the seal of that number.
    pub(super) const fn of(number: u64) -> Self {
        Self(number)
    }

    /// Something between minus and plus `most`, without a pattern (splitmix64).
    pub(super) fn next(&mut self, most: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        most * ((bits >> 11) as f64 / (1_u64 << 52) as f64 - 1.0)
    }
}

/// A closed seal on a truck.
pub(super) fn standing_at(place: Position) -> Moment {
    Moment {
        unix_s: 0,
        lat: place.lat,
        lon: place.lon,
        fixed: true,
        by_cell: false,
        speed_kmh: 42.0,
        course_deg: 90.0,
        mileage_km: 1200,
        satellites: 9,
        battery_percent: 91,
        status: Status::SEALED,
        stored: false,
        woken_by: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The record built from words is the judge of the one that is only changed.
    #[test]
    fn a_changed_record_is_the_one_that_words_would_make() {
        let place = Position {
            lat: -6.95,
            lon: 110.42,
        };
        let (mut frame, mut seal) = (Frame::of(8_000_000_007, place), JointechSeal::new(8_000_000_007));
        for step in 0..300_i64 {
            let place = Position {
                lat: -7.5 + step as f64 * 0.071,
                lon: 99.9 + step as f64 * 0.103,
            };
            let now = Now::at(place, 1_764_000_000 + step * 977);
            let mut bytes = Vec::new();
            let serial = frame.say(&now, &mut bytes);
            let (speed, course, satellites) = (bytes[25], bytes[26], bytes[31]);
            let moment = Moment {
                unix_s: 1_764_000_000 + step * 977,
                lat: place.lat + noise_of(&bytes, place.lat, 16, 2),
                lon: place.lon + noise_of(&bytes, place.lon, 20, 3),
                speed_kmh: f64::from(speed) * 1.852,
                course_deg: f64::from(course) * 2.0,
                satellites,
                ..standing_at(place)
            };
            let (expected, expected_serial) = seal.record(&moment);
            // The flag north of the equator is the first frame's: loads stay on one side.
            let mut expected = expected;
            expected[24] = (expected[24] & 0xf0) | (bytes[24] & 0x0f);
            assert_eq!((bytes, serial), (expected, expected_serial), "step {step}");
        }
    }

    /// How far the fix in the record strays; no further than told.
    fn noise_of(bytes: &[u8], truth: f64, at: usize, whole: usize) -> f64 {
        let digits: String = bytes[at..at + 5]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let degrees: f64 = digits[..whole].parse().expect("digits");
        let minutes: f64 = digits[whole..whole + 6].parse().expect("digits");
        let shown = degrees + minutes / 600_000.0;
        let stray = shown - truth.abs();
        assert!(stray.abs() < FIX_NOISE_DEG + 1e-6, "{stray}");
        stray * truth.signum()
    }

    #[test]
    fn noise_strays_to_both_sides_and_no_further_than_told() {
        let mut noise = Noise(7);
        let strays: Vec<f64> = (0..1000).map(|_| noise.next(5.0)).collect();
        assert!(strays.iter().all(|stray| (-5.0..5.0).contains(stray)));
        assert!(strays.iter().any(|stray| *stray < -4.0) && strays.iter().any(|stray| 4.0 < *stray));
    }
}
