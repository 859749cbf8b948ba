//! Every real frame we are given, field by field.
//!
//! The rows are other people's data and stay outside the project: `SEGEL_VECTORS` says where (by default
//! `../shared/protocols/vectors` beside the project). Without them this test says so and passes, unless
//! `SEGEL_CONFORMANCE=1` asks it to fail. What a row says and we do not is listed in `EXCEPTIONS` and, for readers, in
//! `docs/conformance-exceptions.md`.

#![allow(clippy::unwrap_used, reason = "a row that cannot be read fails the test")]

mod gt06;
mod guess;
mod kingwo;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use segel_model::{
    OrderId, Report, ServerTime, Signal,
    order::{FenceSort, Outcome, SealCommand},
    report::{Extra, FixSource, Protocol, ReportKind},
    signal::{UnsealBy, UnsealRefusal},
};
use segel_wire::{
    Learned, Limits, Output, Profile, Session,
    calendar::{parse_rfc3339, rfc3339},
    jointech::{command::Command, frame},
    tool::Tool,
};
use serde_json::{Value, json};

mod eseal;
mod queclink;
mod meitrack;
mod teltonika;
mod flespi;
mod teratrack;
mod jt808;
mod orbcomm;

/// File, what identifies the row, the field, and why we differ.
const EXCEPTIONS: &[(&str, &str, &str, &str)] = &[
    (
        "vendor-jointech.jsonl",
        "line 1",
        "speed_kmh_manual",
        "the row rounds 18 knots to 33.3 km/h; we say 33.336",
    ),
    (
        "gl200.jsonl",
        "line 1",
        "result",
        "the newest binary form is in no public document; the message is kept under its sender, without a place",
    ),
    (
        "teltonika.jsonl",
        "line 21",
        "hex",
        "its length says nought, so a stream of it has no packet; it is read with the length that it has",
    ),
    (
        "jt808.jsonl",
        "line 27",
        "value",
        "the row overlooks the byte between the event and the lock's number, so its card is shifted; ours is 90017383",
    ),
];

/// When the frames are said to have come.
const NOW_MS: i64 = 1_767_225_600_000;

pub(crate) fn now() -> ServerTime {
    ServerTime::from_unix_ms(NOW_MS)
}

pub(crate) fn vectors() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/protocols/vectors");
    let path = std::env::var_os("SEGEL_VECTORS").map_or(beside, PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    let asked = std::env::var_os("SEGEL_CONFORMANCE").is_some_and(|value| value == "1");
    assert!(!asked, "no real frames at {}: set SEGEL_VECTORS", path.display());
    println!("skipped: no real frames at {}; set SEGEL_VECTORS", path.display());
    None
}

pub(crate) struct Row {
    pub(crate) file: &'static str,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) value: Value,
}

impl Row {
    pub(crate) fn name(&self) -> String {
        format!("line {}", self.line)
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.value[name]
            .as_str()
            .unwrap_or_else(|| panic!("{} {}: no {name}", self.file, self.name()))
    }

    pub(crate) fn expected(&self, name: &str) -> Option<&Value> {
        self.value["expected"].get(name)
    }

    /// Compares one value, unless it is a listed exception.
    #[track_caller]
    pub(crate) fn equal(&self, name: &str, ours: impl Into<Value>) {
        let Some(theirs) = self.expected(name) else { return };
        self.compare(name, theirs, &ours.into());
    }

    #[track_caller]
    pub(crate) fn compare(&self, name: &str, theirs: &Value, ours: &Value) {
        if is_exception(self, name) {
            assert_ne!(
                theirs,
                ours,
                "{} {} {name}: no exception any more",
                self.file,
                self.name()
            );
            return;
        }
        let same = match (theirs.as_f64(), ours.as_f64()) {
            (Some(theirs), Some(ours)) => (theirs - ours).abs() < 1e-5,
            _ => theirs == ours,
        };
        assert!(
            same,
            "{} {} {name}: theirs {theirs}, ours {ours}",
            self.file,
            self.name()
        );
    }
}

