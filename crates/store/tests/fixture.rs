//! Every release leaves a small store behind. Each must open, be brought to today's schema, and say what it said then.
//!
//! `UPDATE_EXPECT=1` writes the folder of the release in the making anew; those of earlier releases are never touched.

mod common;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use common::{START, entry, reports_of};
use segel_model::report::Protocol;
use segel_model::seal::SealRegistration;
use segel_model::{
    DeviceId, Event, EventTime, Input, OfficeCode, OrganisationId, PersonId, SealId, SecretHash, TripId,
};
use segel_store::history::Rules;
use segel_store::{
    AccountRow, Batch, Compactor, Listing, Opened, Options, Progress, RecordKind, RecordRow, ReportQuery,
    Scope, ScopeKey, SideRow, Snapshots, Store, SubjectRow, rebuild, recover, verify,
};

/// The release in the making.
const NEWEST: &str = "0.1";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/store")
}

#[test]
fn the_store_of_every_release_opens_and_says_what_it_said() {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        leave(&fixtures().join(NEWEST));
    }
    let mut seen = 0;
    for release in fs::read_dir(fixtures()).expect("the fixtures") {
        let release = release.expect("a release").path();
        let expected = fs::read_to_string(release.join("expected.txt")).expect("what it said");
        assert_eq!(said_by(&release), expected, "{}", release.display());
        seen += 1;
    }
    assert!(0 < seen);
}

/// Writes the store of this release and what it says.
fn leave(release: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    let opened = Store::open(folder.path(), Options::default()).expect("a store");
    furnish(&opened);
    let copy = folder.path().join("copy");
    segel_store::backup(&opened.store, &copy, START).expect("a copy without a log");
    fs::create_dir_all(release).expect("a folder");
    for file in ["segel.db", "history.db"] {
        let bytes = fs::read(copy.join(file)).expect("the file");
        let packed = zstd::bulk::compress(&bytes, 19).expect("packed");
        fs::write(release.join(format!("{file}.zst")), packed).expect("written");
    }
    fs::write(release.join("expected.txt"), said_by(release)).expect("written");
}

fn furnish(opened: &Opened) {
    for commit in 1..=6 {
        let mut batch = reports_of(commit, 3);
        batch.entries = vec![entry(commit, commit, 5, vec![registered(commit)])];
        batch.records = vec![record(commit)];
        batch.side = vec![
            SideRow::Account(AccountRow {
                person: PersonId(commit),
                login: format!("person{commit}"),
                password: "$argon2id$v=19$none".into(),
            }),
            SideRow::Subject(SubjectRow {
                hash: SecretHash([commit as u8; 32]),
                kind: "plate".into(),
                body: format!("\"H {commit}234 AB\""),
                at: START,
            }),
        ];
        opened.store.commit(&batch).expect("a commit");
    }
    seal(opened);
    opened.store.commit(&reports_of(8, 3)).expect("a commit");
}

/// The first four commits go to history; the journal vouches for them in commit 7.
fn seal(opened: &Opened) {
    let snapshots = Snapshots::new(opened.store.folder(), 7);
    snapshots.advance(&opened.reader).expect("a snapshot");
    let rules = Rules {
        run_reports: 12,
        ..Rules::default()
    };
    let mut compactor = Compactor::new(opened.store.clone(), opened.reader.clone(), snapshots, rules);
    loop {
        match compactor.step(START).expect("a step") {
            Progress::Idle => return,
            Progress::Sealed {
                input:
                    Input::HistorySealed {
                        from_commit,
                        until_commit,
                        hashes,
                    },
                ..
            } => {
                let event = Event::HistorySealed {
                    from_commit,
                    until_commit,
                    hashes,
                };
                let mut batch = Batch::new(7, START);
                batch.entries = vec![entry(7, 7, 0, vec![event])];
                opened.store.commit(&batch).expect("a commit");
            }
            _ => {}
        }
    }
}

