//! The long binary record: where the seal is, what its contacts say, how it fares.
//!
//! The manual has three lengths of it. The length decides what a record holds, not its version byte: clones write any
//! version.

use alloc::{borrow::Cow, format, string::String, vec::Vec};

use segel_model::{
    DeviceId, Report, ServerTime, Signal,
    report::{Battery, Cell, Extra, Extras, ReportKind},
};

use super::{
    frame,
    place::{self, Place},
    status::Status,
};
use crate::{
    profile::Dialect,
    read::{bcd, digits, to_bcd, u16_at, u32_at},
};

/// Where things lie, counted from the `$` (manual, table "position data").
mod field {
    use core::ops::Range;

    pub const PLACE: usize = 10;
    /// Kilometres.
    pub const MILEAGE: usize = 27;
    pub const SATELLITES: usize = 31;
    /// Reserved, zero.
    pub const VEHICLE: usize = 32;
    pub const STATUS: usize = 36;
    pub const BATTERY: usize = 38;
    pub const CELL_LOW: usize = 39;
    pub const LAC: usize = 41;
    pub const CSQ: usize = 43;

    // Tail of four bytes, present from length 39 on.
    pub const FENCE: usize = 44;
    pub const EXPANDED: usize = 45;
    pub const MNC_HIGH: usize = 46;
    pub const RESERVED: usize = 47;

    // Tail of thirteen more, present from length 52 on.
    pub const IMEI: Range<usize> = 48..56;
    pub const CELL_HIGH: usize = 56;
    pub const MCC: usize = 58;
    pub const MNC_LOW: usize = 60;
}

/// Bytes of a record without tail, serial number included: length field 35.
const SHORTEST: usize = 45;
const WITH_FENCE: usize = SHORTEST + 4;
const WITH_CELL: usize = WITH_FENCE + 13;

/// The version byte of JT701D, the first that wants P69.
pub const VERSION_JT701D: u8 = 0x19;
/// Battery byte while charging.
const CHARGING: u8 = 0xFF;
/// Signal strength byte where there is none.
const NO_CSQ: u8 = 99;
/// High byte of the network code in firmware that has none (before 20211224).
const NO_MNC_HIGH: u8 = 0x0F;
/// An IMEI field that was left out.
const NO_IMEI: [u8; 8] = [0x0F; 8];
/// Data type of a record that was kept while the seal could not send.
const BLIND_AREA: u8 = 3;

/// What woke the seal (manual, table "expanded status", low nibble).
const WAKE: [&str; 11] = [
    "restart",
    "rtc",
    "vibration",
    "back_cover",
    "rope",
    "charging",
    "rfid",
    "lora",
    "vip_sms",
    "sms",
    "other",
];

/// A record, field by field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// Ten digits.
    pub device: u64,
    /// Protocol version: 0x19 JT701D, 0x17 and 0x16 JT701, 0x01 GL600.
    pub version: u8,
    /// Four bits; 1.
    pub device_type: u8,
    /// Four bits: 1 real time, 2 alarm, 3 blind area, 4 of a smaller seal.
    pub data_type: u8,
    /// When and where.
    pub place: Place,
    /// Kilometres since it was made.
    pub mileage_km: u32,
    /// Satellites used.
    pub satellites: u8,
    /// Reserved.
    pub vehicle: u32,
    /// See [`Status`].
    pub status: Status,
    /// Per cent; 0xFF while charging.
    pub battery: u8,
    /// The lower half of the cell identity.
    pub cell_low: u16,
    /// Location area code.
    pub lac: u16,
    /// Signal strength, 0 to 31; 99 none.
    pub csq: u8,
    /// From length 39 on.
    pub fence: Option<FenceTail>,
    /// From length 52 on.
    pub cell: Option<CellTail>,
    /// The record's number; wraps, restarts with the seal.
    pub serial: u8,
}

/// The first tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FenceTail {
    /// The fence of a fence alarm, 0 none.
    pub fence: u8,
    /// Low nibble: what woke the seal.
    pub expanded: u8,
    /// High byte of the mobile network code.
    pub mnc_high: u8,
    /// Reserved.
    pub reserved: u8,
}

/// The second tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellTail {
    /// IMEI in binary-coded decimal, or fifteen times eight.
    pub imei: [u8; 8],
    /// The upper half of the cell identity.
    pub cell_high: u16,
    /// Mobile country code.
    pub mcc: u16,
    /// Low byte of the mobile network code.
    pub mnc_low: u8,
}

