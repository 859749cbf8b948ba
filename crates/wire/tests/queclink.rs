//! Talks with a Queclink unit, told as stories, and what holds for all of its bytes. The messages are built by hand from the
//! maker's manual of the GL300.
#![allow(clippy::unwrap_used, reason = "a story that cannot be read fails its test")]

mod talk;

use expect_test::{Expect, expect};
use proptest::{collection::vec, prelude::*};
use segel_model::report::Protocol;
use segel_wire::{Dialect, Profile};

/// Lines of the story may say `<head kind before count>`, which stands for a message with a place in Semarang.
fn check_as(profile: Profile, story: &str, expected: Expect) {
    let told: Vec<String> = story.lines().map(with_messages).collect();
    talk::check(Protocol::Queclink, profile, &told.join("\n"), expected);
}

fn check(story: &str, expected: Expect) {
    check_as(Profile::ANY, story, expected);
}

fn with_messages(line: &str) -> String {
    let mut line = String::from(line);
    while let Some((from, to)) = line.find('<').zip(line.find('>')) {
        let words: Vec<&str> = line[from + 1..to].split(' ').collect();
        let message = message(words[0], words[1], words[2], words[3]);
        line.replace_range(from..=to, &message);
    }
    line
}

const PLACE: &str = "1,42.0,90,15.0,110.423900,-6.968560,20260203093015,0510,0010,18d8,6141";

fn message(head: &str, kind: &str, before: &str, count: &str) -> String {
    format!("+{head}:{kind},1A0102,860599000000042,,{before},{PLACE},00,87,20260203093020,{count}$")
}

