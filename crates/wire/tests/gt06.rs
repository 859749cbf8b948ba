//! Talks with a GT06 seal, told as stories: what comes, what leaves, in which order.
#![allow(clippy::unwrap_used, reason = "a story that cannot be read fails its test")]

use std::fmt::Write;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use segel_model::{OrderId, Report, ServerTime, order::SealCommand, report::Protocol};
use segel_wire::{
    AckToken, Limits, Output, Profile, Session, decode, decode_of,
    gt06::{command::Command, frame},
};

/// 2026-02-03T09:30:00Z, minute nought of every story.
const START_MS: i64 = 1_770_111_000_000;
const NOW: ServerTime = ServerTime::from_unix_ms(START_MS);

/// A conversation. Reports wait in `pending` until the story says that they are durable.
struct Story {
    session: Session,
    pending: Vec<AckToken>,
    orders: u64,
    log: String,
}

/// Lines of `mm:ss what`; the answer lists what left, under the same clock.
fn check_with(limits: Limits, story: &str, expected: Expect) {
    let mut told = Story {
        session: Session::new(Protocol::Gt06, Profile::ANY, limits),
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
    check_with(Limits::default(), story, expected);
}

impl Story {
    fn step(&mut self, clock: &str, what: &str) {
        let (minutes, seconds) = clock.split_once(':').unwrap();
        let seconds: i64 = minutes.parse::<i64>().unwrap() * 60 + seconds.parse::<i64>().unwrap();
        let now = NOW.plus_s(seconds);
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        match verb {
            "says" => self.session.receive(now, &bytes(rest)),
            "rubbish" => self.session.receive(now, rest.as_bytes()),
            "damaged" => self.session.receive(now, &damaged(bytes(rest))),
            "half" => {
                let whole = bytes(rest);
                self.session.receive(now, &whole[..whole.len() / 2]);
            }
            "other" => {
                let whole = bytes(rest);
                self.session.receive(now, &whole[whole.len() / 2..]);
            }
            "durable" => {
                for token in std::mem::take(&mut self.pending) {
                    self.session.acknowledge(token, now);
                }
            }
            "order" => self.order(rest, now, clock),
            "tick" => self.session.tick(now),
            other => panic!("no such step: {other}"),
        }
        self.drain(clock);
    }

    fn order(&mut self, what: &str, now: ServerTime, clock: &str) {
        self.orders += 1;
        let order = match what.split_once(' ') {
            Some(("interval", seconds)) => SealCommand::Interval {
                awake_s: seconds.parse().unwrap(),
                asleep_s: 600,
            },
            Some(("unlock", password)) => SealCommand::UnlockStatic {
                password: password.into(),
            },
            _ => panic!("no such order: {what}"),
        };
        let takes = self.session.takes(&order, now);
        let sent = self.session.send(OrderId(self.orders), &order, now);
        match sent {
            Err(refused) => writeln!(self.log, "{clock} not spoken: {}", refused.why).unwrap(),
            Ok(()) if !takes => writeln!(self.log, "{clock} the order waits").unwrap(),
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
                    format!(
                        "report {:?} {} of {} {}",
                        report.kind,
                        report.serial.unwrap_or_default(),
                        report.device,
                        signals.join(" ")
                    )
                }
                Output::Transmit(bytes) => format!("sends {}", shown(&bytes)),
                Output::Answered(id, outcome) => format!("order {id} ends {outcome:?}"),
                Output::Oddity(oddity) => format!("oddity {} of {} bytes", oddity.what, oddity.bytes.len()),
                Output::Learned(secret) => format!("learned {secret:?}"),
                Output::Close(reason) => format!("closes {reason:?}"),
            };
            writeln!(self.log, "{clock} {}", line.trim_end()).unwrap();
        }
    }
}

