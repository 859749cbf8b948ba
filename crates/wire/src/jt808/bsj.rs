//! BSJ: field 0xEB holds fields of its own, each with a length and a kind of two bytes; padlocks tell their battery in text.

use alloc::{borrow::Cow, string::String};

use segel_model::{
    Signal,
    report::{Cell, Extra},
};

use super::{
    cells::{Layout, Number},
    fields::{Field, lower_hex, number, put_words, words},
    reading::Reading,
};
use crate::read::{digits, number as number_in, u16_at, u32_at};

/// Bytes of a kind, which the length counts too.
const KIND: usize = 2;

/// Kinds inside field 0xEB (handbook 2.6).
mod kind {
    /// The cell, in words; the same numbers as in [`CELL`].
    pub const CELL_TEXT: u16 = 0x0024;
    pub const BATTERY_MV: u16 = 0x002D;
    pub const CSQ: u16 = 0x0030;
    pub const SATELLITES: u16 = 0x0031;
    /// Alarms, each told by a bit that is missing.
    pub const ALARMS: u16 = 0x0089;
    pub const FIRMWARE: u16 = 0x00A3;
    pub const BATTERY: u16 = 0x00A8;
    pub const ICCID: u16 = 0x00B2;
    pub const WIFI: u16 = 0x00B9;
    /// More states, each told by a bit that is missing.
    pub const STATES: u16 = 0x00C5;
    pub const VOLTS: u16 = 0x00CE;
    pub const IMEI: u16 = 0x00D5;
    pub const CELL: u16 = 0x00D8;
    pub const OTHER_BATTERY: u16 = 0x00E1;
}

/// Bits that are missing where there is an alarm.
const POWER: u32 = 1;
const DISMANTLED: u32 = 1 << 12;
const VIBRATION: u32 = 1 << 6;
const MOTION: u32 = 3 << 23;

/// Country, network, a byte, area, cell, strength; as frames of real devices show, which say the same in words.
const CELL: Layout = Layout {
    length: 12,
    mcc: 0,
    mnc: Number::Two(2),
    lac: Number::Two(5),
    cid: Number::Four(7),
};

/// Text of a padlock's sign of life, and where its battery stands in it, in hundredths of a volt.
const PADLOCK: &[u8] = b"*M00,";
const PADLOCK_BATTERY: core::ops::Range<usize> = 10..13;

/// One field inside field 0xEB, and what is left.
fn split(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let length = usize::from(u16_at(bytes, 0)?);
    let (inside, rest) = bytes.get(2..)?.split_at_checked(length)?;
    Some((u16_at(inside, 0)?, &inside[KIND..], rest))
}

/// Whether field 0xEB holds such fields, and nothing else.
pub(crate) fn is_extended(mut bytes: &[u8]) -> bool {
    let some = !bytes.is_empty();
    while let Some((_, _, rest)) = split(bytes) {
        bytes = rest;
    }
    some && bytes.is_empty()
}

/// Reads a field of BSJ's. Says whether it is one.
pub(crate) fn read(reading: &mut Reading, (which, value): Field<'_>) -> bool {
    match (which, value) {
        (0xEB, extended) if is_extended(extended) => read_all(reading, extended),
        (0x33, text) if text.starts_with(PADLOCK) => padlock(reading, text),
        _ => return false,
    }
    true
}

fn read_all(reading: &mut Reading, mut rest: &[u8]) {
    while let Some((kind, value, after)) = split(rest) {
        if !read_one(reading, kind, value) {
            let name = String::from("bsj_") + &digits(kind.into(), 16, 4);
            reading.put_named(Cow::Owned(name), Extra::Text(lower_hex(value).into()));
        }
        rest = after;
    }
}

fn read_one(reading: &mut Reading, kind: u16, value: &[u8]) -> bool {
    match (kind, value) {
        (kind::CELL_TEXT, text) => return cell_text(reading, text).is_some(),
        (kind::BATTERY_MV, &[high, low]) => reading.battery_mv(u16::from_be_bytes([high, low])),
        (kind::CSQ, &[csq]) => reading.csq = Some(csq),
        (kind::SATELLITES, &[satellites]) => reading.satellites(satellites),
        (kind::ALARMS, &[_, _, _, _]) => alarms(reading, !u32_at(value, 0).unwrap_or(u32::MAX)),
        (kind::FIRMWARE, text) => put_words(reading, "firmware", text),
        (kind::BATTERY | kind::OTHER_BATTERY, &[percent]) => reading.percent(percent),
        (kind::ICCID, digits) => {
            let digits = lower_hex(digits);
            let digits = String::from(digits.trim_end_matches('f'));
            reading.put("iccid", Extra::Text(digits.into()));
        }
        (kind::WIFI, &[_, ref networks @ ..]) => put_words(reading, "wifi", networks),
        (kind::STATES, &[_, _, _, _]) => states(reading, !u32_at(value, 0).unwrap_or(u32::MAX)),
        (kind::VOLTS, &[_, _]) => reading.put("power_v", Extra::Number(number(value) as f64 / 100.0)),
        (kind::IMEI, text) => put_words(reading, "imei", text),
        (kind::CELL, cell) => return CELL.read_all(reading, cell),
        _ => return false,
    }
    true
}

fn alarms(reading: &mut Reading, set: u32) {
    if set & POWER != 0 {
        reading.put("power_cut", Extra::Flag(true));
    }
    if set & DISMANTLED != 0 {
        reading.signal(Signal::Dismantled);
    }
    reading.put("bsj_alarms", Extra::Text(digits(set.into(), 16, 8).into()));
}

fn states(reading: &mut Reading, set: u32) {
    if set & VIBRATION != 0 {
        reading.signal(Signal::Vibration);
    }
    reading.put("motion", Extra::Flag(set & MOTION != 0));
    reading.put("bsj_states", Extra::Text(digits(set.into(), 16, 8).into()));
}

/// `460;00;10369;48848910`: country, network, area, cell.
fn cell_text(reading: &mut Reading, text: &[u8]) -> Option<()> {
    let mut numbers = words(text)?
        .split(';')
        .map(|each| number_in::<u32>(each.as_bytes()));
    let (mcc, mnc) = (numbers.next()??, numbers.next()??);
    let (lac, cid) = (numbers.next()??, numbers.next()??);
    reading.cell(Cell {
        mcc: Some(mcc.try_into().ok()?),
        mnc: Some(mnc.try_into().ok()?),
        lac: Some(lac),
        cid: cid.into(),
        csq: None,
    });
    Some(())
}

fn padlock(reading: &mut Reading, text: &[u8]) {
    let volts_e2 = text.get(PADLOCK_BATTERY).and_then(number_in::<u16>);
    if let Some(volts_e2) = volts_e2 {
        reading.battery_mv(volts_e2.saturating_mul(10));
    }
    put_words(reading, "padlock", text);
}
