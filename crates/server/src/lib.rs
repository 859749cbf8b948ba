//! Gateway, engine, API, live stream, outlets.

pub mod clock;
pub mod config;
pub mod rules;

pub mod engine;
pub mod lanes;
pub mod projection;
pub mod recovery;
pub mod reported;

pub mod ask;
pub mod fleet;
pub mod handle;
pub mod orders;
pub mod roster;

#[allow(dead_code)] // Until the reads are wired.
pub mod api;

pub use handle::EngineHandle;
