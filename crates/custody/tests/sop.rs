//! The sentences of the Joint SOP, each with its negative side.

mod story;

use expect_test::expect;
use story::check;

/// SOP: "users must hold an approval document (BC 1.2, PLP or izin timbun) before asking for an e-seal".
#[test]
fn no_seal_is_asked_for_without_a_document() {
    check(
        "0:00 umar opens trip bare\n0:01 umar submits",
        expect![[r#"
        0:00 trip 1 opened
        0:01 refused: document_missing
    "#]],
    );
}

/// SOP: "installation: 5 minutes". T1 runs from the scan to the seal's *locked*; exactly five minutes is met.
#[test]
fn a_seal_locked_after_exactly_five_minutes_is_in_time() {
    check(
        "given installing\n0:08 seal 1 at origin locked says sealed",
        expect![[r#"
            0:08 trip 1 closed at 0:08
            0:08 trip 1 Install took 300 s, met
            0:08 trip 1 6 Installing > 7 Installed (the seal says it is locked)
            0:08 trip 1 InstallPhotos starts at 0:08, limit 10 min
            0:08 order 1: Interval { awake_s: 60, asleep_s: 300 }
            0:08 interval set by order 1
            0:08 SKP message 4: E04
        "#]],
    );
}

/// SOP: "installation: 5 minutes", one second late.
#[test]
fn a_seal_locked_a_second_after_five_minutes_is_late_and_goes_on() {
    check(
        "given installing\n0:08:01 seal 1 at origin locked says sealed",
        expect![[r#"
            0:08 trip 1 Install OVERDUE
            0:08 ALARM 1 A21 S3: T1 installation exceeded its limit of 5 min
            0:08 SKP message 4: E07
            0:08:01 trip 1 closed at 0:08:01
            0:08:01 trip 1 Install took 301 s, MISSED
            0:08:01 trip 1 6 Installing > 7 Installed (the seal says it is locked)
            0:08:01 trip 1 InstallPhotos starts at 0:08:01, limit 10 min
            0:08:01 order 1: Interval { awake_s: 60, asleep_s: 300 }
            0:08:01 interval set by order 1
            0:08:01 SKP message 5: E04
        "#]],
    );
}

/// SOP: "installation: 5 minutes": without news the breach is provisional, and it is told once.
#[test]
fn a_seal_that_is_never_locked_is_overdue_once() {
    check(
        "given installing\n0:07:59 tick\n0:30 nothing",
        expect![[r#"
        0:08 trip 1 Install OVERDUE
        0:08 ALARM 1 A21 S3: T1 installation exceeded its limit of 5 min
        0:08 SKP message 4: E07
    "#]],
    );
}

/// A breach by missing news is provisional: later proof amends it, and both stay visible.
#[test]
fn late_proof_of_a_timely_lock_amends_the_breach() {
    check(
        "given installing\n0:12 seal 1 at origin locked says sealed time 0:06",
        expect![[r#"
            0:08 trip 1 Install OVERDUE
            0:08 ALARM 1 A21 S3: T1 installation exceeded its limit of 5 min
            0:08 SKP message 4: E07
            0:12 trip 1 closed at 0:06
            0:12 trip 1 Install amended: took 180 s, met
            0:12 alarm 1 no longer supported
            0:12 trip 1 6 Installing > 7 Installed (the seal says it is locked)
            0:12 trip 1 InstallPhotos starts at 0:06, limit 10 min
            0:12 order 1: Interval { awake_s: 60, asleep_s: 300 }
            0:12 interval set by order 1
            0:12 SKP message 5: E04
        "#]],
    );
}

/// Late proof that it was late changes nothing but the figure.
#[test]
fn late_proof_of_a_late_lock_keeps_the_breach() {
    check(
        "given installing\n0:12 seal 1 at origin locked says sealed time 0:09",
        expect![[r#"
            0:08 trip 1 Install OVERDUE
            0:08 ALARM 1 A21 S3: T1 installation exceeded its limit of 5 min
            0:08 SKP message 4: E07
            0:12 trip 1 closed at 0:09
            0:12 trip 1 Install took 360 s, MISSED
            0:12 trip 1 6 Installing > 7 Installed (the seal says it is locked)
            0:12 trip 1 InstallPhotos starts at 0:09, limit 10 min
            0:12 order 1: Interval { awake_s: 60, asleep_s: 300 }
            0:12 interval set by order 1
            0:12 SKP message 5: E04
        "#]],
    );
}

/// The seal's news of its lock counts once, however often it is told.
#[test]
fn locking_twice_stops_the_clock_once() {
    check(
        "given installing
         0:05 seal 1 at origin locked says sealed
         0:06 seal 1 at origin locked says sealed",
        expect![[r#"
            0:05 trip 1 closed at 0:05
            0:05 trip 1 Install took 120 s, met
            0:05 trip 1 6 Installing > 7 Installed (the seal says it is locked)
            0:05 trip 1 InstallPhotos starts at 0:05, limit 10 min
            0:05 order 1: Interval { awake_s: 60, asleep_s: 300 }
            0:05 interval set by order 1
            0:05 SKP message 4: E04
        "#]],
    );
}

/// The phone was off line: the scan of 0:03 arrives after the lock of 0:05, and T1 is judged by when things happened.
#[test]
fn an_installation_synced_late_is_judged_by_when_it_happened() {
    check(
        "given assigned
         0:05 seal 1 at origin locked says sealed
         0:11 teo begins install recorded 0:03",
        expect![[r#"
            0:11 trip 1 scanned
            0:11 trip 1 5 Assigned > 6 Installing (container and seal scanned)
            0:11 trip 1 Install starts at 0:03, limit 5 min
            0:11 trip 1 closed at 0:05
            0:11 trip 1 Install took 120 s, met
            0:11 trip 1 6 Installing > 7 Installed (the seal says it is locked)
            0:11 trip 1 InstallPhotos starts at 0:05, limit 10 min
            0:11 order 1: Interval { awake_s: 60, asleep_s: 300 }
            0:11 interval set by order 1
            0:11 SKP message 4: E04
        "#]],
    );
}

/// A phone's word bounds T1 and T3, so it is believed only after the step that it follows; otherwise receipt counts, and the
/// timeline says so. A second later it is believed.
#[test]
fn a_phone_cannot_date_a_scan_before_its_assignment() {
    check(
        "given assigned
         0:03 teo begins install recorded 0:02",
        expect![[r#"
            0:03 trip 1 scanned
            0:03 trip 1 5 Assigned > 6 Installing (container and seal scanned)
            0:03 trip 1 Install starts at 0:03, limit 5 min
            0:03 phone's time not believed: the phone names a time before the step that it follows
        "#]],
    );
    check(
        "given assigned
         0:03 teo begins install recorded 0:02:01",
        expect![[r#"
            0:03 trip 1 scanned
            0:03 trip 1 5 Assigned > 6 Installing (container and seal scanned)
            0:03 trip 1 Install starts at 0:02:01, limit 5 min
        "#]],
    );
    // A seal that was closed before it was fitted stays refused, however the scan is dated.
    check(
        "given assigned
         0:04 seal 1 at origin locked
         0:06 teo begins install recorded 0:01
         0:06 teo begins install",
        expect![[r#"
            0:06 refused: already_sealed
            0:06 refused: already_sealed
        "#]],
    );
}

/// T3 cannot be made nothing by dating *removed* at or before the opening; and a phone's clock ahead of ours is receipt.
#[test]
fn a_phone_cannot_date_a_removal_before_its_opening() {
    let removal = "given granted
         0:28 seal 1 at destination locked
         0:28 teo unlocks
         0:28 order 2 opening 1
         0:28 order 2 sent
         0:29 seal 1 at destination open says unsealed-by-command";
    let told = |finish: &str| {
        let mut world = story::World::with_cast();
        world.given(removal);
        world.play(finish);
        world.told
    };
    expect![[r#"
        0:30 SKP message 12: E06
        0:34 trip 1 Removal OVERDUE
        0:34 ALARM 1 A21 S3: T3 removal exceeded its limit of 5 min
        0:34 SKP message 13: E07
        0:35 trip 1 seal is off
        0:35 trip 1 Removal took 360 s, MISSED
        0:35 trip 1 13 Removing > 14 Removed (the technician has taken it off)
        0:35 trip 1 RemovalPhotos starts at 0:35, limit 10 min
        0:35 phone's time not believed: the phone names a time before the step that it follows
    "#]]
    .assert_eq(&told("0:35 teo finishes removal recorded 0:29"));
    expect![[r#"
        0:30 SKP message 12: E06
        0:34 trip 1 Removal OVERDUE
        0:34 ALARM 1 A21 S3: T3 removal exceeded its limit of 5 min
        0:34 SKP message 13: E07
        0:35 trip 1 seal is off
        0:35 trip 1 Removal took 360 s, MISSED
        0:35 trip 1 13 Removing > 14 Removed (the technician has taken it off)
        0:35 trip 1 RemovalPhotos starts at 0:35, limit 10 min
        0:35 phone's time not believed: the phone names a time before the step that it follows
    "#]]
    .assert_eq(&told("0:35 teo finishes removal recorded 0:20"));
    expect![[r#"
        0:30 SKP message 12: E06
        0:34 trip 1 Removal OVERDUE
        0:34 ALARM 1 A21 S3: T3 removal exceeded its limit of 5 min
        0:34 SKP message 13: E07
        0:35 trip 1 seal is off
        0:35 trip 1 Removal amended: took 1 s, met
        0:35 alarm 1 no longer supported
        0:35 trip 1 13 Removing > 14 Removed (the technician has taken it off)
        0:35 trip 1 RemovalPhotos starts at 0:29:01, limit 10 min
    "#]]
    .assert_eq(&told("0:35 teo finishes removal recorded 0:29:01"));
    expect![[r#"
        0:30 SKP message 12: E06
        0:31 trip 1 seal is off
        0:31 trip 1 Removal took 120 s, met
        0:31 trip 1 13 Removing > 14 Removed (the technician has taken it off)
        0:31 trip 1 RemovalPhotos starts at 0:31, limit 10 min
    "#]]
    .assert_eq(&told("0:31 teo finishes removal recorded 0:40"));
}

/// The rulebook's limit for work done off line, 12 hours: exactly that old is believed, a second older is not.
#[test]
fn a_phone_is_believed_up_to_twelve_hours() {
    let told = |begin: &str| {
        let mut world = story::World::with_cast();
        world.given("given assigned\n12:05 seal 1 at origin");
        world.play(begin);
        world.told
    };
    expect![[r#"
        12:05 trip 1 scanned
        12:05 trip 1 5 Assigned > 6 Installing (container and seal scanned)
        12:05 trip 1 Install starts at 0:05, limit 5 min
    "#]]
    .assert_eq(&told("12:05 teo begins install recorded 0:05"));
    expect![[r#"
        12:05 trip 1 scanned
        12:05 trip 1 5 Assigned > 6 Installing (container and seal scanned)
        12:05 trip 1 Install starts at 12:05, limit 5 min
        12:05 phone's time not believed: the phone names a time too long ago
    "#]]
    .assert_eq(&told("12:05 teo begins install recorded 0:04:59"));
}

/// State 6: "technician (identity + on-site GPS)": where it was scanned is compared with the seal's own place and the area of
/// origin; what does not fit is remarked on, and blocks nothing.
#[test]
fn a_scan_far_from_the_seal_or_without_a_place_is_remarked_on() {
    let told = |story: &str| {
        let mut world = story::World::with_cast();
        world.given("given assigned");
        world.play(story);
        world.told
    };
    expect![[r#"
        0:03 trip 1 scanned
        0:03 trip 1 5 Assigned > 6 Installing (container and seal scanned)
        0:03 trip 1 Install starts at 0:03, limit 5 min
    "#]]
    .assert_eq(&told("0:03 teo begins install"));
    expect![[r#"
        0:03 trip 1 scanned the phone gave no place
        0:03 trip 1 5 Assigned > 6 Installing (container and seal scanned)
        0:03 trip 1 Install starts at 0:03, limit 5 min
    "#]]
    .assert_eq(&told("0:03 teo begins install standing nowhere"));
    expect![[r#"
        0:03 trip 1 scanned the phone is outside the area of origin; the phone is 4420 m from the seal
        0:03 trip 1 5 Assigned > 6 Installing (container and seal scanned)
        0:03 trip 1 Install starts at 0:03, limit 5 min
    "#]]
    .assert_eq(&told("0:03 teo begins install standing road"));
    expect![[r#"
        0:03 trip 1 scanned the seal is outside the area of origin; the phone is 4420 m from the seal
        0:03 trip 1 5 Assigned > 6 Installing (container and seal scanned)
        0:03 trip 1 Install starts at 0:03, limit 5 min
    "#]]
    .assert_eq(&told("0:03 seal 1 at road\n0:03 teo begins install"));
}

/// State 6: "self-test fails (lock, GNSS fix, network, tamper loop)", each refused by its name.
#[test]
fn a_seal_that_fails_its_self_test_is_not_fitted() {
    let told = |story: &str| {
        let mut world = story::World::with_cast();
        world.given("given assigned");
        world.play(story);
        world.told
    };
    // Within the hour its last fix holds; beyond it the seal is heard and does not know where it is.
    expect![[r#"
        0:59 trip 1 scanned
        0:59 trip 1 5 Assigned > 6 Installing (container and seal scanned)
        0:59 trip 1 Install starts at 0:59, limit 5 min
    "#]]
    .assert_eq(&told("0:30 seal 1 nofix\n0:59 teo begins install"));
    expect![[r#"
        1:30 refused: fix_too_old
    "#]]
    .assert_eq(&told("1:30 seal 1 nofix\n1:30 teo begins install"));
    expect![[r#"
        1:30 refused: fix_too_old
    "#]]
    .assert_eq(&told("1:30 seal 1 cell\n1:30 teo begins install"));
    expect![[r#"
        1:30 trip 1 scanned
        1:30 trip 1 5 Assigned > 6 Installing (container and seal scanned)
        1:30 trip 1 Install starts at 1:30, limit 5 min
    "#]]
    .assert_eq(&told("1:30 seal 1 at origin\n1:30 teo begins install"));
    expect![[r#"
        0:03 ALARM 1 A23 S3: the motor of the seal is stuck
        0:03 refused: seal_faulty
    "#]]
    .assert_eq(&told(
        "0:03 seal 1 at origin says motor-stuck\n0:03 teo begins install",
    ));
    expect![[r#"
        0:03 ALARM 1 A23 S3: the motor of the seal is stuck
        0:04 trip 1 scanned
        0:04 trip 1 5 Assigned > 6 Installing (container and seal scanned)
        0:04 trip 1 Install starts at 0:04, limit 5 min
    "#]]
    .assert_eq(&told(
        "0:03 seal 1 at origin says motor-stuck\n0:04 seal 1 at origin\n0:04 teo begins install",
    ));
    expect![[r#"
        1:30 refused: seal_silent
    "#]]
    .assert_eq(&told("1:30 teo begins install"));
}

/// A clock missed because of us says so: our own absence is not the technician's lateness.
#[test]
fn a_limit_that_ran_out_while_we_were_absent_says_so() {
    check(
        "given installing\n0:04 nothing\n0:20 we start again, absent since 0:04",
        expect![[r#"
        0:20 we did not listen from 0:04 to 0:20
        0:20 trip 1 Install OVERDUE, we were absent
        0:20 ALARM 1 A21 S3: T1 installation exceeded its limit of 5 min (Segel itself did not listen for a while)
        0:20 SKP message 4: E07
    "#]],
    );
}

/// SOP: "uploading installation photos: 10 minutes" after the lock; exactly ten minutes is met.
#[test]
fn photos_after_exactly_ten_minutes_are_in_time() {
    check(
        "given installed\n0:15 teo photos install",
        expect![[r#"
        0:15 photo 1 DoorWithNumber
        0:15 photo 2 SealCloseUp
        0:15 photo 3 LockingRods
        0:15 photo 4 TruckWithPlate
        0:15 trip 1 InstallPhotos took 600 s, met
        0:15 trip 1 7 Installed > 8 ReadyToDepart (installation photos complete)
        0:15 SKP message 6: E05
    "#]],
    );
}

/// SOP: "uploading installation photos: 10 minutes". Invariant 8: late evidence is accepted and marked late.
#[test]
fn photos_a_second_later_are_late_and_accepted() {
    check(
        "given installed\n0:15:01 teo photos install",
        expect![[r#"
        0:15 trip 1 InstallPhotos OVERDUE
        0:15 ALARM 2 A21 S3: T2 installation photos exceeded its limit of 10 min
        0:15 SKP message 6: E07
        0:15:01 photo 1 DoorWithNumber LATE
        0:15:01 photo 2 SealCloseUp LATE
        0:15:01 photo 3 LockingRods LATE
        0:15:01 photo 4 TruckWithPlate LATE
        0:15:01 trip 1 InstallPhotos took 601 s, MISSED
        0:15:01 trip 1 7 Installed > 8 ReadyToDepart (installation photos complete)
        0:15:01 SKP message 7: E05
    "#]],
    );
}

/// SOP: "uploading installation photos: 10 minutes", told once and not with every tick.
#[test]
fn photos_that_never_come_are_overdue_once() {
    check(
        "given installed\n0:14:59 tick\n0:24 seal 1 at origin locked\n0:25 nothing",
        expect![[r#"
        0:15 trip 1 InstallPhotos OVERDUE
        0:15 ALARM 2 A21 S3: T2 installation photos exceeded its limit of 10 min
        0:15 SKP message 6: E07
    "#]],
    );
}

/// An incomplete set is no set.
#[test]
fn three_of_four_photos_do_not_make_it_ready() {
    check(
        "given installed\n0:06 teo photo door\n0:06 teo photo close-up\n0:06 teo photo rods",
        expect![[r#"
        0:06 photo 1 DoorWithNumber
        0:06 photo 2 SealCloseUp
        0:06 photo 3 LockingRods
    "#]],
    );
}

/// A photo that was sent twice because its answer got lost is one photo.
#[test]
fn the_same_photo_twice_is_one_photo() {
    check(
        "given installed\n0:06 teo photo door\n0:07 teo photo door",
        expect![[r#"
        0:06 photo 1 DoorWithNumber
    "#]],
    );
}

/// "rejected photo: retake": a rejected photo leaves its place in the set open.
#[test]
fn a_rejected_photo_is_missing_until_it_is_taken_again() {
    check(
        "given ready
         0:07 oka rejects photo 1
         0:07 oka rejects photo 1
         0:08 oka authorises departure
         0:09 teo photo door
         0:10 oka authorises departure",
        expect![[r#"
            0:07 photo 1 rejected
            0:07 refused: photo_already_rejected
            0:08 refused: photos_missing
            0:09 photo 5 DoorWithNumber
            0:10 departure authorised
        "#]],
    );
}

/// SOP: "removal: 5 minutes". T3 runs from the opening to *removed*; exactly five minutes is met.
#[test]
fn a_removal_of_exactly_five_minutes_is_in_time() {
    check(
        "given granted
         0:28 seal 1 at destination locked
         0:28 teo unlocks
         0:29 seal 1 at destination open says unsealed-by-command
         0:34 teo finishes removal",
        expect![[r#"
            0:28 order 2: UnlockStatic
            0:29 opened at 0:29 by command under grant 1
            0:29 grant 1 ended: Used
            0:29 order 3: RotatePassword
            0:29 trip 1 12 RemovalGranted > 13 Removing (by command)
            0:29 trip 1 Removal starts at 0:29, limit 5 min
            0:29 SKP message 11: E13
            0:30 SKP message 12: E06
            0:34 trip 1 seal is off
            0:34 trip 1 Removal took 300 s, met
            0:34 trip 1 13 Removing > 14 Removed (the technician has taken it off)
            0:34 trip 1 RemovalPhotos starts at 0:34, limit 10 min
        "#]],
    );
}

/// SOP: "removal: 5 minutes", one second late.
#[test]
fn a_removal_a_second_longer_is_late() {
    check(
        "given granted
         0:28 seal 1 at destination locked
         0:28 teo unlocks
         0:29 seal 1 at destination open says unsealed-by-command
         0:34:01 teo finishes removal",
        expect![[r#"
            0:28 order 2: UnlockStatic
            0:29 opened at 0:29 by command under grant 1
            0:29 grant 1 ended: Used
            0:29 order 3: RotatePassword
            0:29 trip 1 12 RemovalGranted > 13 Removing (by command)
            0:29 trip 1 Removal starts at 0:29, limit 5 min
            0:29 SKP message 11: E13
            0:30 SKP message 12: E06
            0:34 trip 1 Removal OVERDUE
            0:34 ALARM 1 A21 S3: T3 removal exceeded its limit of 5 min
            0:34 SKP message 13: E07
            0:34:01 trip 1 seal is off
            0:34:01 trip 1 Removal took 301 s, MISSED
            0:34:01 trip 1 13 Removing > 14 Removed (the technician has taken it off)
            0:34:01 trip 1 RemovalPhotos starts at 0:34:01, limit 10 min
        "#]],
    );
}

/// SOP: "uploading removal photos: 10 minutes", late by a second: the trip ends all the same, with remarks.
#[test]
fn removal_photos_a_second_late_end_the_trip_with_remarks() {
    check(
        "given granted
         0:28 seal 1 at destination locked
         0:28 teo unlocks
         0:29 seal 1 at destination open says unsealed-by-command
         0:31 teo finishes removal
         0:41:01 teo photos removal",
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
            0:41 trip 1 RemovalPhotos OVERDUE
            0:41 ALARM 1 A21 S3: T4 removal photos exceeded its limit of 10 min
            0:41 SKP message 13: E07
            0:41:01 photo 5 SealBeforeOpening LATE
            0:41:01 photo 6 DoorAfterRemoval LATE
            0:41:01 photo 7 DeviceCondition LATE
            0:41:01 trip 1 RemovalPhotos took 601 s, MISSED
            0:41:01 trip 1 14 Removed > 15 Completed (complete, with remarks)
            0:41:01 trip 1 kept
            0:41:01 SKP message 14: E14
            0:41:01 SKP message 15: E15
        "#]],
    );
}

/// SOP (KEP-97, dictum 10): "the e-seal must be fitted before goods are carried out of the place of origin".
#[test]
fn leaving_before_the_seal_is_closed_alarms() {
    check(
        "given installing
         0:04 seal 1 at road
         0:05 seal 1 at road
         0:06 seal 1 at road",
        expect![[r#"
            0:05 ALARM 1 A06 S1: left the origin before its seal was closed
            0:05 SKP message 4: E07
        "#]],
    );
}

/// Leaving with the seal closed and no photos alarms; the trip cannot skip state 8.
#[test]
fn leaving_before_the_photos_alarms_and_skips_no_state() {
    check(
        "given installed
         0:07 seal 1 at road locked
         0:08 seal 1 at road locked
         0:08 teo photos install
         0:08:30 oka authorises departure
         0:09 seal 1 at road locked",
        expect![[r#"
            0:08 ALARM 1 A06 S1: left the origin before its photos were complete
            0:08 SKP message 5: E07
            0:08 photo 1 DoorWithNumber
            0:08 photo 2 SealCloseUp
            0:08 photo 3 LockingRods
            0:08 photo 4 TruckWithPlate
            0:08 trip 1 InstallPhotos took 180 s, met
            0:08 trip 1 7 Installed > 8 ReadyToDepart (installation photos complete)
            0:08 SKP message 6: E05
            0:08:30 departure authorised
            0:09 trip 1 8 ReadyToDepart > 9 InTransit (left the origin)
        "#]],
    );
}

/// Leaving without the officer's word alarms, and the gone truck is watched all the same.
#[test]
fn leaving_without_authorisation_alarms_and_is_watched() {
    check(
        "given ready\n0:07 seal 1 at road locked\n0:08 seal 1 at road locked",
        expect![[r#"
        0:08 ALARM 1 A06 S1: left the origin before departure was authorised
        0:08 trip 1 8 ReadyToDepart > 9 InTransit (left the origin without authorisation)
        0:08 SKP message 6: E07
    "#]],
    );
}

/// One fix outside is noise.
#[test]
fn a_single_fix_outside_the_origin_is_no_departure() {
    check(
        "given ready
         0:08 seal 1 at road locked
         0:11 seal 1 at origin locked
         0:14 seal 1 at road locked",
        expect![[""]],
    );
}

/// A fix from cell towers never judges an area.
#[test]
fn cell_fixes_are_no_departure() {
    check(
        "given ready
         0:07 seal 1 at road cell locked
         0:08 seal 1 at road cell locked
         0:09 seal 1 at road cell locked",
        expect![[""]],
    );
}

/// Arrival: inside the destination for five minutes; a second less is passing by.
#[test]
fn arrival_takes_the_whole_dwell() {
    check(
        "given travelling
         0:20 seal 1 at destination locked
         0:24:59 seal 1 at destination locked
         0:25 seal 1 at destination locked",
        expect![[r#"
            0:20 SKP message 7: E06
            0:25 SKP message 8: E06
            0:25 trip 1 9 InTransit > 10 Arrived (inside the destination for the dwell)
            0:25 SKP message 9: E11
        "#]],
    );
}

/// Leaving the destination in between starts the dwell anew.
#[test]
fn a_stay_that_was_interrupted_begins_anew() {
    check(
        "given travelling
         0:20 seal 1 at destination locked
         0:22 seal 1 at road locked
         0:24 seal 1 at destination locked
         0:26 seal 1 at destination locked
         0:28:59 seal 1 at destination locked
         0:29 seal 1 at destination locked",
        expect![[r#"
            0:20 SKP message 7: E06
            0:25 SKP message 8: E06
            0:29 trip 1 9 InTransit > 10 Arrived (inside the destination for the dwell)
            0:29 SKP message 9: E11
        "#]],
    );
}

/// Location Sharing Interval: set at sealing, unmet where nobody confirms it, told once.
#[test]
fn an_interval_that_is_not_confirmed_is_told_once() {
    check(
        "given installing
         0:05 seal 1 at origin locked says sealed
         0:06 teo photos install
         0:14:59 seal 1 at origin locked
         0:20 seal 1 at origin locked",
        expect![[r#"
            0:05 trip 1 closed at 0:05
            0:05 trip 1 Install took 120 s, met
            0:05 trip 1 6 Installing > 7 Installed (the seal says it is locked)
            0:05 trip 1 InstallPhotos starts at 0:05, limit 10 min
            0:05 order 1: Interval { awake_s: 60, asleep_s: 300 }
            0:05 interval set by order 1
            0:05 SKP message 4: E04
            0:06 photo 1 DoorWithNumber
            0:06 photo 2 SealCloseUp
            0:06 photo 3 LockingRods
            0:06 photo 4 TruckWithPlate
            0:06 trip 1 InstallPhotos took 60 s, met
            0:06 trip 1 7 Installed > 8 ReadyToDepart (installation photos complete)
            0:06 SKP message 5: E05
            0:15 IntervalUnmet
            0:15 ALARM 1 A23 S3: the location sharing interval was not confirmed in time
            0:15 SKP message 6: E07
        "#]],
    );
}

/// Location Sharing Interval: a seal that refuses it raises A23 at once.
#[test]
fn an_interval_that_is_refused_is_told_at_once() {
    check(
        "given installing
         0:05 seal 1 at origin locked says sealed
         0:05:10 order 1 sent
         0:05:20 order 1 refused
         0:05:30 order 1 refused",
        expect![[r#"
            0:05 trip 1 closed at 0:05
            0:05 trip 1 Install took 120 s, met
            0:05 trip 1 6 Installing > 7 Installed (the seal says it is locked)
            0:05 trip 1 InstallPhotos starts at 0:05, limit 10 min
            0:05 order 1: Interval { awake_s: 60, asleep_s: 300 }
            0:05 interval set by order 1
            0:05 SKP message 4: E04
            0:05:10 order 1 sent
            0:05:20 order 1 ended: Refused { answer: "no" }
            0:05:20 IntervalUnmet
            0:05:20 ALARM 1 A23 S3: the location sharing interval was refused by the seal
            0:05:20 SKP message 5: E07
        "#]],
    );
}

/// Location Sharing Interval: a seal whose connection broke comes back in seconds; it is asked again until the limit is out.
#[test]
fn an_interval_without_an_answer_is_ordered_again_until_the_limit_is_out() {
    check(
        "given installing
         0:05 seal 1 at origin locked says sealed
         0:05:10 order 1 sent
         0:05:20 order 1 unanswered
         0:14:59 order 2 unanswered
         0:14:59 order 2 unanswered
         0:15:10 order 3 unanswered
         0:15:20 order 3 done",
        expect![[r#"
            0:05 trip 1 closed at 0:05
            0:05 trip 1 Install took 120 s, met
            0:05 trip 1 6 Installing > 7 Installed (the seal says it is locked)
            0:05 trip 1 InstallPhotos starts at 0:05, limit 10 min
            0:05 order 1: Interval { awake_s: 60, asleep_s: 300 }
            0:05 interval set by order 1
            0:05 SKP message 4: E04
            0:05:10 order 1 sent
            0:05:20 order 1 ended: NoAnswer
            0:05:20 order 2: Interval { awake_s: 60, asleep_s: 300 }
            0:05:20 interval set by order 2
            0:14:59 order 2 ended: NoAnswer
            0:14:59 order 3: Interval { awake_s: 60, asleep_s: 300 }
            0:14:59 interval set by order 3
            0:15 IntervalUnmet
            0:15 ALARM 1 A23 S3: the location sharing interval was not confirmed in time
            0:15 SKP message 5: E07
            0:15 trip 1 InstallPhotos OVERDUE
            0:15 ALARM 3 A21 S3: T2 installation photos exceeded its limit of 10 min
            0:15 SKP message 7: E07
            0:15:10 order 3 ended: NoAnswer
        "#]],
    );
    check(
        "given installing
         0:05 seal 1 at origin locked says sealed
         0:05:20 order 1 unanswered
         0:05:30 order 2 done
         0:16 seal 1 at origin locked",
        expect![[r#"
            0:05 trip 1 closed at 0:05
            0:05 trip 1 Install took 120 s, met
            0:05 trip 1 6 Installing > 7 Installed (the seal says it is locked)
            0:05 trip 1 InstallPhotos starts at 0:05, limit 10 min
            0:05 order 1: Interval { awake_s: 60, asleep_s: 300 }
            0:05 interval set by order 1
            0:05 SKP message 4: E04
            0:05:20 order 1 ended: NoAnswer
            0:05:20 order 2: Interval { awake_s: 60, asleep_s: 300 }
            0:05:20 interval set by order 2
            0:05:30 order 2 ended: Done
            0:15 trip 1 InstallPhotos OVERDUE
            0:15 ALARM 2 A21 S3: T2 installation photos exceeded its limit of 10 min
            0:15 SKP message 6: E07
        "#]],
    );
}

/// The same seal breaking its connection without end is not asked without end; somebody is told when the limit is out.
#[test]
fn an_order_is_given_again_a_bounded_number_of_times() {
    let mut world = story::World::with_cast();
    world.given("given installing\n0:05 seal 1 at origin locked says sealed");
    for order in 1..100 {
        world.given(&format!("0:05:10 order {order} unanswered"));
    }
    assert_eq!(world.state.orders.len(), 30);
    world.play("0:15 nothing");
    assert!(world.told.contains("was not confirmed in time"), "{}", world.told);
}

/// Cargo-tracker mode: that it never sleeps is confirmed as the interval is; refused, or without an answer, it is told.
#[test]
fn a_tracker_that_does_not_stay_awake_is_told() {
    let fitted = "0:00 umar opens trip tracker
         0:00 umar submits
         0:01 umar plans
         0:02 opi assigns seal 1 to teo
         0:03 teo begins install
         0:05 teo records installed
         0:05 order 1 done";
    let told = |rest: &str| {
        let mut world = story::World::with_cast();
        world.given(fitted);
        world.play(rest);
        world.told
    };
    expect![[r#"
        0:06 order 2 ended: Refused { answer: "no" }
        0:06 IntervalUnmet
        0:06 ALARM 1 A23 S3: staying always awake was refused by the seal
        0:06 SKP message 5: E07
    "#]]
    .assert_eq(&told("0:06 order 2 refused\n0:15 nothing"));
    expect![[r#"
        0:06 order 2 ended: NoAnswer
        0:06 order 3: AlwaysAwake { on: true }
        0:06 interval set by order 1
        0:15 IntervalUnmet
        0:15 ALARM 1 A23 S3: staying always awake was not confirmed in time
        0:15 SKP message 5: E07
    "#]]
    .assert_eq(&told("0:06 order 2 unanswered\n0:14:59 nothing\n0:15 nothing"));
    expect![[r#"
        0:06 order 2 ended: NoAnswer
        0:06 order 3: AlwaysAwake { on: true }
        0:06 interval set by order 1
        0:07 order 3 ended: Done
    "#]]
    .assert_eq(&told("0:06 order 2 unanswered\n0:07 order 3 done\n0:15 nothing"));
}

/// Cargo-tracker mode: never asleep, no claim of being sealed, fitted and opened by hand.
#[test]
fn a_tracker_is_fitted_and_opened_by_hand() {
    check(
        "0:00 umar opens trip tracker
         0:00 umar submits
         0:01 umar plans
         0:02 opi assigns seal 1 to teo
         0:03 teo begins install
         0:04 seal 1 at origin locked says sealed
         0:05 teo records installed
         0:05 order 1 done
         0:05 order 2 done
         0:06 teo photos install
         0:08 oka authorises departure
         0:09 seal 1 at road open
         0:10 seal 1 at road open
         0:15 seal 1 at road open
         0:20 seal 1 at destination open
         0:22 seal 1 at destination open
         0:25 seal 1 at destination open
         0:26 oka checks
         0:27 oka grants hand to teo
         0:28 tia opened by hand
         0:28 teo opened by hand
         0:30 teo finishes removal
         0:31 teo photos removal",
        expect![[r#"
            0:00 trip 1 opened
            0:00 trip 1 has document 1
            0:00 trip 1 1 Draft > 2 AwaitingDocument (document given)
            0:00 trip 1 backed by line 0 of document 1
            0:00 trip 1 2 AwaitingDocument > 3 Submitted (the gate let it through)
            0:00 SKP message 1: E02
            0:01 trip 1 by route 1
            0:01 trip 1 3 Submitted > 4 RouteProposed (route chosen)
            0:01 trip 1 4 RouteProposed > 4 RouteApproved (the route was approved before)
            0:01 SKP message 2: E03
            0:02 trip 1 has seal 1, fitter 6
            0:02 trip 1 4 RouteApproved > 5 Assigned (seal assigned)
            0:02 SKP message 3: E02
            0:03 trip 1 scanned
            0:03 trip 1 5 Assigned > 6 Installing (container and seal scanned)
            0:03 trip 1 Install starts at 0:03, limit 5 min
            0:05 trip 1 closed at 0:05 by hand: reason
            0:05 trip 1 Install took 120 s, met
            0:05 trip 1 6 Installing > 7 Installed (closed, recorded by hand)
            0:05 trip 1 InstallPhotos starts at 0:05, limit 10 min
            0:05 order 1: Interval { awake_s: 60, asleep_s: 300 }
            0:05 order 2: AlwaysAwake { on: true }
            0:05 interval set by order 1
            0:05 SKP message 4: E04
            0:05 order 1 ended: Done
            0:05 order 2 ended: Done
            0:06 photo 1 DoorWithNumber
            0:06 photo 2 SealCloseUp
            0:06 photo 3 LockingRods
            0:06 photo 4 TruckWithPlate
            0:06 trip 1 InstallPhotos took 60 s, met
            0:06 trip 1 7 Installed > 8 ReadyToDepart (installation photos complete)
            0:06 SKP message 5: E05
            0:08 departure authorised
            0:10 trip 1 8 ReadyToDepart > 9 InTransit (left the origin)
            0:15 SKP message 6: E06
            0:20 SKP message 7: E06
            0:25 SKP message 8: E06
            0:25 trip 1 9 InTransit > 10 Arrived (inside the destination for the dwell)
            0:25 SKP message 9: E11
            0:26 checked: number true, look true
            0:26 trip 1 10 Arrived > 11 SealCheck (seal compared with its papers)
            0:27 grant 1 until 0:57
            0:27 trip 1 11 SealCheck > 12 RemovalGranted (customs lets it be opened)
            0:27 SKP message 10: E12
            0:28 refused: no_such_grant
            0:28 opened at 0:28 by hand under grant 1
            0:28 grant 1 ended: Used
            0:28 trip 1 12 RemovalGranted > 13 Removing (by hand)
            0:28 trip 1 Removal starts at 0:28, limit 5 min
            0:28 SKP message 11: E13
            0:30 SKP message 12: E06
            0:30 trip 1 seal is off
            0:30 trip 1 Removal took 120 s, met
            0:30 trip 1 13 Removing > 14 Removed (the technician has taken it off)
            0:30 trip 1 RemovalPhotos starts at 0:30, limit 10 min
            0:30 order 3: AlwaysAwake { on: false }
            0:31 photo 5 SealBeforeOpening
            0:31 photo 6 DoorAfterRemoval
            0:31 photo 7 DeviceCondition
            0:31 trip 1 RemovalPhotos took 60 s, met
            0:31 trip 1 14 Removed > 15 Completed (complete)
            0:31 trip 1 kept
            0:31 SKP message 13: E14
            0:31 SKP message 14: E15
        "#]],
    );
}

/// "lock event missing: cannot go on; manual record with officer".
#[test]
fn a_missing_lock_event_is_recorded_by_an_officer_and_by_nobody_else() {
    check(
        "given installing
         0:05 teo records installed
         0:05 opi records installed
         0:06 oka records installed
         0:06 oka records installed",
        expect![[r#"
            0:05 refused: role_may_not
            0:05 refused: role_may_not
            0:06 trip 1 closed at 0:06 by hand: reason
            0:06 trip 1 Install took 180 s, met
            0:06 trip 1 6 Installing > 7 Installed (closed, recorded by hand)
            0:06 trip 1 InstallPhotos starts at 0:06, limit 10 min
            0:06 order 1: Interval { awake_s: 60, asleep_s: 300 }
            0:06 interval set by order 1
            0:06 SKP message 4: E04
            0:06 refused: wrong_state
        "#]],
    );
}

/// "wrong container", "wrong seal", another's job: installation does not begin.
#[test]
fn installation_begins_only_with_the_right_pair_and_person() {
    check(
        "given assigned
         0:03 teo begins install container TEMU6079348
         0:03 teo begins install label JT701-2
         0:03 tia begins install
         0:03 umar begins install
         0:04 seal 1 at origin locked
         0:05 teo begins install
         0:06 seal 1 at origin
         0:07 teo begins install",
        expect![[r#"
            0:03 refused: wrong_container
            0:03 refused: wrong_seal
            0:03 refused: no_such_trip
            0:03 refused: role_may_not
            0:05 refused: already_sealed
            0:07 trip 1 scanned
            0:07 trip 1 5 Assigned > 6 Installing (container and seal scanned)
            0:07 trip 1 Install starts at 0:07, limit 5 min
        "#]],
    );
}

/// "cancel before 7 only, else removal flow".
#[test]
fn a_trip_is_cancelled_before_the_lock_and_not_after() {
    check(
        "given installing\n0:04 umar cancels\n0:05 umar cancels",
        expect![[r#"
        0:04 trip 1 gives seal 1 back
        0:04 trip 1 6 Installing > Cancelled (reason)
        0:04 trip 1 kept
        0:05 refused: wrong_state
    "#]],
    );
    check(
        "given installed\n0:06 umar cancels",
        expect![[r#"
        0:06 refused: sealed_cannot_cancel
    "#]],
    );
}

/// "device dead: swap": the seal is given back, and another is assigned.
#[test]
fn a_dead_seal_is_swapped_before_the_lock() {
    check(
        "given installing
         0:04 opi releases
         0:05 opi assigns seal 2 to tia
         0:06 tia begins install label JT701-2
         0:07 seal 2 at origin locked says sealed
         0:08 seal 1 at origin locked says sealed",
        expect![[r#"
            0:04 trip 1 gives seal 1 back
            0:04 trip 1 6 Installing > 4 RouteApproved (reason)
            0:05 trip 1 has seal 2, fitter 10
            0:05 trip 1 4 RouteApproved > 5 Assigned (seal assigned)
            0:05 SKP message 4: E02
            0:06 trip 1 scanned
            0:06 trip 1 5 Assigned > 6 Installing (container and seal scanned)
            0:06 trip 1 Install starts at 0:06, limit 5 min
            0:07 trip 1 closed at 0:07
            0:07 trip 1 Install took 60 s, met
            0:07 trip 1 6 Installing > 7 Installed (the seal says it is locked)
            0:07 trip 1 InstallPhotos starts at 0:07, limit 10 min
            0:07 order 1: Interval { awake_s: 60, asleep_s: 300 }
            0:07 interval set by order 1
            0:07 SKP message 5: E04
        "#]],
    );
}
