//! The real frames of Teltonika units.
//!
//! The rows say little: that there are positions, and here and there one value. So every packet is read a second time by a
//! plain reader of this test, byte by byte after the maker's description, and compared value by value.

use segel_model::{OrderId, order::SealCommand, report::Protocol};
use segel_wire::{
    Dialect, Limits, Output, Profile, Session,
    teltonika::{command::Command, frame},
};
use serde_json::{Value, json};

use crate::{Row, extra, hex, is_exception, now, rows, unhex, vectors};

const FILE: &str = "teltonika.jsonl";
/// The rows are packets of a unit that logged in before.
const LOGIN: &[u8] = b"\x00\x0F123456789012345";

/// Values that rows name in the words of their source, and ours.
const NAMES: [(&str, &str); 4] = [
    ("tag1Voltage", "tag1_battery_mv"),
    ("tag1Battery", "tag1_battery_mv"),
    ("driverUniqueId", "driver"),
    ("eyeTemp1", "eye1_temperature_c"),
];

#[derive(Default)]
struct Heard {
    reports: Vec<segel_model::Report>,
    replies: Vec<Vec<u8>>,
    oddities: Vec<String>,
}

/// What a unit that has logged in is heard to say.
fn hear(bytes: &[u8]) -> Heard {
    let mut session = Session::new(Protocol::Teltonika, Profile::ANY, Limits::default());
    session.receive(now(), LOGIN);
    let welcome = drain(&mut session);
    assert_eq!(welcome.replies, [[1]]);
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
            Output::Close(reason) => panic!("closed: {reason:?}"),
            Output::Learned(_) | Output::Answered(..) => {}
        }
    }
    heard
}

/// A record as this test reads it.
struct Plain {
    unix_ms: i64,
    lat: f64,
    lon: f64,
    altitude: f64,
    course: f64,
    satellites: u64,
    speed: f64,
    /// Number, length and value of each.
    values: Vec<(u64, usize, u64)>,
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self, count: usize) -> u64 {
        let (head, rest) = self.0.split_at(count);
        self.0 = rest;
        head.iter()
            .fold(0, |value, &byte| value.wrapping_shl(8) | u64::from(byte))
    }

    fn signed(&mut self) -> f64 {
        f64::from(self.number(4) as u32 as i32)
    }
}

/// Codecs 8, 8 extended and 16; the source of row 47 says that it has values of 16 bytes too.
fn plain(body: &[u8], sixteens: bool) -> Vec<Plain> {
    let codec = body[0];
    let id = if codec == 8 { 1 } else { 2 };
    let count = if codec == 0x8E { 2 } else { 1 };
    let mut reader = Reader(&body[2..body.len() - 1]);
    let records = (0..body[1]).map(|_| {
        let unix_ms = reader.number(8) as i64;
        reader.number(1);
        let (lon, lat) = (reader.signed() / 1e7, reader.signed() / 1e7);
        let altitude = f64::from(reader.number(2) as u16 as i16);
        let course = reader.number(2) as f64;
        let satellites = reader.number(1);
        let speed = reader.number(2) as f64;
        reader.number(id + usize::from(codec == 0x10) + count);
        let mut values = Vec::new();
        let lengths: &[usize] = if sixteens {
            &[1, 2, 4, 8, 16]
        } else {
            &[1, 2, 4, 8]
        };
        for &length in lengths {
            for _ in 0..reader.number(count) {
                let id = reader.number(id);
                values.push((id, length, reader.number(length)));
            }
        }
        if codec == 0x8E {
            for _ in 0..reader.number(2) {
                reader.number(2);
                let length = reader.number(2) as usize;
                reader.number(length);
            }
        }
        Plain {
            unix_ms,
            lat,
            lon,
            altitude,
            course,
            satellites,
            speed,
            values,
        }
    });
    let records = records.collect();
    assert!(reader.0.is_empty(), "the records end with the packet");
    records
}

