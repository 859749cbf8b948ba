//! What each kind of message is about: its sort, its signals, and the names of what stands before its place.
//!
//! These units have no lock. Light inside a container means that it is open, so a light sensor's alarm is told as an opened cover;
//! a tamper switch that opens means that the unit was taken off. A unit that is switched off says so once and is silent from then
//! on, whatever the reason, so that is told as going off line.

use alloc::vec::Vec;

use segel_model::{
    Report, Signal,
    report::{Battery, Extra, Extras, ReportKind},
};

use super::{
    message::{Lead, Message, hex},
    model::Family,
    report::{level, millivolts, percent, put, put_field, put_rest, put_text},
};
use crate::read::number;

/// Something happened; the other kinds tell how things stand (manual, "event report"; manual of the GV200 for vehicles).
const HAPPENINGS: [&str; 46] = [
    "GTSOS", "GTGEO", "GTGIN", "GTGOT", "GTLSA", "GTLSW", "GTTSW", "GTPNA", "GTPFA", "GTEPN", "GTEPF",
    "GTMPN", "GTMPF", "GTBPL", "GTBTC", "GTSTC", "GTSTT", "GTSWG", "GTJDR", "GTJDS", "GTGPJ", "GTTEM",
    "GTTMP", "GTNMR", "GTTOW", "GTSPD", "GTHBM", "GTCRA", "GTDOG", "GTIGN", "GTIGF", "GTVGN", "GTVGF",
    "GTVGL", "GTIGL", "GTDIS", "GTIDA", "GTDAR", "GTLBC", "GTANT", "GTIDN", "GTIDF", "GTPDP", "GTUPC",
    "GTPNL", "GTRMD",
];

/// Kinds whose head is that of the general position report.
const GENERAL: [&str; 17] = [
    "GTFRI", "GTERI", "GTGEO", "GTSPD", "GTSOS", "GTRTL", "GTPNL", "GTNMR", "GTDIS", "GTDOG", "GTIGL",
    "GTHBM", "GTTOW", "GTIOB", "GTMAI", "GTSTR", "GTCTN",
];

/// Names of what stands before the place, in order.
const NAMES: [(&str, &[&str]); 16] = [
    ("GTSTT", &["motion_state"]),
    ("GTSWG", &["fence_switch"]),
    ("GTJDS", &["jamming_state"]),
    ("GTGPJ", &["jamming_level", "jamming_state"]),
    ("GTLSA", &["light_event", "light_state"]),
    ("GTLSW", &["switch_type", "light_state"]),
    ("GTTSW", &["switch_type", "tamper_state"]),
    ("GTTEM", &["temperature_c"]),
    ("GTLBC", &["phone"]),
    ("GTIDA", &["reserved", "driver_id", "authorised", "number"]),
    ("GTDAR", &["warning_type"]),
    (
        "GTBID",
        &[
            "number",
            "accessory_model",
            "append_mask",
            "accessory",
            "accessory_voltage_mv",
        ],
    ),
    ("GTVER", &["unit", "firmware", "hardware"]),
    ("GTCID", &["iccid"]),
    ("GTTMZ", &["time_zone", "daylight_saving"]),
    ("GTCSQ", &["csq", "bit_errors"]),
];

/// Alarms that are no signal, under their own words.
const ALARMS: [(&str, &str); 9] = [
    ("GTSOS", "sos"),
    ("GTTOW", "tow"),
    ("GTSPD", "speed"),
    ("GTTEM", "temperature"),
    ("GTTMP", "temperature"),
    ("GTCRA", "crash"),
    ("GTEPF", "external_power_off"),
    ("GTMPF", "external_power_off"),
    ("GTPFA", "power_off"),
];

/// Names whose values are codes, never numbers.
const CODES: [&str; 10] = [
    "motion_state",
    "report_type",
    "phone",
    "driver_id",
    "accessory",
    "append_mask",
    "firmware",
    "hardware",
    "time_zone",
    "iccid",
];

/// Kinds that are read elsewhere, or whose fields are settings and hold passwords.
const ELSEWHERE: [&str; 7] = ["GTINF", "GTBAT", "GTGSM", "GTLBS", "GTWIF", "GTALL", "GTCFG"];

