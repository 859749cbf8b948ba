//! Orbcomm IDP: satellite terminals. Their messages lie in a mailbox at Orbcomm's gateway, which is asked for them page by page
//! over HTTP; the asking is the server's, what a page says is read here.
//!
//! A page is one JSON object. A message is kept as its own piece of that text, byte for byte, and is read again from that.

pub mod page;

mod message;
mod session;
mod time;

pub use message::Message;
pub use page::Page;
pub use time::MailboxTime;

pub use session::NO_ORDERS;

pub(crate) use session::Orbcomm;

/// The signals that it can say, by name.
pub const SIGNALS: &[&str] = &["clock_unset"];

/// The longest page believed: some hundred messages of some kilobytes, and ten times that. No door listens for pages, so no
/// stranger can send one.
pub const PAGE_BYTES: usize = 8 << 20;
/// The longest message kept. The longest payload that the network carries has 10,000 bytes; its fields in words are a few times
/// as long.
pub const MESSAGE_BYTES: usize = 64 << 10;
