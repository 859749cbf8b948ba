//! The real frames of GT06 seals. Each speaks on a connection of its own, behind a log-in, because the rows' own order puts the
//! log-ins of other seals between them.
//!
//! The rows say little: that there is a place, or one value. What they do not say is read from their own bytes by the positions of
//! the fields, a second time and without the decoder: serial number, time, place, speed, course, and the answer that is owed.

use std::collections::BTreeMap;

use segel_model::{Report, Signal, report::Protocol};
use segel_wire::{
    Limits, Output, Profile, Session,
    calendar::{Clock, rfc3339},
    gt06::{
        command::{Command, Envelope},
        frame::{self, Frame},
    },
};
use serde_json::{Value, json};

use crate::{Row, extra, hex, iso, now, rows, unhex, vectors};

const IMEI: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x45];
const DEVICE: &str = "123456789012345";

/// Rows of a known model whose frames do not tell it: the public test registers the model beforehand.
const PROFILES: [(usize, &str); 4] = [(122, "lw"), (123, "seeworld"), (124, "r11"), (127, "jimi")];

/// Where the eighteen bytes of a position lie in the body of a message.
const PLACES: &[(u8, usize)] = &[
    (0x10, 0),
    (0x11, 0),
    (0x12, 0),
    (0x16, 0),
    (0x1E, 0),
    (0x22, 0),
    (0x26, 0),
    (0x27, 0),
    (0x2A, 0),
    (0x31, 0),
    (0x34, 4),
    (0x36, 0),
    (0x38, 0),
    (0x61, 8),
    (0xA0, 0),
    (0xA3, 0),
    (0xA4, 0),
];

#[derive(Default)]
struct Heard {
    reports: Vec<Report>,
    replies: Vec<Vec<u8>>,
    oddities: Vec<String>,
}

fn hear(profile: Profile, bytes: &[u8]) -> Heard {
    let mut session = Session::new(Protocol::Gt06, profile, Limits::default());
    session.receive(now(), &frame::write(false, 0x01, &IMEI, 1));
    drain(&mut session);
    session.receive(now(), bytes);
    drain(&mut session)
}

fn drain(session: &mut Session) -> Heard {
    let mut heard = Heard::default();
    while let Some(output) = session.poll() {
        match output {
            Output::Report(reported) => {
                session.acknowledge(reported.token, now());
                heard.reports.push(reported.report);
            }
            Output::Transmit(bytes) => heard.replies.push(bytes),
            Output::Oddity(oddity) => heard.oddities.push(oddity.what),
            Output::Answered(..) | Output::Learned(_) => panic!("nobody asked"),
            Output::Close(reason) => panic!("closed: {reason:?}"),
        }
    }
    heard
}

/// The bytes of a row. One was published without its last byte.
pub(crate) fn bytes(row: &Row) -> Vec<u8> {
    let mut bytes = unhex(row.text("hex"));
    if bytes.ends_with(b"\r") {
        bytes.push(b'\n');
    }
    bytes
}

fn profile(row: &Row) -> Profile {
    let known = PROFILES.iter().find(|(line, _)| *line == row.line);
    known.map_or(Profile::ANY, |(_, name)| Profile::from_text(name).unwrap())
}

fn check_frame(row: &Row) {
    let bytes = unhex(row.text("hex"));
    let (frames, used) = frame::split(&bytes, 2048);
    assert_eq!(used, bytes.len(), "{}", row.name());
    assert_eq!(frames.len(), 1, "{}", row.name());
    row.equal("frame_hex", hex(&frames[0]));
}

fn check_decode(row: &Row) {
    let bytes = bytes(row);
    let heard = hear(profile(row), &bytes);
    let (frames, used) = frame::split(&bytes, 2048);
    assert_eq!(used, bytes.len(), "{}", row.name());
    assert_eq!(
        heard.reports.len(),
        frames.len(),
        "{} {:?}",
        row.name(),
        heard.oddities
    );
    for (report, bytes) in heard.reports.iter().zip(&frames) {
        let frame = Frame::open(bytes).unwrap();
        check_sender(row, report, &frame);
        check_place(row, report, &frame);
    }
    let wanted: Vec<String> = frames.iter().filter_map(|bytes| answer(bytes)).collect();
    let replies: Vec<String> = heard.replies.iter().map(|reply| hex(reply)).collect();
    assert_eq!(replies, wanted, "{}", row.name());
    check_checks(row, &heard, &frames);
    check_result(row, &heard.reports);
}

fn check_sender(row: &Row, report: &Report, frame: &Frame<'_>) {
    let said: String = match frame.message {
        0x01 => hex(&frame.body[..8])[1..].into(),
        _ => DEVICE.into(),
    };
    row.compare("device", &json!(said), &json!(report.device.0));
    row.compare("serial", &json!(frame.serial), &json!(report.serial));
}

