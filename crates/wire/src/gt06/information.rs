//! Signs of life, and information without a place (handbook: 0x13, 0x23, 0x36, 0x94).

use alloc::string::String;

use super::{
    location::{self, signed},
    modular,
    reading::{Reading, hex, plain_text},
    status,
};
use crate::read::measure;

/// 0x13.
pub(super) fn status(reading: &mut Reading<'_>) -> Option<()> {
    status::read(reading)
}

/// 0x13 of LW seals: volts in tenths in the low twelve bits, where others have alarm and language.
pub(super) fn lw_status(reading: &mut Reading<'_>) -> Option<()> {
    status::read_info(reading)?;
    status::read_level(reading)?;
    status::read_strength(reading)?;
    let volts_e1 = reading.body.u16()? & 0x0FFF;
    reading.number("power_v", f64::from(volts_e1) / 10.0);
    Some(())
}

/// 0x13 of Seeworld: whole volts where others have the alarm.
pub(super) fn seeworld_status(reading: &mut Reading<'_>) -> Option<()> {
    status::read_info(reading)?;
    status::read_level(reading)?;
    status::read_strength(reading)?;
    let volts = reading.body.u8()?;
    reading.number("power_v", f64::from(volts));
    reading.body.u8()?; // Language.
    Some(())
}

/// 0x13 of the R11: volts where others have the level.
pub(super) fn r11_status(reading: &mut Reading<'_>) -> Option<()> {
    location::powered_status(reading)?;
    status::read_short_alarm(reading)
}

/// 0x13 of fourteen or sixteen bytes: how the battery fares and how warm it is.
pub(super) fn long_status(reading: &mut Reading<'_>) -> Option<()> {
    status::read_info(reading)?;
    let signal = reading.body.u16()?;
    reading.whole("satellites", (signal >> 10 & 0x1F) + (signal >> 5 & 0x1F));
    reading.whole("gsm_level", signal & 0x1F);
    status::read_short_alarm(reading)?;
    reading.body.u8()?; // Language.
    let percent = reading.body.u8()?;
    reading.battery().percent = (percent <= 100).then_some(percent);
    let mode = reading.body.u8()?;
    reading.whole("working_mode", mode);
    let volts_e2 = reading.body.u16()?;
    reading.battery_volts_e2(volts_e2);
    reading.body.u8()?; // Reserved.
    let times = reading.body.u16()?;
    reading.whole("working_times", times);
    if reading.body.left() == 4 {
        let time = reading.body.u16()?;
        reading.whole("working_time", time);
    }
    let temperature = reading.body.u16()?;
    reading.number("temperature_c", signed(temperature) / 10.0);
    Some(())
}

/// 0x23: the information byte, volts and strength where there are any.
pub(super) fn heartbeat(reading: &mut Reading<'_>) -> Option<()> {
    let info = reading.body.u8()?;
    status::read_heartbeat_info(reading, info);
    if 2 <= reading.body.left() {
        let volts_e2 = reading.body.u16()?;
        reading.battery_volts_e2(volts_e2);
    }
    if 1 <= reading.body.left() {
        status::read_strength(reading)?;
    }
    Some(())
}

/// 0x36: the state and modules.
pub(super) fn modular_status(reading: &mut Reading<'_>) -> Option<()> {
    status::read(reading)?;
    modular::read_short(reading)
}

/// Short 0x94: volts.
pub(super) fn power(reading: &mut Reading<'_>) -> Option<()> {
    let volts_e2 = reading.body.u16()?;
    reading.power_volts_e2(volts_e2);
    Some(())
}

/// 0xA3 of nineteen bytes: steps.
pub(super) fn steps(reading: &mut Reading<'_>) -> Option<()> {
    let before = reading.body.take(9)?;
    reading.text("before_steps", hex(before));
    let steps = reading.body.u32()?;
    reading.whole("steps", steps);
    reading.rest_as("behind_steps");
    Some(())
}

/// What a message 0x94 tells (manual, "information types").
mod sort {
    pub const POWER: u8 = 0x00;
    pub const STATE: u8 = 0x04;
    pub const DOOR: u8 = 0x05;
    pub const NUMBERS: u8 = 0x0A;
    /// Volts, or in one byte the generation of the network.
    pub const POWER_OR_NETWORK: u8 = 0x0B;
    pub const FUEL: u8 = 0x0D;
    pub const CARD: u8 = 0x1B;
    pub const CLIMATE: u8 = 0x1E;
}

/// 0x94: what sort, and its value.
pub(super) fn read(reading: &mut Reading<'_>) -> Option<()> {
    let sort = reading.body.u8()?;
    reading.whole("information", sort);
    match sort {
        sort::POWER => power(reading),
        sort::STATE => state(reading),
        sort::DOOR => door(reading),
        sort::NUMBERS => numbers(reading),
        sort::POWER_OR_NETWORK if reading.body.left() == 1 => network(reading),
        sort::POWER_OR_NETWORK => power(reading),
        sort::FUEL => fuel(reading),
        sort::CARD => card(reading),
        sort::CLIMATE => climate(reading),
        _ => {
            reading.odd("unknown_information");
            reading.rest_as("data");
            Some(())
        }
    }
}

