//! The query form: `id=…&lat=…&lon=…&timestamp=…`, in the target or as a form in the body.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::str::FromStr;

use segel_geo::Position;
use segel_model::{
    DeviceId, Report, ServerTime,
    report::{Battery, Cell, Extra, Fix, FixSource, ReportKind},
};

use crate::{
    jointech::place::KMH_PER_KNOT,
    limits::{EXTRA_BYTES, EXTRAS},
    objects::value::{device_id, moment},
    read::{bare, set_moment},
};

/// Names of the sender.
const SENDER: [&str; 3] = ["id", "deviceid", "device_id"];

/// Who a query says it is.
pub(crate) fn sender(query: &str) -> Option<DeviceId> {
    let mut pairs = query.split('&').map(pair);
    let (_, value) = pairs.find(|(name, _)| SENDER.contains(&name.as_str()))?;
    device_id(&value)
}

/// The report a query makes. `Err` names what is missing.
pub(crate) fn report(query: &str, received: ServerTime) -> Result<Report, &'static str> {
    let pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(pair)
        .collect();
    let value = |wanted: &[&str]| {
        pairs
            .iter()
            .find(|(name, _)| wanted.contains(&name.as_str()))
            .map(|(_, value)| value.as_str())
    };
    let device = value(&SENDER).and_then(device_id).ok_or("no_device_id")?;
    let mut report = bare(device, ReportKind::Record, received);
    set_moment(&mut report, value(&["timestamp"]).and_then(moment));
    report.fix = fix(&value);
    report.battery = battery(&value);
    report.cell = value(&["cell"]).and_then(cell);
    add_extra(&mut report, &pairs);
    Ok(report)
}

/// Names that are read into the report itself.
const KNOWN: [&str; 14] = [
    "id",
    "deviceid",
    "device_id",
    "timestamp",
    "lat",
    "lon",
    "location",
    "speed",
    "bearing",
    "heading",
    "altitude",
    "accuracy",
    "valid",
    "batt",
];

fn pair(text: &str) -> (String, String) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    (percent_decoded(name), percent_decoded(value))
}

/// `%20` and `+` are blanks. A per cent sign before anything but two hexadecimal digits stands for itself.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, after) = match (first, tail) {
            (b'%', [high, low, after @ ..]) => match (nibble(*high), nibble(*low)) {
                (Some(high), Some(low)) => ((high << 4) | low, after),
                _ => (b'%', tail),
            },
            (b'+', _) => (b' ', tail),
            (&byte, _) => (byte, tail),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

fn measure(text: &str) -> Option<f64> {
    f64::from_str(text).ok().filter(|value| value.is_finite())
}

fn fix<'a>(value: &impl Fn(&[&str]) -> Option<&'a str>) -> Option<Fix> {
    let number = |names: &[&str]| value(names).and_then(measure);
    let (lat, lon) = match (number(&["lat"]), number(&["lon"])) {
        (Some(lat), Some(lon)) => (lat, lon),
        _ => {
            let (lat, lon) = value(&["location"])?.split_once(',')?;
            (measure(lat.trim())?, measure(lon.trim())?)
        }
    };
    let valid = value(&["valid"]).is_none_or(|valid| matches!(valid, "1" | "true"));
    Some(Fix {
        position: Position::new(lat, lon)?,
        valid: valid && (lat, lon) != (0.0, 0.0),
        source: FixSource::Unknown,
        speed_kmh: number(&["speed"]).map(|knots| (knots * KMH_PER_KNOT) as f32),
        course_deg: number(&["bearing", "heading"]).map(|course| course as f32),
        altitude_m: number(&["altitude"]).map(|altitude| altitude as f32),
        satellites: None,
        accuracy_m: number(&["accuracy"]).map(|accuracy| accuracy as f32),
    })
}

fn battery<'a>(value: &impl Fn(&[&str]) -> Option<&'a str>) -> Option<Battery> {
    let percent = value(&["batt"])
        .and_then(measure)
        .filter(|level| (0.0..=100.0).contains(level));
    let charging = value(&["charge", "charging"]).map(|charging| matches!(charging, "1" | "true"));
    let said = percent.is_some() || charging.is_some();
    said.then(|| Battery {
        percent: percent.map(|level| libm::round(level) as u8),
        charging: charging.unwrap_or(false),
        battery_mv: None,
    })
}

/// `mcc,mnc,lac,cid` and perhaps a strength in dBm, which is not the 0 to 31 that seals count.
fn cell(text: &str) -> Option<Cell> {
    let mut fields = text.split(',').map(str::trim);
    Some(Cell {
        mcc: Some(fields.next()?.parse().ok()?),
        mnc: Some(fields.next()?.parse().ok()?),
        lac: Some(fields.next()?.parse().ok()?),
        cid: fields.next()?.parse().ok()?,
        csq: None,
    })
}

fn add_extra(report: &mut Report, pairs: &[(String, String)]) {
    let unknown = pairs.iter().filter(|(name, _)| !KNOWN.contains(&name.as_str()));
    let short = unknown.filter(|(name, value)| name.len() <= EXTRA_BYTES && value.len() <= EXTRA_BYTES);
    let values = short
        .take(EXTRAS)
        .map(|(name, value)| (Cow::Owned(name.clone()), extra(value)));
    report.extra.extend(values);
}

fn extra(value: &str) -> Extra {
    match value {
        "true" => return Extra::Flag(true),
        "false" => return Extra::Flag(false),
        _ => {}
    }
    if let Ok(whole) = value.parse::<i64>() {
        return Extra::Whole(whole);
    }
    match measure(value) {
        Some(number) => Extra::Number(number),
        None => Extra::Text(Cow::Owned(value.into())),
    }
}
