//! The log: one line after the other, each with one write, so that a killed program leaves whole lines.
//!
//! `SEGEL_RECORDER_FOLDER` names the folder that is watched, `SEGEL_RECORDER_LOG` the log. A line is: length of what
//! follows (u32), kind (u8), microseconds of the machine's own clock (u64), two numbers (u64 each), length of a first and of a
//! second text (u32 each), and both. All little-endian. What a line means stands at each `Kind`.

use std::collections::HashSet;
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::real::real;

/// What a line tells. Files go by their inode number, as a descriptor may have brothers.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Kind {
    /// A program starts: its process number.
    Started = 1,
    /// inode, 1 new + 2 emptied + 4 a folder; path.
    Opened = 2,
    /// inode, offset; bytes.
    Wrote = 3,
    /// inode, length: cut or grown.
    Resized = 4,
    /// from, to.
    Renamed = 5,
    /// path.
    Removed = 6,
    /// path.
    FolderMade = 7,
    /// inode, number of this sync.
    SyncBegan = 8,
    /// number of the sync, 1 where it succeeded.
    SyncEnded = 9,
    /// socket, port here * 65536 + port there; bytes.
    Sent = 10,
    /// The same for what came in.
    Heard = 11,
}

/// What is known while the lock is held.
pub struct Log {
    file: i32,
    folder: PathBuf,
    watched: HashSet<u64>,
    syncs: u64,
}

/// The log, where one is asked for.
pub fn log() -> Option<MutexGuard<'static, Log>> {
    static LOG: OnceLock<Option<Mutex<Log>>> = OnceLock::new();
    let log = LOG.get_or_init(|| Log::open().map(Mutex::new)).as_ref()?;
    Some(log.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Log {
    fn open() -> Option<Self> {
        let folder = PathBuf::from(std::env::var_os("SEGEL_RECORDER_FOLDER")?);
        let path = std::env::var_os("SEGEL_RECORDER_LOG")?;
        let path = CString::new(path.as_bytes()).ok()?;
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | libc::O_CLOEXEC;
        let file =
            real!(open(path.as_ptr() => *const libc::c_char, flags => i32, 0o600 => libc::mode_t) -> i32);
        let mut log = Self {
            file,
            folder,
            watched: HashSet::new(),
            syncs: 0,
        };
        log.note(Kind::Started, [u64::from(std::process::id()), 0], b"", b"");
        (0 <= file).then_some(log)
    }

    /// Writes a line.
    pub fn note(&mut self, kind: Kind, numbers: [u64; 2], first: &[u8], second: &[u8]) {
        let mut line = vec![0; 4];
        line.push(kind as u8);
        line.extend(now_us().to_le_bytes());
        line.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        line.extend((first.len() as u32).to_le_bytes());
        line.extend((second.len() as u32).to_le_bytes());
        line.extend_from_slice(first);
        line.extend_from_slice(second);
        let length = (line.len() - 4) as u32;
        line[..4].copy_from_slice(&length.to_le_bytes());
        let bytes = line.as_ptr().cast::<libc::c_void>();
        real!(write(self.file => i32, bytes => *const libc::c_void, line.len() => usize) -> isize);
    }

    /// The whole path of a name, where it lies under the watched folder. The index of a write-ahead log is memory that a
    /// restart builds anew, so it is passed over.
    pub fn path(&self, folder: i32, name: *const libc::c_char) -> Option<PathBuf> {
        // SAFETY: callers hand on a name that ends with a zero, or nothing.
        let name = (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) })?;
        let name = Path::new(OsStr::from_bytes(name.to_bytes()));
        let base = match folder {
            libc::AT_FDCWD => std::env::current_dir().ok()?,
            folder => std::fs::read_link(format!("/proc/self/fd/{folder}")).ok()?,
        };
        let path = straightened(&base.join(name));
        let is_index = path.as_os_str().as_bytes().ends_with(b"-shm");
        (path.starts_with(&self.folder) && !is_index).then_some(path)
    }

    /// Notes that a file is open, and whether it counts from now on.
    pub fn opened(&mut self, file: i32, path: Option<&Path>, mut facts: u64) {
        let Some((inode, kind)) = inode(file) else { return };
        let Some(path) = path else {
            // An inode number comes back for a file elsewhere.
            self.watched.remove(&inode);
            return;
        };
        if kind == libc::S_IFDIR {
            facts |= 4;
        }
        self.watched.insert(inode);
        self.note(Kind::Opened, [inode, facts], path.as_os_str().as_bytes(), b"");
    }

    /// The inode of a file that counts.
    pub fn watched(&self, file: i32) -> Option<u64> {
        let (inode, kind) = inode(file)?;
        (kind != libc::S_IFSOCK && self.watched.contains(&inode)).then_some(inode)
    }

    /// The number of the next sync.
    pub fn next_sync(&mut self) -> u64 {
        self.syncs += 1;
        self.syncs
    }
}

/// Inode number and kind of an open file.
pub fn inode(file: i32) -> Option<(u64, libc::mode_t)> {
    let mut facts = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: there is room for the answer, which is only read where the call says that it was given.
    let facts = unsafe {
        if libc::fstat(file, facts.as_mut_ptr()) != 0 {
            return None;
        }
        facts.assume_init()
    };
    Some((facts.st_ino, facts.st_mode & libc::S_IFMT))
}

/// Without `.` and `..`; nothing here goes through symbolic links.
fn straightened(path: &Path) -> PathBuf {
    let mut straight = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(straight.pop()),
            part => straight.push(part),
        }
    }
    straight
}

fn now_us() -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: there is room for the answer.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec as u64 * 1_000_000 + now.tv_nsec as u64 / 1000
}
