//! MQTT 3.1.1, as far as a server needs it that takes messages and sends none: packets are cut out of a stream, read and written.
//!
//! ```
//! use segel_wire::mqtt::{frame::{self, Next}, packet::{Packet, Publish, puback}};
//!
//! let bytes = [0x32, 10, 0, 4, b'a', b'/', b'b', b'c', 0, 7, b'h', b'i', 0xC0, 0];
//! assert_eq!(frame::next(&bytes, 1024), Next::Packet(12)); // A message, and behind it the beginning of something else.
//! let Ok(Packet::Publish(Publish { topic, id: Some(id), payload, .. })) = Packet::read(&bytes[..12]) else {
//!     panic!("a message that wants an answer")
//! };
//! assert_eq!((topic, id, payload), ("a/bc", 7, &b"hi"[..]));
//! assert_eq!(puback(id), [0x40, 2, 0, 7]); // To be sent once the message is durable.
//! ```
//!
//! Facts after the OASIS standard "MQTT Version 3.1.1" (below: *standard*); numbers in brackets are its own.

pub mod frame;
pub mod packet;
