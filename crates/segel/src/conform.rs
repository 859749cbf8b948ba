//! `segel conform`: takes one seal of a maker through a script, and writes a report that a certifier can sign.
//!
//! It speaks with the seal directly, by the sessions of the protocols and without the rest of Segel, so that it can do what
//! Segel never does: leave a report unacknowledged, hang up, send a wrong password.

mod script;
mod words;
mod stand;
mod steps;
mod report;

#[cfg(test)]
mod tests;

use std::fs;
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use segel_model::alarm::Bilingual;
use segel_server::clock::Clock;
use segel_server::profiles::{Profiles, SealProfile};

use report::Report;
use script::Script;
use stand::Stand;
use steps::{Tester, Wanted};

/// What is tested, and how.
#[derive(Debug, Args)]
pub struct Options {
    /// The profile that the seal must keep, such as jointech-jt701d.
    #[arg(long)]
    profile: String,
    /// The port on which the seal reports.
    #[arg(long)]
    listen: u16,
    /// The address of that port.
    #[arg(long, default_value = "0.0.0.0")]
    address: IpAddr,
    /// The steps, TOML; without it the usual ones of the profile. See docs/conform.md.
    #[arg(long)]
    script: Option<PathBuf>,
    /// The report, HTML; beside it come a .json and the .frames of the whole conversation.
    #[arg(long, default_value = "conform.html")]
    report: PathBuf,
    /// A folder of profiles of your own, beside those that come with the program.
    #[arg(long)]
    profiles: Option<PathBuf>,
    /// The seal's fixed password, for the test alone: change it afterwards. Without it nothing is opened.
    #[arg(long, env = "SEGEL_CONFORM_PASSWORD", hide_env_values = true)]
    password: Option<String>,
}

/// Tests, writes the report, and fails where a step failed.
pub fn run(options: Options) -> Result<()> {
    let clock = Clock::system(None);
    let profiles = Profiles::load(options.profiles.as_deref())?;
    let profile = profiles.find(&options.profile, clock.now()).with_context(|| {
        let known: Vec<&str> = profiles
            .in_force(clock.now())
            .map(|each| each.name.as_str())
            .collect();
        format!(
            "there is no profile {}; {} are known",
            options.profile,
            known.join(", ")
        )
    })?;
    let script = script(options.script.as_deref(), profile)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let address = SocketAddr::new(options.address, options.listen);
    let report = runtime.block_on(async {
        let stand = Stand::listen(profile, address, clock)
            .await
            .with_context(|| format!("could not listen on {address}"))?;
        println!("{} {} {address}", profile.maker, profile.model);
        conform(stand, &script, options.password, &mut Terminal).await
    })?;
    report.write(&options.report)?;
    println!("{}", options.report.display());
    match report.failed() {
        0 => Ok(()),
        failed => bail!("{failed} steps failed; see {}", options.report.display()),
    }
}

/// Takes the seal that comes to the stand through the script.
async fn conform(
    stand: Stand,
    script: &Script,
    password: Option<String>,
    tester: &mut dyn Tester,
) -> Result<Report> {
    let begun = stand.now();
    let (stand, done) = steps::run(stand, script, password, tester).await?;
    Ok(Report::of(&stand, begun, done))
}

fn script(path: Option<&Path>, profile: &SealProfile) -> Result<Script> {
    let Some(path) = path else {
        return Ok(Script::usual(profile));
    };
    let text = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    Script::read(&text).with_context(|| format!("in {}", path.display()))
}

/// The tester reads what to do on the terminal.
struct Terminal;

impl Tester for Terminal {
    fn told(&mut self, _wanted: &Wanted, say: &Bilingual) {
        let mut out = std::io::stdout().lock();
        // Nobody may be reading any more; the report says what came of it all the same.
        let _unread = writeln!(out, "{}\n  {}", say.id, say.en).and_then(|()| out.flush());
    }
}
