//! Where frames begin and end: `$$`, a letter, a length, and at the end an asterisk with a checksum.
//!
//! The length counts from the first comma to the end of the line. The end of the line is no part of a frame here: some units
//! leave it out, and none of it is said.

use alloc::vec::Vec;
use core::ops::RangeInclusive;

use crate::read::{cut, digits, find, number};

/// Opens what a unit says.
pub const UP: &[u8] = b"$$";
/// Opens what is said to a unit.
pub const DOWN: &[u8] = b"@@";
/// The asterisk and two digits.
pub const END: usize = 3;
/// What the length counts behind the checksum.
pub const LINE_END: &[u8] = b"\r\n";

/// Digits of an IMEI.
const IMEI_DIGITS: RangeInclusive<usize> = 8..=17;
/// Digits of a length.
const LENGTH_DIGITS: usize = 5;
/// `$$`, a sign, the length, a comma, the digits, a comma.
const LONGEST_HEAD: usize = 3 + LENGTH_DIGITS + 1 + *IMEI_DIGITS.end() + 1;

/// What the next bytes of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The beginning of a frame; more bytes must come.
    More,
    /// A frame of that many bytes, without the end of its line; with it where only that says where the frame ends.
    Whole(usize),
    /// The end of a line.
    LineEnd,
    /// That many bytes that belong to no frame.
    Garbage(usize, &'static str),
}

/// Looks at the bytes where a frame should begin. Never asks for more than `longest` bytes.
pub fn next(bytes: &[u8], longest: usize) -> Next {
    match bytes {
        [] => return Next::More,
        [b'\r' | b'\n', ..] => return Next::LineEnd,
        _ => {}
    }
    match head(bytes) {
        Head::More => Next::More,
        Head::None => Next::Garbage(until_beginning(bytes, 1), "garbage"),
        Head::Length(end) if longest < end => Next::Garbage(until_beginning(bytes, 1), "frame_too_long"),
        Head::Length(end) => by_length(&bytes[..bytes.len().min(longest)], end, longest),
    }
}

/// Whether what came from `from` on may end what begins here, or break it off, its head being known.
pub(crate) fn may_end(bytes: &[u8], from: usize) -> bool {
    let Head::Length(end) = head(bytes) else {
        return true;
    };
    let is_reached = from < end && end <= bytes.len();
    let line_ends = match find(bytes, is_no_letter) {
        Some(line) if line + 1 < from => end <= from && bytes[from..].iter().any(|&byte| is_no_letter(byte)),
        line => line.is_some(),
    };
    is_reached || line_ends || next_head(&bytes[from.saturating_sub(LONGEST_HEAD)..]).is_some()
}

enum Head {
    More,
    None,
    /// Where the frame ends by its length.
    Length(usize),
}

