//! The Bluetooth sensors that speak through a unit: at a door a magnet says whether it is closed.
//!
//! A unit tells four paired sensors by numbers of their own (*slots*), and any sensor it hears in lists. A sensor whose magnet
//! is switched on counts as the contact of a door: what it says is the cover of the seal, open or closed.

use alloc::{borrow::Cow, format};

use segel_model::{Report, Signal, report::Extra};

use crate::{
    cursor::{Cursor, signed, unsigned},
    read::{hex, put, words},
};

/// Lists of sensors (handbook of protocols, section 4).
const LISTS: [u16; 5] = [548, 10_828, 10_829, 10_831, 11_317];

/// Whether a value of this number is a list of sensors.
pub(crate) fn is_list(id: u16) -> bool {
    LISTS.contains(&id)
}

/// What a sensor measures.
#[derive(Clone, Copy)]
enum Sense {
    Rssi,
    Id,
    /// What an EYE sensor shouts, as it shouts it.
    Shout,
    Name,
    Temperature,
    Humidity,
    /// The magnet is near: a door is closed.
    Magnet,
    Motion,
    Pitch,
    Roll,
    LowBattery,
    BatteryMv,
    Address,
    Unknown(u8),
}

impl Sense {
    /// By its number in a list (handbook of protocols, section 4; 2, 5, 13 and 15 after real frames).
    const fn in_list(id: u8) -> Self {
        match id {
            0 => Self::Rssi,
            1 => Self::Id,
            2 => Self::Shout,
            5 => Self::Name,
            6 => Self::Temperature,
            7 => Self::Humidity,
            8 => Self::Magnet,
            9 => Self::Motion,
            13 => Self::LowBattery,
            14 => Self::BatteryMv,
            15 => Self::Address,
            other => Self::Unknown(other),
        }
    }

    /// By its number among the slots: four of each (AVL ID list, "Bluetooth low energy").
    fn in_slot(id: u16) -> Option<(u16, Self)> {
        let place = id.checked_sub(FIRST_SLOT)?;
        let sense = match place / 4 {
            0 => Self::Temperature,
            1 => Self::Humidity,
            2 => Self::Magnet,
            3 => Self::Motion,
            4 => Self::Pitch,
            5 => Self::LowBattery,
            6 => Self::BatteryMv,
            8 => Self::Roll,
            _ => return None,
        };
        Some((place % 4 + 1, sense))
    }

    /// Bytes of a value in a slot.
    const fn slot_length(self) -> usize {
        match self {
            Self::Temperature | Self::BatteryMv | Self::Roll => 2,
            _ => 1,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Rssi => "rssi_dbm",
            Self::Id => "id",
            Self::Shout | Self::Unknown(_) => "data",
            Self::Name => "name",
            Self::Temperature => "temperature_c",
            Self::Humidity => "humidity_percent",
            Self::Magnet => "magnet",
            Self::Motion => "motion",
            Self::Pitch => "pitch_deg",
            Self::Roll => "roll_deg",
            Self::LowBattery => "low_battery",
            Self::BatteryMv => "battery_mv",
            Self::Address => "mac",
        }
    }

    fn value(self, bytes: &[u8]) -> Extra {
        match self {
            Self::Rssi | Self::Pitch | Self::Roll => Extra::Whole(signed(bytes)),
            Self::Temperature => Extra::Number(signed(bytes) as f64 / 100.0),
            Self::Humidity | Self::BatteryMv => Extra::Whole(unsigned(bytes) as i64),
            Self::Magnet | Self::Motion | Self::LowBattery => Extra::Flag(unsigned(bytes) != 0),
            Self::Name => Extra::Text(words(bytes).into()),
            Self::Id | Self::Address | Self::Shout | Self::Unknown(_) => Extra::Text(hex(bytes).into()),
        }
    }
}

/// The first temperature of a slot.
const FIRST_SLOT: u16 = 10_800;

