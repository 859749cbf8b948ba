//! Jointech JT701, JT701D and their clones; also the older JT600, GP4000 and GP6000 trackers.
//!
//! One TCP stream mixes two kinds of frames: binary records that begin with `$`, and text in brackets. There is no
//! log-in: every frame names its device. A seal deletes a record from its flash as soon as it is acknowledged, so an
//! acknowledgement sent too early is evidence lost.
//!
//! Facts after the maker's "JT701D Protocol Manual V1.4" (below: *manual*), the maker's SDK and frames of real seals.

pub mod frame;
pub mod place;
pub mod status;

pub mod record;
pub mod tracker;

pub(crate) mod event;
mod old;
mod sublock;
pub mod text;

pub mod command;
mod fence;
mod orders;

mod session;

pub(crate) use session::{Jointech, Owed};

/// The signals that it can say, by name.
pub const SIGNALS: &[&str] = &[
    "sealed",
    "unsealed",
    "unseal_refused",
    "rope_cut",
    "rope_out",
    "rope_in",
    "cover_open",
    "dismantled",
    "motor_stuck",
    "long_unlocked",
    "low_battery",
    "charging",
    "fence_in",
    "fence_out",
    "vibration",
    "sublock_lost",
    "clock_unset",
    "heartbeat",
];
