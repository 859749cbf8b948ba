//! Talks with an eSeal CT-C, told as stories, and what holds for all of its bytes. The lines are built by hand from the handbook.
#![allow(clippy::unwrap_used, reason = "a story that cannot be read fails its test")]

mod talk;

use expect_test::{Expect, expect};
use proptest::{collection::vec, prelude::*};
use segel_model::report::Protocol;
use segel_wire::Profile;

/// Lines of the story may say `<Kind index>`, which stands for a record of a closed seal in Semarang.
fn check(story: &str, expected: Expect) {
    let told: Vec<String> = story.lines().map(with_records).collect();
    talk::check(Protocol::Eseal, Profile::ANY, &told.join("\n"), expected);
}

fn with_records(line: &str) -> String {
    let mut line = String::from(line);
    while let Some((from, to)) = line.find('<').zip(line.find('>')) {
        let (kind, index) = line[from + 1..to].split_once(' ').unwrap();
        let record = record(kind, index);
        line.replace_range(from..=to, &record);
    }
    line
}

fn record(kind: &str, index: &str) -> String {
    let door = if kind == "Event-Door" { "Open" } else { "Close" };
    format!(
        "##S,eSeal,7100042,256,3.0.6,{kind},{index},2026-02-03,09:30:15,15,A,6.968560S 110.423900E,90,42,{door},0.71,0:0:3:0,3.8,-73,E##"
    )
}

