//! Which message is read how. The number says most of it; where makers disagree, the length or the registered dialect decides.

use super::{frame::Frame, happening, information, location, modular, reading::Reading};
use crate::profile::Dialect;

/// Reads a body into its report; nothing where the body is too short.
pub(super) type Reader = for<'a> fn(&mut Reading<'a>) -> Option<()>;

/// The numbers of messages that the session itself must know.
pub(super) mod number {
    pub const LOGIN: u8 = 0x01;
    pub const STATUS: u8 = 0x13;
    pub const ANSWER: u8 = 0x15;
    pub const LONG_ANSWER: u8 = 0x21;
    pub const HEARTBEAT: u8 = 0x23;
    pub const ADDRESS: u8 = 0x2A;
    pub const AZ_POSITION: u8 = 0x32;
    pub const AZ_ALARM: u8 = 0x33;
    pub const MODULAR_STATUS: u8 = 0x36;
    pub const MODULAR: u8 = 0x70;
    pub const COMMAND: u8 = 0x80;
    pub const LAST_COMMAND: u8 = 0x82;
    pub const TIME: u8 = 0x8A;
    pub const ADDRESS_ANSWER: u8 = 0x97;
}

/// What became of a body.
pub(super) fn read(frame: &Frame<'_>, reading: &mut Reading<'_>) {
    let Some(reader) = reader(frame, reading.dialect) else {
        return reading.odd("unknown_message");
    };
    if reader(reading).is_none() {
        reading.odd("message_too_short");
    } else if reading.body.left() != 0 {
        reading.odd("longer_than_known");
    }
}

/// Whether somebody knows how to read it.
pub(super) fn is_known(frame: &Frame<'_>) -> bool {
    let of_session = matches!(
        (frame.long, frame.message),
        (
            false,
            number::LOGIN | number::ANSWER | number::TIME | number::ADDRESS
        ) | (true, number::LONG_ANSWER)
    );
    of_session || reader(frame, Dialect::Any).is_some()
}

fn reader(frame: &Frame<'_>, dialect: Dialect) -> Option<Reader> {
    if frame.long {
        return long_reader(frame.message);
    }
    match frame.message {
        0x12 => Some(track_reader(frame.body.len(), dialect)),
        number::STATUS => Some(status_reader(frame.body.len(), dialect)),
        OLD_NETWORKS_1 | OLD_NETWORKS_2 if frame.networks.is_some() => Some(location::old_networks),
        message => short_reader(message, frame.body.len(), dialect),
    }
}

/// Wireless networks the old way; with a serial number these numbers are other messages.
const OLD_NETWORKS_1: u8 = 0x17;
const OLD_NETWORKS_2: u8 = 0x69;

/// Short messages (handbook, section 3). Lengths are those of the body: the length byte less five.
#[rustfmt::skip]
fn short_reader(message: u8, length: usize, dialect: Dialect) -> Option<Reader> {
    Some(match (message, length) {
        (0x10, _) => location::place,
        (0x11, 28) => location::wide_track,
        (0x11, 50) => location::wide_cells,
        (0x11, _) => location::one_cell,
        (0x16, 31) if is(dialect, Dialect::Vxt01) => happening::vxt01_alarm,
        (0x16, 33) if is(dialect, Dialect::Seeworld) => happening::long_cell_alarm,
        (0x16 | 0x26, _) => happening::alarm,
        (0x17, 35) => location::card_track,
        (0x18, _) => location::cells_and_perhaps_networks,
        (0x28 | 0x2E, _) => location::cells,
        (0x19, 13) => happening::cell_status,
        (0x19, _) => location::dated_cell,
        (0x1A, _) => location::place_and_phone,
        (0x1E, _) => location::place_and_cells,
        (0x22, 55) => location::marked_track,
        (0x22, 42) if is(dialect, Dialect::Seeworld) => location::seeworld_track,
        (0x22 | 0x2D, _) => location::live_track,
        (number::HEARTBEAT, _) => information::heartbeat,
        (0x24, 44) => location::counted_cells,
        (0x24, 41) => location::powered_track,
        (0x24, _) => location::cells,
        (0x25 | 0x61, 41) => location::driver_track,
        (0x27, _) => happening::fence_alarm,
        (number::ADDRESS, _) => location::place_and_phone,
        (0x2C, _) => location::cells_and_networks,
        (0x31, 37) => location::wide_live_track,
        (0x31, _) => location::live_track,
        (0x32, 34 | 36) => happening::wide_alarm,
        (0x32, _) => happening::alarm,
        (0x33, _) => location::long_cells_and_networks,
        (0x34, _) => location::x1_track,
        (number::MODULAR_STATUS, 48) => location::locked_card_track,
        (number::MODULAR_STATUS, _) => information::modular_status,
        (0x37, _) => location::module_track,
        (0x94, _) => information::power,
        (0x95, _) => happening::event,
        (0xA0, _) => location::live_track_4g,
        (0xA1, _) => location::cells_4g,
        (0xA2, 59) => location::lw_track,
        (0xA2, _) => location::cells_and_networks_4g,
        (0xA3, 19) => information::steps,
        (0xA3, _) => happening::alarm_4g,
        (0xA4, _) => happening::fence_alarm_4g,
        (0xA5, _) => happening::cell_alarm_4g,
        (0xA7, _) => location::cell_and_phone_4g,
        (0xF3, _) => location::networks,
        _ => return None,
    })
}

fn long_reader(message: u8) -> Option<Reader> {
    Some(match message {
        number::AZ_POSITION => happening::az_position,
        number::AZ_ALARM => happening::az_alarm,
        0x38 => location::module_track_4g,
        0x66 | 0x8C => information::vehicle,
        number::MODULAR => modular::read,
        0x94 => information::read,
        0x9B => information::passed_through,
        0xF2 => information::button,
        _ => return None,
    })
}

/// 0x12 has another tail with each maker. A seal of unknown make is known by the length.
fn track_reader(length: usize, dialect: Dialect) -> Reader {
    match (length, dialect) {
        (34, Dialect::Any) => location::named_track,
        (_, Dialect::Vxt01) | (31, Dialect::Any) => location::vxt01_track,
        (_, Dialect::Benway) | (28, Dialect::Any) => location::benway_track,
        (_, Dialect::S5) | (38, Dialect::Any) => location::s5_track,
        (_, Dialect::Wetrust) | (36, Dialect::Any) => location::wetrust_track,
        (_, Dialect::Gt06eCard) | (108.., Dialect::Any) => location::gt06e_track,
        _ => location::track,
    }
}

/// 0x13 as well; here four makers write five bytes each and mean another thing.
fn status_reader(length: usize, dialect: Dialect) -> Reader {
    match (length, dialect) {
        (14 | 16, _) => information::long_status,
        (_, Dialect::Lw) => information::lw_status,
        (_, Dialect::Seeworld) => information::seeworld_status,
        (_, Dialect::R11) => information::r11_status,
        _ => information::status,
    }
}

/// Whether a dialect may be this one: it is, or nothing is known.
fn is(dialect: Dialect, one: Dialect) -> bool {
    dialect == one || dialect == Dialect::Any
}