/// Settings and switches as `NAME=value;`.
fn state(reading: &mut Reading<'_>) -> Option<()> {
    let text = plain_text(reading.body.take_rest());
    for (name, word) in [
        ("ALM1", "alarm_switches_1"),
        ("ALM2", "alarm_switches_2"),
        ("ALM3", "alarm_switches_3"),
        ("ALM4", "alarm_switches_4"),
        ("STA1", "state_1"),
        ("DYD", "cut_off_state"),
    ] {
        if let Some(value) = setting(&text, name) {
            reading.whole(word, value);
        }
    }
    reading.text("state", text);
    Some(())
}

fn setting(text: &str, name: &str) -> Option<i64> {
    let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.into_iter().find(|(known, _)| *known == name)?;
    i64::from_str_radix(value, 16).ok()
}

/// Manual, "door status": bit 0 open, bit 1 what triggers it, bit 2 an input.
fn door(reading: &mut Reading<'_>) -> Option<()> {
    if 6 < reading.body.left() {
        reading.clock()?;
    }
    let said = reading.body.u8()?;
    reading.flag("door_open", said & 1 != 0);
    reading.flag("door_trigger_high", said & 1 << 1 != 0);
    reading.flag("input_1", said & 1 << 2 != 0);
    Some(())
}

fn numbers(reading: &mut Reading<'_>) -> Option<()> {
    location::imei(reading)?;
    modular::imsi(reading)?;
    modular::iccid(reading)
}

fn network(reading: &mut Reading<'_>) -> Option<()> {
    let newer = reading.body.u8()? != 0;
    reading.word("network", if newer { "4G" } else { "2G" });
    Some(())
}

/// A sensor's own line, with or without a time before it.
fn fuel(reading: &mut Reading<'_>) -> Option<()> {
    if reading.body.rest().first() != Some(&b'!') {
        reading.clock()?;
    }
    let line = plain_text(reading.body.take_rest());
    let field = |at: usize| line.split(',').nth(at).map(str::as_bytes).and_then(measure);
    if let Some(degrees) = field(3) {
        reading.number("temperature_c", degrees);
    }
    if let Some(level) = field(6) {
        reading.number("fuel_level", level);
    }
    reading.text("sensor", line);
    Some(())
}

/// A card: in words, or head, sort, four bytes, sum and foot, or as it is.
fn card(reading: &mut Reading<'_>) -> Option<()> {
    let said = reading.body.take_rest();
    match said {
        [first, ..] if first.is_ascii_alphabetic() => reading.text("card", plain_text(said)),
        [0x02, _, card @ .., _, 0x03] => reading.text("card", hex(card)),
        _ => reading.text("card", hex(said)),
    }
    Some(())
}

fn climate(reading: &mut Reading<'_>) -> Option<()> {
    let temperature = reading.body.u32()? as i32;
    reading.number("temperature_c", f64::from(temperature) / 10.0);
    let humidity = reading.body.u32()?;
    reading.number("humidity_percent", f64::from(humidity) / 10.0);
    Some(())
}

/// 0x9B: what something on the seal's cable said, as words where it is words.
pub(super) fn passed_through(reading: &mut Reading<'_>) -> Option<()> {
    let device = reading.body.u8()?;
    reading.whole("cable_device", device);
    let said = reading.body.take_rest();
    let is_words = said
        .iter()
        .all(|byte| (0x20..0x7F).contains(byte) || byte.is_ascii_whitespace());
    let text = if is_words { plain_text(said) } else { hex(said) };
    reading.text("cable", text);
    Some(())
}

/// Behind the words of a vehicle's computer stands a place that is documented nowhere.
const BEHIND_VEHICLE: usize = 12;

/// 0x66 and 0x8C: what the vehicle's own computer said.
pub(super) fn vehicle(reading: &mut Reading<'_>) -> Option<()> {
    reading.clock()?;
    let ignition = reading.body.u8()? != 0;
    reading.flag("ignition", ignition);
    let words = reading.body.left().checked_sub(BEHIND_VEHICLE)?;
    let text = String::from_utf8_lossy(reading.body.take(words)?).into_owned();
    reading.text("vehicle", text);
    reading.rest_as("behind_vehicle");
    Some(())
}

/// Bytes before the words of a button: time, place and address, documented nowhere.
const BEFORE_BUTTON: usize = 31;

/// 0xF2: a button near the seal.
pub(super) fn button(reading: &mut Reading<'_>) -> Option<()> {
    let before = reading.body.take(BEFORE_BUTTON)?;
    reading.text("before_button", hex(before));
    let words = plain_text(reading.body.take_rest());
    reading.text("button", words);
    Some(())
}
