//! The one writer. Everything that must survive goes through here, and when a call returns it has survived.
//!
//! All writers of the process share one connection behind a lock, so that no commit ever meets a busy database and waits
//! by guesswork. Reading has its own connections (`Reader`).

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use segel_model::{MessageId, PersonId, SecretHash, ServerTime};

use crate::chain::{self, Hash};
use crate::error::{Doing, OnFile};
use crate::folder::Folder;
use crate::metrics::Metrics;
use crate::reader::Reader;
use crate::side::{SessionRow, Sweep, UploadRow};
use crate::staged::StagedRow;
use crate::{
    Batch, SideRow, StoreError, blob::Blobs, history, journal, outbox, record, schema, side, staged,
};

/// The setting that says when we last listened.
const LAST_LISTENED: &str = "last_listened_ms";

/// How long emptying the log waits for a reader; a commit waits behind it.
const EMPTYING_WAITS_MS: u64 = 20;

/// How often a checkpoint copies and syncs beside the writer before it takes the lock: each time less is left, by a tenth or so.
const ROUNDS_BESIDE: usize = 3;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Below this much free space no new work should be taken (`Store::has_room`). Room for a full log, its checkpoint and a
    /// good hour of work.
    pub free_floor_bytes: u64,
    /// A write-ahead log longer than this is an alarm: some reader holds the checkpoint back.
    pub wal_alarm_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            free_floor_bytes: 512 << 20,
            wal_alarm_bytes: 1 << 30,
        }
    }
}

/// How far journal and reports reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// The last commit; the next one is greater.
    pub commit: u64,
    /// The last entry; the next one is one more.
    pub seq: u64,
}

/// What opening gives.
pub struct Opened {
    /// The writer.
    pub store: Store,
    /// The readers.
    pub reader: Reader,
    /// Photos and documents.
    pub blobs: Blobs,
    /// How far the store reaches.
    pub position: Position,
    /// The journal's last hash.
    pub head: Hash,
    /// When Segel last listened; nothing at the first start.
    pub last_listened: Option<ServerTime>,
}

/// What a commit gives back once it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The commit.
    pub commit: u64,
    /// The last entry of the journal.
    pub last_seq: u64,
    /// The journal's head.
    pub head: Hash,
}

/// The writer; clones share one connection.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    folder: Folder,
    options: Options,
    pen: Mutex<Pen>,
    history: Mutex<Connection>,
    metrics: Metrics,
    /// Something was erased that the log may still hold.
    log_to_empty: AtomicBool,
    /// The file of the truth, to sync it; the database never reads or writes by it. Open as long as the store, because closing it
    /// would take the database's own locks away.
    truth: File,
    /// Held open as long as the store lives; its lock is the process's claim on the folder.
    _claim: File,
}

/// The writing connection and what the next commit must follow.
pub(crate) struct Pen {
    pub(crate) connection: Connection,
    position: Position,
    head: Hash,
    staged_head: Hash,
}

impl Store {
    /// Opens the store in a folder, creating what is missing. Refuses a folder another process holds, a file of a newer
    /// Segel and a damaged file, each with a sentence.
    pub fn open(folder: impl Into<PathBuf>, options: Options) -> Result<Opened, StoreError> {
        let folder = Folder::at(folder);
        folder.create()?;
        let claim = folder.hold()?;
        folder.settle()?;
        let truth = schema::open(&folder.truth(), &schema::TRUTH)?;
        let file = File::open(folder.truth()).on_file("open", &folder.truth())?;
        let history = schema::open(&folder.history(), &schema::HISTORY)?;
        let pen = Pen::resume(truth, &history)?;
        let (position, head) = (pen.position, pen.head);
        let reader = Reader::new(folder.clone());
        let last_listened = last_listened(&pen.connection)?;
        let blobs = Blobs::new(folder.clone(), reader.clone());
        let inner = Inner {
            folder,
            options,
            pen: Mutex::new(pen),
            history: Mutex::new(history),
            metrics: Metrics::default(),
            log_to_empty: AtomicBool::new(false),
            truth: file,
            _claim: claim,
        };
        Ok(Opened {
            store: Self {
                inner: Arc::new(inner),
            },
            reader,
            blobs,
            position,
            head,
            last_listened,
        })
    }

