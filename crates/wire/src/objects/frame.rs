//! Where a JSON value ends, found without reading it.

use alloc::vec::Vec;
use core::ops::Range;

use crate::{read::cut, stream::Next};

/// Looks at the bytes where an object should begin; white space and the marks of a list stand between objects. Never asks for more
/// than `longest` bytes.
pub(crate) fn next(bytes: &[u8], longest: usize) -> Next {
    let between = bytes.iter().take_while(|byte| is_between(**byte)).count();
    if 0 < between {
        return Next::Nothing(between);
    }
    if bytes.first() != Some(&b'{') {
        return Next::Garbage(beginning(bytes, 1), "garbage");
    }
    match length(&bytes[..bytes.len().min(longest)]) {
        Some(length) => Next::Frame(length),
        None if longest <= bytes.len() => Next::Garbage(beginning(bytes, 1), "frame_too_long"),
        None => Next::More,
    }
}

/// The whole objects in `bytes`, and how many bytes are done with.
pub fn split(bytes: &[u8], longest: usize) -> (Vec<Vec<u8>>, usize) {
    cut(bytes, |rest| match next(rest, longest) {
        Next::More => None,
        Next::Frame(length) => Some((length, Some(rest[..length].to_vec()))),
        Next::Nothing(length) | Next::Garbage(length, _) => Some((length, None)),
    })
}

/// Where the next object may begin, at `from` or behind it.
pub(crate) fn beginning(bytes: &[u8], from: usize) -> usize {
    let found = bytes.iter().skip(from).position(|byte| *byte == b'{');
    found.map_or(bytes.len(), |at| from + at)
}

/// Whether an object may end at `from` or behind it. Brackets are counted, not matched: what is no JSON may end with either.
pub(crate) fn may_end(bytes: &[u8], from: usize) -> bool {
    bytes.iter().skip(from).any(|byte| matches!(byte, b'}' | b']'))
}

/// Where the values of a list stand, or the one value that is no list. The text is known to be JSON.
pub(crate) fn values(text: &[u8]) -> Vec<Range<usize>> {
    let whole = trimmed(text, 0..text.len());
    if text.get(whole.start) != Some(&b'[') {
        return Vec::from([whole]);
    }
    let mut values = Vec::new();
    let (mut scan, mut from) = (Scan::default(), whole.start + 1);
    for (at, byte) in text.iter().enumerate().skip(whole.start) {
        scan.take(*byte);
        let is_end = scan.depth == 0;
        if is_end || scan.depth == 1 && !scan.in_text && *byte == b',' {
            values.push(trimmed(text, from..at));
            from = at + 1;
        }
        if is_end {
            break;
        }
    }
    values.retain(|value| !value.is_empty());
    values
}

/// How many bytes the object at the beginning has; nothing where its end has not come.
fn length(bytes: &[u8]) -> Option<usize> {
    let mut scan = Scan::default();
    let last = bytes.iter().position(|byte| {
        scan.take(*byte);
        scan.depth == 0
    });
    last.map(|last| last + 1)
}

fn trimmed(text: &[u8], range: Range<usize>) -> Range<usize> {
    let value = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (value.len() - value.trim_ascii_start().len());
    start..start + value.trim_ascii().len()
}

const fn is_between(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'[' | b']' | b',')
}

/// How deep in brackets, and whether in text.
#[derive(Default)]
struct Scan {
    depth: u32,
    in_text: bool,
    is_escaped: bool,
}

impl Scan {
    fn take(&mut self, byte: u8) {
        let is_escaped = core::mem::take(&mut self.is_escaped);
        match byte {
            _ if is_escaped => {}
            b'\\' => self.is_escaped = self.in_text,
            b'"' => self.in_text = !self.in_text,
            _ if self.in_text => {}
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_ends_with_its_own_bracket_whatever_stands_in_its_text() {
        let object = br#"{"a":"}\"{","b":[{"c":"\\"}]}"#;
        for cut in 1..object.len() {
            assert_eq!(next(&object[..cut], 100), Next::More, "{cut}");
        }
        let two = [object.as_slice(), b"{}"].concat();
        assert_eq!(next(&two, 100), Next::Frame(object.len()));
        assert_eq!(next(b" \r\n[,{}", 100), Next::Nothing(5));
        assert_eq!(next(b"GET {", 100), Next::Garbage(4, "garbage"));
    }

    #[test]
    fn what_ends_with_the_wrong_bracket_ends_for_who_reads_it_in_pieces_too() {
        let wrong = br#"{"a":1]"#;
        assert_eq!(next(wrong, 100), Next::Frame(wrong.len()));
        assert!(may_end(wrong, wrong.len() - 1) && !may_end(wrong, wrong.len()));
        assert!(!may_end(br#"{"a":1"#, 0));
    }

    #[test]
    fn an_object_beyond_the_limit_is_passed_over() {
        let long = br#"{"a":"0123456789"}{}"#;
        assert_eq!(next(long, 10), Next::Garbage(18, "frame_too_long"));
        assert_eq!(next(&long[..9], 10), Next::More);
    }

    #[test]
    fn a_list_has_its_values_and_anything_else_is_one() {
        let of = |text: &'static str| -> Vec<&'static str> {
            let ranges = values(text.as_bytes()).into_iter();
            ranges.map(|range| &text[range]).collect()
        };
        assert_eq!(
            of(r#" [ {"a":[1,2]} , 7,"],[", null ] "#),
            [r#"{"a":[1,2]}"#, "7", r#""],[""#, "null"]
        );
        assert_eq!(of(" {\"a\":1} "), ["{\"a\":1}"]);
        assert_eq!(of("[]"), [""; 0]);
        assert_eq!(of("[ ]"), [""; 0]);
    }

    #[test]
    fn a_stream_is_split_into_objects_and_the_rest_is_kept() {
        let (objects, used) = split(b"{}\n{\"a\":1}x{\"b\"", 100);
        assert_eq!(objects, [b"{}".to_vec(), b"{\"a\":1}".to_vec()]);
        assert_eq!(used, 11);
    }
}
