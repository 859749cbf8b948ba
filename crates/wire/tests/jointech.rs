//! Talks with a Jointech seal, told as stories: what comes, what leaves, in which order.
#![allow(clippy::unwrap_used, reason = "a story that cannot be read fails its test")]

use std::fmt::Write;

use expect_test::{Expect, expect};
use segel_model::{
    OrderId, ServerTime,
    order::{Channels, SealCommand},
    report::Protocol,
};
use segel_wire::{
    AckToken, Dialect, Limits, Output, Profile, Session,
    jointech::{
        place::{Place, Said, flag},
        record::{CellTail, FenceTail, Record},
        status::Status,
    },
};

/// 2026-02-03T09:30:00Z, minute nought of every story.
const START_MS: i64 = 1_770_111_000_000;

/// A conversation. Reports wait in `pending` until the story says that they are durable.
struct Story {
    session: Session,
    pending: Vec<AckToken>,
    orders: u64,
    log: String,
}

/// Lines of `mm:ss what`; the answer lists what left, under the same clock.
fn check_with(profile: Profile, limits: Limits, story: &str, expected: Expect) {
    let mut told = Story {
        session: Session::new(Protocol::Jointech, profile, limits),
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
    check_with(Profile::ANY, Limits::default(), story, expected);
}

impl Story {
    fn step(&mut self, clock: &str, what: &str) {
        let (minutes, seconds) = clock.split_once(':').unwrap();
        let seconds: i64 = minutes.parse::<i64>().unwrap() * 60 + seconds.parse::<i64>().unwrap();
        let now = ServerTime::from_unix_ms(START_MS).plus_s(seconds);
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        match verb {
            "says" => self.session.receive(now, rest.as_bytes()),
            "hex" => self.session.receive(now, &unhex(rest)),
            "record" => self.session.receive(now, &record(rest).encode()),
            "durable" => {
                for token in std::mem::take(&mut self.pending) {
                    self.session.acknowledge(token, now);
                }
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

    fn order(&mut self, what: &str, now: ServerTime, clock: &str) {
        self.orders += 1;
        let sent = self.session.send(OrderId(self.orders), &command(what), now);
        if let Err(refused) = sent {
            writeln!(self.log, "{clock} not spoken: {}", refused.why).unwrap();
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
                        "report {:?} of {} {}",
                        report.kind,
                        report.device,
                        signals.join(" ")
                    )
                }
                Output::Transmit(bytes) => format!("sends {}", String::from_utf8(bytes).unwrap()),
                Output::Answered(id, outcome) => format!("order {id} ends {outcome:?}"),
                Output::Oddity(oddity) => {
                    format!(
                        "oddity {} of {} bytes at {}",
                        oddity.what,
                        oddity.bytes.len(),
                        oddity.offset
                    )
                }
                Output::Learned(secret) => format!("learned {secret:?}"),
                Output::Close(reason) => format!("closes {reason:?}"),
            };
            writeln!(self.log, "{clock} {}", line.trim_end()).unwrap();
        }
    }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// `serial [old] [asks] [unset] [late]`: a sealed seal in Semarang.
fn record(words: &str) -> Record {
    let mut words = words.split(' ');
    let serial = words.next().unwrap().parse().unwrap();
    let mut record = Record {
        device: 7_100_000_042,
        version: 0x19,
        device_type: 1,
        data_type: 1,
        place: Place {
            clock: Said::from_two_digits([3, 2, 26, 9, 30, 15]),
            latitude: Some(6_581_234),
            longitude: Some(110_254_321),
            flags: flag::FIX | flag::EAST | flag::FIXED,
            speed_kn: 20,
            course_half_deg: 45,
        },
        mileage_km: 300,
        satellites: 9,
        vehicle: 0,
        status: Status(0x20E0),
        battery: 87,
        cell_low: 0x1234,
        lac: 0x5678,
        csq: 24,
        fence: Some(FenceTail {
            fence: 0,
            expanded: 1,
            mnc_high: 0,
            reserved: 0x0F,
        }),
        cell: Some(CellTail {
            imei: [0x0F; 8],
            cell_high: 1,
            mcc: 510,
            mnc_low: 10,
        }),
        serial,
    };
    for word in words {
        match word {
            "old" => (record.version, record.status) = (0x17, Status(0x20C0)),
            "asks" => record.status = Status(record.status.0 | 0x20),
            "unset" => record.place.clock = Said::from_two_digits([1, 1, 0, 0, 3, 1]),
            "late" => record.data_type = 3,
            "other" => record.device = 7_100_000_043,
            unknown => panic!("no such word: {unknown}"),
        }
    }
    record
}

fn command(what: &str) -> SealCommand {
    let words: Vec<&str> = what.split(' ').collect();
    let text = |at: usize| String::from(words[at]);
    let number = |at: usize| words[at].parse().unwrap();
    let cards = || words[1..].iter().map(|card| String::from(*card)).collect();
    match words[0] {
        "unlock" => SealCommand::UnlockStatic { password: text(1) },
        "unlock_dynamic" => SealCommand::UnlockDynamic { password: text(1) },
        "cards" => SealCommand::AuthoriseCards { cards: cards() },
        "withdraw" => SealCommand::WithdrawCards { cards: cards() },
        "password" => SealCommand::SetPassword {
            new: text(1),
            old: text(2),
        },
        "dynamic" => SealCommand::DynamicPassword { on: words[1] == "on" },
        "interval" => SealCommand::Interval {
            awake_s: number(1),
            asleep_s: number(2),
        },
        "awake" => SealCommand::AlwaysAwake { on: words[1] == "on" },
        "time" => SealCommand::SetTime,
        "channels" => SealCommand::Channels(Channels {
            sms: false,
            network: true,
            rfid: true,
            serial: false,
            bluetooth: words[1] == "bluetooth",
        }),
        other => panic!("no such order: {other}"),
    }
}

/// "Ack only after the record is durable": nothing leaves before, one answer a record after.
#[test]
fn a_record_is_acknowledged_once_it_is_durable() {
    check(
        "00:00 record 7
         00:01 tick
         00:02 durable
         00:03 durable",
        expect![[r#"
            00:00 report Record of 7100000042
            00:02 sends (P69,0,7)
        "#]],
    );
}

/// "Re-sent data": the same record keeps its number, and each copy has its answer.
#[test]
fn a_record_sent_again_is_acknowledged_again() {
    check(
        "00:00 record 7
         00:20 record 7 late
         00:21 durable",
        expect![[r#"
            00:00 report Record of 7100000042
            00:20 report Record of 7100000042
            00:21 sends (P69,0,7)
            00:21 sends (P69,0,7)
        "#]],
    );
}

/// "JT701 (<0x19): only when status bit 5 set".
#[test]
fn an_old_seal_is_acknowledged_only_where_it_asks() {
    check(
        "00:00 record 7 old
         00:00 durable
         00:10 record 8 old asks
         00:10 durable",
        expect![[r#"
            00:00 report Record of 7100000042
            00:10 report Record of 7100000042
            00:10 sends (P35)
        "#]],
    );
}

#[test]
fn a_lock_event_of_an_old_seal_is_acknowledged_twice_over() {
    let story =
        "00:00 says (7100000042,P45,030226,093000,6.96856,S,110.42390,E,A,0,0,5,0,0000000000,0,0,3,58)
                 00:00 durable";
    check(
        story,
        expect![[r#"
        00:00 report Happening of 7100000042 sealed
        00:00 sends (P69,0,3)
    "#]],
    );
    check_with(
        Profile::of(Dialect::Jt701),
        Limits::default(),
        story,
        expect![[r#"
        00:00 report Happening of 7100000042 sealed
        00:00 sends (P69,0,3)
        00:00 sends (P46)
    "#]],
    );
    check_with(
        Profile::of(Dialect::Jt701d),
        Limits::default(),
        story,
        expect![[r#"
        00:00 report Happening of 7100000042 sealed
        00:00 sends (P69,0,3)
    "#]],
    );
}

/// Handbook of protocols 1.5: "JT701 (<0x19): ... P45 -> (P46)". Before the first record only its registration says which it
/// is; that is known when its first frame has told who speaks, before that frame is answered.
#[test]
fn a_lock_event_as_the_first_frame_is_answered_by_the_registered_profile() {
    let event = "says (7100000042,P45,030226,093000,6.96856,S,110.42390,E,A,0,0,5,0,0000000000,0,0,3,58)";
    check(
        &format!("00:00 {event}\n00:01 registered jt701\n00:02 durable"),
        expect![[r#"
            00:00 report Happening of 7100000042 sealed
            00:02 sends (P69,0,3)
            00:02 sends (P46)
        "#]],
    );
    check(
        &format!("00:00 {event}\n00:01 registered any\n00:02 durable"),
        expect![[r#"
            00:00 report Happening of 7100000042 sealed
            00:02 sends (P69,0,3)
        "#]],
    );
    // What a record says of itself counts more than what somebody entered.
    check(
        &format!("00:00 record 7\n00:00 durable\n00:01 registered jt701\n00:02 {event}\n00:03 durable"),
        expect![[r#"
            00:00 report Record of 7100000042
            00:00 sends (P69,0,7)
            00:02 report Happening of 7100000042 sealed
            00:03 sends (P69,0,3)
        "#]],
    );
}

/// "Time without fix … answer time-sync": once a connection, after the record is durable.
#[test]
fn a_seal_without_a_clock_is_told_the_time_once() {
    check(
        "00:00 record 7 unset
         00:02 durable
         00:12 record 8 unset
         00:12 durable
         00:20 says (7100000042,P22,2)
         00:21 durable
         00:22 says (7100000042,P22,1)
         00:22 durable",
        expect![[r#"
            00:00 report Record of 7100000042 clock_unset
            00:02 sends (P69,0,7)
            00:02 sends (P22,030226093002)
            00:12 report Record of 7100000042 clock_unset
            00:12 sends (P69,0,8)
            00:20 report Happening of 7100000042 clock_unset
            00:21 sends (P22,030226093021)
            00:22 report Answer of 7100000042
        "#]],
    );
}

/// "New dynamic password, every minute until answered by echo".
#[test]
fn a_dynamic_password_is_learned_and_echoed_once_durable() {
    check(
        "00:00 says (7100000042,P52,2,113271)
         00:01 durable",
        expect![[r#"
            00:00 learned DynamicPassword(7100000042, ..)
            00:00 report Happening of 7100000042
            00:01 sends (P52,2,113271)
        "#]],
    );
}

/// "Queue per device, deliver right after its first frame".
#[test]
fn an_order_waits_for_the_first_frame() {
    check(
        "00:00 order interval 60 1800
         05:00 tick
         10:00 record 7
         10:05 says (7100000042,P04,60,30)",
        expect![[r#"
            10:00 report Record of 7100000042
            10:00 sends (P04,1,60,30)
            10:05 report Answer of 7100000042
            10:05 order 1 ends Done
        "#]],
    );
}

#[test]
fn an_interval_that_the_seal_did_not_take_is_refused() {
    check(
        "00:00 record 7
         00:01 order interval 60 1800
         00:05 says (7100000042,P04,60,60)",
        expect![[r#"
            00:00 report Record of 7100000042
            00:01 sends (P04,1,60,30)
            00:05 report Answer of 7100000042
            00:05 order 1 ends Refused { answer: "P04,60,60" }
        "#]],
    );
}

#[test]
fn unlocking_ends_as_the_seal_says() {
    check(
        "00:00 record 7
         00:01 order unlock 12#aAM
         00:02 says (7100000042,P43,1,0)
         00:03 order unlock 12#aAM
         00:04 says (7100000042,P43,0,3)
         00:05 order unlock_dynamic 223457
         00:06 says (7100000042,P52,3,1,0)
         00:07 order unlock_dynamic 223457
         00:08 says (7100000042,P52,3,0,1)",
        expect![[r#"
            00:00 report Record of 7100000042
            00:01 sends (P43,12#aAM)
            00:02 report Answer of 7100000042
            00:02 order 1 ends Done
            00:03 sends (P43,12#aAM)
            00:04 report Answer of 7100000042
            00:04 order 2 ends Refused { answer: "P43,0,3" }
            00:05 sends (P52,3,223457)
            00:06 report Answer of 7100000042
            00:06 order 3 ends Done
            00:07 sends (P52,3,223457)
            00:08 report Answer of 7100000042
            00:08 order 4 ends Refused { answer: "P52,3,0,1" }
        "#]],
    );
}

#[test]
fn an_answer_ends_one_order_and_only_its_own() {
    check(
        "00:00 record 7
         00:01 order unlock 12#aAM
         00:01 order unlock 12#aAM
         00:01 order awake on
         00:02 says (7100000042,P54,1,0)
         00:03 says (7100000042,P43,1,0)
         00:04 says (7100000042,P43,1,0)
         00:05 says (7100000042,P43,1,0)",
        expect![[r#"
            00:00 report Record of 7100000042
            00:01 sends (P43,12#aAM)
            00:01 sends (P54,1,1)
            00:02 report Answer of 7100000042
            00:02 order 3 ends Done
            00:03 report Answer of 7100000042
            00:03 order 1 ends Done
            00:03 sends (P43,12#aAM)
            00:04 report Answer of 7100000042
            00:04 order 2 ends Done
            00:05 report Answer of 7100000042
        "#]],
    );
}

/// Sixty seconds: not one second before.
#[test]
fn an_order_without_answer_ends_after_a_minute() {
    check(
        "00:00 record 7
         00:01 order awake on
         00:01 order awake off
         01:00 tick
         01:01 tick
         02:00 tick
         02:01 tick
         02:02 says (7100000042,P54,0,0)",
        expect![[r#"
            00:00 report Record of 7100000042
            00:01 sends (P54,1,1)
            01:01 order 1 ends NoAnswer
            01:01 sends (P54,1,0)
            02:01 order 2 ends NoAnswer
            02:02 report Answer of 7100000042
        "#]],
    );
}

#[test]
fn every_order_is_spoken_and_answered() {
    check(
        "00:00 record 7
         00:01 order cards 0006734739 0006688921
         00:01 order dynamic on
         00:01 order channels bluetooth
         00:01 order password 12#aAM 888888
         00:01 order time
         00:02 says (7100000042,P41,1,0)
         00:02 says (7100000042,P52,1,1,0)
         00:02 says (7100000042,P59,0,1,1,0,1)
         00:02 says (7100000042,P44,1)
         00:02 says (7100000042,P22,0)
         00:03 order withdraw 0006734739
         00:03 says (7100000042,P41,2,0)
         00:04 order channels none
         00:05 says (7100000042,P59,0,1,1,0,1)
         00:06 order dynamic off
         00:07 says (7100000042,P52,1,1,0)",
        expect![[r#"
            00:00 report Record of 7100000042
            00:01 sends (P41,1,1,2,0006734739,0006688921)
            00:01 sends (P52,1,1,1,0)
            00:01 sends (P59,1,0,1,1,0,1)
            00:01 sends (P44,12#aAM,888888)
            00:01 sends (P22,030226093001)
            00:02 report Answer of 7100000042
            00:02 order 1 ends Done
            00:02 report Answer of 7100000042
            00:02 order 2 ends Done
            00:02 report Answer of 7100000042
            00:02 order 3 ends Done
            00:02 report Answer of 7100000042
            00:02 order 4 ends Done
            00:02 report Answer of 7100000042
            00:02 order 5 ends Done
            00:03 sends (P41,1,2,1,0006734739)
            00:03 report Answer of 7100000042
            00:03 order 6 ends Done
            00:04 sends (P59,1,0,1,1,0,0)
            00:05 report Answer of 7100000042
            00:05 order 7 ends Refused { answer: "P59,0,1,1,0,1" }
            00:06 sends (P52,1,1,0,0)
            00:07 report Answer of 7100000042
            00:07 order 8 ends Refused { answer: "P52,1,1,0" }
        "#]],
    );
}

#[test]
fn what_a_seal_cannot_take_is_not_sent() {
    check(
        "00:00 record 7
         00:01 order unlock 12345
         00:01 order unlock 1234567
         00:01 order unlock 123,56
         00:01 order unlock 123)56
         00:01 order unlock 123=56
         00:01 order unlock_dynamic 12345a
         00:01 order cards 12
         00:01 order cards 4294967296
         00:01 order cards 0000000000
         00:01 order interval 4 1800
         00:01 order interval 601 1800
         00:01 order interval 60 240
         00:01 order interval 60 86460
         00:01 order interval 60 1801
         00:02 order interval 5 300
         00:03 says (7100000042,P04,5,5)
         00:04 order interval 600 86400",
        expect![[r#"
            00:00 report Record of 7100000042
            00:01 not spoken: a password has six letters, digits or symbols, none of them a comma or a bracket
            00:01 not spoken: a password has six letters, digits or symbols, none of them a comma or a bracket
            00:01 not spoken: a password has six letters, digits or symbols, none of them a comma or a bracket
            00:01 not spoken: a password has six letters, digits or symbols, none of them a comma or a bracket
            00:01 not spoken: a password has six letters, digits or symbols, none of them a comma or a bracket
            00:01 not spoken: a one-time password has six digits
            00:01 not spoken: a card number has ten digits
            00:01 not spoken: card numbers are 0000000001 to 4294967295
            00:01 not spoken: card numbers are 0000000001 to 4294967295
            00:01 not spoken: awake, a seal reports every 5 to 600 seconds
            00:01 not spoken: awake, a seal reports every 5 to 600 seconds
            00:01 not spoken: asleep, a seal wakes every 5 to 1440 minutes
            00:01 not spoken: asleep, a seal wakes every 5 to 1440 minutes
            00:01 not spoken: asleep, a seal counts in whole minutes
            00:02 sends (P04,1,5,5)
            00:03 report Answer of 7100000042
            00:03 order 15 ends Done
            00:04 sends (P04,1,600,1440)
        "#]],
    );
}

#[test]
fn orders_beyond_the_limit_are_refused() {
    check_with(
        Profile::ANY,
        Limits {
            orders: 2,
            ..Limits::default()
        },
        "00:00 order awake on
         00:00 order awake on
         00:00 order awake on
         00:01 record 7
         00:02 says (7100000042,P54,1,0)
         00:03 order awake on",
        expect![[r#"
            00:00 not spoken: too many orders already wait for this seal
            00:01 report Record of 7100000042
            00:01 sends (P54,1,1)
            00:02 report Answer of 7100000042
            00:02 order 1 ends Done
            00:02 sends (P54,1,1)
        "#]],
    );
}

#[test]
fn frames_that_end_like_lines_are_no_garbage() {
    check(
        "00:00 hex 28373130303030303034322c404a54290d0a0d0a28373130303030303034322c404a54290d0a",
        expect![[r#"
            00:00 report Heartbeat of 7100000042 heartbeat
            00:00 report Heartbeat of 7100000042 heartbeat
        "#]],
    );
}

#[test]
fn a_browser_or_a_scanner_is_shown_the_door() {
    check(
        "00:00 says GET / HTTP/1.1",
        expect![[r#"
        00:00 oddity another_protocol of 14 bytes at 0
        00:00 closes NotASeal
    "#]],
    );
    check(
        "00:00 hex 16030100f4010000f0",
        expect![[r#"
        00:00 oddity another_protocol of 9 bytes at 0
        00:00 closes NotASeal
    "#]],
    );
    check(
        "00:00 says GE
         00:00 says T / HTTP/1.1
         00:01 record 7",
        expect![[r#"
            00:00 oddity another_protocol of 14 bytes at 0
            00:00 closes NotASeal
        "#]],
    );
}

#[test]
fn garbage_is_skipped_up_to_the_next_frame_and_has_an_end() {
    check(
        "00:00 says abc(7100000042,@JT)def
         00:01 says $noise(x(7100000042,@JT)
         00:02 says (7100000042)(7100000042,U04)",
        expect![[r#"
            00:00 oddity garbage of 3 bytes at 0
            00:00 report Heartbeat of 7100000042 heartbeat
            00:00 oddity garbage of 3 bytes at 19
            00:01 oddity not_a_device_id of 6 bytes at 22
            00:01 oddity not_a_device_id of 2 bytes at 28
            00:01 report Heartbeat of 7100000042 heartbeat
            00:02 oddity not_a_message of 12 bytes at 46
            00:02 oddity unknown_command of 16 bytes at 58
            00:02 report Happening of 7100000042
        "#]],
    );
    check_with(
        Profile::ANY,
        Limits {
            garbage_bytes: 9,
            ..Limits::default()
        },
        "00:00 says abcdefghi
         00:01 says j(7100000042,@JT)
         00:02 says (7100000042,@JT)",
        expect![[r#"
            00:00 oddity garbage of 9 bytes at 0
            00:01 oddity garbage of 1 bytes at 9
            00:01 closes TooMuchGarbage
        "#]],
    );
}

/// A frame that was begun and never finished must not swallow what comes after it.
#[test]
fn a_frame_never_finished_is_given_up_after_a_minute() {
    check(
        "00:00 hex 2471000000421911003403
         00:10 says (7100000042,@JT)
         00:59 tick
         01:00 tick",
        expect![[r#"
            01:00 oddity frame_not_finished of 11 bytes at 0
            01:00 report Heartbeat of 7100000042 heartbeat
        "#]],
    );
}

#[test]
fn another_device_on_the_same_connection_is_told_apart() {
    check(
        "00:00 record 7
         00:01 record 7 other
         00:02 durable",
        expect![[r#"
            00:00 report Record of 7100000042
            00:01 oddity another_device of 62 bytes at 62
            00:01 report Record of 7100000043
            00:02 sends (P69,0,7)
            00:02 sends (P69,0,7)
        "#]],
    );
}

/// A record cut short by its own length is kept and acknowledged: otherwise the seal would send nothing else for ever.
#[test]
fn a_record_too_short_to_be_one_is_kept_and_acknowledged() {
    check(
        "00:00 hex 247100000042191100050302260907
         00:01 durable",
        expect![[r#"
            00:00 oddity record_too_short of 15 bytes at 0
            00:00 report Record of 7100000042
            00:01 sends (P69,0,7)
        "#]],
    );
}

/// Law 4: "Raw frames are kept byte for byte". A whole message that cannot be read is a bare report, so it is stored, and
/// answered where its protocol asks for it.
#[test]
fn a_whole_message_that_cannot_be_read_is_kept_and_answered_where_the_protocol_asks() {
    check(
        "00:00 says (7100000042,X99,1,2)
         00:00 says (7100000042,U01,030226,093000,T,x,S,110.42390,E,0,0,9,80%,00000000,1,2,20,58,3)
         00:00 says (7100000042,U06,1,030226,093000,T,x,S,110.42390,E,0,0,9,80%,00000000,1,2,20,58,3)
         00:00 says (7100000042,W01,x,E,0658.1234,S,A,030226,093000,0,0,80,9,20,0)
         00:00 says (7100000042,0,1,WLNET,5,2,abc)
         00:00 says (7100000042,0,1,WLNET,7,2,abc)
         00:00 says (7100000042,P52,2,12x456)
         00:00 hex 247100000042110005000000000007
         00:01 durable",
        expect![[r#"
            00:00 oddity unknown_command of 20 bytes at 0
            00:00 report Happening of 7100000042
            00:00 oddity no_such_place of 79 bytes at 20
            00:00 report Record of 7100000042
            00:00 oddity no_such_place of 81 bytes at 99
            00:00 report Record of 7100000042
            00:00 oddity no_such_place of 62 bytes at 180
            00:00 report Record of 7100000042
            00:00 oddity peripheral_too_short of 30 bytes at 242
            00:00 report SubSeal of 7100000042
            00:00 oddity unknown_command of 30 bytes at 272
            00:00 report SubSeal of 7100000042
            00:00 oddity no_such_password of 25 bytes at 302
            00:00 report Happening of 7100000042
            00:00 oddity odd_record_length of 15 bytes at 327
            00:00 report Record of 7100000042
            00:01 sends (S39)
            00:01 sends (S20)
        "#]],
    );
}
