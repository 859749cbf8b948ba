//! What a report takes on disk by the sort of its frame, raw frame included, once it lies in history.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use segel_measure::{Layout, Plan, World};
use segel_model::ServerTime;
use segel_model::report::Protocol;
use segel_sim::seal::jointech::JointechSeal;
use segel_sim::seal::moment::{Happening, Moment, Status};
use segel_store::history::Rules;
use segel_store::{Batch, Compactor, Options, Snapshots, Store};
use segel_wire::{Limits, Output, Profile, Session};

use super::Setting;
use super::inside::keep;
use super::start::compact;
use super::table::{Promise, Reading, Table};

const GROUP: &str = "frames";
/// Devices of each sort, all under way.
const DEVICES: u64 = 100;
/// Frames of one commit: each device speaks once.
const FRAMES_A_COMMIT: usize = DEVICES as usize;

/// The sorts of frames.
#[derive(Clone, Copy)]
enum Sort {
    Record,
    LockEvent,
    Osmand,
}

/// Bytes a report for each sort.
pub fn measure(setting: &Setting, table: &mut Table) -> Result<()> {
    let commits = if setting.quick { 60 } else { 650 };
    for (name, sort) in [
        ("a Jointech record (62 bytes)", Sort::Record),
        ("a Jointech lock event, in text", Sort::LockEvent),
        ("an OsmAnd request of a phone", Sort::Osmand),
    ] {
        let folder = setting.folder.join(name.replace(' ', "-"));
        let (kept, frame) = weigh(&folder, sort, commits)?;
        let reading = Reading::of(name, "bytes", kept).beside("its frame alone", frame);
        let promised = match sort {
            Sort::Record => reading.promised(Promise::AtMost(40.0)),
            Sort::LockEvent | Sort::Osmand => reading,
        };
        table.take(GROUP, promised);
    }
    Ok(())
}

/// Bytes a report in history, and bytes of its frame.
fn weigh(folder: &Path, sort: Sort, commits: u64) -> Result<(f64, f64)> {
    let opened = Store::open(folder, Options::default())?;
    let mut world = World::found(plan(), &opened.store)?;
    let (mut frames, mut reports) = (0, 0);
    for _ in 0..commits {
        let batch = match sort {
            Sort::Record => world.commit(FRAMES_A_COMMIT),
            Sort::LockEvent | Sort::Osmand => spoken(&mut world, sort)?,
        };
        frames += batch.staged.iter().map(|staged| staged.raw.len()).sum::<usize>();
        reports += batch.staged.len();
        opened.store.commit(&batch)?;
    }
    let snapshots = Snapshots::of_this_program(opened.store.folder())?;
    keep(&opened, &world, &snapshots)?;
    let rules = Rules {
        run_age_s: 0,
        ..Rules::default()
    };
    let (store, reader) = (opened.store.clone(), opened.reader.clone());
    compact(
        &opened,
        &mut world,
        &mut Compactor::new(store, reader, snapshots, rules),
    )?;
    opened.store.checkpoint()?;
    let history = std::fs::metadata(opened.store.folder().history()).context("could not weigh history")?;
    ensure!(0 < reports, "no frame was a report");
    Ok((
        history.len() as f64 / reports as f64,
        frames as f64 / reports as f64,
    ))
}

fn plan() -> Plan {
    Plan {
        seals: DEVICES,
        trips: DEVICES,
        routes: DEVICES,
        layout: Layout::Spread,
        interval_s: 60,
    }
}

/// A commit of frames of another sort, from where the seals of the world drive.
fn spoken(world: &mut World, sort: Sort) -> Result<Batch> {
    // The records say where everybody is; they are not kept.
    let records = world.commit(FRAMES_A_COMMIT);
    let mut batch = Batch::new(records.commit, records.at);
    for (ordinal, record) in (0..).zip(&records.staged) {
        let place = record.observed.place.context("a driving seal has a place")?;
        let moment = Moment {
            unix_s: record.received.unix_ms / 1000,
            lat: place.position.lat,
            lon: place.position.lon,
            fixed: true,
            by_cell: false,
            speed_kmh: f64::from(place.speed_kmh.unwrap_or_default()),
            course_deg: f64::from(place.course_deg.unwrap_or_default()),
            mileage_km: 12_000,
            satellites: 9,
            battery_percent: 80,
            status: Status::SEALED,
            stored: false,
            woken_by: 1,
        };
        let number = Plan::device(u64::from(ordinal) + 1);
        let (protocol, bytes) = match sort {
            Sort::Osmand => (Protocol::Osmand, request(number, &moment)),
            Sort::Record | Sort::LockEvent => (Protocol::Jointech, event(number, &moment)),
        };
        hear(world, &mut batch, ordinal, protocol, &bytes, record.received);
    }
    Ok(batch)
}

fn event(number: u64, moment: &Moment) -> Vec<u8> {
    let said = JointechSeal::new(number).lock_event(moment, Happening::AutoLocked);
    said.expect("the lock did it").0
}

fn request(number: u64, moment: &Moment) -> Vec<u8> {
    format!(
        "GET /?id=hp-{number}&lat={:.6}&lon={:.6}&timestamp={}&speed={:.1}&bearing={:.0}&batt=80&accuracy=5 HTTP/1.1\r\nHost: segel\r\n\r\n",
        moment.lat,
        moment.lon,
        moment.unix_s,
        moment.speed_kmh / 1.852,
        moment.course_deg
    )
    .into_bytes()
}

fn hear(
    world: &mut World,
    batch: &mut Batch,
    ordinal: u32,
    protocol: Protocol,
    bytes: &[u8],
    at: ServerTime,
) {
    let mut session = Session::new(protocol, Profile::ANY, Limits::default());
    session.receive(at, bytes);
    while let Some(output) = session.poll() {
        if let Output::Report(reported) = output {
            world.hear(batch, ordinal, protocol, reported.report, reported.raw);
        }
    }
}
