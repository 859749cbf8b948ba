//! Where messages begin and end.
//!
//! `7878` opens a short message, whose length is one byte, `7979` a long one, whose length is two. The length counts from the
//! number of the message to its checksum. Three old messages have neither serial number nor checksum, and in one of them the
//! length byte counts wireless networks. Where the length does not lead to the end of a line, the next end of a line ends it.

use alloc::vec::Vec;

use crate::{
    checksum::Table,
    read::{cut, find},
};

/// Opens a short message.
pub const SHORT: [u8; 2] = [0x78, 0x78];
/// Opens a long message.
pub const LONG: [u8; 2] = [0x79, 0x79];
/// Closes both.
pub const END: [u8; 2] = [0x0D, 0x0A];

/// Bytes of serial number and checksum together.
const TRAILER: usize = 4;
/// Wireless networks and cells, the old way: the length byte counts the networks (handbook, messages 0x17 and 0x69).
const WIFI: [u8; 2] = [0x17, 0x69];
/// The oldest position: its length byte counts the body alone.
const OLD_PLACE: u8 = 0x10;
const OLD_PLACE_BODY: usize = 18;
/// The oldest log-in: its length counts a serial number and a checksum, of which one byte is there.
const OLD_LOGIN: [u8; 4] = [0x78, 0x78, 0x0D, 0x01];
const OLD_LOGIN_LENGTH: usize = 15;

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

/// A message, cut apart but not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Whether it is of the long sort.
    pub long: bool,
    /// What sort of message.
    pub message: u8,
    /// What it says.
    pub body: &'a [u8],
    /// Its number, where it has one.
    pub serial: Option<u16>,
    /// How many wireless networks, in the messages whose length byte says that.
    pub networks: Option<u8>,
    /// Whether the length leads to its end.
    pub length_holds: bool,
    /// Whether the checksum is right; one that has none is not wrong.
    pub checksum_holds: bool,
}

/// What stands before the body.
struct Head {
    long: bool,
    length: usize,
    message: u8,
    /// Where the body begins.
    body: usize,
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [0x78, 0x78, length, message, ..] => Some(Self {
                long: false,
                length: usize::from(length),
                message,
                body: 4,
            }),
            [0x79, 0x79, high, low, message, ..] => Some(Self {
                long: true,
                length: usize::from(u16::from_be_bytes([high, low])),
                message,
                body: 5,
            }),
            _ => None,
        }
    }

    /// Bytes of the whole message by its own length, and never fewer than a message needs.
    fn counted(&self) -> usize {
        (self.body - 1 + self.length + END.len()).max(self.body + TRAILER + END.len())
    }

    /// Bytes of the whole message where it is one of the three that have no checksum. Nothing where it is not, `None` inside where
    /// more bytes must come to know.
    fn uncounted(&self, bytes: &[u8]) -> Option<Option<usize>> {
        if self.long {
            return None;
        }
        if is_old_login(bytes) {
            return Some(Some(OLD_LOGIN_LENGTH));
        }
        if WIFI.contains(&self.message) {
            return Some(wifi_length(bytes, self.length));
        }
        let is_old = self.message == OLD_PLACE && self.length == OLD_PLACE_BODY;
        is_old.then_some(Some(self.body + OLD_PLACE_BODY + END.len()))
    }
}

/// A seal that logs in so waits for its answer before it says more, so that no more bytes are waited for.
fn is_old_login(bytes: &[u8]) -> bool {
    bytes.starts_with(&OLD_LOGIN) && ends_at(bytes, OLD_LOGIN_LENGTH) == Some(true)
}

/// Time, networks of seven bytes, number of cells, country and network, cells of five bytes.
fn wifi_length(bytes: &[u8], networks: usize) -> Option<usize> {
    let cells_at = 4 + 6 + networks * 7;
    let cells = usize::from(*bytes.get(cells_at)?);
    Some(cells_at + 1 + 3 + cells * 5 + END.len())
}

