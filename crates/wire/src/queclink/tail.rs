//! What stands behind the last place: battery, mileage, inputs.

use alloc::{borrow::Cow, format};

use segel_model::{
    Report,
    report::{Battery, Extra, Extras},
};

use super::{
    message::{Lead, Message, hex},
    model::Family,
    report::{level, percent, put, put_field, put_rest, put_text},
    words,
};

/// The name under which satellites wait to be put into the fix.
pub(crate) const SATELLITES: &str = "satellites";

/// Battery trackers' kinds that end with the battery (manual, "general position report").
const WITH_BATTERY: [&str; 14] = [
    "GTFRI", "GTERI", "GTGEO", "GTSPD", "GTSOS", "GTRTL", "GTPNL", "GTNMR", "GTDIS", "GTDOG", "GTIGL",
    "GTSTR", "GTCTN", "GTWIF",
];

/// Models that write the battery elsewhere than at the end: how many fields behind the cell.
const BATTERY_AT: [(&str, usize); 3] = [("DE", 3), ("2E", 3), ("C3", 1)];
/// The model that has no battery among its analogue inputs, and two fields for its contacts.
const GV200: &str = "35";

/// The fewest fields behind a place in a fixed report of a vehicle's unit.
const VEHICLE_TAIL: usize = 5;

/// Extensions of the extended report: the lowest bits of its mask.
mod extension {
    pub const FUEL: u64 = 1;
    pub const TEMPERATURE: u64 = 1 << 1;
}
/// The most temperature sensors believed.
const SENSORS: usize = 8;
/// Degrees of one step of a sensor.
const STEP_C: f64 = 1.0 / 16.0;

/// Reads the tail.
pub(crate) fn read(message: &Message<'_>, tail: &[&[u8]], report: &mut Report) {
    if tail.is_empty() || message.lead == Lead::Answer || words::is_read_elsewhere(message.kind) {
        return;
    }
    // No vehicle's unit says so little; a model that nobody knows is told by it.
    let is_short = message.kind == "GTFRI" && tail.len() < VEHICLE_TAIL;
    match message.model().family() {
        Family::Vehicle if !is_short => read_vehicle(message, tail, report),
        _ => read_asset(message, tail, report),
    }
}

fn read_asset(message: &Message<'_>, tail: &[&[u8]], report: &mut Report) {
    if WITH_BATTERY.contains(&message.kind) && report.battery.is_none() {
        report.battery = asset_battery(message, tail);
    }
    let mileage = tail[..tail.len().min(2)]
        .iter()
        .find(|field| field.contains(&b'.'));
    put_field(
        &mut report.extra,
        "mileage_km",
        mileage.copied().unwrap_or_default(),
    );
    let is_plain = |at: usize, field: &[u8]| {
        field.is_empty() || field == b"00" || field.contains(&b'.') || at == battery_at(message, tail)
    };
    if !tail.iter().enumerate().all(|(at, field)| is_plain(at, field)) {
        put_rest(&mut report.extra, "tail", tail);
    }
}

fn battery_at(message: &Message<'_>, tail: &[&[u8]]) -> usize {
    let known = BATTERY_AT.iter().find(|(code, _)| message.model().is(code));
    known.map_or(tail.len() - 1, |(_, at)| *at)
}

fn asset_battery(message: &Message<'_>, tail: &[&[u8]]) -> Option<Battery> {
    let at = battery_at(message, tail);
    // A single field behind the cell is reserved, or a mileage.
    let field = tail.get(at).filter(|_| 1 < tail.len())?;
    percent(field).map(level)
}

/// A vehicle's tail begins with a mask of what is appended to the place: satellites, and what made the unit look for them.
fn read_vehicle(message: &Message<'_>, tail: &[&[u8]], report: &mut Report) {
    let mask = hex(tail[0]).filter(|_| tail[0].len() == 2).unwrap_or_default();
    let mut rest = &tail[1..];
    if mask & 1 != 0
        && let Some((satellites, behind)) = rest.split_first()
    {
        put_field(&mut report.extra, SATELLITES, satellites);
        rest = behind;
    }
    if mask & 2 != 0
        && let Some((trigger, behind)) = rest.split_first()
    {
        put_field(&mut report.extra, "fix_trigger", trigger);
        rest = behind;
    }
    match message.kind {
        "GTFRI" | "GTERI" => read_state(message, rest, report),
        _ => {
            let mileage = rest.iter().rfind(|field| field.contains(&b'.'));
            put_field(
                &mut report.extra,
                "mileage_km",
                mileage.copied().unwrap_or_default(),
            );
        }
    }
}

