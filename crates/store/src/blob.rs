//! Photos and documents, each under the name of its own content: SHA-256.
//!
//! A file is written under another name, synced, renamed, and its folder synced: it is durable before any entry names it.
//! A file no entry names after a while is swept.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use segel_model::{BlobHash, ServerTime, TripId};
use sha2::{Digest, Sha256};

use crate::StoreError;
use crate::error::OnFile;
use crate::folder::{Folder, sync_folder_of};
use crate::reader::Reader;

/// The largest file: a phone's photo has some 10 MB, a scanned document somewhat more.
pub const BLOB_BYTES_MAX: u64 = 32 << 20;

/// The most one trip may store; beyond it an upload is refused.
pub const TRIP_BLOB_BYTES_MAX: u64 = 512 << 20;

/// How much is copied at once.
const PIECE_BYTES: usize = 64 << 10;

/// Makes names of unfinished files different within one process.
static PART: AtomicU64 = AtomicU64::new(0);

/// The blob store of one folder.
#[derive(Clone)]
pub struct Blobs {
    folder: Folder,
    reader: Reader,
    /// Held while a file gets its name and while the sweep judges one: else it could take a file that was stored again
    /// since it looked.
    naming: Arc<Mutex<()>>,
}

/// A file being written; dropped before `finish` it disappears.
pub struct Upload {
    blobs: PathBuf,
    naming: Arc<Mutex<()>>,
    path: PathBuf,
    file: File,
    hash: Sha256,
    size_bytes: u64,
}

/// A file that is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob {
    /// Its name.
    pub hash: BlobHash,
    /// Its size.
    pub size_bytes: u64,
}

impl Blobs {
    pub(crate) fn new(folder: Folder, reader: Reader) -> Self {
        Self {
            folder,
            reader,
            naming: Arc::default(),
        }
    }

    /// Begins a file that arrives piece by piece.
    pub fn begin(&self) -> Result<Upload, StoreError> {
        let blobs = self.folder.blobs();
        let number = PART.fetch_add(1, Ordering::Relaxed);
        let path = blobs.join(format!("{}-{number}.part", std::process::id()));
        let file = File::create(&path).on_file("create", &path)?;
        Ok(Upload {
            blobs,
            naming: self.naming.clone(),
            path,
            file,
            hash: Sha256::new(),
            size_bytes: 0,
        })
    }

    /// Stores a file whole.
    pub fn put(&self, bytes: &[u8]) -> Result<Blob, StoreError> {
        let mut upload = self.begin()?;
        upload.write(bytes)?;
        upload.finish()
    }

