//! The laboratory must notice a Segel that breaks law 1: a test that cannot fail is decoration.

use std::path::PathBuf;
use std::time::Duration;

use segel_e2e::lab::{Plan, Program, Sabotage, run};
use segel_e2e::program::{build, program};

/// Power losses, any of which may find it out.
const CRASHES: usize = 60;

fn found_out(path: PathBuf, sabotage: Sabotage) -> String {
    let plan = Plan {
        crashes: CRASHES,
        life: Duration::from_millis(1500),
        seed: 7,
        program: Program {
            path,
            sabotage: Some(sabotage),
        },
    };
    match run(&plan) {
        Ok(tally) => panic!("nobody noticed {sabotage:?}: {tally}"),
        Err(failure) => {
            println!("{sabotage:?} is found out: {failure:#}");
            format!("{failure:#}")
        }
    }
}

/// The sabotaged build, made once for both tests.
fn sabotaged() -> PathBuf {
    match std::env::var_os("SEGEL_SABOTAGED") {
        Some(given) => given.into(),
        None => build(&["sabotage"]),
    }
}

#[test]
fn syncing_that_is_switched_off_is_found_out() {
    let told = found_out(program().clone(), Sabotage::NoSyncs);
    assert!(told.contains("the power went"), "{told}");
}

#[test]
fn an_acknowledgement_one_step_too_early_is_found_out() {
    let told = found_out(sabotaged(), Sabotage::EarlyAck);
    assert!(told.contains("acknowledged reports of"), "{told}");
}

#[test]
fn staged_reports_that_are_deleted_before_history_has_them_are_found_out() {
    let told = found_out(sabotaged(), Sabotage::EarlyDelete);
    assert!(told.contains("the power went"), "{told}");
}
