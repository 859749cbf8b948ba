//! The reports of one commit as one row: a thousand reports then touch one leaf page, not a thousand.
//!
//! A row is deleted once its reports lie in sealed blocks of history. Until then it is what a crash is recovered from.

use std::borrow::Cow;
use std::net::SocketAddr;

use crate::chain::Hash;
use rusqlite::{Connection, OptionalExtension, params};
use segel_model::report::Protocol;
use segel_model::{EventTime, Observed, ServerTime};
use serde::Deserialize;

use crate::bytes::{Cursor, put_number};
use crate::error::{Doing, form};
use crate::{Staged, StoreError};

/// The form this code writes; the first byte of a body.
const FORM: u8 = 1;

/// The most reports one body may claim; a greater count is damage, not data.
const REPORTS_MAX: usize = 1 << 20;

/// Room that nearly every report fits into.
const ROOM_BYTES: usize = 1024;

/// The most bytes one report may claim.
const REPORT_BYTES_MAX: usize = 1 << 20;

/// One row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct StagedRow {
    /// The commit.
    pub commit: u64,
    /// When it was decided.
    pub at: ServerTime,
    /// The chain over all rows up to this one.
    pub hash: Hash,
    /// The reports as written.
    pub body: Vec<u8>,
}

impl StagedRow {
    /// The reports in it, by ordinal.
    pub fn reports(&self) -> Result<Vec<Staged>, StoreError> {
        decode(&self.body)
    }

    /// What was judged of them, each with its ordinal: a replay needs nothing else, so the rest is not copied.
    pub(crate) fn judged(&self) -> Result<Vec<(u32, Observed)>, StoreError> {
        let judged: Vec<Judged<'_>> = decode_as(&self.body, |_| true)?;
        Ok(judged
            .into_iter()
            .map(|judged| (judged.ordinal, judged.observed))
            .collect())
    }
}

/// A row with fewer reports lists no seals: the mask of bits says nearly as much.
const LISTED_FROM: usize = 4;

/// What a row says of itself beside its body, so that a reader passes it over without opening it: when its reports
/// happened, and a bit for each of their seals. Bits may coincide; a bit that is not there is the proof that the seal is
/// not. A row of many reports lists its seals besides. Nothing but reading rests on it, so it is not part of the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outline {
    first: EventTime,
    last: EventTime,
    seals: i64,
}

impl Outline {
    /// The outline of these reports.
    pub(crate) fn of(staged: &[Staged]) -> Self {
        let moments = || staged.iter().map(|report| report.observed.at);
        Self {
            first: moments().min().unwrap_or(EventTime::from_unix_ms(i64::MAX)),
            last: moments().max().unwrap_or(EventTime::from_unix_ms(i64::MIN)),
            seals: staged
                .iter()
                .fold(0, |seals, report| seals | bit(seal_number(report))),
        }
    }
}

/// The bit of a seal: neighbouring numbers have different ones.
const fn bit(seal: u64) -> i64 {
    1 << (seal.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58)
}

/// The seals of these reports, each once, in rising order, each as its distance from the one before.
fn listed(staged: &[Staged]) -> Vec<u8> {
    let mut seals: Vec<u64> = staged.iter().map(seal_number).collect();
    seals.sort_unstable();
    seals.dedup();
    let mut list = Vec::with_capacity(2 * seals.len());
    let mut before = 0;
    for seal in seals {
        put_number(&mut list, seal - before);
        before = seal;
    }
    list
}

/// Whether a list names a seal.
fn lists(list: &[u8], wanted: u64) -> Result<bool, StoreError> {
    let mut cursor = Cursor(list);
    let mut seal: u64 = 0;
    while !cursor.0.is_empty() {
        seal = seal.saturating_add(cursor.number()?);
        if wanted <= seal {
            return Ok(wanted == seal);
        }
    }
    Ok(false)
}

/// Writes reports down, each behind its seal and its length, so that a reader who wants one seal passes over the others.
pub(crate) fn encode(staged: &[Staged]) -> Result<Vec<u8>, StoreError> {
    let mut body = Vec::with_capacity(16 + staged.len() * 208);
    let mut room = vec![0; ROOM_BYTES];
    body.push(FORM);
    put_number(&mut body, staged.len() as u64);
    for report in staged {
        let bytes = written(report, &mut room)?;
        put_number(&mut body, seal_number(report));
        put_number(&mut body, bytes.len() as u64);
        body.extend_from_slice(bytes);
    }
    Ok(body)
}

/// Writes one report into the room, which grows where it is too small: copying whole fields into a slice costs a third of
/// extending a vector byte by byte.
fn written<'a>(report: &Staged, room: &'a mut Vec<u8>) -> Result<&'a [u8], StoreError> {
    loop {
        match postcard::to_slice(report, room).map(|bytes| bytes.len()) {
            Ok(length) => return Ok(&room[..length]),
            Err(postcard::Error::SerializeBufferFull) => room.resize(room.len() * 2, 0),
            failed => {
                failed.doing("write staged reports")?;
            }
        }
    }
}

