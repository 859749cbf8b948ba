//! What one commit holds. The engine fills it; `Store::commit` makes it durable as one, or not at all.

use std::borrow::Cow;
use std::net::SocketAddr;

use segel_model::event::Subject;
use segel_model::report::Protocol;
use segel_model::{
    BlobHash, DeviceId, Entry, GrantId, Observed, OfficeCode, OrganisationId, PersonId, SealId, SecretHash,
    ServerTime, TripId,
};
use serde::{Deserialize, Serialize};

/// Everything decided together.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Its number: greater than that of any commit before it.
    pub commit: u64,
    /// When it was decided.
    pub at: ServerTime,
    /// Reports, by ordinal.
    pub staged: Vec<Staged>,
    /// Entries, by sequence without a gap.
    pub entries: Vec<Journaled>,
    /// Read models that moved.
    pub records: Vec<RecordRow>,
    /// Rows that belong to the decisions but are not evidence.
    pub side: Vec<SideRow>,
}

impl Batch {
    /// A commit with nothing in it yet.
    pub fn new(commit: u64, at: ServerTime) -> Self {
        Self {
            commit,
            at,
            staged: Vec::new(),
            entries: Vec::new(),
            records: Vec::new(),
            side: Vec::new(),
        }
    }
}

/// An entry with what it is about, so that timelines find it.
#[derive(Debug, Clone, PartialEq)]
pub struct Journaled {
    /// The line of the journal.
    pub entry: Entry,
    /// Whose timelines it belongs to.
    pub subjects: Vec<Subject>,
}

/// One report with everything needed to read its bytes again, by this decoder or a later one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Staged {
    /// Its place among the inputs of its commit.
    pub ordinal: u32,
    /// Through which door.
    pub protocol: Protocol,
    /// The profile it was read with, such as `jt701d`.
    pub profile: Cow<'static, str>,
    /// The decoder that read it.
    pub decoder_version: u16,
    /// What the device calls itself.
    pub device: DeviceId,
    /// From where it came.
    pub peer: Option<SocketAddr>,
    /// When it came.
    pub received: ServerTime,
    /// The frame, byte for byte.
    #[serde(with = "crate::staged::as_bytes")]
    pub raw: Vec<u8>,
    /// What was judged of it.
    pub observed: Observed,
    /// A short remark of the gateway; usually empty.
    pub note: String,
}

/// Kinds of read models.
#[allow(missing_docs)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    Trip,
    Seal,
    Document,
    Route,
    Alarm,
    Grant,
    Photo,
    Person,
    Organisation,
    Invitation,
    Token,
    Order,
    Message,
    /// A device nobody registered; its id is any stable number below 2^63.
    Quarantine,
}

impl RecordKind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Trip,
        Self::Seal,
        Self::Document,
        Self::Route,
        Self::Alarm,
        Self::Grant,
        Self::Photo,
        Self::Person,
        Self::Organisation,
        Self::Invitation,
        Self::Token,
        Self::Order,
        Self::Message,
        Self::Quarantine,
    ];

    /// The word in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trip => "trip",
            Self::Seal => "seal",
            Self::Document => "document",
            Self::Route => "route",
            Self::Alarm => "alarm",
            Self::Grant => "grant",
            Self::Photo => "photo",
            Self::Person => "person",
            Self::Organisation => "organisation",
            Self::Invitation => "invitation",
            Self::Token => "token",
            Self::Order => "order",
            Self::Message => "message",
            Self::Quarantine => "quarantine",
        }
    }
}

/// Who may see a record: a reader who holds any one of its keys does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeKey {
    /// A customs office it touches.
    Office(OfficeCode),
    /// Every customs office: an idle seal that belongs to no pool may serve any of them.
    AnyOffice,
    /// A firm it belongs to: owner, provider, carrier alike.
    Organisation(OrganisationId),
    /// A person it concerns: technician, executor, driver.
    Person(PersonId),
}

impl ScopeKey {
    /// The word in the table.
    pub fn text(&self) -> String {
        match self {
            Self::Office(code) => format!("office:{code}"),
            Self::AnyOffice => "office:any".into(),
            Self::Organisation(organisation) => format!("organisation:{organisation}"),
            Self::Person(person) => format!("person:{person}"),
        }
    }
}

