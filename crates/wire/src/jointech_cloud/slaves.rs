//! Smaller locks that speak through a seal: each has reports of its own, at the place and the time of the seal that heard it.

use alloc::vec::Vec;

use segel_model::{
    DeviceId, Report, Signal,
    report::{Battery, Lock, ReportKind},
};

use super::object::Object;
use crate::{
    limits::FIXES,
    read::{bare, heard_by},
    teratrack::ALARMS,
};

/// The list of them.
pub(crate) const LIST: &str = "Slave";

/// The reports of the smaller locks, and what is strange: one that does not say which it is.
pub(crate) fn reports(said: &Object, host: &Report) -> (Vec<Report>, Option<&'static str>) {
    let slaves = said.list(LIST);
    let count = slaves.len();
    let named = slaves
        .into_iter()
        .take(FIXES)
        .filter_map(|slave| report(&slave, host));
    let reports: Vec<Report> = named.collect();
    let odd = match count {
        count if FIXES < count => Some("too_many_sublocks"),
        count if reports.len() < count => Some("unknown_peripheral"),
        _ => None,
    };
    (reports, odd)
}

fn report(slave: &Object, host: &Report) -> Option<Report> {
    let name = slave.text(&["SDeviceId", "SDeviceID"])?.into_owned();
    let mut report = bare(DeviceId(name.clone()), ReportKind::SubSeal, host.received);
    if slave.flag(&["STimeOut"]) == Some(true) {
        // What it said before is not what it is.
        report.signals.push(Signal::SublockLost { sublock: Some(name) });
        return Some(heard_by(host, report));
    }
    report.battery = slave.whole::<u8>(&["SPower"]).map(battery);
    report.lock = Lock {
        rope: slave.flag(&["SLockRope"]),
        motor: slave.flag(&["SLockStatus"]),
        cover: slave.flag(&["SCoverStatus"]),
    };
    report.signals = signals(slave);
    Some(heard_by(host, report))
}

fn battery(percent: u8) -> Battery {
    Battery {
        percent: Some(percent).filter(|percent| *percent <= 100),
        charging: false,
        battery_mv: None,
    }
}

fn signals(slave: &Object) -> Vec<Signal> {
    let set = ALARMS
        .into_iter()
        .filter(|(name, _)| slave.flag(&[*name]) == Some(true));
    set.map(|(_, signal)| signal).collect()
}