fn check_records(row: &Row, body: &[u8], heard: &Heard) {
    let records = plain(body, row.value["extended"] == true);
    assert_eq!(heard.reports.len(), records.len(), "{}", row.name());
    for (plain, report) in records.iter().zip(&heard.reports) {
        let fix = report.fix.unwrap();
        row.compare(
            "time",
            &json!(plain.unix_ms),
            &json!(report.time.map(|time| time.unix_ms)),
        );
        row.compare("lat", &json!(plain.lat), &json!(fix.position.lat));
        row.compare("lon", &json!(plain.lon), &json!(fix.position.lon));
        row.compare("valid", &json!(plain.satellites != 0), &json!(fix.valid));
        row.compare("altitude", &json!(plain.altitude), &json!(fix.altitude_m));
        row.compare("speed", &json!(plain.speed), &json!(fix.speed_kmh));
        row.compare("course", &json!(plain.course), &json!(fix.course_deg));
        row.compare("satellites", &json!(plain.satellites), &json!(fix.satellites));
        for value in &plain.values {
            check_value(row, *value, report);
        }
    }
}

/// Every value of a record stands in its report: in a field, under its name or under its number.
fn check_value(row: &Row, (id, length, value): (u64, usize, u64), report: &segel_model::Report) {
    let battery = report.battery;
    let io = format!("io_{id}");
    let ours = match (id, length) {
        (67, 2) => json!(battery.unwrap().battery_mv),
        (113, 1) if value <= 100 => json!(battery.unwrap().percent),
        (116, 1) => json!(u64::from(battery.unwrap().charging)),
        (205, 2) | (636, 4) if value != 0 => json!(report.cell.unwrap().cid),
        (206, 2) if report.cell.is_some() => json!(report.cell.unwrap().lac),
        (241, 4) if report.cell.is_some() && value != 0 => {
            let cell = report.cell.unwrap();
            match (cell.mcc, cell.mnc) {
                (Some(mcc), Some(mnc)) => json!(u64::from(mcc) * 100 + u64::from(mnc)),
                _ => extra(report, "operator"),
            }
        }
        // Nobody's key, no cell: nothing to tell.
        (78 | 205 | 206 | 207 | 241, _) if value == 0 => return,
        (240, 1) => json!(u64::from(extra(report, "movement") == json!(true))),
        (239, 1) => json!(u64::from(extra(report, "ignition") == json!(true))),
        (249, 1) => json!(u64::from(report.signals.contains(&segel_model::Signal::Jamming))),
        (66, 2) => extra(report, "external_mv"),
        (199, 4) => extra(report, "trip_odometer_m"),
        (16, 4) => extra(report, "odometer_m"),
        (24, 2) => extra(report, "speed_kmh"),
        (247, 1) => extra(report, "crash"),
        (21, 1) => extra(report, "gsm_signal"),
        (181, 2) => json!(extra(report, "pdop").as_f64().unwrap() * 10.0),
        _ if length == 16 => return, // Longer than a number of this test.
        _ => {
            let named = extra(report, &io);
            // Under its own name with another form; the module's tests say which.
            if named.is_null() {
                return;
            }
            named
        }
    };
    let theirs = i64::try_from(value).map_or_else(|_| json!(value.to_string()), |value| json!(value));
    row.compare(&io, &theirs, &ours);
}

fn check_packet(row: &Row, bytes: &[u8]) {
    let checks = &row.value["checks"];
    let heard = hear(&framed(row, bytes));
    let body = frame::body(bytes);
    let count = usize::from(body[1]);
    let is_text = matches!(body[0], 0x0C | 0x0D);
    let wrong = heard
        .oddities
        .iter()
        .filter(|what| *what == "wrong_checksum")
        .count();
    assert_eq!(
        wrong == 0,
        checks["crc_ok"] == true,
        "{} {:?}",
        row.name(),
        heard.oddities
    );
    if is_text {
        assert_eq!(heard.reports.len(), 1, "{}", row.name());
        assert_eq!(heard.replies, Vec::<Vec<u8>>::new(), "words are not acknowledged");
    } else {
        assert_eq!(
            heard.replies,
            [(count as u32).to_be_bytes()],
            "one answer a packet"
        );
        let is_cut = row.value["checks"]["len_ok"] == false && !is_exception(row, "hex");
        let cut: &[&str] = if is_cut { &["wrong_length", "garbage"] } else { &[] };
        let wrong: &[&str] = if wrong == 0 { &[] } else { &["wrong_checksum"] };
        assert_eq!(heard.oddities, [wrong, cut].concat(), "{}", row.name());
    }
    match body[0] {
        0x07 => assert_eq!(heard.reports.len(), count, "{}", row.name()),
        0x0C | 0x0D => {}
        _ => check_records(row, body, &heard),
    }
    check_result(row, &heard, is_text);
    if let Some(attribute) = row.expected("attribute").and_then(Value::as_str) {
        let (_, ours) = NAMES
            .iter()
            .find(|(theirs, _)| *theirs == attribute)
            .expect("a name");
        row.equal("value", extra(&heard.reports[0], ours));
    }
}

