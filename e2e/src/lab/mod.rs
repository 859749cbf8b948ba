//! The crash laboratory. A kill keeps what the kernel holds in memory; a power loss does not. A recorder loaded into the
//! program writes down every write, name and sync under its folder and every byte on its sockets, in one order. From that log
//! the disks are built that a power loss could have left at any moment, and each is asked whether everything promised by
//! then is there.

mod check;
mod disk;
mod fault;
mod file;
mod log;
mod promises;
mod run;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::chance::Chance;
use disk::Disk;
use file::Fate;
use log::Line;
use promises::{Kept, Listener};
use run::{Doing, Recorded};

pub use fault::{Fault, Outcome, fail};
pub use file::Loss;
pub use run::{Program, Sabotage, scratch};

/// What was under way when the power went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Nothing that is not synced.
    Quiet,
    /// A commit.
    Commit,
    /// A photo on its way into its place.
    Photo,
    /// Reports on their way into history.
    Compaction,
    /// A snapshot.
    Snapshot,
    /// The log on its way into the files, or a checkpoint of the journal.
    Checkpoint,
    /// A backup.
    Backup,
    /// A start on the store of an earlier release.
    Upgrade,
    /// A start, after a kill or a power loss.
    Recovery,
}

/// How many crashes, and of what.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Power losses.
    pub crashes: usize,
    /// How long people and seals work.
    pub life: Duration,
    /// Two plans of one seed crash a recorded run at the same moments.
    pub seed: u64,
    /// The program.
    pub program: Program,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Power losses, by what was under way.
    pub crashes: BTreeMap<Phase, u64>,
    /// What the disks lost.
    pub loss: Loss,
    /// Lines of the logs.
    pub lines: usize,
    /// Acknowledged reports and entries spoken of, over all crashes, each of them found.
    pub promises: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: u64 = self.crashes.values().sum();
        writeln!(f, "{all} power losses over {} recorded steps", self.lines)?;
        for (phase, crashes) in &self.crashes {
            writeln!(f, "  {:<12}{crashes:>6}", format!("{phase:?}").to_lowercase())?;
        }
        let Loss {
            bytes_lost,
            torn,
            reordered,
            names_undone,
        } = self.loss;
        writeln!(
            f,
            "lost {bytes_lost} bytes, {torn} writes torn, {reordered} kept without the one before, {names_undone} names undone"
        )?;
        write!(f, "{} promises looked for and found", self.promises)
    }
}

/// One crash in so many runs the program again on what is left, under the recorder, and crashes that start, too.
const RECOVERED_EVERY: usize = 100;
/// Crashes in each of those starts.
const CRASHES_IN_A_START: usize = 10;
/// In turn. Nothing lost is a kill; it is tried more seldom.
const FATES: [Fate; 7] = [
    Fate::Lost,
    Fate::Torn,
    Fate::Picked,
    Fate::Shuffled,
    Fate::Lost,
    Fate::Torn,
    Fate::Kept,
];

/// Crashes it as often as the plan says, and fails at the first broken promise.
pub fn run(plan: &Plan) -> Result<Tally> {
    let (program, _folder) = plan.program.copied()?;
    let plan = &Plan {
        program,
        ..plan.clone()
    };
    let mut tally = Tally::default();
    let began = Instant::now();
    let worked = run::work(&plan.program, plan.life)?;
    println!(
        "recorded {} steps of work in {:?}",
        worked.lines.len(),
        began.elapsed()
    );
    let upgraded = match plan.program.sabotage {
        None => Some(run::upgrade(&plan.program, &release())?),
        Some(_) => None,
    };
    let starts = plan.crashes.div_ceil(RECOVERED_EVERY);
    let in_starts = (starts * CRASHES_IN_A_START).min(plan.crashes / 5);
    let in_upgrade = upgraded.as_ref().map_or(0, |_| plan.crashes / 10);
    crash(
        &worked,
        plan.crashes - in_starts - in_upgrade,
        plan.seed,
        &mut tally,
    )?;
    if let Some(upgraded) = &upgraded {
        crash(upgraded, in_upgrade, plan.seed, &mut tally)?;
    }
    if plan.program.sabotage.is_none() {
        crash_starts(&worked, starts, in_starts, plan, &mut tally)?;
    }
    Ok(tally)
}

fn release() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/store/0.1")
}

/// Power losses during the starts that follow power losses.
fn crash_starts(
    worked: &Recorded,
    starts: usize,
    crashes: usize,
    plan: &Plan,
    tally: &mut Tally,
) -> Result<()> {
    let mut chance = Chance::of(plan.seed ^ 0x57a7);
    let mut moments: Vec<usize> = (0..starts).map(|_| chance.below(worked.lines.len())).collect();
    moments.sort_unstable();
    let mut past = Past::of(worked);
    for (number, moment) in moments.into_iter().enumerate() {
        past.go(moment);
        let kept = past.listener.kept().clone();
        let started = run::recovery(&plan.program, kept, |root| {
            past.disk.leave(root, FATES[number % FATES.len()], &mut chance)?;
            Ok(())
        })
        .with_context(|| format!("a start on what a power loss after step {moment} left"))?;
        crash(
            &started,
            crashes / starts.max(1),
            plan.seed + number as u64,
            tally,
        )?;
    }
    Ok(())
}

