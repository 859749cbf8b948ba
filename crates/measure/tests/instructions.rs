//! Promise: the hot path does not grow unseen. Instructions, not seconds: they are the same on a busy machine.
//!
//! Callgrind counts what decoding, deciding, folding, staging and packing 2,048 reports takes, and `baseline.toml` says
//! what it took when somebody last looked. Another compiler writes other instructions, so the baseline names its
//! toolchain; with another nothing is compared, and the test says so. `SEGEL_BLESS=1` writes the baseline anew,
//! `SEGEL_VALGRIND=1`, as in `make test`, makes a missing valgrind a failure.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use segel_measure::callgrind::{self, Counted};
use serde::Deserialize;

/// In the order of a report's way.
const PARTS: [&str; 5] = ["decode", "decide", "apply", "stage", "block"];
/// A part that takes more than this part of its baseline has grown.
const GROWTH_MAX: f64 = 1.10;

/// What the parts took, and under which compiler.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Baseline {
    toolchain: String,
    instructions: BTreeMap<String, u64>,
}

impl Baseline {
    fn path() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("baseline.toml")
    }

    fn read() -> Self {
        let text = std::fs::read_to_string(Self::path()).expect("the baseline is committed");
        toml::from_str(&text).expect("the baseline is TOML")
    }

    fn text(&self) -> String {
        let mut text =
            String::from("# Written by `make bless`; read that diff.\n# Instructions for 2,048 reports.\n");
        let _written = writeln!(text, "toolchain = \"{}\"\n\n[instructions]", self.toolchain);
        for part in PARTS {
            let _written = writeln!(text, "{part} = {}", self.instructions[part]);
        }
        text
    }
}

/// What grew beyond what is tolerated, a sentence each.
fn grown(baseline: &Baseline, now: &Baseline) -> Vec<String> {
    let sentence = |part: &&str| {
        let (was, is) = (baseline.instructions.get(*part)?, now.instructions[*part]);
        let growth = is as f64 / *was as f64;
        (GROWTH_MAX < growth).then(|| {
            let percent = (growth - 1.0) * 100.0;
            format!("{part}: {is} instructions, {percent:.1} % more than the {was} of the baseline")
        })
    };
    PARTS.iter().filter_map(sentence).collect()
}

fn count_all() -> Baseline {
    let program = build();
    let counted = PARTS.map(|part| (part.to_owned(), program.count(&[part])));
    Baseline {
        toolchain: toolchain(),
        instructions: counted.into(),
    }
}

fn build() -> Counted {
    Counted::build("segel-measure", "instructions")
}

fn toolchain() -> String {
    let said = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let line = |start: &str| {
        let found = said.lines().find_map(|line| line.strip_prefix(start));
        found.unwrap_or_default().to_owned()
    };
    format!("{} on {}", line("release: "), line("host: "))
}

fn is_asked(name: &str) -> bool {
    std::env::var_os(name).is_some()
}

#[test]
fn no_part_of_the_hot_path_grows_by_more_than_a_tenth() {
    if !callgrind::is_installed() {
        return;
    }
    if is_asked("SEGEL_BLESS") {
        std::fs::write(Baseline::path(), count_all().text()).expect("the baseline is written");
    }
    let baseline = Baseline::read();
    if baseline.toolchain != toolchain() {
        let (theirs, ours) = (baseline.toolchain, toolchain());
        eprintln!("instructions are not compared: the baseline is of {theirs}, this is {ours}");
        return;
    }
    let now = count_all();
    let found = grown(&baseline, &now);
    assert!(
        found.is_empty(),
        "{}\nif that is worth it: make bless",
        found.join("\n")
    );
}

/// The measurement can fail: against a baseline in which a part took a tenth less, the same program has grown.
#[test]
fn a_part_that_took_a_tenth_less_before_is_found_out() {
    if !callgrind::is_installed() {
        return;
    }
    let now = Baseline {
        toolchain: toolchain(),
        instructions: PARTS.map(|part| (part.to_owned(), 1_000)).into(),
    };
    let apply = build().count(&["apply"]);
    let with = |count| {
        let mut doctored = now.clone();
        doctored.instructions.insert("apply".into(), count);
        doctored
    };
    assert_eq!(grown(&with(apply), &with(apply)), [""; 0]);
    let found = grown(&with(apply * 90 / 100), &with(apply));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with(&format!("apply: {apply} instructions, 11.1 % more")),
        "{found:?}"
    );
}

#[test]
fn a_tenth_more_is_tolerated_and_one_instruction_beyond_is_not() {
    let of = |count| Baseline {
        toolchain: "any".into(),
        instructions: PARTS.map(|part| (part.to_owned(), count)).into(),
    };
    assert_eq!(grown(&of(1_000), &of(1_100)), [""; 0]);
    assert_eq!(grown(&of(1_000), &of(500)), [""; 0]);
    assert_eq!(grown(&of(1_000), &of(1_101)).len(), PARTS.len());
}