pub(crate) fn is_exception(row: &Row, name: &str) -> bool {
    EXCEPTIONS
        .iter()
        .any(|(file, line, field, _)| *file == row.file && *line == row.name() && *field == name)
}

pub(crate) fn rows(folder: &Path, file: &'static str) -> Vec<Row> {
    let text = fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let lines = text.lines().enumerate();
    lines
        .map(|(at, line)| Row {
            file,
            line: at + 1,
            value: serde_json::from_str(line).expect("a row is JSON"),
        })
        .collect()
}

/// What a fresh connection makes of some bytes, every report acknowledged at once.
#[derive(Default)]
pub(crate) struct Heard {
    reports: Vec<Report>,
    raw: Vec<Vec<u8>>,
    replies: Vec<String>,
    learned: Vec<Learned>,
    oddities: Vec<String>,
    answered: Vec<(OrderId, Outcome)>,
}

fn hear(bytes: &[u8]) -> Heard {
    let mut session = Session::new(Protocol::Jointech, Profile::ANY, Limits::default());
    session.receive(now(), bytes);
    drain(&mut session)
}

pub(crate) fn drain(session: &mut Session) -> Heard {
    let mut heard = Heard::default();
    while let Some(output) = session.poll() {
        match output {
            Output::Report(reported) => {
                session.acknowledge(reported.token, now());
                heard.reports.push(reported.report);
                heard.raw.push(reported.raw);
            }
            Output::Transmit(bytes) => heard.replies.push(String::from_utf8(bytes).unwrap()),
            Output::Learned(learned) => heard.learned.push(learned),
            Output::Oddity(oddity) => heard.oddities.push(oddity.what),
            Output::Answered(id, outcome) => heard.answered.push((id, outcome)),
            Output::Close(reason) => panic!("closed: {reason:?}"),
        }
    }
    heard
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn extra(report: &Report, name: &str) -> Value {
    let found = report.extra.iter().find(|(known, _)| known == name);
    match found.map(|(_, extra)| extra) {
        Some(Extra::Flag(flag)) => json!(flag),
        Some(Extra::Whole(whole)) => json!(whole),
        Some(Extra::Number(number)) => json!(number),
        Some(Extra::Text(text)) => json!(text),
        None => Value::Null,
    }
}

/// The only report of a row.
#[track_caller]
pub(crate) fn only(heard: &Heard) -> &Report {
    assert_eq!(
        heard.reports.len(),
        1,
        "one report, not {:?} {:?}",
        heard.reports,
        heard.oddities
    );
    &heard.reports[0]
}

pub(crate) fn iso(report: &Report) -> Value {
    // The rows write whole seconds.
    report.time.map_or(Value::Null, |time| {
        rfc3339(time.unix_ms).replace(".000Z", "Z").into()
    })
}

/// Decoder rows are frames after un-escaping. On the wire the binary part of a peripheral's message is escaped.
fn on_the_wire(frame_bytes: &[u8]) -> Vec<u8> {
    let binary_from = frame_bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b',')
        .nth(5)
        .map(|(at, _)| at + 1);
    let is_peripheral = frame_bytes.windows(6).any(|part| part == b"WLNET,");
    match binary_from {
        Some(from) if is_peripheral => {
            let end = frame_bytes.len() - 1;
            [
                &frame_bytes[..from],
                &frame::escape(&frame_bytes[from..end]),
                b")",
            ]
            .concat()
        }
        _ => frame_bytes.to_vec(),
    }
}

fn check_frame(row: &Row) {
    let (frames, used) = frame::split(&unhex(row.text("hex")), 2048);
    assert_eq!(used, row.text("hex").len() / 2);
    assert_eq!(frames.len(), 1, "{}", row.name());
    row.equal("frame_hex", hex(&frames[0]));
}

