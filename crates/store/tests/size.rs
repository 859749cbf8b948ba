//! "bytes on disk a report, raw frame included, by frame type: <= 40".

#[path = "common/road.rs"]
mod road;

use road::{Road, START_MS};
use segel_custody::State;
use segel_model::ServerTime;
use segel_store::history::Rules;
use segel_store::{Compactor, Options, Position, Progress, Snapshots, Store, backup};

const REPORTS: u64 = 8192;

/// Bytes of `history.db` for each of some thousand reports of so many seals.
fn bytes_a_report(seals: u64) -> u64 {
    let folder = tempfile::tempdir().expect("a folder");
    let opened = Store::open(folder.path().join("store"), Options::default()).expect("a store");
    let mut road = Road::new(seals);
    for commit in 1..=REPORTS / 512 {
        opened.store.commit(&road.batch(commit, 512)).expect("a commit");
    }
    let snapshots = Snapshots::new(opened.store.folder(), 7);
    let position = Position {
        commit: REPORTS / 512,
        seq: 0,
    };
    snapshots
        .write(position, [0; 32], &State::default().freeze())
        .expect("a snapshot");
    let rules = Rules {
        run_reports: REPORTS,
        ..Rules::default()
    };
    let mut compactor = Compactor::new(opened.store.clone(), opened.reader.clone(), snapshots, rules);
    let now = ServerTime::from_unix_ms(START_MS);
    while compactor.step(now).expect("a step") != Progress::Idle {}
    let copy = folder.path().join("copy");
    backup(&opened.store, &copy, now).expect("a copy without a log");
    std::fs::metadata(copy.join("history.db"))
        .expect("the file")
        .len()
        / REPORTS
}

#[test]
fn a_jointech_report_of_a_travelling_seal_keeps_at_most_forty_bytes() {
    for (seals, most) in [(1, 40), (100, 40), (5000, 40)] {
        let bytes = bytes_a_report(seals);
        assert!(bytes <= most, "{bytes} bytes with {seals} seals");
        assert!(8 < bytes, "{bytes} bytes with {seals} seals cannot be all of it");
    }
}
