//! A GT06 lock as it speaks (handbook of protocols, section 3): a log-in with the IMEI, places (0x22), alarms (0x26), its state
//! (0x13), and answers in words (0x15). Times in UTC.

use super::bytes::{clock, padded, push_digits, reflected_crc16};
use super::moment::{Happening, Moment};
use super::voice::{Asked, Heard, Mark, Order, Said, Voice};

/// Numbers of messages.
mod message {
    pub const LOGIN: u8 = 0x01;
    pub const STATE: u8 = 0x13;
    pub const ANSWER: u8 = 0x15;
    pub const PLACE: u8 = 0x22;
    pub const ALARM: u8 = 0x26;
    pub const COMMAND: u8 = 0x80;
}

/// What an alarm says.
mod alarm {
    pub const TAMPER: u8 = 0x13;
    pub const DOOR: u8 = 0x14;
    pub const LOCK: u8 = 0x33;
    pub const UNLOCK: u8 = 0x34;
}

/// Country, network, area and cell: Indonesia, XL.
const CELL: [u8; 8] = [0x01, 0xFE, 10, 0x0C, 0xE3, 0x00, 0x2B, 0x67];
/// Signal strength, 0 to 4.
const GSM: u8 = 4;
/// English.
const LANGUAGE: [u8; 2] = [0, 2];
/// The least that a length counts: number, serial number and checksum.
const LEAST: u8 = 5;
/// Places are told on a timer.
const BY_TIMER: u8 = 0;

/// A lock and the number of its next message.
#[derive(Debug)]
pub struct Gt06Seal {
    imei: String,
    serial: u16,
    /// Under which number it logged in.
    login: Option<u16>,
}

impl Gt06Seal {
    /// The lock with this IMEI.
    pub fn new(imei: &str) -> Self {
        Self {
            imei: padded(imei, 15),
            serial: 0,
            login: None,
        }
    }

    /// A message and its mark: its number and its own.
    fn say(&mut self, number: u8, body: &[u8]) -> (Vec<u8>, u32) {
        self.serial = self.serial.wrapping_add(1);
        let mut inside = vec![(body.len() + 5) as u8, number];
        inside.extend(body);
        inside.extend(self.serial.to_be_bytes());
        let checksum = !reflected_crc16(&inside, 0x8408, 0xFFFF);
        let mut frame = vec![0x78, 0x78];
        frame.extend(inside);
        frame.extend(checksum.to_be_bytes());
        frame.extend([0x0D, 0x0A]);
        (frame, mark(number, self.serial))
    }

    fn alarm(&mut self, moment: &Moment, code: u8) -> Said {
        let mut body = place(moment);
        // The cell behind its length, which counts itself.
        body.push(CELL.len() as u8 + 1);
        body.extend(CELL);
        body.extend([information(moment), level(moment), GSM, code]);
        body.push(LANGUAGE[1]);
        let (frame, mark) = self.say(message::ALARM, &body);
        Said::marked(frame, mark)
    }

    fn understand(&self, number: u8, body: &[u8], serial: u16) -> Heard {
        match number {
            message::LOGIN if self.login == Some(serial) => Heard::Welcome,
            message::LOGIN => Heard::Nothing,
            message::COMMAND => order(body).unwrap_or(Heard::Nothing),
            other => Heard::Acknowledged(Mark(mark(other, serial))),
        }
    }
}

impl Voice for Gt06Seal {
    fn device(&self) -> &str {
        &self.imei
    }

    fn greet(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        push_digits(&mut body, padded(&self.imei, 16).as_bytes());
        // Its sort, and a clock that is in no zone.
        body.extend([0x70, 0x07, 0, 0]);
        let (frame, _) = self.say(message::LOGIN, &body);
        self.login = Some(self.serial);
        Some(frame)
    }

    fn record(&mut self, moment: &Moment) -> Said {
        let mut body = place(moment);
        body.extend(CELL);
        body.extend([0, BY_TIMER, u8::from(moment.stored)]);
        body.extend((moment.mileage_km * 1000).to_be_bytes());
        let (frame, mark) = self.say(message::PLACE, &body);
        Said::marked(frame, mark)
    }

    fn happening(&mut self, moment: &Moment, what: Happening) -> Option<Said> {
        let code = match what {
            Happening::AutoLocked => alarm::LOCK,
            Happening::Card(_)
            | Happening::Bluetooth
            | Happening::StaticPassword { right: true }
            | Happening::DynamicPassword { right: true } => alarm::UNLOCK,
            Happening::RopePulled if moment.status.locked => alarm::DOOR,
            Happening::RopeCut | Happening::CoverOpened => alarm::TAMPER,
            _ => return None,
        };
        Some(self.alarm(moment, code))
    }

    fn heartbeat(&mut self, moment: &Moment) -> Option<Said> {
        let mut body = vec![information(moment), level(moment), GSM];
        body.extend(LANGUAGE);
        let (frame, mark) = self.say(message::STATE, &body);
        Some(Said::marked(frame, mark))
    }

    /// The flag of the command, and words.
    fn answer(&mut self, _moment: &Moment, _order: &Order, asked: &Asked, done: bool) -> Option<Vec<u8>> {
        let words: &[u8] = if done { b"OK!" } else { b"Error!" };
        let mut body = vec![(asked.0.len() + words.len()) as u8];
        body.extend(&asked.0);
        body.extend(words);
        body.extend(LANGUAGE);
        Some(self.say(message::ANSWER, &body).0)
    }

