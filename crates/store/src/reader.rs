//! Reading: own connections, short reads, pages. A long read would keep the log from beginning again, so nothing here
//! returns more than a page.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use rusqlite::Connection;
use segel_model::event::Subject;
use segel_model::skp::Lane;
use segel_model::{BlobHash, MessageId, PersonId, SealId, SecretHash, ServerTime, TripId};

use crate::chain::{self, Hash};
use crate::folder::Folder;
use crate::journal::Line;
use crate::outbox::{OutboxState, Outgoing};
use crate::record::{Count, Listing, Page, Record, Scope};
use crate::reports::{ReportPage, ReportQuery, Stored};
use crate::side::{Account, OddityCount, SessionRow, UploadRow};
use crate::staged::StagedRow;
use crate::store::Position;
use crate::{
    Answered, RecordKind, SecretKind, SecretRow, StoreError, SubjectRow, history, journal, outbox, record,
    reports, schema, side, staged,
};

/// The most connections that read at once; who comes when all are out waits for one.
pub const READERS_MAX: usize = 8;

/// Reads the store; cheap to clone and to share between threads. Every call blocks for the time of one short read.
#[derive(Clone)]
pub struct Reader {
    pool: Arc<Pool>,
}

struct Pool {
    folder: Folder,
    shelf: Mutex<Shelf>,
    returned: Condvar,
}

#[derive(Default)]
struct Shelf {
    idle: Vec<Desk>,
    out: usize,
}

/// The two files as one reader sees them.
pub(crate) struct Desk {
    pub(crate) truth: Connection,
    pub(crate) history: Connection,
}

impl Reader {
    pub(crate) fn new(folder: Folder) -> Self {
        Self {
            pool: Arc::new(Pool {
                folder,
                shelf: Mutex::default(),
                returned: Condvar::new(),
            }),
        }
    }

    /// A page of the journal after entry `seq`, oldest first.
    pub fn journal_after(&self, seq: u64, limit: usize) -> Result<Vec<Line>, StoreError> {
        self.with(|desk| journal::page_after(&desk.truth, seq, limit))
    }

    /// A page of the journal before entry `seq` (`u64::MAX` for the newest), newest first.
    pub fn journal_before(&self, seq: u64, limit: usize) -> Result<Vec<Line>, StoreError> {
        self.with(|desk| journal::page_before(&desk.truth, seq, limit))
    }

    /// The first entry decided at that moment or later; where there is none yet, the number after the last.
    pub fn first_entry_from(&self, at: ServerTime) -> Result<u64, StoreError> {
        self.with(|desk| journal::first_from(&desk.truth, at))
    }

    /// A page of a subject's timeline before entry `before` (`u64::MAX` for the newest), newest first.
    pub fn timeline(&self, subject: &Subject, before: u64, limit: usize) -> Result<Vec<Line>, StoreError> {
        self.with(|desk| journal::timeline(&desk.truth, subject, before, limit))
    }

    /// Whether the journal has this hash at this place, and reaches that far.
    pub fn is_past(&self, position: Position, head: &Hash) -> Result<bool, StoreError> {
        if position.seq == 0 {
            return Ok(*head == chain::START);
        }
        Ok(self.with(|desk| journal::hash_at(&desk.truth, position.seq))? == Some(*head))
    }

    /// The journal's hash at an entry; before the first, the start of the chain.
    pub fn head_at(&self, seq: u64) -> Result<Hash, StoreError> {
        if seq == 0 {
            return Ok(chain::START);
        }
        let hash = self.with(|desk| journal::hash_at(&desk.truth, seq))?;
        hash.ok_or_else(|| StoreError::Missing {
            what: format!("entry {seq} of the journal"),
        })
    }

    /// The last commit that left a trace.
    pub fn last_commit(&self) -> Result<u64, StoreError> {
        self.with(|desk| {
            let journal = journal::head(&desk.truth)?.map_or(0, |(_, commit, _)| commit);
            let staged = staged::head(&desk.truth)?.map_or(0, |(commit, _)| commit);
            let sealed = history::sealed(&desk.history)?.0;
            Ok(journal.max(staged).max(sealed))
        })
    }

