//! What the camera says of when, where and which way up. A photo that says nothing, or nonsense, is still a photo.

use std::io::Cursor;

use exif::{Exif, In, Reader, Tag, Value};
use segel_geo::Position;
use segel_model::RecordedTime;

/// What the camera says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CameraFacts {
    /// When it was taken.
    pub taken: Option<RecordedTime>,
    /// Where.
    pub place: Option<Position>,
    /// How it must be turned to be upright: 1 to 8, as EXIF counts.
    pub orientation: u8,
}

impl Default for CameraFacts {
    fn default() -> Self {
        Self {
            taken: None,
            place: None,
            orientation: 1,
        }
    }
}

/// Reads them from JPEG, PNG, WebP or HEIC. A camera that names no zone is taken to stand in the office's.
pub fn read(bytes: &[u8], office_utc_offset_h: u8) -> CameraFacts {
    let Ok(exif) = Reader::new().read_from_container(&mut Cursor::new(bytes)) else {
        return CameraFacts::default();
    };
    CameraFacts {
        taken: taken(&exif, office_utc_offset_h),
        place: place(&exif),
        orientation: orientation(&exif),
    }
}

fn orientation(exif: &Exif) -> u8 {
    let field = exif.get_field(Tag::Orientation, In::PRIMARY);
    let said = field.and_then(|field| field.value.get_uint(0)).unwrap_or(1);
    u8::try_from(said)
        .ok()
        .filter(|said| (1..=8).contains(said))
        .unwrap_or(1)
}

fn taken(exif: &Exif, office_utc_offset_h: u8) -> Option<RecordedTime> {
    let text = text(exif, Tag::DateTimeOriginal).or_else(|| text(exif, Tag::DateTimeDigitized))?;
    let local = jiff::civil::DateTime::strptime("%Y:%m:%d %H:%M:%S", text.trim()).ok()?;
    let zone = self::text(exif, Tag::OffsetTimeOriginal).and_then(|zone| offset(&zone));
    let office = || jiff::tz::Offset::from_hours(i8::try_from(office_utc_offset_h).ok()?).ok();
    let offset = zone.or_else(office)?;
    Some(RecordedTime::from_unix_ms(
        offset.to_timestamp(local).ok()?.as_millisecond(),
    ))
}

/// `+07:00`, or `Z`.
fn offset(text: &str) -> Option<jiff::tz::Offset> {
    let text = text.trim();
    if text == "Z" {
        return Some(jiff::tz::Offset::UTC);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let legal = (0..=14).contains(&hours) && (0..60).contains(&minutes);
    legal.then(|| jiff::tz::Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok())?
}

fn place(exif: &Exif) -> Option<Position> {
    let lat = degrees(exif, Tag::GPSLatitude)? * sign(exif, Tag::GPSLatitudeRef, "S");
    let lon = degrees(exif, Tag::GPSLongitude)? * sign(exif, Tag::GPSLongitudeRef, "W");
    // A camera without a fix often writes zeros, and no container is in the Gulf of Guinea.
    let is_null_island = lat == 0.0 && lon == 0.0;
    Position::new(lat, lon).filter(|_| !is_null_island)
}

fn degrees(exif: &Exif, tag: Tag) -> Option<f64> {
    let Value::Rational(parts) = &exif.get_field(tag, In::PRIMARY)?.value else {
        return None;
    };
    let part = |place: usize| {
        let rational = parts.get(place)?;
        (rational.denom != 0).then(|| rational.to_f64())
    };
    let degrees = part(0)? + part(1).unwrap_or(0.0) / 60.0 + part(2).unwrap_or(0.0) / 3600.0;
    degrees.is_finite().then_some(degrees)
}

fn sign(exif: &Exif, tag: Tag, negative: &str) -> f64 {
    let said = text(exif, tag).unwrap_or_default();
    if said.trim().eq_ignore_ascii_case(negative) {
        -1.0
    } else {
        1.0
    }
}

fn text(exif: &Exif, tag: Tag) -> Option<String> {
    let Value::Ascii(lines) = &exif.get_field(tag, In::PRIMARY)?.value else {
        return None;
    };
    let line = lines.first()?;
    Some(String::from_utf8_lossy(line).trim_end_matches('\0').into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A JPEG that holds nothing but a TIFF block with these fields: a date of the camera and an orientation.
    fn photo(date: &str, orientation: u8) -> Vec<u8> {
        let mut tiff = b"MM\0\x2a\0\0\0\x08".to_vec();
        tiff.extend([0, 2]);
        tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
        tiff.extend([0x87, 0x69, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38]);
        tiff.extend([0, 0, 0, 0]);
        tiff.extend([0, 1]);
        tiff.extend([0x90, 0x03, 0, 2, 0, 0, 0, 20, 0, 0, 0, 56]);
        tiff.extend([0, 0, 0, 0]);
        tiff.extend(date.as_bytes());
        tiff.push(0);
        let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe1];
        jpeg.extend(((tiff.len() + 8) as u16).to_be_bytes());
        jpeg.extend(b"Exif\0\0");
        jpeg.extend(tiff);
        jpeg.extend([0xff, 0xd9]);
        jpeg
    }

    #[test]
    fn a_camera_without_a_zone_stands_in_the_zone_of_the_office() {
        let facts = read(&photo("2026:11:24 15:15:00", 6), 7);
        let expected = RecordedTime::from_unix_ms(1_795_508_100_000);
        assert_eq!(
            (facts.taken, facts.orientation, facts.place),
            (Some(expected), 6, None)
        );
        assert_eq!(
            read(&photo("2026:11:24 15:15:00", 6), 8).taken,
            Some(expected.plus_s(-3600))
        );
    }

    #[test]
    fn nonsense_is_no_time_and_no_turn() {
        let facts = read(&photo("0000:00:00 00:00:00", 9), 7);
        assert_eq!(facts, CameraFacts::default());
        assert_eq!(
            read(b"\xff\xd8\xff\xe1\0\x10Exif\0\0MM", 7),
            CameraFacts::default()
        );
        assert_eq!(read(b"", 7), CameraFacts::default());
    }

    #[test]
    fn zones_are_read_as_cameras_write_them() {
        for (text, seconds) in [
            ("+07:00", Some(25_200)),
            ("-03:30", Some(-12_600)),
            ("Z", Some(0)),
        ] {
            assert_eq!(offset(text).map(|offset| offset.seconds()), seconds, "{text}");
        }
        for text in ["", "07:00", "+7", "+99:00", "+07:xx", "é7:00"] {
            assert_eq!(offset(text), None, "{text}");
        }
    }
}