/// An answer by its number and serial number, a command by its words.
fn shown(bytes: &[u8]) -> String {
    if let Some((command, envelope)) = Command::decode(bytes) {
        return format!("{} under flag {}", command.words(), envelope.flag);
    }
    let frame = frame::Frame::open(bytes).unwrap();
    assert!(frame.length_holds && frame.checksum_holds);
    let body: String = frame.body.iter().map(|byte| format!(" {byte:02x}")).collect();
    format!("{:02x} serial {}{body}", frame.message, frame.serial.unwrap())
}

/// `login serial`, `beat serial`, `place serial`, `alarm code serial`, `time serial`, `answer flag words`: one message.
fn bytes(what: &str) -> Vec<u8> {
    let words: Vec<&str> = what.splitn(3, ' ').collect();
    let number = |at: usize| words[at].parse::<u16>().unwrap();
    let place: &[u8] = &[
        26, 2, 3, 9, 30, 15, 0xC9, 0x00, 0xBF, 0x66, 0xFC, 0x0B, 0xD8, 0xA9, 0xAC, 37, 0x10, 90,
    ];
    let cell: &[u8] = &[0x01, 0xFE, 10, 0x56, 0x78, 0x0A, 0x12, 0x34];
    match words[0] {
        "login" => frame::write(false, 0x01, &[0x08, 0x66, 0, 0, 0, 0, 0, 0x17], number(1)),
        "stranger" => frame::write(false, 0x01, &[0x08, 0x66, 0, 0, 0, 0, 0, 0x18], number(1)),
        "beat" => frame::write(false, 0x13, &[0x40, 5, 4, 0, 2], number(1)),
        "place" => frame::write(false, 0x22, &[place, cell, &[1, 0, 0]].concat(), number(1)),
        "alarm" => {
            let status = [0x40, 5, 4, u8::from_str_radix(words[1], 16).unwrap(), 2];
            frame::write(false, 0x26, &[place, &[9], cell, &status].concat(), number(2))
        }
        "time" => frame::write(false, 0x8A, &[], number(1)),
        "answer" => {
            let flag = u32::from(number(1)).to_be_bytes();
            frame::write(true, 0x21, &[&flag[..], &[1], words[2].as_bytes()].concat(), 9)
        }
        other => panic!("no such message: {other}"),
    }
}

/// One bit of the body is wrong, so its checksum is.
fn damaged(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes[5] ^= 1;
    bytes
}

