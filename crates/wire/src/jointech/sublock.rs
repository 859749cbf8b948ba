//! WLNET,5: what a smaller seal or sensor said over short-range radio, passed on by the seal that heard it.
//!
//! The first report is the host's: that it heard somebody, where and when; who that was, and when by its own clock, stands
//! beside it. What a smaller *seal* said is a second report, of its own device: nothing that happened to it happened to its host.
//! It was where its host was when that heard it, and that was when the host says; a sensor is no seal and has no second report.

use alloc::{borrow::Cow, format, string::String, vec::Vec};

use segel_model::{
    DeviceId, Report, ServerTime, Signal,
    report::{Battery, Extra, Extras, FixSource, Lock, ReportKind},
    signal::UnsealBy,
};

use super::{
    frame,
    place::{self, Place},
    session::Answer,
    text::{Heard, Text},
};
use crate::{
    calendar::rfc3339,
    read::{bare, heard_by, u16_at},
};

/// Where things lie in the binary part (manual, "peripheral data"); the first seventeen bytes are a [`Place`].
mod field {
    use core::ops::Range;

    pub const CLOCK: Range<usize> = 17..23;
    pub const ID: Range<usize> = 23..28;
    pub const SERIAL: usize = 28;
    /// Hundredths of a volt.
    pub const VOLTAGE: usize = 29;
    pub const BATTERY: usize = 31;
    /// Negative dBm.
    pub const RSSI: usize = 32;
    pub const TYPE: usize = 33;

    // Sensor (type 1).
    pub const TEMPERATURE: usize = 34;
    pub const HUMIDITY: usize = 36;
    pub const STORED: usize = 37;
    pub const SENSOR_GATEWAY: usize = 39;

    // Sub-locks (types 4, 5, 6).
    pub const EVENT: usize = 34;
    pub const STATUS: usize = 36;
    pub const LOCK_COUNT: usize = 38;
    pub const LOCK_GATEWAY: usize = 40;
}

/// Commas before the binary part: `(ID,version,number,WLNET,5,2,`.
const COMMAS: usize = 6;
/// Bit 0 of a sub-lock's status: open, or rope out.
const OPEN: u16 = 1;
/// A temperature that was not measured.
const NO_TEMPERATURE: u16 = 0xFFFF;

/// What smaller thing spoke.
mod kind {
    /// JT126, temperature and humidity.
    pub const SENSOR: u8 = 1;
    /// JT709 padlock.
    pub const PADLOCK: u8 = 4;
    /// Valve locks.
    pub const VALVE: u8 = 5;
    /// Valve locks.
    pub const OTHER_VALVE: u8 = 6;
}

/// Understands a WLNET,5 message. One cut short is kept; it has no number by which it could be answered.
pub(crate) fn hear(text: &Text<'_>, whole: &[u8], received: ServerTime) -> Heard {
    let unread = |what| Heard::unread(text, ReportKind::SubSeal, received, what);
    if text.field(0) != Some(b"5") {
        return unread("unknown_command");
    }
    let payload = frame::unescape(binary(whole).unwrap_or_default());
    let (Some(place), Some(&serial)) = (Place::decode(&payload), payload.get(field::SERIAL)) else {
        return unread("peripheral_too_short");
    };
    let mut report = bare(text.device_id(), ReportKind::SubSeal, received);
    report.time = place.clock.time();
    report.fix = place.fix(FixSource::Gnss);
    report.serial = Some(u32::from(serial));
    let id = hex(payload.get(field::ID).unwrap_or_default());
    let known = add(&mut report, &payload, &id);
    let sublock = lock(&report, &payload, &id);
    if place.clock.is_unset() {
        report.signals.push(Signal::ClockUnset);
    }
    let oddity = place.nonsense().or((!known).then_some("unknown_peripheral"));
    let clock_unset = place.clock.is_unset();
    Heard {
        sublock,
        oddity,
        clock_unset,
        ..Heard::new(report, Answer::Serial(u32::from(serial)))
    }
}

/// What lies between the sixth comma and the closing bracket.
fn binary(whole: &[u8]) -> Option<&[u8]> {
    let inside = whole.get(1..whole.len().checked_sub(1)?)?;
    inside.splitn(COMMAS + 1, |&byte| byte == b',').nth(COMMAS)
}

