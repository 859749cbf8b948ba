//! Records as numbered values: CCE. Four lists, of values of one, two and four bytes and of any length, each value behind its
//! number; numbers above 0xFE have two bytes. Values stand lowest byte first.

use alloc::{borrow::Cow, format, vec::Vec};

use segel_model::{
    DeviceId, Report, ServerTime,
    report::{Battery, Extra, ReportKind},
};

use super::{
    event,
    place::{Place, cell, set_seconds},
};
use crate::{
    cursor::{Cursor, signed_le, unsigned_le},
    read::{bare, hex, put, words},
};

/// Numbers from here on have two bytes.
const WIDE: u8 = 0xFE;
/// The lengths of the values of the first three lists.
const LENGTHS: [usize; 3] = [1, 2, 4];

/// Bytes of a record: its number, the counts of four lists. Shorter it is none, and nothing behind it is: each record is kept with the
/// whole frame, so a frame of thousands of empty ones would cost thousands of frames.
const SHORTEST: usize = 6;

/// What the numbers mean (handbook of protocols, section 6, "CCE"; those from 0xFE after real frames).
mod id {
    use core::ops::RangeInclusive;

    pub const EVENT: u16 = 0x01;
    pub const LATITUDE: u16 = 0x02;
    pub const LONGITUDE: u16 = 0x03;
    pub const TIME: u16 = 0x04;
    pub const FIX: u16 = 0x05;
    pub const SATELLITES: u16 = 0x06;
    pub const CSQ: u16 = 0x07;
    pub const SPEED: u16 = 0x08;
    pub const COURSE: u16 = 0x09;
    pub const HDOP: u16 = 0x0A;
    pub const ALTITUDE: u16 = 0x0B;
    pub const MILEAGE: u16 = 0x0C;
    pub const RUNTIME: u16 = 0x0D;
    /// The cell it is camped on; its neighbours behind it.
    pub const CELL: u16 = 0x0E;
    pub const NEIGHBOURS: RangeInclusive<u16> = 0x0F..=0x13;
    pub const OUTPUTS: u16 = 0x14;
    pub const INPUTS: u16 = 0x15;
    pub const BATTERY: u16 = 0x19;
    pub const POWER: u16 = 0x1A;
    pub const NETWORKS: RangeInclusive<u16> = 0x1D..=0x25;
    pub const CARD: u16 = 0x25;
    pub const WIDE_EVENT: u16 = 0x40;
    pub const LOCK: u16 = 0x47;
    pub const BATTERY_PERCENT: u16 = 0xFE69;
    pub const TAG: u16 = 0xFE73;
    pub const BATTERIES: u16 = 0xFEA8;
    pub const ENGINE_MIN: u16 = 0xFEF4;
}

/// What the lock says of itself.
mod lock {
    pub const UNLOCKED: u64 = 1;
    pub const LOCKED: u64 = 2;
}

/// A record while its values are read.
struct Reading {
    report: Report,
    place: Place,
    event: Option<u16>,
    battery_mv: Option<u16>,
    percent: Option<u8>,
    oddity: Option<&'static str>,
}

/// What the records say, and what is odd in them.
pub(crate) fn read(said: &[u8], device: &DeviceId, received: ServerTime) -> (Vec<Report>, Vec<&'static str>) {
    let mut cursor = Cursor::new(said);
    let (mut reports, mut oddities) = (Vec::new(), Vec::new());
    let report = bare(device.clone(), ReportKind::Record, received);
    let fits = read_all(&mut cursor, &report, &mut reports, &mut oddities);
    if fits.is_none() || !cursor.rest().is_empty() {
        oddities.push("records_do_not_fit");
    }
    (reports, oddities)
}

