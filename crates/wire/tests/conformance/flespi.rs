//! The real messages of Flespi channels. A row says only "positions": its own body says which.

use segel_model::{ServerTime, Signal, report::Protocol};
use segel_wire::objects::body;
use serde_json::{Value, json};

use crate::{Row, extra, iso, rows, vectors};

/// The rows are of past years; read as if they came in 2026.
const RECEIVED: ServerTime = ServerTime::from_unix_ms(1_767_225_600_000);

fn check(row: &Row) {
    let text = row.value["body"]["text"].as_str().expect("a body");
    let messages: Vec<Value> = serde_json::from_str(text).expect("a list");
    let items = body::read(Protocol::Flespi, text.as_bytes(), RECEIVED, 10).expect("JSON");
    assert_eq!(items.len(), messages.len(), "{}", row.name());
    for (item, message) in items.iter().zip(&messages) {
        let said = item.said.as_ref().expect("a message");
        assert_eq!((said.reports.len(), said.oddity), (1, None), "{}", row.name());
        let raw: Value = serde_json::from_slice(&item.raw).expect("its own bytes");
        assert_eq!(raw, *message);
        check_message(row, message, &said.reports[0]);
    }
}

fn check_message(row: &Row, message: &Value, report: &segel_model::Report) {
    let fix = report.fix.expect("a position");
    row.compare("ident", &message["ident"], &json!(report.device.0));
    for (name, ours) in [
        ("position.latitude", json!(fix.position.lat)),
        ("position.longitude", json!(fix.position.lon)),
        ("position.speed", json!(fix.speed_kmh)),
        ("position.direction", json!(fix.course_deg)),
        ("position.altitude", json!(fix.altitude_m)),
        ("position.satellites", json!(fix.satellites)),
        ("record.seqnum", json!(report.serial)),
        ("message.buffered.status", json!(report.backfill)),
    ] {
        let Some(theirs) = message.get(name) else { continue };
        compare_number(row, name, theirs, &ours);
    }
    let valid = message.get("position.valid").and_then(Value::as_bool);
    assert_eq!(fix.valid, valid != Some(false), "{}", row.name());
    check_time(row, message, report);
    check_rest(row, message, report);
}

/// Degrees of a course are kept with seven digits.
fn compare_number(row: &Row, name: &str, theirs: &Value, ours: &Value) {
    match (theirs.as_f64(), ours.as_f64()) {
        (Some(theirs), Some(ours)) => {
            assert!(
                (theirs - ours).abs() < 1e-4,
                "{} {name}: {theirs} {ours}",
                row.name()
            );
        }
        _ => row.compare(name, theirs, ours),
    }
}

/// Handbook 0.1: the year 2000 is a clock that was not set.
fn check_time(row: &Row, message: &Value, report: &segel_model::Report) {
    let seconds = message["timestamp"].as_i64().expect("whole seconds");
    if seconds == 946_684_840 {
        assert_eq!(
            (iso(report), report.signals.clone()),
            (Value::Null, vec![Signal::ClockUnset])
        );
        return;
    }
    let ours = report.time.map(|time| time.unix_ms);
    row.compare("timestamp", &json!(seconds * 1000), &json!(ours));
    assert_eq!(report.signals, [], "nothing happened in {}", row.name());
}

/// Whatever is not read into the report stands beside it under its own name.
fn check_rest(row: &Row, message: &Value, report: &segel_model::Report) {
    let read = [
        "ident",
        "timestamp",
        "record.seqnum",
        "message.buffered.status",
        "battery.voltage",
        "shock.event.trigger",
    ];
    for (name, theirs) in message.as_object().expect("an object") {
        let is_place = name.starts_with("position.") && name != "position.hdop";
        if !is_place && !read.contains(&name.as_str()) {
            row.compare(name, theirs, &extra(report, name));
        }
    }
    if let Some(volts) = message.get("battery.voltage").and_then(Value::as_f64) {
        let ours = report.battery.and_then(|battery| battery.battery_mv);
        assert_eq!(ours, Some((volts * 1000.0).round() as u16), "{}", row.name());
    }
}

#[test]
fn every_real_flespi_message_gives_the_values_it_says() {
    let Some(folder) = vectors() else { return };
    let rows = rows(&folder, "flespi.jsonl");
    for row in &rows {
        assert_eq!(row.value["kind"], "decode", "{}", row.name());
        assert_eq!(
            row.expected("result"),
            Some(&json!("positions")),
            "{}",
            row.name()
        );
        check(row);
    }
    println!(
        "{:<24} {:<10} {:>4} rows as expected",
        "flespi.jsonl",
        "decode",
        rows.len()
    );
    assert_eq!(rows.len(), 2, "rows are missing");
}
