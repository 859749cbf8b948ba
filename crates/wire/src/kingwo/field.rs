//! The fields of a message, each by its letter (handbook, section 8).

use alloc::{
    borrow::Cow,
    format,
    string::{String, ToString},
};

use segel_model::{
    DeviceTime, Report, Signal,
    report::{Battery, Cell, Extra, Fix},
};

use super::{frame::Frame, place};
use crate::{
    jointech::place::{KMH_PER_KNOT, Said},
    read::{digits, number},
};

/// Fields that are read; a lock says a dozen.
const FIELDS: usize = 48;
/// Neighbours that are shown.
const CELLS: usize = 16;

/// A message on its way to become a report.
pub(super) struct Reading<'a> {
    pub(super) report: Report,
    /// What is strange in it.
    pub(super) oddity: Option<&'static str>,
    frame: &'a Frame<'a>,
    clock_ahead_min: i16,
    /// Values that belong into the fix, which another field may bring later.
    speed_kmh: Option<f32>,
    altitude_m: Option<f32>,
    satellites: Option<u8>,
}

/// Reads all fields.
pub(super) fn read<'a>(frame: &'a Frame<'a>, report: Report, clock_ahead_min: i16) -> Reading<'a> {
    let mut reading = Reading {
        report,
        oddity: None,
        frame,
        clock_ahead_min,
        speed_kmh: None,
        altitude_m: None,
        satellites: None,
    };
    reading.text("code", show(frame.code));
    if frame.code.starts_with(TRANSPARENT) {
        reading.transparent();
        return reading;
    }
    for (letter, value) in frame.fields().take(FIELDS) {
        reading.field(letter, value);
    }
    if FIELDS < frame.fields().count() {
        reading.odd("too_many_fields");
    }
    reading.finish_fix();
    reading
}

/// The code of what a seal passes on (handbook, "GY").
const TRANSPARENT: &[u8] = b"GY";
/// What it passes on of a card.
const CARD: [u8; 2] = [0x40, 0x09];

