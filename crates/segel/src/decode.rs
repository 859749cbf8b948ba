//! `segel decode`: standard input to standard output, a line at a time; what stands in the lines is `wire`'s. Where the protocol
//! is to be found out, everything is read first.

use std::io::{BufRead, Read, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use segel_model::ServerTime;
use segel_model::report::Protocol;
use segel_server::clock::Clock;
use segel_server::profiles::Profiles;
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
    /// The seal's profile, such as jointech-jt701d; or its dialect, with `@` and minutes where its clock is ahead of UTC.
    #[arg(long, default_value = "any")]
    profile: String,
    /// A folder of profiles of your own, beside those that come with the program.
    #[arg(long)]
    profiles: Option<PathBuf>,
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
    let profile = words(options, Clock::system(None).now())?;
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

/// The words of the wire that are asked for, by a profile of what is spoken or by a dialect.
fn words(options: &Options, now: ServerTime) -> Result<Profile> {
    let name = &options.profile;
    let (fits, dialects): (Box<dyn Fn(Protocol) -> bool>, Vec<&str>) = match options.protocol {
        Spoken::Known(spoken) => (
            Box::new(move |protocol| protocol == spoken),
            Dialect::names_of(spoken).collect(),
        ),
        Spoken::Auto => (Box::new(|_| true), Dialect::names().collect()),
    };
    let profiles = Profiles::load(options.profiles.as_deref())?;
    let by_profile = profiles.find(name, now).filter(|profile| fits(profile.protocol));
    let words = by_profile
        .map(|profile| profile.wire)
        .or_else(|| Profile::from_text(name));
    words.with_context(|| {
        let named = profiles.in_force(now).filter(|profile| fits(profile.protocol));
        let known: Vec<&str> = named
            .map(|profile| profile.name.as_str())
            .chain(dialects)
            .collect();
        format!("there is no profile {name}; {} are known", known.join(", "))
    })
}
