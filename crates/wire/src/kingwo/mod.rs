//! Kingwo and Upro: the logistics locks NT68E, NT68D and NT68U, and trackers of the same makers.
//!
//! Text over TCP: a head with the device's number, a code, and fields that begin with `&` and a letter, up to `#`. A digit in the
//! head says whether the seal wants an answer. There is no log-in, no serial number and no checksum.
//!
//! Facts after the handbook of protocols, section 8 (below: *handbook*) and frames of real devices. No maker's manual is public, and
//! no command: these seals can be heard and not spoken to.

pub mod frame;

mod place;
mod field;

mod session;

pub(crate) use session::{Kingwo, Owed};

/// The signals that it can say, by name.
pub const SIGNALS: &[&str] = &[
    "dismantled",
    "low_battery",
    "vibration",
    "clock_unset",
    "heartbeat",
];
