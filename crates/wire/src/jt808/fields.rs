//! What follows a position: fields of one byte that says which, one that says how long, and so many bytes.

use alloc::{borrow::Cow, string::String};

use segel_model::report::Extra;

use super::{header::hex, reading::Reading};
use crate::read::{digits, u16_at, u32_at};

/// The most fields read of one record; the longest real record has twenty. Those beyond are counted as an oddity, and stand
/// in the raw frame.
const FIELDS: usize = 64;

/// One field.
pub(crate) type Field<'a> = (u8, &'a [u8]);

/// Reads fields until there are no more, or until one is longer than what is left.
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
    /// How many more may be read.
    room: usize,
}

impl<'a> Fields<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            room: FIELDS,
        }
    }

    /// Without a limit, for who keeps nothing of them.
    pub(crate) const fn all(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            room: usize::MAX,
        }
    }

    /// What is wrong with bytes that were not read.
    pub(crate) const fn left(&self) -> Option<&'static str> {
        if self.rest.is_empty() {
            None
        } else if 0 < self.room {
            Some("field_too_short")
        } else {
            Some("too_many_fields")
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let [which, length, rest @ ..] = self.rest else {
            return None;
        };
        let room = self.room.checked_sub(1)?;
        let (value, rest) = rest.split_at_checked(usize::from(*length))?;
        self.room = room;
        self.rest = rest;
        Some((*which, value))
    }
}

/// Fields of the standard ("additional position information"). Says whether it knew this one.
pub(crate) fn standard(reading: &mut Reading, (which, value): Field<'_>) -> bool {
    match (which, value) {
        (0x01, &[_, _, _, _]) => put_scaled(reading, "mileage_km", value, 10.0),
        (0x02, &[_, _]) => put_scaled(reading, "fuel_l", value, 10.0),
        (0x03, &[_, _]) => put_scaled(reading, "recorder_speed_kmh", value, 10.0),
        (0x04, &[_, _]) => put_whole(reading, "event_to_confirm", value),
        (0x11, &[kind, ref area @ ..]) if matches!(area.len(), 0 | 4) => {
            reading.put("overspeed_type", Extra::Whole(kind.into()));
            put_some(reading, "overspeed_area", area);
        }
        (0x12, &[kind, ref area @ .., direction]) if area.len() == 4 => {
            border(reading, kind, area, direction);
        }
        (0x13, &[ref segment @ .., _, _, result]) if segment.len() == 4 => {
            put_whole(reading, "segment", segment);
            put_whole(reading, "segment_s", &value[4..6]);
            reading.put("segment_too_slow", Extra::Flag(result == 1));
        }
        (0x14, &[_, _, _, _]) => put_whole(reading, "video_alarm", value),
        (0x25, &[_, _, _, _]) => put_bits(reading, "vehicle_signals", value),
        (0x2A, &[_, _]) => put_bits(reading, "inputs", value),
        (0x2B, &[_, _, _, _]) => put_bits(reading, "analog", value),
        (0x30, &[csq]) => reading.csq = Some(csq),
        (0x31, &[satellites]) => reading.satellites(satellites),
        _ => return false,
    }
    true
}

/// In or out of an area or a route that is stored on the device.
fn border(reading: &mut Reading, kind: u8, area: &[u8], direction: u8) {
    reading.put("area_type", Extra::Whole(kind.into()));
    put_whole(reading, "area", area);
    let fence = u32_at(area, 0).and_then(|id| u16::try_from(id).ok());
    reading.crossed(direction != 0, fence);
}

pub(crate) fn put_whole(reading: &mut Reading, name: &'static str, value: &[u8]) {
    reading.put(name, Extra::Whole(number(value)));
}

/// Where there is something.
pub(crate) fn put_some(reading: &mut Reading, name: &'static str, value: &[u8]) {
    if !value.is_empty() {
        put_whole(reading, name, value);
    }
}

pub(crate) fn put_scaled(reading: &mut Reading, name: &'static str, value: &[u8], scale: f64) {
    reading.put(name, Extra::Number(number(value) as f64 / scale));
}

/// Bits whose meaning is the vehicle's, not the seal's.
fn put_bits(reading: &mut Reading, name: &'static str, value: &[u8]) {
    if number(value) != 0 {
        reading.put(name, Extra::Text(lower_hex(value).into()));
    }
}

/// A field that nobody told us the meaning of, as it stands.
pub(crate) fn unknown(reading: &mut Reading, (which, value): Field<'_>) {
    let name = Cow::Owned(String::from("field_") + &digits(which.into(), 16, 2));
    reading.put_named(name, Extra::Text(lower_hex(value).into()));
}

/// Up to four bytes as a number.
pub(crate) fn number(value: &[u8]) -> i64 {
    value
        .iter()
        .take(7)
        .fold(0, |all, byte| all << 8 | i64::from(*byte))
}

pub(crate) fn lower_hex(value: &[u8]) -> String {
    hex(value).to_ascii_lowercase()
}

/// Printable text, without the zeros and blanks that fill its field up; nothing where there is none.
pub(crate) fn words(value: &[u8]) -> Option<&str> {
    let text = core::str::from_utf8(value).ok()?;
    let text = text.trim_matches(|letter: char| letter == '\0' || letter.is_ascii_whitespace());
    let printable = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    (printable && !text.is_empty()).then_some(text)
}

pub(crate) fn put_words(reading: &mut Reading, name: &'static str, value: &[u8]) {
    if let Some(text) = words(value) {
        reading.put(name, Extra::Text(String::from(text).into()));
    }
}

/// Volts in hundredths, as thousandths.
pub(crate) fn millivolts(value: &[u8]) -> Option<u16> {
    u16_at(value, 0)?.checked_mul(10)
}
