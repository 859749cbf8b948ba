//! A smaller seal that speaks through another device: judged like any seal, at the place of the one that heard it, and lost when
//! that one says so.

use expect_test::expect;

use crate::check;

#[test]
fn a_smaller_seal_is_watched_at_the_place_of_its_host() {
    check(
        "00:01 report km 1 sub
         00:02 report km 2 sub
         00:03 report km 3 sub signal rope_cut rope out",
        expect![[r#"
            00:03 A01 raised as 1, S1, at 00:03: the rope of the seal was cut
            00:03 1 escalated: Escalate
        "#]],
    );
}

/// Its contacts are levels like those of a record: that its motor opened is seen though no event told it.
#[test]
fn a_smaller_seal_whose_motor_is_open_was_opened() {
    check(
        "00:01 report km 1 sub
         00:02 report km 2 sub motor open",
        expect![[r#"
            00:02 A02 raised as 1, S1, at 00:02: the seal was opened without a grant (shown by its contacts)
            00:02 1 escalated: Escalate
        "#]],
    );
}

/// A12 is a loss of signal: where the device that heard it says so, nobody need wait for the silence. A12: "S1 at 60 min".
#[test]
fn a_smaller_seal_that_its_host_hears_no_longer_is_lost_at_once_and_is_no_sign_of_life() {
    check(
        "00:01 report km 1 sub
         00:04 report lost
         00:05 report lost
         01:02 wait",
        expect![[r#"
            00:04 A12 raised as 1, S2, at 00:04: the device through which this seal speaks no longer hears it
            00:09 1 escalated: Acknowledge
            00:19 1 escalated: Act
            00:34 1 escalated: Escalate
            01:01 1 worsened to S1: no report for 1 h
        "#]],
    );
}

#[test]
fn a_smaller_seal_that_is_heard_again_is_lost_no_longer() {
    check(
        "00:01 report km 1 sub
         00:04 report lost
         00:06 report km 6 sub
         00:07 report lost sent 00:05",
        expect![[r#"
            00:04 A12 raised as 1, S2, at 00:04: the device through which this seal speaks no longer hears it
            00:06 1 recovered at 00:06
            00:07 revisit asked, 00:00 to 00:06
        "#]],
    );
}

/// A12: "S1 … if preceded by tamper".
#[test]
fn a_smaller_seal_that_is_lost_after_it_was_cut_is_critical() {
    check(
        "00:01 report km 1 sub
         00:02 report km 2 sub signal rope_cut
         00:04 report lost",
        expect![[r#"
            00:02 A01 raised as 1, S1, at 00:02: the rope of the seal was cut
            00:02 1 escalated: Escalate
            00:03 1 escalated: Acknowledge
            00:04 A12 raised as 2, S1, at 00:04: the device through which this seal speaks no longer hears it
            00:04 2 escalated: Escalate
        "#]],
    );
}
