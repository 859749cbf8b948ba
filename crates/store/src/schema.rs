//! The tables, and how a database file is opened: settings that make a commit durable, and a version that refuses what
//! a newer Segel wrote.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::StoreError;
use crate::error::Doing;

/// Marks a file as ours ("Segl"), so that no other database is taken for one.
const APPLICATION_ID: i64 = 0x5365_676c;

/// How long a connection waits for another process that holds the file, such as a shell somebody opened.
pub(crate) const BUSY_MS: u64 = 5000;

/// One step of a schema; a file at version `n` has had the first `n` steps.
type Steps = &'static [&'static str];

/// A database file's schema.
pub(crate) struct Schema {
    /// Its name in messages.
    pub file: &'static str,
    /// Its history.
    steps: Steps,
}

pub(crate) const TRUTH: Schema = Schema {
    file: "segel.db",
    steps: &[TRUTH_1, TRUTH_2, TRUTH_3],
};
pub(crate) const HISTORY: Schema = Schema {
    file: "history.db",
    steps: &[HISTORY_1],
};

const TRUTH_1: &str = "
CREATE TABLE journal (
    seq INTEGER PRIMARY KEY,
    commit_no INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE TABLE journal_subject (
    kind TEXT NOT NULL,
    id INTEGER NOT NULL,
    seq INTEGER NOT NULL REFERENCES journal,
    PRIMARY KEY (kind, id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE staged (
    commit_no INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    reports INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE record (
    kind TEXT NOT NULL,
    id INTEGER NOT NULL,
    trip INTEGER,
    stage TEXT NOT NULL,
    severity INTEGER NOT NULL,
    updated_seq INTEGER NOT NULL,
    found_by TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT;
CREATE INDEX record_by_trip ON record (kind, trip, id) WHERE trip IS NOT NULL;
CREATE INDEX record_by_stage ON record (kind, stage, severity, id);
CREATE INDEX record_by_severity ON record (kind, severity, id);
CREATE INDEX record_by_update ON record (kind, updated_seq, id);
CREATE TABLE record_scope (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (kind, key, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE record_term (
    term TEXT NOT NULL,
    kind TEXT NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (term, kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    message INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    trip INTEGER NOT NULL,
    lane TEXT NOT NULL,
    code TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    queued_ms INTEGER NOT NULL,
    next_try_ms INTEGER NOT NULL,
    last_error TEXT,
    reference TEXT,
    corrections TEXT NOT NULL,
    envelope TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_waiting ON outbox (trip, lane, message) WHERE state IN ('waiting', 'refused');

CREATE TABLE subject (
    hash BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE account (
    person INTEGER PRIMARY KEY,
    login TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,
    locked_until_ms INTEGER NOT NULL DEFAULT 0,
    closed_ms INTEGER
) STRICT;
CREATE TABLE session (
    token BLOB PRIMARY KEY,
    person INTEGER NOT NULL,
    csrf BLOB NOT NULL,
    agent TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL,
    revoked_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_person ON session (person);
CREATE TABLE secret (
    seal INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    grant_id INTEGER,
    at_ms INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (seal, kind, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE blob_ref (
    blob BLOB NOT NULL,
    trip INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    PRIMARY KEY (blob, trip)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_ref_by_trip ON blob_ref (trip);
CREATE TABLE answered (
    principal TEXT NOT NULL,
    key TEXT NOT NULL,
    question BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (principal, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX answered_by_age ON answered (at_ms);
CREATE TABLE upload (
    id TEXT PRIMARY KEY,
    person INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE oddity (
    protocol TEXT NOT NULL,
    device TEXT NOT NULL,
    what TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (protocol, device, what)
) STRICT, WITHOUT ROWID;
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Rows say what they hold, so that a page of reports opens only those it needs. One written before does not say, and is
/// taken for one that may hold anything: it moves to history soon.
const TRUTH_2: &str = "
ALTER TABLE staged ADD COLUMN first_ms INTEGER NOT NULL DEFAULT -9223372036854775808;
ALTER TABLE staged ADD COLUMN last_ms INTEGER NOT NULL DEFAULT 9223372036854775807;
ALTER TABLE staged ADD COLUMN seals INTEGER NOT NULL DEFAULT -1;
CREATE INDEX staged_by_time ON staged (first_ms, last_ms, seals);
";

/// In a row of hundreds of seals every bit of the mask is set; such a row lists its seals.
const TRUTH_3: &str = "
CREATE TABLE staged_seals (
    commit_no INTEGER PRIMARY KEY REFERENCES staged ON DELETE CASCADE,
    seals BLOB NOT NULL
) STRICT;
";

const HISTORY_1: &str = "
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    level INTEGER NOT NULL,
    from_commit INTEGER NOT NULL,
    until_commit INTEGER NOT NULL,
    reports INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    staged_hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX run_by_commit ON run (until_commit);
CREATE INDEX run_by_time ON run (last_ms, first_ms);
CREATE TABLE block (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run,
    first_seal INTEGER NOT NULL,
    last_seal INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    reports INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX block_by_seal ON block (run, last_seal, first_seal, first_ms, last_ms);
CREATE TABLE part (
    run INTEGER NOT NULL REFERENCES run,
    from_commit INTEGER NOT NULL,
    until_commit INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    reports INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (run, from_commit, skipped)
) STRICT, WITHOUT ROWID;
";

/// Opens a file for writing, brings it to this program's schema, and sets what durability rests on.
pub(crate) fn open(path: &Path, schema: &Schema) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path).doing("open a database")?;
    connection
        .busy_timeout(Duration::from_millis(BUSY_MS))
        .doing("set how long to wait")?;
    plan_once(&connection)?;
    admit(&connection, schema)?;
    durable(&connection)?;
    upgrade(&mut connection, schema)?;
    Ok(connection)
}

/// Opens a file for reading only.
pub(crate) fn open_to_read(path: &Path, schema: &Schema) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).doing("open a database for reading")?;
    connection
        .busy_timeout(Duration::from_millis(BUSY_MS))
        .doing("set how long to wait")?;
    plan_once(&connection)?;
    admit(&connection, schema)?;
    connection
        .execute_batch("PRAGMA mmap_size=0; PRAGMA cache_size=-8192; PRAGMA query_only=ON;")
        .doing("set up a reading connection")?;
    Ok(connection)
}

/// A statement is planned when it is prepared and not again for the values it is given: otherwise each `> ?1` would have it
/// parsed and planned anew, which took a tenth of all processor time of a read.
fn plan_once(connection: &Connection) -> Result<(), StoreError> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map(drop)
        .doing("have statements planned once")
}

/// Whether the file is ours, whole at its first page, and not from the future.
fn admit(connection: &Connection, schema: &Schema) -> Result<(), StoreError> {
    let version = pragma(connection, schema, "user_version")?;
    let application = pragma(connection, schema, "application_id")?;
    let pages = pragma(connection, schema, "page_count")?;
    let known = schema.steps.len() as i64;
    let is_ours = application == APPLICATION_ID || is_unfinished(connection, (application, version))?;
    if pages > 0 && !is_ours {
        return Err(StoreError::Foreign {
            file: schema.file.into(),
        });
    }
    if version > known {
        return Err(StoreError::Newer {
            file: schema.file.into(),
            found: version,
            known,
        });
    }
    Ok(())
}

/// Whether a start ended after it had made the file and before it had made its tables: nothing is in it, so it is taken as new.
fn is_unfinished(connection: &Connection, marks: (i64, i64)) -> Result<bool, StoreError> {
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .doing("read the first page of a database")?;
    Ok(marks == (0, 0) && tables == 0)
}

fn pragma(connection: &Connection, schema: &Schema, name: &str) -> Result<i64, StoreError> {
    connection
        .pragma_query_value(None, name, |row| row.get(0))
        .doing("read the first page of a database")
        .map_err(|error| on(schema, error))
}

/// Puts the file's name into a report of damage.
fn on(schema: &Schema, error: StoreError) -> StoreError {
    match error {
        StoreError::Damaged { detail, .. } => StoreError::Damaged {
            file: schema.file.into(),
            detail,
        },
        other => other,
    }
}

/// `synchronous=FULL` syncs the log at every commit. No memory mapping: a read error must be an error, not a signal.
/// Checkpoints are the checkpointer's (`Store::checkpoint`), so that no commit ever pays for one.
fn durable(connection: &Connection) -> Result<(), StoreError> {
    connection
        .execute_batch(
            "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=0;
             PRAGMA foreign_keys=ON; PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=0;
             PRAGMA journal_size_limit=268435456; PRAGMA temp_store=MEMORY; ",
        )
        .doing("set up a writing connection")
}

fn upgrade(connection: &mut Connection, schema: &Schema) -> Result<(), StoreError> {
    let version = pragma(connection, schema, "user_version")?;
    let done = usize::try_from(version).unwrap_or(0);
    if done == schema.steps.len() {
        return Ok(());
    }
    let transaction = connection.transaction().doing("begin an upgrade")?;
    for step in &schema.steps[done..] {
        transaction.execute_batch(step).doing("upgrade a database")?;
    }
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .doing("mark a database as ours")?;
    transaction
        .pragma_update(None, "user_version", schema.steps.len() as i64)
        .doing("note the version of a database")?;
    transaction.commit().doing("commit an upgrade")
}
