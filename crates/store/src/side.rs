//! Rows beside the journal: people's names and sign-ins, secrets of seals, answers to repeat, counters.
//!
//! They are erasable, and erased means overwritten: evidence holds only their salted hashes and stays whole.

use rusqlite::{Connection, OptionalExtension, Row, params};
use segel_model::report::Protocol;
use segel_model::{BlobHash, Entry, Event, GrantId, PersonId, SealId, SecretHash, ServerTime, TripId};

use crate::error::Doing;
use crate::{AccountRow, Answered, OddityRow, SecretKind, SecretRow, SideRow, StoreError, SubjectRow};

/// The most devices whose nonsense is counted one by one; beyond it, all others are counted together.
pub const ODDITY_ROWS_MAX: i64 = 10_000;

/// The most sessions one person holds; the oldest gives way.
pub const SESSIONS_MAX: i64 = 20;

/// The most uploads one person may have begun; the oldest gives way.
pub const UPLOADS_MAX: i64 = 200;

/// An account as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Who.
    pub person: PersonId,
    /// The name at the door.
    pub login: String,
    /// The password's hash.
    pub password: String,
    /// Wrong passwords in a row.
    pub failures: u32,
    /// Until when the door stays shut.
    pub locked_until: ServerTime,
    /// When it was closed for good.
    pub closed: Option<ServerTime>,
}

/// A signed-in browser or phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Hash of the token in the cookie.
    pub token: SecretHash,
    /// Who.
    pub person: PersonId,
    /// Hash of the token that forms and scripts send.
    pub csrf: SecretHash,
    /// What the browser calls itself, shortened.
    pub agent: String,
    /// Since when.
    pub created: ServerTime,
    /// Last used.
    pub seen: ServerTime,
    /// When it was ended.
    pub revoked: Option<ServerTime>,
}

/// An upload that may be resumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// Its name.
    pub id: String,
    /// Whose.
    pub person: PersonId,
    /// Last touched.
    pub at: ServerTime,
    /// Its state, JSON.
    pub body: String,
}

/// Nonsense of a device, as counted so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddityCount {
    /// Through which door.
    pub protocol: String,
    /// Who; empty where not known.
    pub device: String,
    /// What.
    pub what: String,
    /// How often.
    pub count: u64,
    /// First.
    pub first: ServerTime,
    /// Last.
    pub last: ServerTime,
    /// The last bytes of it.
    pub bytes: Vec<u8>,
}

/// Writes one row.
pub(crate) fn write(to: &Connection, row: &SideRow) -> Result<(), StoreError> {
    match row {
        SideRow::Subject(subject) => put_subject(to, subject),
        SideRow::Account(account) => put_account(to, account),
        SideRow::AccountClosed { person, at } => close_account(to, *person, *at),
        SideRow::Secret(secret) => put_secret(to, secret),
        SideRow::SecretGone { seal, kind, name } => erase_secret(to, *seal, *kind, name),
        SideRow::BlobNamed {
            blob,
            trip,
            size_bytes,
        } => name_blob(to, blob, *trip, *size_bytes),
        SideRow::Answered(answered) => put_answered(to, answered),
        SideRow::Oddity(oddity) => count_oddity(to, oddity),
        SideRow::Setting { name, value } => put_setting(to, name, value),
    }
}

/// Runs one statement.
fn run(
    to: &Connection,
    operation: &'static str,
    sql: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<usize, StoreError> {
    to.prepare_cached(sql)
        .and_then(|mut statement| statement.execute(values))
        .doing(operation)
}

/// Reads at most one row.
fn one<T>(
    from: &Connection,
    operation: &'static str,
    sql: &str,
    values: &[&dyn rusqlite::ToSql],
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    from.prepare_cached(sql)
        .and_then(|mut select| select.query_row(values, read).optional())
        .doing(operation)
}

/// Reads all rows; the caller's statement carries the limit.
fn all<T>(
    from: &Connection,
    operation: &'static str,
    sql: &str,
    values: &[&dyn rusqlite::ToSql],
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    from.prepare_cached(sql)
        .and_then(|mut select| select.query_map(values, read)?.collect())
        .doing(operation)
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<ServerTime> {
    row.get(column).map(ServerTime::from_unix_ms)
}

fn time_maybe(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<ServerTime>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(ServerTime::from_unix_ms))
}

// Subjects.

fn put_subject(to: &Connection, subject: &SubjectRow) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO subject (hash, kind, body, at_ms) VALUES (?1, ?2, ?3, ?4)";
    let values = params![subject.hash.0, subject.kind, subject.body, subject.at.unix_ms];
    run(to, "write a subject", sql, values).map(drop)
}

