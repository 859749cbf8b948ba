//! A short fuzz of every decoder; `make fuzz` goes on for as long as wanted. What it found stands in `corpus`, and is tried first of
//! all.

use segel_fuzz::{Conversation, Limit, hostile::all, run::run, seeds::Seeds, stream::LONGEST};
use segel_model::report::Protocol;

/// Bytes for each decoder: a second or two of a build that is not optimised.
const BYTES: u64 = if cfg!(debug_assertions) {
    800_000
} else {
    20_000_000
};

fn fuzz(protocol: Protocol) {
    match run(protocol, 1, Limit::Bytes(BYTES)) {
        Ok(figures) => assert!(0 < figures.reports, "{figures:?}"),
        Err(find) => panic!("{find}"),
    }
}

#[test]
fn any_bytes_from_a_jointech_seal() {
    fuzz(Protocol::Jointech);
}

#[test]
fn any_bytes_from_a_phone() {
    fuzz(Protocol::Osmand);
}

#[test]
fn any_bytes_from_a_gt06_seal() {
    fuzz(Protocol::Gt06);
}

#[test]
fn any_bytes_from_a_kingwo_seal() {
    fuzz(Protocol::Kingwo);
}

#[test]
fn any_bytes_from_an_eseal() {
    fuzz(Protocol::Eseal);
}

#[test]
fn any_bytes_from_a_queclink_unit() {
    fuzz(Protocol::Queclink);
}

#[test]
fn any_bytes_from_a_teltonika_unit() {
    fuzz(Protocol::Teltonika);
}

#[test]
fn any_bytes_from_a_meitrack_unit() {
    fuzz(Protocol::Meitrack);
}

#[test]
fn any_bytes_from_a_terminal() {
    fuzz(Protocol::Jt808);
}

#[test]
fn any_bytes_from_a_cloud() {
    fuzz(Protocol::JointechCloud);
}

/// Each of them at every decoder, in a few ways.
#[test]
fn what_was_once_found_is_found_no_more() {
    for find in segel_fuzz::SPOKEN
        .into_iter()
        .flat_map(|protocol| Seeds::of(protocol).finds)
    {
        hold_everywhere(&find, 4);
    }
}

#[test]
fn hostile_streams_keep_the_limits_at_every_decoder() {
    for hostile in all() {
        let stream = hostile.stream(LONGEST);
        hold_everywhere(&stream, 1);
    }
}

fn hold_everywhere(bytes: &[u8], times: u64) {
    for protocol in segel_fuzz::SPOKEN {
        for seed in 0..times {
            let conversation = Conversation {
                protocol,
                seed,
                bytes,
            };
            conversation.hold();
            conversation.check();
        }
    }
}