/// Tells a report what a paired sensor says; gives `false` where the number is none of theirs.
pub(crate) fn add_slot(report: &mut Report, id: u16, value: &[u8]) -> bool {
    match Sense::in_slot(id) {
        Some((slot, sense)) if value.len() == sense.slot_length() => {
            add(report, ("eye", usize::from(slot)), sense, value);
            true
        }
        _ => false,
    }
}

/// Tells a report what a list of sensors says. Gives `false`, and tells nothing, where its lengths do not fit.
pub(crate) fn add_list(report: &mut Report, list: &[u8]) -> bool {
    if read(list, |_, _, _| {}).is_none() {
        return false;
    }
    read(list, |tag, sense, value| add(report, ("tag", tag), sense, value)).is_some()
}

/// After one byte, for each sensor its length and its values, each with number and length.
fn read(list: &[u8], mut each: impl FnMut(usize, Sense, &[u8])) -> Option<()> {
    let mut cursor = Cursor::new(list);
    cursor.u8()?;
    for tag in 1.. {
        if cursor.rest().is_empty() {
            break;
        }
        let length = cursor.u8()?;
        let mut values = Cursor::new(cursor.take(usize::from(length))?);
        while !values.rest().is_empty() {
            let (id, length) = (values.u8()?, values.u8()?);
            each(tag, Sense::in_list(id), values.take(usize::from(length))?);
        }
    }
    Some(())
}

fn add(report: &mut Report, (kind, number): (&str, usize), sense: Sense, value: &[u8]) {
    match sense {
        Sense::Shout => return add_shout(report, (kind, number), value),
        Sense::Magnet => door(report, unsigned(value) != 0),
        _ => {}
    }
    let name = match sense {
        Sense::Unknown(id) => format!("{kind}{number}_{id}"),
        known => format!("{kind}{number}_{}", known.name()),
    };
    put(report, Cow::Owned(name), sense.value(value));
}

/// One open door is open, however many others are closed.
fn door(report: &mut Report, closed: bool) {
    let others = report.lock.cover.unwrap_or(true);
    report.lock.cover = Some(others && closed);
    if !closed && !report.signals.contains(&Signal::CoverOpen) {
        report.signals.push(Signal::CoverOpen);
    }
}

/// What an EYE sensor shouts: flags, and the values they name (EYE sensor, "sensor data").
mod shout {
    pub const TEMPERATURE: u8 = 1;
    pub const HUMIDITY: u8 = 1 << 1;
    pub const HAS_MAGNET: u8 = 1 << 2;
    pub const MAGNET: u8 = 1 << 3;
    /// Two bytes: the highest bit is set while it moves.
    pub const MOTION: u8 = 1 << 4;
    /// Pitch of one byte, roll of two.
    pub const ANGLES: u8 = 1 << 5;
    pub const LOW_BATTERY: u8 = 1 << 6;
    /// One byte, in steps of 10 mV above 2 V.
    pub const BATTERY: u8 = 1 << 7;
}

fn add_shout(report: &mut Report, tag: (&str, usize), value: &[u8]) {
    if read_shout(report, tag, value).is_none() {
        put(
            report,
            format!("{}{}_data", tag.0, tag.1),
            Extra::Text(hex(value).into()),
        );
    }
}

