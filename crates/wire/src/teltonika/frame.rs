//! Where frames begin and end, on TCP and on UDP.
//!
//! Four things come over a stream: a log-in (the length of an IMEI and its digits), a packet (four zeros, a length, a
//! checksum at its end), a datagram as UDP has it, and a lone byte that only says that somebody is there.

use alloc::vec::Vec;
use core::ops::RangeInclusive;

use super::record;
use crate::{
    checksum::Table,
    read::{cut, u16_at, u32_at},
};

/// A byte that says that somebody is there.
pub const PING: u8 = 0xFF;
/// Digits of an IMEI, or of one with its software version behind it.
pub const IMEI_DIGITS: RangeInclusive<usize> = 10..=17;

/// A packet over TCP (codecs, table "AVL data packet").
pub mod field {
    use core::ops::Range;

    /// Four zeros.
    pub const PREAMBLE: Range<usize> = 0..4;
    /// How many bytes lie between this field and the checksum.
    pub const LENGTH: usize = 4;
    /// From the codec to the second count: what is counted and checked.
    pub const BODY: usize = 8;
    /// The checksum has four bytes, two of them zeros.
    pub const CHECKSUM: usize = 4;
    /// What a packet has around its body.
    pub const AROUND: usize = BODY + CHECKSUM;
    /// The shortest body: codec and two counts.
    pub const SHORTEST_BODY: usize = 3;
}

/// A datagram (codecs, table "UDP channel header").
pub mod udp {
    /// Number of the datagram.
    pub const PACKET: usize = 2;
    /// Always one.
    pub const SIGN: usize = 4;
    /// Number of the packet of records.
    pub const AVL_PACKET: usize = 5;
    /// Length of the IMEI.
    pub const IMEI_LENGTH: usize = 6;
    /// The IMEI.
    pub const IMEI: usize = 8;
}

/// Which codec a body speaks.
pub mod codec {
    /// Of the first trackers (GH).
    pub const OLD: u8 = 0x07;
    /// Records with short numbers.
    pub const EIGHT: u8 = 0x08;
    /// Records with long numbers and values of any length.
    pub const EIGHT_EXTENDED: u8 = 0x8E;
    /// Records with long numbers and why they were made.
    pub const SIXTEEN: u8 = 0x10;
    /// Words in either direction.
    pub const TWELVE: u8 = 0x0C;
    /// Words with a time.
    pub const THIRTEEN: u8 = 0x0D;
    /// Words to one IMEI. Kept, not read.
    pub const FOURTEEN: u8 = 0x0E;
    /// Words with a time and an IMEI. Kept, not read.
    pub const FIFTEEN: u8 = 0x0F;
    /// All that the maker names.
    pub const ALL: [u8; 8] = [
        OLD,
        EIGHT,
        TWELVE,
        THIRTEEN,
        FOURTEEN,
        FIFTEEN,
        SIXTEEN,
        EIGHT_EXTENDED,
    ];
}

/// What the first bytes may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The beginning of something; more bytes must come.
    More,
    /// A sign that somebody is there.
    Ping,
    /// A log-in of that many bytes.
    Login(usize),
    /// A packet of that many bytes.
    Packet(usize),
    /// A datagram of that many bytes.
    Datagram(usize),
    /// That many bytes that belong to no frame.
    Garbage(usize, &'static str),
}

impl Next {
    /// The length of a whole frame.
    pub fn frame(self) -> Option<usize> {
        match self {
            Self::Ping => Some(1),
            Self::Login(length) | Self::Packet(length) | Self::Datagram(length) => Some(length),
            Self::More | Self::Garbage(..) => None,
        }
    }
}

/// Looks at the bytes where a frame should begin. Never asks for more than `longest` bytes.
pub fn next(bytes: &[u8], longest: usize) -> Next {
    match head(bytes, longest) {
        Ok(next) => next,
        Err(what) => Next::Garbage(until_beginning(bytes, 1, longest), what),
    }
}

/// How many bytes lie before the next possible beginning, `skip` of them known to be none. A ping among rubbish is rubbish.
pub(crate) fn until_beginning(bytes: &[u8], skip: usize, longest: usize) -> usize {
    let begins = |&at: &usize| bytes[at] != PING && head(&bytes[at..], longest).is_ok();
    (skip..bytes.len()).find(begins).unwrap_or(bytes.len())
}

