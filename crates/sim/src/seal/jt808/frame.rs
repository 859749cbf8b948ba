//! Frames: between two `7E`, a head, a body, and all bytes folded into one.

use super::Edition;
use crate::seal::bytes::push_digits;

/// Between frames.
const DELIMITER: u8 = 0x7E;
/// Before a byte that stands for another.
const ESCAPE: u8 = 0x7D;
/// Bits of the properties.
const LENGTH: u16 = 0x03FF;
const VERSIONED: u16 = 1 << 14;
/// Jointech's own messages: an answer is wanted.
const WANTS_ANSWER: u16 = 1 << 15;
/// Which version of the edition of 2019.
const VERSION: u8 = 1;
/// The one message of the server whose number has one byte.
const SHORT: u16 = super::id::JOINTECH_ANSWER;

/// How a terminal is named in heads.
#[derive(Debug, Clone)]
pub(super) struct Address {
    edition: Edition,
    number: Vec<u8>,
}

/// A message of the server.
pub(super) struct Message {
    pub id: u16,
    pub serial: u16,
    pub body: Vec<u8>,
}

impl Address {
    /// Of a number of as many digits as the edition has.
    pub fn new(digits: &str, edition: Edition) -> Self {
        let mut number = Vec::new();
        push_digits(&mut number, digits.as_bytes());
        Self { edition, number }
    }

    pub fn edition(&self) -> Edition {
        self.edition
    }

    pub fn message(&self, id: u16, serial: u16, body: &[u8]) -> Vec<u8> {
        close(&[&self.head(id, 0, body)[..], &serial.to_be_bytes(), body].concat())
    }

    pub fn short_message(&self, id: u16, serial: u8, body: &[u8]) -> Vec<u8> {
        close(&[&self.head(id, WANTS_ANSWER, body)[..], &[serial], body].concat())
    }

    fn head(&self, id: u16, more: u16, body: &[u8]) -> Vec<u8> {
        let properties = body.len() as u16 & LENGTH | more;
        let mut head = id.to_be_bytes().to_vec();
        match self.edition {
            Edition::Of2013 => head.extend(properties.to_be_bytes()),
            Edition::Of2019 => {
                head.extend((properties | VERSIONED).to_be_bytes());
                head.push(VERSION);
            }
        }
        head.extend(&self.number);
        head
    }

    /// Opens what stood between two delimiters. Nothing where it is for another terminal, or damaged.
    pub fn open(&self, content: &[u8]) -> Option<Message> {
        let (checksum, content) = content.split_last()?;
        let id = u16::from_be_bytes(*content.first_chunk()?);
        let number_at = match self.edition {
            Edition::Of2013 => 4,
            Edition::Of2019 => 5,
        };
        let (head, rest) = content.split_at_checked(number_at + self.number.len())?;
        let intact = fold(content) == *checksum && head[number_at..] == self.number;
        let (serial, body) = if id == SHORT {
            let (serial, body) = rest.split_first()?;
            (u16::from(*serial), body)
        } else {
            let (serial, body) = rest.split_first_chunk()?;
            (u16::from_be_bytes(*serial), body)
        };
        let length = u16::from_be_bytes([head[2], head[3]]) & LENGTH;
        (intact && usize::from(length) == body.len()).then(|| Message {
            id,
            serial,
            body: body.to_vec(),
        })
    }
}

fn fold(content: &[u8]) -> u8 {
    content.iter().fold(0, |sum, byte| sum ^ byte)
}

fn close(content: &[u8]) -> Vec<u8> {
    let mut frame = vec![DELIMITER];
    for byte in content.iter().chain(&[fold(content)]) {
        match *byte {
            DELIMITER => frame.extend([ESCAPE, 2]),
            ESCAPE => frame.extend([ESCAPE, 1]),
            plain => frame.push(plain),
        }
    }
    frame.push(DELIMITER);
    frame
}

/// Takes what stands between two delimiters off the front, its escapes undone.
pub(super) fn take(heard: &mut Vec<u8>) -> Option<Vec<u8>> {
    let begin = heard.iter().position(|byte| *byte == DELIMITER)?;
    let length = heard[begin + 1..].iter().position(|byte| *byte == DELIMITER)?;
    let end = begin + 1 + length;
    let inside: Vec<u8> = heard[begin + 1..end].to_vec();
    heard.drain(..=end);
    let mut content = Vec::with_capacity(inside.len());
    let mut bytes = inside.into_iter();
    while let Some(byte) = bytes.next() {
        content.push(match byte {
            ESCAPE if bytes.next() == Some(2) => DELIMITER,
            other => other,
        });
    }
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Standard, "escaping": 30 7E 08 7D 55 is sent as 7E 30 7D 02 08 7D 01 55 7E. The last byte is the checksum here.
    #[test]
    fn the_standards_own_example_is_escaped_and_read_back() {
        let mut sent = close(&[0x30, 0x7E, 0x08, 0x7D]);
        assert_eq!(sent[..7], [0x7E, 0x30, 0x7D, 0x02, 0x08, 0x7D, 0x01]);
        let content = take(&mut sent).expect("a frame");
        assert_eq!(content[..4], [0x30, 0x7E, 0x08, 0x7D]);
        assert!(sent.is_empty());
    }

    #[test]
    fn a_heartbeat_is_the_bytes_of_the_table() {
        let address = Address::new("013511221122", Edition::Of2013);
        assert_eq!(
            address.message(0x0002, 7, &[]),
            [
                0x7E, 0, 2, 0, 0, 0x01, 0x35, 0x11, 0x22, 0x11, 0x22, 0, 7, 0x31, 0x7E
            ]
        );
    }

    #[test]
    fn a_message_for_another_terminal_is_not_opened() {
        let (own, other) = (
            Address::new("00000000000000000007", Edition::Of2019),
            Address::new("00000000000000000008", Edition::Of2019),
        );
        let mut sent = own.message(0x8001, 3, &[0, 1, 2, 0, 0]);
        let content = take(&mut sent).expect("a frame");
        let message = own.open(&content).expect("it is ours");
        assert_eq!((message.id, message.serial, message.body.len()), (0x8001, 3, 5));
        assert!(other.open(&content).is_none());
    }
}