/// Law 1: nothing is acknowledged before it is durable, the log-in included.
#[test]
fn nothing_is_answered_before_it_is_durable() {
    check(
        "00:00 says login 1
         00:01 durable
         00:02 says place 2
         00:02 says alarm 13 3
         00:03 durable
         00:04 says time 4
         00:05 durable",
        expect![[r#"
            00:00 report Heartbeat 1 of 866000000000017 heartbeat
            00:01 sends 01 serial 1
            00:02 report Record 2 of 866000000000017
            00:02 report Happening 3 of 866000000000017 dismantled
            00:03 sends 22 serial 2
            00:03 sends 26 serial 3
            00:04 report Happening 4 of 866000000000017 clock_unset
            00:05 sends 8a serial 4 1a 02 03 09 1e 05
        "#]],
    );
}

#[test]
fn without_a_login_nothing_is_anybodys() {
    check(
        "00:00 says beat 1
         00:01 says login 2
         00:02 says beat 3",
        expect![[r#"
            00:00 oddity not_logged_in of 15 bytes
            00:01 report Heartbeat 2 of 866000000000017 heartbeat
            00:02 report Heartbeat 3 of 866000000000017 heartbeat
        "#]],
    );
}

#[test]
fn a_second_login_speaks_for_itself() {
    check(
        "00:00 says login 1
         00:01 says stranger 2
         00:02 says beat 3
         00:03 says login 4
         00:04 says beat 5",
        expect![[r#"
            00:00 report Heartbeat 1 of 866000000000017 heartbeat
            00:01 oddity another_device of 18 bytes
            00:01 report Heartbeat 2 of 866000000000018 heartbeat
            00:02 oddity another_device of 15 bytes
            00:02 report Heartbeat 3 of 866000000000018 heartbeat
            00:03 report Heartbeat 4 of 866000000000017 heartbeat
            00:04 report Heartbeat 5 of 866000000000017 heartbeat
        "#]],
    );
}

/// Handbook of protocols 0.1: "verify and count".
#[test]
fn a_wrong_checksum_is_counted_kept_and_answered() {
    check(
        "00:00 says login 1
         00:01 damaged beat 2
         00:02 durable",
        expect![[r#"
            00:00 report Heartbeat 1 of 866000000000017 heartbeat
            00:01 oddity wrong_checksum of 15 bytes
            00:01 report Heartbeat 2 of 866000000000017 heartbeat
            00:02 sends 01 serial 1
            00:02 sends 13 serial 2
        "#]],
    );
}

#[test]
fn rubbish_and_half_messages_do_not_swallow_the_next() {
    check(
        "00:00 rubbish abc
         00:01 says login 1
         00:02 half beat 2
         00:03 says beat 3
         00:04 half place 4
         00:05 other place 4",
        expect![[r#"
            00:00 oddity garbage of 3 bytes
            00:01 report Heartbeat 1 of 866000000000017 heartbeat
            00:03 oddity frame_cut of 7 bytes
            00:03 report Heartbeat 3 of 866000000000017 heartbeat
            00:05 report Record 4 of 866000000000017
        "#]],
    );
}

#[test]
fn a_message_that_is_never_finished_is_given_up() {
    check(
        "00:00 says login 1
         00:01 half place 2
         01:00 tick
         01:01 tick
         01:02 says beat 3",
        expect![[r#"
            00:00 report Heartbeat 1 of 866000000000017 heartbeat
            01:01 oddity frame_not_finished of 19 bytes
            01:02 report Heartbeat 3 of 866000000000017 heartbeat
        "#]],
    );
}

#[test]
fn an_order_ends_with_its_own_answer() {
    check(
        "00:00 says login 1
         00:00 durable
         00:01 order interval 30
         00:02 order interval 60
         00:03 says answer 9 TIMER set ok
         00:04 says answer 1 TIMER set ok
         00:05 says answer 0 Parameter error",
        expect![[r#"
            00:00 report Heartbeat 1 of 866000000000017 heartbeat
            00:00 sends 01 serial 1
            00:01 sends TIMER,30,600# under flag 1
            00:02 the order waits
            00:03 report Answer 9 of 866000000000017
            00:04 report Answer 9 of 866000000000017
            00:04 order 1 ends Done
            00:04 sends TIMER,60,600# under flag 2
            00:05 report Answer 9 of 866000000000017
            00:05 order 2 ends Refused { answer: "Parameter error" }
        "#]],
    );
}

#[test]
fn an_order_waits_for_the_login_and_not_for_ever() {
    check(
        "00:00 order interval 30
         00:01 says login 1
         00:02 durable
         01:01 tick
         01:02 tick",
        expect![[r#"
            00:00 the order waits
            00:01 report Heartbeat 1 of 866000000000017 heartbeat
            00:02 sends 01 serial 1
            00:02 sends TIMER,30,600# under flag 1
            01:02 order 1 ends NoAnswer
        "#]],
    );
}

/// Nobody publishes by which words a lock of this language opens, so nothing is guessed.
#[test]
fn what_this_language_has_no_words_for_is_not_sent() {
    check(
        "00:00 says login 1
         00:01 order unlock 000000
         00:02 order interval 4",
        expect![[r#"
            00:00 report Heartbeat 1 of 866000000000017 heartbeat
            00:01 not spoken: by which words this seal opens depends on its model and is not known
            00:02 not spoken: this seal reports every 5 to 18000 seconds, awake and asleep
        "#]],
    );
}

#[test]
fn a_stranger_that_never_logs_in_is_shown_the_door() {
    let limits = Limits {
        garbage_bytes: 30,
        ..Limits::default()
    };
    check_with(
        limits,
        "00:00 says beat 1
         00:01 says beat 2
         00:02 says beat 3
         00:03 says login 4",
        expect![[r#"
            00:00 oddity not_logged_in of 15 bytes
            00:01 oddity not_logged_in of 15 bytes
            00:02 oddity not_logged_in of 15 bytes
            00:02 closes TooMuchGarbage
        "#]],
    );
}

/// A stored message does not name its sender; what it was stored under does.
#[test]
fn a_stored_message_reads_again_under_the_name_it_was_stored_with() {
    let raw = bytes("alarm 33 7");
    assert_eq!(decode(Protocol::Gt06, Profile::ANY, NOW, &raw).reports, []);
    let device = segel_model::DeviceId("866000000000017".into());
    let again = decode_of(&device, Protocol::Gt06, Profile::ANY, NOW, &raw);
    assert_eq!(again.reports.len(), 1);
    assert_eq!(again.reports[0].device, device);
    assert_eq!(again.oddities, []);
}

/// A seal whose clock runs by local time is registered so.
#[test]
fn a_clock_ahead_of_utc_is_set_back() {
    let device = segel_model::DeviceId("866000000000017".into());
    let read = |profile: &str| {
        let profile = Profile::from_text(profile).unwrap();
        let read = decode_of(&device, Protocol::Gt06, profile, NOW, &bytes("place 1"));
        read.reports[0].time.unwrap().unix_ms
    };
    assert_eq!(read("any"), START_MS + 15_000);
    assert_eq!(read("concox@480"), START_MS + 15_000 - 8 * 3_600_000);
}

/// Everything a session says about reports and answers, each acknowledged at once.
fn talk(pieces: &[&[u8]]) -> (Vec<Report>, Vec<Vec<u8>>) {
    let mut session = Session::new(Protocol::Gt06, Profile::ANY, Limits::default());
    let (mut reports, mut sent) = (Vec::new(), Vec::new());
    for piece in pieces {
        session.receive(NOW, piece);
        while let Some(output) = session.poll() {
            match output {
                Output::Report(reported) => {
                    session.acknowledge(reported.token, NOW);
                    reports.push(reported.report);
                }
                Output::Transmit(bytes) => sent.push(bytes),
                _ => {}
            }
        }
    }
    (reports, sent)
}

#[test]
fn a_stream_cut_at_every_byte_says_the_same() {
    let whole = [
        bytes("login 1"),
        bytes("place 2"),
        bytes("alarm 34 3"),
        bytes("beat 4"),
        bytes("answer 1 ok"),
    ]
    .concat();
    let said = talk(&[&whole]);
    assert_eq!((said.0.len(), said.1.len()), (5, 4));
    for at in 0..=whole.len() {
        assert_eq!(talk(&[&whole[..at], &whole[at..]]), said, "cut at {at}");
    }
    let single: Vec<&[u8]> = whole.chunks(1).collect();
    assert_eq!(talk(&single), said);
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let any_message = (
        any::<bool>(),
        any::<u8>(),
        prop::collection::vec(any::<u8>(), 0..60),
    );
    prop_oneof![
        2 => Just(bytes("login 1")),
        3 => any_message.prop_map(|(long, message, body)| frame::write(long, message, &body, 7)),
        2 => Just(bytes("place 2")),
        1 => prop::collection::vec(any::<u8>(), 0..30),
        1 => Just(damaged(bytes("alarm 13 3"))),
        1 => Just(bytes("place 2")[..20].to_vec()),
    ]
}

proptest! {
    #[test]
    fn cuts_change_nothing_that_a_seal_says(
        messages in prop::collection::vec(message(), 0..8),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let bytes = messages.concat();
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        at.extend([0, bytes.len()]);
        at.sort_unstable();
        let pieces: Vec<&[u8]> = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(talk(&pieces), talk(&[&bytes]));
    }
}
