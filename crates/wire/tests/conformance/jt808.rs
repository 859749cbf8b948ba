//! JT/T 808: frames of many makers. Most rows state one value; what else the frame says by its own form (device, time, place,
//! checksum, answer) is worked out here a second time, from its hexadecimal digits.

use segel_model::{
    Report, ServerTime, Signal,
    order::{Outcome, SealCommand},
    report::{FixSource, Protocol, ReportKind},
};
use segel_wire::{
    Limits, Output, Profile, Session,
    calendar::{parse_rfc3339, rfc3339},
    jt808::{
        command::Command,
        frame::{self, DELIMITER},
        header::Address,
    },
};
use serde_json::{Value, json};

use super::{Row, extra, hex, now, unhex};

/// Attributes that are the business of a vehicle or of one camera, not of a seal: their fields stand in the report under their
/// numbers (`field_a0`), unread.
const PASSED_OVER: &[&str] = &[
    // Trouble codes and fuel of an engine, tyres, a camera's label of its alarm.
    "dtcs",
    "fuel1",
    "fuel2",
    "tire1Pressure",
    "alarmLabel",
];
/// Rows whose value is in a maker's own field that no document of ours tells: a camera's battery and shaking, a driver's way
/// with the throttle.
const PASSED_OVER_ROWS: &[(i64, &str)] = &[(106, "battery"), (108, "alarm"), (51, "alarm")];

struct Heard {
    reports: Vec<Report>,
    replies: Vec<Vec<u8>>,
    oddities: Vec<String>,
}

fn hear(bytes: &[u8]) -> Heard {
    let mut session = Session::new(Protocol::Jt808, Profile::ANY, Limits::default());
    session.receive(now(), bytes);
    drain(&mut session)
}

fn drain(session: &mut Session) -> Heard {
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
            Output::Transmit(bytes) => heard.replies.push(bytes),
            Output::Oddity(oddity) => heard.oddities.push(oddity.what),
            Output::Learned(_) | Output::Answered(..) => {}
            Output::Close(reason) => panic!("closed: {reason:?}"),
        }
    }
    heard
}

/// A frame's hexadecimal digits, by their places.
struct Digits<'a>(&'a str);

impl<'a> Digits<'a> {
    fn text(&self, from: usize, bytes: usize) -> &'a str {
        &self.0[from * 2..(from + bytes) * 2]
    }

    fn number(&self, from: usize, bytes: usize) -> i64 {
        i64::from_str_radix(self.text(from, bytes), 16).unwrap()
    }

    fn message(&self) -> i64 {
        self.number(1, 2)
    }

    fn is_of_2019(&self) -> bool {
        self.number(3, 2) & 0x4000 != 0
    }

    fn is_short(&self) -> bool {
        matches!(self.message(), 0x5501 | 0x5502)
    }

    fn id(&self) -> &'a str {
        if self.is_of_2019() {
            self.text(6, 10)
        } else {
            self.text(5, 6)
        }
    }

    /// The id as it is, or the IMEI that stands in it as a binary number.
    fn device(&self) -> String {
        let id = self.id();
        if id.bytes().all(|digit| digit.is_ascii_digit()) {
            return id.into();
        }
        let number = i64::from_str_radix(id, 16).unwrap().to_string();
        let doubled = number.bytes().rev().enumerate().map(|(at, digit)| {
            let digit = u32::from(digit - b'0') * if at % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        });
        let sum: u32 = doubled.sum();
        format!("{number}{}", (10 - sum % 10) % 10)
    }

    fn serial_at(&self) -> usize {
        if self.is_of_2019() { 16 } else { 11 }
    }

    fn body_at(&self) -> usize {
        self.serial_at() + if self.is_short() { 1 } else { 2 }
    }

    fn end(&self) -> usize {
        self.0.len() / 2 - 2
    }

    /// Where positions of the standard begin, and where their fields end.
    fn positions(&self) -> Vec<(usize, usize)> {
        let (body, end) = (self.body_at(), self.end());
        match self.message() {
            0x0200 => vec![(body, end)],
            0x0201 => vec![(body + 2, end)],
            0x0704 => self.records(body + 3, 2),
            0x0210 if end - body != 7 => self.records(body, 1),
            _ => Vec::new(),
        }
    }

    fn records(&self, mut at: usize, length_bytes: usize) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        while at < self.end() {
            let length = usize::try_from(self.number(at, length_bytes)).unwrap();
            found.push((at + length_bytes, at + length_bytes + length));
            at += length_bytes + length;
        }
        found
    }
}

