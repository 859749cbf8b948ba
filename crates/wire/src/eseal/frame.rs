//! Where a line begins and ends.

use alloc::vec::Vec;

use super::message::Message;

use crate::read::cut;

/// How every line begins.
pub const BEGINNING: &[u8] = b"##S,";
/// How every line ends, before the end of line.
pub const END: &[u8] = b",E##";

/// What the next bytes of a stream are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A line of that many bytes, without its end of line.
    Line(usize),
    /// That many bytes that belong to no line.
    Garbage(usize, &'static str),
    /// That many bytes between two lines.
    EndOfLine(usize),
    /// The beginning of a line; more bytes must come.
    More,
}

/// Looks at the bytes where a line should begin. Never asks for more than `longest` bytes.
pub fn next(bytes: &[u8], longest: usize) -> Next {
    if let [b'\r' | b'\n', ..] = bytes {
        return Next::EndOfLine(1);
    }
    if !bytes.starts_with(BEGINNING) {
        return if BEGINNING.starts_with(bytes) {
            Next::More
        } else {
            Next::Garbage(until_beginning(bytes, 1), "garbage")
        };
    }
    let window = &bytes[..bytes.len().min(longest)];
    match end_of(window) {
        Some(Ending::Whole(length)) => Next::Line(length),
        Some(Ending::Cut(length)) => Next::Garbage(length, "frame_not_finished"),
        None if bytes.len() < longest => Next::More,
        None => Next::Garbage(until_beginning(bytes, 1), "frame_too_long"),
    }
}

/// Whether what came from `from` on may end what begins here, or break it off, its beginning being known.
pub(crate) fn may_end(bytes: &[u8], from: usize) -> bool {
    let line_ends = bytes[from..].iter().any(|byte| matches!(byte, b'\r' | b'\n'));
    let recent = &bytes[from.saturating_sub(END.len() - 1)..];
    let is_mark = |four: &[u8]| four == END || four == BEGINNING;
    line_ends || recent.windows(END.len()).any(is_mark)
}

enum Ending {
    Whole(usize),
    /// Another line, or the end of this one, came before its last field.
    Cut(usize),
}

fn end_of(window: &[u8]) -> Option<Ending> {
    let from = BEGINNING.len() - 1;
    (from..window.len()).find_map(|at| {
        let rest = &window[at..];
        if rest.starts_with(END) {
            Some(Ending::Whole(at + END.len()))
        } else if rest.starts_with(BEGINNING) || matches!(rest[0], b'\r' | b'\n') {
            Some(Ending::Cut(at))
        } else {
            None
        }
    })
}

/// How many bytes lie before the next possible beginning, `skip` of them known to be none.
pub(crate) fn until_beginning(bytes: &[u8], skip: usize) -> usize {
    let begins = |&at: &usize| {
        let rest = &bytes[at..];
        rest.starts_with(BEGINNING) || BEGINNING.starts_with(rest)
    };
    (skip..bytes.len()).find(begins).unwrap_or(bytes.len())
}

/// The whole lines in `bytes`, and how many bytes are done with.
pub fn split(bytes: &[u8], longest: usize) -> (Vec<Vec<u8>>, usize) {
    cut(bytes, |rest| match next(rest, longest) {
        Next::More => None,
        Next::Garbage(length, _) | Next::EndOfLine(length) => Some((length, None)),
        Next::Line(length) if Message::split(&rest[..length]).is_none() => Some((length, None)),
        Next::Line(length) => Some((length, Some(rest[..length].to_vec()))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: usize = 2048;

    #[test]
    fn a_line_ends_behind_its_last_field() {
        let line = b"##S,eSeal,7,256,3.0.6,Startup OK,1,E##";
        assert_eq!(next(line, LONGEST), Next::Line(line.len()));
        let glued = [line.as_slice(), line].concat();
        assert_eq!(next(&glued, LONGEST), Next::Line(line.len()));
        for cut in 0..line.len() {
            assert_eq!(next(&line[..cut], LONGEST), Next::More, "{cut}");
        }
    }

    #[test]
    fn a_line_that_another_cuts_off_is_passed_over() {
        assert_eq!(
            next(b"##S,eSeal,7,25##S,eSeal", LONGEST),
            Next::Garbage(14, "frame_not_finished")
        );
        assert_eq!(
            next(b"##S,eSeal\r\n##S", LONGEST),
            Next::Garbage(9, "frame_not_finished")
        );
    }

    #[test]
    fn garbage_runs_to_the_next_beginning() {
        assert_eq!(next(b"abc##S,", LONGEST), Next::Garbage(3, "garbage"));
        assert_eq!(next(b"#a#", LONGEST), Next::Garbage(2, "garbage"));
        assert_eq!(next(b"####S,", LONGEST), Next::Garbage(2, "garbage"));
        assert_eq!(next(b"\r\n", LONGEST), Next::EndOfLine(1));
    }

    #[test]
    fn a_line_longer_than_the_limit_is_not_waited_for() {
        let mut line = BEGINNING.to_vec();
        line.resize(LONGEST, b'1');
        assert_eq!(next(&line[..LONGEST - 1], LONGEST), Next::More);
        assert_eq!(next(&line, LONGEST), Next::Garbage(LONGEST, "frame_too_long"));
    }
}
