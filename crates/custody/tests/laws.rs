//! Laws of the design that are the core's to keep, and invariants that no other file tells.

mod story;

use expect_test::expect;
use segel_custody::{Stamp, State, apply, decide, observe};
use segel_model::input::ReportInput;
use segel_model::report::Protocol;
use segel_model::rulebook::{Edition, EditionNumber};
use segel_model::{Event, Input, Observed, ServerTime};
use story::{MIDNIGHT_MS, World, check_trip};

/// Invariant 13: limits are configuration with effective dates; old trips are judged by the rules of their day.
#[test]
fn a_trip_is_judged_by_the_rules_of_its_day() {
    let mut world = World::with_cast();
    world.given("given assigned");
    let mut stricter: Edition = world.rules.editions[0].clone();
    stricter.number = EditionNumber(2);
    stricter.effective_from = world.now;
    stricter.clocks.install_limit_s = 60;
    world.rules.editions.push(stricter);
    world.play(
        "0:03 teo begins install
         0:03 umar opens trip TEMU6079348
         0:03 umar submits trip 2
         0:03 umar plans 1 trip 2
         0:03 opi assigns seal 2 to tia trip 2",
    );
    let limit = |world: &World| {
        let lines = world.told.lines().filter(|line| line.contains("Install starts"));
        lines.map(str::to_string).collect::<Vec<_>>()
    };
    assert_eq!(limit(&world), ["0:03 trip 1 Install starts at 0:03, limit 5 min"]);
    let scan = segel_model::Command::BeginInstall {
        trip: segel_model::TripId(2),
        container: story::SECOND_CONTAINER.into(),
        seal_label: "JT701-2".into(),
        place: None,
        bolt_seal: None,
    };
    world.accepted(story::principal("tia"), scan);
    assert_eq!(
        limit(&world)[1],
        "0:03 trip 2 Install starts at 0:03, limit 1 min"
    );
}

/// Invariant 12: photos are bound by hash to trip and step: the same file is another photo at another step.
#[test]
fn a_photo_is_bound_by_its_hash_to_trip_and_step() {
    use segel_model::photo::{PhotoKind, PhotoStep};
    let mut world = World::with_cast();
    world.given("given arrived");
    let install = story::add_photo(segel_model::TripId(1), PhotoStep::Install, PhotoKind::Other);
    let segel_model::Command::AddPhoto {
        trip, kind, facts, ..
    } = install.clone()
    else {
        panic!("a photo")
    };
    let removal = segel_model::Command::AddPhoto {
        trip,
        step: PhotoStep::Removal,
        kind,
        facts,
    };
    let first = world.accepted(story::principal("teo"), install.clone());
    assert_ne!(world.accepted(story::principal("teo"), removal), first);
    assert_eq!(world.accepted(story::principal("teo"), install), first);
}

/// Law 12: strangers are listed up to a limit and only counted beyond it.
#[test]
fn strangers_fill_the_quarantine_and_no_more() {
    let mut world = World::with_cast();
    let limit = segel_custody::state::QUARANTINE_LIMIT;
    for stranger in 0..limit + 3 {
        let report = story::report(&format!("stranger-{stranger}"), world.now, 1);
        let input = Input::Report(ReportInput {
            protocol: Protocol::Jointech,
            connection: 1,
            report,
        });
        let decision = decide(&world.state, &input, world.now, &world.rules);
        let stamp = Stamp::of(&input, world.now);
        decision
            .observed
            .iter()
            .for_each(|observed| observe(&mut world.state, observed));
        decision
            .events
            .iter()
            .for_each(|event| apply(&mut world.state, event, &stamp));
        assert_eq!(
            decision.events.len(),
            usize::from(stranger < limit),
            "stranger {stranger}"
        );
    }
    assert_eq!(world.state.quarantine.len(), limit);
    assert_eq!(world.state.quarantine.reports, limit as u64 + 3);
}

/// A stranger is told once, is never judged, and leaves the quarantine when it is registered.
#[test]
fn a_registered_stranger_is_one_no_more() {
    let mut world = World::with_cast();
    let says = |world: &mut World| {
        let report = story::report("7009", world.now, 1);
        world.input(&Input::Report(ReportInput {
            protocol: Protocol::Jointech,
            connection: 1,
            report,
        }));
    };
    says(&mut world);
    says(&mut world);
    assert_eq!(
        (world.state.quarantine.len(), world.state.quarantine.reports),
        (1, 2)
    );
    let registration = story::registration("7009", "JT701-9", story::PROVIDER);
    world.accepted(
        story::principal("ayu"),
        segel_model::Command::RegisterSeal(registration),
    );
    says(&mut world);
    assert_eq!(
        (world.state.quarantine.len(), world.state.quarantine.reports),
        (0, 2)
    );
    assert_eq!(
        world
            .told
            .lines()
            .filter(|line| line.contains("Quarantined"))
            .count(),
        1
    );
}

/// "A refusal is evidence": a refused person is an event, and nothing else of the attempt is.
#[test]
fn a_refusal_leaves_one_event_and_changes_nothing_else() {
    let mut world = World::with_cast();
    world.given("given submitted");
    let before = world.state.clone();
    let command = segel_model::Command::SubmitTrip {
        trip: segel_model::TripId(1),
    };
    let input = Input::Command(segel_model::input::CommandInput {
        principal: story::principal("umar"),
        recorded: None,
        recorded_offset_ms: 0,
        command,
    });
    let decision = decide(&world.state, &input, world.now, &world.rules);
    let [Event::Refused { command, trip, .. }] = &decision.events[..] else {
        panic!("{:?}", decision.events)
    };
    assert_eq!(
        (command.as_str(), *trip),
        ("submit_trip", Some(segel_model::TripId(1)))
    );
    let mut after = before.clone();
    apply(&mut after, &decision.events[0], &Stamp::of(&input, world.now));
    after.service = before.service.clone();
    assert_eq!(after.fingerprint(), before.fingerprint());
}