/// Decoder rows are frames after un-escaping.
pub(crate) fn on_the_wire(row_bytes: &[u8]) -> Vec<u8> {
    let [first, inside @ .., last] = row_bytes else {
        panic!("a row has a frame");
    };
    if *first == b'(' {
        return row_bytes.to_vec();
    }
    [&[*first], frame::escape(*first, inside).as_slice(), &[*last]].concat()
}

pub(super) fn check(row: &Row) {
    match row.value["kind"].as_str().unwrap() {
        "frame" => check_frame(row),
        "decode" => check_decode(row),
        "encode" => check_encode(row),
        "log" => check_log(row),
        kind => panic!("rows of unknown kind {kind}"),
    }
}

fn check_frame(row: &Row) {
    let bytes = unhex(row.text("hex"));
    let (frames, used) = frame::split(&bytes, 2048);
    assert_eq!((frames.len(), used), (1, bytes.len()), "{}", row.name());
    row.equal("frame_hex", hex(&frames[0]));
}

fn check_decode(row: &Row) {
    let bytes = unhex(row.text("hex"));
    let heard = hear(&on_the_wire(&bytes));
    let digits = Digits(row.text("hex"));
    assert!(!heard.reports.is_empty(), "{} {:?}", row.name(), heard.oddities);
    row.compare(
        "device",
        &json!(digits.device()),
        &json!(heard.reports[0].device.0),
    );
    check_oddities(row, &heard);
    check_reply(row, &digits, &heard);
    check_places(row, &digits, &heard);
    check_result(row, &digits, &heard);
    let number = row.value["n"].as_i64().unwrap();
    if let Some(attribute) = row.expected("attribute").and_then(Value::as_str) {
        let passed = PASSED_OVER.contains(&attribute) || PASSED_OVER_ROWS.contains(&(number, attribute));
        if !passed {
            row.equal("value", value(attribute, row.expected("value").unwrap(), &heard));
        }
    }
}

/// The row knows whether checksum and length of its frame hold; we must have found the same.
fn check_oddities(row: &Row, heard: &Heard) {
    let checks = &row.value["checks"];
    let (sum, length) = (checks["xor_ok"] == true, checks["len_ok"] == true);
    let found = |what: &str| heard.oddities.iter().any(|oddity| oddity == what);
    // Of two faults the first is counted.
    assert_eq!(
        found("wrong_checksum"),
        !sum,
        "{} {:?}",
        row.name(),
        heard.oddities
    );
    assert_eq!(found("wrong_length"), sum && !length, "{}", row.name());
}

/// Handbook 2.2: which message is answered by which.
fn check_reply(row: &Row, digits: &Digits<'_>, heard: &Heard) {
    let message = digits.message();
    let serial_bytes = if digits.is_short() { 1 } else { 2 };
    let serial = digits.text(digits.serial_at(), serial_bytes);
    let id = digits.id();
    let version = if digits.is_of_2019() {
        digits.text(5, 1)
    } else {
        ""
    };
    let head = |answer: &str, length: usize| {
        let properties = length | if digits.is_of_2019() { 0x4000 } else { 0 };
        format!("{answer}{properties:04x}{version}{id}")
    };
    let content = match message {
        0x0100 => {
            let token = hex(heard.reports[0].device.0.as_bytes());
            let length = 3 + token.len() / 2;
            Some(format!("{}0000{serial}00{token}", head("8100", length)))
        }
        0x5501 | 0x5502 if digits.number(3, 2) & 0x8000 == 0 => None,
        0x5501 | 0x5502 => Some(format!("{}{serial}{message:04x}00", head("4401", 3))),
        0x1300 => None,
        _ => Some(format!("{}0000{serial}{message:04x}00", head("8001", 5))),
    };
    let wanted: Vec<String> = content
        .iter()
        .map(|content| hex(&frame::close(DELIMITER, &unhex(content))))
        .collect();
    let replies: Vec<String> = heard.replies.iter().map(|reply| hex(reply)).collect();
    assert_eq!(replies, wanted, "{}", row.name());
}

