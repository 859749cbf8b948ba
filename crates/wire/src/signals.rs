//! Which signals a language can say at all: each declares its own, and a test holds that against the frames.

use alloc::vec::Vec;

use segel_model::report::Protocol;

use crate::{eseal, gt06, jointech, jt808, kingwo, meitrack, osmand, profile::Dialect, queclink, teltonika};

/// The names of the signals that a language can say in a dialect, each once, in the order of the alphabet.
pub fn signals(protocol: Protocol, dialect: Dialect) -> Vec<&'static str> {
    let declared: &[&[&str]] = match protocol {
        Protocol::Jointech => &[jointech::SIGNALS],
        Protocol::Osmand => &[osmand::SIGNALS],
        Protocol::Gt06 => &[gt06::SIGNALS],
        Protocol::Kingwo => &[kingwo::SIGNALS],
        Protocol::Eseal => &[eseal::SIGNALS],
        Protocol::Queclink => &[queclink::SIGNALS],
        Protocol::Teltonika => &[teltonika::SIGNALS],
        Protocol::Meitrack => &[meitrack::SIGNALS],
        Protocol::Jt808 => jt808::signals(dialect),
    };
    let mut names: Vec<&str> = declared.iter().copied().flatten().copied().collect();
    names.sort_unstable();
    names.dedup();
    names
}
