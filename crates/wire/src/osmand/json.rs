//! The JSON of background-geolocation apps: `{"location": {…}, "device_id": …}`, or a list of locations.

use alloc::{borrow::Cow, string::ToString, vec::Vec};

use segel_geo::Position;
use segel_model::{
    DeviceId, DeviceTime, Report, ServerTime,
    report::{Battery, Extra, Fix, FixSource, ReportKind},
};
use serde_json::Value;

use super::query::{EXTRA_BYTES, EXTRAS, device_id, moment};
use crate::{
    limits::FIXES,
    read::{bare, set_moment},
};

/// Metres a second in kilometres an hour.
const KMH_PER_M_S: f64 = 3.6;

/// The reports of a body, in its order.
pub(crate) fn reports(body: &[u8], received: ServerTime) -> Result<Vec<Report>, &'static str> {
    let value: Value = serde_json::from_slice(body).map_err(|_| "no_such_json")?;
    let device = said_device(&value).ok_or("no_device_id")?;
    let location = value.get("location").ok_or("no_location")?;
    let locations: &[Value] = match location {
        Value::Array(locations) => locations,
        one => core::slice::from_ref(one),
    };
    if FIXES < locations.len() {
        return Err("too_many_fixes");
    }
    Ok(locations
        .iter()
        .map(|location| report(&device, location, received))
        .collect())
}

fn said_device(value: &Value) -> Option<DeviceId> {
    match value.get("device_id").or_else(|| value.get("id"))? {
        Value::String(text) => device_id(text),
        Value::Number(number) => device_id(&number.to_string()),
        _ => None,
    }
}

fn report(device: &DeviceId, location: &Value, received: ServerTime) -> Report {
    let mut report = bare(device.clone(), ReportKind::Record, received);
    set_moment(&mut report, location.get("timestamp").and_then(time));
    report.fix = location.get("coords").and_then(fix);
    report.battery = location.get("battery").and_then(battery);
    add_extra(&mut report, location);
    report
}

fn time(value: &Value) -> Option<DeviceTime> {
    match value {
        Value::String(text) => moment(text),
        Value::Number(number) => moment(&number.to_string()),
        _ => None,
    }
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
    for name in ["event", "is_moving", "odometer", "uuid"] {
        report.extra.extend(
            location
                .get(name)
                .and_then(extra)
                .map(|value| (Cow::Borrowed(name), value)),
        );
    }
    let activity = location
        .get("activity")
        .and_then(|activity| activity.get("type"))
        .and_then(extra);
    report
        .extra
        .extend(activity.map(|value| (Cow::Borrowed("activity"), value)));
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

fn extra(value: &Value) -> Option<Extra> {
    match value {
        Value::Bool(flag) => Some(Extra::Flag(*flag)),
        Value::String(text) => (text.len() <= EXTRA_BYTES).then(|| Extra::Text(text.clone().into())),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Some(Extra::Whole(whole)),
            None => number.as_f64().map(Extra::Number),
        },
        _ => None,
    }
}
