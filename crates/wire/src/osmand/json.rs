//! The JSON of background-geolocation apps: `{"location": {…}, "device_id": …}`, or a list of locations.

use alloc::{borrow::Cow, vec::Vec};

use segel_geo::Position;
use segel_model::{
    DeviceId, Report, ServerTime,
    report::{Battery, Fix, FixSource, ReportKind},
};
use serde_json::Value;

use crate::{
    limits::{EXTRA_BYTES, EXTRAS, FIXES},
    objects::{
        Said, Unread,
        value::{extra, said_device, said_moment},
    },
    read::{bare, set_moment},
};

/// Metres a second in kilometres an hour.
const KMH_PER_M_S: f64 = 3.6;

/// Reads one object that was posted.
pub(crate) fn read(object: &[u8], received: ServerTime) -> Result<Said, Unread> {
    let reports = reports(object, None, received).map_err(Unread::whole)?;
    let oddity = reports
        .iter()
        .any(|report| report.fix.is_none())
        .then_some("no_such_place");
    Ok(Said {
        reports,
        oddity,
        wants_answer: false,
    })
}

/// The reports of a body, in its order; `device` is who speaks where the body does not say it.
pub(crate) fn reports(
    body: &[u8],
    device: Option<&DeviceId>,
    received: ServerTime,
) -> Result<Vec<Report>, &'static str> {
    let value: Value = serde_json::from_slice(body).map_err(|_| "no_such_json")?;
    let mut reports = Vec::new();
    for one in all(&value) {
        let said = ["device_id", "id"].iter().find_map(|name| one.get(name));
        let said = said.and_then(said_device);
        let device = said.as_ref().or(device).ok_or("no_device_id")?;
        let locations = one.get("location").ok_or("no_location")?;
        let locations = all(locations).iter();
        reports.extend(locations.map(|location| report(device, location, received)));
        if FIXES < reports.len() {
            return Err("too_many_fixes");
        }
    }
    Ok(reports)
}

/// The values of a list, or the one value that is no list.
fn all(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        one => core::slice::from_ref(one),
    }
}

fn report(device: &DeviceId, location: &Value, received: ServerTime) -> Report {
    let mut report = bare(device.clone(), ReportKind::Record, received);
    set_moment(&mut report, location.get("timestamp").and_then(said_moment));
    report.fix = location.get("coords").and_then(fix);
    if let Some(fix) = report.fix.as_mut().filter(|_| is_made_up(location)) {
        fix.valid = false;
    }
    report.battery = location.get("battery").and_then(battery);
    add_extra(&mut report, location);
    report
}

/// Android says of a place that another app put there that it is a mock.
fn is_made_up(location: &Value) -> bool {
    location.get("mock").and_then(Value::as_bool) == Some(true)
}

/// Speed is in metres a second; minus one means not measured.
fn fix(coords: &Value) -> Option<Fix> {
    let number = |name: &str| coords.get(name).and_then(Value::as_f64);
    let measured = |name: &str| number(name).filter(|&value| 0.0 <= value);
    let (lat, lon) = (number("latitude")?, number("longitude")?);
    Some(Fix {
        position: Position::new(lat, lon)?,
        valid: (lat, lon) != (0.0, 0.0),
        source: FixSource::Unknown,
        speed_kmh: measured("speed").map(|speed| (speed * KMH_PER_M_S) as f32),
        course_deg: measured("heading").map(|heading| heading as f32),
        altitude_m: number("altitude").map(|altitude| altitude as f32),
        satellites: None,
        accuracy_m: measured("accuracy").map(|accuracy| accuracy as f32),
    })
}

/// The level is a share of one; minus one means not known.
fn battery(value: &Value) -> Option<Battery> {
    let level = value
        .get("level")
        .and_then(Value::as_f64)
        .filter(|level| (0.0..=1.0).contains(level));
    let charging = value.get("is_charging").and_then(Value::as_bool);
    let said = level.is_some() || charging.is_some();
    said.then(|| Battery {
        percent: level.map(|level| libm::round(level * 100.0) as u8),
        charging: charging.unwrap_or(false),
        battery_mv: None,
    })
}

fn add_extra(report: &mut Report, location: &Value) {
    for name in ["event", "is_moving", "odometer", "uuid", "mock"] {
        report.extra.extend(
            location
                .get(name)
                .and_then(extra)
                .map(|value| (Cow::Borrowed(name), value)),
        );
    }
    for (name, part, inside) in [
        ("activity", "activity", "type"),
        ("geofence", "geofence", "identifier"),
        ("geofence_action", "geofence", "action"),
    ] {
        let said = location
            .get(part)
            .and_then(|part| part.get(inside))
            .and_then(extra);
        report
            .extra
            .extend(said.map(|value| (Cow::Borrowed(name), value)));
    }
    let Some(Value::Object(extras)) = location.get("extras") else {
        return;
    };
    let short = extras
        .iter()
        .filter(|(name, _)| name.len() <= EXTRA_BYTES)
        .take(EXTRAS);
    report
        .extra
        .extend(short.filter_map(|(name, value)| Some((Cow::Owned(name.clone()), extra(value)?))));
}
