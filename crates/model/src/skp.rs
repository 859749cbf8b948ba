//! What SKP is told: our own catalogue of messages, mapped to its dialect only where it is sent.

use alloc::string::String;
use alloc::vec::Vec;

use segel_geo::Position;
use serde::{Deserialize, Serialize};

use crate::document::{Day, DocumentKind};
use crate::{BlobHash, EventTime, OfficeCode};

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
    /// When it happened.
    pub at: EventTime,
    /// Where.
    pub place: Option<Position>,
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
    /// Photos by their hashes.
    Photos {
        /// In the order of the required set.
        hashes: Vec<BlobHash>,
    },
    /// Locations from one event time to another, both included.
    Range {
        /// First.
        from: EventTime,
        /// Last.
        until: EventTime,
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
    /// Words.
    Note {
        /// In Indonesian.
        text: String,
    },
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
