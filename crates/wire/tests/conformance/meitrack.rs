//! The real frames of Meitrack units.
//!
//! The rows say little: that there are positions, and here and there one value. A line of text is compared field by field with
//! itself; blocks and numbered values with a plain reader of this test.

use segel_model::{DeviceId, OrderId, Report, order::SealCommand, report::Protocol};
use segel_wire::{
    Limits, Output, Profile, Session,
    calendar::parse_rfc3339,
    meitrack::{command::Command, frame},
};
use serde_json::{Value, json};

use crate::{Row, extra, hex, now, rows, unhex, vectors};

const FILE: &str = "meitrack.jsonl";

#[derive(Default)]
struct Heard {
    reports: Vec<Report>,
    replies: Vec<String>,
    oddities: Vec<String>,
}

fn hear(bytes: &[u8]) -> Heard {
    let mut session = Session::new(Protocol::Meitrack, Profile::ANY, Limits::default());
    session.receive(now(), bytes);
    let mut heard = Heard::default();
    while let Some(output) = session.poll() {
        match output {
            Output::Report(reported) => {
                session.acknowledge(reported.token, now());
                heard.reports.push(reported.report);
            }
            Output::Transmit(bytes) => heard.replies.push(String::from_utf8(bytes).unwrap()),
            Output::Oddity(oddity) => heard.oddities.push(oddity.what),
            Output::Close(reason) => panic!("closed: {reason:?}"),
            Output::Learned(_) | Output::Answered(..) => {}
        }
    }
    heard
}

/// The rows of text have lost the end of their line.
pub(crate) fn bytes(row: &Row) -> Vec<u8> {
    match row.value["text"].as_str() {
        Some(text) => format!("{}\r\n", text.trim_end()).into_bytes(),
        None => unhex(row.text("hex")),
    }
}

fn check_decode(row: &Row) {
    let bytes = bytes(row);
    let heard = hear(&bytes);
    let checks = &row.value["checks"];
    let odd = |what: &str| heard.oddities.iter().any(|odd| odd == what);
    assert_eq!(odd("wrong_checksum"), checks["sum_ok"] == false, "{}", row.name());
    assert_eq!(odd("wrong_length"), checks["len_ok"] == false, "{}", row.name());
    let others: Vec<&String> = heard
        .oddities
        .iter()
        .filter(|what| !matches!(what.as_str(), "wrong_checksum" | "wrong_length"))
        .collect();
    check_places(row, &heard);
    let commas: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] == b',').take(3).collect();
    let command = &bytes[commas[1] + 1..][..3];
    assert_eq!(
        heard.reports[0].device.0.as_bytes(),
        &bytes[commas[0] + 1..commas[1]]
    );
    let mut misfits = 0;
    match command {
        b"AAA" | b"AFF" => check_line(row, &heard.reports[0]),
        b"CCE" => misfits = check_values(row, &bytes[commas[2] + 1..], &heard.reports),
        b"CCC" => check_blocks(row, &bytes, &heard),
        _ => {}
    }
    assert_eq!(others, vec!["values_do_not_fit"; misfits], "{}", row.name());
    if command != b"CCC" {
        assert_eq!(heard.replies, Vec::<String>::new(), "{}", row.name());
    }
    if let Some(attribute) = row.expected("attribute").and_then(Value::as_str) {
        row.equal("value", ours(attribute, &heard.reports[0]));
    }
}

/// Values that rows name in the words of their source.
fn ours(attribute: &str, report: &Report) -> Value {
    match attribute {
        "tagTemp" => extra(report, "tag_temperature_c"),
        // Milliseconds there, minutes here.
        "hours" => json!(extra(report, "engine_min").as_i64().unwrap() * 60_000),
        "battery2Level" => extra(report, "battery_2_percent"),
        "lock" => json!(report.lock.motor),
        "input" => extra(report, "inputs"),
        "result" => {
            let word = |name| extra(report, name).as_str().unwrap().to_owned();
            json!(format!("{},{}", word("command"), word("answer")))
        }
        other => panic!("we have no {other}"),
    }
}

fn check_places(row: &Row, heard: &Heard) {
    let places = heard.reports.iter().filter(|report| report.fix.is_some()).count();
    match row.expected("result").and_then(Value::as_str) {
        None => assert_eq!(places, 0, "{}", row.name()),
        Some("position") if row.value["text"].is_null() || row.value["expected"]["attribute"] != "result" => {
            assert_eq!((places, heard.reports.len()), (1, 1), "{}", row.name());
        }
        Some("positions") => assert_eq!(places, heard.reports.len(), "{}", row.name()),
        Some("not-null" | "position") => assert_eq!(heard.reports.len(), 1, "{}", row.name()),
        Some(other) => panic!("unknown result {other}"),
    }
    let Some(position) = row.expected("position") else {
        return;
    };
    let report = &heard.reports[0];
    let fix = report.fix.unwrap();
    let time = parse_rfc3339(position["time"].as_str().unwrap());
    row.compare("time", &json!(time), &json!(report.time.map(|time| time.unix_ms)));
    row.compare("valid", &position["valid"], &json!(fix.valid));
    row.compare("lat", &position["lat"], &json!(fix.position.lat));
    row.compare("lon", &position["lon"], &json!(fix.position.lon));
}

