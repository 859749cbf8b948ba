//! The golden frames of every language as bytes, for tests that want some of each.
#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read fails the test")]

use segel_model::report::Protocol;
use segel_wire::{Profile, tool};
use serde_json::Value;

/// A golden frame, or a few on one connection.
pub struct Golden {
    /// What happened.
    pub name: String,
    /// How the seal is registered.
    #[allow(dead_code, reason = "not every test that includes this wants it")]
    pub profile: Profile,
    /// What it sends.
    pub bytes: Vec<u8>,
}

/// All of a language.
pub fn golden(protocol: Protocol) -> Vec<Golden> {
    text(protocol).lines().map(read).collect()
}

/// The languages that are more than bare JSON.
#[allow(dead_code, reason = "not every test that includes this wants it")]
pub fn languages() -> impl Iterator<Item = Protocol> {
    let is_json = |protocol: &Protocol| {
        matches!(
            protocol,
            Protocol::Open | Protocol::Flespi | Protocol::Teratrack | Protocol::Tive | Protocol::Orbcomm
        )
    };
    Protocol::ALL
        .into_iter()
        .filter(move |protocol| !is_json(protocol))
}

fn text(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Jointech => include_str!("../../../../fixtures/golden/jointech.jsonl"),
        Protocol::Osmand => include_str!("../../../../fixtures/golden/osmand.jsonl"),
        Protocol::Gt06 => include_str!("../../../../fixtures/golden/gt06.jsonl"),
        Protocol::Kingwo => include_str!("../../../../fixtures/golden/kingwo.jsonl"),
        Protocol::Eseal => include_str!("../../../../fixtures/golden/eseal.jsonl"),
        Protocol::Queclink => include_str!("../../../../fixtures/golden/queclink.jsonl"),
        Protocol::Teltonika => include_str!("../../../../fixtures/golden/teltonika.jsonl"),
        Protocol::Meitrack => include_str!("../../../../fixtures/golden/meitrack.jsonl"),
        Protocol::Jt808 => include_str!("../../../../fixtures/golden/jt808.jsonl"),
        Protocol::Open => include_str!("../../../../fixtures/golden/open.jsonl"),
        Protocol::Flespi => include_str!("../../../../fixtures/golden/flespi.jsonl"),
        Protocol::Teratrack => include_str!("../../../../fixtures/golden/teratrack.jsonl"),
        Protocol::Tive => include_str!("../../../../fixtures/golden/tive.jsonl"),
        Protocol::Orbcomm => include_str!("../../../../fixtures/golden/orbcomm.jsonl"),
        Protocol::JointechCloud => include_str!("../../../../fixtures/golden/jointech_cloud.jsonl"),
    }
}

fn read(line: &str) -> Golden {
    let row: Value = serde_json::from_str(line).unwrap();
    Golden {
        name: row["name"].as_str().unwrap().into(),
        profile: Profile::from_text(row["profile"].as_str().unwrap_or("any")).unwrap(),
        bytes: tool::bytes(&row["line"]).unwrap(),
    }
}
