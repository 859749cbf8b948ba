//! Modules: a number, a length and a value, one behind the other (handbook, 0x70 of the CT10 container tracker; 0x36, 0x37).

use segel_model::{Signal, report::Cell};

use super::{
    place::{self, Place},
    reading::{Reading, hex},
    status,
};
use crate::read::{bcd, digits};

/// Modules of the long sort (handbook, "0x70 modular").
mod module {
    pub const IMEI: u16 = 0x01;
    pub const IMSI: u16 = 0x02;
    pub const ICCID: u16 = 0x03;
    pub const SATELLITES: u16 = 0x09;
    pub const SATELLITES_SEEN: u16 = 0x0A;
    pub const CELL: u16 = 0x11;
    pub const VOLTS: u16 = 0x18;
    pub const HDOP: u16 = 0x28;
    pub const INDEX: u16 = 0x29;
    pub const CONTACTS: u16 = 0x2A;
    pub const REASON: u16 = 0x2B;
    pub const MILEAGE: u16 = 0x2E;
    pub const FIX: u16 = 0x33;
    pub const EVENT: u16 = 0x34;
    pub const TAG: u16 = 0x7F;
}

/// Modules of the short sort.
mod short {
    pub const BATTERY_VOLTS: u16 = 0x18;
    pub const POWER_VOLTS: u16 = 0x27;
    pub const MILEAGE: u16 = 0x2E;
    pub const STARTUP: u16 = 0x32;
    pub const ACCURACY: u16 = 0x3B;
    pub const BATTERY: u16 = 0x6A;
}

/// The long sort: number and length of two bytes each.
pub(super) fn read(reading: &mut Reading<'_>) -> Option<()> {
    while reading.body.left() != 0 {
        let number = reading.body.u16()?;
        let length = reading.body.u16()?;
        within(reading, usize::from(length), |reading| one(reading, number))?;
    }
    Some(())
}

/// The short sort: a length of one byte.
pub(super) fn read_short(reading: &mut Reading<'_>) -> Option<()> {
    while reading.body.left() != 0 {
        let number = reading.body.u16()?;
        let length = reading.body.u8()?;
        within(reading, usize::from(length), |reading| one_short(reading, number))?;
    }
    Some(())
}