impl Record {
    /// Reads a whole long frame. Nothing where it is shorter than the shortest record.
    pub fn decode(frame: &[u8]) -> Option<Self> {
        if frame.len() < SHORTEST {
            return None;
        }
        let byte = |at: usize| frame.get(at).copied();
        let kind = byte(frame::field::LONG_TYPE)?;
        Some(Self {
            device: frame::device(frame)?,
            version: byte(frame::field::VERSION)?,
            device_type: kind >> 4,
            data_type: kind & 0x0F,
            place: Place::decode(frame.get(field::PLACE..)?)?,
            mileage_km: u32_at(frame, field::MILEAGE)?,
            satellites: byte(field::SATELLITES)?,
            vehicle: u32_at(frame, field::VEHICLE)?,
            status: Status(u16_at(frame, field::STATUS)?),
            battery: byte(field::BATTERY)?,
            cell_low: u16_at(frame, field::CELL_LOW)?,
            lac: u16_at(frame, field::LAC)?,
            csq: byte(field::CSQ)?,
            fence: FenceTail::decode(frame),
            cell: CellTail::decode(frame),
            serial: *frame.last()?,
        })
    }

    /// Writes the frame.
    pub fn encode(&self) -> Vec<u8> {
        let mut to = Vec::with_capacity(WITH_CELL);
        to.push(frame::BINARY);
        to.extend(device_bcd(self.device));
        to.extend([self.version, self.device_type << 4 | self.data_type & 0x0F, 0, 0]);
        self.place.encode(&mut to);
        to.extend(self.mileage_km.to_be_bytes());
        to.push(self.satellites);
        to.extend(self.vehicle.to_be_bytes());
        to.extend(self.status.0.to_be_bytes());
        to.push(self.battery);
        to.extend(self.cell_low.to_be_bytes());
        to.extend(self.lac.to_be_bytes());
        to.push(self.csq);
        if let Some(fence) = self.fence {
            fence.encode(&mut to);
        }
        if let (Some(_), Some(cell)) = (self.fence, self.cell) {
            cell.encode(&mut to);
        }
        to.push(self.serial);
        let counted = (to.len() - frame::field::AROUND) as u16;
        to[frame::field::LONG_LENGTH..field::PLACE].copy_from_slice(&counted.to_be_bytes());
        to
    }

    /// What the record means.
    pub fn report(&self, received: ServerTime) -> Report {
        let clock = self.place.clock;
        let fence = self
            .fence
            .map(|tail| u16::from(tail.fence))
            .filter(|&fence| fence != 0);
        let mut signals = self.status.signals(fence);
        if self.battery == CHARGING {
            signals.push(Signal::Charging);
        }
        if clock.is_unset() {
            signals.push(Signal::ClockUnset);
        }
        let mut fix = self.place.fix(self.status.source());
        if let Some(fix) = &mut fix {
            fix.satellites = Some(self.satellites);
        }
        Report {
            device: DeviceId(device_text(self.device)),
            kind: ReportKind::Record,
            time: clock.time(),
            received,
            backfill: self.data_type == BLIND_AREA,
            fix,
            battery: Some(self.battery()),
            lock: self.status.lock(),
            signals,
            cell: self.cell(),
            serial: Some(u32::from(self.serial)),
            extra: self.extra(),
        }
    }

    fn battery(&self) -> Battery {
        Battery {
            percent: (self.battery <= 100).then_some(self.battery),
            charging: self.battery == CHARGING,
            battery_mv: None,
        }
    }

    fn cell(&self) -> Option<Cell> {
        let high = self.cell.map_or(0, |tail| tail.cell_high);
        let cid = u64::from(high) << 16 | u64::from(self.cell_low);
        let nowhere = cid == 0 && self.lac == 0;
        let network = self.cell.filter(|tail| tail.mcc != 0);
        (!nowhere).then(|| Cell {
            mcc: network.map(|tail| tail.mcc),
            mnc: network.map(|tail| self.mnc(tail)),
            lac: Some(u32::from(self.lac)),
            cid,
            csq: (self.csq != NO_CSQ).then_some(self.csq),
        })
    }

    fn mnc(&self, tail: CellTail) -> u16 {
        let high = self.fence.map_or(NO_MNC_HIGH, |fence| fence.mnc_high);
        let high = if high == NO_MNC_HIGH { 0 } else { high };
        u16::from_be_bytes([high, tail.mnc_low])
    }

