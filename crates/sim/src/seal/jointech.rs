//! A Jointech JT701D as it speaks (protocol manual V1.4): binary `$` records, `( )` text, times in UTC, BCD throughout.

use super::bytes::push_digits;
use super::moment::{Happening, Moment, Status};
use super::voice::{Asked, Heard, Mark, Order, Said, Voice};

/// A seal's identity and the number of its next record.
#[derive(Debug, Clone)]
pub struct JointechSeal {
    id: [u8; 10],
    serial: u8,
}

/// The version byte of a JT701D.
const JT701D: u8 = 0x19;
/// Date to serial: the body of a record with both tails.
const BODY_LENGTH: u16 = 52;

impl JointechSeal {
    /// The seal whose id is these ten digits.
    ///
    /// # Panics
    /// Where the number has more than ten digits.
    pub fn new(number: u64) -> Self {
        assert!(number < 10_000_000_000, "a Jointech id has ten digits");
        let text = format!("{number:010}");
        let id = text.as_bytes().try_into().expect("ten digits were written");
        Self { id, serial: 0 }
    }

    /// The id as text.
    pub fn id(&self) -> &str {
        std::str::from_utf8(&self.id).expect("digits are text")
    }

    /// A record and its serial.
    pub fn record(&mut self, moment: &Moment) -> (Vec<u8>, u8) {
        let serial = self.next_serial();
        let mut frame = Vec::with_capacity(usize::from(BODY_LENGTH) + 10);
        frame.push(b'$');
        push_digits(&mut frame, &self.id);
        frame.push(JT701D);
        frame.push(0x10 | data_type(moment));
        frame.extend(BODY_LENGTH.to_be_bytes());
        push_body(&mut frame, moment);
        frame.push(serial);
        (frame, serial)
    }

    /// The frame of a record said before, as it is sent again from the store: only its data type has changed.
    pub fn sent_again(frame: &[u8]) -> Vec<u8> {
        let mut again = frame.to_vec();
        again[7] = 0x13;
        again
    }

    /// A lock event and its serial; nothing where what happened is not the lock's doing.
    pub fn lock_event(&mut self, moment: &Moment, what: Happening) -> Option<(Vec<u8>, u8)> {
        let (source, verify, card, right, wrong) = match what {
            Happening::Card(card) => (1, 98, card, 0, 0),
            Happening::IllegalCard(card) => (2, 0, card, 0, 0),
            Happening::StaticPassword { right } => (4, u8::from(right), 0, u8::from(right), u8::from(!right)),
            Happening::AutoLocked => (5, 0, 0, 0, 0),
            Happening::DynamicPassword { right } => (
                6,
                if right { 98 } else { 0 },
                0,
                u8::from(right),
                u8::from(!right),
            ),
            Happening::Bluetooth => (7, 0, 0, 1, 0),
            Happening::RopeCut | Happening::RopePulled | Happening::CoverOpened => return None,
        };
        let serial = self.next_serial();
        let (day, time) = text_time(moment.unix_s);
        let fixed = if moment.fixed { 'A' } else { 'V' };
        let text = format!(
            "({},P45,{day},{time},{:.6},{},{:.6},{},{fixed},{:.0},{:.0},{source},{verify},{card:010},{right},{wrong},{serial},{})",
            self.id(),
            moment.lat.abs(),
            if moment.lat < 0.0 { 'S' } else { 'N' },
            moment.lon.abs(),
            if moment.lon < 0.0 { 'W' } else { 'E' },
            moment.speed_kmh,
            moment.course_deg,
            moment.mileage_km,
        );
        Some((text.into_bytes(), serial))
    }

    /// A sign of life.
    pub fn heartbeat(&self) -> Vec<u8> {
        format!("({},@JT)", self.id()).into_bytes()
    }

    /// Asks for the time.
    pub fn ask_time(&self) -> Vec<u8> {
        format!("({},P22,2)", self.id()).into_bytes()
    }

    /// An answer to a command: its words after the id.
    pub fn answer(&self, words: &str) -> Vec<u8> {
        format!("({},{words})", self.id()).into_bytes()
    }

    fn next_serial(&mut self) -> u8 {
        let serial = self.serial;
        self.serial = serial.wrapping_add(1);
        serial
    }
}

impl Voice for JointechSeal {
    fn device(&self) -> &str {
        self.id()
    }

    fn record(&mut self, moment: &Moment) -> Said {
        let (frame, serial) = Self::record(self, moment);
        Said::marked(frame, serial.into())
    }

