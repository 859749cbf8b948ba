//! The G-series padlocks of HHD: events in field 0x60, smaller locks that speak through a gateway in field 0x63.
//!
//! A padlock says what happened; of its contacts it says no more than that. A smaller lock says its state in every record.

use alloc::{borrow::Cow, string::String};

use segel_model::{
    Report, Signal,
    report::{Extra, Lock, ReportKind},
    signal::{UnsealBy, UnsealRefusal},
};

use super::{
    cells::{self, Layout, Number},
    fields::{Field, lower_hex, millivolts, put_words, words},
    header::{hex, is_imei},
    reading::{Reading, add_signal, battery},
};
use crate::read::u16_at;

/// Bytes of one smaller lock in field 0x63: six of its number, two of its battery, and one each of what it says, of its
/// shackle, and of how well it is heard.
const SUBLOCK: usize = 11;
/// A smaller lock that is sealed.
const SEALED: u8 = 0x31;
/// Bytes of the number of a smaller lock.
const ID: usize = 6;
/// Events that are a smaller lock's.
const OF_SUBLOCK: core::ops::RangeInclusive<u16> = 0x61..=0x66;
/// The highest event that is anybody's.
const LAST_EVENT: u16 = 0xFF;

/// Cells in field 0x66: the country once, then of each strength, network, cell and area.
const CELL: Layout = Layout {
    length: 9,
    mcc: 0,
    mnc: Number::Two(1),
    cid: Number::Four(3),
    lac: Number::Two(7),
};

/// Whether a field has the form that only these padlocks give it.
pub(crate) fn is_own(which: u8, value: &[u8]) -> bool {
    match (which, value) {
        (0x60, [_, _, kind, ..]) => u16_at(value, 0).is_some_and(|event| event <= LAST_EVENT) && *kind <= 1,
        (0x63, locks) => !locks.is_empty() && locks.len().is_multiple_of(SUBLOCK),
        (0x66, [_, _, cells @ ..]) => !cells.is_empty() && cells.len().is_multiple_of(CELL.length),
        _ => false,
    }
}

/// Reads a field of HHD's. Says whether it is one.
pub(crate) fn read(reading: &mut Reading, (which, value): Field<'_>) -> bool {
    match (which, value) {
        (0x50, networks) => return cells::wifi(reading, networks),
        (0x60 | 0x63 | 0x66, value) if !is_own(which, value) => return false,
        (0x60, &[_, _, kind, ref content @ ..]) => event(reading, value, kind, content),
        (0x63, locks) => locks.chunks(SUBLOCK).for_each(|lock| sublock(reading, lock)),
        (0x66, &[high, low, ref all @ ..]) => {
            let mcc = u16::from_be_bytes([high, low]);
            let found = all.chunks(CELL.length);
            cells::keep(reading, found.filter_map(|each| CELL.cell_in(each, mcc)));
        }
        (0x67, &[_, _, _, _, _, _, _, _]) => reading.password = words(value).map(String::from),
        (0x68, &[_, _]) => percent(reading, value),
        (0x69, &[_, _]) => volts(reading, value),
        (0x6A, &[csq]) => reading.csq = Some(csq),
        (0x6B, &[satellites]) => reading.satellites(satellites),
        (0x6C, number) if number.len() == 15 => modem(reading, number),
        (0x71, number) if number.len() == 20 => put_words(reading, "iccid", number),
        _ => return false,
    }
    true
}

/// Hundredths of a per cent.
fn percent(reading: &mut Reading, value: &[u8]) {
    let percent = u16_at(value, 0).unwrap_or_default() / 100;
    reading.percent(u8::try_from(percent).unwrap_or(u8::MAX));
}

fn volts(reading: &mut Reading, value: &[u8]) {
    if let Some(battery_mv) = millivolts(value) {
        reading.battery_mv(battery_mv);
    }
}

/// Fifteen digits: the modem's own number, or, where their last one does not check the others, that of its card.
fn modem(reading: &mut Reading, number: &[u8]) {
    let own = words(number).is_some_and(is_imei);
    put_words(reading, if own { "imei" } else { "imsi" }, number);
}