    /// Makes a batch durable, whole or not at all. After a failure the process must stop: its memory is ahead of the disk.
    pub fn commit(&self, batch: &Batch) -> Result<Committed, StoreError> {
        let started = Instant::now();
        let row = if batch.staged.is_empty() {
            None
        } else {
            Some(staged::encode(&batch.staged)?)
        };
        let committed = self.pen().commit(batch, row)?;
        self.inner.metrics.committed(started.elapsed(), batch);
        Ok(committed)
    }

    /// Writes rows that belong to no decision: one small durable transaction.
    pub fn write(&self, rows: &[SideRow]) -> Result<(), StoreError> {
        self.transact("write rows beside the journal", |to| {
            rows.iter().try_for_each(|row| side::write(to, row))
        })
    }

    /// Notes that Segel listens: silence of ours is measured from the last such note.
    pub fn note_listening(&self, at: ServerTime) -> Result<(), StoreError> {
        self.transact("note that we listen", |to| {
            side::put_setting(to, LAST_LISTENED, &at.unix_ms.to_string())
        })
    }

    /// Erases a name, phone, plate or driver, in the tables and in the log; entries keep the hash.
    pub fn erase_subject(&self, hash: &SecretHash) -> Result<bool, StoreError> {
        let erased = self.transact("erase a subject", |to| side::erase_subject(to, hash))?;
        self.inner.log_to_empty.store(true, Ordering::Release);
        self.empty_log()?;
        Ok(erased)
    }

    /// Opens a session; the oldest beyond the limit gives way.
    pub fn open_session(&self, session: &SessionRow) -> Result<(), StoreError> {
        self.transact("open a session", |to| side::open_session(to, session))
    }

    /// Notes the use of a session; callers do so at most once a minute.
    pub fn touch_session(&self, token: &SecretHash, at: ServerTime) -> Result<(), StoreError> {
        self.transact("note the use of a session", |to| {
            side::touch_session(to, token, at)
        })
    }

    /// Ends a session; false where it was over.
    pub fn revoke_session(&self, token: &SecretHash, at: ServerTime) -> Result<bool, StoreError> {
        self.transact("end a session", |to| side::revoke_session(to, token, at))
    }

    /// Ends every session of a person and says how many.
    pub fn revoke_sessions_of(&self, person: PersonId, at: ServerTime) -> Result<usize, StoreError> {
        self.transact("end sessions", |to| side::revoke_sessions_of(to, person, at))
    }

    /// Notes a wrong password, and until when the door stays shut.
    pub fn sign_in_failed(&self, person: PersonId, locked_until: ServerTime) -> Result<(), StoreError> {
        self.transact("note a wrong password", |to| {
            side::sign_in_failed(to, person, locked_until)
        })
    }

    /// Notes a right password.
    pub fn sign_in_succeeded(&self, person: PersonId) -> Result<(), StoreError> {
        self.transact("note a right password", |to| side::sign_in_succeeded(to, person))
    }

    /// Notes the state of an upload.
    pub fn put_upload(&self, upload: &UploadRow) -> Result<(), StoreError> {
        self.transact("note an upload", |to| side::put_upload(to, upload))
    }

    /// Forgets an upload.
    pub fn drop_upload(&self, id: &str) -> Result<(), StoreError> {
        self.transact("forget an upload", |to| side::drop_upload(to, id))
    }

    /// Forgets answers, sessions and uploads that are too old to matter; says how many.
    pub fn sweep(&self, older_than: &Sweep) -> Result<usize, StoreError> {
        self.transact("forget what is old", |to| side::sweep(to, older_than))
    }

    /// Notes a failed try of a message and when it is tried next.
    pub fn message_tried(
        &self,
        message: MessageId,
        failure: &str,
        next_try: ServerTime,
    ) -> Result<(), StoreError> {
        self.transact("note a try", |to| outbox::tried(to, message, failure, next_try))
    }

    /// Whether there is room for new work. Where not: stop reading sockets and refuse commands, before a commit can fail.
    pub fn has_room(&self) -> Result<bool, StoreError> {
        let free = self.inner.folder.free_bytes()?;
        self.inner.metrics.disk_free(free);
        Ok(self.inner.options.free_floor_bytes <= free)
    }

