//! One line of the journal: an input and the events decided from it.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::{Event, Input, ServerTime};

/// The version of the entry's form that this code writes.
pub const ENTRY_VERSION: u16 = 1;

/// One line of the journal. Its effects are named by (`seq`, position of the event).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The form's version.
    pub version: u16,
    /// Its number, without gaps.
    pub seq: u64,
    /// The commit it came with.
    pub commit: u64,
    /// Its place among the inputs of that commit, reports included: journal and reports replay in one order.
    pub ordinal: u32,
    /// When it was decided.
    pub at: ServerTime,
    /// Which shard of a later cluster it belongs to; always 0 today.
    pub shard: u16,
    /// Its time was not the world's: a demonstration or a simulation ran ahead of it.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub virtual_time: bool,
    /// What moved. A report is left out here: it is the staged report of the same commit and ordinal.
    pub cause: Cause,
    /// What was decided.
    pub events: Vec<Event>,
}

/// What moved.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The staged report of the same commit and ordinal.
    Report,
    /// Anything else, whole.
    Input(Input),
}
