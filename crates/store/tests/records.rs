//! Lists: what a scope may see, in order, page by page; what a search finds; what the outbox sends next.

mod common;

use common::{START, entry, fresh};
use segel_model::skp::{Delivery, Detail, Envelope, Lane, MessageCode};
use segel_model::{Event, EventTime, MessageId, OfficeCode, OrganisationId, PersonId, TripId};
use segel_store::outbox::OutboxState;
use segel_store::record::Order;
use segel_store::{Batch, Cursor, Listing, Opened, RecordKind, RecordRow, Scope, ScopeKey};

fn office(code: &str) -> ScopeKey {
    ScopeKey::Office(OfficeCode(code.into()))
}

fn organisation(id: u64) -> ScopeKey {
    ScopeKey::Organisation(OrganisationId(id))
}

fn trip(id: u64, keys: Vec<ScopeKey>) -> RecordRow {
    RecordRow {
        kind: RecordKind::Trip,
        id,
        keys,
        trip: Some(TripId(id)),
        stage: if id.is_multiple_of(2) {
            "in_transit"
        } else {
            "draft"
        }
        .into(),
        severity: None,
        terms: vec![format!("MSKU 30543{id:02}-{}", id % 10)],
        updated_seq: 100 - id,
        body: format!("{{\"id\":{id}}}"),
    }
}

fn put(opened: &Opened, rows: Vec<RecordRow>) {
    let mut batch = Batch::new(opened.store.position().commit + 1, START);
    batch.records = rows;
    opened.store.commit(&batch).expect("a commit");
}

/// Ten trips: of two offices by turns, all of provider 9, each of its own owner (10 and above).
fn ten_trips() -> (tempfile::TempDir, Opened) {
    let (folder, opened) = fresh();
    let keys = |id: u64| {
        let code = if id.is_multiple_of(2) { "060100" } else { "040300" };
        vec![office(code), organisation(9), organisation(10 + id)]
    };
    put(&opened, (1..=10).map(|id| trip(id, keys(id))).collect());
    (folder, opened)
}

/// The ids of each page.
fn pages(opened: &Opened, mut listing: Listing) -> Vec<Vec<u64>> {
    let mut pages = Vec::new();
    loop {
        let page = opened.reader.records(&listing).expect("a page");
        pages.push(page.records.iter().map(|record| record.id).collect());
        listing.after = page.next;
        if page.next.is_none() {
            return pages;
        }
    }
}

fn scoped(keys: Vec<ScopeKey>) -> Listing {
    Listing {
        limit: 2,
        ..Listing::of(RecordKind::Trip, Scope::Keys(keys))
    }
}

#[test]
fn a_scope_sees_its_own_and_nothing_else() {
    let (_folder, opened) = ten_trips();
    assert_eq!(
        pages(&opened, scoped(vec![office("060100")])),
        [vec![10, 8], vec![6, 4], vec![2]]
    );
    assert_eq!(
        pages(&opened, scoped(vec![organisation(13), organisation(14)])),
        [vec![4, 3]]
    );
    assert_eq!(pages(&opened, scoped(vec![])), [vec![0; 0]]);
    assert_eq!(
        pages(&opened, scoped(vec![ScopeKey::Person(PersonId(9))])),
        [vec![0; 0]]
    );
    let nation = Listing {
        limit: 4,
        ..Listing::of(RecordKind::Trip, Scope::Nation)
    };
    assert_eq!(
        pages(&opened, nation),
        [vec![10, 9, 8, 7], vec![6, 5, 4, 3], vec![2, 1]]
    );
    assert_eq!(
        pages(&opened, Listing::of(RecordKind::Seal, Scope::Nation)),
        [vec![0; 0]]
    );
}

