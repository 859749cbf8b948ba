//! The seal as a thing in stock.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::document::Day;
use crate::report::Protocol;
use crate::{DeviceId, OfficeCode, OrganisationId};

/// What is entered when a seal comes into stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealRegistration {
    /// What it speaks.
    pub protocol: Protocol,
    /// What it calls itself.
    pub device: DeviceId,
    /// The number printed on it, the one that goes to SKP: `JT701-098231`.
    pub label: String,
    /// Its profile, such as `jt701d`: what it can do and how it says it.
    pub profile: String,
    /// Whose it is.
    pub provider: OrganisationId,
    /// The office whose pool it belongs to; nothing where it may serve any.
    pub pool: Option<OfficeCode>,
    /// Its certificate.
    pub certificate: Option<Certificate>,
    /// Which sort of certificate its profile asks for; nothing where any will do.
    #[serde(default)]
    pub certificate_needed: Option<CertificateKind>,
}

/// Proof that customs accepts this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Its number.
    pub number: String,
    /// Who issued it.
    pub issuer: String,
    /// The last day it holds.
    pub valid_until: Day,
    /// What it certifies the device as, where it says so.
    #[serde(default)]
    pub kind: Option<CertificateKind>,
}

/// What a device is certified as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateKind {
    /// A seal: it locks, and tells what happens to its lock (KEP-97: "e-seals that are certified").
    ESeal,
    /// A tracker without a lock, which only tells where it is.
    Tracker,
}

impl CertificateKind {
    /// Its stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ESeal => "e_seal",
            Self::Tracker => "tracker",
        }
    }
}

/// Whether a seal may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealCondition {
    /// May be assigned.
    Ready,
    /// Set aside.
    SetAside {
        /// Why.
        reason: String,
    },
    /// Gone for good.
    Retired {
        /// Why.
        reason: String,
    },
}
