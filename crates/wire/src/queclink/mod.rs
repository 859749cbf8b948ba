//! Queclink @Track: battery trackers for cargo (GL200, GL300, GL500 and their kin) and trackers for vehicles (GV, CV).
//!
//! They have no lock, so they are no seals by themselves: they say where a container is, whether light falls into it, whether
//! they are taken off, jammed or shaken. Text is the usual form, `+RESP:GTFRI,…$`; a binary form says the same.
//! There is no log-in: every message names its device.
//!
//! Facts after the handbook of protocols, section 5, and the maker's "GL300 @Track Air Interface Protocol 1.02" (below: *manual*).
//! What stands before and behind a place differs from model to model, so places are found by their own shape.

pub mod frame;

pub mod message;
pub mod model;

mod place;

mod information;
mod tail;
mod words;

mod report;

mod binary;

pub mod command;

mod session;

pub(crate) use session::{Owed, Queclink, secrets};

/// The signals that it can say, by name.
pub const SIGNALS: &[&str] = &[
    "cover_open",
    "dismantled",
    "low_battery",
    "power_low_offline",
    "charging",
    "fence_in",
    "fence_out",
    "jamming",
    "clock_unset",
    "heartbeat",
];