#[test]
fn a_record_outside_the_scope_is_as_if_it_were_not_there() {
    let (_folder, opened) = ten_trips();
    let find = |id, scope: Scope| {
        opened
            .reader
            .record(RecordKind::Trip, id, &scope)
            .expect("a read")
            .map(|record| record.id)
    };
    assert_eq!(find(4, Scope::Keys(vec![office("060100")])), Some(4));
    assert_eq!(find(3, Scope::Keys(vec![office("060100")])), None);
    assert_eq!(find(3, Scope::Nation), Some(3));
    assert_eq!(find(11, Scope::Nation), None);
}

#[test]
fn filters_narrow_a_scope_and_never_widen_it() {
    let (_folder, opened) = ten_trips();
    let stage = Listing {
        stages: vec!["draft".into()],
        ..scoped(vec![office("060100")])
    };
    assert_eq!(pages(&opened, stage), [vec![0; 0]]);
    let key = Listing {
        key: Some(organisation(16)),
        ..scoped(vec![office("060100")])
    };
    assert_eq!(pages(&opened, key), [vec![6]]);
    let key = Listing {
        key: Some(organisation(15)),
        ..scoped(vec![office("060100")])
    };
    assert_eq!(pages(&opened, key), [vec![0; 0]]);
    let of_trip = Listing {
        trip: Some(TripId(8)),
        ..scoped(vec![organisation(9)])
    };
    assert_eq!(pages(&opened, of_trip), [vec![8]]);
}

#[test]
fn pages_go_on_in_every_order() {
    let (_folder, opened) = ten_trips();
    let ordered = |order| {
        pages(
            &opened,
            Listing {
                order,
                limit: 4,
                ..Listing::of(RecordKind::Trip, Scope::Nation)
            },
        )
    };
    assert_eq!(
        ordered(Order::OldestFirst),
        [vec![1, 2, 3, 4], vec![5, 6, 7, 8], vec![9, 10]]
    );
    assert_eq!(
        ordered(Order::LatelyMoved),
        [vec![1, 2, 3, 4], vec![5, 6, 7, 8], vec![9, 10]]
    );
    assert_eq!(
        ordered(Order::NewestFirst),
        [vec![10, 9, 8, 7], vec![6, 5, 4, 3], vec![2, 1]]
    );
}

#[test]
fn alarms_queue_by_severity_then_age_and_those_without_one_come_last() {
    let (_folder, opened) = fresh();
    let alarm = |id, severity| RecordRow {
        kind: RecordKind::Alarm,
        severity,
        ..trip(id, vec![])
    };
    put(
        &opened,
        vec![
            alarm(1, Some(3)),
            alarm(2, Some(1)),
            alarm(3, None),
            alarm(4, Some(1)),
            alarm(5, Some(3)),
        ],
    );
    let queue = Listing {
        order: Order::GravestFirst,
        limit: 2,
        ..Listing::of(RecordKind::Alarm, Scope::Nation)
    };
    assert_eq!(pages(&opened, queue.clone()), [vec![2, 4], vec![1, 5], vec![3]]);
    let grave = Listing {
        severity: Some(3),
        ..queue
    };
    assert_eq!(pages(&opened, grave), [vec![1, 5]]);
}

#[test]
fn a_record_that_moves_offices_is_seen_by_the_new_one_alone() {
    let (_folder, opened) = fresh();
    put(&opened, vec![trip(1, vec![office("060100")])]);
    let mut moved = trip(1, vec![office("040300")]);
    moved.terms = vec!["TGHU 1234567".into()];
    moved.stage = "arrived".into();
    put(&opened, vec![moved]);
    assert_eq!(pages(&opened, scoped(vec![office("060100")])), [vec![0; 0]]);
    assert_eq!(pages(&opened, scoped(vec![office("040300")])), [vec![1]]);
    assert_eq!(found(&opened, "MSKU", Scope::Nation), [0; 0]);
    assert_eq!(found(&opened, "TGHU", Scope::Nation), [1]);
    let record = opened
        .reader
        .record(RecordKind::Trip, 1, &Scope::Nation)
        .expect("a read")
        .expect("the trip");
    assert_eq!((record.stage.as_str(), record.updated_seq), ("arrived", 99));
}