/// Each position that stands in the frame, against its own digits.
fn check_places(row: &Row, digits: &Digits<'_>, heard: &Heard) {
    let own = heard
        .reports
        .iter()
        .filter(|report| report.kind != ReportKind::SubSeal);
    for ((at, end), report) in digits.positions().into_iter().zip(own) {
        let fix = report.fix.unwrap_or_else(|| panic!("{}: no place", row.name()));
        let status = digits.number(at + 4, 4);
        let degrees = |from: usize, negative: i64| {
            let degrees = digits.number(from, 4) as f64 / 1e6;
            if status & negative == 0 { degrees } else { -degrees }
        };
        row.compare("lat", &json!(degrees(at + 8, 4)), &json!(fix.position.lat));
        row.compare("lon", &json!(degrees(at + 12, 8)), &json!(fix.position.lon));
        row.compare("valid", &json!(status & 2 != 0), &json!(fix.valid));
        let altitude = digits.number(at + 16, 2) as u16 as i16;
        row.compare("altitude", &json!(f32::from(altitude)), &json!(fix.altitude_m));
        let speed = digits.number(at + 18, 2) as f32 / 10.0;
        row.compare("speed", &json!(speed), &json!(fix.speed_kmh));
        row.compare(
            "course",
            &json!(digits.number(at + 20, 2) as f32),
            &json!(fix.course_deg),
        );
        // Jointech's JT709 is told by its own field, and keeps UTC.
        let zone = if digits.text(at + 28, end - at - 28).contains("f90200") {
            "Z"
        } else {
            "+08:00"
        };
        row.compare("time", &moment(digits.text(at + 22, 6), zone), &time(report));
        assert_eq!(fix.source, FixSource::Gnss);
        assert_eq!(
            extra(report, "status"),
            json!(digits.text(at + 4, 4)),
            "{}",
            row.name()
        );
    }
    if digits.is_short() {
        check_jointech(row, digits, &heard.reports[0]);
    }
}

/// Time, place and battery of Jointech's own messages.
fn check_jointech(row: &Row, digits: &Digits<'_>, report: &Report) {
    let at = digits.body_at();
    let said = digits.text(at, 6);
    let turned = format!("{}{}{}{}", &said[4..6], &said[2..4], &said[..2], &said[6..]);
    row.compare("time", &moment(&turned, "Z"), &time(report));
    let fix = report.fix.unwrap();
    let flags = u8::from_str_radix(&digits.text(at + 14, 1)[1..], 16).unwrap();
    let number = |text: &str| text.parse::<f64>().unwrap();
    let (lat, lon) = (digits.text(at + 6, 4), &digits.text(at + 10, 5)[..9]);
    let lat = number(&lat[..2]) + number(&lat[2..]) / 600_000.0;
    let lon = number(&lon[..3]) + number(&lon[3..]) / 600_000.0;
    let (north, east) = (flags & 2 != 0, flags & 4 != 0);
    row.compare(
        "lat",
        &json!(if north { lat } else { -lat }),
        &json!(fix.position.lat),
    );
    row.compare(
        "lon",
        &json!(if east { lon } else { -lon }),
        &json!(fix.position.lon),
    );
    row.compare("valid", &json!(flags & 1 != 0), &json!(fix.valid));
    assert_eq!(fix.satellites.map(i64::from), Some(digits.number(at + 18, 1)));
    let level = digits.number(at + 23, 1);
    let percent = report.battery.unwrap().percent.map(i64::from);
    assert_eq!(percent, (level <= 100).then_some(level), "{}", row.name());
    assert_eq!(report.backfill, digits.message() == 0x5502);
    assert_eq!(extra(report, "status"), json!(digits.text(at + 31, 2)));
}

/// `YYMMDDhhmmss` of a zone.
fn moment(digits: &str, zone: &str) -> Value {
    let pair = |at: usize| &digits[at..at + 2];
    let (year, month, day) = (pair(0), pair(2), pair(4));
    let text = format!(
        "20{year}-{month}-{day}T{}:{}:{}{zone}",
        pair(6),
        pair(8),
        pair(10)
    );
    parse_rfc3339(&text).map_or(Value::Null, |unix_ms| rfc3339(unix_ms).into())
}

