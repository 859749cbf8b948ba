//! A disk that fails while the program works: what it says, and what the disk holds afterwards.

use std::fs;

use anyhow::{Context, Result, ensure};
use segel_sim::convoy::{Line as Seal, Road};

use super::promises::Kept;
use super::run::{Doing, Program, Watched};
use super::{FATES, Past, check};
use crate::chance::Chance;

/// How the disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// This sync fails, once, and the next ones say that all is well.
    Sync(u32),
    /// From this write on there is no space.
    Full(u32),
    /// From this read on nothing can be read.
    Read(u32),
}

impl Fault {
    fn setting(self) -> (&'static str, u32) {
        match self {
            Self::Sync(at) => ("SEGEL_RECORDER_FAIL_SYNC", at),
            Self::Full(at) => ("SEGEL_RECORDER_FULL_AT", at),
            Self::Read(at) => ("SEGEL_RECORDER_FAIL_READ", at),
        }
    }
}

/// What came of a fault.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Reports acknowledged before the fault and after it.
    pub acknowledged: u32,
    /// Whether the program ended by itself.
    pub ended: bool,
    /// What its log says.
    pub said: String,
    /// Power losses after the fault, all of which left what was promised.
    pub crashes: u32,
}

/// Reports acknowledged before the fault may come.
const BEFORE: u32 = 5;
/// Reports tried afterwards; a program that still acknowledges then is not hurt by the fault.
const AFTER: u32 = 60;
/// The device that reports.
const DEVICE: u64 = 8_400_000_001;

/// Lets a seal report until the disk fails and a little longer. Then the power goes, in every way, and everything that was
/// acknowledged must be there.
pub fn fail(program: &Program, fault: Fault) -> Result<Outcome> {
    let mut watched = Watched::furnished(program, |_| Ok(()))?;
    let now = watched.beside("now");
    let (name, at) = fault.setting();
    watched.house.set_environment(name, at.to_string());
    watched.house.set_environment("SEGEL_RECORDER_WHEN", &now);
    let running = watched.house.start()?;
    let mut seal = Seal::connect(running.doors.jointech, DEVICE, Road::of_pieces(2).standing())?;
    for _ in 0..BEFORE {
        seal.report()?;
    }
    fs::write(&now, b"")?;
    let mut acknowledged = BEFORE;
    while acknowledged < BEFORE + AFTER && seal.report().is_ok() {
        acknowledged += 1;
    }
    let ended = acknowledged < BEFORE + AFTER;
    if ended {
        let status = running.wait().context("it does not end by itself")?;
        ensure!(!status.success(), "it ends as if nothing had been wrong");
    } else {
        running.kill()?;
    }
    let said = watched.house.log();
    let crashes = lose_power(watched, program, &fault)?;
    Ok(Outcome {
        acknowledged,
        ended,
        said,
        crashes,
    })
}

/// The power goes at the end of the run, once for each fate.
fn lose_power(watched: Watched, program: &Program, fault: &Fault) -> Result<u32> {
    let form = segel_store::snapshot::form_of_program(&program.path)?;
    let recorded = watched.recorded(Doing::Work, Kept::default(), form)?;
    let (mut past, mut chance) = (Past::of(&recorded), Chance::of(11));
    past.go(recorded.lines.len());
    let kept = past.listener.kept();
    let promised: usize = kept.reports.values().map(std::collections::BTreeSet::len).sum();
    ensure!(
        BEFORE as usize <= promised,
        "the recorder saw {promised} acknowledgements"
    );
    for fate in FATES {
        let target = super::run::scratch()?;
        past.disk.leave(target.path(), fate, &mut chance)?;
        check::check(target.path(), kept, &recorded.truth, form)
            .with_context(|| format!("after {fault:?} the power went; unsynced: {fate:?}"))?;
    }
    Ok(FATES.len() as u32)
}
