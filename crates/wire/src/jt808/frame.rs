//! Where frames begin and end.
//!
//! A frame stands between two delimiters, 0x7E (standard, "message structure") or, with some trackers, 0xE7. Two frames may
//! share one delimiter. Jointech locks also send text in brackets over the same connection.

use alloc::vec::Vec;

use super::{
    header::Header,
    message::{self, MESSAGES},
};

use crate::read::{cut, find};

/// Delimiter of the standard.
pub const DELIMITER: u8 = 0x7E;
/// Delimiter of the T500 and T600 trackers.
pub const OTHER_DELIMITER: u8 = 0xE7;
/// Opens text.
pub const TEXT: u8 = b'(';
/// Closes text.
pub const TEXT_END: u8 = b')';

/// The two bytes of an escape, and the byte they stand for.
type Escape = ([u8; 2], u8);
/// Standard, "escaping".
const ESCAPES: &[Escape] = &[([0x7D, 0x02], 0x7E), ([0x7D, 0x01], 0x7D)];
/// Handbook 2.1, of the other delimiter.
const OTHER_ESCAPES: &[Escape] = &[
    ([0xE6, 0x01], 0xE6),
    ([0xE6, 0x02], 0xE7),
    ([0x3E, 0x01], 0x3E),
    ([0x3E, 0x02], 0x3D),
];

/// What the next bytes of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The beginning of a frame; more bytes must come.
    More,
    /// A frame of that many bytes, both delimiters included.
    Binary(usize),
    /// A frame of that many bytes whose first delimiter was the last one of the frame before.
    Shared(usize),
    /// Text of that many bytes, brackets included.
    Text(usize),
    /// That many bytes between frames that mean nothing.
    Nothing(usize),
    /// That many bytes that belong to no frame.
    Garbage(usize, &'static str),
}

/// Looks at the bytes where a frame should begin. Never asks for more than `longest` bytes.
pub fn next(bytes: &[u8], longest: usize) -> Next {
    match bytes {
        [] => Next::More,
        [b'\r' | b'\n', ..] => Next::Nothing(1),
        [TEXT, ..] => next_text(bytes, longest),
        [DELIMITER, ..] => next_binary(bytes, longest),
        [OTHER_DELIMITER, rest @ ..] => match rest.first_chunk() {
            // This byte is no delimiter inside the frames of all others, so what follows must look like a message.
            Some(id) if MESSAGES.contains(&u16::from_be_bytes(*id)) => next_binary(bytes, longest),
            Some(_) => garbage(bytes, "garbage"),
            None => Next::More,
        },
        _ => next_shared(bytes, longest),
    }
}

/// How many bytes lie before the next possible beginning, `skip` of them known to be none.
pub(crate) fn until_beginning(bytes: &[u8], skip: usize) -> usize {
    let rest = bytes.get(skip..).unwrap_or_default();
    let begins = |byte| matches!(byte, DELIMITER | OTHER_DELIMITER | TEXT);
    skip + find(rest, begins).unwrap_or(rest.len())
}

/// Whether neither a frame nor text nor the end of a line begins here: only what shares the delimiter of the frame before.
pub(crate) fn begins_nothing(bytes: &[u8]) -> bool {
    !matches!(
        bytes,
        [] | [DELIMITER | OTHER_DELIMITER | TEXT | b'\r' | b'\n', ..]
    )
}

fn garbage(bytes: &[u8], what: &'static str) -> Next {
    Next::Garbage(until_beginning(bytes, 1), what)
}

fn next_binary(bytes: &[u8], longest: usize) -> Next {
    let window = &bytes[..bytes.len().min(longest)];
    match find(&window[1..], |byte| byte == bytes[0]) {
        // The end of one frame and the beginning of the next.
        Some(0) => Next::Nothing(1),
        Some(inside) => Next::Binary(inside + 2),
        None if bytes.len() < longest => Next::More,
        None => garbage(bytes, "frame_too_long"),
    }
}

/// Bytes without a delimiter before them are a frame only where everything in it holds.
fn next_shared(bytes: &[u8], longest: usize) -> Next {
    let window = &bytes[..bytes.len().min(longest)];
    match find(window, |byte| byte == DELIMITER) {
        Some(end) if holds(&bytes[..end]) => Next::Shared(end + 1),
        None if bytes.len() < longest => Next::More,
        _ => garbage(bytes, "garbage"),
    }
}

fn holds(inside: &[u8]) -> bool {
    Frame::read(DELIMITER, inside).is_some_and(|frame| frame.checksum_holds && frame.length_holds)
}

fn next_text(bytes: &[u8], longest: usize) -> Next {
    let window = &bytes[..bytes.len().min(longest)];
    if window.get(1).is_some_and(|byte| !byte.is_ascii_digit()) {
        return garbage(bytes, "not_a_message");
    }
    match find(window, is_no_letter) {
        Some(end) if window[end] == TEXT_END => Next::Text(end + 1),
        None if bytes.len() < longest => Next::More,
        None => garbage(bytes, "frame_too_long"),
        Some(_) => garbage(bytes, "not_a_message"),
    }
}

