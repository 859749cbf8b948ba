//! Smaller seals that speak through the seal: each has reports of its own, at the place and the time of the seal that heard it.

use alloc::{string::String, vec::Vec};

use segel_model::{
    Report, Signal,
    report::{Lock, ReportKind},
};
use serde_json::{Map, Value};

use super::object::{flag, number, set};
use crate::{
    objects::value::{battery, keep_rest, said_device},
    read::{bare, heard_by},
};

/// The most smaller seals that one seal passes on; a gateway hears a handful.
const SLAVES: usize = 32;

/// Names that are read into the report itself.
const KNOWN: [&str; 12] = [
    "SDeviceId",
    "SPower",
    "SLockCutOff",
    "SLockOpen",
    "SLockStatus",
    "SUnCoverBack",
    "SCoverStatus",
    "STimeOut",
    "SLockRope",
    "SSealTempered",
    "SSealTampered",
    "SLockStuck",
];

/// What a smaller seal's flags say; the maker's own cloud has the same names.
pub(crate) const ALARMS: [(&str, Signal); 6] = [
    ("SLockCutOff", Signal::RopeCut),
    ("SSealTampered", Signal::Vibration),
    ("SSealTempered", Signal::Vibration),
    ("SLockOpen", Signal::LongUnlocked),
    ("SUnCoverBack", Signal::CoverOpen),
    ("SLockStuck", Signal::MotorStuck),
];

/// The reports of all smaller seals, and what is strange in them.
pub(super) fn reports(host: &Report, slaves: Option<&Value>) -> (Vec<Report>, Option<&'static str>) {
    let all = match slaves {
        None | Some(Value::Null) => return (Vec::new(), None),
        Some(Value::Array(all)) => all,
        Some(_) => return (Vec::new(), Some("unknown_peripheral")),
    };
    let reports: Vec<Report> = all
        .iter()
        .take(SLAVES)
        .filter_map(|slave| report(host, slave.as_object()?))
        .collect();
    let odd = match all.len() {
        count if SLAVES < count => Some("too_many_sublocks"),
        count if reports.len() < count => Some("unknown_peripheral"),
        _ => None,
    };
    (reports, odd)
}

fn report(host: &Report, slave: &Map<String, Value>) -> Option<Report> {
    let device = slave.get("SDeviceId").and_then(said_device)?;
    let mut report = bare(device, ReportKind::SubSeal, host.received);
    if flag(slave, "STimeOut") == Some(true) {
        // What it said before is not what it is.
        let sublock = Some(report.device.0.clone());
        report.signals.push(Signal::SublockLost { sublock });
        return Some(heard_by(host, report));
    }
    report.battery = battery(number(slave, "SPower"), None, None);
    report.lock = Lock {
        rope: flag(slave, "SLockRope"),
        motor: flag(slave, "SLockStatus"),
        cover: flag(slave, "SCoverStatus"),
    };
    report.signals.extend(set(slave, ALARMS));
    keep_rest(&mut report, slave, |name| KNOWN.contains(&name));
    Some(heard_by(host, report))
}
