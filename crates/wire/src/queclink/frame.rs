//! Where messages begin and end.
//!
//! Text runs from a plus sign to `$` or a zero byte. The binary form begins with a plus sign too and says its length.

use alloc::vec::Vec;

use super::{binary, message::Message};

use crate::read::{cut, find};

/// How text begins.
const TEXT: [&[u8]; 3] = [b"+RESP:", b"+BUFF:", b"+ACK:"];
/// The longest of these.
const LONGEST_HEAD: usize = 6;

/// How the binary form begins, where its length stands, and in how many bytes (manual of the GV200, chapter 4).
const BINARY: [(&[u8], usize, usize); 12] = [
    (b"+RSP", 9, 2),
    (b"+BSP", 9, 2),
    (b"+EVT", 9, 2),
    (b"+BVT", 9, 2),
    (b"+INF", 7, 2),
    (b"+BNF", 7, 2),
    (b"+CRD", 6, 2),
    (b"+BRD", 6, 2),
    (b"+LGN", 6, 2),
    (b"+ACK", 6, 1),
    (b"+HBD", 5, 1),
    // The form of newer units, which no public document describes.
    (b"+\0", 2, 2),
];

/// What the next bytes of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Text of that many bytes, its end included.
    Text(usize),
    /// A binary message of that many bytes.
    Binary(usize),
    /// That many bytes that belong to no message.
    Garbage(usize, &'static str),
    /// That many ends of lines between two messages.
    EndOfLine(usize),
    /// The beginning of a message; more bytes must come.
    More,
}

const fn ends_text(byte: u8) -> bool {
    matches!(byte, b'$' | 0)
}

/// Looks at the bytes where a message should begin. Never asks for more than `longest` bytes.
pub fn next(bytes: &[u8], longest: usize) -> Next {
    if let [b'\r' | b'\n', ..] = bytes {
        return Next::EndOfLine(1);
    }
    if is_text(bytes) {
        return next_text(bytes, longest);
    }
    if could_be_text(bytes) {
        return Next::More;
    }
    match BINARY.iter().find(|(head, ..)| bytes.starts_with(head)) {
        Some(&(_, at, width)) => next_binary(bytes, (at, width), longest),
        None if could_begin(bytes) => Next::More,
        None => garbage(bytes, "garbage"),
    }
}

pub(crate) fn is_text(bytes: &[u8]) -> bool {
    TEXT.iter().any(|head| bytes.starts_with(head))
}

fn could_be_text(bytes: &[u8]) -> bool {
    TEXT.iter().any(|head| head.starts_with(bytes))
}

fn could_begin(bytes: &[u8]) -> bool {
    could_be_text(bytes) || BINARY.iter().any(|(head, ..)| head.starts_with(bytes))
}

fn next_text(bytes: &[u8], longest: usize) -> Next {
    let window = &bytes[..bytes.len().min(longest)];
    let end = find(window, ends_text);
    let before_end = &window[..end.unwrap_or(window.len())];
    // Another message that begins inside means that the end of this one was lost.
    let inside = begins_inside(before_end);
    match (inside, end) {
        (Some(at), _) => Next::Garbage(at, "frame_not_finished"),
        (None, Some(end)) => Next::Text(end + 1),
        (None, None) if bytes.len() < longest => Next::More,
        (None, None) => garbage(bytes, "frame_too_long"),
    }
}

/// Where other text begins behind the first byte.
fn begins_inside(bytes: &[u8]) -> Option<usize> {
    let mut at = until_beginning(bytes, 1);
    while at < bytes.len() {
        if is_text(&bytes[at..]) {
            return Some(at);
        }
        at = until_beginning(bytes, at + 1);
    }
    None
}

fn next_binary(bytes: &[u8], (at, width): (usize, usize), longest: usize) -> Next {
    let Some(length) = counted(bytes, (at, width)) else {
        return Next::More;
    };
    if longest < length {
        return garbage(bytes, "frame_too_long");
    }
    if length <= at + width {
        return garbage(bytes, "not_a_message");
    }
    if bytes.len() < length {
        Next::More
    } else {
        Next::Binary(length)
    }
}

fn counted(bytes: &[u8], (at, width): (usize, usize)) -> Option<usize> {
    let said = bytes.get(at..at + width)?.iter();
    Some(said.fold(0, |value, &byte| value << 8 | usize::from(byte)))
}

