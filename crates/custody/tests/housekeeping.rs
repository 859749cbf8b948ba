//! What leaves by itself after a while, and what looking for it costs.

mod story;

use segel_custody::{Stamp, apply, decide};
use segel_model::alarm::AlarmOutcome;
use segel_model::event::Subject;
use segel_model::rulebook::EditionNumber;
use segel_model::trip::{Circumstance, TripState};
use segel_model::{AlarmId, Command, Event, EventTime, Input, SealId, ServerTime, TripId};
use story::*;

/// Opens a trip and says its number.
fn opened(world: &mut World, words: &[&str]) -> TripId {
    match world.accepted(principal("umar"), Command::OpenTrip(request(words))) {
        Some(Subject::Trip(trip)) => trip,
        other => panic!("a trip is opened: {other:?}"),
    }
}

fn kept_s(world: &World) -> i64 {
    i64::from(world.rules.editions[0].draft_kept_s)
}

/// Handbook c, state 1: "DRAF ... expires after N days".
#[test]
fn a_draft_expires_after_its_days_to_the_millisecond() {
    let mut world = World::with_cast();
    let trip = opened(&mut world, &["bare"]);
    let due = world.now.plus_s(kept_s(&world));
    world.until(due.plus_ms(-1));
    assert_eq!(world.state.trips[&trip].state, TripState::Draft);
    world.record = Some(Vec::new());
    world.until(due);
    assert_eq!(world.state.trips[&trip].state, TripState::Expired);
    let moves = world
        .record
        .iter()
        .flatten()
        .filter(|event| matches!(event, Event::TripMoved { .. }));
    assert_eq!(moves.count(), 1, "once");
    let again = world.asks(
        principal("umar"),
        Command::CancelTrip {
            trip,
            reason: "terlambat".into(),
        },
    );
    assert!(matches!(again, segel_custody::Answer::Refused(refusal) if refusal.code == "wrong_state"));
}

/// Of a request whose document was verified the asker has not asked yet; one that was submitted waits for others.
#[test]
fn what_was_asked_for_never_expires_and_what_only_could_be_does() {
    let mut world = World::with_cast();
    let (idle, submitted) = (opened(&mut world, &[]), opened(&mut world, &[SECOND_CONTAINER]));
    world.accepted(principal("umar"), Command::SubmitTrip { trip: submitted });
    let due = world.now.plus_s(kept_s(&world));
    world.until(due.plus_s(86_400));
    assert_eq!(world.state.trips[&idle].state, TripState::Expired);
    assert_eq!(world.state.trips[&submitted].state, TripState::Submitted);
    // The line of the document that the expired one would have used is free for another.
    let another = opened(&mut world, &[]);
    world.accepted(principal("umar"), Command::SubmitTrip { trip: another });
}

/// Law 6: "alarms never disappear": from the journal never; from memory when they are closed and nobody needs them.
#[test]
fn a_closed_alarm_of_no_trip_leaves_the_state_after_a_while_and_an_open_one_never() {
    let mut world = World::with_cast();
    for seal in [1, 2] {
        world.input(&Input::IdentityDoubt {
            seal: SealId(seal),
            why: "two speak".into(),
        });
    }
    let close = Command::CloseAlarm {
        alarm: AlarmId(1),
        outcome: AlarmOutcome::False,
        reason: "diperiksa di gudang".into(),
    };
    world.accepted(principal("sita"), close);
    let until = world
        .now
        .plus_s(i64::from(world.rules.editions[0].finished_kept_s));
    world.until(until.plus_ms(-1));
    assert!(
        world.state.alarms.contains_key(&AlarmId(1)),
        "a millisecond too early"
    );
    world.record = Some(Vec::new());
    world.until(until);
    assert!(!world.state.alarms.contains_key(&AlarmId(1)));
    assert_eq!(
        world.record.take().unwrap_or_default(),
        [Event::AlarmArchived { alarm: AlarmId(1) }]
    );
    world.until(until.plus_s(365 * 86_400));
    assert!(
        world.state.alarms.contains_key(&AlarmId(2)),
        "nobody has closed it"
    );
}

/// Ten thousand trips under way, each to be looked at in a second of its own.
fn many_under_way(begun: ServerTime) -> World {
    let mut world = World::with_cast();
    world.now = begun;
    for number in 0..10_000_u64 {
        let trip = TripId(1_000 + number);
        let stamp = Stamp {
            at: begun.plus_s(number as i64),
            principal: None,
        };
        let at = EventTime::from_receipt(stamp.at);
        for event in [
            Event::TripOpened {
                trip,
                request: request(&["bare"]),
                edition: EditionNumber(1),
                lapses: None,
            },
            Event::TripPlanned {
                trip,
                route: segel_model::RouteId(1),
            },
            Event::SealClosed {
                trip,
                seal: SealId(1),
                at,
                by_hand: None,
            },
            Event::TripMoved {
                trip,
                from: TripState::ReadyToDepart,
                to: TripState::InTransit,
                circumstance: Circumstance {
                    at,
                    place: None,
                    reason: "story".into(),
                },
            },
        ] {
            apply(&mut world.state, &event, &stamp);
        }
    }
    world
}

/// What a tick costs follows from what is due, not from how many trips there are.
#[test]
fn a_tick_with_ten_thousand_trips_under_way_looks_only_at_those_that_are_due() {
    let begun = ServerTime::from_unix_ms(MIDNIGHT_MS);
    let world = many_under_way(begun);
    let looked = |now: ServerTime| -> Vec<u64> {
        let decision = decide(&world.state, &Input::Tick, now, &world.rules);
        let looked = decision.events.iter().filter_map(|event| match event {
            Event::TripLooked { trip, .. } => Some(trip.0),
            _ => None,
        });
        looked.collect()
    };
    assert_eq!(looked(begun.plus_ms(-1)), [0_u64; 0]);
    assert_eq!(looked(begun), [1_000]);
    assert_eq!(looked(begun.plus_s(2)), [1_000, 1_001, 1_002]);
    // What one tick may cost is bounded too; the rest is still due and comes with the next.
    assert_eq!(looked(begun.plus_s(9_999)).len(), 256);
}
