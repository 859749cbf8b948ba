//! A Meitrack K211G as it speaks (handbook of protocols, section 6): frames with a length, the IMEI, a command, and a sum at the
//! end. Records are numbered values (CCE), in which 47 is the state of its lock; what a person or a card did is a line (AAA).
//! Times in UTC. Only blocks (CCC) are acknowledged.

use super::bytes::{clock_text, padded};
use super::moment::{Happening, Moment};
use super::voice::{Asked, Heard, Mark, Order, Said, Voice};

/// Signs by which frames are told apart.
const SIGNS: std::ops::RangeInclusive<u8> = b'A'..=b'z';
/// Seconds from 1970 to 2000, from which its clock counts.
const YEAR_2000_S: i64 = 946_684_800;
/// Before blocks: as in frames of real units; the third byte is the length of a block.
const BLOCK_HEAD: [u8; 8] = [0x02, 0x01, 0x34, 0x00, 0x01, 0x00, 0x00, 0x00];
/// Why a record is made.
mod event {
    pub const TIMER: u8 = 35;
    pub const CARD: u8 = 37;
    pub const SHAKEN: u8 = 78;
}

/// A unit and the sign of its next frame.
#[derive(Debug)]
pub struct MeitrackUnit {
    imei: String,
    sign: u8,
    /// The card that opened it, for the next record.
    card: Option<u32>,
}

impl MeitrackUnit {
    /// The unit with this IMEI.
    pub fn new(imei: &str) -> Self {
        Self {
            imei: padded(imei, 15),
            sign: *SIGNS.start(),
            card: None,
        }
    }

    /// `$$`, a sign, a length, the IMEI, the words, the sum.
    fn frame(&mut self, words: &[u8]) -> (Vec<u8>, u8) {
        let sign = self.sign;
        self.sign = if sign == *SIGNS.end() {
            *SIGNS.start()
        } else {
            sign + 1
        };
        let inside = [b",", self.imei.as_bytes(), b",", words, b"*"].concat();
        // From the first comma on, with the two digits and the end of the line.
        let length = inside.len() + 4;
        let mut frame = [b"$$", &[sign][..], length.to_string().as_bytes(), &inside].concat();
        frame.extend(format!("{:02X}\r\n", sum(&frame)).into_bytes());
        (frame, sign)
    }

    fn line(&mut self, event: u8, data: &str, moment: &Moment) -> Vec<u8> {
        let line = format!(
            "AAA,{event},{:.6},{:.6},{},{},{},23,{:.0},{:.0},0.8,12,{},3600,510|10|0CE3|2B67,0000,0000|0000|0000|01A3|0000,{data}",
            moment.lat,
            moment.lon,
            clock_text(moment.unix_s, "%y%m%d%H%M%S"),
            if moment.fixed { 'A' } else { 'V' },
            moment.satellites,
            moment.speed_kmh,
            moment.course_deg,
            moment.mileage_km * 1000,
        );
        self.frame(line.as_bytes()).0
    }

    fn values(&mut self, moment: &Moment) -> Vec<u8> {
        let card = self.card.take();
        let event = if card.is_some() { event::CARD } else { event::TIMER };
        let lock = if moment.status.locked { 2 } else { 1 };
        let ones = [
            (0x01, event),
            (0x05, u8::from(moment.fixed)),
            (0x06, moment.satellites),
            (0x07, 23),
            (0x14, 0),
            (0x15, 0),
            (0x47, lock),
            (0xFE69, moment.battery_percent.min(100)),
        ];
        let twos = [
            (0x08, moment.speed_kmh.round() as u16),
            (0x09, moment.course_deg.rem_euclid(360.0) as u16),
            (0x0A, 8),
            (0x0B, 12),
            (0x19, battery_cv(moment)),
        ];
        let mut fours = vec![
            (0x02, degrees_e6(moment.lat)),
            (0x03, degrees_e6(moment.lon)),
            (0x04, seconds(moment)),
            (0x0C, moment.mileage_km * 1000),
        ];
        fours.extend(card.map(|card| (0x25, card)));
        let count = ones.len() + twos.len() + fours.len();
        let mut record = (count as u16).to_le_bytes().to_vec();
        record.push(ones.len() as u8);
        for (number, value) in ones {
            push_number(&mut record, number);
            record.push(value);
        }
        record.push(twos.len() as u8);
        for (number, value) in twos {
            record.push(number);
            record.extend(value.to_le_bytes());
        }
        record.push(fours.len() as u8);
        for (number, value) in fours {
            record.push(number);
            record.extend(value.to_le_bytes());
        }
        record.push(0);
        record
    }

