//! Reports move from staging to sealed blocks, and nobody notices.

mod common;

use common::{START, fresh, report, reports_of};
use segel_custody::State;
use segel_model::{Event, EventTime, Input, SealId};
use segel_store::history::Rules;
use segel_store::{
    Batch, Compactor, Folder, Opened, Options, Position, Progress, ReportCursor, ReportQuery, Snapshots,
    Store, Stored, rebuild,
};
use tempfile::TempDir;

const RULES: Rules = Rules {
    run_reports: 12,
    run_age_s: 300,
    merged_runs: 3,
    merged_reports_max: 1000,
};

fn snapshots(folder: &TempDir) -> Snapshots {
    Snapshots::new(&Folder::at(folder.path()), 7)
}

fn compactor(folder: &TempDir, opened: &Opened) -> Compactor {
    Compactor::new(
        opened.store.clone(),
        opened.reader.clone(),
        snapshots(folder),
        RULES,
    )
}

/// A snapshot that has everything up to a commit, so that compaction may go that far.
fn snapshot_at(folder: &TempDir, commit: u64) {
    let position = Position { commit, seq: 0 };
    snapshots(folder)
        .write(position, [0; 32], &State::default().freeze())
        .expect("a snapshot");
}

fn commit_reports(opened: &Opened, commits: std::ops::RangeInclusive<u64>) {
    for commit in commits {
        opened.store.commit(&reports_of(commit, 3)).expect("a commit");
    }
}

/// Every report of seals 1 to 3, page by page.
fn all_reports(opened: &Opened) -> Vec<Stored> {
    let always = (EventTime::from_unix_ms(0), EventTime::from_unix_ms(i64::MAX));
    let mut found = Vec::new();
    for seal in 1..=3 {
        let mut query = ReportQuery {
            limit: 5,
            ..ReportQuery::of(SealId(seal), always.0, always.1)
        };
        loop {
            let page = opened.reader.reports(&query).expect("a page");
            found.extend(page.reports);
            query.after = page.next;
            if page.next.is_none() {
                break;
            }
        }
    }
    found
}

fn staged_commits(opened: &Opened) -> Vec<u64> {
    let rows = opened
        .reader
        .staged_after(0, u64::MAX, u64::MAX)
        .expect("staged rows");
    rows.iter().map(|row| row.commit).collect()
}

/// Steps until nothing is due; the engine's part, vouching for sealed runs, is played here.
fn compact(opened: &Opened, compactor: &mut Compactor, at_s: i64, next_commit: &mut u64) -> Vec<String> {
    let mut told = Vec::new();
    loop {
        match compactor.step(START.plus_s(at_s)).expect("a step") {
            Progress::Idle => return told,
            Progress::Deleted { rows } => told.push(format!("deleted {rows}")),
            Progress::Merged { runs, reports } => told.push(format!("merged {runs} runs of {reports}")),
            Progress::Sealed { input, reports } => {
                told.push(format!("sealed {reports}"));
                vouch(opened, input, next_commit);
            }
        }
    }
}

fn vouch(opened: &Opened, input: Input, next_commit: &mut u64) {
    let Input::HistorySealed {
        from_commit,
        until_commit,
        hashes,
    } = input
    else {
        panic!("not history")
    };
    let seq = opened.store.position().seq + 1;
    let event = Event::HistorySealed {
        from_commit,
        until_commit,
        hashes,
    };
    opened
        .store
        .commit(&common::entry_of(*next_commit, seq, vec![event]))
        .expect("a commit");
    *next_commit += 1;
}

#[test]
fn reports_are_the_same_before_and_after_compaction() {
    let (folder, opened) = fresh();
    commit_reports(&opened, 1..=10);
    let before = all_reports(&opened);
    assert_eq!(before.len(), 30);
    snapshot_at(&folder, 8);
    let told = compact(&opened, &mut compactor(&folder, &opened), 20, &mut 11);
    assert_eq!(told, ["sealed 12", "deleted 4", "sealed 12", "deleted 4"]);
    assert_eq!(staged_commits(&opened), [9, 10]);
    assert_eq!(all_reports(&opened), before);
    let one = opened
        .reader
        .report(2, 1, Some(SealId(2)))
        .expect("a read")
        .expect("the report");
    assert_eq!(one.staged, report(1, 2, 2));
    assert_eq!(
        opened
            .reader
            .report(2, 1, None)
            .expect("a read")
            .expect("the report"),
        one
    );
    assert_eq!(opened.reader.report(2, 7, None).expect("a read"), None);
    assert_eq!(opened.reader.report(2, 1, Some(SealId(9))).expect("a read"), None);
}

