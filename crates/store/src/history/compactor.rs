//! The compactor: moves staged reports into blocks, a step at a time, beside the running engine.
//!
//! `step` does one small thing and says what; its thread only calls it. A run closes by count or by age, so that
//! staging stays bounded however many seals there are and however seldom they speak. It never passes the oldest
//! snapshot: what is staged beyond it is what a crash is recovered from.

use rusqlite::{Connection, params};
use segel_model::{Entry, Event, Input, ServerTime};

use crate::chain::Hash;
use crate::error::Doing;
use crate::reader::Reader;
use crate::reports::Stored;
use crate::snapshot::Snapshots;
use crate::staged::{StagedRow, clamped, seal_number};
use crate::store::Store;
use crate::{StoreError, side, staged};

use super::block::{BLOCK_REPORTS, encode, hash, place};
use super::{Run, reports_of, runs_after, sealed};

/// The setting that says up to which commit the journal knows the hashes of history.
const VOUCHED: &str = "history_vouched_commit";

/// Staged bytes deleted in one transaction: every page of a long row is visited, and a commit behind it waits.
const DELETED_BYTES: i64 = 2 << 20;

/// Staged rows deleted in one transaction.
const DELETED_ROWS: i64 = 256;

/// Runs looked at for a merge: what could be merged is always among the newest, whatever years lie before.
const MERGE_LOOKS_AT: i64 = 256;

/// When runs close and merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// A run closes when this many reports wait.
    pub run_reports: u64,
    /// Or when its oldest report has waited that long.
    pub run_age_s: i64,
    /// So many runs of one level become one of the next.
    pub merged_runs: usize,
    /// No run grows beyond this by merging: a replay holds one run in memory.
    pub merged_reports_max: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            run_reports: 65_536,
            run_age_s: 300,
            merged_runs: 8,
            merged_reports_max: 262_144,
        }
    }
}

/// What a step did.
#[allow(clippy::large_enum_variant, reason = "one at a time, moved once")]
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Nothing is due.
    Idle,
    /// Staged rows that lie in history were deleted; there may be more.
    Deleted {
        /// How many.
        rows: usize,
    },
    /// Reports lie in blocks now. The engine decides this input, so that the journal vouches for their hashes.
    Sealed {
        /// For the engine.
        input: Input,
        /// How many reports.
        reports: u64,
    },
    /// Small runs became a larger one.
    Merged {
        /// How many runs.
        runs: usize,
        /// How many reports they hold.
        reports: u64,
    },
}

/// Moves staged reports into history.
pub struct Compactor {
    store: Store,
    reader: Reader,
    snapshots: Snapshots,
    rules: Rules,
    /// Up to here the engine was asked to vouch; it is asked once, and again after a restart.
    asked_until: u64,
}

/// Notes in the commit that vouches for history how far it does.
pub(crate) fn note_sealed(to: &Connection, entry: &Entry) -> Result<(), StoreError> {
    for event in &entry.events {
        if let Event::HistorySealed { until_commit, .. } = event {
            side::put_setting(to, VOUCHED, &until_commit.to_string())?;
        }
    }
    Ok(())
}

impl Store {
    /// The second half of compaction: staged rows that lie in history are deleted, some at a time. Says how many. Commits wait
    /// meanwhile.
    pub fn delete_sealed(&self) -> Result<usize, StoreError> {
        let (sealed_commit, _) = sealed(&self.history())?;
        self.transact("delete staged reports", |to| {
            let Some(last) = last_to_delete(to, sealed_commit).doing("find staged reports to delete")? else {
                return Ok(0);
            };
            to.prepare_cached("DELETE FROM staged WHERE commit_no <= ?1")
                .and_then(|mut delete| delete.execute([last]))
                .doing("delete staged reports")
        })
    }
}

impl Compactor {
    /// A compactor over a store; one is enough, a second would wait for the first.
    pub fn new(store: Store, reader: Reader, snapshots: Snapshots, rules: Rules) -> Self {
        Self {
            store,
            reader,
            snapshots,
            rules,
            asked_until: 0,
        }
    }

