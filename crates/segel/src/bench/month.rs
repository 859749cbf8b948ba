//! A month of a thousand seals at one report a minute, written by the store's own commits and compactor, then read: the
//! track of a trip, the last positions of the fleet, a cold day of one seal. And what all of it takes on disk.
//!
//! Simulated time runs along, so that runs of history close by age and are merged as they would be in life.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use segel_measure::{Layout, Plan, START, World};
use segel_model::{EventTime, SealId};
use segel_server::clock::Hand;
use segel_server::engine::{Engine, Parts};
use segel_store::history::Rules;
use segel_store::{Compactor, Opened, Options, Reader, ReportQuery, Snapshots, Store};

use super::Setting;
use super::cost::{Watch, written_bytes};
use super::inside::keep;
use super::start::compact;
use super::table::{Promise, Reading, Table};

const GROUP: &str = "month";
/// Reports of one commit: a minute of the fleet.
const REPORTS_A_COMMIT: usize = 1000;
/// Minutes between two snapshots here. In life it is one; the state is that of a minute ago all the same.
const SNAPSHOT_MINUTES: u64 = 10;
/// A trip from Jakarta to Surabaya and back takes so long.
const TRIP_H: i64 = 36;

/// Writes the month and reads it.
pub fn measure(setting: &Setting, table: &mut Table) -> Result<()> {
    let (seals, reports) = if setting.quick {
        (50, 20_000)
    } else {
        (1000, setting.options.month_reports)
    };
    let data = setting.folder.join("data");
    let plan = Plan {
        seals,
        trips: seals,
        routes: seals,
        layout: Layout::Spread,
        interval_s: 60,
    };
    let opened = Store::open(&data, Options::default())?;
    let mut world = World::found(plan, &opened.store)?;
    let written = write(&opened, &mut world, reports)?;
    weigh(&opened, &written, reports, table)?;
    let until = EventTime::from_receipt(world.now());
    drop(opened);
    last_positions(&data, seals, table)?;
    reads(&data, until, table)
}

/// What writing came to.
struct Written {
    took: Duration,
    bytes: u64,
    staged_most: u64,
    log_most: u64,
}

fn write(opened: &Opened, world: &mut World, reports: u64) -> Result<Written> {
    let snapshots = Snapshots::of_this_program(opened.store.folder())?;
    let (store, reader) = (opened.store.clone(), opened.reader.clone());
    let mut compactor = Compactor::new(store, reader, snapshots.clone(), Rules::default());
    let (watch, before) = (Watch::start(), written_bytes());
    let (mut staged_most, mut log_most) = (0, 0);
    for minute in 1..=reports.div_ceil(REPORTS_A_COMMIT as u64) {
        opened.store.commit(&world.commit(REPORTS_A_COMMIT))?;
        if minute % SNAPSHOT_MINUTES != 0 {
            continue;
        }
        let (_, staged, _) = opened.reader.staged_backlog()?;
        staged_most = staged_most.max(staged);
        log_most = log_most.max(opened.store.wal_bytes());
        keep(opened, world, &snapshots)?;
        compact(opened, world, &mut compactor)?;
        opened.store.checkpoint()?;
        tell(minute, reports, &watch);
    }
    keep(opened, world, &snapshots)?;
    opened.store.checkpoint()?;
    Ok(Written {
        took: watch.wall(),
        bytes: written_bytes().saturating_sub(before),
        staged_most,
        log_most,
    })
}

/// It takes minutes, so somebody may be watching.
fn tell(minute: u64, reports: u64, watch: &Watch) {
    let done = minute * REPORTS_A_COMMIT as u64;
    if minute.is_multiple_of(1440) {
        let rate = done as f64 / watch.wall().as_secs_f64();
        eprintln!(
            "day {}: {done} of {reports} reports, {rate:.0} a second",
            minute / 1440
        );
    }
}

