//! `segel bench`: the first figures, each beside a reference measured in the same run. Absolute numbers drift with the
//! machine; the ratios are what to compare.
//!
//! Three processes, as in life, though on one machine: Segel itself (`segel serve`), the seals (`segel sim load`), and this
//! one, which plays the people, follows the live stream and answers as the bare reference. Every seal is sealed and in
//! transit on a trip, and a counter of the server tells how many reports were judged against its corridor. At the end
//! Segel is killed, and everything it acknowledged must be in its folder.

mod program;
mod convoy;
mod alarms;
mod reference;
mod disk;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use segel_sim::client::figure;
use segel_sim::convoy::Road;
use segel_sim::histogram::Histogram;

use alarms::Probes;
use convoy::{Group, World};
use program::{Load, Loaded, Program};

/// How large and how long.
#[derive(Debug, Args)]
pub struct Options {
    /// Seals that report, each on its own connection and its own trip.
    #[arg(long, default_value_t = 700)]
    seals: u32,
    /// Seals whose rope is cut while the others report.
    #[arg(long, default_value_t = 200)]
    cuts: u32,
    /// Seconds of each measurement of rates.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// Pieces of the route that every seal travels.
const PIECES: u32 = 200;
/// The counter of reports that were judged against a corridor.
const JUDGED: &str = "segel_engine_corridor_judged_total";
/// Each cut takes at most about so long, pause and decision of the officer included; the load lasts for all of them.
const CUT_TAKES: Duration = Duration::from_millis(50);

/// Measures and prints.
pub fn run(options: &Options) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("segel-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).context("could not create a folder")?;
    let measured = measure(options, &folder);
    std::fs::remove_dir_all(&folder).context("could not delete the bench's folder")?;
    measured
}

fn measure(options: &Options, folder: &Path) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "segel bench {}: {} seals on trips of {PIECES} pieces, {} s each, {cores} cores for server, seals and people",
        env!("CARGO_PKG_VERSION"),
        options.seals,
        options.seconds
    );
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
    };
    let full = bench.rates()?;
    bench.half_load(full / 2.0, &world, Probes::ready(&program, &road, &cuts)?)?;
    println!(
        "  {} append and sync of 96 KiB",
        spread(&reference::syncs(folder)?)
    );
    reference::print_corridor(&road.points)?;
    let promised = bench.acknowledged;
    drop(world);
    program.kill()?;
    disk::print(&folder.join("data"), promised)
}

/// What is measured, and how much was promised on the way.
struct Bench<'a> {
    program: &'a Program,
    load: Load,
    acknowledged: u64,
}

impl Bench<'_> {
    /// As fast as acknowledgements come; says how many a second with one report of each seal under way.
    fn rates(&mut self) -> Result<f64> {
        let bare = reference::bare_loop()?;
        let mut full = 0.0;
        for in_flight in [1, 16] {
            let load = Load {
                in_flight,
                ..self.load.clone()
            };
            let reference = program::load(&Load {
                target: bare,
                ..load.clone()
            })?;
            let ours = self.loaded(&load, 0)?;
            let title = format!("durable acknowledged reports a second, {in_flight} under way a seal");
            println!("{title:<58} {:>9.0}   {}", ours.per_second, ours.latency);
            let ratio = ours.per_second / reference.per_second;
            println!(
                "  {:<56} {:>9.0}   {}   ratio {ratio:.2}",
                "bare loop that acknowledges and keeps nothing", reference.per_second, reference.latency
            );
            if in_flight == 1 {
                full = ours.per_second;
            }
        }
        Ok(full)
    }

    /// Ropes are cut while the others report at half of what they could.
    fn half_load(&mut self, rate: f64, world: &World, probes: Probes) -> Result<()> {
        let load = Load {
            rate: Some(rate),
            lasting: CUT_TAKES * probes.count() + Duration::from_secs(2),
            ..self.load.clone()
        };
        let cuts = u64::from(probes.count());
        let (loaded, measured) = std::thread::scope(|scope| {
            let loading = scope.spawn(|| self.loaded(&load, cuts));
            let measured = probes.cut(world);
            let loaded = loading.join().expect("the load does not panic");
            loaded.and_then(|loaded| Ok((loaded, measured?)))
        })?;
        println!("at half load, {:.0} reports a second", loaded.per_second);
        println!(
            "  {} rope cut, bytes in, to its alarm on the live stream",
            spread(&measured.told)
        );
        println!(
            "  {} an officer acknowledges the alarm, asked to answered",
            spread(&measured.answered)
        );
        println!("  {} report due to acknowledged", loaded.latency);
        Ok(())
    }

    /// A load whose reports were all acknowledged, and how many were judged, with those that somebody else said meanwhile.
    fn loaded(&mut self, load: &Load, others: u64) -> Result<Loaded> {
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
        println!("{judged} of {acknowledged} reports were judged against a corridor ({part:.1} %)");
        Ok(loaded)
    }
}

fn spread(latency: &Histogram) -> String {
    format!(
        "p50 {}  p99 {}  max {}  of {:>4}:",
        ms(latency.quantile(0.5)),
        ms(latency.quantile(0.99)),
        ms(latency.worst()),
        latency.count()
    )
}

fn ms(duration: Duration) -> String {
    format!("{:6.2} ms", duration.as_secs_f64() * 1e3)
}