/// Mileage, hours, one to three analogue inputs, battery, then the state in six hexadecimal letters.
fn read_state(message: &Message<'_>, rest: &[&[u8]], report: &mut Report) {
    let at = |index: usize| rest.get(index).copied().unwrap_or_default();
    put_field(&mut report.extra, "mileage_km", at(0));
    put_text(&mut report.extra, "hours", at(1));
    let is_state = |field: &&[u8]| field.len() == 6 && field.iter().all(u8::is_ascii_hexdigit);
    let found = rest.iter().skip(2).position(is_state).map(|index| index + 2);
    let Some(state) = found else {
        return read_without_state(message, rest, report);
    };
    let inputs = rest.get(2..state.saturating_sub(1)).unwrap_or_default();
    for (name, field) in ["adc1", "adc2", "adc3"].into_iter().zip(inputs) {
        put_field(&mut report.extra, name, field);
    }
    if 2 < state {
        report.battery = percent(at(state - 1)).map(level);
    }
    put_state(&mut report.extra, at(state));
    read_behind_state(message, &rest[state + 1..], report);
}

/// Units of little say: the battery is the fifth field, the motion state the sixth.
fn read_without_state(message: &Message<'_>, rest: &[&[u8]], report: &mut Report) {
    let at = |index: usize| rest.get(index).copied().unwrap_or_default();
    if message.model().is(GV200) {
        return put_contacts(&mut report.extra, at(5), at(6));
    }
    report.battery = percent(at(4)).map(level);
    put_motion(&mut report.extra, at(5));
}

/// Motion state, inputs and outputs: two letters each. The lowest input is the ignition.
fn put_state(extra: &mut Extras, state: &[u8]) {
    let (pairs, _) = state.as_chunks::<2>();
    if let [motion, inputs, outputs] = pairs {
        put_motion(extra, motion);
        put_contacts(extra, inputs, outputs);
    }
}

/// A bit for each contact.
pub(crate) fn put_contacts(extra: &mut Extras, inputs: &[u8], outputs: &[u8]) {
    for (name, field) in [("inputs", inputs), ("outputs", outputs)] {
        if let Some(bits) = hex(field) {
            put(extra, name, Extra::Whole(bits as i64));
        }
    }
}

/// The motion state, and the ignition that it tells.
pub(crate) fn put_motion(extra: &mut Extras, motion: &[u8]) {
    put_text(extra, "motion_state", motion);
    if let Some(on) = words::ignition(motion) {
        put(extra, "ignition", Extra::Flag(on));
    }
}

fn read_behind_state(message: &Message<'_>, behind: &[&[u8]], report: &mut Report) {
    if message.kind == "GTERI" {
        return read_extensions(behind, report);
    }
    if message.model().says_vin() {
        for (name, field) in ["rpm", "fuel_consumption", "fuel_percent"]
            .into_iter()
            .zip(behind)
        {
            put_field(&mut report.extra, name, field);
        }
    }
}

/// Fuel and temperatures behind the kind of the outer device; what other extensions say is kept as it is written.
fn read_extensions(behind: &[&[u8]], report: &mut Report) {
    let mask = mask(&report.extra);
    let mut rest = behind.iter().skip(1).copied();
    if mask & extension::FUEL != 0
        && let Some(fuel) = rest.next().and_then(hex)
    {
        put(&mut report.extra, "fuel", Extra::Whole(fuel as i64));
    }
    if mask & extension::TEMPERATURE != 0 {
        let sensors = rest.next().and_then(percent).unwrap_or_default();
        for sensor in 1..=usize::from(sensors).min(SENSORS) {
            let [_id, _kind, data] = [rest.next(), rest.next(), rest.next()];
            put_temperature(&mut report.extra, sensor, data.unwrap_or_default());
        }
    }
    put_rest(&mut report.extra, "extensions", behind);
}

fn put_temperature(extra: &mut Extras, sensor: usize, data: &[u8]) {
    if let Some(steps) = hex(data).and_then(|steps| u16::try_from(steps).ok()) {
        let celsius = f64::from(steps as i16) * STEP_C;
        extra.push((
            Cow::Owned(format!("temperature_{sensor}_c")),
            Extra::Number(celsius),
        ));
    }
}

fn mask(extra: &Extras) -> u64 {
    let found = extra.iter().find(|(name, _)| name == "mask");
    match found {
        Some((_, Extra::Text(mask))) => hex(mask.as_bytes()).unwrap_or_default(),
        _ => 0,
    }
}