fn weigh(opened: &Opened, written: &Written, reports: u64, table: &mut Table) -> Result<()> {
    let size = |path: std::path::PathBuf| std::fs::metadata(path).map_or(0, |file| file.len());
    let folder = opened.store.folder();
    let (truth, history) = (size(folder.truth()), size(folder.history()));
    let each = |bytes: u64| bytes as f64 / reports as f64;
    let rate = reports as f64 / written.took.as_secs_f64();
    let reading = Reading::of(
        format!("{reports} reports written, judged, compacted"),
        "reports/s",
        rate,
    );
    table.take(
        GROUP,
        reading.remarking("one thread after the other: commits, snapshots, compactor"),
    );
    let reading = Reading::of("a report of a driving seal in history.db", "bytes", each(history))
        .beside("its frame alone", 62.0)
        .promised(Promise::AtMost(40.0));
    table.take(GROUP, reading);
    let reading = Reading::of(
        "bytes written for each byte kept",
        "times",
        written.bytes as f64 / (truth + history) as f64,
    )
    .remarking(format!(
        "{:.0} bytes a report, snapshots, log and merges with them; segel.db {:.1} MB",
        each(written.bytes),
        truth as f64 / 1e6
    ));
    table.take(GROUP, reading);
    let reading = Reading::of("reports staged at most", "reports", written.staged_most as f64).remarking(
        format!("write-ahead log at most {:.1} MB", written.log_most as f64 / 1e6),
    );
    table.take(GROUP, reading);
    Ok(())
}

/// As the API reads them: from the copy that the engine keeps, right after a start.
fn last_positions(data: &Path, seals: u64, table: &mut Table) -> Result<()> {
    let opened = Store::open(data, Options::default())?;
    let rules = segel_server::rules::load(segel_server::rules::DEFAULT)?;
    let (_engine, handle) = Engine::start(Parts {
        opened,
        rules: Arc::new(rules),
        profiles: Arc::default(),
        clock: Hand::at(START.plus_s(400 * 24 * 3600)).clock(),
    })?;
    let began = Instant::now();
    let (mut placed, mut text) = (0, Vec::new());
    handle.fleet().changed_since(0, |seal| {
        if let Some(fix) = seal.fix {
            placed += 1;
            let _in_memory = write!(
                text,
                "{} {:.6} {:.6} {};",
                seal.seal, fix.position.lat, fix.position.lon, fix.at.unix_ms
            );
        }
    });
    let took = began.elapsed().as_secs_f64() * 1e3;
    ensure!(placed == seals, "{placed} of {seals} seals have a place");
    let reading = Reading::of(format!("the last positions of {seals} seals"), "ms", took)
        .promised(Promise::AtMost(20.0))
        .remarking(format!("read and written as text, {} bytes", text.len()));
    table.take(GROUP, reading);
    Ok(())
}

fn reads(data: &Path, until: EventTime, table: &mut Table) -> Result<()> {
    let cold = Asked::of(until, 24).read(data)?;
    let reading = Reading::of("a day of one seal, cold", "ms", cold.ms)
        .promised(Promise::AtMost(100.0))
        .remarking(format!(
            "{} reports in {} read; {}",
            cold.found, cold.read, cold.cache
        ));
    table.take(GROUP, reading);
    let opened = Store::open(data, Options::default())?;
    let warm = Asked::of(until, TRIP_H).page_through(&opened.reader)?;
    let reading = Reading::of(format!("the track of a trip of {TRIP_H} h"), "ms", warm.ms)
        .promised(Promise::AtMost(50.0))
        .remarking(format!("{} reports in {} read, warm", warm.found, warm.read));
    table.take(GROUP, reading);
    Ok(())
}

/// One seal, between two moments in the middle of what is there.
struct Asked {
    query: ReportQuery,
}

/// What a reading took.
struct Page {
    ms: f64,
    found: usize,
    read: usize,
    cache: &'static str,
}

impl Asked {
    fn of(until: EventTime, hours: i64) -> Self {
        let start = EventTime::from_receipt(START);
        let middle = start.plus_ms(until.since_ms(start) / 2);
        Self {
            query: ReportQuery::of(SealId(17), middle, middle.plus_s(hours * 3600)),
        }
    }

    /// With nothing in memory, where this process may see to that.
    fn read(&self, data: &Path) -> Result<Page> {
        let dropped = std::fs::write("/proc/sys/vm/drop_caches", "3").is_ok();
        let opened = Store::open(data, Options::default())?;
        let page = self.page_through(&opened.reader)?;
        let cache = if dropped {
            "the page cache was dropped"
        } else {
            "the page cache could not be dropped: this is no cold read"
        };
        Ok(Page { cache, ..page })
    }

    fn page_through(&self, reader: &Reader) -> Result<Page> {
        let (began, mut query) = (Instant::now(), self.query.clone());
        let (mut found, mut read) = (0, 0);
        loop {
            let page = reader.reports(&query).context("could not read reports")?;
            found += page.reports.len();
            read += page.read;
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
        ensure!(0 < found, "the seal said nothing");
        Ok(Page {
            ms: began.elapsed().as_secs_f64() * 1e3,
            found,
            read,
            cache: "warm",
        })
    }
}
