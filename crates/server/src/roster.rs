//! The roster: which device is which seal, published for the gateway, which must know before it sends anything.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use segel_custody::State;
use segel_model::report::Protocol;
use segel_model::{DeviceId, Event, OrganisationId, SealId};

/// What the gateway must know of a registered seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Which seal.
    pub seal: SealId,
    /// Its profile, by name.
    pub profile: String,
    /// Whose it is.
    pub provider: OrganisationId,
    /// Somebody else may speak as this seal: no secret is sent.
    pub doubted: bool,
}

/// All registered seals.
#[derive(Default)]
pub struct Roster {
    inner: RwLock<Inner>,
    /// Rises with every change.
    version: AtomicU64,
}

#[derive(Default)]
struct Inner {
    known: HashMap<(Protocol, DeviceId), Known>,
    devices: HashMap<SealId, (Protocol, DeviceId)>,
}

impl Roster {
    /// The seal that speaks under that name.
    pub fn find(&self, protocol: Protocol, device: &DeviceId) -> Option<Known> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner.known.get(&(protocol, device.clone())).cloned()
    }

    /// Whoever has found something may keep it as long as this stays the same. Ask before finding.
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// What the seal calls itself, and how.
    pub fn device(&self, seal: SealId) -> Option<(Protocol, DeviceId)> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner.devices.get(&seal).cloned()
    }

    /// Takes everything over from a state that was read back.
    pub(crate) fn fill(&self, state: &State) {
        for (id, seal) in &state.seals {
            let registration = &seal.registration;
            let known = Known {
                seal: *id,
                profile: registration.profile.clone(),
                provider: registration.provider,
                doubted: seal.doubt.is_some(),
            };
            self.enter(registration.protocol, registration.device.clone(), known);
        }
    }

    /// A committed event may move it.
    pub(crate) fn publish(&self, event: &Event) {
        match event {
            Event::SealRegistered { seal, registration } => {
                let known = Known {
                    seal: *seal,
                    profile: registration.profile.clone(),
                    provider: registration.provider,
                    doubted: false,
                };
                self.enter(registration.protocol, registration.device.clone(), known);
            }
            Event::SealDoubted { seal, .. } => self.doubt(*seal, true),
            Event::SealDoubtCleared { seal, .. } => self.doubt(*seal, false),
            _ => {}
        }
    }

    fn enter(&self, protocol: Protocol, device: DeviceId, known: Known) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        inner.devices.insert(known.seal, (protocol, device.clone()));
        inner.known.insert((protocol, device), known);
        self.version.fetch_add(1, Ordering::Release);
    }

    fn doubt(&self, seal: SealId, doubted: bool) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let Some(name) = inner.devices.get(&seal).cloned() else {
            return;
        };
        if let Some(known) = inner.known.get_mut(&name) {
            known.doubted = doubted;
        }
        self.version.fetch_add(1, Ordering::Release);
    }
}
