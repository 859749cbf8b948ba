//! One report.

use alloc::{borrow::Cow, string::String, vec::Vec};

use segel_geo::Position;
use segel_model::{
    DeviceId, Report, ServerTime, Signal,
    report::{Battery, Cell, Fix, FixSource, Lock, ReportKind},
};
use serde_json::Value;

use super::signal;
use crate::{
    calendar::parse_rfc3339,
    limits::{EXTRA_BYTES, EXTRAS},
    objects::{Said, Unread, fields::Fields, value},
    read::{bare, heard_by, put, set_time},
};

/// How far ahead of us a report may be: a clock that is off by less is measured and corrected, and what is further ahead is a
/// zone that was mistaken.
pub const AHEAD_S: i64 = 600;
/// The most signals of one report; there are two dozen sorts.
const SIGNALS: usize = 32;

/// Every name of a report.
const KNOWN: [&str; 12] = [
    "device", "kind", "time", "backfill", "fix", "battery", "lock", "signals", "cell", "serial", "sublock",
    "extra",
];
const FIX: [&str; 9] = [
    "lat",
    "lon",
    "valid",
    "source",
    "accuracy_m",
    "speed_kmh",
    "course_deg",
    "altitude_m",
    "satellites",
];
const KINDS: [(&str, ReportKind); 5] = [
    ("record", ReportKind::Record),
    ("happening", ReportKind::Happening),
    ("heartbeat", ReportKind::Heartbeat),
    ("answer", ReportKind::Answer),
    ("sub_seal", ReportKind::SubSeal),
];
const SOURCES: [(&str, FixSource); 4] = [
    ("gnss", FixSource::Gnss),
    ("cell", FixSource::Cell),
    ("wifi", FixSource::Wifi),
    ("unknown", FixSource::Unknown),
];

/// Reads one report.
pub(crate) fn read(object: &[u8], received: ServerTime) -> Result<Said, Unread> {
    let value: Value = serde_json::from_slice(object).map_err(|_| Unread::whole("no_such_json"))?;
    let fields = Fields::of(&value, Cow::Borrowed(""), &KNOWN)?;
    let mut report = bare(device(&fields)?, kind(&fields)?, received);
    add_time(&fields, &mut report)?;
    report.backfill = fields.flag("backfill")?.unwrap_or(false);
    report.fix = fix(&fields)?;
    report.battery = battery(&fields)?;
    report.lock = lock(&fields)?;
    add_signals(&fields, &mut report)?;
    report.cell = cell(&fields)?;
    report.serial = fields.whole("serial", u32::MAX.into())?;
    add_sublock(&fields, &mut report)?;
    add_extra(&fields, &mut report)?;
    Ok(report.into())
}

fn device(fields: &Fields<'_>) -> Result<DeviceId, Unread> {
    let text = fields
        .text("device")?
        .ok_or_else(|| fields.unread("missing", "device"))?;
    value::device_id(text).ok_or_else(|| fields.unread("no_such_device_id", "device"))
}

/// What a smaller seal said is one of its own kind, named or not.
fn kind(fields: &Fields<'_>) -> Result<ReportKind, Unread> {
    let said = fields.word("kind", &KINDS)?;
    match (said, fields.value("sublock")) {
        (None | Some(ReportKind::SubSeal), Some(_)) => Ok(ReportKind::SubSeal),
        (Some(ReportKind::SubSeal), None) => Err(fields.unread("missing", "sublock")),
        (Some(_), Some(_)) => Err(fields.unread("unknown_word", "kind")),
        (said, None) => Ok(said.unwrap_or(ReportKind::Record)),
    }
}

/// The time must be said, if only that there is none: a report that nobody dates is judged by its receipt.
fn add_time(fields: &Fields<'_>, report: &mut Report) -> Result<(), Unread> {
    fields.must("time")?;
    let Some(text) = fields.text("time")? else {
        report.signals.push(Signal::ClockUnset);
        return Ok(());
    };
    let unix_ms = parse_rfc3339(text).filter(|_| has_zone(text));
    let unix_ms = unix_ms.ok_or_else(|| fields.unread("no_such_time", "time"))?;
    if report.received.plus_s(AHEAD_S).unix_ms < unix_ms {
        return Err(fields.unread("time_in_future", "time"));
    }
    let odd = match u64::try_from(unix_ms) {
        Ok(unix_ms) => set_time(report, unix_ms),
        Err(_) => Some("no_such_time"),
    };
    odd.map_or(Ok(()), |what| Err(fields.unread(what, "time")))
}

/// Without a zone nobody knows whose noon is meant.
fn has_zone(text: &str) -> bool {
    let behind = text.get("2026-11-26T09:30:15".len()..).unwrap_or_default();
    behind.contains(['Z', 'z', '+', '-'])
}

