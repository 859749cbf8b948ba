//! Jointech's locks: JT709 in the standard's position, JT705 in messages of its own. Their clocks are in UTC.

use super::tracker::{battery_mv, location_at, place_bits, push_cell, push_field, push_radio};
use crate::seal::jointech::push_time_and_place;
use crate::seal::moment::{Happening, Moment};

/// Bits of JT709's alarm word.
const LOW_POWER: u32 = 1 << 7;
const COVER_OPENED: u32 = 1 << 16;
/// Bits of its state word; a set bit is an open contact.
const BACK_COVER: u32 = 1 << 7;
const SATELLITES: u32 = 1 << 18;
const ROPE_OPEN: u32 = 1 << 20;
const MOTOR_OPEN: u32 = 1 << 21;
const WOKEN_BY_FROM: u32 = 24;
/// JT705 of today.
const PRODUCT: u8 = 3;
/// Its alarm word: the battery is low.
const LOW_BATTERY: u16 = 1 << 3;
/// It opened, outside any fence.
const SUCCESS: u8 = 101;
/// Stands for the password, which a lock writes in clear text.
const PASSWORD: &[u8; 6] = b"888888";

/// Field 0B: what sort of event, and by which card or password.
pub(super) fn event(what: Happening) -> Option<Vec<u8>> {
    let by_password = |sort: u8| [&[sort][..], PASSWORD, &[SUCCESS]].concat();
    let wrong_password = |sort: u8| [&[sort][..], PASSWORD].concat();
    Some(match what {
        Happening::StaticPassword { right: true } => by_password(0x01),
        Happening::DynamicPassword { right: true } => by_password(0x02),
        Happening::Bluetooth => by_password(0x05),
        Happening::StaticPassword { right: false } => wrong_password(0x06),
        Happening::DynamicPassword { right: false } => wrong_password(0x07),
        Happening::RopeCut => vec![0x0C],
        Happening::AutoLocked => vec![0x0D],
        Happening::RopePulled => vec![0x1C],
        Happening::Card(card) => [&[0x22][..], &card.to_be_bytes(), &[SUCCESS]].concat(),
        Happening::IllegalCard(card) => [&[0x23][..], &card.to_be_bytes()].concat(),
        Happening::CoverOpened => return None,
    })
}

/// A position of JT709, with an event where there is one.
pub(super) fn position(moment: &Moment, event: Option<&[u8]>) -> Vec<u8> {
    let bit = |set: bool, bit: u32| if set { bit } else { 0 };
    let lock = moment.status;
    let alarm = bit(lock.battery_low, LOW_POWER) | bit(lock.cover_alarm, COVER_OPENED);
    let status = place_bits(moment)
        | bit(moment.fixed, SATELLITES)
        | bit(!lock.cover_closed, BACK_COVER)
        | bit(!lock.rope_in, ROPE_OPEN)
        | bit(!lock.locked, MOTOR_OPEN)
        | u32::from(moment.woken_by) << WOKEN_BY_FROM;
    let mut body = location_at(moment, alarm, status, 0);
    push_radio(&mut body, moment);
    push_field(&mut body, 0xD4, &[moment.battery_percent]);
    push_field(&mut body, 0xD5, &(battery_mv(moment) / 10).to_be_bytes());
    push_field(&mut body, 0xF9, &[0, 4]);
    // Country, network, cell, area.
    let mut cell = vec![0x01, 0xFE, 10];
    push_cell(&mut cell);
    push_field(&mut body, 0xFD, &cell);
    push_field(&mut body, 0xFE, &(moment.mileage_km * 1000).to_be_bytes());
    if let Some(event) = event {
        push_field(&mut body, 0x0B, event);
    }
    body
}

/// A record of JT705, with an event where there is one.
pub(super) fn own_record(moment: &Moment, event: Option<&[u8]>) -> Vec<u8> {
    let mut body = Vec::new();
    push_time_and_place(&mut body, moment);
    body.push((moment.speed_kmh / 1.852).round().clamp(0.0, 255.0) as u8);
    body.push((moment.course_deg.rem_euclid(360.0) / 2.0) as u8);
    body.extend([23, moment.satellites]);
    body.extend(moment.mileage_km.to_be_bytes());
    body.push(moment.battery_percent.min(100));
    push_cell(&mut body);
    body.push(PRODUCT);
    // What its states mean is told nowhere.
    body.extend([0, 0]);
    let alarm = if moment.status.battery_low { LOW_BATTERY } else { 0 };
    body.extend(alarm.to_be_bytes());
    push_field(&mut body, 0x02, &12_i16.to_be_bytes());
    push_field(&mut body, 0x0A, &[0x01, 0xFE, 10]);
    push_field(&mut body, 0x10, &[moment.woken_by]);
    if let Some(event) = event {
        push_field(&mut body, 0x0B, event);
    }
    body
}
