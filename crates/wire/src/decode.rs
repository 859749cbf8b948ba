//! Reading stored frames again.
//!
//! A frame is kept byte for byte together with its protocol, its profile, the decoder's version and the moment it
//! came, so that years later the same words can be shown; a later decoder that reads them differently is noticed.

use alloc::vec::Vec;

use segel_model::{
    DeviceId, Report, ServerTime,
    report::{Oddity, Protocol},
};

use crate::{limits::Limits, output::Output, profile::Profile, session::Session};

/// What stored bytes say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// The reports in the order of the bytes; [`Reported::part`](crate::Reported::part) counts within one frame.
    pub reports: Vec<Report>,
    /// What is strange in them.
    pub oddities: Vec<Oddity>,
}

/// Reads bytes as a connection of their own. Answers and secrets are dropped.
pub fn decode(protocol: Protocol, profile: Profile, received: ServerTime, bytes: &[u8]) -> Decoded {
    let session = Session::new(protocol, profile, Limits::default());
    read(session, received, bytes)
}

/// Reads bytes that were stored under this device's name: in some languages only the log-in tells it.
pub fn decode_of(
    device: &DeviceId,
    protocol: Protocol,
    profile: Profile,
    received: ServerTime,
    bytes: &[u8],
) -> Decoded {
    let mut session = Session::new(protocol, profile, Limits::default());
    session.continue_as(device.clone());
    read(session, received, bytes)
}

fn read(mut session: Session, received: ServerTime, bytes: &[u8]) -> Decoded {
    let mut decoded = Decoded::default();
    session.receive(received, bytes);
    while let Some(output) = session.poll() {
        match output {
            Output::Report(reported) => {
                session.acknowledge(reported.token, received);
                decoded.reports.push(reported.report);
            }
            Output::Oddity(oddity) => decoded.oddities.push(oddity),
            Output::Transmit(_) | Output::Answered(..) | Output::Learned(_) | Output::Close(_) => {}
        }
    }
    decoded
}

/// Counts up whenever a decoder reads the same bytes differently than before. It stands with each stored frame.
pub const fn decoder_version(protocol: Protocol) -> u16 {
    match protocol {
        // 2: a whole message that nobody can read is a bare report. 3: a smaller seal has reports of its own.
        Protocol::Jointech => 3,
        // 2: a phone's clock of the year 2000 was never set, a place that an app made up is not valid; lists of senders, and
        // senders in the address, are read.
        Protocol::Osmand => 2,
        // 2: what is shorter than any record ends a batch.
        Protocol::Meitrack => 2,
        // 2: the same. 3: a smaller lock's place is told from one of its own, and its volts are per cent, too.
        Protocol::Jt808 => 3,
        // 2: an unlocking of which the seal does not say how is told so, and not as one by a key.
        Protocol::Gt06 => 2,
        // 2: the volts of the battery are read as per cent, too.
        Protocol::Eseal => 2,
        // 2: a smaller seal has reports of its own.
        Protocol::Open | Protocol::Teratrack => 2,
        _ => 1,
    }
}
