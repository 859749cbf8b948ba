//! A request the SOP does not allow: an answer with its reason, and, where a person was refused, an event.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::alarm::Bilingual;

/// A refusal: a stable code for machines, a sentence that says what to do for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable, snake case: `document_not_verified`.
    pub code: String,
    /// What happened and what to do next.
    pub say: Bilingual,
    /// What sort of refusal, for the answer's status.
    pub sort: RefusalSort,
}

/// What sort of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalSort {
    /// The role may not.
    NotAllowed,
    /// There is no such thing, or it is not theirs to see.
    NotFound,
    /// The thing is not in a state for it.
    WrongState,
    /// A rule says no.
    Rule,
    /// The request itself is malformed.
    Malformed,
    /// It must be confirmed first.
    NeedsConfirmation,
}

impl Refusal {
    /// A refusal with its sentence in both languages.
    pub fn new(sort: RefusalSort, code: &str, id: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            say: Bilingual {
                id: id.into(),
                en: en.into(),
            },
            sort,
        }
    }
}