fn check_decode(row: &Row) {
    let bytes = unhex(row.text("hex"));
    let heard = hear(&on_the_wire(&bytes));
    let places = heard.reports.iter().filter(|report| report.fix.is_some()).count();
    let is_binary = bytes[0] == b'$';
    match row.expected("result").expect("a result") {
        Value::Null => assert_eq!(places, 0, "{}", row.name()),
        result if result == "position" => {
            assert_eq!(places, 1, "{} {:?}", row.name(), heard.oddities);
            if row.value["text"].is_string() {
                check_degrees(row, only(&heard));
            }
        }
        result if result == "positions" && is_binary => {
            assert_eq!(places, records(&bytes), "{} {:?}", row.name(), heard.oddities);
            assert_eq!(heard.oddities, Vec::<String>::new(), "{}", row.name());
            check_digits(row, row.text("hex"), &heard);
        }
        other => panic!("{}: unknown result {other}", row.name()),
    }
    if let Some(position) = row.expected("position") {
        check_place(row, position, only(&heard));
    }
    if let Some(attribute) = row.expected("attribute") {
        assert_eq!(attribute, "temp1", "an attribute we have no name for");
        row.equal("value", extra(only(&heard), "temperature_c"));
    }
}

/// The row says only "positions". Binary-coded decimal reads as itself in hexadecimal, so the digits say which.
fn check_digits(row: &Row, hex: &str, heard: &Heard) {
    let from = if frame::is_long(&unhex(hex)) { 20 } else { 18 };
    for (at, report) in heard.reports.iter().enumerate() {
        let digits = &hex[from + at * 54..];
        let fix = report.fix.unwrap();
        let flags = u8::from_str_radix(&digits[29..30], 16).unwrap();
        let number = |range: std::ops::Range<usize>| digits[range].parse::<f64>().unwrap();
        let lat = number(12..14) + number(14..20) / 600_000.0;
        let lon = number(20..23) + number(23..29) / 600_000.0;
        let pair = |at: usize| &digits[at..at + 2];
        let (day, month, year) = (pair(0), pair(2), pair(4));
        let time = format!("20{year}-{month}-{day}T{}:{}:{}Z", pair(6), pair(8), pair(10));
        let time = if year == "00" { Value::Null } else { json!(time) };
        let knots = u8::from_str_radix(pair(30), 16).unwrap();
        row.compare("device", &json!(&hex[2..12]), &json!(report.device.0));
        row.compare("time", &time, &iso(report));
        row.compare(
            "lat",
            &json!(if flags & 2 == 0 { -lat } else { lat }),
            &json!(fix.position.lat),
        );
        row.compare(
            "lon",
            &json!(if flags & 4 == 0 { -lon } else { lon }),
            &json!(fix.position.lon),
        );
        row.compare("valid", &json!(flags & 1 == 1), &json!(fix.valid));
        row.compare(
            "speed",
            &json!((f64::from(knots) * 1.852) as f32),
            &json!(fix.speed_kmh),
        );
        row.compare(
            "serial",
            &json!(u8::from_str_radix(&hex[hex.len() - 2..], 16).unwrap()),
            &json!(report.serial),
        );
        let unset = report.signals.contains(&Signal::ClockUnset);
        assert_eq!(unset, year == "00", "{}", row.name());
    }
}

/// The row says only "a position". Decimal degrees stand before their letter, whatever the message.
fn check_degrees(row: &Row, report: &Report) {
    let fields: Vec<&str> = row.text("text").split(',').collect();
    let before = |letters: [&str; 2]| {
        let at = fields
            .iter()
            .position(|field| letters.contains(field))
            .expect("a letter of a hemisphere");
        let degrees: f64 = fields[at - 1].parse().expect("degrees");
        if fields[at] == letters[1] {
            -degrees
        } else {
            degrees
        }
    };
    let fix = report.fix.unwrap();
    if fields[1] != "W01" {
        row.compare("lat", &json!(before(["N", "S"])), &json!(fix.position.lat));
        row.compare("lon", &json!(before(["E", "W"])), &json!(fix.position.lon));
    }
    row.compare(
        "valid",
        &json!(fields.contains(&"A") || fields.contains(&"T")),
        &json!(fix.valid),
    );
}

