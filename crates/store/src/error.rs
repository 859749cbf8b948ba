//! What can go wrong with a disk, said so that an administrator knows what to do next.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// A failure of the store; each names what was being done.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A second process on one folder would fork the journal.
    #[error("another Segel already works in {}: stop it first, or choose another folder", folder.display())]
    InUse {
        /// Which folder.
        folder: PathBuf,
    },
    /// A downgrade would misread what the newer program wrote.
    #[error(
        "{file} has schema {found}, this Segel knows up to {known}: start the newer Segel, or restore a backup made before the upgrade"
    )]
    Newer {
        /// Which file.
        file: String,
        /// What it says.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// Somebody put another file here.
    #[error("{file} is a database, but not one of Segel")]
    Foreign {
        /// Which file.
        file: String,
    },
    /// The bytes are not what was written.
    #[error(
        "{file} is damaged ({detail}): nothing was changed; restore the latest backup, or run `segel verify` to see how far it holds"
    )]
    Damaged {
        /// Which file.
        file: String,
        /// What was found.
        detail: String,
    },
    /// There is no room.
    #[error("could not {operation}: no space left on the disk; make room, then start again")]
    DiskFull {
        /// What was being done.
        operation: &'static str,
    },
    /// The database refused.
    #[error("could not {operation}: {source}")]
    Database {
        /// What was being done.
        operation: &'static str,
        /// Why not.
        source: rusqlite::Error,
    },
    /// The file system refused.
    #[error("could not {operation} {}: {source}", path.display())]
    File {
        /// What was being done.
        operation: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Bytes that we wrote ourselves do not read back, or a value cannot be written.
    #[error("could not {operation}: {detail}")]
    Form {
        /// What was being done.
        operation: &'static str,
        /// What was found.
        detail: String,
    },
    /// A blob would break its trip's quota or its own limit.
    #[error("could not {operation}: {limit} bytes is the most")]
    TooLarge {
        /// What was being done.
        operation: &'static str,
        /// The limit.
        limit: u64,
    },
    /// Something that must be there is not.
    #[error("missing: {what}")]
    Missing {
        /// What.
        what: String,
    },
}

impl StoreError {
    /// The same for the administrator in Indonesian, where they can do something about it.
    pub const fn indonesian(&self) -> Option<&'static str> {
        Some(match self {
            Self::InUse { .. } => {
                "Segel lain sudah bekerja di folder ini; hentikan dulu, atau pilih folder lain."
            }
            Self::Newer { .. } => {
                "Folder ini ditulis oleh Segel yang lebih baru; jalankan Segel itu, atau pulihkan cadangan dari sebelum pembaruan."
            }
            Self::Foreign { .. } => "Di folder ini ada basis data milik program lain; pilih folder lain.",
            Self::Damaged { .. } => {
                "Berkas rusak dan tidak diubah; pulihkan cadangan terakhir, atau jalankan `segel verify` untuk melihat sampai mana isinya utuh."
            }
            Self::DiskFull { .. } => {
                "Ruang penyimpanan penuh; kosongkan dulu, lalu jalankan lagi. Yang sudah diterima tidak hilang."
            }
            Self::Database { .. }
            | Self::File { .. }
            | Self::Form { .. }
            | Self::TooLarge { .. }
            | Self::Missing { .. } => return None,
        })
    }
}

/// Says what was being done when a library's call failed.
pub(crate) trait Doing<T> {
    /// Names the operation; reads as "could not {operation}".
    fn doing(self, operation: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, operation: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| from_database(operation, source))
    }
}

impl<T> Doing<T> for Result<T, serde_json::Error> {
    fn doing(self, operation: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| form(operation, &source))
    }
}

impl<T> Doing<T> for Result<T, postcard::Error> {
    fn doing(self, operation: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| form(operation, &source))
    }
}

fn from_database(operation: &'static str, source: rusqlite::Error) -> StoreError {
    match source.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::DiskFull { operation },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged {
            file: "the database".into(),
            detail: format!("{source}, while trying to {operation}"),
        },
        _ => StoreError::Database { operation, source },
    }
}

/// A value that does not read or write.
pub(crate) fn form(operation: &'static str, detail: &dyn std::fmt::Display) -> StoreError {
    StoreError::Form {
        operation,
        detail: detail.to_string(),
    }
}

/// Says which file a call failed on.
pub(crate) trait OnFile<T> {
    /// Names the operation and the file; reads as "could not {operation} {path}".
    fn on_file(self, operation: &'static str, path: &Path) -> Result<T, StoreError>;
}

impl<T> OnFile<T> for io::Result<T> {
    fn on_file(self, operation: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::DiskFull { operation },
            _ => StoreError::File {
                operation,
                path: path.to_path_buf(),
                source,
            },
        })
    }
}
