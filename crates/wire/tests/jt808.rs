//! Talks with devices that speak JT/T 808, told as stories: what comes, what leaves, in which order.
#![allow(clippy::unwrap_used, reason = "a story that cannot be read fails its test")]

use std::fmt::Write;

use expect_test::{Expect, expect};
use proptest::{collection::vec, prelude::*};
use segel_model::{DeviceId, OrderId, Report, ServerTime, order::SealCommand, report::Protocol};
use segel_wire::{
    AckToken, Learned, Limits, Output, Profile, Session, decode,
    jt808::{frame, header::Address, location::Location},
    mask_secrets,
    secrets::secret_ranges,
};

/// 2026-02-03T09:30:00Z, minute nought of every story.
const START_MS: i64 = 1_770_111_000_000;
const DEVICE: &str = "013511221122";

fn address(device: &str) -> Address {
    Address::from_device(device).unwrap()
}

/// A position in Semarang with some fields behind it.
fn position(fields: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    let clock = [0x26, 0x02, 0x03, 0x17, 0x30, 0x15];
    let place = Location::decode(&[&[0; 22][..], &clock].concat()).unwrap();
    let place = Location {
        status: 6,
        latitude_e6: 6_950_000,
        longitude_e6: 110_420_000,
        ..place
    };
    place.encode(&mut body);
    body.extend(fields);
    body
}

/// `message [number] [fields]`: a frame of the stories' device.
fn message(words: &str) -> Vec<u8> {
    let mut words = words.split(' ');
    let what = words.next().unwrap();
    let serial = words.next().and_then(|serial| serial.parse().ok()).unwrap_or(1);
    let more = unhex(words.next().unwrap_or_default());
    let (id, body) = match what {
        "heartbeat" => (0x0002, more),
        "register" => (0x0100, [&[0; 36][..], b"\x01"].concat()),
        "log_in" => (0x0102, b"token".to_vec()),
        "ask_time" => (0x0109, more),
        "position" => (0x0200, position(&more)),
        "position_answer" => (0x0201, [&more[..2], &position(&[])].concat()),
        "done" => (0x0001, more),
        "gateway" => (0x0200, position(&unhex("630bcd91fe1314da1080318122"))),
        "password" => (0x0200, position(b"\x67\x0812345678")),
        "unset" => {
            let mut body = position(&[]);
            body[22..].fill(0);
            (0x0200, body)
        }
        "batch" => (0x0704, batch()),
        "unknown" => (0x0A77, more),
        other => panic!("no such message: {other}"),
    };
    address(DEVICE).message(id, serial, &body)
}

/// Two records of a blind area.
fn batch() -> Vec<u8> {
    let mut body = vec![0, 2, 1];
    for second in [0x15, 0x16] {
        let mut record = position(&[]);
        record[27] = second;
        body.extend([0, record.len() as u8]);
        body.extend(record);
    }
    body
}

/// A batch in pieces of equal length, from number 30 on.
fn pieces(total: u16) -> Vec<Vec<u8>> {
    let body = batch();
    let each = body.len().div_ceil(total.into());
    (1..=total)
        .zip(body.chunks(each))
        .map(|(index, piece)| in_pieces(0x0704, 29 + index, (total, index), piece))
        .collect()
}

/// Our own encoder writes no pieces, so they are put together here.
fn in_pieces(id: u16, serial: u16, (total, index): (u16, u16), piece: &[u8]) -> Vec<u8> {
    let whole = address(DEVICE).message(id, serial, piece);
    let plain = frame::unescape(frame::DELIMITER, &whole[1..whole.len() - 1]);
    let mut content = plain[..12].to_vec();
    content[2] |= 0x20;
    content.extend(total.to_be_bytes());
    content.extend(index.to_be_bytes());
    content.extend(piece);
    frame::close(frame::DELIMITER, &content)
}

/// A conversation. Reports wait in `pending` until the story says that they are durable.
struct Story {
    session: Session,
    pending: Vec<AckToken>,
    orders: u64,
    log: String,
}

