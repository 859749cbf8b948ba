//! A whole trip, from the request to the closing report, as the SOP tells it.

mod story;

use expect_test::expect;
use story::check;

#[test]
fn a_clean_trip_goes_through_every_state_from_1_to_15() {
    check(
        "0:00 umar opens trip
         0:00 umar submits
         0:01 umar plans
         0:02 opi assigns seal 1 to teo
         0:03 teo begins install
         0:05 seal 1 at origin locked says sealed
         0:05 order 1 sent
         0:05 order 1 done
         0:06 teo photos install
         0:08 oka authorises departure
         0:09 seal 1 at road locked
         0:10 seal 1 at road locked
         0:15 seal 1 at road locked
         0:20 seal 1 at destination locked
         0:23 seal 1 at destination locked
         0:25 seal 1 at destination locked
         0:26 oka checks
         0:27 oka grants command to teo
         0:28 teo unlocks
         0:28 seal 1 at destination locked
         0:28 order 2 opening 1
         0:28 order 2 sent
         0:29 seal 1 at destination open says unsealed-by-command
         0:29 order 2 done
         0:31 teo finishes removal
         0:33 teo photos removal",
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
            0:05 trip 1 closed at 0:05
            0:05 trip 1 Install took 120 s, met
            0:05 trip 1 6 Installing > 7 Installed (the seal says it is locked)
            0:05 trip 1 InstallPhotos starts at 0:05, limit 10 min
            0:05 order 1: Interval { awake_s: 60, asleep_s: 300 }
            0:05 interval set by order 1
            0:05 SKP message 4: E04
            0:05 order 1 sent
            0:05 order 1 ended: Done
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
            0:28 order 2: UnlockStatic
            0:28 order 2 may go out
            0:28 order 2 sent
            0:29 opened at 0:29 by command under grant 1
            0:29 grant 1 ended: Used
            0:29 order 3: RotatePassword
            0:29 trip 1 12 RemovalGranted > 13 Removing (by command)
            0:29 trip 1 Removal starts at 0:29, limit 5 min
            0:29 SKP message 11: E13
            0:29 order 2 ended: Done
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
        "#]],
    );
}
