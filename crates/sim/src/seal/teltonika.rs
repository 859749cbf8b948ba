//! A Teltonika unit as it speaks (handbook of protocols, section 4): its IMEI, then packets of records in codec 8 or 8 extended,
//! and answers to words in codec 12. A tracker without a lock; an EYE sensor at the door says whether its magnet is there.

use super::bytes::{padded, reflected_crc16};
use super::moment::{Happening, Moment};
use super::voice::{Asked, Heard, Mark, Order, Said, Voice};

/// How its records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// Numbers and counts of one byte.
    Eight,
    /// Of two.
    EightExtended,
}

/// Words to it, and its words.
const CODEC_12: u8 = 12;
/// What a packet of words is: a command, and its answer.
const COMMAND: u8 = 5;
const ANSWER: u8 = 6;
/// Polynomial of CRC-16/ARC, lowest bit first.
const POLYNOMIAL: u16 = 0xA001;
/// The server takes the log-in.
const ACCEPTED: u8 = 1;
/// Settings of the period while it moves begin with this one.
const MOVING: &str = "10050:";

/// Numbers of values.
mod value {
    pub const ODOMETER_M: u16 = 16;
    pub const GSM: u16 = 21;
    pub const BATTERY_MV: u16 = 67;
    pub const BATTERY_PERCENT: u16 = 113;
    pub const IGNITION: u16 = 239;
    pub const MOVEMENT: u16 = 240;
    pub const UNPLUGGED: u16 = 252;
    /// The magnet of the first EYE sensor is near: the door is closed.
    pub const MAGNET: u16 = 10_808;
}

/// A unit.
#[derive(Debug)]
pub struct TeltonikaUnit {
    imei: String,
    codec: Codec,
    welcome: bool,
}

impl TeltonikaUnit {
    /// The unit with this IMEI.
    pub fn new(imei: &str, codec: Codec) -> Self {
        Self {
            imei: padded(imei, 15),
            codec,
            welcome: false,
        }
    }

    fn bytes_of_number(&self, number: u16) -> Vec<u8> {
        match self.codec {
            Codec::Eight => vec![number as u8],
            Codec::EightExtended => number.to_be_bytes().to_vec(),
        }
    }

    /// Values by their length: one byte, two, four, eight.
    fn values(&self, moment: &Moment) -> [Vec<(u16, Vec<u8>)>; 4] {
        let apart = moment.status.cover_alarm;
        let mut ones = vec![
            (value::GSM, 4),
            (value::BATTERY_PERCENT, moment.battery_percent.min(100)),
            (value::IGNITION, 1),
            (value::MOVEMENT, u8::from(0.0 < moment.speed_kmh)),
        ];
        match self.codec {
            Codec::Eight if apart => ones.push((value::UNPLUGGED, 1)),
            Codec::Eight => {}
            Codec::EightExtended => ones.push((value::MAGNET, u8::from(!apart))),
        }
        let battery_mv = 3300 + 9 * u16::from(moment.battery_percent.min(100));
        let odometer_m = moment.mileage_km * 1000;
        [
            ones.into_iter()
                .map(|(number, value)| (number, vec![value]))
                .collect(),
            vec![(value::BATTERY_MV, battery_mv.to_be_bytes().to_vec())],
            vec![(value::ODOMETER_M, odometer_m.to_be_bytes().to_vec())],
            Vec::new(),
        ]
    }

    fn record_bytes(&self, moment: &Moment) -> Vec<u8> {
        let mut record = (moment.unix_s * 1000).to_be_bytes().to_vec();
        record.push(if moment.status.cover_alarm { 2 } else { 0 });
        record.extend(((moment.lon * 1e7).round() as i32).to_be_bytes());
        record.extend(((moment.lat * 1e7).round() as i32).to_be_bytes());
        record.extend(12_i16.to_be_bytes());
        record.extend((moment.course_deg.rem_euclid(360.0) as u16).to_be_bytes());
        record.push(if moment.fixed { moment.satellites.max(1) } else { 0 });
        record.extend((moment.speed_kmh.round() as u16).to_be_bytes());
        let groups = self.values(moment);
        let total: usize = groups.iter().map(Vec::len).sum();
        // No value made it: it is time again.
        record.extend(self.bytes_of_number(0));
        record.extend(self.bytes_of_number(total as u16));
        for group in groups {
            record.extend(self.bytes_of_number(group.len() as u16));
            for (number, value) in group {
                record.extend(self.bytes_of_number(number));
                record.extend(value);
            }
        }
        if self.codec == Codec::EightExtended {
            record.extend([0, 0]);
        }
        record
    }
}

impl Voice for TeltonikaUnit {
    fn device(&self) -> &str {
        &self.imei
    }

    fn greet(&mut self) -> Option<Vec<u8>> {
        self.welcome = false;
        let length = self.imei.len() as u16;
        Some([&length.to_be_bytes()[..], self.imei.as_bytes()].concat())
    }