fn sublock(reading: &mut Reading, lock: &[u8]) {
    let &[ref id @ .., high, low, says, shackle, rssi] = lock else {
        return;
    };
    let Some(report) = reading.sublock(hex(id)) else {
        return;
    };
    let battery_mv = u16::from_be_bytes([high, low]);
    let told = battery(report);
    (told.battery_mv, told.percent) = (Some(battery_mv), Some(percent_of(battery_mv)));
    report.lock = Lock {
        // Bit 0 goes with the seal in all frames that we have seen: the shackle is closed.
        rope: Some(shackle & 1 != 0),
        motor: Some(says == SEALED),
        cover: None,
    };
    put(report, "battery_estimated", Extra::Flag(true));
    put(report, "rssi", Extra::Whole(rssi.into()));
    put(report, "physical", Extra::Text(lower_hex(&[shackle]).into()));
    // An event may have come before the state of its lock.
    tried(report);
}

/// Volts between which a cell of lithium is empty and full. A smaller lock says nothing else of its battery; real ones were seen at
/// 4.04 and 4.22 volts. Whether a seal lasts for a trip is asked in per cent, so it is reckoned, on the low side, and marked so.
const EMPTY_MV: u16 = 3_400;
const FULL_MV: u16 = 4_150;

fn percent_of(battery_mv: u16) -> u8 {
    let above = battery_mv.clamp(EMPTY_MV, FULL_MV) - EMPTY_MV;
    (u32::from(above) * 100 / u32::from(FULL_MV - EMPTY_MV)) as u8
}

fn put(report: &mut Report, name: &'static str, value: Extra) {
    report.extra.push((Cow::Borrowed(name), value));
}

fn event(reading: &mut Reading, value: &[u8], kind: u8, content: &[u8]) {
    let event = u16_at(value, 0).unwrap_or_default();
    match content.split_first_chunk::<ID>() {
        Some((id, card)) if OF_SUBLOCK.contains(&event) => event_of_sublock(reading, (event, kind), id, card),
        _ => event_of_lock(reading, (event, kind), content),
    }
}

/// What these events are is not told. One that is no alarm and names a card is taken for what the lock says it is since.
fn event_of_sublock(reading: &mut Reading, (event, kind): (u16, u8), id: &[u8; ID], card: &[u8]) {
    let Some(report) = reading.sublock(hex(id)) else {
        return;
    };
    put(report, "event", Extra::Whole(event.into()));
    put(report, "event_alarm", Extra::Flag(kind == ALARM));
    if let Some(card) = words(card) {
        put(report, "card", Extra::Text(String::from(card).into()));
    }
    tried(report);
    if kind == ALARM {
        reading.odd("unknown_event");
    }
}

/// Type byte of an event that is an alarm.
const ALARM: u8 = 1;

/// Once both are known: that somebody tried a smaller lock with a card, and what it says it is.
fn tried(report: &mut Report) {
    let said = |name: &str| {
        report
            .extra
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    };
    let orderly = said("event_alarm") == Some(&Extra::Flag(false));
    let (Some(Extra::Text(card)), Some(sealed)) = (said("card"), report.lock.motor) else {
        return;
    };
    let actor = Some(card.clone().into_owned());
    if orderly {
        let signal = if sealed {
            Signal::Sealed
        } else {
            unsealed(UnsealBy::Card, actor)
        };
        add_signal(report, signal);
    }
}

fn event_of_lock(reading: &mut Reading, (event, kind): (u16, u8), content: &[u8]) {
    reading.report.kind = ReportKind::Happening;
    reading.put("event", Extra::Whole(event.into()));
    reading.put("event_alarm", Extra::Flag(kind == ALARM));
    let who = words(content).map(String::from);
    if let Some(who) = &who {
        reading.put("event_by", Extra::Text(who.clone().into()));
    }
    let Some((signal, lock)) = meaning(event, who) else {
        if !matches!(event, 0x15 | 0x16) {
            reading.odd("unknown_event");
        }
        return;
    };
    reading.signal(signal);
    reading.report.lock = lock;
}

/// What an event says of the contacts: whether the shackle is closed, and whether the motor is locked.
const fn contacts(rope: Option<bool>, motor: Option<bool>) -> Lock {
    Lock {
        rope,
        motor,
        cover: None,
    }
}

