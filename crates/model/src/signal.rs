//! What a report says happened to the seal. The names are the vocabulary that every protocol is translated into.

use alloc::string::String;

use serde::{Deserialize, Serialize};

/// Something that happened to a seal, as the seal tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Closed and locked.
    Sealed,
    /// Unlocked in an orderly way.
    Unsealed {
        /// How.
        by: UnsealBy,
        /// Which card, user or phone, as the seal says it.
        actor: Option<String>,
        /// The fence on the seal inside which it happened.
        fence: Option<u16>,
    },
    /// Somebody tried and the seal said no.
    UnsealRefused {
        /// Why.
        reason: UnsealRefusal,
        /// Which card, user or phone, as the seal says it.
        actor: Option<String>,
    },
    /// The rope or cable was cut.
    RopeCut,
    /// The rope was pulled out.
    RopeOut,
    /// The rope was put in.
    RopeIn,
    /// The shackle was opened while sealed.
    ShackleOpenedWhileSealed,
    /// The back cover was opened.
    CoverOpen,
    /// The seal was taken off or apart.
    Dismantled,
    /// The motor is stuck.
    MotorStuck,
    /// Unlocked for too long.
    LongUnlocked,
    /// The battery is low.
    LowBattery,
    /// The battery is so low that the seal goes off line.
    PowerLowOffline,
    /// The battery is being charged.
    Charging,
    /// Entered a fence stored on the seal.
    FenceIn {
        /// Which, where the seal says.
        fence: Option<u16>,
    },
    /// Left a fence stored on the seal.
    FenceOut {
        /// Which, where the seal says.
        fence: Option<u16>,
    },
    /// Shaken.
    Vibration,
    /// Radio jamming.
    Jamming,
    /// A smaller seal that speaks through this one is lost.
    SublockLost {
        /// Which.
        sublock: Option<String>,
    },
    /// The seal's clock was not set.
    ClockUnset,
    /// A sign of life.
    Heartbeat,
}

/// How a seal was unlocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnsealBy {
    /// A card held to it.
    Card,
    /// A phone over Bluetooth.
    BtApp,
    /// A command of its platform.
    Platform,
    /// A text message.
    Sms,
    /// A one-time password.
    DynamicPwd,
    /// The fixed password.
    StaticPwd,
    /// A key.
    Key,
    /// The seal does not say.
    NotSaid,
}

/// Why a seal did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnsealRefusal {
    /// Wrong password.
    BadPwd,
    /// A card it does not know.
    IllegalCard,
    /// Outside the fence it is bound to.
    OutsideFence,
    /// It does not know where it is.
    NoFix,
    /// That way of opening is switched off.
    ChannelOff,
    /// The seal does not say.
    NotSaid,
}

impl Signal {
    /// The signal's stable name.
    pub const fn name(&self) -> &'static str {
        NAMES[self.place()]
    }

    /// The place of this sort of signal in a set. Written down in history: never given to another sort.
    const fn place(&self) -> usize {
        match self {
            Self::Sealed => 0,
            Self::Unsealed { .. } => 1,
            Self::UnsealRefused { .. } => 2,
            Self::RopeCut => 3,
            Self::RopeOut => 4,
            Self::RopeIn => 5,
            Self::ShackleOpenedWhileSealed => 6,
            Self::CoverOpen => 7,
            Self::Dismantled => 8,
            Self::MotorStuck => 9,
            Self::LongUnlocked => 10,
            Self::LowBattery => 11,
            Self::PowerLowOffline => 12,
            Self::Charging => 13,
            Self::FenceIn { .. } => 14,
            Self::FenceOut { .. } => 15,
            Self::Vibration => 16,
            Self::Jamming => 17,
            Self::SublockLost { .. } => 18,
            Self::ClockUnset => 19,
            Self::Heartbeat => 20,
        }
    }

    /// The bits of this signal: its sort, and beside it why the seal did not open where a rule weighs that.
    const fn bits(&self) -> u32 {
        let particular = match self {
            Self::UnsealRefused {
                reason: UnsealRefusal::BadPwd,
                ..
            } => SignalSet::BAD_PASSWORD,
            Self::UnsealRefused {
                reason: UnsealRefusal::IllegalCard,
                ..
            } => SignalSet::ILLEGAL_CARD,
            _ => 0,
        };
        1 << self.place() | particular
    }
}

/// Every sort of signal by its place.
const NAMES: [&str; 21] = [
    "sealed",
    "unsealed",
    "unseal_refused",
    "rope_cut",
    "rope_out",
    "rope_in",
    "shackle_opened_while_sealed",
    "cover_open",
    "dismantled",
    "motor_stuck",
    "long_unlocked",
    "low_battery",
    "power_low_offline",
    "charging",
    "fence_in",
    "fence_out",
    "vibration",
    "jamming",
    "sublock_lost",
    "clock_unset",
    "heartbeat",
];

/// Which signals a report carries, without their particulars: one bit a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignalSet(pub u32);

impl SignalSet {
    /// No signal.
    pub const NONE: Self = Self(0);

    /// Refused for a wrong password. Like every bit written down in history: never given another meaning.
    const BAD_PASSWORD: u32 = 1 << 21;
    /// Refused for a card it does not know.
    const ILLEGAL_CARD: u32 = 1 << 22;

    /// The set of these signals.
    pub fn of(signals: &[Signal]) -> Self {
        Self(signals.iter().fold(0, |set, signal| set | signal.bits()))
    }

    /// Whether a signal of this sort is in it.
    pub const fn has(self, signal: &Signal) -> bool {
        self.0 & (1 << signal.place()) != 0
    }

    /// Whether the seal refused to open for a wrong password.
    pub const fn refused_password(self) -> bool {
        self.0 & Self::BAD_PASSWORD != 0
    }

    /// Whether the seal refused to open for a card it does not know.
    pub const fn refused_card(self) -> bool {
        self.0 & Self::ILLEGAL_CARD != 0
    }

    /// The names of the sorts in it.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let named = NAMES.iter().enumerate();
        named
            .filter(move |(place, _)| self.0 & (1 << place) != 0)
            .map(|(_, name)| *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_in_and_nothing_else() {
        let refused = Signal::UnsealRefused {
            reason: UnsealRefusal::BadPwd,
            actor: None,
        };
        let set = SignalSet::of(&[Signal::RopeCut, refused.clone()]);
        assert!(set.has(&Signal::RopeCut) && set.has(&refused));
        assert!(!set.has(&Signal::RopeOut) && !set.has(&Signal::Sealed));
        assert!(set.refused_password() && !set.refused_card());
        assert_eq!(
            set.names().collect::<alloc::vec::Vec<_>>(),
            ["unseal_refused", "rope_cut"],
            "why it was refused is no sort of its own"
        );
        assert_eq!(SignalSet::of(&[]), SignalSet::NONE);
    }
}
