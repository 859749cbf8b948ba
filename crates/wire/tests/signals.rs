//! What each language declares that it can say, held against frames: our own golden ones always, and all real ones where
//! `SEGEL_VECTORS` says where they are. No frame says what its language does not declare, and what is declared is said by some
//! golden frame, or stands in `ELSEWHERE` with the place where it is tested.
#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read fails the test")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use segel_model::report::Protocol;
use segel_model::{ServerTime, signal::SignalSet};
use segel_wire::{Dialect, Profile, signals, tool::Tool};
use serde_json::Value;

const GOLDEN: [(Protocol, &str); 15] = [
    (
        Protocol::Jointech,
        include_str!("../../../fixtures/golden/jointech.jsonl"),
    ),
    (
        Protocol::Eseal,
        include_str!("../../../fixtures/golden/eseal.jsonl"),
    ),
    (
        Protocol::Queclink,
        include_str!("../../../fixtures/golden/queclink.jsonl"),
    ),
    (
        Protocol::Osmand,
        include_str!("../../../fixtures/golden/osmand.jsonl"),
    ),
    (
        Protocol::Gt06,
        include_str!("../../../fixtures/golden/gt06.jsonl"),
    ),
    (
        Protocol::Kingwo,
        include_str!("../../../fixtures/golden/kingwo.jsonl"),
    ),
    (
        Protocol::Jt808,
        include_str!("../../../fixtures/golden/jt808.jsonl"),
    ),
    (
        Protocol::Meitrack,
        include_str!("../../../fixtures/golden/meitrack.jsonl"),
    ),
    (
        Protocol::Teltonika,
        include_str!("../../../fixtures/golden/teltonika.jsonl"),
    ),
    (
        Protocol::Open,
        include_str!("../../../fixtures/golden/open.jsonl"),
    ),
    (
        Protocol::Flespi,
        include_str!("../../../fixtures/golden/flespi.jsonl"),
    ),
    (
        Protocol::Teratrack,
        include_str!("../../../fixtures/golden/teratrack.jsonl"),
    ),
    (
        Protocol::Tive,
        include_str!("../../../fixtures/golden/tive.jsonl"),
    ),
    (
        Protocol::Orbcomm,
        include_str!("../../../fixtures/golden/orbcomm.jsonl"),
    ),
    (
        Protocol::JointechCloud,
        include_str!("../../../fixtures/golden/jointech_cloud.jsonl"),
    ),
];

/// Real frames, by their file.
const REAL: [(Protocol, &str); 11] = [
    (Protocol::Jointech, "jt600.jsonl"),
    (Protocol::Jointech, "vendor-jointech.jsonl"),
    (Protocol::Osmand, "osmand.jsonl"),
    (Protocol::Jt808, "jt808.jsonl"),
    (Protocol::Jt808, "log-jt808-bsj.jsonl"),
    (Protocol::Gt06, "gt06.jsonl"),
    (Protocol::Kingwo, "upro.jsonl"),
    (Protocol::Eseal, "eseal.jsonl"),
    (Protocol::Queclink, "gl200.jsonl"),
    (Protocol::Teltonika, "teltonika.jsonl"),
    (Protocol::Meitrack, "meitrack.jsonl"),
];

/// Declared signals that no golden frame says, and the file whose tests say them.
const ELSEWHERE: &[(Protocol, &str, &str)] = &[
    (Protocol::Jointech, "dismantled", "src/jointech/sublock.rs"),
    (Protocol::Jointech, "fence_in", "src/jointech/status.rs"),
    (Protocol::Jointech, "rope_in", "src/jointech/sublock.rs"),
    (Protocol::Jointech, "sublock_lost", "src/jointech/sublock.rs"),
    (Protocol::Jointech, "vibration", "src/jointech/status.rs"),
    (Protocol::Queclink, "clock_unset", "tests/queclink.rs"),
    (Protocol::Gt06, "fence_in", "src/gt06/status.rs"),
    (Protocol::Gt06, "low_battery", "src/gt06/status.rs"),
    (Protocol::Gt06, "power_low_offline", "src/gt06/status.rs"),
    (Protocol::Jt808, "long_unlocked", "src/jt808/lock_event.rs"),
    (Protocol::Jt808, "rope_in", "src/jt808/hhd.rs"),
    (Protocol::Jt808, "rope_out", "src/jt808/hhd.rs"),
    (Protocol::Jt808, "sealed", "src/jt808/hhd.rs"),
    (Protocol::Jt808, "unseal_refused", "src/jt808/hhd.rs"),
    (Protocol::Teltonika, "charging", "src/teltonika/element.rs"),
    (Protocol::Teltonika, "clock_unset", "tests/teltonika.rs"),
    (Protocol::Teltonika, "cover_open", "src/teltonika/tag.rs"),
    (Protocol::Teltonika, "fence_in", "src/teltonika/element.rs"),
    (Protocol::Teltonika, "fence_out", "src/teltonika/element.rs"),
    (Protocol::Teltonika, "heartbeat", "tests/teltonika.rs"),
    (Protocol::Teltonika, "jamming", "src/teltonika/element.rs"),
    (Protocol::Teltonika, "vibration", "src/teltonika/element.rs"),
    (Protocol::Meitrack, "clock_unset", "src/meitrack/place.rs"),
    (Protocol::Meitrack, "fence_in", "tests/meitrack.rs"),
    (Protocol::Meitrack, "fence_out", "tests/meitrack.rs"),
    (Protocol::Meitrack, "jamming", "tests/meitrack.rs"),
    (Protocol::Meitrack, "low_battery", "tests/meitrack.rs"),
    (Protocol::Meitrack, "vibration", "tests/meitrack.rs"),
    (Protocol::JointechCloud, "sealed", "src/jointech_cloud/lock.rs"),
];

