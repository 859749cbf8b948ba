//! What is posted: a body with one object or a list of them, each read by its protocol and each kept for itself.

use alloc::{format, vec::Vec};
use core::ops::Range;

use segel_model::{ServerTime, report::Protocol};
use serde::de::IgnoredAny;

use super::{Said, Unread, frame, reader};
use crate::{
    limits::{Limits, OBJECT_BYTES},
    osmand::http,
};

/// One object of a body.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its bytes as they came; they are kept with each of its reports.
    pub raw: Vec<u8>,
    /// What it says, or why it could not be read.
    pub said: Result<Said, Unread>,
}

/// Why nothing of a body was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoBody {
    /// It is no JSON, and where it ceases to be.
    NotJson {
        /// Which line, from 1.
        line: usize,
        /// Where in it.
        column: usize,
    },
    /// It holds nothing.
    Empty,
    /// It holds so many objects, which is more than may come at once.
    TooMany(usize),
    /// Nobody posts this protocol.
    NotPosted,
}

/// Reads a body of at most so many objects, in its order.
pub fn read(protocol: Protocol, body: &[u8], received: ServerTime, most: usize) -> Result<Vec<Item>, NoBody> {
    let read = reader(protocol).ok_or(NoBody::NotPosted)?;
    serde_json::from_slice::<IgnoredAny>(body).map_err(|why| NoBody::NotJson {
        line: why.line(),
        column: why.column(),
    })?;
    let values = frame::values(body);
    match values.len() {
        0 => return Err(NoBody::Empty),
        count if most < count => return Err(NoBody::TooMany(count)),
        _ => {}
    }
    let item = |value: Range<usize>| {
        let object = &body[value];
        Item {
            said: if OBJECT_BYTES < object.len() {
                Err(Unread::whole("object_too_long"))
            } else {
                read(object, received)
            },
            raw: stored(protocol, object),
        }
    };
    Ok(values.into_iter().map(item).collect())
}

/// The form in which an object is kept, so that it can be read again. What a phone says is kept as the request it would be at its
/// own door; the headers that came are not, for the token stands in them.
fn stored(protocol: Protocol, object: &[u8]) -> Vec<u8> {
    if protocol != Protocol::Osmand {
        return object.to_vec();
    }
    let head = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", object.len());
    [head.as_bytes(), object].concat()
}

/// The bodies of the requests that a capture begins with; nothing where it begins with none.
pub(crate) fn posted(capture: &[u8]) -> Option<Vec<u8>> {
    let longest = Limits::default().request_bytes as usize;
    let (mut bodies, mut rest) = (Vec::new(), capture);
    while let http::Next::Request(request) = http::next(rest, longest) {
        bodies.extend_from_slice(&request.body);
        rest = rest.get(request.length..).unwrap_or_default();
    }
    (rest.len() < capture.len()).then_some(bodies)
}