/// Reads them back.
pub(crate) fn decode(body: &[u8]) -> Result<Vec<Staged>, StoreError> {
    decode_of(body, |_| true)
}

/// A `Staged` as it was written, of which only the judgement is taken out; the fields are those of `Staged`, in its order.
#[derive(Deserialize)]
struct Judged<'a> {
    ordinal: u32,
    _protocol: Protocol,
    _profile: &'a str,
    _decoder_version: u16,
    _device: &'a str,
    _peer: Option<SocketAddr>,
    _received: ServerTime,
    _raw: &'a [u8],
    observed: Observed,
    _note: &'a str,
}

/// Reads back those of the seals that are wanted; 0 is a device nobody registered.
pub(crate) fn decode_of(body: &[u8], wanted: impl Fn(u64) -> bool) -> Result<Vec<Staged>, StoreError> {
    decode_as(body, wanted)
}

fn decode_as<'a, T: Deserialize<'a>>(
    body: &'a [u8],
    wanted: impl Fn(u64) -> bool,
) -> Result<Vec<T>, StoreError> {
    let (count, mut cursor) = begin(body)?;
    let mut reports = Vec::new();
    for _ in 0..count {
        let seal = cursor.number()?;
        let length = cursor.count(REPORT_BYTES_MAX)?;
        let bytes = cursor.take(length)?;
        if wanted(seal) {
            reports.push(postcard::from_bytes(bytes).map_err(|error| damaged(&error.to_string()))?);
        }
    }
    if cursor.0.is_empty() {
        Ok(reports)
    } else {
        Err(damaged("bytes after the last report"))
    }
}

/// Seals as the tables count them; a device nobody registered is 0.
pub(crate) fn seal_number(report: &Staged) -> u64 {
    report.observed.seal.map_or(0, |seal| seal.0)
}

/// How many reports a body holds.
pub(crate) fn count(body: &[u8]) -> Result<u64, StoreError> {
    begin(body).map(|(count, _)| count as u64)
}

fn begin(body: &[u8]) -> Result<(usize, Cursor<'_>), StoreError> {
    let mut cursor = Cursor(body);
    match cursor.byte()? {
        FORM => Ok((cursor.count(REPORTS_MAX)?, cursor)),
        other => Err(damaged(&format!("form {other} is not known"))),
    }
}

fn damaged(detail: &str) -> StoreError {
    form("read staged reports", &detail)
}

/// Appends the row of a commit.
pub(crate) fn insert(to: &Connection, row: &StagedRow, reports: &[Staged]) -> Result<(), StoreError> {
    let outline = Outline::of(reports);
    to.prepare_cached(
        "INSERT INTO staged (commit_no, at_ms, reports, hash, body, first_ms, last_ms, seals)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .and_then(|mut insert| {
        insert.execute(params![
            row.commit as i64,
            row.at.unix_ms,
            reports.len() as i64,
            row.hash,
            row.body,
            outline.first.unix_ms,
            outline.last.unix_ms,
            outline.seals
        ])
    })
    .doing("append staged reports")?;
    if reports.len() < LISTED_FROM {
        return Ok(());
    }
    to.prepare_cached("INSERT INTO staged_seals (commit_no, seals) VALUES (?1, ?2)")
        .and_then(|mut insert| insert.execute(params![row.commit as i64, listed(reports)]))
        .doing("list the seals of staged reports")?;
    Ok(())
}

/// The rows after a commit, oldest first, until they hold at least `reports_wanted` reports or there are no more.
pub(crate) fn rows_after(
    from: &Connection,
    commit: u64,
    until_commit: u64,
    reports_wanted: u64,
) -> Result<Vec<StagedRow>, StoreError> {
    let mut rows = Vec::new();
    let mut reports = 0;
    visit(from, commit, until_commit, |row| {
        reports += count(&row.body)?;
        rows.push(row);
        Ok(reports < reports_wanted)
    })?;
    Ok(rows)
}

/// Shows the rows after a commit one by one, oldest first, as long as the visitor wants more.
pub(crate) fn visit(
    from: &Connection,
    commit: u64,
    until_commit: u64,
    mut visitor: impl FnMut(StagedRow) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let sql = "SELECT commit_no, at_ms, hash, body FROM staged WHERE commit_no > ?1 AND commit_no <= ?2 ORDER BY commit_no";
    let mut select = from.prepare_cached(sql).doing("read staged reports")?;
    let mut rows = select
        .query(params![clamped(commit), clamped(until_commit)])
        .doing("read staged reports")?;
    while let Some(row) = rows.next().doing("read staged reports")? {
        if !visitor(from_row(row).doing("read staged reports")?)? {
            break;
        }
    }
    Ok(())
}

