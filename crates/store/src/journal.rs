//! The journal: one row an entry, never changed, never deleted, each hash covering the one before it.

use crate::chain::Hash;
use rusqlite::{Connection, OptionalExtension, params};
use segel_model::event::Subject;
use segel_model::{Entry, ServerTime};

use crate::error::{Doing, form};
use crate::staged::clamped;
use crate::{Journaled, StoreError};

/// The most entries one page holds: a long reader would hold back the checkpoint.
pub const PAGE_ENTRIES_MAX: usize = 1000;

/// An entry as it stands in the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The entry.
    pub entry: Entry,
    /// Its bytes as written: what the hash covers.
    pub body: Vec<u8>,
    /// The chain up to and with it.
    pub hash: Hash,
}

/// The word and number under which a subject's timeline is kept.
pub(crate) fn subject_key(subject: &Subject) -> (&'static str, u64) {
    match *subject {
        Subject::Trip(id) => ("trip", id.0),
        Subject::Seal(id) => ("seal", id.0),
        Subject::Document(id) => ("document", id.0),
        Subject::Route(id) => ("route", id.0),
        Subject::Alarm(id) => ("alarm", id.0),
        Subject::Grant(id) => ("grant", id.0),
        Subject::Photo(id) => ("photo", id.0),
        Subject::Person(id) => ("person", id.0),
        Subject::Organisation(id) => ("organisation", id.0),
        Subject::Invitation(id) => ("invitation", id.0),
        Subject::Token(id) => ("token", id.0),
        Subject::Order(id) => ("order", id.0),
        Subject::Message(id) => ("message", id.0),
    }
}

/// Appends one entry and returns the chain's new head.
pub(crate) fn append(to: &Connection, head: &Hash, journaled: &Journaled) -> Result<Hash, StoreError> {
    let entry = &journaled.entry;
    let body = serde_json::to_vec(entry).doing("write an entry")?;
    let hash = crate::chain::link(head, &body);
    to.prepare_cached(
        "INSERT INTO journal (seq, commit_no, ordinal, at_ms, hash, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .and_then(|mut insert| {
        insert.execute(params![
            entry.seq as i64,
            entry.commit as i64,
            entry.ordinal,
            entry.at.unix_ms,
            hash,
            body
        ])
    })
    .doing("append an entry to the journal")?;
    append_subjects(to, journaled)?;
    Ok(hash)
}

fn append_subjects(to: &Connection, journaled: &Journaled) -> Result<(), StoreError> {
    let mut insert = to
        .prepare_cached("INSERT OR IGNORE INTO journal_subject (kind, id, seq) VALUES (?1, ?2, ?3)")
        .doing("append to a timeline")?;
    for subject in &journaled.subjects {
        let (kind, id) = subject_key(subject);
        insert
            .execute(params![kind, id as i64, journaled.entry.seq as i64])
            .doing("append to a timeline")?;
    }
    Ok(())
}

/// The last line's number and hash; nothing in an empty journal.
pub(crate) fn head(from: &Connection) -> Result<Option<(u64, u64, Hash)>, StoreError> {
    from.query_row(
        "SELECT seq, commit_no, hash FROM journal ORDER BY seq DESC LIMIT 1",
        [],
        |row| {
            Ok((
                row.get::<_, i64>(0)? as u64,
                row.get::<_, i64>(1)? as u64,
                row.get(2)?,
            ))
        },
    )
    .optional()
    .doing("read the end of the journal")
}

/// The hash of one entry.
pub(crate) fn hash_at(from: &Connection, seq: u64) -> Result<Option<Hash>, StoreError> {
    from.prepare_cached("SELECT hash FROM journal WHERE seq = ?1")
        .and_then(|mut select| select.query_row([clamped(seq)], |row| row.get(0)).optional())
        .doing("read a hash of the journal")
}

/// A page of the journal after an entry.
pub(crate) fn page_after(from: &Connection, seq: u64, limit: usize) -> Result<Vec<Line>, StoreError> {
    let sql = "SELECT seq, hash, body FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    let mut select = from.prepare_cached(sql).doing("read the journal")?;
    let lines = select
        .query_map(
            params![clamped(seq), limit.min(PAGE_ENTRIES_MAX) as i64],
            raw_line,
        )
        .doing("read the journal")?;
    collect(lines)
}

/// A page of the journal before an entry, newest first.
pub(crate) fn page_before(from: &Connection, seq: u64, limit: usize) -> Result<Vec<Line>, StoreError> {
    let sql = "SELECT seq, hash, body FROM journal WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2";
    let mut select = from.prepare_cached(sql).doing("read the journal")?;
    let lines = select
        .query_map(
            params![clamped(seq), limit.min(PAGE_ENTRIES_MAX) as i64],
            raw_line,
        )
        .doing("read the journal")?;
    collect(lines)
}

/// The first entry decided at that moment or later; where there is none yet, the one after the last. Entries stand in the
/// order of time, so this halves its way there.
pub(crate) fn first_from(from: &Connection, at: ServerTime) -> Result<u64, StoreError> {
    let (mut before, mut after) = (0, head(from)?.map_or(0, |(seq, _, _)| seq) + 1);
    let mut decided = from
        .prepare_cached("SELECT at_ms FROM journal WHERE seq = ?1")
        .doing("look up when an entry was decided")?;
    while before + 1 < after {
        let middle = before + (after - before) / 2;
        let at_ms: i64 = decided
            .query_row([clamped(middle)], |row| row.get(0))
            .doing("look up when an entry was decided")?;
        if at_ms < at.unix_ms {
            before = middle
        } else {
            after = middle
        }
    }
    Ok(after)
}

/// A page of one subject's timeline, newest first, before an entry.
pub(crate) fn timeline(
    from: &Connection,
    subject: &Subject,
    before: u64,
    limit: usize,
) -> Result<Vec<Line>, StoreError> {
    let (kind, id) = subject_key(subject);
    let sql = "SELECT j.seq, j.hash, j.body FROM journal_subject s JOIN journal j ON j.seq = s.seq
               WHERE s.kind = ?1 AND s.id = ?2 AND s.seq < ?3 ORDER BY s.seq DESC LIMIT ?4";
    let mut select = from.prepare_cached(sql).doing("read a timeline")?;
    let lines = select
        .query_map(
            params![
                kind,
                id as i64,
                clamped(before),
                limit.min(PAGE_ENTRIES_MAX) as i64
            ],
            raw_line,
        )
        .doing("read a timeline")?;
    collect(lines)
}

type RawLine = (i64, Hash, Vec<u8>);

fn raw_line(row: &rusqlite::Row<'_>) -> rusqlite::Result<RawLine> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn collect(lines: impl Iterator<Item = rusqlite::Result<RawLine>>) -> Result<Vec<Line>, StoreError> {
    lines.map(|line| parse(line.doing("read the journal")?)).collect()
}

fn parse((seq, hash, body): RawLine) -> Result<Line, StoreError> {
    let entry: Entry = serde_json::from_slice(&body)
        .map_err(|error| form("read an entry of the journal", &format!("entry {seq}: {error}")))?;
    Ok(Line { entry, body, hash })
}
