//! Talks with a Teltonika unit, told as stories; their frames are built by hand after the maker's description of its codecs.
#![allow(clippy::unwrap_used, reason = "a story that cannot be read fails its test")]

use std::fmt::Write;

use expect_test::{Expect, expect};
use segel_model::{
    OrderId, Report, ServerTime, Signal,
    order::SealCommand,
    report::{Extra, Protocol, ReportKind},
};
use segel_wire::{
    AckToken, Dialect, Limits, Output, Profile, Session,
    teltonika::{
        datagram::Datagram,
        frame,
        text::{Text, sort},
    },
};

/// 2026-02-03T09:30:00Z, minute nought of every story.
const START_MS: i64 = 1_770_111_000_000;
const IMEI: &str = "356307042441013";

/// A conversation. Reports wait in `pending` until the story says that they are durable.
struct Story {
    session: Session,
    pending: Vec<AckToken>,
    orders: u64,
    log: String,
}

fn check_with(profile: Profile, story: &str, expected: Expect) {
    let mut told = Story {
        session: Session::new(Protocol::Teltonika, profile, Limits::default()),
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

/// Lines of `mm:ss what`; the answer lists what left, under the same clock.
fn check(story: &str, expected: Expect) {
    check_with(Profile::ANY, story, expected);
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
            "registered" => self.session.assume(Profile::from_text(rest).unwrap()),
            "tick" => self.session.tick(now),
            "interval" => self.order(now, clock, &interval(rest)),
            "unlock" => self.order(
                now,
                clock,
                &SealCommand::UnlockStatic {
                    password: rest.into(),
                },
            ),
            verb => self.session.receive(now, &bytes(verb, rest)),
        }
        self.drain(clock);
    }

    fn order(&mut self, now: ServerTime, clock: &str, order: &SealCommand) {
        self.orders += 1;
        let takes = self.session.takes(order, now);
        if let Err(refused) = self.session.send(OrderId(self.orders), order, now) {
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
                Output::Transmit(bytes) => format!("sends {}", shown(&bytes)),
                Output::Answered(id, outcome) => format!("order {id} ends {outcome:?}"),
                Output::Oddity(oddity) => format!("oddity {} at {}", oddity.what, oddity.offset),
                Output::Learned(secret) => format!("learned {secret:?}"),
                Output::Close(reason) => format!("closes {reason:?}"),
            };
            writeln!(self.log, "{clock} {}", line.trim_end()).unwrap();
        }
    }
}

fn interval(words: &str) -> SealCommand {
    let (awake, asleep) = words.split_once(' ').unwrap();
    SealCommand::Interval {
        awake_s: awake.parse().unwrap(),
        asleep_s: asleep.parse().unwrap(),
    }
}