/// Design 1: "nearly all inputs are plain reports; they must cost nearly nothing": one judgement and no event.
#[test]
fn a_plain_report_decides_nothing_but_its_own_judgement() {
    let mut world = World::with_cast();
    world.given("given travelling\n0:16 seal 1 at road locked");
    world.now = world.now.plus_s(60);
    let report = story::report("7001", world.now, 99_999);
    let mut report = report;
    report.fix.as_mut().expect("a fix").position = story::place("road");
    report.lock = segel_model::report::Lock {
        rope: Some(true),
        motor: Some(true),
        cover: Some(true),
    };
    let input = Input::Report(ReportInput {
        protocol: Protocol::Jointech,
        connection: 1,
        report,
    });
    let decision = decide(&world.state, &input, world.now, &world.rules);
    assert_eq!(decision.events, []);
    assert!(decision.observed.is_some());
}

/// "The state is the fold of events": what is left out of a frozen state is built anew, and other bytes are refused.
#[test]
fn bytes_that_are_no_state_are_refused() {
    let world = World::with_cast();
    let bytes = world.state.freeze();
    assert_eq!(
        State::thaw(&bytes).map(|state| state.fingerprint()),
        Ok(world.state.fingerprint())
    );
    assert!(State::thaw(&bytes[..bytes.len() / 2]).is_err());
    assert!(State::thaw(b"no state").is_err());
}

/// Total: events about things that are not there change nothing and break nothing.
#[test]
fn events_about_nothing_change_nothing() {
    let mut world = World::with_cast();
    world.given("given travelling");
    let mut events: Vec<Event> = Vec::new();
    let mut strange = State::default();
    let stamp = Stamp {
        at: ServerTime::from_unix_ms(MIDNIGHT_MS),
        principal: None,
    };
    let mut past = World::with_cast();
    past.record = Some(Vec::new());
    past.given("given granted");
    events.extend(past.record.take().expect("recorded"));
    assert!(events.len() > 40);
    let moves = |event: &&Event| !matches!(event, Event::TripOpened { .. } | Event::MessageQueued { .. });
    for event in events.iter().filter(moves) {
        apply(&mut strange, event, &stamp);
    }
    assert_eq!((strange.trips.len(), strange.messages.len()), (0, 0));
}

/// The whole state reads as text, and one trip in a few lines.
#[test]
fn a_trip_is_described_in_a_few_lines() {
    check_trip(
        "given granted",
        expect![[r#"
        trip 1 RemovalGranted, edition 1, CSQU3054383
          opened by 7
          document 1 line Some(0)
          route 1
          seal 1 fitter Some(PersonId(6)) bolt None
          closed Closed { at: EventTime { unix_ms: 1795482300000 }, by_hand: None }
          departure Signed { by: Some(PersonId(3)), at: ServerTime { unix_ms: 1795482480000 } }
          check SealCheck { number_matches: true, looks_untouched: true, remark: "", signed: Signed { by: Some(PersonId(3)), at: ServerTime { unix_ms: 1795483560000 } } }
          grant 1
          Install met Some(true), breached None
          InstallPhotos met Some(true), breached None
          photos [DoorWithNumber, SealCloseUp, LockingRods, TruckWithPlate]
          states [2, 3, 4, 4, 5, 6, 7, 8, 9, 10, 11, 12]
          journey Journey { outside_origin: 7, destination_since: Some(EventTime { unix_ms: 1795483200000 }), newest: Some(EventTime { unix_ms: 1795483500000 }) }, 7 reports
          interval confirmed true, unmet false
          SKP 10 queued, 0 taken
    "#]],
    );
    let mut world = World::with_cast();
    world.given("given granted");
    let text = world.state.describe();
    for word in [
        "organisation",
        "person",
        "seal",
        "document",
        "route 1",
        "trip 1",
        "grant",
        "message",
    ] {
        assert!(text.contains(word), "{word}");
    }
}

/// Undated or strange as a report may be, the fold of its judgement is total.
#[test]
fn a_judgement_about_nothing_changes_nothing() {
    let mut world = World::with_cast();
    world.seal_says(1, |report| report.time = None);
    let mut observed: Vec<Observed> = Vec::new();
    let report = story::report("7001", world.now, 5);
    let input = Input::Report(ReportInput {
        protocol: Protocol::Jointech,
        connection: 1,
        report,
    });
    observed.extend(decide(&world.state, &input, world.now, &world.rules).observed);
    let mut strange = State::default();
    observed
        .iter()
        .for_each(|observed| observe(&mut strange, observed));
    assert!(strange.seals.is_empty() && strange.trips.is_empty());
}

/// "The whole state can be rebuilt": a place that was written into an entry is read back to the last bit.
#[test]
fn a_place_in_an_entry_is_read_back_to_the_last_bit() {
    for lon in [
        110.499_971_666_666_67_f64,
        110.458_121_666_666_66,
        -6.1,
        106.880_000_000_000_01,
    ] {
        let written = serde_json::to_string(&lon).expect("a number is written");
        let read: f64 = serde_json::from_str(&written).expect("a number is read");
        assert_eq!(read.to_bits(), lon.to_bits(), "{written}");
    }
}