    /// Does the next small thing. Called again at once unless idle.
    pub fn step(&mut self, now: ServerTime) -> Result<Progress, StoreError> {
        if let Some(asking) = self.ask()? {
            return Ok(asking);
        }
        match self.store.delete_sealed()? {
            0 => self.pack(now),
            rows => Ok(Progress::Deleted { rows }),
        }
    }

    /// The same, but that nothing is deleted: another thread does that ([`Store::delete_sealed`]). Packing takes the processor for long
    /// and may step back behind those who serve; deleting keeps commits waiting, and may not.
    pub fn pack(&mut self, now: ServerTime) -> Result<Progress, StoreError> {
        if let Some(asking) = self.ask()? {
            return Ok(asking);
        }
        if self.seal(now)? {
            return Ok(self.ask()?.unwrap_or(Progress::Idle));
        }
        Ok(self.merge()?.unwrap_or(Progress::Idle))
    }

    /// The first half of compaction: staged rows are written as a run and synced. True where there was enough to do it.
    pub fn seal(&self, now: ServerTime) -> Result<bool, StoreError> {
        let (sealed_commit, _) = sealed(&self.store.history())?;
        let Some(until_commit) = self.snapshots.oldest_commit()? else {
            return Ok(false);
        };
        let rows = self
            .reader
            .staged_after(sealed_commit, until_commit, self.rules.run_reports)?;
        if !self.is_due(&rows, now)? {
            return Ok(false);
        }
        let run = NewRun::of(&rows)?;
        #[cfg(feature = "sabotage")]
        self.delete_too_early(&rows)?;
        write_run(&mut self.store.history(), &run)?;
        self.store.metrics().compacted(run.reports());
        Ok(true)
    }

    /// What must never be: staged reports are deleted before history has them. The crash laboratory must find it out.
    #[cfg(feature = "sabotage")]
    fn delete_too_early(&self, rows: &[StagedRow]) -> Result<(), StoreError> {
        let until_commit = rows.last().map_or(0, |row| row.commit);
        if std::env::var_os("SEGEL_SABOTAGE").is_none_or(|kind| kind != "early_delete") {
            return Ok(());
        }
        self.store.transact("delete staged reports too early", |to| {
            to.execute(
                "DELETE FROM staged WHERE commit_no <= ?1",
                [clamped(until_commit)],
            )
            .map(drop)
            .doing("delete staged reports too early")
        })
    }

    fn is_due(&self, rows: &[StagedRow], now: ServerTime) -> Result<bool, StoreError> {
        let Some(oldest) = rows.first() else {
            return Ok(false);
        };
        if self.rules.run_age_s * 1000 <= now.since_ms(oldest.at) {
            return Ok(true);
        }
        let mut reports = 0;
        for row in rows {
            reports += staged::count(&row.body)?;
        }
        Ok(self.rules.run_reports <= reports)
    }

    /// Asks the engine to vouch for the oldest run it has not been asked about.
    fn ask(&mut self) -> Result<Option<Progress>, StoreError> {
        let asked_until = self.vouched()?.max(self.asked_until);
        let history = self.store.history();
        let Some(run) = runs_after(&history, asked_until, 1)?.pop() else {
            return Ok(None);
        };
        let mut hashes = vec![hex(&run.staged_hash)];
        hashes.extend(block_hashes(&history, run.id)?.iter().map(hex));
        self.asked_until = run.until_commit;
        let input = Input::HistorySealed {
            from_commit: run.from_commit,
            until_commit: run.until_commit,
            hashes,
        };
        Ok(Some(Progress::Sealed {
            input,
            reports: run.reports,
        }))
    }

    fn vouched(&self) -> Result<u64, StoreError> {
        Ok(self
            .reader
            .setting(VOUCHED)?
            .and_then(|text| text.parse().ok())
            .unwrap_or(0))
    }

