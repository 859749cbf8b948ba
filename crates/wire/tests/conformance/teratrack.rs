//! The real objects of a TeraTrack forwarder. A row says only that they have attributes: each value is compared with the object's
//! own words.

use segel_model::{Report, Signal, report::Protocol, report::ReportKind};
use segel_wire::{Limits, Profile, Session};
use serde_json::{Value, json};

use crate::{Heard, Row, drain, extra, iso, now, rows, vectors};

fn hear(row: &Row) -> Heard {
    let mut session = Session::new(Protocol::Teratrack, Profile::ANY, Limits::default());
    session.receive(now(), row.text("text").as_bytes());
    drain(&mut session)
}

fn check(row: &Row) {
    let object: Value = serde_json::from_str(row.text("text")).expect("JSON");
    let heard = hear(row);
    assert_eq!(heard.oddities, Vec::<String>::new(), "{}", row.name());
    let wanted: &[&str] = if object["MessageAck"] == "1" {
        &["{01}"]
    } else {
        &[]
    };
    assert_eq!(heard.replies, wanted, "{}", row.name());
    let (report, slaves) = heard.reports.split_first().expect("a report");
    check_seal(row, &object, report);
    let theirs = object["Slave"].as_array().expect("a list");
    assert_eq!(slaves.len(), theirs.len(), "{}", row.name());
    for (slave, theirs) in slaves.iter().zip(theirs) {
        check_slave(row, theirs, slave);
    }
}

fn check_seal(row: &Row, object: &Value, report: &Report) {
    let fix = report.fix.expect("a place");
    let number = |name: &str| {
        json!(
            object[name]
                .as_str()
                .expect("words")
                .parse::<f64>()
                .expect("a number")
        )
    };
    row.compare("device", &object["MDeviceID"], &json!(report.device.0));
    row.compare("imei", &object["IMEI"], &extra(report, "imei"));
    row.compare("card", &object["CardNo"], &extra(report, "card"));
    row.compare("gsm", &object["GSM"], &extra(report, "GSM"));
    row.compare("lat", &number("Latitude"), &json!(fix.position.lat));
    row.compare("lon", &number("Longitude"), &json!(fix.position.lon));
    row.compare("speed", &number("Speed"), &json!(fix.speed_kmh));
    row.compare("mileage", &number("Mileage"), &extra(report, "mileage_km"));
    row.compare("serial", &number("Index"), &json!(report.serial));
    let percent = report.battery.and_then(|battery| battery.percent);
    row.compare("power", &number("Power"), &json!(percent));
    let said = object["DateTime"].as_str().expect("words").replace(' ', "T") + "Z";
    row.compare("time", &json!(said), &iso(report));
    assert_eq!(report.backfill, object["DataType"] == "3", "{}", row.name());
    check_lock(row, object, report);
}

/// Handbook 1.3, name by name.
fn check_lock(row: &Row, object: &Value, report: &Report) {
    let yes = |name: &str| object[name] == "1";
    let lock = report.lock;
    assert_eq!(
        (lock.rope, lock.motor, lock.cover),
        (
            Some(yes("LockRope")),
            Some(yes("LockStatus")),
            Some(yes("CoverStatus"))
        ),
        "{}",
        row.name()
    );
    let named = [
        (yes("FenceAlarm"), "fence_in"),
        (yes("LockCutOff"), "rope_cut"),
        (yes("SealTampered") || yes("SealTempered"), "vibration"),
        (yes("LockOpen"), "long_unlocked"),
        (yes("PasswordError"), "unseal_refused"),
        (yes("IllegalCard"), "unseal_refused"),
        (yes("LowPower"), "low_battery"),
        (yes("UnCoverBack"), "cover_open"),
        (yes("LockStuck"), "motor_stuck"),
    ];
    let wanted: Vec<&str> = named
        .iter()
        .filter(|(set, _)| *set)
        .map(|(_, name)| *name)
        .collect();
    let ours: Vec<&str> = report.signals.iter().map(Signal::name).collect();
    assert_eq!(ours, wanted, "{}", row.name());
}

/// The rows' smaller seals are all lost: what they said before is not believed.
fn check_slave(row: &Row, theirs: &Value, slave: &Report) {
    assert_eq!(slave.kind, ReportKind::SubSeal);
    row.compare("device", &theirs["SDeviceId"], &json!(slave.device.0));
    assert_eq!(theirs["STimeOut"], "1", "{}", row.name());
    let lost = Signal::SublockLost {
        sublock: theirs["SDeviceId"].as_str().map(Into::into),
    };
    assert_eq!(slave.signals, [lost], "{}", row.name());
    assert_eq!(slave.lock.sealed(), None, "{}", row.name());
}

#[test]
fn every_real_teratrack_object_gives_the_values_it_says() {
    let Some(folder) = vectors() else { return };
    let rows = rows(&folder, "teratrack.jsonl");
    for row in &rows {
        assert_eq!(row.value["kind"], "decode", "{}", row.name());
        assert_eq!(
            row.expected("result"),
            Some(&json!("attributes")),
            "{}",
            row.name()
        );
        check(row);
    }
    println!(
        "{:<24} {:<10} {:>4} rows as expected",
        "teratrack.jsonl",
        "decode",
        rows.len()
    );
    assert_eq!(rows.len(), 2, "rows are missing");
}
