//! A Jointech JT701D as it speaks (protocol manual V1.4): binary `$` records, `( )` text, times in UTC, BCD throughout.

/// What a seal says in one `$` record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Seconds since 1970, by the seal's own clock.
    pub unix_s: i64,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// Whether satellites found it.
    pub fixed: bool,
    /// Whether only cell towers found it.
    pub by_cell: bool,
    /// Speed over ground.
    pub speed_kmh: f64,
    /// Degrees from north.
    pub course_deg: f64,
    /// Kilometres since the factory.
    pub mileage_km: u32,
    /// Satellites used.
    pub satellites: u8,
    /// Battery, per cent; 255 is charging.
    pub battery_percent: u8,
    /// The lock and its alarms.
    pub status: Status,
    /// Kept while it could not send.
    pub stored: bool,
    /// What woke it (low nibble of the expanded status): 1 timer, 4 rope, 5 charging, 6 card.
    pub woken_by: u8,
}

/// The status word, by its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Bit 3: the rope was cut.
    pub rope_cut: bool,
    /// Bit 6: the rope is in.
    pub rope_in: bool,
    /// Bit 7: the motor is locked.
    pub locked: bool,
    /// Bit 8: unlocked for too long.
    pub open_too_long: bool,
    /// Bit 9: wrong password five times.
    pub wrong_passwords: bool,
    /// Bit 10: a card it does not know.
    pub illegal_card: bool,
    /// Bit 11: battery low.
    pub battery_low: bool,
    /// Bit 12: the back cover was opened.
    pub cover_alarm: bool,
    /// Bit 13: the back cover is closed.
    pub cover_closed: bool,
    /// Bit 14: the motor is stuck.
    pub motor_stuck: bool,
}

impl Status {
    /// Rope in, motor locked, cover closed, nothing wrong.
    pub const SEALED: Self = Self {
        rope_cut: false,
        rope_in: true,
        locked: true,
        open_too_long: false,
        wrong_passwords: false,
        illegal_card: false,
        battery_low: false,
        cover_alarm: false,
        cover_closed: true,
        motor_stuck: false,
    };

    /// Rope out, motor open, cover closed.
    pub const OPEN: Self = Self {
        rope_in: false,
        locked: false,
        ..Self::SEALED
    };

    fn word(self, by_cell: bool) -> u16 {
        const ACKNOWLEDGE: u16 = 1 << 5;
        let bits = [
            (by_cell, 0),
            (self.rope_cut, 3),
            (self.rope_in, 6),
            (self.locked, 7),
            (self.open_too_long, 8),
            (self.wrong_passwords, 9),
            (self.illegal_card, 10),
            (self.battery_low, 11),
            (self.cover_alarm, 12),
            (self.cover_closed, 13),
            (self.motor_stuck, 14),
        ];
        bits.iter()
            .fold(ACKNOWLEDGE, |word, (set, bit)| word | (u16::from(*set) << bit))
    }

    fn alarms(self) -> bool {
        self.rope_cut
            || self.open_too_long
            || self.wrong_passwords
            || self.illegal_card
            || self.cover_alarm
            || self.motor_stuck
    }
}

/// How a P45 lock event came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockEvent {
    /// The rope was put in and it locked itself.
    AutoLocked,
    /// A card it knows opened it.
    Card(u32),
    /// A card it does not know was held to it.
    IllegalCard(u32),
    /// The platform's fixed password: right or wrong.
    StaticPassword {
        /// Whether it was the right one.
        right: bool,
    },
    /// The platform's one-time password: right or wrong.
    DynamicPassword {
        /// Whether it was the right one.
        right: bool,
    },
    /// A phone opened it.
    Bluetooth,
}

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

    /// A lock event and its serial.
    pub fn lock_event(&mut self, moment: &Moment, event: LockEvent) -> (Vec<u8>, u8) {
        let serial = self.next_serial();
        let (source, verify, card, right, wrong) = match event {
            LockEvent::Card(card) => (1, 98, card, 0, 0),
            LockEvent::IllegalCard(card) => (2, 0, card, 0, 0),
            LockEvent::StaticPassword { right } => (4, u8::from(right), 0, u8::from(right), u8::from(!right)),
            LockEvent::AutoLocked => (5, 0, 0, 0, 0),
            LockEvent::DynamicPassword { right } => (
                6,
                if right { 98 } else { 0 },
                0,
                u8::from(right),
                u8::from(!right),
            ),
            LockEvent::Bluetooth => (7, 0, 0, 1, 0),
        };
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
        (text.into_bytes(), serial)
    }

    /// A sign of life.
    pub fn heartbeat(&self) -> Vec<u8> {
        format!("({},@JT)", self.id()).into_bytes()
    }

    /// Asks for the time.
    pub fn ask_time(&self) -> Vec<u8> {
        format!("({},P22,2)", self.id()).into_bytes()
    }

    /// Announces a new one-time password.
    pub fn announce_password(&self, password: &str) -> Vec<u8> {
        format!("({},P52,2,{password})", self.id()).into_bytes()
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

/// Real-time 1, alarm 2, blind area 3.
fn data_type(moment: &Moment) -> u8 {
    match (moment.stored, moment.status.alarms()) {
        (true, _) => 3,
        (false, true) => 2,
        (false, false) => 1,
    }
}

fn push_body(frame: &mut Vec<u8>, moment: &Moment) {
    let (day, time) = text_time(moment.unix_s);
    push_digits(frame, day.as_bytes());
    push_digits(frame, time.as_bytes());
    push_place(frame, moment);
    frame.push((moment.speed_kmh / 1.852).round().clamp(0.0, 255.0) as u8);
    frame.push((moment.course_deg.rem_euclid(360.0) / 2.0) as u8);
    frame.extend(moment.mileage_km.to_be_bytes());
    frame.push(moment.satellites);
    frame.extend([0; 4]);
    frame.extend(moment.status.word(moment.by_cell).to_be_bytes());
    frame.push(moment.battery_percent);
    // Cell 0x2B67 of area 0x0CE3, signal 23; then no fence, what woke it, network, reserved.
    frame.extend([0x2b, 0x67, 0x0c, 0xe3, 23]);
    frame.extend([0, moment.woken_by & 0x0f, 0, 0]);
    // No IMEI; the cell's upper half; country 510, network 10.
    frame.extend([0x0f; 8]);
    frame.extend([0x01, 0x5a, 0x01, 0xfe, 10]);
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

fn push_digits(frame: &mut Vec<u8>, digits: &[u8]) {
    frame.extend(
        digits
            .chunks_exact(2)
            .map(|pair| (pair[0] - b'0') << 4 | (pair[1] - b'0')),
    );
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
    use super::*;

    fn moment() -> Moment {
        Moment {
            unix_s: 1_764_000_000,
            lat: -6.938889,
            lon: 110.423889,
            fixed: true,
            by_cell: false,
            speed_kmh: 37.04,
            course_deg: 90.0,
            mileage_km: 258,
            satellites: 9,
            battery_percent: 87,
            status: Status::SEALED,
            stored: false,
            woken_by: 1,
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

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
        let (text, _) = JointechSeal::new(7_591_225_008).lock_event(&moment(), LockEvent::AutoLocked);
        assert_eq!(
            String::from_utf8(text).expect("text"),
            "(7591225008,P45,241125,160000,6.938889,S,110.423889,E,A,37,90,5,0,0000000000,0,0,0,258)"
        );
    }
}
