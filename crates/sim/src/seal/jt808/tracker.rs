//! What every terminal says: where it is, in twenty-eight bytes, and what makers of trackers put behind that.

use super::Edition;
use crate::seal::bytes::clock;
use crate::seal::moment::Moment;

/// Seconds by which the standard's clock is ahead of UTC: it is Beijing's.
pub(super) const BEIJING_S: i64 = 8 * 3600;

/// Bits of the alarm word.
mod alarm {
    pub const LOW_POWER: u32 = 1 << 7;
    /// Not the standard's, but of many makers.
    pub const TAKEN_OFF: u32 = 1 << 16;
    pub const LIGHT: u32 = 1 << 17;
}

/// Bits of the state word.
mod state {
    pub const FIX: u32 = 1 << 1;
    pub const SOUTH: u32 = 1 << 2;
    pub const WEST: u32 = 1 << 3;
    pub const DOOR_LOCKED: u32 = 1 << 12;
}

/// Bits of BSJ that are missing where there is an alarm.
const BSJ_TAKEN_OFF: u32 = 1 << 12;

/// A field: which, how long, what.
pub(super) fn push_field(to: &mut Vec<u8>, which: u8, value: &[u8]) {
    to.extend([which, value.len() as u8]);
    to.extend(value);
}

/// Alarm, state, latitude, longitude, height, speed, course, time.
pub(super) fn location_at(moment: &Moment, alarm: u32, status: u32, ahead_s: i64) -> Vec<u8> {
    let mut bytes = alarm.to_be_bytes().to_vec();
    bytes.extend(status.to_be_bytes());
    bytes.extend(((moment.lat.abs() * 1e6).round() as u32).to_be_bytes());
    bytes.extend(((moment.lon.abs() * 1e6).round() as u32).to_be_bytes());
    bytes.extend(12_i16.to_be_bytes());
    bytes.extend(((moment.speed_kmh * 10.0).round() as u16).to_be_bytes());
    bytes.extend((moment.course_deg.rem_euclid(360.0) as u16).to_be_bytes());
    let binary_coded = |number: u8| ((number / 10) << 4) | (number % 10);
    bytes.extend(clock(moment.unix_s + ahead_s).map(binary_coded));
    bytes
}

/// The same by Beijing's time.
pub(super) fn location(moment: &Moment, alarm: u32, status: u32) -> Vec<u8> {
    location_at(moment, alarm, status, BEIJING_S)
}

/// Whether it has a fix, and on which side of equator and meridian.
pub(super) fn place_bits(moment: &Moment) -> u32 {
    let bit = |set: bool, bit: u32| if set { bit } else { 0 };
    bit(moment.fixed, state::FIX) | bit(moment.lat < 0.0, state::SOUTH) | bit(moment.lon < 0.0, state::WEST)
}

/// The standard's state.
pub(super) fn status(moment: &Moment) -> u32 {
    let locked = if moment.status.locked {
        state::DOOR_LOCKED
    } else {
        0
    };
    place_bits(moment) | locked
}

fn low_power(moment: &Moment) -> u32 {
    if moment.status.battery_low {
        alarm::LOW_POWER
    } else {
        0
    }
}

/// Signal strength and satellites.
pub(super) fn push_radio(to: &mut Vec<u8>, moment: &Moment) {
    push_field(to, 0x30, &[23]);
    push_field(to, 0x31, &[moment.satellites]);
}

/// The standard and a battery.
pub(super) fn plain(moment: &Moment) -> Vec<u8> {
    let taken_off = if moment.status.cover_alarm {
        alarm::TAKEN_OFF
    } else {
        0
    };
    let mut body = location(moment, low_power(moment) | taken_off, status(moment));
    push_field(&mut body, 0x01, &(moment.mileage_km * 10).to_be_bytes());
    push_radio(&mut body, moment);
    push_field(&mut body, 0xFE, &[moment.battery_percent.min(100)]);
    body
}

