//! Power losses, built from a recorded run. `SEGEL_CRASHES` says how many; a few where nobody says.

use std::time::Duration;

use segel_e2e::lab::{Phase, Plan, Program, run};
use segel_e2e::program::program;

/// Power losses of the short run that belongs to every test run.
const CRASHES: usize = 40;

/// Law 1: nothing leaves the process before its entry is durable; blobs are durable before the entry that names them.
#[test]
fn no_power_loss_takes_an_acknowledged_report_an_answered_command_or_a_stored_photo() {
    let crashes =
        std::env::var("SEGEL_CRASHES").map_or(CRASHES, |crashes| crashes.parse().expect("a number"));
    let plan = Plan {
        crashes,
        life: Duration::from_millis(if crashes <= CRASHES { 1500 } else { 4000 }),
        seed: 7,
        program: Program {
            path: program().clone(),
            sabotage: None,
        },
    };
    let tally = run(&plan).unwrap_or_else(|failure| panic!("{failure:#}"));
    println!("{tally}");
    assert_eq!(tally.crashes.values().sum::<u64>(), crashes as u64);
    for phase in [
        Phase::Commit,
        Phase::Photo,
        Phase::Compaction,
        Phase::Snapshot,
        Phase::Checkpoint,
        Phase::Backup,
        Phase::Upgrade,
        Phase::Recovery,
    ] {
        assert!(
            tally.crashes.contains_key(&phase),
            "no crash during {phase:?}: {tally}"
        );
    }
    assert!(tally.loss.bytes_lost > 0 && tally.loss.torn > 0 && tally.promises > 0);
}