/// A read model as it stands after the commit; replaces the one before it.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordRow {
    /// What sort.
    pub kind: RecordKind,
    /// Its number among its kind.
    pub id: u64,
    /// Who may see it (besides those who see the nation).
    pub keys: Vec<ScopeKey>,
    /// The trip it belongs to.
    pub trip: Option<TripId>,
    /// Where it is in its life, a stable word.
    pub stage: String,
    /// How grave; 1 is the gravest. Nothing sorts last.
    pub severity: Option<u8>,
    /// What people look for: container, printed number, document number. Letters and digits count, nothing else.
    pub terms: Vec<String>,
    /// The entry that moved it last.
    pub updated_seq: u64,
    /// The record itself, JSON.
    pub body: String,
}

/// Rows beside the journal that are written with the decision they belong to. Most can be erased without hurting evidence.
#[derive(Debug, Clone, PartialEq)]
pub enum SideRow {
    /// A name, phone, plate or driver under its salted hash.
    Subject(SubjectRow),
    /// How a person signs in.
    Account(AccountRow),
    /// A person is shut out: the account is closed and every session of theirs ends.
    AccountClosed {
        /// Whom.
        person: PersonId,
        /// When.
        at: ServerTime,
    },
    /// A secret of a seal.
    Secret(SecretRow),
    /// A secret that no longer opens anything.
    SecretGone {
        /// Whose.
        seal: SealId,
        /// What sort.
        kind: SecretKind,
        /// Which, among its sort.
        name: String,
    },
    /// A stored file is named by an entry: the sweep leaves it alone.
    BlobNamed {
        /// Which file.
        blob: BlobHash,
        /// For which trip.
        trip: TripId,
        /// How large.
        size_bytes: u64,
    },
    /// The answer a repeated request is given again.
    Answered(Answered),
    /// A device spoke nonsense.
    Oddity(OddityRow),
    /// A setting belongs to the decision.
    Setting {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
}

/// Something personal, kept where it can be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectRow {
    /// The salted hash that entries hold.
    pub hash: SecretHash,
    /// What sort: `person`, `plate`, `driver`.
    pub kind: String,
    /// The thing itself, JSON.
    pub body: String,
    /// When it was written.
    pub at: ServerTime,
}

/// How a person signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Who.
    pub person: PersonId,
    /// The name typed at the door; compared without case.
    pub login: String,
    /// The password's hash, in the PHC form of argon2.
    pub password: String,
}

/// What sort of secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretKind {
    /// The fixed password in force.
    StaticPassword,
    /// The fixed password sent but not yet confirmed.
    NextPassword,
    /// A one-time password the seal announced.
    DynamicPassword,
    /// A card let in under a grant; its number is the row's name.
    Card,
}

impl SecretKind {
    /// The word in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StaticPassword => "static_password",
            Self::NextPassword => "next_password",
            Self::DynamicPassword => "dynamic_password",
            Self::Card => "card",
        }
    }
}

/// A secret of a seal. It is never journaled and never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretRow {
    /// Whose.
    pub seal: SealId,
    /// What sort.
    pub kind: SecretKind,
    /// Which, among its sort; empty where there is only one.
    pub name: String,
    /// The grant it was put in under.
    pub grant: Option<GrantId>,
    /// Since when.
    pub at: ServerTime,
    /// The secret.
    pub value: String,
}

impl std::fmt::Debug for SecretRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretRow")
            .field("seal", &self.seal)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// An answer kept for a request that may be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Who asked, such as `person:7`.
    pub principal: String,
    /// The key they gave.
    pub key: String,
    /// Hash of what they asked: the same key with another question is their mistake.
    pub question: SecretHash,
    /// When it was answered.
    pub at: ServerTime,
    /// The answer, whole: status and body as the API wrote them.
    pub answer: String,
}

/// Nonsense of one device, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddityRow {
    /// Through which door.
    pub protocol: Protocol,
    /// Who, where known.
    pub device: Option<DeviceId>,
    /// What, by its stable name.
    pub what: String,
    /// How often since the last row.
    pub count: u64,
    /// When last.
    pub at: ServerTime,
    /// The last bytes of it.
    pub bytes: Vec<u8>,
}
