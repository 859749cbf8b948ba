//! Where frames begin and end.
//!
//! `$` opens a binary frame that says its own length; `(` opens text that runs to the next `)`. Bytes that mean
//! something to the framing are escaped inside text (manual, chapter on peripherals), so looking for `)` is safe.

use alloc::vec::Vec;

use crate::read::{cut, find};

/// Opens a binary frame.
pub const BINARY: u8 = b'$';
/// Opens text.
pub const TEXT: u8 = b'(';
/// Closes text.
pub const TEXT_END: u8 = b')';

/// Head of both binary forms.
pub mod field {
    use core::ops::Range;

    /// Device id: ten binary-coded decimal digits (manual, table "position data").
    pub const DEVICE: Range<usize> = 1..6;
    /// Long form: protocol version.
    pub const VERSION: usize = 6;
    /// Long form: device type (high nibble) and data type (low nibble). High nibble is never 0.
    pub const LONG_TYPE: usize = 7;
    /// Long form: length of what lies between this field and the end, the serial number included.
    pub const LONG_LENGTH: usize = 8;
    /// Short form: record type (high nibble) and data type (low nibble).
    pub const SHORT_TYPE: usize = 6;
    /// Short form: length of the records, the serial number not included.
    pub const SHORT_LENGTH: usize = 7;
    /// Bytes needed to know the length.
    pub const HEAD: usize = 10;
    /// What both forms have around the counted length.
    pub const AROUND: usize = 10;
}

/// What the next bytes of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A binary frame of that many bytes.
    Binary(usize),
    /// A text frame of that many bytes, brackets included.
    Text(usize),
    /// That many bytes that belong to no frame.
    Garbage(usize, &'static str),
    /// The beginning of a frame; more bytes must come.
    More,
}

/// Looks at the bytes where a frame should begin. Never asks for more than `longest` bytes.
pub fn next(bytes: &[u8], longest: usize) -> Next {
    match bytes.first() {
        None => Next::More,
        Some(&BINARY) => next_binary(bytes, longest),
        Some(&TEXT) => next_text(bytes, longest),
        Some(_) => garbage(bytes, 0, "garbage"),
    }
}

/// How many bytes lie before the next possible beginning, `skip` of them known to be none.
pub(crate) fn until_beginning(bytes: &[u8], skip: usize) -> usize {
    let rest = bytes.get(skip..).unwrap_or_default();
    skip + find(rest, |byte| byte == BINARY || byte == TEXT).unwrap_or(rest.len())
}

fn garbage(bytes: &[u8], skip: usize, what: &'static str) -> Next {
    Next::Garbage(until_beginning(bytes, skip), what)
}

fn next_binary(bytes: &[u8], longest: usize) -> Next {
    let device = bytes
        .get(field::DEVICE.start..bytes.len().min(field::DEVICE.end))
        .unwrap_or_default();
    if crate::read::bcd(device).is_none() {
        return garbage(bytes, 1, "not_a_device_id");
    }
    let Some(head) = bytes.first_chunk::<{ field::HEAD }>() else {
        return Next::More;
    };
    let frame = counted(head) + field::AROUND;
    if longest < frame {
        return garbage(bytes, 1, "frame_too_long");
    }
    if bytes.len() < frame {
        Next::More
    } else {
        Next::Binary(frame)
    }
}

/// Whether what came from `from` on may end what begins here, its head being known.
pub(crate) fn may_end(bytes: &[u8], from: usize) -> bool {
    match bytes.first_chunk::<{ field::HEAD }>() {
        Some(head) if head[0] == BINARY => counted(head) + field::AROUND <= bytes.len(),
        _ => bytes[from..].contains(&TEXT_END),
    }
}

fn counted(head: &[u8; field::HEAD]) -> usize {
    let at = if is_long(head) {
        field::LONG_LENGTH
    } else {
        field::SHORT_LENGTH
    };
    usize::from(u16::from_be_bytes([head[at], head[at + 1]]))
}

/// Long frames have fewer than 256 bytes, so the high byte of their length is zero. In a short frame that byte is the
/// low one of the length, which may be zero too (0x0100); but then the byte before it, its high one, is a small number,
/// where a long frame has a device type that is never 0.
pub fn is_long(bytes: &[u8]) -> bool {
    let at = |index: usize| bytes.get(index).copied().unwrap_or_default();
    at(field::LONG_LENGTH) == 0 && at(field::LONG_TYPE) >> 4 != 0
}

fn next_text(bytes: &[u8], longest: usize) -> Next {
    if bytes.get(1).is_some_and(|byte| !byte.is_ascii_digit()) {
        return garbage(bytes, 1, "not_a_device_id");
    }
    let window = &bytes[..bytes.len().min(longest)];
    match find(window, |byte| byte == TEXT_END) {
        Some(end) => Next::Text(end + 1),
        None if bytes.len() < longest => Next::More,
        None => garbage(bytes, 1, "frame_too_long"),
    }
}

/// The escape byte and what may follow it (manual, peripheral data): the second byte and what both stand for.
const ESCAPE: u8 = 0x3D;
const ESCAPED: [(u8, u8); 4] = [(0x15, TEXT), (0x14, TEXT_END), (0x11, b','), (0x00, ESCAPE)];

