//! Verification of a folder at rest: is everything there, and is it what was written?
//!
//! The journal's chain is recomputed from its first entry, the chain of staged reports from its first commit, through
//! history, to the last; every checkpoint must be one of this journal, whatever came after; every block is read and hashed again and compared with what the journal vouches for; every
//! named blob is read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rusqlite::Connection;
use segel_model::{BlobHash, Entry, Event};

use crate::blob::Blobs;
use crate::chain::{self, Hash};
use crate::checkpoints::Check;
use crate::error::Doing;
use crate::folder::Folder;
use crate::history::{self, Run, parts_of, reports_of, runs_after};
use crate::reader::Reader;
use crate::reports::Stored;
use crate::store::Position;
use crate::{Staged, StoreError, schema, staged};

/// Findings beyond this are counted, not told.
pub const FINDINGS_MAX: usize = 100;

/// Rows read at once.
const PAGE_ROWS: usize = 1000;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// How far the store reaches.
    pub position: Position,
    /// The journal's last hash: what a checkpoint outside can be compared with.
    pub head: Hash,
    /// Entries whose chain holds.
    pub entries: u64,
    /// Reports whose chain holds, staged and in history.
    pub reports: u64,
    /// Blocks whose hash holds.
    pub blocks: u64,
    /// Checkpoints that the journal agrees with.
    pub checkpoints: u64,
    /// Blobs that are there and are what their name says.
    pub blobs: u64,
    /// What does not hold, in words.
    pub findings: Vec<String>,
    /// Findings that found no room above.
    pub more_findings: u64,
}

impl Verified {
    /// Whether everything holds.
    pub fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }

    pub(crate) fn found(&mut self, what: String) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(what);
        } else {
            self.more_findings += 1;
        }
    }
}

/// Verifies a folder that no process works in. An error means that it could not be looked at; what does not hold is a
/// finding.
pub fn verify(folder: impl Into<PathBuf>) -> Result<Verified, StoreError> {
    let folder = Folder::at(folder);
    let _claim = folder.hold()?;
    let truth = schema::open_to_read(&folder.truth(), &schema::TRUTH)?;
    let history = schema::open_to_read(&folder.history(), &schema::HISTORY)?;
    let mut verified = Verified {
        head: chain::START,
        ..Verified::default()
    };
    check_pages(&truth, "segel.db", &mut verified);
    check_pages(&history, "history.db", &mut verified);
    let vouched = note(&mut verified, Vouched::default(), |verified| {
        journal_holds(&truth, &folder, verified)
    });
    let sealed = note(&mut verified, (0, chain::START), |verified| {
        history_holds(&history, &vouched, verified)
    });
    note(&mut verified, (), |verified| {
        staged_holds(&truth, sealed, verified)
    });
    note(&mut verified, (), |verified| blobs_hold(&folder, verified));
    Ok(verified)
}

/// A part that cannot be read is a finding, and the next part is looked at all the same.
fn note<T>(
    verified: &mut Verified,
    otherwise: T,
    look: impl FnOnce(&mut Verified) -> Result<T, StoreError>,
) -> T {
    match look(verified) {
        Ok(seen) => seen,
        Err(error) => {
            verified.found(error.to_string());
            otherwise
        }
    }
}

fn check_pages(file: &Connection, name: &str, verified: &mut Verified) {
    let checked: rusqlite::Result<Vec<String>> = file
        .prepare("PRAGMA quick_check(20)")
        .and_then(|mut check| check.query_map([], |row| row.get(0))?.collect());
    match checked {
        Ok(lines) if lines == ["ok"] => {}
        Ok(lines) => lines
            .into_iter()
            .for_each(|line| verified.found(format!("{name}: {line}"))),
        Err(error) => verified.found(format!("{name}: {error}")),
    }
}

/// What the journal says of history: hashes of blocks by the first commit of their run.
type Vouched = BTreeMap<u64, Vec<String>>;

type Line = (u64, Hash, Vec<u8>);

fn journal_holds(
    truth: &Connection,
    folder: &Folder,
    verified: &mut Verified,
) -> Result<Vouched, StoreError> {
    let (mut vouched, mut checkpoints) = (Vouched::new(), Check::of(folder, verified)?);
    loop {
        let lines = lines_after(truth, verified.position.seq)?;
        if lines.is_empty() {
            checkpoints.finish(verified);
            return Ok(vouched);
        }
        for (seq, hash, body) in lines {
            checkpoints.take(&body, verified);
            line_holds(verified, (seq, hash), &body, &mut vouched);
        }
    }
}

fn line_holds(verified: &mut Verified, (seq, hash): (u64, Hash), body: &[u8], vouched: &mut Vouched) {
    if seq != verified.position.seq + 1 {
        verified.found(format!(
            "journal: entry {seq} follows entry {}",
            verified.position.seq
        ));
    }
    if chain::link(&verified.head, body) == hash {
        verified.entries += 1;
    } else {
        verified.found(format!(
            "journal: entry {seq} is not what its hash says, or an entry before it is missing"
        ));
    }
    match serde_json::from_slice::<Entry>(body) {
        Ok(entry) => {
            verified.position.commit = verified.position.commit.max(entry.commit);
            vouched.extend(entry.events.into_iter().filter_map(vouches));
        }
        Err(error) => verified.found(format!("journal: entry {seq} cannot be read: {error}")),
    }
    // Going on from what is written tells every break once, and not every entry after it.
    (verified.position.seq, verified.head) = (seq, hash);
}

