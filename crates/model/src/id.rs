//! Names of things. Each kind has its own type, so that a trip is never taken for a seal.
//!
//! Numbers are handed out by the state in the order of decisions; they are never used twice.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};

macro_rules! numbered {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

numbered! {
    /// A supervised journey of one container under one seal.
    TripId
    /// A device on a container.
    SealId
    /// A customs document (BC 1.2, PLP, storage permit, …).
    DocumentId
    /// A route plan, one version of it.
    RouteId
    /// Somebody who can sign in.
    PersonId
    /// An invitation to join, used once.
    InvitationId
    /// A bearer token of a machine.
    TokenId
    /// A firm or body outside customs.
    OrganisationId
    /// An alarm.
    AlarmId
    /// A permission to open one seal, at one place, in one window.
    GrantId
    /// A photo of a step.
    PhotoId
    /// Something sent to a seal, from the wish to its answer.
    OrderId
    /// A message to SKP.
    MessageId
}

/// Six digits that name a customs office, such as 060100 for Tanjung Emas.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OfficeCode(pub String);

impl OfficeCode {
    /// The code, or nothing where the text is not six digits.
    pub fn new(text: &str) -> Option<Self> {
        let six_digits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        six_digits.then(|| Self(text.into()))
    }
}

impl fmt::Display for OfficeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a seal calls itself on the wire.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceId(pub String);

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// SHA-256 of a stored file; also its name in the blob store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlobHash(#[serde(with = "crate::id::hex32")] pub [u8; 32]);

/// SHA-256 of a secret that the journal must recognise but never hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretHash(#[serde(with = "crate::id::hex32")] pub [u8; 32]);

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl BlobHash {
    /// The hash that 64 hexadecimal digits say.
    pub fn from_hex(text: &str) -> Option<Self> {
        hex32::parse(text).map(Self)
    }
}

/// Thirty-two bytes, as hexadecimal where a person reads, as bytes where a machine does.
pub mod hex32 {
    use alloc::string::String;
    use core::fmt::Write;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    /// Parses 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<[u8; 32]> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (nibble(pair[0])? << 4) | nibble(pair[1])?;
        }
        Some(bytes)
    }

    fn nibble(digit: u8) -> Option<u8> {
        char::from(digit).to_digit(16).map(|value| value as u8)
    }

    /// For `#[serde(with)]`.
    pub fn serialize<S: Serializer>(bytes: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        if !to.is_human_readable() {
            return bytes.serialize(to);
        }
        let mut text = String::with_capacity(64);
        for byte in bytes {
            write!(text, "{byte:02x}").map_err(serde::ser::Error::custom)?;
        }
        text.serialize(to)
    }

    /// For `#[serde(with)]`.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        if !from.is_human_readable() {
            return <[u8; 32]>::deserialize(from);
        }
        let text = String::deserialize(from)?;
        parse(&text).ok_or_else(|| D::Error::custom("not 64 hexadecimal digits"))
    }
}
