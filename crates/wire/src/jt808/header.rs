//! The head of a message: which, whose, how long, which number; and how our own messages are addressed.

use alloc::{string::String, vec::Vec};

use segel_model::DeviceId;

use super::{
    frame::{OTHER_DELIMITER, close},
    message::id,
};
use crate::read::{bcd, digits, u16_at};

/// Where things lie in a head (standard, "message header"). Behind the properties stands the version of the edition of 2019,
/// then the device, the number and, of a message in pieces, which piece.
mod field {
    pub const MESSAGE: usize = 0;
    pub const PROPERTIES: usize = 2;
    pub const VERSION: usize = 4;
}

/// Bits of the properties (standard, "format of the message body's properties").
mod property {
    pub const LENGTH: u16 = 0x03FF;
    pub const ENCRYPTED: u16 = 0x1C00;
    pub const IN_PIECES: u16 = 1 << 13;
    /// The edition of 2019.
    pub const VERSIONED: u16 = 1 << 14;
    /// Jointech's own messages: an answer is wanted.
    pub const WANTS_ANSWER: u16 = 1 << 15;
}

/// Bytes of a device's number by the standard's first editions, with the other delimiter, and by the edition of 2019.
const DEVICE: usize = 6;
const DEVICE_OF_OTHER: usize = 7;
const DEVICE_OF_2019: usize = 10;

/// Who speaks, and in which form: an answer goes back in the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    delimiter: u8,
    /// Which version of the edition of 2019.
    version: Option<u8>,
    /// As on the wire, zeros behind it.
    device: [u8; DEVICE_OF_2019],
}

/// One piece of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// How many there are.
    pub total: u16,
    /// Which this is, from 1.
    pub index: u16,
}

/// The head of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Which message.
    pub message: u16,
    properties: u16,
    /// Whose.
    pub address: Address,
    /// The message's number; wraps, restarts.
    pub serial: u16,
    /// Which piece, of a message in pieces.
    pub piece: Option<Piece>,
}

impl Header {
    /// Reads a head, and says where the body begins.
    pub fn read(delimiter: u8, content: &[u8]) -> Option<(Self, usize)> {
        let message = u16_at(content, field::MESSAGE)?;
        let properties = u16_at(content, field::PROPERTIES)?;
        let own = id::is_jointech(message);
        let (address, mut at) = Address::read(delimiter, properties, content)?;
        let serial = if own {
            u16::from(*content.get(at)?)
        } else {
            u16_at(content, at)?
        };
        at += if own { 1 } else { 2 };
        let in_pieces = !own && properties & property::IN_PIECES != 0;
        let piece = if in_pieces {
            let (total, index) = (u16_at(content, at)?, u16_at(content, at + 2)?);
            at += 4;
            Some(Piece { total, index })
        } else {
            None
        };
        let header = Self {
            message,
            properties,
            address,
            serial,
            piece,
        };
        (at <= content.len()).then_some((header, at))
    }

    /// Bytes of the body.
    pub const fn length(&self) -> u16 {
        self.properties & property::LENGTH
    }

    /// Whether nobody but the maker can read the body. Jointech's own messages use these bits for something else.
    pub const fn is_encrypted(&self) -> bool {
        self.properties & property::ENCRYPTED != 0 && !id::is_jointech(self.message)
    }

    /// Whether one of Jointech's own messages wants an answer.
    pub const fn wants_answer(&self) -> bool {
        self.properties & property::WANTS_ANSWER != 0
    }

    /// Whether it is of the edition of 2019.
    pub const fn is_of_2019(&self) -> bool {
        self.address.is_of_2019()
    }
}

impl Address {
    fn read(delimiter: u8, properties: u16, content: &[u8]) -> Option<(Self, usize)> {
        let versioned = properties & property::VERSIONED != 0;
        let mut address = Self {
            delimiter,
            version: None,
            device: [0; DEVICE_OF_2019],
        };
        let mut at = field::VERSION;
        if versioned {
            address.version = Some(*content.get(at)?);
            at += 1;
        }
        let length = address.length();
        address.device[..length].copy_from_slice(content.get(at..at + length)?);
        Some((address, at + length))
    }

    /// Bytes of the device's number.
    const fn length(&self) -> usize {
        match (self.version, self.delimiter) {
            (Some(_), _) => DEVICE_OF_2019,
            (None, OTHER_DELIMITER) => DEVICE_OF_OTHER,
            (None, _) => DEVICE,
        }
    }

    /// Whether it is of the edition of 2019.
    pub const fn is_of_2019(&self) -> bool {
        self.version.is_some()
    }

    /// The device's number: its digits as on the wire, leading zeros and all. Some devices write their IMEI without its check
    /// digit as a binary number instead.
    pub fn device(&self) -> DeviceId {
        let number = &self.device[..self.length()];
        if let Some(value) = bcd(number).filter(|_| number.len() < DEVICE_OF_2019) {
            return DeviceId(digits(value, 10, number.len() * 2));
        }
        DeviceId(imei(number).unwrap_or_else(|| hex(number)))
    }

    /// The address of a device that speaks by the edition of 2013: twelve digits, or an IMEI.
    pub fn from_device(device: &str) -> Option<Self> {
        let plain = device.bytes().all(|byte| byte.is_ascii_digit());
        let number: u64 = device.parse().ok().filter(|_| plain)?;
        let six = match device.len() {
            12 => to_bcd(number),
            15 => number / 10,
            _ => return None,
        };
        let mut address = Self {
            delimiter: super::frame::DELIMITER,
            version: None,
            device: [0; DEVICE_OF_2019],
        };
        address.device[..DEVICE].copy_from_slice(&six.to_be_bytes()[2..]);
        Some(address)
    }