fn add(report: &mut Report, payload: &[u8], id: &str) -> bool {
    let byte = |at: usize| payload.get(at).copied();
    put(&mut report.extra, "sublock", Extra::Text(String::from(id).into()));
    if let Some(time) = payload
        .get(field::CLOCK)
        .and_then(|bytes| place::clock(bytes).time())
    {
        put(
            &mut report.extra,
            "sublock_time",
            Extra::Text(rfc3339(time.unix_ms).into()),
        );
    }
    if let (Some(volts_e2), Some(percent)) = (u16_at(payload, field::VOLTAGE), byte(field::BATTERY)) {
        put(
            &mut report.extra,
            "sublock_voltage",
            Extra::Number(f64::from(volts_e2) / 100.0),
        );
        put(
            &mut report.extra,
            "sublock_battery_percent",
            Extra::Whole(i64::from(percent)),
        );
    }
    if let Some(rssi) = byte(field::RSSI) {
        put(
            &mut report.extra,
            "sublock_rssi_dbm",
            Extra::Whole(-i64::from(rssi)),
        );
    }
    let Some(kind) = byte(field::TYPE) else {
        return false;
    };
    put(&mut report.extra, "sublock_type", Extra::Whole(i64::from(kind)));
    match kind {
        kind::SENSOR => add_sensor(&mut report.extra, payload).is_some(),
        kind::PADLOCK | kind::VALVE | kind::OTHER_VALVE => add_lock(&mut report.extra, payload).is_some(),
        _ => false,
    }
}

fn put(extra: &mut Extras, name: &'static str, value: Extra) {
    extra.push((Cow::Borrowed(name), value));
}

fn add_sensor(extra: &mut Extras, payload: &[u8]) -> Option<()> {
    let temperature = u16_at(payload, field::TEMPERATURE)?;
    if let Some(celsius) = celsius(temperature) {
        put(extra, "temperature_c", Extra::Number(celsius));
    }
    put(
        extra,
        "humidity_percent",
        Extra::Whole(i64::from(*payload.get(field::HUMIDITY)?)),
    );
    put(
        extra,
        "stored",
        Extra::Whole(i64::from(u16_at(payload, field::STORED)?)),
    );
    put(
        extra,
        "gateway",
        Extra::Whole(i64::from(*payload.get(field::SENSOR_GATEWAY)?)),
    );
    Some(())
}

/// Twelve bits of tenths; anything in the four above them means below zero.
fn celsius(temperature: u16) -> Option<f64> {
    let tenths = f64::from(temperature & 0x0FFF);
    let signed = if temperature >> 12 == 0 { tenths } else { -tenths };
    (temperature != NO_TEMPERATURE).then_some(signed / 10.0)
}

fn add_lock(extra: &mut Extras, payload: &[u8]) -> Option<()> {
    let event = u16_at(payload, field::EVENT)?;
    let status = u16_at(payload, field::STATUS)?;
    put(extra, "event_bits", Extra::Whole(i64::from(event)));
    put(extra, "sublock_status", Extra::Whole(i64::from(status)));
    put(
        extra,
        "lock_count",
        Extra::Whole(i64::from(u16_at(payload, field::LOCK_COUNT)?)),
    );
    put(
        extra,
        "gateway",
        Extra::Whole(i64::from(*payload.get(field::LOCK_GATEWAY)?)),
    );
    Some(())
}

/// The report of the smaller seal itself, where it is a seal and its message is whole.
fn lock(host: &Report, payload: &[u8], id: &str) -> Option<Report> {
    let kind = payload.get(field::TYPE).copied()?;
    let event = u16_at(payload, field::EVENT)?;
    let status = u16_at(payload, field::STATUS)?;
    payload.get(field::LOCK_GATEWAY)?;
    let table = match kind {
        kind::PADLOCK => padlock(id),
        kind::VALVE | kind::OTHER_VALVE => valve(),
        _ => return None,
    };
    let set = table.into_iter().filter(|(bit, _)| event & (1 << bit) != 0);
    let signals: Vec<Signal> = set.map(|(_, signal)| signal).collect();
    let is_lost = signals
        .iter()
        .any(|signal| matches!(signal, Signal::SublockLost { .. }));
    let mut report = host.clone();
    report.device = DeviceId(id.into());
    // The host speaks of a lost one because it hears it no longer: this is no word of the seal's.
    if !is_lost {
        report.lock = contacts(&signals, status);
        report.battery = payload.get(field::BATTERY).and_then(|&percent| battery(percent));
    }
    report.signals = signals;
    Some(heard_by(host, report))
}