fn read_shout(report: &mut Report, tag: (&str, usize), value: &[u8]) -> Option<()> {
    let mut cursor = Cursor::new(value);
    let flags = cursor.u8()?;
    let has = |flag: u8| flags & flag != 0;
    if has(shout::TEMPERATURE) {
        add(report, tag, Sense::Temperature, cursor.take(2)?);
    }
    if has(shout::HUMIDITY) {
        add(report, tag, Sense::Humidity, cursor.take(1)?);
    }
    if has(shout::HAS_MAGNET) {
        add(report, tag, Sense::Magnet, &[u8::from(has(shout::MAGNET))]);
    }
    if has(shout::MOTION) {
        add(report, tag, Sense::Motion, &[cursor.take(2)?[0] >> 7]);
    }
    if has(shout::ANGLES) {
        add(report, tag, Sense::Pitch, cursor.take(1)?);
        add(report, tag, Sense::Roll, cursor.take(2)?);
    }
    if has(shout::LOW_BATTERY) {
        add(report, tag, Sense::LowBattery, &[1]);
    }
    if has(shout::BATTERY) {
        let battery_mv = 2000 + 10 * u16::from(cursor.u8()?);
        add(report, tag, Sense::BatteryMv, &battery_mv.to_be_bytes());
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use segel_model::{DeviceId, ServerTime, report::ReportKind};

    use super::*;
    use crate::read::bare;

    fn report() -> Report {
        bare(
            DeviceId("356307042441013".into()),
            ReportKind::Record,
            ServerTime::from_unix_ms(0),
        )
    }

    fn value<'a>(report: &'a Report, name: &str) -> Option<&'a Extra> {
        report
            .extra
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    #[test]
    fn the_magnet_of_a_sensor_is_a_door() {
        let mut closed = report();
        assert!(add_slot(&mut closed, 10_808, &[1]));
        assert_eq!((closed.lock.cover, closed.signals.len()), (Some(true), 0));
        let mut open = report();
        assert!(add_slot(&mut open, 10_809, &[0]) && add_slot(&mut open, 10_808, &[1]));
        assert_eq!(open.lock.cover, Some(false));
        assert_eq!(open.signals, [Signal::CoverOpen]);
        assert_eq!(open.lock.sealed(), None, "a door is no lock");
        assert_eq!(value(&open, "eye2_magnet"), Some(&Extra::Flag(false)));
    }

    #[test]
    fn a_list_names_each_sensor() {
        let list = [
            1, 9, 0, 1, 0xC6, 6, 2, 0x0C, 0x8F, 7, 0, // The second value of the first has no bytes.
            6, 8, 1, 0, 9, 1, 1,
        ];
        let mut heard = report();
        assert!(add_list(&mut heard, &list));
        assert_eq!(value(&heard, "tag1_rssi_dbm"), Some(&Extra::Whole(-58)));
        assert_eq!(value(&heard, "tag1_temperature_c"), Some(&Extra::Number(32.15)));
        assert_eq!(value(&heard, "tag2_motion"), Some(&Extra::Flag(true)));
        assert_eq!(heard.signals, [Signal::CoverOpen]);
        let mut broken = report();
        assert!(!add_list(&mut broken, &list[..list.len() - 1]));
        assert_eq!(broken, report());
    }

    /// EYE sensor, "sensor data": 0xB7 has temperature, humidity, a magnet far away, movement, angles and the battery.
    #[test]
    fn a_shout_is_read_by_its_flags() {
        let shout = [0xB7, 0x08, 0x96, 0x12, 0xCB, 0x0B, 0x0A, 0xFF, 0xFE, 0x6D];
        let mut heard = report();
        add(&mut heard, ("tag", 1), Sense::Shout, &shout);
        assert_eq!(value(&heard, "tag1_temperature_c"), Some(&Extra::Number(21.98)));
        assert_eq!(value(&heard, "tag1_humidity_percent"), Some(&Extra::Whole(18)));
        assert_eq!(value(&heard, "tag1_motion"), Some(&Extra::Flag(true)));
        assert_eq!(value(&heard, "tag1_pitch_deg"), Some(&Extra::Whole(10)));
        assert_eq!(value(&heard, "tag1_roll_deg"), Some(&Extra::Whole(-2)));
        assert_eq!(value(&heard, "tag1_battery_mv"), Some(&Extra::Whole(3090)));
        assert_eq!(heard.lock.cover, Some(false));
        let mut cut = report();
        add(&mut cut, ("tag", 1), Sense::Shout, &shout[..2]);
        assert_eq!(value(&cut, "tag1_data"), Some(&Extra::Text("b708".into())));
    }
}