fn registered(seal: u64) -> Event {
    Event::SealRegistered {
        seal: SealId(seal),
        registration: SealRegistration {
            protocol: Protocol::Jointech,
            device: DeviceId(format!("{:010}", 7_000_000_000 + seal)),
            label: format!("JT701-{seal:06}"),
            profile: "jt701d".into(),
            provider: OrganisationId(1),
            pool: Some(OfficeCode("060100".into())),
            certificate: None,
            certificate_needed: None,
        },
    }
}

fn record(id: u64) -> RecordRow {
    RecordRow {
        kind: RecordKind::Seal,
        id,
        keys: vec![ScopeKey::Office(OfficeCode("060100".into()))],
        trip: Some(TripId(1)),
        stage: "ready".into(),
        severity: None,
        terms: vec![format!("JT701-{id:06}")],
        updated_seq: id,
        body: format!("{{\"label\":\"JT701-{id:06}\"}}"),
    }
}

/// Opens a copy and tells everything that must survive.
fn said_by(release: &Path) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["segel.db", "history.db"] {
        let packed = fs::read(release.join(format!("{file}.zst"))).expect("the fixture");
        let bytes = zstd::stream::decode_all(packed.as_slice()).expect("whole");
        fs::write(folder.path().join(file), bytes).expect("written");
    }
    let opened = Store::open(folder.path(), Options::default()).expect("a store of an earlier release");
    let mut said = said(&opened);
    drop(opened);
    let verified = verify(folder.path()).expect("a look");
    let _ = writeln!(
        said,
        "verified: {} entries, {} reports, {} blocks",
        verified.entries, verified.reports, verified.blocks
    );
    let _ = writeln!(said, "findings: {:?}", verified.findings);
    said
}

fn said(opened: &Opened) -> String {
    let mut said = String::new();
    let _ = writeln!(said, "position: {:?}", opened.position);
    let _ = writeln!(said, "head: {}", segel_model::BlobHash(opened.head));
    for line in opened.reader.journal_after(0, 100).expect("the journal") {
        let events = serde_json::to_string(&line.entry.events).expect("events");
        let _ = writeln!(
            said,
            "entry {} of commit {}: {events}",
            line.entry.seq, line.entry.commit
        );
    }
    let always = (EventTime::from_unix_ms(0), EventTime::from_unix_ms(i64::MAX));
    for stored in opened
        .reader
        .reports(&ReportQuery::of(SealId(2), always.0, always.1))
        .expect("reports")
        .reports
    {
        let staged = &stored.staged;
        let place = staged.observed.place.map(|place| place.position);
        let _ = writeln!(
            said,
            "report {} {} of {}: {place:?} {:02x?}",
            stored.commit, staged.ordinal, staged.device, staged.raw
        );
    }
    for record in opened
        .reader
        .records(&Listing::of(RecordKind::Seal, Scope::Nation))
        .expect("records")
        .records
    {
        let _ = writeln!(said, "record {} {}: {}", record.id, record.stage, record.body);
    }
    let found = opened
        .reader
        .search("jt701-000004", RecordKind::Seal, &Scope::Nation, 9)
        .expect("a search");
    let _ = writeln!(
        said,
        "found: {:?}",
        found.iter().map(|record| record.id).collect::<Vec<_>>()
    );
    let _ = writeln!(
        said,
        "plate: {:?}",
        opened
            .reader
            .subject(&SecretHash([3; 32]))
            .expect("a read")
            .map(|row| row.body)
    );
    let _ = writeln!(
        said,
        "account: {:?}",
        opened
            .reader
            .account_by_login("PERSON5")
            .expect("a read")
            .map(|row| row.person)
    );
    let rebuilt = rebuild(&opened.reader).expect("a state");
    let _ = writeln!(
        said,
        "state: {} entries, {} reports, {} seals",
        rebuilt.entries,
        rebuilt.reports,
        rebuilt.state.seals.len()
    );
    let snapshots = Snapshots::new(opened.store.folder(), 7);
    snapshots.advance(&opened.reader).expect("a snapshot");
    let recovered = recover(&opened.reader, &snapshots).expect("a state");
    assert_eq!(recovered.state.fingerprint(), rebuilt.state.fingerprint());
    said
}
