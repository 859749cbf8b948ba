//! `segel bench`: the first figures, each beside a reference measured in the same run. Absolute numbers drift with the
//! machine; the ratios are what to compare.
//!
//! Three processes, as in life, though on one machine: Segel itself (`segel serve`), the seals (`segel sim load`), and this
//! one, which plays the people, follows the live stream and answers as the bare reference. Every seal is sealed and in
//! transit on a trip, and a counter of the server tells how many reports were judged against its corridor. At the end
//! Segel is killed, and everything it acknowledged must be in its folder.

pub mod table;
pub mod machine;

mod program;
mod convoy;
mod alarms;
mod reference;
mod disk;

mod cost;
mod inside;
mod ground;
mod growth;
mod state;
mod start;
mod month;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use segel_sim::client::figure;
use segel_sim::convoy::Road;
use segel_sim::histogram::Histogram;

use alarms::Probes;
use convoy::{Group, World};
use machine::Machine;
use program::{Load, Loaded, Program};
use table::{Promise, Reading, Table};

/// How large and how long.
#[derive(Debug, Args)]
pub struct Options {
    /// Only these groups of figures, by name; all of them without.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// How often everything is measured; the table shows the median and the range.
    #[arg(long, default_value_t = 1)]
    repeat: u32,
    /// Writes the table as JSON, too.
    #[arg(long)]
    json: Option<PathBuf>,
    /// As small as it goes: shows that everything is measured, not how quick anything is.
    #[arg(long)]
    quick: bool,
    /// Where the bench keeps its files; it makes a folder of its own there.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Seals that report, each on its own connection and its own trip.
    #[arg(long, default_value_t = 700)]
    seals: u32,
    /// Seals whose rope is cut while the others report.
    #[arg(long, default_value_t = 200)]
    cuts: u32,
    /// Seconds of each measurement of rates.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Reports of the month; as many as a thousand seals say in one at one a minute.
    #[arg(long, default_value_t = 43_200_000)]
    month_reports: u64,
    /// Reports in the store that is started on after a crash.
    #[arg(long, default_value_t = 10_000_000)]
    start_reports: u64,
    /// For the bench itself: found so many seals and say what they take in memory.
    #[arg(long, hide = true)]
    state_of: Option<u64>,
}

/// One group of figures, and how they are read. A group needs nothing of another, so that each runs alone.
pub struct Section {
    /// Its name, for `--only`.
    pub group: &'static str,
    /// Reads each figure once.
    pub measure: fn(&Setting, &mut Table) -> Result<()>,
}

/// What a section needs to know.
pub struct Setting {
    /// An empty folder of its own, deleted afterwards.
    pub folder: PathBuf,
    /// As small as it goes.
    pub quick: bool,
    /// What was asked for.
    pub options: Options,
    /// Where it runs.
    pub machine: Machine,
}

/// All of them, in the order of the table.
const SECTIONS: &[Section] = &[
    Section {
        group: "sockets",
        measure,
    },
    Section {
        group: "corridor",
        measure: |_, table| reference::corridor(&Road::of_pieces(PIECES).points, table),
    },
    Section {
        group: "ground",
        measure: ground::measure,
    },
    Section {
        group: "growth",
        measure: growth::measure,
    },
    Section {
        group: "state",
        measure: state::measure,
    },
    Section {
        group: "start",
        measure: start::measure,
    },
    Section {
        group: "month",
        measure: month::measure,
    },
];

/// Pieces of the route that every seal travels.
const PIECES: u32 = 200;
/// The counter of reports that were judged against a corridor.
const JUDGED: &str = "segel_engine_corridor_judged_total";
/// Each cut takes at most about so long, pause and decision of the officer included; the load lasts for all of them.
const CUT_TAKES: Duration = Duration::from_millis(50);

