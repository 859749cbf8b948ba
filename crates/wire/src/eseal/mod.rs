//! eSeal CT-C: a seal for the doors of a container that speaks in lines of text.
//!
//! One line a message, `##S,eSeal,…,E##` and the end of a line. There is no log-in and no checksum: every line names its
//! device. Times are in UTC. A line waits in the seal until it is acknowledged.
//!
//! Facts after the handbook of protocols, section 7, and frames of real seals; the maker's own document is not public.

pub mod frame;

pub mod message;

pub mod command;

mod session;

pub(crate) use session::{Eseal, Owed};

/// The signals that it can say, by name.
pub const SIGNALS: &[&str] = &[
    "sealed",
    "unsealed",
    "rope_out",
    "rope_in",
    "vibration",
    "clock_unset",
];