    /// Stores what a reader gives, to its end.
    pub fn put_from(&self, source: &mut impl Read) -> Result<Blob, StoreError> {
        let mut upload = self.begin()?;
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let read = match source.read(&mut piece) {
                Ok(0) => return upload.finish(),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error).on_file("receive", &upload.path),
            };
            upload.write(&piece[..read])?;
        }
    }

    /// Opens a file to read it.
    pub fn open(&self, hash: &BlobHash) -> Result<Option<File>, StoreError> {
        let path = path_of(&self.folder.blobs(), hash);
        match File::open(&path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).on_file("open", &path),
        }
    }

    /// Reads a file whole and compares it with its name.
    pub fn get(&self, hash: &BlobHash) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(mut file) = self.open(hash)? else {
            return Ok(None);
        };
        let path = path_of(&self.folder.blobs(), hash);
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).on_file("read", &path)?;
        if Sha256::digest(&bytes)[..] == hash.0 {
            return Ok(Some(bytes));
        }
        Err(StoreError::Damaged {
            file: path.display().to_string(),
            detail: "its content is not what its name says".into(),
        })
    }

    /// Whether the file is there.
    pub fn exists(&self, hash: &BlobHash) -> bool {
        path_of(&self.folder.blobs(), hash).is_file()
    }

    /// Whether a trip may store that many bytes more.
    pub fn has_quota(&self, trip: TripId, more_bytes: u64) -> Result<bool, StoreError> {
        let stored = self.reader.blob_bytes_of(trip)?;
        Ok(more_bytes <= BLOB_BYTES_MAX && stored.saturating_add(more_bytes) <= TRIP_BLOB_BYTES_MAX)
    }

    /// Removes files that no entry names and nobody has touched since a moment; says how many. The moment lies hours back,
    /// so that a file whose entry is just being decided is never taken.
    pub fn sweep(&self, untouched_since: ServerTime) -> Result<usize, StoreError> {
        let mut removed = 0;
        for path in self.files()? {
            removed += usize::from(self.sweep_one(&path, untouched_since)?);
        }
        Ok(removed)
    }

    fn sweep_one(&self, path: &Path, untouched_since: ServerTime) -> Result<bool, StoreError> {
        let _naming = self.naming.lock().unwrap_or_else(PoisonError::into_inner);
        let takes = touched(path)? < untouched_since && !self.is_named(path)?;
        if takes {
            fs::remove_file(path).on_file("remove", path)?;
        }
        Ok(takes)
    }

    /// Every file under the folder, finished or not.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.blobs()];
        while let Some(folder) = folders.pop() {
            for item in fs::read_dir(&folder).on_file("list", &folder)? {
                let path = item.on_file("list", &folder)?.path();
                if path.is_dir() {
                    folders.push(path)
                } else {
                    found.push(path)
                }
            }
        }
        Ok(found)
    }

    fn is_named(&self, path: &Path) -> Result<bool, StoreError> {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(BlobHash::from_hex);
        name.map_or(Ok(false), |hash| self.reader.blob_is_named(&hash))
    }
}

/// When the file system says a file was last written.
fn touched(path: &Path) -> Result<ServerTime, StoreError> {
    let written = fs::metadata(path)
        .and_then(|file| file.modified())
        .on_file("look at", path)?;
    let since_1970 = written.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Ok(ServerTime::from_unix_ms(
        i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX),
    ))
}

/// Two digits of folder keep each folder small: a quarter million photos make a thousand files in each.
pub(crate) fn path_of(blobs: &Path, hash: &BlobHash) -> PathBuf {
    let name = hash.to_string();
    blobs.join(&name[..2]).join(&name)
}

impl Upload {
    /// Takes the next piece.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), StoreError> {
        let size_bytes = self.size_bytes + piece.len() as u64;
        if BLOB_BYTES_MAX < size_bytes {
            return Err(StoreError::TooLarge {
                operation: "store a file",
                limit: BLOB_BYTES_MAX,
            });
        }
        self.file.write_all(piece).on_file("write", &self.path)?;
        self.hash.update(piece);
        self.size_bytes = size_bytes;
        Ok(())
    }

    /// Bytes taken so far.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Makes the file durable under its name.
    pub fn finish(self) -> Result<Blob, StoreError> {
        let hash = BlobHash(self.hash.clone().finalize().into());
        let blob = Blob {
            hash,
            size_bytes: self.size_bytes,
        };
        let path = path_of(&self.blobs, &hash);
        // Stored before or not: the same content takes its place, so that the file is young and no sweep takes it before an
        // entry names it again.
        self.file.sync_all().on_file("sync", &self.path)?;
        let _naming = self.naming.lock().unwrap_or_else(PoisonError::into_inner);
        make_folder_of(&path)?;
        fs::rename(&self.path, &path).on_file("rename to", &path)?;
        sync_folder_of(&path)?;
        Ok(blob)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // After `finish` the name is gone and this finds nothing; otherwise the half file goes. A failure leaves it to the sweep.
        let _ = fs::remove_file(&self.path);
    }
}

fn make_folder_of(path: &Path) -> Result<(), StoreError> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    match fs::create_dir(folder) {
        Ok(()) => sync_folder_of(folder),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error).on_file("create folder", folder),
    }
}
