//! What the numbered values of a record mean.
//!
//! Teltonika gives the same number to the same thing in most of its units, but not in all, and not of the same length. A number
//! of another length than the documented one is something else, and stands in the report under its number.

use alloc::{borrow::Cow, format};

use segel_model::{
    Report, Signal,
    report::{Battery, Cell, Extra},
};

use super::{record::Element, tag};
use crate::{
    cursor::{signed, unsigned},
    read::{digits, hex, put, words},
};

/// How a value is written.
#[derive(Clone, Copy)]
enum Form {
    Flag,
    Whole,
    Signed,
    /// So many make one.
    Parts(f64),
    /// Eight bytes, lowest first, as a key writes its number.
    Key,
    Hex,
    Digits,
    Words,
}

/// Number, length, name and form, in the order of the numbers (AVL ID list; those that the handbook names, and what stands in
/// nearly every record). Nothing as length is any length.
const KNOWN: [(u16, usize, &str, Form); 41] = [
    (1, 1, "input_1", Form::Flag),
    (2, 1, "input_2", Form::Flag),
    (3, 1, "input_3", Form::Flag),
    (4, 1, "input_4", Form::Flag),
    (9, 2, "analog_1_mv", Form::Whole),
    (11, 8, "iccid_1", Form::Digits),
    (14, 8, "iccid_2", Form::Digits),
    (16, 4, "odometer_m", Form::Whole),
    (17, 2, "axis_x_mg", Form::Signed),
    (18, 2, "axis_y_mg", Form::Signed),
    (19, 2, "axis_z_mg", Form::Signed),
    (21, 1, "gsm_signal", Form::Whole),
    (24, 2, "speed_kmh", Form::Whole),
    (66, 2, "external_mv", Form::Whole),
    (67, 2, "battery_mv", Form::Whole),
    (68, 2, "battery_ma", Form::Whole),
    (69, 1, "gnss_status", Form::Whole),
    (78, 8, "ibutton", Form::Key),
    (80, 1, "data_mode", Form::Whole),
    (113, 1, "battery_percent", Form::Whole),
    (116, 1, "charging", Form::Flag),
    (175, 1, "auto_geofence", Form::Whole),
    (179, 1, "output_1", Form::Flag),
    (180, 1, "output_2", Form::Flag),
    (181, 2, "pdop", Form::Parts(10.0)),
    (182, 2, "hdop", Form::Parts(10.0)),
    (199, 4, "trip_odometer_m", Form::Whole),
    (200, 1, "sleep_mode", Form::Whole),
    (205, 2, "cell", Form::Whole),
    (206, 2, "lac", Form::Whole),
    (207, 8, "rfid", Form::Hex),
    (236, 1, "alarm", Form::Flag),
    (239, 1, "ignition", Form::Flag),
    (240, 1, "movement", Form::Flag),
    (241, 4, "operator", Form::Whole),
    (246, 1, "tow", Form::Flag),
    (247, 1, "crash", Form::Whole),
    (249, 1, "jamming", Form::Flag),
    (251, 1, "idle", Form::Flag),
    (252, 1, "unplugged", Form::Flag),
    (256, 0, "vin", Form::Words),
];

/// Numbers that have a field of their own in a report, or are a signal.
mod id {
    pub const BATTERY_MV: u16 = 67;
    pub const BATTERY_PERCENT: u16 = 113;
    pub const CHARGING: u16 = 116;
    pub const FENCES: core::ops::RangeInclusive<u16> = 155..=159;
    pub const AUTO_GEOFENCE: u16 = 175;
    pub const CELL: u16 = 205;
    pub const LAC: u16 = 206;
    pub const OPERATOR: u16 = 241;
    pub const CRASH: u16 = 247;
    pub const JAMMING: u16 = 249;
    pub const WIDE_CELL: u16 = 636;
}

/// What several values say together.
#[derive(Default)]
pub(crate) struct Gathered {
    battery: Option<Battery>,
    cell: u32,
    lac: Option<u32>,
    operator: Option<u32>,
}

