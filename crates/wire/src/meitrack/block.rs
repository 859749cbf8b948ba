//! Records in blocks of one length: CCC. Numbers stand lowest byte first.

use alloc::vec::Vec;

use segel_model::{
    DeviceId, Report, ServerTime,
    report::{Battery, Extra, ReportKind},
};

use super::{
    event,
    place::{Place, cell, set_seconds},
};
use crate::{
    cursor::Cursor,
    read::{bare, hex, put},
};

/// Bytes of a block.
const BLOCK: usize = 0x34;
/// Bytes before the first block: among them the length of one.
const HEAD: usize = 8;

/// What the blocks say, and what is odd in them.
pub(crate) fn read(said: &[u8], device: &DeviceId, received: ServerTime) -> (Vec<Report>, Vec<&'static str>) {
    let head = said.len() % BLOCK;
    let mut oddities = Vec::new();
    oddities.extend((head != HEAD).then_some("odd_record_length"));
    let blocks = said[head..].chunks_exact(BLOCK);
    let reports = blocks
        .map(|block| {
            let mut report = bare(device.clone(), ReportKind::Record, received);
            read_block(&mut report, &mut Cursor::new(block), &mut oddities);
            report
        })
        .collect();
    (reports, oddities)
}

fn read_block(report: &mut Report, block: &mut Cursor<'_>, oddities: &mut Vec<&'static str>) -> Option<()> {
    let event = block.u8()?;
    let mut place = Place {
        latitude_e6: block.u32_le().map(|e6| e6 as i32),
        longitude_e6: block.u32_le().map(|e6| e6 as i32),
        ..Place::default()
    };
    oddities.extend(set_seconds(report, block.u32_le()?));
    place.valid = block.u8()? == 1;
    place.satellites = block.u8();
    place.csq = block.u8();
    place.speed_kmh = block.u16_le().map(f32::from);
    place.course_deg = block.u16_le().map(f32::from);
    put(report, "hdop", Extra::Number(f64::from(block.u16_le()?) / 10.0));
    place.altitude_m = block.u16_le().map(|altitude| f32::from(altitude as i16));
    put(report, "mileage_m", Extra::Whole(i64::from(block.u32_le()?)));
    put(report, "runtime_s", Extra::Whole(i64::from(block.u32_le()?)));
    let (mcc, mnc) = (block.u16_le()?, block.u16_le()?);
    let (lac, cid) = (block.u16_le()?, block.u16_le()?);
    report.cell = cell(mcc, mnc, u32::from(lac), u64::from(cid));
    put(
        report,
        "status",
        Extra::Text(hex(&block.u16_le()?.to_be_bytes()).into()),
    );
    put(report, "analog", Extra::Whole(i64::from(block.u16_le()?)));
    report.battery = Some(Battery {
        percent: None,
        charging: false,
        battery_mv: block.u16_le().map(|hundredths| hundredths.saturating_mul(10)),
    });
    put(
        report,
        "external_mv",
        Extra::Whole(i64::from(block.u16_le()?) * 10),
    );
    let fence = block.u32_le()?;
    put(report, "fence", Extra::Whole(i64::from(fence)));
    event::add(
        report,
        u16::from(event),
        u16::try_from(fence).ok().filter(|&fence| fence != 0),
    );
    oddities.extend(place.finish(report));
    Some(())
}