/// A run up to a moment.
struct Past<'a> {
    run: &'a Recorded,
    next: usize,
    disk: Disk,
    listener: Listener,
}

impl<'a> Past<'a> {
    fn of(run: &'a Recorded) -> Self {
        Self {
            run,
            next: 0,
            disk: run.before.clone(),
            listener: Listener::after(run.kept.clone()),
        }
    }

    /// Goes on until so many steps have happened.
    fn go(&mut self, moment: usize) {
        while self.next < moment {
            let line = &self.run.lines[self.next];
            self.disk.take(line);
            self.listener.take(line);
            self.next += 1;
        }
    }
}

/// Crashes a run so many times, spread over all its phases.
fn crash(run: &Recorded, crashes: usize, seed: u64, tally: &mut Tally) -> Result<()> {
    let phases = phases(run);
    tally.lines += run.lines.len();
    let mut chance = Chance::of(seed);
    let mut past = Past::of(run);
    for (number, moment) in moments(&phases, crashes, &mut chance).into_iter().enumerate() {
        past.go(moment);
        let fate = FATES[number % FATES.len()];
        let kept = past.listener.kept();
        let phase = phases[moment.min(phases.len() - 1)];
        tally.loss += lose_power(run, &past.disk, kept, (fate, &mut chance)).with_context(|| {
            format!(
                "the power went after step {moment} of {}, during {phase:?}; unsynced: {fate:?}; seed {seed}",
                run.lines.len()
            )
        })?;
        tally.promises += kept.count();
        *tally.crashes.entry(phase).or_default() += 1;
    }
    ensure!(
        run.doing != Doing::Work || 0 < past.listener.kept().count(),
        "nothing was ever promised: the recorder does not see the sockets"
    );
    Ok(())
}

fn lose_power(run: &Recorded, disk: &Disk, kept: &Kept, (fate, chance): (Fate, &mut Chance)) -> Result<Loss> {
    let target = run::scratch()?;
    let loss = disk.leave(target.path(), fate, chance)?;
    check::check(target.path(), kept, &run.truth, run.form)?;
    Ok(loss)
}

/// Half of the moments anywhere, the others spread evenly over what was under way: much of it is short.
fn moments(phases: &[Phase], count: usize, chance: &mut Chance) -> Vec<usize> {
    let mut by_phase: BTreeMap<Phase, Vec<usize>> = BTreeMap::new();
    for (moment, phase) in phases.iter().enumerate() {
        by_phase.entry(*phase).or_default().push(moment);
    }
    let stretches: Vec<&Vec<usize>> = by_phase.values().collect();
    let mut moments: Vec<usize> = (0..count)
        .map(|number| {
            let stretch = stretches[number / 2 % stretches.len()];
            if number % 2 == 0 {
                chance.below(phases.len())
            } else {
                stretch[chance.below(stretch.len())]
            }
        })
        .collect();
    moments.sort_unstable();
    moments
}

/// What is under way before each step.
fn phases(run: &Recorded) -> Vec<Phase> {
    let (mut disk, mut phases) = (run.before.clone(), Vec::with_capacity(run.lines.len()));
    let (mut phase, mut is_starting) = (Phase::Quiet, false);
    for line in &run.lines {
        phases.push(match (run.doing, is_starting) {
            (Doing::Upgrade, _) => Phase::Upgrade,
            (Doing::Recovery, _) | (_, true) => Phase::Recovery,
            (Doing::Work, false) => phase,
        });
        disk.take(line);
        match line {
            Line::Started => is_starting = !phases.is_empty() && 1 < phases.len(),
            Line::Heard { .. } => is_starting = false,
            Line::Sent { .. } => {}
            _ => phase = phase_of(&disk),
        }
    }
    phases
}

fn phase_of(disk: &Disk) -> Phase {
    let dirty = disk.dirty().filter_map(Path::to_str);
    let unnamed = disk
        .unnamed()
        .filter_map(Path::to_str)
        .filter(|path| path.starts_with("data/snapshots") || path.starts_with("data/checkpoints"));
    dirty
        .chain(unnamed)
        .map(phase_of_name)
        .max()
        .unwrap_or(Phase::Quiet)
}

fn phase_of_name(name: &str) -> Phase {
    match name {
        "data/segel.db-wal" => Phase::Commit,
        "data/history.db-wal" => Phase::Compaction,
        "data/segel.db" | "data/history.db" => Phase::Checkpoint,
        _ if name.starts_with("backup") => Phase::Backup,
        _ if name.starts_with("data/snapshots") => Phase::Snapshot,
        _ if name.starts_with("data/checkpoints") => Phase::Checkpoint,
        _ if name.starts_with("data/blobs") || name.starts_with("data/uploads") => Phase::Photo,
        _ => Phase::Quiet,
    }
}
