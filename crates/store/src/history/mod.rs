//! History: reports that a snapshot has and the journal vouches for, in sealed blocks.
//!
//! A *run* holds all reports of a stretch of commits, sorted by seal and cut into *blocks*. Runs follow each other without
//! a gap, so journal and history still replay in one order; and a stretch of commits is a row or two, however many seals
//! there are. Small runs are merged later; the bounds and hashes of their blocks stay as *parts*, so that a proof made
//! from a small block still holds.
//!
//! Two files do not commit together. Blocks are written and synced first, staged rows are deleted after; readers look at
//! the staged rows first and drop what they see twice.

mod block;
mod columns;
mod compactor;
mod frames;
mod measures;
mod numbers;
mod planes;

use rusqlite::{Connection, OptionalExtension, params};
use segel_model::{EventTime, SealId};

use crate::StoreError;
use crate::chain::{self, Hash};
use crate::error::Doing;
use crate::recover::Step;
use crate::reports::{ReportQuery, Stored};
use crate::staged::clamped;

pub use block::BLOCK_REPORTS;
pub(crate) use block::{decode, encode, hash};
pub use compactor::{Compactor, Progress, Rules};
pub(crate) use compactor::{note_sealed, parts_of};

/// A run as its row says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) id: i64,
    pub(crate) level: u32,
    pub(crate) from_commit: u64,
    pub(crate) until_commit: u64,
    pub(crate) reports: u64,
    pub(crate) staged_hash: Hash,
}

const RUN: &str = "SELECT id, level, from_commit, until_commit, reports, staged_hash FROM run";

fn run(row: &rusqlite::Row<'_>) -> rusqlite::Result<Run> {
    Ok(Run {
        id: row.get(0)?,
        level: row.get(1)?,
        from_commit: row.get::<_, i64>(2)? as u64,
        until_commit: row.get::<_, i64>(3)? as u64,
        reports: row.get::<_, i64>(4)? as u64,
        staged_hash: row.get(5)?,
    })
}

/// The last commit that lies in history, and the chain of staged rows up to it.
pub(crate) fn sealed(from: &Connection) -> Result<(u64, Hash), StoreError> {
    let last = from
        .query_row(&format!("{RUN} ORDER BY until_commit DESC LIMIT 1"), [], run)
        .optional()
        .doing("read the end of history")?;
    Ok(last.map_or((0, chain::START), |run| (run.until_commit, run.staged_hash)))
}

/// Runs that reach beyond a commit, oldest first.
pub(crate) fn runs_after(from: &Connection, commit: u64, limit: usize) -> Result<Vec<Run>, StoreError> {
    from.prepare_cached(&format!(
        "{RUN} WHERE until_commit > ?1 ORDER BY until_commit LIMIT ?2"
    ))
    .and_then(|mut select| {
        select
            .query_map(params![clamped(commit), limit as i64], run)?
            .collect()
    })
    .doing("list runs of history")
}

/// All reports of a run, by seal.
pub(crate) fn reports_of(from: &Connection, run: &Run) -> Result<Vec<Stored>, StoreError> {
    let bodies: Vec<Vec<u8>> = from
        .prepare_cached("SELECT body FROM block WHERE run = ?1 ORDER BY id")
        .and_then(|mut select| select.query_map([run.id], |row| row.get(0))?.collect())
        .doing("read a run of history")?;
    let mut reports = Vec::with_capacity(run.reports as usize);
    for body in bodies {
        reports.extend(decode(&body)?);
    }
    Ok(reports)
}

/// How many reports each block of a run holds, and its hash, in order.
pub(crate) fn blocks_in_order(from: &Connection, run: &Run) -> Result<Vec<(usize, Hash)>, StoreError> {
    from.prepare_cached("SELECT reports, hash FROM block WHERE run = ?1 ORDER BY id")
        .and_then(|mut select| {
            select
                .query_map([run.id], |row| Ok((row.get::<_, i64>(0)? as usize, row.get(1)?)))?
                .collect()
        })
        .doing("read the blocks of a run")
}

