//! Where the seal is: positions, cells and wireless networks, each message with the tail its maker gave it.

use super::{
    cell::{self, Width},
    modular,
    place::{self, Place},
    reading::{Reading, hex, plain_text},
    status,
};
use crate::{
    jointech::place::Said,
    read::{bcd, digits},
};

/// Cells that a message without a count tells: one and six neighbours.
const CELLS: usize = 7;

/// 0x10: nothing but the place.
pub(super) fn place(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)
}

/// 0x12: place and cell; old makers put the upload bytes or the mileage behind them.
pub(super) fn track(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)?;
    cell::read(reading, Width::Narrow)?;
    tail(reading)
}

fn tail(reading: &mut Reading<'_>) -> Option<()> {
    match reading.body.left() {
        3 => upload(reading),
        4 => mileage(reading),
        7 => {
            upload(reading)?;
            mileage(reading)
        }
        _ => Some(()),
    }
}

/// Ignition, why it was sent, and whether it was kept while the seal could not send (manual, "location packet").
fn upload(reading: &mut Reading<'_>) -> Option<()> {
    ignition(reading)?;
    let reason = reading.body.u8()?;
    reading.whole("upload_reason", reason);
    reading.report.backfill = reading.body.u8()? != 0;
    Some(())
}

fn ignition(reading: &mut Reading<'_>) -> Option<()> {
    let on = reading.body.u8()? != 0;
    reading.flag("ignition", on);
    Some(())
}

pub(super) fn mileage(reading: &mut Reading<'_>) -> Option<()> {
    let metres = reading.body.u32()?;
    reading.whole("mileage_m", metres);
    Some(())
}

/// 0x22 and 0x2D.
pub(super) fn live_track(reading: &mut Reading<'_>) -> Option<()> {
    live(reading, Width::Narrow)
}

/// 0xA0.
pub(super) fn live_track_4g(reading: &mut Reading<'_>) -> Option<()> {
    live(reading, Width::FourG)
}

fn live(reading: &mut Reading<'_>, width: Width) -> Option<()> {
    place::read(reading)?;
    cell::read(reading, width)?;
    if reading.body.left() == 0 {
        return Some(());
    }
    upload(reading)?;
    if reading.body.left() < 4 {
        return Some(());
    }
    mileage(reading)
}

/// 0x31 of the SL4X: also how high it is.
pub(super) fn wide_live_track(reading: &mut Reading<'_>) -> Option<()> {
    live(reading, Width::Wide)?;
    altitude(reading)
}

pub(super) fn altitude(reading: &mut Reading<'_>) -> Option<()> {
    let metres = reading.body.i16()?;
    if let Some(fix) = &mut reading.report.fix {
        fix.altitude_m = Some(f32::from(metres));
    }
    Some(())
}

/// 0x37: modules behind the upload bytes, or only the mileage.
pub(super) fn module_track(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)?;
    cell::read(reading, Width::Narrow)?;
    if reading.body.left() == 0 {
        return Some(());
    }
    upload(reading)?;
    if reading.body.left() == 4 {
        return mileage(reading);
    }
    modular::read_short(reading)
}

/// Long 0x38, not documented: place, three bytes, cell, two bytes, modules.
pub(super) fn module_track_4g(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)?;
    undocumented(reading, 3, "before_cell")?;
    cell::read(reading, Width::FourG)?;
    undocumented(reading, 2, "behind_cell")?;
    modular::read_short(reading)
}

fn undocumented(reading: &mut Reading<'_>, count: usize, name: &'static str) -> Option<()> {
    let bytes = reading.body.take(count)?;
    reading.text(name, hex(bytes));
    Some(())
}

/// 0x11 of the SL4X.
pub(super) fn wide_track(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)?;
    cell::read(reading, Width::Wide)
}

/// 0x12 that begins with the IMEI again.
pub(super) fn named_track(reading: &mut Reading<'_>) -> Option<()> {
    imei(reading)?;
    track(reading)
}

/// Fifteen digits behind a nought.
pub(super) fn imei(reading: &mut Reading<'_>) -> Option<()> {
    let bytes = reading.body.take(8)?;
    if let Some(number) = bcd(bytes) {
        reading.text("imei", digits(number, 10, 15));
    }
    Some(())
}

/// 0x12 of the VXT01: state without an alarm of its own.
pub(super) fn vxt01_track(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)?;
    cell::read(reading, Width::Narrow)?;
    powered_status(reading)?;
    reading.body.u8()?; // Alarms once more, which this maker leaves empty.
    Some(())
}