/// Its status tells of rope or valve alone; that its motor moved, its events tell.
fn contacts(signals: &[Signal], status: u16) -> Lock {
    let told = signals.iter().find_map(|signal| match signal {
        Signal::Sealed => Some(true),
        Signal::Unsealed { .. } => Some(false),
        _ => None,
    });
    Lock {
        rope: Some(status & OPEN == 0),
        motor: told,
        cover: None,
    }
}

fn battery(percent: u8) -> Option<Battery> {
    (percent <= 100).then_some(Battery {
        percent: Some(percent),
        charging: false,
        battery_mv: None,
    })
}

fn unsealed(by: UnsealBy) -> Signal {
    Signal::Unsealed {
        by,
        actor: None,
        fence: None,
    }
}

/// Event bits of a padlock (manual, JT709). Bits 5 (button) and 6 (timed report) are no happening.
fn padlock(id: &str) -> Vec<(u8, Signal)> {
    Vec::from([
        (0, Signal::Sealed),
        (1, unsealed(UnsealBy::BtApp)),
        (2, Signal::CoverOpen),
        (3, unsealed(UnsealBy::Platform)),
        (4, Signal::RopeCut),
        (7, Signal::Charging),
        (8, Signal::RopeOut),
        (9, unsealed(UnsealBy::Card)),
        (
            14,
            Signal::SublockLost {
                sublock: Some(id.into()),
            },
        ),
    ])
}

/// Event bits of a valve lock (the maker's SDK). A valve is a contact like a rope: bits 0 and 1 say closed and open.
/// Bits 3 (timed report), 11 and 12 (woken) are no happening.
fn valve() -> Vec<(u8, Signal)> {
    Vec::from([
        (0, Signal::RopeIn),
        (1, Signal::RopeOut),
        (2, Signal::LowBattery),
        (4, Signal::Dismantled),
        (5, Signal::CoverOpen),
        (6, unsealed(UnsealBy::Platform)),
        (7, Signal::Sealed),
        (8, unsealed(UnsealBy::BtApp)),
        (9, Signal::RopeOut),
        (10, Signal::RopeIn),
    ])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Manual, JT709, and the maker's SDK: every event bit of a padlock and of a valve lock that is a happening.
    #[test]
    fn every_event_bit_of_a_smaller_lock_has_its_signal() {
        let lost = Signal::SublockLost {
            sublock: Some("0102030405".into()),
        };
        let padlock: Vec<(u8, Signal)> = padlock("0102030405");
        let of_padlock = [
            (0, Signal::Sealed),
            (2, Signal::CoverOpen),
            (4, Signal::RopeCut),
            (7, Signal::Charging),
            (8, Signal::RopeOut),
            (14, lost),
        ];
        assert!(of_padlock.iter().all(|row| padlock.contains(row)), "{padlock:?}");
        let valve = valve();
        let of_valve = [
            (0, Signal::RopeIn),
            (1, Signal::RopeOut),
            (2, Signal::LowBattery),
            (4, Signal::Dismantled),
            (5, Signal::CoverOpen),
            (7, Signal::Sealed),
        ];
        assert!(of_valve.iter().all(|row| valve.contains(row)), "{valve:?}");
        let opens = |table: &[(u8, Signal)]| {
            let opens = |signal: &Signal| matches!(signal, Signal::Unsealed { .. });
            table
                .iter()
                .filter(|(_, signal)| opens(signal))
                .map(|(bit, _)| *bit)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            (opens(&padlock), opens(&valve)),
            (Vec::from([1, 3, 9]), Vec::from([6, 8]))
        );
    }
}
