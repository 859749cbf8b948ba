//! A commit is whole, durable and found again.

mod common;

use common::{START, entry, entry_of, fresh, report, reports_of};
use segel_model::event::Subject;
use segel_model::{Event, EventTime, SealId, TripId};
use segel_store::{Batch, Options, Position, ReportQuery, Store, StoreError};

#[test]
fn what_was_committed_is_read_back_value_by_value() {
    let (_folder, opened) = fresh();
    let mut batch = Batch::new(1, START);
    batch.staged = vec![report(0, 1, 0), report(2, 2, 0)];
    batch.entries = vec![entry(1, 1, 1, vec![Event::ServiceStopped])];
    let committed = opened.store.commit(&batch).expect("a commit");
    assert_eq!((committed.commit, committed.last_seq), (1, 1));

    let lines = opened.reader.journal_after(0, 10).expect("the journal");
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].entry, batch.entries[0].entry);
    assert_eq!(lines[0].hash, committed.head);
    let rows = opened
        .reader
        .staged_after(0, u64::MAX, u64::MAX)
        .expect("the staged reports");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].reports().expect("whole reports"), batch.staged);
}

#[test]
fn a_report_of_a_whole_long_frame_is_kept_between_short_ones() {
    let (_folder, opened) = fresh();
    let mut batch = Batch::new(1, START);
    batch.staged = vec![report(0, 1, 0), report(1, 2, 0), report(2, 3, 0)];
    batch.staged[1].raw = (0..5_000_u32).map(|number| number as u8).collect();
    opened.store.commit(&batch).expect("a commit");
    let rows = opened.reader.staged_after(0, u64::MAX, u64::MAX).expect("rows");
    assert_eq!(rows[0].reports().expect("whole reports"), batch.staged);
}

#[test]
fn a_store_opened_again_goes_on_where_it_stopped() {
    let (folder, opened) = fresh();
    let committed = opened
        .store
        .commit(&entry_of(3, 1, vec![Event::ServiceStopped]))
        .expect("a commit");
    opened.store.commit(&reports_of(7, 2)).expect("a commit");
    drop(opened);
    let again = Store::open(folder.path(), Options::default()).expect("the same store");
    assert_eq!(again.position, Position { commit: 7, seq: 1 });
    assert_eq!(again.head, committed.head);
    assert_eq!(again.last_listened, Some(START.plus_s(7)));
}

#[test]
fn a_note_of_listening_outlives_the_process_and_never_goes_back() {
    let (folder, opened) = fresh();
    assert_eq!(opened.last_listened, None);
    opened.store.note_listening(START.plus_s(60)).expect("a note");
    opened.store.commit(&reports_of(7, 1)).expect("a commit");
    drop(opened);
    let again = Store::open(folder.path(), Options::default()).expect("the same store");
    assert_eq!(again.last_listened, Some(START.plus_s(60)));
}

#[test]
fn a_second_process_is_refused_with_a_sentence() {
    let (folder, opened) = fresh();
    let second = Store::open(folder.path(), Options::default());
    let Err(error @ StoreError::InUse { .. }) = second else {
        panic!("two writers on one journal")
    };
    assert!(
        error.to_string().starts_with("another Segel already works in "),
        "{error}"
    );
    drop(opened);
    Store::open(folder.path(), Options::default()).expect("free again");
}

#[test]
fn readers_keep_no_claim_on_the_folder() {
    let (folder, opened) = fresh();
    let reader = opened.reader.clone();
    drop(opened);
    Store::open(folder.path(), Options::default()).expect("free again");
    assert_eq!(reader.journal_after(0, 10).expect("still readable"), []);
}

#[test]
fn a_file_of_a_newer_segel_is_refused_with_a_sentence() {
    let (folder, opened) = fresh();
    drop(opened);
    let file = rusqlite::Connection::open(folder.path().join("segel.db")).expect("the file");
    file.pragma_update(None, "user_version", 99)
        .expect("a version of the future");
    drop(file);
    let Err(error) = Store::open(folder.path(), Options::default()) else {
        panic!("misread")
    };
    assert!(
        error
            .to_string()
            .starts_with("segel.db has schema 99, this Segel knows up to 3: start the newer"),
        "{error}"
    );
}

#[test]
fn a_file_that_is_no_store_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("segel.db");
    std::fs::write(&path, b"minutes of the meeting, not a database at all").expect("a file");
    let Err(error) = Store::open(folder.path(), Options::default()) else {
        panic!("overwritten")
    };
    assert!(error.to_string().starts_with("segel.db is damaged"), "{error}");
    let left = std::fs::read(&path).expect("the file");
    assert_eq!(left, b"minutes of the meeting, not a database at all");
}

#[test]
fn another_programs_database_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("segel.db");
    let file = rusqlite::Connection::open(&path).expect("a database");
    file.execute_batch("CREATE TABLE cats (name TEXT)")
        .expect("a table");
    drop(file);
    let Err(error) = Store::open(folder.path(), Options::default()) else {
        panic!("adopted")
    };
    assert_eq!(error.to_string(), "segel.db is a database, but not one of Segel");
}