/// How many records wait in the unit, how many follow; of each its length and how many values it has.
fn read_all(
    cursor: &mut Cursor<'_>,
    bare: &Report,
    reports: &mut Vec<Report>,
    oddities: &mut Vec<&'static str>,
) -> Option<()> {
    let cached = cursor.u32_le()?;
    for _ in 0..cursor.u16_le()? {
        let length = usize::from(cursor.u16_le()?).min(cursor.rest().len());
        if length < SHORTEST {
            return None;
        }
        let mut record = Cursor::new(cursor.take(length)?);
        record.u16_le()?;
        let mut reading = Reading::new(bare.clone(), cached);
        let fits = reading.read(&mut record).is_some() && record.rest().is_empty();
        oddities.extend((!fits).then_some("values_do_not_fit"));
        let (report, oddity) = reading.finish();
        reports.push(report);
        oddities.extend(oddity);
    }
    Some(())
}

impl Reading {
    fn new(mut report: Report, cached: u32) -> Self {
        put(&mut report, "cached", Extra::Whole(i64::from(cached)));
        Self {
            report,
            place: Place::default(),
            event: None,
            battery_mv: None,
            percent: None,
            oddity: None,
        }
    }

    fn read(&mut self, record: &mut Cursor<'_>) -> Option<()> {
        for length in LENGTHS {
            for _ in 0..record.u8()? {
                let id = number(record)?;
                self.add(id, record.take(length)?);
            }
        }
        for _ in 0..record.u8()? {
            let id = number(record)?;
            let length = usize::from(record.u8()?);
            self.add_long(id, record.take(length)?);
        }
        Some(())
    }

    fn add(&mut self, id: u16, value: &[u8]) {
        let number = unsigned_le(value);
        match (id, value.len()) {
            (id::EVENT, 1) => self.event = self.event.or(Some(number as u16)),
            (id::WIDE_EVENT, 2) => self.event = Some(number as u16),
            (id::FIX, 1) => self.place.valid = number == 1,
            (id::SATELLITES, 1) => self.place.satellites = Some(number as u8),
            (id::CSQ, 1) => self.place.csq = Some(number as u8),
            (id::BATTERY_PERCENT, 1) if number <= 100 => self.percent = Some(number as u8),
            (id::LOCK, 1) => self.add_lock(number),
            (id::SPEED, 2) => self.place.speed_kmh = Some(number as f32),
            (id::COURSE, 2) => self.place.course_deg = Some(number as f32),
            (id::ALTITUDE, 2) => self.place.altitude_m = Some(signed_le(value) as f32),
            (id::BATTERY, 2) => self.battery_mv = Some((number as u16).saturating_mul(10)),
            (id::LATITUDE, 4) => self.place.latitude_e6 = Some(number as u32 as i32),
            (id::LONGITUDE, 4) => self.place.longitude_e6 = Some(number as u32 as i32),
            (id::TIME, 4) => self.oddity = set_seconds(&mut self.report, number as u32).or(self.oddity),
            (id::HDOP, 2) => put(&mut self.report, "hdop", Extra::Number(number as f64 / 10.0)),
            (id::CARD, 4) => put(
                &mut self.report,
                "card",
                Extra::Text(format!("{number:010}").into()),
            ),
            _ => self.add_named(id, value),
        }
    }

    fn add_named(&mut self, id: u16, value: &[u8]) {
        let number = unsigned_le(value) as i64;
        let (name, number) = match (id, value.len()) {
            (id::OUTPUTS, 1) => ("outputs", number),
            (id::INPUTS, 1) => ("inputs", number),
            (id::POWER, 2) => ("external_mv", number * 10),
            (id::MILEAGE, 4) => ("mileage_m", number),
            (id::RUNTIME, 4) => ("runtime_s", number),
            (id::ENGINE_MIN, 4) => ("engine_min", number),
            _ => return self.put_unknown(id, Extra::Whole(number)),
        };
        put(&mut self.report, name, Extra::Whole(number));
    }

    /// Nothing where the lock does not know.
    fn add_lock(&mut self, state: u64) {
        put(&mut self.report, "lock_state", Extra::Whole(state as i64));
        self.report.lock.motor = match state {
            lock::LOCKED => Some(true),
            lock::UNLOCKED => Some(false),
            _ => None,
        };
    }

