//! Gateway, engine, API, live stream, outlets.

#[cfg(all(feature = "sabotage", not(debug_assertions)))]
compile_error!(
    "a release that acknowledges before it commits would lose reports: build it without `sabotage`"
);

pub mod clock;
pub mod config;
pub mod descriptors;
pub mod rules;
pub mod profiles;

pub mod reported;
pub mod lanes;
pub mod engine;
pub mod projection;
mod readers;

pub mod ask;
pub mod handle;
pub mod fleet;
pub mod strangers;
pub mod roster;
pub mod orders;

pub mod gateway;
pub mod intake;
pub mod orbcomm;
pub mod outlet;
pub mod keeper;
pub mod background;
pub mod metrics;

pub mod proxies;
pub mod auth;
pub mod photos;
pub mod api;

pub mod first_start;
pub mod service;

pub use handle::EngineHandle;
