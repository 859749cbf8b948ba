//! Late and repeated data.

use expect_test::expect;

use crate::check;

/// Invariant 9: "buffered (late) positions are ordered by device time and re-evaluated, but raise alarms flagged 'late
/// data', and never un-raise".
#[test]
fn a_late_fix_is_judged_among_its_neighbours() {
    check(
        "00:01 report km 1
         00:02 report km 2 north 600
         00:05 report km 5
         00:05:30 report km 2.5 north 700 sent 00:02:30 backfill",
        expect![[r#"
            00:05:30 A08 raised as 1, S2, at 00:02, known late: 600 m outside for 30 s near km 2.5
        "#]],
    );
}

#[test]
fn a_late_fix_alone_outside_is_noise_too() {
    check(
        "00:01 report km 1
         00:05 report km 5
         00:05:30 report km 2.5 north 700 sent 00:02:30 backfill",
        expect![[r#""#]],
    );
}

#[test]
fn what_was_kept_in_a_blind_area_and_comes_in_order_is_judged_as_it_comes() {
    check(
        "00:01 report km 1
         00:09 report km 2 north 600 sent 00:02 backfill
         00:09:01 report km 3 north 600 sent 00:03 backfill
         00:09:02 report km 9",
        expect![[r#"
            00:09:01 A08 raised as 1, S2, at 00:02, known late: 500 m outside for 1 min near km 2.0
            00:09:02 1 recovered at 00:09:02
        "#]],
    );
}

#[test]
fn fixes_older_than_the_window_are_looked_at_with_their_neighbours() {
    check(
        "00:01 report km 1
         00:30 report km 9
         01:10 report km 19
         01:10:10 report km 2 north 600 sent 00:02 backfill
         01:10:11 report km 3 north 600 sent 00:03 backfill
         01:10:12 report km 4 sent 00:04 backfill
         01:10:20 revisit
         01:10:30 revisit",
        expect![[r#"
            00:11 A12 raised as 1, S2, at 00:01: no report for 10 min
            00:16 1 escalated: Acknowledge
            00:26 1 escalated: Act
            00:30 1 recovered at 00:30
            00:40 1 recurred: no report for 10 min
            00:41 1 escalated: Escalate
            01:10 1 recovered at 01:10
            01:10 A14 raised as 2, S3, at 01:10: expected to arrive 13 min later than planned
            01:10:10 revisit asked, 00:00 to 01:10
            01:10:20 A08 raised as 3, S2, at 00:02, known late: 500 m outside for 1 min near km 2.0
            01:10:20 revisited
            01:10:20 revisit asked, 00:00 to 01:10
            01:10:30 revisited
        "#]],
    );
}

/// Design: "An alarm it no longer supports is marked so, not removed".
#[test]
fn a_silence_that_late_reports_fill_is_marked_unsupported_and_stays() {
    let filled = "00:09 report km 4
         00:19 report km 7
         00:20 report km 8
         00:29 report km 10
         00:38 report km 12
         00:47 report km 13
         00:56 report km 18
         01:05 report km 19
         01:14 report km 19.5
         01:20 report km 19.6";
    check(
        &(filled.to_string() + "\n01:20:10 report km 5 sent 00:14 backfill\n01:20:20 revisit"),
        expect![[r#"
            00:19 A12 raised as 1, S2, at 00:09: no report for 10 min
            00:19 1 recovered at 00:19
            00:24 1 escalated: Acknowledge
            00:34 1 escalated: Act
            00:49 1 escalated: Escalate
            01:12 A14 raised as 2, S3, at 01:12: expected to arrive 12 min later than planned
            01:20:10 revisit asked, 00:00 to 01:20
            01:20:20 1 unsupported
            01:20:20 revisited
        "#]],
    );
    check(
        &(filled.to_string() + "\n01:20:10 report km 2 sent 00:05 backfill\n01:20:20 revisit"),
        expect![[r#"
            00:19 A12 raised as 1, S2, at 00:09: no report for 10 min
            00:19 1 recovered at 00:19
            00:24 1 escalated: Acknowledge
            00:34 1 escalated: Act
            00:49 1 escalated: Escalate
            01:12 A14 raised as 2, S3, at 01:12: expected to arrive 12 min later than planned
            01:20:10 revisit asked, 00:00 to 01:20
            01:20:20 revisited
        "#]],
    );
}

/// Law 12, a stated behaviour at the limit: of what was cut off nothing is known, so nothing there is called unsupported. The
/// deviation is over at 00:05; a second before, it is read whole, at that moment it is not.
#[test]
fn an_alarm_beyond_what_was_read_is_not_called_unsupported() {
    let story = "00:01 report km 1
         00:02 report km 2 north 600
         00:03 report km 2 north 600
         00:05 report km 3
         01:10 report km 19
         01:10:10 report km 1.9 sent 00:02:30 backfill";
    check(
        &format!("{story}\n01:10:20 revisit cut 00:05"),
        expect![[r#"
        00:03 A08 raised as 1, S2, at 00:02: 500 m outside for 1 min near km 2.0
        00:05 1 recovered at 00:05
        00:08 1 escalated: Acknowledge
        00:15 A12 raised as 2, S2, at 00:05: no report for 10 min
        00:18 1 escalated: Act
        00:18 1 escalated: Escalate
        00:20 2 escalated: Acknowledge
        00:30 2 escalated: Act
        00:45 2 escalated: Escalate
        01:05 2 worsened to S1: no report for 1 h
        01:10 2 recovered at 01:10
        01:10 A14 raised as 3, S3, at 01:10: expected to arrive 13 min later than planned
        01:10:10 revisit asked, 00:00 to 01:10
        01:10:20 revisited
    "#]],
    );
    check(
        &format!("{story}\n01:10:20 revisit cut 00:05:01"),
        expect![[r#"
            00:03 A08 raised as 1, S2, at 00:02: 500 m outside for 1 min near km 2.0
            00:05 1 recovered at 00:05
            00:08 1 escalated: Acknowledge
            00:15 A12 raised as 2, S2, at 00:05: no report for 10 min
            00:18 1 escalated: Act
            00:18 1 escalated: Escalate
            00:20 2 escalated: Acknowledge
            00:30 2 escalated: Act
            00:45 2 escalated: Escalate
            01:05 2 worsened to S1: no report for 1 h
            01:10 2 recovered at 01:10
            01:10 A14 raised as 3, S3, at 01:10: expected to arrive 13 min later than planned
            01:10:10 revisit asked, 00:00 to 01:10
            01:10:20 1 unsupported
            01:10:20 revisited
        "#]],
    );
}

#[test]
fn an_unset_clock_judges_nothing_by_time() {
    check(
        "00:01 report km 1
         00:02 report km 2 north 900 undated
         00:03 report km 2 north 900 undated
         00:04 report km 2 north 900 undated",
        expect![[r#""#]],
    );
}

/// A blind area of twenty minutes: the fresh record comes first, what was kept follows.
#[test]
fn a_blind_area_explains_the_silence_once_its_reports_are_in() {
    check(
        "00:01 report km 1
         00:20 report km 8
         00:20:01 report km 3 sent 00:05 backfill
         00:20:02 report km 5 sent 00:10 backfill
         00:20:03 report km 7 sent 00:15 backfill
         00:20:10 revisit
         00:20:20 revisit",
        expect![[r#"
            00:11 A12 raised as 1, S2, at 00:01: no report for 10 min
            00:16 1 escalated: Acknowledge
            00:20 1 recovered at 00:20
            00:20:01 revisit asked, 00:00 to 00:20
            00:20:10 1 unsupported
            00:20:10 revisited
            00:20:10 revisit asked, 00:00 to 00:20
            00:20:20 revisited
        "#]],
    );
}

#[test]
fn what_was_kept_comes_after_the_seal_is_off_and_is_judged_all_the_same() {
    check(
        "00:01 report km 1
         00:09 report km 9
         00:10 opened under grant
         00:11 taken off
         00:12 report km 9
         00:12:01 report km 3 north 600 sent 00:03 backfill
         00:12:02 report km 4 north 600 sent 00:04 backfill
         00:12:03 report km 5 sent 00:10:30 backfill signal rope_out
         00:12:10 revisit",
        expect![[r#"
            00:12:01 revisit asked, 00:00 to 00:12
            00:12:10 A08 raised as 1, S2, at 00:02:20, known late: 500 m outside for 3 min 20 s near km 3.0
            00:12:10 revisited
            00:12:10 revisit asked, 00:00 to 00:12
        "#]],
    );
}