/// Words have no place; what a row calls a position of them is the last known one.
fn check_result(row: &Row, heard: &Heard, is_text: bool) {
    let places = heard.reports.iter().filter(|report| report.fix.is_some()).count();
    match row.expected("result").expect("a result") {
        Value::Null => assert_eq!(places, 0, "{}", row.name()),
        _ if is_text => assert_eq!(places, 0, "{}", row.name()),
        _ if row.value["expected"]["check_location"] == false => {}
        _ => assert_eq!(places, heard.reports.len(), "{}", row.name()),
    }
}

/// Two rows were shortened without mending their length. One says nought, which we mend; the other says 166, and only where more
/// bytes follow is it seen to end before them.
fn framed(row: &Row, bytes: &[u8]) -> Vec<u8> {
    let said = u32::from_be_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let true_length = bytes.len() - 12;
    assert_eq!(
        said == true_length,
        row.value["checks"]["len_ok"] == true,
        "{}",
        row.name()
    );
    if is_exception(row, "hex") {
        assert_eq!(hear(bytes).reports, []);
        let length = (true_length as u32).to_be_bytes();
        return [&bytes[..4], &length, &bytes[8..]].concat();
    }
    // What follows is no frame and no ping: spaces.
    [bytes, &vec![b' '; said - true_length]].concat()
}

fn check_decode(row: &Row) {
    let bytes = unhex(row.text("hex"));
    match bytes.as_slice() {
        [0, 0, 0, 0, ..] => check_packet(row, &bytes),
        [0xFF] => assert_eq!(hear(&bytes).reports.len(), 1, "a sign of life"),
        _ => {
            let mut session = Session::new(Protocol::Teltonika, Profile::ANY, Limits::default());
            session.receive(now(), &bytes);
            let heard = drain(&mut session);
            assert_eq!(heard.replies, [[1]]);
            assert!(heard.reports[0].fix.is_none());
            assert_eq!(heard.reports[0].device.0.as_bytes(), &bytes[2..]);
        }
    }
}

fn check_frame(row: &Row) {
    let (frames, used) = frame::split(&unhex(row.text("hex")), 4096);
    assert_eq!(used, row.text("hex").len() / 2);
    row.equal("frame_hex", hex(&frames[0]));
}

fn check_encode(row: &Row) {
    let data = row.value["command"]["attributes"]["data"].as_str().unwrap();
    let is_hex = data.bytes().all(|byte| byte.is_ascii_hexdigit());
    let command = match is_hex {
        true => Command::Bytes(unhex(data)),
        false => Command::from_words(data),
    };
    row.equal("hex", hex(&command.encode().unwrap()));
}

#[test]
fn every_real_frame_of_teltonika_gives_the_value_the_handbook_says() {
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

/// An order's bytes are those of the words it stands for.
#[test]
fn an_order_is_a_command_in_a_packet() {
    let profile = Profile::of(Dialect::Fmb);
    let mut session = Session::new(Protocol::Teltonika, profile, Limits::default());
    session.receive(now(), LOGIN);
    drain(&mut session);
    let order = SealCommand::Interval {
        awake_s: 60,
        asleep_s: 600,
    };
    session.send(OrderId(1), &order, now()).unwrap();
    let sent = drain(&mut session).replies;
    let words = "setparam 10000:600;10100:600;10200:600;10050:60;10150:60;10250:60";
    assert_eq!(sent, [Command::from_words(words).encode().unwrap()]);
}