/// How many records a binary frame holds by its own length: one in the long form, 27 bytes each in the short one.
fn records(bytes: &[u8]) -> usize {
    if frame::is_long(bytes) {
        1
    } else {
        (bytes.len() - 10) / 27
    }
}

fn check_place(row: &Row, position: &Value, report: &Report) {
    let fix = report.fix.unwrap();
    let said = position["time"].as_str().unwrap();
    let theirs = parse_rfc3339(said).map(|unix_ms| rfc3339(unix_ms).replace(".000Z", "Z"));
    row.compare("time", &json!(theirs), &iso(report));
    row.compare("valid", &position["valid"], &json!(fix.valid));
    row.compare("lat", &position["lat"], &json!(fix.position.lat));
    row.compare("lon", &position["lon"], &json!(fix.position.lon));
}

fn check_encode(row: &Row) {
    let command = &row.value["command"];
    let ours = match command["type"].as_str().unwrap() {
        "engineStop" => Command::OldEngine(false),
        "engineResume" => Command::OldEngine(true),
        "setTimezone" => {
            Command::OldTimeZone(zone_minutes(command["attributes"]["timezone"].as_str().unwrap()))
        }
        "rebootDevice" => Command::OldRestart,
        other => panic!("{}: unknown command {other}", row.name()),
    };
    let bytes = ours.encode().unwrap();
    row.equal("text", core::str::from_utf8(&bytes).unwrap());
    assert!(Command::decode(&bytes) == Some(ours));
}

/// `GMT+4` is 240.
fn zone_minutes(zone: &str) -> i16 {
    let hours = zone.trim_start_matches("GMT").trim_start_matches("UTC");
    hours.parse::<i16>().unwrap_or(0) * 60
}

fn check_position(row: &Row) {
    let heard = hear(&unhex(row.text("hex")));
    check_record(row, only(&heard), &row.value["expected"]);
    check_reply(row, &heard);
}

fn check_reply(row: &Row, heard: &Heard) {
    let wanted: Vec<&str> = row.value["platform_reply"].as_str().into_iter().collect();
    // Where a row names no answer and the report has a number, the answer follows from the manual.
    if wanted.is_empty() && row.value["kind"] == "wlnet5" {
        let serial = heard.reports[0].serial.unwrap();
        assert_eq!(heard.replies, [format!("(P69,0,{serial})")]);
        return;
    }
    assert_eq!(heard.replies, wanted, "{}", row.name());
}

const BITS: [(&str, u16); 6] = [
    ("ack_required", 1 << 5),
    ("rope_inserted", 1 << 6),
    ("motor_locked", 1 << 7),
    ("rope_cut", 1 << 3),
    ("low_battery", 1 << 11),
    ("back_cover_closed", 1 << 13),
];