    fn happening(&mut self, moment: &Moment, what: Happening) -> Option<Said> {
        let (text, serial) = self.lock_event(moment, what)?;
        Some(Said::marked(text, serial.into()))
    }

    fn again(&self, bytes: &[u8]) -> Vec<u8> {
        match bytes {
            [b'$', ..] => Self::sent_again(bytes),
            text => text.to_vec(),
        }
    }

    fn answer(&mut self, _moment: &Moment, order: &Order, asked: &Asked, done: bool) -> Option<Vec<u8>> {
        let sentence = String::from_utf8_lossy(&asked.0).into_owned();
        let (did, did_not) = (u8::from(done), u8::from(!done));
        let words = match order {
            Order::Open { one_time: false, .. } => format!("P43,{did},{did_not}"),
            Order::Open { one_time: true, .. } => format!("P52,3,{did},{did_not}"),
            Order::Password { .. } => format!("P44,{did}"),
            Order::OneTimePasswords { .. } | Order::Cards { .. } => sentence,
            Order::Setting if sentence.starts_with("P22") => "P22,1".to_owned(),
            Order::Interval { .. } | Order::StayAwake { .. } | Order::Setting => without_flag(&sentence),
        };
        Some(Self::answer(self, &words))
    }

    fn announce_password(&mut self, password: &str) -> Option<Vec<u8>> {
        Some(format!("({},P52,2,{password})", self.id()).into_bytes())
    }

    fn hear(&mut self, heard: &mut Vec<u8>) -> Option<Heard> {
        let end = heard.iter().position(|byte| *byte == b')')?;
        let sentence: Vec<u8> = heard.drain(..=end).collect();
        let words = std::str::from_utf8(&sentence)
            .ok()
            .and_then(|text| text.strip_prefix('(')?.strip_suffix(')'));
        Some(words.map_or(Heard::Nothing, understand))
    }
}

/// Seconds between reports that P04 takes.
const INTERVALS_S: std::ops::RangeInclusive<u64> = 5..=600;

/// A sentence of the server, between its brackets.
fn understand(sentence: &str) -> Heard {
    let words: Vec<&str> = sentence.split(',').collect();
    let cards = |cards: &[&str]| cards.iter().filter_map(|card| card.parse().ok()).collect();
    let open = |password: &str, one_time| Order::Open {
        password: Some(password.to_owned()),
        one_time,
    };
    let order = match words.as_slice() {
        ["P69", "0", serial] => {
            let serial = serial.parse::<u8>();
            return serial.map_or(Heard::Nothing, |serial| Heard::Acknowledged(Mark(serial.into())));
        }
        ["P43", password] => open(password, false),
        ["P52", "3", password] => open(password, true),
        ["P52", "1", "1", on, ..] => Order::OneTimePasswords { on: *on == "1" },
        ["P41", "1", "1", _, all @ ..] => Order::Cards {
            cards: cards(all),
            add: true,
        },
        ["P41", "1", "2", _, all @ ..] => Order::Cards {
            cards: cards(all),
            add: false,
        },
        ["P44", new, old] => Order::Password {
            new: (*new).to_owned(),
            old: Some((*old).to_owned()),
        },
        ["P04", "1", awake_s, ..] => match awake_s.parse() {
            Ok(seconds) if INTERVALS_S.contains(&seconds) => Order::Interval { seconds },
            _ => return Heard::Nothing,
        },
        ["P54", "1", on] => Order::StayAwake { on: *on == "1" },
        ["P22", _] | ["P59", ..] => Order::Setting,
        _ => return Heard::Nothing,
    };
    Heard::Order(order, Asked(sentence.as_bytes().to_vec()))
}

/// A seal repeats what it was told without the 1 that says "set" (manual, answers of P04, P54, P59).
fn without_flag(sentence: &str) -> String {
    sentence.replacen(",1,", ",", 1)
}

/// Real-time 1, alarm 2, blind area 3.
fn data_type(moment: &Moment) -> u8 {
    match (moment.stored, has_alarm(moment.status)) {
        (true, _) => 3,
        (false, true) => 2,
        (false, false) => 1,
    }
}

fn has_alarm(status: Status) -> bool {
    status.rope_cut
        || status.open_too_long
        || status.wrong_passwords
        || status.illegal_card
        || status.cover_alarm
        || status.motor_stuck
}

