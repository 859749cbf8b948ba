//! What a message is called and by whom it is sent, and the names that erasable records hold: they are looked up when a
//! message is sent, so that nothing of a person stands in the outbox.

use segel_model::{PersonId, SecretHash};
use segel_store::{Reader, RecordKind, Scope, SideRow, StoreError};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::EngineHandle;

/// The setting that keeps this installation's own number.
const MACHINE: &str = "skp_machine";

/// This installation, as SKP knows it: made once, kept with the store, so that a restored copy is the same machine.
pub struct Machine([u8; 16]);

impl Machine {
    /// The machine's number, made at the first start.
    pub(super) fn of(engine: &EngineHandle) -> Result<Self, StoreError> {
        let known = engine.reader().setting(MACHINE)?;
        if let Some(number) = known.and_then(|text| parse(&text)) {
            return Ok(Self(number));
        }
        let mut number = [0; 16];
        getrandom::fill(&mut number).expect("the system gives random bytes");
        number[6] = number[6] & 0x0f | 0x40;
        number[8] = number[8] & 0x3f | 0x80;
        engine.store().write(&[SideRow::Setting {
            name: MACHINE.into(),
            value: uuid(&number),
        }])?;
        Ok(Self(number))
    }

    /// A machine of a test.
    #[cfg(test)]
    pub(super) const fn numbered(number: [u8; 16]) -> Self {
        Self(number)
    }

    /// As a UUID.
    pub fn id(&self) -> String {
        uuid(&self.0)
    }

    /// The UUID of a message: made from this machine and the effect's own name, so the same after every crash, and another
    /// one on another machine (RFC 9562, version 8 over SHA-256).
    pub fn message_id(&self, name: &str) -> String {
        let digest = Sha256::new().chain_update(self.0).chain_update(name).finalize();
        let mut number = [0; 16];
        number.copy_from_slice(&digest[..16]);
        number[6] = number[6] & 0x0f | 0x80;
        number[8] = number[8] & 0x3f | 0x80;
        uuid(&number)
    }
}

fn uuid(number: &[u8; 16]) -> String {
    let hex: String = number.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn parse(text: &str) -> Option<[u8; 16]> {
    let hex = text.replace('-', "");
    let byte = |at: usize| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..16).map(byte).collect();
    bytes?.try_into().ok()
}

/// Looks names up in erasable records.
pub trait Names {
    /// What a person is called; nothing where their record was erased.
    fn person(&self, person: PersonId) -> Option<String>;
    /// A plate, as typed.
    fn plate(&self, hash: &SecretHash) -> Option<String>;
}

/// The records of the store.
pub(super) struct Records<'a>(pub(super) &'a Reader);

/// What of an erasable record is looked at.
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    plate: Option<String>,
}

impl Records<'_> {
    fn body(&self, hash: &SecretHash) -> Option<Body> {
        let row = self.0.subject(hash).ok()??;
        serde_json::from_str(&row.body).ok()
    }
}

impl Names for Records<'_> {
    fn person(&self, person: PersonId) -> Option<String> {
        let record = self
            .0
            .record(RecordKind::Person, person.0, &Scope::Nation)
            .ok()??;
        let person: segel_custody::state::Person = serde_json::from_str(&record.body).ok()?;
        self.body(&person.subject)?.name
    }

    fn plate(&self, hash: &SecretHash) -> Option<String> {
        self.body(hash)?.plate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_one_name_on_one_machine_and_another_on_another() {
        let (one, other) = (Machine::numbered([1; 16]), Machine::numbered([2; 16]));
        assert_eq!(one.id(), "01010101-0101-0101-0101-010101010101");
        assert_eq!(parse(&one.id()), Some([1; 16]));
        assert_eq!(one.message_id("812-3"), one.message_id("812-3"));
        assert_ne!(one.message_id("812-3"), one.message_id("812-4"));
        assert_ne!(one.message_id("812-3"), other.message_id("812-3"));
        let id = one.message_id("812-3");
        assert_eq!((id.len(), &id[14..15]), (36, "8"));
        assert!(["8", "9", "a", "b"].contains(&&id[19..20]), "{id}");
    }

    #[test]
    fn what_is_no_uuid_is_not_taken_for_one() {
        assert_eq!(parse("01010101-0101"), None);
        assert_eq!(parse("zz010101-0101-0101-0101-010101010101"), None);
    }
}
