//! Flespi: the messages of its channels, posted as a list of objects with flat names (`position.latitude`).
//!
//! Sources: flespi.com, its pages on messages and on the Jointech channel; the handbook of protocols, section 9; real messages.
//! Every name that is not read into the report stays beside it.

mod message;
mod lock;

pub(crate) use message::read;
