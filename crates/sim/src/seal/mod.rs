//! Seals as they speak on the wire, written from their makers' documents and never through `wire`, so that both are not
//! wrong together.

pub mod device;
pub mod jointech;
