//! Gateway, engine, API, live stream, outlets.

pub mod clock;
pub mod config;
pub mod rules;

pub mod ask;
pub mod handle;
pub mod lanes;
pub mod reported;

pub mod fleet;

#[allow(dead_code)] // Until the reads are wired.
pub mod api;

pub use handle::EngineHandle;