fn time(report: &Report) -> Value {
    report
        .time
        .map_or(Value::Null, |time| rfc3339(time.unix_ms).into())
}

/// What the row says in a word. A message without a place of its own gives a report without one.
fn check_result(row: &Row, digits: &Digits<'_>, heard: &Heard) {
    let own = |report: &&Report| report.kind != ReportKind::SubSeal;
    let places = heard
        .reports
        .iter()
        .filter(own)
        .filter(|report| report.fix.is_some())
        .count();
    let inside = match digits.message() {
        0x5501 | 0x5502 | 0x0900 => 1,
        _ => digits.positions().len(),
    };
    assert_eq!(
        places,
        inside,
        "{}: every place of the frame and no other",
        row.name()
    );
    match row.expected("result").unwrap().as_str() {
        None => assert_eq!(places, 0, "{}", row.name()),
        Some("position" | "not-null" | "attributes") => {}
        Some("positions") => assert!(1 < places, "{}", row.name()),
        Some(other) => panic!("{}: unknown result {other}", row.name()),
    }
}

/// Our value for an attribute of another vocabulary.
fn value(attribute: &str, theirs: &Value, heard: &Heard) -> Value {
    let report = &heard.reports[0];
    let millivolts = |report: &Report| json!(f64::from(report.battery.unwrap().battery_mv.unwrap()) / 1000.0);
    match attribute {
        "sat" => json!(report.fix.unwrap().satellites),
        "power" => extra(report, "power_v"),
        "batteryLevel" => json!(report.battery.unwrap().percent),
        "battery" => millivolts(report),
        "charge" => json!(report.battery.unwrap().charging && report.signals.contains(&Signal::Charging)),
        "alarm" => alarm(theirs, report),
        "motion" | "timezone" | "iccid" | "imei" | "event" => extra(report, attribute),
        "videoAlarm" => extra(report, "video_alarm"),
        "result" => extra(report, "answer"),
        "temp1" => extra(report, "temperature_c"),
        "unlockResult" => extra(report, "unlock_result"),
        "driverUniqueId" => extra(heard.reports.last().unwrap(), "card"),
        "lock1Locked" => json!(heard.reports[1].lock.motor),
        "lock2Battery" => millivolts(&heard.reports[2]),
        "door" => json!(!extra(report, "doors_open").is_null()),
        "tilt" => {
            let axes = ["tilt_x", "tilt_y", "tilt_z"].map(|axis| extra(report, axis).to_string());
            json!(format!("[{}]", axes.join(",")))
        }
        "tag1Mac" => json!(extra(report, "tags").as_str().unwrap()[..12].to_lowercase()),
        other => panic!("we have no {other}"),
    }
}

/// Words of the other vocabulary, each with the signals that we have for it.
fn alarm(theirs: &Value, report: &Report) -> Value {
    let said: Vec<&str> = theirs.as_str().unwrap().split(',').collect();
    let all = said.iter().all(|word| match *word {
        "removing" | "tampering" => report.signals.contains(&Signal::Dismantled),
        "lowBattery" => report.signals.contains(&Signal::LowBattery),
        // A cargo tracker's own event, which is no alarm of a seal.
        "movement" => extra(report, "motion") == json!(true),
        other => panic!("no signal for {other}"),
    });
    if all {
        theirs.clone()
    } else {
        json!(report.signals.iter().map(Signal::name).collect::<Vec<_>>())
    }
}

fn check_encode(row: &Row) {
    let command = &row.value["command"];
    let Some(kind) = command["type"].as_str() else {
        // The escapes alone: between the delimiters stand five bytes that are no message.
        let plain = [0x30, 0x7E, 0x08, 0x7D, 0x55];
        let framed = [
            &[DELIMITER],
            frame::escape(DELIMITER, &plain).as_slice(),
            &[DELIMITER],
        ]
        .concat();
        row.equal("hex", hex(&framed));
        return;
    };
    let data = command["attributes"]["data"].as_str().unwrap_or_default();
    let ours = match (kind, row.value["model"].as_str()) {
        ("engineStop", None) => Command::ControlTerminal(0xF0, String::new()),
        ("custom", None) => {
            // The row hands a whole frame over; its body is a text for the device.
            let opened = frame::Frame::open(&unhex(data)).unwrap();
            let (flags, text) = opened.body.split_first().unwrap();
            Command::Text {
                flags: *flags,
                text: String::from_utf8(text.to_vec()).unwrap(),
            }
        }
        ("custom", Some(_)) => Command::PassThrough(0xF0, data.as_bytes().to_vec()),
        other => panic!("{}: unknown command {other:?}", row.name()),
    };
    let address = Address::from_device(row.text("device_unique_id")).unwrap();
    let frame = ours.encode(&address, 0).map_err(|refused| refused.why).unwrap();
    row.equal("hex", hex(&frame));
}

