//! What SKP is told: our own catalogue of messages, mapped to its dialect only where it is sent.

use alloc::string::String;
use alloc::vec::Vec;

use segel_geo::Position;
use serde::{Deserialize, Serialize};

use crate::document::{Day, DocumentKind};
use crate::grant::Way;
use crate::photo::PhotoKind;
use crate::trip::{Clock, TripMode};
use crate::{
    BlobHash, EventTime, GrantId, MessageId, OfficeCode, PersonId, RecordedTime, SecretHash, ServerTime,
};

/// Which message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MessageCode {
    /// Request and assignment.
    E02,
    /// Route plan.
    E03,
    /// Installation.
    E04,
    /// Photos of the installation.
    E05,
    /// A range of locations, built from history when it is sent.
    E06,
    /// Status or alarm.
    E07,
    /// Arrival.
    E11,
    /// Removal authorised.
    E12,
    /// Removal.
    E13,
    /// Photos of the removal.
    E14,
    /// Closing report.
    E15,
}

/// Which of a trip's three lanes a message goes in; order is kept inside a lane, and none waits for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Alarms.
    Alarms,
    /// Milestones.
    Milestones,
    /// Locations.
    Locations,
}

impl MessageCode {
    /// The lane of this message.
    pub const fn lane(self) -> Lane {
        match self {
            Self::E07 => Lane::Alarms,
            Self::E06 => Lane::Locations,
            _ => Lane::Milestones,
        }
    }
}

/// The facts of a message, frozen when it was decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// The office the message is for.
    pub office: OfficeCode,
    /// The document behind the trip.
    pub document: Option<(DocumentKind, String, Day)>,
    /// The container.
    pub container: String,
    /// The seal's printed number.
    pub seal_label: Option<String>,
    /// The truck's plate: kept in an erasable record, here its hash; it is looked up when the message is sent.
    #[serde(default)]
    pub plate: Option<SecretHash>,
    /// When it happened.
    pub at: EventTime,
    /// Where.
    pub place: Option<Position>,
    /// How exact that is, where the seal says so.
    #[serde(default)]
    pub accuracy_m: Option<f32>,
    /// How fast it moved there.
    #[serde(default)]
    pub speed_kmh: Option<f32>,
    /// Closed or not, as the seal last said.
    pub sealed: Option<bool>,
    /// Battery, as the seal last said.
    pub battery_percent: Option<u8>,
    /// What this message adds.
    pub detail: Detail,
}

/// What a message adds to the envelope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Nothing more.
    None,
    /// What was asked for.
    Request {
        /// Code or name of the TPS of departure.
        tps_origin: String,
        /// Code or name of the TPS of arrival.
        tps_destination: String,
        /// Sealed, or only followed.
        mode: TripMode,
        /// When the seal should be fitted.
        install_wanted: Option<ServerTime>,
        /// From when to when it may depart.
        start_window: Option<(ServerTime, ServerTime)>,
    },
    /// Who fits the seal.
    Assignment {
        /// The technician.
        technician: Option<PersonId>,
    },
    /// A route: version, distance, time, interval.
    Route {
        /// Which route.
        route: u64,
        /// Declared distance.
        distance_m: u32,
        /// Declared transit time.
        transit_time_s: u32,
        /// Location Sharing Interval.
        interval_s: u32,
    },
    /// The seal is on and closed.
    Installation {
        /// Who fitted it.
        technician: Option<PersonId>,
        /// The bolt seal beside it.
        bolt_seal: Option<String>,
        /// Why a person recorded the closing, where the seal did not say so.
        by_hand: Option<String>,
        /// T1.
        clocks: Vec<ClockResult>,
    },
    /// The photos of a step.
    Photos {
        /// In the order of the required set, what was taken beyond it last.
        #[serde(default)]
        photos: Vec<PhotoTold>,
        /// T2; or T3 and T4.
        #[serde(default)]
        clocks: Vec<ClockResult>,
    },
    /// The locations that were heard since the range before: whatever came late lies in the next one, and none in two.
    Range {
        /// The oldest event time among them.
        from: EventTime,
        /// The newest.
        until: EventTime,
        /// The range before, up to whose entry everything is told; nothing for the first of a trip.
        #[serde(default)]
        after: Option<MessageId>,
    },
    /// An alarm or change of status.
    Alarm {
        /// Its code.
        code: String,
        /// Its severity.
        severity: String,
        /// The explanation, in Indonesian.
        why: String,
    },
    /// The container is where it should be.
    Arrival {
        /// When it left.
        departed: Option<EventTime>,
        /// How long the route plan said it would take.
        planned_s: Option<u32>,
        /// The officer who confirmed it; nothing where the seal stayed inside the destination.
        officer: Option<PersonId>,
    },
    /// Customs lets it be opened.
    Grant {
        /// Which permission.
        grant: GrantId,
        /// Who may carry it out.
        executor: PersonId,
        /// Who gave it.
        officer: Option<PersonId>,
        /// By which way; never with what.
        way: Way,
        /// Inside which area, by its code or its name.
        place: String,
        /// From when.
        from: ServerTime,
        /// Until when.
        until: ServerTime,
        /// Why.
        reason: String,
    },
    /// It was opened.
    Opening {
        /// Under which permission.
        grant: Option<GrantId>,
        /// Whom that named.
        executor: Option<PersonId>,
        /// By which way the permission said.
        way: Option<Way>,
        /// The name of the credential, by which nothing can be opened: our order, or the last four digits of a card.
        credential: Option<String>,
    },
    /// The trip is over: what became of it.
    Closing {
        /// Every clock met, no alarm open.
        clean: bool,
        /// T1 to T4.
        clocks: Vec<ClockResult>,
        /// Reports of the closed seal.
        reports: u32,
        /// Alarms by their code: how many there were, and how many are open.
        alarms: Vec<(String, u32, u32)>,
        /// Physical openings.
        openings: u32,
        /// Those that no permission covers.
        openings_without_grant: u32,
        /// Accepted photos of both steps.
        photos: u32,
    },
    /// Words.
    Note {
        /// In Indonesian.
        text: String,
    },
}

/// What became of a clock of the SOP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockResult {
    /// Which.
    pub clock: Clock,
    /// Its limit.
    pub limit_s: u32,
    /// How long it took; nothing while nobody knows.
    pub took_ms: Option<i64>,
    /// Whether that was inside the limit.
    pub met: Option<bool>,
}

/// A photo as SKP is told of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhotoTold {
    /// What it shows.
    pub kind: PhotoKind,
    /// The hash of the original.
    pub blob: BlobHash,
    /// When the camera says it was taken.
    pub taken: Option<RecordedTime>,
    /// When it was stored.
    pub stored: ServerTime,
    /// Where the camera says it was taken.
    pub place: Option<Position>,
    /// It came after its limit.
    pub late: bool,
}

/// How an attempt to send a message ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// SKP took it.
    Taken {
        /// SKP's own reference, where it gives one.
        reference: Option<String>,
    },
    /// SKP refused it; a person must repair it.
    Refused {
        /// SKP's reason.
        reason: String,
    },
    /// It has waited too long and is still being tried.
    Stuck {
        /// The last failure.
        failure: String,
    },
}
