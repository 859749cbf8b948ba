//! Does a report cost more as the world grows? More seals registered, more reports kept, more corridors: each beside the
//! smallest world of the same run.
//!
//! The worlds are founded by their events, journaled and folded (`crates/measure`); what is measured is bytes to
//! acknowledgement through a session, the lanes, a running engine and a store that syncs (`inside.rs`).

use std::path::Path;

use anyhow::Result;
use segel_measure::{Layout, Plan};

use super::Setting;
use super::inside::Inside;
use super::table::{Promise, Reading, Table};

const GROUP: &str = "growth";
/// "Flat within 20 %".
const FLAT: Promise = Promise::RatioAtMost(1.2);
/// Reports of one measurement.
const REPORTS: usize = 200_000;

/// Cost a report over the number of seals, of reports, of corridors.
pub fn measure(setting: &Setting, table: &mut Table) -> Result<()> {
    let size = if setting.quick {
        Size::quick()
    } else {
        Size::full()
    };
    registered(&setting.folder, &size, table)?;
    kept(&setting.folder, &size, table)?;
    corridors(&setting.folder, &size, table)
}

struct Size {
    registered: &'static [u64],
    travelling: u64,
    reports: usize,
    keepers: u64,
    kept: [u64; 3],
    corridors: u64,
}

impl Size {
    const fn full() -> Self {
        Self {
            registered: &[1_000, 10_000, 100_000, 1_000_000],
            travelling: 1_000,
            reports: REPORTS,
            keepers: 500,
            kept: [1, 100, 10_000],
            corridors: 10_000,
        }
    }

    const fn quick() -> Self {
        Self {
            registered: &[20, 100],
            travelling: 10,
            reports: 200,
            keepers: 10,
            kept: [1, 5, 20],
            corridors: 20,
        }
    }
}

/// Readings of one figure over a growing world, each beside the first.
struct Curve<'a> {
    table: &'a mut Table,
    first: Option<(String, f64)>,
}

impl<'a> Curve<'a> {
    fn new(table: &'a mut Table) -> Self {
        Self { table, first: None }
    }

    fn add(&mut self, what: &str, world: String, cost: super::inside::Cost) {
        let reading = Reading::of(format!("{what}, {world}"), "us CPU", cost.cpu_us)
            .remarking(format!("{:.0} reports/s", cost.per_second));
        let reading = match &self.first {
            Some((smallest, first)) => reading.beside(smallest, *first).promised(FLAT),
            None => reading,
        };
        self.table.take(GROUP, reading);
        self.first.get_or_insert((world, cost.cpu_us));
    }
}

fn registered(folder: &Path, size: &Size, table: &mut Table) -> Result<()> {
    let mut costs = Vec::new();
    for seals in size.registered {
        let plan = Plan {
            seals: *seals,
            trips: size.travelling,
            routes: size.travelling,
            layout: Layout::Spread,
            interval_s: 60,
        };
        let mut inside = Inside::start(&folder.join(format!("seals-{seals}")), plan)?;
        // Each has spoken before: the first report of a seal makes room for what is kept of it.
        inside.report(*seals as usize)?;
        let any = inside.report(size.reports.max(*seals as usize))?;
        inside.only_the_first(size.travelling as usize);
        costs.push((*seals, any, inside.report(size.reports)?));
    }
    let mut curve = Curve::new(table);
    for (seals, any, _) in &costs {
        curve.add(
            "a report of any seal in turn",
            format!("{seals} registered"),
            *any,
        );
    }
    let mut curve = Curve::new(table);
    let what = format!("a report of {} travelling seals", size.travelling);
    for (seals, _, travelling) in &costs {
        curve.add(&what, format!("{seals} registered"), *travelling);
    }
    Ok(())
}

fn kept(folder: &Path, size: &Size, table: &mut Table) -> Result<()> {
    let plan = Plan {
        seals: size.keepers,
        trips: size.keepers,
        routes: size.keepers,
        layout: Layout::Spread,
        interval_s: 60,
    };
    let mut inside = Inside::start(&folder.join("kept"), plan)?;
    let mut curve = Curve::new(table);
    let mut reported = 0;
    for kept in size.kept {
        let wanted = (kept * size.keepers) as usize;
        if reported < wanted {
            inside.report(wanted - reported)?;
            reported = wanted;
        }
        // As long each time: every five minutes a trip tells SKP where it was, which is part of what a report costs.
        let more = (size.keepers as usize * 20).max(size.reports / 4);
        curve.add(
            "a report of a travelling seal",
            format!("{kept} kept of each"),
            inside.report(more)?,
        );
        reported += more;
    }
    Ok(())
}

fn corridors(folder: &Path, size: &Size, table: &mut Table) -> Result<()> {
    let mut curve = Curve::new(table);
    for (name, trips, routes, layout) in [
        ("nowhere under way", 0, 1, Layout::Spread),
        ("all on one corridor", size.corridors, 1, Layout::Spread),
        (
            "corridors spread over Java",
            size.corridors,
            size.corridors,
            Layout::Spread,
        ),
        (
            "corridors of one port",
            size.corridors,
            size.corridors,
            Layout::OnePort,
        ),
    ] {
        let plan = Plan {
            seals: size.corridors,
            trips,
            routes,
            layout,
            interval_s: 60,
        };
        let mut inside = Inside::start(&folder.join(name.replace(' ', "-")), plan)?;
        inside.report(size.corridors as usize)?;
        let cost = inside.report(size.reports)?;
        if trips == 0 {
            let reading = Reading::of(
                "bytes to acknowledgement, no trip to judge",
                "us CPU",
                cost.cpu_us,
            );
            table_of(&mut curve).take(
                GROUP,
                reading.remarking(format!("{:.0} reports/s", cost.per_second)),
            );
            continue;
        }
        let world = if routes == 1 {
            format!("{trips} trips {name}")
        } else {
            format!("{routes} {name}")
        };
        curve.add("bytes to acknowledgement, judged", world, cost);
    }
    Ok(())
}

fn table_of<'a>(curve: &'a mut Curve<'_>) -> &'a mut Table {
    curve.table
}