/// Compares every field that the row has; a field we have no value for is a failure.
fn check_record(row: &Row, report: &Report, theirs: &Value) {
    let fix = report.fix.unwrap();
    let knots = f64::from(fix.speed_kmh.unwrap()) / 1.852;
    let cell = report.cell.unwrap();
    for (name, value) in theirs.as_object().unwrap() {
        let ours = match name.as_str() {
            "id" => json!(report.device.0),
            "version" | "device_type" | "data_type" | "status" | "wake" | "mileage_km" => extra(report, name),
            "len" => continue, // The frame's own; the number of bytes is checked by its framing.
            "time" => iso(report),
            "lat" => json!((fix.position.lat * 1e6).round() / 1e6),
            "lon" => json!((fix.position.lon * 1e6).round() / 1e6),
            "valid" => json!(fix.valid),
            "speed_knots" | "speed_kn_bin" => json!(knots.round()),
            "speed_byte" => json!(format!("{:02x}", knots.round() as u8)),
            "speed_kmh_manual" => json!(f64::from(fix.speed_kmh.unwrap())),
            "course" => json!(fix.course_deg.unwrap()),
            "sats" => json!(fix.satellites.unwrap()),
            "vehicle" => json!(format!("{:08x}", extra(report, "vehicle").as_u64().unwrap_or(0))),
            "bits" => {
                let status = u16::from_str_radix(extra(report, "status").as_str().unwrap(), 16).unwrap();
                let names = BITS
                    .iter()
                    .filter(|(_, bit)| status & bit != 0)
                    .map(|(name, _)| *name);
                check_bits(report, status);
                json!(names.collect::<Vec<_>>())
            }
            "battery" => json!(report.battery.unwrap().percent.unwrap()),
            "cid" => json!(cell.cid),
            "cid_lo" => json!(cell.cid & 0xFFFF),
            "lac" => json!(cell.lac.unwrap()),
            "csq" => json!(cell.csq.unwrap()),
            "mcc" => json!(cell.mcc.unwrap()),
            "mnc" => json!(cell.mnc.unwrap()),
            "serial" => json!(report.serial.unwrap()),
            // No fence, no network byte, no IMEI: they must not appear as values.
            "fence" => json!(if report.signals.is_empty() { 0 } else { 1 }),
            "mnc_hi" => json!(if cell.mnc.unwrap() < 256 { 15 } else { 0 }),
            "imei_field" => {
                json!(if extra(report, "imei").is_null() {
                    "0f0f0f0f0f0f0f0f".into()
                } else {
                    extra(report, "imei")
                })
            }
            other => panic!("{} {}: we have no {other}", row.file, row.name()),
        };
        row.compare(name, value, &ours);
    }
    assert_eq!(fix.source, FixSource::Gnss);
}

fn check_bits(report: &Report, status: u16) {
    assert_eq!(report.lock.rope, Some(status & (1 << 6) != 0));
    assert_eq!(report.lock.motor, Some(status & (1 << 7) != 0));
    assert_eq!(report.lock.cover, Some(status & (1 << 13) != 0));
}

fn check_text(row: &Row) {
    let bytes = unhex(row.text("hex"));
    assert_eq!(
        bytes,
        row.text("text").as_bytes(),
        "{}: hex and text differ",
        row.name()
    );
    let heard = hear(&bytes);
    let report = only(&heard);
    for (name, value) in row.value["expected"].as_object().unwrap() {
        let ours = match name.as_str() {
            "event_source" | "verify" | "mileage_km" | "card" | "password_ok" => extra(report, name),
            "serial" => json!(report.serial.unwrap()),
            "speed_kmh" => json!(report.fix.unwrap().speed_kmh.unwrap()),
            "cmd" => extra(report, "command"),
            "dynamic_password" => match heard.learned.as_slice() {
                [Learned::DynamicPassword { password, .. }] => json!(password),
                _ => Value::Null,
            },
            "meaning" => {
                check_meaning(value.as_str().unwrap(), report);
                continue;
            }
            other => panic!("{}: we have no {other}", row.name()),
        };
        row.compare(name, value, &ours);
    }
    check_reply(row, &heard);
}

/// What the row says in words.
fn check_meaning(meaning: &str, report: &Report) {
    let card = || Some("0008627839".to_owned());
    let ours = match meaning {
        "swipe_authorised_card" => Signal::Unsealed {
            by: UnsealBy::Card,
            actor: card(),
            fence: None,
        },
        "remote_dynamic_password, not fence-bound, unlocked" => Signal::Unsealed {
            by: UnsealBy::DynamicPwd,
            actor: None,
            fence: None,
        },
        "authorised card REFUSED outside bound fence" => Signal::UnsealRefused {
            reason: UnsealRefusal::OutsideFence,
            actor: card(),
        },
        "auto_locked (rope inserted)" => Signal::Sealed,
        "heartbeat" => Signal::Heartbeat,
        other => panic!("no signal for {other}"),
    };
    assert_eq!(report.signals, [ours], "{meaning}");
}