/// Handbook 2.5, "event ids". Nothing for being woken, 0x15 and 0x16, and for what is not told.
fn meaning(event: u16, who: Option<String>) -> Option<(Signal, Lock)> {
    let nothing = contacts(None, None);
    let sealed = (Signal::Sealed, contacts(None, Some(true)));
    let by = |by, who| (unsealed(by, who), contacts(None, Some(false)));
    let refused = |reason, actor| (Signal::UnsealRefused { reason, actor }, nothing);
    Some(match event {
        0x00 => (Signal::RopeIn, contacts(Some(true), None)),
        0x01 => (Signal::RopeOut, contacts(Some(false), None)),
        0x02 | 0x14 => (Signal::Sealed, contacts(Some(true), Some(true))),
        0x03 | 0x05 | 0x07 | 0x09 => sealed,
        0x04 => by(UnsealBy::Card, who),
        0x06 => by(UnsealBy::BtApp, who),
        0x08 => by(UnsealBy::Platform, who),
        0x0A => by(UnsealBy::Sms, who),
        // Refused to seal or to unseal: the vocabulary has one word for both, and the event's number stands beside it.
        0x0B | 0x0C => refused(UnsealRefusal::IllegalCard, who),
        0x0D | 0x0E => refused(UnsealRefusal::OutsideFence, who),
        0x0F => (Signal::ShackleOpenedWhileSealed, contacts(Some(false), None)),
        0x10 => (Signal::Dismantled, nothing),
        0x11 => (Signal::RopeCut, nothing),
        0x12 => (Signal::PowerLowOffline, nothing),
        0x13 => refused(UnsealRefusal::BadPwd, who),
        0x17 => (Signal::LowBattery, nothing),
        0x18 => (Signal::MotorStuck, nothing),
        _ => return None,
    })
}

const fn unsealed(by: UnsealBy, actor: Option<String>) -> Signal {
    Signal::Unsealed {
        by,
        actor,
        fence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(reason: UnsealRefusal) -> Signal {
        Signal::UnsealRefused { reason, actor: None }
    }

    /// Handbook 2.5: every event that is told, and what it says of the contacts.
    #[test]
    fn every_event_has_its_signal() {
        let (yes, no) = (Some(true), Some(false));
        for (event, signal, rope, motor) in [
            (0x00, Signal::RopeIn, yes, None),
            (0x01, Signal::RopeOut, no, None),
            (0x02, Signal::Sealed, yes, yes),
            (0x03, Signal::Sealed, None, yes),
            (0x04, unsealed(UnsealBy::Card, None), None, no),
            (0x05, Signal::Sealed, None, yes),
            (0x06, unsealed(UnsealBy::BtApp, None), None, no),
            (0x07, Signal::Sealed, None, yes),
            (0x08, unsealed(UnsealBy::Platform, None), None, no),
            (0x09, Signal::Sealed, None, yes),
            (0x0A, unsealed(UnsealBy::Sms, None), None, no),
            (0x0B, refused(UnsealRefusal::IllegalCard), None, None),
            (0x0C, refused(UnsealRefusal::IllegalCard), None, None),
            (0x0D, refused(UnsealRefusal::OutsideFence), None, None),
            (0x0E, refused(UnsealRefusal::OutsideFence), None, None),
            (0x0F, Signal::ShackleOpenedWhileSealed, no, None),
            (0x10, Signal::Dismantled, None, None),
            (0x11, Signal::RopeCut, None, None),
            (0x12, Signal::PowerLowOffline, None, None),
            (0x13, refused(UnsealRefusal::BadPwd), None, None),
            (0x14, Signal::Sealed, yes, yes),
            (0x17, Signal::LowBattery, None, None),
            (0x18, Signal::MotorStuck, None, None),
        ] {
            assert_eq!(
                meaning(event, None),
                Some((signal, contacts(rope, motor))),
                "{event:#04x}"
            );
        }
        for event in [0x15, 0x16, 0x19, 0x65] {
            assert_eq!(meaning(event, None), None);
        }
    }

    #[test]
    fn only_the_makers_own_form_is_taken_for_his() {
        assert!(is_own(0x60, &[0, 4, 0]) && !is_own(0x60, &[4, 0, 0]) && !is_own(0x60, &[0, 4, 2]));
        assert!(is_own(0x63, &[0; 22]) && !is_own(0x63, &[0; 12]) && !is_own(0x63, &[]));
        assert!(is_own(0x66, &[0; 20]) && !is_own(0x66, &[0; 2]) && !is_own(0x66, &[0; 10]));
    }
}