    fn understand(&self, sign: u8, words: &str) -> Heard {
        let fields: Vec<&str> = words.split(',').collect();
        match fields[..] {
            ["CCC", _count] => Heard::Acknowledged(Mark(sign.into())),
            ["A12", tens] => match tens.parse::<u64>() {
                Ok(tens) => Heard::Order(Order::Interval { seconds: tens * 10 }, Asked(b"A12".to_vec())),
                Err(_) => Heard::Nothing,
            },
            [code, ..] => Heard::Order(Order::Setting, Asked(code.as_bytes().to_vec())),
            [] => Heard::Nothing,
        }
    }
}

impl Voice for MeitrackUnit {
    fn device(&self) -> &str {
        &self.imei
    }

    /// None wait in it, one follows, and how long that is.
    fn record(&mut self, moment: &Moment) -> Said {
        let record = self.values(moment);
        let length = (record.len() as u16).to_le_bytes();
        let words = [b"CCE,", &[0; 4][..], &[1, 0], &length, &record].concat();
        Said::unmarked(self.frame(&words).0)
    }

    /// Which card opened it stands in the record that its lock makes; it has no other word for what happens to the lock.
    fn happening(&mut self, moment: &Moment, what: Happening) -> Option<Said> {
        match what {
            Happening::Card(card) => {
                self.card = Some(card);
                None
            }
            Happening::IllegalCard(card) => {
                let line = self.line(event::CARD, &format!("{card:010}"), moment);
                Some(Said::unmarked(line))
            }
            Happening::CoverOpened => Some(Said::unmarked(self.line(event::SHAKEN, "", moment))),
            _ => None,
        }
    }

    fn answer(&mut self, _moment: &Moment, _order: &Order, asked: &Asked, done: bool) -> Option<Vec<u8>> {
        let outcome: &[u8] = if done { b",OK" } else { b",FAILED" };
        Some(self.frame(&[&asked.0, outcome].concat()).0)
    }

    fn hear(&mut self, heard: &mut Vec<u8>) -> Option<Heard> {
        let end = heard.windows(2).position(|pair| pair == b"\r\n")?;
        let frame: Vec<u8> = heard.drain(..end + 2).collect();
        let text = String::from_utf8_lossy(&frame).into_owned();
        Some(self.open(text.trim_end()).unwrap_or(Heard::Nothing))
    }

    /// One block of fifty-two bytes: blocks are the only records that are acknowledged.
    fn counted(&mut self, moment: &Moment) -> Said {
        let words = [b"CCC,", &BLOCK_HEAD[..], &block(moment)].concat();
        let (frame, sign) = self.frame(&words);
        Said::marked(frame, sign.into())
    }

    /// Each sign has one meaning.
    fn in_flight_max(&self) -> usize {
        usize::from(SIGNS.end() - SIGNS.start())
    }
}

impl MeitrackUnit {
    fn open(&self, text: &str) -> Option<Heard> {
        let behind = text.strip_prefix("@@")?;
        let sign = *behind.as_bytes().first()?;
        let (_, behind) = behind.split_once(',')?;
        let (imei, words) = behind.split_once(',')?;
        let (words, _sum) = words.rsplit_once('*')?;
        (imei == self.imei).then(|| self.understand(sign, words))
    }
}

