//! What leaves a session: reports to be kept, bytes to be sent, answers, oddities.

use alloc::{boxed::Box, collections::VecDeque, string::String, vec::Vec};
use core::fmt;

use segel_model::{DeviceId, OrderId, Report, order::Outcome, report::Oddity};

use crate::{
    eseal, gt06, jointech, jointech_cloud, jt808, kingwo, limits::ODDITY_BYTES, meitrack, queclink, teltonika,
};

/// One thing that leaves a session, in the order it must be treated.
pub enum Output {
    /// Keep this; once it is durable, hand its token back.
    Report(Box<Reported>),
    /// Send these bytes to the seal.
    Transmit(Vec<u8>),
    /// An order has ended.
    Answered(OrderId, Outcome),
    /// Something strange, to be counted and kept.
    Oddity(Oddity),
    /// A secret the seal told. It goes to the vault, never to a journal or a log.
    Learned(Learned),
    /// Send what was handed out before, then close.
    Close(Reason),
}

/// A report with the frame it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Reported {
    /// What the seal said.
    pub report: Report,
    /// The whole frame, byte for byte as it came.
    pub raw: Vec<u8>,
    /// Which report of the frame this is, from 0: old trackers put many records into one frame.
    pub part: u16,
    /// To be handed back once the report is durable.
    pub token: AckToken,
}

/// Which answer a report is owed: small, so that a million may wait for a commit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AckToken(pub(crate) Owed);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owed {
    Nothing,
    Jointech(jointech::Owed),
    /// One of the reports of the request that waits for its answer.
    Osmand,
    Gt06(gt06::Owed),
    Kingwo(kingwo::Owed),
    Eseal(eseal::Owed),
    Queclink(queclink::Owed),
    Teltonika(teltonika::Owed),
    Meitrack(meitrack::Owed),
    Jt808(jt808::Owed),
    /// The last report of an object whose platform wants to know.
    Objects,
    JointechCloud(jointech_cloud::Owed),
}

impl AckToken {
    /// Whether handing it back sends nothing.
    pub const fn is_nothing(self) -> bool {
        matches!(self.0, Owed::Nothing)
    }
}

/// A token may hold a password to be echoed, so it never prints what it holds.
impl fmt::Debug for AckToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_nothing() {
            "AckToken(nothing)"
        } else {
            "AckToken(..)"
        })
    }
}

/// A secret the seal told.
#[derive(Clone, PartialEq, Eq)]
pub enum Learned {
    /// The one-time password in force.
    DynamicPassword {
        /// Of which seal.
        device: DeviceId,
        /// Six digits.
        password: String,
    },
    /// The fixed password in force.
    StaticPassword {
        /// Of which seal.
        device: DeviceId,
        /// Six letters, digits or symbols; of some makers eight.
        password: String,
    },
}

/// Prints which secret of which seal, never the secret.
impl fmt::Debug for Learned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DynamicPassword { device, .. } => write!(f, "DynamicPassword({device}, ..)"),
            Self::StaticPassword { device, .. } => write!(f, "StaticPassword({device}, ..)"),
        }
    }
}

/// Why a session wants its connection closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The first bytes are those of another protocol (a browser, a TLS client, a scanner).
    NotASeal,
    /// More bytes without meaning than the limit.
    TooMuchGarbage,
    /// A request longer than the limit, or one that is not HTTP.
    BadRequest,
    /// The other side asked for it.
    Asked,
}

/// An order this seal's protocol has no words for, or a value it cannot take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotSpoken {
    /// What it cannot take, in a sentence without secrets.
    pub why: &'static str,
}

impl NotSpoken {
    /// The same in Indonesian; in English where nobody has put it so yet.
    pub fn in_indonesian(&self) -> &'static str {
        crate::indonesian::of(self.why).unwrap_or(self.why)
    }
}

/// What waits to be polled. Holds no memory while empty: most seals are silent most of the time.
#[derive(Default)]
pub(crate) struct Outputs(VecDeque<Output>);

impl Outputs {
    pub(crate) fn push(&mut self, output: Output) {
        self.0.push_back(output);
    }

    pub(crate) fn transmit(&mut self, bytes: Vec<u8>) {
        self.push(Output::Transmit(bytes));
    }

    pub(crate) fn oddity(&mut self, offset: u32, what: &str, bytes: &[u8]) {
        self.push(Output::Oddity(oddity(offset, what, bytes)));
    }

    pub(crate) fn poll(&mut self) -> Option<Output> {
        let output = self.0.pop_front();
        if self.0.is_empty() {
            self.0 = VecDeque::new();
        }
        output
    }
}

/// Something strange, with the beginning of its bytes.
pub fn oddity(offset: u32, what: &str, bytes: &[u8]) -> Oddity {
    let kept = bytes.len().min(ODDITY_BYTES);
    Oddity {
        offset,
        what: what.into(),
        bytes: bytes[..kept].to_vec(),
    }
}
