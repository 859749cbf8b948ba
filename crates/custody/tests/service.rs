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
