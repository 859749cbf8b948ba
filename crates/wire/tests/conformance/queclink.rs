//! Queclink @Track: `gl200.jsonl`, text and binary.
//!
//! Nearly every row says only "positions" or "attributes"; its own text says which. The places are looked for here once more, in
//! another way than the decoder's: longitude and latitude with six decimals, then fourteen digits.

use std::collections::BTreeMap;

use segel_model::{
    Report, Signal,
    report::{Protocol, ReportKind},
};
use segel_wire::{Dialect, Limits, Profile, Session, queclink::frame};
use serde_json::{Value, json};

use super::{Heard, Row, drain, extra, hex, iso, now, rows, unhex, vectors};

const FILE: &str = "gl200.jsonl";

fn hear_as(profile: Profile, bytes: &[u8]) -> Heard {
    let mut session = Session::new(Protocol::Queclink, profile, Limits::default());
    session.receive(now(), bytes);
    drain(&mut session)
}

/// Decoder rows are frames without their end; some kept it.
pub(crate) fn on_the_wire(row: &Row) -> Vec<u8> {
    let mut bytes = unhex(row.text("hex"));
    if row.value["text"].is_string() && bytes.last() != Some(&b'$') {
        bytes.push(b'$');
    }
    bytes
}

fn check_frame(row: &Row) {
    let (frames, used) = frame::split(&unhex(row.text("hex")), 2048);
    assert_eq!(used, row.text("hex").len() / 2);
    assert_eq!(frames.len(), 1, "{}", row.name());
    row.equal("frame_hex", hex(&frames[0]));
}

fn check_decode(row: &Row) {
    let bytes = on_the_wire(row);
    let heard = hear_as(Profile::ANY, &bytes);
    assert!(!heard.reports.is_empty(), "{}: {:?}", row.name(), heard.oddities);
    let (frames, used) = frame::split(&bytes, 2048);
    assert_eq!(
        (frames, used),
        (vec![bytes.clone()], bytes.len()),
        "{}",
        row.name()
    );
    let places = heard.reports.iter().filter(|report| report.fix.is_some()).count();
    match row.expected("result").expect("a result") {
        Value::Null => assert_eq!(places, 0, "{}", row.name()),
        result if result == "positions" && row.expected("check_location").is_some() => {
            assert_eq!(places, 0, "{}: it says nothing of where", row.name());
        }
        result if result == "positions" => {
            let ours = if places == 0 { Value::Null } else { result.clone() };
            row.compare("result", result, &ours);
        }
        result if result == "position" || result == "attributes" || result == "not-null" => {
            assert!(
                heard.reports.iter().all(|report| !report.extra.is_empty()),
                "{}",
                row.name()
            );
        }
        other => panic!("{}: unknown result {other}", row.name()),
    }
    if let Some(attribute) = row.expected("attribute").and_then(Value::as_str) {
        row.equal("value", value(row, attribute, heard.reports.last().unwrap()));
    }
    match row.value["text"].as_str() {
        Some(text) => check_text(row, text, &heard),
        None => check_binary(row, &bytes, &heard),
    }
}

/// Our value under the name that a row gives it.
fn value(row: &Row, attribute: &str, report: &Report) -> Value {
    let volts = |name: &str| json!(extra(report, name).as_f64().map(|millivolts| millivolts / 1000.0));
    match attribute {
        "batteryLevel" => json!(report.battery.and_then(|battery| battery.percent)),
        "ignition" | "data" | "adc3" => extra(report, attribute),
        "power" => volts("external_power_mv"),
        "power2" => volts("external_power_2_mv"),
        "accessoryVoltage" => volts("accessory_voltage_mv"),
        "warningType" => extra(report, "warning_type"),
        // The lowest input is the ignition, so the first is the bit above.
        "in1" => json!(extra(report, "inputs").as_i64().unwrap() & 2 != 0),
        "fuel" if extra(report, "message") == "GTDTT" => {
            // What hangs on the unit says per cent in its own words, which we hand on.
            let data = extra(report, "data");
            let words: Vec<&str> = data.as_str().unwrap().split(',').collect();
            json!(words[2].parse::<f64>().unwrap())
        }
        "fuel" => extra(report, "fuel"),
        "alarm" => json!(alarm(report)),
        other => panic!("{}: an attribute we have no name for: {other}", row.name()),
    }
}

fn alarm(report: &Report) -> &'static str {
    match extra(report, "alarm").as_str() {
        Some("sos") => "sos",
        Some("harsh_braking") => "hardBraking",
        Some("harsh_cornering") => "hardCornering",
        Some("power_off") if report.signals == [Signal::PowerLowOffline] => "powerOff",
        other => panic!("no name for {other:?}"),
    }
}

fn check_text(row: &Row, text: &str, heard: &Heard) {
    let fields: Vec<&str> = text.trim_end_matches('$').split(',').collect();
    let is_old = fields[1].len() == 15;
    let last = heard.reports.last().unwrap();
    let (device, wanted) = if is_old {
        (1, vec!["unknown_command"])
    } else {
        (2, vec![])
    };
    assert_eq!(heard.oddities, wanted, "{}", row.name());
    row.compare("device", &json!(fields[device]), &json!(last.device.0));
    let (lead, kind) = fields[0].split_once(':').unwrap();
    row.compare("kind", &json!(kind), &extra(last, "message"));
    row.compare("backfill", &json!(lead == "+BUFF"), &json!(last.backfill));
    assert_eq!(last.kind == ReportKind::Answer, lead == "+ACK" && kind != "GTHBD");
    if !is_old {
        let count = fields[fields.len() - 1];
        let serial = u32::from_str_radix(count, 16).unwrap();
        row.compare("serial", &json!(serial), &json!(last.serial));
        check_answers(row, (lead, kind, fields[1], count), heard);
    }
    check_places(row, &fields, heard);
}

