//! The protocols of seals: bytes in, reports and bytes out.
//!
//! A connection is a [`Session`]: it is handed bytes or datagrams and the time, and then drained. It never waits, never panics and
//! never keeps more than its [`Limits`] allow. What it does not understand leaves as an oddity, never silently.
//!
//! ```
//! use segel_model::{ServerTime, report::Protocol};
//! use segel_wire::{Limits, Output, Profile, Session};
//!
//! let frame = [
//!     0x24, 0x71, 0x00, 0x00, 0x00, 0x42, 0x19, 0x11, 0x00, 0x34, 0x03, 0x02, 0x26, 0x09, 0x30, 0x15, 0x06, 0x58, 0x12,
//!     0x34, 0x11, 0x02, 0x54, 0x32, 0x1D, 0x14, 0x2D, 0x00, 0x00, 0x01, 0x2C, 0x09, 0x00, 0x00, 0x00, 0x00, 0x20, 0xE0,
//!     0x57, 0x12, 0x34, 0x56, 0x78, 0x18, 0x00, 0x01, 0x00, 0x0F, 0x0F, 0x0F, 0x0F, 0x0F, 0x0F, 0x0F, 0x0F, 0x0F, 0x00,
//!     0x01, 0x01, 0xFE, 0x0A, 0x07,
//! ];
//! let now = ServerTime::from_unix_ms(1_770_111_020_000);
//! let mut session = Session::new(Protocol::Jointech, Profile::default(), Limits::default());
//! session.receive(now, &frame);
//! let Some(Output::Report(reported)) = session.poll() else { panic!("a record is a report") };
//! assert_eq!(reported.report.device.0, "7100000042");
//! assert!(session.poll().is_none()); // Nothing is answered before the report is durable.
//! session.acknowledge(reported.token, now);
//! let Some(Output::Transmit(answer)) = session.poll() else { panic!("a record wants an answer") };
//! assert_eq!(answer, b"(P69,0,7)");
//! ```
#![no_std]
extern crate alloc;

pub mod limits;
pub mod output;
pub mod profile;
pub mod session;
pub mod vocabulary;

mod orders;
mod indonesian;
mod stream;

pub mod eseal;
pub mod jointech;
pub mod jt808;
pub mod osmand;
pub mod gt06;
pub mod kingwo;
pub mod queclink;
pub mod teltonika;
pub mod meitrack;
pub mod mqtt;
pub mod jointech_cloud;
pub mod orbcomm;

pub mod objects;
pub mod open;
mod flespi;
mod teratrack;
mod tive;

pub mod decode;
pub mod guess;
pub mod secrets;
pub mod signals;
pub mod tool;

pub mod calendar;
mod checksum;
mod cursor;
mod read;

pub use decode::{Decoded, decode, decode_of, decoder_version};
pub use guess::{Guess, guess};
pub use indonesian::of as in_indonesian;
pub use limits::Limits;
pub use output::{AckToken, Learned, NotSpoken, Output, Reason, Reported, oddity};
pub use profile::{Dialect, Profile};
pub use secrets::mask_secrets;
pub use session::{NO_WAY, Session, Transport};
pub use signals::signals;
pub use vocabulary::{fitted, password_letters, speaks};
