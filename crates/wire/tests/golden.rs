//! Frames of our own, built by hand from the makers' documents, and what they must be read as.
#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read fails the test")]

use segel_model::{ServerTime, report::Protocol};
use segel_wire::{Profile, tool::Tool};
use serde_json::Value;

/// Every field that `theirs` names must be in `ours`; numbers agree to a metre's hundredth part.
fn differs(path: &str, theirs: &Value, ours: &Value) -> Option<String> {
    let difference = || Some(format!("{path}: wanted {theirs}, got {ours}"));
    match (theirs, ours) {
        (Value::Object(fields), Value::Object(_)) => fields
            .iter()
            .find_map(|(name, value)| differs(&format!("{path}.{name}"), value, &ours[name])),
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            let pairs = items.iter().zip(others).enumerate();
            pairs
                .into_iter()
                .find_map(|(at, (one, other))| differs(&format!("{path}[{at}]"), one, other))
        }
        (Value::Number(one), Value::Number(other)) => {
            let apart = (one.as_f64().unwrap() - other.as_f64().unwrap()).abs();
            if apart < 1e-5 { None } else { difference() }
        }
        _ if theirs == ours => None,
        _ => difference(),
    }
}

/// Replies are hexadecimal in the tool and, where they are text, text in the fixtures.
fn with_text_replies(mut answer: Value) -> Value {
    for reply in answer["replies"].as_array_mut().unwrap() {
        let hex = reply.as_str().unwrap();
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
        let is_plain = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
        if bytes.iter().all(is_plain) {
            *reply = Value::String(String::from_utf8(bytes).unwrap());
        }
    }
    answer
}

fn check(protocol: Protocol, frames: &str) {
    for line in frames.lines() {
        let golden: Value = serde_json::from_str(line).unwrap();
        let profile = Profile::from_text(golden["profile"].as_str().unwrap_or("any")).unwrap();
        let mut tool = Tool::new(protocol, profile);
        let answer = tool.line(
            &golden["line"].to_string(),
            ServerTime::from_unix_ms(1_770_111_020_000),
        );
        let answer = with_text_replies(serde_json::from_str(&answer).unwrap());
        let difference = differs("", &golden["expect"], &answer);
        assert_eq!(difference, None, "{}\n{answer}", golden["name"]);
    }
}

#[test]
fn jointech_frames_are_read_as_the_manual_says() {
    check(
        Protocol::Jointech,
        include_str!("../../../fixtures/golden/jointech.jsonl"),
    );
}

#[test]
fn eseal_lines_are_read_as_the_handbook_says() {
    check(
        Protocol::Eseal,
        include_str!("../../../fixtures/golden/eseal.jsonl"),
    );
}

#[test]
fn queclink_messages_are_read_as_the_manual_says() {
    check(
        Protocol::Queclink,
        include_str!("../../../fixtures/golden/queclink.jsonl"),
    );
}

#[test]
fn phones_are_read_as_their_documents_say() {
    check(
        Protocol::Osmand,
        include_str!("../../../fixtures/golden/osmand.jsonl"),
    );
}

#[test]
fn gt06_frames_are_read_as_the_manual_says() {
    check(
        Protocol::Gt06,
        include_str!("../../../fixtures/golden/gt06.jsonl"),
    );
}

#[test]
fn kingwo_frames_are_read_as_the_handbook_says() {
    check(
        Protocol::Kingwo,
        include_str!("../../../fixtures/golden/kingwo.jsonl"),
    );
}

#[test]
fn jt808_frames_are_read_as_the_standard_and_the_makers_say() {
    check(
        Protocol::Jt808,
        include_str!("../../../fixtures/golden/jt808.jsonl"),
    );
}

#[test]
fn teltonika_frames_are_read_as_the_maker_says() {
    check(
        Protocol::Teltonika,
        include_str!("../../../fixtures/golden/teltonika.jsonl"),
    );
}

#[test]
fn meitrack_frames_are_read_as_the_handbook_says() {
    check(
        Protocol::Meitrack,
        include_str!("../../../fixtures/golden/meitrack.jsonl"),
    );
}

#[test]
fn open_reports_are_read_as_their_page_says() {
    check(
        Protocol::Open,
        include_str!("../../../fixtures/golden/open.jsonl"),
    );
}

#[test]
fn flespi_messages_are_read_as_their_pages_say() {
    check(
        Protocol::Flespi,
        include_str!("../../../fixtures/golden/flespi.jsonl"),
    );
}

#[test]
fn teratrack_objects_are_read_as_the_handbook_says() {
    check(
        Protocol::Teratrack,
        include_str!("../../../fixtures/golden/teratrack.jsonl"),
    );
}

#[test]
fn tive_webhooks_are_read_as_their_page_says() {
    check(
        Protocol::Tive,
        include_str!("../../../fixtures/golden/tive.jsonl"),
    );
}

#[test]
fn orbcomm_pages_are_read_as_the_handbook_says() {
    check(
        Protocol::Orbcomm,
        include_str!("../../../fixtures/golden/orbcomm.jsonl"),
    );
}

#[test]
fn messages_of_the_makers_cloud_are_read_as_the_handbook_and_the_maker_say() {
    check(
        Protocol::JointechCloud,
        include_str!("../../../fixtures/golden/jointech_cloud.jsonl"),
    );
}
