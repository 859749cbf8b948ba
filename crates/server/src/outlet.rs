//! Outlets: where effects leave the house. Each offers `step(now)` and works at its own pace from what is durable.

pub mod envelope;
pub mod skp;
