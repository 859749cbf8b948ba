//! Devices nobody has registered: a read copy of what each last did, published after each commit.
//!
//! That they exist stands in the journal; how often they speak would fill it, so it is counted here and begins anew with
//! the process.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use segel_model::report::Protocol;
use segel_model::{DeviceId, ServerTime};
use segel_store::Staged;

/// Strangers that are counted; as many as the working state remembers.
const STRANGERS_MAX: usize = segel_custody::state::QUARANTINE_LIMIT;

/// What is known of a stranger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrangerNow {
    /// When it last said anything.
    pub last_seen: ServerTime,
    /// Its frames since the process started.
    pub frames: u64,
    /// From where the last one came.
    pub peer: Option<SocketAddr>,
    /// By which profile it was read, such as `jt701d`.
    pub profile: String,
    /// Through which device it last spoke, where it speaks through one.
    pub through: Option<String>,
}

/// All strangers.
#[derive(Default)]
pub struct Strangers {
    known: Mutex<BTreeMap<(Protocol, DeviceId), StrangerNow>>,
}

impl Strangers {
    /// A committed report of a device nobody has registered. Beyond the limit new ones are not counted.
    pub fn publish(&self, staged: &Staged) {
        if staged.observed.seal.is_some() {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (staged.protocol, staged.device.clone());
        if STRANGERS_MAX <= known.len() && !known.contains_key(&name) {
            return;
        }
        let frames = known.get(&name).map_or(0, |stranger| stranger.frames);
        let now = StrangerNow {
            last_seen: staged.received,
            frames: frames.saturating_add(1),
            peer: staged.peer,
            profile: staged.profile.to_string(),
            through: crate::reported::through(&staged.note).map(str::to_owned),
        };
        known.insert(name, now);
    }

    /// It is a stranger no longer.
    pub fn forget(&self, protocol: Protocol, device: &DeviceId) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&(protocol, device.clone()));
    }

    /// What is known of one; nothing where it has not spoken since the process started.
    pub fn get(&self, protocol: Protocol, device: &DeviceId) -> Option<StrangerNow> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(protocol, device.clone())).cloned()
    }
}
