//! What is wrong with a profile file: where, what, and what to do, for the administrator who wrote it.

use std::io;
use std::path::Path;

use segel_model::alarm::Bilingual;

/// What is wrong with a profile file.
#[derive(Debug, thiserror::Error)]
#[error("could not accept the profiles: {place}: {}", .say.en)]
pub struct ProfileFailure {
    /// The file, and the line where there is one: `jointech.toml:12`.
    pub place: String,
    /// What is wrong and what to do.
    pub say: Bilingual,
}

impl ProfileFailure {
    pub(super) fn new(place: &Place, id: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            place: place.to_string(),
            say: Bilingual {
                id: id.into(),
                en: en.into(),
            },
        }
    }

    pub(super) fn folder(path: &Path, source: io::Error) -> Self {
        let place = path.display().to_string();
        let say = Bilingual {
            id: format!("tidak terbaca ({source}); periksa `profiles` dalam konfigurasi dan hak bacanya"),
            en: format!(
                "it cannot be read ({source}); check `profiles` in the configuration, and who may read it"
            ),
        };
        Self { place, say }
    }

    pub(super) fn too_many(path: &Path, most: usize) -> Self {
        let place = path.display().to_string();
        let say = Bilingual {
            id: format!("lebih dari {most} berkas profil; gabungkan, atau pindahkan yang tidak dipakai"),
            en: format!("more than {most} profile files; join them, or move away those that are not used"),
        };
        Self { place, say }
    }

    /// The same sentence in Indonesian.
    pub fn indonesian(&self) -> String {
        format!("profil tidak dapat diterima: {}: {}", self.place, self.say.id)
    }
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub file: String,
    /// Counted from 1.
    pub line: usize,
}

impl Place {
    /// The line of a byte.
    pub fn of(file: &str, text: &str, byte: usize) -> Self {
        let before = text.as_bytes().iter().take(byte);
        Self {
            file: file.into(),
            line: 1 + before.filter(|byte| **byte == b'\n').count(),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
