//! The real frames of Kingwo and Upro devices.
//!
//! The rows say little: that there is a place, or one value. What they do not say is read from their own digits a second time.

use segel_model::{Report, report::Protocol};
use segel_wire::{Limits, Output, Profile, Session, calendar::rfc3339, kingwo::frame};
use serde_json::{Value, json};

use crate::{Row, extra, iso, now, rows, unhex, vectors};

struct Heard {
    reports: Vec<Report>,
    replies: Vec<String>,
    oddities: Vec<String>,
}

fn hear(bytes: &[u8]) -> Heard {
    let mut session = Session::new(Protocol::Kingwo, Profile::ANY, Limits::default());
    session.receive(now(), bytes);
    let mut heard = Heard {
        reports: Vec::new(),
        replies: Vec::new(),
        oddities: Vec::new(),
    };
    while let Some(output) = session.poll() {
        match output {
            Output::Report(reported) => {
                session.acknowledge(reported.token, now());
                heard.reports.push(reported.report);
            }
            Output::Transmit(bytes) => heard.replies.push(String::from_utf8(bytes).unwrap()),
            Output::Oddity(oddity) => heard.oddities.push(oddity.what),
            Output::Answered(..) | Output::Learned(_) => panic!("nobody asked"),
            Output::Close(reason) => panic!("closed: {reason:?}"),
        }
    }
    heard
}

/// Rows are messages without the end that the framing takes away.
pub(crate) fn bytes(row: &Row) -> Vec<u8> {
    let mut bytes = unhex(row.text("hex"));
    if bytes.last() != Some(&frame::END) {
        bytes.push(frame::END);
    }
    bytes
}

fn check(row: &Row) {
    let bytes = bytes(row);
    let heard = hear(&bytes);
    assert_eq!(heard.reports.len(), 1, "{} {:?}", row.name(), heard.oddities);
    assert_eq!(heard.oddities, Vec::<String>::new(), "{}", row.name());
    let report = &heard.reports[0];
    let text = String::from_utf8_lossy(&bytes);
    let (head, rest) = text.split_once(',').unwrap();
    row.compare("device", &json!(head[6..]), &json!(report.device.0));
    let wanted: Vec<String> = (&head[5..6] == "1")
        .then(|| format!("{}Y{}#", &head[..5], &rest[..2]))
        .into_iter()
        .collect();
    assert_eq!(heard.replies, wanted, "{}", row.name());
    match text.split_once("&A") {
        Some((_, digits)) => check_digits(row, &digits[..34], report),
        None => assert_eq!(report.fix, None, "{}", row.name()),
    }
    check_result(row, report);
}

/// Time, place, speed and course once more.
fn check_digits(row: &Row, digits: &str, report: &Report) {
    let fix = report.fix.unwrap();
    let number = |range: std::ops::Range<usize>| digits[range].parse::<f64>().unwrap();
    let flags = number(23..24) as u8;
    let degrees = |value: f64, positive: bool| json!(if positive { value } else { -value });
    let lat = number(6..8) + number(8..14) / 600_000.0;
    let lon = number(14..17) + number(17..23) / 600_000.0;
    row.compare("lat", &degrees(lat, flags & 2 != 0), &json!(fix.position.lat));
    row.compare("lon", &degrees(lon, flags & 4 != 0), &json!(fix.position.lon));
    row.compare("valid", &json!(flags & 1 == 0), &json!(fix.valid));
    row.compare("course", &json!(number(26..28) * 10.0), &json!(fix.course_deg));
    let pair = |at: usize| &digits[at..at + 2];
    let (day, month, year) = (pair(28), pair(30), pair(32));
    let time = format!("20{year}-{month}-{day}T{}:{}:{}Z", pair(0), pair(2), pair(4));
    row.compare("time", &json!(time), &iso(report));
}

fn check_result(row: &Row, report: &Report) {
    match row.expected("result").unwrap().as_str() {
        None => assert_eq!(report.fix, None, "{}", row.name()),
        Some("position") => assert!(report.fix.is_some(), "{}", row.name()),
        Some("attributes") => assert!(1 < report.extra.len(), "{}", row.name()),
        Some(other) => panic!("{}: unknown result {other}", row.name()),
    }
    if let Some(position) = row.expected("position") {
        let fix = report.fix.unwrap();
        let said = report
            .time
            .map(|time| rfc3339(time.unix_ms).replace('T', " ").replace('Z', ""));
        row.compare("time", &position["time"], &json!(said));
        row.compare("valid", &position["valid"], &json!(fix.valid));
        row.compare("lat", &position["lat"], &json!(fix.position.lat));
        row.compare("lon", &position["lon"], &json!(fix.position.lon));
    }
    if let Some(attribute) = row.expected("attribute") {
        row.equal("value", attribute_of(row, report, attribute.as_str().unwrap()));
    }
}

/// The row's word for a value, and ours.
fn attribute_of(row: &Row, report: &Report, attribute: &str) -> Value {
    match attribute {
        "iccid" => extra(report, "iccid"),
        "logisticsLock" => extra(report, "lock_state"),
        "batteryLevel" => report.battery.and_then(|battery| battery.percent).into(),
        "adc1" => extra(report, "analog_1_v"),
        other => panic!("{}: no word for {other}", row.name()),
    }
}

#[test]
fn every_real_kingwo_frame_gives_the_value_the_handbook_says() {
    let Some(folder) = vectors() else { return };
    let rows = rows(&folder, "upro.jsonl");
    for row in &rows {
        assert_eq!(row.value["kind"], "decode", "{}", row.name());
        check(row);
    }
    println!(
        "{:<24} {:<10} {:>4} rows as expected",
        "upro.jsonl",
        "decode",
        rows.len()
    );
    assert_eq!(rows.len(), 20, "rows are missing");
}
