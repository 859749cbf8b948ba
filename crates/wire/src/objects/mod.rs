//! What all languages of JSON objects have in common: the objects are cut out of a stream or out of a body, and each is read
//! by its own language.
//!
//! Over HTTP they come as one object or a list of them ([`body`]); on a stream bare, one behind the other. A stored object is
//! read again as a stream of one.

pub mod frame;

pub(crate) mod value;
pub(crate) mod fields;

pub mod body;

mod stream;

pub(crate) use stream::Objects;

use alloc::{borrow::Cow, vec::Vec};

use segel_model::{Report, ServerTime, report::Protocol};

use crate::{flespi, open, osmand, teratrack, tive};

/// Why nothing can be told to a seal that speaks through another platform.
pub const NO_ORDERS: &str = "another platform passes on what this seal says and takes no orders for it";

/// What an object says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    /// Its reports, the speaker's own first.
    pub reports: Vec<Report>,
    /// What is strange in it; the reports stand.
    pub oddity: Option<&'static str>,
    /// Whether it wants to be told that it is durable.
    pub wants_answer: bool,
}

/// Why an object was not read: a short stable name, and which of its values is the cause (`fix.lat`; empty for all of it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// What is wrong.
    pub what: &'static str,
    /// Where.
    pub field: Cow<'static, str>,
}

impl Unread {
    /// All of it is wrong.
    pub(crate) const fn whole(what: &'static str) -> Self {
        Self {
            what,
            field: Cow::Borrowed(""),
        }
    }
}

impl From<Report> for Said {
    fn from(report: Report) -> Self {
        Self {
            reports: Vec::from([report]),
            ..Self::default()
        }
    }
}

/// Reads one object of a language.
pub(crate) type Read = fn(object: &[u8], received: ServerTime) -> Result<Said, Unread>;

/// How an object of that protocol is read; nothing where it does not speak in objects.
pub(crate) fn reader(protocol: Protocol) -> Option<Read> {
    Some(match protocol {
        Protocol::Open => open::read,
        Protocol::Flespi => flespi::read,
        Protocol::Teratrack => teratrack::read,
        Protocol::Tive => tive::read,
        Protocol::Osmand => osmand::read,
        _ => return None,
    })
}

/// Whether its bytes are bare objects; phones say theirs in whole requests.
pub(crate) fn are_bare(protocol: Protocol) -> bool {
    protocol != Protocol::Osmand && reader(protocol).is_some()
}
