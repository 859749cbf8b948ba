//! Teltonika: TAT asset trackers, FMB and FMC vehicle units, and the Bluetooth sensors at doors that speak through them.
//!
//! A unit logs in with its IMEI, then sends packets of records, each with a checksum. It keeps a packet until it is told how
//! many of its records arrived, and sends all of them again where that is another number. Over UDP every datagram names its
//! unit. What a record holds besides its place is numbered; the numbers are Teltonika's own.
//!
//! Facts after the handbook of protocols, section 4, and Teltonika's pages "Codec" (below: *codecs*), "AVL ID list" and
//! "EYE sensor".

pub mod frame;

pub mod record;
pub mod old;
mod element;
mod tag;

pub mod text;
pub mod datagram;

pub mod command;
mod orders;

mod session;

pub(crate) use session::{Owed, Teltonika};

/// The signals that it can say, by name.
pub const SIGNALS: &[&str] = &[
    "cover_open",
    "charging",
    "fence_in",
    "fence_out",
    "vibration",
    "jamming",
    "clock_unset",
    "heartbeat",
];
