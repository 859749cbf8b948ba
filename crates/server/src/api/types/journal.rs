//! The journal as its readers see it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Actor, Moment, TimelineLine};

/// One entry of the journal: what moved, what was decided, and its link in the chain.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct JournalEntry {
    /// Its number, without gaps.
    pub seq: u64,
    /// When it was decided.
    pub at: Moment,
    /// Its time was not the world's: a demonstration ran ahead.
    pub virtual_time: bool,
    /// The commit it came with.
    pub commit: u64,
    /// Its place in that commit.
    pub ordinal: u32,
    /// Who or what moved it.
    pub actor: Actor,
    /// What was asked, by name, where somebody asked.
    #[schema(example = "verify_document")]
    pub command: Option<String>,
    /// What was decided, in order, as far as the reader may see it.
    pub lines: Vec<TimelineLine>,
    /// How many of its events are not the reader's to see.
    pub hidden: u32,
    /// The chain before it: SHA-256, hexadecimal.
    pub previous: String,
    /// The chain up to and with it. `segel verify` computes it again from the entry as it is stored.
    pub hash: String,
}
