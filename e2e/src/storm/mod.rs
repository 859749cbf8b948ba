//! Storms: what thousands of seals and strangers do to one Segel at once, while an honest seal and people must not notice.
//!
//! Each storm has a small form that every `make test` plays, and the size that `make storm` asks for.

mod careful;
mod crowd;
mod strangers;
mod witness;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use segel_geo::Position;
use segel_measure::{Layout, Plan, World, road};
use segel_model::alarm::AlarmCode;
use segel_model::{Event, SealId};
use segel_sim::client::figure;
use segel_store::{Options, Store};

pub use careful::Careful;
pub use crowd::{Crowd, Wave};
pub use strangers::{Garbage, Silence};
pub use witness::{Held, Tally, Witness};

use crate::house::Running;

/// Descriptors that program and test need besides those of a storm.
const DESCRIPTORS_ASIDE: u64 = 500;
/// What should be so within a moment is waited for so long.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Entries read at once.
const PAGE: usize = 500;

/// How large the storms are.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Seals under way that come back at once.
    pub seals: u32,
    /// Connections that are slow or say nothing.
    pub silent: u32,
    /// Connections of garbage, one after the other.
    pub garbage: u32,
}

impl Size {
    /// As large as the environment says, or small.
    pub fn asked() -> Self {
        let asked = |name: &str, small| {
            std::env::var(name).map_or(small, |text| text.parse().expect("a number of connections"))
        };
        Self {
            seals: asked("SEGEL_STORM_SEALS", 1_500),
            silent: asked("SEGEL_STORM_SILENT", 500),
            garbage: asked("SEGEL_STORM_GARBAGE", 20_000),
        }
    }
}

/// Takes all descriptors that this process may have, and says how many a storm may use.
pub fn descriptors() -> Result<u32> {
    let maximum = segel_server::descriptors::raise()?;
    let usable = maximum.unwrap_or(u64::MAX).saturating_sub(DESCRIPTORS_ASIDE);
    Ok(u32::try_from(usable).unwrap_or(u32::MAX))
}

/// Founds a world in an empty folder: so many seals, each on a sealed container under way, on the road that this gives, each
/// to report each `interval_s`.
pub fn found(data: &Path, seals: u32, interval_s: u32) -> Result<Vec<Position>> {
    let plan = Plan {
        seals: seals.into(),
        trips: seals.into(),
        routes: 1,
        layout: Layout::Spread,
        interval_s,
    };
    let opened = Store::open(data, Options::default())?;
    World::found(plan, &opened.store)?;
    Ok(road(1, plan.layout))
}

/// The seals that were called silent, by the journal of a folder at rest.
pub fn called_silent(data: &Path) -> Result<Vec<SealId>> {
    let opened = Store::open(data, Options::default())?;
    let (mut seq, mut silent) = (0, Vec::new());
    loop {
        let page = opened.reader.journal_after(seq, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(silent);
        };
        seq = last.entry.seq;
        let events = page.iter().flat_map(|line| &line.entry.events);
        silent.extend(events.filter_map(|event| match event {
            Event::AlarmRaised { finding, .. } if finding.code == AlarmCode::A12 => finding.seal,
            _ => None,
        }));
    }
}

/// Memory that a program has taken for itself (not its files), in KiB.
pub fn memory_kib(running: &Running) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", running.process()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let words = line.context("the kernel does not say what memory it has")?;
    let number = words.split_whitespace().next().context("no number")?;
    number.parse().context("no number")
}

/// Waits until no connection of seals is left but so many, and none of people but those of the witness.
pub fn wait_until_left(running: &Running, seals: u64, people: u64) -> Result<()> {
    let base = &running.doors.base;
    let left = || -> Result<(u64, u64)> {
        let seals = figure(base, "segel_gateway_connections{protocol=\"jointech\"}")?;
        Ok((seals, figure(base, "segel_people_connections")?))
    };
    let began = Instant::now();
    loop {
        let (of_seals, of_people) = left()?;
        if of_seals <= seals && of_people <= people {
            return Ok(());
        }
        ensure!(
            began.elapsed() < PATIENCE,
            "{of_seals} connections of seals and {of_people} of people are left over"
        );
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Waits until the program has given back what it took: until it has no more than so much.
pub fn wait_until_memory(running: &Running, at_most_kib: u64) -> Result<u64> {
    let began = Instant::now();
    loop {
        let kib = memory_kib(running)?;
        if kib <= at_most_kib {
            return Ok(kib);
        }
        ensure!(
            began.elapsed() < PATIENCE,
            "{kib} KiB are still taken, more than {at_most_kib}"
        );
        std::thread::sleep(LOOK_EVERY);
    }
}