/// One talk: commands as they were sent, and answers.
fn check_log(row: &Row) {
    let bytes = unhex(row.text("hex"));
    let digits = Digits(row.text("hex"));
    if row.value["dir"] == "down" {
        let order = match digits.message() {
            0x8105 => SealCommand::Restart,
            0x8201 => SealCommand::PositionNow,
            other => panic!("unknown command {other:04x}"),
        };
        let (_, sent) = ordered(&order, digits.id());
        assert_eq!(hex(&sent), row.text("hex"));
        return;
    }
    let heard = hear(&bytes);
    let report = &heard.reports[0];
    assert_eq!(
        (heard.reports.len(), heard.oddities.as_slice()),
        (1, &[][..]),
        "{}",
        row.name()
    );
    assert_eq!(report.device.0, digits.id());
    match digits.message() {
        0x0001 => {
            assert_eq!(report.kind, ReportKind::Answer);
            assert_eq!(extra(report, "answer_to"), json!("8105"));
            assert_eq!(extra(report, "answer_serial"), json!(0));
            assert_eq!(extra(report, "result"), json!(0));
            assert_eq!(heard.replies, Vec::<Vec<u8>>::new(), "an answer is not answered");
            check_end(&SealCommand::Restart, digits.id(), &bytes);
        }
        0x0201 => {
            check_end(&SealCommand::PositionNow, digits.id(), &bytes);
            check_places(row, &digits, &heard);
            assert_eq!(report.kind, ReportKind::Answer);
            assert_eq!(extra(report, "iccid"), json!("89950624120357960329"));
            assert_eq!(heard.replies, Vec::<Vec<u8>>::new());
        }
        0x0102 | 0x0002 => {
            assert_eq!(report.kind, ReportKind::Heartbeat);
            check_reply(row, &digits, &heard);
        }
        other => panic!("unknown message {other:04x}"),
    }
    check_order(&bytes);
}

/// A device that has given a sign of life, with an order on its way, and the order's bytes.
fn ordered(order: &SealCommand, device: &str) -> (Session, Vec<u8>) {
    let profile = Profile::from_text("bsj").unwrap();
    let mut session = Session::new(Protocol::Jt808, profile, Limits::default());
    session.send(segel_model::OrderId(1), order, now()).unwrap();
    let address = Address::from_device(device).unwrap();
    session.receive(now(), &address.message(0x0002, 1, &[]));
    let mut sent = Vec::new();
    while let Some(output) = session.poll() {
        if let Output::Transmit(bytes) = output {
            sent.extend(bytes);
        }
    }
    (session, sent)
}

/// The answer of the log ends the order of the log.
fn check_end(order: &SealCommand, device: &str, answer: &[u8]) {
    let (mut session, _) = ordered(order, device);
    session.receive(now(), answer);
    let done = |output| matches!(output, Output::Answered(_, Outcome::Done));
    assert!(std::iter::from_fn(|| session.poll()).any(done));
}

/// An answer of the log ends no order that it does not name.
fn check_order(bytes: &[u8]) {
    let profile = Profile::from_text("jt808").unwrap();
    let mut session = Session::new(Protocol::Jt808, profile, Limits::default());
    let order = SealCommand::Interval {
        awake_s: 30,
        asleep_s: 600,
    };
    let id = segel_model::OrderId(1);
    assert!(session.send(id, &order, now()).is_ok());
    session.receive(now(), bytes);
    while let Some(output) = session.poll() {
        assert!(!matches!(output, Output::Answered(..)));
    }
    session.tick(ServerTime::from_unix_ms(now().unix_ms).plus_s(60));
    let ended = std::iter::from_fn(|| session.poll())
        .any(|output| matches!(output, Output::Answered(ended, Outcome::NoAnswer) if ended == id));
    assert!(ended);
}
