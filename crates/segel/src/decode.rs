//! `segel decode`: standard input to standard output, a line at a time; what stands in the lines is `wire`'s. Where the protocol
//! is to be found out, everything is read first.

use std::io::{BufRead, Read, Write};

use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use segel_model::report::Protocol;
use segel_server::clock::Clock;
use segel_wire::{
    Dialect, Profile, guess,
    tool::{self, Tool},
};

/// What to decode.
#[derive(Debug, Args)]
pub struct Options {
    /// The protocol that the bytes speak; `auto` finds it out and says it first. It then takes lines of JSON, lines of
    /// hexadecimal digits, or bytes.
    #[arg(long, value_parser = protocols())]
    protocol: Spoken,
    /// The seal's dialect, where its frames do not say it; with `@` and minutes where its clock is ahead of UTC.
    #[arg(long, default_value = "any")]
    profile: String,
}

/// What is spoken.
#[derive(Debug, Clone, Copy)]
enum Spoken {
    Known(Protocol),
    Auto,
}

/// The name that asks for the protocol.
const AUTO: &str = "auto";

/// The names of all protocols are taken, and `auto`.
fn protocols() -> impl TypedValueParser<Value = Spoken> {
    let names = Protocol::ALL.map(Protocol::name).into_iter().chain([AUTO]);
    PossibleValuesParser::new(names).try_map(|name| match Protocol::from_name(&name) {
        Some(protocol) => Ok(Spoken::Known(protocol)),
        None if name == AUTO => Ok(Spoken::Auto),
        None => Err("there is no such protocol"),
    })
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
    let mut out = std::io::stdout().lock();
    match options.protocol {
        Spoken::Known(protocol) => each_line(Tool::new(protocol, profile), &mut out),
        Spoken::Auto => find_out(profile, &mut out),
    }
}

fn each_line(mut tool: Tool, out: &mut impl Write) -> Result<()> {
    let clock = Clock::system(None);
    for line in std::io::stdin().lock().lines() {
        let line = line.context("could not read a line")?;
        if !line.trim().is_empty() {
            writeln!(out, "{}", tool.line(&line, clock.now())).context("could not write a line")?;
        }
    }
    Ok(())
}

fn find_out(profile: Profile, out: &mut impl Write) -> Result<()> {
    let mut capture = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut capture)
        .context("could not read the capture")?;
    let (lines, clock) = (tool::lines(&capture), Clock::system(None));
    let guess = guess(&tool::streams(&lines), clock.now());
    writeln!(out, "{}", tool::guess_line(&guess)).context("could not write a line")?;
    let protocol = match guess.named() {
        Ok(reading) => reading.protocol,
        Err(why) => bail!("{why}; how each reads them stands above"),
    };
    let mut tool = Tool::new(protocol, profile);
    for line in &lines {
        writeln!(out, "{}", tool.line(line, clock.now())).context("could not write a line")?;
    }
    Ok(())
}
