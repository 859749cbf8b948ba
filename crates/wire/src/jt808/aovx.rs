//! AOVX: cargo trackers that are used again and again. No lock: where the cargo is, and how it is treated.

use segel_model::{
    Signal,
    report::{Battery, Extra},
};

use super::{
    cells::{self, Layout, Number},
    fields::{Field, lower_hex, put_words},
    reading::{Reading, battery},
};
use crate::read::{digits, u16_at, u32_at};

/// Country, network, cell, area, strength: as frames of real devices show.
const CELL: Layout = Layout {
    length: 13,
    mcc: 0,
    mnc: Number::Two(2),
    cid: Number::Four(4),
    lac: Number::Four(8),
};

/// Event byte of the sensors: it was moved.
const MOTION: u8 = 2;
/// State byte of the battery: it is being charged.
const CHARGING: u8 = 2;
/// How many bytes of settings of the accelerometer follow where bit 4 of the sensors is set.
const SETTINGS: usize = 10;

/// Reads a field of AOVX's. Says whether it is one.
pub(crate) fn read(reading: &mut Reading, (which, value): Field<'_>) -> bool {
    match (which, value) {
        (0xF0, all) => return CELL.read_all(reading, all),
        (0xF2, text) => put_words(reading, "firmware", text),
        (0xF4, networks) => return networks.is_empty() || cells::wifi(reading, networks),
        (0xF6, &[event, mask, ref sensors @ ..]) => {
            reading.put("sensor_event", Extra::Whole(event.into()));
            if event == MOTION {
                reading.put("motion", Extra::Flag(true));
            }
            if measured(reading, mask, sensors).is_none() {
                reading.odd("field_too_short");
            }
        }
        (0xF7, &[_, _, _, _, state, percent]) => power(reading, value, state, percent),
        (0xF8, &[mode, ref numbers @ ..]) if 18 <= numbers.len() => named(reading, mode, numbers),
        _ => return false,
    }
    true
}

/// Reads what a mask says is there, one after the other. Nothing where it is not all there.
fn measured(reading: &mut Reading, mask: u8, mut rest: &[u8]) -> Option<()> {
    let has = |bit: u32| mask & 1 << bit != 0;
    if has(0) {
        reading.put("light", Extra::Whole(u16_at(take(&mut rest, 2)?, 0)?.into()));
    }
    for (bit, name) in [(1, "temperature_c"), (2, "humidity_percent")] {
        if has(bit) {
            let tenths = u16_at(take(&mut rest, 2)?, 0)?.cast_signed();
            reading.put(name, Extra::Number(f64::from(tenths) / 10.0));
        }
    }
    if has(3) {
        let axes = take(&mut rest, 6)?;
        for (name, at) in [
            ("acceleration_x", 0),
            ("acceleration_y", 2),
            ("acceleration_z", 4),
        ] {
            reading.put(name, Extra::Whole(u16_at(axes, at)?.cast_signed().into()));
        }
    }
    if has(4) {
        take(&mut rest, SETTINGS)?;
    }
    if !rest.is_empty() {
        // Pressure and others, whose form is not told.
        reading.put("other_sensors", Extra::Text(lower_hex(rest).into()));
    }
    Some(())
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

fn power(reading: &mut Reading, value: &[u8], state: u8, percent: u8) {
    let battery_mv = u32_at(value, 0).and_then(|value| value.try_into().ok());
    *battery(&mut reading.report) = Battery {
        percent: (percent <= 100).then_some(percent),
        charging: state == CHARGING,
        battery_mv,
    };
    reading.put("battery_state", Extra::Whole(state.into()));
    if state == CHARGING {
        reading.signal(Signal::Charging);
    }
}

/// IMEI and number of the card, in binary-coded decimal, and the model in words.
fn named(reading: &mut Reading, mode: u8, numbers: &[u8]) {
    let (imei, rest) = numbers.split_at(8);
    let (iccid, model) = rest.split_at(10);
    reading.put("mode", Extra::Whole(mode.into()));
    if let Some(imei) = imei_of(imei) {
        reading.put("imei", Extra::Text(imei.into()));
    }
    reading.put("iccid", Extra::Text(lower_hex(iccid).into()));
    put_words(reading, "model", model);
}

/// Fifteen digits in eight bytes.
pub(crate) fn imei_of(bytes: &[u8]) -> Option<alloc::string::String> {
    let number = crate::read::bcd(bytes).filter(|number| *number != 0 && bytes.len() == 8)?;
    Some(digits(number, 10, 15))
}