/// Ends text, or has no place in it.
fn is_no_letter(byte: u8) -> bool {
    byte == TEXT_END || !(b' '..DELIMITER).contains(&byte)
}

/// Whether what came from `from` on may end what begins here, its head being known.
pub(crate) fn may_end(bytes: &[u8], from: usize) -> bool {
    let mut fresh = bytes[from..].iter();
    match bytes.first() {
        Some(&TEXT) => fresh.any(|&byte| is_no_letter(byte)),
        Some(&OTHER_DELIMITER) => fresh.any(|&byte| byte == OTHER_DELIMITER),
        _ => fresh.any(|&byte| byte == DELIMITER),
    }
}

/// A binary frame, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Who says what.
    pub header: Header,
    /// What it says; of a piece, its part of it.
    pub body: Vec<u8>,
    /// Whether the checksum is right.
    pub checksum_holds: bool,
    /// Whether the body has the length that the header says.
    pub length_holds: bool,
}

impl Frame {
    /// Opens a frame with both delimiters. Nothing where it is none: bytes between two delimiters are a frame if their length
    /// is right, or if they say something we know.
    pub fn open(frame: &[u8]) -> Option<Self> {
        let (&delimiter, rest) = frame.split_first()?;
        let opened = Self::read(delimiter, rest.strip_suffix(&[delimiter])?)?;
        let looks_right = opened.length_holds || message::MESSAGES.contains(&opened.header.message);
        looks_right.then_some(opened)
    }

    fn read(delimiter: u8, inside: &[u8]) -> Option<Self> {
        let plain = unescape(delimiter, inside);
        let (checksum, content) = plain.split_last()?;
        let (header, from) = Header::read(delimiter, content)?;
        let body = content.get(from..)?;
        Some(Self {
            checksum_holds: content.iter().fold(0, |sum, byte| sum ^ byte) == *checksum,
            length_holds: usize::from(header.length()) == body.len(),
            header,
            body: body.to_vec(),
        })
    }

    /// What is wrong with it: a stable name for an oddity. Such a frame is read all the same, for it is evidence, and answered:
    /// what comes over TCP was not damaged on the way, so a device that counts wrongly would send it for ever.
    pub fn fault(&self) -> Option<&'static str> {
        if !self.checksum_holds {
            return Some("wrong_checksum");
        }
        (!self.length_holds).then_some("wrong_length")
    }
}

/// Puts content between delimiters, its checksum behind it.
pub fn close(delimiter: u8, content: &[u8]) -> Vec<u8> {
    let checksum = content.iter().fold(0, |sum, byte| sum ^ byte);
    let mut frame = Vec::with_capacity(content.len() + 8);
    frame.push(delimiter);
    frame.extend(escape(delimiter, content));
    frame.extend(escape(delimiter, &[checksum]));
    frame.push(delimiter);
    frame
}

const fn escapes(delimiter: u8) -> &'static [Escape] {
    if delimiter == OTHER_DELIMITER {
        OTHER_ESCAPES
    } else {
        ESCAPES
    }
}

/// The bytes that an escape begins with.
const fn escape_bytes(delimiter: u8) -> [u8; 2] {
    if delimiter == OTHER_DELIMITER {
        [0xE6, 0x3E]
    } else {
        [0x7D; 2]
    }
}

/// What stands at the front of escaped bytes, and how many bytes that takes. An escape byte before anything else stands for
/// itself.
pub(crate) fn front(delimiter: u8, bytes: &[u8]) -> Option<(u8, usize)> {
    let pair = bytes.first_chunk::<2>();
    let known = pair.and_then(|pair| escapes(delimiter).iter().find(|(written, _)| written == pair));
    match known {
        Some((_, meant)) => Some((*meant, 2)),
        None => bytes.first().map(|byte| (*byte, 1)),
    }
}

/// Undoes the escapes.
pub fn unescape(delimiter: u8, bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    let [one, other] = escape_bytes(delimiter);
    // Nearly all bytes stand for themselves and are copied together.
    while let Some(at) = find(rest, |byte| byte == one || byte == other) {
        plain.extend_from_slice(&rest[..at]);
        let Some((byte, length)) = front(delimiter, &rest[at..]) else {
            break;
        };
        plain.push(byte);
        rest = &rest[at + length..];
    }
    plain.extend_from_slice(rest);
    plain
}

/// Escapes what the framing would misunderstand.
pub fn escape(delimiter: u8, bytes: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(bytes.len());
    for byte in bytes {
        match escapes(delimiter).iter().find(|(_, meant)| meant == byte) {
            Some((written, _)) => escaped.extend(written),
            None => escaped.push(*byte),
        }
    }
    escaped
}

