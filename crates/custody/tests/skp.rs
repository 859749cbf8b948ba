//! What SKP is told, and what happens when it does not listen: invariants 10 and 11.

mod story;

use expect_test::expect;
use story::check;

/// Invariant 10: a refused message is visible, is repaired by a person, and the alarm recovers once SKP has taken it.
#[test]
fn a_refused_message_is_told_and_repaired() {
    check(
        "given travelling
         0:16 skp 5 refused
         0:16 skp 5 refused
         0:17 umar repairs 5
         0:17 opi repairs 4
         0:17 opi repairs 5
         0:17 opi repairs 5
         0:18 skp 5 taken
         0:18 skp 5 taken
         0:19 opi repairs 5",
        expect![[r#"
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
            0:19 alarm 1 recovered
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
