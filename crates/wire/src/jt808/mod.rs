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
