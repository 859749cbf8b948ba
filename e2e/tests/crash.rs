//! Kill it, look whether every promise was kept, and again. `SEGEL_KILLS` says how often; ten where nobody says.

use segel_e2e::crash::{City, FalseClaim, Plan, run};
use segel_e2e::program::program;
use std::time::Duration;

/// Kills of the short run that belongs to every test run.
const KILLS: u32 = 10;

/// Law 1: nothing leaves the process before its entry is durable; blobs are durable before the entry that names them.
#[test]
fn no_acknowledged_report_no_answered_command_and_no_stored_photo_is_lost_by_a_kill() {
    let kills = std::env::var("SEGEL_KILLS").map_or(KILLS, |kills| kills.parse().expect("a number of kills"));
    let tally = run(&Plan::of_kills(kills)).unwrap_or_else(|failure| panic!("{failure:#}"));
    println!("{tally:#?}");
    assert_eq!(tally.kills, kills);
    assert!(tally.in_flight.is_complete() && tally.reports > 0 && tally.commands > 0 && tally.photos > 0);
}

/// A test that cannot fail is decoration.
#[test]
fn a_promise_that_was_never_given_is_found_missing() {
    let mut city = City::found(program().clone()).expect("a city");
    let running = city.start().expect("it starts");
    city.live(running, Duration::from_millis(500)).expect("a life");
    let _running = city.start().expect("it starts again");
    city.prove().expect("every true promise was kept");
    for (claim, complaint) in [
        (FalseClaim::Report, "are lost"),
        (FalseClaim::Command, "an answered command is lost"),
        (FalseClaim::Photo, "has other bytes"),
    ] {
        city.claim(claim);
        let failure = city.prove().expect_err("it was never promised");
        assert!(
            format!("{failure:#}").contains(complaint),
            "{claim:?}: {failure:#}"
        );
        city.withdraw(claim);
    }
}
