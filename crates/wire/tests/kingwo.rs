//! Talks with a Kingwo seal, told as stories: what comes, what leaves, in which order.
#![allow(clippy::unwrap_used, reason = "a story that cannot be read fails its test")]

use std::fmt::Write;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use segel_model::{OrderId, Report, ServerTime, order::SealCommand, report::Protocol};
use segel_wire::{AckToken, Limits, Output, Profile, Session};

const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_000_000);
const PLACE: &str = "*HQ201866000000000017,AB1&A0930150658123411025432141009030226&l2000#";
const BEAT: &str = "*HQ201866000000000017,AH&M830#";

/// Lines of `mm:ss what`; the answer lists what left, under the same clock.
fn check(story: &str, expected: Expect) {
    let mut session = Session::new(Protocol::Kingwo, Profile::ANY, Limits::default());
    let (mut pending, mut log): (Vec<AckToken>, String) = (Vec::new(), String::new());
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (clock, what) = line.split_once(' ').unwrap();
        let (minutes, seconds) = clock.split_once(':').unwrap();
        let now = NOW.plus_s(minutes.parse::<i64>().unwrap() * 60 + seconds.parse::<i64>().unwrap());
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        match verb {
            "says" => session.receive(now, rest.as_bytes()),
            "place" => session.receive(now, PLACE.as_bytes()),
            "beat" => session.receive(now, BEAT.as_bytes()),
            "half" => session.receive(now, &PLACE.as_bytes()[..30]),
            "durable" => {
                for token in std::mem::take(&mut pending) {
                    session.acknowledge(token, now);
                }
            }
            "order" => {
                let order = SealCommand::AlwaysAwake { on: true };
                assert!(session.takes(&order, now));
                let refused = session.send(OrderId(1), &order, now).unwrap_err();
                writeln!(log, "{clock} not spoken: {}", refused.why).unwrap();
            }
            "tick" => session.tick(now),
            other => panic!("no such step: {other}"),
        }
        while let Some(output) = session.poll() {
            let line = match output {
                Output::Report(reported) => {
                    pending.push(reported.token);
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
                Output::Oddity(oddity) => format!("oddity {} of {} bytes", oddity.what, oddity.bytes.len()),
                Output::Close(reason) => format!("closes {reason:?}"),
                Output::Answered(..) | Output::Learned(_) => panic!("nobody asked"),
            };
            writeln!(log, "{clock} {}", line.trim_end()).unwrap();
        }
    }
    expected.assert_eq(&log);
}

/// Law 1: nothing is acknowledged before it is durable.
#[test]
fn an_answer_waits_until_its_report_is_durable() {
    check(
        "00:00 place
         00:00 beat
         00:01 durable
         00:02 says *HQ200866000000000017,BA&l2000#
         00:03 durable",
        expect![[r#"
            00:00 report Record of 866000000000017
            00:00 report Heartbeat of 866000000000017 heartbeat
            00:01 sends *HQ20YAB#
            00:01 sends *HQ20YAH#
            00:02 report Record of 866000000000017
        "#]],
    );
}

#[test]
fn rubbish_and_half_messages_do_not_swallow_the_next() {
    check(
        "00:00 says abc
         00:01 beat
         00:02 half
         00:03 beat
         00:04 says *HQ20,nothing#
         00:05 half
         01:05 tick
         01:06 beat",
        expect![[r#"
            00:00 oddity garbage of 3 bytes
            00:01 report Heartbeat of 866000000000017 heartbeat
            00:03 oddity frame_cut of 30 bytes
            00:03 report Heartbeat of 866000000000017 heartbeat
            00:04 oddity garbage of 14 bytes
            01:05 oddity frame_not_finished of 30 bytes
            01:06 report Heartbeat of 866000000000017 heartbeat
        "#]],
    );
}

/// No command of these seals is published.
#[test]
fn nothing_is_sent_that_is_not_known() {
    check(
        "00:00 beat
         00:01 order",
        expect![[r#"
            00:00 report Heartbeat of 866000000000017 heartbeat
            00:01 not spoken: no command of this seal is published
        "#]],
    );
}

fn talk(pieces: &[&[u8]]) -> (Vec<Report>, Vec<Vec<u8>>) {
    let mut session = Session::new(Protocol::Kingwo, Profile::ANY, Limits::default());
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
    let whole = [PLACE, BEAT, "\r\n", PLACE].concat().into_bytes();
    let said = talk(&[&whole]);
    assert_eq!((said.0.len(), said.1.len()), (3, 3));
    for at in 0..=whole.len() {
        assert_eq!(talk(&[&whole[..at], &whole[at..]]), said, "cut at {at}");
    }
    let single: Vec<&[u8]> = whole.chunks(1).collect();
    assert_eq!(talk(&single), said);
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        2 => Just(PLACE.as_bytes().to_vec()),
        1 => Just(PLACE.as_bytes()[..30].to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..30),
        3 => "\\*(HQ|VK)20[01][0-9]{5,16},[A-Z]{2}(&[A-Za-z][0-9A-F(),;]{0,16}){0,8}#".prop_map(String::into_bytes),
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
