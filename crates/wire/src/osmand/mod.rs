//! OsmAnd over HTTP: any phone is a tracker, for a trial without hardware.

mod session;

pub use session::Session;
