//! The chains of this store, as the evidence crate builds them: one over the journal's entries, one over the rows of
//! staged reports.

use segel_evidence::Head;

/// A chain's head, as the tables keep it.
pub type Hash = [u8; 32];

/// What stands before the first link.
pub const START: Hash = Head::GENESIS.0.0;

/// The journal's head after an entry.
pub fn link(previous: &Hash, entry: &[u8]) -> Hash {
    extend(previous, "entry", entry)
}

/// The head of staged reports after a commit's row. The commit is part of the kind, so that a row moved to another commit
/// breaks the chain.
pub fn link_staged(previous: &Hash, commit: u64, body: &[u8]) -> Hash {
    extend(previous, &format!("staged {commit}"), body)
}

fn extend(previous: &Hash, kind: &str, bytes: &[u8]) -> Hash {
    *Head(segel_evidence::Hash(*previous)).extend(kind, bytes).bytes()
}