impl Gathered {
    /// Whether the value belongs to the battery or the cell.
    fn takes(&mut self, id: u16, value: &[u8]) -> bool {
        let number = unsigned(value) as u32;
        match (id, value.len()) {
            (id::BATTERY_MV, 2) => self.battery().battery_mv = Some(number as u16),
            (id::BATTERY_PERCENT, 1) if number <= 100 => self.battery().percent = Some(number as u8),
            (id::CHARGING, 1) => self.battery().charging = number != 0,
            (id::CELL, 2) | (id::WIDE_CELL, 4) => self.cell = self.cell.max(number),
            (id::LAC, 2) => self.lac = Some(number),
            (id::OPERATOR, 4) => self.operator = Some(number),
            _ => return false,
        }
        true
    }

    fn battery(&mut self) -> &mut Battery {
        self.battery.get_or_insert(Battery {
            percent: None,
            charging: false,
            battery_mv: None,
        })
    }

    /// Tells the report what was gathered.
    pub(crate) fn finish(self, report: &mut Report) {
        report.battery = self.battery;
        if self.battery.is_some_and(|battery| battery.charging) {
            report.signals.push(Signal::Charging);
        }
        let known = self.operator.and_then(network);
        let has_cell = self.cell != 0;
        if has_cell {
            report.cell = Some(Cell {
                mcc: known.map(|(mcc, _)| mcc),
                mnc: known.map(|(_, mnc)| mnc),
                lac: self.lac,
                cid: u64::from(self.cell),
                csq: None,
            });
        }
        // What found no place in the cell.
        let lac = self.lac.filter(|_| !has_cell);
        let operator = self.operator.filter(|_| !has_cell || known.is_none());
        for (name, value) in [("lac", lac), ("operator", operator)] {
            if let Some(value) = value.filter(|&value| value != 0) {
                put(report, name, Extra::Whole(i64::from(value)));
            }
        }
    }
}

/// Country and network of an operator's number: three digits and two, or three and three.
pub(crate) fn network(operator: u32) -> Option<(u16, u16)> {
    let (mcc, mnc) = match operator {
        10_000..=99_999 => (operator / 100, operator % 100),
        100_000..=999_999 => (operator / 1000, operator % 1000),
        _ => return None,
    };
    Some((mcc as u16, mnc as u16))
}

/// Tells a report what a value says. Gives a stable name for what is odd in it.
pub(crate) fn add(
    report: &mut Report,
    gathered: &mut Gathered,
    element: Element<'_>,
) -> Option<&'static str> {
    let Element { id, value, .. } = element;
    if gathered.takes(id, value) {
        return None;
    }
    if tag::is_list(id) {
        return add_tags(report, id, value);
    }
    if tag::add_slot(report, id, value) {
        return None;
    }
    report.signals.extend(signal(id, value));
    match KNOWN.binary_search_by_key(&id, |known| known.0) {
        Ok(at) if KNOWN[at].1 == value.len() || KNOWN[at].1 == 0 => add_known(report, KNOWN[at], value),
        _ => add_unknown(report, id, value),
    }
    None
}

fn add_tags(report: &mut Report, id: u16, value: &[u8]) -> Option<&'static str> {
    if tag::add_list(report, value) {
        return None;
    }
    add_unknown(report, id, value);
    Some("tags_do_not_fit")
}

/// What a value says happened. Fences and the auto geofence stand in a record only where somebody crossed them.
fn signal(id: u16, value: &[u8]) -> Option<Signal> {
    let &[value] = value else { return None };
    let crossed = |fence| match value {
        0 => Some(Signal::FenceOut { fence }),
        1 => Some(Signal::FenceIn { fence }),
        _ => None,
    };
    match id {
        id::AUTO_GEOFENCE => crossed(None),
        id if id::FENCES.contains(&id) => crossed(Some(id - id::FENCES.start() + 1)),
        id::CRASH => (value != 0).then_some(Signal::Vibration),
        id::JAMMING => (value != 0).then_some(Signal::Jamming),
        _ => None,
    }
}

