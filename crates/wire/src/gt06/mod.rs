//! GT06, the language of Concox and Jimi (LL301, LL302 and LL303 locks, CT10, VL103) and of many makers after them.
//!
//! A seal logs in with its IMEI, and every later message of the connection is its. A message is a number, a body and a serial
//! number between `7878` or `7979` and the end of a line, with a checksum; the answer to it repeats its number and its serial.
//! A lock is spoken to in words, as by text message, inside message 0x80.
//!
//! Facts after the handbook of protocols, section 3 (below: *handbook*), the maker's "JM-VL03 communication protocol" (below:
//! *manual*) and frames of real seals. Makers put other things under the same number: where the length does not tell them
//! apart, the registered dialect does.

pub mod frame;

mod reading;
mod place;
mod cell;
mod status;

mod message;
mod location;
mod happening;
mod information;
mod modular;

pub mod command;
mod orders;
mod text;

mod session;

pub(crate) use session::{Gt06, Owed};

/// The signals that it can say, by name.
pub const SIGNALS: &[&str] = &[
    "sealed",
    "unsealed",
    "shackle_opened_while_sealed",
    "dismantled",
    "low_battery",
    "power_low_offline",
    "charging",
    "fence_in",
    "fence_out",
    "vibration",
    "jamming",
    "clock_unset",
    "heartbeat",
];
