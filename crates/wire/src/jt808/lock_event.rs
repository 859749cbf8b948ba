//! What Jointech's locks add: field 0x0B says that somebody locked, unlocked or tried; others say how the lock fares.
//!
//! Passwords stand in clear text in an event. They never leave it: the report says how it was opened, not with what.

use alloc::string::String;

use segel_model::{
    Signal,
    report::{Extra, ReportKind},
    signal::{UnsealBy, UnsealRefusal},
};

use super::{
    cells::{Layout, Number},
    fields::{Field, millivolts, put_whole},
    reading::Reading,
};
use crate::read::{digits, u16_at, u32_at};

/// Handbook 2.4: country, network, cell, area. The network has one byte, or, in frames of real devices, two.
const CELL: Layout = Layout {
    length: 9,
    mcc: 0,
    mnc: Number::One(2),
    cid: Number::Four(3),
    lac: Number::Two(7),
};
const WIDER_CELL: Layout = Layout {
    length: 10,
    mcc: 0,
    mnc: Number::Two(2),
    cid: Number::Four(4),
    lac: Number::Two(8),
};

/// Reads a field of Jointech's. Says whether it is one.
pub(crate) fn read(reading: &mut Reading, (which, value): Field<'_>) -> bool {
    match (which, value) {
        (0x0B, &[kind, ref detail @ ..]) => event_of(reading, kind, detail),
        (0xD4, &[CHARGING]) => reading.charging(),
        (0xD4, &[percent]) => reading.percent(percent),
        (0xD5, &[_, _]) => volts(reading, value),
        (0xF9, &[_, _]) => put_whole(reading, "protocol_version", value),
        (0xFC, &[fence]) => fence_of(reading, fence.into()),
        (0xFC, &[high, low]) => fence_of(reading, u16::from_be_bytes([high, low])),
        (0xFD, value) => {
            let layout = if value.len() == WIDER_CELL.length {
                WIDER_CELL
            } else {
                CELL
            };
            return layout.read_all(reading, value);
        }
        // Its unit is not told.
        (0xFE, &[_, _, _, _]) => put_whole(reading, "mileage", value),
        _ => return false,
    }
    true
}

/// Battery byte while charging.
const CHARGING: u8 = 0xFF;

fn volts(reading: &mut Reading, value: &[u8]) {
    if let Some(battery_mv) = millivolts(value) {
        reading.battery_mv(battery_mv);
    }
}

pub(crate) fn fence_of(reading: &mut Reading, fence: u16) {
    if fence != 0 {
        reading.fence = Some(fence);
        reading.put("fence", Extra::Whole(fence.into()));
    }
}

/// How a try ended (handbook 2.4, "result").
const FAILED: u8 = 0xFF;
/// It opened inside the fence of that number.
const FENCES: core::ops::RangeInclusive<u8> = 1..=99;

/// What follows the type of an event.
struct Detail {
    card: Option<String>,
    result: Option<u8>,
}

/// The length tells what is there: a card has four bytes and a password six; one byte more is the result.
impl Detail {
    fn read(bytes: &[u8]) -> Self {
        let card = bytes.first_chunk().filter(|_| matches!(bytes.len(), 4 | 5));
        Self {
            card: card.map(|card| digits(u32::from_be_bytes(*card).into(), 10, 10)),
            result: bytes.last().copied().filter(|_| matches!(bytes.len(), 5 | 7)),
        }
    }

    fn tried(&self, by: UnsealBy) -> Signal {
        match self.result {
            Some(FAILED) => self.refused(UnsealRefusal::NotSaid),
            result => Signal::Unsealed {
                by,
                actor: self.card.clone(),
                fence: result.filter(|fence| FENCES.contains(fence)).map(u16::from),
            },
        }
    }

    fn refused(&self, reason: UnsealRefusal) -> Signal {
        Signal::UnsealRefused {
            reason,
            actor: self.card.clone(),
        }
    }

    /// Handbook 2.4, table "lock event".
    fn signal(&self, kind: u8) -> Option<Signal> {
        Some(match kind {
            0x01 => self.tried(UnsealBy::StaticPwd),
            0x02 => self.tried(UnsealBy::DynamicPwd),
            0x03 | 0x05 => self.tried(UnsealBy::BtApp),
            0x06 | 0x07 | 0x08 | 0x20 | 0x28 | 0x29 => self.refused(UnsealRefusal::BadPwd),
            0x0B => Signal::LongUnlocked,
            0x0C => Signal::RopeCut,
            0x0D => Signal::Sealed,
            0x10 | 0x18 | 0x2A => self.refused(UnsealRefusal::NoFix),
            0x11 | 0x19 | 0x2B => self.refused(UnsealRefusal::OutsideFence),
            0x12 => Signal::MotorStuck,
            0x1C => Signal::RopeOut,
            0x1E | 0x1F => self.tried(UnsealBy::Sms),
            0x22 => self.tried(UnsealBy::Card),
            0x23 => self.refused(UnsealRefusal::IllegalCard),
            _ => return None,
        })
    }
}