/// Information, volts from outside, signal strength.
pub(super) fn powered_status(reading: &mut Reading<'_>) -> Option<()> {
    status::read_info(reading)?;
    let volts_e2 = reading.body.u16()?;
    reading.power_volts_e2(volts_e2);
    status::read_strength(reading)
}

/// 0x12 of Benway: one word of inputs, a temperature or a voltage.
pub(super) fn benway_track(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)?;
    cell::read(reading, Width::Narrow)?;
    let word = reading.body.u16()?;
    reading.flag("ignition", word & 1 << 15 != 0);
    reading.flag("input_2", word & 1 << 14 != 0);
    if word & 1 << 12 == 0 {
        let scale = if word & 1 << 13 == 0 { 0.1 } else { 1.0 };
        reading.number("analog_v", f64::from(word & 0x03FF) * scale);
    } else {
        let degrees = i64::from(word & 0x01FF);
        let below = word & 1 << 9 != 0;
        reading.whole("temperature_c", if below { -degrees } else { degrees });
    }
    Some(())
}

/// 0x12 of the S5.
pub(super) fn s5_track(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)?;
    cell::read(reading, Width::Narrow)?;
    powered_status(reading)?;
    status::read_short_alarm(reading)?;
    let oil = reading.body.u16()?;
    reading.whole("oil", oil);
    let temperature = reading.body.u8()?;
    let degrees = i64::from(temperature & 0x7F);
    reading.whole(
        "temperature_c",
        if temperature & 0x80 == 0 {
            degrees
        } else {
            -degrees
        },
    );
    let tens = reading.body.u32()?;
    reading.whole("mileage_m", i64::from(tens) * 10);
    Some(())
}

/// 0x12 of Wetrust: a driver's card.
pub(super) fn wetrust_track(reading: &mut Reading<'_>) -> Option<()> {
    driver_card(reading)?;
    let driven = reading.body.u16()?;
    reading.whole("driving_time", driven);
    Some(())
}

/// 0x12 of the GT06E with a card reader.
pub(super) fn gt06e_track(reading: &mut Reading<'_>) -> Option<()> {
    driver_card(reading)
}

fn driver_card(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)?;
    cell::read(reading, Width::Narrow)?;
    mileage(reading)?;
    let length = usize::from(reading.body.u8()?);
    let card = plain_text(reading.body.take(length)?);
    if !card.is_empty() {
        reading.text("card", card);
    }
    let alarm = reading.body.u8()?;
    reading.whole("card_alarm", alarm);
    let status = reading.body.u8()?;
    reading.whole("card_status", status);
    Some(())
}

/// 0x17 with a card.
pub(super) fn card_track(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)?;
    cell::read(reading, Width::Narrow)?;
    card(reading)?;
    let valid = reading.body.u8()?;
    reading.whole("card_valid", valid);
    Some(())
}

/// Eight bytes of a card; zeros where there was none.
pub(super) fn card(reading: &mut Reading<'_>) -> Option<()> {
    let card = reading.body.take(8)?;
    if card != [0; 8] {
        reading.text("card", hex(card));
    }
    Some(())
}

/// 0x36 with a card.
pub(super) fn locked_card_track(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)?;
    cell::read(reading, Width::LongCell)?;
    ignition(reading)?;
    mileage(reading)?;
    let percent = reading.body.u16()?;
    reading.battery().percent = u8::try_from(percent).ok().filter(|percent| *percent <= 100);
    status::read_strength(reading)?;
    let event = reading.body.u8()?;
    reading.whole("event", event);
    let volts_e1 = reading.body.u8()?;
    reading.battery_volts_e2(u16::from(volts_e1) * 10);
    undocumented(reading, 3, "before_card")?;
    card(reading)
}

/// 0x25 and 0x61: the IMEI again and who drives.
pub(super) fn driver_track(reading: &mut Reading<'_>) -> Option<()> {
    imei(reading)?;
    place::read(reading)?;
    cell::read(reading, Width::Narrow)?;
    undocumented(reading, 3, "before_driver")?;
    let driver = reading.body.u32()?;
    if driver != 0 {
        reading.text("driver", digits(u64::from(driver), 10, 1));
    }
    Some(())
}

/// 0x22 that begins with a marker, the IMEI and the time of sending.
pub(super) fn marked_track(reading: &mut Reading<'_>) -> Option<()> {
    reading.body.u8()?;
    imei(reading)?;
    undocumented(reading, 6, "sent")?;
    place::read(reading)?;
    // The cell has eight bytes whatever its length says.
    reading.body.u8()?;
    cell::read(reading, Width::Narrow)?;
    status::read_info(reading)?;
    let volts_e2 = reading.body.u16()?;
    reading.power_volts_e2(volts_e2);
    let volts_e1 = reading.body.u8()?;
    reading.battery_volts_e2(u16::from(volts_e1) * 10);
    status::read_strength(reading)?;
    status::read_short_alarm(reading)?;
    reading.body.u8()?; // Language.
    mileage(reading)?;
    undocumented(reading, 2, "behind_mileage")
}