/// A heartbeat is always answered, other reports where the unit wants it.
fn check_answers(row: &Row, (lead, kind, version, count): (&str, &str, &str, &str), heard: &Heard) {
    let heartbeat = lead == "+ACK" && kind == "GTHBD";
    let always = heartbeat.then(|| format!("+SACK:GTHBD,{version},{count}$"));
    assert_eq!(
        heard.replies,
        always.iter().cloned().collect::<Vec<_>>(),
        "{}",
        row.name()
    );
    let wanted = always.or_else(|| Some(format!("+SACK:{count}$")));
    let with_sack = hear_as(Profile::of(Dialect::QueclinkSack), &on_the_wire(row));
    assert_eq!(
        with_sack.replies,
        wanted.into_iter().collect::<Vec<_>>(),
        "{}",
        row.name()
    );
}

fn check_places(row: &Row, fields: &[&str], heard: &Heard) {
    let degrees = |field: &str| field.split_once('.').is_some_and(|(_, part)| part.len() == 6);
    let at: Vec<usize> = (2..fields.len())
        .filter(|&at| fields[at].len() == 14 && degrees(fields[at - 1]) && degrees(fields[at - 2]))
        .collect();
    let reports: Vec<&Report> = heard
        .reports
        .iter()
        .filter(|report| report.fix.is_some())
        .collect();
    assert_eq!(reports.len(), at.len(), "{}", row.name());
    for (report, at) in reports.into_iter().zip(at) {
        let fix = report.fix.unwrap();
        let number = |at: usize| json!(fields[at].parse::<f64>().ok());
        let digits = fields[at];
        let time = format!(
            "{}-{}-{}T{}:{}:{}Z",
            &digits[..4],
            &digits[4..6],
            &digits[6..8],
            &digits[8..10],
            &digits[10..12],
            &digits[12..]
        );
        row.compare("time", &json!(time), &iso(report));
        row.compare("lat", &number(at - 1), &json!(fix.position.lat));
        row.compare("lon", &number(at - 2), &json!(fix.position.lon));
        let close = |ours: Option<f32>| json!(ours.map(|value| (f64::from(value) * 10.0).round() / 10.0));
        row.compare("altitude", &number(at - 3), &close(fix.altitude_m));
        row.compare("course", &number(at - 4), &close(fix.course_deg));
        row.compare("speed", &number(at - 5), &close(fix.speed_kmh));
        let accuracy = fields[at - 6].parse::<f64>().unwrap_or(0.0);
        row.compare("valid", &json!(accuracy != 0.0), &json!(fix.valid));
        check_cell(row, &fields[at + 1..fields.len().min(at + 5)], report);
    }
}

fn check_cell(row: &Row, fields: &[&str], report: &Report) {
    let [mcc, mnc, lac, cid] = fields else { return };
    let number = |text: &str, radix| u64::from_str_radix(text, radix).ok();
    let known = number(mcc, 10).filter(|mcc| (1..=999).contains(mcc));
    let theirs = known.map_or(Value::Null, |mcc| {
        json!([mcc, number(mnc, 10), number(lac, 16), number(cid, 16)])
    });
    let ours = report.cell.map_or(Value::Null, |cell| {
        json!([cell.mcc, cell.mnc, cell.lac, cell.cid])
    });
    row.compare("cell", &theirs, &ours);
}

/// The row says only "a position": its degrees stand in the bytes as millionths.
fn check_binary(row: &Row, bytes: &[u8], heard: &Heard) {
    for report in &heard.reports {
        let Some(fix) = report.fix else { continue };
        let millionths = |degrees: f64| ((degrees * 1e6).round() as i32).to_be_bytes();
        let place = [millionths(fix.position.lon), millionths(fix.position.lat)].concat();
        let found = bytes.windows(8).any(|eight| eight == place);
        assert!(found, "{}: {fix:?}", row.name());
    }
    if row.expected("result") == Some(&json!("position")) {
        assert!(heard.reports[0].fix.is_some(), "{}", row.name());
    }
    assert_eq!(heard.replies, [""; 0], "the binary form is not answered");
}

#[test]
fn every_real_message_of_a_queclink_unit_is_read_as_the_handbook_says() {
    let Some(folder) = vectors() else { return };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows(&folder, FILE) {
        match row.value["kind"].as_str().unwrap() {
            "decode" => check_decode(&row),
            "frame" => check_frame(&row),
            other => panic!("{FILE}: rows of unknown kind {other}"),
        }
        *counts
            .entry(row.value["kind"].as_str().unwrap().into())
            .or_default() += 1;
    }
    for (kind, count) in &counts {
        println!("{FILE:<24} {kind:<10} {count:>4} rows as expected");
    }
    assert_eq!(counts.len(), 2, "rows of some kind are missing: {counts:?}");
}