/// Field EB holds fields of its own, each with a length and a kind of two bytes.
pub(super) fn bsj(moment: &Moment) -> Vec<u8> {
    let mut body = location(moment, low_power(moment), status(moment));
    push_radio(&mut body, moment);
    let missing = if moment.status.cover_alarm {
        BSJ_TAKEN_OFF
    } else {
        0
    };
    let mut inside = Vec::new();
    let mut push = |kind: u16, value: &[u8]| {
        inside.extend((value.len() as u16 + 2).to_be_bytes());
        inside.extend(kind.to_be_bytes());
        inside.extend(value);
    };
    push(0x0089, &(!missing).to_be_bytes());
    push(0x00C5, &u32::MAX.to_be_bytes());
    push(0x002D, &battery_mv(moment).to_be_bytes());
    push(0x00A8, &[moment.battery_percent.min(100)]);
    push_field(&mut body, 0xEB, &inside);
    body
}

/// Battery, sensors, names. Light says that it was opened.
pub(super) fn aovx(moment: &Moment) -> Vec<u8> {
    let light = if moment.status.cover_alarm {
        alarm::LIGHT
    } else {
        0
    };
    let mut body = location(moment, low_power(moment) | light, place_bits(moment));
    push_radio(&mut body, moment);
    push_field(&mut body, 0xF2, b"AOVX_GL100_1.0");
    // No event; light, temperature and humidity follow.
    let lux: u16 = if moment.status.cover_alarm { 480 } else { 0 };
    let sensors = [lux, 285, 630].map(u16::to_be_bytes).concat();
    push_field(&mut body, 0xF6, &[&[0, 0b0000_0111][..], &sensors].concat());
    let battery = u32::from(battery_mv(moment)).to_be_bytes();
    push_field(
        &mut body,
        0xF7,
        &[&battery[..], &[0, moment.battery_percent.min(100)]].concat(),
    );
    body
}

/// A cell that is empty at 3.3 V and full at 4.2 V.
pub(super) fn battery_mv(moment: &Moment) -> u16 {
    3300 + 9 * u16::from(moment.battery_percent.min(100))
}

/// Province and city, then maker, model and terminal in fields of the edition, the colour and number of a plate.
pub(super) fn registration(edition: Edition, device: &str) -> Vec<u8> {
    let (maker, model, terminal) = match edition {
        Edition::Of2013 => (5, 20, 7),
        Edition::Of2019 => (11, 30, 30),
    };
    let own_number = &device[device.len() - 7..];
    let mut body = vec![0, 31, 0, 72];
    for (text, length) in [("SEGEL", maker), ("SIM-808", model), (own_number, terminal)] {
        body.extend(text.bytes());
        body.resize(body.len() + length - text.len(), 0);
    }
    body.push(1);
    body.extend(b"H 1834 KA");
    body
}

/// The cell, and its area.
pub(super) fn push_cell(to: &mut Vec<u8>) {
    to.extend(0x015A_2B67_u32.to_be_bytes());
    to.extend(0x0CE3_u16.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::moment::testing::{hex, moment};

    /// Counted out by hand from the standard, "basic position information": no alarm; a fix, south, locked; millionths of a degree;
    /// 12 m, 37.0 km/h, course 90; midnight in Beijing.
    #[test]
    fn a_position_is_the_bytes_of_the_table() {
        let moment = moment();
        assert_eq!(
            hex(&location(&moment, 0, status(&moment))),
            "00000000 00001006 0069e109 0694ef51 000c 0172 005a 251125000000".replace(' ', "")
        );
    }

    #[test]
    fn a_registration_has_the_length_of_its_edition() {
        let plate = "H 1834 KA".len();
        assert_eq!(registration(Edition::Of2013, "000000000007").len(), 37 + plate);
        assert_eq!(
            registration(Edition::Of2019, "00000000000000000007").len(),
            76 + plate
        );
    }
}