/// Time, place and movement, read from the bytes once more.
fn check_place(row: &Row, report: &Report, frame: &Frame<'_>) {
    let Some(block) = block(frame) else { return };
    let number = |at: usize| u32::from_be_bytes(*block[at..].first_chunk().unwrap());
    let flags = u16::from_be_bytes([block[16], block[17]]);
    let signed = |at: usize, negative: bool| {
        let degrees = f64::from(number(at)) / 60.0 / 30_000.0;
        json!(if negative { -degrees } else { degrees })
    };
    let fix = report.fix.unwrap_or_else(|| panic!("{}: no place", row.name()));
    row.compare("lat", &signed(7, flags & 0x0400 == 0), &json!(fix.position.lat));
    row.compare("lon", &signed(11, flags & 0x0800 != 0), &json!(fix.position.lon));
    row.compare("valid", &json!(flags & 0x1000 != 0), &json!(fix.valid));
    row.compare("speed", &json!(block[15]), &json!(fix.speed_kmh));
    row.compare("course", &json!(flags & 0x03FF), &json!(fix.course_deg));
    row.compare("satellites", &json!(block[6] & 0x0F), &json!(fix.satellites));
    let [year, month, day, hour, minute, second] = *block.first_chunk().unwrap();
    let clock = Clock::new(2000 + u16::from(year), month, day, hour, minute, second).unwrap();
    row.compare(
        "time",
        &json!(rfc3339(clock.unix_ms()).replace(".000Z", "Z")),
        &iso(report),
    );
}

fn block<'a>(frame: &Frame<'a>) -> Option<&'a [u8]> {
    let shifted = match (frame.long, frame.message, frame.body.len()) {
        (false, 0x12, 34) => Some(8),
        (false, 0x22, 55) => Some(15),
        // Without a position: a card alone, steps, cells, wireless networks.
        (false, 0xA3, 19) | (true, 0x32..=0x36, _) => None,
        (false, 0xA2, 59) => Some(0),
        (false, 0x17, 35) => Some(0),
        _ => {
            let known = PLACES.iter().find(|(message, _)| *message == frame.message);
            known.map(|(_, at)| *at)
        }
    };
    frame.body.get(shifted?..)?.get(..18)
}

/// What a frame is owed, by the handbook's rule and the bytes alone.
fn answer(bytes: &[u8]) -> Option<String> {
    let is_long = bytes[0] == 0x79;
    let message = bytes[if is_long { 4 } else { 3 }];
    let is_old = Frame::open(bytes).unwrap().serial.is_none();
    let serial = u16::from_be_bytes(*bytes[bytes.len() - 6..].first_chunk().unwrap());
    match (is_long, message) {
        (false, 0x17 | 0x69) if is_old => {
            Some(hex(&[&[0x78, 0x78, 0, message], &bytes[4..10], b"\r\n"].concat()))
        }
        (false, 0x10) if is_old => None,
        (false, 0x01) if is_old => Some(hex(&frame::write(false, message, &[], 0))),
        (false, 0x15) => None,
        (false, 0x8A) => Some(hex(&frame::write(false, message, &[26, 1, 1, 0, 0, 0], serial))),
        (false, 0x2A) => Some(hex(&frame::write(true, 0x97, b"\x0F\0\0\0\0NA&&NA&&0##", serial))),
        (true, 0x32 | 0x33) => Some(hex(&frame::write(true, message, &[], serial))),
        (false, _) | (true, 0x70) => Some(hex(&frame::write(false, message, &[], serial))),
        _ => None,
    }
}

/// The row's own verdict on length and checksum.
fn check_checks(row: &Row, heard: &Heard, frames: &[Vec<u8>]) {
    let checks = &row.value["checks"];
    let is_old = Frame::open(&frames[0]).unwrap().serial.is_none();
    if is_old || 1 < frames.len() || row.text("hex").ends_with("0d") {
        return;
    }
    let has = |what: &str| heard.oddities.iter().any(|known| known == what);
    assert_eq!(
        has("wrong_checksum"),
        checks["crc_ok"] == false,
        "{} {:?}",
        row.name(),
        heard.oddities
    );
    assert_eq!(has("wrong_length"), checks["len_ok"] == false, "{}", row.name());
    let is_empty = Frame::open(&frames[0]).unwrap().body.is_empty();
    assert!(
        is_empty || !has("message_too_short"),
        "{} {:?}",
        row.name(),
        heard.oddities
    );
}

fn check_result(row: &Row, reports: &[Report]) {
    let report = &reports[0];
    let is_place = row.value["assert"] == "verifyPosition";
    match row.expected("result").unwrap().as_str() {
        None => assert!(reports.iter().all(is_quiet), "{}: {report:?}", row.name()),
        Some("position") if is_place => assert!(report.fix.is_some(), "{}: {report:?}", row.name()),
        Some("position" | "attributes" | "not-null") => {
            assert!(says_something(report), "{}: {report:?}", row.name());
        }
        Some(other) => panic!("{}: unknown result {other}", row.name()),
    }
    if let Some(attribute) = row.expected("attribute") {
        let ours = attribute_of(row, report, attribute.as_str().unwrap());
        row.equal("value", ours);
    }
}