    /// Merges the oldest neighbours of one level, where there are enough and the journal vouches for them.
    fn merge(&self) -> Result<Option<Progress>, StoreError> {
        let vouched = self.vouched()?;
        let mut history = self.store.history();
        let Some(runs) = self.mergeable(&history, vouched)? else {
            return Ok(None);
        };
        let merged = Merged::of(&history, &runs)?;
        let reports = merged.run.reports();
        replace_runs(&mut history, &runs, &merged)?;
        Ok(Some(Progress::Merged {
            runs: runs.len(),
            reports,
        }))
    }

    fn mergeable(&self, history: &Connection, vouched: u64) -> Result<Option<Vec<Run>>, StoreError> {
        let runs = newest_runs(history, vouched)?;
        let found = (0..runs.len()).find_map(|first| self.full(&runs[first..]));
        Ok(found.map(<[Run]>::to_vec))
    }

    /// The first of these runs that belong into one, where they are complete: as many as make the next level, or fewer
    /// where one more would be too large. (Without the second, a thousand seals at one report a minute kept runs of 40
    /// minutes for ever, and the day of a seal lay in 36 blocks.) Runs that closed by count in a flood stay as they are:
    /// they are long enough, and merging them would take the processor from those who report.
    fn full<'a>(&self, runs: &'a [Run]) -> Option<&'a [Run]> {
        let most = self.rules.merged_runs.max(2);
        let alike = alike(runs).min(most);
        let fitting = self.fitting(&runs[..alike]);
        let complete = fitting == most || (fitting < alike && runs[0].level != 0);
        (complete && 2 <= fitting).then(|| &runs[..fitting])
    }

    /// How many of them fit into one.
    fn fitting(&self, runs: &[Run]) -> usize {
        let mut reports = 0;
        let fits = |run: &&Run| {
            reports += run.reports;
            reports <= self.rules.merged_reports_max
        };
        runs.iter().take_while(fits).count()
    }
}

/// How many runs at the beginning are of one level and follow each other.
fn alike(runs: &[Run]) -> usize {
    let apart = |pair: &[Run]| pair[0].level != pair[1].level || pair[1].from_commit <= pair[0].until_commit;
    runs.windows(2)
        .position(apart)
        .map_or(runs.len(), |last| last + 1)
}

/// The newest runs that the journal vouches for, oldest first.
fn newest_runs(history: &Connection, vouched: u64) -> Result<Vec<Run>, StoreError> {
    let sql = format!(
        "{} WHERE until_commit <= ?1 ORDER BY until_commit DESC LIMIT ?2",
        super::RUN
    );
    let mut runs: Vec<Run> = history
        .prepare_cached(&sql)
        .and_then(|mut select| {
            select
                .query_map(params![clamped(vouched), MERGE_LOOKS_AT], super::run)?
                .collect()
        })
        .doing("look for runs to merge")?;
    runs.reverse();
    Ok(runs)
}

/// The last of the oldest staged rows that are deleted together: as many as stay below the limits, and at least one.
fn last_to_delete(from: &Connection, sealed_commit: u64) -> rusqlite::Result<Option<i64>> {
    let mut select = from.prepare_cached(
        "SELECT commit_no, length(body) FROM staged WHERE commit_no <= ?1 ORDER BY commit_no LIMIT ?2",
    )?;
    let mut rows = select.query(params![clamped(sealed_commit), DELETED_ROWS])?;
    let (mut last, mut bytes) = (None, 0);
    while let Some(row) = rows.next()? {
        bytes += row.get::<_, i64>(1)?;
        if last.is_some() && DELETED_BYTES < bytes {
            break;
        }
        last = Some(row.get(0)?);
    }
    Ok(last)
}

fn block_hashes(from: &Connection, run: i64) -> Result<Vec<Hash>, StoreError> {
    from.prepare_cached("SELECT hash FROM block WHERE run = ?1 ORDER BY id")
        .and_then(|mut select| select.query_map([run], |row| row.get(0))?.collect())
        .doing("read hashes of blocks")
}

fn hex(hash: &Hash) -> String {
    segel_model::BlobHash(*hash).to_string()
}

/// A run before it is written.
struct NewRun {
    level: u32,
    from_commit: u64,
    until_commit: u64,
    staged_hash: Hash,
    blocks: Vec<NewBlock>,
}

