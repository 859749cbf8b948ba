//! Any bytes at all, to every decoder, a billion of them if wanted (`make fuzz`).
//!
//! A *conversation* is one session and a stream of bytes that is nearly a seal's: golden frames and former finds, glued, cut,
//! damaged, spliced, in any pieces, with acknowledgements, orders and time in between. One number makes one conversation, so a
//! find is told by its number. Nothing may panic; what a session holds and hands out stays within limits; a stored frame
//! reads again as it did; pieces change nothing; and no input may be slow.

pub mod dice;
pub mod seeds;
pub mod stream;
pub mod conversation;
pub mod pairs;

pub mod hostile;
pub mod memory;
pub mod run;

use segel_model::report::Protocol;

/// The languages that conversations are made of. Those of JSON objects are thrown at by `crates/wire/tests/fuzz.rs`.
pub const SPOKEN: [Protocol; 10] = [
    Protocol::Jointech,
    Protocol::Osmand,
    Protocol::Gt06,
    Protocol::Kingwo,
    Protocol::Eseal,
    Protocol::Queclink,
    Protocol::Teltonika,
    Protocol::Meitrack,
    Protocol::Jt808,
    Protocol::JointechCloud,
];

pub use conversation::Conversation;
pub use run::{Figures, Limit};
