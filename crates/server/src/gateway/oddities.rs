//! Strange things in the bytes, counted here and written down once a second: somebody who sends nonsense all day must
//! cost a row, not a commit a frame.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use segel_model::report::{Oddity, Protocol};
use segel_model::{DeviceId, ServerTime};
use segel_store::{OddityRow, SideRow};

/// Kinds of nonsense counted apart between two writings; beyond it they are counted without their device.
const KINDS: usize = 4096;

/// What has been seen since the last writing.
#[derive(Default)]
pub struct Oddities {
    counted: Mutex<HashMap<Name, Count>>,
}

#[derive(PartialEq, Eq, Hash)]
struct Name {
    protocol: Protocol,
    device: Option<DeviceId>,
    what: String,
}

struct Count {
    count: u64,
    bytes: Vec<u8>,
}

impl Oddities {
    /// One more.
    pub fn note(&self, protocol: Protocol, device: Option<DeviceId>, oddity: Oddity) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let device = device.filter(|_| counted.len() < KINDS);
        let name = Name {
            protocol,
            device,
            what: oddity.what,
        };
        let count = counted.entry(name).or_insert(Count {
            count: 0,
            bytes: Vec::new(),
        });
        count.count += 1;
        count.bytes = oddity.bytes;
    }

    /// Rows for everything since the last time.
    pub fn take(&self, at: ServerTime) -> Vec<SideRow> {
        let counted = std::mem::take(&mut *self.counted.lock().unwrap_or_else(PoisonError::into_inner));
        let row = |(name, count): (Name, Count)| {
            SideRow::Oddity(OddityRow {
                protocol: name.protocol,
                device: name.device,
                what: name.what,
                count: count.count,
                at,
                bytes: count.bytes,
            })
        };
        counted.into_iter().map(row).collect()
    }
}
