//! Read models: what the API lists. They move in the transaction of the entry that moved them and can be built anew
//! from the journal.
//!
//! One table serves every kind: what a list filters or sorts by is a column, the rest is the record's JSON. Who may see a
//! record stands in a table of keys, so that a scope is a join and never a filter after the fact.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use segel_model::TripId;

use crate::error::Doing;
use crate::staged::clamped;
use crate::{RecordKind, RecordRow, ScopeKey, StoreError};

/// The most records one page holds.
pub const PAGE_RECORDS_MAX: usize = 500;

/// How a record without a severity sorts: after all that have one.
const NO_SEVERITY: i64 = 99;

/// The most letters and digits of a search that count.
const TERM_LENGTH_MAX: usize = 64;

/// What a reader may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    Nation,
    /// Records that carry at least one of these keys.
    Keys(Vec<ScopeKey>),
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Highest number first.
    #[default]
    NewestFirst,
    /// Lowest number first.
    OldestFirst,
    /// By severity, then the oldest first: a queue of alarms.
    GravestFirst,
    /// What moved last first.
    LatelyMoved,
}

/// Where a page ended; the next one starts after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The sorted value of the last record.
    pub value: i64,
    /// Its number.
    pub id: u64,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Listing {
    /// What sort.
    pub kind: RecordKind,
    /// As seen by whom.
    pub scope: Scope,
    /// Only those that carry this key too (a filter, not a right).
    pub key: Option<ScopeKey>,
    /// Only those of this trip.
    pub trip: Option<TripId>,
    /// Only those in one of these stages; empty is any.
    pub stages: Vec<String>,
    /// Only those of this severity.
    pub severity: Option<u8>,
    /// In which order.
    pub order: Order,
    /// After where.
    pub after: Option<Cursor>,
    /// How many, at most `PAGE_RECORDS_MAX`.
    pub limit: usize,
}

impl Listing {
    /// The newest of a kind that a scope may see.
    pub fn of(kind: RecordKind, scope: Scope) -> Self {
        Self {
            kind,
            scope,
            key: None,
            trip: None,
            stages: Vec::new(),
            severity: None,
            order: Order::NewestFirst,
            after: None,
            limit: PAGE_RECORDS_MAX,
        }
    }
}

/// A record as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What sort.
    pub kind: RecordKind,
    /// Its number.
    pub id: u64,
    /// Of which trip.
    pub trip: Option<TripId>,
    /// Where it is in its life.
    pub stage: String,
    /// How grave.
    pub severity: Option<u8>,
    /// The entry that moved it last.
    pub updated_seq: u64,
    /// The record, JSON.
    pub body: String,
}

/// How many records stand at one stage with one severity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// Where they are in their life.
    pub stage: String,
    /// How grave.
    pub severity: Option<u8>,
    /// How many.
    pub records: u64,
}

/// A page and where the next begins; nothing where it was the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In order.
    pub records: Vec<Record>,
    /// Pass it as `after`.
    pub next: Option<Cursor>,
}

/// Puts a record in the place of the one before it.
pub(crate) fn put(to: &Connection, row: &RecordRow) -> Result<(), StoreError> {
    let found_by = found_by(row);
    let before = to
        .prepare_cached("SELECT found_by FROM record WHERE kind = ?1 AND id = ?2")
        .and_then(|mut select| {
            select
                .query_row(params![row.kind.name(), row.id as i64], |row| {
                    row.get::<_, String>(0)
                })
                .optional()
        })
        .doing("look up a record")?;
    upsert(to, row, &found_by)?;
    if before.as_ref() == Some(&found_by) {
        return Ok(());
    }
    if let Some(before) = before {
        forget_keys(to, row, &before)?;
    }
    put_keys(to, row)
}

fn upsert(to: &Connection, row: &RecordRow, found_by: &str) -> Result<(), StoreError> {
    to.prepare_cached(
        "INSERT INTO record (kind, id, trip, stage, severity, updated_seq, found_by, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (kind, id) DO UPDATE SET trip = excluded.trip, stage = excluded.stage,
             severity = excluded.severity, updated_seq = excluded.updated_seq, found_by = excluded.found_by,
             body = excluded.body",
    )
    .and_then(|mut upsert| {
        upsert.execute(params![
            row.kind.name(),
            row.id as i64,
            row.trip.map(|trip| trip.0 as i64),
            row.stage,
            row.severity.map_or(NO_SEVERITY, i64::from),
            row.updated_seq as i64,
            found_by,
            row.body
        ])
    })
    .doing("write a record")?;
    Ok(())
}