/// `$$`, any sign, digits, a comma, the digits of an IMEI, a comma.
fn head(bytes: &[u8]) -> Head {
    let is_up = bytes.iter().zip(UP).all(|(byte, up)| byte == up);
    if !is_up || bytes.get(UP.len()).is_some_and(|flag| !flag.is_ascii_graphic()) {
        return Head::None;
    }
    let Some(rest) = bytes.get(UP.len() + 1..) else {
        return Head::More;
    };
    let count = |bytes: &[u8], most: usize| {
        bytes
            .iter()
            .take(most + 1)
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let length = count(rest, LENGTH_DIGITS);
    match rest.get(length) {
        None if length <= LENGTH_DIGITS => return Head::More,
        Some(b',') if (1..=LENGTH_DIGITS).contains(&length) => {}
        _ => return Head::None,
    }
    let counted: usize = number(&rest[..length]).unwrap_or_default();
    let imei = &rest[length + 1..];
    let digits = count(imei, *IMEI_DIGITS.end());
    match imei.get(digits) {
        None if digits <= *IMEI_DIGITS.end() => return Head::More,
        Some(b',') if IMEI_DIGITS.contains(&digits) => {}
        _ => return Head::None,
    }
    let around = 1 + digits + END + LINE_END.len();
    if counted < around {
        return Head::None;
    }
    Head::Length(UP.len() + 1 + length + counted - LINE_END.len())
}

/// Text ends with its line, whatever its length says: some units count wrongly. What is no text ends by its length. Another
/// beginning before that end says that this frame was cut.
fn by_length(bytes: &[u8], end: usize, longest: usize) -> Next {
    let text = text_end(bytes);
    let ends = match text.filter(|&text| text < end) {
        Some(text) => Some(text),
        None if bytes.get(..end).is_some_and(is_ended) => Some(end),
        None => text,
    };
    let belongs = &bytes[..bytes.len().min(ends.unwrap_or(end.max(bytes.len())))];
    if let Some(other) = next_head(belongs) {
        return Next::Garbage(other, "not_a_message");
    }
    match ends {
        Some(length) if length == end => Next::Whole(length),
        Some(length) => Next::Whole(length + LINE_END.len()),
        None if bytes.len() < end => Next::More,
        None if is_text(bytes) && bytes.len() < longest => Next::More,
        None => Next::Garbage(until_beginning(bytes, 1), "not_a_message"),
    }
}

/// Where another whole head stands.
fn next_head(bytes: &[u8]) -> Option<usize> {
    let is_head = |at: &usize| bytes[*at] == UP[0] && matches!(head(&bytes[*at..]), Head::Length(_));
    (1..bytes.len()).find(is_head)
}

fn is_ended(frame: &[u8]) -> bool {
    match frame {
        [.., b'*', high, low] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        _ => false,
    }
}

fn is_text(bytes: &[u8]) -> bool {
    find(bytes, |byte| is_no_letter(byte) && byte != b'\r').is_none()
}

fn is_no_letter(byte: u8) -> bool {
    !(b' '..=b'~').contains(&byte)
}

/// Where the first line of text ends, if it ends like a frame.
fn text_end(bytes: &[u8]) -> Option<usize> {
    let line = find(bytes, is_no_letter)?;
    let ends = bytes[line..].starts_with(LINE_END) && is_ended(&bytes[..line]);
    ends.then_some(line)
}

/// How many bytes lie before the next possible beginning, `skip` of them known to be none.
pub(crate) fn until_beginning(bytes: &[u8], skip: usize) -> usize {
    let begins = |&at: &usize| bytes[at] == UP[0] && bytes.get(at + 1).is_none_or(|&next| next == UP[1]);
    (skip..bytes.len()).find(begins).unwrap_or(bytes.len())
}

/// The whole frames in `bytes` with the ends of their lines, and how many bytes are done with.
pub fn split(bytes: &[u8], longest: usize) -> (Vec<Vec<u8>>, usize) {
    cut(bytes, |rest| match next(rest, longest) {
        Next::More => None,
        Next::Garbage(length, _) => Some((length, None)),
        Next::LineEnd => Some((1, None)),
        Next::Whole(length) => {
            let line_end = !rest[..length].ends_with(LINE_END) && rest[length..].starts_with(LINE_END);
            let whole = length + if line_end { LINE_END.len() } else { 0 };
            Some((whole, Some(rest[..whole].to_vec())))
        }
    })
}

/// A frame, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The sign that an answer repeats.
    pub flag: u8,
    /// Who speaks.
    pub imei: &'a [u8],
    /// What sort of thing it says.
    pub command: &'a [u8],
    /// What it says; nothing where no comma follows the command.
    pub said: Option<&'a [u8]>,
    /// The length that it says it has is its own.
    pub length_holds: bool,
    /// The checksum holds.
    pub checksum_holds: bool,
}

impl<'a> Frame<'a> {
    /// Takes a whole frame apart, with the end of its line or without.
    pub fn open(frame: &'a [u8]) -> Option<Self> {
        let frame = frame.strip_suffix(LINE_END).unwrap_or(frame);
        let flag = *frame.get(UP.len())?;
        let from = frame.iter().position(|&byte| byte == b',')?;
        let content = frame.get(from + 1..frame.len().checked_sub(END)?)?;
        let length: usize = number(frame.get(UP.len() + 1..from)?)?;
        let mut fields = content.splitn(3, |&byte| byte == b',');
        let (imei, command) = (fields.next()?, fields.next()?);
        let (before, sum) = frame.split_at(frame.len() - END + 1);
        Some(Self {
            flag,
            imei,
            command,
            said: fields.next(),
            length_holds: length == frame.len() - from + LINE_END.len(),
            checksum_holds: sum.eq_ignore_ascii_case(&checksum(before)),
        })
    }
}