/// The place must be said, if only that it is not known.
fn fix(fields: &Fields<'_>) -> Result<Option<Fix>, Unread> {
    fields.must("fix")?;
    let Some(fix) = fields.object("fix", &FIX)? else {
        return Ok(None);
    };
    let degrees = |name: &str, most: f64| {
        let said = fix.number(name, -most..=most)?;
        said.ok_or_else(|| fix.unread("missing", name))
    };
    let (lat, lon) = (degrees("lat", 90.0)?, degrees("lon", 180.0)?);
    let measure = |name: &str, least: f64, most: f64| {
        let said = fix.number(name, least..=most)?;
        Ok::<_, Unread>(said.map(|said| said as f32))
    };
    let source = fix.word("source", &SOURCES)?;
    Ok(Some(Fix {
        position: Position::new(lat, lon).ok_or_else(|| fix.unread("out_of_range", "lat"))?,
        valid: fix.flag("valid")?.unwrap_or(true) && (lat, lon) != (0.0, 0.0),
        source: source.ok_or_else(|| fix.unread("missing", "source"))?,
        speed_kmh: measure("speed_kmh", 0.0, 1_000.0)?,
        course_deg: measure("course_deg", 0.0, 360.0)?,
        altitude_m: measure("altitude_m", -1_000.0, 20_000.0)?,
        satellites: fix.whole("satellites", u8::MAX.into())?,
        accuracy_m: measure("accuracy_m", 0.0, 1_000_000.0)?,
    }))
}

fn battery(fields: &Fields<'_>) -> Result<Option<Battery>, Unread> {
    let Some(battery) = fields.object("battery", &["percent", "charging", "voltage_mv"])? else {
        return Ok(None);
    };
    Ok(Some(Battery {
        percent: battery.whole("percent", 100)?,
        charging: battery.flag("charging")?.unwrap_or(false),
        battery_mv: battery.whole("voltage_mv", u16::MAX.into())?,
    }))
}

fn lock(fields: &Fields<'_>) -> Result<Lock, Unread> {
    let Some(lock) = fields.object("lock", &["rope", "motor", "cover"])? else {
        return Ok(Lock::default());
    };
    Ok(Lock {
        rope: lock.flag("rope")?,
        motor: lock.flag("motor")?,
        cover: lock.flag("cover")?,
    })
}

/// Each is said once, also where the kind or a clock that was not set says it too.
fn add_signals(fields: &Fields<'_>, report: &mut Report) -> Result<(), Unread> {
    let said = fields.list("signals")?;
    if SIGNALS < said.len() {
        return Err(fields.unread("too_many", "signals"));
    }
    if report.kind == ReportKind::Heartbeat {
        report.signals.push(Signal::Heartbeat);
    }
    for (at, value) in said.iter().enumerate() {
        let signal = signal::read(value, at)?;
        if !report.signals.contains(&signal) {
            report.signals.push(signal);
        }
    }
    Ok(())
}

fn cell(fields: &Fields<'_>) -> Result<Option<Cell>, Unread> {
    let Some(cell) = fields.object("cell", &["mcc", "mnc", "lac", "cid", "csq"])? else {
        return Ok(None);
    };
    Ok(Some(Cell {
        mcc: cell.whole("mcc", 999)?,
        mnc: cell.whole("mnc", 999)?,
        lac: cell.whole("lac", u32::MAX.into())?,
        cid: cell
            .whole("cid", u64::MAX)?
            .ok_or_else(|| cell.unread("missing", "cid"))?,
        csq: cell.whole("csq", 99)?,
    }))
}

fn add_sublock(fields: &Fields<'_>, report: &mut Report) -> Result<(), Unread> {
    let Some(text) = fields.text("sublock")? else {
        return Ok(());
    };
    let name = value::device_id(text).ok_or_else(|| fields.unread("no_such_device_id", "sublock"))?;
    let smaller = Report {
        device: name,
        ..report.clone()
    };
    *report = heard_by(report, smaller);
    Ok(())
}

/// Whatever else there is, by any name: single values only.
fn add_extra(fields: &Fields<'_>, report: &mut Report) -> Result<(), Unread> {
    let Some(extra) = fields.value("extra") else {
        return Ok(());
    };
    let Value::Object(values) = extra else {
        return Err(fields.unread("wrong_type", "extra"));
    };
    if EXTRAS < values.len() {
        return Err(fields.unread("too_many", "extra"));
    }
    let names: Vec<&str> = values.keys().map(String::as_str).collect();
    let inside = Fields::of(extra, Cow::Borrowed("extra."), &names)?;
    for (name, value) in values {
        let read = value::extra(value).filter(|_| name.len() <= EXTRA_BYTES);
        let read = read.ok_or_else(|| inside.unread("no_single_value", name))?;
        put(report, name.clone(), read);
    }
    Ok(())
}
