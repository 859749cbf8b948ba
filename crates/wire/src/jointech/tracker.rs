//! The short binary form of older trackers (JT600, GP4000, GP6000): many records in one frame.
//!
//! They are no seals; they appear as escorts and in old fleets. Three kinds of records, all of 27 bytes: the
//! seventeen of [`Place`] and ten of their own.

use alloc::{borrow::Cow, vec::Vec};

use segel_model::{
    DeviceId, Report, ServerTime, Signal,
    report::{Battery, Cell, Extra, Extras, FixSource, Lock, ReportKind},
};

use super::{
    frame,
    place::{self, Place},
    record::device_text,
};
use crate::read::{u16_at, u32_at};

/// Bytes of one record.
pub const RECORD: usize = place::LENGTH + OWN;
const OWN: usize = 10;
/// Bytes before the first record.
const HEAD: usize = 9;
/// Data type of records that were kept while the tracker could not send.
const BLIND_AREA: u8 = 3;

/// Where the ten bytes of a type 1 record lie.
mod basic {
    pub const SATELLITES: usize = 0;
    pub const POWER: usize = 1;
    pub const FLAGS: usize = 2;
    pub const ALTITUDE: usize = 3;
    pub const CELL: usize = 5;
    pub const LAC: usize = 7;
    pub const CSQ: usize = 9;
}

/// Where the ten bytes of a type 2 record lie.
mod fuel {
    pub const HIGH: usize = 0;
    pub const STATUS: usize = 1;
    pub const MILEAGE: usize = 5;
    pub const LOW: usize = 9;
}

/// The reports of a short frame, and how many bytes at its end fit no record.
pub fn decode(frame: &[u8], received: ServerTime) -> Option<(Vec<Report>, usize)> {
    let device = DeviceId(device_text(frame::device(frame)?));
    let kind = *frame.get(frame::field::SHORT_TYPE)?;
    let (serial, body) = frame.get(HEAD..)?.split_last()?;
    let records = body.chunks_exact(RECORD);
    let left = records.remainder().len();
    let reports = records
        .filter_map(|record| report(&device, kind, *serial, record, received))
        .collect();
    Some((reports, left))
}

fn report(device: &DeviceId, kind: u8, serial: u8, record: &[u8], received: ServerTime) -> Option<Report> {
    let place = Place::decode(record)?;
    let own = record.get(place::LENGTH..)?;
    let mut report = Report {
        device: device.clone(),
        kind: ReportKind::Record,
        time: place.clock.time(),
        received,
        backfill: kind & 0x0F == BLIND_AREA,
        fix: place.fix(FixSource::Gnss),
        battery: None,
        lock: Lock::default(),
        signals: Vec::new(),
        cell: None,
        serial: Some(u32::from(serial)),
        extra: Vec::new(),
    };
    if place.clock.is_unset() {
        report.signals.push(Signal::ClockUnset);
    }
    put(
        &mut report.extra,
        "record_type",
        Extra::Whole(i64::from(kind >> 4)),
    );
    match kind >> 4 {
        1 => add_basic(&mut report, own),
        2 => add_fuel(&mut report, own),
        3 => add_three_tanks(&mut report, own),
        _ => {}
    }
    Some(report)
}

fn put(extra: &mut Extras, name: &'static str, value: Extra) {
    extra.push((Cow::Borrowed(name), value));
}

fn add_basic(report: &mut Report, own: &[u8]) {
    let byte = |at: usize| own.get(at).copied().unwrap_or_default();
    if let Some(fix) = &mut report.fix {
        fix.satellites = Some(byte(basic::SATELLITES));
        fix.altitude_m = u16_at(own, basic::ALTITUDE).map(f32::from);
    }
    let power = byte(basic::POWER);
    report.battery = (power <= 100).then_some(Battery {
        percent: Some(power),
        charging: false,
        battery_mv: None,
    });
    put(
        &mut report.extra,
        "flags",
        Extra::Whole(i64::from(byte(basic::FLAGS))),
    );
    let cid = u16_at(own, basic::CELL).unwrap_or_default();
    let lac = u16_at(own, basic::LAC).unwrap_or_default();
    let csq = byte(basic::CSQ);
    if cid == 0 || lac == 0 {
        return put(&mut report.extra, "csq", Extra::Whole(i64::from(csq)));
    }
    report.cell = Some(Cell {
        mcc: None,
        mnc: None,
        lac: Some(u32::from(lac)),
        cid: u64::from(cid),
        csq: Some(csq),
    });
}

fn add_fuel(report: &mut Report, own: &[u8]) {
    let byte = |at: usize| own.get(at).copied().unwrap_or_default();
    let fuel = u16::from_be_bytes([byte(fuel::HIGH), byte(fuel::LOW)]);
    let mileage_km = u32_at(own, fuel::MILEAGE).unwrap_or_default();
    let status = u32_at(own, fuel::STATUS).unwrap_or_default();
    put(&mut report.extra, "fuel", Extra::Whole(i64::from(fuel)));
    put(
        &mut report.extra,
        "mileage_km",
        Extra::Whole(i64::from(mileage_km)),
    );
    put(&mut report.extra, "status", Extra::Whole(i64::from(status)));
}

/// Eighty bits: three tanks of twelve, a mileage of twenty, a status of twenty-four.
fn add_three_tanks(report: &mut Report, own: &[u8]) {
    let Some(bytes) = own.first_chunk::<OWN>() else {
        return;
    };
    let all = bytes
        .iter()
        .fold(0_u128, |value, &byte| value << 8 | u128::from(byte));
    let bits = |from: u32, count: u32| Extra::Whole(((all >> from) & ((1 << count) - 1)) as i64);
    put(&mut report.extra, "fuel_1", bits(68, 12));
    put(&mut report.extra, "fuel_2", bits(56, 12));
    put(&mut report.extra, "fuel_3", bits(44, 12));
    put(&mut report.extra, "mileage_km", bits(24, 20));
    put(&mut report.extra, "status", bits(0, 24));
}
