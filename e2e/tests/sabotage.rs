//! The crash test must notice a Segel that acknowledges before it commits. It builds such a one, so it runs with
//! `make crash` alone.

use segel_e2e::crash::{Plan, run};
use segel_e2e::program::build;

/// A kill hits the moment between acknowledgement and commit often; so many never all miss it.
const KILLS: u32 = 40;

#[test]
fn a_program_that_acknowledges_too_early_is_found_out() {
    if std::env::var_os("SEGEL_KILLS").is_none() {
        println!("passed over: make crash builds the sabotaged program");
        return;
    }
    let program = match std::env::var_os("SEGEL_SABOTAGED") {
        Some(given) => given.into(),
        None => build(&["sabotage"]),
    };
    let plan = Plan {
        program,
        sabotage: Some("early_ack"),
        keep_failed: false,
        ..Plan::of_kills(KILLS)
    };
    let failure = run(&plan).expect_err("acknowledged reports were lost and nobody noticed");
    println!("found out: {failure:#}");
    assert!(format!("{failure:#}").contains("are lost"), "{failure:#}");
}
