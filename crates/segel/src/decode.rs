//! `segel decode`: standard input to standard output, a line at a time; what stands in the lines is `wire`'s.

use std::io::{BufRead, Write};

use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use segel_model::report::Protocol;
use segel_server::clock::Clock;
use segel_wire::{Dialect, Profile, tool::Tool};

/// What to decode.
#[derive(Debug, Args)]
pub struct Options {
    /// The protocol that the bytes speak.
    #[arg(long, value_parser = protocols())]
    protocol: Protocol,
    /// The seal's dialect, where its frames do not say it; with `@` and minutes where its clock is ahead of UTC.
    #[arg(long, default_value = "any")]
    profile: String,
}

/// The names of all protocols are taken, and no other.
fn protocols() -> impl TypedValueParser<Value = Protocol> {
    PossibleValuesParser::new(Protocol::ALL.map(Protocol::name))
        .try_map(|name| Protocol::from_name(&name).ok_or("there is no such protocol"))
}

/// Reads lines until there are no more.
pub fn run(options: &Options) -> Result<()> {
    let Some(profile) = Profile::from_text(&options.profile) else {
        let known: Vec<_> = Dialect::names().collect();
        bail!(
            "there is no profile {}; {} are known",
            options.profile,
            known.join(", ")
        );
    };
    let (mut tool, clock) = (Tool::new(options.protocol, profile), Clock::system(None));
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.context("could not read a line")?;
        if !line.trim().is_empty() {
            writeln!(out, "{}", tool.line(&line, clock.now())).context("could not write a line")?;
        }
    }
    Ok(())
}