/// Declared signals that no public frame says: their names stand in the platform's list of names alone.
const NEVER_SEEN: &[(Protocol, &str)] = &[
    (Protocol::Flespi, "dismantled"),
    (Protocol::Flespi, "fence_in"),
    (Protocol::Flespi, "jamming"),
    (Protocol::Flespi, "long_unlocked"),
    (Protocol::Flespi, "motor_stuck"),
    (Protocol::Flespi, "unseal_refused"),
    (Protocol::Flespi, "vibration"),
    (Protocol::Teratrack, "clock_unset"),
    (Protocol::Teratrack, "fence_out"),
    (Protocol::Tive, "clock_unset"),
    (Protocol::Tive, "dismantled"),
    (Protocol::Tive, "fence_in"),
    (Protocol::Tive, "fence_out"),
    (Protocol::Tive, "jamming"),
];

/// The signals of a line's answer, by name.
fn said(protocol: Protocol, profile: Profile, line: &str) -> BTreeSet<String> {
    let mut tool = Tool::new(protocol, profile);
    let answer = tool.line(line, ServerTime::from_unix_ms(1_770_111_020_000));
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let reports = answer["reports"].as_array().cloned().unwrap_or_default();
    let signals = reports
        .iter()
        .flat_map(|report| report["signals"].as_array().cloned().unwrap_or_default());
    let name = |signal: Value| signal["signal"].as_str().or(signal.as_str()).map(str::to_owned);
    signals.filter_map(name).collect()
}

/// Every golden frame with what it says.
fn golden() -> Vec<(Protocol, Profile, String, BTreeSet<String>)> {
    let mut all = Vec::new();
    for (protocol, frames) in GOLDEN {
        for line in frames.lines() {
            let golden: Value = serde_json::from_str(line).unwrap();
            let profile = Profile::from_text(golden["profile"].as_str().unwrap_or("any")).unwrap();
            let said = said(protocol, profile, &golden["line"].to_string());
            all.push((protocol, profile, golden["name"].to_string(), said));
        }
    }
    all
}

fn undeclared(protocol: Protocol, dialect: Dialect, said: &BTreeSet<String>) -> Vec<String> {
    let declared = signals(protocol, dialect);
    let unknown = said.iter().filter(|name| !declared.contains(&name.as_str()));
    unknown.cloned().collect()
}

#[test]
fn what_is_declared_is_a_signal() {
    let known: Vec<&str> = SignalSet(u32::MAX).names().collect();
    for protocol in Protocol::ALL {
        for name in signals(protocol, Dialect::Any) {
            assert!(known.contains(&name), "{} declares {name}", protocol.name());
        }
    }
}

#[test]
fn no_golden_frame_says_what_its_language_does_not_declare() {
    for (protocol, profile, name, said) in golden() {
        assert_eq!(
            undeclared(protocol, profile.dialect, &said),
            Vec::<String>::new(),
            "{} {name}",
            protocol.name()
        );
    }
}

#[test]
fn what_is_declared_is_said_by_a_golden_frame_or_tested_elsewhere() {
    let golden = golden();
    for protocol in Protocol::ALL {
        let of_it = golden.iter().filter(|(spoken, ..)| *spoken == protocol);
        let said: BTreeSet<&str> = of_it
            .flat_map(|(.., said)| said.iter().map(String::as_str))
            .collect();
        let declared = signals(protocol, Dialect::Any);
        let silent: Vec<&str> = declared.into_iter().filter(|name| !said.contains(name)).collect();
        // Our own JSON is read by the vocabulary itself, name by name.
        let is_listed = |name: &str| {
            let elsewhere = ELSEWHERE
                .iter()
                .any(|(spoken, known, _)| *spoken == protocol && *known == name);
            elsewhere || NEVER_SEEN.contains(&(protocol, name)) || protocol == Protocol::Open
        };
        let unlisted: Vec<&str> = silent.into_iter().filter(|name| !is_listed(name)).collect();
        assert_eq!(unlisted, [""; 0], "{}", protocol.name());
    }
}

/// The file that is said to test a signal is there and names it.
#[test]
fn what_is_tested_elsewhere_is_tested_there() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for (protocol, name, file) in ELSEWHERE {
        let text =
            std::fs::read_to_string(root.join(file)).unwrap_or_else(|failure| panic!("{file}: {failure}"));
        let capital: String = name
            .split('_')
            .map(|word| word[..1].to_uppercase() + &word[1..])
            .collect();
        let tests = text.split("#[cfg(test)]").last().unwrap_or_default();
        assert!(
            tests.contains(&capital) || tests.contains(name),
            "{}: {file} has no test of {name}",
            protocol.name()
        );
    }
}

#[test]
fn no_real_frame_says_what_its_language_does_not_declare() {
    let Some(folder) = std::env::var_os("SEGEL_VECTORS").map(PathBuf::from) else {
        println!("skipped: set SEGEL_VECTORS");
        return;
    };
    let mut rows = 0;
    for (protocol, file) in REAL {
        let text =
            std::fs::read_to_string(folder.join(file)).unwrap_or_else(|failure| panic!("{file}: {failure}"));
        for (number, row) in (1..).zip(text.lines()) {
            let said = said(protocol, Profile::ANY, row);
            assert_eq!(
                undeclared(protocol, Dialect::Any, &said),
                Vec::<String>::new(),
                "{file} line {number}"
            );
            rows += 1;
        }
    }
    assert!(500 < rows, "{rows} rows");
}