/// Undoes the escapes. An escape byte before anything else stands for itself.
pub fn unescape(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        let escaped = tail.first().filter(|_| *first == ESCAPE);
        let meant = escaped.and_then(|second| ESCAPED.iter().find(|(code, _)| code == second));
        plain.push(meant.map_or(*first, |&(_, byte)| byte));
        rest = if meant.is_some() { &tail[1..] } else { tail };
    }
    plain
}

/// Escapes what the framing would misunderstand.
pub fn escape(bytes: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(bytes.len());
    for byte in bytes {
        match ESCAPED.iter().find(|(_, meant)| meant == byte) {
            Some(&(code, _)) => escaped.extend([ESCAPE, code]),
            None => escaped.push(*byte),
        }
    }
    escaped
}

/// The whole frames in `bytes`, escapes undone, and how many bytes are done with.
pub fn split(bytes: &[u8], longest: usize) -> (Vec<Vec<u8>>, usize) {
    cut(bytes, |rest| match next(rest, longest) {
        Next::More => None,
        Next::Garbage(length, _) => Some((length, None)),
        Next::Binary(length) => Some((length, Some(rest[..length].to_vec()))),
        Next::Text(length) if super::text::Text::split(&rest[..length]).is_some() => {
            Some((length, Some(unescape(&rest[..length]))))
        }
        Next::Text(length) => Some((until_beginning(&rest[..length], 1), None)),
    })
}

/// Ten digits of a binary frame's device id, leading zeros and all.
pub(crate) fn device(bytes: &[u8]) -> Option<u64> {
    crate::read::bcd(bytes.get(field::DEVICE)?)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    const LONGEST: usize = 2048;

    fn long_head(length: u16) -> Vec<u8> {
        let [high, low] = length.to_be_bytes();
        vec![BINARY, 0x80, 0x00, 0x62, 0x00, 0x11, 0x19, 0x11, high, low]
    }

    fn short_head(length: u16) -> Vec<u8> {
        let [high, low] = length.to_be_bytes();
        vec![BINARY, 0x31, 0x20, 0x82, 0x00, 0x29, 0x11, high, low, 0x17]
    }

    #[test]
    fn a_binary_frame_ends_where_it_says() {
        let mut bytes = long_head(52);
        bytes.resize(61, 0);
        assert_eq!(next(&bytes, LONGEST), Next::More);
        bytes.push(0);
        assert_eq!(next(&bytes, LONGEST), Next::Binary(62));
        bytes.push(b'(');
        assert_eq!(next(&bytes, LONGEST), Next::Binary(62));
    }

    #[test]
    fn a_short_frame_of_256_bytes_is_not_taken_for_a_long_one() {
        for length in [27, 0x100, 0x200] {
            let mut bytes = short_head(length);
            bytes.resize(usize::from(length) + 10, 0);
            assert_eq!(next(&bytes, LONGEST), Next::Binary(usize::from(length) + 10));
        }
    }

    #[test]
    fn a_frame_longer_than_the_limit_is_not_waited_for() {
        assert_eq!(next(&short_head(2038), LONGEST), Next::More);
        assert_eq!(
            next(&short_head(2039), LONGEST),
            Next::Garbage(10, "frame_too_long")
        );
        let mut text = vec![b'1'; LONGEST];
        text[0] = TEXT;
        assert_eq!(next(&text[..LONGEST - 1], LONGEST), Next::More);
        assert_eq!(next(&text, LONGEST), Next::Garbage(LONGEST, "frame_too_long"));
    }

    #[test]
    fn garbage_runs_to_the_next_beginning() {
        assert_eq!(next(b"abc(1", LONGEST), Next::Garbage(3, "garbage"));
        assert_eq!(next(b"abc$", LONGEST), Next::Garbage(3, "garbage"));
        assert_eq!(next(b"abc", LONGEST), Next::Garbage(3, "garbage"));
        assert_eq!(next(b"$\xFF$", LONGEST), Next::Garbage(2, "not_a_device_id"));
        assert_eq!(next(b"(P45,(1", LONGEST), Next::Garbage(5, "not_a_device_id"));
        assert_eq!(next(b"", LONGEST), Next::More);
    }

    /// Handbook of protocols 1.1: 3D15, 3D14, 3D11, and 3D00 undone last.
    #[test]
    fn escapes_are_undone_once() {
        assert_eq!(
            unescape(&[0x3D, 0x15, 0x3D, 0x14, 0x3D, 0x11, 0x3D, 0x00]),
            b"(),="
        );
        assert_eq!(unescape(&[0x3D, 0x00, 0x15]), [0x3D, 0x15]);
        assert_eq!(unescape(&[0x3D, 0x16, 0x3D]), [0x3D, 0x16, 0x3D]);
    }

    proptest::proptest! {
        #[test]
        fn what_was_escaped_comes_back(bytes: Vec<u8>) {
            let escaped = escape(&bytes);
            proptest::prop_assert!(!escaped.iter().any(|byte| [TEXT, TEXT_END, b','].contains(byte)));
            proptest::prop_assert_eq!(unescape(&escaped), bytes);
        }
    }
}