    fn hear(&mut self, heard: &mut Vec<u8>) -> Option<Heard> {
        let [0x78, 0x78, length @ LEAST..=u8::MAX, number, ..] = heard[..] else {
            return skip(heard);
        };
        let whole = usize::from(length) + 5;
        if heard.len() < whole {
            return None;
        }
        let frame: Vec<u8> = heard.drain(..whole).collect();
        let (inside, checksum) = frame[2..whole - 2].split_at(usize::from(length) - 1);
        if checksum != (!reflected_crc16(inside, 0x8408, 0xFFFF)).to_be_bytes() {
            return Some(Heard::Nothing);
        }
        let (body, serial) = inside[2..].split_at(inside.len() - 4);
        Some(self.understand(number, body, u16::from_be_bytes([serial[0], serial[1]])))
    }
}

/// A byte that begins nothing: a lock is never sent anything else.
fn skip(heard: &mut Vec<u8>) -> Option<Heard> {
    if heard.len() < 4 {
        return None;
    }
    heard.remove(0);
    Some(Heard::Nothing)
}

fn mark(number: u8, serial: u16) -> u32 {
    u32::from(number) << 16 | u32::from(serial)
}

/// Time, satellites, place, speed, course and flags.
fn place(moment: &Moment) -> Vec<u8> {
    let mut bytes = clock(moment.unix_s).to_vec();
    bytes.push(0xC0 | moment.satellites.min(15));
    bytes.extend(((moment.lat.abs() * 1_800_000.0).round() as u32).to_be_bytes());
    bytes.extend(((moment.lon.abs() * 1_800_000.0).round() as u32).to_be_bytes());
    bytes.push(moment.speed_kmh.round().clamp(0.0, 255.0) as u8);
    let course = moment.course_deg.rem_euclid(360.0) as u16;
    let (north, west) = (moment.lat >= 0.0, moment.lon < 0.0);
    let flags = course | u16::from(north) << 10 | u16::from(west) << 11 | u16::from(moment.fixed) << 12;
    bytes.extend(flags.to_be_bytes());
    bytes
}

/// Bit 0 armed, bit 2 charging, bit 6 GPS.
fn information(moment: &Moment) -> u8 {
    u8::from(moment.status.locked) | u8::from(moment.battery_percent == 255) << 2 | 1 << 6
}

/// The battery, nought to six.
fn level(moment: &Moment) -> u8 {
    (u16::from(moment.battery_percent.min(100)) * 6 / 100) as u8
}

/// Length, flag and words; the language may follow.
fn order(body: &[u8]) -> Option<Heard> {
    let (length, rest) = body.split_first()?;
    let (flag, words) = rest.get(..usize::from(*length))?.split_at_checked(4)?;
    let words = std::str::from_utf8(words).ok()?.trim_end_matches('#');
    let seconds = words
        .strip_prefix("TIMER,")
        .and_then(|seconds| seconds.split(',').next()?.parse().ok());
    let order = seconds.map_or(Order::Setting, |seconds| Order::Interval { seconds });
    Some(Heard::Order(order, Asked(flag.to_vec())))
}

#[cfg(test)]
mod tests {
    use super::super::moment::testing::{hex, moment};
    use super::*;

    /// Counted out by hand from the handbook's "GPS block": date and time; nine satellites; 1,800,000ths of a degree; 37 km/h;
    /// course 90, south, east, a fix.
    #[test]
    fn a_place_is_the_bytes_of_the_table() {
        assert_eq!(hex(&place(&moment())), "190b18100000c900be95100bd8e1f825105a");
    }

    /// The maker's manual, "login": the server's answer to a log-in under number 5.
    #[test]
    fn the_makers_own_example_lets_it_in() {
        let mut heard = vec![0x78, 0x78, 0x05, 0x01, 0x00, 0x05, 0x9F, 0xF8, 0x0D, 0x0A];
        let mut seal = Gt06Seal::new("866000000000017");
        seal.login = Some(5);
        assert_eq!(seal.hear(&mut heard), Some(Heard::Welcome));
        assert!(heard.is_empty());
        seal.login = Some(6);
        let mut heard = vec![0x78, 0x78, 0x05, 0x01, 0x00, 0x05, 0x9F, 0xF8, 0x0D, 0x0A];
        assert_eq!(seal.hear(&mut heard), Some(Heard::Nothing), "that was another");
    }

    /// The maker's manual, "online command": `sos#`.
    #[test]
    fn the_makers_own_example_of_a_command_is_answered_under_its_flag() {
        let mut heard = vec![
            0x78, 0x78, 0x0E, 0x80, 0x08, 0, 0, 0, 0, b's', b'o', b's', b'#', 0, 1, 0x6D, 0x6A, 0x0D, 0x0A,
        ];
        let mut seal = Gt06Seal::new("866000000000017");
        let asked = Asked(vec![0; 4]);
        assert_eq!(
            seal.hear(&mut heard),
            Some(Heard::Order(Order::Setting, asked.clone()))
        );
        let answer = seal
            .answer(&moment(), &Order::Setting, &asked, true)
            .expect("an answer");
        assert_eq!(hex(&answer[..12]), "78780f1507000000004f4b21");
    }
}