fn check_line(row: &Row, report: &Report) {
    let fields: Vec<&str> = row.text("text").split(',').collect();
    let kept = fields[2] == "AFF";
    let from = if kept { 4 } else { 3 };
    assert_eq!(report.backfill, kept, "{}", row.name());
    let field = |at: usize| fields[from + at];
    let number = |at: usize| json!(field(at).parse::<f64>().unwrap());
    let fix = report.fix.unwrap();
    row.compare("event", &number(0), &extra(report, "event"));
    row.compare("lat", &number(1), &json!(fix.position.lat));
    row.compare("lon", &number(2), &json!(fix.position.lon));
    let digits = field(3);
    let pair = |at: usize| &digits[at..at + 2];
    let time = format!(
        "20{}-{}-{}T{}:{}:{}Z",
        pair(0),
        pair(2),
        pair(4),
        pair(6),
        pair(8),
        pair(10)
    );
    row.compare(
        "time",
        &json!(parse_rfc3339(&time)),
        &json!(report.time.map(|time| time.unix_ms)),
    );
    row.compare("valid", &json!(field(4) == "A"), &json!(fix.valid));
    row.compare("satellites", &number(5), &json!(fix.satellites));
    let csq = report
        .cell
        .map_or_else(|| extra(report, "csq"), |cell| json!(cell.csq));
    row.compare("csq", &number(6), &csq);
    row.compare("speed", &number(7), &json!(fix.speed_kmh));
    row.compare("course", &number(8), &json!(fix.course_deg));
    row.compare("hdop", &number(9), &extra(report, "hdop"));
    row.compare("altitude", &number(10), &json!(fix.altitude_m));
    row.compare("mileage", &number(11), &extra(report, "mileage_m"));
    row.compare("runtime", &number(12), &extra(report, "runtime_s"));
    let cell: Vec<&str> = field(13).split('|').collect();
    if let Some(ours) = report.cell {
        let decimal = |at: usize| json!(cell[at].parse::<u16>().unwrap());
        let hexadecimal = |at: usize| json!(u64::from_str_radix(cell[at], 16).unwrap());
        row.compare("mcc", &decimal(0), &json!(ours.mcc));
        row.compare("mnc", &decimal(1), &json!(ours.mnc));
        row.compare("lac", &hexadecimal(2), &json!(ours.lac));
        row.compare("cid", &hexadecimal(3), &json!(ours.cid));
    }
    let ports = u16::from_str_radix(field(14), 16).unwrap();
    row.compare("inputs", &json!(ports >> 8), &extra(report, "inputs"));
    row.compare("outputs", &json!(ports & 0xFF), &extra(report, "outputs"));
    let analog = field(15).split('*').next().unwrap();
    row.compare("analog", &json!(analog), &extra(report, "analog"));
}

/// The four lists of each record, read plainly: place, time and what has a field or a name of its own. Gives how many records have
/// lists that end elsewhere than they do: the unit of one row fills a value with 258 bytes of 0xFF and says that it has two.
fn check_values(row: &Row, payload: &[u8], reports: &[Report]) -> usize {
    let mut rest = &payload[6..];
    assert_eq!(little(&payload[4..6]) as usize, reports.len(), "{}", row.name());
    let mut misfits = 0;
    for report in reports {
        let length = little(&rest[..2]) as usize;
        let fits = check_lists(row, &rest[4..2 + length], report);
        misfits += usize::from(fits != Some(true));
        rest = &rest[2 + length..];
    }
    misfits
}

fn check_lists(row: &Row, mut record: &[u8], report: &Report) -> Option<bool> {
    let mut take = |count: usize| {
        let (taken, left) = record.split_at_checked(count)?;
        record = left;
        Some(taken)
    };
    for length in [1, 2, 4, 0] {
        for _ in 0..take(1)?[0] {
            let id = match take(1)?[0] {
                0xFE => 0xFE00 | i64::from(take(1)?[0]),
                id => i64::from(id),
            };
            let length = if length == 0 {
                usize::from(take(1)?[0])
            } else {
                length
            };
            check_value(row, report, id, take(length)?);
        }
    }
    Some(record.is_empty())
}

fn little(bytes: &[u8]) -> i64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, &byte| value << 8 | i64::from(byte))
}