pub(crate) fn subject(from: &Connection, hash: &SecretHash) -> Result<Option<SubjectRow>, StoreError> {
    let sql = "SELECT hash, kind, body, at_ms FROM subject WHERE hash = ?1";
    one(from, "read a subject", sql, params![hash.0], |row| {
        Ok(SubjectRow {
            hash: SecretHash(row.get(0)?),
            kind: row.get(1)?,
            body: row.get(2)?,
            at: time(row, 3)?,
        })
    })
}

pub(crate) fn erase_subject(to: &Connection, hash: &SecretHash) -> Result<bool, StoreError> {
    overwriting(to, || {
        Ok(run(
            to,
            "erase a subject",
            "DELETE FROM subject WHERE hash = ?1",
            params![hash.0],
        )? > 0)
    })
}

/// What is deleted inside is overwritten with zeros, not only forgotten.
fn overwriting<T>(on: &Connection, delete: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    on.execute_batch("PRAGMA secure_delete=ON")
        .doing("prepare to erase")?;
    let done = delete();
    on.execute_batch("PRAGMA secure_delete=OFF")
        .doing("finish erasing")?;
    done
}

// Accounts and sessions.

fn put_account(to: &Connection, account: &AccountRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO account (person, login, password) VALUES (?1, ?2, ?3)
               ON CONFLICT (person) DO UPDATE SET login = excluded.login, password = excluded.password,
                   failures = 0, locked_until_ms = 0";
    run(
        to,
        "write an account",
        sql,
        params![account.person.0 as i64, account.login, account.password],
    )
    .map(drop)
}

fn close_account(to: &Connection, person: PersonId, at: ServerTime) -> Result<(), StoreError> {
    let values = params![person.0 as i64, at.unix_ms];
    run(
        to,
        "close an account",
        "UPDATE account SET closed_ms = ?2 WHERE person = ?1",
        values,
    )?;
    revoke_sessions_of(to, person, at).map(drop)
}

const ACCOUNT: &str = "SELECT person, login, password, failures, locked_until_ms, closed_ms FROM account";

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        person: PersonId(row.get::<_, i64>(0)? as u64),
        login: row.get(1)?,
        password: row.get(2)?,
        failures: row.get(3)?,
        locked_until: time(row, 4)?,
        closed: time_maybe(row, 5)?,
    })
}

pub(crate) fn account_by_login(from: &Connection, login: &str) -> Result<Option<Account>, StoreError> {
    one(
        from,
        "read an account",
        &format!("{ACCOUNT} WHERE login = ?1"),
        params![login],
        account,
    )
}

pub(crate) fn account_of(from: &Connection, person: PersonId) -> Result<Option<Account>, StoreError> {
    one(
        from,
        "read an account",
        &format!("{ACCOUNT} WHERE person = ?1"),
        params![person.0 as i64],
        account,
    )
}

pub(crate) fn sign_in_failed(
    to: &Connection,
    person: PersonId,
    locked_until: ServerTime,
) -> Result<(), StoreError> {
    let sql = "UPDATE account SET failures = failures + 1, locked_until_ms = ?2 WHERE person = ?1";
    run(
        to,
        "note a wrong password",
        sql,
        params![person.0 as i64, locked_until.unix_ms],
    )
    .map(drop)
}

pub(crate) fn sign_in_succeeded(to: &Connection, person: PersonId) -> Result<(), StoreError> {
    let sql = "UPDATE account SET failures = 0, locked_until_ms = 0 WHERE person = ?1 AND failures > 0";
    run(to, "note a right password", sql, params![person.0 as i64]).map(drop)
}

