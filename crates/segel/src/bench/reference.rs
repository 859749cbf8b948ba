//! What figures are held against, measured in the same run: a file that is appended to and synced, a corridor looked at the
//! plain way. The bare loop is a process of its own (`segel sim bare`).

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use segel_geo::{Corridor, Position};
use segel_sim::histogram::Histogram;

use super::table::{Promise, Reading, Table};

/// Appends and syncs, as the least that durability costs on this disk.
pub fn syncs(folder: &Path) -> Result<Histogram> {
    const SYNCS: u32 = 200;
    let mut file = File::create(folder.join("sync")).context("could not create a file")?;
    let (bytes, mut latency) = (vec![7; 96 * 1024], Histogram::default());
    for _ in 0..SYNCS {
        let began = Instant::now();
        file.write_all(&bytes)?;
        file.sync_data()?;
        latency.add(began.elapsed());
    }
    Ok(latency)
}

/// In trip order, against the same work done the plain way: the distance to every point of the route.
pub fn corridor(points: &[Position], table: &mut Table) -> Result<()> {
    const CHECKS: usize = 200_000;
    let corridor = Corridor::new(points.to_vec(), vec![150.0])
        .map_err(|fault| anyhow::anyhow!("the bench's road is no corridor: {fault:?}"))?;
    let places: Vec<Position> = (0..CHECKS)
        .map(|check| along(points, check as f64 / CHECKS as f64))
        .collect();
    let (began, mut hint, mut sum) = (Instant::now(), None, 0.0);
    for place in &places {
        let located = corridor.locate(*place, hint);
        hint = Some(located.segment);
        sum += f64::from(located.segment);
    }
    let ours = began.elapsed().as_nanos() as f64 / CHECKS as f64;
    let began = Instant::now();
    for place in places.iter().step_by(100) {
        let distances = points.iter().map(|point| segel_geo::distance_m(*place, *point));
        sum += distances.fold(f64::INFINITY, f64::min);
    }
    let plain = began.elapsed().as_nanos() as f64 / (CHECKS / 100) as f64;
    std::hint::black_box(sum);
    let reading = Reading::of(
        format!("a check in trip order, {} pieces", points.len() - 1),
        "ns",
        ours,
    )
    .beside("great circles to every point", plain)
    .promised(Promise::AtMost(135.0));
    table.take("corridor", reading);
    Ok(())
}

/// A place on the road, so far along it.
fn along(points: &[Position], part: f64) -> Position {
    let at = part * (points.len() - 1) as f64;
    let (from, to) = (points[at as usize], points[at as usize + 1]);
    let rest = at.fract();
    Position {
        lat: from.lat + (to.lat - from.lat) * rest,
        lon: from.lon + (to.lon - from.lon) * rest,
    }
}
