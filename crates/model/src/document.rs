//! The customs document without which no seal is given.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::container::ContainerNumber;
use crate::{BlobHash, OfficeCode, OrganisationId};

/// What kind of paper it is. The number is the TPS-Online code (`kodeDokumenInOut`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// Relocation between TPS of one office.
    Plp,
    /// Carriage to a TPS in another customs area (SPPB BC 1.2).
    Bc12,
    /// Storage in a place treated as a TPS (izin timbun).
    StoragePermit,
}

impl DocumentKind {
    /// The TPS-Online code.
    pub const fn code(self) -> u16 {
        match self {
            Self::Plp => 3,
            Self::Bc12 => 4,
            Self::StoragePermit => 15,
        }
    }
}

/// A day of the calendar, in the office's own zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Day {
    /// Year of the common era.
    pub year: i16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// What the paper says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Paper {
    /// What kind of paper it is.
    pub kind: DocumentKind,
    /// Its number, as printed.
    pub number: String,
    /// Its date.
    pub date: Day,
    /// The last day it may be used, where it says one.
    pub valid_until: Option<Day>,
    /// The office that issued it.
    pub office: OfficeCode,
    /// The office at the other end; the same for a PLP.
    pub destination_office: OfficeCode,
    /// Code or name of the TPS the goods leave.
    pub tps_origin: String,
    /// Code or name of the TPS they go to.
    pub tps_destination: String,
    /// Manifest number and date.
    pub bc11: Option<String>,
    /// Submission number (nomor aju).
    pub submission_number: Option<String>,
    /// Whose goods.
    pub owner: OrganisationId,
    /// The containers it lists.
    pub lines: Vec<ContainerLine>,
    /// The paper itself, as a stored file.
    pub scan: Option<BlobHash>,
}

/// One container on a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerLine {
    /// Which.
    pub container: ContainerNumber,
    /// 20, 40 or 45 feet.
    pub size_ft: u8,
    /// ISO size and type, such as 22G1.
    pub size_type: Option<String>,
}

/// Where a document stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentStatus {
    /// Waits for an officer.
    Submitted,
    /// An officer has seen it and found it right; only these lines (their positions) were approved.
    Verified {
        /// Positions in `Paper::lines`.
        approved: Vec<u16>,
    },
    /// An officer refused it.
    Refused {
        /// Why.
        reason: String,
    },
    /// It was cancelled after it was verified.
    Cancelled {
        /// Why.
        reason: String,
    },
}