/// Lines of `mm:ss what`; the answer lists what left, under the same clock.
fn check_with(profile: &str, story: &str, expected: Expect) {
    let profile = Profile::from_text(profile).unwrap();
    let mut told = Story {
        session: Session::new(Protocol::Jt808, profile, Limits::default()),
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

fn check(story: &str, expected: Expect) {
    check_with("any", story, expected);
}

impl Story {
    fn step(&mut self, clock: &str, what: &str) {
        let (minutes, seconds) = clock.split_once(':').unwrap();
        let seconds: i64 = minutes.parse::<i64>().unwrap() * 60 + seconds.parse::<i64>().unwrap();
        let now = ServerTime::from_unix_ms(START_MS).plus_s(seconds);
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        match verb {
            "says" => self.session.receive(now, &message(rest)),
            "shares" => self.session.receive(now, &message(rest)[1..]),
            "breaks" => {
                let mut bytes = message(rest);
                let at = bytes.len() - 2;
                bytes[at] ^= 0x11;
                self.session.receive(now, &bytes);
            }
            "text" => self.session.receive(now, rest.as_bytes()),
            "hex" => self.session.receive(now, &unhex(rest)),
            "piece" => self.piece(rest, now),
            "durable" => {
                for token in std::mem::take(&mut self.pending) {
                    self.session.acknowledge(token, now);
                }
            }
            "first" => {
                let token = self.pending.remove(0);
                self.session.acknowledge(token, now);
            }
            "registered" => self.session.assume(Profile::from_text(rest).unwrap()),
            "order" => self.order(rest, now, clock),
            "tick" => self.session.tick(now),
            other => panic!("no such step: {other}"),
        }
        self.drain(clock);
        if let Some(deadline) = self.session.next_deadline() {
            assert!(verb != "tick" || now < deadline, "a deadline of the past stays");
        }
    }

    /// `index of total`.
    fn piece(&mut self, rest: &str, now: ServerTime) {
        let (index, total) = rest.split_once(" of ").unwrap();
        let all = pieces(total.parse().unwrap());
        self.session
            .receive(now, &all[index.parse::<usize>().unwrap() - 1]);
    }

    fn order(&mut self, what: &str, now: ServerTime, clock: &str) {
        self.orders += 1;
        let command = command(what);
        let takes = self.session.takes(&command, now);
        let sent = self.session.send(OrderId(self.orders), &command, now);
        match sent {
            Err(refused) => writeln!(self.log, "{clock} not spoken: {}", refused.why).unwrap(),
            Ok(()) if !takes => writeln!(self.log, "{clock} it waits").unwrap(),
            Ok(()) => {}
        }
    }

    fn drain(&mut self, clock: &str) {
        while let Some(output) = self.session.poll() {
            let line = match output {
                Output::Report(reported) => {
                    self.pending.push(reported.token);
                    let report = reported.report;
                    let signals: Vec<&str> = report.signals.iter().map(|signal| signal.name()).collect();
                    let words = signals.join(" ");
                    format!(
                        "report {:?} {} of {} {words}",
                        report.kind, reported.part, report.device
                    )
                }
                Output::Transmit(bytes) => format!("sends {}", shown(&bytes)),
                Output::Answered(id, outcome) => format!("order {id} ends {outcome:?}"),
                Output::Oddity(oddity) => {
                    let (bytes, offset) = (oddity.bytes.len(), oddity.offset);
                    format!("oddity {} of {bytes} bytes at {offset}", oddity.what)
                }
                Output::Learned(secret) => format!("learned {secret:?}"),
                Output::Close(reason) => format!("closes {reason:?}"),
            };
            writeln!(self.log, "{clock} {}", line.trim_end()).unwrap();
        }
    }
}

/// Which message, its number, and its body.
fn shown(bytes: &[u8]) -> String {
    let Some(frame) = frame::Frame::open(bytes) else {
        return String::from_utf8_lossy(bytes).into_owned();
    };
    assert_eq!(frame.fault(), None);
    let (id, serial) = (frame.header.message, frame.header.serial);
    let to = frame.header.address.device();
    let to = if to.0 == DEVICE {
        String::new()
    } else {
        format!(" to {to}")
    };
    format!("{id:04x} {serial} {}{to}", hex(&frame.body))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn command(what: &str) -> SealCommand {
    let words: Vec<&str> = what.split(' ').collect();
    let number = |at: usize| words[at].parse().unwrap();
    match words[0] {
        "unlock" => SealCommand::UnlockStatic {
            password: "888888".into(),
        },
        "interval" => SealCommand::Interval {
            awake_s: number(1),
            asleep_s: number(2),
        },
        "password" => SealCommand::SetPassword {
            new: words[1].into(),
            old: "888888".into(),
        },
        "awake" => SealCommand::AlwaysAwake { on: true },
        "time" => SealCommand::SetTime,
        other => panic!("no such order: {other}"),
    }
}

/// "Ack only after the record is durable": nothing leaves before, one answer a message after.
#[test]
fn a_message_is_answered_once_it_is_durable() {
    check(
        "00:00 says register 1
         00:01 durable
         00:02 says log_in 2
         00:02 says heartbeat 3
         00:02 says position 4
         00:03 tick
         00:04 durable
         00:05 durable",
        expect![[r#"
            00:00 report Heartbeat 0 of 013511221122
            00:01 sends 8100 0 000100303133353131323231313232
            00:02 report Heartbeat 0 of 013511221122
            00:02 report Heartbeat 0 of 013511221122 heartbeat
            00:02 report Record 0 of 013511221122
            00:04 sends 8001 1 0002010200
            00:04 sends 8001 2 0003000200
            00:04 sends 8001 3 0004020000
        "#]],
    );
}

/// "A batch is answered once, after its last record is durable."
#[test]
fn a_batch_is_answered_once() {
    check(
        "00:00 says batch 5
         00:01 first durable
         00:02 first durable
         00:03 says gateway 6
         00:04 first durable
         00:05 durable",
        expect![[r#"
            00:00 report Record 0 of 013511221122
            00:00 report Record 1 of 013511221122
            00:02 sends 8001 0 0005070400
            00:03 report Record 0 of 013511221122
            00:03 report SubSeal 1 of CD91FE1314DA
            00:05 sends 8001 1 0006020000
        "#]],
    );
}

#[test]
fn a_device_without_a_clock_is_told_the_time_once() {
    check(
        "00:00 says unset 1
         00:01 durable
         00:02 says unset 2
         00:03 durable
         00:04 says ask_time 3
         00:05 durable",
        expect![[r#"
            00:00 report Record 0 of 013511221122 clock_unset
            00:01 sends 8001 0 0001020000
            00:01 sends 8109 1 07ea0203091e0100
            00:02 report Record 0 of 013511221122 clock_unset
            00:03 sends 8001 2 0002020000
            00:04 report Heartbeat 0 of 013511221122
            00:05 sends 8109 3 07ea0203091e0500
        "#]],
    );
}

/// Handbook 0.1: "Production code should verify and count".
#[test]
fn a_wrong_checksum_is_counted_and_the_report_kept_and_answered() {
    check(
        "00:00 breaks position 1
         00:01 durable",
        expect![[r#"
            00:00 oddity wrong_checksum of 43 bytes at 0
            00:00 report Record 0 of 013511221122
            00:01 sends 8001 0 0001020000
        "#]],
    );
}

/// Handbook 2.1: "Two adjacent 7E or a shared single 7E both occur".
#[test]
fn frames_may_share_a_delimiter_or_come_with_more() {
    check(
        "00:00 says heartbeat 1
         00:01 shares heartbeat 2
         00:02 hex 7e7e
         00:03 shares heartbeat 3
         00:04 hex 0d0a",
        expect![[r#"
            00:00 report Heartbeat 0 of 013511221122 heartbeat
            00:01 report Heartbeat 0 of 013511221122 heartbeat
            00:03 report Heartbeat 0 of 013511221122 heartbeat
        "#]],
    );
}

#[test]
fn rubbish_is_passed_over_up_to_the_next_frame() {
    check(
        "00:00 hex 0102037e0405
         00:01 says heartbeat 1
         00:02 hex 7e0200
         00:03 says heartbeat 2
         00:04 text (x(740190311185,1,001,BASE,2,TIME)
         00:05 hex e7e7
         00:06 says heartbeat 3",
        expect![[r#"
            00:00 oddity garbage of 3 bytes at 0
            00:01 oddity not_a_message of 3 bytes at 3
            00:01 report Heartbeat 0 of 013511221122 heartbeat
            00:03 oddity not_a_message of 3 bytes at 21
            00:03 report Heartbeat 0 of 013511221122 heartbeat
            00:04 oddity not_a_message of 2 bytes at 39
            00:04 oddity another_device of 32 bytes at 41
            00:04 report Heartbeat 0 of 740190311185
            00:06 oddity garbage of 1 bytes at 73
            00:06 oddity garbage of 1 bytes at 74
            00:06 report Heartbeat 0 of 013511221122 heartbeat
        "#]],
    );
}

/// Law 4: "never an unbounded buffer". Bytes without end are counted, and at the limit the line is closed.
#[test]
fn bytes_without_end_close_the_line() {
    let flood = "00".repeat(2100);
    check(
        &format!(
            "00:00 hex {flood}
             00:01 hex {flood}
             00:02 hex {flood}
             00:03 says heartbeat 1"
        ),
        expect![[r#"
            00:01 oddity garbage of 256 bytes at 0
            00:01 closes TooMuchGarbage
        "#]],
    );
    check(
        "00:00 text GET / HTTP/1.1",
        expect![[r#"
            00:00 oddity another_protocol of 14 bytes at 0
            00:00 closes NotASeal
        "#]],
    );
}

#[test]
fn a_frame_never_finished_is_given_up_after_a_minute() {
    check(
        "00:00 hex 7e02000032
         00:59 tick
         01:00 tick
         01:01 says heartbeat 1",
        expect![[r#"
            01:00 oddity frame_not_finished of 5 bytes at 0
            01:01 report Heartbeat 0 of 013511221122 heartbeat
        "#]],
    );
}

/// A frame cut off by the next one is told by its number, and does not take the next one with it.
#[test]
fn a_frame_cut_off_does_not_swallow_the_next() {
    check(
        "00:00 hex 7e020000320135112211220007
         00:01 says heartbeat 1
         00:02 says heartbeat 2",
        expect![[r#"
            00:01 oddity not_a_message of 13 bytes at 0
            00:01 report Heartbeat 0 of 013511221122 heartbeat
            00:02 report Heartbeat 0 of 013511221122 heartbeat
        "#]],
    );
}

#[test]
fn a_message_in_pieces_is_read_and_answered_when_all_are_there() {
    check(
        "00:00 piece 1 of 3
         00:01 durable
         00:02 piece 3 of 3
         00:03 piece 2 of 3
         00:04 durable",
        expect![[r#"
            00:00 report Happening 0 of 013511221122
            00:02 report Happening 0 of 013511221122
            00:03 report Record 2 of 013511221122
            00:03 report Record 3 of 013511221122
            00:04 sends 8001 0 001e070400
            00:04 sends 8001 1 001f070400
            00:04 sends 8001 2 0020070400
        "#]],
    );
}

/// Handbook 2.2: "0x8003 asks the terminal to re-send". Three times, then no more; what came is kept.
#[test]
fn pieces_that_are_missing_are_asked_for_a_few_times() {
    check(
        "00:00 piece 1 of 3
         00:09 tick
         00:10 tick
         00:15 piece 3 of 3
         00:25 tick
         00:35 tick
         00:45 tick
         00:50 piece 2 of 3",
        expect![[r#"
            00:00 report Happening 0 of 013511221122
            00:10 sends 8003 0 001e0200020003
            00:15 report Happening 0 of 013511221122
            00:25 sends 8003 1 001e010002
            00:35 sends 8003 2 001e010002
            00:45 oddity message_not_finished of 40 bytes at 80
            00:50 report Happening 0 of 013511221122
        "#]],
    );
}

/// A message of more pieces than we put together: each is kept and answered by itself.
#[test]
fn pieces_of_a_long_message_are_kept_one_by_one() {
    let long = hex(&in_pieces(0x0801, 7, (50, 2), &[1, 2, 3]));
    check(
        &format!(
            "00:00 hex {long}
             00:01 durable
             00:02 tick"
        ),
        expect![[r#"
            00:00 report Happening 0 of 013511221122
            00:01 sends 8001 0 0007080100
        "#]],
    );
}

#[test]
fn another_message_in_pieces_takes_the_place_of_the_first() {
    let other = hex(&in_pieces(0x0900, 7, (2, 1), &[1, 2, 3]));
    check(
        &format!(
            "00:00 piece 1 of 3
             00:01 hex {other}"
        ),
        expect![[r#"
            00:00 report Happening 0 of 013511221122
            00:01 oddity message_not_finished of 40 bytes at 40
            00:01 report Happening 0 of 013511221122
        "#]],
    );
}

#[test]
fn what_nobody_can_read_is_kept_and_answered() {
    check(
        "00:00 says unknown 1
         00:00 hex 7e020000020135112211220002ffff137e
         00:01 text (740190311185,1,001,ELOCK,3,529439)
         00:02 durable",
        expect![[r#"
            00:00 oddity unknown_message of 15 bytes at 0
            00:00 report Happening 0 of 013511221122
            00:00 oddity wrong_checksum of 17 bytes at 15
            00:00 oddity record_too_short of 17 bytes at 15
            00:00 report Record 0 of 013511221122
            00:01 oddity unknown_command of 35 bytes at 32
            00:01 oddity another_device of 35 bytes at 32
            00:01 report Happening 0 of 740190311185
            00:02 sends 8001 0 00010a7700
            00:02 sends 8001 1 0002020000
        "#]],
    );
}

#[test]
fn a_password_is_learned_and_never_told() {
    check(
        "00:00 says password 1",
        expect![[r#"
        00:00 learned StaticPassword(013511221122, ..)
        00:00 report Record 0 of 013511221122
    "#]],
    );
}

#[test]
fn a_lock_asks_for_the_time_in_text() {
    check(
        "00:00 text (740190311185,1,001,BASE,2,TIME)
         00:01 durable",
        expect![[r#"
            00:00 report Heartbeat 0 of 740190311185
            00:01 sends (740190311185,1,001,BASE,2,20260203093001)
        "#]],
    );
}

#[test]
fn an_order_waits_for_the_first_frame_and_ends_with_its_answer() {
    check_with(
        "jt808",
        "00:00 order unlock
         00:00 order interval 30 600
         00:10 says heartbeat 1
         00:11 says done 2 0000850000
         00:12 says done 3 0001810301",
        expect![[r#"
            00:00 it waits
            00:00 it waits
            00:10 report Heartbeat 0 of 013511221122 heartbeat
            00:10 sends 8500 0 00
            00:10 sends 8103 1 0200000029040000001e000000270400000258
            00:11 report Answer 0 of 013511221122
            00:11 order 1 ends Done
            00:12 report Answer 0 of 013511221122
            00:12 order 2 ends Refused { answer: "0001,8103,1" }
        "#]],
    );
}

/// The answer names the number and the kind of what it answers; nothing else ends an order.
#[test]
fn an_answer_ends_only_its_own_order() {
    check_with(
        "jt808",
        "00:00 says heartbeat 1
         00:01 order unlock
         00:01 order unlock
         00:02 says done 2 0007850000
         00:02 says done 3 0000810300
         00:03 says done 4 0000850003
         00:04 says position_answer 5 0001
         00:05 says done 6 0001850000",
        expect![[r#"
            00:00 report Heartbeat 0 of 013511221122 heartbeat
            00:01 sends 8500 0 00
            00:01 it waits
            00:02 report Answer 0 of 013511221122
            00:02 report Answer 0 of 013511221122
            00:03 report Answer 0 of 013511221122
            00:03 order 1 ends Refused { answer: "0001,8500,3" }
            00:03 sends 8500 1 00
            00:04 report Answer 0 of 013511221122
            00:05 report Answer 0 of 013511221122
            00:05 order 2 ends Done
        "#]],
    );
}

#[test]
fn an_order_without_answer_ends_after_a_minute() {
    check_with(
        "hhd",
        "00:00 says heartbeat 1
         00:01 order unlock
         01:00 tick
         01:01 tick",
        expect![[r#"
            00:00 report Heartbeat 0 of 013511221122 heartbeat
            00:01 sends 0310 0 01240600736567656c
            01:01 order 1 ends NoAnswer
        "#]],
    );
}

#[test]
fn what_a_dialect_has_no_words_for_is_not_sent() {
    let orders = "00:00 says heartbeat 1
                  00:01 order unlock
                  00:01 order time
                  00:01 order awake
                  00:01 order password 12345678
                  00:01 order interval 60 600
                  00:01 order interval 600 600";
    check(
        orders,
        expect![[r#"
        00:00 report Heartbeat 0 of 013511221122 heartbeat
        00:01 not spoken: a seal that speaks JT/T 808 is opened only once its dialect is registered
        00:01 not spoken: this seal asks for the time itself
        00:01 not spoken: this seal has no such order
        00:01 not spoken: this seal has no such order
        00:01 sends 8103 0 0200000029040000003c000000270400000258
        00:01 it waits
    "#]],
    );
    check_with(
        "hhd",
        orders,
        expect![[r#"
        00:00 report Heartbeat 0 of 013511221122 heartbeat
        00:01 sends 0310 0 01240600736567656c
        00:01 not spoken: this seal asks for the time itself
        00:01 not spoken: this seal has no such order
        00:01 it waits
        00:01 not spoken: this seal has one interval: awake and asleep must be the same
        00:01 it waits
    "#]],
    );
    check_with(
        "jt709",
        "00:00 order unlock",
        expect![[r#"
        00:00 not spoken: how this seal is opened by command is not public
    "#]],
    );
    check_with(
        "aovx",
        "00:00 order unlock",
        expect![[r#"
        00:00 not spoken: a cargo tracker has no lock
    "#]],
    );
    check_with(
        "hhd",
        "00:00 order password 123456",
        expect![[r#"
        00:00 not spoken: a password of this seal has eight letters or digits
    "#]],
    );
}

/// The registered dialect may be known only after the first frame.
#[test]
fn a_dialect_holds_from_the_moment_it_is_known() {
    check(
        "00:00 says heartbeat 1
         00:00 order unlock
         00:01 registered hhd
         00:02 order unlock",
        expect![[r#"
            00:00 report Heartbeat 0 of 013511221122 heartbeat
            00:00 not spoken: a seal that speaks JT/T 808 is opened only once its dialect is registered
            00:02 sends 0310 0 01240600736567656c
        "#]],
    );
}

#[test]
fn another_device_on_the_same_connection_is_answered_by_its_own_name() {
    let other = hex(&address("013511221133").message(0x0002, 9, &[]));
    check(
        &format!(
            "00:00 says heartbeat 1
             00:01 hex {other}
             00:02 durable"
        ),
        expect![[r#"
            00:00 report Heartbeat 0 of 013511221122 heartbeat
            00:01 oddity another_device of 15 bytes at 15
            00:01 report Heartbeat 0 of 013511221133 heartbeat
            00:02 sends 8001 0 0001000200
            00:02 sends 8001 1 0009000200 to 013511221133
        "#]],
    );
}

/// Minutes ahead of UTC: the standard's eight hours, a maker's none, or what the profile says.
#[test]
fn a_clock_is_read_by_the_profile() {
    let bytes = message("position 1");
    let received = ServerTime::from_unix_ms(START_MS);
    let hour = |profile: &str| {
        let profile = Profile::from_text(profile).unwrap();
        let said = decode(Protocol::Jt808, profile, received, &bytes);
        (said.reports[0].time.unwrap().unix_ms - START_MS - 15_000) / 3_600_000
    };
    assert_eq!(hour("any"), 0);
    assert_eq!(hour("jt808"), 0);
    assert_eq!(hour("hhd@420"), 1);
    assert_eq!(hour("jt709"), 8);
    assert_eq!(hour("jt709@480"), 0);
}

fn masked(bytes: &[u8]) -> String {
    hex(&mask_secrets(Protocol::Jt808, bytes))
}

/// A password stays where it is, as asterisks, escaped or not, in one piece or in several.
#[test]
fn secrets_are_masked_in_raw_frames() {
    let stars = "2a2a2a2a2a2a";
    let event = |password: &str| message(&format!("position 1 0b0801{password}65"));
    assert!(masked(&event("383838383838")).contains(&format!("0b0801{stars}65")));
    // An escaped letter has two bytes, and both are masked.
    assert!(masked(&event("38387e383838")).contains(&format!("0b0801{stars}2a65")));
    // A card and a rope cut are no secrets.
    for fields in ["0b052200623a49", "0b0622 00623a4965", "0b010c"] {
        let bytes = message(&format!("position 1 {}", fields.replace(' ', "")));
        assert_eq!(mask_secrets(Protocol::Jt808, &bytes), bytes);
    }
    assert!(masked(&message("password 1")).contains("6708".to_owned().as_str()));
    assert!(masked(&message("password 1")).contains(&format!("6708{stars}2a2a")));
    assert!(masked(&message("log_in 1")).contains("2a2a2a2a2a"));
    let text = b"(740190311185,1,001,ELOCK,3,529439)";
    assert_eq!(
        mask_secrets(Protocol::Jt808, text),
        b"(740190311185,1,001,ELOCK,3,******)"
    );
    let down = address(DEVICE).message(0x0310, 0, b"\x01\x26\x0812345678");
    assert!(masked(&down).contains(&format!("012608{stars}2a2a")));
    let parameters = address(DEVICE).message(0x8103, 0, b"\x01\x00\x00\x00\x12\x06secret");
    assert!(masked(&parameters).contains(&format!("0000001206{stars}")));
    let token = address(DEVICE).message(0x8100, 0, b"\x00\x01\x00token");
    assert!(masked(&token).contains("0001002a2a2a2a2a"));
}

#[test]
fn secrets_in_pieces_are_masked_where_all_are_there_and_everything_where_not() {
    let body = position(b"\x0b\x08\x01888888\x65");
    let (one, two) = body.split_at(34);
    let first = in_pieces(0x0200, 1, (2, 1), one);
    let second = in_pieces(0x0200, 2, (2, 2), two);
    let both = [first.as_slice(), &second].concat();
    let hidden: usize = secret_ranges(Protocol::Jt808, &both)
        .iter()
        .map(ExactSizeIterator::len)
        .sum();
    assert_eq!(hidden, 6, "the password and nothing else");
    let hidden: usize = secret_ranges(Protocol::Jt808, &second)
        .iter()
        .map(ExactSizeIterator::len)
        .sum();
    assert_eq!(hidden, two.len(), "where a field begins cannot be told");
}

/// What is shown of an oddity is cut, and may begin behind a delimiter.
#[test]
fn secrets_of_a_frame_that_is_cut_are_masked_as_far_as_they_go() {
    let bytes = message("password 1");
    let start = bytes.windows(8).position(|window| window == b"12345678").unwrap();
    for end in start..bytes.len() {
        let cut = mask_secrets(Protocol::Jt808, &bytes[..end]);
        assert!(
            cut[start..].iter().take(8).all(|byte| *byte == b'*'),
            "cut at {end}"
        );
        assert_eq!(cut[..start - 2], bytes[..start - 2], "and no more than the field");
        let shared = mask_secrets(Protocol::Jt808, &bytes[1..end]);
        assert!(
            shared[start - 1..].iter().take(8).all(|byte| *byte == b'*'),
            "cut at {end}"
        );
    }
    let mut batch = batch();
    batch.extend(b"\x00\x26");
    batch.extend(position(b"\x67\x0812345678"));
    let bytes = address(DEVICE).message(0x0704, 1, &batch);
    let start = bytes.windows(8).position(|window| window == b"12345678").unwrap();
    for end in start..=bytes.len() {
        let cut = mask_secrets(Protocol::Jt808, &bytes[..end]);
        assert!(
            cut[start..].iter().take(8).all(|byte| *byte == b'*'),
            "cut at {end}"
        );
    }
}

#[test]
fn a_padlocks_password_goes_to_the_vault() {
    let mut session = Session::new(Protocol::Jt808, Profile::ANY, Limits::default());
    session.receive(ServerTime::from_unix_ms(START_MS), &message("password 1"));
    let Some(Output::Learned(Learned::StaticPassword { device, password })) = session.poll() else {
        panic!("a password is learned first");
    };
    assert_eq!((device.0.as_str(), password.as_str()), (DEVICE, "12345678"));
    let Some(Output::Report(reported)) = session.poll() else {
        panic!("then the report")
    };
    assert!(!format!("{:?}", reported.report).contains("12345678"));
}

/// Everything a session says about reports and answers, each acknowledged at once.
fn talk(pieces: &[&[u8]]) -> (Vec<Report>, Vec<Vec<u8>>) {
    let now = ServerTime::from_unix_ms(START_MS);
    let mut session = Session::new(Protocol::Jt808, Profile::ANY, Limits::default());
    let (mut reports, mut sent) = (Vec::new(), Vec::new());
    for piece in pieces {
        session.receive(now, piece);
        while let Some(output) = session.poll() {
            match output {
                Output::Report(reported) => {
                    session.acknowledge(reported.token, now);
                    reports.push(reported.report);
                }
                Output::Transmit(bytes) => sent.push(bytes),
                _ => {}
            }
        }
    }
    (reports, sent)
}

/// A day of messages, rubbish between them, cut at every byte.
#[test]
fn a_cut_at_any_byte_changes_nothing() {
    let mut bytes = vec![1, 2, 3];
    for words in [
        "register 1",
        "position 2 310105",
        "unset 3",
        "batch 4",
        "gateway 5",
    ] {
        bytes.extend(message(words));
    }
    bytes.extend(b"\r\n(740190311185,1,001,BASE,2,TIME)\x7e");
    bytes.extend(pieces(3).concat());
    bytes.extend(&message("heartbeat 6")[1..]);
    let whole = talk(&[&bytes]);
    assert_eq!(whole.0.len(), 13);
    for at in 0..bytes.len() {
        assert_eq!(talk(&[&bytes[..at], &bytes[at..]]), whole, "cut at {at}");
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(talk(&single), whole);
}

/// Bytes that look like what devices send, whole, cut and damaged.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let body = prop_oneof![
        vec(any::<u8>(), 0..80),
        vec(any::<u8>(), 0..60).prop_map(|fields| position(&fields)),
        vec((any::<u8>(), vec(any::<u8>(), 0..12)), 0..6).prop_map(|fields| {
            let fields = fields
                .into_iter()
                .map(|(which, value)| [&[which, value.len() as u8], &value[..]].concat());
            position(&fields.collect::<Vec<_>>().concat())
        }),
        Just(batch()),
    ];
    let id = prop::sample::select(vec![
        0x0002, 0x0100, 0x0102, 0x0200, 0x0210, 0x0704, 0x0900, 0x0A77,
    ]);
    let message =
        (id, any::<u16>(), body).prop_map(|(id, serial, body)| address(DEVICE).message(id, serial, &body));
    let damaged =
        (message.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut bytes, at, byte)| {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes
        });
    let cut_off = (message.clone(), any::<prop::sample::Index>()).prop_map(|(mut bytes, at)| {
        bytes.truncate(at.index(bytes.len()));
        bytes
    });
    let piece = prop_oneof![
        4 => message.clone(),
        1 => message.prop_map(|bytes| bytes[1..].to_vec()),
        1 => (1_usize..5).prop_map(|index| pieces(4)[index - 1].clone()),
        1 => Just(b"(740190311185,1,001,BASE,2,TIME)".to_vec()),
        1 => damaged,
        1 => cut_off,
        1 => vec(any::<u8>(), 0..30),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn cut<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}

proptest! {
    #[test]
    fn cuts_change_nothing_that_a_device_says(
        bytes in stream(), cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        prop_assert_eq!(talk(&cut(&bytes, &cuts)), talk(&[&bytes]));
    }

    /// Stored bytes read again say the same.
    #[test]
    fn a_stored_frame_reads_again_as_it_did(bytes in stream()) {
        let now = ServerTime::from_unix_ms(START_MS);
        let mut session = Session::new(Protocol::Jt808, Profile::ANY, Limits::default());
        session.receive(now, &bytes);
        while let Some(output) = session.poll() {
            if let Output::Report(reported) = output {
                let again = decode(Protocol::Jt808, Profile::ANY, now, &reported.raw);
                prop_assert_eq!(again.reports.get(usize::from(reported.part)), Some(&reported.report));
            }
        }
    }

    #[test]
    fn a_position_is_written_back_as_it_was_read(
        words in any::<[u32; 2]>(), place in any::<[u32; 2]>(), others in any::<[u8; 6]>(),
        date in (0_u8..100, 1_u8..13, 1_u8..29), time in (0_u8..24, 0_u8..60, 0_u8..60),
    ) {
        let bcd = |value: u8| ((value / 10) << 4) | (value % 10);
        let clock = [date.0, date.1, date.2, time.0, time.1, time.2].map(bcd);
        let words = [words[0], words[1], place[0], place[1]].map(u32::to_be_bytes).concat();
        let bytes = [&words[..], &others, &clock].concat();
        let mut written = Vec::new();
        Location::decode(&bytes).unwrap().encode(&mut written);
        prop_assert_eq!(written, bytes);
    }

    #[test]
    fn masking_keeps_the_length(bytes in stream()) {
        prop_assert_eq!(mask_secrets(Protocol::Jt808, &bytes).len(), bytes.len());
    }
}

/// What is meant for one device is never said to another: each is told under its own number, and a smaller lock has none.
#[test]
fn a_terminal_behind_another_is_told_under_its_own_number_and_a_smaller_lock_is_told_nothing() {
    const OTHER: &str = "013511221133";
    let now = ServerTime::from_unix_ms(START_MS);
    let mut session = Session::new(
        Protocol::Jt808,
        Profile::from_text("hhd").unwrap(),
        Limits::default(),
    );
    session.receive(now, &message("gateway 1"));
    session.receive(now, &address(OTHER).message(0x0002, 1, &[]));
    while session.poll().is_some() {}
    let standard = Profile::from_text("jt808").unwrap();
    let name = |device: &str| DeviceId(device.into());
    assert!(!session.address(&name("CD91FE1314DA"), standard));
    let order = SealCommand::Interval {
        awake_s: 60,
        asleep_s: 600,
    };
    let mut told = |device: &str, number: u64| {
        assert!(session.address(&name(device), standard), "{device}");
        let sent = session.send(OrderId(number), &order, now);
        let said = session.poll();
        sent.map(|()| match said {
            Some(Output::Transmit(frame)) => hex(&frame[1..11]),
            _ => String::from("nothing"),
        })
    };
    assert_eq!(told(OTHER, 1).unwrap(), "81030013013511221133");
    let own = told(DEVICE, 2).unwrap_err();
    assert!(
        own.why.contains("one interval"),
        "its own dialect counts for itself: {}",
        own.why
    );
}