fn check_wlnet5(row: &Row) {
    let heard = hear(&unhex(row.text("hex")));
    let report = &heard.reports[0];
    let fix = report.fix.unwrap();
    assert_eq!(report.kind, ReportKind::SubSeal);
    check_sublock(row, &heard.reports);
    for (name, value) in row.value["expected"].as_object().unwrap() {
        let ours = match name.as_str() {
            "id" => json!(report.device.0),
            "head" => json!(head(&heard.raw[0])),
            "time" => iso(report),
            "lat" => json!((fix.position.lat * 1e6).round() / 1e6),
            "lon" => json!((fix.position.lon * 1e6).round() / 1e6),
            "valid" => json!(fix.valid),
            "speed_kn" => json!(f64::from(fix.speed_kmh.unwrap()) / 1.852),
            "course" => json!(fix.course_deg.unwrap()),
            "slave_time" => {
                json!(
                    extra(report, "sublock_time")
                        .as_str()
                        .unwrap()
                        .replace(".000Z", "Z")
                )
            }
            "slave_id" => extra(report, "sublock"),
            "slave_serial" => json!(report.serial.unwrap()),
            "slave_volt" => extra(report, "sublock_voltage"),
            "slave_batt" => extra(report, "sublock_battery_percent"),
            "slave_rssi" => extra(report, "sublock_rssi_dbm"),
            "slave_type" => extra(report, "sublock_type"),
            "term_status" => extra(report, "sublock_status"),
            "temp" => extra(report, "temperature_c"),
            "hum" => extra(report, "humidity_percent"),
            "gw" => extra(report, "gateway"),
            "event_bits" | "lock_count" | "stored" => extra(report, name),
            "left" => continue, // Bytes behind the type; a message too short for its type would be an oddity.
            other => panic!("{}: we have no {other}", row.name()),
        };
        row.compare(name, value, &ours);
    }
    assert_eq!(heard.oddities, Vec::<String>::new(), "{}", row.name());
    check_reply(row, &heard);
}

/// A smaller lock has a report of its own behind its host's; a sensor has none.
fn check_sublock(row: &Row, reports: &[Report]) {
    let is_lock = row.expected("slave_type").and_then(Value::as_u64) >= Some(4);
    assert_eq!(reports.len(), 1 + usize::from(is_lock), "{}", row.name());
    let Some(lock) = reports.get(1) else { return };
    assert_eq!(lock.kind, ReportKind::SubSeal);
    row.equal("slave_id", lock.device.0.clone());
    row.equal("id", lock.through());
    row.equal("slave_batt", lock.battery.and_then(|battery| battery.percent));
    row.equal("slave_serial", lock.serial);
    let rope = row
        .expected("term_status")
        .and_then(Value::as_u64)
        .map(|status| status & 1 == 0);
    assert_eq!(lock.lock.rope, rope);
    assert_eq!(lock.fix.unwrap().source, FixSource::Host);
}

fn head(raw: &[u8]) -> Vec<String> {
    let fields = raw[1..].splitn(7, |byte| *byte == b',').take(6);
    fields
        .map(|field| String::from_utf8(field.to_vec()).unwrap())
        .collect()
}

fn check_command(row: &Row) {
    let down = row.text("down");
    let command = Command::decode(down.as_bytes()).unwrap_or_else(|| panic!("we cannot say {down}"));
    assert_eq!(core::str::from_utf8(&command.encode().unwrap()).unwrap(), down);
    let Some(up) = row.value["up"].as_str() else {
        return;
    };
    let heard = hear(up.as_bytes());
    let report = only(&heard);
    let (device, rest) = up.trim_matches(['(', ')']).split_once(',').unwrap();
    let (code, answer) = rest.split_once(',').unwrap_or((rest, ""));
    assert_eq!(report.kind, ReportKind::Answer);
    assert_eq!(report.device.0, device);
    assert_eq!(extra(report, "command"), json!(code), "{up}");
    assert_eq!(extra(report, "answer"), json!(answer), "{up}");
    assert_eq!(heard.replies, Vec::<String>::new(), "an answer is not answered");
    check_order(down, up);
}