#[test]
fn a_run_closes_by_age_and_not_a_second_before() {
    let (folder, opened) = fresh();
    commit_reports(&opened, 1..=1);
    snapshot_at(&folder, 1);
    let mut compactor = compactor(&folder, &opened);
    assert_eq!(compact(&opened, &mut compactor, 300, &mut 2), [""; 0]);
    assert_eq!(
        compact(&opened, &mut compactor, 301, &mut 2),
        ["sealed 3", "deleted 1"]
    );
}

#[test]
fn compaction_never_passes_the_oldest_snapshot() {
    let (folder, opened) = fresh();
    commit_reports(&opened, 1..=8);
    let mut compactor = compactor(&folder, &opened);
    assert_eq!(compact(&opened, &mut compactor, 1000, &mut 9), [""; 0]);
    snapshot_at(&folder, 2);
    snapshot_at(&folder, 8);
    assert_eq!(
        compact(&opened, &mut compactor, 1000, &mut 9),
        ["sealed 6", "deleted 2"]
    );
}

/// "a crash between is a test": blocks are durable, the staged rows not yet deleted.
#[test]
fn after_a_crash_between_block_and_delete_nothing_is_missing_and_nothing_is_double() {
    let (folder, opened) = fresh();
    commit_reports(&opened, 1..=6);
    let before = all_reports(&opened);
    snapshot_at(&folder, 6);
    assert!(
        compactor(&folder, &opened)
            .seal(START.plus_s(20))
            .expect("the first half")
    );
    drop(opened);

    let opened = Store::open(folder.path(), Options::default()).expect("the same store");
    assert_eq!(staged_commits(&opened), [1, 2, 3, 4, 5, 6]);
    assert_eq!(all_reports(&opened), before);
    assert_eq!(rebuild(&opened.reader).expect("a state").reports, 18);
    let told = compact(&opened, &mut compactor(&folder, &opened), 20, &mut 7);
    assert_eq!(told, ["sealed 12", "deleted 4"]);
    assert_eq!(staged_commits(&opened), [5, 6]);
    assert_eq!(all_reports(&opened), before);
    assert_eq!(rebuild(&opened.reader).expect("a state").reports, 18);
}

#[test]
fn after_a_crash_before_the_journal_vouched_it_is_asked_again_and_only_once() {
    let (folder, opened) = fresh();
    commit_reports(&opened, 1..=4);
    snapshot_at(&folder, 4);
    let mut first = compactor(&folder, &opened);
    let Progress::Sealed { input, reports: 12 } = first.step(START.plus_s(20)).expect("a step") else {
        panic!()
    };
    assert_eq!(
        first.step(START.plus_s(20)).expect("a step"),
        Progress::Deleted { rows: 4 }
    );
    assert_eq!(first.step(START.plus_s(20)).expect("a step"), Progress::Idle);
    let mut second = compactor(&folder, &opened);
    assert_eq!(
        second.step(START.plus_s(20)).expect("a step"),
        Progress::Sealed {
            input: input.clone(),
            reports: 12
        }
    );
    vouch(&opened, input, &mut 5);
    assert_eq!(
        compactor(&folder, &opened)
            .step(START.plus_s(20))
            .expect("a step"),
        Progress::Idle
    );
}

#[test]
fn merged_runs_hold_the_same_reports_and_keep_the_hashes_of_their_parts() {
    let (folder, opened) = fresh();
    let mut next_commit = 1;
    let mut compactor = compactor(&folder, &opened);
    let mut told = Vec::new();
    for _ in 0..3 {
        commit_reports(&opened, next_commit..=next_commit + 3);
        next_commit += 4;
        snapshot_at(&folder, next_commit - 1);
        snapshot_at(&folder, next_commit);
        told.extend(compact(&opened, &mut compactor, 20, &mut next_commit));
    }
    assert_eq!(
        told[..6],
        [
            "sealed 12",
            "deleted 4",
            "sealed 12",
            "deleted 4",
            "sealed 12",
            "deleted 4"
        ]
    );
    assert_eq!(told[6..], ["merged 3 runs of 36"]);
    assert_eq!(all_reports(&opened).len(), 36);
    assert_eq!(all_reports(&opened)[..2], [stored(1, 1), stored(2, 1)]);
    assert_eq!(rebuild(&opened.reader).expect("a state").reports, 36);
    let file = rusqlite::Connection::open(folder.path().join("history.db")).expect("the file");
    let count = |table: &str| {
        file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
            row.get::<_, i64>(0)
        })
    };
    assert_eq!(
        (
            count("run").expect("runs"),
            count("block").expect("blocks"),
            count("part").expect("parts")
        ),
        (1, 1, 3)
    );
}

