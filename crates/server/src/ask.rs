//! How the rest of the server asks the engine, and what it answers.

use serde::{Deserialize, Serialize};

use segel_model::event::Subject;
use segel_model::input::CommandInput;
use segel_model::refusal::RefusalSort;
use segel_model::{Event, Refusal, SecretHash, ServerTime};
use segel_store::{Answered, SideRow};

/// A command with what must become durable beside it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The command, its principal and the phone's time.
    pub input: CommandInput,
    /// What lies beside the journal.
    pub side: Side,
}

/// The engine's answer: what was decided is durable by now, a refusal too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The entry in which it stands.
    pub seq: u64,
    /// When it was decided.
    pub at: ServerTime,
    /// What was decided.
    pub verdict: Verdict,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was done; these are the things it made or moved, the first being the one the command is about.
    Done {
        /// What it made or moved.
        about: Vec<Subject>,
    },
    /// The SOP does not allow it.
    Refused(Refusal),
}

/// Why there is no answer. Nothing was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Segel is stopping.
    #[error("segel is stopping; ask again in a moment")]
    Stopping,
    /// A thousand others wait.
    #[error("too many requests are waiting; ask again in a moment")]
    Busy,
    /// The disk is nearly full.
    #[error("the disk is nearly full; free some space, then ask again")]
    DiskLow,
}

/// What must become durable in the same commit, beside the journal. Nothing of it is written where the command is refused.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// Given by the asker, so that asking twice is answered once: the first answer is kept under it.
    pub idempotency_key: Option<IdempotencyKey>,
    /// Rows that are known before the decision.
    pub rows: Vec<SideRow>,
    /// For `Join`: how the new person will sign in.
    pub account: Option<NewAccount>,
    /// For `RegisterSeal`: the fixed password the seal comes with.
    pub seal_password: Option<Secret>,
}

/// How somebody who joins will sign in; the person's number is known only with the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// The name typed at the door.
    pub login: String,
    /// The password's hash, in the PHC form of argon2.
    pub password: String,
}

/// Words that are never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// One asker's name for one wish.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// Whose key it is: two people may choose the same word.
    pub person: segel_model::PersonId,
    /// As sent.
    pub key: String,
    /// A hash of the request, so that a key used for another wish is refused and not answered wrongly.
    pub request: [u8; 32],
}

impl IdempotencyKey {
    /// Under whose name the answer is kept.
    pub fn principal(&self) -> String {
        format!("person:{}", self.person)
    }

    /// The row that keeps an answer under it.
    pub fn kept(&self, answer: String, at: ServerTime) -> SideRow {
        SideRow::Answered(Answered {
            principal: self.principal(),
            key: self.key.clone(),
            question: SecretHash(self.request),
            at,
            answer,
        })
    }
}

/// A key that was used for another wish answers nothing.
pub fn key_used() -> Refusal {
    Refusal::new(
        RefusalSort::Malformed,
        "idempotency_key_used",
        "Kunci idempotensi ini sudah dipakai untuk permintaan lain; pakai kunci baru.",
        "This idempotency key was used for another request; use a new one.",
    )
}

/// The things that events made, the first being the one a command is about.
pub fn made(events: &[Event]) -> Vec<Subject> {
    let mut about = Vec::new();
    for subject in events.iter().filter_map(maker) {
        if !about.contains(&subject) {
            about.push(subject);
        }
    }
    about
}

fn maker(event: &Event) -> Option<Subject> {
    Some(match event {
        Event::OrganisationRegistered { organisation, .. } => Subject::Organisation(*organisation),
        Event::Invited { invitation, .. } => Subject::Invitation(*invitation),
        Event::PersonJoined { person, .. } => Subject::Person(*person),
        Event::TokenIssued { token, .. } => Subject::Token(*token),
        Event::SealRegistered { seal, .. } => Subject::Seal(*seal),
        Event::DocumentRegistered { document, .. } => Subject::Document(*document),
        Event::RouteProposed { route, .. } => Subject::Route(*route),
        Event::TripOpened { trip, .. } | Event::TripMoved { trip, .. } => Subject::Trip(*trip),
        Event::Granted { grant, .. } => Subject::Grant(*grant),
        Event::PhotoStored { photo, .. } => Subject::Photo(*photo),
        Event::OrderIssued { ordered, .. } => Subject::Order(ordered.id),
        Event::AlarmRaised { alarm, .. } => Subject::Alarm(*alarm),
        Event::MessageQueued { message, .. } => Subject::Message(*message),
        _ => return None,
    })
}
