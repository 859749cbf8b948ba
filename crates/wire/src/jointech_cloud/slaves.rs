//! Smaller locks that speak through a seal: each is a report of the seal that passes it on, and says which lock it speaks of.

use alloc::vec::Vec;

use segel_model::{
    Report, Signal,
    report::{Battery, Extra, Lock, ReportKind},
};

use super::object::Object;
use crate::{limits::FIXES, read::put};

/// The list of them.
pub(crate) const LIST: &str = "Slave";

/// The reports of the smaller locks, each with the place and the time of the seal that passes them on.
pub(crate) fn reports(said: &Object, seal: &Report) -> Vec<Report> {
    let slaves = said.list(LIST).into_iter().take(FIXES);
    slaves.map(|slave| report(&slave, seal)).collect()
}

fn report(slave: &Object, seal: &Report) -> Report {
    let id = slave.text(&["SDeviceId", "SDeviceID"]);
    let mut report = Report {
        kind: ReportKind::SubSeal,
        battery: slave.whole::<u8>(&["SPower"]).map(|percent| Battery {
            percent: Some(percent).filter(|percent| *percent <= 100),
            charging: false,
            battery_mv: None,
        }),
        lock: Lock {
            rope: slave.flag(&["SLockRope"]),
            motor: None,
            cover: slave.flag(&["SCoverStatus"]),
        },
        signals: Vec::new(),
        cell: None,
        serial: None,
        extra: Vec::new(),
        ..seal.clone()
    };
    if let Some(id) = &id {
        put(
            &mut report,
            "sublock",
            Extra::Text(id.clone().into_owned().into()),
        );
    }
    let lost = Signal::SublockLost {
        sublock: id.map(|id| id.into_owned()),
    };
    let all = [
        ("SLockCutOff", Signal::RopeCut),
        ("SSealTempered", Signal::Vibration),
        ("SLockOpen", Signal::LongUnlocked),
        ("SUnCoverBack", Signal::CoverOpen),
        ("SLockStuck", Signal::MotorStuck),
        ("STimeOut", lost),
    ];
    let set = all
        .into_iter()
        .filter(|(name, _)| slave.flag(&[*name]) == Some(true));
    report.signals = set.map(|(_, signal)| signal).collect();
    report
}