    fn extra(&self) -> Extras {
        let mut extra = Vec::with_capacity(8);
        let mut put = |name: &'static str, value: Extra| extra.push((Cow::Borrowed(name), value));
        put("version", Extra::Text(version_text(self.version)));
        put("device_type", Extra::Whole(i64::from(self.device_type)));
        put("data_type", Extra::Whole(i64::from(self.data_type)));
        put("mileage_km", Extra::Whole(i64::from(self.mileage_km)));
        put(
            "status",
            Extra::Text(digits(u64::from(self.status.0), 16, 4).into()),
        );
        if let Some(wake) = self
            .fence
            .and_then(|tail| WAKE.get(usize::from(tail.expanded & 0x0F)))
        {
            put("wake", Extra::Text(Cow::Borrowed(wake)));
        }
        if self.vehicle != 0 {
            put("vehicle", Extra::Whole(i64::from(self.vehicle)));
        }
        if let Some(imei) = self.cell.and_then(|tail| tail.imei()) {
            put("imei", Extra::Text(imei.into()));
        }
        extra
    }

    /// What in the record is no number, date or place, and what lies behind the fields we know.
    pub fn nonsense(&self, frame: &[u8]) -> Option<&'static str> {
        let known = match (self.fence, self.cell) {
            (None, _) => SHORTEST,
            (Some(_), None) => WITH_FENCE,
            (Some(_), Some(_)) => WITH_CELL,
        };
        let battery = (101..CHARGING)
            .contains(&self.battery)
            .then_some("no_such_battery_level");
        let longer = (known < frame.len()).then_some("longer_than_known");
        self.place.nonsense().or(battery).or(longer)
    }
}

impl FenceTail {
    fn decode(frame: &[u8]) -> Option<Self> {
        if frame.len() < WITH_FENCE {
            return None;
        }
        Some(Self {
            fence: *frame.get(field::FENCE)?,
            expanded: *frame.get(field::EXPANDED)?,
            mnc_high: *frame.get(field::MNC_HIGH)?,
            reserved: *frame.get(field::RESERVED)?,
        })
    }

    fn encode(self, to: &mut Vec<u8>) {
        to.extend([self.fence, self.expanded, self.mnc_high, self.reserved]);
    }
}

impl CellTail {
    fn decode(frame: &[u8]) -> Option<Self> {
        if frame.len() < WITH_CELL {
            return None;
        }
        Some(Self {
            imei: *frame.get(field::IMEI)?.first_chunk()?,
            cell_high: u16_at(frame, field::CELL_HIGH)?,
            mcc: u16_at(frame, field::MCC)?,
            mnc_low: *frame.get(field::MNC_LOW)?,
        })
    }

    fn encode(self, to: &mut Vec<u8>) {
        to.extend(self.imei);
        to.extend(self.cell_high.to_be_bytes());
        to.extend(self.mcc.to_be_bytes());
        to.push(self.mnc_low);
    }

    /// Fifteen digits, where the field holds them.
    fn imei(self) -> Option<String> {
        let number = bcd(&self.imei).filter(|&number| number != 0 && self.imei != NO_IMEI)?;
        Some(digits(number, 10, 15))
    }
}

/// Ten digits of text: the id as on the wire, leading zeros and all.
pub(crate) fn device_text(device: u64) -> String {
    let mut text = String::with_capacity(10);
    for byte in device_bcd(device) {
        text.push(char::from(b'0' + (byte >> 4)));
        text.push(char::from(b'0' + (byte & 0x0F)));
    }
    text
}

fn device_bcd(device: u64) -> [u8; 5] {
    [100_000_000, 1_000_000, 10_000, 100, 1].map(|scale| to_bcd((device / scale % 100) as u8))
}

fn version_text(version: u8) -> Cow<'static, str> {
    match version {
        VERSION_JT701D => Cow::Borrowed("0x19"),
        0x17 => Cow::Borrowed("0x17"),
        0x16 => Cow::Borrowed("0x16"),
        other => Cow::Owned(format!("0x{other:02x}")),
    }
}

const _: () = assert!(field::PLACE + place::LENGTH == field::MILEAGE);

/// The versions from this one on, up to JT701D, are of JT701 (handbook of protocols 1.2).
const VERSION_JT701: u8 = 0x16;

/// The dialect that a record shows by its version.
pub(crate) fn dialect_shown(bytes: &[u8]) -> Option<Dialect> {
    let is_record = bytes.first() == Some(&frame::BINARY) && frame::is_long(bytes);
    let record = Record::decode(bytes).filter(|_| is_record)?;
    match record.version {
        VERSION_JT701D.. => Some(Dialect::Jt701d),
        VERSION_JT701.. => Some(Dialect::Jt701),
        _ => None,
    }
}
