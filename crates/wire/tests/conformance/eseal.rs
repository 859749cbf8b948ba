//! eSeal CT-C: `eseal.jsonl`. The rows say only "a position"; their own text says which.

use std::collections::BTreeMap;

use segel_model::report::{Protocol, ReportKind};
use segel_wire::{
    Limits, Profile, Session,
    eseal::{command::Command, frame},
};
use serde_json::{Value, json};

use super::{Row, drain, extra, iso, now, only, rows, vectors};

const FILE: &str = "eseal.jsonl";

fn check_decode(row: &Row) {
    let mut session = Session::new(Protocol::Eseal, Profile::ANY, Limits::default());
    let line = format!("{}\r\n", row.text("text"));
    let (lines, used) = frame::split(line.as_bytes(), 2048);
    assert_eq!(lines, [row.text("text").as_bytes()], "{}", row.name());
    assert_eq!(used, line.len());
    session.receive(now(), line.as_bytes());
    let heard = drain(&mut session);
    let report = only(&heard);
    let fields: Vec<&str> = row.text("text").split(',').collect();
    assert_eq!(heard.oddities, Vec::<String>::new(), "{}", row.name());
    row.compare("device", &json!(fields[2]), &json!(report.device.0));
    row.compare("version", &json!(fields[4]), &extra(report, "version"));
    row.compare("customer", &json!(fields[3]), &extra(report, "customer"));
    row.compare("kind", &json!(fields[5]), &extra(report, "message"));
    if row.expected("result") == Some(&Value::Null) {
        assert!(report.fix.is_none(), "{}", row.name());
        assert_eq!(report.kind, ReportKind::Answer);
        assert_eq!(heard.replies, [""; 0], "an answer is not answered");
        return;
    }
    let fix = report.fix.expect("a position");
    let degrees: Vec<&str> = fields[11].split(' ').collect();
    let signed = |text: &str, negative: char| {
        let value: f64 = text[..text.len() - 1].parse().unwrap();
        if text.ends_with(negative) { -value } else { value }
    };
    let number = |at: usize| fields[at].parse::<f64>().unwrap();
    row.compare("lat", &json!(signed(degrees[0], 'S')), &json!(fix.position.lat));
    row.compare("lon", &json!(signed(degrees[1], 'W')), &json!(fix.position.lon));
    row.compare(
        "time",
        &json!(format!("{}T{}Z", fields[7], fields[8])),
        &iso(report),
    );
    row.compare("valid", &json!(fields[10] == "A"), &json!(fix.valid));
    row.compare("serial", &json!(number(6)), &json!(report.serial));
    row.compare("interval", &json!(number(9)), &extra(report, "interval"));
    row.compare("course", &json!(number(12)), &json!(fix.course_deg));
    row.compare("speed", &json!(number(13)), &json!(fix.speed_kmh));
    row.compare("door", &json!(fields[14] == "Close"), &json!(report.lock.rope));
    row.compare(
        "acceleration",
        &json!(number(15)),
        &extra(report, "acceleration_g"),
    );
    row.compare("nfc", &json!(fields[16]), &extra(report, "nfc"));
    let millivolts = report.battery.unwrap().battery_mv.unwrap();
    row.compare("battery", &json!(number(17) * 1000.0), &json!(millivolts));
    row.compare("rssi", &json!(number(18)), &extra(report, "rssi_dbm"));
    let settings = if fields[5] == "Startup" {
        ",180,30,30,16,1"
    } else {
        ""
    };
    let head = fields[..6].join(",");
    assert_eq!(
        heard.replies,
        [format!("{head} ACK,{}{settings},E##\r\n", fields[6])]
    );
}

fn check_encode(row: &Row) {
    let command = match row.value["command"]["type"].as_str().unwrap() {
        "alarmDisarm" => Command::Unlock,
        "alarmArm" => panic!("{}: the handbook has no words for locking", row.name()),
        "custom" => Command::Words(
            row.value["command"]["attributes"]["data"]
                .as_str()
                .unwrap()
                .into(),
        ),
        other => panic!("{}: unknown command {other}", row.name()),
    };
    let device = row.text("device_unique_id");
    row.equal("text", command.encode(device).unwrap());
}

#[test]
fn every_real_line_of_an_eseal_is_read_as_the_handbook_says() {
    let Some(folder) = vectors() else { return };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows(&folder, FILE) {
        match row.value["kind"].as_str().unwrap() {
            "decode" => check_decode(&row),
            "encode" => check_encode(&row),
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