/// Commands that are orders: sent over a connection they are the row's bytes, and the row's answer ends them.
fn check_order(down: &str, up: &str) {
    let text = String::from;
    let (order, at) = match down {
        "(P04,1,60,30)" => (
            SealCommand::Interval {
                awake_s: 60,
                asleep_s: 1800,
            },
            NOW_MS,
        ),
        "(P54,1,1)" => (SealCommand::AlwaysAwake { on: true }, NOW_MS),
        "(P15)" => (SealCommand::Restart, NOW_MS),
        "(P30,3)" => {
            let sort = FenceSort::Polygon;
            (SealCommand::ClearFence { number: 3, sort }, NOW_MS)
        }
        "(P44,12#aAM,888888)" => (
            SealCommand::SetPassword {
                new: text("12#aAM"),
                old: text("888888"),
            },
            NOW_MS,
        ),
        "(P52,3,223457)" => (
            SealCommand::UnlockDynamic {
                password: text("223457"),
            },
            NOW_MS,
        ),
        "(P22,150720164328)" => (
            SealCommand::SetTime,
            parse_rfc3339("2020-07-15T16:43:28Z").expect("a time"),
        ),
        _ => return,
    };
    let at = ServerTime::from_unix_ms(at);
    let mut session = Session::new(Protocol::Jointech, Profile::ANY, Limits::default());
    session
        .send(OrderId(1), &order, at)
        .expect("an order the seal can take");
    session.receive(at, b"(8130630001,@JT)");
    assert_eq!(drain(&mut session).replies, [down]);
    session.receive(at, up.as_bytes());
    assert_eq!(drain(&mut session).answered, [(OrderId(1), Outcome::Done)]);
}

fn check_stream(row: &Row) {
    let bytes = unhex(row.text("hex"));
    let heard = hear(&bytes);
    let raw: Vec<String> = heard.raw.iter().map(|raw| hex(raw)).collect();
    row.equal("frames", raw);
    let decoded = row.expected("decoded").unwrap().as_array().unwrap();
    assert_eq!(decoded.len(), heard.reports.len());
    for (report, theirs) in heard.reports.iter().zip(decoded) {
        check_record(row, report, theirs);
        assert_eq!(report.backfill, theirs["data_type"] == 3);
    }
    let answers: Vec<String> = decoded
        .iter()
        .map(|record| format!("(P69,0,{})", record["serial"]))
        .collect();
    assert_eq!(heard.replies, answers, "one answer a record");
}

fn check_phone(row: &Row) {
    let mut tool = Tool::new(Protocol::Osmand, Profile::ANY);
    let answer: Value = serde_json::from_str(&tool.line(&row.value.to_string(), now())).unwrap();
    let report = &answer["reports"][0];
    assert_eq!(
        answer["reports"].as_array().map(Vec::len),
        Some(1),
        "{}: {answer}",
        row.name()
    );
    assert_eq!(answer["oddities"], json!([]), "{}", row.name());
    match row.expected("result").and_then(Value::as_str) {
        Some("position") => assert!(report["position"].is_object(), "{}: {answer}", row.name()),
        Some("not-null") => assert!(report["device"].is_string(), "{}: {answer}", row.name()),
        other => panic!("{}: unknown result {other:?}", row.name()),
    }
    if let Some(attribute) = row.expected("attribute").and_then(Value::as_str) {
        row.equal("value", report["extra"][attribute].clone());
    }
    match row.value["body"]["text"].as_str() {
        Some(body) => check_phone_body(row, &serde_json::from_str(body).expect("a JSON body"), report),
        None => check_phone_query(row, report),
    }
}

