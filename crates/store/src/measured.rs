//! The two encodings of the hot path, by themselves: for those who count what they cost.

use crate::{Staged, StoreError, Stored, history, staged};

/// The body of the row that these reports are staged as.
pub fn staged_body(reports: &[Staged]) -> Result<Vec<u8>, StoreError> {
    staged::encode(reports)
}

/// The body of the block that these reports lie in later; at most `history::BLOCK_REPORTS`.
pub fn block_body(reports: Vec<Stored>) -> Result<Vec<u8>, StoreError> {
    history::encode(reports)
}
