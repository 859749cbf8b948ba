//! `segel sim`: simulated counterparts as programs of their own.

mod bare;
mod seal;

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use segel_sim::histogram::Histogram;
use segel_sim::load::{self, Load, Outcome};
use segel_sim::seal::languages::{LANGUAGES, Language};
use serde_json::{Value, json};

/// Seals drive this stretch of road where none is given: out of Tanjung Emas.
const ROAD: [(f64, f64); 2] = [(-6.9472, 110.4245), (-6.9860, 110.3320)];
/// How long acknowledgements are waited for after the last report.
const PATIENCE: Duration = Duration::from_secs(10);

/// What to simulate.
#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Many seals that report at a rate and wait for their acknowledgements, which count only where they name what was said.
    /// Kingwo's name nothing but the sort of message; Queclink positions are counted by a heartbeat behind each, Meitrack in
    /// blocks (CCC), because only these are acknowledged.
    Load(LoadOptions),
    /// One seal that lives a trip: locked, driven along a road, cut or not, opened when it is told to.
    Seal(seal::Options),
    /// The least a server can do: acknowledges every record and keeps nothing. What `segel bench` is held against.
    Bare(bare::Options),
}

#[derive(Debug, Args)]
struct LoadOptions {
    #[command(flatten)]
    spoken: Spoken,
    /// How many seals, each with a connection of its own.
    #[arg(long, default_value_t = 200)]
    seals: u32,
    /// Reports a second over all seals; without it, as fast as acknowledgements come.
    #[arg(long)]
    rate: Option<f64>,
    /// How many reports a seal may have unacknowledged, at most 128.
    #[arg(long, default_value_t = 1)]
    in_flight: usize,
    /// How long to send.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// The server, HOST:PORT.
    #[arg(long)]
    target: String,
    /// The number of the first seal; the others follow.
    #[arg(long, default_value_t = 8_100_000_000)]
    first_id: u64,
    /// Where the seals drive, as lat,lon,lat,lon.
    #[arg(long, value_parser = road, allow_hyphen_values = true)]
    road: Option<Road>,
    /// How long the connections stay open, silent, after the last acknowledgement.
    #[arg(long, default_value_t = 0.0)]
    hold: f64,
    /// Threads that share the seals.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Says the latencies of each tenth of a second, too.
    #[arg(long)]
    slices: bool,
    /// Prints one line of JSON.
    #[arg(long)]
    json: bool,
}

/// What is spoken.
#[derive(Debug, Args)]
struct Spoken {
    /// What is spoken: jointech, jt808, gt06, kingwo, eseal, queclink, teltonika or meitrack.
    #[arg(long, default_value = "jointech")]
    protocol: String,
    /// In which dialect, by the name of the profile a seal is registered with; without it the protocol's first. jt808 has
    /// any (2013), jt808 (2019), jt709, jt705, hhd, bsj and aovx; queclink any and queclink_sack; teltonika fmb (codec 8
    /// extended) and any (codec 8).
    #[arg(long)]
    profile: Option<String>,
}

impl Spoken {
    fn language(&self) -> Result<Language> {
        let known = || {
            let names = LANGUAGES
                .iter()
                .map(|one| format!("{}/{}", one.protocol, one.profile));
            names.collect::<Vec<_>>().join(", ")
        };
        Language::find(&self.protocol, self.profile.as_deref()).with_context(|| {
            format!(
                "no simulated seal speaks that; protocols and profiles are {}",
                known()
            )
        })
    }
}

type Road = [(f64, f64); 2];

/// Runs what is asked for and prints what came of it.
pub fn run(options: Options) -> Result<()> {
    segel_server::descriptors::raise()?;
    match options.what {
        What::Load(options) => load(options),
        What::Seal(options) => seal::run(&options),
        What::Bare(options) => bare::run(&options),
    }
}

fn load(options: LoadOptions) -> Result<()> {
    let language = options.spoken.language()?;
    let (json, slices) = (options.json, options.slices);
    let outcome = load::run(&options.load()?)?;
    if !json {
        print!("{}", as_text(&outcome, language));
        return Ok(());
    }
    let mut value = as_json(&outcome);
    if slices {
        value["slices"] = outcome.slices.iter().map(parts).collect();
    }
    println!("{value}");
    Ok(())
}

impl LoadOptions {
    fn load(self) -> Result<Load> {
        Ok(Load {
            target: address(&self.target)?,
            language: self.spoken.language()?,
            seals: self.seals,
            first_id: self.first_id,
            rate: self.rate,
            in_flight: self.in_flight,
            lasting: Duration::try_from_secs_f64(self.seconds).context("so many seconds cannot be")?,
            patience: PATIENCE,
            hold: Duration::try_from_secs_f64(self.hold).context("so many seconds cannot be")?,
            road: self.road.unwrap_or(ROAD),
            threads: self.threads,
        })
    }
}

fn address(target: &str) -> Result<SocketAddr> {
    let mut found = target
        .to_socket_addrs()
        .with_context(|| format!("there is no server at {target}"))?;
    found
        .next()
        .with_context(|| format!("there is no server at {target}"))
}

fn road(text: &str) -> Result<Road, String> {
    let numbers: Vec<f64> = text
        .split(',')
        .map(|word| word.trim().parse().map_err(|_| format!("{word} is no number")))
        .collect::<Result<_, _>>()?;
    match numbers[..] {
        [lat0, lon0, lat1, lon1] => Ok([(lat0, lon0), (lat1, lon1)]),
        _ => Err("a road is lat,lon,lat,lon".to_owned()),
    }
}

fn as_json(outcome: &Outcome) -> Value {
    let us = |part: f64| outcome.latency.quantile(part).as_micros() as u64;
    json!({
        "sent": outcome.sent,
        "acknowledged": outcome.acknowledged,
        "unacknowledged": outcome.sent - outcome.acknowledged,
        "strange": outcome.strange,
        "broken": outcome.broken,
        "took_s": outcome.took.as_secs_f64(),
        "acknowledged_per_s": outcome.rate(),
        "began_unix_ms": outcome.began_unix_ms,
        "latency": parts(&outcome.latency),
        "latency_us": {"p50": us(0.5), "p99": us(0.99), "p999": us(0.999), "max": outcome.latency.worst().as_micros() as u64},
    })
}

/// For whoever adds several up.
fn parts(latency: &Histogram) -> Value {
    let (parts, worst) = latency.parts();
    json!({"parts": parts, "worst_ns": worst.as_nanos() as u64})
}

fn as_text(outcome: &Outcome, language: Language) -> String {
    let ms = |part: f64| outcome.latency.quantile(part).as_secs_f64() * 1e3;
    format!(
        "sent            {}\n\
         acknowledged    {} ({:.0} a second; {})\n\
         unacknowledged  {}\n\
         strange         {} (answers that name what nobody waited for)\n\
         broken          {} (connections)\n\
         latency         p50 {:.3} ms, p99 {:.3} ms, p99.9 {:.3} ms, max {:.3} ms (from due to acknowledged)\n",
        outcome.sent,
        outcome.acknowledged,
        outcome.rate(),
        language.counted(),
        outcome.sent - outcome.acknowledged,
        outcome.strange,
        outcome.broken,
        ms(0.5),
        ms(0.99),
        ms(0.999),
        outcome.latency.worst().as_secs_f64() * 1e3,
    )
}