/// Where a row expects nothing there is no place, but for the one that somebody wants an address for.
fn is_quiet(report: &Report) -> bool {
    report.fix.is_none() || extra(report, "phone").is_string()
}

/// More than that a message came.
fn says_something(report: &Report) -> bool {
    report.fix.is_some() || report.cell.is_some() || report.battery.is_some() || 1 < report.extra.len()
}

/// The row's word for a value, and ours.
fn attribute_of(row: &Row, report: &Report, attribute: &str) -> Value {
    let battery = report.battery;
    let of = |names: &[&str]| {
        let found = names.iter().map(|name| extra(report, name));
        found
            .into_iter()
            .find(|value| !value.is_null())
            .unwrap_or_default()
    };
    let battery_v = battery
        .and_then(|battery| battery.battery_mv)
        .map(|mv| f64::from(mv) / 1000.0);
    match attribute {
        "alarm" => alarm_of(row, report),
        "driverUniqueId" => of(&["driver", "card"]),
        // Our word for power is what comes from outside; theirs is any voltage.
        "power" => of(&["power_v"]).as_f64().or(battery_v).into(),
        "battery" => battery_v.into(),
        "batteryLevel" => battery.and_then(|battery| battery.percent).into(),
        "humidity" => of(&["humidity_percent"]),
        "temp1" => of(&["temperature_c"]),
        "networkTechnology" => of(&["network"]),
        "altitude" => report.fix.and_then(|fix| fix.altitude_m).into(),
        "event" => of(&["event", "alarm_code"]),
        "result" => of(&["cable", "answer"]),
        "drivingTime" => of(&["driving_time"]),
        "door" => of(&["door_open"]),
        "serial" => of(&["card"]),
        "adc1" => of(&["analog_1_v"]),
        "steps" | "ignition" | "iccid" => of(&[attribute]),
        other => panic!("{}: no word for {other}", row.name()),
    }
}

/// The rows' alarms are words; ours are signals, and words where the vocabulary has none.
fn alarm_of(row: &Row, report: &Report) -> Value {
    let theirs = row.expected("value").and_then(Value::as_str).unwrap();
    let says = |word: &str| extra(report, "alarm") == word;
    let is_said = match theirs {
        "tampering" | "removing" => report.signals.contains(&Signal::Dismantled),
        "lowBattery" => report.signals.contains(&Signal::LowBattery),
        "sos" => says("sos") || extra(report, "sos") == true,
        "general" => says("general"),
        "hardBraking" => says("braking"),
        "accident" => says("collision"),
        other => panic!("{}: no signal for {other}", row.name()),
    };
    json!(is_said.then_some(theirs))
}

fn check_encode(row: &Row) {
    let command = match row.value["command"]["type"].as_str().unwrap() {
        "engineStop" => Command::Relay(true),
        "engineResume" => Command::Relay(false),
        other => panic!("{}: unknown command {other}", row.name()),
    };
    let envelope = Envelope {
        flag: 0,
        language: None,
        serial: 0,
    };
    row.equal("hex", hex(&command.encode(envelope).unwrap()));
}

/// A log of commands and their answers: the words are read back, and written they are the same bytes.
fn check_log(row: &Row) {
    let bytes = unhex(row.text("hex"));
    let note = row.text("note");
    if row.text("dir") == "down" {
        let (command, envelope) = Command::decode(&bytes).unwrap();
        assert_eq!(command.words(), note);
        assert_eq!(command.encode(envelope).unwrap(), bytes);
        return;
    }
    let heard = hear(Profile::ANY, &bytes);
    let report = &heard.reports[0];
    assert_eq!(extra(report, "answer"), note);
    assert_eq!(extra(report, "flag"), 0x0001_A958);
    assert_eq!(heard.replies, Vec::<Vec<u8>>::new(), "an answer is not answered");
    assert_eq!(heard.oddities, Vec::<String>::new());
}

#[test]
fn every_real_gt06_frame_gives_the_value_the_handbook_says() {
    let Some(folder) = vectors() else { return };
    let mut counts: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for file in ["gt06.jsonl", "log-gt06-commands.jsonl"] {
        for row in rows(&folder, file) {
            let kind = row.value["kind"].as_str().unwrap().to_owned();
            match kind.as_str() {
                "frame" => check_frame(&row),
                "decode" => check_decode(&row),
                "encode" => check_encode(&row),
                "log" => check_log(&row),
                other => panic!("{file}: rows of unknown kind {other}"),
            }
            *counts.entry((file, kind)).or_default() += 1;
        }
    }
    for ((file, kind), count) in &counts {
        println!("{file:<24} {kind:<10} {count:>4} rows as expected");
    }
    assert_eq!(
        counts.values().sum::<usize>(),
        137,
        "rows are missing: {counts:?}"
    );
}