    /// Staged rows after a commit up to another, oldest first, until they hold `reports_wanted` reports.
    pub fn staged_after(
        &self,
        commit: u64,
        until_commit: u64,
        reports_wanted: u64,
    ) -> Result<Vec<StagedRow>, StoreError> {
        self.with(|desk| staged::rows_after(&desk.truth, commit, until_commit, reports_wanted))
    }

    /// What waits to be moved to history: rows, reports, and since when.
    pub fn staged_backlog(&self) -> Result<(u64, u64, Option<ServerTime>), StoreError> {
        self.with(|desk| staged::backlog(&desk.truth))
    }

    /// Reports of a seal, by event time, wherever they lie.
    pub fn reports(&self, query: &ReportQuery) -> Result<ReportPage, StoreError> {
        self.with(|desk| reports::page(desk, query))
    }

    /// The report of a commit and ordinal, with its raw frame. `seal` makes it quick where the report is in history.
    pub fn report(
        &self,
        commit: u64,
        ordinal: u32,
        seal: Option<SealId>,
    ) -> Result<Option<Stored>, StoreError> {
        self.with(|desk| reports::find(desk, commit, ordinal, seal))
    }

    /// One record, where the scope may see it.
    pub fn record(&self, kind: RecordKind, id: u64, scope: &Scope) -> Result<Option<Record>, StoreError> {
        self.with(|desk| record::find(&desk.truth, kind, id, scope))
    }

    /// A page of records.
    pub fn records(&self, listing: &Listing) -> Result<Page, StoreError> {
        self.with(|desk| record::list(&desk.truth, listing))
    }

    /// How many records of a kind a scope may see, by stage and severity.
    pub fn counts(&self, kind: RecordKind, scope: &Scope) -> Result<Vec<Count>, StoreError> {
        self.with(|desk| record::counts(&desk.truth, kind, scope))
    }

    /// Who may see a record: the words of its keys.
    pub fn keys(&self, kind: RecordKind, id: u64) -> Result<Vec<String>, StoreError> {
        self.with(|desk| record::keys(&desk.truth, kind, id))
    }

    /// Records of a kind found by the beginning of a container, seal or document number, newest first.
    pub fn search(
        &self,
        text: &str,
        kind: RecordKind,
        scope: &Scope,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.with(|desk| record::search(&desk.truth, text, kind, scope, limit))
    }

    /// Heads of one of the three lanes that are due, of all trips.
    pub fn messages_due(
        &self,
        lane: Lane,
        now: ServerTime,
        limit: usize,
    ) -> Result<Vec<Outgoing>, StoreError> {
        self.with(|desk| outbox::due(&desk.truth, lane, now, limit))
    }

    /// Of each trip the oldest message that waits since before a moment and of which nobody has been told.
    pub fn messages_overdue(&self, before: ServerTime, limit: usize) -> Result<Vec<Outgoing>, StoreError> {
        self.with(|desk| outbox::overdue(&desk.truth, before, limit))
    }

    /// When the next head of a lane is due.
    pub fn next_message_due(&self) -> Result<Option<ServerTime>, StoreError> {
        self.with(|desk| outbox::next_due(&desk.truth))
    }

    /// One message.
    pub fn message(&self, message: MessageId) -> Result<Option<Outgoing>, StoreError> {
        self.with(|desk| outbox::find(&desk.truth, message))
    }

