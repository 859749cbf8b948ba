//! What a connected seal takes of the server's memory: one in stock that has said once that it lives, one that travels; and
//! 100,000 of them. A process may hold 20,000 descriptors on most machines, so those are six whole servers with a store each.

use std::time::Duration;

use anyhow::Result;
use segel_sim::histogram::Histogram;

use super::program::{Load, Loading, Usage};
use super::rates::spread;
use super::table::{Promise, Reading, Table};
use super::town::{Group, Town, settle};
use super::{Setting, ms};

/// Servers of which each has connections of its own are left alone for so long before they are weighed.
const SETTLES: Duration = Duration::from_secs(2);
/// Seals stay so long after their last report: by then what their coming gave to do is done.
const STAY: Duration = Duration::from_secs(40);
/// Seals say something so often while they are weighed.
const REPORTS_EACH: f64 = 3.0;
/// Servers that hold 100,000 together.
const SERVERS: u32 = 6;
/// Each seal of the six servers reports so often; half a minute is the shortest interval in use.
const EVERY: Duration = Duration::from_secs(30);

/// Each size with a server of its own: memory once taken is seldom given back.
pub fn measure(setting: &Setting, table: &mut Table) -> Result<()> {
    for seals in setting.size().weighed {
        let kinds = [
            ("idle", Group::IDLE, 1.0, 2048.0),
            ("travelling", Group::REPORTING, REPORTS_EACH, 4096.0),
        ];
        for (kind, group, reports, most) in kinds {
            let town = Town::open(setting, "memory")?;
            has_worked(setting, &town)?;
            let (before, after) = weigh(setting, &town, group, seals, reports)?;
            let each = (after.memory_bytes - before.memory_bytes) / f64::from(seals);
            let reading = Reading::of(format!("a connected {kind} seal, of {seals}"), "bytes", each)
                .promised(Promise::AtMost(most))
                .remarking(format!(
                    "the process held {:.1} MB before they came and {:.1} MB with them; each reported {reports} times",
                    before.memory_bytes / 1e6,
                    after.memory_bytes / 1e6
                ));
            table.take("memory", reading);
            town.program.kill()?;
            std::fs::remove_dir_all(setting.folder.join("memory"))?;
        }
    }
    Ok(())
}

/// A database has pages at hand, a thread its buffers: what a Segel takes for its first flood it keeps, and none of it is a
/// seal's. So other seals report before any is weighed.
fn has_worked(setting: &Setting, town: &Town) -> Result<()> {
    let others = town.cuts().len() as u32;
    town.load(Group::CUT, others, setting.seconds()).run()?;
    settle(&town.program)
}

fn weigh(setting: &Setting, town: &Town, group: Group, seals: u32, reports: f64) -> Result<(Usage, Usage)> {
    let before = town.program.usage()?;
    let lasting = setting.seconds();
    let load = Load {
        rate: Some(f64::from(seals) * reports / lasting.as_secs_f64()),
        hold: if setting.quick { SETTLES * 2 } else { STAY },
        ..town.load(group, seals, lasting)
    };
    let loading = load.start()?;
    town.await_connections(seals)?;
    std::thread::sleep(lasting);
    settle(&town.program)?;
    town.await_connections(seals)?;
    let after = town.program.usage()?;
    loading.end()?;
    Ok((before, after))
}

/// Six servers, six generators.
pub fn measure_many(setting: &Setting, table: &mut Table) -> Result<()> {
    let seals = setting.size().of_each_server;
    let towns = (0..SERVERS).map(|number| Town::open(setting, &format!("server-{number}")));
    let towns: Vec<Town> = towns.collect::<Result<_>>()?;
    std::thread::sleep(SETTLES);
    let usage = |town: &Town| town.program.usage().map(|usage| usage.memory_bytes);
    let before = towns.iter().map(usage).sum::<Result<f64>>()?;
    let lasting = if setting.quick {
        setting.seconds()
    } else {
        EVERY * 2
    };
    let start = |town: &Town| {
        let load = Load {
            rate: Some(f64::from(seals) / EVERY.as_secs_f64()),
            hold: SETTLES * 2,
            ..town.load(Group::REPORTING, seals, lasting)
        };
        load.start()
    };
    let loading: Vec<Loading> = towns.iter().map(start).collect::<Result<_>>()?;
    towns.iter().try_for_each(|town| town.await_connections(seals))?;
    std::thread::sleep(lasting);
    let after = towns.iter().map(usage).sum::<Result<f64>>()?;
    let (mut latency, mut acknowledged) = (Histogram::default(), 0);
    for one in loading {
        let loaded = one.end()?;
        latency.merge(&loaded.latency);
        acknowledged += loaded.acknowledged;
    }
    let all = seals * SERVERS;
    let reading = Reading::of(format!("{all} connections, due to acknowledged, p99"), "ms", ms(latency.quantile(0.99)))
        .promised(Promise::AtMost(50.0))
        .remarking(format!(
            "{SERVERS} whole servers with a store each, because a process may hold {} descriptors here; each seal reports \
             every {} s; all {acknowledged} reports were acknowledged; {}",
            setting.machine.descriptors(),
            EVERY.as_secs(),
            spread(&latency)
        ));
    table.take("many", reading);
    let each = (after - before) / f64::from(all);
    let reading = Reading::of(format!("a travelling seal, of {all}"), "bytes", each)
        .promised(Promise::AtMost(4096.0))
        .remarking(format!("{:.0} MB in {SERVERS} processes with them", after / 1e6));
    table.take("many", reading);
    towns.into_iter().try_for_each(|town| town.program.kill())
}