/// The row says only "a position": its own body says which.
fn check_phone_body(row: &Row, body: &Value, report: &Value) {
    let location = &body["location"];
    let coords = &location["coords"];
    row.compare("device", &body["device_id"], &report["device"]);
    row.compare("time", &location["timestamp"], &report["time"]);
    row.compare("lat", &coords["latitude"], &report["position"]["lat"]);
    row.compare("lon", &coords["longitude"], &report["position"]["lon"]);
    let percent = (location["battery"]["level"].as_f64().unwrap() * 100.0).round();
    row.compare("battery", &json!(percent), &report["battery_percent"]);
    let kmh = (coords["speed"].as_f64().unwrap() * 3.6) as f32;
    row.compare("speed", &json!(kmh), &report["position"]["speed_kmh"]);
}

/// The row says only "a position": its own query says which.
fn check_phone_query(row: &Row, report: &Value) {
    let query = row.text("url").split_once('?').unwrap().1;
    let mut fields: BTreeMap<&str, &str> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    if let Some((lat, lon)) = fields
        .get("location")
        .and_then(|location| location.split_once(','))
    {
        fields.extend([("lat", lat), ("lon", lon)]);
    }
    let number = |name: &str| fields.get(name).and_then(|text| text.parse::<f64>().ok());
    row.compare("device", &json!(fields["id"]), &report["device"]);
    row.compare("lat", &json!(number("lat")), &report["position"]["lat"]);
    row.compare("lon", &json!(number("lon")), &report["position"]["lon"]);
    row.compare(
        "altitude",
        &json!(number("altitude")),
        &report["position"]["altitude_m"],
    );
    row.compare("batt", &json!(number("batt")), &report["battery_percent"]);
    row.compare("hdop", &json!(number("hdop")), &report["extra"]["hdop"]);
    let kmh = number("speed").map(|knots| knots * 1.852);
    row.compare("speed", &json!(kmh), &report["position"]["speed_kmh"]);
    let unix_ms = match number("timestamp") {
        Some(seconds) if seconds < 1e10 => Some((seconds * 1000.0) as i64),
        Some(milliseconds) => Some(milliseconds as i64),
        None => fields
            .get("timestamp")
            .and_then(|text| parse_rfc3339(&text.replace("%3A", ":"))),
    };
    row.compare("time", &json!(unix_ms.map(rfc3339)), &report["time"]);
}

fn check(row: &Row) {
    match (row.file, row.value["kind"].as_str().unwrap()) {
        ("osmand.jsonl", "decode") => check_phone(row),
        ("jt808.jsonl" | "log-jt808-bsj.jsonl", _) => jt808::check(row),
        (_, "frame") => check_frame(row),
        (_, "decode") => check_decode(row),
        (_, "encode") => check_encode(row),
        (_, "position") => check_position(row),
        (_, "text") => check_text(row),
        (_, "wlnet5") => check_wlnet5(row),
        (_, "command") => check_command(row),
        (_, "stream") => check_stream(row),
        (file, kind) => panic!("{file}: rows of unknown kind {kind}"),
    }
}

#[test]
fn every_real_frame_gives_the_value_the_handbook_says() {
    let Some(folder) = vectors() else { return };
    let mut counts: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for file in [
        "jt600.jsonl",
        "vendor-jointech.jsonl",
        "osmand.jsonl",
        "jt808.jsonl",
        "log-jt808-bsj.jsonl",
    ] {
        for row in rows(&folder, file) {
            check(&row);
            *counts
                .entry((file, row.value["kind"].as_str().unwrap().into()))
                .or_default() += 1;
        }
    }
    for ((file, kind), count) in &counts {
        println!("{file:<24} {kind:<10} {count:>4} rows as expected");
    }
    println!(
        "{} exceptions, see docs/conformance-exceptions.md",
        EXCEPTIONS.len()
    );
    assert!(counts.len() >= 8, "rows of some kind are missing: {counts:?}");
}

/// The document and the table name the same rows.
#[test]
fn exceptions_are_documented() {
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance-exceptions.md");
    let text = fs::read_to_string(document).expect("docs/conformance-exceptions.md is there");
    for (file, line, field, why) in EXCEPTIONS {
        let row = format!("| `{file}` | {line} | `{field}` | {why} |");
        assert!(text.contains(&row), "not documented: {row}");
    }
}
