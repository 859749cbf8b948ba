//! Meitrack: the container lock K211G and the vehicle units of the T and MVT series.
//!
//! Every frame names its unit, so there is no log-in. Records come as text (AAA), in blocks of one length (CCC) or as numbered
//! values (CCE). Only blocks are acknowledged; a unit says them again until they are.
//!
//! Facts after the handbook of protocols, section 6, and frames of real units.

pub mod frame;

mod event;
mod place;
mod line;
mod block;
mod values;

pub mod command;

mod session;

pub(crate) use session::{Meitrack, Owed};

/// The signals that it can say, by name.
pub const SIGNALS: &[&str] = &[
    "low_battery",
    "fence_in",
    "fence_out",
    "vibration",
    "jamming",
    "clock_unset",
];
