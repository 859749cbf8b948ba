//! `segel decode`: standard input to standard output, a line at a time; what stands in the lines is `wire`'s.

use std::io::{BufRead, Write};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use segel_model::report::Protocol;
use segel_server::clock::Clock;
use segel_wire::{Dialect, Profile, tool::Tool};

/// What to decode.
#[derive(Debug, Args)]
pub struct Options {
    /// The protocol that the bytes speak.
    #[arg(long)]
    protocol: Spoken,
    /// The seal's dialect, where its frames do not say it; with `@` and minutes where its clock is ahead of UTC.
    #[arg(long, default_value = "any")]
    profile: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Spoken {
    Jointech,
    Osmand,
    Gt06,
    Kingwo,
    Eseal,
    Queclink,
    Teltonika,
    Meitrack,
    Jt808,
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
    let protocol = match options.protocol {
        Spoken::Jointech => Protocol::Jointech,
        Spoken::Osmand => Protocol::Osmand,
        Spoken::Gt06 => Protocol::Gt06,
        Spoken::Kingwo => Protocol::Kingwo,
        Spoken::Eseal => Protocol::Eseal,
        Spoken::Queclink => Protocol::Queclink,
        Spoken::Teltonika => Protocol::Teltonika,
        Spoken::Meitrack => Protocol::Meitrack,
        Spoken::Jt808 => Protocol::Jt808,
    };
    let (mut tool, clock) = (Tool::new(protocol, profile), Clock::system(None));
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.context("could not read a line")?;
        if !line.trim().is_empty() {
            writeln!(out, "{}", tool.line(&line, clock.now())).context("could not write a line")?;
        }
    }
    Ok(())
}