/// Looks at the bytes where a message should begin. Never asks for more than `longest` bytes.
pub fn next(bytes: &[u8], longest: usize) -> Next {
    let Some(head) = Head::read(bytes) else {
        return without_head(bytes);
    };
    if is_old_login(bytes) {
        return Next::Whole(OLD_LOGIN_LENGTH);
    }
    let counted = head.counted();
    if longest < counted {
        return garbage(bytes, "frame_too_long");
    }
    match ends_at(bytes, counted) {
        None => return Next::More,
        Some(true) => return Next::Whole(counted),
        Some(false) => {}
    }
    let from = match head.uncounted(bytes) {
        None => counted,
        Some(None) if bytes.len() < longest => return Next::More,
        Some(Some(length)) if length <= longest => match ends_at(bytes, length) {
            None => return Next::More,
            Some(true) => return Next::Whole(length),
            // Not before either length, so that the line, once stored, is no beginning of something longer.
            Some(false) => counted.max(length),
        },
        Some(_) => longest,
    };
    resynchronise(bytes, from, longest)
}

/// Whether the line ends there, where so many bytes have come.
fn ends_at(bytes: &[u8], length: usize) -> Option<bool> {
    Some(bytes.get(..length)?.ends_with(&END))
}

fn without_head(bytes: &[u8]) -> Next {
    let may_begin = [SHORT, LONG]
        .iter()
        .any(|head| head.starts_with(bytes) || bytes.starts_with(head));
    if may_begin {
        Next::More
    } else {
        garbage(bytes, "garbage")
    }
}

fn garbage(bytes: &[u8], what: &'static str) -> Next {
    Next::Garbage(until_beginning(bytes, 1), what)
}

/// How many beginnings inside a line are looked at: behind a message that was cut stand one or two, and strangers write hundreds.
const BEGINNINGS: usize = 32;

/// The length is wrong: the message goes to the end of its line, unless a whole message with a right checksum lies inside,
/// before which this one was cut.
fn resynchronise(bytes: &[u8], from: usize, longest: usize) -> Next {
    let window = &bytes[..bytes.len().min(longest)];
    let Some(end) = line_end(window, from - END.len()) else {
        return if window.len() < longest {
            Next::More
        } else {
            garbage(bytes, "frame_too_long")
        };
    };
    let line = &bytes[..end];
    let beginnings = core::iter::successors(Some(0), |at| Some(until_beginning(line, at + 1)));
    let mut inside = beginnings.skip(1).take(BEGINNINGS).take_while(|&at| at < end);
    match inside.find(|&at| holds_whole(&line[at..])) {
        Some(cut) => Next::Garbage(cut, "frame_cut"),
        None => Next::Whole(end),
    }
}

/// Behind the first end of a line from there on.
fn line_end(bytes: &[u8], mut from: usize) -> Option<usize> {
    loop {
        from += find(bytes.get(from..)?, |byte| byte == END[0])? + 1;
        if bytes.get(from) == Some(&END[1]) {
            return Some(from + 1);
        }
    }
}

/// Whether what came from `from` on may end what begins here, its head being known.
pub(crate) fn may_end(bytes: &[u8], from: usize) -> bool {
    let Some(head) = Head::read(bytes) else {
        return true;
    };
    if from < head.counted() {
        return head.counted() <= bytes.len();
    }
    // Its length was wrong: it ends where its networks say, or with a line.
    let counts_networks = !head.long && WIFI.contains(&head.message);
    counts_networks || line_end(bytes, from - 1).is_some()
}

/// Whether a message whose length and checksum are right begins here.
fn holds_whole(bytes: &[u8]) -> bool {
    let whole = Head::read(bytes).and_then(|head| bytes.get(..head.counted()));
    whole.is_some_and(|whole| whole.ends_with(&END) && checksum_holds(whole))
}

/// How many bytes lie before the next possible beginning, `skip` of them known to be none.
pub(crate) fn until_beginning(bytes: &[u8], skip: usize) -> usize {
    let rest = bytes.get(skip..).unwrap_or_default();
    let begins = |at: &usize| match rest[*at..] {
        [0x78 | 0x79] => true,
        [first, second, ..] => [first, second] == SHORT || [first, second] == LONG,
        _ => false,
    };
    skip + (0..rest.len()).find(begins).unwrap_or(rest.len())
}

