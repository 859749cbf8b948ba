//! What messages say of a lock.
//!
//! The names ending with `.alarm` repeat the bits of a Jointech status word, one name a bit; a bit that has no published name stands
//! here under the words that the maker's manual has for it. A name that flespi calls otherwise stays beside the report.

use alloc::{string::String, vec::Vec};

use segel_model::{
    Report, Signal,
    report::{Extra, Lock},
    signal::UnsealRefusal,
};
use serde_json::{Map, Value};

use super::message::flag;
use crate::{objects::value::said_whole, read::put};

/// Names of a contact that is closed where they say yes.
const ROPE: [&str; 3] = ["lock.rope.status", "rope.inserted.status", "steel.string.status"];
/// See [`ROPE`].
const MOTOR: [&str; 4] = [
    "lock.status",
    "lock.closed.status",
    "lock.motor.status",
    "motor.lock.status",
];
/// See [`ROPE`].
const COVER: [&str; 2] = ["back.cap.closed.status", "lock.cover.status"];

/// The number of the fence, and the modem's own number.
const FENCE: &str = "geofence.id";
const IMEI: &str = "device.imei";

/// Names of what happened where they say yes.
fn table(fence: Option<u16>) -> [(&'static [&'static str], Signal); 12] {
    let refused = |reason| Signal::UnsealRefused { reason, actor: None };
    [
        (
            &["geofence.in.alarm", "geofence.event.enter"],
            Signal::FenceIn { fence },
        ),
        (
            &["geofence.out.alarm", "geofence.event.exit"],
            Signal::FenceOut { fence },
        ),
        (
            &[
                "lock.rope.cut.alarm",
                "rope.cut.alarm",
                "steel.string.cut.alarm",
                "lock.cut.alarm",
            ],
            Signal::RopeCut,
        ),
        (
            &["vibration.alarm", "lock.vibration.alarm", "shock.event.trigger"],
            Signal::Vibration,
        ),
        (
            &[
                "lock.unlock.timeout.alarm",
                "lock.open.alarm",
                "unlock.alarm",
                "unlocking.alarm",
            ],
            Signal::LongUnlocked,
        ),
        (
            &[
                "password.wrong.alarm",
                "wrong.password.alarm",
                "lock.password.alarm",
            ],
            refused(UnsealRefusal::BadPwd),
        ),
        (
            &[
                "rfid.unauthorized.alarm",
                "unauthorized.rfid.alarm",
                "lock.card.alarm",
            ],
            refused(UnsealRefusal::IllegalCard),
        ),
        (&["battery.low.alarm"], Signal::LowBattery),
        (
            &["back.cap.open.alarm", "lock.cover.open.alarm"],
            Signal::CoverOpen,
        ),
        (
            &["motor.fault.alarm", "lock.motor.alarm", "lock.stuck.alarm"],
            Signal::MotorStuck,
        ),
        (
            &["tamper.alarm", "device.tamper.alarm", "case.open.alarm"],
            Signal::Dismantled,
        ),
        (
            &["gsm.jamming.event.trigger", "gsm.jamming.alarm"],
            Signal::Jamming,
        ),
    ]
}

/// Whether a name is one of these.
pub(super) fn knows(name: &str) -> bool {
    let contacts = [ROPE.as_slice(), &MOTOR, &COVER, &[FENCE, IMEI]];
    contacts.iter().any(|names| names.contains(&name))
        || table(None).iter().any(|(names, _)| names.contains(&name))
}

/// Contacts and signals.
pub(super) fn add(report: &mut Report, message: &Map<String, Value>) {
    let contact = |names: &[&str]| names.iter().find_map(|name| flag(message, name));
    report.lock = Lock {
        rope: contact(&ROPE),
        motor: contact(&MOTOR),
        cover: contact(&COVER),
    };
    let fence = message.get(FENCE).and_then(said_whole::<u16>);
    let says = |names: &&[&str]| names.iter().any(|name| flag(message, name) == Some(true));
    let set: Vec<Signal> = table(fence)
        .into_iter()
        .filter(|(names, _)| says(names))
        .map(|(_, signal)| signal)
        .collect();
    report.signals.extend(set);
    if let Some(imei) = message.get(IMEI).and_then(Value::as_str) {
        put(report, "imei", Extra::Text(String::from(imei).into()));
    }
    if let Some(fence) = fence {
        put(report, "fence", Extra::Whole(fence.into()));
    }
}
