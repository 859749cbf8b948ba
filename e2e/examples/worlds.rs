//! Plays many worlds, one seed after the other: `make sim`. Says what occurred in them; on a broken law, the seed, the last
//! of what happened, and how to see it again.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use segel_e2e::worlds::{Outcome, Planted, Tally, play};

/// How many worlds where nobody says otherwise.
const WORLDS: u64 = 10_000;
/// Worlds between two words of progress.
const PROGRESS_WORLDS: u64 = 500;
/// Broken worlds that are shown before it gives up.
const BROKEN_SHOWN: usize = 5;

fn main() -> Result<ExitCode> {
    let (worlds, first) = (number("WORLDS", WORLDS)?, number("SEED", 1)?);
    let (started, mut tally, mut broken) = (Instant::now(), Tally::default(), 0);
    for seed in first..first.saturating_add(worlds) {
        let outcome = play(seed, Planted::Nothing).with_context(|| format!("world {seed}"))?;
        tally.add(&outcome.tally);
        if !outcome.broken.is_empty() {
            broken += 1;
            show(&outcome);
        }
        if tally.worlds.is_multiple_of(PROGRESS_WORLDS) {
            eprintln!("{} worlds in {} s", tally.worlds, started.elapsed().as_secs());
        }
        if broken == BROKEN_SHOWN {
            break;
        }
    }
    println!("{tally}");
    println!(
        "\n{} s, {broken} worlds with a broken law",
        started.elapsed().as_secs()
    );
    Ok(if broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn number(name: &str, otherwise: u64) -> Result<u64> {
    let Ok(text) = std::env::var(name) else {
        return Ok(otherwise);
    };
    text.parse()
        .with_context(|| format!("{name} is a number, not {text}"))
}

fn show(outcome: &Outcome) {
    println!("--- world {}: a law is broken", outcome.seed);
    outcome.tail.iter().for_each(|line| println!("    {line}"));
    for broken in &outcome.broken {
        println!("broken: {}\n        {}", broken.law, broken.what);
    }
    println!(
        "see it again, from its first moment: SEGEL_WORLD_TOLD=1 SEED={} WORLDS=1 make sim",
        outcome.seed
    );
}
