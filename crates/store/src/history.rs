//! History: reports of many commits as sealed blocks.

use rusqlite::{Connection, OptionalExtension};

use crate::StoreError;
use crate::chain::{self, Hash};
use crate::error::Doing;

/// The last commit that lies in history, and the chain of staged rows up to it.
pub(crate) fn sealed(from: &Connection) -> Result<(u64, Hash), StoreError> {
    from.query_row(
        "SELECT until_commit, staged_hash FROM run ORDER BY until_commit DESC LIMIT 1",
        [],
        |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?)),
    )
    .optional()
    .map(|found| found.unwrap_or((0, chain::START)))
    .doing("read the end of history")
}

/// The reports of the first run that reaches beyond a commit, and the last commit in it.
pub(crate) fn run_after(
    _from: &Connection,
    _commit: u64,
) -> Result<Option<(u64, Vec<crate::recover::Step>)>, StoreError> {
    Ok(None)
}