/// 0x22 of Seeworld: also how warm and how damp it is.
pub(super) fn seeworld_track(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)?;
    cell::read(reading, Width::LongCell)?;
    upload(reading)?;
    mileage(reading)?;
    let travelled = reading.body.u32()?;
    reading.whole("travel_time", travelled);
    let temperature = reading.body.u16()?;
    reading.number("temperature_c", signed(temperature) / 100.0);
    let humidity = reading.body.u16()?;
    reading.number("humidity_percent", f64::from(humidity) / 100.0);
    Some(())
}

/// The highest bit says below zero.
pub(super) fn signed(value: u16) -> f64 {
    let size = f64::from(value & 0x7FFF);
    if value & 0x8000 == 0 { size } else { -size }
}

/// 0x24 of the SR411: what feeds it.
pub(super) fn powered_track(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)?;
    cell::read(reading, Width::Narrow)?;
    ignition(reading)?;
    volts(reading)
}

/// Volts from outside, volts of its own battery.
fn volts(reading: &mut Reading<'_>) -> Option<()> {
    let power_e2 = reading.body.u16()?;
    reading.power_volts_e2(power_e2);
    let battery_e2 = reading.body.u16()?;
    reading.battery_volts_e2(battery_e2);
    Some(())
}

/// 0x34 of the X1.
pub(super) fn x1_track(reading: &mut Reading<'_>) -> Option<()> {
    undocumented(reading, 4, "data_and_alarm")?;
    place::read(reading)?;
    undocumented(reading, 2, "terminal")?;
    mileage(reading)?;
    cell::read(reading, Width::LongCell)?;
    let driver = reading.body.u32()?;
    if driver != 0 {
        reading.text("driver", digits(u64::from(driver), 10, 1));
    }
    volts(reading)?;
    ports(reading)
}

/// Names of the analog inputs.
const ANALOG: [&str; 4] = ["analog_1_v", "analog_2_v", "analog_3_v", "analog_4_v"];

fn ports(reading: &mut Reading<'_>) -> Option<()> {
    let ports = reading.body.u32()?;
    let (input, output) = (reading.body.u8()?, reading.body.u8()?);
    reading.whole("input", input);
    reading.whole("output", output);
    for at in 0..(ports >> 20) & 0x0F {
        let volts_e2 = reading.body.u16()?;
        if let Some(name) = ANALOG.get(at as usize) {
            reading.number(name, f64::from(volts_e2) / 100.0);
        }
    }
    Some(())
}

/// 0xA2 of fourth-generation LW seals, which elsewhere is wireless networks.
pub(super) fn lw_track(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)?;
    cell::read(reading, Width::FourG)?;
    let generation = reading.body.u8()?;
    reading.whole("network", generation);
    status::read_info(reading)?;
    let power_e2 = reading.body.u16()?;
    reading.power_volts_e2(power_e2);
    status::read_level(reading)?;
    status::read_strength(reading)?;
    status::read_short_alarm(reading)?;
    reading.body.u8()?; // Language.
    mileage(reading)?;
    let seconds = reading.body.u32()?;
    reading.whole("engine_s", seconds);
    imei(reading)?;
    let input = reading.body.u16()?;
    reading.whole("input", input);
    Some(())
}

/// 0x1A and 0x2A: a place for somebody who asked by telephone.
pub(super) fn place_and_phone(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)?;
    phone(reading);
    Some(())
}

/// 0xA7: the same by cell.
pub(super) fn cell_and_phone_4g(reading: &mut Reading<'_>) -> Option<()> {
    cell::read(reading, Width::FourG)?;
    phone(reading);
    Some(())
}

fn phone(reading: &mut Reading<'_>) {
    let phone = plain_text(reading.body.take_rest());
    if !phone.is_empty() {
        reading.text("phone", phone);
    }
}

/// 0x1E: a place and seven cells.
pub(super) fn place_and_cells(reading: &mut Reading<'_>) -> Option<()> {
    place::read(reading)?;
    cell::read_many(reading, Width::Narrow, CELLS)?;
    advance(reading)?;
    language(reading)
}

/// Timing advance.
fn advance(reading: &mut Reading<'_>) -> Option<()> {
    let advance = reading.body.u8()?;
    reading.whole("timing_advance", advance);
    Some(())
}

