//! Talks with a Meitrack unit, told as stories; their frames are built by hand after the handbook of protocols, section 6.
#![allow(clippy::unwrap_used, reason = "a story that cannot be read fails its test")]

use std::fmt::Write;

use expect_test::{Expect, expect};
use segel_model::{
    OrderId, Report, ServerTime, Signal,
    order::SealCommand,
    report::{Extra, Protocol, ReportKind},
};
use segel_wire::{AckToken, Limits, Output, Profile, Session, meitrack::frame};

/// 2026-02-03T09:30:00Z, minute nought of every story.
const START_MS: i64 = 1_770_111_000_000;
const IMEI: &str = "356307042441013";
/// A record as text, on the road of Semarang; the event stands before it.
const LINE: &str = "-6.968467,110.422670,260203093000,A,9,24,37,90,0.8,12,15075,934591,510|10|0081|4F4F,0401,0000|0000|0000|018D|04CB";

/// A conversation. Reports wait in `pending` until the story says that they are durable.
struct Story {
    session: Session,
    pending: Vec<AckToken>,
    orders: u64,
    log: String,
}

/// Lines of `mm:ss what`; the answer lists what left, under the same clock.
fn check(story: &str, expected: Expect) {
    let mut told = Story {
        session: Session::new(Protocol::Meitrack, Profile::ANY, Limits::default()),
        pending: Vec::new(),
        orders: 0,
        log: String::new(),
    };
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (clock, what) = line.split_once(' ').unwrap();
        told.step(clock, what);
    }
    expected.assert_eq(&told.log);
}

impl Story {
    fn step(&mut self, clock: &str, what: &str) {
        let (minutes, seconds) = clock.split_once(':').unwrap();
        let seconds: i64 = minutes.parse::<i64>().unwrap() * 60 + seconds.parse::<i64>().unwrap();
        let now = ServerTime::from_unix_ms(START_MS).plus_s(seconds);
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        match verb {
            "durable" => {
                for token in std::mem::take(&mut self.pending) {
                    self.session.acknowledge(token, now);
                }
            }
            "one_durable" => self.session.acknowledge(self.pending.remove(0), now),
            "tick" => self.session.tick(now),
            "interval" => self.order(now, clock, rest),
            verb => self.session.receive(now, &bytes(verb, rest)),
        }
        self.drain(clock);
    }

    fn order(&mut self, now: ServerTime, clock: &str, words: &str) {
        let (awake, asleep) = words.split_once(' ').unwrap();
        let order = SealCommand::Interval {
            awake_s: awake.parse().unwrap(),
            asleep_s: asleep.parse().unwrap(),
        };
        self.orders += 1;
        let takes = self.session.takes(&order, now);
        if let Err(refused) = self.session.send(OrderId(self.orders), &order, now) {
            writeln!(self.log, "{clock} not spoken: {}", refused.why).unwrap();
        } else if !takes {
            writeln!(self.log, "{clock} order {} waits", self.orders).unwrap();
        }
    }

    fn drain(&mut self, clock: &str) {
        while let Some(output) = self.session.poll() {
            let line = match output {
                Output::Report(reported) => {
                    self.pending.push(reported.token);
                    let report = reported.report;
                    let signals: Vec<&str> = report.signals.iter().map(Signal::name).collect();
                    let part = reported.part;
                    let kind = report.kind;
                    format!(
                        "report {part} {kind:?} of {} {}",
                        report.device,
                        signals.join(" ")
                    )
                }
                Output::Transmit(bytes) => format!("sends {}", String::from_utf8_lossy(&bytes)),
                Output::Answered(id, outcome) => format!("order {id} ends {outcome:?}"),
                Output::Oddity(oddity) => format!("oddity {} at {}", oddity.what, oddity.offset),
                Output::Learned(secret) => format!("learned {secret:?}"),
                Output::Close(reason) => format!("closes {reason:?}"),
            };
            writeln!(self.log, "{clock} {}", line.trim_end()).unwrap();
        }
    }
}

fn bytes(verb: &str, rest: &str) -> Vec<u8> {
    match verb {
        "says" => up(rest.as_bytes()),
        "event" => up(format!("AAA,{rest},{LINE},,").as_bytes()),
        "kept" => up(format!("AFF,0004,35,{LINE},,").as_bytes()),
        "damaged" => {
            let mut frame = bytes("event", rest);
            frame[30] ^= 1;
            frame
        }
        "blocks" => up(&blocks(rest.parse().unwrap())),
        "text" => rest.as_bytes().to_vec(),
        other => panic!("no such step: {other}"),
    }
}