fn head(bytes: &[u8], longest: usize) -> Result<Next, &'static str> {
    match bytes {
        [] => Ok(Next::More),
        [PING, ..] => Ok(Next::Ping),
        [high] if usize::from(*high) <= longest >> 8 => Ok(Next::More),
        [_] => Err("garbage"),
        [0, 0, ..] => packet(bytes, longest),
        [high, low, ..] => counted(bytes, usize::from(u16::from_be_bytes([*high, *low])), longest),
    }
}

/// A log-in or a datagram: both begin with their length.
fn counted(bytes: &[u8], length: usize, longest: usize) -> Result<Next, &'static str> {
    let whole = length + 2;
    if IMEI_DIGITS.contains(&length) {
        return wait(
            bytes,
            whole,
            is_imei(&bytes[2..bytes.len().min(whole)]),
            Next::Login(whole),
        );
    }
    if length <= udp::IMEI + IMEI_DIGITS.start() || longest < whole {
        return Err("garbage");
    }
    wait(bytes, whole, is_datagram(bytes), Next::Datagram(whole))
}

fn wait(bytes: &[u8], whole: usize, fits: bool, next: Next) -> Result<Next, &'static str> {
    match fits {
        false => Err("garbage"),
        true if bytes.len() < whole => Ok(Next::More),
        true => Ok(next),
    }
}

fn is_imei(digits: &[u8]) -> bool {
    digits.iter().all(u8::is_ascii_digit)
}

/// Whether the bytes, as far as they go, are those of a datagram.
fn is_datagram(bytes: &[u8]) -> bool {
    let sign = bytes.get(udp::SIGN).is_none_or(|&sign| sign == 1);
    let zero = bytes.get(udp::IMEI_LENGTH).is_none_or(|&high| high == 0);
    let length = bytes.get(udp::IMEI_LENGTH + 1).map(|&low| usize::from(low));
    let digits = bytes.get(udp::IMEI..).unwrap_or_default();
    let counted = length.unwrap_or_default().min(digits.len());
    sign && zero && length.is_none_or(|length| IMEI_DIGITS.contains(&length)) && is_imei(&digits[..counted])
}

fn packet(bytes: &[u8], longest: usize) -> Result<Next, &'static str> {
    let preamble = &bytes[..bytes.len().min(field::PREAMBLE.end)];
    if preamble.iter().any(|&byte| byte != 0) {
        return Err("garbage");
    }
    let Some(length) = u32_at(bytes, field::LENGTH) else {
        return Ok(Next::More);
    };
    let body = length as usize;
    if body < field::SHORTEST_BODY {
        return Err("garbage");
    }
    if longest < body.saturating_add(field::AROUND) {
        return Err("frame_too_long");
    }
    // Zeros stand everywhere: what follows a length that only looks like one is seldom a codec.
    let is_codec = bytes
        .get(field::BODY)
        .is_none_or(|codec| codec::ALL.contains(codec));
    let whole = body + field::AROUND;
    wait(bytes, whole, is_codec, Next::Packet(whole))
}

/// Whether what begins here, its head being known, has all its bytes.
pub(crate) fn may_end(bytes: &[u8]) -> bool {
    let whole = match bytes {
        [0, 0, ..] => {
            u32_at(bytes, field::LENGTH).map(|length| (length as usize).saturating_add(field::AROUND))
        }
        _ => u16_at(bytes, 0).map(|length| usize::from(length) + 2),
    };
    whole.is_none_or(|whole| whole <= bytes.len())
}

/// A length too great would swallow what follows: where the checksum does not hold and the records end before the packet does,
/// so many of its bytes are the packet.
pub(crate) fn own_length(packet: &[u8], is_intact: bool) -> usize {
    let body = body(packet);
    let ends = match is_intact {
        true => None,
        false => record::body_length(body).filter(|&ends| ends < body.len()),
    };
    ends.map_or(packet.len(), |ends| ends + field::AROUND)
}

/// Whether the checksum at the end of a packet holds.
pub fn is_intact(packet: &[u8]) -> bool {
    let Some(at) = packet.len().checked_sub(field::CHECKSUM) else {
        return false;
    };
    let body = packet.get(field::BODY..at).unwrap_or_default();
    u32_at(packet, at) == Some(u32::from(checksum(body)))
}

/// CRC-16/ARC.
pub fn checksum(bytes: &[u8]) -> u16 {
    CRC.fold(0, bytes)
}

