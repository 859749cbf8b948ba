//! Message 0x0900: what a device passes through in a form of its own, behind a byte that says which.

use alloc::{format, string::String};

use segel_model::{
    Report,
    report::{Extra, FixSource, ReportKind},
};

use super::{
    fields::{lower_hex, words},
    header::hex,
    location::{self, LENGTH, Location},
    reading::{Reading, Speaker},
};
use crate::profile::Dialect;

/// Which form.
mod form {
    /// AOVX: tags that it heard.
    pub const TAGS: u8 = 0x53;
    pub const MORE_TAGS: u8 = 0x54;
    /// What a vehicle's own computer says.
    pub const VEHICLE: u8 = 0xF0;
}

/// Bytes of a position without its alarm word.
const WITHOUT_ALARM: usize = LENGTH - 4;
/// The most tags told of; a tracker hears a handful at a time.
const TAGS: usize = 32;
/// The longest content that is shown beside the report; all of it stands in the frame.
const SHOWN: usize = 64;

/// Reads what was passed through into a report that says only which message it was.
pub(super) fn read(speaker: &Speaker, report: Report, body: &[u8]) -> Reading {
    let mut reading = Reading::new(report);
    let Some((&kind, content)) = body.split_first() else {
        reading.odd("record_too_short");
        return reading;
    };
    reading.put("passed_through", Extra::Whole(kind.into()));
    let known = match kind {
        form::TAGS | form::MORE_TAGS => tags(speaker, &mut reading, content),
        form::VEHICLE => vehicle(speaker, &mut reading, content),
        _ => None,
    };
    if known.is_none() {
        show(&mut reading, content);
    }
    reading
}

fn show(reading: &mut Reading, content: &[u8]) {
    let shown = &content[..content.len().min(SHOWN)];
    let text = words(shown).map_or_else(|| lower_hex(shown), String::from);
    reading.put("content", Extra::Text(text.into()));
}

/// A position without its alarm word, a byte, and then each tag: its number, six bytes of address, how strong it was heard,
/// how long its words are, and these.
fn tags(speaker: &Speaker, reading: &mut Reading, content: &[u8]) -> Option<()> {
    let (place, rest) = content.split_at_checked(WITHOUT_ALARM)?;
    placed(speaker, reading, place);
    let (_, mut rest) = rest.split_first()?;
    let mut heard = String::new();
    for _ in 0..TAGS {
        let [_, a, b, c, d, e, f, rssi, length, after @ ..] = rest else {
            break;
        };
        let (words, after) = after.split_at_checked(usize::from(*length))?;
        if !heard.is_empty() {
            heard.push(' ');
        }
        let address = hex(&[*a, *b, *c, *d, *e, *f]);
        heard += &format!("{address}{:+}:{}", rssi.cast_signed(), lower_hex(words));
        rest = after;
    }
    reading.put("tags", Extra::Text(heard.into()));
    if !rest.is_empty() {
        reading.odd("field_too_short");
    }
    Some(())
}

/// Where it was when it heard them.
fn placed(speaker: &Speaker, reading: &mut Reading, bytes: &[u8]) {
    let whole = [&[0; 4][..], bytes].concat();
    let Some(location) = Location::decode(&whole) else {
        return;
    };
    reading.report.kind = ReportKind::Record;
    reading.told(location.clock, speaker.ahead_min(Dialect::Aovx));
    reading.report.fix = location.fix(FixSource::Gnss);
    reading.oddity = reading.oddity.or(location.nonsense());
}

/// Bytes of status, latitude and longitude.
const PLACE: usize = 12;
/// Bytes of a clock.
const CLOCK: usize = 6;
/// Which sort of data is followed by a place alone; behind others stands the time of that place too.
const READINGS: u8 = 1;

/// When it was said, whether late, of which sort of vehicle, which sort of data, these data, and at the end where it was: as
/// frames of real devices show. What a vehicle's computer says is no business of a seal, but where it is may be.
fn vehicle(speaker: &Speaker, reading: &mut Reading, content: &[u8]) -> Option<()> {
    let (time, rest) = content.split_at_checked(CLOCK)?;
    let &[late, _, sort, ref data @ ..] = rest else {
        return None;
    };
    let (data, time) = if sort == READINGS {
        (data, time)
    } else {
        data.split_at_checked(data.len().checked_sub(CLOCK)?)?
    };
    let (_, place) = data.split_at_checked(data.len().checked_sub(PLACE)?)?;
    let whole = [&[0; 4][..], place, &[0; 6], time].concat();
    let location = Location::decode(&whole)?;
    reading.report.kind = ReportKind::Record;
    reading.report.backfill = late != 0;
    reading.told(location::clock(time), speaker.ahead_min(speaker.profile.dialect));
    reading.report.fix = location.fix(FixSource::Gnss).map(|fix| segel_model::report::Fix {
        speed_kmh: None,
        course_deg: None,
        altitude_m: None,
        ..fix
    });
    reading.oddity = reading.oddity.or(location.nonsense());
    reading.put("vehicle_data", Extra::Whole(sort.into()));
    Some(())
}
