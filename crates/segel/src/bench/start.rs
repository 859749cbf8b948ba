//! How long from `exec` to accepting, after a crash, on a store of ten million reports and ten thousand trips; and how
//! quickly the state is built where no snapshot helps.
//!
//! The store is written by the same commits and the same compactor as in life. Snapshots are a minute apart, so a crash
//! leaves a minute to fold, of ten thousand seals that report every ten seconds; or, the worst there is, what a flood brought
//! since the last one.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use segel_measure::{Layout, Plan, World};
use segel_model::Input;
use segel_store::history::Rules;
use segel_store::{Compactor, Opened, Options, Progress, Snapshots, Store};

use super::Setting;
use super::inside::keep;
use super::table::{Promise, Reading, Table};

const GROUP: &str = "start";
/// Reports of one commit.
const REPORTS_A_COMMIT: usize = 1000;
/// What ten thousand seals say in a minute at one report in ten seconds.
const MINUTE: u64 = 60_000;
/// What a flood leaves: a snapshot is written after a million reports, and while it is written another million may come.
const FLOOD: u64 = 2_000_000;

/// Starts after a crash, and a rebuild.
pub fn measure(setting: &Setting, table: &mut Table) -> Result<()> {
    let (trips, reports) = if setting.quick {
        (20, 4_000)
    } else {
        (10_000, setting.options.start_reports)
    };
    let data = setting.folder.join("data");
    let tails = [FLOOD.min(reports / 2), MINUTE.min(reports / 4)];
    write(&data, trips, reports, tails)?;
    let newest = set_newest_snapshot_aside(&data)?;
    let flood = accepting(&data)?;
    // What the program has kept since would make the next start quicker than a crash leaves it.
    newest.put_back_alone(&data)?;
    let start = accepting(&data)?;
    let name = format!("exec to accepting after a crash, {reports} reports, {trips} trips");
    let reading = Reading::of(name, "s", start.as_secs_f64())
        .promised(Promise::AtMost(3.0))
        .remarking(format!("{} reports after the newest snapshot", tails[1]));
    table.take(GROUP, reading);
    let reading = Reading::of("the same after a flood", "s", flood.as_secs_f64())
        .remarking(format!("{} reports after the newest snapshot", tails[0]));
    table.take(GROUP, reading);
    rebuild(&data, table)
}

fn write(data: &Path, trips: u64, reports: u64, tails: [u64; 2]) -> Result<()> {
    let opened = Store::open(data, Options::default())?;
    let mut world = World::found(plan(trips), &opened.store)?;
    let snapshots = Snapshots::of_this_program(opened.store.folder())?;
    let (store, reader) = (opened.store.clone(), opened.reader.clone());
    let mut compactor = Compactor::new(store, reader, snapshots.clone(), Rules::default());
    let mut written = 0;
    for until in [reports - tails[0], reports - tails[1], reports] {
        while written < until {
            opened.store.commit(&world.commit(REPORTS_A_COMMIT))?;
            written += REPORTS_A_COMMIT as u64;
            if written.is_multiple_of(64 * REPORTS_A_COMMIT as u64) {
                opened.store.checkpoint()?;
            }
        }
        if written < reports {
            keep(&opened, &world, &snapshots)?;
            compact(&opened, &mut world, &mut compactor)?;
        }
    }
    Ok(())
}

/// Each seal on a trip and a corridor of its own.
fn plan(trips: u64) -> Plan {
    Plan {
        seals: trips,
        trips,
        routes: trips,
        layout: Layout::Spread,
        interval_s: 10,
    }
}

/// Moves what the snapshots allow into history, vouched for as the engine does.
pub fn compact(opened: &Opened, world: &mut World, compactor: &mut Compactor) -> Result<()> {
    loop {
        match compactor.step(world.now())? {
            Progress::Idle => return Ok(()),
            Progress::Sealed { input, .. } => {
                let events = sealed(&input);
                opened.store.commit(&world.enter_alone(input, events))?;
            }
            Progress::Deleted { .. } | Progress::Merged { .. } => {}
        }
    }
}

fn sealed(input: &Input) -> Vec<segel_model::Event> {
    match input.clone() {
        Input::HistorySealed {
            from_commit,
            until_commit,
            hashes,
        } => vec![segel_model::Event::HistorySealed {
            from_commit,
            until_commit,
            hashes,
        }],
        _ => Vec::new(),
    }
}

/// The program is started on the folder, says that it is ready, and is killed again.
fn accepting(data: &Path) -> Result<Duration> {
    let mut serve = Command::new(std::env::current_exe().context("a program knows its own file")?);
    serve.arg("serve").arg("--data").arg(data);
    for door in ["--http", "--jointech", "--osmand"] {
        serve.arg(door).arg("127.0.0.1:0");
    }
    let began = Instant::now();
    let mut child = serve
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("could not start segel serve")?;
    let said = child.stdout.take().context("its output is ours")?;
    let ready = BufReader::new(said)
        .lines()
        .map_while(Result::ok)
        .any(|line| line.trim() == "ready");
    let took = began.elapsed();
    child.kill().context("could not kill segel serve")?;
    child.wait().context("could not wait for its end")?;
    ensure!(ready, "segel serve did not come to accept anything");
    Ok(took)
}

/// A snapshot out of the way.
struct Aside {
    name: OsString,
    bytes: Vec<u8>,
}

/// So that an older one must do.
fn set_newest_snapshot_aside(data: &Path) -> Result<Aside> {
    let files = snapshots(data)?;
    ensure!(files.len() == 2, "{} snapshots were kept", files.len());
    let newest = files.last().context("two are kept")?;
    let aside = Aside {
        name: newest.file_name().context("a snapshot has a name")?.to_owned(),
        bytes: std::fs::read(newest).context("could not read a snapshot")?,
    };
    std::fs::remove_file(newest).context("could not delete a snapshot")?;
    Ok(aside)
}

impl Aside {
    fn put_back_alone(&self, data: &Path) -> Result<()> {
        for file in snapshots(data)? {
            std::fs::remove_file(file).context("could not delete a snapshot")?;
        }
        let file = data.join("snapshots").join(&self.name);
        std::fs::write(file, &self.bytes).context("could not put a snapshot back")
    }
}

/// Oldest first.
fn snapshots(data: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<_> = std::fs::read_dir(data.join("snapshots"))
        .context("could not list snapshots")?
        .map(|file| file.map(|file| file.path()))
        .collect::<std::io::Result<_>>()?;
    files.sort();
    Ok(files)
}

fn rebuild(data: &Path, table: &mut Table) -> Result<()> {
    let opened = Store::open(data, Options::default())?;
    let began = Instant::now();
    let rebuilt = segel_store::rebuild(&opened.reader)?;
    let took = began.elapsed().as_secs_f64();
    let reading = Reading::of(
        "rebuild without a snapshot",
        "reports/s",
        rebuilt.reports as f64 / took,
    )
    .remarking(format!(
        "{} entries and {} reports in {took:.1} s",
        rebuilt.entries, rebuilt.reports
    ));
    table.take(GROUP, reading);
    Ok(())
}