impl<'a> Frame<'a> {
    /// Cuts a whole message apart. Nothing where it is too short to be one.
    pub fn open(bytes: &'a [u8]) -> Option<Self> {
        let head = Head::read(bytes)?;
        let inside = bytes.get(head.body..bytes.len().checked_sub(END.len())?)?;
        let length_holds = head.counted() == bytes.len();
        if !length_holds && head.uncounted(bytes) == Some(Some(bytes.len())) {
            return Some(Self::without_trailer(&head, inside));
        }
        let (body, trailer) = inside.split_at_checked(inside.len().checked_sub(TRAILER)?)?;
        Some(Self {
            long: head.long,
            message: head.message,
            body,
            serial: crate::read::u16_at(trailer, 0),
            networks: None,
            length_holds,
            checksum_holds: checksum_holds(bytes),
        })
    }

    fn without_trailer(head: &Head, body: &'a [u8]) -> Self {
        Self {
            long: false,
            message: head.message,
            body,
            serial: None,
            networks: WIFI
                .contains(&head.message)
                .then(|| u8::try_from(head.length).unwrap_or_default()),
            length_holds: true,
            checksum_holds: true,
        }
    }
}

/// Writes a message.
pub fn write(long: bool, message: u8, body: &[u8], serial: u16) -> Vec<u8> {
    let length = body.len() + 1 + TRAILER;
    let mut to = Vec::with_capacity(length + 6);
    if long {
        to.extend(LONG);
        to.extend((length as u16).to_be_bytes());
    } else {
        to.extend(SHORT);
        to.push(length as u8);
    }
    to.push(message);
    to.extend(body);
    to.extend(serial.to_be_bytes());
    to.extend(checksum(&to[2..]).to_be_bytes());
    to.extend(END);
    to
}

/// The longest body of a short message.
pub const SHORT_BODY: usize = 255 - 1 - TRAILER;

/// The whole messages in `bytes`, and how many bytes are done with.
pub fn split(bytes: &[u8], longest: usize) -> (Vec<Vec<u8>>, usize) {
    cut(bytes, |rest| match next(rest, longest) {
        Next::More => None,
        Next::Garbage(length, _) => Some((length, None)),
        Next::Whole(length) => Some((length, Some(rest[..length].to_vec()))),
    })
}

fn checksum_holds(whole: &[u8]) -> bool {
    let Some((counted, said)) = whole
        .len()
        .checked_sub(TRAILER)
        .and_then(|at| whole.split_at_checked(at))
    else {
        return false;
    };
    counted.get(2..).map(checksum) == crate::read::u16_at(said, 0)
}

/// CRC-16/X-25: polynomial 1021 from the low bit on, begun with ones and inverted (manual, "CRC-ITU").
pub fn checksum(bytes: &[u8]) -> u16 {
    !CRC.fold(0xFFFF, bytes)
}

