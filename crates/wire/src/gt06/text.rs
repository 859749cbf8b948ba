//! Answers in words: 0x15 the old way, 0x21 the new one (manual, "online command").

use alloc::{string::String, vec::Vec};

use segel_geo::Position;
use segel_model::{
    DeviceTime,
    report::{Fix, FixSource},
};

use super::reading::{Reading, plain_text};
use crate::{
    calendar::parse_rfc3339,
    cursor::Cursor,
    read::{measure, number},
    secrets::mask_words,
};

/// What a seal answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The flag of the command that it answers; some seals answer nought to any.
    pub(super) flag: u32,
    /// In the seal's own words.
    pub(super) words: String,
}

/// The language behind an old answer.
const LANGUAGE: usize = 2;
/// The flag, which the length of an old answer counts too.
const FLAG: usize = 4;

/// 0x15: length, flag, words, language.
pub(super) fn read(body: &[u8]) -> Option<Answer> {
    let mut body = Cursor::new(body);
    let counted = usize::from(body.u8()?);
    let flag = body.u32()?;
    let rest = body.take_rest();
    let length = match counted.checked_sub(FLAG) {
        Some(length) if length <= rest.len() => length,
        // Some write nought and fill up with zeros.
        _ => rest.len().saturating_sub(LANGUAGE),
    };
    Some(Answer {
        flag,
        words: plain_text(&rest[..length]),
    })
}

/// 0x21: flag, encoding, words.
pub(super) fn read_long(body: &[u8]) -> Option<Answer> {
    let mut body = Cursor::new(body);
    let flag = body.u32()?;
    let is_wide = body.u8()? == WIDE;
    let rest = body.take_rest();
    let words = if is_wide { wide(rest) } else { plain_text(rest) };
    Some(Answer { flag, words })
}

/// UTF-16, big end first.
const WIDE: u8 = 2;

fn wide(bytes: &[u8]) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
    String::from_utf16_lossy(&units)
}

/// Puts the answer into its report, passwords masked, and the place that an answer to `WHERE#` tells.
pub(super) fn say(reading: &mut Reading<'_>, answer: &Answer) {
    reading.whole("flag", answer.flag);
    reading.text("answer", mask_words(&answer.words));
    if let Some((fix, unix_ms)) = place(&answer.words) {
        reading.report.fix = Some(fix);
        reading.report.time = Some(DeviceTime::from_unix_ms(unix_ms));
    }
}

/// `Current position!Lat:N23.1,Lon:E114.4,Course:0.00,Speed:0.00,DateTime:2017-06-15 01:02:03`.
pub(super) fn place(words: &str) -> Option<(Fix, i64)> {
    let fields = words.strip_prefix("Current position!")?;
    let field = |name: &str| {
        let mut named = fields.split(',').filter_map(|field| field.split_once(':'));
        named.find(|(known, _)| *known == name).map(|(_, value)| value)
    };
    let fix = Fix {
        position: Position::new(
            degrees(field("Lat")?, 'N', 'S')?,
            degrees(field("Lon")?, 'E', 'W')?,
        )?,
        valid: true,
        source: FixSource::Gnss,
        speed_kmh: field("Speed").and_then(|text| number(text.as_bytes())),
        course_deg: field("Course").and_then(|text| number(text.as_bytes())),
        altitude_m: None,
        satellites: None,
        accuracy_m: None,
    };
    Some((fix, parse_rfc3339(field("DateTime")?)?))
}

fn degrees(text: &str, positive: char, negative: char) -> Option<f64> {
    let value = |text: &str| measure(text.as_bytes());
    match text.strip_prefix(positive) {
        Some(text) => value(text),
        None => Some(-value(text.strip_prefix(negative)?)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_answers_are_read() {
        let old = read(b"\x10\0\x01\xA9\x58DYD=Success!\0\x02").expect("an answer");
        assert_eq!((old.flag, old.words.as_str()), (0x0001_A958, "DYD=Success!"));
        let unsized_one = read(b"\0\0\0\0\0Already done!\0\0\0\x01").expect("an answer");
        assert_eq!(unsized_one.words, "Already done!");
        let new = read_long(b"\0\0\0\x07\x01LOCK:OFF").expect("an answer");
        assert_eq!((new.flag, new.words.as_str()), (7, "LOCK:OFF"));
        let wide = read_long(b"\0\0\0\x07\x02\0O\0K").expect("an answer");
        assert_eq!(wide.words, "OK");
        assert_eq!(read(b"\0\0\0"), None);
    }

    #[test]
    fn a_place_in_words_is_a_place() {
        let words =
            "Current position!Lat:S6.133,Lon:E106.792,Course:90.50,Speed:12.00,DateTime:2026-02-03 09:30:15";
        let (fix, unix_ms) = place(words).expect("a place");
        assert_eq!(
            (fix.position.lat, fix.position.lon, fix.course_deg),
            (-6.133, 106.792, Some(90.5))
        );
        assert_eq!(unix_ms, 1_770_111_015_000);
        assert_eq!(place("Current position!Lat:N23.1"), None);
    }
}