    fn add_long(&mut self, id: u16, value: &[u8]) {
        let known = match id {
            id::CELL => self.add_cell(value),
            id if id::NEIGHBOURS.contains(&id) => self.add_neighbour(id, value),
            id if id::NETWORKS.contains(&id) => self.add_network(id, value),
            id::TAG => self.add_tag(value),
            id::BATTERIES => self.add_batteries(value),
            _ => None,
        };
        if known.is_none() {
            self.put_unknown(id, Extra::Text(hex(value).into()));
        }
    }

    fn add_cell(&mut self, value: &[u8]) -> Option<()> {
        let mut cursor = Cursor::new(value);
        let (mcc, mnc) = (cursor.u16_le()?, cursor.u16_le()?);
        let (lac, cid) = (cursor.u16_le()?, cursor.u32_le()?);
        self.report.cell = cell(mcc, mnc, u32::from(lac), u64::from(cid));
        let dbm = cursor.u16_le().map(|dbm| dbm as i16).filter(|&dbm| dbm != 0);
        if let Some(dbm) = dbm {
            put(&mut self.report, "cell_dbm", Extra::Whole(i64::from(dbm)));
        }
        Some(())
    }

    fn add_neighbour(&mut self, id: u16, value: &[u8]) -> Option<()> {
        let place = id - id::NEIGHBOURS.start() + 1;
        let name = format!("neighbour_{place}");
        put(&mut self.report, name, Extra::Text(hex(value).into()));
        Some(())
    }

    /// The address of a wireless network and how strongly it is heard.
    fn add_network(&mut self, id: u16, value: &[u8]) -> Option<()> {
        let (address, dbm) = value.split_at_checked(6)?;
        let place = id - id::NETWORKS.start() + 1;
        let said = format!("{},{}", hex(address), signed_le(dbm));
        put(
            &mut self.report,
            format!("wifi_{place}"),
            Extra::Text(said.into()),
        );
        Some(())
    }

    /// A Bluetooth sensor: name, address, battery, temperature and humidity in parts of 256.
    fn add_tag(&mut self, value: &[u8]) -> Option<()> {
        let mut cursor = Cursor::new(value);
        cursor.u8()?;
        let length = usize::from(cursor.u8()?);
        let (name, address, percent) = (cursor.take(length)?, cursor.take(6)?, cursor.u8()?);
        let (temperature, humidity) = (cursor.u16_le()? as i16, cursor.u16_le()?);
        put(&mut self.report, "tag_name", Extra::Text(words(name).into()));
        put(&mut self.report, "tag_mac", Extra::Text(hex(address).into()));
        put(
            &mut self.report,
            "tag_battery_percent",
            Extra::Whole(i64::from(percent)),
        );
        put(
            &mut self.report,
            "tag_temperature_c",
            Extra::Number(f64::from(temperature) / 256.0),
        );
        put(
            &mut self.report,
            "tag_humidity_percent",
            Extra::Number(f64::from(humidity) / 256.0),
        );
        Some(())
    }

    /// Three batteries: whether each is there, and its per cent. What follows is kept by its number.
    fn add_batteries(&mut self, value: &[u8]) -> Option<()> {
        let (pairs, _) = value.as_chunks::<2>();
        for (place, [there, percent]) in (1..=3).zip(pairs) {
            if *there != 0 {
                let name: Cow<'static, str> = format!("battery_{place}_percent").into();
                put(&mut self.report, name, Extra::Whole(i64::from(*percent)));
            }
        }
        None
    }

    fn put_unknown(&mut self, id: u16, value: Extra) {
        put(&mut self.report, format!("value_{id:02x}"), value);
    }

    fn finish(mut self) -> (Report, Option<&'static str>) {
        if self.battery_mv.is_some() || self.percent.is_some() {
            self.report.battery = Some(Battery {
                percent: self.percent,
                charging: false,
                battery_mv: self.battery_mv,
            });
        }
        if let Some(event) = self.event {
            event::add(&mut self.report, event, None);
        }
        let no_place = self.place.finish(&mut self.report);
        (self.report, no_place.or(self.oddity))
    }
}

fn number(cursor: &mut Cursor<'_>) -> Option<u16> {
    match cursor.u8()? {
        WIDE => Some(u16::from_be_bytes([WIDE, cursor.u8()?])),
        id => Some(u16::from(id)),
    }
}
