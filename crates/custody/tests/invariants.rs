//! Invariants of the business process (c.1) that no single story shows; each name quotes its own.

mod story;

use std::collections::BTreeSet;

use segel_custody::Answer;
use segel_model::photo::{PhotoKind, PhotoStep};
use segel_model::skp::{Detail, Lane};
use segel_model::trip::TripState as T;
use segel_model::{Command, Event, MessageId, PersonId, PhotoId, TripId};
use story::{World, add_photo, place, principal};

const REMOVAL: &str = "0:28 seal 1 at destination locked
    0:28 teo unlocks
    0:29 seal 1 at destination open says unsealed-by-command
    0:31 teo finishes removal
    0:33 teo photos removal";

/// A whole trip with every event it decided.
fn whole_trip() -> (World, Vec<Event>) {
    let mut world = World::with_cast();
    world.record = Some(Vec::new());
    world.given("given granted");
    world.given(REMOVAL);
    let events = world.record.take().expect("it was recorded");
    (world, events)
}

fn person(name: &str) -> Option<PersonId> {
    principal(name).person()
}

/// Invariant 4: "no state is skipped; every transition has actor, time, place, reason". Where a seal's own report moved the
/// trip, nobody asked: the actor is Segel itself, on that report. Before a seal is on, no place is known.
#[test]
fn invariant_4_no_state_is_skipped_every_transition_has_actor_time_place_reason() {
    let (world, _) = whole_trip();
    let trip = world.state.trip(TripId(1)).expect("the trip");
    let expected = [
        (T::AwaitingDocument, "umar", "0:00", None),
        (T::Submitted, "umar", "0:00", None),
        (T::RouteProposed, "umar", "0:01", None),
        (T::RouteApproved, "umar", "0:01", None),
        (T::Assigned, "opi", "0:02", Some("origin")),
        (T::Installing, "teo", "0:03", Some("origin")),
        (T::Installed, "", "0:05", Some("origin")),
        (T::ReadyToDepart, "teo", "0:06", Some("origin")),
        (T::InTransit, "", "0:10", Some("road")),
        (T::Arrived, "", "0:25", Some("destination")),
        (T::SealCheck, "oka", "0:26", Some("destination")),
        (T::RemovalGranted, "oka", "0:27", Some("destination")),
        (T::Removing, "", "0:29", Some("destination")),
        (T::Removed, "teo", "0:31", None),
        (T::Completed, "teo", "0:33", Some("destination")),
    ];
    let told: Vec<_> = trip
        .moves
        .iter()
        .map(|step| {
            (
                step.to,
                step.signed.by,
                story::clock(step.circumstance.at.unix_ms),
                step.circumstance.place,
            )
        })
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(to, who, at, where_)| {
            let by = if who.is_empty() { None } else { person(who) };
            (*to, by, (*at).to_owned(), where_.map(place))
        })
        .collect();
    assert_eq!(told, expected);
    let mut from = T::Draft;
    for step in &trip.moves {
        assert_eq!(step.from, from, "none is skipped");
        assert!(!step.circumstance.reason.is_empty());
        assert!(step.circumstance.at.unix_ms <= step.signed.at.unix_ms);
        from = step.to;
    }
}

/// Invariant 4, the negative side: without a reason nobody gives a trip up.
#[test]
fn invariant_4_a_transition_without_a_reason_is_refused() {
    let mut world = World::with_cast();
    world.given("given submitted");
    for reason in ["", " \t\n"] {
        let answer = world.asks(
            principal("umar"),
            Command::CancelTrip {
                trip: TripId(1),
                reason: reason.into(),
            },
        );
        assert!(
            matches!(&answer, Answer::Refused(refusal) if refusal.code == "reason_needed"),
            "{answer:?}"
        );
    }
    let trip = world.state.trip(TripId(1)).expect("the trip");
    assert_eq!(trip.state, T::Submitted);
}

/// Invariant 7: "records are append-only ...; corrections are new records": what was corrected is still there, as it was, and
/// (That the journal is hash-chained and a changed line is found is tried in the
/// crates `evidence` and `store`.)
#[test]
fn invariant_7_records_are_append_only_corrections_are_new_records() {
    let mut world = World::with_cast();
    world.given("given installed\n0:06 teo photo door\n0:06 seal 1 at origin locked says rope-cut");
    let before = world.state.trip(TripId(1)).expect("the trip").photos[&PhotoId(1)].clone();
    let alarm = world.state.alarms.values().next().expect("an alarm").clone();
    world.record = Some(Vec::new());
    world.given(
        "0:07 oka rejects photo 1\n0:07 teo photo door\n0:08 oka closes alarm 1\n0:09 sita closes alarm 1",
    );
    let corrections = world.record.take().expect("it was recorded");
    let kinds: Vec<bool> = [
        corrections
            .iter()
            .any(|event| matches!(event, Event::PhotoRejected { .. })),
        corrections
            .iter()
            .any(|event| matches!(event, Event::PhotoStored { .. })),
        corrections
            .iter()
            .any(|event| matches!(event, Event::AlarmClosed { .. })),
    ]
    .into();
    assert_eq!(
        kinds, [true; 3],
        "each correction is a record of its own: {corrections:?}"
    );
    let trip = world.state.trip(TripId(1)).expect("the trip");
    let rejected = &trip.photos[&PhotoId(1)];
    assert_eq!((&rejected.facts, rejected.stored), (&before.facts, before.stored));
    assert!(rejected.rejected.is_some() && trip.photos.len() == 2);
    let closed = world.state.alarms.values().next().expect("the alarm stays");
    assert_eq!(
        (&closed.finding, closed.raised_at),
        (&alarm.finding, alarm.raised_at)
    );
    // Rejecting it again changes nothing that was said.
    world.given("0:10 oka rejects photo 1");
    let again = world.state.trip(TripId(1)).expect("the trip");
    assert_eq!(again.photos[&PhotoId(1)], trip_photo(&world, 1));
    assert_eq!(again.photos[&PhotoId(1)].rejected.as_deref(), Some("reason"));
}