    /// Messages of a state after a message, oldest first.
    pub fn messages(
        &self,
        state: OutboxState,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Outgoing>, StoreError> {
        self.with(|desk| outbox::page(&desk.truth, state, after, limit))
    }

    /// How many messages wait or are refused, and since when the oldest does.
    pub fn message_backlog(&self) -> Result<(u64, Option<ServerTime>), StoreError> {
        self.with(|desk| outbox::backlog(&desk.truth))
    }

    /// A subject by its salted hash.
    pub fn subject(&self, hash: &SecretHash) -> Result<Option<SubjectRow>, StoreError> {
        self.with(|desk| side::subject(&desk.truth, hash))
    }

    /// An account by the name typed at the door.
    pub fn account_by_login(&self, login: &str) -> Result<Option<Account>, StoreError> {
        self.with(|desk| side::account_by_login(&desk.truth, login))
    }

    /// A person's account.
    pub fn account_of(&self, person: PersonId) -> Result<Option<Account>, StoreError> {
        self.with(|desk| side::account_of(&desk.truth, person))
    }

    /// A session by the hash of its token.
    pub fn session(&self, token: &SecretHash) -> Result<Option<SessionRow>, StoreError> {
        self.with(|desk| side::session(&desk.truth, token))
    }

    /// A person's sessions, newest first.
    pub fn sessions_of(&self, person: PersonId) -> Result<Vec<SessionRow>, StoreError> {
        self.with(|desk| side::sessions_of(&desk.truth, person))
    }

    /// Secrets of a seal of one sort.
    pub fn secrets(&self, seal: SealId, kind: SecretKind) -> Result<Vec<SecretRow>, StoreError> {
        self.with(|desk| side::secrets(&desk.truth, seal, kind))
    }

    /// The answer given to an earlier request under this key.
    pub fn answered(&self, principal: &str, key: &str) -> Result<Option<Answered>, StoreError> {
        self.with(|desk| side::answered(&desk.truth, principal, key))
    }

    /// An upload begun earlier.
    pub fn upload(&self, id: &str) -> Result<Option<UploadRow>, StoreError> {
        self.with(|desk| side::upload(&desk.truth, id))
    }

    /// Uploads last touched before a moment, oldest first.
    pub fn stale_uploads(&self, before: ServerTime, limit: usize) -> Result<Vec<UploadRow>, StoreError> {
        self.with(|desk| side::stale_uploads(&desk.truth, before, limit))
    }

    /// Nonsense of devices, the latest first.
    pub fn oddities(&self, limit: usize) -> Result<Vec<OddityCount>, StoreError> {
        self.with(|desk| side::oddities(&desk.truth, limit))
    }

    /// A setting.
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.with(|desk| side::setting(&desk.truth, name))
    }

    /// Bytes of blobs named for a trip.
    pub fn blob_bytes_of(&self, trip: TripId) -> Result<u64, StoreError> {
        self.with(|desk| side::blob_bytes_of(&desk.truth, trip))
    }

    /// Whether any entry names this blob.
    pub fn blob_is_named(&self, blob: &BlobHash) -> Result<bool, StoreError> {
        self.with(|desk| side::blob_is_named(&desk.truth, blob))
    }

    /// Blobs that entries name, by hash, after one.
    pub fn named_blobs_after(
        &self,
        after: Option<&BlobHash>,
        limit: usize,
    ) -> Result<Vec<BlobHash>, StoreError> {
        self.with(|desk| side::named_blobs_after(&desk.truth, after, limit))
    }

    /// Runs one read on a connection of its own.
    pub(crate) fn with<T>(&self, read: impl FnOnce(&Desk) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let seat = self.pool.take()?;
        read(seat.desk())
    }
}

/// A desk on loan; it goes back on the shelf however the read ends.
struct Seat<'a> {
    pool: &'a Pool,
    desk: Option<Desk>,
}

impl Seat<'_> {
    fn desk(&self) -> &Desk {
        self.desk
            .as_ref()
            .expect("a seat holds its desk until it is dropped")
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.pool.give_back(self.desk.take());
    }
}

impl Pool {
    fn take(&self) -> Result<Seat<'_>, StoreError> {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        while shelf.idle.is_empty() && shelf.out == READERS_MAX {
            shelf = self.returned.wait(shelf).unwrap_or_else(PoisonError::into_inner);
        }
        shelf.out += 1;
        let idle = shelf.idle.pop();
        drop(shelf);
        // The seat exists before the desk is opened: a failure to open gives the place back.
        let mut seat = Seat {
            pool: self,
            desk: idle,
        };
        if seat.desk.is_none() {
            seat.desk = Some(self.open()?);
        }
        Ok(seat)
    }

    fn open(&self) -> Result<Desk, StoreError> {
        Ok(Desk {
            truth: schema::open_to_read(&self.folder.truth(), &schema::TRUTH)?,
            history: schema::open_to_read(&self.folder.history(), &schema::HISTORY)?,
        })
    }

    fn give_back(&self, desk: Option<Desk>) {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.out -= 1;
        shelf.idle.extend(desk);
        self.returned.notify_one();
    }
}
