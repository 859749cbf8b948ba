//! The life of an alarm among people.

use expect_test::expect;

use crate::check;

/// A08: acknowledge 5, act 15, escalate 15 minutes.
#[test]
fn an_alarm_nobody_sees_goes_to_the_next() {
    check(
        "00:01 report km 2 north 600
         00:02 report km 2 north 600
         00:06:59 report km 2
         00:07 report km 2
         00:12 report km 3
         00:16:59 report km 3
         00:17 report km 4
         00:24 report km 7",
        expect![[r#"
            00:02 A08 raised as 1, S2, at 00:01: 500 m outside for 1 min near km 2.0
            00:06:59 1 recovered at 00:06:59
            00:07 1 escalated: Acknowledge
            00:17 1 escalated: Act
            00:17 1 escalated: Escalate
        "#]],
    );
}

#[test]
fn an_alarm_somebody_acts_on_in_time_goes_to_nobody_until_it_is_open_too_long() {
    check(
        "00:01 report km 2 north 600
         00:02 report km 2 north 600
         00:03 acknowledge 1 by operator
         00:04 investigate 1 by operator
         00:12 report km 3
         00:17 report km 4",
        expect![[r#"
            00:02 A08 raised as 1, S2, at 00:01: 500 m outside for 1 min near km 2.0
            00:03 1 acknowledged
            00:04 1 investigated
            00:12 A12 raised as 2, S2, at 00:02: no report for 10 min
            00:12 2 recovered at 00:12
            00:12 1 recovered at 00:12
            00:17 1 escalated: Escalate
            00:17 2 escalated: Acknowledge
        "#]],
    );
}

/// Table (b): "Close alarm as false / resolved: officer sev <= high, supervisor yes, provider propose".
#[test]
fn the_provider_proposes_and_the_officer_closes() {
    check(
        "00:01 report km 2 north 600
         00:02 report km 2 north 600
         00:03 close 1 by operator
         00:03:10 close_unsaid 1 by officer
         00:03:20 close 1 by user
         00:04 close 1 by officer
         00:04:10 close 1 by officer
         00:04:20 comment 1 by user",
        expect![[r#"
            00:02 A08 raised as 1, S2, at 00:01: 500 m outside for 1 min near km 2.0
            00:03 1 closure proposed
            00:03:10 refused: reason_needed
            00:03:20 refused: role_may_not
            00:04 1 closed
            00:04:10 refused: alarm_closed
            00:04:20 1 commented
        "#]],
    );
}

/// Table (b): "four-eyes for ... closing critical alarms".
#[test]
fn nobody_closes_a_critical_alarm_alone() {
    check(
        "00:01 report km 1 signal rope_cut
         00:02 close 1 by officer
         00:03 close 1 by supervisor",
        expect![[r#"
            00:01 A01 raised as 1, S1, at 00:01: the rope of the seal was cut
            00:01 1 escalated: Escalate
            00:02 1 escalated: Acknowledge
            00:02 1 closure proposed
            00:03 1 closed
        "#]],
    );
    check(
        "00:01 report km 1 signal rope_cut
         00:02 acknowledge 1 by supervisor
         00:03 close 1 by supervisor
         00:04 close 1 by second_supervisor",
        expect![[r#"
            00:01 A01 raised as 1, S1, at 00:01: the rope of the seal was cut
            00:01 1 escalated: Escalate
            00:02 1 escalated: Acknowledge
            00:02 1 acknowledged
            00:03 1 closure proposed
            00:04 1 closed
        "#]],
    );
}

#[test]
fn an_alarm_is_acknowledged_once() {
    check(
        "00:01 report km 1 signal rope_cut
         00:01:10 acknowledge 1 by operator
         00:01:20 acknowledge 1 by officer
         00:01:30 close 1 by supervisor",
        expect![[r#"
            00:01 A01 raised as 1, S1, at 00:01: the rope of the seal was cut
            00:01 1 escalated: Escalate
            00:01:10 1 acknowledged
            00:01:20 refused: alarm_acknowledged
            00:01:30 1 closed
        "#]],
    );
}

/// Law 6: closed "by a person with a reason"; the same happening is not raised again, another one is.
#[test]
fn what_a_person_has_closed_is_not_raised_again_but_a_graver_or_another_one_is() {
    check(
        "00:01 report km 2 north 600
         00:02 report km 2 north 600
         00:03 close 1 by officer
         00:04 report km 2 north 600
         00:05 report km 2 north 2600
         00:06 report km 2
         00:07 report km 3
         00:08 report km 3 north 600
         00:09 report km 3 north 600",
        expect![[r#"
            00:02 A08 raised as 1, S2, at 00:01: 500 m outside for 1 min near km 2.0
            00:03 1 closed
            00:05 A08 raised as 2, S1, at 00:01: 2500 m outside for 4 min near km 2.0
            00:05 2 escalated: Escalate
            00:06 2 recovered at 00:06
            00:09 2 recurred: 500 m outside for 1 min near km 3.0
        "#]],
    );
}

#[test]
fn another_happening_after_the_closing_is_another_alarm() {
    check(
        "00:01 report km 2 north 600
         00:02 report km 2 north 600
         00:03 close 1 by officer
         00:04 report km 2
         00:05 report km 3 north 600
         00:06 report km 3 north 600",
        expect![[r#"
            00:02 A08 raised as 1, S2, at 00:01: 500 m outside for 1 min near km 2.0
            00:03 1 closed
            00:06 A08 raised as 2, S2, at 00:05: 500 m outside for 1 min near km 3.0
        "#]],
    );
}

/// A rope that is cut stays cut; once decided it is told again only when it was whole in between.
#[test]
fn a_cut_rope_that_was_decided_is_not_told_with_every_report() {
    check(
        "00:01 report km 1 signal rope_cut rope out
         00:01:10 acknowledge 1 by officer
         00:01:20 close 1 by supervisor
         00:02 report km 2 signal rope_cut rope out
         00:03 report km 3 rope out
         00:04 report km 4 rope in
         00:05 report km 5 rope out",
        expect![[r#"
            00:01 A01 raised as 1, S1, at 00:01: the rope of the seal was cut
            00:01 1 escalated: Escalate
            00:01:10 1 acknowledged
            00:01:20 1 closed
            00:05 A01 raised as 2, S1, at 00:05: the rope came out without an authorised opening
            00:05 2 escalated: Escalate
        "#]],
    );
}
