//! The nouns of Segel: what a seal says, what a person asks, what was decided, what a line of the journal is.
//!
//! This crate holds shapes and the small truths that belong to a shape (a check digit, an order of severity). It decides nothing.
#![no_std]
extern crate alloc;

pub mod id;
pub mod time;

pub mod order;
pub mod report;
pub mod signal;

pub mod principal;

pub use id::*;
pub use order::SealOrder;
pub use principal::{Principal, Role};
pub use report::Report;
pub use signal::Signal;
pub use time::{DeviceTime, EventTime, RecordedTime, ServerTime};