/// Words where it is a packet of words, otherwise hexadecimal.
fn shown(bytes: &[u8]) -> String {
    match Text::decode(frame::body(bytes)) {
        Some(text) => String::from_utf8_lossy(text.said).into_owned(),
        None => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

fn bytes(verb: &str, rest: &str) -> Vec<u8> {
    match verb {
        "login" if rest.is_empty() => frame::login(IMEI),
        "login" => frame::login(rest),
        "ping" => vec![frame::PING],
        "says" => frame::wrap(&said(rest)),
        "records" => packet(rest),
        "hex" => unhex(rest),
        "twice" => [packet(rest), packet(rest)].concat(),
        other => panic!("no such step: {other}"),
    }
}

fn said(words: &str) -> Vec<u8> {
    let text = Text {
        sort: sort::ANSWER,
        time_s: None,
        said: words.as_bytes(),
        fits: true,
    };
    text.encode()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

/// Codec 8: a word a record, `unset`, `jammed` or anything else; `damaged` spoils the checksum, `cut` takes the end away.
fn packet(words: &str) -> Vec<u8> {
    let marks = ["damaged", "cut"];
    let records: Vec<&str> = words.split(' ').filter(|word| !marks.contains(word)).collect();
    let mut body = vec![0x08, records.len() as u8];
    for (at, word) in records.iter().enumerate() {
        let time_ms = match *word {
            "unset" => 0,
            _ => START_MS as u64 + 1000 * at as u64,
        };
        body.extend(time_ms.to_be_bytes());
        // Low priority, Semarang, 12 m, eastwards, 9 satellites, 37 km/h.
        body.extend(unhex("00 41D12990 FBD8B240 000C 005A 09 0025"));
        body.extend(match *word {
            "jammed" => unhex("F9 01 01 F9 01 00 00 00"),
            _ => unhex("00 00 00 00 00 00"),
        });
    }
    body.push(records.len() as u8);
    let mut packet = frame::wrap(&body);
    let last = packet.len() - 1;
    if words.contains("damaged") {
        packet[last] ^= 0xFF;
    }
    if words.contains("cut") {
        packet.truncate(last - 10);
    }
    packet
}

/// "first packet u16 len + IMEI ASCII → answer 1 byte 01 accept", and nothing before it is durable.
#[test]
fn a_login_is_answered_once_it_is_durable() {
    check(
        "00:00 login
         00:01 tick
         00:02 durable
         00:03 durable",
        expect![[r#"
            00:00 report 0 Heartbeat of 356307042441013 heartbeat
            00:02 sends 01
        "#]],
    );
}

/// "Answer u32 n accepted": once, after the last record of the packet is durable.
#[test]
fn a_packet_is_answered_after_its_last_record() {
    check(
        "00:00 login
         00:00 durable
         00:01 records plain jammed
         00:02 one_durable
         00:03 one_durable",
        expect![[r#"
            00:00 report 0 Heartbeat of 356307042441013 heartbeat
            00:00 sends 01
            00:01 report 0 Record of 356307042441013
            00:01 report 1 Record of 356307042441013 jamming
            00:03 sends 00000002
        "#]],
    );
}

/// "wrong/absent → device re-sends whole batch": each copy has its answer.
#[test]
fn a_packet_sent_again_is_answered_again() {
    check(
        "00:00 login
         00:00 durable
         00:01 twice plain
         00:02 durable",
        expect![[r#"
            00:00 report 0 Heartbeat of 356307042441013 heartbeat
            00:00 sends 01
            00:01 report 0 Record of 356307042441013
            00:01 report 0 Record of 356307042441013
            00:02 sends 00000001
            00:02 sends 00000001
        "#]],
    );
}

/// A checksum that does not hold is counted; the record is kept and answered all the same.
#[test]
fn a_wrong_checksum_is_odd_and_no_loss() {
    check(
        "00:00 login
         00:00 durable
         00:01 records plain damaged
         00:02 durable",
        expect![[r#"
            00:00 report 0 Heartbeat of 356307042441013 heartbeat
            00:00 sends 01
            00:01 report 0 Record of 356307042441013
            00:01 oddity wrong_checksum at 17
            00:02 sends 00000001
        "#]],
    );
}

#[test]
fn a_clock_that_was_never_set_is_a_signal() {
    check(
        "00:00 login
         00:01 records unset",
        expect![[r#"
            00:00 report 0 Heartbeat of 356307042441013 heartbeat
            00:01 report 0 Record of 356307042441013 clock_unset
        "#]],
    );
}

/// "A lone 0xFF byte = keep-alive": before the log-in it says nothing, among rubbish it is rubbish.
#[test]
fn a_ping_is_a_sign_of_life_of_who_logged_in() {
    check(
        "00:00 ping
         00:01 login
         00:02 ping
         00:03 durable
         00:04 hex 616263FF
         00:05 ping",
        expect![[r#"
            00:01 report 0 Heartbeat of 356307042441013 heartbeat
            00:02 report 0 Heartbeat of 356307042441013 heartbeat
            00:03 sends 01
            00:04 oddity garbage at 19
            00:05 oddity garbage at 23
        "#]],
    );
}

#[test]
fn rubbish_is_passed_over() {
    check(
        "00:00 hex 000102030405
         00:01 login
         00:02 durable
         00:03 hex 00000000 00000000 0800 EE
         00:04 records plain",
        expect![[r#"
            00:00 oddity garbage at 0
            00:01 oddity garbage at 2
            00:01 report 0 Heartbeat of 356307042441013 heartbeat
            00:02 sends 01
            00:03 oddity garbage at 23
            00:04 oddity frame_too_long at 27
            00:04 report 0 Record of 356307042441013
        "#]],
    );
}

#[test]
fn a_packet_that_never_ends_is_given_up() {
    check(
        "00:00 login
         00:01 records plain cut
         01:01 tick
         01:02 records jammed",
        expect![[r#"
            00:00 report 0 Heartbeat of 356307042441013 heartbeat
            01:01 oddity frame_not_finished at 17
            01:01 oddity garbage at 47
            01:02 oddity garbage at 48
            01:02 report 0 Record of 356307042441013 jamming
        "#]],
    );
}

/// Nobody can be answered for records of nobody; they are kept all the same.
#[test]
fn records_before_a_login_are_nobodys_and_not_answered() {
    check(
        "00:00 records plain
         00:01 durable
         00:02 login
         00:03 durable
         00:04 records plain
         00:05 durable",
        expect![[r#"
            00:00 oddity not_logged_in at 0
            00:00 report 0 Record of unknown
            00:02 report 0 Heartbeat of 356307042441013 heartbeat
            00:03 sends 01
            00:04 report 0 Record of 356307042441013
            00:05 sends 00000001
        "#]],
    );
}

#[test]
fn another_login_on_the_same_connection_is_odd() {
    check(
        "00:00 login
         00:01 login 356307042441021
         00:02 records plain",
        expect![[r#"
            00:00 report 0 Heartbeat of 356307042441013 heartbeat
            00:01 oddity another_device at 17
            00:01 report 0 Heartbeat of 356307042441021 heartbeat
            00:02 oddity another_device at 34
            00:02 report 0 Record of 356307042441021
        "#]],
    );
}

/// Before the log-in is answered a unit takes any byte for the answer.
#[test]
fn an_order_waits_for_the_answer_to_the_login() {
    check_with(
        Profile::of(Dialect::Fmb),
        "00:00 interval 60 600
         00:01 login
         00:02 interval 30 600
         00:03 durable
         00:04 says New value 10000:600;10100:600;10200:600;10050:60;10150:60;10250:60
         00:05 says Param ID:10000 New Value:0
         00:06 says DI1:1",
        expect![[r#"
            00:00 order 1 waits
            00:01 report 0 Heartbeat of 356307042441013 heartbeat
            00:02 order 2 waits
            00:03 sends 01
            00:03 sends setparam 10000:600;10100:600;10200:600;10050:60;10150:60;10250:60
            00:04 report 0 Answer of 356307042441013
            00:04 order 1 ends Done
            00:04 sends setparam 10000:600;10100:600;10200:600;10050:30;10150:30;10250:30
            00:05 report 0 Answer of 356307042441013
            00:05 order 2 ends Refused { answer: "Param ID:10000 New Value:0" }
            00:06 report 0 Answer of 356307042441013
        "#]],
    );
}

#[test]
fn an_order_that_nobody_answers_ends() {
    check(
        "00:00 login
         00:00 durable
         00:01 registered fmb
         00:02 interval 60 600
         00:03 says something else
         01:01 tick
         01:02 tick",
        expect![[r#"
            00:00 report 0 Heartbeat of 356307042441013 heartbeat
            00:00 sends 01
            00:02 sends setparam 10000:600;10100:600;10200:600;10050:60;10150:60;10250:60
            00:03 report 0 Answer of 356307042441013
            01:02 order 1 ends NoAnswer
        "#]],
    );
}

#[test]
fn what_a_unit_cannot_do_is_not_spoken() {
    check(
        "00:00 login
         00:01 unlock 888888
         00:02 interval 60 600",
        expect![[r#"
            00:00 report 0 Heartbeat of 356307042441013 heartbeat
            00:01 not spoken: a Teltonika unit has no lock, no cards and no password of one
            00:02 not spoken: how often it reports has another number in each family: register it as fmb
        "#]],
    );
}

fn hear(packets: &[&[u8]]) -> Vec<Report> {
    let mut session = Session::new(Protocol::Teltonika, Profile::ANY, Limits::default());
    let now = ServerTime::from_unix_ms(START_MS);
    for packet in packets {
        session.receive(now, packet);
    }
    let mut reports = Vec::new();
    while let Some(output) = session.poll() {
        if let Output::Report(reported) = output {
            reports.push(reported.report);
        }
    }
    reports
}

fn value<'a>(report: &'a Report, name: &str) -> Option<&'a Extra> {
    let found = report.extra.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value)
}

#[test]
fn a_packet_may_be_cut_at_every_byte_and_glued() {
    let stream = [
        frame::login(IMEI),
        packet("plain jammed"),
        vec![frame::PING],
        packet("unset"),
    ]
    .concat();
    let whole = hear(&[&stream]);
    assert_eq!(whole.len(), 5);
    for at in 0..=stream.len() {
        let (one, other) = stream.split_at(at);
        assert_eq!(hear(&[one, other]), whole, "cut at {at}");
    }
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(hear(&bytes), whole);
}

/// Codec 8 extended, by hand: the record that a paired EYE sensor at an open door makes (number 10808, magnet).
#[test]
fn a_door_that_opens_is_the_cover_of_the_seal() {
    let body = unhex(
        "8E 01 0000019C22C35140 01 41D12990 FBD8B240 000C 005A 09 0025 2A38 0008
         0003 2A38 00 0071 58 0015 04
         0002 0043 0FCB 00CD 4EC1
         0001 00F1 0000C742
         0001 004E 01000B00791C1793
         0001 2C35 0010 01 0E 06 02 0C8F 07 01 34 0E 02 0C1C 00 01 C6 01",
    );
    let reports = hear(&[&frame::login(IMEI), &frame::wrap(&body)]);
    let report = &reports[1];
    assert_eq!(report.kind, ReportKind::Record);
    assert_eq!(report.signals, [Signal::CoverOpen]);
    assert_eq!(report.lock.cover, Some(false));
    assert_eq!(report.time.unwrap().unix_ms, 0x0000_019C_22C3_5140);
    let fix = report.fix.unwrap();
    assert_eq!((fix.position.lat, fix.position.lon), (-6.9684672, 110.4226704));
    assert_eq!((fix.speed_kmh, fix.course_deg), (Some(37.0), Some(90.0)));
    let battery = report.battery.unwrap();
    assert_eq!((battery.percent, battery.battery_mv), (Some(88), Some(4043)));
    let cell = report.cell.unwrap();
    assert_eq!((cell.mcc, cell.mnc, cell.cid), (Some(510), Some(10), 0x4EC1));
    assert_eq!(value(report, "priority"), Some(&Extra::Whole(1)));
    assert_eq!(value(report, "event"), Some(&Extra::Whole(10_808)));
    assert_eq!(value(report, "gsm_signal"), Some(&Extra::Whole(4)));
    assert_eq!(
        value(report, "ibutton"),
        Some(&Extra::Text("93171c79000b0001".into()))
    );
    assert_eq!(value(report, "tag1_battery_mv"), Some(&Extra::Whole(3100)));
}

/// Codec 16, by hand: its numbers have two bytes, and it says why the record was made.
#[test]
fn codec_16_says_why_it_was_made() {
    let body = unhex(
        "10 01 0000019C22C35140 00 41D12990 FBD8B240 000C 005A 00 0000 00EF 05 02
         01 00EF 01 01 0042 2F13 00 00 01",
    );
    let reports = hear(&[&frame::login(IMEI), &frame::wrap(&body)]);
    let report = &reports[1];
    assert_eq!(
        value(report, "generation"),
        Some(&Extra::Text("on_change".into()))
    );
    assert_eq!(value(report, "ignition"), Some(&Extra::Flag(true)));
    assert_eq!(value(report, "external_mv"), Some(&Extra::Whole(12_051)));
    assert!(
        !report.fix.unwrap().valid,
        "without satellites it is the last place known"
    );
}

/// Codec 7, by hand: place with every field, battery 100 % and 4108 mV.
#[test]
fn codec_7_says_which_parts_it_has() {
    let body = unhex(
        "07 01 63EEF278 07 FF C0DF3CD3 42DCD8BE 000C 40 25 09 0080 4EC1 1A 0000C742
         01 01 64 01 43 100C 01",
    );
    let reports = hear(&[&frame::login(IMEI), &frame::wrap(&body)]);
    let report = &reports[1];
    // 0x23EEF278 seconds after 2007-01-01, of the upper two bits the priority.
    let time_ms = (1_167_609_600 + 0x23EE_F278_i64) * 1000;
    assert_eq!(report.time.unwrap().unix_ms, time_ms);
    assert_eq!(value(report, "priority"), Some(&Extra::Whole(1)));
    let fix = report.fix.unwrap();
    assert!((fix.position.lat + 6.976_175).abs() < 1e-5 && (fix.position.lon - 110.423_324).abs() < 1e-5);
    assert_eq!(
        (fix.course_deg, fix.speed_kmh, fix.satellites),
        (Some(90.0), Some(37.0), Some(9))
    );
    let cell = report.cell.unwrap();
    assert_eq!((cell.mcc, cell.lac, cell.csq), (Some(510), Some(128), Some(26)));
    let battery = report.battery.unwrap();
    assert_eq!((battery.percent, battery.battery_mv), (Some(100), Some(4108)));
}

/// "UDP: u16 len, u16 packet id, u8 01, u8 avl id, u16 imei len, IMEI, codec… → answer `0005 pktid 01 avlid n`".
#[test]
fn a_datagram_is_answered_with_its_own_numbers() {
    let record = unhex("0000019C22C35140 00 41D12990 FBD8B240 000C 005A 09 0025 00 00 00 00 00 00");
    let body = [&[0x08, 2], record.as_slice(), &record, &[2]].concat();
    let head = [&unhex("CAFE 01 05 000F"), IMEI.as_bytes()].concat();
    let length = (head.len() + body.len()) as u16;
    let bytes = [&length.to_be_bytes(), head.as_slice(), &body].concat();
    let now = ServerTime::from_unix_ms(START_MS);
    let datagram = Datagram::read(&bytes, now).unwrap();
    assert_eq!(datagram.answer, [0, 5, 0xCA, 0xFE, 1, 5, 2]);
    assert_eq!(datagram.reports.len(), 2);
    assert_eq!(datagram.oddities, Vec::<&str>::new());
    assert_eq!(datagram.reports[0].device.0, IMEI);
    assert_eq!(
        hear(&[&bytes]),
        datagram.reports,
        "stored bytes read again as they did"
    );
    assert_eq!(Datagram::read(&bytes[..bytes.len() - 1], now), None);
    assert_eq!(Datagram::read(&frame::login(IMEI), now), None);
}
