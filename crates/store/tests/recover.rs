//! The state after a crash is the state before it, with or without a snapshot.

mod common;

use common::{START, entry, fresh, observed, report};
use segel_custody::{Stamp, State};
use segel_model::report::Protocol;
use segel_model::seal::SealRegistration;
use segel_model::{DeviceId, OrganisationId};
use segel_model::{Event, SealId, ServerTime};
use segel_store::{Batch, Folder, Opened, Position, Snapshots, Step, rebuild, recover};

const FORM: u64 = 7;

fn snapshots(folder: &tempfile::TempDir) -> Snapshots {
    Snapshots::new(&Folder::at(folder.path()), FORM)
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
            pool: None,
            certificate: None,
            certificate_needed: None,
        },
    }
}

/// Commits one story and folds it beside: entries and reports mixed, an entry decided from a report among them.
fn live(opened: &Opened, commits: std::ops::RangeInclusive<u64>, state: &mut State, seq: &mut u64) {
    for commit in commits {
        let mut batch = Batch::new(commit, START.plus_s(commit as i64));
        *seq += 1;
        let event = if *seq <= 3 { registered(*seq) } else { gap(commit) };
        batch.staged = vec![report(0, 1, commit as i64), report(2, 2, commit as i64)];
        batch.entries = vec![entry(*seq, commit, 1, vec![event.clone()])];
        segel_custody::observe(state, &observed(1, commit as i64));
        segel_custody::apply(state, &event, &stamp(&batch));
        segel_custody::observe(state, &observed(2, commit as i64));
        *seq += 1;
        let event = gap(commit + 1);
        batch.entries.push(entry(*seq, commit, 2, vec![event.clone()]));
        segel_custody::apply(state, &event, &stamp(&batch));
        opened.store.commit(&batch).expect("a commit");
    }
}

fn stamp(batch: &Batch) -> Stamp {
    Stamp::of_entry(&batch.entries[0].entry)
}

fn gap(commit: u64) -> Event {
    let from: ServerTime = START.plus_s(commit as i64);
    Event::ServiceGap {
        from,
        until: from.plus_ms(500),
    }
}

#[test]
fn a_state_rebuilt_from_the_first_entry_is_the_live_one() {
    let (_folder, opened) = fresh();
    let (mut state, mut seq) = (State::default(), 0);
    live(&opened, 1..=9, &mut state, &mut seq);
    let rebuilt = rebuild(&opened.reader).expect("a state");
    assert_eq!(rebuilt.state.fingerprint(), state.fingerprint());
    assert_eq!(rebuilt.position, Position { commit: 9, seq: 18 });
    assert_eq!((rebuilt.entries, rebuilt.reports, rebuilt.from), (18, 18, None));
    assert_ne!(state.fingerprint(), State::default().fingerprint());
}

#[test]
fn a_state_from_a_snapshot_is_the_one_built_from_nothing() {
    let (folder, opened) = fresh();
    let (mut state, mut seq) = (State::default(), 0);
    live(&opened, 1..=5, &mut state, &mut seq);
    let head = opened.reader.journal_after(9, 1).expect("the journal")[0].hash;
    let position = Position { commit: 5, seq: 10 };
    snapshots(&folder)
        .write(position, head, &state.freeze())
        .expect("a snapshot");
    live(&opened, 6..=9, &mut state, &mut seq);

    let recovered = recover(&opened.reader, &snapshots(&folder)).expect("a state");
    assert_eq!(
        (recovered.from, recovered.entries, recovered.reports),
        (Some(position), 8, 8)
    );
    assert_eq!(recovered.state.fingerprint(), state.fingerprint());
    assert_eq!(
        rebuild(&opened.reader).expect("a state").state.fingerprint(),
        state.fingerprint()
    );
}

/// Cuts, flips or forges the newest snapshot and says from where the state is then recovered.
fn check_passed_over(spoil: impl FnOnce(&std::path::Path, &Snapshots)) {
    let (folder, opened) = fresh();
    let (mut state, mut seq) = (State::default(), 0);
    for (commits, commit) in [(1..=2, 2_u64), (3..=4, 4)] {
        live(&opened, commits, &mut state, &mut seq);
        let head = opened.reader.journal_after(seq - 1, 1).expect("the journal")[0].hash;
        snapshots(&folder)
            .write(Position { commit, seq }, head, &state.freeze())
            .expect("a snapshot");
    }
    spoil(
        &folder
            .path()
            .join("snapshots")
            .join(format!("{:020}-{:020}.state", 4, 8)),
        &snapshots(&folder),
    );
    let recovered = recover(&opened.reader, &snapshots(&folder)).expect("a state");
    assert_eq!(recovered.from, Some(Position { commit: 2, seq: 4 }));
    assert_eq!(recovered.state.fingerprint(), state.fingerprint());
}

