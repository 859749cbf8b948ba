//! `segel decode`: standard input to standard output, a line at a time; what stands in the lines is `wire`'s.

use std::io::{BufRead, Write};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use segel_model::report::Protocol;
use segel_server::clock::Clock;
use segel_wire::{Profile, tool::Tool};

/// What to decode.
#[derive(Debug, Args)]
pub struct Options {
    /// The protocol that the bytes speak.
    #[arg(long)]
    protocol: Spoken,
    /// The seal's dialect, where its frames do not say it: any, jt701 or jt701d.
    #[arg(long, default_value = "any")]
    profile: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Spoken {
    Jointech,
    Osmand,
    Gt06,
    Kingwo,
}

/// Reads lines until there are no more.
pub fn run(options: &Options) -> Result<()> {
    let Some(profile) = Profile::from_text(&options.profile) else {
        bail!(
            "there is no profile {}; any, jt701 and jt701d are known",
            options.profile
        );
    };
    let protocol = match options.protocol {
        Spoken::Jointech => Protocol::Jointech,
        Spoken::Osmand => Protocol::Osmand,
        Spoken::Gt06 => Protocol::Gt06,
        Spoken::Kingwo => Protocol::Kingwo,
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
