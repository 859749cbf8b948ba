//! One webhook.

use alloc::{borrow::Cow, string::String};

use segel_geo::Position;
use segel_model::{
    Report, ServerTime, Signal,
    report::{Battery, Extra, Fix, FixSource, ReportKind},
};
use serde_json::{Map, Value};

use crate::{
    limits::EXTRA_BYTES,
    objects::{
        Said, Unread,
        value::{battery, extra, keep_rest, said_device, said_flag, said_moment, said_number},
    },
    read::{bare, put, set_time},
};

/// Names of the sender, the surest first.
const DEVICE: [&str; 4] = ["deviceid", "imei", "devicename", "entityname"];
/// Names of the moment.
const TIME: [&str; 4] = ["entrytimeepoch", "entrytimeutc", "timestamp", "time"];
/// Parts of the webhook that are read into the report, or beside it under names of ours.
const PARTS: [&str; 12] = [
    "location",
    "battery",
    "temperature",
    "humidity",
    "light",
    "shock",
    "accelerometer",
    "acceleration",
    "pressure",
    "cellular",
    "alert",
    "alerttype",
];

/// What is felt: the part, its measure inside, and the name that it has beside a report.
const FELT: [(&str, &str, &str); 7] = [
    ("temperature", "celsius", "temperature_c"),
    ("humidity", "percentage", "humidity_percent"),
    ("light", "lux", "light_lux"),
    ("shock", "g", "shock_g"),
    ("accelerometer", "g", "acceleration_g"),
    ("acceleration", "g", "acceleration_g"),
    ("cellular", "dbm", "signal_dbm"),
];

/// Alerts that say what happened to the tracker. Others, such as one of light or temperature, stay beside the report.
static ALERTS: [(&str, Signal); 6] = [
    ("shock", Signal::Vibration),
    ("tamper", Signal::Dismantled),
    ("lowbattery", Signal::LowBattery),
    ("jamming", Signal::Jamming),
    ("geofenceenter", Signal::FenceIn { fence: None }),
    ("geofenceexit", Signal::FenceOut { fence: None }),
];

/// Reads one webhook.
pub(crate) fn read(object: &[u8], received: ServerTime) -> Result<Said, Unread> {
    let value: Value = serde_json::from_slice(object).map_err(|_| Unread::whole("no_such_json"))?;
    let webhook = value.as_object().ok_or(Unread::whole("not_a_message"))?;
    let device = DEVICE
        .iter()
        .find_map(|name| find(webhook, name).and_then(said_device));
    let mut report = bare(
        device.ok_or(Unread::whole("not_a_device_id"))?,
        ReportKind::Record,
        received,
    );
    let odd = add_time(&mut report, webhook).or(add_fix(&mut report, webhook));
    report.battery = find(webhook, "battery").and_then(charge);
    add_signals(&mut report, webhook);
    add_extra(&mut report, webhook);
    Ok(Said {
        oddity: odd,
        ..Said::from(report)
    })
}

fn add_time(report: &mut Report, webhook: &Map<String, Value>) -> Option<&'static str> {
    let said = TIME.iter().find_map(|name| find(webhook, name));
    match said.and_then(said_moment).map(|time| u64::try_from(time.unix_ms)) {
        Some(Ok(unix_ms)) => set_time(report, unix_ms),
        _ => Some("no_such_time"),
    }
}

fn add_fix(report: &mut Report, webhook: &Map<String, Value>) -> Option<&'static str> {
    let location = find(webhook, "location")?.as_object()?;
    let number = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| find(location, name).and_then(said_number))
    };
    let place = number(&["latitude", "lat"]).zip(number(&["longitude", "lon", "lng"]));
    let Some(position) = place.and_then(|(lat, lon)| Position::new(lat, lon)) else {
        return Some("no_such_place");
    };
    let accuracy = find(location, "accuracy").and_then(|accuracy| measure(accuracy, "meters"));
    let accuracy_m = accuracy.or(number(&["accuracym", "accuracymeters"]));
    report.fix = Some(Fix {
        position,
        valid: (position.lat, position.lon) != (0.0, 0.0),
        source: ["locationmethod", "method", "source"]
            .iter()
            .find_map(|name| find(location, name)?.as_str())
            .map_or(FixSource::Unknown, source),
        speed_kmh: number(&["speedkmh"]).map(|speed| speed as f32),
        course_deg: None,
        altitude_m: None,
        satellites: None,
        accuracy_m: accuracy_m
            .filter(|metres| 0.0 <= *metres)
            .map(|metres| metres as f32),
    });
    None
}

fn source(method: &str) -> FixSource {
    match normal(method).as_str() {
        "gps" | "gnss" => FixSource::Gnss,
        "cell" | "celltower" | "cellular" | "lbs" => FixSource::Cell,
        "wifi" => FixSource::Wifi,
        _ => FixSource::Unknown,
    }
}

/// A number is its percentage.
fn charge(said: &Value) -> Option<Battery> {
    let percent = measure(said, "percentage").or(measure(said, "percent"));
    let charging = said
        .as_object()
        .and_then(|inside| find(inside, "ischarging").or(find(inside, "charging")));
    battery(percent, None, charging.and_then(said_flag))
}

/// A shock that is only said to have been, or an alert by its name.
fn add_signals(report: &mut Report, webhook: &Map<String, Value>) {
    let mut add = |signal: &Signal| {
        if !report.signals.contains(signal) {
            report.signals.push(signal.clone());
        }
    };
    if find(webhook, "shock") == Some(&Value::Bool(true)) {
        add(&Signal::Vibration);
    }
    let alerts = ["alert", "alerttype"]
        .into_iter()
        .filter_map(|name| find(webhook, name));
    for said in alerts.filter_map(Value::as_str) {
        let known = ALERTS.iter().find(|(name, _)| *name == normal(said));
        known.iter().for_each(|(_, signal)| add(signal));
    }
}

fn add_extra(report: &mut Report, webhook: &Map<String, Value>) {
    for (part, inside, name) in FELT {
        if let Some(value) = find(webhook, part).and_then(|said| measure(said, inside)) {
            put(report, name, Extra::Number(value));
        }
    }
    for name in ["alert", "alerttype"] {
        if let Some(said) = find(webhook, name).and_then(extra) {
            put(report, Cow::Borrowed("alert"), said);
        }
    }
    keep_rest(report, webhook, |name| {
        let name = normal(name);
        let is = |one: &&str| *one == name;
        PARTS.iter().any(is) || TIME.iter().any(is) || name == "deviceid"
    });
}

/// The measure that a part is, or has inside.
fn measure(said: &Value, inside: &str) -> Option<f64> {
    match said {
        Value::Object(part) => find(part, inside).and_then(said_number),
        value => said_number(value),
    }
}

/// A value by its name, capitals and underscores aside; null is none.
fn find<'a>(object: &'a Map<String, Value>, wanted: &str) -> Option<&'a Value> {
    let found = object.iter().find(|(name, _)| normal(name) == wanted);
    found.map(|(_, value)| value).filter(|value| !value.is_null())
}

fn normal(name: &str) -> String {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    letters.take(EXTRA_BYTES).flat_map(char::to_lowercase).collect()
}