/// Shows the rows that may hold reports of a seal between two moments, those that begin first before the others, as long
/// as the visitor wants more. It is told when the earliest report of the row happened, and the body.
pub(crate) fn visit_of(
    from: &Connection,
    seal: u64,
    (since, until): (EventTime, EventTime),
    mut visitor: impl FnMut(EventTime, u64, Vec<u8>) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let mut select = from.prepare_cached(ROWS_OF).doing("read staged reports")?;
    let mut rows = select
        .query(params![until.unix_ms, since.unix_ms, bit(seal)])
        .doing("read staged reports")?;
    while let Some(row) = rows.next().doing("read staged reports")? {
        let (first, commit, list) = placed(row).doing("read staged reports")?;
        if let Some(list) = list
            && !lists(&list, seal)?
        {
            continue;
        }
        if !visitor(first, commit as u64, body(from, commit)?)? {
            break;
        }
    }
    Ok(())
}

fn placed(row: &rusqlite::Row<'_>) -> rusqlite::Result<(EventTime, i64, Option<Vec<u8>>)> {
    Ok((EventTime::from_unix_ms(row.get(0)?), row.get(1)?, row.get(2)?))
}

fn body(from: &Connection, commit: i64) -> Result<Vec<u8>, StoreError> {
    from.prepare_cached("SELECT body FROM staged WHERE commit_no = ?1")
        .and_then(|mut select| select.query_row([commit], |row| row.get(0)))
        .doing("read staged reports")
}

/// The index and the list hold all that is asked of a row, so a row that is passed over is not touched.
const ROWS_OF: &str = "SELECT first_ms, staged.commit_no, staged_seals.seals
    FROM staged INDEXED BY staged_by_time LEFT JOIN staged_seals ON staged_seals.commit_no = staged.commit_no
    WHERE first_ms <= ?1 AND last_ms >= ?2 AND (staged.seals & ?3) <> 0 ORDER BY first_ms, last_ms";

/// What waits to be moved to history: rows, reports, and since when.
pub(crate) fn backlog(from: &Connection) -> Result<(u64, u64, Option<ServerTime>), StoreError> {
    from.query_row(
        "SELECT count(*), coalesce(sum(reports), 0), min(at_ms) FROM staged",
        [],
        |row| {
            let oldest = row.get::<_, Option<i64>>(2)?.map(ServerTime::from_unix_ms);
            Ok((
                row.get::<_, i64>(0)?.unsigned_abs(),
                row.get::<_, i64>(1)?.unsigned_abs(),
                oldest,
            ))
        },
    )
    .doing("count staged reports")
}

/// The last row's commit and hash; nothing where nothing is staged.
pub(crate) fn head(from: &Connection) -> Result<Option<(u64, Hash)>, StoreError> {
    from.query_row(
        "SELECT commit_no, hash FROM staged ORDER BY commit_no DESC LIMIT 1",
        [],
        |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?)),
    )
    .optional()
    .doing("read the end of the staged reports")
}

/// The row of one commit.
pub(crate) fn row_of(from: &Connection, commit: u64) -> Result<Option<StagedRow>, StoreError> {
    Ok(rows_after(from, commit.saturating_sub(1), commit, 1)?.pop())
}

fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<StagedRow> {
    Ok(StagedRow {
        commit: row.get::<_, i64>(0)? as u64,
        at: ServerTime::from_unix_ms(row.get(1)?),
        hash: row.get(2)?,
        body: row.get(3)?,
    })
}

/// A number as the database counts; what is beyond it is its end.
pub(crate) fn clamped(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Bytes written in one piece instead of one by one.
pub(crate) mod as_bytes {
    use super::Cow;
    use serde::de::{Error, SeqAccess, Visitor};
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        from.deserialize_byte_buf(Bytes).map(Cow::into_owned)
    }

    struct Bytes;

    impl<'de> Visitor<'de> for Bytes {
        type Value = Cow<'de, [u8]>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("bytes")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
            Ok(Cow::Owned(bytes.to_vec()))
        }

        fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
            Ok(Cow::Borrowed(bytes))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut bytes: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(byte) = bytes.next_element()? {
                all.push(byte);
            }
            Ok(Cow::Owned(all))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_its_seals_and_no_other() {
        let mut list = Vec::new();
        [7, 1, 993]
            .iter()
            .for_each(|distance| put_number(&mut list, *distance));
        let named = |seal| lists(&list, seal).expect("a list");
        assert_eq!([7, 8, 1001].map(named), [true; 3]);
        assert_eq!([0, 6, 9, 1000, 1002, u64::MAX].map(named), [false; 6]);
        assert!(!lists(&[], 0).expect("an empty list"));
        lists(&[0x80], 3).expect_err("it ends too early");
    }

    /// No damaged body panics, asks for much memory or reads as whole.
    #[test]
    fn a_body_cut_anywhere_is_an_error() {
        let body = encode(&[]).expect("bytes");
        assert_eq!(decode(&body).expect("no reports"), []);
        for bytes in [
            &[][..],
            &[FORM],
            &[FORM + 1, 0],
            &[FORM, 1],
            &[FORM, 0, 0],
            &[FORM, 0xff, 0xff, 0xff, 0xff, 0x0f],
        ] {
            decode(bytes).expect_err("damage");
        }
        let huge_report = [FORM, 1, 7, 0xff, 0xff, 0xff, 0x7f, 0];
        let error = decode(&huge_report).expect_err("damage");
        assert!(
            error.to_string().starts_with("could not read stored reports"),
            "{error}"
        );
    }
}
