//! The engine's promises: asked twice, answered once; nothing speaks before it is durable.

mod support;

use segel_model::principal::OrganisationKind;
use segel_model::{Command, PersonId, Principal};
use segel_server::ask::{Answer, Asked, IdempotencyKey, Unavailable, Verdict};
use segel_server::background::SnapshotPace;
use segel_server::config::Upkeep;
use segel_store::{Listing, RecordKind, Scope, Snapshots};
use support::{House, by, record};

fn register(name: &str, key: &str) -> Asked {
    let kind = OrganisationKind::Provider;
    let mut asked = by(
        &Principal::System,
        Command::RegisterOrganisation {
            name: name.into(),
            kind,
            npwp: None,
        },
    );
    let mut request = [0; 32];
    request[..name.len()].copy_from_slice(name.as_bytes());
    asked.side.idempotency_key = Some(IdempotencyKey {
        person: PersonId(1),
        key: key.into(),
        request,
    });
    asked
}

fn asked(house: &House, asked: Asked) -> Answer {
    house.engine.ask_blocking(asked).expect("the engine answers")
}

fn organisations(house: &House) -> usize {
    let listing = Listing::of(RecordKind::Organisation, Scope::Nation);
    house
        .engine
        .reader()
        .records(&listing)
        .expect("the store reads")
        .records
        .len()
}

#[test]
fn the_same_key_gets_the_same_answer_also_after_a_restart() {
    let house = House::open();
    let first = asked(&house, register("satu", "k1"));
    assert_eq!(asked(&house, register("satu", "k1")), first);
    let house = house.reopen();
    assert_eq!(asked(&house, register("satu", "k1")), first);
    assert_eq!(organisations(&house), 1);
    asked(&house, register("satu", "k2"));
    assert_eq!(organisations(&house), 2, "another key is another wish");
}

#[test]
fn a_snapshot_is_written_after_so_many_reports_and_not_only_after_so_long() {
    let house = House::open();
    let folder = house.engine.store().folder();
    let snapshots = Snapshots::of_this_program(folder).expect("snapshots");
    let mut pace = SnapshotPace::new(Upkeep {
        snapshot_ms: 3_600_000,
        snapshot_reports: 3,
        ..Upkeep::default()
    });
    let mut newest_after = |reports: u8| {
        let mut seal = house.connect();
        for serial in 0..reports {
            seal.says(&record("7100000042", serial));
            seal.hears(&format!("(P69,0,{serial})"));
        }
        pace.step(&snapshots, &house.engine).expect("a step");
        let files = std::fs::read_dir(folder.snapshots()).expect("a folder");
        files.map(|file| file.expect("a file").file_name()).max()
    };
    let first = newest_after(1).expect("the first is written at once");
    assert_eq!(newest_after(2), Some(first.clone()));
    assert!(first < newest_after(1).expect("a file"), "three have come since");
}

#[test]
fn a_key_used_for_another_wish_is_refused_and_not_answered_wrongly() {
    let house = House::open();
    asked(&house, register("satu", "k1"));
    let Verdict::Refused(refusal) = asked(&house, register("dua", "k1")).verdict else {
        panic!("the key was used for another wish")
    };
    assert_eq!(refusal.code, "idempotency_key_used");
    let house = house.reopen();
    assert!(matches!(
        asked(&house, register("dua", "k1")).verdict,
        Verdict::Refused(_)
    ));
    assert_eq!(organisations(&house), 1);
}

#[test]
fn a_disk_that_is_nearly_full_refuses_commands_and_reads_no_seal_until_there_is_room() {
    let house = House::open();
    let mut seal = house.connect();
    house.engine.set_disk_low(true);
    seal.says(&record("7100000042", 7));
    assert_eq!(
        house.engine.ask_blocking(register("satu", "k1")),
        Err(Unavailable::DiskLow)
    );
    assert_eq!(house.engine.ready(), Err(Unavailable::DiskLow));
    house.engine.set_disk_low(false);
    seal.hears("(P69,0,7)");
    assert!(house.engine.ask_blocking(register("satu", "k1")).is_ok());
}

/// Law 1: memory that is ahead of the disk never speaks.
#[test]
fn a_commit_that_fails_ends_the_engine_and_nobody_is_answered() {
    let mut house = House::open();
    let mut seal = house.connect();
    seal.says(&record("7100000042", 1));
    seal.hears("(P69,0,1)");
    let other = rusqlite::Connection::open(house.folder.path().join("segel.db")).expect("the file opens");
    other
        .execute_batch("BEGIN EXCLUSIVE")
        .expect("nobody writes right now");
    seal.says(&record("7100000042", 2));
    let answer = house.engine.ask_blocking(register("satu", "k1"));
    assert_eq!(answer, Err(Unavailable::Stopping));
    seal.is_left();
    let ended = house
        .thread
        .take()
        .expect("it runs")
        .join()
        .expect("it does not panic");
    assert!(ended.is_err(), "the commit failed");
}

#[test]
fn stopping_and_starting_leave_their_marks_and_the_state_is_the_same() {
    let house = House::open();
    let provider = house.provider();
    let seal = house.stock(&provider, "7100000042");
    let house = house.reopen();
    assert_eq!(
        house.engine.roster().device(seal).map(|(_, device)| device.0),
        Some("7100000042".into())
    );
    assert!(house.engine.fleet().get(seal).is_some());
    let lines = house
        .engine
        .reader()
        .journal_after(0, 100)
        .expect("the journal reads");
    let names: Vec<String> = lines
        .iter()
        .flat_map(|line| &line.entry.events)
        .map(|event| serde_json::to_value(event).expect("an event is JSON"))
        .filter_map(|event| match event {
            serde_json::Value::Object(fields) => fields.keys().next().cloned(),
            serde_json::Value::String(word) => Some(word),
            _ => None,
        })
        .collect();
    assert_eq!(
        names,
        [
            "organisation_registered",
            "invited",
            "person_joined",
            "seal_registered",
            "service_stopped",
            "service_gap"
        ]
    );
}
