//! Orbcomm IDP: `orbcomm.jsonl`. The rows say only "positions" or nothing; their own pages say which.

use segel_model::{
    Report,
    report::{FixSource, Protocol},
};
use segel_wire::{
    Profile, decode_of,
    orbcomm::{MailboxTime, Page},
    tool::Tool,
};
use serde_json::{Value, json};

use super::{Row, extra, iso, now, rows, unhex, vectors};

const FILE: &str = "orbcomm.jsonl";

fn check(row: &Row) {
    let body = unhex(row.value["body"]["hex"].as_str().expect("a body"));
    assert_eq!(
        body,
        row.value["body"]["text"].as_str().expect("a text").as_bytes()
    );
    let page = Page::read(&body, now()).expect("a page");
    let said: Value = serde_json::from_slice(&body).expect("JSON");
    let messages = said["Messages"].as_array().cloned().unwrap_or_default();
    assert_eq!(
        (page.error, page.more),
        (said["ErrorID"].as_i64().expect("a number"), false)
    );
    assert_eq!(
        page.next_start,
        said["NextStartUTC"].as_str().and_then(MailboxTime::parse),
        "{}",
        row.name()
    );
    let wanted = match row.expected("result").and_then(Value::as_str) {
        Some("positions") => messages.len(),
        None => 0,
        Some(other) => panic!("{}: unknown result {other}", row.name()),
    };
    assert_eq!(
        (page.messages.len(), messages.len()),
        (wanted, wanted),
        "{}",
        row.name()
    );
    for (message, theirs) in page.messages.iter().zip(&messages) {
        assert_eq!(message.oddity, None, "{}", row.name());
        assert_eq!(message.id, theirs["ID"].as_u64());
        assert_eq!(
            serde_json::from_str::<Value>(&message.raw).expect("JSON"),
            *theirs
        );
        let report = message.report.as_ref().expect("a report");
        check_message(row, theirs, report);
        let again = decode_of(
            &report.device,
            Protocol::Orbcomm,
            Profile::ANY,
            now(),
            message.raw.as_bytes(),
        );
        assert_eq!(
            again.reports.as_slice(),
            std::slice::from_ref(report),
            "what is stored is read again"
        );
    }
    check_tool(row, wanted);
}

fn check_message(row: &Row, theirs: &Value, report: &Report) {
    let fields = theirs["Payload"]["Fields"].as_array().expect("fields");
    let number = |name: &str| {
        let field = fields
            .iter()
            .find(|field| field["Name"] == name)
            .expect("a field");
        field["Value"]
            .as_str()
            .and_then(|text| text.parse::<f64>().ok())
            .expect("a number")
    };
    let fix = report.fix.expect("a position");
    row.compare("device", &theirs["MobileID"], &json!(report.device.0));
    row.compare(
        "lat",
        &json!(number("Latitude") / 60_000.0),
        &json!(fix.position.lat),
    );
    row.compare(
        "lon",
        &json!(number("Longitude") / 60_000.0),
        &json!(fix.position.lon),
    );
    row.compare("speed", &json!(number("Speed")), &json!(fix.speed_kmh));
    let heading = Some(number("Heading")).filter(|heading| *heading <= 360.0);
    row.compare("heading", &json!(heading), &json!(fix.course_deg));
    let time = segel_wire::calendar::rfc3339(number("EventTime") as i64 * 1000);
    row.compare("time", &json!(time.replace(".000Z", "Z")), &iso(report));
    row.compare("name", &theirs["Payload"]["Name"], &extra(report, "message"));
    row.compare("sin", &theirs["Payload"]["SIN"], &extra(report, "sin"));
    row.compare("min", &theirs["Payload"]["MIN"], &extra(report, "min"));
    row.compare("transport", &theirs["Transport"], &extra(report, "transport"));
    assert_eq!(
        (fix.valid, fix.source, report.backfill),
        (true, FixSource::Gnss, false)
    );
}

/// The row as a line of `segel decode`.
fn check_tool(row: &Row, wanted: usize) {
    let mut tool = Tool::new(Protocol::Orbcomm, Profile::ANY);
    let said: Value = serde_json::from_str(&tool.line(&row.value.to_string(), now())).expect("JSON");
    assert_eq!(said["reports"].as_array().map(Vec::len), Some(wanted), "{said}");
    assert_eq!(
        (&said["oddities"], &said["replies"]),
        (&json!([]), &json!([])),
        "{said}"
    );
}

#[test]
fn every_page_of_orbcomm_gives_what_it_says() {
    let Some(folder) = vectors() else { return };
    let rows = rows(&folder, FILE);
    assert!(!rows.is_empty());
    rows.iter().for_each(check);
    println!("{FILE:<24} {:>4} rows as expected", rows.len());
}