/// A language may follow.
fn language(reading: &mut Reading<'_>) -> Option<()> {
    if 2 <= reading.body.left() {
        reading.body.take(2)?;
    }
    Some(())
}

/// 0x18: seven cells, and wireless networks where there is room for more than a language.
pub(super) fn cells_and_perhaps_networks(reading: &mut Reading<'_>) -> Option<()> {
    many_cells(reading, Width::Narrow, CELLS)?;
    if reading.body.left() <= 2 {
        return language(reading);
    }
    counted_networks(reading)?;
    language(reading)
}

/// 0x24, 0x28 and 0x2E: seven cells.
pub(super) fn cells(reading: &mut Reading<'_>) -> Option<()> {
    many_cells(reading, Width::Narrow, CELLS)?;
    language(reading)
}

/// 0xA1.
pub(super) fn cells_4g(reading: &mut Reading<'_>) -> Option<()> {
    many_cells(reading, Width::FourG, CELLS)?;
    language(reading)
}

fn many_cells(reading: &mut Reading<'_>, width: Width, count: usize) -> Option<()> {
    reading.clock()?;
    cell::read_many(reading, width, count)?;
    advance(reading)
}

/// 0x2C: seven cells and wireless networks.
pub(super) fn cells_and_networks(reading: &mut Reading<'_>) -> Option<()> {
    many_cells(reading, Width::Narrow, CELLS)?;
    counted_networks(reading)
}

/// 0xA2.
pub(super) fn cells_and_networks_4g(reading: &mut Reading<'_>) -> Option<()> {
    many_cells(reading, Width::FourG, CELLS)?;
    counted_networks(reading)
}

/// Short 0x33: six cells and wireless networks.
pub(super) fn long_cells_and_networks(reading: &mut Reading<'_>) -> Option<()> {
    many_cells(reading, Width::LongCell, CELLS - 1)?;
    counted_networks(reading)
}

fn counted_networks(reading: &mut Reading<'_>) -> Option<()> {
    let count = usize::from(reading.body.u8()?);
    cell::read_wifi(reading, count)
}

/// 0x24 of Wanway: the timing advance comes first, and the cells are counted.
pub(super) fn counted_cells(reading: &mut Reading<'_>) -> Option<()> {
    reading.clock()?;
    advance(reading)?;
    cell::read_listed(reading, Width::Narrow)
}

/// 0x11 of the SL4X without a position: the timing advance comes first.
pub(super) fn wide_cells(reading: &mut Reading<'_>) -> Option<()> {
    reading.clock()?;
    advance(reading)?;
    cell::read_many(reading, Width::Wide, CELLS)?;
    language(reading)
}

/// 0x11 of old seals: one cell.
pub(super) fn one_cell(reading: &mut Reading<'_>) -> Option<()> {
    if 14 <= reading.body.left() {
        reading.clock()?;
    }
    cell::read(reading, Width::Narrow)
}

/// 0x19 of the Space10X: one cell with a time, and three bytes not documented.
pub(super) fn dated_cell(reading: &mut Reading<'_>) -> Option<()> {
    reading.clock()?;
    cell::read(reading, Width::LongCell)?;
    reading.rest_as("behind_cell");
    Some(())
}

/// 0xF3: wireless networks alone.
pub(super) fn networks(reading: &mut Reading<'_>) -> Option<()> {
    reading.clock()?;
    let count = usize::from(reading.body.u8()?);
    cell::read_wifi_addresses(reading, count)
}

/// 0x17 and 0x69 of old seals. Their time is in binary-coded decimal; the session knows how many networks there are.
pub(super) fn old_networks(reading: &mut Reading<'_>) -> Option<()> {
    let time: [u8; 6] = reading.body.array()?;
    let pair = |byte: u8| bcd(&[byte]).map_or(0xFF, |value| value as u8);
    let [year, month, day, hour, minute, second] = time.map(pair);
    reading.say_clock(Said::from_two_digits([day, month, year, hour, minute, second]));
    let count = usize::from(reading.networks);
    cell::read_wifi(reading, count)?;
    let cells = usize::from(reading.body.u8()?);
    cell::read_many(reading, Width::Old, cells)
}

/// The short block of an event: no satellites, no speed.
pub(super) fn short_place(reading: &mut Reading<'_>) -> Option<()> {
    reading.clock()?;
    let (latitude, longitude) = (reading.body.u32()?, reading.body.u32()?);
    let flags = reading.body.u16()?;
    let place = Place {
        latitude,
        longitude,
        speed_kmh: None,
        flags,
        satellites: None,
        altitude_m: None,
    };
    place::set(reading, &place);
    Some(())
}
