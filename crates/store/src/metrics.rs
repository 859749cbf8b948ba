//! What an operator watches of the store. Counters only; who shows them converts.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::Batch;

/// Figures since the start.
#[derive(Debug, Default)]
pub struct Metrics {
    commits: AtomicU64,
    reports: AtomicU64,
    entries: AtomicU64,
    commit_us: AtomicU64,
    longest_commit_us: AtomicU64,
    wal_bytes: AtomicU64,
    wal_too_long: AtomicBool,
    disk_free_bytes: AtomicU64,
    compacted_reports: AtomicU64,
}

/// The figures at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Commits made.
    pub commits: u64,
    /// Reports staged.
    pub reports: u64,
    /// Entries journaled.
    pub entries: u64,
    /// Time spent in commits, together.
    pub commit_us: u64,
    /// The longest commit since the last look.
    pub longest_commit_us: u64,
    /// Length of the write-ahead log at the last checkpoint.
    pub wal_bytes: u64,
    /// It was longer than its alarm limit.
    pub wal_too_long: bool,
    /// Free bytes at the last check.
    pub disk_free_bytes: u64,
    /// Reports moved to history.
    pub compacted_reports: u64,
}

impl Metrics {
    /// The figures now; the longest commit starts anew.
    pub fn look(&self) -> Figures {
        Figures {
            commits: self.commits.load(Ordering::Relaxed),
            reports: self.reports.load(Ordering::Relaxed),
            entries: self.entries.load(Ordering::Relaxed),
            commit_us: self.commit_us.load(Ordering::Relaxed),
            longest_commit_us: self.longest_commit_us.swap(0, Ordering::Relaxed),
            wal_bytes: self.wal_bytes.load(Ordering::Relaxed),
            wal_too_long: self.wal_too_long.load(Ordering::Relaxed),
            disk_free_bytes: self.disk_free_bytes.load(Ordering::Relaxed),
            compacted_reports: self.compacted_reports.load(Ordering::Relaxed),
        }
    }

    /// Reports staged.
    pub fn reports(&self) -> u64 {
        self.reports.load(Ordering::Relaxed)
    }

    pub(crate) fn committed(&self, took: Duration, batch: &Batch) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.reports
            .fetch_add(batch.staged.len() as u64, Ordering::Relaxed);
        self.entries
            .fetch_add(batch.entries.len() as u64, Ordering::Relaxed);
        self.commit_us.fetch_add(took_us, Ordering::Relaxed);
        self.longest_commit_us.fetch_max(took_us, Ordering::Relaxed);
    }

    pub(crate) fn wal(&self, bytes: u64, alarm_bytes: u64) {
        self.wal_bytes.store(bytes, Ordering::Relaxed);
        self.wal_too_long.store(alarm_bytes < bytes, Ordering::Relaxed);
    }

    pub(crate) fn disk_free(&self, bytes: u64) {
        self.disk_free_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn compacted(&self, reports: u64) {
        self.compacted_reports.fetch_add(reports, Ordering::Relaxed);
    }
}
