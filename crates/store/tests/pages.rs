//! Pages of reports: whole, in order, and no dearer than what is on them.

mod common;

use std::collections::BTreeMap;

use common::{START, fresh, report, reports_of};
use proptest::collection::vec;
use proptest::prelude::*;
use segel_custody::State;
use segel_model::{DeviceTime, EventTime, SealId, TripId};
use segel_store::history::{BLOCK_REPORTS, Rules};
use segel_store::{
    Batch, Compactor, Opened, Position, ReportCursor, ReportPage, ReportQuery, Snapshots, Staged, Stored,
};

fn moment(second: i64) -> EventTime {
    EventTime::from_unix_ms(START.plus_s(second).unix_ms)
}

/// A report that tells of an earlier or later moment than the one it came in.
fn report_at(ordinal: u32, seal: u64, second: i64, trip: u64) -> Staged {
    let mut staged = report(ordinal, seal, second);
    staged.observed.seal = (seal != 0).then_some(SealId(seal));
    staged.observed.trip = Some(TripId(trip));
    staged.observed.at = moment(second);
    staged.observed.device_time = Some(DeviceTime::from_unix_ms(moment(second).unix_ms));
    staged
}

/// Moves everything up to a commit into one run of history; its staged rows stay until they are deleted.
fn seal_until(opened: &Opened, commit: u64) {
    let snapshots = || Snapshots::new(opened.store.folder(), 7);
    snapshots()
        .write(Position { commit, seq: 0 }, [0; 32], &State::default().freeze())
        .expect("a snapshot");
    let (store, reader) = (opened.store.clone(), opened.reader.clone());
    let compactor = Compactor::new(store, reader, snapshots(), Rules::default());
    compactor.seal(START.plus_s(1_000_000)).expect("a run");
}

fn delete_sealed(opened: &Opened) {
    while 0 < opened.store.delete_sealed().expect("a deletion") {}
}

/// All pages of a query, one after the other.
fn pages(opened: &Opened, mut query: ReportQuery) -> Vec<ReportPage> {
    let mut pages = Vec::new();
    loop {
        let page = opened.reader.reports(&query).expect("a page");
        query.after = page.next;
        let is_last = page.next.is_none();
        pages.push(page);
        if is_last {
            return pages;
        }
    }
}

/// One story: commits of reports, what went to history after which commit, and what is asked.
#[derive(Debug, Clone)]
struct Story {
    commits: Vec<Vec<(u64, i64, u64)>>,
    sealed: u64,
    sealed_again: u64,
    deleted: bool,
    seal: u64,
    trip: Option<u64>,
    span: (i64, i64),
    limit: usize,
}

fn stories() -> impl Strategy<Value = Story> {
    let commit = vec((0..4_u64, 0..40_i64, 1..3_u64), 1..5);
    (
        vec(commit, 1..14),
        (0..8_u64, 0..16_u64, any::<bool>()),
        (0..4_u64, prop::option::of(1..3_u64)),
        (0..40_i64, 0..50_i64),
        1..7_usize,
    )
        .prop_map(
            |(commits, (sealed, sealed_again, deleted), (seal, trip), span, limit)| Story {
                commits,
                sealed,
                sealed_again,
                deleted,
                seal,
                trip,
                span,
                limit,
            },
        )
}

impl Story {
    fn reports(&self) -> BTreeMap<ReportCursor, Stored> {
        let mut all = BTreeMap::new();
        for (commit, said) in (1..).zip(&self.commits) {
            for staged in batch(commit, said).staged {
                let stored = Stored { commit, staged };
                all.insert(stored.cursor(), stored);
            }
        }
        all
    }

    fn query(&self) -> ReportQuery {
        ReportQuery {
            seal: (self.seal != 0).then_some(SealId(self.seal)),
            device: None,
            trip: self.trip.map(TripId),
            from: moment(self.span.0),
            until: moment(self.span.1),
            after: None,
            limit: self.limit,
        }
    }

    fn play(&self, opened: &Opened) {
        for (commit, said) in (1..).zip(&self.commits) {
            opened.store.commit(&batch(commit, said)).expect("a commit");
        }
        let last = self.commits.len() as u64;
        for until in [self.sealed, self.sealed_again] {
            seal_until(opened, until.min(last));
            if self.deleted {
                delete_sealed(opened);
            }
        }
    }
}

fn batch(commit: u64, said: &[(u64, i64, u64)]) -> Batch {
    let mut batch = Batch::new(commit, START.plus_s(commit as i64));
    batch.staged = (0..)
        .zip(said)
        .map(|(ordinal, (seal, second, trip))| report_at(ordinal, *seal, *second, *trip))
        .collect();
    batch
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Every report that was asked for is on one page, none twice, by event time and then as they came: whether it is
    /// staged, in history, or in both because a crash came between.
    #[test]
    fn pages_hold_every_report_once_and_in_order(story in stories()) {
        let (_folder, opened) = fresh();
        story.play(&opened);
        let query = story.query();
        let expected: Vec<Stored> = story
            .reports()
            .into_values()
            .filter(|stored| {
                let observed = &stored.staged.observed;
                observed.seal == query.seal
                    && query.trip.is_none_or(|trip| observed.trip == Some(trip))
                    && query.from <= observed.at
                    && observed.at <= query.until
            })
            .collect();
        let pages = pages(&opened, query);
        let (last, full) = pages.split_last().expect("a page");
        prop_assert!(full.iter().all(|page| page.reports.len() == story.limit));
        prop_assert!(last.reports.len() <= story.limit);
        let found: Vec<Stored> = pages.into_iter().flat_map(|page| page.reports).collect();
        prop_assert_eq!(found, expected);
    }
}