pub(crate) fn open_session(to: &Connection, session: &SessionRow) -> Result<(), StoreError> {
    let sql = "INSERT INTO session (token, person, csrf, agent, created_ms, seen_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let values = params![
        session.token.0,
        session.person.0 as i64,
        session.csrf.0,
        session.agent,
        session.created.unix_ms,
        session.seen.unix_ms
    ];
    run(to, "open a session", sql, values)?;
    let sql = "DELETE FROM session WHERE person = ?1 AND token NOT IN
                   (SELECT token FROM session WHERE person = ?1 ORDER BY created_ms DESC, token LIMIT ?2)";
    run(
        to,
        "let an old session go",
        sql,
        params![session.person.0 as i64, SESSIONS_MAX],
    )
    .map(drop)
}

const SESSION: &str = "SELECT token, person, csrf, agent, created_ms, seen_ms, revoked_ms FROM session";

fn session_row(row: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        token: SecretHash(row.get(0)?),
        person: PersonId(row.get::<_, i64>(1)? as u64),
        csrf: SecretHash(row.get(2)?),
        agent: row.get(3)?,
        created: time(row, 4)?,
        seen: time(row, 5)?,
        revoked: time_maybe(row, 6)?,
    })
}

pub(crate) fn session(from: &Connection, token: &SecretHash) -> Result<Option<SessionRow>, StoreError> {
    one(
        from,
        "read a session",
        &format!("{SESSION} WHERE token = ?1"),
        params![token.0],
        session_row,
    )
}

pub(crate) fn sessions_of(from: &Connection, person: PersonId) -> Result<Vec<SessionRow>, StoreError> {
    let sql = format!("{SESSION} WHERE person = ?1 ORDER BY created_ms DESC");
    all(from, "list sessions", &sql, params![person.0 as i64], session_row)
}

pub(crate) fn touch_session(to: &Connection, token: &SecretHash, at: ServerTime) -> Result<(), StoreError> {
    let sql = "UPDATE session SET seen_ms = ?2 WHERE token = ?1 AND seen_ms < ?2";
    run(to, "note the use of a session", sql, params![token.0, at.unix_ms]).map(drop)
}

pub(crate) fn revoke_session(
    to: &Connection,
    token: &SecretHash,
    at: ServerTime,
) -> Result<bool, StoreError> {
    let sql = "UPDATE session SET revoked_ms = ?2 WHERE token = ?1 AND revoked_ms IS NULL";
    Ok(run(to, "end a session", sql, params![token.0, at.unix_ms])? > 0)
}

pub(crate) fn revoke_sessions_of(
    to: &Connection,
    person: PersonId,
    at: ServerTime,
) -> Result<usize, StoreError> {
    let sql = "UPDATE session SET revoked_ms = ?2 WHERE person = ?1 AND revoked_ms IS NULL";
    run(
        to,
        "end all sessions of a person",
        sql,
        params![person.0 as i64, at.unix_ms],
    )
}

// Secrets.

fn put_secret(to: &Connection, secret: &SecretRow) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO secret (seal, kind, name, grant_id, at_ms, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let values = params![
        secret.seal.0 as i64,
        secret.kind.name(),
        secret.name,
        secret.grant.map(|grant| grant.0 as i64),
        secret.at.unix_ms,
        secret.value
    ];
    run(to, "keep a secret", sql, values).map(drop)
}

fn erase_secret(to: &Connection, seal: SealId, kind: SecretKind, name: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM secret WHERE seal = ?1 AND kind = ?2 AND name = ?3";
    overwriting(to, || {
        run(
            to,
            "erase a secret",
            sql,
            params![seal.0 as i64, kind.name(), name],
        )
        .map(drop)
    })
}

pub(crate) fn secrets(
    from: &Connection,
    seal: SealId,
    kind: SecretKind,
) -> Result<Vec<SecretRow>, StoreError> {
    let sql = "SELECT name, grant_id, at_ms, value FROM secret WHERE seal = ?1 AND kind = ?2 ORDER BY name";
    all(
        from,
        "read a secret",
        sql,
        params![seal.0 as i64, kind.name()],
        |row| {
            Ok(SecretRow {
                seal,
                kind,
                name: row.get(0)?,
                grant: row.get::<_, Option<i64>>(1)?.map(|grant| GrantId(grant as u64)),
                at: time(row, 2)?,
                value: row.get(3)?,
            })
        },
    )
}

// Blobs.

/// What a file is named for that belongs to no trip: the scan of a document serves several.
const NO_TRIP: TripId = TripId(0);

