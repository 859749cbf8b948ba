//! T3 and T4, the clocks of the removal, from every side: in time, a second late, never, twice, out of order, and while we
//! were not there ourselves.

mod story;

use expect_test::{Expect, expect};
use segel_model::trip::Clock;
use story::World;

/// A trip whose removal was granted and whose seal was opened at 0:29.
const OPENED: &str = "0:28 seal 1 at destination locked
    0:28 teo unlocks
    0:29 seal 1 at destination open says unsealed-by-command";

/// What a story says of the clocks and their alarms; all else has stories of its own.
fn check(past: &str, story: &str, expected: Expect) -> World {
    let mut world = World::with_cast();
    world.given("given granted");
    world.given(OPENED);
    world.given(past);
    world.play(story);
    let of_clocks = |line: &&str| {
        ["Removal", "photo", "ALARM", "alarm", "refused", "Completed"]
            .iter()
            .any(|word| line.contains(word))
    };
    let told: Vec<&str> = world.told.lines().filter(of_clocks).collect();
    expected.assert_eq(&told.join("\n"));
    world
}

/// SOP: "removal: 5 minutes", and nobody ever says that it is off.
#[test]
fn sop_removal_5_minutes_never_finished_is_overdue_once() {
    check(
        "",
        "2:00 nothing",
        expect![[r#"
            0:34 trip 1 Removal OVERDUE
            0:34 ALARM 1 A21 S3: T3 removal exceeded its limit of 5 min"#]],
    );
}

/// SOP: "removal: 5 minutes": who says it twice stops the clock once.
#[test]
fn sop_removal_5_minutes_finished_twice_counts_the_first() {
    check(
        "",
        "0:33 teo finishes removal
         0:36 teo finishes removal",
        expect![[r#"
            0:33 trip 1 Removal took 240 s, met
            0:33 trip 1 RemovalPhotos starts at 0:33, limit 10 min
            0:36 refused: wrong_state"#]],
    );
}

/// SOP: "removal: 5 minutes": T3 runs from the first news of the opening, however often the seal tells it.
#[test]
fn sop_removal_5_minutes_opening_told_twice_starts_the_clock_once() {
    check(
        "",
        "0:31 seal 1 at destination open says unsealed-by-command
         0:34 teo finishes removal",
        expect![[r#"
            0:34 trip 1 Removal took 300 s, met
            0:34 trip 1 RemovalPhotos starts at 0:34, limit 10 min"#]],
    );
}

/// SOP: "removal: 5 minutes", out of order: nothing can be off before it was opened.
#[test]
fn sop_removal_5_minutes_finished_before_it_was_opened_is_refused() {
    let mut world = World::with_cast();
    world.given("given granted");
    world.play("0:28 teo finishes removal");
    expect![[r#"
        0:28 refused: wrong_state
    "#]]
    .assert_eq(&world.told);
    let trip = world.state.trip(segel_model::TripId(1)).expect("the trip");
    assert!(!trip.clocks.contains_key(&Clock::Removal), "no clock runs");
}

/// SOP: "removal: 5 minutes", out of order: the phone was off line, so the proof comes after the breach and amends it.
#[test]
fn sop_removal_5_minutes_late_proof_of_a_timely_removal_amends_the_breach() {
    let world = check(
        "",
        "0:40 teo finishes removal recorded 0:33",
        expect![[r#"
            0:34 trip 1 Removal OVERDUE
            0:34 ALARM 1 A21 S3: T3 removal exceeded its limit of 5 min
            0:40 trip 1 Removal amended: took 240 s, met
            0:40 alarm 1 no longer supported
            0:40 trip 1 RemovalPhotos starts at 0:33, limit 10 min"#]],
    );
    let trip = world.state.trip(segel_model::TripId(1)).expect("the trip");
    let run = &trip.clocks[&Clock::Removal];
    assert!(
        run.breached.is_some() && run.met() == Some(true),
        "both stay visible"
    );
}

/// Late proof that it was late keeps the breach.
#[test]
fn sop_removal_5_minutes_late_proof_of_a_late_removal_keeps_the_breach() {
    check(
        "",
        "0:40 teo finishes removal recorded 0:34:01",
        expect![[r#"
            0:34 trip 1 Removal OVERDUE
            0:34 ALARM 1 A21 S3: T3 removal exceeded its limit of 5 min
            0:40 trip 1 Removal took 301 s, MISSED
            0:40 trip 1 RemovalPhotos starts at 0:34:01, limit 10 min"#]],
    );
}

/// Law 7: "a clock missed because of us says so".
#[test]
fn sop_removal_5_minutes_that_ran_out_while_we_were_absent_says_so() {
    check(
        "",
        "0:50 we start again, absent since 0:31",
        expect![[r#"
            0:50 trip 1 Removal OVERDUE, we were absent
            0:50 ALARM 1 A21 S3: T3 removal exceeded its limit of 5 min (Segel itself did not listen for a while)"#]],
    );
}

const REMOVED: &str = "0:31 teo finishes removal";

/// SOP: "uploading removal photos: 10 minutes"; exactly ten minutes is met.
#[test]
fn sop_uploading_removal_photos_10_minutes_exactly_is_in_time() {
    check(
        REMOVED,
        "0:41 teo photos removal",
        expect![[r#"
            0:41 photo 5 SealBeforeOpening
            0:41 photo 6 DoorAfterRemoval
            0:41 photo 7 DeviceCondition
            0:41 trip 1 RemovalPhotos took 600 s, met
            0:41 trip 1 14 Removed > 15 Completed (complete)"#]],
    );
}

/// SOP: "uploading removal photos: 10 minutes", a second more.
#[test]
fn sop_uploading_removal_photos_10_minutes_and_a_second_is_late() {
    check(
        REMOVED,
        "0:41:01 teo photos removal",
        expect![[r#"
            0:41 trip 1 RemovalPhotos OVERDUE
            0:41 ALARM 1 A21 S3: T4 removal photos exceeded its limit of 10 min
            0:41:01 photo 5 SealBeforeOpening LATE
            0:41:01 photo 6 DoorAfterRemoval LATE
            0:41:01 photo 7 DeviceCondition LATE
            0:41:01 trip 1 RemovalPhotos took 601 s, MISSED
            0:41:01 trip 1 14 Removed > 15 Completed (complete, with remarks)"#]],
    );
}

/// SOP: "uploading removal photos: 10 minutes": photos that never come are told once, and the trip does not end by itself.
#[test]
fn sop_uploading_removal_photos_10_minutes_never_is_overdue_once_and_ends_nothing() {
    let world = check(
        REMOVED,
        "9:00 nothing",
        expect![[r#"
            0:41 trip 1 RemovalPhotos OVERDUE
            0:41 ALARM 1 A21 S3: T4 removal photos exceeded its limit of 10 min"#]],
    );
    let trip = world.state.trip(segel_model::TripId(1)).expect("the trip");
    assert_eq!(trip.state, segel_model::trip::TripState::Removed);
}

/// SOP: "uploading removal photos: 10 minutes": the same photos twice are one set, and end the trip once.
#[test]
fn sop_uploading_removal_photos_10_minutes_twice_is_one_set() {
    let world = check(
        REMOVED,
        "0:33 teo photo before-opening
         0:33 teo photo before-opening
         0:34 teo photo after-removal
         0:35 teo photo device
         0:36 teo photo device",
        expect![[r#"
            0:33 photo 5 SealBeforeOpening
            0:34 photo 6 DoorAfterRemoval
            0:35 photo 7 DeviceCondition
            0:35 trip 1 RemovalPhotos took 240 s, met
            0:35 trip 1 14 Removed > 15 Completed (complete)"#]],
    );
    let trip = world.state.trip(segel_model::TripId(1)).expect("the trip");
    assert_eq!(trip.photos.len(), 7, "four of the installation and three");
}

/// SOP: "uploading removal photos: 10 minutes", out of order: the set counts, whatever comes first; what shows the seal before
/// it was opened may be there before T4 starts.
#[test]
fn sop_uploading_removal_photos_10_minutes_out_of_order_is_a_set_all_the_same() {
    check(
        "0:30 teo photo before-opening\n0:31 teo finishes removal",
        "0:33 teo photo device
         0:40 teo photo after-removal",
        expect![[r#"
            0:33 photo 6 DeviceCondition
            0:40 photo 7 DoorAfterRemoval
            0:40 trip 1 RemovalPhotos took 540 s, met
            0:40 trip 1 14 Removed > 15 Completed (complete)"#]],
    );
}

/// Law 7: "a clock missed because of us says so".
#[test]
fn sop_uploading_removal_photos_10_minutes_that_ran_out_while_we_were_absent_says_so() {
    check(
        REMOVED,
        "1:00 we start again, absent since 0:35",
        expect![[r#"
            1:00 trip 1 RemovalPhotos OVERDUE, we were absent
            1:00 ALARM 1 A21 S3: T4 removal photos exceeded its limit of 10 min (Segel itself did not listen for a while)"#]],
    );
}

/// The rest of the way of a seal whose battery runs low on it.
const LOW_BATTERY_TO_THE_GRANT: &str = "0:20 seal 1 at destination locked battery 24
    0:22 seal 1 at destination locked battery 24
    0:23 seal 1 at destination locked battery 24
    0:25 seal 1 at destination locked battery 24
    0:26 oka checks
    0:27 oka grants command to teo";

/// The verdict is given once, at the last photo: the trip of a seal whose battery was low ends with remarks while the alarm is
/// open or was confirmed, and without where it was resolved or false.
#[test]
fn a_trip_with_a_confirmed_or_an_open_alarm_ends_with_remarks_and_a_resolved_or_false_one_is_none() {
    let reason_after = |closing: &str| {
        let mut world = World::with_cast();
        world.given("given travelling");
        world.given(LOW_BATTERY_TO_THE_GRANT);
        let raised = world.state.alarms[&segel_model::AlarmId(1)].clone();
        assert_eq!(raised.finding.code.name(), "A16");
        for past in [OPENED, REMOVED, closing] {
            world.given(past);
        }
        world.play("0:33 teo photos removal");
        let trip = world.state.trip(segel_model::TripId(1)).expect("the trip");
        let last = trip.moves.last().expect("it moved");
        (last.circumstance.reason.clone(), trip.ended_clean())
    };
    let clean = (String::from("complete"), Some(true));
    let remarks = (String::from("complete, with remarks"), Some(false));
    assert_eq!(reason_after("0:32 nothing"), remarks);
    assert_eq!(reason_after("0:32 oka closes alarm 1"), remarks);
    assert_eq!(reason_after("0:32 oka closes alarm 1 as resolved"), clean);
    assert_eq!(reason_after("0:32 oka closes alarm 1 as false"), clean);
}
