//! What a connected seal costs while it is silent, and how long a record takes.

use std::{hint::black_box, mem::size_of, time::Instant};

use segel_model::{ServerTime, report::Protocol};
use segel_wire::{AckToken, Limits, Output, Profile, Session};

/// A sealed JT701D on the road, built by hand (the first golden frame).
const RECORD: &str = "247100000042191100340302260930150658123411025432\
                      1d142d0000012c090000000020e05712345678180001000f0f0f0f0f0f0f0f0f000101fe0a07";
const NOW: ServerTime = ServerTime::from_unix_ms(1_770_111_000_000);

fn record() -> Vec<u8> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).expect("hexadecimal") as u8;
    RECORD
        .as_bytes()
        .chunks_exact(2)
        .map(|pair| (nibble(pair[0]) << 4) | nibble(pair[1]))
        .collect()
}

fn talk(session: &mut Session, bytes: &[u8]) -> usize {
    session.receive(NOW, bytes);
    let mut acknowledged = 0;
    while let Some(output) = session.poll() {
        match output {
            Output::Report(reported) => session.acknowledge(reported.token, NOW),
            Output::Transmit(bytes) => acknowledged += usize::from(bytes == b"(P69,0,7)"),
            _ => {}
        }
    }
    acknowledged
}

/// The whole process may spend 2 KiB on an idle seal; the session takes an eighth of it, and no heap but the name.
#[test]
fn a_silent_session_is_small() {
    assert!(size_of::<Session>() <= 192, "{} bytes", size_of::<Session>());
    assert!(size_of::<AckToken>() <= 12, "{} bytes", size_of::<AckToken>());
}

/// The time is printed, not judged, as machines differ: measured 273 ns on two shared cores with
/// `cargo test --release -p segel-wire --test budget -- --nocapture`.
#[test]
fn a_session_answers_each_of_many_records_once() {
    let mut session = Session::new(Protocol::Jointech, Profile::ANY, Limits::default());
    let bytes = record();
    let rounds = if cfg!(debug_assertions) { 1_000 } else { 1_000_000 };
    let start = Instant::now();
    let acknowledged: usize = (0..rounds).map(|_| talk(&mut session, black_box(&bytes))).sum();
    let took = start.elapsed();
    assert_eq!(acknowledged, rounds);
    println!(
        "{} ns a record, read and acknowledged",
        took.as_nanos() / rounds as u128
    );
    println!("{} bytes a session", size_of::<Session>());
}