    /// Moves the logs into the files without stopping the writer: most of it is copied and synced beside running commits, the
    /// small rest under the lock, so that the log can begin again at its start. Call it every few seconds.
    ///
    /// The database syncs the file only once the whole log is in it, which is never so beside a busy writer: without a sync of
    /// ours the lock would be held while all that was copied goes to the disk.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        let beside = schema::open(&self.inner.folder.truth(), &schema::TRUTH)?;
        for _ in 0..ROUNDS_BESIDE {
            passive(&beside)?;
            self.inner
                .truth
                .sync_data()
                .on_file("sync", &self.inner.folder.truth())?;
        }
        passive(&self.pen().connection)?;
        // A backup may hold history for long; the next checkpoint takes it.
        if let Ok(history) = self.inner.history.try_lock() {
            passive(&history)?;
        }
        self.empty_log()?;
        self.inner
            .metrics
            .wal(self.wal_bytes(), self.inner.options.wal_alarm_bytes);
        Ok(())
    }

    /// Figures for `/metrics`.
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    /// The folder.
    pub fn folder(&self) -> &Folder {
        &self.inner.folder
    }

    /// How far the store reaches.
    pub fn position(&self) -> Position {
        self.pen().position
    }

    /// Bytes in the write-ahead log.
    pub fn wal_bytes(&self) -> u64 {
        let log = self.inner.folder.root().join("segel.db-wal");
        std::fs::metadata(log).map_or(0, |log| log.len())
    }

    /// The writing connection. A panic elsewhere leaves it as it was before its transaction, so the lock is never poisoned.
    pub(crate) fn pen(&self) -> MutexGuard<'_, Pen> {
        self.inner.pen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that writes history; only the compactor and backups ask for it.
    pub(crate) fn history(&self) -> MutexGuard<'_, Connection> {
        self.inner.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one small durable transaction.
    pub(crate) fn transact<T>(
        &self,
        operation: &'static str,
        change: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut pen = self.pen();
        let transaction = pen.connection.transaction().doing(operation)?;
        let done = change(&transaction)?;
        transaction.commit().doing(operation)?;
        Ok(done)
    }

    /// Empties the log, so that what was erased is not found there either. Where a reader is at work on it, the next
    /// checkpoint tries again: commits do not wait for readers.
    fn empty_log(&self) -> Result<(), StoreError> {
        if !self.inner.log_to_empty.load(Ordering::Acquire) {
            return Ok(());
        }
        let pen = self.pen();
        let patient = |ms| {
            pen.connection
                .busy_timeout(Duration::from_millis(ms))
                .doing("set how long to wait")
        };
        patient(EMPTYING_WAITS_MS)?;
        let busy: rusqlite::Result<i64> =
            pen.connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        patient(schema::BUSY_MS)?;
        if busy.doing("empty the log")? == 0 {
            self.inner.log_to_empty.store(false, Ordering::Release);
        }
        Ok(())
    }
}

fn passive(connection: &Connection) -> Result<(), StoreError> {
    connection
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
        .doing("move the log into the file")
}

impl Pen {
    fn resume(connection: Connection, history: &Connection) -> Result<Self, StoreError> {
        let (seq, journal_commit, head) = journal::head(&connection)?.unwrap_or((0, 0, chain::START));
        let (sealed_commit, sealed_hash) = crate::history::sealed(history)?;
        let (staged_commit, staged_hash) = staged::head(&connection)?.unwrap_or((sealed_commit, sealed_hash));
        let commit = journal_commit.max(staged_commit).max(sealed_commit);
        let staged_head = if staged_commit < sealed_commit {
            sealed_hash
        } else {
            staged_hash
        };
        Ok(Self {
            connection,
            position: Position { commit, seq },
            head,
            staged_head,
        })
    }

    fn commit(&mut self, batch: &Batch, body: Option<Vec<u8>>) -> Result<Committed, StoreError> {
        self.follows(batch);
        let transaction = self.connection.transaction().doing("begin a commit")?;
        let mut staged_head = self.staged_head;
        if let Some(body) = body {
            let hash = chain::link_staged(&staged_head, batch.commit, &body);
            let row = StagedRow {
                commit: batch.commit,
                at: batch.at,
                hash,
                body,
            };
            staged::insert(&transaction, &row, &batch.staged)?;
            staged_head = hash;
        }
        let head = write_entries(&transaction, self.head, batch)?;
        batch
            .records
            .iter()
            .try_for_each(|row| record::put(&transaction, row))?;
        batch
            .side
            .iter()
            .try_for_each(|row| side::write(&transaction, row))?;
        transaction.commit().doing("make a commit durable")?;
        self.position.commit = batch.commit;
        self.position.seq += batch.entries.len() as u64;
        (self.head, self.staged_head) = (head, staged_head);
        Ok(Committed {
            commit: batch.commit,
            last_seq: self.position.seq,
            head,
        })
    }