fn stored(commit: u64, seal: u64) -> Stored {
    Stored {
        commit,
        staged: report(seal as u32 - 1, seal, commit as i64),
    }
}

#[test]
fn the_chain_of_staged_reports_goes_on_over_compaction_and_restart() {
    let (folder, opened) = fresh();
    let (other_folder, other) = fresh();
    for opened in [&opened, &other] {
        commit_reports(opened, 1..=4);
    }
    snapshot_at(&folder, 4);
    assert!(
        compactor(&folder, &opened)
            .seal(START.plus_s(20))
            .expect("the first half")
    );
    assert_eq!(opened.store.delete_sealed().expect("the second half"), 4);
    drop(opened);
    let opened = Store::open(folder.path(), Options::default()).expect("the same store");
    assert_eq!(opened.position.commit, 4);
    for opened in [&opened, &other] {
        commit_reports(opened, 5..=5);
    }
    let last = |opened: &Opened| opened.reader.staged_after(4, 5, 1).expect("rows")[0].hash;
    assert_eq!(last(&opened), last(&other));
    drop(other_folder);
}

/// Every page of a deleted row is visited while commits wait.
#[test]
fn long_rows_are_deleted_a_few_at_a_time() {
    let (folder, opened) = fresh();
    for commit in 1..=5 {
        let mut batch = reports_of(commit, 1);
        batch.staged[0].raw = vec![7; 900_000];
        opened.store.commit(&batch).expect("a commit");
    }
    snapshot_at(&folder, 5);
    let compactor = compactor(&folder, &opened);
    assert!(compactor.seal(START.plus_s(1_000)).expect("the first half"));
    let deleted = || opened.store.delete_sealed().expect("a deletion");
    assert_eq!([deleted(), deleted(), deleted(), deleted()], [2, 2, 1, 0]);
}

#[test]
fn late_reports_stand_where_they_happened() {
    let (folder, opened) = fresh();
    commit_reports(&opened, 1..=4);
    snapshot_at(&folder, 4);
    assert!(
        compactor(&folder, &opened)
            .seal(START.plus_s(20))
            .expect("the first half")
    );
    let mut batch = Batch::new(5, START.plus_s(5));
    batch.staged = vec![report(0, 1, 2)];
    opened.store.commit(&batch).expect("a late report");
    let moment = |second| EventTime::from_unix_ms(START.plus_s(second).unix_ms);
    let page = opened
        .reader
        .reports(&ReportQuery::of(SealId(1), moment(0), moment(9)))
        .expect("a page");
    let order: Vec<_> = page.reports.iter().map(Stored::cursor).collect();
    let place = |second, commit| ReportCursor {
        at: moment(second),
        commit,
        ordinal: 0,
    };
    assert_eq!(
        order,
        [place(1, 1), place(2, 2), place(2, 5), place(3, 3), place(4, 4)]
    );
}

/// Where eight of them would be too large for one run, fewer become one as soon as one more would not fit: else a day of
/// a seal that reports once a minute would lie in dozens of blocks for ever. Runs as they closed stay.
#[test]
fn runs_that_do_not_all_fit_are_merged_as_far_as_they_do() {
    let (folder, opened) = fresh();
    let rules = Rules {
        merged_reports_max: 72,
        ..RULES
    };
    let (store, reader) = (opened.store.clone(), opened.reader.clone());
    let mut compactor = Compactor::new(store, reader, snapshots(&folder), rules);
    let (mut next_commit, mut told) = (1, Vec::new());
    for _ in 0..9 {
        commit_reports(&opened, next_commit..=next_commit + 3);
        next_commit += 4;
        snapshot_at(&folder, next_commit - 1);
        snapshot_at(&folder, next_commit);
        told.extend(compact(&opened, &mut compactor, 20, &mut next_commit));
    }
    told.retain(|line| line.starts_with("merged"));
    assert_eq!(
        told,
        [
            "merged 3 runs of 36",
            "merged 3 runs of 36",
            "merged 3 runs of 36",
            "merged 2 runs of 72"
        ]
    );
    assert_eq!(all_reports(&opened).len(), 108);
    assert_eq!(rebuild(&opened.reader).expect("a state").reports, 108);
}
