//! `segel decode --protocol auto`: our golden frames name their protocol.
#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read fails the test")]

mod frames;

use frames::golden;
use segel_model::{ServerTime, report::Protocol};
use segel_wire::{Dialect, guess};

const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_020_000);

/// Frames for which nothing is named, because what they say is odd in every language: a time or a place that is none, a
/// command nobody knows, a checksum that is wrong, a request that is refused.
const NOT_NAMED: &[(Protocol, &str)] = &[
    (Protocol::Jointech, "a command nobody knows"),
    (Protocol::Jointech, "a record whose time is no number"),
    (Protocol::Osmand, "a phone without a name"),
    (Protocol::Osmand, "a place that is none"),
    (Protocol::Kingwo, "what cannot be a place is said so"),
    (
        Protocol::Teltonika,
        "a wrong checksum is told, and the records kept and answered",
    ),
    (
        Protocol::Meitrack,
        "a wrong checksum is told, and the record kept",
    ),
    (Protocol::Jt808, "a wrong checksum is kept and answered"),
    (Protocol::Jt808, "a message nobody knows, and a ciphered one"),
    (Protocol::Jt808, "a field longer than what is left"),
    (Protocol::Teratrack, "no place and no time that could be"),
    (Protocol::Orbcomm, "an empty mailbox"),
    (Protocol::Orbcomm, "the gateway says no"),
    (Protocol::Orbcomm, "places that cannot be"),
    (
        Protocol::Orbcomm,
        "a message that the gateway could not unpack is kept",
    ),
    (Protocol::Orbcomm, "a message of nobody"),
    (Protocol::JointechCloud, "an event source that no seal has"),
    (Protocol::JointechCloud, "no JSON is kept under its sender"),
    (Protocol::JointechCloud, "nonsense in places and times"),
    (Protocol::JointechCloud, "a sort of message that no page names"),
    (Protocol::JointechCloud, "a topic of somebody else"),
];

fn named(streams: &[Vec<u8>]) -> Option<Protocol> {
    guess(streams, NOW).named().ok().map(|reading| reading.protocol)
}

#[test]
fn the_golden_frames_of_a_language_name_it() {
    for protocol in Protocol::ALL {
        let streams: Vec<Vec<u8>> = golden(protocol).into_iter().map(|frame| frame.bytes).collect();
        let guess = guess(&streams, NOW);
        let best = guess.named().map(|reading| reading.protocol);
        assert_eq!(best, Ok(protocol), "{guess:?}");
        // They are not merely ahead: no other language makes sense of much of them. (One platform's names are read by another's
        // words, but something is odd in each.)
        assert!(guess.readings[1].score <= 250, "{guess:?}");
    }
}

#[test]
fn a_golden_frame_alone_names_its_language_or_none() {
    let mut silent = Vec::new();
    for protocol in Protocol::ALL {
        for frame in golden(protocol) {
            let guess = guess(&[frame.bytes], NOW);
            match guess.named() {
                Ok(reading) => assert_eq!(reading.protocol, protocol, "{}: {guess:?}", frame.name),
                Err(_) => silent.push((protocol, frame.name)),
            }
        }
    }
    let silent: Vec<(Protocol, &str)> = silent
        .iter()
        .map(|(protocol, name)| (*protocol, name.as_str()))
        .collect();
    assert_eq!(silent, NOT_NAMED);
}

/// Who records what goes by begins and ends in the middle of a frame. A request of a phone or a platform is HTTP, and a message of
/// a cloud MQTT, from the first byte or not at all.
#[test]
fn a_capture_that_begins_and_ends_in_a_frame_is_named() {
    for protocol in Protocol::ALL {
        let frames = golden(protocol);
        let bytes = frames
            .iter()
            .flat_map(|frame| frame.bytes.clone())
            .collect::<Vec<u8>>()
            .repeat(2);
        let from = match protocol {
            Protocol::Osmand | Protocol::JointechCloud => 0,
            Protocol::Open | Protocol::Flespi | Protocol::Teratrack | Protocol::Tive | Protocol::Orbcomm => 0,
            _ => 5,
        };
        let cut = bytes[from..bytes.len() - 5].to_vec();
        assert_eq!(named(&[cut]), Some(protocol));
    }
}

/// Frames of a seal on its own connection beside those of another sort of seal: no one language reads both.
#[test]
fn a_capture_of_two_languages_names_none() {
    let beat = b"(7100000042,@JT)".repeat(3);
    let other = b"*HQ200866000000000017,AH&M830#".repeat(2);
    assert_eq!(named(&[beat.clone(), other]), None);
    assert_eq!(named(&[beat]), Some(Protocol::Jointech));
}

#[test]
fn frames_that_show_their_dialect_name_it() {
    let dialect_of = |protocol, name: &str| {
        let frames = golden(protocol);
        let frame = frames.into_iter().find(|frame| frame.name == name);
        let guess = guess(&[frame.unwrap().bytes], NOW);
        guess.named().unwrap().dialect
    };
    for (protocol, name, dialect) in [
        (
            Protocol::Jointech,
            "a sealed JT701D on the road",
            Some(Dialect::Jt701d),
        ),
        (
            Protocol::Jointech,
            "an early JT701 without tail that asks for nothing",
            Some(Dialect::Jt701),
        ),
        (Protocol::Jointech, "a heartbeat", None),
        (Protocol::Jt808, "a vehicle terminal on the road", None),
        (Protocol::Jt808, "a JT709 opened by a card", Some(Dialect::Jt709)),
        (Protocol::Jt808, "a JT705 opened by the app", Some(Dialect::Jt705)),
        (
            Protocol::Jt808,
            "a gateway of padlocks and two smaller locks",
            Some(Dialect::Hhd),
        ),
        (Protocol::Jt808, "a BSJ dismantled and shaken", Some(Dialect::Bsj)),
        (
            Protocol::Jt808,
            "a cargo tracker that was moved",
            Some(Dialect::Aovx),
        ),
    ] {
        assert_eq!(dialect_of(protocol, name), dialect, "{name}");
    }
}