/// Reports of one moment go by their commits, though the row of the first lies behind the others because it reaches
/// further.
#[test]
fn reports_of_one_moment_come_in_the_order_of_their_commits() {
    let (_folder, opened) = fresh();
    for (commit, said) in (1..).zip([&[(1, 5, 1), (1, 30, 1)][..], &[(1, 5, 1)], &[(1, 5, 1)]]) {
        opened.store.commit(&batch(commit, said)).expect("a commit");
    }
    let query = ReportQuery {
        limit: 1,
        ..ReportQuery::of(SealId(1), moment(0), moment(40))
    };
    let pages = pages(&opened, query);
    let commits: Vec<u64> = pages
        .iter()
        .flat_map(|page| &page.reports)
        .map(|one| one.commit)
        .collect();
    assert_eq!(commits, [1, 2, 3, 1]);
}

/// A page of ten among a thousand commits reads ten reports and the one that shows that there are more, wherever it
/// begins.
#[test]
fn a_page_of_staged_reports_reads_no_more_than_it_shows() {
    let (_folder, opened) = fresh();
    for commit in 1..=1000 {
        opened.store.commit(&reports_of(commit, 3)).expect("a commit");
    }
    let query = |from, until| ReportQuery {
        limit: 10,
        ..ReportQuery::of(SealId(2), moment(from), moment(until))
    };
    // Rows that begin at the very moment of the last report found may hold another of that moment.
    let read: Vec<usize> = pages(&opened, query(0, 2000))
        .iter()
        .map(|page| page.read)
        .collect();
    assert_eq!(read.len(), 100);
    assert_eq!(read[0], 11);
    // The report a page went on after shares its moment with the page, and is read once more.
    assert!(read[1..99].iter().all(|read| *read == 12), "{read:?}");
    assert_eq!(read[99], 11);
    let window = opened.reader.reports(&query(700, 703)).expect("a page");
    assert_eq!((window.reports.len(), window.read), (4, 4));
    let nothing = opened.reader.reports(&query(1001, 2000)).expect("a page");
    assert_eq!((nothing.reports.len(), nothing.read), (0, 0));
}

/// Rows without a seal are passed over by their outline; reports of other seals in the same row by their number.
#[test]
fn reports_of_other_seals_are_not_read() {
    let (_folder, opened) = fresh();
    for commit in 1..=100 {
        let seals = if commit % 10 == 0 { vec![1, 2] } else { vec![1] };
        let said: Vec<_> = seals.into_iter().map(|seal| (seal, commit as i64, 1)).collect();
        opened.store.commit(&batch(commit, &said)).expect("a commit");
    }
    let of = |seal| {
        let page = opened
            .reader
            .reports(&ReportQuery::of(SealId(seal), moment(0), moment(1000)))
            .expect("a page");
        (page.reports.len(), page.read)
    };
    assert_eq!((of(1), of(2), of(3)), ((100, 100), (10, 10), (0, 0)));
}

/// In a flood each row holds reports of a hundred seals, so that every bit of its mask is set. A page of another seal opens none
/// of them: what stands in them is made unreadable, and is not noticed.
#[test]
fn rows_of_other_seals_are_not_opened_in_a_flood() {
    let (_folder, opened) = fresh();
    for commit in 1..=20 {
        let said: Vec<_> = (100..200).map(|seal| (seal, commit as i64, 1)).collect();
        opened.store.commit(&batch(commit, &said)).expect("a commit");
    }
    let truth = rusqlite::Connection::open(opened.store.folder().truth()).expect("the file");
    truth
        .execute("UPDATE staged SET body = x'00'", [])
        .expect("damage");
    let page = |seal| {
        let query = ReportQuery::of(SealId(seal), moment(0), moment(1000));
        opened.reader.reports(&query).map(|page| page.read)
    };
    assert_eq!(page(1).expect("no row is opened"), 0);
    page(150).expect_err("its rows are opened");
}

/// What history has takes its list of seals along.
#[test]
fn a_list_of_seals_goes_with_its_row() {
    let (_folder, opened) = fresh();
    for commit in 1..=3 {
        opened.store.commit(&reports_of(commit, 10)).expect("a commit");
    }
    seal_until(&opened, 3);
    delete_sealed(&opened);
    let truth = rusqlite::Connection::open(opened.store.folder().truth()).expect("the file");
    let lists = |sql| {
        truth
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .expect("a count")
    };
    assert_eq!(
        lists("SELECT count(*) FROM staged_seals"),
        lists("SELECT count(*) FROM staged")
    );
}

/// A page of what went to history reads the blocks it lies in, not those before and after.
#[test]
fn a_page_of_history_reads_its_own_blocks() {
    let (_folder, opened) = fresh();
    let reports = 4 * BLOCK_REPORTS as i64;
    for (commit, start) in (1..).zip((0..reports).step_by(1024)) {
        let said: Vec<_> = (start..start + 1024).map(|second| (1, second, 1)).collect();
        opened.store.commit(&batch(commit, &said)).expect("a commit");
    }
    seal_until(&opened, reports as u64 / 1024);
    delete_sealed(&opened);
    let page = |from, limit| {
        let query = ReportQuery {
            limit,
            ..ReportQuery::of(SealId(1), moment(from), moment(reports))
        };
        let page = opened.reader.reports(&query).expect("a page");
        (page.reports.len(), page.read)
    };
    assert_eq!(page(0, 50), (50, BLOCK_REPORTS));
    assert_eq!(page(reports - 10, 50), (10, BLOCK_REPORTS));
    assert_eq!(page(BLOCK_REPORTS as i64 - 10, 50), (50, 2 * BLOCK_REPORTS));
}