/// The first start makes the file, then its tables. A power loss in between left a file that no later start took for its own:
/// the crash laboratory found it.
#[test]
fn a_first_start_that_ended_before_it_had_made_its_tables_is_begun_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let unfinished = rusqlite::Connection::open(folder.path().join("segel.db")).expect("a file");
    unfinished
        .execute_batch("PRAGMA page_size=8192; PRAGMA journal_mode=WAL;")
        .expect("its first page");
    drop(unfinished);
    assert_ne!(
        std::fs::metadata(folder.path().join("segel.db"))
            .expect("it is there")
            .len(),
        0
    );
    let opened = Store::open(folder.path(), Options::default()).expect("a new store");
    opened.store.commit(&reports_of(1, 1)).expect("a commit");
}

#[test]
#[should_panic(expected = "commit 1 does not follow commit 1")]
fn a_commit_twice_is_a_bug() {
    let (_folder, opened) = fresh();
    opened.store.commit(&reports_of(1, 1)).expect("a commit");
    let _ = opened.store.commit(&reports_of(1, 1));
}

#[test]
#[should_panic(expected = "entry 3 stands where 2 should")]
fn a_gap_in_the_journal_is_a_bug() {
    let (_folder, opened) = fresh();
    opened.store.commit(&entry_of(1, 1, vec![])).expect("a commit");
    let _ = opened.store.commit(&entry_of(2, 3, vec![]));
}

#[test]
fn a_commit_that_fails_halfway_leaves_nothing() {
    let (_folder, opened) = fresh();
    let mut batch = reports_of(1, 3);
    batch.entries = vec![entry(1, 1, 5, vec![queued(7)]), entry(2, 1, 6, vec![queued(7)])];
    opened.store.commit(&batch).expect_err("one message queued twice");
    assert_eq!(opened.reader.journal_after(0, 10).expect("the journal"), []);
    assert_eq!(
        opened
            .reader
            .staged_after(0, u64::MAX, 1)
            .expect("the staged reports"),
        []
    );
    assert_eq!(opened.store.position(), Position { commit: 0, seq: 0 });
    opened
        .store
        .commit(&reports_of(1, 3))
        .expect("the number is free");
}

fn queued(message: u64) -> Event {
    use segel_model::skp::{Detail, Envelope, MessageCode};
    Event::MessageQueued {
        message: segel_model::MessageId(message),
        trip: TripId(1),
        code: MessageCode::E07,
        envelope: Envelope {
            office: segel_model::OfficeCode("060100".into()),
            document: None,
            container: "MSKU3054383".into(),
            seal_label: None,
            at: EventTime::from_unix_ms(START.unix_ms),
            place: None,
            plate: None,
            accuracy_m: None,
            speed_kmh: None,
            sealed: None,
            battery_percent: None,
            detail: Detail::None,
        },
    }
}

#[test]
fn a_timeline_holds_its_subject_alone_newest_first_in_pages() {
    let (_folder, opened) = fresh();
    for seq in 1..=5 {
        let mut batch = entry_of(seq, seq, vec![]);
        if seq == 3 {
            batch.entries[0].subjects = vec![Subject::Seal(SealId(1))];
        }
        opened.store.commit(&batch).expect("a commit");
    }
    let trip = Subject::Trip(TripId(1));
    let seqs = |before, limit| -> Vec<u64> {
        let lines = opened.reader.timeline(&trip, before, limit).expect("a timeline");
        lines.iter().map(|line| line.entry.seq).collect()
    };
    assert_eq!(seqs(u64::MAX, 3), [5, 4, 2]);
    assert_eq!(seqs(2, 3), [1]);
    assert_eq!(seqs(1, 3), [0; 0]);
}

#[test]
fn staged_reports_are_found_by_seal_and_time_in_pages() {
    let (_folder, opened) = fresh();
    for commit in 1..=10 {
        opened.store.commit(&reports_of(commit, 3)).expect("a commit");
    }
    let moment = |second| EventTime::from_unix_ms(START.plus_s(second).unix_ms);
    let mut query = ReportQuery {
        limit: 2,
        ..ReportQuery::of(SealId(2), moment(3), moment(6))
    };
    let first = opened.reader.reports(&query).expect("a page");
    query.after = first.next;
    let second = opened.reader.reports(&query).expect("a page");
    let commits = |page: &segel_store::ReportPage| {
        page.reports
            .iter()
            .map(|report| report.commit)
            .collect::<Vec<_>>()
    };
    assert_eq!((commits(&first), commits(&second)), (vec![3, 4], vec![5, 6]));
    assert!(first.next.is_some() && second.next.is_none());
    let one = opened
        .reader
        .report(5, 1, None)
        .expect("a read")
        .expect("the report");
    assert_eq!(one.staged, report(1, 2, 5));
    assert_eq!(opened.reader.report(5, 3, None).expect("a read"), None);
}
