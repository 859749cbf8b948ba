//! A body in chunks (RFC 9112, 7.1). Extensions and trailers are passed over: no phone says anything in them.

use alloc::vec::Vec;

/// The longest line of a chunk's length with its extensions, and of a trailer.
const LINE_BYTES: usize = 256;
/// Hexadecimal digits of a chunk's length: more is longer than any body that is taken.
const DIGITS: usize = 8;

/// What the bytes of a body are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chunks {
    /// All of it, and how many bytes it took.
    Whole {
        /// The chunks, one after the other.
        body: Vec<u8>,
        /// Bytes of chunks, lengths and trailers.
        length: usize,
    },
    /// The beginning of one.
    More,
    /// It asks for more than may be taken.
    TooLarge,
    /// It breaks the rules.
    Broken,
}

/// Reads a body from its first chunk on, of at most `longest` bytes as they come.
pub fn read(bytes: &[u8], longest: usize) -> Chunks {
    let (mut body, mut used) = (Vec::new(), 0);
    loop {
        let size = match line(bytes, &mut used, longest) {
            Ok(line) => size(line),
            Err(stopped) => return stopped,
        };
        match size {
            None => return Chunks::Broken,
            Some(0) => return trailers(bytes, used, longest, body),
            Some(size) => {
                let end = used.saturating_add(size);
                if longest < end.saturating_add(2) {
                    return Chunks::TooLarge;
                }
                match bytes.get(end..end + 2) {
                    None => return Chunks::More,
                    Some(b"\r\n") => body.extend_from_slice(&bytes[used..end]),
                    Some(_) => return Chunks::Broken,
                }
                used = end + 2;
            }
        }
    }
}

/// Passes over the trailers: lines up to an empty one.
fn trailers(bytes: &[u8], mut used: usize, longest: usize, body: Vec<u8>) -> Chunks {
    loop {
        match line(bytes, &mut used, longest) {
            Ok([]) => return Chunks::Whole { body, length: used },
            Ok(_) => {}
            Err(stopped) => return stopped,
        }
    }
}

/// The next line, without its end.
fn line<'a>(bytes: &'a [u8], used: &mut usize, longest: usize) -> Result<&'a [u8], Chunks> {
    let rest = bytes.get(*used..).unwrap_or_default();
    let window = &rest[..rest.len().min(LINE_BYTES)];
    match window.windows(2).position(|two| two == b"\r\n") {
        Some(end) if longest < *used + end + 2 => Err(Chunks::TooLarge),
        Some(end) => {
            *used += end + 2;
            Ok(&rest[..end])
        }
        None if window.len() == LINE_BYTES => Err(Chunks::Broken),
        None if longest <= bytes.len() => Err(Chunks::TooLarge),
        None => Err(Chunks::More),
    }
}

/// The length that a line begins with.
fn size(line: &[u8]) -> Option<usize> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    let text = core::str::from_utf8(digits).ok()?;
    let fits = (1..=DIGITS).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    fits.then(|| usize::from_str_radix(text, 16).ok())?
}