fn add_known(report: &mut Report, (_, _, name, form): (u16, usize, &'static str, Form), value: &[u8]) {
    let said = match form {
        Form::Flag => Extra::Flag(unsigned(value) != 0),
        Form::Whole => whole(value),
        Form::Signed => Extra::Whole(signed(value)),
        Form::Parts(of_one) => Extra::Number(unsigned(value) as f64 / of_one),
        Form::Hex => Extra::Text(hex(value).into()),
        Form::Digits => Extra::Text(digits(unsigned(value), 10, 1).into()),
        Form::Words => Extra::Text(words(value).into()),
        Form::Key => Extra::Text(digits(unsigned(value).swap_bytes(), 16, 16).into()),
    };
    let nobody = matches!(form, Form::Key | Form::Hex) && unsigned(value) == 0;
    if !nobody {
        put(report, name, said);
    }
}

/// A value under its number.
pub(crate) fn add_unknown(report: &mut Report, id: u16, value: &[u8]) {
    let name = format!("io_{id}");
    let said = match value.len() {
        1 | 2 | 4 | 8 => whole(value),
        _ => Extra::Text(hex(value).into()),
    };
    put(report, Cow::Owned(name), said);
}

/// A number, or its digits where it is greater than a whole number can be.
fn whole(value: &[u8]) -> Extra {
    let number = unsigned(value);
    match i64::try_from(number) {
        Ok(number) => Extra::Whole(number),
        Err(_) => Extra::Text(digits(number, 10, 1).into()),
    }
}

#[cfg(test)]
mod tests {
    use segel_model::{DeviceId, ServerTime, report::ReportKind};

    use super::*;
    use crate::read::bare;

    fn said(values: &[(u16, &[u8])]) -> Report {
        let mut report = bare(
            DeviceId("356307042441013".into()),
            ReportKind::Record,
            ServerTime::from_unix_ms(0),
        );
        let mut gathered = Gathered::default();
        for &(id, value) in values {
            let any_length = false;
            add(
                &mut report,
                &mut gathered,
                Element {
                    id,
                    value,
                    any_length,
                },
            );
        }
        gathered.finish(&mut report);
        report
    }

    #[test]
    fn numbers_stand_in_their_order() {
        assert!(KNOWN.is_sorted_by_key(|known| known.0));
    }

    #[test]
    fn battery_and_cell_are_put_together() {
        let report = said(&[
            (67, &[0x0F, 0xCB]),
            (113, &[88]),
            (116, &[1]),
            (205, &[0x4E, 0xC1]),
            (206, &[0x00, 0x80]),
            (241, &51_010_u32.to_be_bytes()),
        ]);
        assert_eq!(
            report.battery,
            Some(Battery {
                percent: Some(88),
                charging: true,
                battery_mv: Some(4043)
            })
        );
        let cell = report.cell.unwrap();
        assert_eq!((cell.mcc, cell.mnc), (Some(510), Some(10)));
        assert_eq!((cell.lac, cell.cid), (Some(128), 0x4EC1));
        assert_eq!(report.signals, [Signal::Charging]);
        assert_eq!(network(310_260), Some((310, 260)));
        assert_eq!(network(0), None);
    }

    #[test]
    fn what_happened_is_a_signal() {
        assert_eq!(said(&[(249, &[1])]).signals, [Signal::Jamming]);
        assert_eq!(said(&[(249, &[0])]).signals, []);
        assert_eq!(said(&[(247, &[1])]).signals, [Signal::Vibration]);
        assert_eq!(said(&[(175, &[1])]).signals, [Signal::FenceIn { fence: None }]);
        assert_eq!(said(&[(175, &[0])]).signals, [Signal::FenceOut { fence: None }]);
        assert_eq!(
            said(&[(156, &[0])]).signals,
            [Signal::FenceOut { fence: Some(2) }]
        );
    }

    #[test]
    fn a_number_of_another_length_is_something_else() {
        let report = said(&[(113, &[0, 0, 0, 88]), (113, &[101]), (78, &[0; 8])]);
        assert_eq!(report.battery, None);
        assert_eq!(
            report.extra,
            [
                ("io_113".into(), Extra::Whole(88)),
                ("battery_percent".into(), Extra::Whole(101))
            ]
        );
        let key = said(&[(78, &[0x01, 0, 0x0B, 0, 0x79, 0x1C, 0x17, 0x93])]);
        assert_eq!(
            key.extra,
            [("ibutton".into(), Extra::Text("93171c79000b0001".into()))]
        );
    }
}
