//! Messages 0x5501 and 0x5502 of Jointech's JT705 family: a record, at once or kept in a blind area.
//!
//! Time and place are written as in the records of JT701; the fields behind are the maker's own.

use segel_model::{
    Signal,
    report::{Cell, Extra, FixSource, ReportKind},
};

use super::{
    fields::{Field, Fields, lower_hex, put_whole, unknown},
    lock_event::{cell_numbers, event_of, fence_of, network},
    reading::{Reading, Speaker},
};
use crate::{
    jointech::place::{self, Place},
    profile::Dialect,
    read::{u16_at, u32_at},
};

/// Where things lie (handbook 2.4); the first seventeen bytes are a [`Place`].
mod field {
    pub const CSQ: usize = 17;
    pub const SATELLITES: usize = 18;
    /// Kilometres.
    pub const MILEAGE: usize = 19;
    pub const BATTERY: usize = 23;
    pub const CELL: usize = 24;
    pub const PRODUCT: usize = 30;
    pub const STATUS: usize = 31;
    pub const ALARM: usize = 33;
    /// What follows.
    pub const MORE: usize = 35;
}

/// Battery bytes while charging.
const CHARGING: [u8; 2] = [0xAA, 0xAB];
/// The product whose alarm word is known.
const PRODUCT: u8 = 3;
/// Older products, of whose alarm word one bit is known.
const OLD_PRODUCTS: [u8; 2] = [1, 2];

/// Reads such a record. One too short stays bare.
pub(crate) fn read(speaker: &Speaker, body: &[u8]) -> Reading {
    let mut reading = Reading::new(speaker.bare(ReportKind::Record));
    let (Some(place), Some(more)) = (Place::decode(body), body.get(field::MORE..)) else {
        reading.odd("record_too_short");
        return reading;
    };
    reading.told(place.clock, speaker.ahead_min(Dialect::Jt705));
    reading.oddity = reading.oddity.or(place.nonsense());
    reading.report.fix = place.fix(FixSource::Gnss);
    fixed(&mut reading, body);
    let mut fields = Fields::new(more);
    for field in fields.by_ref() {
        read_field(&mut reading, field);
    }
    if let Some(what) = fields.left() {
        reading.odd(what);
    }
    alarms(&mut reading, body);
    reading
}

fn fixed(reading: &mut Reading, body: &[u8]) {
    let byte = |at: usize| body.get(at).copied().unwrap_or_default();
    reading.csq = Some(byte(field::CSQ));
    reading.satellites(byte(field::SATELLITES));
    let mileage_km = u32_at(body, field::MILEAGE).unwrap_or_default();
    reading.put("mileage_km", Extra::Whole(mileage_km.into()));
    match byte(field::BATTERY) {
        level if CHARGING.contains(&level) => reading.charging(),
        percent => reading.percent(percent),
    }
    let numbers = body.get(field::CELL..).and_then(cell_numbers);
    if let Some((cid, lac)) = numbers.filter(|numbers| *numbers != (0, 0)) {
        reading.cell(Cell {
            mcc: None,
            mnc: None,
            lac: Some(lac.into()),
            cid: cid.into(),
            csq: None,
        });
    }
    reading.put("product", Extra::Whole(byte(field::PRODUCT).into()));
    let status = &body[field::STATUS..field::ALARM];
    reading.put("status", Extra::Text(lower_hex(status).into()));
}

fn read_field(reading: &mut Reading, (which, value): Field<'_>) {
    match (which, value) {
        (0x02, &[high, low]) => reading.altitude(i16::from_be_bytes([high, low])),
        (0x0A, value) if 3 <= value.len() => camped(reading, value),
        (0x0B, &[kind, ref detail @ ..]) => event_of(reading, kind, detail),
        (0x0C, &[_, _, _, _, _, _]) => tilt(reading, value),
        (0x10, &[_]) => put_whole(reading, "wake", value),
        (0xFC, &[fence]) => fence_of(reading, fence.into()),
        (0xFC, &[high, low]) => fence_of(reading, u16::from_be_bytes([high, low])),
        other => unknown(reading, other),
    }
}

/// Country and network of the cell above.
fn camped(reading: &mut Reading, value: &[u8]) {
    let known = network(value).filter(|(mcc, _)| *mcc != 0);
    if let (Some(cell), Some((mcc, mnc))) = (&mut reading.report.cell, known) {
        cell.mcc = Some(mcc);
        cell.mnc = Some(mnc);
    }
}

fn tilt(reading: &mut Reading, value: &[u8]) {
    for (name, at) in [("tilt_x", 0), ("tilt_y", 2), ("tilt_z", 4)] {
        let axis = u16_at(value, at).unwrap_or_default().cast_signed();
        reading.put(name, Extra::Whole(axis.into()));
    }
}

/// Handbook 2.4: alarms of product 3, and the one that is known of products 1 and 2.
fn alarms(reading: &mut Reading, body: &[u8]) {
    let alarm = u16_at(body, field::ALARM).unwrap_or_default();
    let is = |bit: u32| alarm & 1 << bit != 0;
    if alarm != 0 {
        let word = lower_hex(&alarm.to_be_bytes());
        reading.put("alarm", Extra::Text(word.into()));
    }
    let product = body.get(field::PRODUCT).copied().unwrap_or_default();
    if OLD_PRODUCTS.contains(&product) && is(0) {
        reading.signal(Signal::LowBattery);
    }
    if product != PRODUCT {
        return;
    }
    if is(0) {
        reading.put("overspeed", Extra::Flag(true));
    }
    if is(1) || is(3) {
        reading.signal(Signal::LowBattery);
    }
    if is(2) {
        reading.signal(Signal::Vibration);
    }
    for (bit, outwards) in [(5, false), (6, true)] {
        if is(bit) {
            reading.crossed(outwards, reading.fence);
        }
    }
}

const _: () = assert!(place::LENGTH == field::CSQ);