fn up(said: &[u8]) -> Vec<u8> {
    frame::wrap(frame::UP, b'J', IMEI, said)
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

/// CCC, by hand: so many blocks of a jammed unit.
fn blocks(count: usize) -> Vec<u8> {
    let head = unhex("0201 3400 01000000");
    let block = unhex(
        "2C 45AB95FF FEE99406 18E01231 01 09 18 2500 5A00 0800 0C00
         E33A0000 BF420E00 FE01 0A00 8100 4F4F 0104 0500 A301 CB04 03000000",
    );
    [b"CCC,", head.as_slice(), &block.repeat(count)].concat()
}

/// CCE, by hand: one locked unit and one unlocked, the second with a sensor and a network.
fn values() -> Vec<u8> {
    let lists = |lock: &str, long: &str| {
        unhex(&format!(
            "0F00 06 0123 0501 0609 0718 47{lock} FE6958
             05 082500 095A00 0A0800 0B0C00 19A301
             05 0245AB95FF 03FEE99406 0418E01231 0CE33A0000 FEF40A000000 {long}"
        ))
    };
    let records = [
        lists("02", "00"),
        lists(
            "01",
            "03 0E0CFE010A0081004F4F00000000 1D082ABD890A491CD2FF
             FE7313 01 0554656D7031 AC233FAF076E 64 5DF5 5913 00",
        ),
    ];
    let mut said = [b"CCE,".to_vec(), unhex("00000000 0200")].concat();
    for record in records {
        said.extend((record.len() as u16).to_le_bytes());
        said.extend(record);
    }
    said
}

fn hear(pieces: &[&[u8]]) -> Vec<Report> {
    let mut session = Session::new(Protocol::Meitrack, Profile::ANY, Limits::default());
    for piece in pieces {
        session.receive(ServerTime::from_unix_ms(START_MS), piece);
    }
    let mut reports = Vec::new();
    while let Some(output) = session.poll() {
        match output {
            Output::Report(reported) => reports.push(reported.report),
            Output::Oddity(oddity) => panic!("{}", oddity.what),
            _ => {}
        }
    }
    reports
}

fn value<'a>(report: &'a Report, name: &str) -> Option<&'a Extra> {
    let found = report.extra.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value)
}

