//! A01, A03, A17, A23: what a seal itself says was done to it.

use expect_test::expect;
use segel_model::trip::TripMode;

use crate::world::World;
use crate::{check, check_in};

/// A01: "device event while sealed".
#[test]
fn a_cut_rope_is_told_once_and_at_once() {
    check(
        "00:01 report km 1
         00:02 report km 2 signal rope_cut
         00:03 report km 3 rope out
         00:04 report km 4 signal cover_open signal rope_cut",
        expect![[r#"
            00:02 A01 raised as 1, S1, at 00:02: the rope of the seal was cut
            00:02 1 escalated: Escalate
            00:03 1 escalated: Acknowledge
            00:04 A03 raised as 2, S1, at 00:04: the cover of the seal is open
            00:04 2 escalated: Escalate
        "#]],
    );
}

/// Issue: "A rope cut delivered late alarms, marked known late".
#[test]
fn a_rope_cut_in_a_blind_area_alarms_though_it_comes_after_a_fresh_record() {
    check(
        "00:01 report km 1
         00:09 report km 9
         00:09:10 report km 3 sent 00:03 backfill signal rope_cut",
        expect![[r#"
            00:09:10 A01 raised as 1, S1, at 00:03, known late: the rope of the seal was cut
            00:09:10 1 escalated: Escalate
        "#]],
    );
}

#[test]
fn a_rope_cut_older_than_the_window_alarms_too() {
    check(
        "00:01 report km 1
         03:00 report km 9
         03:01 report km 3 sent 00:03 backfill signal rope_cut",
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
            03:00 1 recovered at 03:00
            03:01 A01 raised as 3, S1, at 00:03, known late: the rope of the seal was cut
            03:01 3 escalated: Escalate
            03:01 revisit asked, 00:00 to 03:00
        "#]],
    );
}

#[test]
fn a_rope_cut_of_an_unset_clock_alarms_as_of_its_receipt() {
    check(
        "00:01 report km 1
         00:02 report undated signal rope_cut",
        expect![[r#"
            00:02 A01 raised as 1, S1, at 00:02: the rope of the seal was cut
            00:02 1 escalated: Escalate
        "#]],
    );
}

#[test]
fn what_the_seal_said_before_it_was_closed_or_after_it_was_opened_under_a_grant_is_no_alarm() {
    check(
        "00:01 report km 1
         00:02 report km 1 sent 00:00:00 serial 1
         00:03 opened under grant
         00:03:10 report km 20 signal rope_out rope out
         00:04 report km 20 signal cover_open",
        expect![[r#""#]],
    );
}

/// Issue: "Cargo-tracker mode of a seal or trip: dense reports, no claim of being sealed".
#[test]
fn a_tracker_is_no_seal_but_its_body_is_watched() {
    check_in(
        World::of_mode(TripMode::CargoTracker),
        "00:01 report km 1 rope out
         00:02 report km 2 signal rope_cut signal shackle
         00:03 report km 3 rope out signal dismantled",
        expect![[r#"
            00:03 A03 raised as 1, S1, at 00:03: the seal was taken apart
            00:03 1 escalated: Escalate
        "#]],
    );
}

/// A17: ">= 3 in 10 min".
#[test]
fn three_refused_openings_in_ten_minutes_alarm() {
    check(
        "00:01 report km 1 event signal refused
         00:05 report km 2 event signal refused
         00:11:01 report km 3 event signal refused
         00:15 report km 4 event signal refused
         00:15:01 report km 4 event signal refused",
        expect![[r#"
            00:15 A17 raised as 1, S2, at 00:05: refused to open 3 times in 10 min
        "#]],
    );
}

/// Handbook of protocols 1.3, bit 10 "ALARM illegal RFID card" is a level: one card is one try, however many records say so,
/// and its lock event is the same try.
#[test]
fn one_illegal_card_is_one_try_in_however_many_records() {
    check(
        "00:01 report km 1 event signal refused
         00:01:02 report km 1 signal refused
         00:02 report km 2 signal refused
         00:03 report km 3 signal refused
         00:04 report km 4 signal refused",
        expect![[r#""#]],
    );
}

/// The level has to fall before it counts again; the third rise in ten minutes is the third try.
#[test]
fn an_illegal_card_counts_again_once_its_level_has_fallen() {
    let twice = "00:01 report km 1 signal refused
         00:02 report km 2
         00:04 report km 3 signal refused
         00:05 report km 4";
    check(
        &format!("{twice}\n00:11 report km 5 signal refused"),
        expect![[r#"
            00:11 A17 raised as 1, S2, at 00:01: refused to open 3 times in 10 min
        "#]],
    );
    check(
        &format!("{twice}\n00:11:01 report km 5 signal refused"),
        expect![[r#""#]],
    );
}

/// Handbook of protocols 1.3, bit 9 "ALARM wrong password 5x": more than three tries by itself, told once.
#[test]
fn five_wrong_passwords_alarm_at_once_and_not_with_each_record_after_a_person_has_closed_it() {
    check(
        "00:01 report km 1 signal wrong_password
         00:02 report km 2 signal wrong_password
         00:03 close 1 by officer
         00:04 report km 3 signal wrong_password
         00:05 report km 4
         00:06 report km 5 signal wrong_password",
        expect![[r#"
            00:01 A17 raised as 1, S2, at 00:01: refused to open 3 times in 10 min
            00:03 1 closed
            00:06 A17 raised as 2, S2, at 00:06: refused to open 3 times in 10 min
        "#]],
    );
}

/// The order in which they come changes nothing: what a blind area brings is one run of one level.
#[test]
fn a_level_that_comes_late_is_not_counted_beside_the_same_level() {
    check(
        "00:01 report km 1
         00:09 report km 9 signal refused
         00:09:01 report km 7 sent 00:07 backfill signal refused
         00:09:02 report km 5 sent 00:05 backfill signal refused
         00:09:03 report km 3 sent 00:03 backfill signal refused",
        expect![[r#""#]],
    );
}

/// Law 6 and its other side: what a person has closed is not told again with each record, only when it begins anew.
#[test]
fn a_stuck_motor_that_was_closed_is_told_again_only_after_it_was_sound() {
    check(
        "00:01 report km 1 signal motor_stuck
         00:02 close 1 by officer
         00:03 report km 2 signal motor_stuck
         00:03:30 report km 2 sent 00:01:30 backfill signal motor_stuck
         00:04 report km 3
         00:05 report km 4 signal motor_stuck",
        expect![[r#"
            00:01 A23 raised as 1, S3, at 00:01: the motor of the seal is stuck
            00:02 1 closed
            00:05 A23 raised as 2, S3, at 00:05: the motor of the seal is stuck
        "#]],
    );
}

/// A cut rope whose older records come after a person has closed it is the same cut.
#[test]
fn older_records_of_a_cut_rope_that_was_closed_are_no_new_cut() {
    check(
        "00:01 report km 1
         00:09 report km 9 signal rope_cut
         00:09:10 acknowledge 1 by officer
         00:09:20 close 1 by supervisor
         00:09:30 report km 7 sent 00:07 backfill signal rope_cut
         00:09:40 report km 5 sent 00:05 backfill
         00:09:50 report km 4 sent 00:04 backfill signal rope_cut",
        expect![[r#"
            00:09 A01 raised as 1, S1, at 00:09: the rope of the seal was cut
            00:09 1 escalated: Escalate
            00:09:10 1 acknowledged
            00:09:20 1 closed
            00:09:50 A01 raised as 2, S1, at 00:04, known late: the rope of the seal was cut
            00:09:50 2 escalated: Escalate
        "#]],
    );
}

#[test]
fn a_stuck_motor_is_the_seals_own_fault() {
    check(
        "00:01 report km 1 signal motor_stuck
         00:02 report km 2 signal motor_stuck",
        expect![[r#"
            00:01 A23 raised as 1, S3, at 00:01: the motor of the seal is stuck
        "#]],
    );
}

/// A23: the clock of a seal may be off by the rulebook's minute.
#[test]
fn a_clock_that_is_a_minute_off_is_corrected_and_beyond_it_alarms() {
    check(
        "00:01 report km 1 sent 00:02
         00:02 report km 2 sent 00:03
         00:03 report km 3 sent 00:04
         00:04 report km 4 sent 00:05",
        expect![[r#"
            00:03 clock off by 60000 ms
        "#]],
    );
    check(
        "00:01 report km 1 sent 00:02:01
         00:02 report km 2 sent 00:03:01
         00:03 report km 3 sent 00:04:01
         00:04 report km 4 sent 00:05:01",
        expect![[r#"
            00:03 clock off by 61000 ms
            00:03 A23 raised as 1, S3, at 00:03: the clock of the seal is 1 min 1 s fast
        "#]],
    );
}

/// A23: "clock drift > 5 s/day". Each measurement is three reports; the second lies a day after the first.
#[test]
fn a_clock_that_drifts_alarms_though_it_is_off_by_seconds_only() {
    let measured = |then: &str| {
        let day = "24:01 report km 19.9 sent 24:01:{then}
         24:02 report km 19.9 sent 24:02:{then}
         24:03 report km 19.9 sent 24:03:{then}";
        let mut world = World::travelling();
        let first = "00:01 report km 1 sent 00:01:03
         00:02 report km 2 sent 00:02:03
         00:03 report km 3 sent 00:03:03
         00:04 taken off";
        let story = format!("{first}\n{}", day.replace("{then}", then));
        story.lines().map(str::trim).for_each(|line| world.line(line));
        world.told()
    };
    expect![[r#"
        00:03 clock off by 3000 ms
        24:01 clock off by 8000 ms
        24:01 A23 raised as 1, S3, at 24:01: the clock of the seal drifts +5.0 s a day
    "#]]
    .assert_eq(&measured("08"));
    expect![[r#"
        00:03 clock off by 3000 ms
        24:01 clock off by 7000 ms
    "#]]
    .assert_eq(&measured("07"));
}
