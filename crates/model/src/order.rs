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
    /// Close the lock. It never opens, so it needs no grant.
    Lock,
    /// Say where it is, once, now.
    PositionNow,
    /// Start anew.
    Restart,
    /// Show words on its display.
    Text {
        /// Which.
        text: String,
    },
    /// Its alarms were seen by a person: it need not repeat them.
    ConfirmAlarm,
    /// Report densely for a while, then as before.
    Track {
        /// Seconds between reports.
        every_s: u32,
        /// For how many seconds.
        for_s: u32,
    },
    /// Hold an area or a route, and tell when it is left or entered.
    Fence(Fence),
    /// Forget an area or a route.
    ClearFence {
        /// Its number on the seal.
        number: u8,
        /// Of which sort it was: some seals count each sort for itself.
        sort: FenceSort,
    },
}

/// What a seal watches over by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fence {
    /// Its number on the seal, from 1.
    pub number: u8,
    /// Its outline.
    pub shape: FenceShape,
}

/// An outline as a seal holds it: whole numbers, because what was sent must be read back the same on every machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FenceShape {
    /// Around a point.
    Circle {
        /// Its middle.
        centre: PlaceE6,
        /// From there to its border.
        radius_m: u32,
    },
    /// Between two corners.
    Rectangle {
        /// North-western corner.
        north_west: PlaceE6,
        /// South-eastern corner.
        south_east: PlaceE6,
    },
    /// A ring of corners; the last does not repeat the first.
    Polygon(Vec<PlaceE6>),
    /// A strip around a line.
    Route {
        /// Its turns, from the beginning to the end.
        turns: Vec<PlaceE6>,
        /// How wide the strip is.
        width_m: u8,
    },
}

/// Which sort of outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FenceSort {
    /// Around a point.
    Circle,
    /// Between two corners.
    Rectangle,
    /// A ring of corners.
    Polygon,
    /// A strip around a line.
    Route,
}

/// A place in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceE6 {
    /// North of the equator.
    pub lat: i32,
    /// East of Greenwich.
    pub lon: i32,
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

    /// Its name, for machines.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UnlockStatic => "unlock_static",
            Self::UnlockDynamic => "unlock_dynamic",
            Self::AuthoriseCards { .. } => "authorise_cards",
            Self::WithdrawCards { .. } => "withdraw_cards",
            Self::RotatePassword => "rotate_password",
            Self::DynamicPassword { .. } => "dynamic_password",
            Self::Channels(_) => "channels",
            Self::Interval { .. } => "interval",
            Self::AlwaysAwake { .. } => "always_awake",
            Self::SetTime => "set_time",
            Self::Lock => "lock",
            Self::PositionNow => "position_now",
            Self::Restart => "restart",
            Self::Text { .. } => "text",
            Self::ConfirmAlarm => "confirm_alarm",
            Self::Track { .. } => "track",
            Self::Fence(_) => "fence",
            Self::ClearFence { .. } => "clear_fence",
        }
    }
}

impl FenceShape {
    /// Which sort it is.
    pub const fn sort(&self) -> FenceSort {
        match self {
            Self::Circle { .. } => FenceSort::Circle,
            Self::Rectangle { .. } => FenceSort::Rectangle,
            Self::Polygon(_) => FenceSort::Polygon,
            Self::Route { .. } => FenceSort::Route,
        }
    }

    /// Whether all of it is a place.
    pub fn is_on_earth(&self) -> bool {
        match self {
            Self::Circle { centre, radius_m } => centre.is_on_earth() && *radius_m != 0,
            Self::Rectangle {
                north_west,
                south_east,
            } => north_west.is_on_earth() && south_east.is_on_earth(),
            Self::Polygon(places) | Self::Route { turns: places, .. } => {
                places.iter().all(|place| place.is_on_earth())
            }
        }
    }
}

impl PlaceE6 {
    /// Whether there is such a place.
    pub const fn is_on_earth(self) -> bool {
        self.lat.unsigned_abs() <= 90_000_000 && self.lon.unsigned_abs() <= 180_000_000
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
    /// Close the lock.
    Lock,
    /// Say where it is, once, now.
    PositionNow,
    /// Start anew.
    Restart,
    /// Show words on its display.
    Text {
        /// Which.
        text: String,
    },
    /// Its alarms were seen by a person.
    ConfirmAlarm,
    /// Report densely for a while, then as before.
    Track {
        /// Seconds between reports.
        every_s: u32,
        /// For how many seconds.
        for_s: u32,
    },
    /// Hold an area or a route.
    Fence(Fence),
    /// Forget an area or a route.
    ClearFence {
        /// Its number on the seal.
        number: u8,
        /// Of which sort it was.
        sort: FenceSort,
    },
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