struct NewBlock {
    first_seal: u64,
    last_seal: u64,
    first_ms: i64,
    last_ms: i64,
    reports: usize,
    hash: Hash,
    body: Vec<u8>,
}

impl NewRun {
    fn of(rows: &[StagedRow]) -> Result<Self, StoreError> {
        let mut reports = Vec::new();
        for row in rows {
            reports.extend(row.reports()?.into_iter().map(|staged| Stored {
                commit: row.commit,
                staged,
            }));
        }
        let (first, last) = (&rows[0], &rows[rows.len() - 1]);
        Self::sorted(0, (first.commit, last.commit), last.hash, reports)
    }

    fn sorted(
        level: u32,
        commits: (u64, u64),
        staged_hash: Hash,
        reports: Vec<Stored>,
    ) -> Result<Self, StoreError> {
        let mut blocks = Vec::with_capacity(reports.len() / BLOCK_REPORTS + 1);
        let mut rest = by_place(reports);
        loop {
            let reports: Vec<Stored> = rest.by_ref().take(BLOCK_REPORTS).collect();
            if reports.is_empty() {
                break;
            }
            blocks.push(NewBlock::of(reports)?);
        }
        Ok(Self {
            level,
            from_commit: commits.0,
            until_commit: commits.1,
            staged_hash,
            blocks,
        })
    }

    fn reports(&self) -> u64 {
        self.blocks.iter().map(|block| block.reports as u64).sum()
    }

    fn bounds_ms(&self) -> (i64, i64) {
        let first = self.blocks.iter().map(|block| block.first_ms).min();
        let last = self.blocks.iter().map(|block| block.last_ms).max();
        (first.unwrap_or(0), last.unwrap_or(0))
    }
}

/// Reports in the order of a run. A report is large, so places are sorted, not reports.
fn by_place(reports: Vec<Stored>) -> impl Iterator<Item = Stored> {
    let mut order: Vec<_> = reports.iter().map(place).zip(0..).collect();
    order.sort_unstable();
    let mut reports: Vec<Option<Stored>> = reports.into_iter().map(Some).collect();
    order
        .into_iter()
        .filter_map(move |(_, at): (_, usize)| reports[at].take())
}

impl NewBlock {
    fn of(reports: Vec<Stored>) -> Result<Self, StoreError> {
        let (first, last) = (&reports[0], &reports[reports.len() - 1]);
        let moments = || reports.iter().map(|stored| stored.staged.observed.at.unix_ms);
        Ok(Self {
            first_seal: seal_number(&first.staged),
            last_seal: seal_number(&last.staged),
            first_ms: moments().min().unwrap_or(0),
            last_ms: moments().max().unwrap_or(0),
            reports: reports.len(),
            hash: hash(&reports)?,
            body: encode(reports)?,
        })
    }
}

fn write_run(history: &mut Connection, run: &NewRun) -> Result<(), StoreError> {
    let transaction = history.transaction().doing("begin a run of history")?;
    insert_run(&transaction, run)?;
    transaction.commit().doing("make a run of history durable")
}

fn insert_run(to: &Connection, run: &NewRun) -> Result<i64, StoreError> {
    let (first_ms, last_ms) = run.bounds_ms();
    to.prepare_cached(
        "INSERT INTO run (level, from_commit, until_commit, reports, first_ms, last_ms, staged_hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .and_then(|mut insert| {
        insert.execute(params![
            run.level,
            run.from_commit as i64,
            run.until_commit as i64,
            run.reports() as i64,
            first_ms,
            last_ms,
            run.staged_hash
        ])
    })
    .doing("write a run of history")?;
    let id = to.last_insert_rowid();
    run.blocks
        .iter()
        .try_for_each(|block| insert_block(to, id, block))?;
    Ok(id)
}

fn insert_block(to: &Connection, run: i64, block: &NewBlock) -> Result<(), StoreError> {
    to.prepare_cached(
        "INSERT INTO block (run, first_seal, last_seal, first_ms, last_ms, reports, hash, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .and_then(|mut insert| {
        insert.execute(params![
            run,
            block.first_seal as i64,
            block.last_seal as i64,
            block.first_ms,
            block.last_ms,
            block.reports as i64,
            block.hash,
            block.body
        ])
    })
    .doing("write a block of history")?;
    Ok(())
}

