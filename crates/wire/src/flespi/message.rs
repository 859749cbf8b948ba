//! One message.

use alloc::string::String;

use segel_geo::Position;
use segel_model::{
    Report, ServerTime,
    report::{Cell, Fix, FixSource, ReportKind},
};
use serde_json::{Map, Value};

use super::lock;
use crate::{
    objects::{
        Said, Unread,
        value::{battery, keep_rest, said_device, said_flag, said_number, said_whole},
    },
    read::{bare, set_time},
};

/// Names that are read into the report itself; those of locks stand in `lock`.
const KNOWN: [&str; 20] = [
    "ident",
    "timestamp",
    "message.buffered.status",
    "position.latitude",
    "position.longitude",
    "position.valid",
    "position.speed",
    "position.direction",
    "position.altitude",
    "position.satellites",
    "position.accuracy",
    "battery.level",
    "battery.voltage",
    "battery.charging.status",
    "gsm.mcc",
    "gsm.mnc",
    "gsm.lac",
    "gsm.cellid",
    "record.seqnum",
    "event.seqnum",
];

/// Reads one message. "Each message must have: ident, timestamp" (flespi.com, messages).
pub(crate) fn read(object: &[u8], received: ServerTime) -> Result<Said, Unread> {
    let value: Value = serde_json::from_slice(object).map_err(|_| Unread::whole("no_such_json"))?;
    let message = value.as_object().ok_or(Unread::whole("not_a_message"))?;
    let device = message.get("ident").and_then(said_device);
    let mut report = bare(
        device.ok_or(Unread::whole("not_a_device_id"))?,
        ReportKind::Record,
        received,
    );
    let odd = add_time(&mut report, message).or(add_fix(&mut report, message));
    report.backfill = flag(message, "message.buffered.status") == Some(true);
    report.battery = battery(
        number(message, "battery.level"),
        number(message, "battery.voltage"),
        flag(message, "battery.charging.status"),
    );
    report.cell = cell(message);
    report.serial = ["record.seqnum", "event.seqnum"]
        .into_iter()
        .find_map(|name| message.get(name).and_then(said_whole));
    lock::add(&mut report, message);
    keep_rest(&mut report, message, |name| {
        KNOWN.contains(&name) || lock::knows(name)
    });
    Ok(Said {
        oddity: odd,
        ..Said::from(report)
    })
}

/// "timestamp: time when telemetry was collected, in UNIX time format with microseconds in fraction part".
fn add_time(report: &mut Report, message: &Map<String, Value>) -> Option<&'static str> {
    let seconds = message.get("timestamp").and_then(said_number);
    match seconds.map(|seconds| libm::round(seconds * 1000.0)) {
        None => Some("no_such_time"),
        Some(unix_ms) if unix_ms < 0.0 => Some("no_such_time"),
        Some(unix_ms) => set_time(report, unix_ms as u64),
    }
}

/// What comes with its satellites was found by them. Of a place that says neither them nor its accuracy nobody knows how good it
/// is.
fn add_fix(report: &mut Report, message: &Map<String, Value>) -> Option<&'static str> {
    let (lat, lon) = (
        message.get("position.latitude")?,
        message.get("position.longitude")?,
    );
    let place = said_number(lat).zip(said_number(lon));
    let Some(position) = place.and_then(|(lat, lon)| Position::new(lat, lon)) else {
        return Some("no_such_place");
    };
    let satellites = message.get("position.satellites").and_then(said_whole);
    let measure = |name| number(message, name).map(|value| value as f32);
    let somewhere = (position.lat, position.lon) != (0.0, 0.0);
    report.fix = Some(Fix {
        position,
        valid: somewhere && flag(message, "position.valid") != Some(false),
        source: match satellites {
            Some(_) => FixSource::Gnss,
            None => FixSource::Unknown,
        },
        speed_kmh: measure("position.speed"),
        course_deg: measure("position.direction"),
        altitude_m: measure("position.altitude"),
        satellites,
        accuracy_m: measure("position.accuracy"),
    });
    None
}

fn cell(message: &Map<String, Value>) -> Option<Cell> {
    Some(Cell {
        mcc: message.get("gsm.mcc").and_then(said_whole),
        mnc: message.get("gsm.mnc").and_then(said_whole),
        lac: message.get("gsm.lac").and_then(said_whole),
        cid: message.get("gsm.cellid").and_then(said_whole)?,
        csq: None, // Its strength is a percentage; it stays beside the report.
    })
}

pub(super) fn flag(message: &Map<String, Value>, name: &str) -> Option<bool> {
    message.get(name).and_then(said_flag)
}

fn number(message: &Map<String, Value>, name: &str) -> Option<f64> {
    message.get(name).and_then(said_number)
}
