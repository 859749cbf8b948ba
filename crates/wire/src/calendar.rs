//! Dates of seals, which count in years and days, and moments, which count in milliseconds.
//!
//! All in UTC, by the proleptic Gregorian calendar.

use alloc::string::String;
use core::fmt::Write;

/// A date and a time of day, known to be legal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clock {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

impl Clock {
    /// The date and time, or nothing where there is no such day or time.
    pub fn new(year: u16, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Option<Self> {
        let day_exists = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        let time_exists = hour < 24 && minute < 60 && second < 60;
        (day_exists && time_exists).then_some(Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        })
    }

    /// The moment `unix_ms`, less its milliseconds. Moments outside the years 0 to 9999 stop at the border.
    pub fn from_unix_ms(unix_ms: i64) -> Self {
        let seconds = unix_ms.div_euclid(1000).clamp(YEAR_0_S, YEAR_9999_S);
        let (year, month, day) = date_of(seconds.div_euclid(DAY_S));
        let of_day = seconds.rem_euclid(DAY_S) as u32;
        Self {
            year,
            month,
            day,
            hour: (of_day / 3600) as u8,
            minute: (of_day / 60 % 60) as u8,
            second: (of_day % 60) as u8,
        }
    }

    /// Milliseconds since 1970.
    pub fn unix_ms(self) -> i64 {
        let days = days_since_1970(self.year, self.month, self.day);
        let of_day = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        (days * DAY_S + of_day) * 1000
    }

    /// The year.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// Year in its century, month, day, hour, minute, second: two digits each, as seals write them.
    pub const fn two_digits(self) -> [u8; 6] {
        let short_year = (self.year % 100) as u8;
        [
            short_year,
            self.month,
            self.day,
            self.hour,
            self.minute,
            self.second,
        ]
    }
}

const DAY_S: i64 = 86_400;
const YEAR_0_S: i64 = -62_167_219_200;
const YEAR_9999_S: i64 = 253_402_300_799;

/// RFC 3339 in UTC with milliseconds.
pub fn rfc3339(unix_ms: i64) -> String {
    let at = Clock::from_unix_ms(unix_ms);
    let mut text = String::with_capacity(24);
    let written = write!(
        text,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        at.year,
        at.month,
        at.day,
        at.hour,
        at.minute,
        at.second,
        unix_ms.rem_euclid(1000)
    );
    written.expect("writing to a string cannot fail");
    text
}

/// Reads `2026-01-27T18:55:47.862Z`, with or without a fraction, with `Z` or an offset such as `+07:00`; a blank
/// instead of `T` and no zone at all mean UTC.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let shaped = separators.iter().all(|&(at, byte)| bytes.get(at) == Some(&byte));
    if !shaped || !matches!(bytes.get(10), Some(b'T' | b't' | b' ')) {
        return None;
    }
    let number = |from: usize, to: usize| digits(bytes.get(from..to)?);
    let clock = Clock::new(
        number(0, 4)? as u16,
        number(5, 7)? as u8,
        number(8, 10)? as u8,
        number(11, 13)? as u8,
        number(14, 16)? as u8,
        number(17, 19)? as u8,
    )?;
    let (milliseconds, zone) = fraction(bytes.get(19..)?)?;
    Some(clock.unix_ms() + milliseconds - offset_ms(zone)?)
}

/// Digits after a point as milliseconds, and what follows them.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.', rest)) = text.split_first() else {
        return Some((0, text));
    };
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 {
        return None;
    }
    let kept = &rest[..count.min(3)];
    let scale = [100, 10, 1][kept.len() - 1];
    Some((i64::from(digits(kept)?) * scale, &rest[count..]))
}

fn offset_ms(zone: &[u8]) -> Option<i64> {
    let (sign, rest) = match zone {
        [] | b"Z" | b"z" => return Some(0),
        [b'+' | b' ', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest {
        [h1, h2, b':', m1, m2] | [h1, h2, m1, m2] => (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?),
        [h1, h2] => (digits(&[*h1, *h2])?, 0),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then(|| sign * i64::from(hours * 60 + minutes) * 60_000)
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0_u32, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

const fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400)
}

const fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts from 1 March, so that the leap day is the last of its year.
fn days_since_1970(year: u16, month: u8, day: u8) -> i64 {
    let from_march = (i64::from(month) + 9) % 12;
    let year = i64::from(year) - i64::from(month <= 2);
    let of_year = (153 * from_march + 2) / 5 + i64::from(day) - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - MARCH_0_TO_1970
}

/// Days from 1 March of year 0 to 1 January 1970.
const MARCH_0_TO_1970: i64 = 719_468;
/// Days of four centuries.
const CYCLE_DAYS: i64 = 146_097;

fn date_of(days: i64) -> (u16, u8, u8) {
    let days = days + MARCH_0_TO_1970;
    let cycle = days.div_euclid(CYCLE_DAYS);
    let of_cycle = days.rem_euclid(CYCLE_DAYS);
    let year_of_cycle = (of_cycle - of_cycle / 1460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
    let of_year = of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12 + 1;
    let year = year_of_cycle + cycle * 400 + i64::from(month <= 2);
    (year as u16, month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_do_not_exist_are_refused() {
        assert_eq!(Clock::new(2023, 2, 29, 0, 0, 0), None);
        assert_eq!(Clock::new(2100, 2, 29, 0, 0, 0), None);
        assert!(Clock::new(2024, 2, 29, 23, 59, 59).is_some());
        assert!(Clock::new(2000, 2, 29, 0, 0, 0).is_some());
        assert_eq!(Clock::new(2024, 4, 31, 0, 0, 0), None);
        assert_eq!(Clock::new(2024, 1, 1, 24, 0, 0), None);
        assert_eq!(Clock::new(2024, 1, 1, 0, 60, 0), None);
        assert_eq!(Clock::new(2024, 1, 1, 0, 0, 60), None);
        assert_eq!(Clock::new(2024, 0, 1, 0, 0, 0), None);
        assert_eq!(Clock::new(2024, 1, 0, 0, 0, 0), None);
    }

    #[test]
    fn moments_and_dates_agree() {
        for (unix_s, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_618_763_579, "2021-04-18T16:32:59.000Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000Z"),
            (-1, "1969-12-31T23:59:59.000Z"),
        ] {
            assert_eq!(rfc3339(unix_s * 1000), text);
            assert_eq!(parse_rfc3339(text), Some(unix_s * 1000));
            assert_eq!(Clock::from_unix_ms(unix_s * 1000).unix_ms(), unix_s * 1000);
        }
        assert_eq!(rfc3339(i64::MAX), "9999-12-31T23:59:59.807Z");
        assert_eq!(rfc3339(i64::MIN), "0000-01-01T00:00:00.192Z");
    }

    #[test]
    fn zones_and_fractions_are_read() {
        let noon = Some(1_621_944_000_000);
        for text in [
            "2021-05-25T12:00:00Z",
            "2021-05-25T19:00:00+07:00",
            "2021-05-25T06:30:00-0530",
            "2021-05-25T13:00:00+01",
            "2021-05-25 12:00:00",
        ] {
            assert_eq!(parse_rfc3339(text), noon, "{text}");
        }
        assert_eq!(parse_rfc3339("2021-05-25T12:00:00.5Z"), noon.map(|ms| ms + 500));
        assert_eq!(
            parse_rfc3339("2021-05-25T12:00:00.862999Z"),
            noon.map(|ms| ms + 862)
        );
        for text in [
            "2021-05-25T12:00:00.Z",
            "2021-05-25",
            "2021-05-25T12:00:00+7",
            "20210525T120000Z",
            "",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }
}