/// What remains of a block after it was merged: which reports of its stretch of commits it held, in the order of the
/// run (so many skipped, so many taken), and its hash.
pub(crate) struct Part {
    pub(crate) from_commit: u64,
    pub(crate) until_commit: u64,
    pub(crate) skipped: u64,
    pub(crate) reports: u64,
    pub(crate) hash: Hash,
}

struct Merged {
    run: NewRun,
    parts: Vec<Part>,
}

impl Merged {
    fn of(history: &Connection, runs: &[Run]) -> Result<Self, StoreError> {
        let (first, last) = (&runs[0], &runs[runs.len() - 1]);
        let (mut reports, mut parts) = (Vec::new(), Vec::new());
        for run in runs {
            reports.extend(reports_of(history, run)?);
            parts.extend(parts_of(history, run)?);
        }
        let commits = (first.from_commit, last.until_commit);
        Ok(Self {
            run: NewRun::sorted(first.level + 1, commits, last.staged_hash, reports)?,
            parts,
        })
    }
}

/// The parts a run came from; one that was never merged is its own blocks.
pub(crate) fn parts_of(history: &Connection, run: &Run) -> Result<Vec<Part>, StoreError> {
    if run.level == 0 {
        return own_parts(history, run);
    }
    let sql = "SELECT from_commit, until_commit, skipped, reports, hash FROM part WHERE run = ?1 ORDER BY from_commit, skipped";
    let part = |row: &rusqlite::Row<'_>| {
        Ok(Part {
            from_commit: row.get::<_, i64>(0)? as u64,
            until_commit: row.get::<_, i64>(1)? as u64,
            skipped: row.get::<_, i64>(2)? as u64,
            reports: row.get::<_, i64>(3)? as u64,
            hash: row.get(4)?,
        })
    };
    history
        .prepare_cached(sql)
        .and_then(|mut select| select.query_map([run.id], part)?.collect())
        .doing("read the parts of a run")
}

fn own_parts(history: &Connection, run: &Run) -> Result<Vec<Part>, StoreError> {
    let mut skipped = 0;
    let part = |row: &rusqlite::Row<'_>| {
        let reports = row.get::<_, i64>(0)? as u64;
        let part = Part {
            from_commit: run.from_commit,
            until_commit: run.until_commit,
            skipped,
            reports,
            hash: row.get(1)?,
        };
        skipped += reports;
        Ok(part)
    };
    history
        .prepare_cached("SELECT reports, hash FROM block WHERE run = ?1 ORDER BY id")
        .and_then(|mut select| select.query_map([run.id], part)?.collect())
        .doing("read the blocks of a run")
}

fn replace_runs(history: &mut Connection, runs: &[Run], merged: &Merged) -> Result<(), StoreError> {
    let transaction = history.transaction().doing("begin a merge")?;
    runs.iter().try_for_each(|run| delete_run(&transaction, run.id))?;
    let id = insert_run(&transaction, &merged.run)?;
    merged
        .parts
        .iter()
        .try_for_each(|part| insert_part(&transaction, id, part))?;
    transaction.commit().doing("make a merge durable")
}

fn insert_part(to: &Connection, run: i64, part: &Part) -> Result<(), StoreError> {
    to.prepare_cached(
        "INSERT INTO part (run, from_commit, until_commit, skipped, reports, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .and_then(|mut insert| {
        insert.execute(params![
            run,
            part.from_commit as i64,
            part.until_commit as i64,
            part.skipped as i64,
            part.reports as i64,
            part.hash
        ])
    })
    .doing("write a part of a run")?;
    Ok(())
}

fn delete_run(to: &Connection, run: i64) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM part WHERE run = ?1",
        "DELETE FROM block WHERE run = ?1",
        "DELETE FROM run WHERE id = ?1",
    ] {
        to.prepare_cached(sql)
            .and_then(|mut delete| delete.execute([run]))
            .doing("delete a merged run")?;
    }
    Ok(())
}
