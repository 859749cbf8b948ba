//! TeraTrack: the JSON by which a forwarder in Tanzania passes on what Jointech seals say, with the smaller seals that speak
//! through them.
//!
//! The objects come bare on a stream, one behind the other, or over HTTP. Their values are words (`"1"`), their names those of the
//! seal's status word. An object that asks for it (`MessageAck`) is answered `{01}` once it is durable.
//!
//! Facts after the handbook of protocols, sections 1.3 and 9 (below: *handbook*), and real objects; no document of the maker is
//! public. It forwards orders to nobody.

mod object;
mod slave;

pub(crate) use object::read;
pub(crate) use slave::ALARMS;

/// The signals that it can say, by name.
pub const SIGNALS: &[&str] = &[
    "unseal_refused",
    "rope_cut",
    "cover_open",
    "motor_stuck",
    "long_unlocked",
    "low_battery",
    "fence_in",
    "fence_out",
    "vibration",
    "sublock_lost",
    "clock_unset",
];
