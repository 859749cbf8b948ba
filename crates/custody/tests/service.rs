//! Our own presence, and the clock of the wall.

mod story;

use expect_test::expect;
use story::check;

/// Design, times: "a wall clock stepped forward is adopted and deadlines re-anchored": a limit still takes as long as it should.
#[test]
fn a_stepped_clock_moves_the_limits_with_it() {
    check(
        "given installing\n0:04 clock steps 3600\n1:07:59 tick\n1:09 nothing",
        expect![[r#"
        1:04 ClockStepped
        1:08 trip 1 Install OVERDUE
        1:08 ALARM 1 A21 S3: T1 installation exceeded its limit of 5 min
        1:08 SKP message 4: E07
    "#]],
    );
}

/// A clock that runs across the step is measured in the new time.
#[test]
fn a_clock_across_the_step_takes_what_it_took() {
    check(
        "given installing
         0:04 clock steps 3600
         1:05 seal 1 at origin locked says sealed",
        expect![[r#"
            1:04 ClockStepped
            1:05 trip 1 closed at 1:05
            1:05 trip 1 Install took 120 s, met
            1:05 trip 1 6 Installing > 7 Installed (the seal says it is locked)
            1:05 trip 1 InstallPhotos starts at 1:05, limit 10 min
            1:05 order 1: Interval { awake_s: 60, asleep_s: 300 }
            1:05 interval set by order 1
            1:05 SKP message 4: E04
        "#]],
    );
}

/// Law 7: the first start leaves no gap; a later one leaves one, however short.
#[test]
fn starting_leaves_a_gap_after_the_first_time() {
    check(
        "0:10 we start again, absent since 0:09:59\n0:11 we start again, absent since 0:11",
        expect![[r#"
        0:10 we did not listen from 0:09:59 to 0:10
    "#]],
    );
}

/// A limit that had run out before we were gone is no fault of ours.
#[test]
fn a_limit_that_ran_out_before_our_absence_is_the_technicians() {
    check(
        "given installing\n0:09 nothing\n0:30 we start again, absent since 0:09",
        expect![[r#"
        0:08 trip 1 Install OVERDUE
        0:08 ALARM 1 A21 S3: T1 installation exceeded its limit of 5 min
        0:08 SKP message 4: E07
        0:30 we did not listen from 0:09 to 0:30
    "#]],
    );
}

/// "One stepped back is waited for at a creep": nothing is overdue at once because the clock was set back. The limit of T1
/// ends 4 minutes later, of which server time tells 3.75 seconds.
#[test]
fn a_clock_set_back_makes_nothing_overdue_at_once() {
    check(
        "given installing
         0:04 clock set back 3600
         0:04:03 tick
         0:04:04 tick",
        expect![[r#"
            0:04 ClockStepped
            0:04:03 trip 1 Install OVERDUE
            0:04:03 ALARM 1 A21 S3: T1 installation exceeded its limit of 5 min
            0:04:03 SKP message 4: E07
        "#]],
    );
}

/// Law 7: "silence counts only time in which we listened", also where the clock was set forward after we had been absent. The
/// seal was heard at 0:15; one minute before the absence and one before the step are listened to, then eight more.
#[test]
fn an_absence_is_no_silence_after_the_clock_was_set_forward() {
    let mut world = story::World::with_cast();
    let silent = |world: &story::World| {
        let mut alarms = world.state.alarms.values();
        alarms.any(|alarm| alarm.finding.code == segel_model::AlarmCode::A12)
    };
    world.given(
        "given travelling\n0:40 we start again, absent since 0:16\n0:41 clock steps 3600\n1:48:59 nothing",
    );
    assert!(!silent(&world));
    world.given("1:49 nothing");
    assert!(silent(&world));
}

/// And where it was set back: no silence at once.
#[test]
fn a_clock_set_back_makes_no_seal_silent_at_once() {
    let mut world = story::World::with_cast();
    world.given("given travelling\n0:16 clock set back 3600\n0:16:10 nothing");
    let raised: Vec<&str> = world
        .state
        .alarms
        .values()
        .map(|alarm| alarm.finding.code.name())
        .collect();
    assert_eq!(raised, [] as [&str; 0]);
}