/// Whether words and tail say nothing of this kind.
pub(crate) fn is_read_elsewhere(kind: &str) -> bool {
    ELSEWHERE.contains(&kind)
}

/// What sort of report it is.
pub(crate) fn kind(message: &Message<'_>) -> ReportKind {
    match (message.lead, message.kind) {
        (Lead::Answer, "GTHBD") => ReportKind::Heartbeat,
        (Lead::Answer, _) => ReportKind::Answer,
        (_, kind) if HAPPENINGS.contains(&kind) => ReportKind::Happening,
        _ => ReportKind::Record,
    }
}

/// Reads the head, what stands before the place.
pub(crate) fn read(message: &Message<'_>, head: &[&[u8]], report: &mut Report) {
    if message.lead == Lead::Answer {
        return read_answer(message, &mut report.extra);
    }
    report.signals.extend(signal(message, head));
    if let Some((_, alarm)) = ALARMS.iter().find(|(kind, _)| *kind == message.kind) {
        put(&mut report.extra, "alarm", Extra::Text((*alarm).into()));
    }
    match message.kind {
        "GTBPL" | "GTBTC" | "GTSTC" => {
            report.battery = head.first().and_then(|volts| battery(message, volts))
        }
        "GTDAT" | "GTDTT" => read_data(message, head, &mut report.extra),
        "GTERI" => read_extended(message, head, report),
        "GTIGN" | "GTIGF" | "GTVGN" | "GTVGF" => read_duration(head, &mut report.extra),
        kind if GENERAL.contains(&kind) => read_general(message, head, report),
        kind if is_read_elsewhere(kind) => {}
        _ => read_named(message.kind, head, &mut report.extra),
    }
    read_ignition(message.kind, head, &mut report.extra);
}

/// An answer repeats the number of its command before its send time.
fn read_answer(message: &Message<'_>, extra: &mut Extras) {
    if message.kind == "GTHBD" {
        return;
    }
    if let Some(serial) = message.fields.last().and_then(|field| hex(field)) {
        put(extra, "command_serial", Extra::Whole(serial as i64));
    }
    put_rest(extra, "answer", &message.fields);
}

fn read_named(kind: &str, head: &[&[u8]], extra: &mut Extras) {
    let names = NAMES
        .iter()
        .find(|(known, _)| *known == kind)
        .map(|(_, names)| *names);
    match names {
        Some(names) => {
            for (name, field) in names.iter().zip(head) {
                put_named(extra, name, field);
            }
            put_rest(extra, "head", head.get(names.len()..).unwrap_or_default());
        }
        None => put_rest(extra, "head", head),
    }
}

fn put_named(extra: &mut Extras, name: &'static str, field: &[u8]) {
    if CODES.contains(&name) {
        put_text(extra, name, field);
    } else {
        put_field(extra, name, field);
    }
}

/// Newer units write reserved fields before how long the ignition was the other way.
fn read_duration(head: &[&[u8]], extra: &mut Extras) {
    put_field(extra, "duration_s", head.last().copied().unwrap_or_default());
}

/// Battery trackers say a number and a type; a vehicle's say the outer voltage first, and both others as two hexadecimal letters.
fn read_general(message: &Message<'_>, head: &[&[u8]], report: &mut Report) {
    let first = match message.model().family() {
        Family::Asset => "report_id",
        Family::Vehicle => "external_power_mv",
    };
    let extra = &mut report.extra;
    let names = ["number", "report_type", first];
    // Where there are fewer, the first are missing; where there are more, they follow.
    let shown = &head[..head.len().min(names.len())];
    for (name, field) in names[..shown.len()].iter().rev().zip(shown) {
        put_named(extra, name, field);
    }
    let more = head.get(names.len()..).unwrap_or_default();
    let is_gl500 = message.model().is("40") || message.model().is("44");
    match more {
        [temperature, per_cent] if is_gl500 => {
            put_field(extra, "temperature_c", temperature);
            report.battery = percent(per_cent).map(level);
        }
        more => put_rest(extra, "head", more),
    }
    if message.kind == "GTHBM" {
        let word = report_type(head).and_then(harsh);
        put_text(&mut report.extra, "alarm", word.unwrap_or_default().as_bytes());
    }
}