/// Somebody locked, unlocked or tried.
pub(crate) fn event_of(reading: &mut Reading, kind: u8, bytes: &[u8]) {
    let detail = Detail::read(bytes);
    reading.report.kind = ReportKind::Happening;
    reading.put("lock_event", Extra::Whole(kind.into()));
    match detail.signal(kind) {
        Some(signal) => reading.signal(signal),
        None => reading.odd("unknown_lock_event"),
    }
    if let Some(result) = detail.result {
        reading.put("unlock_result", Extra::Whole(result.into()));
    }
    if let Some(card) = detail.card {
        reading.put("card", Extra::Text(card.into()));
    }
}

/// Where in an event a password stands.
pub(crate) const fn password(event: &[u8]) -> Option<core::ops::Range<usize>> {
    match event.len() {
        7 | 8 => Some(1..7),
        _ => None,
    }
}

/// Country and network, for a cell whose other numbers stand elsewhere (handbook 2.4, field 0x0A of JT705). The network has one
/// byte, or, in frames of real devices, two.
pub(crate) fn network(value: &[u8]) -> Option<(u16, u16)> {
    let mnc = match *value.get(2..)? {
        [mnc] => mnc.into(),
        [high, low] => u16::from_be_bytes([high, low]),
        _ => return None,
    };
    Some((u16_at(value, 0)?, mnc))
}

/// A cell by its own two numbers.
pub(crate) fn cell_numbers(bytes: &[u8]) -> Option<(u32, u16)> {
    Some((u32_at(bytes, 0)?, u16_at(bytes, 4)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(reason: UnsealRefusal) -> Signal {
        Signal::UnsealRefused { reason, actor: None }
    }

    fn by(by: UnsealBy) -> Signal {
        Signal::Unsealed {
            by,
            actor: None,
            fence: None,
        }
    }

    /// Handbook 2.4: every row of the table.
    #[test]
    fn every_lock_event_has_its_signal() {
        let password = b"123456\x65";
        for (kind, signal) in [
            (0x01, by(UnsealBy::StaticPwd)),
            (0x02, by(UnsealBy::DynamicPwd)),
            (0x03, by(UnsealBy::BtApp)),
            (0x05, by(UnsealBy::BtApp)),
            (0x06, refused(UnsealRefusal::BadPwd)),
            (0x07, refused(UnsealRefusal::BadPwd)),
            (0x08, refused(UnsealRefusal::BadPwd)),
            (0x28, refused(UnsealRefusal::BadPwd)),
            (0x0B, Signal::LongUnlocked),
            (0x0C, Signal::RopeCut),
            (0x0D, Signal::Sealed),
            (0x10, refused(UnsealRefusal::NoFix)),
            (0x11, refused(UnsealRefusal::OutsideFence)),
            (0x12, Signal::MotorStuck),
            (0x18, refused(UnsealRefusal::NoFix)),
            (0x19, refused(UnsealRefusal::OutsideFence)),
            (0x1C, Signal::RopeOut),
            (0x1E, by(UnsealBy::Sms)),
            (0x1F, by(UnsealBy::Sms)),
            (0x20, refused(UnsealRefusal::BadPwd)),
            (0x29, refused(UnsealRefusal::BadPwd)),
            (0x22, by(UnsealBy::Card)),
            (0x23, refused(UnsealRefusal::IllegalCard)),
            (0x2A, refused(UnsealRefusal::NoFix)),
            (0x2B, refused(UnsealRefusal::OutsideFence)),
        ] {
            assert_eq!(Detail::read(password).signal(kind), Some(signal), "{kind:#04x}");
        }
        assert_eq!(Detail::read(password).signal(0x04), None);
    }

    /// Handbook 2.4: "Result 0xFF failed; 1-99 success in fence N; other success".
    #[test]
    fn a_result_says_where_it_opened_or_that_it_did_not() {
        let opened = |result: u8| Detail::read(&[0, 0x62, 0x3A, 0x49, result]).signal(0x22);
        let in_fence = |fence| {
            Some(Signal::Unsealed {
                by: UnsealBy::Card,
                actor: Some("0006437449".into()),
                fence,
            })
        };
        assert_eq!(opened(1), in_fence(Some(1)));
        assert_eq!(opened(99), in_fence(Some(99)));
        assert_eq!(opened(0), in_fence(None));
        assert_eq!(opened(101), in_fence(None));
        assert_eq!(
            opened(0xFF),
            Some(Signal::UnsealRefused {
                reason: UnsealRefusal::NotSaid,
                actor: Some("0006437449".into())
            })
        );
        assert_eq!(Detail::read(&[0, 0x62, 0x3A, 0x49]).signal(0x22), in_fence(None));
    }
}