fn trip_photo(world: &World, photo: u64) -> segel_custody::state::Photo {
    world.state.trip(TripId(1)).expect("the trip").photos[&PhotoId(photo)].clone()
}

/// Invariant 10: "every SKP message has an idempotency key, ordered per trip, retried until acknowledged, with a visible
/// dead-letter". The key is the entry and the event's place in it (its UUID is tried in `server`); here: no number is given
/// twice, each lane is in the order of what happened, and nothing but SKP's word takes a message out.
#[test]
fn invariant_10_every_skp_message_has_a_key_is_ordered_and_stays_until_acknowledged() {
    let (mut world, events) = whole_trip();
    let queued: Vec<(MessageId, Lane, i64)> = events
        .iter()
        .filter_map(|event| match event {
            Event::MessageQueued {
                message,
                code,
                envelope,
                ..
            } => Some((*message, code.lane(), envelope.at.unix_ms)),
            _ => None,
        })
        .collect();
    let numbers: BTreeSet<MessageId> = queued.iter().map(|(message, ..)| *message).collect();
    assert_eq!(numbers.len(), queued.len(), "no number twice");
    for lane in [Lane::Alarms, Lane::Milestones, Lane::Locations] {
        let of_lane: Vec<_> = queued.iter().filter(|(_, of, _)| *of == lane).collect();
        assert!(of_lane.is_sorted_by_key(|(message, ..)| *message));
        assert!(
            of_lane.is_sorted_by_key(|(_, _, at)| *at),
            "{lane:?}: {of_lane:?}"
        );
    }
    assert_eq!(world.state.messages.len(), queued.len(), "none is gone by itself");
    world.given("0:40 skp 4 refused\n0:41 skp 5 stuck\n0:42 skp 6 taken\n9:00 nothing");
    assert_eq!(
        world.state.messages.len(),
        queued.len() - 1,
        "only the taken one has left"
    );
    let dead = &world.state.messages[&MessageId(4)];
    assert!(dead.trouble.is_some(), "the refused one is seen");
    let told = world
        .state
        .alarms
        .values()
        .filter(|alarm| alarm.finding.code.name() == "A22")
        .count();
    assert_eq!(told, 1);
    assert!(world.state.trip(TripId(1)).is_some(), "the trip waits for it");
}

/// Invariant 12: "photos are bound by hash to trip+step and stripped of nothing": what the camera wrote is kept with the hash,
/// and SKP is told that hash. (That the stored bytes are those that came is tried in `server`.)
#[test]
fn invariant_12_photos_are_bound_by_hash_to_trip_and_step_and_stripped_of_nothing() {
    let mut world = World::with_cast();
    world.given("given installed");
    world.record = Some(Vec::new());
    let kinds = [
        PhotoKind::TruckWithPlate,
        PhotoKind::LockingRods,
        PhotoKind::Other,
        PhotoKind::SealCloseUp,
        PhotoKind::DoorWithNumber,
    ];
    let mut stored = Vec::new();
    for kind in kinds {
        let mut command = add_photo(TripId(1), PhotoStep::Install, kind);
        if let Command::AddPhoto { facts, .. } = &mut command {
            facts.taken = Some(segel_model::RecordedTime::from_unix_ms(story::MIDNIGHT_MS + 1));
            facts.taken_at = Some(place("origin"));
            stored.push((kind, facts.clone()));
        }
        world.accepted(principal("teo"), command);
    }
    let trip = world.state.trip(TripId(1)).expect("the trip");
    for ((kind, facts), photo) in stored.iter().zip(trip.photos.values()) {
        assert_eq!(
            (photo.step, photo.kind, &photo.facts),
            (PhotoStep::Install, *kind, facts)
        );
    }
    let events = world.record.take().expect("it was recorded");
    let told = events.iter().find_map(|event| match event {
        Event::MessageQueued { envelope, .. } => match &envelope.detail {
            Detail::Photos { photos, .. } => Some(photos.clone()),
            _ => None,
        },
        _ => None,
    });
    let told: Vec<_> = told
        .expect("E05 was queued")
        .into_iter()
        .map(|photo| (photo.kind, photo.blob, photo.taken, photo.place))
        .collect();
    let in_order = [4, 3, 1, 0, 2].map(|number: usize| {
        let (kind, facts) = &stored[number];
        (*kind, facts.blob, facts.taken, facts.taken_at)
    });
    assert_eq!(
        told, in_order,
        "in the order of the required set, what is beyond it last"
    );
}

/// Invariant 12, the negative side: the same bytes in another step are another photo, and a hash nobody stored is in none.
#[test]
fn invariant_12_one_hash_in_two_steps_is_two_photos() {
    let mut world = World::with_cast();
    world.given("given arrived");
    let same = |step| {
        let mut command = add_photo(TripId(1), step, PhotoKind::Other);
        if let Command::AddPhoto { facts, .. } = &mut command {
            facts.blob = segel_model::BlobHash([9; 32]);
        }
        command
    };
    for step in [PhotoStep::Install, PhotoStep::Removal, PhotoStep::Removal] {
        world.accepted(principal("teo"), same(step));
    }
    let trip = world.state.trip(TripId(1)).expect("the trip");
    let of_hash: Vec<_> = trip
        .photos
        .values()
        .filter(|photo| photo.facts.blob.0 == [9; 32])
        .map(|photo| photo.step)
        .collect();
    assert_eq!(of_hash, [PhotoStep::Install, PhotoStep::Removal]);
}
