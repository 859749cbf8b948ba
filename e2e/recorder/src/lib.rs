//! The recorder of the crash laboratory. Loaded in front of the C library (`LD_PRELOAD`), it writes down in one order what a
//! program does to the files under one folder, what is synced, and what leaves and enters by its sockets. From that log the
//! laboratory builds the disks that a power loss could have left.
//!
//! Each call is made and noted under one lock, so the order of the log is the order of things. A sync is noted when it
//! begins and when it has ended: what was written meanwhile may be lost. A send is noted with what the socket took.
//! On demand it misbehaves, as disks do.
#![allow(
    unsafe_code,
    reason = "functions of the C library can only be replaced by functions of its own kind"
)]
// The names are the C library's; what each does is in its manual, and what is noted of it in `log`.
#![allow(missing_docs, clippy::missing_safety_doc)]

mod log;
mod mood;
mod real;

mod files;
mod names;
mod sockets;

pub use files::*;
pub use names::*;
pub use sockets::*;
