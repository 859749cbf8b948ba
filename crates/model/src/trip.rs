//! The supervised journey: its states, its clocks, what it is asked for with.

use alloc::string::String;

use segel_geo::Position;
use serde::{Deserialize, Serialize};

use crate::container::ContainerNumber;
use crate::{DocumentId, EventTime, OrganisationId, RouteId, SecretHash, ServerTime};

/// Where a trip stands. The numbers are those of the SOP's business process; none is ever skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TripState {
    /// 1 DRAF.
    Draft,
    /// 2 MENUNGGU_DOKUMEN.
    AwaitingDocument,
    /// 2m VERIFIKASI_MANUAL.
    ManualVerification,
    /// 3 DIAJUKAN.
    Submitted,
    /// 4 RUTE_DIAJUKAN.
    RouteProposed,
    /// 4 RUTE_DISETUJUI.
    RouteApproved,
    /// 5 DITUGASKAN.
    Assigned,
    /// 6 MEMASANG.
    Installing,
    /// 7 TERPASANG (foto tertunda).
    Installed,
    /// 8 SIAP_BERANGKAT.
    ReadyToDepart,
    /// 9 DALAM_PERJALANAN.
    InTransit,
    /// 10 TIBA.
    Arrived,
    /// 11 PERIKSA_SEGEL.
    SealCheck,
    /// 11, held: a discrepancy was found; nothing opens until an officer decides.
    Compromised,
    /// 12 IZIN_LEPAS.
    RemovalGranted,
    /// 13 MELEPAS.
    Removing,
    /// 14 TERLEPAS (foto tertunda).
    Removed,
    /// 15 SELESAI.
    Completed,
    /// DITOLAK.
    Refused,
    /// DIBATALKAN.
    Cancelled,
    /// KADALUWARSA.
    Expired,
}

impl TripState {
    /// The number in the SOP's table; ends that are not in it have none.
    pub const fn number(self) -> Option<u8> {
        Some(match self {
            Self::Draft => 1,
            Self::AwaitingDocument | Self::ManualVerification => 2,
            Self::Submitted => 3,
            Self::RouteProposed | Self::RouteApproved => 4,
            Self::Assigned => 5,
            Self::Installing => 6,
            Self::Installed => 7,
            Self::ReadyToDepart => 8,
            Self::InTransit => 9,
            Self::Arrived => 10,
            Self::SealCheck | Self::Compromised => 11,
            Self::RemovalGranted => 12,
            Self::Removing => 13,
            Self::Removed => 14,
            Self::Completed => 15,
            Self::Refused | Self::Cancelled | Self::Expired => return None,
        })
    }

    /// Whether the trip is over.
    pub const fn is_over(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Refused | Self::Cancelled | Self::Expired
        )
    }

    /// Whether the seal must be closed (states 7 to 12).
    pub const fn is_sealed(self) -> bool {
        matches!(
            self,
            Self::Installed
                | Self::ReadyToDepart
                | Self::InTransit
                | Self::Arrived
                | Self::SealCheck
                | Self::Compromised
                | Self::RemovalGranted
        )
    }

    /// Whether the seal has not been closed yet (states 1 to 6).
    pub const fn is_before_closing(self) -> bool {
        matches!(self.number(), Some(1..=6))
    }

    /// Whether a seal and a container are bound to the trip.
    pub const fn holds_seal(self) -> bool {
        matches!(self, Self::Assigned | Self::Installing | Self::Removing) || self.is_sealed()
    }
}

/// What a trip is asked for with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TripRequest {
    /// Whose trip.
    pub owner: OrganisationId,
    /// The provider asked to supply the seal.
    pub provider: OrganisationId,
    /// Which container.
    pub container: ContainerNumber,
    /// The asker has looked twice at a wrong check digit.
    pub check_digit_confirmed: bool,
    /// With which document; may follow.
    pub document: Option<DocumentId>,
    /// By which route; may follow.
    pub route: Option<RouteId>,
    /// Code or name of the TPS of departure, as the document must say it.
    pub tps_origin: String,
    /// Code or name of the TPS of arrival.
    pub tps_destination: String,
    /// Sealed, or only followed.
    pub mode: TripMode,
    /// The truck's plate: kept in an erasable record, here its salted hash.
    pub plate: Option<SecretHash>,
    /// The driver: kept in an erasable record, here its salted hash.
    pub driver: Option<SecretHash>,
    /// When the seal should be fitted.
    pub install_wanted: Option<ServerTime>,
    /// From when to when it may depart.
    pub start_window: Option<(ServerTime, ServerTime)>,
}

/// Whether a trip claims a closed container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TripMode {
    /// The seal locks the container.
    Sealed,
    /// The device only follows it: dense reports, no claim of being sealed.
    CargoTracker,
}

/// The SOP's clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// T1: from the technician's start to the seal's *locked*.
    Install,
    /// T2: from *locked* to the last photo of the installation.
    InstallPhotos,
    /// T3: from *unlocked* to the technician's *removed*.
    Removal,
    /// T4: from *removed* to the last photo of the removal.
    RemovalPhotos,
}

/// Who, when, where and why, as every transition has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Circumstance {
    /// When it happened.
    pub at: EventTime,
    /// Where, as far as known.
    pub place: Option<Position>,
    /// Why, in words; the person or rule stands on the entry.
    pub reason: String,
}
