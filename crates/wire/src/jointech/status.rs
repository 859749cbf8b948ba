//! The status word: sixteen bits of which ten are alarms and three are the lock's own contacts.
//!
//! The alarm bits are levels, not happenings: a cut rope says so in every record until it is mended.

use alloc::vec::Vec;

use segel_model::{
    Signal,
    report::{FixSource, Lock},
    signal::UnsealRefusal,
};

/// The status word (manual, table "status word"; the maker's SDK agrees). Bit 0 is the lowest of the second byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status(pub u16);

/// The bits.
pub mod bit {
    /// The position comes from the cell.
    pub const CELL_POSITION: u16 = 1;
    /// Entered a fence.
    pub const FENCE_IN: u16 = 1 << 1;
    /// Left a fence.
    pub const FENCE_OUT: u16 = 1 << 2;
    /// The rope was cut.
    pub const ROPE_CUT: u16 = 1 << 3;
    /// Shaken; disabled on JT701D.
    pub const VIBRATION: u16 = 1 << 4;
    /// The platform must acknowledge; always set on JT701D.
    pub const WANTS_ACK: u16 = 1 << 5;
    /// The rope is inserted.
    pub const ROPE: u16 = 1 << 6;
    /// The motor is locked.
    pub const MOTOR: u16 = 1 << 7;
    /// Unlocked for too long.
    pub const LONG_UNLOCKED: u16 = 1 << 8;
    /// A wrong password five times.
    pub const BAD_PASSWORD: u16 = 1 << 9;
    /// A card it does not know.
    pub const ILLEGAL_CARD: u16 = 1 << 10;
    /// The battery is low.
    pub const LOW_BATTERY: u16 = 1 << 11;
    /// The back cover was opened.
    pub const COVER_OPENED: u16 = 1 << 12;
    /// The back cover is closed.
    pub const COVER: u16 = 1 << 13;
    /// The motor is stuck.
    pub const MOTOR_STUCK: u16 = 1 << 14;
}

const ALARMS: u16 = bit::FENCE_IN
    | bit::FENCE_OUT
    | bit::ROPE_CUT
    | bit::VIBRATION
    | bit::LONG_UNLOCKED
    | bit::BAD_PASSWORD
    | bit::ILLEGAL_CARD
    | bit::LOW_BATTERY
    | bit::COVER_OPENED
    | bit::MOTOR_STUCK;

impl Status {
    /// Whether all bits of `mask` are set.
    pub const fn has(self, mask: u16) -> bool {
        self.0 & mask == mask
    }

    /// What the contacts say.
    pub const fn lock(self) -> Lock {
        Lock {
            rope: Some(self.has(bit::ROPE)),
            motor: Some(self.has(bit::MOTOR)),
            cover: Some(self.has(bit::COVER)),
        }
    }

    /// How the position was found.
    pub const fn source(self) -> FixSource {
        if self.has(bit::CELL_POSITION) {
            FixSource::Cell
        } else {
            FixSource::Gnss
        }
    }

    /// One signal for each alarm bit, lowest first. `fence` is the number the record's tail gives.
    pub fn signals(self, fence: Option<u16>) -> Vec<Signal> {
        if self.0 & ALARMS == 0 {
            return Vec::new();
        }
        let refused = |reason| Signal::UnsealRefused { reason, actor: None };
        let all = [
            (bit::FENCE_IN, Signal::FenceIn { fence }),
            (bit::FENCE_OUT, Signal::FenceOut { fence }),
            (bit::ROPE_CUT, Signal::RopeCut),
            (bit::VIBRATION, Signal::Vibration),
            (bit::LONG_UNLOCKED, Signal::LongUnlocked),
            (bit::BAD_PASSWORD, refused(UnsealRefusal::BadPwd)),
            (bit::ILLEGAL_CARD, refused(UnsealRefusal::IllegalCard)),
            (bit::LOW_BATTERY, Signal::LowBattery),
            (bit::COVER_OPENED, Signal::CoverOpen),
            (bit::MOTOR_STUCK, Signal::MotorStuck),
        ];
        all.into_iter()
            .filter(|(mask, _)| self.has(*mask))
            .map(|(_, signal)| signal)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    /// Handbook of protocols 1.3: "Normal sealed = 0x20E0 (JT701D) or 0x20C0".
    #[test]
    fn a_sealed_seal_has_no_alarms() {
        for word in [0x20E0, 0x20C0] {
            let status = Status(word);
            assert_eq!(
                status.lock(),
                Lock {
                    rope: Some(true),
                    motor: Some(true),
                    cover: Some(true)
                }
            );
            assert_eq!(status.lock().sealed(), Some(true));
            assert_eq!(status.signals(None), vec![]);
            assert_eq!(status.source(), FixSource::Gnss);
        }
    }

    #[test]
    fn each_contact_that_opens_ends_the_seal() {
        for mask in [bit::ROPE, bit::MOTOR, bit::COVER] {
            assert_eq!(Status(0x20E0 & !mask).lock().sealed(), Some(false));
        }
    }

    #[test]
    fn every_alarm_bit_has_its_signal() {
        let refused = |reason| Signal::UnsealRefused { reason, actor: None };
        for (number, signal) in [
            (1, Signal::FenceIn { fence: Some(5) }),
            (2, Signal::FenceOut { fence: Some(5) }),
            (3, Signal::RopeCut),
            (4, Signal::Vibration),
            (8, Signal::LongUnlocked),
            (9, refused(UnsealRefusal::BadPwd)),
            (10, refused(UnsealRefusal::IllegalCard)),
            (11, Signal::LowBattery),
            (12, Signal::CoverOpen),
            (14, Signal::MotorStuck),
        ] {
            assert_eq!(Status(1 << number).signals(Some(5)), vec![signal], "bit {number}");
        }
        for number in [0, 5, 6, 7, 13, 15] {
            assert_eq!(Status(1 << number).signals(Some(5)), vec![], "bit {number}");
        }
        assert_eq!(Status(0xFFFF).signals(None).len(), 10);
    }
}
