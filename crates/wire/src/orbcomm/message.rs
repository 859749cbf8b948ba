//! One message of a terminal, as the gateway has unpacked it: a name, and fields of a name and a value each.

use alloc::{
    borrow::{Cow, ToOwned},
    string::{String, ToString},
    vec::Vec,
};

use segel_geo::Position;
use segel_model::{
    DeviceId, DeviceTime, Report, ServerTime,
    report::{Extra, Fix, FixSource, ReportKind},
};
use serde_json::Value;

use super::{MESSAGE_BYTES, time::MailboxTime};
use crate::read::{bare, measure, put, set_time};

/// Thousandths of a minute of arc in a degree (handbook, section 9).
const PER_DEGREE: f64 = 60_000.0;
/// A heading that was not measured.
const NO_HEADING: f64 = 361.0;
/// The highest speed believed of what stands on wheels or keels, and of what flies.
const SPEED_MAX_KMH: f64 = 1_500.0;
/// A terminal that had to wait longer than this between an event and the gateway was out of sight of every satellite.
const LIVE_S: i64 = 600;
/// The longest number of a terminal; real ones have fifteen letters and digits.
const MOBILE_BYTES: usize = 64;
/// The most fields kept beside a report.
const FIELDS: usize = 48;
/// The longest name or value of a field kept beside a report.
const FIELD_BYTES: usize = 128;

/// A message of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its number at the gateway, by which a repeat is known.
    pub id: Option<u64>,
    /// What it says; nothing where it does not say who speaks.
    pub report: Option<Report>,
    /// What is strange in it.
    pub oddity: Option<&'static str>,
    /// Its own piece of the page, byte for byte.
    pub raw: String,
}

/// Reads a message from its piece of the page.
pub(crate) fn read(raw: &str, received: ServerTime) -> Message {
    let mut message = Message {
        id: None,
        report: None,
        oddity: None,
        raw: raw.to_owned(),
    };
    if MESSAGE_BYTES < raw.len() {
        message.oddity = Some("frame_too_long");
        return message;
    }
    let value: Value = serde_json::from_str(raw).unwrap_or_default();
    message.id = value.get("ID").and_then(Value::as_u64);
    match device(&value) {
        Some(device) => {
            let mut reading = Reading::new(device, received);
            reading.message(&value);
            (message.report, message.oddity) = (Some(reading.report), reading.oddity);
        }
        None => message.oddity = Some("no_device_id"),
    }
    message
}

fn device(value: &Value) -> Option<DeviceId> {
    let name = text(value.get("MobileID")?)?;
    let printable = name.bytes().all(|byte| byte.is_ascii_graphic());
    let fits = (1..=MOBILE_BYTES).contains(&name.len());
    (fits && printable).then(|| DeviceId(name.into_owned()))
}

/// Words, or a number as words.
fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text.trim())),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        _ => None,
    }
}

/// A message while it is being read.
struct Reading {
    report: Report,
    oddity: Option<&'static str>,
}

impl Reading {
    fn new(device: DeviceId, received: ServerTime) -> Self {
        Self {
            report: bare(device, ReportKind::Record, received),
            oddity: None,
        }
    }

    fn message(&mut self, value: &Value) {
        let id = value.get("ID").and_then(Value::as_u64);
        // The lower half tells two messages of one second apart; the whole stands beside it.
        self.report.serial = id.map(|id| id as u32);
        let payload = value.get("Payload").filter(|payload| payload.is_object());
        let fields = payload.map(fields).unwrap_or_default();
        self.time(&fields, value);
        self.place(&fields);
        self.head(value, payload);
        self.beside(&fields);
        if payload.is_none() {
            self.odd("unread_payload");
        }
    }

    /// Something strange; the first counts.
    fn odd(&mut self, what: &'static str) {
        self.oddity = self.oddity.or(Some(what));
    }

