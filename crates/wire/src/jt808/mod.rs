//! JT/T 808, the Chinese standard for vehicle terminals, in its editions of 2011, 2013 and 2019, and what makers of locks
//! and cargo trackers have made of it: Jointech JT709 and JT705, the G-series padlocks of HHD, BSJ, AOVX.
//!
//! Frames stand between two delimiters and carry a checksum. Each names its device, so a log-in is welcome and not needed.
//! Makers reuse each other's numbers for different things, so which tables hold is a question of the seal's registered
//! dialect; without one, what a frame says by its own form is believed.
//!
//! Facts after the handbook of protocols, section 2, which cites the standard (below: *standard*, by the names of its
//! tables), the makers' own code and pages, and frames of real devices.

pub mod frame;
pub mod header;
mod pieces;

pub mod location;
mod alarm;
mod fields;
mod reading;
mod cells;

mod lock_event;
mod jt705;
mod hhd;
mod bsj;
mod aovx;
mod seen;

pub(crate) mod message;
mod session_messages;
mod passthrough;
mod text;

pub mod command;
mod orders;
pub(crate) mod secrets;

mod session;

pub(crate) use session::{Jt808, Owed};

use crate::profile::Dialect;

/// The signals of the standard's alarm word and of its session.
const STANDARD: &[&str] = &[
    "shackle_opened_while_sealed",
    "low_battery",
    "fence_in",
    "fence_out",
    "vibration",
    "clock_unset",
    "heartbeat",
];

/// What many makers have in bits that the standard left free.
const REUSED: &[&str] = &["dismantled", "charging"];

/// Jointech's lock events and its own bits.
const JOINTECH: &[&str] = &[
    "sealed",
    "unsealed",
    "unseal_refused",
    "rope_cut",
    "rope_out",
    "cover_open",
    "motor_stuck",
    "long_unlocked",
    "low_battery",
    "charging",
    "fence_in",
    "fence_out",
    "vibration",
    "clock_unset",
    "heartbeat",
];

/// HHD's events.
const HHD: &[&str] = &[
    "sealed",
    "unsealed",
    "unseal_refused",
    "rope_cut",
    "rope_out",
    "rope_in",
    "shackle_opened_while_sealed",
    "dismantled",
    "motor_stuck",
    "low_battery",
    "power_low_offline",
    "clock_unset",
    "heartbeat",
];

/// The bits of those whose alarm word has some of its own.
const HHD_P: &[&str] = &["cover_open"];

/// The signals that a dialect can say, by name. Where the dialect is not known, frames of all makers are told by their form.
pub const fn signals(dialect: Dialect) -> &'static [&'static [&'static str]] {
    match dialect {
        Dialect::Jt709 | Dialect::Jt705 => &[JOINTECH],
        Dialect::Hhd => &[HHD],
        Dialect::HhdP => &[HHD, HHD_P],
        Dialect::Jt808 => &[STANDARD],
        Dialect::Bsj | Dialect::Aovx => &[STANDARD, REUSED],
        _ => &[STANDARD, REUSED, JOINTECH, HHD],
    }
}