/// The extended report says first which extensions it has.
fn read_extended(message: &Message<'_>, head: &[&[u8]], report: &mut Report) {
    let Some((mask, rest)) = head.split_first() else {
        return;
    };
    put_text(&mut report.extra, "mask", mask);
    read_general(message, rest, report);
}

/// Data of a device that hangs on the unit: the last field before the place, or before the end; written as it is, or as
/// hexadecimal letters.
fn read_data(message: &Message<'_>, head: &[&[u8]], extra: &mut Extras) {
    let Some((data, before)) = head.split_last() else {
        return;
    };
    put_rest(extra, "head", before);
    let text = unhex(data).filter(|bytes| message.kind == "GTDTT" && bytes.is_ascii());
    put_text(extra, "data", text.as_deref().unwrap_or(data));
}

fn unhex(letters: &[u8]) -> Option<Vec<u8>> {
    let (pairs, odd) = letters.as_chunks::<2>();
    let bytes = pairs
        .iter()
        .map(|pair| hex(pair).map(|byte| byte as u8))
        .collect();
    if odd.is_empty() { bytes } else { None }
}

/// Ignition on or off, as the kind says, or the first letter of the motion state: 1 off, 2 on, 4 no such wire.
fn read_ignition(kind: &str, head: &[&[u8]], extra: &mut Extras) {
    let on = match (kind, head) {
        ("GTIGN" | "GTVGN", _) => Some(true),
        ("GTIGF" | "GTVGF", _) => Some(false),
        ("GTSTT", [state, ..]) => ignition(state),
        _ => None,
    };
    if let Some(on) = on {
        put(extra, "ignition", Extra::Flag(on));
    }
}

/// Manual, "motion state": 11, 12 ignition off; 21, 22 on; 41, 42 of units without that wire.
pub(crate) fn ignition(state: &[u8]) -> Option<bool> {
    match state {
        [b'1', _] => Some(false),
        [b'2', _] => Some(true),
        _ => None,
    }
}

fn signal(message: &Message<'_>, head: &[&[u8]]) -> Option<Signal> {
    let says = |at: usize, word: &[u8]| head.get(at).copied() == Some(word);
    match message.kind {
        "GTBPL" => Some(Signal::LowBattery),
        "GTBTC" => Some(Signal::Charging),
        "GTPFA" => Some(Signal::PowerLowOffline),
        "GTJDR" => Some(Signal::Jamming),
        // Manual, GTJDS: 1 is the end of the jamming.
        "GTJDS" => says(0, b"2").then_some(Signal::Jamming),
        "GTLSA" | "GTLSW" => says(1, b"1").then_some(Signal::CoverOpen),
        "GTTSW" => says(1, b"1").then_some(Signal::Dismantled),
        "GTGEO" => fence(message, head),
        "GTGIN" => Some(Signal::FenceIn { fence: None }),
        "GTGOT" => Some(Signal::FenceOut { fence: None }),
        _ => None,
    }
}

/// Manual, GTGEO: the fence's number, then 0 left, 1 entered. A vehicle's unit writes both as two letters.
fn fence(message: &Message<'_>, head: &[&[u8]]) -> Option<Signal> {
    let both = hex(report_type(head)?)?;
    let (fence, happened) = match message.model().family() {
        Family::Asset => (head.first().and_then(|field| number(field)), both),
        Family::Vehicle => (Some((both >> 4) as u16), both & 0xF),
    };
    match happened {
        0 => Some(Signal::FenceOut { fence }),
        1 => Some(Signal::FenceIn { fence }),
        _ => None,
    }
}

/// The field before the last, which says how many places follow.
fn report_type<'a>(head: &[&'a [u8]]) -> Option<&'a [u8]> {
    head.get(head.len().checked_sub(2)?).copied()
}

/// Manual of the GV200, GTHBM: the second letter of the type.
fn harsh(kind: &[u8]) -> Option<&'static str> {
    match kind.last()? {
        b'0' => Some("harsh_braking"),
        b'1' => Some("harsh_acceleration"),
        b'2' => Some("harsh_cornering"),
        _ => None,
    }
}

fn battery(message: &Message<'_>, volts: &[u8]) -> Option<Battery> {
    Some(Battery {
        percent: None,
        charging: message.kind == "GTBTC",
        battery_mv: Some(millivolts(volts)?),
    })
}
