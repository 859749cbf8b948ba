//! `make fuzz`: holds conversations with every decoder in turn, or with those that `ONLY` names, each for `BYTES` bytes or
//! `MINUTES` minutes, from the number `SEED` on. Ends in failure on the first find, and says how to see it again.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use segel_fuzz::{Figures, Limit, run::run};
use segel_model::report::Protocol;

/// Bytes for each decoder where nobody says otherwise.
const BYTES: u64 = 100_000_000;

fn main() -> Result<ExitCode> {
    let limit = match std::env::var_os("MINUTES") {
        Some(_) => Limit::Time(Duration::from_secs(60 * number("MINUTES", 1)?)),
        None => Limit::Bytes(number("BYTES", BYTES)?),
    };
    let (only, seed) = (std::env::var("ONLY").unwrap_or_default(), number("SEED", 1)?);
    let wanted = |protocol: &Protocol| only.is_empty() || only.split(',').any(|name| name == protocol.name());
    let protocols: Vec<Protocol> = segel_fuzz::SPOKEN.into_iter().filter(wanted).collect();
    ensure!(!protocols.is_empty(), "there is no decoder {only}");
    println!("{}", heading());
    for protocol in protocols {
        match run(protocol, seed, limit) {
            Ok(figures) => println!("{}", line(&figures)),
            Err(find) => {
                println!(
                    "{find}\nto see it again: make fuzz ONLY={} SEED={}",
                    protocol.name(),
                    find.seed
                );
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn number(name: &str, otherwise: u64) -> Result<u64> {
    let Ok(text) = std::env::var(name) else {
        return Ok(otherwise);
    };
    text.parse()
        .with_context(|| format!("{name} is a number, not {text}"))
}

fn heading() -> String {
    format!(
        "{:<10} {:>13} {:>13} {:>12} {:>12} {:>9} {:>6} {:>10} {:>7} {:>7}",
        "decoder",
        "bytes",
        "conversations",
        "reports",
        "oddities",
        "closed",
        "MB/s",
        "ns/KiB",
        "held",
        "most"
    )
}

fn line(figures: &Figures) -> String {
    let megabytes = figures.bytes as f64 / 1e6;
    format!(
        "{:<10} {:>13} {:>13} {:>12} {:>12} {:>9} {:>6.0} {:>10} {:>7} {:>7}",
        figures.protocol.name(),
        figures.bytes,
        figures.conversations,
        figures.reports,
        figures.oddities,
        figures.closed,
        megabytes / figures.decoding.as_secs_f64(),
        figures.slowest_ns,
        figures.held,
        figures.most
    )
}
