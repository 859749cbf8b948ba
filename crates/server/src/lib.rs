//! Gateway, engine, API, live stream, outlets.

pub mod clock;
pub mod config;
pub mod rules;

pub mod reported;
pub mod lanes;
pub mod engine;
pub mod projection;

pub mod auth;

pub mod ask;
pub mod auth;
pub mod photos;
pub mod handle;
pub mod fleet;
pub mod roster;
pub mod orders;

pub mod gateway;
pub mod outlet;
pub mod keeper;
pub mod background;
pub mod first_start;
pub mod service;
pub mod metrics;

#[allow(dead_code)] // Until the reads are wired.
pub mod api;

pub use handle::EngineHandle;