fn vouches(event: Event) -> Option<(u64, Vec<String>)> {
    match event {
        Event::HistorySealed {
            from_commit, hashes, ..
        } => Some((from_commit, hashes.into_iter().skip(1).collect())),
        _ => None,
    }
}

fn lines_after(truth: &Connection, seq: u64) -> Result<Vec<Line>, StoreError> {
    let line = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?, row.get(2)?));
    truth
        .prepare_cached("SELECT seq, hash, body FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2")
        .and_then(|mut select| {
            select
                .query_map(rusqlite::params![staged::clamped(seq), PAGE_ROWS as i64], line)?
                .collect()
        })
        .doing("read the journal")
}

fn history_holds(
    history: &Connection,
    vouched: &Vouched,
    verified: &mut Verified,
) -> Result<(u64, Hash), StoreError> {
    let mut sealed = (0, chain::START);
    while let Some(run) = runs_after(history, sealed.0, 1)?.pop() {
        if run.from_commit <= sealed.0 {
            verified.found(format!("history: commit {} lies in two runs", run.from_commit));
        }
        let reports = note(verified, Vec::new(), |_| reports_of(history, &run));
        note(verified, (), |verified| {
            parts_hold(history, &run, &reports, vouched, verified)
        });
        note(verified, (), |verified| {
            blocks_hold(history, &run, &reports, verified)
        });
        note(verified, (), |verified| {
            run_chain_holds(&run, &sealed.1, reports, verified)
        });
        sealed = (run.until_commit, run.staged_hash);
    }
    verified.position.commit = verified.position.commit.max(sealed.0);
    Ok(sealed)
}

fn blocks_hold(
    history: &Connection,
    run: &Run,
    reports: &[Stored],
    verified: &mut Verified,
) -> Result<(), StoreError> {
    let mut rest = reports;
    for (count, hash) in history::blocks_in_order(history, run)? {
        let (block, after) = rest.split_at(count.min(rest.len()));
        rest = after;
        if history::hash(block)? == hash {
            verified.blocks += 1;
        } else {
            verified.found(format!(
                "history: a block of commits {} to {} is not what its hash says",
                run.from_commit, run.until_commit
            ));
        }
    }
    Ok(())
}

/// Every part, taken out of the run again, has the hash it had when it was a block, and the one the journal names.
fn parts_hold(
    history: &Connection,
    run: &Run,
    reports: &[Stored],
    vouched: &Vouched,
    verified: &mut Verified,
) -> Result<(), StoreError> {
    let mut of_stretch: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for part in parts_of(history, run)? {
        let stretch = part.from_commit..=part.until_commit;
        let of_part = reports.iter().filter(|stored| stretch.contains(&stored.commit));
        let hash = history::hash(of_part.skip(part.skipped as usize).take(part.reports as usize))?;
        if hash != part.hash {
            verified.found(format!(
                "history: a part of commits {} to {} is not what its hash says",
                part.from_commit, part.until_commit
            ));
        }
        of_stretch
            .entry(part.from_commit)
            .or_default()
            .push(BlobHash(part.hash).to_string());
    }
    for (from_commit, hashes) in of_stretch {
        if vouched.get(&from_commit).is_some_and(|named| *named != hashes) {
            verified.found(format!(
                "history: blocks from commit {from_commit} are not the ones the journal names"
            ));
        }
    }
    Ok(())
}

/// The rows these reports were staged in, written anew, link to the hash the run ends with.
fn run_chain_holds(
    run: &Run,
    before: &Hash,
    reports: Vec<Stored>,
    verified: &mut Verified,
) -> Result<(), StoreError> {
    let mut by_commit: BTreeMap<u64, Vec<Staged>> = BTreeMap::new();
    let count = reports.len() as u64;
    for stored in reports {
        by_commit.entry(stored.commit).or_default().push(stored.staged);
    }
    let mut head = *before;
    for (commit, mut reports) in by_commit {
        reports.sort_unstable_by_key(|report| report.ordinal);
        head = chain::link_staged(&head, commit, &staged::encode(&reports)?);
    }
    if head == run.staged_hash {
        verified.reports += count;
    } else {
        verified.found(format!(
            "history: reports of commits {} to {} are not those that were staged",
            run.from_commit, run.until_commit
        ));
    }
    Ok(())
}

fn staged_holds(truth: &Connection, sealed: (u64, Hash), verified: &mut Verified) -> Result<(), StoreError> {
    let (mut commit, mut head) = sealed;
    loop {
        let rows = staged::rows_after(truth, commit, u64::MAX, PAGE_ROWS as u64)?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            if chain::link_staged(&head, row.commit, &row.body) == row.hash {
                verified.reports += staged::count(&row.body)?;
            } else {
                verified.found(format!(
                    "staged reports of commit {} are not what their hash says",
                    row.commit
                ));
            }
            (commit, head) = (row.commit, row.hash);
            verified.position.commit = verified.position.commit.max(commit);
        }
    }
}

fn blobs_hold(folder: &Folder, verified: &mut Verified) -> Result<(), StoreError> {
    let reader = Reader::new(folder.clone());
    let blobs = Blobs::new(folder.clone(), reader.clone());
    let mut after = None;
    loop {
        let names = reader.named_blobs_after(after.as_ref(), PAGE_ROWS)?;
        let Some(last) = names.last() else { return Ok(()) };
        after = Some(*last);
        for name in &names {
            match blobs.get(name) {
                Ok(Some(_)) => verified.blobs += 1,
                Ok(None) => verified.found(format!("blob {name} is missing")),
                Err(error) => verified.found(error.to_string()),
            }
        }
    }
}