/// "must answer … or the device repeats": once, after the last block is durable.
#[test]
fn blocks_are_answered_after_the_last_of_them() {
    check(
        "00:00 blocks 2
         00:01 one_durable
         00:02 one_durable
         00:03 event 35
         00:04 durable
         00:05 blocks 11
         00:06 durable
         00:07 blocks 0
         00:08 durable",
        expect![[r#"
            00:00 report 0 Record of 356307042441013 jamming
            00:00 report 1 Record of 356307042441013 jamming
            00:02 sends @@J27,356307042441013,CCC,2*D7
            00:03 report 0 Record of 356307042441013
            00:05 report 0 Record of 356307042441013 jamming
            00:05 report 1 Record of 356307042441013 jamming
            00:05 report 2 Record of 356307042441013 jamming
            00:05 report 3 Record of 356307042441013 jamming
            00:05 report 4 Record of 356307042441013 jamming
            00:05 report 5 Record of 356307042441013 jamming
            00:05 report 6 Record of 356307042441013 jamming
            00:05 report 7 Record of 356307042441013 jamming
            00:05 report 8 Record of 356307042441013 jamming
            00:05 report 9 Record of 356307042441013 jamming
            00:05 report 10 Record of 356307042441013 jamming
            00:06 sends @@J28,356307042441013,CCC,11*08
            00:07 report 0 Record of 356307042441013
            00:08 sends @@J27,356307042441013,CCC,1*D6
        "#]],
    );
}

/// Text and numbered values are not acknowledged; each event has its signal.
#[test]
fn what_happened_is_a_signal() {
    check(
        "00:00 event 17
         00:01 event 20
         00:02 event 21
         00:03 event 44
         00:04 event 78
         00:05 event 36
         00:06 kept
         00:07 durable",
        expect![[r#"
            00:00 report 0 Record of 356307042441013 low_battery
            00:01 report 0 Record of 356307042441013 fence_in
            00:02 report 0 Record of 356307042441013 fence_out
            00:03 report 0 Record of 356307042441013 jamming
            00:04 report 0 Record of 356307042441013 vibration
            00:05 report 0 Record of 356307042441013
            00:06 report 0 Record of 356307042441013
        "#]],
    );
}

#[test]
fn a_wrong_checksum_is_odd_and_no_loss() {
    check(
        "00:00 damaged 44
         00:01 text $$A29,356307042441013,D03,OK*xx
         00:02 event 35",
        expect![[r#"
            00:00 oddity wrong_checksum at 0
            00:00 oddity no_such_time at 0
            00:00 report 0 Record of 356307042441013 jamming
            00:02 oddity not_a_message at 150
            00:02 report 0 Record of 356307042441013
        "#]],
    );
}

#[test]
fn an_order_is_answered_by_its_own_code() {
    check(
        "00:00 interval 60 60
         00:01 event 35
         00:02 interval 60 60
         00:03 interval 120 120
         00:04 says D03,OK
         00:05 says A12,OK
         00:06 says A12,FAIL
         00:07 interval 60 600
         00:08 interval 30 30
         01:08 tick",
        expect![[r#"
            00:00 not spoken: it has not said who it is yet
            00:01 report 0 Record of 356307042441013
            00:02 sends @@A27,356307042441013,A12,6*AD
            00:03 order 3 waits
            00:04 report 0 Answer of 356307042441013
            00:05 report 0 Answer of 356307042441013
            00:05 order 2 ends Done
            00:05 sends @@A28,356307042441013,A12,12*DB
            00:06 report 0 Answer of 356307042441013
            00:06 order 3 ends Refused { answer: "A12,FAIL" }
            00:07 not spoken: it reports at one interval, awake and asleep, of whole tens of seconds
            00:08 sends @@A27,356307042441013,A12,3*AA
            01:08 order 5 ends NoAnswer
        "#]],
    );
}

#[test]
fn frames_may_be_cut_at_every_byte_and_glued() {
    let stream = [up(&values()), bytes("event", "44"), up(&blocks(2)), up(b"D82,0")].concat();
    let whole = hear(&[&stream]);
    assert_eq!(whole.len(), 6);
    for at in 0..=stream.len() {
        let (one, other) = stream.split_at(at);
        assert_eq!(hear(&[one, other]), whole, "cut at {at}");
    }
}

#[test]
fn a_line_is_read_field_by_field() {
    let report = &hear(&[&bytes("event", "37")])[0];
    assert_eq!(report.kind, ReportKind::Record);
    assert_eq!(report.time.unwrap().unix_ms, START_MS);
    let fix = report.fix.unwrap();
    assert!(fix.valid);
    assert_eq!((fix.position.lat, fix.position.lon), (-6.968467, 110.42267));
    assert_eq!(
        (fix.speed_kmh, fix.course_deg, fix.altitude_m),
        (Some(37.0), Some(90.0), Some(12.0))
    );
    let cell = report.cell.unwrap();
    assert_eq!((cell.mcc, cell.mnc), (Some(510), Some(10)));
    assert_eq!((cell.lac, cell.cid, cell.csq), (Some(0x81), 0x4F4F, Some(24)));
    assert_eq!(value(report, "inputs"), Some(&Extra::Whole(4)));
    assert_eq!(value(report, "outputs"), Some(&Extra::Whole(1)));
    assert_eq!(value(report, "event_name"), Some(&Extra::Text("card".into())));
    let card = up(format!("AAA,37,{LINE},00086278,,108,0000").as_bytes());
    let report = &hear(&[&card])[0];
    assert_eq!(value(report, "card"), Some(&Extra::Text("00086278".into())));
    assert_eq!(value(report, "field_19"), Some(&Extra::Text("108".into())));
}

#[test]
fn a_block_is_read_field_by_field() {
    let report = &hear(&[&up(&blocks(1))])[0];
    let fix = report.fix.unwrap();
    assert_eq!((fix.position.lat, fix.position.lon), (-6.968507, 110.422526));
    assert_eq!(report.signals, [Signal::Jamming]);
    assert_eq!(report.battery.unwrap().battery_mv, Some(4190));
    assert_eq!(report.cell.unwrap().mcc, Some(510));
    assert_eq!(value(report, "status"), Some(&Extra::Text("0401".into())));
    assert_eq!(value(report, "external_mv"), Some(&Extra::Whole(12_270)));
    assert_eq!(value(report, "fence"), Some(&Extra::Whole(3)));
}

/// "47 lock state: 2 locked, 1 unlocked, 0 unknown".
#[test]
fn the_lock_says_whether_it_is_locked() {
    let reports = hear(&[&up(&values())]);
    assert_eq!(reports[0].lock.motor, Some(true));
    assert_eq!(reports[0].lock.sealed(), Some(true));
    assert_eq!(reports[1].lock.motor, Some(false));
    let battery = reports[0].battery.unwrap();
    assert_eq!((battery.percent, battery.battery_mv), (Some(88), Some(4190)));
    assert_eq!(value(&reports[0], "engine_min"), Some(&Extra::Whole(10)));
    let report = &reports[1];
    assert_eq!(report.cell.unwrap().cid, 0x4F4F);
    assert_eq!(
        value(report, "wifi_1"),
        Some(&Extra::Text("2abd890a491c,-46".into()))
    );
    assert_eq!(value(report, "tag_name"), Some(&Extra::Text("Temp1".into())));
    assert_eq!(
        value(report, "tag_temperature_c"),
        Some(&Extra::Number(-10.636_718_75))
    );
    assert_eq!(reports[0].time, reports[1].time);
}