/// The low byte of the sum of all bytes up to the asterisk.
fn sum(frame: &[u8]) -> u8 {
    frame.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// The number of a value: one byte, or two behind FE.
fn push_number(record: &mut Vec<u8>, number: u16) {
    match number.to_be_bytes() {
        [0, low] => record.push(low),
        wide => record.extend(wide),
    }
}

fn degrees_e6(degrees: f64) -> u32 {
    ((degrees * 1e6).round() as i32).cast_unsigned()
}

fn seconds(moment: &Moment) -> u32 {
    (moment.unix_s - YEAR_2000_S) as u32
}

/// Hundredths of a volt of a cell that is empty at 3.3 V and full at 4.2 V.
fn battery_cv(moment: &Moment) -> u16 {
    330 + 9 * u16::from(moment.battery_percent.min(100)) / 10
}

fn block(moment: &Moment) -> Vec<u8> {
    let mut block = vec![event::TIMER];
    block.extend(degrees_e6(moment.lat).to_le_bytes());
    block.extend(degrees_e6(moment.lon).to_le_bytes());
    block.extend(seconds(moment).to_le_bytes());
    block.extend([u8::from(moment.fixed), moment.satellites, 23]);
    for word in [
        moment.speed_kmh.round() as u16,
        moment.course_deg.rem_euclid(360.0) as u16,
        8,
        12,
    ] {
        block.extend(word.to_le_bytes());
    }
    block.extend((moment.mileage_km * 1000).to_le_bytes());
    block.extend(3600_u32.to_le_bytes());
    // Country, network, area, cell; states, analogue input, battery and outer volts.
    for word in [510, 10, 0x0CE3, 0x2B67, 0, 0, battery_cv(moment), 0] {
        block.extend(u16::to_le_bytes(word));
    }
    block.extend(0_u32.to_le_bytes());
    block
}

#[cfg(test)]
mod tests {
    use super::super::moment::testing::{hex, moment};
    use super::*;

    /// A published example of a command: `@@A25,123456789012345,A10*58`.
    #[test]
    fn sums_are_the_published_ones() {
        assert_eq!(sum(b"@@A25,123456789012345,A10*"), 0x58);
    }

    /// Counted out by hand from the handbook, "CCE", and laid out as real units do: how many wait, one record, its length, seventeen
    /// values.
    #[test]
    fn a_record_is_the_values_of_the_table() {
        let mut unit = MeitrackUnit::new("864606044993987");
        let said = unit.record(&moment()).bytes;
        let words = &said[b"$$A92,864606044993987,CCE,".len()..];
        assert_eq!(
            hex(&words[..words.len() - 5]),
            "00000000 0100 3a00 1100 08 0123 0501 0609 0717 1400 1500 4702 fe6957 \
             05 082500 095a00 0a0800 0b0c00 199801 04 02f71e96ff 0351ef9406 04803db730 0cd0ef0300 00"
                .replace(' ', "")
        );
        assert_eq!(unit.record(&moment()).mark, None);
    }

    #[test]
    fn a_card_stands_in_the_next_record() {
        let mut unit = MeitrackUnit::new("864606044993987");
        assert_eq!(unit.happening(&moment(), Happening::Card(7)), None);
        let said = hex(&unit.record(&moment()).bytes);
        assert!(said.contains("0125") && said.contains("2507000000"), "{said}");
        assert!(!hex(&unit.record(&moment()).bytes).contains("2507000000"));
    }

    /// A block has fifty-two bytes, and is acknowledged under its sign.
    #[test]
    fn a_block_is_as_long_as_real_ones() {
        assert_eq!(block(&moment()).len(), 0x34);
        let mut unit = MeitrackUnit::new("864606044993987");
        let said = unit.counted(&moment());
        let mut heard = b"@@A27,864606044993987,CCC,1*00\r\n".to_vec();
        assert_eq!(unit.hear(&mut heard), said.mark.map(Heard::Acknowledged));
    }
}
