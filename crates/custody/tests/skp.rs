//! What SKP is told, and what happens when it does not listen: invariants 10 and 11.

mod story;

use expect_test::expect;
use segel_model::skp::Detail;
use segel_model::{Event, EventTime};
use story::check;

/// Invariant 10: a refused message is visible, is repaired by a person, and the alarm recovers once SKP has taken it.
#[test]
fn a_refused_message_is_told_and_repaired() {
    check(
        "given travelling
         0:15 skp 1 taken
         0:15 skp 2 taken
         0:15 skp 3 taken
         0:15 skp 4 taken
         0:16 skp 5 refused
         0:16 skp 5 refused
         0:17 umar repairs 5
         0:17 opi repairs 6
         0:17 opi repairs 5
         0:17 opi repairs 5
         0:18 skp 5 taken
         0:18 skp 5 taken
         0:19 opi repairs 5",
        expect![[r#"
            0:15 SKP message 1 answered: Taken { reference: None }
            0:15 SKP message 2 answered: Taken { reference: None }
            0:15 SKP message 3 answered: Taken { reference: None }
            0:15 SKP message 4 answered: Taken { reference: None }
            0:16 SKP message 5 answered: Refused { reason: "kodeKantor" }
            0:16 ALARM 1 A22 S3: SKP message E05 refused: kodeKantor
            0:17 refused: role_may_not
            0:17 refused: message_not_refused
            0:17 MessageRepaired
            0:17 refused: message_not_refused
            0:18 SKP message 5 answered: Taken { reference: None }
            0:18 alarm 1 recovered
            0:19 refused: no_such_message
        "#]],
    );
}

/// A22: one alarm a trip while it is open, and recovery only when nothing is in trouble any more.
#[test]
fn two_stuck_messages_are_one_alarm() {
    check(
        "given travelling
         0:16 skp 4 stuck
         0:17 skp 5 stuck
         0:18 skp 4 taken
         0:19 skp 5 taken",
        expect![[r#"
            0:16 SKP message 4 answered: Stuck { failure: "timeout" }
            0:16 ALARM 1 A22 S3: SKP message E04 stuck: timeout
            0:17 SKP message 5 answered: Stuck { failure: "timeout" }
            0:18 SKP message 4 answered: Taken { reference: None }
            0:19 SKP message 5 answered: Taken { reference: None }
        "#]],
    );
}

/// Invariant 11: loss of SKP never stops local work: the trip ends with every message untaken, and stays until they are.
#[test]
fn a_trip_ends_without_skp_and_stays_until_it_has_heard() {
    let mut world = story::World::with_cast();
    world.given("given granted");
    world.play(
        "0:28 seal 1 at destination locked
         0:28 teo unlocks
         0:29 seal 1 at destination open says unsealed-by-command
         0:31 teo finishes removal
         0:33 teo photos removal
         180:00 nothing
         360:00 nothing",
    );
    let told = std::mem::take(&mut world.told);
    expect![[r#"
        0:28 order 2: UnlockStatic
        0:29 opened at 0:29 by command under grant 1
        0:29 grant 1 ended: Used
        0:29 order 3: RotatePassword
        0:29 trip 1 12 RemovalGranted > 13 Removing (by command)
        0:29 trip 1 Removal starts at 0:29, limit 5 min
        0:29 SKP message 11: E13
        0:30 SKP message 12: E06
        0:31 trip 1 seal is off
        0:31 trip 1 Removal took 120 s, met
        0:31 trip 1 13 Removing > 14 Removed (the technician has taken it off)
        0:31 trip 1 RemovalPhotos starts at 0:31, limit 10 min
        0:33 photo 5 SealBeforeOpening
        0:33 photo 6 DoorAfterRemoval
        0:33 photo 7 DeviceCondition
        0:33 trip 1 RemovalPhotos took 120 s, met
        0:33 trip 1 14 Removed > 15 Completed (complete)
        0:33 trip 1 kept
        0:33 SKP message 13: E14
        0:33 SKP message 14: E15
        168:33 trip 1 kept
        336:33 trip 1 kept
    "#]]
    .assert_eq(&told);
    for message in world.state.messages.keys().map(|id| id.0).collect::<Vec<_>>() {
        world.play(&format!("360:00 skp {message} taken"));
    }
    world.told.clear();
    world.play("600:00 nothing");
    expect![[r#"
        504:33 trip 1 archived
    "#]]
    .assert_eq(&world.told);
    assert!(world.state.trips.is_empty() && world.state.orders.is_empty() && world.state.grants.is_empty());
}

/// E06: a range goes out every five minutes, only when there is something in it.
#[test]
fn locations_go_out_by_ranges() {
    check(
        "given travelling
         0:17 seal 1 at road locked
         0:19 seal 1 at road locked
         0:29 nothing",
        expect![[r#"
            0:20 SKP message 7: E06
        "#]],
    );
}

/// A range that is full goes out at the next tick, and the reports behind it do not each ask for it anew.
#[test]
fn a_full_range_is_asked_for_once() {
    let mut world = story::World::with_cast();
    world.given("given travelling\n0:17 seal 1 at road locked");
    let trip = world
        .state
        .trips
        .get_mut(&segel_model::TripId(1))
        .expect("under way");
    trip.skp
        .untold
        .as_mut()
        .expect("a fix that nobody was told")
        .reports = 9_990;
    world.record = Some(Vec::new());
    // No tick comes meanwhile, and the clock goes on.
    for _ in 0..20 {
        world.now = world.now.plus_ms(1);
        world.seal_says(1, |_| {});
    }
    let asked = world.record.take().unwrap_or_default();
    let asked = asked
        .iter()
        .filter(|event| matches!(event, Event::LocationsDue { .. }));
    assert_eq!(asked.count(), 1);
    let told = world.told.len();
    world.play("0:18 nothing");
    assert!(world.told[told..].contains("E06"), "{}", &world.told[told..]);
}

/// The ranges of a story: from, until, and the message of the range before.
fn ranges(story: &str) -> Vec<(String, String, Option<u64>)> {
    let mut world = story::World::with_cast();
    world.record = Some(Vec::new());
    world.given("given travelling");
    world.play(story);
    let clock = |at: EventTime| story::clock(at.unix_ms);
    let events = world.record.take().unwrap_or_default();
    let range = |event: &Event| match event {
        Event::MessageQueued { envelope, .. } => match &envelope.detail {
            Detail::Range { from, until, after } => {
                Some((clock(*from), clock(*until), after.map(|after| after.0)))
            }
            _ => None,
        },
        _ => None,
    };
    events.iter().filter_map(range).collect()
}

fn range(from: &str, until: &str, after: Option<u64>) -> (String, String, Option<u64>) {
    (from.into(), until.into(), after)
}

/// E06: fixes of a blind area that come after their range was taken go out with the next range, and once.
#[test]
fn what_comes_out_of_a_blind_area_late_reaches_skp_once() {
    let told = ranges(
        "0:17 seal 1 at road locked
         0:19 seal 1 at road locked
         0:21 seal 1 at road locked time 0:16
         0:22 seal 1 at road locked time 0:18
         0:40 nothing",
    );
    assert_eq!(
        told,
        [
            range("0:05", "0:10", None),
            range("0:15", "0:19", Some(6)),
            range("0:16", "0:18", Some(7))
        ],
        "and no third: nothing more was heard"
    );
}

/// A fix that is said twice is told once.
#[test]
fn a_repeated_fix_asks_for_no_range() {
    let mut world = story::World::with_cast();
    world.given("given travelling\n0:17 seal 1 at road locked\n0:21 nothing");
    let at = world.now;
    for _ in 0..2 {
        world.serial = 99;
        world.seal_says(1, |report| {
            report.time = Some(segel_model::DeviceTime::from_unix_ms(at.unix_ms))
        });
    }
    world.play("0:40 nothing");
    expect![[r#"
        0:21 opened at 0:21 shown by its contacts under NO GRANT
        0:21 ALARM 1 A02 S1: the seal was opened without a grant (shown by its contacts)
        0:21 ALARM 2 A01 S1: the rope came out without an authorised opening
        0:21 SKP message 8: E07
        0:21 SKP message 9: E07
        0:25 SKP message 10: E06
    "#]]
    .assert_eq(&world.told);
}

/// E06 after removal: what the seal still had in its memory goes out within one period, and the trip waits for it.
#[test]
fn what_comes_after_removal_reaches_skp_too() {
    let removed = "0:28 seal 1 at destination locked
         0:28 teo unlocks
         0:29 seal 1 at destination open says unsealed-by-command
         0:31 teo finishes removal
         0:33 teo photos removal";
    let mut world = story::World::with_cast();
    world.given("given granted");
    world.given(removed);
    world.play(
        "0:40 seal 1 at road locked time 0:17
         0:41 seal 1 at road locked time 0:18
         0:50 nothing
         0:55 seal 1 at road locked time 0:19
         1:10 nothing",
    );
    expect![[r#"
        0:40 RevisitAsked
        0:45 SKP message 15: E06
        1:00 SKP message 16: E06
    "#]]
    .assert_eq(&world.told);
    assert_eq!(world.state.trips[&segel_model::TripId(1)].skp.locations_due, None);
}

/// Before its closing and after its opening a seal stands for nothing: those fixes are told in no range.
#[test]
fn fixes_before_the_closing_and_after_the_opening_are_in_no_range() {
    let told = ranges(
        "0:17 seal 1 at road locked
         0:21 seal 1 at origin time 0:04:59
         0:40 nothing",
    );
    assert_eq!(
        told,
        [range("0:05", "0:10", None), range("0:15", "0:17", Some(6))]
    );
}

/// Law 13: "SKP's completion is a mark of its own": that SKP does not listen is no remark on a clean trip.
#[test]
fn a_stuck_message_is_no_remark_on_the_trip() {
    let removed = "0:28 seal 1 at destination locked
         0:28 teo unlocks
         0:29 seal 1 at destination open says unsealed-by-command
         0:31 teo finishes removal";
    let mut world = story::World::with_cast();
    world.given("given granted\n0:27 skp 4 stuck");
    world.given(removed);
    world.play("0:33 teo photos removal");
    assert!(
        world.told.contains("14 Removed > 15 Completed (complete)\n"),
        "{}",
        world.told
    );
}