    fn record(&mut self, moment: &Moment) -> Said {
        let codec = match self.codec {
            Codec::Eight => 0x08,
            Codec::EightExtended => 0x8E,
        };
        let content = [&[codec, 1][..], &self.record_bytes(moment), &[1]].concat();
        Said::marked(packet(&content), 1)
    }

    /// Its records tell everything.
    fn happening(&mut self, _moment: &Moment, _what: Happening) -> Option<Said> {
        None
    }

    /// It reads the settings back that it was told.
    fn answer(&mut self, _moment: &Moment, order: &Order, asked: &Asked, done: bool) -> Option<Vec<u8>> {
        let said = String::from_utf8_lossy(&asked.0).into_owned();
        let words = match (order, done) {
            (_, false) => "WARNING: not allowed".to_owned(),
            (Order::Interval { .. }, true) => format!("New value {said}"),
            (_, true) => "OK".to_owned(),
        };
        Some(packet(&words_content(ANSWER, words.as_bytes())))
    }

    fn hear(&mut self, heard: &mut Vec<u8>) -> Option<Heard> {
        if !self.welcome {
            let answer = heard.first().copied()?;
            heard.remove(0);
            self.welcome = answer == ACCEPTED;
            return Some(if self.welcome {
                Heard::Welcome
            } else {
                Heard::Nothing
            });
        }
        let first = u32::from_be_bytes(*heard.first_chunk()?);
        if first != 0 {
            heard.drain(..4);
            return Some(Heard::Acknowledged(Mark(first)));
        }
        let length = u32::from_be_bytes(heard.get(4..8)?.try_into().expect("four bytes")) as usize;
        let whole = length.checked_add(12)?;
        if heard.len() < whole {
            return None;
        }
        let packet: Vec<u8> = heard.drain(..whole).collect();
        Some(understand(&packet[8..whole - 4]).unwrap_or(Heard::Nothing))
    }

    /// It waits for the answer to each packet.
    fn in_flight_max(&self) -> usize {
        1
    }
}

/// Four noughts, the length, the content, its checksum.
fn packet(content: &[u8]) -> Vec<u8> {
    let checksum = u32::from(reflected_crc16(content, POLYNOMIAL, 0));
    let length = content.len() as u32;
    [
        &[0; 4][..],
        &length.to_be_bytes(),
        content,
        &checksum.to_be_bytes(),
    ]
    .concat()
}

fn words_content(sort: u8, words: &[u8]) -> Vec<u8> {
    let size = words.len() as u32;
    [&[CODEC_12, 1, sort][..], &size.to_be_bytes(), words, &[1]].concat()
}

fn understand(content: &[u8]) -> Option<Heard> {
    let [CODEC_12, _, COMMAND, _, _, _, _, words @ .., _] = content else {
        return None;
    };
    let words = std::str::from_utf8(words).ok()?;
    let settings = words.strip_prefix("setparam ").unwrap_or(words);
    let moving = settings
        .split(';')
        .find_map(|setting| setting.strip_prefix(MOVING));
    let order = match moving {
        Some(seconds) => Order::Interval {
            seconds: seconds.parse().ok()?,
        },
        None => Order::Setting,
    };
    Some(Heard::Order(order, Asked(settings.as_bytes().to_vec())))
}

#[cfg(test)]
mod tests {
    use super::super::moment::testing::{hex, moment};
    use super::*;

    /// Counted out by hand from the maker's page "Codec 8": milliseconds, priority, ten millionths of a degree east and north, height,
    /// course, satellites, speed; no event; six values: four of one byte, one of two, one of four, none of eight.
    #[test]
    fn a_record_is_the_bytes_of_the_table() {
        let unit = TeltonikaUnit::new("352093081452251", Codec::Eight);
        assert_eq!(
            hex(&unit.record_bytes(&moment())),
            "0000019ab697e800 00 41d1592a fbdd35a6 000c 005a 09 0025 00 06 \
             04 1504 7157 ef01 f001 01 430ff3 01 100003efd0 00"
                .replace(' ', "")
        );
    }

    /// The maker's page "Codec 12", example "getinfo".
    #[test]
    fn the_makers_own_example_of_a_command_is_understood() {
        let mut unit = TeltonikaUnit::new("352093081452251", Codec::EightExtended);
        let mut heard = vec![ACCEPTED];
        assert_eq!(unit.hear(&mut heard), Some(Heard::Welcome));
        heard.extend([0, 0, 0, 0, 0, 0, 0, 0x0F, 0x0C, 1, 5, 0, 0, 0, 7]);
        assert_eq!(unit.hear(&mut heard), None);
        heard.extend(b"getinfo\x01\0\0\x43\x12\0\0\0\x01");
        assert_eq!(
            unit.hear(&mut heard),
            Some(Heard::Order(Order::Setting, Asked(b"getinfo".to_vec())))
        );
        assert_eq!(unit.hear(&mut heard), Some(Heard::Acknowledged(Mark(1))));
    }
}