/// Names the files that an entry speaks of, in the entry's own transaction: neither the sweep nor a backup may miss one.
pub(crate) fn name_blobs(to: &Connection, entry: &Entry) -> Result<(), StoreError> {
    for event in &entry.events {
        match event {
            Event::PhotoStored { trip, facts, .. } => name_blob(to, &facts.blob, *trip, facts.bytes)?,
            Event::DocumentRegistered { paper, .. } => {
                paper
                    .scan
                    .iter()
                    .try_for_each(|scan| name_blob(to, scan, NO_TRIP, 0))?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn name_blob(to: &Connection, blob: &BlobHash, trip: TripId, size_bytes: u64) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO blob_ref (blob, trip, size_bytes) VALUES (?1, ?2, ?3)";
    run(
        to,
        "name a blob",
        sql,
        params![blob.0, trip.0 as i64, size_bytes as i64],
    )
    .map(drop)
}

pub(crate) fn blob_is_named(from: &Connection, blob: &BlobHash) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM blob_ref WHERE blob = ?1 LIMIT 1";
    Ok(one(from, "look for a blob's name", sql, params![blob.0], |_| Ok(()))?.is_some())
}

pub(crate) fn blob_bytes_of(from: &Connection, trip: TripId) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(sum(size_bytes), 0) FROM blob_ref WHERE trip = ?1";
    let sum = one(
        from,
        "add up a trip's blobs",
        sql,
        params![trip.0 as i64],
        |row| row.get::<_, i64>(0),
    )?;
    Ok(sum.unwrap_or(0).unsigned_abs())
}

/// Named blobs after a hash, in order of hash.
pub(crate) fn named_blobs_after(
    from: &Connection,
    after: Option<&BlobHash>,
    limit: usize,
) -> Result<Vec<BlobHash>, StoreError> {
    let sql = "SELECT DISTINCT blob FROM blob_ref WHERE ?1 IS NULL OR blob > ?1 ORDER BY blob LIMIT ?2";
    let values = params![after.map(|hash| hash.0), limit as i64];
    all(from, "list named blobs", sql, values, |row| {
        row.get(0).map(BlobHash)
    })
}

// Answers to repeat.

fn put_answered(to: &Connection, answered: &Answered) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO answered (principal, key, question, at_ms, answer) VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![
        answered.principal,
        answered.key,
        answered.question.0,
        answered.at.unix_ms,
        answered.answer
    ];
    run(to, "keep an answer", sql, values).map(drop)
}

pub(crate) fn answered(
    from: &Connection,
    principal: &str,
    key: &str,
) -> Result<Option<Answered>, StoreError> {
    let sql =
        "SELECT principal, key, question, at_ms, answer FROM answered WHERE principal = ?1 AND key = ?2";
    one(
        from,
        "look for an earlier answer",
        sql,
        params![principal, key],
        |row| {
            Ok(Answered {
                principal: row.get(0)?,
                key: row.get(1)?,
                question: SecretHash(row.get(2)?),
                at: time(row, 3)?,
                answer: row.get(4)?,
            })
        },
    )
}

/// Forgets what is too old to matter.
pub(crate) fn sweep(to: &Connection, sweep: &Sweep) -> Result<usize, StoreError> {
    let answers = run(
        to,
        "forget old answers",
        "DELETE FROM answered WHERE at_ms < ?1",
        params![sweep.answers.unix_ms],
    )?;
    let sessions = run(
        to,
        "forget old sessions",
        "DELETE FROM session WHERE seen_ms < ?1 OR revoked_ms < ?1",
        params![sweep.sessions.unix_ms],
    )?;
    let uploads = run(
        to,
        "forget old uploads",
        "DELETE FROM upload WHERE at_ms < ?1",
        params![sweep.uploads.unix_ms],
    )?;
    Ok(answers + sessions + uploads)
}

/// Everything older than these is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sweep {
    /// Answers kept for repeats.
    pub answers: ServerTime,
    /// Sessions last used or ended.
    pub sessions: ServerTime,
    /// Uploads last touched.
    pub uploads: ServerTime,
}

// Uploads.