/// Handbook 7: "Ack: same prefix up to the type, then <type> ACK,<index>,E##"; nothing before the report is durable.
#[test]
fn a_record_is_acknowledged_once_it_is_durable_and_once_only() {
    check(
        "00:00 says <Normal 34>
         00:01 tick
         00:02 durable
         00:03 durable",
        expect![[r#"
            00:00 report Record of 7100042
            00:02 sends ##S,eSeal,7100042,256,3.0.6,Normal ACK,34,E##
        "#]],
    );
}

/// Handbook 7: "for Startup `Startup ACK,<index>,<config>,E##`", which the seal says back.
#[test]
fn a_seal_that_starts_is_told_how_to_work() {
    check(
        "00:00 says <Startup 1>
         00:01 durable
         00:02 says ##S,eSeal,7100042,256,3.0.6,Startup OK,1,180,30,30,16,1,E##
         00:03 durable",
        expect![[r#"
            00:00 report Record of 7100042
            00:01 sends ##S,eSeal,7100042,256,3.0.6,Startup ACK,1,180,30,30,16,1,E##
            00:02 report Answer of 7100042
        "#]],
    );
}

#[test]
fn each_record_has_its_own_answer_whatever_the_order_in_which_they_become_durable() {
    check(
        "00:00 says <Event-Door 7><Event-Lock 8>
         00:00 says <Event-Shock 9>
         00:01 durable
         00:02 says <Event-Door 7>
         00:03 durable",
        expect![[r#"
            00:00 report Happening of 7100042 rope_out
            00:00 report Happening of 7100042 sealed
            00:00 report Happening of 7100042 vibration
            00:01 sends ##S,eSeal,7100042,256,3.0.6,Event-Door ACK,7,E##
            00:01 sends ##S,eSeal,7100042,256,3.0.6,Event-Lock ACK,8,E##
            00:01 sends ##S,eSeal,7100042,256,3.0.6,Event-Shock ACK,9,E##
            00:02 report Happening of 7100042 rope_out
            00:03 sends ##S,eSeal,7100042,256,3.0.6,Event-Door ACK,7,E##
        "#]],
    );
}

#[test]
fn rubbish_before_and_between_lines_is_passed_over() {
    check(
        "00:00 says abc#<Normal 1>##S,eSeal,71000
         00:01 says <Normal 2>
         00:02 says ##S,other,1,2,3,4,5,E##
         00:03 drips <Normal 3>",
        expect![[r#"
            00:00 oddity garbage of 4 bytes at 0
            00:00 report Record of 7100042
            00:00 oddity frame_not_finished of 15 bytes at 124
            00:01 report Record of 7100042
            00:02 oddity not_a_message of 23 bytes at 263
            00:03 report Record of 7100042
        "#]],
    );
}

#[test]
fn a_line_whose_end_never_comes_is_given_up() {
    check(
        "00:00 cuts ##S,eSeal,7100042,256
         00:30 cuts ,3.0.6,Normal
         01:00 tick
         01:05 says <Normal 2>",
        expect![[r#"
            01:00 oddity frame_not_finished of 34 bytes at 0
            01:05 report Record of 7100042
        "#]],
    );
}

#[test]
fn a_record_with_fields_missing_is_kept_and_acknowledged() {
    check(
        "00:00 says ##S,eSeal,7100042,256,3.0.6,Normal,5,2026-02-03,09:30:15,E##
         00:01 durable",
        expect![[r#"
            00:00 oddity record_too_short of 60 bytes at 0
            00:00 report Record of 7100042
            00:01 sends ##S,eSeal,7100042,256,3.0.6,Normal ACK,5,E##
        "#]],
    );
}

/// Its name stands in every command: an order waits for the first line.
#[test]
fn an_order_to_open_waits_for_the_first_line_and_ends_with_the_event() {
    check(
        "00:00 order unlock 888888
         00:01 says <Normal 1>
         00:03 says <Event-RC-Unlock 2>
         00:04 durable",
        expect![[r#"
            00:01 report Record of 7100042
            00:01 sends ##S,eSeal,7100042,256,3.0.8,RC-Unlock,E##
            00:03 report Happening of 7100042 unsealed
            00:03 order 1 ends Done
            00:04 sends ##S,eSeal,7100042,256,3.0.6,Normal ACK,1,E##
            00:04 sends ##S,eSeal,7100042,256,3.0.6,Event-RC-Unlock ACK,2,E##
        "#]],
    );
}

#[test]
fn an_order_ends_as_the_seal_says_or_unanswered() {
    check(
        "00:00 says <Normal 1>
         00:01 order unlock 888888
         00:02 says ##S,eSeal,7100042,256,3.0.6,RC-Unlock ACK,1,E##
         00:03 order unlock 888888
         00:04 says ##S,eSeal,7100042,256,3.0.6,RC-Unlock Fail,1,E##
         00:05 order unlock 888888
         01:04 tick
         01:05 tick",
        expect![[r#"
            00:00 report Record of 7100042
            00:01 sends ##S,eSeal,7100042,256,3.0.8,RC-Unlock,E##
            00:02 report Answer of 7100042
            00:02 order 1 ends Done
            00:03 sends ##S,eSeal,7100042,256,3.0.8,RC-Unlock,E##
            00:04 report Answer of 7100042
            00:04 order 2 ends Refused { answer: "RC-Unlock Fail" }
            00:05 sends ##S,eSeal,7100042,256,3.0.8,RC-Unlock,E##
            01:05 order 3 ends NoAnswer
        "#]],
    );
}

#[test]
fn what_the_seal_has_no_words_for_is_refused_with_a_sentence() {
    check(
        "00:00 says <Normal 1>
         00:01 order unlock_dynamic 113271
         00:02 order awake
         00:03 order interval 60 60",
        expect![[r#"
            00:00 report Record of 7100042
            00:01 not spoken: this seal has no one-time passwords
            00:02 not spoken: this seal cannot be told to stay awake
            00:03 not spoken: this seal is told its intervals when it starts
        "#]],
    );
}

/// Lines whole, cut and damaged.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let kinds = prop::sample::select(vec![
        "Startup",
        "Normal",
        "Event-Door",
        "Event-Lock",
        "Event-Fire",
    ]);
    let line = (kinds, 0_u16..999).prop_map(|(kind, index)| record(kind, &index.to_string()).into_bytes());
    let piece = prop_oneof![
        4 => (line, "(\r\n)?").prop_map(|(line, end)| [line, end.into_bytes()].concat()),
        1 => "##S,eSeal,[0-9]{1,4}(,[A-Za-z0-9.: -]{0,8}){0,20}(,E##)?".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..20),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn cuts_change_nothing_that_a_seal_says(
        bytes in stream(), cuts in vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let whole = talk::hear(Protocol::Eseal, &[&bytes]);
        prop_assert_eq!(talk::hear(Protocol::Eseal, &talk::cut(&bytes, &cuts)), whole);
    }

    #[test]
    fn every_whole_line_is_a_report_and_an_answer(indexes in vec(0_u16..999, 0..6)) {
        let lines: Vec<String> = indexes.iter().map(|index| record("Normal", &index.to_string())).collect();
        let (reports, raw, sent) = talk::hear(Protocol::Eseal, &[lines.join("\r\n").as_bytes()]);
        prop_assert_eq!(reports.len(), indexes.len());
        prop_assert_eq!(sent.len(), indexes.len());
        let raw: Vec<String> = raw.into_iter().map(|raw| String::from_utf8(raw).unwrap()).collect();
        prop_assert_eq!(raw, lines);
    }
}
