//! How the frames of one seal are read: in which words of the wire, and by which profile they were chosen.

use std::borrow::Cow;

use segel_model::report::Protocol;
use segel_model::{DeviceId, Report, ServerTime};
use segel_wire::Decoded;

use super::SealProfile;

/// How the frames of one seal are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    /// The words of the wire.
    pub wire: segel_wire::Profile,
    /// By which profile they were chosen; nothing where the seal is unknown or registered by its dialect.
    pub profile: Option<&'static SealProfile>,
}

impl Reading {
    /// Nothing is known of the seal.
    pub const ANY: Self = Self {
        wire: segel_wire::Profile::ANY,
        profile: None,
    };

    /// By a profile.
    pub(super) const fn by(profile: &'static SealProfile) -> Self {
        Self {
            wire: profile.wire,
            profile: Some(profile),
        }
    }

    /// By what a text says of the wire; what it does not say is believed of the frames.
    pub(super) fn of_text(text: &str) -> Self {
        segel_wire::Profile::from_text(text).unwrap_or_default().into()
    }

    /// As it stands with a stored frame.
    pub fn text(self) -> Cow<'static, str> {
        match self.profile {
            Some(profile) => Cow::Borrowed(profile.text()),
            None => self.wire.text(),
        }
    }

    /// Adds what the profile knows and the frame does not say: how full the battery is at its voltage.
    pub fn complete(self, report: &mut Report) {
        if let Some(curve) = self.profile.and_then(|profile| profile.battery.as_ref()) {
            curve.complete(report);
        }
    }

    /// Reads stored bytes again.
    pub fn read(self, device: &DeviceId, protocol: Protocol, received: ServerTime, raw: &[u8]) -> Decoded {
        let mut decoded = segel_wire::decode_of(device, protocol, self.wire, received, raw);
        decoded
            .reports
            .iter_mut()
            .for_each(|report| self.complete(report));
        decoded
    }
}

impl From<segel_wire::Profile> for Reading {
    fn from(wire: segel_wire::Profile) -> Self {
        Self { wire, profile: None }
    }
}
