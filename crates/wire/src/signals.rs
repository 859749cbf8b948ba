//! Which signals a language can say at all: each declares its own, and a test holds that against the frames.

use alloc::vec::Vec;

use segel_model::{report::Protocol, signal::SignalSet};

use crate::{
    eseal, flespi, gt06, jointech, jointech_cloud, jt808, kingwo, meitrack, orbcomm, osmand,
    profile::Dialect, queclink, teltonika, teratrack, tive,
};

/// The names of the signals that a language can say in a dialect, each once, in the order of the alphabet.
pub fn signals(protocol: Protocol, dialect: Dialect) -> Vec<&'static str> {
    let declared: &[&[&str]] = match protocol {
        // Its reader takes every name that the vocabulary has.
        Protocol::Open => return sorted(SignalSet(u32::MAX).names().collect()),
        Protocol::Flespi => &[flespi::SIGNALS],
        Protocol::Teratrack => &[teratrack::SIGNALS],
        Protocol::Tive => &[tive::SIGNALS],
        Protocol::Orbcomm => &[orbcomm::SIGNALS],
        Protocol::Jointech => &[jointech::SIGNALS],
        Protocol::Osmand => &[osmand::SIGNALS],
        Protocol::Gt06 => &[gt06::SIGNALS],
        Protocol::Kingwo => &[kingwo::SIGNALS],
        Protocol::Eseal => &[eseal::SIGNALS],
        Protocol::Queclink => &[queclink::SIGNALS],
        Protocol::Teltonika => &[teltonika::SIGNALS],
        Protocol::Meitrack => &[meitrack::SIGNALS],
        Protocol::Jt808 => jt808::signals(dialect),
        Protocol::JointechCloud => &[jointech_cloud::SIGNALS, teratrack::SIGNALS],
    };
    sorted(declared.iter().copied().flatten().copied().collect())
}

fn sorted(mut names: Vec<&'static str>) -> Vec<&'static str> {
    names.sort_unstable();
    names.dedup();
    names
}
