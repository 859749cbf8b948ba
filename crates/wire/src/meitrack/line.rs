//! Records as text: AAA, and AFF where the unit kept them while it could not send.

use alloc::{borrow::Cow, format, string::String};

use segel_geo::Position;
use segel_model::{
    DeviceId, Report, ServerTime,
    report::{Cell, Extra, ReportKind},
};

use super::{event, place, place::Place};
use crate::{
    calendar::Clock,
    read::{bare, measure, number, put, set_time, words},
};

/// Fields of a line, from 0 (handbook of protocols, section 6, "AAA").
mod field {
    pub const EVENT: usize = 0;
    pub const LATITUDE: usize = 1;
    pub const LONGITUDE: usize = 2;
    pub const TIME: usize = 3;
    pub const VALID: usize = 4;
    pub const SATELLITES: usize = 5;
    pub const CSQ: usize = 6;
    pub const SPEED: usize = 7;
    pub const COURSE: usize = 8;
    pub const HDOP: usize = 9;
    pub const ALTITUDE: usize = 10;
    pub const MILEAGE: usize = 11;
    pub const RUNTIME: usize = 12;
    pub const CELL: usize = 13;
    pub const PORTS: usize = 14;
    pub const ANALOG: usize = 15;
    /// What belongs to the event: a card, a fence.
    pub const EVENT_DATA: usize = 16;
}

/// What a line says, and what is odd in it.
pub(crate) fn read(
    said: &[u8],
    backfill: bool,
    device: DeviceId,
    received: ServerTime,
) -> (Report, Option<&'static str>) {
    let mut report = bare(device, ReportKind::Record, received);
    report.backfill = backfill;
    let mut fields = said.split(|&byte| byte == b',');
    if backfill {
        let index = fields.next().and_then(number::<u32>);
        put_whole(&mut report, "index", index.map(i64::from));
    }
    let mut oddity = None;
    let mut place = Place::default();
    let (mut lat, mut lon, mut event) = (None, None, None);
    for (at, text) in fields.enumerate() {
        match at {
            field::EVENT => event = number::<u16>(text),
            field::LATITUDE => lat = measure(text),
            field::LONGITUDE => lon = measure(text),
            field::TIME => oddity = set_clock(&mut report, text),
            field::VALID => place.valid = text == b"A",
            field::SATELLITES => place.satellites = number(text),
            field::CSQ => place.csq = number(text),
            field::SPEED => place.speed_kmh = number(text),
            field::COURSE => place.course_deg = number(text),
            field::HDOP => put_number(&mut report, "hdop", measure(text)),
            field::ALTITUDE => place.altitude_m = number(text),
            field::MILEAGE => put_whole(&mut report, "mileage_m", number(text)),
            field::RUNTIME => put_whole(&mut report, "runtime_s", number(text)),
            field::CELL => report.cell = cell(text),
            field::PORTS => add_ports(&mut report, text),
            field::EVENT_DATA if event.is_some_and(event::is_card) => put_text(&mut report, "card", text),
            field::ANALOG => put_text(&mut report, "analog", text),
            field::EVENT_DATA => put_text(&mut report, "event_data", text),
            other => put_text(&mut report, format!("field_{}", other + 1), text),
        }
    }
    if let Some(event) = event {
        event::add(&mut report, event, None);
    }
    let position = lat.zip(lon).and_then(|(lat, lon)| Position::new(lat, lon));
    report.fix = position.map(|position| place.fix(position));
    place.finish(&mut report);
    let no_place = report.fix.is_none().then_some("no_such_place");
    let too_short = event.is_none().then_some("record_too_short");
    (report, too_short.or(oddity).or(no_place))
}

fn put_whole(report: &mut Report, name: &'static str, value: Option<i64>) {
    if let Some(value) = value {
        put(report, name, Extra::Whole(value));
    }
}

fn put_number(report: &mut Report, name: &'static str, value: Option<f64>) {
    if let Some(value) = value {
        put(report, name, Extra::Number(value));
    }
}

/// Empty fields say nothing.
fn put_text(report: &mut Report, name: impl Into<Cow<'static, str>>, text: &[u8]) {
    if !text.is_empty() {
        put(report, name, Extra::Text(words(text).into()));
    }
}

/// yymmddhhmmss, in UTC.
fn set_clock(report: &mut Report, text: &[u8]) -> Option<&'static str> {
    match clock(text) {
        Some(clock) => set_time(report, clock.unix_ms().unsigned_abs()),
        None if text.iter().all(|&byte| byte == b'0') => set_time(report, 0),
        None => Some("no_such_time"),
    }
}

fn clock(text: &[u8]) -> Option<Clock> {
    let digits: &[u8; 12] = text.try_into().ok()?;
    let pair = |at: usize| number::<u8>(&digits[at..at + 2]);
    let year = 2000 + u16::from(pair(0)?);
    Clock::new(year, pair(2)?, pair(4)?, pair(6)?, pair(8)?, pair(10)?)
}

/// Country and network as decimal numbers, area and cell as hexadecimal ones.
fn cell(text: &[u8]) -> Option<Cell> {
    let mut parts = text.split(|&byte| byte == b'|');
    let (mcc, mnc) = (parts.next()?, parts.next()?);
    let (lac, cid) = (
        parts.next().and_then(hexadecimal)?,
        parts.next().and_then(hexadecimal)?,
    );
    place::cell(
        number(mcc).unwrap_or_default(),
        number(mnc).unwrap_or_default(),
        lac as u32,
        cid,
    )
}

fn hexadecimal(text: &[u8]) -> Option<u64> {
    let text = core::str::from_utf8(text).ok()?;
    u64::from_str_radix(text, 16).ok()
}

/// Outputs in the low byte, inputs in the high one.
fn add_ports(report: &mut Report, text: &[u8]) {
    match hexadecimal(text).and_then(|ports| u16::try_from(ports).ok()) {
        Some(ports) => {
            let [inputs, outputs] = ports.to_be_bytes();
            put(report, "inputs", Extra::Whole(i64::from(inputs)));
            put(report, "outputs", Extra::Whole(i64::from(outputs)));
        }
        None => put_text(report, String::from("ports"), text),
    }
}