/// Whether what came from `from` on may end what begins here, or break it off, its head being known.
pub(crate) fn may_end(bytes: &[u8], from: usize) -> bool {
    if is_text(bytes) {
        let recent = &bytes[from.saturating_sub(LONGEST_HEAD - 1)..];
        let begins_another = (0..recent.len()).any(|at| is_text(&recent[at..]));
        return begins_another || bytes[from..].iter().any(|&byte| ends_text(byte));
    }
    let head = BINARY.iter().find(|(head, ..)| bytes.starts_with(head));
    let length = head.and_then(|&(_, at, width)| counted(bytes, (at, width)));
    length.is_none_or(|length| length <= bytes.len())
}

fn garbage(bytes: &[u8], what: &'static str) -> Next {
    Next::Garbage(until_beginning(bytes, 1), what)
}

/// How many bytes lie before the next possible beginning, `skip` of them known to be none.
pub(crate) fn until_beginning(bytes: &[u8], skip: usize) -> usize {
    let rest = bytes.get(skip..).unwrap_or_default();
    skip + find(rest, |byte| byte == b'+').unwrap_or(rest.len())
}

/// The whole messages in `bytes`, and how many bytes are done with.
pub fn split(bytes: &[u8], longest: usize) -> (Vec<Vec<u8>>, usize) {
    cut(bytes, |rest| match next(rest, longest) {
        Next::More => None,
        Next::Garbage(length, _) | Next::EndOfLine(length) => Some((length, None)),
        Next::Text(length) if Message::split(&rest[..length]).is_none() => {
            Some((until_beginning(&rest[..length], 1), None))
        }
        Next::Binary(length) if !binary::is_whole(&rest[..length]) => {
            Some((until_beginning(&rest[..length], 1), None))
        }
        Next::Text(length) | Next::Binary(length) => Some((length, Some(rest[..length].to_vec()))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: usize = 2048;
    const HEARTBEAT: &[u8] = b"+ACK:GTHBD,1A0401,860599000000042,,20260203093015,11F0$";

    #[test]
    fn text_ends_with_a_dollar_or_a_zero() {
        assert_eq!(next(HEARTBEAT, LONGEST), Next::Text(HEARTBEAT.len()));
        let mut zero = HEARTBEAT.to_vec();
        *zero.last_mut().unwrap() = 0;
        assert_eq!(next(&zero, LONGEST), Next::Text(HEARTBEAT.len()));
        for cut in 0..HEARTBEAT.len() {
            assert_eq!(next(&HEARTBEAT[..cut], LONGEST), Next::More, "{cut}");
        }
    }

    #[test]
    fn text_whose_end_was_lost_does_not_swallow_the_next() {
        let bytes = [&HEARTBEAT[..20], HEARTBEAT].concat();
        assert_eq!(next(&bytes, LONGEST), Next::Garbage(20, "frame_not_finished"));
    }

    #[test]
    fn binary_ends_where_it_says() {
        // Manual of the GV200, +HBD, with the length that its example left out.
        let mut bytes = b"+HBD\xEB\x1E\x04\x01\x0C".to_vec();
        assert_eq!(next(&bytes[..5], LONGEST), Next::More);
        assert_eq!(next(&bytes, LONGEST), Next::More);
        bytes.resize(0x1E, 0);
        assert_eq!(next(&bytes, LONGEST), Next::Binary(0x1E));
        assert_eq!(next(b"+HBD\xEB\x02", LONGEST), Next::Garbage(6, "not_a_message"));
        assert_eq!(
            next(b"+RSP\x0B\xFF\xFF\xFF\xBF\xFF\x68+", LONGEST),
            Next::Garbage(11, "frame_too_long")
        );
    }

    #[test]
    fn garbage_runs_to_the_next_plus() {
        assert_eq!(next(b"abc+", LONGEST), Next::Garbage(3, "garbage"));
        assert_eq!(next(b"+X+RESP", LONGEST), Next::Garbage(2, "garbage"));
        assert_eq!(next(b"+RES", LONGEST), Next::More);
        assert_eq!(next(b"+RESX", LONGEST), Next::Garbage(5, "garbage"));
        let mut text = b"+RESP:".to_vec();
        text.resize(LONGEST, b'1');
        assert_eq!(next(&text[..LONGEST - 1], LONGEST), Next::More);
        assert_eq!(next(&text, LONGEST), Next::Garbage(LONGEST, "frame_too_long"));
    }
}