    /// Numbers run on. A gap or a repeat is a bug in the caller that no restart would mend, so nothing is written.
    fn follows(&self, batch: &Batch) {
        assert!(
            self.position.commit < batch.commit,
            "commit {} does not follow commit {}",
            batch.commit,
            self.position.commit
        );
        for (expected, journaled) in (self.position.seq + 1..).zip(&batch.entries) {
            let entry = &journaled.entry;
            assert!(
                entry.seq == expected,
                "entry {} stands where {expected} should",
                entry.seq
            );
            assert!(
                entry.commit == batch.commit,
                "entry {} names commit {}",
                entry.seq,
                entry.commit
            );
        }
        let ordered = batch
            .staged
            .windows(2)
            .all(|pair| pair[0].ordinal < pair[1].ordinal);
        assert!(
            ordered,
            "staged reports of commit {} are not in order",
            batch.commit
        );
    }
}

fn write_entries(to: &Connection, head: Hash, batch: &Batch) -> Result<Hash, StoreError> {
    batch.entries.iter().try_fold(head, |head, journaled| {
        outbox::project(to, &journaled.entry)?;
        history::note_sealed(to, &journaled.entry)?;
        side::name_blobs(to, &journaled.entry)?;
        journal::append(to, &head, journaled)
    })
}

/// The later of the last note and the last commit.
fn last_listened(from: &Connection) -> Result<Option<ServerTime>, StoreError> {
    let noted = side::setting(from, LAST_LISTENED)?.and_then(|text| text.parse().ok());
    let committed = from
        .query_row(
            "SELECT max(coalesce((SELECT at_ms FROM journal ORDER BY seq DESC LIMIT 1), -1),
                        coalesce((SELECT at_ms FROM staged ORDER BY commit_no DESC LIMIT 1), -1))",
            [],
            |row| row.get::<_, i64>(0),
        )
        .doing("read when we last listened")?;
    Ok(noted
        .max(Some(committed).filter(|at| 0 <= *at))
        .map(ServerTime::from_unix_ms))
}

#[cfg(test)]
mod tests {
    use segel_model::SecretHash;

    use super::*;
    use crate::{Answered, SideRow};

    fn large_answer(key: u8) -> SideRow {
        SideRow::Answered(Answered {
            principal: "person:1".into(),
            key: key.to_string(),
            question: SecretHash([key; 32]),
            at: ServerTime::from_unix_ms(0),
            answer: "x".repeat(1 << 20),
        })
    }

    /// A full disk is said in a sentence, leaves nothing half done, and is over when there is room again.
    #[test]
    fn a_full_disk_is_a_clear_answer_and_loses_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let opened = Store::open(folder.path(), Options::default()).expect("a store");
        let limit = |pages: u32| {
            let sql = format!("PRAGMA max_page_count={pages}");
            opened
                .store
                .pen()
                .connection
                .query_row(&sql, [], |_| Ok(()))
                .expect("a limit");
        };
        let mut batch = Batch::new(1, ServerTime::from_unix_ms(0));
        batch.side = vec![large_answer(1)];
        opened.store.commit(&batch).expect("room for one");
        limit(200);
        let mut batch = Batch::new(2, ServerTime::from_unix_ms(0));
        batch.side = vec![
            SideRow::Setting {
                name: "before".into(),
                value: "1".into(),
            },
            large_answer(2),
        ];
        let error = opened.store.commit(&batch).expect_err("no room for two");
        assert_eq!(
            error.to_string(),
            "could not keep an answer: no space left on the disk; make room, then start again"
        );
        assert_eq!(opened.reader.setting("before").expect("a read"), None);
        assert!(opened.reader.answered("person:1", "1").expect("a read").is_some());
        limit(1_000_000);
        opened.store.commit(&batch).expect("room again");
    }

    #[test]
    fn a_floor_above_the_free_space_leaves_no_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options {
            free_floor_bytes: u64::MAX,
            ..Options::default()
        };
        let opened = Store::open(folder.path(), options).expect("a store");
        assert!(!opened.store.has_room().expect("a look"));
        assert!(0 < opened.store.metrics().look().disk_free_bytes);
        drop(opened);
        let options = Options {
            free_floor_bytes: 0,
            ..Options::default()
        };
        let opened = Store::open(folder.path(), options).expect("a store");
        assert!(opened.store.has_room().expect("a look"));
    }
}