pub(crate) fn put_upload(to: &Connection, upload: &UploadRow) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO upload (id, person, at_ms, body) VALUES (?1, ?2, ?3, ?4)";
    run(
        to,
        "note an upload",
        sql,
        params![upload.id, upload.person.0 as i64, upload.at.unix_ms, upload.body],
    )?;
    let sql = "DELETE FROM upload WHERE person = ?1 AND id NOT IN
                   (SELECT id FROM upload WHERE person = ?1 ORDER BY at_ms DESC, id LIMIT ?2)";
    run(
        to,
        "let an old upload go",
        sql,
        params![upload.person.0 as i64, UPLOADS_MAX],
    )
    .map(drop)
}

const UPLOAD: &str = "SELECT id, person, at_ms, body FROM upload";

fn upload_row(row: &Row<'_>) -> rusqlite::Result<UploadRow> {
    Ok(UploadRow {
        id: row.get(0)?,
        person: PersonId(row.get::<_, i64>(1)? as u64),
        at: time(row, 2)?,
        body: row.get(3)?,
    })
}

pub(crate) fn upload(from: &Connection, id: &str) -> Result<Option<UploadRow>, StoreError> {
    one(
        from,
        "read an upload",
        &format!("{UPLOAD} WHERE id = ?1"),
        params![id],
        upload_row,
    )
}

pub(crate) fn stale_uploads(
    from: &Connection,
    before: ServerTime,
    limit: usize,
) -> Result<Vec<UploadRow>, StoreError> {
    let sql = format!("{UPLOAD} WHERE at_ms < ?1 ORDER BY at_ms LIMIT ?2");
    all(
        from,
        "list old uploads",
        &sql,
        params![before.unix_ms, limit as i64],
        upload_row,
    )
}

pub(crate) fn drop_upload(to: &Connection, id: &str) -> Result<(), StoreError> {
    run(
        to,
        "forget an upload",
        "DELETE FROM upload WHERE id = ?1",
        params![id],
    )
    .map(drop)
}

// Oddities.

fn count_oddity(to: &Connection, oddity: &OddityRow) -> Result<(), StoreError> {
    let device = oddity.device.as_ref().map_or("", |device| device.0.as_str());
    let known = one(
        to,
        "look for an oddity",
        "SELECT 1 FROM oddity WHERE protocol = ?1 AND device = ?2 AND what = ?3",
        params![protocol(oddity.protocol), device, oddity.what],
        |_| Ok(()),
    )?;
    let device = if known.is_some() || oddity_rows(to)? < ODDITY_ROWS_MAX {
        device
    } else {
        ""
    };
    let sql = "INSERT INTO oddity (protocol, device, what, count, first_ms, last_ms, bytes)
               VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
               ON CONFLICT (protocol, device, what) DO UPDATE SET count = count + excluded.count,
                   last_ms = excluded.last_ms, bytes = excluded.bytes";
    let values = params![
        protocol(oddity.protocol),
        device,
        oddity.what,
        oddity.count as i64,
        oddity.at.unix_ms,
        oddity.bytes
    ];
    run(to, "count an oddity", sql, values).map(drop)
}

const fn protocol(protocol: Protocol) -> &'static str {
    protocol.name()
}

fn oddity_rows(from: &Connection) -> Result<i64, StoreError> {
    let rows = one(
        from,
        "count oddities",
        "SELECT count(*) FROM oddity",
        &[],
        |row| row.get(0),
    )?;
    Ok(rows.unwrap_or(0))
}

pub(crate) fn oddities(from: &Connection, limit: usize) -> Result<Vec<OddityCount>, StoreError> {
    let sql = "SELECT protocol, device, what, count, first_ms, last_ms, bytes FROM oddity ORDER BY last_ms DESC LIMIT ?1";
    all(from, "list oddities", sql, params![limit as i64], |row| {
        Ok(OddityCount {
            protocol: row.get(0)?,
            device: row.get(1)?,
            what: row.get(2)?,
            count: row.get::<_, i64>(3)?.unsigned_abs(),
            first: time(row, 4)?,
            last: time(row, 5)?,
            bytes: row.get(6)?,
        })
    })
}

// Settings.

pub(crate) fn put_setting(to: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)";
    run(to, "write a setting", sql, params![name, value]).map(drop)
}

pub(crate) fn setting(from: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    one(
        from,
        "read a setting",
        "SELECT value FROM setting WHERE name = ?1",
        params![name],
        |row| row.get(0),
    )
}
