//! Writers, readers, the compactor and the checkpoint at once: nobody sees half a commit, nothing is lost, the log stays short.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::{START, entry, fresh, reports_of};
use segel_custody::State;
use segel_model::{EventTime, SealId};
use segel_store::history::Rules;
use segel_store::{Compactor, Folder, Opened, Position, Progress, ReportQuery, Snapshots, rebuild};

const COMMITS: u64 = 300;

fn write(opened: &Opened, done: &AtomicBool) {
    for commit in 1..=COMMITS {
        let mut batch = reports_of(commit, 20);
        batch.entries = vec![entry(commit, commit, 100, vec![])];
        opened.store.commit(&batch).expect("a commit");
    }
    done.store(true, Ordering::Release);
}

/// Every look sees each report once, from the first commit to some last one, and never fewer than the look before.
fn read(opened: &Opened, done: &AtomicBool) {
    let mut seen = 0;
    while !done.load(Ordering::Acquire) {
        let always = (EventTime::from_unix_ms(0), EventTime::from_unix_ms(i64::MAX));
        let page = opened
            .reader
            .reports(&ReportQuery::of(SealId(7), always.0, always.1))
            .expect("a page");
        let commits: Vec<u64> = page.reports.iter().map(|stored| stored.commit).collect();
        assert_eq!(commits, (1..=commits.len() as u64).collect::<Vec<_>>());
        assert!(seen <= commits.len(), "{seen} were there, then {}", commits.len());
        seen = commits.len();
        let lines = opened.reader.journal_after(0, 1000).expect("the journal");
        assert!(lines.iter().zip(1..).all(|(line, seq)| line.entry.seq == seq));
    }
}

fn compact(opened: &Opened, folder: &std::path::Path, done: &AtomicBool) -> u64 {
    let snapshots = Snapshots::new(&Folder::at(folder), 7);
    let rules = Rules {
        run_reports: 200,
        run_age_s: 3600,
        merged_runs: 4,
        merged_reports_max: 100_000,
    };
    let mut compactor = Compactor::new(
        opened.store.clone(),
        opened.reader.clone(),
        snapshots.clone(),
        rules,
    );
    let mut sealed = 0;
    while !done.load(Ordering::Acquire) {
        let position = Position {
            commit: opened.store.position().commit,
            seq: 0,
        };
        snapshots
            .write(position, [0; 32], &State::default().freeze())
            .expect("a snapshot");
        if let Progress::Sealed { reports, .. } = compactor.step(START).expect("a step") {
            sealed += reports;
        }
        opened.store.checkpoint().expect("a checkpoint");
    }
    sealed
}

#[test]
fn nobody_disturbs_another() {
    let (folder, opened) = fresh();
    let done = AtomicBool::new(false);
    let sealed = std::thread::scope(|scope| {
        let compacting = scope.spawn(|| compact(&opened, folder.path(), &done));
        for _ in 0..3 {
            scope.spawn(|| read(&opened, &done));
        }
        write(&opened, &done);
        compacting.join().expect("the compactor")
    });
    assert!(0 < sealed, "the compactor never came to its turn");
    let rebuilt = rebuild(&opened.reader).expect("a state");
    assert_eq!((rebuilt.reports, rebuilt.entries), (COMMITS * 20, COMMITS));
    drop(opened);
    assert_eq!(
        segel_store::verify(folder.path()).expect("a look").findings,
        [""; 0]
    );
}

#[test]
fn the_log_begins_again_instead_of_growing() {
    let (_folder, opened) = fresh();
    let mut longest = 0;
    for commit in 1..=60 {
        opened.store.commit(&reports_of(commit, 200)).expect("a commit");
        if commit % 10 == 0 {
            opened.store.checkpoint().expect("a checkpoint");
        }
        longest = longest.max(opened.store.wal_bytes());
    }
    let ten_commits = 10 * 200 * 250;
    assert!(longest < 2 * ten_commits, "{longest} bytes");
    assert!(!opened.store.metrics().look().wal_too_long);
}