/// Lets a module read its own bytes and no more; one too short for its number is strange and ends nothing.
fn within(
    reading: &mut Reading<'_>,
    length: usize,
    read: impl Fn(&mut Reading<'_>) -> Option<()>,
) -> Option<()> {
    let mut behind = reading.body;
    reading.body = crate::cursor::Cursor::new(behind.take(length)?);
    if read(reading).is_none() {
        reading.odd("module_too_short");
    }
    reading.body = behind;
    Some(())
}

fn one(reading: &mut Reading<'_>, number: u16) -> Option<()> {
    match number {
        module::IMEI => super::location::imei(reading),
        module::IMSI => imsi(reading),
        module::ICCID => iccid(reading),
        module::SATELLITES => satellites(reading),
        module::SATELLITES_SEEN => byte(reading, "satellites_seen"),
        module::CELL => cell(reading),
        module::VOLTS => volts(reading),
        module::HDOP => hdop(reading),
        module::INDEX => word(reading, "index"),
        module::CONTACTS => contacts(reading),
        module::REASON => byte(reading, "reason"),
        module::MILEAGE => word(reading, "mileage_m"),
        module::FIX => fix(reading),
        module::EVENT => event(reading),
        module::TAG => {
            reading.rest_as("tag");
            Some(())
        }
        _ => Some(()), // Many modules are documented nowhere; the raw message keeps them.
    }
}

fn one_short(reading: &mut Reading<'_>, number: u16) -> Option<()> {
    match number {
        short::BATTERY_VOLTS => volts(reading),
        short::POWER_VOLTS => {
            let volts_e2 = reading.body.u16()?;
            reading.power_volts_e2(volts_e2);
            Some(())
        }
        short::MILEAGE => word(reading, "mileage_m"),
        short::STARTUP => byte(reading, "startup"),
        short::ACCURACY => accuracy(reading),
        short::BATTERY => percent(reading),
        _ => Some(()),
    }
}

fn byte(reading: &mut Reading<'_>, name: &'static str) -> Option<()> {
    let value = reading.body.u8()?;
    reading.whole(name, value);
    Some(())
}

fn word(reading: &mut Reading<'_>, name: &'static str) -> Option<()> {
    let value = reading.body.u32()?;
    reading.whole(name, value);
    Some(())
}

/// Eight bytes; the number of a subscriber has fifteen digits.
pub(super) fn imsi(reading: &mut Reading<'_>) -> Option<()> {
    let bytes = reading.body.take(8)?;
    if let Some(number) = bcd(bytes) {
        reading.text("imsi", digits(number, 10, 15));
    }
    Some(())
}

/// Ten bytes; a card's number that is shorter is filled up with F. Every such number begins with 89 (ITU-T E.118), so one that
/// begins with 98 was written with its halves changed over.
pub(super) fn iccid(reading: &mut Reading<'_>) -> Option<()> {
    let mut bytes: [u8; 10] = reading.body.array()?;
    if bytes[0] == 0x98 {
        bytes = bytes.map(|byte| byte.rotate_left(4));
    }
    reading.text("iccid", hex(&bytes).trim_end_matches('f').into());
    Some(())
}

fn satellites(reading: &mut Reading<'_>) -> Option<()> {
    let used = reading.body.u8()?;
    match &mut reading.report.fix {
        Some(fix) => fix.satellites = Some(used),
        None => reading.whole("satellites", used),
    }
    Some(())
}

fn cell(reading: &mut Reading<'_>) -> Option<()> {
    let (mcc, mnc) = (reading.body.u16()?, reading.body.u16()?);
    let (lac, cid) = (reading.body.u16()?, reading.body.u24()?);
    let rssi = reading.body.u8()?;
    if lac != 0 || cid != 0 {
        reading.report.cell = Some(Cell {
            mcc: Some(mcc),
            mnc: Some(mnc),
            lac: Some(u32::from(lac)),
            cid: u64::from(cid),
            csq: None,
        });
        reading.whole("cell_rssi", rssi);
    }
    Some(())
}

fn volts(reading: &mut Reading<'_>) -> Option<()> {
    let volts_e2 = reading.body.u16()?;
    reading.battery_volts_e2(volts_e2);
    Some(())
}

fn percent(reading: &mut Reading<'_>) -> Option<()> {
    let percent = reading.body.u8()?;
    reading.battery().percent = (percent <= 100).then_some(percent);
    Some(())
}

fn hdop(reading: &mut Reading<'_>) -> Option<()> {
    let tenths = reading.body.u8()?;
    reading.number("hdop", f64::from(tenths) / 10.0);
    Some(())
}

fn accuracy(reading: &mut Reading<'_>) -> Option<()> {
    let hundredths = reading.body.u16()?;
    if let Some(fix) = &mut reading.report.fix {
        fix.accuracy_m = Some(f32::from(hundredths) / 100.0);
    }
    Some(())
}

/// Low half the door, high half tampering.
fn contacts(reading: &mut Reading<'_>) -> Option<()> {
    let said = reading.body.u8()?;
    reading.flag("door_open", said & 0x0F != 0);
    if said >> 4 != 0 {
        reading.signal(Signal::Dismantled);
    }
    Some(())
}

/// Time, satellites, altitude, place, speed and flags.
fn fix(reading: &mut Reading<'_>) -> Option<()> {
    reading.unix_clock()?;
    let body = &mut reading.body;
    let satellites = Some(body.u8()?);
    let altitude_m = Some(body.i16()?);
    let (latitude, longitude) = (body.u32()?, body.u32()?);
    let speed_kmh = Some(u16::from(body.u8()?));
    let flags = body.u16()?;
    let place = Place {
        latitude,
        longitude,
        speed_kmh,
        flags,
        satellites,
        altitude_m,
    };
    place::set(reading, &place);
    Some(())
}

/// What happened, and when: that is the report's time where no fix tells a better one.
fn event(reading: &mut Reading<'_>) -> Option<()> {
    let event = reading.body.u8()?;
    status::say_event(reading, event);
    let unix_s = reading.body.u32()?;
    if reading.report.time.is_none() && unix_s != 0 {
        reading.report.time = Some(segel_model::DeviceTime::from_unix_ms(i64::from(unix_s) * 1000));
    }
    reading.whole("event_unix_s", unix_s);
    Some(())
}