/// Keys and terms in one text, so that an update that changes none touches no other table.
fn found_by(row: &RecordRow) -> String {
    let keys = row.keys.iter().map(ScopeKey::text);
    let terms = row.terms.iter().map(|term| normal(term));
    keys.chain(std::iter::once("/".into()))
        .chain(terms)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Takes out exactly the rows that `put_keys` wrote: their tables are sorted by key, so a search by record would scan them.
fn forget_keys(to: &Connection, row: &RecordRow, found_by: &str) -> Result<(), StoreError> {
    let (keys, terms) = found_by.split_once('/').unwrap_or((found_by, ""));
    for key in keys.split_whitespace() {
        to.prepare_cached("DELETE FROM record_scope WHERE kind = ?1 AND key = ?2 AND id = ?3")
            .and_then(|mut delete| delete.execute(params![row.kind.name(), key, row.id as i64]))
            .doing("forget who may see a record")?;
    }
    for term in terms.split_whitespace().flat_map(spellings) {
        to.prepare_cached("DELETE FROM record_term WHERE term = ?1 AND kind = ?2 AND id = ?3")
            .and_then(|mut delete| delete.execute(params![term, row.kind.name(), row.id as i64]))
            .doing("forget how a record is found")?;
    }
    Ok(())
}

fn put_keys(to: &Connection, row: &RecordRow) -> Result<(), StoreError> {
    for key in &row.keys {
        to.prepare_cached("INSERT OR IGNORE INTO record_scope (kind, key, id) VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| insert.execute(params![row.kind.name(), key.text(), row.id as i64]))
            .doing("write who may see a record")?;
    }
    for term in row.terms.iter().flat_map(|term| spellings(term)) {
        to.prepare_cached("INSERT OR IGNORE INTO record_term (term, kind, id) VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| insert.execute(params![term, row.kind.name(), row.id as i64]))
            .doing("write how a record is found")?;
    }
    Ok(())
}

/// Capitals and digits, nothing else: `MSKU 305438-3` and `msku3054383` are one.
fn normal(text: &str) -> String {
    let kept = text.chars().filter(|letter| letter.is_alphanumeric());
    kept.flat_map(char::to_uppercase).take(TERM_LENGTH_MAX).collect()
}

/// The term itself, and its digits alone: people read out `305438` of `MSKU3054383`.
fn spellings(text: &str) -> Vec<String> {
    let whole = normal(text);
    let digits = whole
        .find(|letter: char| letter.is_ascii_digit())
        .map(|start| whole[start..].to_string());
    let tail = digits.filter(|digits| *digits != whole && digits.len() > 2);
    std::iter::once(whole)
        .chain(tail)
        .filter(|term| !term.is_empty())
        .collect()
}

const COLUMNS: &str = "r.kind, r.id, r.trip, r.stage, r.severity, r.updated_seq, r.body";

/// One record, where the scope may see it.
pub(crate) fn find(
    from: &Connection,
    kind: RecordKind,
    id: u64,
    scope: &Scope,
) -> Result<Option<Record>, StoreError> {
    let mut query = Query::new(kind, scope);
    query.also("r.id = ?", [Value::from(id as i64)]);
    Ok(query.run(from, "", 1)?.pop())
}

/// A page of records.
pub(crate) fn list(from: &Connection, listing: &Listing) -> Result<Page, StoreError> {
    let limit = listing.limit.clamp(1, PAGE_RECORDS_MAX);
    let mut query = Query::new(listing.kind, &listing.scope);
    filter(&mut query, listing);
    let mut records = query.run(from, order_by(listing.order), limit + 1)?;
    let more = records.len() > limit;
    records.truncate(limit);
    let next = records
        .last()
        .filter(|_| more)
        .map(|last| cursor(last, listing.order));
    Ok(Page { records, next })
}

/// Records found by the beginning of a term, newest first.
pub(crate) fn search(
    from: &Connection,
    text: &str,
    kind: RecordKind,
    scope: &Scope,
    limit: usize,
) -> Result<Vec<Record>, StoreError> {
    let term = normal(text);
    if term.is_empty() {
        return Ok(Vec::new());
    }
    let after_all = format!("{term}\u{10ffff}");
    let mut query = Query::new(kind, scope);
    query.also(
        "r.id IN (SELECT id FROM record_term WHERE term >= ? AND term < ? AND kind = r.kind)",
        [Value::from(term), Value::from(after_all)],
    );
    query.run(
        from,
        order_by(Order::NewestFirst),
        limit.clamp(1, PAGE_RECORDS_MAX),
    )
}

/// How many records of a kind a scope may see, by stage and severity.
pub(crate) fn counts(from: &Connection, kind: RecordKind, scope: &Scope) -> Result<Vec<Count>, StoreError> {
    let query = Query::new(kind, scope);
    let sql = format!(
        "SELECT r.stage, r.severity, count(*) FROM record r WHERE {} GROUP BY r.stage, r.severity",
        query.conditions.join(" AND ")
    );
    let mut select = from.prepare_cached(&sql).doing("count records")?;
    let rows = select
        .query_map(params_from_iter(query.values), |row| {
            let severity: i64 = row.get(1)?;
            Ok(Count {
                stage: row.get(0)?,
                severity: u8::try_from(severity).ok().filter(|_| severity != NO_SEVERITY),
                records: row.get::<_, i64>(2)?.unsigned_abs(),
            })
        })
        .doing("count records")?;
    rows.collect::<rusqlite::Result<_>>().doing("count records")
}

/// Who may see a record, as the words in the table; `ScopeKey::text` makes the same.
pub(crate) fn keys(from: &Connection, kind: RecordKind, id: u64) -> Result<Vec<String>, StoreError> {
    let found_by: Option<String> = from
        .prepare_cached("SELECT found_by FROM record WHERE kind = ?1 AND id = ?2")
        .and_then(|mut select| {
            select
                .query_row(params![kind.name(), id as i64], |row| row.get(0))
                .optional()
        })
        .doing("look up who may see a record")?;
    let words = found_by.unwrap_or_default();
    Ok(words
        .split(' ')
        .take_while(|word| *word != "/")
        .map(Into::into)
        .collect())
}

fn filter(query: &mut Query, listing: &Listing) {
    if let Some(key) = &listing.key {
        query.also(
            "EXISTS (SELECT 1 FROM record_scope f WHERE f.kind = r.kind AND f.key = ? AND f.id = r.id)",
            [Value::from(key.text())],
        );
    }
    if let Some(trip) = listing.trip {
        query.also("r.trip = ?", [Value::from(trip.0 as i64)]);
    }
    if !listing.stages.is_empty() {
        let stages = listing.stages.iter().cloned().map(Value::from);
        query.also(&format!("r.stage IN ({})", marks(listing.stages.len())), stages);
    }
    if let Some(severity) = listing.severity {
        query.also("r.severity = ?", [Value::from(i64::from(severity))]);
    }
    if let Some(after) = listing.after {
        resume(query, listing.order, after);
    }
}

fn resume(query: &mut Query, order: Order, after: Cursor) {
    let id = Value::from(clamped(after.id));
    let value = Value::from(after.value);
    match order {
        Order::NewestFirst => query.also("r.id < ?", [id]),
        Order::OldestFirst => query.also("r.id > ?", [id]),
        Order::GravestFirst => query.also("(r.severity, r.id) > (?, ?)", [value, id]),
        Order::LatelyMoved => query.also("(r.updated_seq, r.id) < (?, ?)", [value, id]),
    }
}

const fn order_by(order: Order) -> &'static str {
    match order {
        Order::NewestFirst => "ORDER BY r.id DESC",
        Order::OldestFirst => "ORDER BY r.id",
        Order::GravestFirst => "ORDER BY r.severity, r.id",
        Order::LatelyMoved => "ORDER BY r.updated_seq DESC, r.id DESC",
    }
}

fn cursor(last: &Record, order: Order) -> Cursor {
    let value = match order {
        Order::NewestFirst | Order::OldestFirst => 0,
        Order::GravestFirst => last.severity.map_or(NO_SEVERITY, i64::from),
        Order::LatelyMoved => last.updated_seq as i64,
    };
    Cursor { value, id: last.id }
}

fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// A statement put together with its values.
struct Query {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Query {
    fn new(kind: RecordKind, scope: &Scope) -> Self {
        let mut query = Self {
            conditions: Vec::new(),
            values: Vec::new(),
        };
        query.also("r.kind = ?", [Value::from(kind.name().to_string())]);
        if let Scope::Keys(keys) = scope {
            let condition = format!(
                "r.id IN (SELECT s.id FROM record_scope s WHERE s.kind = r.kind AND s.key IN ({}))",
                marks(keys.len())
            );
            query.also(&condition, keys.iter().map(|key| Value::from(key.text())));
        }
        query
    }

    fn also(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.conditions.push(condition.into());
        self.values.extend(values);
    }

    fn run(self, from: &Connection, order: &str, limit: usize) -> Result<Vec<Record>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM record r WHERE {} {order} LIMIT {limit}",
            self.conditions.join(" AND ")
        );
        let mut select = from.prepare_cached(&sql).doing("list records")?;
        let rows = select
            .query_map(params_from_iter(self.values), record)
            .doing("list records")?;
        rows.collect::<rusqlite::Result<_>>().doing("list records")
    }
}

fn record(row: &rusqlite::Row<'_>) -> rusqlite::Result<Record> {
    let kind: String = row.get(0)?;
    let severity: i64 = row.get(4)?;
    Ok(Record {
        kind: RecordKind::ALL
            .into_iter()
            .find(|known| known.name() == kind)
            .unwrap_or(RecordKind::Trip),
        id: row.get::<_, i64>(1)? as u64,
        trip: row.get::<_, Option<i64>>(2)?.map(|trip| TripId(trip as u64)),
        stage: row.get(3)?,
        severity: u8::try_from(severity).ok().filter(|_| severity != NO_SEVERITY),
        updated_seq: row.get::<_, i64>(5)? as u64,
        body: row.get(6)?,
    })
}
