//! A disk that fails: the program never acknowledges what is not on it, says what is wrong, and ends.

use segel_e2e::lab::{Fault, Outcome, Program, fail};
use segel_e2e::program::program;

/// Syncs that are failed, one in each run, until one of them is that of a commit; nearly all are.
const SYNCS: u32 = 6;

fn outcome(fault: Fault) -> Outcome {
    let program = Program {
        path: program().clone(),
        sabotage: None,
    };
    let outcome = fail(&program, fault).unwrap_or_else(|failure| panic!("{fault:?}: {failure:#}"));
    println!(
        "{fault:?}: {} acknowledged, {}, {} power losses afterwards",
        outcome.acknowledged,
        if outcome.ended { "ended" } else { "went on" },
        outcome.crashes
    );
    assert!(!outcome.said.contains("panicked"), "{}", outcome.said);
    outcome
}

/// Linux writes nothing of what a failed sync should have written, and tells it once. Whoever goes on as if nothing had been
/// loses it.
#[test]
fn a_sync_that_fails_ends_the_program_or_is_made_good_before_anything_is_acknowledged() {
    for at in 1..=SYNCS {
        // A snapshot or a checkpoint that meets it is tried again, and the seal notices nothing.
        let outcome = outcome(Fault::Sync(at));
        if outcome.ended {
            assert!(
                outcome.said.contains("could not make a commit durable"),
                "{}",
                outcome.said
            );
            return;
        }
    }
    panic!("none of {SYNCS} failed syncs was that of a commit");
}

#[test]
fn a_disk_that_is_full_in_the_middle_of_a_commit_ends_the_program_with_a_sentence() {
    for at in [1, 3] {
        let outcome = outcome(Fault::Full(at));
        assert!(outcome.ended);
        assert!(
            outcome.said.contains("no space left on the disk"),
            "{}",
            outcome.said
        );
        assert!(
            outcome.said.contains("Ruang penyimpanan penuh"),
            "{}",
            outcome.said
        );
    }
}

/// Commits need few reads: one that fails is told by whoever needed it, and nothing that was acknowledged is touched.
#[test]
fn reads_that_fail_take_nothing_that_was_acknowledged() {
    let outcome = outcome(Fault::Read(1));
    assert!(5 <= outcome.acknowledged);
    assert_eq!(outcome.crashes, 7);
}