/// The status word, by its bits.
fn status_word(status: Status, by_cell: bool) -> u16 {
    const ACKNOWLEDGE: u16 = 1 << 5;
    let bits = [
        (by_cell, 0),
        (status.rope_cut, 3),
        (status.rope_in, 6),
        (status.locked, 7),
        (status.open_too_long, 8),
        (status.wrong_passwords, 9),
        (status.illegal_card, 10),
        (status.battery_low, 11),
        (status.cover_alarm, 12),
        (status.cover_closed, 13),
        (status.motor_stuck, 14),
    ];
    bits.iter()
        .fold(ACKNOWLEDGE, |word, (set, bit)| word | (u16::from(*set) << bit))
}

fn push_body(frame: &mut Vec<u8>, moment: &Moment) {
    push_time_and_place(frame, moment);
    frame.push((moment.speed_kmh / 1.852).round().clamp(0.0, 255.0) as u8);
    frame.push((moment.course_deg.rem_euclid(360.0) / 2.0) as u8);
    frame.extend(moment.mileage_km.to_be_bytes());
    frame.push(moment.satellites);
    frame.extend([0; 4]);
    frame.extend(status_word(moment.status, moment.by_cell).to_be_bytes());
    frame.push(moment.battery_percent);
    // Cell 0x2B67 of area 0x0CE3, signal 23; then no fence, what woke it, network, reserved.
    frame.extend([0x2b, 0x67, 0x0c, 0xe3, 23]);
    frame.extend([0, moment.woken_by & 0x0f, 0, 0]);
    // No IMEI; the cell's upper half; country 510, network 10.
    frame.extend([0x0f; 8]);
    frame.extend([0x01, 0x5a, 0x01, 0xfe, 10]);
}

/// Seventeen bytes that the records of JT705 begin with, too.
pub(super) fn push_time_and_place(to: &mut Vec<u8>, moment: &Moment) {
    let (day, time) = text_time(moment.unix_s);
    push_digits(to, day.as_bytes());
    push_digits(to, time.as_bytes());
    push_place(to, moment);
}

/// Latitude in 8 digits DDMMMMMM, longitude in 9 digits DDDMMMMMM, then four flags.
fn push_place(frame: &mut Vec<u8>, moment: &Moment) {
    let flags =
        u8::from(moment.fixed) | u8::from(moment.lat >= 0.0) << 1 | u8::from(moment.lon >= 0.0) << 2 | 1 << 3;
    let text = format!(
        "{}{}",
        degrees_minutes(moment.lat, 2),
        degrees_minutes(moment.lon, 3)
    );
    push_digits(frame, &text.as_bytes()[..16]);
    frame.push((text.as_bytes()[16] - b'0') << 4 | flags);
}

/// Degrees, then minutes with four decimals, as digits.
fn degrees_minutes(degrees: f64, width: usize) -> String {
    let ten_thousandths = (degrees.abs() * 600_000.0).round() as u64;
    let (whole, rest) = (ten_thousandths / 600_000, ten_thousandths % 600_000);
    format!("{whole:0width$}{rest:06}")
}

/// DDMMYY and hhmmss in UTC.
fn text_time(unix_s: i64) -> (String, String) {
    let time = jiff::Timestamp::from_second(unix_s).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    (
        time.strftime("%d%m%y").to_string(),
        time.strftime("%H%M%S").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::moment::testing::{hex, moment};
    use super::*;

    /// Counted out by hand from the table of the record: 24 Nov 2025 16:00:00 UTC; 6 degrees 56.3333 minutes south;
    /// 110 degrees 25.4333 minutes east, flags fix and east; 20 knots; course 90; 258 km.
    #[test]
    fn a_record_is_the_bytes_of_the_table() {
        let mut seal = JointechSeal::new(8_000_620_011);
        let (frame, serial) = seal.record(&moment());
        assert_eq!(serial, 0);
        assert_eq!(
            hex(&frame),
            "24800062001119110034241125160000065633331102543 33d142d00000102090000000020e0572b670ce31700010000\
             0f0f0f0f0f0f0f0f015a01fe0a00"
                .replace(' ', "")
        );
    }

    #[test]
    fn serials_rise_and_wrap() {
        let mut seal = JointechSeal::new(1);
        let serials: Vec<u8> = (0..258).map(|_| seal.record(&moment()).1).collect();
        assert_eq!((serials[1], serials[255], serials[256]), (1, 255, 0));
    }

    #[test]
    fn an_auto_lock_is_source_five() {
        let said = JointechSeal::new(7_591_225_008).lock_event(&moment(), Happening::AutoLocked);
        let (text, _) = said.expect("the lock did it");
        assert_eq!(
            String::from_utf8(text).expect("text"),
            "(7591225008,P45,241125,160000,6.938889,S,110.423889,E,A,37,90,5,0,0000000000,0,0,0,258)"
        );
    }
}
