//! What a message says, as reports.

use alloc::{borrow::Cow, vec::Vec};

use segel_model::{
    Report, ServerTime,
    report::{Extra, ReportKind},
};

use super::{
    lock,
    object::Object,
    place,
    secrets::is_secret,
    slaves,
    topic::{Kind, Topic},
};
use crate::{
    limits::{EXTRA_BYTES, EXTRAS},
    objects::value::extra,
    read::{bare, put, set_time},
};

/// The reports of a message in its order, and what is odd in it. A message that cannot be read is a bare report.
pub(crate) struct Said {
    pub(crate) reports: Vec<Report>,
    pub(crate) oddities: Vec<&'static str>,
}

/// Its own number, where the forwarder counts.
const NUMBER: &str = "Index";
/// Sorts of records (handbook 1.2); 3 was kept in a blind area.
const SORT: &str = "DataType";
const KEPT: i64 = 3;
const IMEI: [&str; 2] = ["IMEI", "imei"];
/// Names that are read into the report itself, besides those of place and lock.
const READ: [&str; 9] = [
    NUMBER,
    "IMEI",
    "imei",
    "assetId",
    "MDeviceID",
    "DataLength",
    "LatitudeState",
    "LongitudeState",
    slaves::LIST,
];

/// Reads a message.
pub(crate) fn read(topic: &Topic<'_>, payload: &[u8], ahead_min: i16, received: ServerTime) -> Said {
    let mut report = bare(topic.device.clone(), kind(topic.kind), received);
    report.serial = Some(own_number(topic.kind, payload, 0));
    let mut oddities = Vec::new();
    if topic.kind == Kind::Other {
        oddities.push("unknown_topic");
    }
    let said = match Object::read(payload) {
        Ok(said) => said,
        Err(what) => {
            oddities.push(what);
            let reports = Vec::from([report]);
            return Said { reports, oddities };
        }
    };
    oddities.extend(fill(&mut report, &said, ahead_min));
    let (mut reports, odd) = slaves::reports(&said, &report);
    oddities.extend(odd);
    for (report, part) in reports.iter_mut().zip(1..) {
        report.serial = Some(own_number(topic.kind, payload, part));
    }
    reports.insert(0, report);
    Said { reports, oddities }
}

/// An answer to a command of the cloud is no happening, and says nothing of a place.
const fn kind(kind: Kind) -> ReportKind {
    match kind {
        Kind::Location | Kind::Other => ReportKind::Record,
        Kind::Alarm | Kind::Event => ReportKind::Happening,
        Kind::Command => ReportKind::Answer,
    }
}

fn fill(report: &mut Report, said: &Object, ahead_min: i16) -> Vec<&'static str> {
    let mut oddities = Vec::new();
    match place::fix(said) {
        Ok(fix) => report.fix = fix,
        Err(what) => oddities.push(what),
    }
    report.lock = lock::contacts(said);
    report.signals = lock::alarms(said);
    match lock::moved(said, report.fix.is_some_and(|fix| fix.valid)) {
        Ok(moved) => report.signals.extend(moved),
        Err(what) => oddities.push(what),
    }
    match place::time(said, ahead_min) {
        None => {}
        Some(Ok(unix_ms)) => oddities.extend(set_time(report, unix_ms.max(0).unsigned_abs())),
        Some(Err(what)) => oddities.push(what),
    }
    report.battery = place::battery(said);
    report.cell = place::cell(said);
    report.serial = said.whole(&[NUMBER]).or(report.serial);
    report.backfill = said.whole(&[SORT]) == Some(KEPT);
    if let Some(imei) = said.text(&IMEI) {
        put(report, "imei", Extra::Text(imei.into_owned().into()));
    }
    add_extra(report, said);
    oddities
}

/// Everything else under its own name. What may be a password stays in the raw bytes, where it is masked.
fn add_extra(report: &mut Report, said: &Object) {
    let read = [
        &READ[..],
        &lock::READ,
        &place::TIME,
        &place::LATITUDE,
        &place::LONGITUDE,
        &place::SPEED,
        &place::COURSE,
        &place::SOURCE,
        &place::BATTERY,
        &place::VOLTAGE,
        &place::CELLS,
    ]
    .concat();
    let plain = said
        .others(&read)
        .filter(|(name, value)| name.len() <= EXTRA_BYTES && !is_secret(name, value));
    let values = plain.filter_map(|(name, value)| Some((Cow::Owned(name.clone()), extra(value)?)));
    report.extra.extend(values.take(EXTRAS));
}

/// The cloud counts nothing, and two alarms of one moment are two: so a message is known again by what it says.
fn own_number(kind: Kind, payload: &[u8], part: u32) -> u32 {
    const SEED: u32 = 0x811C_9DC5;
    const PRIME: u32 = 0x0100_0193;
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(PRIME);
    let head = [kind.number()].into_iter().chain(part.to_be_bytes());
    head.chain(payload.iter().copied()).fold(SEED, step)
}
