//! A body in chunks (RFC 9112, 7.1). Extensions and trailers are passed over: no phone says anything in them.

use alloc::vec::Vec;

/// The longest line of a chunk's length with its extensions, and of a trailer.
const LINE_BYTES: usize = 256;
/// Hexadecimal digits of a chunk's length: more is longer than any body that is taken.
const DIGITS: usize = 8;

/// A body that is being put together.
#[derive(Debug, Default)]
pub struct Chunks {
    /// The chunks so far, one after the other.
    body: Vec<u8>,
    /// Bytes of chunks, lengths and trailers that are done with.
    used: usize,
    part: Part,
}

/// Which part of it comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Part {
    #[default]
    Chunk,
    Trailer,
    Nothing,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is all there.
    Whole,
    /// More must come.
    More,
    /// It asks for more than may be taken.
    TooLarge,
    /// It breaks the rules.
    Broken,
}

impl Chunks {
    /// Reads on, from where the last call came to. The bytes are those of the body from its first chunk on, of which at most
    /// `longest` are taken.
    pub fn go_on(&mut self, bytes: &[u8], longest: usize) -> Step {
        loop {
            let read = match self.part {
                Part::Chunk => self.chunk(bytes, longest),
                Part::Trailer => self.trailer(bytes, longest),
                Part::Nothing => return Step::Whole,
            };
            if let Err(stopped) = read {
                return stopped;
            }
        }
    }

    /// The body and how many bytes it took, once it is whole.
    pub fn take(&mut self) -> (Vec<u8>, usize) {
        (core::mem::take(&mut self.body), self.used)
    }

    /// Takes one chunk.
    fn chunk(&mut self, bytes: &[u8], longest: usize) -> Result<(), Step> {
        let (line, from) = line(bytes, self.used, longest)?;
        let size = size(line).ok_or(Step::Broken)?;
        if size == 0 {
            (self.part, self.used) = (Part::Trailer, from);
            return Ok(());
        }
        let end = from.saturating_add(size);
        if longest < end.saturating_add(2) {
            return Err(Step::TooLarge);
        }
        match bytes.get(end..end + 2) {
            None => return Err(Step::More),
            Some(b"\r\n") => self.body.extend_from_slice(&bytes[from..end]),
            Some(_) => return Err(Step::Broken),
        }
        self.used = end + 2;
        Ok(())
    }

    /// Passes over one trailer; an empty line is behind the last.
    fn trailer(&mut self, bytes: &[u8], longest: usize) -> Result<(), Step> {
        let (line, from) = line(bytes, self.used, longest)?;
        self.used = from;
        if line.is_empty() {
            self.part = Part::Nothing;
        }
        Ok(())
    }
}

/// The line that begins there, without its end, and where the next begins.
fn line(bytes: &[u8], from: usize, longest: usize) -> Result<(&[u8], usize), Step> {
    let rest = bytes.get(from..).unwrap_or_default();
    let window = &rest[..rest.len().min(LINE_BYTES)];
    match window.windows(2).position(|two| two == b"\r\n") {
        Some(end) if longest < from + end + 2 => Err(Step::TooLarge),
        Some(end) => Ok((&rest[..end], from + end + 2)),
        None if window.len() == LINE_BYTES => Err(Step::Broken),
        None if longest <= bytes.len() => Err(Step::TooLarge),
        None => Err(Step::More),
    }
}

/// The length that a line begins with.
fn size(line: &[u8]) -> Option<usize> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    let text = core::str::from_utf8(digits).ok()?;
    let fits = (1..=DIGITS).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    fits.then(|| usize::from_str_radix(text, 16).ok())?
}
