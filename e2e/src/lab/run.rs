//! Recorded runs: the program at work under the recorder, so that every moment of it can be a power loss afterwards.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use segel_store::snapshot::form_of_program;
use tempfile::TempDir;

use super::check::Truth;
use super::disk::Disk;
use super::log::{self, Line};
use super::promises::Kept;
use crate::crash::City;
use crate::house::House;
use crate::program::recorder;

/// Everything that happens seldom comes often here, so that crashes find it.
const UPKEEP: &str =
    "[upkeep]\nsnapshot_ms = 300\ncheckpoint_ms = 500\nrun_reports = 120\nrun_age_s = 1\nmerged_runs = 3\n";

/// What the program does in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// People and seals at work, compaction, snapshots, checkpoints, a backup, kills and starts.
    Work,
    /// A start on the store of an earlier release.
    Upgrade,
    /// A start on what a power loss left.
    Recovery,
}

/// A run that is over.
pub struct Recorded {
    /// What it was.
    pub doing: Doing,
    /// The disk before it.
    pub before: Disk,
    /// What was promised before it.
    pub kept: Kept,
    /// Everything that happened.
    pub lines: Vec<Line>,
    /// What came of it.
    pub truth: Truth,
    /// The program's snapshots are of this form.
    pub form: u64,
    _folder: TempDir,
}

/// How the program breaks its promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// Its syncs do nothing.
    NoSyncs,
    /// It acknowledges before it commits.
    EarlyAck,
    /// It deletes staged reports before history has them.
    EarlyDelete,
}

/// A house under the recorder.
pub struct Watched {
    /// The house.
    pub house: House,
    log: PathBuf,
    folder: TempDir,
    before: Disk,
}

/// The program, and what may be wrong with it.
#[derive(Debug, Clone)]
pub struct Program {
    /// The binary.
    pub path: PathBuf,
    /// In which way it is sabotaged.
    pub sabotage: Option<Sabotage>,
}

impl Program {
    /// A copy that no build replaces in the middle of a run: snapshots of another build are none, and its rules may differ.
    /// It lies beside the program, where programs may be run, as long as its folder is held.
    pub fn copied(&self) -> Result<(Self, TempDir)> {
        let beside = self.path.parent().context("the program lies in no folder")?;
        let folder = tempfile::tempdir_in(beside).context("could not make a folder")?;
        let path = folder.path().join("segel");
        fs::copy(&self.path, &path).context("could not copy the program")?;
        let sabotage = self.sabotage;
        Ok((Self { path, sabotage }, folder))
    }
}

/// Memory where there is some: what is built here is only looked at.
pub fn scratch() -> Result<TempDir> {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.context("could not make a folder")
}

impl Watched {
    /// A house whose folder is furnished before the program comes to it.
    pub fn furnished(program: &Program, furnish: impl FnOnce(&Path) -> Result<()>) -> Result<Self> {
        let (root, folder) = (scratch()?, scratch()?);
        let log = folder.path().join("log");
        let watched = root.path().to_path_buf();
        furnish(&watched)?;
        let before = Disk::of(&watched)?;
        let mut house = House::on(root, program.path.clone())?;
        house.set_more_settings(UPKEEP);
        house.configure(None, &[])?;
        house.set_environment("LD_PRELOAD", recorder());
        house.set_environment("SEGEL_RECORDER_FOLDER", watched);
        house.set_environment("SEGEL_RECORDER_LOG", &log);
        match program.sabotage {
            Some(Sabotage::NoSyncs) => house.set_environment("SEGEL_RECORDER_IGNORE_SYNCS", "1"),
            Some(Sabotage::EarlyAck) => house.set_environment("SEGEL_SABOTAGE", "early_ack"),
            Some(Sabotage::EarlyDelete) => house.set_environment("SEGEL_SABOTAGE", "early_delete"),
            None => {}
        }
        Ok(Self {
            house,
            log,
            folder,
            before,
        })
    }

    /// A file that lies outside the watched folder.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The run is over: nobody works in the folder any more.
    pub fn recorded(self, doing: Doing, kept: Kept, form: u64) -> Result<Recorded> {
        let lines = log::read(&self.log)?;
        ensure!(lines.len() > 10, "the recorder was not loaded");
        Ok(Recorded {
            doing,
            before: self.before,
            kept,
            lines,
            truth: Truth::of(&self.house.data())?,
            form,
            _folder: self.folder,
        })
    }
}

/// A city at work: founded, killed, at work with a backup beside it, killed again, at work again, stopped in good order.
pub fn work(program: &Program, life: Duration) -> Result<Recorded> {
    let form = form_of_program(&program.path)?;
    let Watched {
        house,
        log,
        folder,
        before,
    } = Watched::furnished(program, |_| Ok(()))?;
    let mut city = City::found_in(house)?;
    let running = city.start()?;
    let (data, backup) = (city.house.data(), city.house.beside("backup"));
    let segel = program.path.clone();
    city.live_beside(running, || {
        std::thread::sleep(life / 2);
        back_up(&segel, &data, &backup)?;
        std::thread::sleep(life / 2);
        Ok(())
    })?;
    let running = city.start()?;
    city.live(running, life / 2)?;
    city.start()?.stop()?;
    let watched = Watched {
        house: city.into_house(),
        log,
        folder,
        before,
    };
    watched.recorded(Doing::Work, Kept::default(), form)
}

/// Asks the running program for a backup; whoever asks is not recorded.
fn back_up(segel: &Path, data: &Path, to: &Path) -> Result<()> {
    let said = std::process::Command::new(segel)
        .arg("backup")
        .arg("--data")
        .arg(data)
        .arg("--to")
        .arg(to)
        .output()?;
    ensure!(
        said.status.success(),
        "no backup: {}",
        String::from_utf8_lossy(&said.stderr)
    );
    Ok(())
}

/// A start on the store that an earlier release left, all of which had been promised.
pub fn upgrade(program: &Program, release: &Path) -> Result<Recorded> {
    let furnish = |root: &Path| {
        fs::create_dir(root.join("data"))?;
        for file in ["segel.db", "history.db"] {
            let packed = fs::read(release.join(format!("{file}.zst")))?;
            fs::write(
                root.join("data").join(file),
                zstd::stream::decode_all(packed.as_slice())?,
            )?;
        }
        Ok(())
    };
    let watched = Watched::furnished(program, furnish)?;
    let copy = scratch()?;
    furnish(copy.path())?;
    let kept = Kept {
        seq: Truth::of(&copy.path().join("data"))?.entries(),
        ..Kept::default()
    };
    start_and_stop(watched, program, Doing::Upgrade, kept)
}

/// A start on what a power loss left.
pub fn recovery(program: &Program, kept: Kept, leave: impl FnOnce(&Path) -> Result<()>) -> Result<Recorded> {
    let watched = Watched::furnished(program, leave)?;
    start_and_stop(watched, program, Doing::Recovery, kept)
}

fn start_and_stop(watched: Watched, program: &Program, doing: Doing, kept: Kept) -> Result<Recorded> {
    let form = form_of_program(&program.path)?;
    let running = watched.house.start()?;
    running.stop()?;
    watched.recorded(doing, kept, form)
}
