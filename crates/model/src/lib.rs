//! The nouns of Segel: what a seal says, what a person asks, what was decided, what a line of the journal is.
//!
//! This crate holds shapes and the small truths that belong to a shape (a check digit, an order of severity). It decides nothing.
#![no_std]
extern crate alloc;

pub mod id;
pub mod time;

pub mod observed;
pub mod order;
pub mod report;
pub mod signal;

pub mod alarm;
pub mod container;
pub mod document;
pub mod grant;
pub mod photo;
pub mod principal;
pub mod route;
pub mod seal;
pub mod skp;
pub mod trip;

pub mod command;
pub mod entry;
pub mod event;
pub mod input;
pub mod refusal;
pub mod rulebook;

pub use alarm::{AlarmCode, Severity};
pub use command::Command;
pub use entry::Entry;
pub use event::Event;
pub use id::*;
pub use input::Input;
pub use observed::Observed;
pub use order::SealOrder;
pub use principal::{Principal, Role};
pub use refusal::Refusal;
pub use report::Report;
pub use rulebook::Rulebook;
pub use signal::Signal;
pub use time::{DeviceTime, EventTime, RecordedTime, ServerTime};