/// Measures and prints.
pub fn run(options: Options) -> Result<()> {
    if let Some(seals) = options.state_of {
        state::look_at_itself(seals);
        return Ok(());
    }
    let sections = chosen(&options.only)?;
    let above = options.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = above.join(format!("segel-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).context("could not create a folder")?;
    let setting = Setting {
        machine: Machine::this(&folder),
        quick: options.quick,
        folder: folder.join("section"),
        options,
    };
    let table = measure_all(&setting, &sections);
    std::fs::remove_dir_all(&folder).context("could not delete the bench's folder")?;
    let table = table?;
    print!("{}", table.text());
    if let Some(file) = &setting.options.json {
        let text = serde_json::to_string_pretty(&table.json()).context("could not write JSON")?;
        std::fs::write(file, text + "\n").with_context(|| format!("could not write {}", file.display()))?;
    }
    let failures = table.failures();
    ensure!(
        failures.is_empty(),
        "not everything was measured: {}",
        failures.join("; ")
    );
    Ok(())
}

fn chosen(only: &[String]) -> Result<Vec<&'static Section>> {
    for wanted in only {
        let names: Vec<_> = SECTIONS.iter().map(|section| section.group).collect();
        ensure!(
            names.contains(&wanted.as_str()),
            "there is no group {wanted}, only {}",
            names.join(", ")
        );
    }
    let wanted = |section: &&Section| only.is_empty() || only.iter().any(|one| one == section.group);
    Ok(SECTIONS.iter().filter(wanted).collect())
}

/// A section that fails leaves its place empty and the others as they are.
fn measure_all(setting: &Setting, sections: &[&Section]) -> Result<Table> {
    let times = setting.options.repeat;
    let size = if setting.quick {
        ", as small as it goes"
    } else {
        ""
    };
    let mut table = Table::new(setting.machine.clone(), format!("measured {times} times{size}"));
    for _ in 0..times {
        for section in sections {
            std::fs::create_dir_all(&setting.folder).context("could not create a folder")?;
            if let Err(failure) = (section.measure)(setting, &mut table) {
                table.take_failure(section.group, &failure);
            }
            std::fs::remove_dir_all(&setting.folder).context("could not delete a section's folder")?;
        }
    }
    Ok(table)
}

fn measure(setting: &Setting, table: &mut Table) -> Result<()> {
    let (options, folder) = (&setting.options, setting.folder.as_path());
    let program = Program::start(folder)?;
    let road = Road::of_pieces(PIECES);
    let world = World::found(&program, &road)?;
    world.send_off(Group::REPORTING, options.seals)?;
    let cuts = world.send_off(Group::CUT, options.cuts)?;
    let mut bench = Bench {
        program: &program,
        load: Load {
            target: program.jointech,
            seals: options.seals,
            first_id: Group::REPORTING.first_device(),
            rate: None,
            in_flight: 1,
            lasting: Duration::from_secs(options.seconds),
            road: road.middle(),
        },
        acknowledged: 0,
        machine: &setting.machine,
        table,
    };
    let full = bench.rates()?;
    bench.half_load(full / 2.0, &world, Probes::ready(&program, &road, &cuts)?, folder)?;
    let promised = bench.acknowledged;
    drop(world);
    program.kill()?;
    disk::weigh(&folder.join("data"), promised, table)
}

/// What is measured, and how much was promised on the way.
struct Bench<'a> {
    program: &'a Program,
    load: Load,
    acknowledged: u64,
    machine: &'a Machine,
    table: &'a mut Table,
}

impl Bench<'_> {
    /// As fast as acknowledgements come; says how many a second with one report of each seal under way.
    fn rates(&mut self) -> Result<f64> {
        let bare = reference::bare_loop()?;
        let excuse = self.machine.excuse();
        let mut full = 0.0;
        for (in_flight, least) in [(1, 0.8), (16, 0.4)] {
            let load = Load {
                in_flight,
                ..self.load.clone()
            };
            let reference = program::load(&Load {
                target: bare,
                ..load.clone()
            })?;
            let (ours, judged) = self.loaded(&load, 0)?;
            let title = format!("durable acknowledged reports, {in_flight} under way a seal");
            let reading = Reading::of(title, "reports/s", ours.per_second)
                .beside(
                    "a bare loop that acknowledges and keeps nothing",
                    reference.per_second,
                )
                .promised(Promise::RatioAtLeast(least))
                .remarking(format!("{}; {judged}; {excuse}", ours.latency));
            self.table.take("sockets", reading);
            if in_flight == 1 {
                full = ours.per_second;
            }
        }
        Ok(full)
    }

    /// Ropes are cut while the others report at half of what they could.
    fn half_load(&mut self, rate: f64, world: &World, probes: Probes, folder: &Path) -> Result<()> {
        let load = Load {
            rate: Some(rate),
            lasting: CUT_TAKES * probes.count() + Duration::from_secs(2),
            ..self.load.clone()
        };
        let cuts = u64::from(probes.count());
        let ((loaded, judged), measured) = std::thread::scope(|scope| {
            let loading = scope.spawn(|| self.loaded(&load, cuts));
            let measured = probes.cut(world);
            let loaded = loading.join().expect("the load does not panic");
            loaded.and_then(|loaded| Ok((loaded, measured?)))
        })?;
        let syncs = reference::syncs(folder)?;
        for (title, latency) in [
            (
                "a rope is cut, to its alarm on the live stream, p99",
                &measured.told,
            ),
            ("an officer acknowledges the alarm, p99", &measured.answered),
        ] {
            let reading = Reading::of(title, "ms", ms(latency.quantile(0.99)))
                .beside("append and sync of 96 KiB, p99", ms(syncs.quantile(0.99)))
                .promised(Promise::AtMost(50.0))
                .remarking(spread(latency));
            self.table.take("sockets", reading);
        }
        let reading = Reading::of("reports beside them", "reports/s", loaded.per_second)
            .remarking(format!("{}; {judged}", loaded.latency));
        self.table.take("sockets", reading);
        Ok(())
    }

    /// A load whose reports were all acknowledged, and how many were judged, with those that somebody else said meanwhile.
    fn loaded(&mut self, load: &Load, others: u64) -> Result<(Loaded, String)> {
        let before = figure(&self.program.base, JUDGED)?;
        let loaded = program::load(load)?;
        let judged = figure(&self.program.base, JUDGED)? - before;
        ensure!(
            loaded.acknowledged == loaded.sent && loaded.strange == 0 && loaded.broken == 0,
            "{} of {} reports were acknowledged, {} answers were strange, {} connections broke",
            loaded.acknowledged,
            loaded.sent,
            loaded.strange,
            loaded.broken
        );
        let acknowledged = loaded.acknowledged + others;
        self.acknowledged += acknowledged;
        let part = 100.0 * judged as f64 / acknowledged.max(1) as f64;
        let judged =
            format!("{judged} of {acknowledged} reports were judged against a corridor ({part:.1} %)");
        Ok((loaded, judged))
    }
}

fn spread(latency: &Histogram) -> String {
    format!(
        "p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms of {}",
        ms(latency.quantile(0.5)),
        ms(latency.quantile(0.99)),
        ms(latency.worst()),
        latency.count()
    )
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
