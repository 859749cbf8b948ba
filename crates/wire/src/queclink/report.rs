//! From a message to reports: one for each place in it, or one where it has none.

use alloc::{borrow::Cow, string::String, vec, vec::Vec};
use core::str::from_utf8;

use segel_model::{
    DeviceId, Report, ServerTime, Signal,
    report::{Battery, Extra, Extras, ReportKind},
};

use super::{
    information,
    message::{Lead, Message, Said},
    place::{self, Place},
    tail, words,
};
use crate::{
    calendar::rfc3339,
    read::{bare, measure, number},
};

/// What a message means.
pub(crate) struct Heard {
    pub reports: Vec<Report>,
    pub oddity: Option<&'static str>,
}

/// Understands a message of a unit whose clock is so many minutes ahead of UTC.
pub(crate) fn hear(message: &Message<'_>, received: ServerTime, ahead_min: i16) -> Heard {
    let places = place::find(&message.fields);
    let first = places.first().map_or(message.fields.len(), |place| place.from);
    let end = places.last().map_or(message.fields.len(), |place| place.end);
    let mut report = begin(message, received);
    words::read(message, &message.fields[..first], &mut report);
    information::read(message, &mut report);
    tail::read(message, &message.fields[end..], &mut report);
    if report.time.is_none() {
        report.time = message.sent.time(ahead_min);
    }
    let oddity = oddity(message, &places);
    let reports = if places.is_empty() {
        vec![finish(report, message.sent)]
    } else {
        let satellites = take_satellites(&mut report);
        places
            .iter()
            .map(|place| at_place(&report, message.sent, place, satellites))
            .collect()
    };
    Heard { reports, oddity }
}

fn begin(message: &Message<'_>, received: ServerTime) -> Report {
    let kind = words::kind(message);
    let mut report = bare(DeviceId(message.device.into()), kind, received);
    report.backfill = message.lead == Lead::Stored;
    report.serial = message.serial();
    if kind == ReportKind::Heartbeat {
        report.signals.push(Signal::Heartbeat);
    }
    let extra = &mut report.extra;
    put_text(extra, "message", message.kind.as_bytes());
    put_text(extra, "version", message.version.as_bytes());
    put_text(extra, "vin", message.vin);
    // The report for which cells were looked for stands where others have a name.
    let name = if message.kind == "GTGSM" {
        "for_report"
    } else {
        "name"
    };
    put_text(extra, name, message.name);
    if let Said::At(clock) = message.sent {
        put(extra, "send_time", Extra::Text(rfc3339(clock.unix_ms()).into()));
    }
    report
}

/// The place's own time comes from satellites and counts first.
fn at_place(report: &Report, sent: Said, place: &Place, satellites: Option<u8>) -> Report {
    let mut report = report.clone();
    report.time = place.time.time(0).or(report.time);
    report.fix = place.fix;
    if let Some(fix) = &mut report.fix {
        fix.satellites = satellites;
    }
    report.cell = place.cell.or(report.cell);
    if let Some(accuracy) = place.accuracy {
        put(&mut report.extra, "accuracy", Extra::Number(accuracy));
    }
    let said = if place.time == Said::Nothing {
        sent
    } else {
        place.time
    };
    finish(report, said)
}

fn finish(mut report: Report, said: Said) -> Report {
    if report.time.is_none() && said == Said::Unset {
        report.signals.push(Signal::ClockUnset);
    }
    report
}

fn take_satellites(report: &mut Report) -> Option<u8> {
    let at = report
        .extra
        .iter()
        .position(|(name, _)| name == tail::SATELLITES)?;
    match report.extra.remove(at).1 {
        Extra::Whole(satellites) => u8::try_from(satellites).ok(),
        _ => None,
    }
}

fn oddity(message: &Message<'_>, places: &[Place]) -> Option<&'static str> {
    if message.is_old() {
        return Some("unknown_command");
    }
    if message.count.is_none() {
        return Some("record_too_short");
    }
    let written = |place: &&Place| {
        message
            .fields
            .get(place.from + 4)
            .is_some_and(|field| !field.is_empty())
    };
    let wrong = places.iter().find(written)?;
    if wrong.fix.is_none() {
        return Some("no_such_place");
    }
    (wrong.time == Said::Nothing).then_some("no_such_time")
}

pub(crate) fn put(extra: &mut Extras, name: &'static str, value: Extra) {
    extra.push((Cow::Borrowed(name), value));
}

/// A field as it is written; an empty one says nothing.
pub(crate) fn put_text(extra: &mut Extras, name: &'static str, field: &[u8]) {
    if !field.is_empty() {
        let text = String::from_utf8_lossy(field).into_owned();
        put(extra, name, Extra::Text(text.into()));
    }
}

/// A field as the number it is, or as it is written where it is none.
pub(crate) fn put_field(extra: &mut Extras, name: &'static str, field: &[u8]) {
    if let Some(value) = whole(field) {
        put(extra, name, Extra::Whole(value));
    } else if let Some(value) = measure(field).filter(|_| field.contains(&b'.')) {
        put(extra, name, Extra::Number(value));
    } else {
        put_text(extra, name, field);
    }
}

/// Fields that have no name of their own, as they are written.
pub(crate) fn put_rest(extra: &mut Extras, name: &'static str, fields: &[&[u8]]) {
    if fields.iter().any(|field| !field.is_empty()) {
        put_text(extra, name, &fields.join(&b","[..]));
    }
}

/// A plain whole number: numbers with zeros before them are codes.
pub(crate) fn whole(field: &[u8]) -> Option<i64> {
    let code = 1 < field.len() && field.starts_with(b"0");
    let plain = from_utf8(field).is_ok_and(|text| !text.starts_with('+'));
    number(field).filter(|_| plain && !code)
}

/// Per cent of a battery.
pub(crate) fn percent(field: &[u8]) -> Option<u8> {
    let digits = field.iter().all(u8::is_ascii_digit);
    number(field).filter(|&percent: &u8| digits && percent <= 100)
}

/// A battery of which nothing else is said.
pub(crate) const fn level(percent: u8) -> Battery {
    Battery {
        percent: Some(percent),
        charging: false,
        battery_mv: None,
    }
}

/// Volts as thousandths.
pub(crate) fn millivolts(field: &[u8]) -> Option<u16> {
    let millivolts = libm::round(measure(field)? * 1000.0);
    (0.0..=f64::from(u16::MAX))
        .contains(&millivolts)
        .then_some(millivolts as u16)
}
