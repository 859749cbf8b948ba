//! Alarms and events: a place, a cell, the state, and what happened.

use segel_model::Signal;

use super::{
    cell::{self, Width},
    location,
    place::{self, Place},
    reading::{Reading, hex, plain_text},
    status,
};

/// 0x16 and 0x26.
pub(super) fn alarm(reading: &mut Reading<'_>) -> Option<()> {
    place_and_status(reading, Width::Narrow)?;
    tail(reading)
}

/// 0x16 of Seeworld.
pub(super) fn long_cell_alarm(reading: &mut Reading<'_>) -> Option<()> {
    place_and_status(reading, Width::LongCell)
}

/// Short 0x32 of the SL4X: also how high it is.
pub(super) fn wide_alarm(reading: &mut Reading<'_>) -> Option<()> {
    place_and_status(reading, Width::Wide)?;
    if reading.body.left() < 2 {
        return Some(());
    }
    location::altitude(reading)
}

/// 0xA3.
pub(super) fn alarm_4g(reading: &mut Reading<'_>) -> Option<()> {
    place_and_status(reading, Width::FourG)?;
    tail(reading)
}

/// 0x27: one of many fences.
pub(super) fn fence_alarm(reading: &mut Reading<'_>) -> Option<()> {
    fenced(reading, Width::Narrow)
}

/// 0xA4.
pub(super) fn fence_alarm_4g(reading: &mut Reading<'_>) -> Option<()> {
    fenced(reading, Width::FourG)
}

fn fenced(reading: &mut Reading<'_>, width: Width) -> Option<()> {
    place_and_status(reading, width)?;
    if reading.body.left() == 0 {
        return Some(());
    }
    let fence = reading.body.u8()?;
    status::say_fence(reading, fence);
    tail(reading)
}

fn place_and_status(reading: &mut Reading<'_>, width: Width) -> Option<()> {
    place::read(reading)?;
    cell::read_counted(reading, width, status::LENGTH)?;
    status::read(reading)
}

/// The mileage or a card may follow.
fn tail(reading: &mut Reading<'_>) -> Option<()> {
    match reading.body.left() {
        4 => location::mileage(reading),
        8 => location::card(reading),
        _ => Some(()),
    }
}

/// 0x16 of the VXT01: its cell has no length and its state no alarm of its own.
pub(super) fn vxt01_alarm(reading: &mut Reading<'_>) -> Option<()> {
    location::vxt01_track(reading)?;
    reading.rest_as("behind_state");
    Some(())
}

/// 0x19: no place.
pub(super) fn cell_status(reading: &mut Reading<'_>) -> Option<()> {
    cell::read(reading, Width::Narrow)?;
    status::read(reading)
}

/// 0xA5 of the LL301 and others: no place.
pub(super) fn cell_alarm_4g(reading: &mut Reading<'_>) -> Option<()> {
    cell::read(reading, Width::FourG)?;
    status::read(reading)
}

/// What opens the body of a JC400.
const JC400: [u8; 2] = [0xFF, 0xFF];
/// Bytes of an event that tells only its time.
const WITHOUT_PLACE: usize = 7;

/// 0x95 of cameras: an event with or without a place, and the names of what was filmed.
pub(super) fn event(reading: &mut Reading<'_>) -> Option<()> {
    let placed = WITHOUT_PLACE < reading.body.left();
    if reading.body.rest().starts_with(&JC400) {
        jc400_place(reading)?;
    } else if placed {
        location::short_place(reading)?;
    } else {
        reading.clock()?;
    }
    let event = reading.body.u8()?;
    reading.whole("event", event);
    if let Some((word, signal)) = event_meaning(event, placed) {
        reading.word("alarm", word);
        signal.into_iter().for_each(|signal| reading.signal(signal));
    }
    if placed {
        reading.body.take(2)?;
    }
    let files = plain_text(reading.body.take_rest());
    if !files.is_empty() {
        reading.text("files", files);
    }
    Some(())
}

/// The JC400 writes the speed behind the course, in two bytes.
fn jc400_place(reading: &mut Reading<'_>) -> Option<()> {
    reading.body.take(3)?; // The mark and its version.
    reading.clock()?;
    let satellites = Some(reading.body.u8()? & 0x0F);
    let (latitude, longitude) = (reading.body.u32()?, reading.body.u32()?);
    let flags = reading.body.u16()?;
    let speed_kmh = Some(reading.body.u16()?);
    let place = Place {
        latitude,
        longitude,
        speed_kmh,
        flags,
        satellites,
        altitude_m: None,
    };
    place::set(reading, &place);
    let volts_e1 = reading.body.u16()?;
    reading.number("power_v", f64::from(volts_e1) / 10.0);
    Some(())
}

fn event_meaning(event: u8, placed: bool) -> Option<(&'static str, Option<Signal>)> {
    Some(match event {
        0x01 if placed => ("sos", None),
        0x01 => ("general", None),
        0x0E => ("low_power", Some(Signal::LowBattery)),
        0x76 => ("temperature", None),
        0x80 => ("vibration", Some(Signal::Vibration)),
        0x87 => ("overspeed", None),
        0x88 => ("power_cut", None),
        0x90 => ("acceleration", None),
        0x91 => ("braking", None),
        0x92 => ("cornering", None),
        0x93 => ("collision", None),
        _ => return None,
    })
}

/// Long 0x32 of the AZ735.
pub(super) fn az_position(reading: &mut Reading<'_>) -> Option<()> {
    let status = az(reading)?;
    reading.whole("status", status);
    az_extension(reading)
}

/// Long 0x33 of the AZ735.
pub(super) fn az_alarm(reading: &mut Reading<'_>) -> Option<()> {
    let alarm = az(reading)?;
    reading.whole("status", alarm);
    status::say_az_alarm(reading, alarm);
    az_extension(reading)
}

/// Time, place, cell with its strength, neighbours and networks, each behind its length; then the state.
fn az(reading: &mut Reading<'_>) -> Option<u8> {
    reading.clock()?;
    if reading.body.u8()? != 0 {
        place::read_undated(reading)?;
    }
    let has_cell = reading.body.rest().first() != Some(&0);
    cell::read_counted(reading, Width::Narrow, 0)?;
    if has_cell {
        let rssi = reading.body.u8()?;
        reading.whole("cell_rssi", rssi);
    }
    let length = usize::from(reading.body.u8()?);
    cell::read_neighbours(reading, length)?;
    let length = usize::from(reading.body.u8()?);
    cell::read_wifi(reading, length / 7)?;
    reading.body.u8()
}

fn az_extension(reading: &mut Reading<'_>) -> Option<()> {
    let length = usize::from(reading.body.u8()?);
    let extension = reading.body.take(length)?;
    if !extension.is_empty() {
        reading.text("extension", hex(extension));
    }
    Some(())
}
