//! Flespi: the messages of its channels, posted as a list of objects with flat names (`position.latitude`).
//!
//! Sources: flespi.com, its pages on messages and on the Jointech channel; the handbook of protocols, section 9; real messages.
//! Every name that is not read into the report stays beside it.

mod message;
mod lock;

pub(crate) use message::read;

/// The signals that it can say, by name.
pub const SIGNALS: &[&str] = &[
    "unseal_refused",
    "rope_cut",
    "cover_open",
    "dismantled",
    "motor_stuck",
    "long_unlocked",
    "low_battery",
    "fence_in",
    "fence_out",
    "vibration",
    "jamming",
    "clock_unset",
];
