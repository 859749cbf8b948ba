//! What the tests of the store share: small worlds with known values.
#![allow(dead_code, reason = "each test file uses its own part")]

use segel_geo::Position;
use segel_model::entry::{Cause, ENTRY_VERSION};
use segel_model::event::Subject;
use segel_model::observed::{AreaMarks, CorridorPlace, FixUse, Place, Side, Standing};
use segel_model::report::{FixSource, Lock, Protocol, ReportKind};
use segel_model::signal::SignalSet;
use segel_model::{
    DeviceId, DeviceTime, Entry, Event, EventTime, Input, Observed, SealId, ServerTime, TripId,
};
use segel_store::{Batch, Journaled, Opened, Options, Staged, Store};
use tempfile::TempDir;

/// The first moment of every story.
pub const START: ServerTime = ServerTime::from_unix_ms(1_700_000_000_000);

/// A store in a folder that goes away with the test.
pub fn fresh() -> (TempDir, Opened) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let opened = Store::open(folder.path(), Options::default()).expect("a fresh store");
    (folder, opened)
}

/// A report of a seal at a second of the story, on trip 1.
pub fn report(ordinal: u32, seal: u64, second: i64) -> Staged {
    let received = START.plus_s(second);
    Staged {
        ordinal,
        protocol: Protocol::Jointech,
        profile: "jt701d".into(),
        decoder_version: 1,
        device: DeviceId(format!("{:010}", 7_000_000_000 + seal)),
        peer: Some("10.0.0.7:50123".parse().expect("an address")),
        received,
        raw: frame(seal, second),
        observed: observed(seal, second),
        note: String::new(),
    }
}

fn frame(seal: u64, second: i64) -> Vec<u8> {
    let mut raw = vec![0x24, 0x70, 0, 0, 0];
    raw.extend(seal.to_be_bytes());
    raw.extend(second.to_be_bytes());
    raw
}

/// What was judged of it.
pub fn observed(seal: u64, second: i64) -> Observed {
    Observed {
        seal: Some(SealId(seal)),
        trip: Some(TripId(1)),
        kind: ReportKind::Record,
        standing: Standing::Fresh,
        device_time: Some(DeviceTime::from_unix_ms(START.plus_s(second).unix_ms)),
        at: EventTime::from_unix_ms(START.plus_s(second).unix_ms),
        received: START.plus_s(second),
        backfill: false,
        serial: Some(second as u32 & 0xff),
        key: second as u64,
        signals: SignalSet::default(),
        place: Some(Place {
            position: Position {
                lat: -6.95 - second as f64 * 1e-5,
                lon: 110.42,
            },
            source: FixSource::Gnss,
            speed_kmh: Some(40.0),
            course_deg: Some(270.0),
            use_: FixUse::Judges,
            still: Some(false),
            corridor: Some(CorridorPlace {
                outside_m: 0.0,
                side: Side::Inside,
                piece: None,
                progress_m: 10.0 * second as f32,
                segment: 3,
            }),
            areas: AreaMarks::default(),
        }),
        battery_percent: Some(88),
        charging: false,
        lock: Lock {
            rope: Some(true),
            motor: Some(true),
            cover: None,
        },
        look_again: Some(START.plus_s(second + 900)),
    }
}

/// An entry in which a tick decided these events, on the timeline of trip 1.
pub fn entry(seq: u64, commit: u64, ordinal: u32, events: Vec<Event>) -> Journaled {
    let entry = Entry {
        version: ENTRY_VERSION,
        seq,
        commit,
        ordinal,
        at: START.plus_s(commit as i64),
        shard: 0,
        virtual_time: false,
        cause: Cause::Input(Input::Tick),
        events,
    };
    Journaled {
        entry,
        subjects: vec![Subject::Trip(TripId(1))],
    }
}

/// A commit with reports of seals 1 to `seals`, one each, and nothing else.
pub fn reports_of(commit: u64, seals: u64) -> Batch {
    let second = commit as i64;
    let mut batch = Batch::new(commit, START.plus_s(second));
    batch.staged = (1..=seals)
        .map(|seal| report(seal as u32 - 1, seal, second))
        .collect();
    batch
}

/// A commit with one entry and nothing else.
pub fn entry_of(commit: u64, seq: u64, events: Vec<Event>) -> Batch {
    let mut batch = Batch::new(commit, START.plus_s(commit as i64));
    batch.entries.push(entry(seq, commit, 0, events));
    batch
}
