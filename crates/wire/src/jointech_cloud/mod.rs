//! Jointech's cloud: what seals told the maker's own platform, passed on over MQTT as JSON. An integrator may offer no other way.
//!
//! One message is `upload/{accessKey}/{deviceNum}/location|alarm|event|cmd` and an object. Two vocabularies are read, by their
//! names: that of the maker's push service, and that of the status word (the one that the forwarder TeraTrack writes). Which
//! names stand where and what is assumed of them says `docs/protocols/jointech-cloud.md`.
//!
//! Facts after the handbook of protocols, sections 1.3 and 9, and the maker's pages "Data push" and "MQTT push" (below: *push*).

pub mod topic;
mod object;
mod place;
mod lock;
mod slaves;
mod message;

pub mod secrets;

mod session;

pub use session::NO_ORDERS;
pub(crate) use session::{JointechCloud, Owed};

/// The signals that it can say, by name, beside those of the status word, which TeraTrack passes on too.
pub const SIGNALS: &[&str] = &["sealed", "unsealed"];
