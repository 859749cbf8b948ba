//! Alarms: their codes, how grave they are, their life.

use alloc::string::String;

use segel_geo::Position;
use serde::{Deserialize, Serialize};

use crate::{EventTime, SealId, TripId};

/// What is wrong. The numbers are those of the alarm table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AlarmCode {
    /// Forced opening, shackle or cable cut.
    A01,
    /// Opened without authorisation.
    A02,
    /// Body tampered with.
    A03,
    /// Left before sealing was complete or departure authorised.
    A06,
    /// Left the corridor.
    A08,
    /// Entered a forbidden area.
    A09,
    /// Stopped where it should not.
    A11,
    /// No signal.
    A12,
    /// No fix though the network is there.
    A13,
    /// Late against the plan.
    A14,
    /// Battery low, critical, or will not last.
    A16,
    /// Wrong credential, again and again.
    A17,
    /// Document cancelled, amended or expired on the way.
    A20,
    /// A clock of the SOP was not met.
    A21,
    /// A message to SKP is stuck or refused.
    A22,
    /// The seal itself is faulty, its clock drifts, or it does not take its settings.
    A23,
}

impl AlarmCode {
    /// The code as printed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A01 => "A01",
            Self::A02 => "A02",
            Self::A03 => "A03",
            Self::A06 => "A06",
            Self::A08 => "A08",
            Self::A09 => "A09",
            Self::A11 => "A11",
            Self::A12 => "A12",
            Self::A13 => "A13",
            Self::A14 => "A14",
            Self::A16 => "A16",
            Self::A17 => "A17",
            Self::A20 => "A20",
            Self::A21 => "A21",
            Self::A22 => "A22",
            Self::A23 => "A23",
        }
    }
}

/// How grave, gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Critical.
    S1,
    /// High.
    S2,
    /// Medium.
    S3,
    /// Low.
    S4,
}

/// Where an alarm is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmStage {
    /// Nobody has looked.
    Raised,
    /// Somebody has seen it.
    Acknowledged,
    /// Somebody is at it.
    Investigating,
    /// A person has closed it, with a reason.
    Closed,
}

/// Which limit of the reaction table ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EscalationStep {
    /// Nobody has acknowledged it.
    Acknowledge,
    /// Nobody has acted.
    Act,
    /// It is still open: customs supervisor and enforcement are told.
    Escalate,
}

/// How a person closed an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmOutcome {
    /// It was true.
    Confirmed,
    /// It was false.
    False,
    /// What caused it is over.
    Resolved,
}

/// What was found, when it was raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What is wrong.
    pub code: AlarmCode,
    /// How grave.
    pub severity: Severity,
    /// On which trip; nothing where a seal is on none.
    pub trip: Option<TripId>,
    /// Which seal.
    pub seal: Option<SealId>,
    /// When it happened.
    pub at: EventTime,
    /// Where.
    pub place: Option<Position>,
    /// It was delivered late, so it was known late.
    pub known_late: bool,
    /// The explanation, in both languages.
    pub why: Bilingual,
}

/// A sentence in Indonesian and in English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    /// Bahasa Indonesia.
    pub id: String,
    /// English.
    pub en: String,
}
