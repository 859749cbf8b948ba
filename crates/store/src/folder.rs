//! The folder of one Segel: which file is what, who holds it, how much room is left.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::StoreError;
use crate::error::OnFile;

/// The names inside the folder. Everything Segel keeps lies here and nowhere else.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder at this path; nothing is touched.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The path itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The truth: journal, staged reports, read models, accounts, outbox.
    pub fn truth(&self) -> PathBuf {
        self.root.join("segel.db")
    }

    /// Sealed blocks of reports.
    pub fn history(&self) -> PathBuf {
        self.root.join("history.db")
    }

    /// Photos and documents by their hash.
    pub fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    /// Copies of the state that make the start quick; may be deleted at any time.
    pub fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    /// How many entries the journal had, and the root over them, at moments of its life.
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoints")
    }

    fn lock(&self) -> PathBuf {
        self.root.join("segel.lock")
    }

    /// Creates what is missing, and makes every name durable: those made now, and those that a killed process made and
    /// had not synced yet. Whatever is stored below them later rests on that.
    pub(crate) fn create(&self) -> Result<(), StoreError> {
        let folders = [
            self.root.clone(),
            self.blobs(),
            self.snapshots(),
            self.checkpoints(),
        ];
        for folder in &folders {
            fs::create_dir_all(folder).on_file("create folder", folder)?;
        }
        for folder in &folders {
            sync_folder(folder)?;
        }
        // A folder above that we may not read was not made by us.
        for above in self
            .root
            .ancestors()
            .skip(1)
            .take_while(|folder| File::open(folder).is_ok())
        {
            sync_folder(above)?;
        }
        Ok(())
    }

    /// Makes durable what a killed process wrote and had not synced yet. It is read back from memory as if it were on disk, so
    /// nothing may be built on it before: staged reports are deleted because history has them.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        for name in ["segel.db", "segel.db-wal", "history.db", "history.db-wal"] {
            let path = self.root.join(name);
            match File::open(&path) {
                Ok(file) => file.sync_all().on_file("sync", &path)?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).on_file("open", &path),
            }
        }
        Ok(())
    }

    /// Takes the folder for this process alone; the operating system gives it back however the process ends.
    pub(crate) fn hold(&self) -> Result<File, StoreError> {
        let path = self.lock();
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .on_file("open", &path)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse {
                folder: self.root.clone(),
            }),
            Err(TryLockError::Error(source)) => Err(source).on_file("lock", &path),
        }
    }

    /// Bytes this process may still write to the disk the folder lies on.
    pub fn free_bytes(&self) -> Result<u64, StoreError> {
        let disk = rustix::fs::statvfs(&self.root)
            .map_err(io::Error::from)
            .on_file("ask for the free space of", &self.root)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

/// Writes a file so that after a power loss it is whole or absent, never half: a temporary name, synced, renamed, and
/// the folder synced.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let temporary = path.with_extension("part");
    let mut file = File::create(&temporary).on_file("create", &temporary)?;
    file.write_all(bytes).on_file("write", &temporary)?;
    file.sync_all().on_file("sync", &temporary)?;
    fs::rename(&temporary, path).on_file("rename to", path)?;
    sync_folder_of(path)
}

/// Makes a rename or a new name in the file's folder durable.
pub(crate) fn sync_folder_of(path: &Path) -> Result<(), StoreError> {
    path.parent().map_or(Ok(()), sync_folder)
}

fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    // A bare name lies in the folder that the process works in.
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .on_file("sync folder", folder)
}