fn found(opened: &Opened, text: &str, scope: Scope) -> Vec<u64> {
    let records = opened
        .reader
        .search(text, RecordKind::Trip, &scope, 10)
        .expect("a search");
    records.iter().map(|record| record.id).collect()
}

#[test]
fn a_container_is_found_as_people_type_it() {
    let (_folder, opened) = ten_trips();
    for text in ["MSKU3054307", "msku 30543-07", "msku3054307-7", "3054307"] {
        assert_eq!(found(&opened, text, Scope::Nation), [7], "{text}");
    }
    assert_eq!(found(&opened, "MSKU3054310", Scope::Nation), [10]);
    assert_eq!(found(&opened, "MSKU30543", Scope::Nation).len(), 10);
    for text in ["", " - ", "KU3054307", "MSKU30543077X", "%", "_SKU3054307"] {
        assert_eq!(found(&opened, text, Scope::Nation), [0; 0], "{text}");
    }
}

#[test]
fn a_search_stays_inside_the_scope() {
    let (_folder, opened) = ten_trips();
    assert_eq!(
        found(&opened, "MSKU30543", Scope::Keys(vec![office("060100")])),
        [10, 8, 6, 4, 2]
    );
    assert_eq!(
        found(&opened, "MSKU3054307", Scope::Keys(vec![office("060100")])),
        [0; 0]
    );
}

#[test]
fn a_forged_cursor_reaches_nothing_outside_the_scope() {
    let (_folder, opened) = ten_trips();
    let after = Some(Cursor {
        value: i64::MIN,
        id: u64::MAX,
    });
    let listing = Listing {
        after,
        ..scoped(vec![organisation(13)])
    };
    assert_eq!(pages(&opened, listing), [vec![3]]);
}

fn queued(message: u64, trip: u64, code: MessageCode) -> Event {
    Event::MessageQueued {
        message: MessageId(message),
        trip: TripId(trip),
        code,
        envelope: Envelope {
            office: OfficeCode("060100".into()),
            document: None,
            container: "MSKU3054383".into(),
            seal_label: Some("JT701-098231".into()),
            at: EventTime::from_unix_ms(START.unix_ms),
            place: None,
            plate: None,
            accuracy_m: None,
            speed_kmh: None,
            sealed: Some(true),
            battery_percent: Some(88),
            detail: Detail::None,
        },
    }
}

fn decide(opened: &Opened, events: Vec<Event>) {
    let position = opened.store.position();
    let commit = position.commit + 1;
    let mut batch = Batch::new(commit, START);
    batch.entries = vec![entry(position.seq + 1, commit, 0, events)];
    opened.store.commit(&batch).expect("a commit");
}

fn answered(message: u64, delivery: Delivery) -> Event {
    Event::MessageAnswered {
        message: MessageId(message),
        delivery,
    }
}

fn due(opened: &Opened, second: i64) -> Vec<u64> {
    let lanes = [Lane::Alarms, Lane::Milestones, Lane::Locations];
    let in_lane = |lane| {
        let found = opened.reader.messages_due(lane, START.plus_s(second), 10);
        found.expect("the outbox")
    };
    let mut messages: Vec<_> = lanes.into_iter().flat_map(in_lane).collect();
    messages.sort_by_key(|message| (message.next_try, message.message));
    messages.iter().map(|message| message.message.0).collect()
}