    /// A message of ours to that device, as a frame. A body is never longer than [`LONGEST_BODY`].
    pub fn message(&self, message: u16, serial: u16, body: &[u8]) -> Vec<u8> {
        let mut content = self.head(message, body);
        content.extend(serial.to_be_bytes());
        content.extend(body);
        close(self.delimiter, &content)
    }

    /// The same with a number of one byte, as Jointech's own messages have it.
    pub fn short_message(&self, message: u16, serial: u8, body: &[u8]) -> Vec<u8> {
        let mut content = self.head(message, body);
        content.push(serial);
        content.extend(body);
        close(self.delimiter, &content)
    }

    fn head(&self, message: u16, body: &[u8]) -> Vec<u8> {
        let versioned = if self.is_of_2019() { property::VERSIONED } else { 0 };
        let properties = body.len() as u16 & property::LENGTH | versioned;
        let mut head = Vec::with_capacity(20 + body.len());
        head.extend(message.to_be_bytes());
        head.extend(properties.to_be_bytes());
        head.extend(self.version);
        head.extend(&self.device[..self.length()]);
        head
    }
}

/// The longest body of one frame.
pub const LONGEST_BODY: usize = property::LENGTH as usize;

fn to_bcd(number: u64) -> u64 {
    (0..12).fold(0, |all, place| {
        all | ((number / 10_u64.pow(place) % 10) << (4 * place))
    })
}

/// Fourteen digits in six bytes, and the check digit behind them.
fn imei(number: &[u8]) -> Option<String> {
    let six = number
        .first_chunk::<DEVICE>()
        .filter(|_| number.len() == DEVICE)?;
    let value = six.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    let fourteen = (10_000_000_000_000..100_000_000_000_000).contains(&value);
    fourteen.then(|| digits(value * 10 + check_digit(value), 10, 15))
}

/// The digit that makes a number's Luhn sum a multiple of ten.
fn check_digit(number: u64) -> u64 {
    let sum: u64 = (0..20).map(|place| weighed(number, place)).sum();
    (10 - sum % 10) % 10
}

fn weighed(number: u64, place: u32) -> u64 {
    let digit = number / 10_u64.pow(place) % 10;
    if place.is_multiple_of(2) {
        digit * 2 / 10 + digit * 2 % 10
    } else {
        digit
    }
}

/// Whether fifteen digits are an IMEI: their last one checks the others.
pub(crate) fn is_imei(text: &str) -> bool {
    let number: Option<u64> = text.parse().ok();
    number.is_some_and(|number| text.len() == 15 && check_digit(number / 10) == number % 10)
}

/// Hexadecimal of any bytes, capital letters, as ids and cards are printed.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789ABCDEF"[usize::from(nibble & 0x0F)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jt808::frame::{DELIMITER, Frame};

    fn address(delimiter: u8, version: Option<u8>, device: &[u8]) -> Address {
        let mut address = Address {
            delimiter,
            version,
            device: [0; DEVICE_OF_2019],
        };
        address.device[..device.len()].copy_from_slice(device);
        address
    }

    #[test]
    fn a_device_is_named_as_it_stands_on_the_wire() {
        let name = |delimiter, version, device: &[u8]| address(delimiter, version, device).device().0;
        assert_eq!(
            name(DELIMITER, None, &[0x01, 0x35, 0x11, 0x22, 0x11, 0x22]),
            "013511221122"
        );
        assert_eq!(
            name(OTHER_DELIMITER, None, &[0x00, 0x35, 0x11, 0x22, 0x11, 0x22, 0x33]),
            "00351122112233"
        );
        let of_2019 = [0, 0, 0x08, 0x66, 0x49, 0x60, 0x77, 0x58, 0x21, 0x64];
        assert_eq!(name(DELIMITER, Some(1), &of_2019), "00000866496077582164");
        // Handbook 2.1: "may be hex: the 48 bits as IMEI without check digit + Luhn".
        assert_eq!(
            name(DELIMITER, None, &[0x0B, 0x3A, 0x73, 0xCE, 0x2F, 0xF2]),
            "123456789012347"
        );
        assert_eq!(name(DELIMITER, None, &[0xFF; 6]), "FFFFFFFFFFFF");
    }

    #[test]
    fn an_imei_is_told_by_its_last_digit() {
        assert!(is_imei("490154203237518"));
        assert!(!is_imei("490154203237517") && !is_imei("4901542032375") && !is_imei("49015420323751x"));
    }

    #[test]
    fn every_form_of_address_reads_back() {
        for (delimiter, version, device) in [
            (DELIMITER, None, &[0x01, 0x7E, 0x7D, 4, 5, 6][..]),
            (DELIMITER, Some(1), &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
            (OTHER_DELIMITER, None, &[0xE7, 0xE6, 0x3E, 0x3D, 5, 6, 7]),
        ] {
            let address = address(delimiter, version, device);
            let frame = Frame::open(&address.message(0x8001, 0x7E7D, &[1, 2, 3])).expect("a frame");
            assert_eq!(frame.fault(), None);
            assert_eq!((frame.header.address, frame.header.serial), (address, 0x7E7D));
            assert_eq!(frame.body, [1, 2, 3]);
        }
    }

    #[test]
    fn an_address_is_made_of_digits() {
        assert_eq!(
            Address::from_device("013511221122")
                .map(|a| a.device().0)
                .as_deref(),
            Some("013511221122")
        );
        let imei = Address::from_device("123456789012347").map(|address| address.device().0);
        assert_eq!(imei.as_deref(), Some("123456789012347"));
        assert!(Address::from_device("1").is_none() && Address::from_device("01351122112x").is_none());
    }
}