/// The low byte of the sum of all bytes, as two digits.
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let sum = bytes.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    let digit = |nibble: u8| b"0123456789ABCDEF"[usize::from(nibble & 0x0F)];
    [digit(sum >> 4), digit(sum)]
}

/// A frame with the end of its line, in either direction.
pub fn wrap(opens: &[u8], flag: u8, imei: &str, said: &[u8]) -> Vec<u8> {
    // Two commas, the IMEI, the words, the end.
    let length = 2 + imei.len() + said.len() + END + LINE_END.len();
    let length = digits(length as u64, 10, 1);
    let mut frame = [
        opens,
        &[flag],
        length.as_bytes(),
        b",",
        imei.as_bytes(),
        b",",
        said,
        b"*",
    ]
    .concat();
    let sum = checksum(&frame);
    frame.extend(sum);
    frame.extend(LINE_END);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: usize = 4096;
    const IMEI: &str = "356307042441013";

    fn up(said: &[u8]) -> Vec<u8> {
        wrap(UP, b'A', IMEI, said)
    }

    #[test]
    fn a_frame_ends_where_its_length_says() {
        let frame = up(b"CCE,\x00\r\n*41\r\n\x01");
        let whole = frame.len() - 2;
        for cut in 0..whole {
            assert_eq!(next(&frame[..cut], LONGEST), Next::More, "{cut}");
        }
        assert_eq!(next(&frame[..whole], LONGEST), Next::Whole(whole));
        assert_eq!(next(&frame, LONGEST), Next::Whole(whole));
        let open = Frame::open(&frame[..whole]).unwrap();
        assert!(open.length_holds && open.checksum_holds);
        assert_eq!(
            (open.flag, open.imei, open.command),
            (b'A', IMEI.as_bytes(), &b"CCE"[..])
        );
        assert_eq!(open.said, Some(&b"\x00\r\n*41\r\n\x01"[..]));
    }

    #[test]
    fn a_wrong_checksum_is_seen() {
        let mut frame = up(b"D03,OK");
        frame.truncate(frame.len() - 2);
        let last = frame.len() - 1;
        frame[last] = if frame[last] == b'0' { b'1' } else { b'0' };
        let open = Frame::open(&frame).unwrap();
        assert!(open.length_holds && !open.checksum_holds);
    }

    /// Some units count wrongly; their text ends with its line.
    #[test]
    fn text_of_a_wrong_length_ends_with_its_line() {
        for counted in ["27", "29"] {
            let mut frame = up(b"D03,OK");
            frame[3..5].copy_from_slice(counted.as_bytes());
            assert_eq!(next(&frame, LONGEST), Next::Whole(frame.len()));
            assert!(!Frame::open(&frame).unwrap().length_holds);
            assert_eq!(next(&frame[..frame.len() - 1], LONGEST), Next::More);
        }
    }

    #[test]
    fn a_cut_frame_ends_where_another_begins() {
        let cut = &up(b"AAA,35,-6.9,110.4")[..36];
        let stream = [cut, &up(b"D03,OK")].concat();
        assert_eq!(next(&stream, LONGEST), Next::Garbage(36, "not_a_message"));
    }

    #[test]
    fn rubbish_runs_to_the_next_beginning() {
        let frame = up(b"D03,OK");
        let bytes = [b"ab$c".as_slice(), &frame].concat();
        assert_eq!(next(&bytes, LONGEST), Next::Garbage(4, "garbage"));
        assert_eq!(next(b"$$A28,12x", LONGEST), Next::Garbage(9, "garbage"));
        assert_eq!(
            next(b"$$A99999,356307042441013,", LONGEST),
            Next::Garbage(25, "frame_too_long")
        );
        assert_eq!(split(&[bytes, b"\r\n".to_vec()].concat(), LONGEST).0, [frame]);
    }
}
