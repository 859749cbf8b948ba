//! OsmAnd over HTTP: any phone is a tracker, for a trial without hardware.
//!
//! A phone asks `GET /?id=…&lat=…&lon=…` (the OsmAnd app's online tracking; Traccar Client), sends the same as a form,
//! or sends the JSON of background-geolocation apps. It is answered 200 once its reports are durable; a phone that is
//! not answered keeps the fix and sends it again.

pub mod http;
pub(crate) mod json;
pub(crate) mod query;

mod session;

pub(crate) use json::read;
pub(crate) use session::Session;

/// The signals that it can say, by name: a phone tells where it is and nothing of a seal.
pub const SIGNALS: &[&str] = &[];