/// The whole frames in `bytes`, escapes undone, and how many bytes are done with.
pub fn split(bytes: &[u8], longest: usize) -> (Vec<Vec<u8>>, usize) {
    cut(bytes, |rest| match next(rest, longest) {
        Next::More => None,
        Next::Binary(length) => Some((length, Some(plain(&rest[..length])))),
        Next::Shared(length) => Some((length, Some(plain(&with_delimiter(&rest[..length]))))),
        Next::Text(length) => Some((length, Some(rest[..length].to_vec()))),
        Next::Nothing(length) | Next::Garbage(length, _) => Some((length, None)),
    })
}

/// A frame that shares its first delimiter with the one before, with that delimiter.
pub(crate) fn with_delimiter(shared: &[u8]) -> Vec<u8> {
    [&[DELIMITER], shared].concat()
}

fn plain(frame: &[u8]) -> Vec<u8> {
    match frame {
        [delimiter, inside @ .., _] => {
            let mut plain = unescape(*delimiter, inside);
            plain.insert(0, *delimiter);
            plain.push(*delimiter);
            plain
        }
        other => other.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::jt808::header::Address;

    const LONGEST: usize = 2048;

    fn heartbeat() -> Vec<u8> {
        let address = Address::from_device("013511221122").expect("twelve digits");
        address.message(0x0002, 7, &[])
    }

    #[test]
    fn a_frame_runs_from_delimiter_to_delimiter() {
        let frame = heartbeat();
        assert_eq!(next(&frame, LONGEST), Next::Binary(15));
        assert_eq!(next(&frame[..14], LONGEST), Next::More);
        assert_eq!(next(&[DELIMITER, DELIMITER], LONGEST), Next::Nothing(1));
        assert_eq!(next(&frame[1..], LONGEST), Next::Shared(14));
        let mut broken = frame;
        broken[13] ^= 1;
        assert_eq!(next(&broken[1..], LONGEST), Next::Garbage(13, "garbage"));
        assert_eq!(
            Frame::open(&broken).expect("a frame").fault(),
            Some("wrong_checksum")
        );
    }

    #[test]
    fn nothing_is_waited_for_beyond_the_limit() {
        let mut endless = vec![b'x'; LONGEST];
        assert_eq!(next(&endless[1..], LONGEST), Next::More);
        assert_eq!(next(&endless, LONGEST), Next::Garbage(LONGEST, "garbage"));
        endless[0] = DELIMITER;
        assert_eq!(next(&endless[..LONGEST - 1], LONGEST), Next::More);
        assert_eq!(next(&endless, LONGEST), Next::Garbage(LONGEST, "frame_too_long"));
        let mut text = vec![b'1'; LONGEST];
        text[0] = TEXT;
        assert_eq!(next(&text[..LONGEST - 1], LONGEST), Next::More);
        assert_eq!(next(&text, LONGEST), Next::Garbage(LONGEST, "frame_too_long"));
    }

    #[test]
    fn a_byte_like_the_other_delimiter_swallows_nothing() {
        let bytes = [&[OTHER_DELIMITER][..], &heartbeat()].concat();
        assert_eq!(next(&bytes, LONGEST), Next::Garbage(1, "garbage"));
        assert_eq!(next(&bytes[..2], LONGEST), Next::More);
        assert_eq!(next(&[OTHER_DELIMITER, 0x02, 0x00], LONGEST), Next::More);
    }

    #[test]
    fn text_is_text_to_its_end() {
        assert_eq!(
            next(b"(740190311185,1,001,BASE,2,TIME)x", LONGEST),
            Next::Text(32)
        );
        assert_eq!(next(b"(7", LONGEST), Next::More);
        assert_eq!(next(b"(x", LONGEST), Next::Garbage(2, "not_a_message"));
        assert_eq!(next(b"(7\x7e)", LONGEST), Next::Garbage(2, "not_a_message"));
    }

    /// Handbook 2.1: "7E→7D 02, 7D→7D 01"; "E6 01→E6, E6 02→E7, 3E 01→3E, 3E 02→3D".
    #[test]
    fn escapes_are_those_of_the_delimiter() {
        assert_eq!(
            unescape(DELIMITER, &[0x30, 0x7D, 0x02, 0x08, 0x7D, 0x01, 0x55]),
            [0x30, 0x7E, 0x08, 0x7D, 0x55]
        );
        assert_eq!(
            unescape(DELIMITER, &[0x7D, 0x7D, 0x03, 0x7D]),
            [0x7D, 0x7D, 0x03, 0x7D]
        );
        assert_eq!(
            unescape(
                OTHER_DELIMITER,
                &[0xE6, 0x01, 0xE6, 0x02, 0x3E, 0x01, 0x3E, 0x02, 0x7D, 0x02]
            ),
            [0xE6, 0xE7, 0x3E, 0x3D, 0x7D, 0x02]
        );
    }

    proptest::proptest! {
        #[test]
        fn what_was_escaped_comes_back(bytes: Vec<u8>) {
            for delimiter in [DELIMITER, OTHER_DELIMITER] {
                let escaped = escape(delimiter, &bytes);
                proptest::prop_assert!(!escaped.contains(&delimiter));
                proptest::prop_assert_eq!(unescape(delimiter, &escaped), bytes.clone());
            }
        }
    }
}
