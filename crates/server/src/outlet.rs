//! Outlets: where effects leave the house. Each offers `step(now)` and works at its own pace from what is durable.

pub mod envelope;
pub mod names;
mod range;
mod calls;
pub use calls::{Attempt, Line};
pub mod skp;
pub mod overdue;
