//! A photo of a step, as evidence.

use alloc::string::String;

use segel_geo::Position;
use serde::{Deserialize, Serialize};

use crate::{BlobHash, RecordedTime};

/// Which step it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoStep {
    /// Fitting the seal.
    Install,
    /// Taking it off.
    Removal,
}

/// What it shows. The required set of each step is in the rulebook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoKind {
    /// The whole door with the container number.
    DoorWithNumber,
    /// The seal close up, with its number.
    SealCloseUp,
    /// Handle and locking rods.
    LockingRods,
    /// The truck with its plate.
    TruckWithPlate,
    /// A bolt seal beside it.
    BoltSeal,
    /// The seal before it is opened.
    SealBeforeOpening,
    /// The door after the seal is off, with the container number.
    DoorAfterRemoval,
    /// The seal itself after it is off.
    DeviceCondition,
    /// Anything else worth keeping.
    Other,
}

/// What is known of a stored photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhotoFacts {
    /// The original, never altered.
    pub blob: BlobHash,
    /// Its media type as its bytes say.
    pub media_type: String,
    /// Its length.
    pub bytes: u64,
    /// When the camera says it was taken.
    pub taken: Option<RecordedTime>,
    /// Where the camera says it was taken.
    pub taken_at: Option<Position>,
    /// Metres between that place and the seal's at the time; nothing where either is unknown.
    pub distance_to_seal_m: Option<f32>,
    /// Whether a smaller copy for the screen exists.
    pub has_preview: bool,
}