    /// The terminal's own time; without it, when the gateway had the message, which is seconds later.
    fn time(&mut self, fields: &[(&str, Cow<'_, str>)], value: &Value) {
        let at_gateway = value
            .get("MessageUTC")
            .and_then(Value::as_str)
            .and_then(MailboxTime::parse);
        let Some(said) = field(fields, "EventTime") else {
            self.report.time = at_gateway.map(|at| DeviceTime::from_unix_ms(at.unix_s * 1000));
            return;
        };
        let unix_ms = said
            .parse::<u64>()
            .ok()
            .and_then(|seconds| seconds.checked_mul(1000));
        let odd = unix_ms.map_or(Some("no_such_time"), |unix_ms| {
            set_time(&mut self.report, unix_ms)
        });
        if let Some(what) = odd {
            self.odd(what);
        }
        let waited_s = self
            .report
            .time
            .zip(at_gateway)
            .map(|(time, at)| at.unix_s - time.unix_ms.div_euclid(1000));
        self.report.backfill = waited_s.is_some_and(|waited_s| LIVE_S < waited_s);
    }

    fn place(&mut self, fields: &[(&str, Cow<'_, str>)]) {
        let number = |name| field(fields, name).and_then(|text| measure(text.as_bytes()));
        let (Some(lat), Some(lon)) = (number("Latitude"), number("Longitude")) else {
            return;
        };
        let Some(position) = Position::new(lat / PER_DEGREE, lon / PER_DEGREE) else {
            return self.odd("no_such_place");
        };
        let heading = number("Heading").filter(|heading| *heading != NO_HEADING);
        let course = heading.filter(|heading| (0.0..=360.0).contains(heading));
        if heading.is_some() && course.is_none() {
            self.odd("no_such_course");
        }
        let speed = number("Speed").filter(|speed| (0.0..=SPEED_MAX_KMH).contains(speed));
        self.report.fix = Some(Fix {
            position,
            valid: (lat, lon) != (0.0, 0.0),
            source: FixSource::Gnss,
            speed_kmh: speed.map(|speed| speed as f32),
            course_deg: course.map(|course| course as f32),
            altitude_m: None,
            satellites: None,
            accuracy_m: None,
        });
    }

    /// Which message it is, and how it came.
    fn head(&mut self, value: &Value, payload: Option<&Value>) {
        let named = payload.and_then(|payload| payload.get("Name")).and_then(text);
        if let Some(name) = named.filter(|name| name.len() <= FIELD_BYTES) {
            put(&mut self.report, "message", Extra::Text(name.into_owned().into()));
        }
        let within = |name: &str| {
            payload
                .and_then(|payload| payload.get(name))
                .and_then(Value::as_i64)
        };
        let beside = |name: &str| value.get(name).and_then(Value::as_i64);
        let numbers = [
            ("sin", within("SIN").or(beside("SIN"))),
            ("min", within("MIN").or(beside("MIN"))),
            ("message_id", beside("ID")),
            ("transport", beside("Transport")),
        ];
        for (name, number) in numbers {
            if let Some(number) = number {
                put(&mut self.report, name, Extra::Whole(number));
            }
        }
    }

    /// Every other field, by the terminal's own name.
    fn beside(&mut self, fields: &[(&str, Cow<'_, str>)]) {
        let read = |name: &str| READ.iter().any(|known| known.eq_ignore_ascii_case(name));
        let others = fields.iter().filter(|(name, _)| !read(name));
        let short = others.filter(|(name, value)| name.len() <= FIELD_BYTES && value.len() <= FIELD_BYTES);
        for (name, value) in short.take(FIELDS) {
            put(&mut self.report, (*name).to_owned(), extra(value));
        }
    }
}

/// Fields that have a place of their own in a report.
const READ: [&str; 5] = ["Latitude", "Longitude", "Speed", "Heading", "EventTime"];

/// The fields of a payload. Lists and messages inside a message have no value of their own and stay in the raw text.
fn fields(payload: &Value) -> Vec<(&str, Cow<'_, str>)> {
    let listed = payload.get("Fields").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(pair).collect()
}

fn pair(field: &Value) -> Option<(&str, Cow<'_, str>)> {
    Some((field.get("Name")?.as_str()?, text(field.get("Value")?)?))
}

fn field<'a>(fields: &'a [(&str, Cow<'_, str>)], wanted: &str) -> Option<&'a str> {
    let found = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    found.map(|(_, value)| value.as_ref())
}

fn extra(value: &str) -> Extra {
    if value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") {
        return Extra::Flag(value.eq_ignore_ascii_case("true"));
    }
    match (value.parse::<i64>(), measure(value.as_bytes())) {
        (Ok(whole), _) => Extra::Whole(whole),
        (_, Some(number)) => Extra::Number(number),
        _ => Extra::Text(value.to_owned().into()),
    }
}