fn check_value(row: &Row, report: &Report, id: i64, value: &[u8]) {
    let fix = report.fix.unwrap();
    let number = little(value);
    let (theirs, ours) = match (id, value.len()) {
        (0x02, 4) => (json!(f64::from(number as i32) / 1e6), json!(fix.position.lat)),
        (0x03, 4) => (json!(f64::from(number as i32) / 1e6), json!(fix.position.lon)),
        (0x04, 4) => (
            json!((946_684_800 + number) * 1000),
            json!(report.time.map(|time| time.unix_ms)),
        ),
        (0x05, 1) => (json!(number == 1), json!(fix.valid)),
        (0x06, 1) => (json!(number), json!(fix.satellites)),
        (0x08, 2) => (json!(number), json!(fix.speed_kmh)),
        (0x09, 2) => (json!(number), json!(fix.course_deg)),
        (0x0A, 2) => (json!(number as f64 / 10.0), extra(report, "hdop")),
        (0x0B, 2) => (json!(number as i16), json!(fix.altitude_m)),
        (0x0C, 4) => (json!(number), extra(report, "mileage_m")),
        (0x0D, 4) => (json!(number), extra(report, "runtime_s")),
        (0x19, 2) => (json!(number * 10), json!(report.battery.unwrap().battery_mv)),
        (0x1A, 2) => (json!(number * 10), extra(report, "external_mv")),
        (0xFE69, 1) => (json!(number), json!(report.battery.unwrap().percent)),
        (0x47, 1) => (json!(number), extra(report, "lock_state")),
        (0x0E, 12) if little(&value[6..10]) != 0 => {
            let cell = report.cell.unwrap();
            let theirs = json!([little(&value[..2]), little(&value[4..6]), little(&value[6..10])]);
            (theirs, json!([cell.mcc, cell.lac, cell.cid]))
        }
        (0x1D..=0x25, 8) => {
            let name = format!("wifi_{}", id - 0x1C);
            let dbm = little(&value[6..]) as i16;
            (json!(format!("{},{dbm}", hex(&value[..6]))), extra(report, &name))
        }
        _ => {
            // Under its number, or under a name that the attributes of the rows check.
            let ours = extra(report, &format!("value_{id:02x}"));
            match ours {
                Value::Number(_) => (json!(number), ours),
                Value::String(_) => (json!(hex(value)), ours),
                _ => return,
            }
        }
    };
    row.compare(&format!("value {id:x}"), &theirs, &ours);
}

/// "must answer `@@<flag><27+n/10>,imei,CCC,n*xx\r\n`".
fn check_blocks(row: &Row, bytes: &[u8], heard: &Heard) {
    let count = heard.reports.len();
    let said = format!("CCC,{count}");
    let imei = &heard.reports[0].device.0;
    let answer = frame::wrap(frame::DOWN, bytes[2], imei, said.as_bytes());
    assert_eq!(
        heard.replies,
        [String::from_utf8(answer).unwrap()],
        "{}",
        row.name()
    );
    let head = format!("@@{}{},", char::from(bytes[2]), 27 + count / 10);
    assert!(heard.replies[0].starts_with(&head), "{}", heard.replies[0]);
}

fn check_encode(row: &Row) {
    let command = &row.value["command"];
    let text = |name: &str| command["attributes"][name].as_str().unwrap().to_owned();
    let (ours, flag) = match command["type"].as_str().unwrap() {
        "positionSingle" => (Command::Position, b'A'),
        "sendSms" => (Command::Sms(text("phone"), text("message")), b'A'),
        other => panic!("unknown command {other}"),
    };
    let device = DeviceId(row.text("device_unique_id").into());
    let bytes = ours.encode(&device).unwrap();
    if ours == Command::Position {
        assert_eq!(bytes, ordered(&device, &SealCommand::PositionNow));
    }
    assert_eq!(bytes[2], flag);
    row.equal("text", String::from_utf8(bytes).unwrap());
}

/// What is sent for an order to a unit that has said who it is.
fn ordered(device: &DeviceId, order: &SealCommand) -> Vec<u8> {
    let mut session = Session::new(Protocol::Meitrack, Profile::ANY, Limits::default());
    session.continue_as(device.clone());
    session.send(OrderId(1), order, now()).unwrap();
    match session.poll() {
        Some(Output::Transmit(bytes)) => bytes,
        _ => panic!("nothing is sent"),
    }
}

fn check_frame(row: &Row) {
    let (frames, used) = frame::split(&unhex(row.text("hex")), 4096);
    assert_eq!(used, row.text("hex").len() / 2);
    assert_eq!(frames.len(), 1);
    row.equal("frame_hex", hex(&frames[0]));
}

#[test]
fn every_real_frame_of_meitrack_gives_the_value_the_handbook_says() {
    let Some(folder) = vectors() else { return };
    let mut counts = [("frame", 0), ("decode", 0), ("encode", 0)];
    for row in rows(&folder, FILE) {
        let kind = row.value["kind"].as_str().unwrap();
        match kind {
            "frame" => check_frame(&row),
            "decode" => check_decode(&row),
            "encode" => check_encode(&row),
            other => panic!("rows of unknown kind {other}"),
        }
        let count = counts.iter_mut().find(|(known, _)| *known == kind).unwrap();
        count.1 += 1;
    }
    for (kind, count) in counts {
        println!("{FILE:<24} {kind:<10} {count:>4} rows as expected");
        assert_ne!(count, 0, "rows of some kind are missing");
    }
}
