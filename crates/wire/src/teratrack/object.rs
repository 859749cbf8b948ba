//! One object: what the seal itself says.

use alloc::{string::String, vec::Vec};

use segel_geo::Position;
use segel_model::{
    Report, ServerTime, Signal,
    report::{Extra, Fix, FixSource, Lock, ReportKind},
    signal::UnsealRefusal,
};
use serde_json::{Map, Value};

use super::slave;
use crate::{
    calendar::parse_rfc3339,
    limits::EXTRA_BYTES,
    objects::{
        Said, Unread,
        value::{battery, keep_rest, said_device, said_flag, said_number, said_whole},
    },
    read::{bare, put, set_time},
};

/// Names that are read into the report itself, and those of the frame from which the forwarder read it.
const KNOWN: [&str; 28] = [
    "MDeviceID",
    "DataType",
    "DataLength",
    "DateTime",
    "Latitude",
    "Longitude",
    "Speed",
    "Mileage",
    "FenceAlarm",
    "AreaAlarmID",
    "LockCutOff",
    "SealTampered",
    "SealTempered",
    "MessageAck",
    "LockRope",
    "LockStatus",
    "LockOpen",
    "PasswordError",
    "CardNo",
    "IllegalCard",
    "LowPower",
    "UnCoverBack",
    "CoverStatus",
    "LockStuck",
    "Power",
    "IMEI",
    "Index",
    "Slave",
];

/// Handbook 1.2: "lo nibble data type: ... 3 blind-area".
const BLIND_AREA: u64 = 3;

/// Reads one object. Whatever it says of itself, a seal that names itself is heard.
pub(crate) fn read(object: &[u8], received: ServerTime) -> Result<Said, Unread> {
    let value: Value = serde_json::from_slice(object).map_err(|_| Unread::whole("no_such_json"))?;
    let object = value.as_object().ok_or(Unread::whole("not_a_message"))?;
    let device = object.get("MDeviceID").and_then(said_device);
    let mut report = bare(
        device.ok_or(Unread::whole("not_a_device_id"))?,
        ReportKind::Record,
        received,
    );
    let odd = add_time(&mut report, object).or(add_fix(&mut report, object));
    report.backfill = whole(object, "DataType") == Some(BLIND_AREA);
    report.battery = battery(number(object, "Power"), None, None);
    report.lock = Lock {
        rope: flag(object, "LockRope"),
        motor: flag(object, "LockStatus"),
        cover: flag(object, "CoverStatus"),
    };
    report.serial = object.get("Index").and_then(said_whole);
    report.signals.extend(signals(object));
    add_extra(&mut report, object);
    let (slaves, odd_slaves) = slave::reports(&report, object.get("Slave"));
    Ok(Said {
        oddity: odd.or(odd_slaves),
        wants_answer: flag(object, "MessageAck") == Some(true),
        reports: [Vec::from([report]), slaves].concat(),
    })
}

/// Its moments are in UTC, as the seal's own.
fn add_time(report: &mut Report, object: &Map<String, Value>) -> Option<&'static str> {
    let text = object.get("DateTime")?.as_str()?;
    match parse_rfc3339(text).map(u64::try_from) {
        Some(Ok(unix_ms)) => set_time(report, unix_ms),
        _ => Some("no_such_time"),
    }
}

/// The number has the sign; the states of the hemispheres beside it say the same again and stay beside the report. A place that was
/// found by cell towers is not told from another: bit 0 of the status word has no name.
fn add_fix(report: &mut Report, object: &Map<String, Value>) -> Option<&'static str> {
    let (lat, lon) = (object.get("Latitude")?, object.get("Longitude")?);
    let place = said_number(lat).zip(said_number(lon));
    let Some(position) = place.and_then(|(lat, lon)| Position::new(lat, lon)) else {
        return Some("no_such_place");
    };
    report.fix = Some(Fix {
        position,
        valid: (position.lat, position.lon) != (0.0, 0.0),
        source: FixSource::Gnss,
        speed_kmh: number(object, "Speed").map(|speed| speed as f32),
        course_deg: None,
        altitude_m: None,
        satellites: None,
        accuracy_m: None,
    });
    None
}

/// Handbook 1.3: the names of the status word, lowest bit first. Like its bits they are levels: they repeat until mended.
fn signals(object: &Map<String, Value>) -> Vec<Signal> {
    let card = text(object, "CardNo");
    let refused = |reason, actor| Signal::UnsealRefused { reason, actor };
    let fence = object.get("AreaAlarmID").and_then(said_whole::<u16>);
    let table = [
        (
            "FenceAlarm",
            Signal::FenceIn {
                fence: fence.filter(|fence| *fence != 0),
            },
        ),
        ("LockCutOff", Signal::RopeCut),
        ("SealTampered", Signal::Vibration),
        ("SealTempered", Signal::Vibration),
        ("LockOpen", Signal::LongUnlocked),
        ("PasswordError", refused(UnsealRefusal::BadPwd, None)),
        ("IllegalCard", refused(UnsealRefusal::IllegalCard, card)),
        ("LowPower", Signal::LowBattery),
        ("UnCoverBack", Signal::CoverOpen),
        ("LockStuck", Signal::MotorStuck),
    ];
    set(object, table)
}

/// The signals whose names are set.
pub(super) fn set<const N: usize>(object: &Map<String, Value>, table: [(&str, Signal); N]) -> Vec<Signal> {
    let set = table
        .into_iter()
        .filter(|(name, _)| flag(object, name) == Some(true));
    set.map(|(_, signal)| signal).collect()
}

fn add_extra(report: &mut Report, object: &Map<String, Value>) {
    for (name, said) in [("imei", "IMEI"), ("card", "CardNo"), ("data_type", "DataType")] {
        if let Some(text) = text(object, said) {
            put(report, name, Extra::Text(text.into()));
        }
    }
    if let Some(mileage_km) = number(object, "Mileage") {
        put(report, "mileage_km", Extra::Number(mileage_km));
    }
    keep_rest(report, object, |name| KNOWN.contains(&name));
}

pub(super) fn flag(object: &Map<String, Value>, name: &str) -> Option<bool> {
    object.get(name).and_then(said_flag)
}

pub(super) fn number(object: &Map<String, Value>, name: &str) -> Option<f64> {
    object.get(name).and_then(said_number)
}

fn whole(object: &Map<String, Value>, name: &str) -> Option<u64> {
    object.get(name).and_then(said_whole)
}

fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    let text = object.get(name)?.as_str()?.trim();
    (1..=EXTRA_BYTES).contains(&text.len()).then(|| text.into())
}