/// Handbook 5: "`+ACK:GTHBD,ver,imei,…,cnt$` → `+SACK:GTHBD,ver,cnt$`"; not before it is durable.
#[test]
fn a_heartbeat_is_answered_once_it_is_durable() {
    check(
        "00:00 says +ACK:GTHBD,1A0102,860599000000042,,20260203093000,11F0$
         00:01 tick
         00:02 durable
         00:03 says +ACK:GTHBD,8020040305,860599000000042,,20260203093000,11f1$
         00:04 durable",
        expect![[r#"
            00:00 report Heartbeat of 860599000000042 heartbeat
            00:02 sends +SACK:GTHBD,1A0102,11F0$
            00:03 report Heartbeat of 860599000000042 heartbeat
            00:04 sends +SACK:GTHBD,8020040305,11F1$
        "#]],
    );
}

/// Handbook 5: "other reports → `+SACK:cnt$` only if SACK is enabled in the unit".
#[test]
fn reports_are_acknowledged_where_the_unit_wants_it() {
    let story = "00:00 says <RESP GTFRI 0,0,1 0001><BUFF GTFRI 0,0,1 0002>
                 00:01 durable
                 00:02 durable";
    check(
        story,
        expect![[r#"
            00:00 report Record of 860599000000042
            00:00 late report Record of 860599000000042
        "#]],
    );
    check_as(
        Profile::of(Dialect::QueclinkSack),
        story,
        expect![[r#"
            00:00 report Record of 860599000000042
            00:00 late report Record of 860599000000042
            00:01 sends +SACK:0001$
            00:01 sends +SACK:0002$
        "#]],
    );
    // Who it is stands in its first message; how it was registered is known before that is durable.
    check(
        "00:00 says <RESP GTFRI 0,0,1 0001>
         00:01 registered queclink_sack
         00:02 durable",
        expect![[r#"
            00:00 report Record of 860599000000042
            00:02 sends +SACK:0001$
        "#]],
    );
}

/// A message with many places is answered once, after its last.
#[test]
fn many_places_have_one_answer() {
    let two =
        format!("+RESP:GTFRI,1A0102,860599000000042,,0,0,2,{PLACE},00,{PLACE},00,87,20260203093020,0007$");
    check_as(
        Profile::of(Dialect::QueclinkSack),
        &format!("00:00 drips {two}\n00:01 durable"),
        expect![[r#"
            00:00 report Record of 860599000000042
            00:00 report Record of 860599000000042
            00:01 sends +SACK:0007$
        "#]],
    );
}

#[test]
fn alarms_are_signals() {
    check(
        "00:00 says <RESP GTLSA 0,1 0001><RESP GTLSA 0,0 0002><RESP GTLSW 0,1 0003>
         00:01 says <RESP GTTSW 1,1 0004><RESP GTTSW 1,0 0005>
         00:02 says <RESP GTGEO 3,1,1 0006><RESP GTGEO 3,0,1 0007>
         00:03 says <RESP GTJDS 2 0008><RESP GTJDS 1 0009><RESP GTBPL 3.53 000A>
         00:04 says +RESP:GTJDR,1A0102,860599000000042,,20260203093000,000B$
         00:05 says +RESP:GTPFA,1A0102,860599000000042,,20260203093000,000C$
         00:06 says +RESP:GTBTC,1A0102,860599000000042,,20260203093000,000D$",
        expect![[r#"
            00:00 report Happening of 860599000000042 cover_open
            00:00 report Happening of 860599000000042
            00:00 report Happening of 860599000000042 cover_open
            00:01 report Happening of 860599000000042 dismantled
            00:01 report Happening of 860599000000042
            00:02 report Happening of 860599000000042 fence_in
            00:02 report Happening of 860599000000042 fence_out
            00:03 report Happening of 860599000000042 jamming
            00:03 report Happening of 860599000000042
            00:03 report Happening of 860599000000042 low_battery
            00:04 report Happening of 860599000000042 jamming
            00:05 report Happening of 860599000000042 power_low_offline
            00:06 report Happening of 860599000000042 charging
        "#]],
    );
}

#[test]
fn a_clock_that_is_not_set_is_told() {
    check(
        "00:00 says +RESP:GTPNA,1A0102,860599000000042,,20040101000052,0001$
         00:01 says +RESP:GTPNA,1A0102,860599000000042,,20260203093000,0002$",
        expect![[r#"
            00:00 report Happening of 860599000000042 clock_unset
            00:01 report Happening of 860599000000042
        "#]],
    );
}

#[test]
fn rubbish_before_and_between_messages_is_passed_over() {
    check(
        "00:00 says abc+x<RESP GTFRI 0,0,1 0001>+RESP:GTFRI,1A0102,8605
         00:01 says <RESP GTFRI 0,0,1 0002>
         00:02 says +RESP:GTFRI,nobody$
         00:03 drips <RESP GTFRI 0,0,1 0003>",
        expect![[r#"
            00:00 oddity garbage of 3 bytes at 0
            00:00 oddity garbage of 2 bytes at 3
            00:00 report Record of 860599000000042
            00:01 oddity frame_not_finished of 25 bytes at 144
            00:01 report Record of 860599000000042
            00:02 oddity not_a_message of 19 bytes at 310
            00:03 report Record of 860599000000042
        "#]],
    );
}

#[test]
fn a_message_whose_end_never_comes_is_given_up() {
    check(
        "00:00 cuts +RESP:GTFRI,1A0102
         01:00 tick
         01:05 says <RESP GTFRI 0,0,1 0002>",
        expect![[r#"
            01:00 oddity frame_not_finished of 18 bytes at 0
            01:05 report Record of 860599000000042
        "#]],
    );
}

/// Handbook 5: "Down: … `AT+GTFRI=…` interval"; the answer repeats the number we gave.
#[test]
fn an_order_waits_for_the_model_and_ends_by_its_number() {
    check(
        "00:00 order interval 60 60
         00:01 says <RESP GTFRI 0,0,1 0001>
         00:02 says +ACK:GTFRI,1A0102,860599000000042,,0002,20260203093000,0002$
         00:03 says +ACK:GTFRI,1A0102,860599000000042,,0001,20260203093000,0003$
         00:04 order interval 120 120
         01:03 tick
         01:04 tick",
        expect![[r#"
            00:01 report Record of 860599000000042
            00:01 sends AT+GTFRI=gl300,1,,,,,,60,60,,,,,,,,,,,,0001$
            00:02 report Answer of 860599000000042
            00:03 report Answer of 860599000000042
            00:03 order 1 ends Done
            00:04 sends AT+GTFRI=gl300,1,,,,,,120,120,,,,,,,,,,,,0002$
            01:04 order 2 ends NoAnswer
        "#]],
    );
}

#[test]
fn what_the_unit_has_no_words_for_is_refused_with_a_sentence() {
    check(
        "00:00 order interval 60 1800
         00:01 order unlock 888888
         00:02 order awake
         00:03 order interval 2 2",
        expect![[r#"
            00:00 not spoken: this tracker has one interval: awake and asleep must be the same
            00:01 not spoken: this tracker has no lock
            00:02 not spoken: this tracker cannot be told to stay awake
            00:03 not spoken: this tracker reports every 5 to 86400 seconds
        "#]],
    );
}

#[test]
fn an_order_for_an_unknown_model_ends_when_the_model_is_known() {
    check(
        "00:00 order interval 60 60
         00:01 says +ACK:GTHBD,060228,860599000000042,,20260203093000,11F0$
         00:02 order interval 60 60",
        expect![[r#"
            00:01 report Heartbeat of 860599000000042 heartbeat
            00:01 order 1 ends NotSpoken { why: "how this model is spoken to, and its password, are not known" }
            00:02 not spoken: how this model is spoken to, and its password, are not known
        "#]],
    );
}

/// A binary heartbeat with a checksum of its own, or a wrong one.
fn binary(wrong: u8) -> Vec<u8> {
    let mut bytes = b"+HBD\xEB\x1E\x04\x02\x0C".to_vec();
    bytes.extend([86, 5, 99, 0, 0, 0, 4, 2]);
    bytes.extend([0x07, 0xEA, 2, 3, 9, 30, 15, 0x11, 0xF0]);
    let sum = bytes[4..].iter().fold(0xFFFF_u16, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte) << 8, |sum, _| {
            if sum & 0x8000 == 0 {
                sum << 1
            } else {
                sum << 1 ^ 0x1021
            }
        })
    });
    bytes.extend(sum.to_be_bytes());
    *bytes.last_mut().unwrap() ^= wrong;
    bytes.extend(b"\r\n");
    bytes
}

#[test]
fn text_and_binary_may_follow_each_other() {
    let text = message("RESP", "GTFRI", "0,0,1", "0001").into_bytes();
    let bytes = [binary(0), text.clone(), binary(1), text].concat();
    let (reports, raw, sent) = talk::hear(Protocol::Queclink, &[&bytes]);
    assert_eq!(reports.len(), 4, "a wrong checksum is kept too");
    assert_eq!(raw.concat(), bytes);
    assert_eq!(sent, [b""; 0]);
    assert!(reports.iter().all(|report| report.device.0 == "860599000000042"));
}

/// Messages whole, cut and damaged.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let kinds = prop::sample::select(vec![
        "GTFRI", "GTERI", "GTGEO", "GTLSA", "GTINF", "GTGSM", "GTXYZ",
    ]);
    let text =
        (kinds, "[0-9]{1,2}(,[0-9A-F.]{0,6}){0,4}", 0_u16..=0xFFFF).prop_map(|(kind, before, count)| {
            message("RESP", kind, &before, &format!("{count:04X}")).into_bytes()
        });
    let loose = "\\+(RESP|BUFF|ACK):GT[A-Z]{3},[0-9A-F]{6},[0-9]{15}(,[0-9A-F.-]{0,14}){0,40},[0-9]{14},[0-9A-F]{4}\\$";
    let piece = prop_oneof![
        3 => (text, "(\r\n)?").prop_map(|(text, end)| [text, end.into_bytes()].concat()),
        3 => loose.prop_map(String::into_bytes),
        1 => (0_u8..3).prop_map(binary),
        1 => vec(any::<u8>(), 0..20),
        1 => "\\+(RESP|RSP|EVT|INF|HBD)[:\\x00-\\x20]{0,12}".prop_map(String::into_bytes),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn cuts_change_nothing_that_a_unit_says(
        bytes in stream(), cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let whole = talk::hear(Protocol::Queclink, &[&bytes]);
        prop_assert_eq!(talk::hear(Protocol::Queclink, &talk::cut(&bytes, &cuts)), whole);
    }

    /// Every place of a message is a report, whatever stands before it.
    #[test]
    fn every_place_is_a_report(places in 1_usize..8, before in "[0-9]{1,2}(,[0-9A-F]{0,6}){0,4}") {
        let places_text = vec![format!("{PLACE},00"); places].join(",");
        let text = format!("+RESP:GTFRI,1A0102,860599000000042,,{before},{places_text},87,20260203093020,0001$");
        let (reports, _, _) = talk::hear(Protocol::Queclink, &[text.as_bytes()]);
        prop_assert_eq!(reports.len(), places);
        for report in reports {
            let fix = report.fix.unwrap();
            prop_assert_eq!((fix.position.lat, fix.position.lon), (-6.96856, 110.4239));
        }
    }
}
