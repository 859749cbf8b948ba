//! The state as bytes: for snapshots, and for the fingerprint by which two states are known to be the same.

use alloc::vec::Vec;
use core::fmt;

use postcard::ser_flavors::Flavor;

use super::State;

/// Bytes that are no state of this version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(postcard::Error);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no state of this version: {}", self.0)
    }
}

impl core::error::Error for Unreadable {}

impl State {
    /// The state as bytes, without what is derived.
    pub fn freeze(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("memory is the only limit of a growing vector")
    }

    /// The state that `freeze` wrote, with what is derived built anew.
    pub fn thaw(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut state: Self = postcard::from_bytes(bytes).map_err(Unreadable)?;
        state.rebuild();
        Ok(state)
    }

    /// A number that two equal states share: 64-bit FNV-1a over the frozen bytes, which are never held in memory.
    ///
    /// Every field takes part by its `Serialize`, so a new one cannot hide.
    pub fn fingerprint(&self) -> u64 {
        postcard::serialize_with_flavor(self, Fnv::default()).expect("a hash takes every byte")
    }
}

struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Flavor for Fnv {
    type Output = u64;

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<u64> {
        Ok(self.0)
    }
}
