//! By what a repeat is known.
//!
//! A seal sends a frame again until it is acknowledged, and after a blind area it may send it a third time, marked as
//! resent. So the key is (seal, device time, serial, kind) and never the marker. Where the clock was not set the key is
//! the whole payload within one connection: two signs of life on two connections are two. Of what a seal passes on, which
//! smaller seal said it counts too: two of them may be heard in one moment.

use alloc::collections::VecDeque;

use segel_model::report::{Extra, ReportKind};
use segel_model::{Report, SealId};

use serde::{Deserialize, Serialize};

use crate::hash::{FNV_START, fnv};

/// How many keys are remembered for each seal. A JT701 keeps 16 frames in flight; beyond four such batches a repeat is
/// judged again, and the open alarm, or the closed one of the same moment, keeps it from being told twice.
pub const KEYS_LIMIT: usize = 64;

/// The keys of the newest frames of a seal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys(VecDeque<u64>);

impl Keys {
    /// Whether a frame of that key was taken lately.
    pub fn contain(&self, key: u64) -> bool {
        // Slices are searched many numbers at a time.
        let (older, newer) = self.0.as_slices();
        older.contains(&key) || newer.contains(&key)
    }

    /// Remembers a key; the oldest is forgotten beyond `KEYS_LIMIT`.
    pub fn remember(&mut self, key: u64) {
        if KEYS_LIMIT <= self.0.len() {
            self.0.pop_front();
        }
        self.0.push_back(key);
    }
}

/// The key of a report.
pub fn key(seal: SealId, connection: u64, report: &Report) -> u64 {
    let kind = report.kind as u64;
    match report.time {
        Some(time) => {
            let serial = report.serial.map_or(u64::MAX, u64::from);
            let said = [1, seal.0, time.unix_ms as u64, serial, kind];
            match sublock(report) {
                None => hash(&said),
                Some(name) => hash(&[said.as_slice(), &[fnv(FNV_START, name.as_bytes())]].concat()),
            }
        }
        None => hash(&[0, seal.0, connection, payload(report), kind]),
    }
}

/// The smaller seal that spoke through this one.
fn sublock(report: &Report) -> Option<&str> {
    if report.kind != ReportKind::SubSeal {
        return None;
    }
    report.extra.iter().find_map(|(name, value)| match value {
        Extra::Text(text) if name == "sublock" => Some(text.as_ref()),
        _ => None,
    })
}

/// A number that two reports with the same content share, whenever and however they came.
fn payload(report: &Report) -> u64 {
    let Report {
        device,
        kind,
        time,
        received: _,
        backfill: _,
        fix,
        battery,
        lock,
        signals,
        cell,
        serial,
        extra,
    } = report;
    let content = (
        device, kind, time, fix, battery, lock, signals, cell, serial, extra,
    );
    let bytes = postcard::to_allocvec(&content).expect("memory is the only limit of a growing vector");
    fnv(FNV_START, &bytes)
}

fn hash(words: &[u64]) -> u64 {
    let mixed = words
        .iter()
        .fold(FNV_START, |hash, word| fnv(hash, &word.to_le_bytes()));
    // FNV stirs its high bits weakly; this spreads them.
    (mixed ^ (mixed >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use segel_model::report::Lock;
    use segel_model::{DeviceId, DeviceTime, ServerTime, Signal};

    use super::*;

    fn report() -> Report {
        Report {
            device: DeviceId("7591225008".into()),
            kind: ReportKind::Record,
            time: Some(DeviceTime::from_unix_ms(1_000)),
            received: ServerTime::from_unix_ms(2_000),
            backfill: false,
            fix: None,
            battery: None,
            lock: Lock::default(),
            signals: alloc::vec![],
            cell: None,
            serial: Some(7),
            extra: alloc::vec![],
        }
    }

    fn key_of(change: impl Fn(&mut Report)) -> u64 {
        let mut report = report();
        change(&mut report);
        key(SealId(1), 5, &report)
    }

    /// Design: "Its key is (seal, device time, serial, kind) without any 'resent' marker".
    #[test]
    fn a_resent_frame_has_the_key_of_the_first() {
        let first = key_of(|_| ());
        let resent = key_of(|report| {
            report.backfill = true;
            report.received = ServerTime::from_unix_ms(900_000);
            report.signals.push(Signal::Heartbeat);
        });
        assert_eq!(first, resent);
        assert_eq!(
            first,
            key(SealId(1), 6, &report()),
            "the connection does not matter where there is a clock"
        );
    }

    #[test]
    fn another_time_serial_kind_or_seal_is_another_frame() {
        let first = key_of(|_| ());
        assert_ne!(
            first,
            key_of(|report| report.time = Some(DeviceTime::from_unix_ms(1_001)))
        );
        assert_ne!(first, key_of(|report| report.serial = Some(8)));
        assert_ne!(first, key_of(|report| report.serial = None));
        assert_ne!(first, key_of(|report| report.kind = ReportKind::Happening));
        assert_ne!(first, key(SealId(2), 5, &report()));
    }

    #[test]
    fn two_smaller_seals_heard_in_one_moment_are_two() {
        let heard = |sublock: &'static str| {
            key_of(|report| {
                report.kind = ReportKind::SubSeal;
                report.extra.push(("sublock".into(), Extra::Text(sublock.into())));
            })
        };
        assert_ne!(heard("685304"), heard("224779"));
        assert_eq!(heard("685304"), heard("685304"));
    }

    /// Design: "frames whose clock was not set compare by their whole payload within one connection".
    #[test]
    fn without_a_clock_the_payload_and_the_connection_tell() {
        let first = key_of(|report| report.time = None);
        assert_eq!(
            first,
            key_of(|report| {
                report.time = None;
                report.backfill = true
            })
        );
        assert_ne!(
            first,
            key_of(|report| {
                report.time = None;
                report.signals.push(Signal::RopeCut)
            })
        );
        let mut undated = report();
        undated.time = None;
        assert_ne!(first, key(SealId(1), 6, &undated));
    }

    #[test]
    fn the_oldest_key_is_forgotten_beyond_the_limit_and_not_before() {
        let mut keys = Keys::default();
        (0..KEYS_LIMIT as u64).for_each(|key| keys.remember(key));
        assert!(keys.contain(0));
        keys.remember(1_000);
        assert!(!keys.contain(0) && keys.contain(1) && keys.contain(1_000));
    }
}
