//! What may be sent to a seal.
//!
//! An *order* is the wish as the journal keeps it: it names a secret but never holds one. The shell resolves it to a
//! `SealCommand` at the moment of sending, and only `wire` turns that into bytes.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::{GrantId, OrderId, SealId};

/// A wish for a seal, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealOrder {
    /// Open with the fixed password. Only under a grant.
    UnlockStatic,
    /// Open with the one-time password the seal last announced. Only under a grant.
    UnlockDynamic,
    /// Let these cards open it. Only under a grant.
    AuthoriseCards {
        /// Card numbers, ten digits.
        cards: Vec<String>,
    },
    /// Take these cards away again.
    WithdrawCards {
        /// Card numbers, ten digits.
        cards: Vec<String>,
    },
    /// Change the fixed password to a fresh one.
    RotatePassword,
    /// Switch one-time passwords on or off.
    DynamicPassword {
        /// On or off.
        on: bool,
    },
    /// Which ways of opening are switched on.
    Channels(Channels),
    /// How often to report.
    Interval {
        /// Seconds while awake.
        awake_s: u32,
        /// Seconds between wakings while asleep.
        asleep_s: u32,
    },
    /// Never sleep (cargo-tracker mode), or sleep again.
    AlwaysAwake {
        /// On or off.
        on: bool,
    },
    /// Set the clock.
    SetTime,
}

/// Which ways of opening are switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channels {
    /// By text message.
    pub sms: bool,
    /// By command of the platform.
    pub network: bool,
    /// By card.
    pub rfid: bool,
    /// By cable.
    pub serial: bool,
    /// By Bluetooth.
    pub bluetooth: bool,
}

impl SealOrder {
    /// Whether it opens the seal or lets somebody open it.
    pub const fn opens(&self) -> bool {
        matches!(
            self,
            Self::UnlockStatic | Self::UnlockDynamic | Self::AuthoriseCards { .. }
        )
    }
}

/// A wish with its name, its seal and, where it opens, its grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// Its name, by which answers are matched.
    pub id: OrderId,
    /// For which seal.
    pub seal: SealId,
    /// The grant it needs; checked again at the moment of sending.
    pub grant: Option<GrantId>,
    /// The wish.
    pub order: SealOrder,
}

/// An order resolved for the wire, secrets and all. Never journaled, never logged.
#[derive(Clone, PartialEq, Eq)]
pub enum SealCommand {
    /// Open with the fixed password.
    UnlockStatic {
        /// Six letters, digits or symbols.
        password: String,
    },
    /// Open with a one-time password.
    UnlockDynamic {
        /// Six digits.
        password: String,
    },
    /// Let these cards open it.
    AuthoriseCards {
        /// Card numbers, ten digits.
        cards: Vec<String>,
    },
    /// Take these cards away again.
    WithdrawCards {
        /// Card numbers, ten digits.
        cards: Vec<String>,
    },
    /// Change the fixed password.
    SetPassword {
        /// The new one.
        new: String,
        /// The one in force.
        old: String,
    },
    /// Switch one-time passwords on or off.
    DynamicPassword {
        /// On or off.
        on: bool,
    },
    /// Which ways of opening are switched on.
    Channels(Channels),
    /// How often to report.
    Interval {
        /// Seconds while awake.
        awake_s: u32,
        /// Seconds between wakings while asleep.
        asleep_s: u32,
    },
    /// Never sleep, or sleep again.
    AlwaysAwake {
        /// On or off.
        on: bool,
    },
    /// Set the clock to the moment of sending.
    SetTime,
}

/// How an order ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The seal says it did it.
    Done,
    /// The seal says no.
    Refused {
        /// In the seal's own words, secrets masked.
        answer: String,
    },
    /// No answer in time.
    NoAnswer,
    /// The seal's protocol has no such order, or a value it cannot take.
    NotSpoken {
        /// What it cannot take.
        why: String,
    },
    /// The grant was no longer live at the moment of sending, so nothing was sent.
    Withheld {
        /// Why.
        why: String,
    },
}
