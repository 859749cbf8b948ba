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
        match self {
            Self::Sealed => "sealed",
            Self::Unsealed { .. } => "unsealed",
            Self::UnsealRefused { .. } => "unseal_refused",
            Self::RopeCut => "rope_cut",
            Self::RopeOut => "rope_out",
            Self::RopeIn => "rope_in",
            Self::ShackleOpenedWhileSealed => "shackle_opened_while_sealed",
            Self::CoverOpen => "cover_open",
            Self::Dismantled => "dismantled",
            Self::MotorStuck => "motor_stuck",
            Self::LongUnlocked => "long_unlocked",
            Self::LowBattery => "low_battery",
            Self::PowerLowOffline => "power_low_offline",
            Self::Charging => "charging",
            Self::FenceIn { .. } => "fence_in",
            Self::FenceOut { .. } => "fence_out",
            Self::Vibration => "vibration",
            Self::Jamming => "jamming",
            Self::SublockLost { .. } => "sublock_lost",
            Self::ClockUnset => "clock_unset",
            Self::Heartbeat => "heartbeat",
        }
    }
}

/// Which signals a report carries, without their particulars: one bit a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignalSet(pub u32);

impl SignalSet {
    /// No signal.
    pub const NONE: Self = Self(0);

    /// The set of these signals.
    pub fn of(signals: &[Signal]) -> Self {
        Self(signals.iter().fold(0, |set, signal| set | signal.bit()))
    }

    /// Whether a signal of this sort is in it.
    pub const fn has(self, signal: &Signal) -> bool {
        self.0 & signal.bit() != 0
    }
}

impl Signal {
    /// The bit of this sort of signal. Written down in history: never given to another sort.
    const fn bit(&self) -> u32 {
        1 << match self {
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
        assert_eq!(SignalSet::of(&[]), SignalSet::NONE);
    }
}
