//! A08, A09, A11, A13, A14, A16: what reports in order show.

use expect_test::expect;

use crate::check;

/// A08: "outside corridor > 300 m for >= 2 fixes/2 min; S1 if > 2 km or > 15 min".
#[test]
fn leaving_the_corridor_alarms_at_the_second_fix_and_gets_graver() {
    check(
        "00:01 report km 1
         00:02 report km 2 north 500
         00:03 report km 2 north 512
         00:04 report km 2 north 512
         00:17 report km 2 north 512
         00:17:01 report km 2 north 512
         00:18 report km 2
         00:19 report km 2 north 500
         00:20 report km 2 north 500",
        expect![[r#"
            00:03 A08 raised as 1, S2, at 00:02: 412 m outside for 1 min near km 2.0
            00:08 1 escalated: Acknowledge
            00:14 A12 raised as 2, S2, at 00:04: no report for 10 min
            00:17 2 recovered at 00:17
            00:17 A11 raised as 3, S3, at 00:02: standing for 15 min outside the allowed stops
            00:17:01 1 worsened to S1: 412 m outside for 15 min 1 s near km 2.0
            00:17:01 1 escalated: Escalate
            00:18 1 escalated: Act
            00:18 1 recovered at 00:18
            00:18 3 recovered at 00:18
            00:19 2 escalated: Acknowledge
            00:19 A14 raised as 4, S3, at 00:19: expected to arrive 12 min 59 s later than planned
            00:20 1 recurred: 400 m outside for 1 min near km 2.0
        "#]],
    );
}

#[test]
fn one_fix_outside_is_noise() {
    check(
        "00:01 report km 1
         00:02 report km 2 north 900
         00:03 report km 3
         00:04 report km 4 north 900
         00:05 report km 4.5",
        expect![[r#""#]],
    );
}

/// Law 10: "A fix from cell towers never judges a corridor, a fence or a place of unlocking".
#[test]
fn fixes_of_cell_towers_weak_ones_and_jumps_never_alarm() {
    check(
        "00:01 report km 1
         00:02 report km 2 north 5000 cell
         00:03 report km 2 north 5000 cell
         00:04 report km 2 north 5000 invalid
         00:05 report km 2 north 5000 invalid
         00:06 report km 2 north 90000
         00:07 report km 3",
        expect![[r#""#]],
    );
}

#[test]
fn two_far_fixes_that_agree_are_believed() {
    check(
        "00:01 report km 1
         00:02 report km 2 north 90000
         00:03 report km 2 north 90500
         00:04 report km 2 north 90700",
        expect![[r#"
            00:04 A08 raised as 1, S1, at 00:01: 90.6 km outside for 2 min 59 s near km 2.0
            00:04 1 escalated: Escalate
        "#]],
    );
}

/// A09: "polygon hit >= 1 fix".
#[test]
fn one_fix_in_a_forbidden_area_alarms() {
    check(
        "00:01 report km 11
         00:02 report km 12 north 490
         00:03 report km 12 north 900
         00:04 report km 12 north 900
         00:05 report km 12",
        expect![[r#"
            00:03 A08 raised as 1, S2, at 00:02: 800 m outside for 1 min near km 12.0
            00:03 A09 raised as 2, S2, at 00:03: entered a forbidden area: Gudang liar
            00:05 1 recovered at 00:05
            00:05 2 recovered at 00:05
        "#]],
    );
}

/// A11: "no movement >= 15 min outside allowed stops (30 S2, 120 S1)".
#[test]
fn standing_on_the_open_road_alarms_after_a_quarter_of_an_hour() {
    check(
        "00:01 report km 3
         00:08 report km 3
         00:15:59 report km 3
         00:16 report km 3
         00:24 report km 3
         00:31 report km 3
         00:38 report km 4",
        expect![[r#"
            00:16 A11 raised as 1, S3, at 00:01: standing for 15 min outside the allowed stops
            00:24 A14 raised as 2, S3, at 00:24: expected to arrive 14 min 59 s later than planned
            00:26 1 escalated: Acknowledge
            00:31 1 worsened to S2: standing for 30 min outside the allowed stops
            00:36 1 escalated: Act
            00:38 1 recovered at 00:38
        "#]],
    );
}

#[test]
fn standing_in_an_allowed_stop_is_allowed() {
    check(
        "00:01 report km 5
         00:09 report km 5
         00:17 report km 5
         00:25 report km 5
         00:33 report km 5
         00:41 report km 5",
        expect![[r#"
            00:33 A14 raised as 1, S3, at 00:33: expected to arrive 17 min 59 s later than planned
        "#]],
    );
}

/// A13: "no valid fix >= 10 min (tunnels/ferry excluded by zone)".
#[test]
fn reports_without_a_fix_alarm_after_ten_minutes() {
    check(
        "00:01 report km 1
         00:05 report heartbeat
         00:10:59 report heartbeat
         00:11 report heartbeat
         00:12 report km 2",
        expect![[r#"
            00:11 A13 raised as 1, S3, at 00:01: the seal is connected but has had no position for 10 min
            00:12 1 recovered at 00:12
        "#]],
    );
}

#[test]
fn in_a_tunnel_neither_silence_nor_missing_fixes_alarm() {
    check(
        "00:01 report km 15
         00:12 report heartbeat
         00:50 report km 16.5",
        expect![[r#""#]],
    );
}

/// A14: "ETA > plan + 20 % or +60 min; not arrived at plan+4 h = S2".
#[test]
fn a_trip_behind_its_plan_alarms() {
    check(
        "00:09 report km 4
         00:18 report km 8
         00:27 report km 9.4
         00:36 report km 9.6
         00:41:57 report km 10
         00:42:03 report km 10
         00:50 report km 18",
        expect![[r#"
            00:42:03 A14 raised as 1, S3, at 00:42:03: expected to arrive 12 min 2 s later than planned
            00:50 1 recovered at 00:50
        "#]],
    );
}

/// A14, without a word from the seal.
#[test]
fn a_trip_that_never_arrives_alarms_without_any_report() {
    check(
        "00:01 report km 1
         06:00 wait",
        expect![[r#"
            00:11 A12 raised as 1, S2, at 00:01: no report for 10 min
            00:16 1 escalated: Acknowledge
            00:26 1 escalated: Act
            00:41 1 escalated: Escalate
            01:01 1 worsened to S1: no report for 1 h
            01:12 A14 raised as 2, S3, at 01:12: expected to arrive 12 min later than planned
            01:27 2 escalated: Acknowledge
            01:42 2 escalated: Act
            02:12 2 escalated: Escalate
            05:00 2 worsened to S2: expected to arrive 4 h later than planned
        "#]],
    );
}

/// A16: "<30 % / <15 % / forecast < remaining".
#[test]
fn a_battery_alarms_when_low_and_again_when_critical_and_recovers_with_a_margin() {
    check(
        "00:01 report km 1 battery 30
         00:02 report km 2 battery 29
         00:03 report km 3 battery 30
         00:04 report km 4 battery 14
         00:05 report km 5 charging 34
         00:06 report km 6 charging 35
         00:07 report km 7 battery 29",
        expect![[r#"
            00:02 A16 raised as 1, S3, at 00:02: battery low: 29 %
            00:04 1 worsened to S2: battery critical: 14 %
            00:06 1 recovered at 00:06
            00:07 1 recurred: battery low: 29 %
        "#]],
    );
}