/// 0x8005 from the low bit on.
const POLYNOMIAL: u16 = 0xA001;
static CRC: Table = Table::of(POLYNOMIAL);

/// A body as a packet over TCP.
pub fn wrap(body: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(body.len() + field::AROUND);
    packet.extend([0; 4]);
    packet.extend((body.len() as u32).to_be_bytes());
    packet.extend(body);
    packet.extend(u32::from(checksum(body)).to_be_bytes());
    packet
}

/// The body of a packet.
pub fn body(packet: &[u8]) -> &[u8] {
    let end = packet.len().saturating_sub(field::CHECKSUM);
    packet.get(field::BODY..end).unwrap_or_default()
}

/// A log-in.
pub fn login(imei: &str) -> Vec<u8> {
    [&(imei.len() as u16).to_be_bytes(), imei.as_bytes()].concat()
}

/// The whole frames in `bytes`, and how many bytes are done with.
pub fn split(bytes: &[u8], longest: usize) -> (Vec<Vec<u8>>, usize) {
    cut(bytes, |rest| match next(rest, longest) {
        Next::More => None,
        Next::Garbage(length, _) => Some((length, None)),
        whole => {
            let length = whole.frame().unwrap_or(1);
            let length = match whole {
                Next::Packet(_) => own_length(&rest[..length], is_intact(&rest[..length])),
                _ => length,
            };
            Some((length, Some(rest[..length].to_vec())))
        }
    })
}

/// How many records a body says it holds.
pub(crate) fn count(body: &[u8]) -> u8 {
    body.get(1).copied().unwrap_or_default()
}

/// The number at some place of a datagram.
pub(crate) fn number(datagram: &[u8], at: usize) -> u16 {
    u16_at(datagram, at).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    const LONGEST: usize = 2048;

    /// The check value of CRC-16/ARC.
    #[test]
    fn the_checksum_is_the_known_one() {
        assert_eq!(checksum(b"123456789"), 0xBB3D);
        assert_eq!(checksum(b""), 0);
    }

    #[test]
    fn a_login_ends_where_its_length_says() {
        let login = login("356307042441013");
        assert_eq!(login[..3], [0x00, 0x0F, b'3']);
        for cut in 0..login.len() {
            assert_eq!(next(&login[..cut], LONGEST), Next::More);
        }
        assert_eq!(next(&login, LONGEST), Next::Login(17));
        assert_eq!(next(b"\x00\x0F35630704X", LONGEST), Next::Garbage(11, "garbage"));
    }

    #[test]
    fn a_packet_ends_where_its_length_says() {
        let packet = wrap(&[codec::TWELVE, 1, 6, 0, 0, 0, 2, b'o', b'k', 1]);
        for cut in 0..packet.len() {
            assert_eq!(next(&packet[..cut], LONGEST), Next::More);
        }
        assert_eq!(next(&packet, LONGEST), Next::Packet(packet.len()));
        assert!(is_intact(&packet));
    }

    #[test]
    fn a_frame_longer_than_the_limit_is_not_waited_for() {
        let mut head = vec![0; 8];
        head[6..].copy_from_slice(&2037_u16.to_be_bytes());
        assert!(matches!(next(&head, LONGEST), Next::Garbage(_, "frame_too_long")));
        head[6..].copy_from_slice(&2036_u16.to_be_bytes());
        assert_eq!(next(&head, LONGEST), Next::More);
    }

    #[test]
    fn rubbish_runs_to_the_next_beginning_and_swallows_pings() {
        let bytes = [b"abc\xFF".as_slice(), &login("356307042441013")].concat();
        assert_eq!(next(&bytes, LONGEST), Next::Garbage(4, "garbage"));
        assert_eq!(next(b"\xFFabc", LONGEST), Next::Ping);
        assert_eq!(next(b"", LONGEST), Next::More);
    }

    #[test]
    fn a_length_too_great_swallows_nothing_that_follows() {
        let mut body = vec![codec::EIGHT, 1];
        body.extend([0; 24]);
        body.extend([0, 0, 0, 0, 0, 0, 1]);
        let packet = wrap(&body);
        let mut long = packet.clone();
        long[7] += 20;
        let stream = [long.clone(), packet.clone()].concat();
        assert_eq!(next(&stream, LONGEST), Next::Packet(packet.len() + 20));
        assert_eq!(own_length(&stream[..packet.len() + 20], false), packet.len());
        assert_eq!(split(&stream, LONGEST).0, [long, packet]);
    }
}
