//! Single values that platforms send: device ids, moments, and whatever else stands beside a report.

use alloc::{
    borrow::Cow,
    string::{String, ToString},
};

use segel_model::{
    DeviceId, DeviceTime, Report,
    report::{Battery, Extra},
};
use serde_json::{Map, Value};

use crate::{
    calendar::parse_rfc3339,
    limits::{EXTRA_BYTES, EXTRAS},
};

/// The longest device id.
const DEVICE_BYTES: usize = 64;

/// A device id that can be shown and stored.
pub(crate) fn device_id(text: &str) -> Option<DeviceId> {
    let fits = (1..=DEVICE_BYTES).contains(&text.len());
    let printable = text
        .chars()
        .all(|letter| letter.is_alphanumeric() || "-_.:@".contains(letter));
    (fits && printable).then(|| DeviceId(text.into()))
}

/// A device id as text or as a number.
pub(crate) fn said_device(value: &Value) -> Option<DeviceId> {
    match value {
        Value::String(text) => device_id(text),
        Value::Number(number) => device_id(&number.to_string()),
        _ => None,
    }
}

/// Seconds or milliseconds since 1970, or RFC 3339.
pub(crate) fn moment(text: &str) -> Option<DeviceTime> {
    let unix_ms = match text.parse::<f64>() {
        Ok(number) => unix_ms(number)?,
        Err(_) => parse_rfc3339(text)?,
    };
    (0 < unix_ms).then(|| DeviceTime::from_unix_ms(unix_ms))
}

/// The same, as text or as a number.
pub(crate) fn said_moment(value: &Value) -> Option<DeviceTime> {
    match value {
        Value::String(text) => moment(text),
        Value::Number(number) => moment(&number.to_string()),
        _ => None,
    }
}

/// Whatever fits into 31 bits counts seconds, as nobody speaks of January 1970.
fn unix_ms(number: f64) -> Option<i64> {
    let ms = if number < f64::from(i32::MAX) {
        number * 1000.0
    } else {
        number
    };
    (0.0..1e15).contains(&ms).then(|| libm::round(ms) as i64)
}

/// Words that are allowed to stand for yes and no.
pub(crate) fn said_flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_u64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim() {
            "0" | "false" => Some(false),
            "1" | "true" => Some(true),
            _ => None,
        },
        _ => None,
    }
}

/// A number, or text that is one.
pub(crate) fn said_number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

/// The same where it has no fraction and fits.
pub(crate) fn said_whole<T: TryFrom<u64>>(value: &Value) -> Option<T> {
    let number = match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.and_then(|number| T::try_from(number).ok())
}

/// A value beside a report; nothing where it is no single value, or too long.
pub(crate) fn extra(value: &Value) -> Option<Extra> {
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

/// Keeps what else an object says, by its own names.
pub(crate) fn keep_rest(report: &mut Report, object: &Map<String, Value>, known: impl Fn(&str) -> bool) {
    let short = object
        .iter()
        .filter(|(name, _)| name.len() <= EXTRA_BYTES && !known(name));
    let values = short.filter_map(|(name, value)| Some((Cow::Owned(name.clone()), extra(value)?)));
    report.extra.extend(values.take(EXTRAS));
}

/// A battery, where anything is said of it. What is no percentage is not said.
pub(crate) fn battery(percent: Option<f64>, volts: Option<f64>, charging: Option<bool>) -> Option<Battery> {
    let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
    let battery_mv = volts.map(|volts| libm::round(volts * 1000.0));
    let battery_mv = battery_mv.filter(|mv| (0.0..=f64::from(u16::MAX)).contains(mv));
    let said = percent.is_some() || battery_mv.is_some() || charging.is_some();
    said.then(|| Battery {
        percent: percent.map(|percent| libm::round(percent) as u8),
        charging: charging.unwrap_or(false),
        battery_mv: battery_mv.map(|mv| mv as u16),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_moment_is_seconds_milliseconds_or_rfc_3339() {
        let of = |value: Value| said_moment(&value).map(|time| time.unix_ms);
        let expected = Some(1_770_111_015_250);
        assert_eq!(of(json!(1_770_111_015.25)), expected);
        assert_eq!(of(json!(1_770_111_015_250_i64)), expected);
        assert_eq!(of(json!("2026-02-03T16:30:15.250+07:00")), expected);
        assert_eq!(of(json!(true)), None);
        assert_eq!(of(json!("yesterday")), None);
    }

    #[test]
    fn what_is_no_value_is_none() {
        assert_eq!(said_flag(&json!("1")), Some(true));
        assert_eq!(said_flag(&json!(2)), None);
        assert_eq!(said_number(&json!("nan")), None);
        assert_eq!(said_whole::<u8>(&json!(256)), None);
        assert_eq!(battery(Some(101.0), None, None), None);
    }
}
