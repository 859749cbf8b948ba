//! The permission to open: bound to a seal, a trip, a place, a window, a way and a person.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::route::Area;
use crate::{PersonId, SealId, ServerTime, TripId};

/// A permission to open one seal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// Which seal.
    pub seal: SealId,
    /// On which trip.
    pub trip: TripId,
    /// Who may carry it out.
    pub executor: PersonId,
    /// Inside which area.
    pub place: Area,
    /// From when.
    pub from: ServerTime,
    /// Until when.
    pub until: ServerTime,
    /// How.
    pub method: UnlockMethod,
    /// Why customs gave it.
    pub reason: String,
    /// An officer on the spot has vouched for the place, with this reason.
    pub vouched: Option<String>,
}

/// How a seal is opened under a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnlockMethod {
    /// Segel sends the command.
    Command,
    /// These cards are let in, and taken away when the grant ends.
    Card {
        /// Card numbers, ten digits.
        cards: Vec<String>,
    },
    /// Segel sends the one-time password the seal announced.
    DynamicPassword,
    /// For a tracker with no lock: the person opens by hand and says so.
    ByHand,
}

/// The way of an opening without what opens: nothing here is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By command.
    Command,
    /// By card.
    Card,
    /// By one-time password.
    DynamicPassword,
    /// By hand.
    ByHand,
}

impl UnlockMethod {
    /// The way alone.
    pub const fn way(&self) -> Way {
        match self {
            Self::Command => Way::Command,
            Self::Card { .. } => Way::Card,
            Self::DynamicPassword => Way::DynamicPassword,
            Self::ByHand => Way::ByHand,
        }
    }
}

/// Why a grant is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantEnd {
    /// It was used.
    Used,
    /// Its window closed.
    Expired,
    /// Customs took it back.
    Revoked,
    /// The trip was held.
    TripHeld,
}
