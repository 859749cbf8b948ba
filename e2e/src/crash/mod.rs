//! Crash proof: the program is killed at random moments under load, again and again on one growing folder, and each time
//! everything it had promised must be there.
//!
//! What counts as promised is what came back to this side of the socket: an acknowledgement with the right serial, an
//! answer to a command, the last byte of an upload answered. Whatever was under way at the kill is counted and printed; a
//! kill that found nothing under way of some sort does not count.

mod city;
mod crew;
mod proof;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

pub use city::City;
#[cfg(test)]
pub(crate) use city::sealed_at;
pub use crew::InFlight;
pub use proof::FalseClaim;

use crate::chance::Chance;
use crate::house::House;
use crate::program::program;

/// How often it is killed, and how.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Kills that count.
    pub kills: u32,
    /// After so many the folder is looked at as it lies there, besides the end.
    pub inspect_every: u32,
    /// Two runs of one seed kill after the same pauses.
    pub seed: u64,
    /// The program.
    pub program: PathBuf,
    /// In which way a sabotaged program breaks its promises.
    pub sabotage: Option<&'static str>,
    /// Whether the folder of a failed run stays for a look.
    pub keep_failed: bool,
}

impl Plan {
    /// So many kills of the honest program.
    pub fn of_kills(kills: u32) -> Self {
        Self {
            kills,
            inspect_every: 25,
            seed: 7,
            program: program().clone(),
            sabotage: None,
            keep_failed: true,
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Kills that found reports, a command and a photo under way.
    pub kills: u32,
    /// Kills that found one of them missing.
    pub uncounted: u32,
    /// What was under way, over all kills that count.
    pub in_flight: InFlight,
    /// Reports acknowledged, all of them found again.
    pub reports: u64,
    /// Commands answered, all of them found again.
    pub commands: u64,
    /// Photos stored, all of them found again.
    pub photos: u64,
    /// Messages SKP took, each under one name.
    pub messages: u64,
    /// How long a start took at most.
    pub slowest_start: Duration,
}

/// Shortest and longest life between the opening of the doors and the kill.
const LIFE_MS: std::ops::Range<u64> = 60..420;
/// So many kills in a row that find nothing under way mean that the load has stopped.
const UNCOUNTED_MAX: u32 = 50;

/// Kills it as often as the plan says, and fails at the first broken promise.
pub fn run(plan: &Plan) -> Result<Tally> {
    let mut house = House::of(plan.program.clone())?;
    if let Some(kind) = plan.sabotage {
        house.set_environment("SEGEL_SABOTAGE", kind);
    }
    let mut city = City::found_in(house)?;
    let done = kill_again_and_again(&mut city, plan);
    if done.is_err() && plan.keep_failed {
        println!("the folder is kept: {}", city.keep().display());
    }
    done
}

fn kill_again_and_again(city: &mut City, plan: &Plan) -> Result<Tally> {
    let (mut tally, mut chance) = (Tally::default(), Chance::of(plan.seed));
    while tally.kills < plan.kills {
        let mut watch = Watch::start();
        let running = city.start()?;
        let start = watch.lap();
        tally.slowest_start = tally.slowest_start.max(start);
        city.prove()?;
        let proof = watch.lap();
        let in_flight = city.live(running, pause(&mut chance))?;
        let life = watch.lap();
        tally.count(in_flight);
        println!(
            "kill {:4}: {in_flight} under way; {} (start {} ms, proof {} ms, life {} ms)",
            tally.kills,
            city.promises(),
            start.as_millis(),
            proof.as_millis(),
            life.as_millis()
        );
        ensure!(
            tally.uncounted < UNCOUNTED_MAX + tally.kills,
            "too many kills found nothing under way"
        );
        if tally.kills % plan.inspect_every == 0 {
            city.inspect()?;
        }
    }
    let running = city.start()?;
    city.prove()?;
    city.prove_everything().context("at the end")?;
    drop(running);
    city.inspect()?;
    let (reports, commands, photos) = city.kept();
    Ok(Tally {
        reports,
        commands,
        photos,
        messages: city.messages()?,
        ..tally
    })
}

impl Tally {
    fn count(&mut self, in_flight: InFlight) {
        if in_flight.is_complete() {
            self.kills += 1;
            self.in_flight += in_flight;
        } else {
            self.uncounted += 1;
        }
    }
}

/// Tells how long each part of a round took.
struct Watch(Instant);

impl Watch {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn lap(&mut self) -> Duration {
        let lap = self.0.elapsed();
        self.0 = Instant::now();
        lap
    }
}

/// Pauses without a pattern, the same for the same seed.
fn pause(chance: &mut Chance) -> Duration {
    Duration::from_millis(LIFE_MS.start + chance.next() % (LIFE_MS.end - LIFE_MS.start))
}
