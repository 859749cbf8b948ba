//! The records of codec 7, which the first trackers (GH3000) spoke: a mask says which parts follow.

use alloc::vec::Vec;

use segel_geo::Position;
use segel_model::{
    DeviceId, Report, ServerTime,
    report::{Cell, Extra, Fix, FixSource, ReportKind},
};

use super::{
    element::{self, Gathered, network},
    frame,
    record::Element,
};
use crate::{
    cursor::Cursor,
    read::{bare, put, set_time},
};

/// Time counts seconds from 2007-01-01, in the low 30 bits; the two above are the priority.
const EPOCH_S: u64 = 1_167_609_600;
const TIME_BITS: u32 = 30;

/// Which parts a record has.
mod part {
    pub const PLACE: u8 = 1;
    /// Values of one, two and four bytes.
    pub const VALUES: [(u8, usize); 3] = [(1 << 1, 1), (1 << 2, 2), (1 << 3, 4)];
}

/// Which fields a place has, in their order.
mod field {
    pub const POSITION: u8 = 1;
    pub const ALTITUDE: u8 = 1 << 1;
    pub const COURSE: u8 = 1 << 2;
    pub const SPEED: u8 = 1 << 3;
    pub const SATELLITES: u8 = 1 << 4;
    pub const CELL: u8 = 1 << 5;
    pub const SIGNAL: u8 = 1 << 6;
    pub const OPERATOR: u8 = 1 << 7;
}

/// Reads the records of a body as far as they can be read, and says whether they end where the body does.
pub(crate) fn reports(
    body: &[u8],
    device: &DeviceId,
    received: ServerTime,
    oddities: &mut Vec<&'static str>,
) -> (Vec<Report>, bool) {
    let mut cursor = Cursor::new(body.get(2..).unwrap_or_default());
    let count = frame::count(body);
    let mut reports = Vec::new();
    for _ in 0..count {
        let mut report = bare(device.clone(), ReportKind::Record, received);
        let Some(()) = read(&mut report, &mut cursor, oddities) else {
            return (reports, false);
        };
        reports.push(report);
    }
    (reports, cursor.rest() == [count])
}

fn read(report: &mut Report, cursor: &mut Cursor<'_>, oddities: &mut Vec<&'static str>) -> Option<()> {
    let clock = cursor.u32()?;
    let mask = cursor.u8()?;
    let seconds = u64::from(clock & ((1 << TIME_BITS) - 1));
    // A clock that was never set starts at the beginning of its own time.
    let unix_ms = if seconds == 0 {
        0
    } else {
        (EPOCH_S + seconds) * 1000
    };
    oddities.extend(set_time(report, unix_ms));
    put(report, "priority", Extra::Whole(i64::from(clock >> TIME_BITS)));
    if mask & part::PLACE != 0 {
        read_place(report, cursor, oddities)?;
    }
    let mut gathered = Gathered::default();
    for (_, length) in part::VALUES.into_iter().filter(|(bit, _)| mask & bit != 0) {
        for _ in 0..cursor.u8()? {
            let id = cursor.u8()?;
            let value = cursor.take(length)?;
            add(report, &mut gathered, u16::from(id), value);
        }
    }
    gathered.finish(report);
    Some(())
}

fn read_place(report: &mut Report, cursor: &mut Cursor<'_>, oddities: &mut Vec<&'static str>) -> Option<()> {
    let mask = cursor.u8()?;
    let has = |bit: u8| mask & bit != 0;
    let degrees = |cursor: &mut Cursor<'_>| cursor.u32().map(|bits| f64::from(f32::from_bits(bits)));
    let place = if has(field::POSITION) {
        Some((degrees(cursor)?, degrees(cursor)?))
    } else {
        None
    };
    let mut next = |bit: u8, wide: bool| match has(bit) {
        true => cursor.number(wide).map(Some),
        false => Some(None),
    };
    let altitude = next(field::ALTITUDE, true)?;
    let course = next(field::COURSE, false)?;
    let speed = next(field::SPEED, false)?;
    let satellites = next(field::SATELLITES, false)?;
    let position = place.map(|(lat, lon)| Position::new(lat, lon));
    oddities.extend((position == Some(None)).then_some("no_such_place"));
    report.fix = position.flatten().map(|position| Fix {
        position,
        valid: satellites != Some(0),
        source: FixSource::Gnss,
        speed_kmh: speed.map(f32::from),
        // A circle has 256 parts.
        course_deg: course.map(|course| f32::from(course) * 360.0 / 256.0),
        altitude_m: altitude.map(|altitude| f32::from(altitude as i16)),
        satellites: satellites.map(|satellites| satellites as u8),
        accuracy_m: None,
    });
    read_cell(report, cursor, mask)
}

fn read_cell(report: &mut Report, cursor: &mut Cursor<'_>, mask: u8) -> Option<()> {
    if mask & field::CELL != 0 {
        let (lac, cid) = (cursor.u16()?, cursor.u16()?);
        report.cell = Some(Cell {
            mcc: None,
            mnc: None,
            lac: Some(u32::from(lac)),
            cid: u64::from(cid),
            csq: None,
        });
    }
    if mask & field::SIGNAL != 0 {
        let signal = cursor.u8()?;
        match &mut report.cell {
            Some(cell) => cell.csq = Some(signal),
            None => put(report, "csq", Extra::Whole(i64::from(signal))),
        }
    }
    if mask & field::OPERATOR != 0 {
        let operator = cursor.u32()?;
        match (&mut report.cell, network(operator)) {
            (Some(cell), Some((mcc, mnc))) => (cell.mcc, cell.mnc) = (Some(mcc), Some(mnc)),
            _ => put(report, "operator", Extra::Whole(i64::from(operator))),
        }
    }
    Some(())
}

/// The numbers of these trackers are not those of later ones.
fn add(report: &mut Report, gathered: &mut Gathered, id: u16, value: &[u8]) {
    let later = match (id, value.len()) {
        (1, 1) => Some(113),            // Battery, per cent.
        (67, 2) | (240, 1) => Some(id), // Battery voltage and movement have kept theirs.
        _ => None,
    };
    match later {
        Some(id) => {
            let any_length = false;
            element::add(
                report,
                gathered,
                Element {
                    id,
                    value,
                    any_length,
                },
            );
        }
        None => element::add_unknown(report, id, value),
    }
}
