//! A12 and our own absence.

use expect_test::expect;

use crate::check;

/// A12: "no frame for max(3 x interval, 10 min); S1 at 60 min".
#[test]
fn a_seal_that_says_nothing_alarms_after_ten_minutes_and_is_critical_after_an_hour() {
    check(
        "00:01 report km 1
         00:10:59 wait
         00:11 wait
         01:01 wait
         01:02 report km 2",
        expect![[r#"
            00:11 A12 raised as 1, S2, at 00:01: no report for 10 min
            00:16 1 escalated: Acknowledge
            00:26 1 escalated: Act
            00:41 1 escalated: Escalate
            01:01 1 worsened to S1: no report for 1 h
            01:02 1 recovered at 01:02
            01:02 A14 raised as 2, S3, at 01:02: expected to arrive 55 min 59 s later than planned
        "#]],
    );
}

#[test]
fn a_sign_of_life_one_second_before_the_limit_keeps_it_quiet() {
    check(
        "00:01 report km 1
         00:10:59 report heartbeat
         00:20 report km 2",
        expect![[r#"
            00:20 A14 raised as 1, S3, at 00:20: expected to arrive 13 min 59 s later than planned
        "#]],
    );
}

/// A12: "or if preceded by tamper/low battery".
#[test]
fn silence_after_a_cut_rope_is_critical_at_once() {
    check(
        "00:01 report km 1 signal rope_cut
         00:11 wait",
        expect![[r#"
            00:01 A01 raised as 1, S1, at 00:01: the rope of the seal was cut
            00:01 1 escalated: Escalate
            00:02 1 escalated: Acknowledge
            00:06 1 escalated: Act
            00:11 A12 raised as 2, S1, at 00:01: no report for 10 min
            00:11 2 escalated: Escalate
        "#]],
    );
}

#[test]
fn a_repeat_is_a_sign_of_life_and_nothing_more() {
    check(
        "00:01 report km 1 serial 1 signal refused
         00:08 report km 1 serial 1 sent 00:01 backfill signal refused
         00:09 report km 1 serial 1 sent 00:01 backfill signal refused
         00:17 report km 2",
        expect![[r#""#]],
    );
}

/// Law 7: "Our own absence is not the seal's silence ... silence counts only time in which we listened".
#[test]
fn after_half_an_hour_of_our_absence_no_silence_is_told() {
    check(
        "00:01 report km 1
         00:02 stop
         00:32 start 00:02
         00:40:59 wait",
        expect![[r#"
            00:32 service gap
        "#]],
    );
    check(
        "00:01 report km 1
         00:02 stop
         00:32 start 00:02
         00:41 wait",
        expect![[r#"
            00:32 service gap
            00:41 A12 raised as 1, S2, at 00:01: no report for 10 min
        "#]],
    );
}

/// Law 3: "a wall clock stepped forward is adopted and deadlines re-anchored".
#[test]
fn a_step_of_the_wall_clock_makes_nobody_silent() {
    check(
        "00:01 report km 1
         00:02 clock step 7200
         02:10:59 wait",
        expect![[r#""#]],
    );
    check(
        "00:01 report km 3
         00:02 report km 3
         00:02 clock step 7200
         02:03 report km 3 sent 00:03
         02:15:59 report km 3 sent 00:15:59
         02:16 report km 3 sent 00:16",
        expect![[r#"
            02:13 A12 raised as 1, S2, at 02:03: no report for 10 min
            02:15:59 1 recovered at 02:15:59
            02:16 A11 raised as 2, S3, at 02:01: standing for 15 min outside the allowed stops
        "#]],
    );
    check(
        "00:01 report km 1
         00:02 clock step 7200
         02:11 wait",
        expect![[r#"
            02:11 A12 raised as 1, S2, at 02:01: no report for 10 min
        "#]],
    );
}