/// The judgements of the first run that reaches beyond a commit, in the order they were made, and the last commit in it.
pub(crate) fn run_after(from: &Connection, commit: u64) -> Result<Option<(u64, Vec<Step>)>, StoreError> {
    let Some(run) = runs_after(from, commit, 1)?.pop() else {
        return Ok(None);
    };
    let mut reports = reports_of(from, &run)?;
    reports.retain(|stored| commit < stored.commit);
    reports.sort_unstable_by_key(|stored| (stored.commit, stored.staged.ordinal));
    let step = |Stored { commit, staged }| Step::Report {
        commit,
        ordinal: staged.ordinal,
        observed: staged.observed,
    };
    Ok(Some((run.until_commit, reports.into_iter().map(step).collect())))
}

/// Where a block lies and from when it reaches.
pub(crate) struct BlockPlace {
    id: i64,
    pub(crate) first: EventTime,
}

impl BlockPlace {
    /// Its reports.
    pub(crate) fn read(&self, from: &Connection) -> Result<Vec<Stored>, StoreError> {
        let body: Option<Vec<u8>> = from
            .prepare_cached("SELECT body FROM block WHERE id = ?1")
            .and_then(|mut select| select.query_row([self.id], |row| row.get(0)).optional())
            .doing("read a block of history")?;
        body.map_or(Ok(Vec::new()), |body| decode(&body))
    }
}

/// Blocks that may hold what a query asks for, the earliest first.
pub(crate) fn blocks_of(from: &Connection, query: &ReportQuery) -> Result<Vec<BlockPlace>, StoreError> {
    let since = query.since();
    let runs: Vec<i64> = from
        .prepare_cached("SELECT id FROM run WHERE last_ms >= ?1 AND first_ms <= ?2")
        .and_then(|mut select| {
            select
                .query_map(params![since.unix_ms, query.until.unix_ms], |row| row.get(0))?
                .collect()
        })
        .doing("look for runs of history")?;
    let mut found = Vec::new();
    for run in runs {
        found.extend(blocks_in(from, run, query.seal, since, query.until)?);
    }
    found.sort_by_key(|block| block.first);
    Ok(found)
}

/// Blocks of a run stand in the order of seals, so the look ends at the first that begins beyond the seal.
fn blocks_in(
    from: &Connection,
    run: i64,
    seal: Option<SealId>,
    since: EventTime,
    until: EventTime,
) -> Result<Vec<BlockPlace>, StoreError> {
    let seal = seal.map_or(0, |seal| seal.0 as i64);
    let sql = "SELECT id, first_seal, first_ms, last_ms FROM block WHERE run = ?1 AND last_seal >= ?2 ORDER BY last_seal, first_seal";
    let mut select = from.prepare_cached(sql).doing("look for blocks of history")?;
    let mut rows = select
        .query(params![run, seal])
        .doing("look for blocks of history")?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().doing("look for blocks of history")? {
        let number = |column| row.get::<_, i64>(column).doing("look for blocks of history");
        if seal < number(1)? {
            break;
        }
        if number(2)? <= until.unix_ms && since.unix_ms <= number(3)? {
            found.push(BlockPlace {
                id: number(0)?,
                first: EventTime::from_unix_ms(number(2)?),
            });
        }
    }
    Ok(found)
}

/// One report by its place; without its seal every block of its run is looked through.
pub(crate) fn find(
    from: &Connection,
    commit: u64,
    ordinal: u32,
    seal: Option<SealId>,
) -> Result<Option<Stored>, StoreError> {
    let Some(run) = runs_after(from, commit.saturating_sub(1), 1)?
        .pop()
        .filter(|run| run.from_commit <= commit)
    else {
        return Ok(None);
    };
    let always = (
        EventTime::from_unix_ms(i64::MIN),
        EventTime::from_unix_ms(i64::MAX),
    );
    let blocks = match seal {
        Some(seal) => blocks_in(from, run.id, Some(seal), always.0, always.1)?,
        None => all_blocks(from, run.id)?,
    };
    for block in blocks {
        let is_it = |stored: &Stored| stored.commit == commit && stored.staged.ordinal == ordinal;
        if let Some(found) = block.read(from)?.into_iter().find(is_it) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn all_blocks(from: &Connection, run: i64) -> Result<Vec<BlockPlace>, StoreError> {
    from.prepare_cached("SELECT id, first_ms FROM block WHERE run = ?1 ORDER BY id")
        .and_then(|mut select| {
            select
                .query_map([run], |row| {
                    Ok(BlockPlace {
                        id: row.get(0)?,
                        first: EventTime::from_unix_ms(row.get(1)?),
                    })
                })?
                .collect()
        })
        .doing("list blocks of history")
}