#[test]
fn a_torn_snapshot_is_passed_over() {
    check_passed_over(|path, _| {
        let bytes = std::fs::read(path).expect("the snapshot");
        std::fs::write(path, &bytes[..bytes.len() - 1]).expect("a torn one");
    });
}

#[test]
fn a_snapshot_with_a_flipped_bit_is_passed_over() {
    check_passed_over(|path, _| {
        let mut bytes = std::fs::read(path).expect("the snapshot");
        *bytes.last_mut().expect("a byte") ^= 1;
        std::fs::write(path, bytes).expect("a damaged one");
    });
}

#[test]
fn a_snapshot_of_another_past_is_passed_over() {
    check_passed_over(|path, snapshots| {
        std::fs::remove_file(path).expect("room");
        let forged = Position { commit: 4, seq: 8 };
        snapshots
            .write(forged, [9; 32], &State::default().freeze())
            .expect("a snapshot");
    });
}

#[test]
fn a_snapshot_of_another_program_is_passed_over() {
    let (folder, opened) = fresh();
    let (mut state, mut seq) = (State::default(), 0);
    live(&opened, 1..=2, &mut state, &mut seq);
    let head = opened.reader.journal_after(seq - 1, 1).expect("the journal")[0].hash;
    let other = Snapshots::new(&Folder::at(folder.path()), FORM + 1);
    other
        .write(Position { commit: 2, seq }, head, &state.freeze())
        .expect("a snapshot");
    let recovered = recover(&opened.reader, &snapshots(&folder)).expect("a state");
    assert_eq!((recovered.from, recovered.entries), (None, 4));
}

#[test]
fn two_snapshots_are_kept_and_the_older_bounds_compaction() {
    let (folder, _opened) = fresh();
    let snapshots = snapshots(&folder);
    assert_eq!(snapshots.oldest_commit().expect("a look"), None);
    for commit in [5, 9, 14] {
        snapshots
            .write(Position { commit, seq: 0 }, [0; 32], &State::default().freeze())
            .expect("a snapshot");
    }
    assert_eq!(snapshots.oldest_commit().expect("a look"), Some(9));
}

#[test]
fn a_report_is_folded_before_the_events_decided_from_it() {
    let (_folder, opened) = fresh();
    let mut batch = Batch::new(1, START);
    batch.staged = vec![report(0, 1, 0), report(1, 2, 0)];
    batch.entries = vec![entry(1, 1, 0, vec![]), entry(2, 1, 2, vec![])];
    opened.store.commit(&batch).expect("a commit");
    let steps = segel_store::Replay::after(&opened.reader, Position::default());
    let places: Vec<String> = steps
        .map(|step| match step.expect("a step") {
            Step::Report { ordinal, .. } => format!("report {ordinal}"),
            Step::Entry(entry) => format!("entry {}", entry.ordinal),
        })
        .collect();
    assert_eq!(places, ["report 0", "entry 0", "report 1", "entry 2"]);
}

#[test]
fn snapshots_advance_by_themselves_and_hold_what_the_live_state_holds() {
    let (folder, opened) = fresh();
    let snapshots = snapshots(&folder);
    let (mut state, mut seq) = (State::default(), 0);
    assert_eq!(
        snapshots.advance(&opened.reader).expect("a look"),
        Some(Position { commit: 0, seq: 0 })
    );
    assert_eq!(snapshots.advance(&opened.reader).expect("a look"), None);
    live(&opened, 1..=4, &mut state, &mut seq);
    assert_eq!(
        snapshots.advance(&opened.reader).expect("a snapshot"),
        Some(Position { commit: 4, seq: 8 })
    );
    live(&opened, 5..=7, &mut state, &mut seq);
    assert_eq!(
        snapshots.advance(&opened.reader).expect("a snapshot"),
        Some(Position { commit: 7, seq: 14 })
    );
    let recovered = recover(&opened.reader, &snapshots).expect("a state");
    assert_eq!(
        (recovered.from, recovered.entries),
        (Some(Position { commit: 7, seq: 14 }), 0)
    );
    assert_eq!(recovered.state.fingerprint(), state.fingerprint());
}

#[test]
fn a_replay_up_to_a_commit_takes_nothing_of_the_next() {
    let (_folder, opened) = fresh();
    live(&opened, 1..=5, &mut State::default(), &mut 0);
    let between = |commit| {
        let position = Position { commit: 2, seq: 4 };
        let steps: Result<Vec<_>, _> =
            segel_store::Replay::between(&opened.reader, position, commit).collect();
        steps.expect("steps").len()
    };
    assert_eq!([between(2), between(3), between(4), between(99)], [0, 4, 8, 12]);
}
