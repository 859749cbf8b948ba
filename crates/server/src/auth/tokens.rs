//! Whose a machine's token is, and whether that person may still act.

use segel_custody::state;
use segel_model::{PersonId, ServerTime, TokenId};
use segel_store::{Reader, Record, RecordKind, Scope, StoreError};
use serde::de::DeserializeOwned;

use super::{secrets, sessions};

/// As whom a machine acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// Its token.
    pub token: TokenId,
    /// Whose it is.
    pub person: PersonId,
    /// Until when it holds.
    pub until: ServerTime,
}

/// Why it could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum LookUpFailure {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record that cannot be read.
    #[error("could not read {kind} {id}: {source}")]
    Record {
        /// Of which kind.
        kind: &'static str,
        /// Its number.
        id: u64,
        /// Why not.
        source: serde_json::Error,
    },
}

/// A machine by its token, and the person as whom it acts; nothing where either may not act.
pub fn machine(
    reader: &Reader,
    text: &str,
    now: ServerTime,
) -> Result<Option<(Holder, state::Person)>, LookUpFailure> {
    let Some(holder) = holder(reader, text, now)? else {
        return Ok(None);
    };
    Ok(person(reader, holder.person)?.map(|person| (holder, person)))
}

/// Whose this token is; nobody's where it is none, was taken back, or holds no longer.
pub fn holder(reader: &Reader, text: &str, now: ServerTime) -> Result<Option<Holder>, LookUpFailure> {
    let Some((id, secret)) = sessions::read_token(text) else {
        return Ok(None);
    };
    let token = live(reader, id, now)?;
    let hash = secrets::hash("token", secret.as_bytes());
    let shown = token.filter(|token| secrets::same(&token.hash, &hash));
    Ok(shown.map(|token| Holder {
        token: id,
        person: token.person,
        until: token.until,
    }))
}

/// The token of that number; nothing where it was taken back, or holds no longer.
pub fn live(reader: &Reader, id: TokenId, now: ServerTime) -> Result<Option<state::Token>, LookUpFailure> {
    let record = reader.record(RecordKind::Token, id.0, &Scope::Nation)?;
    let Some(record) = record.filter(|record| record.stage == "active") else {
        return Ok(None);
    };
    let token: state::Token = body(&record)?;
    Ok(Some(token).filter(|token| now < token.until))
}

/// A person who may act; nothing where they were shut out, or are none.
pub fn person(reader: &Reader, id: PersonId) -> Result<Option<state::Person>, LookUpFailure> {
    let Some(record) = reader.record(RecordKind::Person, id.0, &Scope::Nation)? else {
        return Ok(None);
    };
    let person: state::Person = body(&record)?;
    Ok(Some(person).filter(|person| person.disabled.is_none()))
}

fn body<T: DeserializeOwned>(record: &Record) -> Result<T, LookUpFailure> {
    serde_json::from_str(&record.body).map_err(|source| LookUpFailure::Record {
        kind: record.kind.name(),
        id: record.id,
        source,
    })
}