#[test]
fn each_lane_sends_its_oldest_and_none_waits_for_another() {
    let (_folder, opened) = fresh();
    decide(
        &opened,
        vec![
            queued(1, 7, MessageCode::E02),
            queued(2, 7, MessageCode::E03),
            queued(3, 7, MessageCode::E07),
        ],
    );
    decide(&opened, vec![queued(4, 8, MessageCode::E02)]);
    assert_eq!(due(&opened, 1), [1, 3]);
    assert_eq!(due(&opened, 2), [1, 3, 4]);
    decide(
        &opened,
        vec![answered(
            1,
            Delivery::Taken {
                reference: Some("SKP-1".into()),
            },
        )],
    );
    assert_eq!(due(&opened, 10), [2, 3, 4]);
    let taken = opened
        .reader
        .message(MessageId(1))
        .expect("a read")
        .expect("the message");
    assert_eq!(
        (taken.state, taken.seq, taken.ordinal),
        (OutboxState::Taken, 1, 0)
    );
}

#[test]
fn a_failed_try_holds_its_lane_until_the_next() {
    let (_folder, opened) = fresh();
    decide(
        &opened,
        vec![queued(1, 7, MessageCode::E02), queued(2, 7, MessageCode::E03)],
    );
    opened
        .store
        .message_tried(MessageId(1), "no route to host", START.plus_s(30))
        .expect("a note");
    assert_eq!(due(&opened, 29), [0; 0]);
    assert_eq!(due(&opened, 30), [1]);
    assert_eq!(
        opened.reader.next_message_due().expect("a look"),
        Some(START.plus_s(30))
    );
    let message = opened
        .reader
        .message(MessageId(1))
        .expect("a read")
        .expect("the message");
    assert_eq!(
        (message.attempts, message.last_error.as_deref()),
        (1, Some("no route to host"))
    );
    assert_eq!(message.lane, Lane::Milestones);
}

#[test]
fn a_refused_message_holds_its_lane_until_a_person_repairs_it() {
    let (_folder, opened) = fresh();
    decide(
        &opened,
        vec![queued(1, 7, MessageCode::E02), queued(2, 7, MessageCode::E03)],
    );
    decide(
        &opened,
        vec![answered(
            1,
            Delivery::Refused {
                reason: "NPWP tidak dikenal".into(),
            },
        )],
    );
    assert_eq!(due(&opened, 10_000), [0; 0]);
    assert_eq!(opened.reader.next_message_due().expect("a look"), None);
    assert_eq!(opened.reader.message_backlog().expect("a count").0, 2);
    let refused = opened
        .reader
        .messages(OutboxState::Refused, 0, 10)
        .expect("a list");
    assert_eq!(
        (refused.len(), refused[0].last_error.as_deref()),
        (1, Some("NPWP tidak dikenal"))
    );
    let corrections = vec![("npwp".to_string(), "0123".to_string())];
    decide(
        &opened,
        vec![Event::MessageRepaired {
            message: MessageId(1),
            corrections: corrections.clone(),
            reason: "salah ketik".into(),
        }],
    );
    assert_eq!(due(&opened, 10), [1]);
    let repaired = opened
        .reader
        .message(MessageId(1))
        .expect("a read")
        .expect("the message");
    assert_eq!((repaired.corrections, repaired.attempts), (corrections, 0));
}

#[test]
fn a_stuck_message_is_still_tried() {
    let (_folder, opened) = fresh();
    decide(&opened, vec![queued(1, 7, MessageCode::E02)]);
    decide(
        &opened,
        vec![answered(
            1,
            Delivery::Stuck {
                failure: "502".into(),
            },
        )],
    );
    assert_eq!(due(&opened, 10), [1]);
    opened
        .store
        .message_tried(MessageId(1), "502", START.plus_s(60))
        .expect("a note");
    decide(&opened, vec![answered(1, Delivery::Taken { reference: None })]);
    opened
        .store
        .message_tried(MessageId(1), "late", START)
        .expect("a note that comes late");
    assert_eq!(due(&opened, 1000), [0; 0]);
    assert_eq!(
        opened
            .reader
            .message(MessageId(1))
            .expect("a read")
            .expect("it")
            .attempts,
        1
    );
}