impl Reading<'_> {
    fn field(&mut self, letter: u8, value: &[u8]) {
        match letter {
            b'A' => self.place(value),
            b'B' => self.state(value),
            b'C' => self.mileage(value),
            b'E' => self.device_time(value),
            b'F' => self.speed(value),
            b'G' => self.altitude_m = number::<i32>(value).map(|tenths| tenths as f32 / 10.0),
            b'I' => self.counted_cells(value, 4),
            b'J' => self.temperature(value),
            b'M' => self.battery_tenths(value),
            b'N' => self.strength(value),
            b'O' => self.satellites = pair(value, 0),
            b'P' => self.cell(value),
            b'R' if self.is_lock() => {
                self.strength(value);
                self.satellites = pair(value, 2);
            }
            b'T' if value.len() <= 3 => self.battery_percent(number(value)),
            b'V' => self.scaled("power_v", value, 10.0),
            b'W' => self.alarm_word(value),
            b'X' if value.starts_with(b"(") => self.groups(value),
            b'X' => self.listed_cells(value),
            b'Y' if value.len() == 5 => self.scaled("power_v", value, 1000.0),
            b'Y' => self.counted_cells(value, 8),
            b'b' if 3 < value.len() => self.text("serial", show(&value[3..])),
            b'd' => self.scaled("analog_1_v", value, 100.0),
            b'l' => self.lock(value),
            _ => self.unknown(letter, value),
        }
    }

    /// Some letters mean another thing in trackers of other makers.
    fn is_lock(&self) -> bool {
        self.frame.maker == *b"HQ"
    }

    fn odd(&mut self, what: &'static str) {
        self.oddity = self.oddity.or(Some(what));
    }

    fn put(&mut self, name: &'static str, value: Extra) {
        self.report.extra.push((Cow::Borrowed(name), value));
    }

    fn text(&mut self, name: &'static str, value: String) {
        self.put(name, Extra::Text(value.into()));
    }

    fn flag(&mut self, name: &'static str, set: bool) {
        if set {
            self.put(name, Extra::Flag(true));
        }
    }

    fn scaled(&mut self, name: &'static str, value: &[u8], scale: f64) {
        match number::<u32>(value) {
            Some(value) => self.put(name, Extra::Number(f64::from(value) / scale)),
            None => self.odd("no_such_number"),
        }
    }

    fn place(&mut self, value: &[u8]) {
        let Some((said, fix)) = place::read(value) else {
            return self.odd("no_such_place");
        };
        self.clock(said);
        if fix.is_none() {
            self.odd("no_such_place");
        }
        self.report.fix = fix;
    }

    fn clock(&mut self, said: Said) {
        let ahead_ms = i64::from(self.clock_ahead_min) * 60_000;
        self.report.time = said
            .time()
            .map(|time| DeviceTime::from_unix_ms(time.unix_ms - ahead_ms));
        if said.is_unset() {
            self.report.signals.push(Signal::ClockUnset);
        }
        if said == Said::Nonsense {
            self.odd("no_such_time");
        }
    }

    /// E: the time alone, where there is no place: yymmddhhmmss.
    fn device_time(&mut self, value: &[u8]) {
        let pairs = [4, 2, 0, 6, 8, 10].map(|at| pair(value, at));
        let said = match pairs {
            [
                Some(day),
                Some(month),
                Some(year),
                Some(hour),
                Some(minute),
                Some(second),
            ] => Said::from_two_digits([day, month, year, hour, minute, second]),
            _ => Said::Nonsense,
        };
        if self.report.time.is_none() {
            self.clock(said);
        }
    }

    /// B: five characters of state, five of alarms, each four bits above `0`.
    fn state(&mut self, value: &[u8]) {
        self.text("state", show(value));
        let Some(alarms) = value.get(5..10).map(nibbles) else {
            return self.odd("state_too_short");
        };
        let [first, second, _, fourth, _] = *alarms.as_slice() else {
            return self.odd("no_such_state");
        };
        self.flag("sos", first & 1 != 0);
        self.flag("moved", first & 1 << 3 != 0);
        self.flag("overspeed", second & 1 << 2 != 0);
        let told = [
            (first & 1 << 2, Signal::Vibration),
            (fourth & 1 << 1, Signal::Dismantled),
            (fourth & 1 << 2, Signal::LowBattery),
        ];
        told.into_iter()
            .filter(|(bit, _)| *bit != 0)
            .for_each(|(_, signal)| self.signal(signal));
    }

    fn signal(&mut self, signal: Signal) {
        if !self.report.signals.contains(&signal) {
            self.report.signals.push(signal);
        }
    }

    /// W: two digits, of which bit 2 is tampering. Longer ones are documented nowhere.
    fn alarm_word(&mut self, value: &[u8]) {
        if value.len() != 2 {
            return self.unknown(b'W', value);
        }
        match number::<u8>(value) {
            Some(word) if word & 1 << 2 != 0 => self.signal(Signal::Dismantled),
            Some(_) => {}
            None => self.odd("no_such_number"),
        }
    }

    /// C: hexadecimal whose digits run on behind `9`; half seconds of an arc at one knot.
    fn mileage(&mut self, value: &[u8]) {
        let nibbles = nibbles(value);
        if nibbles.len() != value.len() || 12 < nibbles.len() {
            return self.odd("no_such_mileage");
        }
        let units = nibbles
            .iter()
            .fold(0_i64, |sum, nibble| sum << 4 | i64::from(*nibble));
        self.put("mileage_m", Extra::Whole(units * 2 * 1852 / 3600));
    }

    /// F: tenths of a knot, finer than the place says.
    fn speed(&mut self, value: &[u8]) {
        let tenths = number::<u32>(value);
        self.speed_kmh = tenths.map(|tenths| (f64::from(tenths) / 10.0 * KMH_PER_KNOT) as f32);
    }

    fn finish_fix(&mut self) {
        let Some(fix) = &mut self.report.fix else { return };
        *fix = Fix {
            speed_kmh: self.speed_kmh.or(fix.speed_kmh),
            altitude_m: self.altitude_m,
            satellites: self.satellites,
            ..*fix
        };
    }

    fn battery_percent(&mut self, percent: Option<u8>) {
        match percent.filter(|percent| *percent <= 100) {
            None => self.odd("no_such_battery_level"),
            percent => {
                self.report.battery = Some(Battery {
                    percent,
                    charging: false,
                    battery_mv: None,
                });
            }
        }
    }

    /// M: tenths of a per cent in three digits; four are a sensor's.
    fn battery_tenths(&mut self, value: &[u8]) {
        if value.len() != 3 {
            return self.unknown(b'M', value);
        }
        self.battery_percent(number::<u16>(value).and_then(|tenths| u8::try_from(tenths / 10).ok()));
    }

    /// J: a sensor's number, whether it is below zero, four digits of tenths.
    fn temperature(&mut self, value: &[u8]) {
        let (Some(sign), Some(tenths), 6) =
            (value.get(1), value.get(2..).and_then(number::<u32>), value.len())
        else {
            return self.unknown(b'J', value);
        };
        let degrees = f64::from(tenths) / 10.0;
        let below = sign & 1 != 0;
        self.put(
            "temperature_c",
            Extra::Number(if below { -degrees } else { degrees }),
        );
    }

    fn strength(&mut self, value: &[u8]) {
        if let Some(strength) = pair(value, 0) {
            // R and N both tell one, and seldom the same.
            let is_told = self.report.extra.iter().any(|(name, _)| name == "csq");
            let name = if is_told { "csq_n" } else { "csq" };
            self.put(name, Extra::Whole(i64::from(strength)));
        }
    }

    /// P: four digits of country and of network, area and cell in hexadecimal.
    fn cell(&mut self, value: &[u8]) {
        let cell = (|| {
            Some(Cell {
                mcc: number(value.get(..4)?),
                mnc: number(value.get(4..8)?),
                lac: Some(hexadecimal(value.get(8..12)?)? as u32),
                cid: hexadecimal(value.get(12..16)?)?,
                csq: None,
            })
        })();
        match cell {
            Some(_) => self.report.cell = cell,
            None => self.unknown(b'P', value),
        }
    }

    /// I and Y: how many, country, network, then area, cell of so many digits and strength of each.
    fn counted_cells(&mut self, value: &[u8], width: usize) {
        let network = (value.get(1..4).and_then(number), value.get(4..6).and_then(number));
        let (Some(count), (Some(mcc), Some(mnc))) = (value.get(..1).and_then(number::<usize>), network)
        else {
            return self.odd("no_such_cell");
        };
        let each = 4 + width + 2;
        if value.len() != 6 + count * each {
            return self.odd("no_such_cell");
        }
        let cells = value[6..].chunks(each).filter_map(|cell| {
            let (lac, rest) = cell.split_at_checked(4)?;
            let (cid, strength) = rest.split_at_checked(width)?;
            Some((hexadecimal(lac)?, hexadecimal(cid)?, number::<i32>(strength)?))
        });
        self.cells((mcc, mnc), cells);
    }

    /// X: country, network, then area, cell and strength of each, in plain numbers.
    fn listed_cells(&mut self, value: &[u8]) {
        let mut parts = value.splitn(3, |&byte| byte == b',');
        let (Some(mcc), Some(mnc), Some(rest)) = (
            parts.next().and_then(number),
            parts.next().and_then(number),
            parts.next(),
        ) else {
            return self.odd("no_such_cell");
        };
        let cells = rest.split(|&byte| byte == b';').filter_map(|cell| {
            let mut parts = cell.split(|&byte| byte == b',');
            let (lac, cid) = (number(parts.next()?)?, number(parts.next()?)?);
            Some((lac, cid, number(parts.next()?)?))
        });
        self.cells((mcc, mnc), cells);
    }

    fn cells(&mut self, (mcc, mnc): (u16, u16), mut cells: impl Iterator<Item = (u64, u64, i32)>) {
        let Some((lac, cid, strength)) = cells.next() else {
            return;
        };
        self.report.cell = Some(Cell {
            mcc: Some(mcc),
            mnc: Some(mnc),
            lac: u32::try_from(lac).ok(),
            cid,
            csq: None,
        });
        self.put("cell_rssi", Extra::Whole(i64::from(strength)));
        let others = cells.take(CELLS).map(|(lac, cid, strength)| {
            let [lac, cid] = [lac, cid].map(|value| digits(value, 10, 1));
            [lac, cid, strength.to_string()].join("/")
        });
        let others: alloc::vec::Vec<String> = others.collect();
        if !others.is_empty() {
            self.text("neighbour_cells", others.join(" "));
        }
    }

    /// X with brackets: the SIM card, the cards that may open, Bluetooth, and what is documented nowhere.
    fn groups(&mut self, value: &[u8]) {
        let (mut cards, mut others) = (String::new(), String::new());
        for group in show(value).split(['(', ')']).filter(|group| !group.is_empty()) {
            if let Some(iccid) = group.strip_prefix('k') {
                self.text("iccid", iccid.into());
            } else if let Some(card) = group.strip_prefix("PICAUTHORIZE,") {
                add(&mut cards, card.split_once(',').map_or(card, |(_, card)| card));
            } else if let Some(address) = group.strip_prefix("PBLE,") {
                self.text("bluetooth", address.into());
            } else {
                add(&mut others, group);
            }
        }
        if !cards.is_empty() {
            self.text("authorised_cards", cards);
        }
        if !others.is_empty() {
            self.text("settings", others);
        }
    }

    /// l: the lock's state in the low three bits of the first digit. What the states mean is published nowhere, so no contact is
    /// read from it.
    fn lock(&mut self, value: &[u8]) {
        match value.first().filter(|byte| byte.is_ascii_digit()) {
            Some(digit) => self.put("lock_state", Extra::Whole(i64::from((digit - b'0') & 7))),
            None => self.odd("no_such_lock_state"),
        }
        self.text("lock", show(value));
    }

    /// What a seal passes on: a number of two bytes, and what came.
    fn transparent(&mut self) {
        let passed = self.frame.fields.strip_prefix(b"&").unwrap_or(self.frame.fields);
        match passed.split_first_chunk::<2>() {
            Some((&CARD, card)) => self.text("card", show(card)),
            Some((_, _)) => self.text("passed_on", hex(passed)),
            None => self.odd("message_too_short"),
        }
    }

    fn unknown(&mut self, letter: u8, value: &[u8]) {
        if letter.is_ascii_alphanumeric() || letter == b'_' {
            let name = format!("field_{}", char::from(letter));
            self.report
                .extra
                .push((Cow::Owned(name), Extra::Text(show(value).into())));
        } else {
            self.odd("no_such_field");
        }
    }
}

fn add(list: &mut String, entry: &str) {
    if !list.is_empty() {
        list.push(' ');
    }
    list.push_str(entry);
}

/// Two digits.
fn pair(value: &[u8], at: usize) -> Option<u8> {
    let two = value.get(at..at + 2)?;
    two.iter().all(u8::is_ascii_digit).then(|| number(two))?
}

/// Characters from `0` to `?` are four bits each.
fn nibbles(value: &[u8]) -> alloc::vec::Vec<u8> {
    let nibble = |byte: &u8| byte.checked_sub(b'0').filter(|nibble| *nibble < 16);
    value.iter().filter_map(nibble).collect()
}

fn hexadecimal(value: &[u8]) -> Option<u64> {
    u64::from_str_radix(core::str::from_utf8(value).ok()?, 16).ok()
}

/// As it stands where it is plain text, otherwise as hexadecimal.
fn show(value: &[u8]) -> String {
    if value.iter().all(|byte| (0x20..0x7F).contains(byte)) {
        String::from_utf8_lossy(value).into_owned()
    } else {
        hex(value)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| digits(u64::from(*byte), 16, 2)).collect()
}
