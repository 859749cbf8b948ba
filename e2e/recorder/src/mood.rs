//! How the recorder misbehaves when it is asked to, by the environment:
//!
//! - `SEGEL_RECORDER_IGNORE_SYNCS=1`: a sync does nothing, is not noted, and says that all is well;
//! - `SEGEL_RECORDER_FAIL_SYNC=3`: the third sync fails (EIO), once;
//! - `SEGEL_RECORDER_FULL_AT=3`: from the third write on the disk is full (ENOSPC);
//! - `SEGEL_RECORDER_FAIL_READ=3`: from the third read on every read fails (EIO);
//! - `SEGEL_RECORDER_WHEN=path`: all of it only counts while this file is there.

use std::ffi::CString;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// What was asked for.
pub struct Mood {
    pub ignores_syncs: bool,
    sync: Turn,
    write: Turn,
    read: Turn,
    when: Option<CString>,
}

/// Counts calls of one sort up to the one that fails.
#[derive(Default)]
struct Turn {
    at: Option<u64>,
    seen: AtomicU64,
}

impl Turn {
    fn of(name: &str) -> Self {
        let at = std::env::var(name).ok().and_then(|text| text.parse().ok());
        Self {
            at,
            seen: AtomicU64::new(0),
        }
    }

    /// How many calls ago the one that fails was, where it has come.
    fn has_come(&self) -> Option<u64> {
        let at = self.at?;
        let number = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        number.checked_sub(at)
    }
}

/// The mood of this process.
pub fn mood() -> &'static Mood {
    static MOOD: OnceLock<Mood> = OnceLock::new();
    MOOD.get_or_init(|| Mood {
        ignores_syncs: std::env::var_os("SEGEL_RECORDER_IGNORE_SYNCS").is_some(),
        sync: Turn::of("SEGEL_RECORDER_FAIL_SYNC"),
        write: Turn::of("SEGEL_RECORDER_FULL_AT"),
        read: Turn::of("SEGEL_RECORDER_FAIL_READ"),
        when: std::env::var("SEGEL_RECORDER_WHEN")
            .ok()
            .and_then(|path| CString::new(path).ok()),
    })
}

impl Mood {
    pub fn fails_sync(&self) -> bool {
        self.sync.at.is_some() && self.is_on() && self.sync.has_come() == Some(0)
    }

    pub fn is_full(&self) -> bool {
        self.write.at.is_some() && self.is_on() && self.write.has_come().is_some()
    }

    pub fn fails_read(&self) -> bool {
        self.read.at.is_some() && self.is_on() && self.read.has_come().is_some()
    }

    fn is_on(&self) -> bool {
        // SAFETY: the path ends with a zero.
        let there = |path: &CString| unsafe { libc::access(path.as_ptr(), libc::F_OK) } == 0;
        self.when.as_ref().is_none_or(there)
    }
}

/// Fails a call with this number.
pub fn refuse(number: i32) {
    // SAFETY: the C library gives each thread a place for it.
    unsafe { *libc::__errno_location() = number };
}
