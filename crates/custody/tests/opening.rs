//! Permission to open, and what happens when a seal opens: invariants 5 and 6, and law 5.

mod story;

use expect_test::expect;
use story::check;

/// Invariant 5: unlock only with a live authorisation; one is given only after the check, by customs, to a technician.
#[test]
fn removal_is_granted_by_customs_after_the_check_to_a_technician() {
    check(
        "given arrived
         0:26 oka grants command to teo
         0:26 oka checks
         0:27 opi grants command to teo
         0:27 ayu grants command to teo
         0:27 umar grants command to teo
         0:27 oka grants command to umar
         0:27 oka grants command to ritek
         0:27 oka grants hand to teo
         0:27 oka grants command to teo for 14401
         0:27 oka grants command to teo for 0
         0:27 oka grants command to teo for 14400
         0:28 oka grants command to teo",
        expect![[r#"
            0:26 refused: wrong_state
            0:26 checked: number true, look true
            0:26 trip 1 10 Arrived > 11 SealCheck (seal compared with its papers)
            0:27 refused: role_may_not
            0:27 refused: role_may_not
            0:27 refused: role_may_not
            0:27 refused: executor_not_allowed
            0:27 refused: executor_not_allowed
            0:27 refused: by_hand_only_without_lock
            0:27 refused: window_too_long
            0:27 refused: window_too_long
            0:27 grant 1 until 4:27
            0:27 trip 1 11 SealCheck > 12 RemovalGranted (customs lets it be opened)
            0:27 SKP message 10: E12
            0:28 refused: wrong_state
        "#]],
    );
}

/// Invariant 5, "in that window": a second before its end the grant holds, at its end it is over.
#[test]
fn a_grant_ends_with_its_window() {
    check(
        "given granted
         0:40 seal 1 at destination locked
         0:50 seal 1 at destination locked
         0:56:59 teo unlocks
         0:58 order 2 opening 1
         0:58 teo unlocks",
        expect![[r#"
            0:30 SKP message 11: E06
            0:45 SKP message 13: E06
            0:55 SKP message 14: E06
            0:56:59 order 2: UnlockStatic
            0:57 grant 1 ended: Expired
            0:57 order 2 ended: Withheld { why: "the grant is over" }
            0:57 trip 1 12 RemovalGranted > 11 SealCheck (the grant's window closed unused)
            0:58 refused: grant_over
            0:58 refused: grant_over
        "#]],
    );
}

/// Invariant 5, "for that device, in that polygon": checked again at the moment of sending, against the report that woke it.
#[test]
fn an_opening_is_checked_again_when_it_is_sent() {
    check(
        "given granted
         0:28 teo unlocks
         0:30 seal 1 at road locked
         0:30 order 2 opening 1
         0:31 teo unlocks
         0:33 seal 1 at destination locked
         0:34 teo unlocks
         0:34 teo unlocks
         0:34 order 3 opening 1
         0:34 order 3 sent",
        expect![[r#"
            0:28 order 2: UnlockStatic
            0:30 SKP message 11: E06
            0:30 order 2 ended: Withheld { why: "the seal is outside the place of removal; take it to the place granted" }
            0:30 refused: outside_place
            0:31 refused: outside_place
            0:34 order 3: UnlockStatic
            0:34 refused: opening_waits
            0:34 order 3 may go out
            0:34 order 3 sent
        "#]],
    );
}

/// Law 5: "without a fix, an officer on the spot vouches, with a reason"; a vouch never beats a fix that says otherwise.
#[test]
fn without_a_fix_an_officer_vouches() {
    check(
        "given granted
         0:30 seal 1 nofix locked
         0:37 seal 1 nofix locked
         0:38 teo unlocks
         0:38 order 2 opening 1
         0:39 teo vouches grant 1
         0:39 oka vouches grant 1
         0:39 oka vouches grant 1
         0:40 teo unlocks
         0:40 order 3 opening 1
         0:41 seal 1 at road locked
         0:41 order 3 opening 1",
        expect![[r#"
            0:30 SKP message 11: E06
            0:38 order 2: UnlockStatic
            0:38 order 2 ended: Withheld { why: "the seal's position is unknown; an officer on the spot must vouch for it" }
            0:38 refused: no_fix
            0:39 refused: role_may_not
            0:39 grant 1 place vouched
            0:39 refused: already_vouched
            0:40 order 3: UnlockStatic
            0:40 order 3 may go out
            0:41 order 3 ended: Withheld { why: "the seal is outside the place of removal; take it to the place granted" }
            0:41 refused: outside_place
        "#]],
    );
}

/// Law 10: "a fix from cell towers never judges a place of unlocking".
#[test]
fn a_cell_fix_opens_nothing() {
    check(
        "given granted
         0:30 seal 1 at destination cell locked
         0:37 seal 1 at destination cell locked
         0:38 teo unlocks
         0:38 order 2 opening 1",
        expect![[r#"
            0:30 SKP message 11: E06
            0:35 SKP message 12: E06
            0:38 order 2: UnlockStatic
            0:38 order 2 ended: Withheld { why: "the seal's position is unknown; an officer on the spot must vouch for it" }
            0:38 refused: no_fix
        "#]],
    );
}

/// Law 5: "in doubt no secret is sent until an officer clears it".
#[test]
fn a_seal_in_doubt_gets_no_secret_until_an_officer_clears_it() {
    check(
        "given granted
         0:28 seal 1 at destination locked
         0:28 teo unlocks
         0:29 doubt 1
         0:29 doubt 1
         0:29 order 2 opening 1
         0:30 teo unlocks
         0:30 ayu clears doubt 1
         0:31 oka clears doubt 1
         0:31 oka clears doubt 1
         0:32 teo unlocks
         0:32 order 3 opening 1",
        expect![[r#"
            0:28 order 2: UnlockStatic
            0:29 SealDoubted
            0:29 ALARM 1 A23 S3: it is in doubt who speaks as this seal: two speak
            0:29 SKP message 11: E07
            0:29 order 2 ended: Withheld { why: "it is in doubt who speaks as this seal; an officer must clear that first" }
            0:29 refused: seal_in_doubt
            0:30 SKP message 12: E06
            0:30 refused: seal_in_doubt
            0:30 refused: role_may_not
            0:31 SealDoubtCleared
            0:31 refused: no_doubt
            0:32 order 3: UnlockStatic
            0:32 order 3 may go out
        "#]],
    );
}

/// Law 5: "doubt means that ... IMEI ... disagree". The modem is kept with the seal, so a restart forgets nothing; an officer
/// who clears the doubt accepts the modem that speaks next.
#[test]
fn another_modem_is_a_doubt_until_an_officer_clears_it() {
    check(
        "given granted
         0:28 seal 1 at destination locked modem 860000000000001
         0:29 seal 1 at destination locked modem 860000000000001
         0:30 seal 1 at destination locked
         0:31 seal 1 at destination locked modem 860000000000002
         0:31 teo unlocks
         0:32 seal 1 at destination locked modem 860000000000001
         0:33 oka clears doubt 1
         0:34 seal 1 at destination locked modem 860000000000002
         0:35 seal 1 at destination locked modem 860000000000002",
        expect![[r#"
            0:28 SealModemKnown
            0:30 SKP message 11: E06
            0:31 SealDoubted
            0:31 ALARM 1 A23 S3: it is in doubt who speaks as this seal: its modem has another IMEI than before
            0:31 SKP message 12: E07
            0:31 refused: seal_in_doubt
            0:33 SealDoubtCleared
            0:34 SealModemKnown
            0:35 SKP message 13: E06
        "#]],
    );
}

/// The executor alone carries it out.
#[test]
fn nobody_but_the_executor_opens() {
    check(
        "given granted\n0:28 tia unlocks\n0:28 opi unlocks\n0:28 oka unlocks\n0:28 teo unlocks",
        expect![[r#"
        0:28 refused: no_such_grant
        0:28 refused: role_may_not
        0:28 refused: role_may_not
        0:28 order 2: UnlockStatic
    "#]],
    );
}

/// A revoked grant takes what waits under it away.
#[test]
fn a_revoked_grant_withholds_what_waits() {
    check(
        "given granted
         0:28 teo unlocks
         0:29 opi revokes grant 1
         0:29 oka revokes grant 1
         0:29 oka revokes grant 1
         0:30 order 2 opening 1
         0:31 oka grants command to teo
         0:32 teo unlocks grant 2",
        expect![[r#"
            0:28 order 2: UnlockStatic
            0:29 refused: role_may_not
            0:29 grant 1 ended: Revoked
            0:29 order 2 ended: Withheld { why: "the grant is over" }
            0:29 trip 1 12 RemovalGranted > 11 SealCheck (reason)
            0:29 refused: grant_over
            0:30 SKP message 11: E06
            0:30 refused: grant_over
            0:31 grant 2 until 1:01
            0:31 trip 1 11 SealCheck > 12 RemovalGranted (customs lets it be opened)
            0:31 SKP message 12: E12
            0:32 order 3: UnlockStatic
        "#]],
    );
}

/// "secrets left in a seal (cards, passwords) are withdrawn when the grant ends", tried again where the seal does not answer.
#[test]
fn cards_are_let_in_and_withdrawn() {
    check(
        "given checked
         0:27 oka grants card to teo
         0:28 seal 1 at destination locked
         0:28 order 2 opening 1
         0:28 order 2 sent
         0:28 order 2 done
         0:28 teo unlocks
         0:29 seal 1 at destination open says unsealed-by-card
         0:30 order 3 unanswered
         0:31 order 4 done",
        expect![[r#"
            0:27 grant 1 until 0:57
            0:27 trip 1 11 SealCheck > 12 RemovalGranted (customs lets it be opened)
            0:27 order 2: AuthoriseCards { cards: ["1234567890"] }
            0:27 SKP message 10: E12
            0:28 order 2 may go out
            0:28 order 2 sent
            0:28 order 2 ended: Done
            0:28 refused: use_the_card
            0:29 opened at 0:29 by card under grant 1
            0:29 grant 1 ended: Used
            0:29 order 3: WithdrawCards { cards: ["1234567890"] }
            0:29 trip 1 12 RemovalGranted > 13 Removing (by card)
            0:29 trip 1 Removal starts at 0:29, limit 5 min
            0:29 SKP message 11: E13
            0:30 SKP message 12: E06
            0:30 order 3 ended: NoAnswer
            0:30 order 4: WithdrawCards { cards: ["1234567890"] }
            0:31 order 4 ended: Done
        "#]],
    );
}

/// A secret that cannot be withdrawn is told to a person after five tries.
#[test]
fn a_secret_that_stays_in_the_seal_is_told() {
    check(
        "given checked
         0:27 oka grants card to teo
         0:28 order 2 sent
         0:28 order 2 done
         0:29 oka revokes grant 1
         0:30 order 3 unanswered
         0:31 order 4 unanswered
         0:32 order 5 refused
         0:33 order 6 unanswered
         0:34 order 7 unanswered",
        expect![[r#"
            0:27 grant 1 until 0:57
            0:27 trip 1 11 SealCheck > 12 RemovalGranted (customs lets it be opened)
            0:27 order 2: AuthoriseCards { cards: ["1234567890"] }
            0:27 SKP message 10: E12
            0:28 order 2 sent
            0:28 order 2 ended: Done
            0:29 grant 1 ended: Revoked
            0:29 order 3: WithdrawCards { cards: ["1234567890"] }
            0:29 trip 1 12 RemovalGranted > 11 SealCheck (reason)
            0:30 SKP message 11: E06
            0:30 order 3 ended: NoAnswer
            0:30 order 4: WithdrawCards { cards: ["1234567890"] }
            0:31 order 4 ended: NoAnswer
            0:31 order 5: WithdrawCards { cards: ["1234567890"] }
            0:32 order 5 ended: Refused { answer: "no" }
            0:32 order 6: WithdrawCards { cards: ["1234567890"] }
            0:33 order 6 ended: NoAnswer
            0:33 order 7: WithdrawCards { cards: ["1234567890"] }
            0:34 order 7 ended: NoAnswer
            0:34 ALARM 1 A23 S3: a secret that opens the seal could not be withdrawn from it
            0:34 SKP message 12: E07
        "#]],
    );
}

/// Another card than the granted one opens without authority.
#[test]
fn a_strange_card_is_not_the_granted_one() {
    check(
        "given checked
         0:27 oka grants card to teo
         0:29 seal 1 at destination open says unsealed-by-strange-card",
        expect![[r#"
            0:27 grant 1 until 0:57
            0:27 trip 1 11 SealCheck > 12 RemovalGranted (customs lets it be opened)
            0:27 order 2: AuthoriseCards { cards: ["1234567890"] }
            0:27 SKP message 10: E12
            0:29 opened at 0:29 by card under NO GRANT
            0:29 ALARM 1 A02 S1: the seal was opened without a grant (by card)
            0:29 grant 1 ended: TripHeld
            0:29 order 2 ended: Withheld { why: "the grant is over" }
            0:29 order 3: WithdrawCards { cards: ["1234567890"] }
            0:29 trip 1 12 RemovalGranted > 11 SealCheck (a critical alarm was raised)
            0:29 trip 1 11 SealCheck > 11 Compromised (a critical alarm was raised)
            0:29 SKP message 11: E07
        "#]],
    );
}

/// Bluetooth is not the granted way.
#[test]
fn another_way_than_the_granted_one_is_no_match() {
    check(
        "given granted\n0:29 seal 1 at destination open says unsealed-by-bluetooth",
        expect![[r#"
        0:29 opened at 0:29 by Bluetooth under NO GRANT
        0:29 ALARM 1 A02 S1: the seal was opened without a grant (by Bluetooth)
        0:29 grant 1 ended: TripHeld
        0:29 trip 1 12 RemovalGranted > 11 SealCheck (a critical alarm was raised)
        0:29 trip 1 11 SealCheck > 11 Compromised (a critical alarm was raised)
        0:29 SKP message 11: E07
    "#]],
    );
}

/// Some locks say that they were opened and never how: under a grant that is the way that was granted.
#[test]
fn an_opening_of_which_the_seal_does_not_say_how_is_the_granted_one() {
    check(
        "given checked
         0:27 oka grants card to teo
         0:29 seal 1 at destination open says unsealed-and-not-how",
        expect![[r#"
            0:27 grant 1 until 0:57
            0:27 trip 1 11 SealCheck > 12 RemovalGranted (customs lets it be opened)
            0:27 order 2: AuthoriseCards { cards: ["1234567890"] }
            0:27 SKP message 10: E12
            0:29 opened at 0:29 in a way that it does not say under grant 1
            0:29 grant 1 ended: Used
            0:29 order 3: WithdrawCards { cards: ["1234567890"] }
            0:29 trip 1 12 RemovalGranted > 13 Removing (in a way that it does not say)
            0:29 trip 1 Removal starts at 0:29, limit 5 min
            0:29 SKP message 11: E13
        "#]],
    );
}

/// Without a grant it is an opening like any other.
#[test]
fn an_opening_of_which_the_seal_does_not_say_how_needs_a_grant() {
    check(
        "given travelling\n0:16 seal 1 at road open says unsealed-and-not-how",
        expect![[r#"
            0:16 opened at 0:16 in a way that it does not say under NO GRANT
            0:16 ALARM 1 A02 S1: the seal was opened without a grant (in a way that it does not say)
            0:16 SKP message 7: E07
        "#]],
    );
}

/// Invariant 6: an opening in 7 to 12 without authorisation is critical and cannot be deleted or closed by a machine; it
/// blocks removal until an officer decides.
#[test]
fn an_opening_on_the_road_is_critical_and_blocks_removal() {
    check(
        "given travelling
         0:16 seal 1 at road open says unsealed-by-password
         0:17 seal 1 at road locked says sealed
         0:20 seal 1 at destination locked
         0:22 seal 1 at destination locked
         0:25 seal 1 at destination locked
         0:26 oka checks
         0:27 oka grants command to teo
         0:27 opi decides release
         0:28 oka decides hold
         0:29 oka grants command to teo
         0:30 oka decides release
         0:31 oka grants command to teo",
        expect![[r#"
            0:16 opened at 0:16 by fixed password under NO GRANT
            0:16 ALARM 1 A02 S1: the seal was opened without a grant (by fixed password)
            0:16 SKP message 7: E07
            0:20 SKP message 8: E06
            0:25 SKP message 9: E06
            0:25 trip 1 9 InTransit > 10 Arrived (inside the destination for the dwell)
            0:25 SKP message 10: E11
            0:26 checked: number true, look true
            0:26 trip 1 10 Arrived > 11 SealCheck (seal compared with its papers)
            0:26 trip 1 11 SealCheck > 11 Compromised (a critical alarm has not been decided about)
            0:27 refused: wrong_state
            0:27 refused: role_may_not
            0:28 held trip decided: release false
            0:29 refused: wrong_state
            0:30 SKP message 11: E06
            0:30 held trip decided: release true
            0:30 trip 1 11 Compromised > 11 SealCheck (reason)
            0:31 grant 1 until 1:01
            0:31 trip 1 11 SealCheck > 12 RemovalGranted (customs lets it be opened)
            0:31 SKP message 12: E12
        "#]],
    );
}

/// Invariant 6, by contacts alone: nobody has said so, and the seal is open.
#[test]
fn an_opening_shown_only_by_contacts_counts_once() {
    check(
        "given travelling
         0:16 seal 1 at road open
         0:17 seal 1 at road open
         0:18 seal 1 at road locked",
        expect![[r#"
            0:16 opened at 0:16 shown by its contacts under NO GRANT
            0:16 ALARM 1 A02 S1: the seal was opened without a grant (shown by its contacts)
            0:16 SKP message 7: E07
        "#]],
    );
}

/// Invariant 9: an opening delivered late alarms, flagged late.
#[test]
fn an_opening_delivered_late_alarms_and_says_so() {
    check(
        "given arrived
         0:26 seal 1 at road open says unsealed-by-password time 0:12
         0:27 oka checks",
        expect![[r#"
            0:26 opened at 0:12 by fixed password under NO GRANT
            0:26 ALARM 1 A02 S1 KNOWN LATE: the seal was opened without a grant (by fixed password)
            0:26 SKP message 10: E07
            0:27 checked: number true, look true
            0:27 trip 1 10 Arrived > 11 SealCheck (seal compared with its papers)
            0:27 trip 1 11 SealCheck > 11 Compromised (a critical alarm has not been decided about)
        "#]],
    );
}

/// Law 5: "every physical opening is matched to a grant": also one that only the motor's contact shows, in a record that comes
/// late. It counts once, however many records of it come, and however they are ordered.
#[test]
fn an_opening_shown_only_by_contacts_in_a_blind_area_alarms_once_and_late() {
    check(
        "given arrived
         0:26 seal 1 at road open time 0:17
         0:26 seal 1 at road open time 0:18
         0:26 seal 1 at road open time 0:16
         0:26 seal 1 at road locked time 0:19
         0:26 seal 1 at road open time 0:17",
        expect![[r#"
            0:26 opened at 0:17 shown by its contacts under NO GRANT
            0:26 ALARM 1 A02 S1 KNOWN LATE: the seal was opened without a grant (shown by its contacts)
            0:26 SKP message 10: E07
        "#]],
    );
}

/// The same opening told by its lock event and shown by its record is one, whichever comes first.
#[test]
fn a_late_opening_that_was_told_is_not_told_again_by_its_contacts() {
    check(
        "given arrived
         0:26 seal 1 at road says unsealed-by-password event time 0:16
         0:26 seal 1 at road open time 0:17
         0:26 seal 1 at road open time 0:18",
        expect![[r#"
            0:26 opened at 0:16 by fixed password under NO GRANT
            0:26 ALARM 1 A02 S1 KNOWN LATE: the seal was opened without a grant (by fixed password)
            0:26 SKP message 10: E07
        "#]],
    );
    check(
        "given arrived
         0:26 seal 1 at road open time 0:16
         0:26 seal 1 at road says unsealed-by-password event time 0:16",
        expect![[r#"
            0:26 opened at 0:16 shown by its contacts under NO GRANT
            0:26 ALARM 1 A02 S1 KNOWN LATE: the seal was opened without a grant (shown by its contacts)
            0:26 SKP message 10: E07
            0:26 opened at 0:16 by fixed password under NO GRANT
        "#]],
    );
}

/// Under a grant it is the granted opening, and a record of an unset clock counts as of its receipt.
#[test]
fn a_late_opening_shown_by_contacts_inside_its_grant_is_no_alarm() {
    check(
        "given granted
         0:28 seal 1 at destination locked
         0:28 teo unlocks
         0:28 order 2 opening 1
         0:28 order 2 sent
         0:32 seal 1 at destination open time 0:29",
        expect![[r#"
            0:28 order 2: UnlockStatic
            0:28 order 2 may go out
            0:28 order 2 sent
            0:30 SKP message 11: E06
            0:32 opened at 0:29 shown by its contacts under grant 1
            0:32 grant 1 ended: Used
            0:32 order 3: RotatePassword
            0:32 trip 1 12 RemovalGranted > 13 Removing (shown by its contacts)
            0:32 trip 1 Removal starts at 0:29, limit 5 min
            0:32 SKP message 12: E13
        "#]],
    );
    check(
        "given travelling
         0:16 seal 1 at road open undated
         0:17 seal 1 at road open undated",
        expect![[r#"
            0:16 opened at 0:16 shown by its contacts under NO GRANT
            0:16 ALARM 1 A02 S1: the seal was opened without a grant (shown by its contacts)
            0:16 SKP message 7: E07
        "#]],
    );
}

/// Without a grant ever, or before the seal was closed, or by a record that says nothing of the motor: no opening.
#[test]
fn what_shows_no_opening_is_none() {
    check(
        "given arrived
         0:26 seal 1 at road open time 0:04
         0:26 seal 1 at road event time 0:17
         0:26 seal 1 at road locked time 0:18",
        expect![""],
    );
}

/// An opening before the seal was closed on this trip is nothing of this trip.
#[test]
fn an_opening_before_the_lock_is_nothing() {
    check(
        "given installed\n0:06 seal 1 at origin open says unsealed-by-password time 0:04",
        expect![[""]],
    );
}

/// An opening under a grant outside of its place is no opening under the grant.
#[test]
fn an_opening_elsewhere_is_without_authority() {
    check(
        "given granted
         0:28 teo unlocks
         0:28 order 2 sent
         0:30 seal 1 at road open says unsealed-by-command",
        expect![[r#"
            0:28 order 2: UnlockStatic
            0:28 order 2 sent
            0:30 SKP message 11: E06
            0:30 opened at 0:30 by command under NO GRANT
            0:30 ALARM 1 A02 S1: the seal was opened without a grant (by command)
            0:30 grant 1 ended: TripHeld
            0:30 order 3: RotatePassword
            0:30 trip 1 12 RemovalGranted > 11 SealCheck (a critical alarm was raised)
            0:30 trip 1 11 SealCheck > 11 Compromised (a critical alarm was raised)
            0:30 SKP message 12: E07
        "#]],
    );
}

/// An opening inside the window that is known only after it: the grant had expired by our clock, not by the seal's.
#[test]
fn an_opening_inside_the_window_known_late_is_matched() {
    check(
        "given granted
         0:28 seal 1 at destination locked
         0:28 teo unlocks
         0:28 order 2 sent
         0:58 seal 1 at destination open says unsealed-by-command time 0:56
         1:00 teo finishes removal",
        expect![[r#"
            0:28 order 2: UnlockStatic
            0:28 order 2 sent
            0:30 SKP message 11: E06
            0:57 grant 1 ended: Expired
            0:57 order 3: RotatePassword
            0:57 trip 1 12 RemovalGranted > 11 SealCheck (the grant's window closed unused)
            0:58 opened at 0:56 by command under grant 1
            0:58 trip 1 11 SealCheck > 12 RemovalGranted (opened inside the window, known late)
            0:58 trip 1 12 RemovalGranted > 13 Removing (by command)
            0:58 trip 1 Removal starts at 0:56, limit 5 min
            0:58 RevisitAsked
            0:58 SKP message 13: E12
            0:58 SKP message 14: E13
            1:00 SKP message 15: E06
            1:00 trip 1 seal is off
            1:00 trip 1 Removal took 240 s, met
            1:00 trip 1 13 Removing > 14 Removed (the technician has taken it off)
            1:00 trip 1 RemovalPhotos starts at 1:00, limit 10 min
        "#]],
    );
}

/// A minute after the window is clock error, two are not.
#[test]
fn an_opening_after_the_window_is_not_matched() {
    check(
        "given granted
         0:40 seal 1 at destination locked
         0:50 seal 1 at destination locked
         0:58:01 seal 1 at destination open says unsealed-by-command",
        expect![[r#"
            0:30 SKP message 11: E06
            0:45 SKP message 13: E06
            0:55 SKP message 14: E06
            0:57 grant 1 ended: Expired
            0:57 trip 1 12 RemovalGranted > 11 SealCheck (the grant's window closed unused)
            0:58:01 opened at 0:58:01 by command under NO GRANT
            0:58:01 ALARM 2 A02 S1: the seal was opened without a grant (by command)
            0:58:01 trip 1 11 SealCheck > 11 Compromised (a critical alarm was raised)
            0:58:01 SKP message 15: E07
        "#]],
    );
}

/// (f) 22: "is an unlocked-but-authorised seal with an earlier open S1 removable? No." A critical alarm freezes a grant.
#[test]
fn a_critical_alarm_freezes_a_grant() {
    check(
        "given granted
         0:28 seal 1 at destination locked
         0:28 teo unlocks
         0:29 seal 1 at destination locked says rope-cut
         0:29 order 2 opening 1",
        expect![[r#"
            0:28 order 2: UnlockStatic
            0:29 ALARM 1 A01 S1: the rope of the seal was cut
            0:29 grant 1 ended: TripHeld
            0:29 order 2 ended: Withheld { why: "the grant is over" }
            0:29 trip 1 12 RemovalGranted > 11 SealCheck (a critical alarm was raised)
            0:29 trip 1 11 SealCheck > 11 Compromised (a critical alarm was raised)
            0:29 SKP message 11: E07
            0:29 refused: grant_over
        "#]],
    );
}

/// State 11: "any discrepancy: COMPROMISED, do not remove".
#[test]
fn a_discrepancy_at_the_check_holds_the_trip() {
    check(
        "given arrived\n0:26 oka checks mismatch\n0:27 oka grants command to teo",
        expect![[r#"
        0:26 checked: number false, look true
        0:26 trip 1 10 Arrived > 11 SealCheck (seal compared with its papers)
        0:26 trip 1 11 SealCheck > 11 Compromised (a discrepancy was seen at the check)
        0:27 refused: wrong_state
    "#]],
    );
    check(
        "given arrived\n0:26 oka checks touched\n0:27 oka decides release\n0:28 oka grants command to teo",
        expect![[r#"
        0:26 checked: number true, look false
        0:26 trip 1 10 Arrived > 11 SealCheck (seal compared with its papers)
        0:26 trip 1 11 SealCheck > 11 Compromised (a discrepancy was seen at the check)
        0:27 held trip decided: release true
        0:27 trip 1 11 Compromised > 11 SealCheck (reason)
        0:28 grant 1 until 0:58
        0:28 trip 1 11 SealCheck > 12 RemovalGranted (customs lets it be opened)
        0:28 SKP message 10: E12
    "#]],
    );
}

/// Opening twice under one grant: the first uses it, the second finds the trip at removal.
#[test]
fn a_second_opening_at_removal_is_part_of_it() {
    check(
        "given granted
         0:28 seal 1 at destination locked
         0:28 teo unlocks
         0:29 seal 1 at destination open says unsealed-by-command
         0:30 seal 1 at destination open says unsealed-by-command
         0:31 tia finishes removal
         0:31 teo finishes removal
         0:31 teo finishes removal",
        expect![[r#"
            0:28 order 2: UnlockStatic
            0:29 opened at 0:29 by command under grant 1
            0:29 grant 1 ended: Used
            0:29 order 3: RotatePassword
            0:29 trip 1 12 RemovalGranted > 13 Removing (by command)
            0:29 trip 1 Removal starts at 0:29, limit 5 min
            0:29 SKP message 11: E13
            0:30 SKP message 12: E06
            0:31 refused: no_such_trip
            0:31 trip 1 seal is off
            0:31 trip 1 Removal took 120 s, met
            0:31 SKP message 13: E06
            0:31 trip 1 13 Removing > 14 Removed (the technician has taken it off)
            0:31 trip 1 RemovalPhotos starts at 0:31, limit 10 min
            0:31 refused: wrong_state
        "#]],
    );
}

/// A provider sends its seal what is harmless, and nothing that opens or lets open.
#[test]
fn a_provider_orders_nothing_that_opens() {
    use segel_custody::Answer;
    use segel_model::order::Channels;
    use segel_model::{Command, SealId, SealOrder};
    let says = |stage: &str, order: SealOrder| {
        let mut world = story::World::with_cast();
        if !stage.is_empty() {
            world.given(stage);
        }
        match world.asks(
            story::principal("ayu"),
            Command::OrderSeal {
                seal: SealId(1),
                order,
                reason: String::new(),
            },
        ) {
            Answer::Refused(refusal) => refusal.code,
            _ => "accepted".into(),
        }
    };
    let channels = Channels {
        sms: true,
        network: true,
        rfid: true,
        serial: true,
        bluetooth: true,
    };
    assert_eq!(says("", SealOrder::UnlockStatic), "opening_needs_grant");
    assert_eq!(says("", SealOrder::UnlockDynamic), "opening_needs_grant");
    assert_eq!(
        says("", SealOrder::AuthoriseCards { cards: vec![] }),
        "opening_needs_grant"
    );
    assert_eq!(says("", SealOrder::SetTime), "accepted");
    assert_eq!(says("", SealOrder::Channels(channels)), "accepted");
    assert_eq!(
        says("given travelling", SealOrder::Channels(channels)),
        "opening_needs_grant"
    );
    assert_eq!(says("given travelling", SealOrder::SetTime), "accepted");

    // Location Sharing Interval: on a trip it is the route plan's (60 s, 300 s asleep), or denser.
    let interval = |awake_s, asleep_s| SealOrder::Interval { awake_s, asleep_s };
    let on_trip = |order| says("given travelling", order);
    assert_eq!(says("", interval(600, 3600)), "accepted");
    assert_eq!(on_trip(interval(60, 300)), "accepted");
    assert_eq!(on_trip(interval(10, 60)), "accepted");
    assert_eq!(on_trip(interval(61, 300)), "slacker_than_trip");
    assert_eq!(on_trip(interval(60, 301)), "slacker_than_trip");
    let awake = |on| SealOrder::AlwaysAwake { on };
    assert_eq!(
        on_trip(awake(false)),
        "accepted",
        "a closed seal sleeps as it is told"
    );
    let tracker =
        "0:00 umar opens trip tracker\n0:00 umar submits\n0:01 umar plans\n0:02 opi assigns seal 1 to teo";
    assert_eq!(says(tracker, awake(false)), "slacker_than_trip");
    assert_eq!(says(tracker, awake(true)), "accepted");
}

/// Invariant 9, after the end: what a seal kept in a blind area belongs to the trip it happened on, even when the seal
/// serves another by then.
#[test]
fn an_opening_known_after_the_trip_alarms_on_that_trip() {
    check(
        "given granted
         0:28 seal 1 at destination locked
         0:28 teo unlocks
         0:29 seal 1 at destination open says unsealed-by-command
         0:31 teo finishes removal
         0:33 teo photos removal
         0:34 umar opens trip TEMU6079348
         0:34 umar submits trip 2
         0:34 umar plans 1 trip 2
         0:35 opi assigns seal 1 to teo trip 2
         0:36 seal 1 at road open says unsealed-by-password time 0:13
         0:37 seal 1 at destination open says unsealed-by-password time 0:32",
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
            0:34 trip 2 opened
            0:34 trip 2 has document 1
            0:34 trip 2 1 Draft > 2 AwaitingDocument (document given)
            0:34 trip 2 backed by line 1 of document 1
            0:34 trip 2 2 AwaitingDocument > 3 Submitted (the gate let it through)
            0:34 SKP message 15: E02
            0:34 trip 2 by route 1
            0:34 trip 2 3 Submitted > 4 RouteProposed (route chosen)
            0:34 trip 2 4 RouteProposed > 4 RouteApproved (the route was approved before)
            0:34 SKP message 16: E03
            0:35 trip 2 has seal 1, fitter 6
            0:35 trip 2 4 RouteApproved > 5 Assigned (seal assigned)
            0:35 SKP message 17: E02
            0:36 opened at 0:13 by fixed password under NO GRANT
            0:36 ALARM 1 A02 S1 KNOWN LATE: the seal was opened without a grant (by fixed password)
            0:36 RevisitAsked
            0:36 SKP message 18: E07
        "#]],
    );
}

/// Held after the opening had happened: the seal is open with authority, and the officer's release leads on to removal by a
/// fresh grant.
#[test]
fn a_trip_held_between_opening_and_its_news_needs_a_fresh_grant() {
    check(
        "given granted
         0:28 seal 1 at destination locked
         0:28 teo unlocks
         0:28 order 2 sent
         0:29:30 seal 1 at destination locked says rope-cut
         0:31 seal 1 at destination open says unsealed-by-command time 0:29
         0:32 oka decides release
         0:33 oka grants command to teo
         0:33 teo unlocks grant 2
         0:34 seal 1 at destination open says unsealed-by-command
         0:35 teo finishes removal",
        expect![[r#"
            0:28 order 2: UnlockStatic
            0:28 order 2 sent
            0:29:30 ALARM 1 A01 S1: the rope of the seal was cut
            0:29:30 grant 1 ended: TripHeld
            0:29:30 order 3: RotatePassword
            0:29:30 trip 1 12 RemovalGranted > 11 SealCheck (a critical alarm was raised)
            0:29:30 trip 1 11 SealCheck > 11 Compromised (a critical alarm was raised)
            0:29:30 SKP message 11: E07
            0:30 SKP message 12: E06
            0:31 opened at 0:29 by command under grant 1
            0:32 held trip decided: release true
            0:32 trip 1 11 Compromised > 11 SealCheck (reason)
            0:33 grant 2 until 1:03
            0:33 trip 1 11 SealCheck > 12 RemovalGranted (customs lets it be opened)
            0:33 SKP message 13: E12
            0:33 order 4: UnlockStatic
            0:34 opened at 0:34 by command under grant 2
            0:34 grant 2 ended: Used
            0:34 order 5: RotatePassword
            0:34 trip 1 12 RemovalGranted > 13 Removing (by command)
            0:34 trip 1 Removal starts at 0:34, limit 5 min
            0:34 SKP message 14: E13
            0:35 SKP message 15: E06
            0:35 trip 1 seal is off
            0:35 trip 1 Removal took 60 s, met
            0:35 trip 1 13 Removing > 14 Removed (the technician has taken it off)
            0:35 trip 1 RemovalPhotos starts at 0:35, limit 10 min
        "#]],
    );
}

/// A command that nobody asked us for is somebody else's, grant or no grant.
#[test]
fn a_command_that_we_did_not_send_is_not_ours() {
    check(
        "given granted
         0:28 seal 1 at destination locked
         0:30 seal 1 at destination open says unsealed-by-command",
        expect![[r#"
            0:30 SKP message 11: E06
            0:30 opened at 0:30 by command under NO GRANT
            0:30 ALARM 1 A02 S1: the seal was opened without a grant (by command)
            0:30 grant 1 ended: TripHeld
            0:30 trip 1 12 RemovalGranted > 11 SealCheck (a critical alarm was raised)
            0:30 trip 1 11 SealCheck > 11 Compromised (a critical alarm was raised)
            0:30 SKP message 12: E07
        "#]],
    );
}