const POLYNOMIAL: u16 = 0x8408;
static CRC: Table = Table::of(POLYNOMIAL);

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    const LONGEST: usize = 2048;

    /// Manual, "login": an example of the maker's own.
    const LOGIN: [u8; 10] = [0x78, 0x78, 0x05, 0x01, 0x00, 0x05, 0x9F, 0xF8, 0x0D, 0x0A];

    #[test]
    fn the_checksum_is_the_makers() {
        assert_eq!(
            checksum(b"123456789"),
            0x906E,
            "the published check value of X-25"
        );
        assert_eq!(write(false, 0x01, &[], 5), LOGIN);
        assert!(Frame::open(&LOGIN).is_some_and(|frame| frame.checksum_holds));
    }

    #[test]
    fn what_is_written_is_cut_apart_again() {
        for long in [false, true] {
            let bytes = write(long, 0x22, b"body", 0x1234);
            let frame = Frame::open(&bytes).expect("a message");
            assert_eq!(
                (frame.long, frame.message, frame.body),
                (long, 0x22, &b"body"[..])
            );
            assert_eq!(frame.serial, Some(0x1234));
            assert!(frame.length_holds && frame.checksum_holds);
            assert_eq!(next(&bytes, LONGEST), Next::Whole(bytes.len()));
            assert_eq!(next(&bytes[..bytes.len() - 1], LONGEST), Next::More);
        }
    }

    #[test]
    fn a_wrong_length_goes_to_the_end_of_the_line() {
        let mut bytes = write(false, 0x22, b"0123456789", 7);
        bytes[2] = 5;
        assert_eq!(next(&bytes, LONGEST), Next::Whole(bytes.len()));
        let frame = Frame::open(&bytes).expect("a message");
        assert!(!frame.length_holds && !frame.checksum_holds);
        assert_eq!((frame.body, frame.serial), (&b"0123456789"[..], Some(7)));
    }

    #[test]
    fn a_message_cut_short_is_passed_over_up_to_the_next() {
        let cut = &write(false, 0x12, b"0123", 7)[..6];
        let bytes = [cut, &LOGIN].concat();
        assert_eq!(next(&bytes, LONGEST), Next::Garbage(6, "frame_cut"));
        assert_eq!(split(&bytes, LONGEST), (vec![LOGIN.to_vec()], 16));
    }

    #[test]
    fn garbage_runs_to_the_next_beginning() {
        assert_eq!(next(b"abc\x78\x78", LONGEST), Next::Garbage(3, "garbage"));
        assert_eq!(next(b"abc\x79", LONGEST), Next::Garbage(3, "garbage"));
        assert_eq!(next(b"\x78a\x79\x79", LONGEST), Next::Garbage(2, "garbage"));
        assert_eq!(next(b"\x78", LONGEST), Next::More);
        assert_eq!(next(b"\x79\x79\x00", LONGEST), Next::More);
        assert_eq!(
            next(b"\x79\x79\xFF\xFF\x70", LONGEST),
            Next::Garbage(5, "frame_too_long")
        );
    }

    /// Two networks, three cells, no serial number and no checksum.
    #[test]
    fn wireless_networks_are_counted_where_the_length_should_be() {
        let mut bytes = vec![0x78, 0x78, 2, 0x69, 0x19, 0x01, 0x21, 0x05, 0x09, 0x03];
        bytes.extend([7; 14]);
        bytes.extend([3, 2, 0x8F, 1]);
        bytes.extend([9; 15]);
        bytes.extend(END);
        for cut in 1..bytes.len() {
            assert_eq!(next(&bytes[..cut], LONGEST), Next::More, "{cut}");
        }
        assert_eq!(next(&bytes, LONGEST), Next::Whole(bytes.len()));
        let frame = Frame::open(&bytes).expect("a message");
        assert_eq!((frame.networks, frame.serial), (Some(2), None));
        assert_eq!(frame.body.len(), 6 + 14 + 4 + 15);
    }

    /// Neither the length nor the networks lead to an end of line: what is kept must read again without what came behind it.
    #[test]
    fn a_line_of_wrong_networks_is_whole_by_itself() {
        let mut bytes = vec![0x78, 0x78, 1, 0x17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0D, 0x0A];
        bytes.extend([0; 14]);
        bytes.extend(END);
        assert_eq!(next(&bytes, LONGEST), Next::Whole(bytes.len()));
        for cut in 1..bytes.len() {
            assert_eq!(next(&bytes[..cut], LONGEST), Next::More, "{cut}");
        }
    }

    /// An IMEI and one byte that is neither a serial number nor a checksum.
    #[test]
    fn the_oldest_login_ends_where_its_line_ends() {
        let bytes = [
            0x78, 0x78, 0x0D, 0x01, 8, 0x66, 0, 0, 0, 0, 0, 0x17, 0x3C, 0x0D, 0x0A,
        ];
        assert_eq!(next(&bytes[..14], LONGEST), Next::More);
        assert_eq!(next(&bytes, LONGEST), Next::Whole(15));
        let frame = Frame::open(&bytes).expect("a message");
        assert_eq!((frame.body.len(), frame.serial), (9, None));
        assert!(frame.length_holds && frame.checksum_holds);
    }

    proptest::proptest! {
        #[test]
        fn any_body_comes_back(
            long: bool, message: u8, serial: u16, body in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
        ) {
            let bytes = write(long, message, &body, serial);
            proptest::prop_assert_eq!(next(&bytes, LONGEST), Next::Whole(bytes.len()));
            let frame = Frame::open(&bytes).expect("a message");
            proptest::prop_assert_eq!((frame.message, frame.body, frame.serial), (message, &body[..], Some(serial)));
        }
    }
}
