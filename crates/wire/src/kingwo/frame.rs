//! Where messages begin and end: `*HQ200<number>,<code>&…#`.

use alloc::vec::Vec;

use crate::read::{cut, find};

/// Opens a message.
pub const BEGIN: u8 = b'*';
/// Closes it. Fields that are binary may hold it too; what is cut off so is passed over and counted.
pub const END: u8 = b'#';
/// Opens a field.
pub const FIELD: u8 = b'&';

/// Bytes of the head before the device's number: the star, two letters, `20`, the wish for an answer.
const HEAD: usize = 6;
/// Digits of a device's number: six in old trackers, an IMEI and a check digit at most.
const DEVICE: core::ops::RangeInclusive<usize> = 5..=20;

/// What the next bytes of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A message of that many bytes.
    Whole(usize),
    /// That many bytes that belong to no message.
    Garbage(usize, &'static str),
    /// The beginning of a message; more bytes must come.
    More,
}

/// A message, split but not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Two letters: HQ, VK, MG, AI.
    pub maker: [u8; 2],
    /// Whether the seal wants an answer.
    pub wants_answer: bool,
    /// Digits.
    pub device: &'a str,
    /// Two letters, and in some messages a third.
    pub code: &'a [u8],
    /// What follows the code, up to the end: fields, each behind its `&`.
    pub fields: &'a [u8],
}

/// Looks at the bytes where a message should begin. Never asks for more than `longest` bytes.
pub fn next(bytes: &[u8], longest: usize) -> Next {
    if !may_be_head(bytes) {
        return Next::Garbage(until_beginning(bytes, 1), "garbage");
    }
    let window = &bytes[..bytes.len().min(longest)];
    let Some(end) = find(window, |byte| byte == END) else {
        return if window.len() < longest {
            Next::More
        } else {
            Next::Garbage(until_beginning(bytes, 1), "frame_too_long")
        };
    };
    // A whole head inside means that this message was cut and another begins there; of several, all but the last were cut.
    let begins = |&at: &usize| bytes[at] == BEGIN && HEAD < end - at && may_be_head(&bytes[at..end]);
    match (1..end).rfind(begins) {
        Some(cut) => Next::Garbage(cut, "frame_cut"),
        None => Next::Whole(end + 1),
    }
}

/// Whether what came from `from` on may end what begins here, its head being known.
pub(crate) fn may_end(bytes: &[u8], from: usize) -> bool {
    bytes[from..].contains(&END)
}

/// Whether the bytes are a head, or the beginning of one.
fn may_be_head(bytes: &[u8]) -> bool {
    let is_legal = |(at, byte): (usize, &u8)| match at {
        0 => *byte == BEGIN,
        1 | 2 => byte.is_ascii_uppercase(),
        3 => *byte == b'2',
        4 => *byte == b'0',
        5 => matches!(byte, b'0' | b'1'),
        _ => byte.is_ascii_digit(),
    };
    bytes.iter().take(HEAD + 1).enumerate().all(is_legal)
}

/// How many bytes lie before the next possible beginning, `skip` of them known to be none.
pub(crate) fn until_beginning(bytes: &[u8], skip: usize) -> usize {
    let rest = bytes.get(skip..).unwrap_or_default();
    skip + find(rest, |byte| byte == BEGIN).unwrap_or(rest.len())
}

impl<'a> Frame<'a> {
    /// Splits a whole message.
    pub fn open(bytes: &'a [u8]) -> Option<Self> {
        let inside = bytes.strip_suffix(&[END])?;
        let head: &[u8; HEAD] = inside.first_chunk()?;
        let (device, rest) = inside.get(HEAD..)?.split_at_checked(comma(inside)? - HEAD)?;
        let rest = &rest[1..];
        let code = rest.iter().position(|&byte| byte == FIELD).unwrap_or(rest.len());
        let device = core::str::from_utf8(device).ok()?;
        let is_number = device.bytes().all(|byte| byte.is_ascii_digit()) && DEVICE.contains(&device.len());
        (is_number && may_be_head(bytes) && 2 <= code).then_some(Self {
            maker: [head[1], head[2]],
            wants_answer: head[5] == b'1',
            device,
            code: &rest[..code],
            fields: &rest[code..],
        })
    }

    /// The first two letters of the code, which the answer repeats.
    pub fn code_letters(&self) -> [u8; 2] {
        [
            self.code.first().copied().unwrap_or_default(),
            self.code.get(1).copied().unwrap_or_default(),
        ]
    }

    /// Letter and value of each field.
    pub fn fields(&self) -> impl Iterator<Item = (u8, &'a [u8])> {
        let fields = self.fields.split(|&byte| byte == FIELD);
        fields.filter_map(|field| field.split_first().map(|(letter, value)| (*letter, value)))
    }
}

/// Where the number ends; behind the head.
fn comma(inside: &[u8]) -> Option<usize> {
    let at = inside.iter().position(|&byte| byte == b',')?;
    (HEAD <= at).then_some(at)
}

/// The answer: the maker, `20`, `Y` and the code (handbook).
pub fn answer(maker: [u8; 2], code: [u8; 2]) -> Vec<u8> {
    [&[BEGIN][..], &maker, b"20Y", &code, &[END]].concat()
}

/// The whole messages in `bytes`, and how many bytes are done with.
pub fn split(bytes: &[u8], longest: usize) -> (Vec<Vec<u8>>, usize) {
    cut(bytes, |rest| match next(rest, longest) {
        Next::More => None,
        Next::Garbage(length, _) => Some((length, None)),
        Next::Whole(length) => Some((length, Some(rest[..length].to_vec()))),
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    const LONGEST: usize = 2048;
    const WHOLE: &[u8] = b"*HQ201866000000000017,AB1&B0000000000&l2000#";

    #[test]
    fn a_message_goes_from_star_to_hash() {
        for cut in 1..WHOLE.len() {
            assert_eq!(next(&WHOLE[..cut], LONGEST), Next::More, "{cut}");
        }
        assert_eq!(next(WHOLE, LONGEST), Next::Whole(WHOLE.len()));
        let frame = Frame::open(WHOLE).expect("a message");
        assert_eq!(
            (frame.maker, frame.wants_answer, frame.device),
            (*b"HQ", true, "866000000000017")
        );
        assert_eq!((frame.code, frame.code_letters()), (&b"AB1"[..], *b"AB"));
        let fields: Vec<(u8, &[u8])> = frame.fields().collect();
        assert_eq!(fields, vec![(b'B', &b"0000000000"[..]), (b'l', &b"2000"[..])]);
        assert_eq!(answer(frame.maker, frame.code_letters()), b"*HQ20YAB#");
    }

    #[test]
    fn what_is_no_message_is_passed_over() {
        assert_eq!(next(b"abc*HQ", LONGEST), Next::Garbage(3, "garbage"));
        assert_eq!(next(b"*hq20*HQ", LONGEST), Next::Garbage(5, "garbage"));
        assert_eq!(
            next(b"*HQ20086600*HQ200866000,AB#", LONGEST),
            Next::Garbage(11, "frame_cut")
        );
        assert_eq!(
            next(&[b"*HQ200", &[b'1'; 20][..]].concat(), 20),
            Next::Garbage(26, "frame_too_long")
        );
        for none in [
            &b"*HQ20086600#"[..],
            b"*HQ200866000,A#",
            b"*HQ20086,AB#",
            b"*HQ200,AB#",
        ] {
            assert_eq!(Frame::open(none), None);
        }
    }
}
