//! Where packets begin and end (standard, 2.2): a sort and flags, then a length of one to four bytes.

use alloc::vec::Vec;

use crate::read::cut;

/// Bytes that a length may have.
const LENGTH_BYTES: usize = 4;
/// Set in each byte of a length but its last.
const GOES_ON: u8 = 0x80;

/// What a stream begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The beginning of a packet.
    More,
    /// A whole packet of so many bytes.
    Packet(usize),
    /// No packet, and no way to find the next one; a stable word for what is wrong.
    Malformed(&'static str),
}

/// Looks at the bytes where a packet should begin. Never asks for more than `longest` bytes.
pub fn next(bytes: &[u8], longest: usize) -> Next {
    match head(bytes) {
        Ok(None) => Next::More,
        Ok(Some((_, whole))) if longest < whole => Next::Malformed("packet_too_long"),
        Ok(Some((_, whole))) if bytes.len() < whole => Next::More,
        Ok(Some((_, whole))) => Next::Packet(whole),
        Err(what) => Next::Malformed(what),
    }
}

/// Where the body of a packet begins, and how long the packet is.
pub(crate) fn head(bytes: &[u8]) -> Result<Option<(usize, usize)>, &'static str> {
    let lengths = bytes.get(1..).unwrap_or_default();
    let mut length = 0;
    for (at, &byte) in lengths.iter().take(LENGTH_BYTES).enumerate() {
        length |= usize::from(byte & !GOES_ON) << (7 * at);
        if byte & GOES_ON == 0 {
            let body = at + 2;
            return Ok(Some((body, body + length)));
        }
    }
    match lengths.len() < LENGTH_BYTES {
        true => Ok(None),
        false => Err("no_such_length"),
    }
}

/// A packet: its sort and flags, its length, its body.
pub(crate) fn wrap(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(body.len() + 1 + LENGTH_BYTES);
    packet.push(first);
    let mut left = body.len();
    loop {
        let low = (left & 0x7F) as u8;
        left >>= 7;
        if left == 0 {
            packet.push(low);
            break;
        }
        packet.push(low | GOES_ON);
    }
    packet.extend_from_slice(body);
    packet
}

/// Where a message that is kept alone may begin, at `from` or behind it.
pub(crate) fn until_message(bytes: &[u8], from: usize) -> usize {
    let is_message = |&at: &usize| bytes[at] >> 4 == 3;
    (from..bytes.len()).find(is_message).unwrap_or(bytes.len())
}

/// The whole packets in `bytes`, and how many bytes are done with.
pub fn split(bytes: &[u8], longest: usize) -> (Vec<Vec<u8>>, usize) {
    cut(bytes, |rest| match next(rest, longest) {
        Next::More => None,
        Next::Malformed(_) => Some((until_message(rest, 1), None)),
        Next::Packet(length) => Some((length, Some(rest[..length].to_vec()))),
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    /// Standard, table 2.4: 127, 16,383, 2,097,151 and 268,435,455 are the last of one, two, three and four bytes.
    #[test]
    fn a_length_has_one_to_four_bytes() {
        for (length, bytes) in [
            (0, &[0x00][..]),
            (127, &[0x7F]),
            (128, &[0x80, 0x01]),
            (16_383, &[0xFF, 0x7F]),
            (16_384, &[0x80, 0x80, 0x01]),
            (2_097_151, &[0xFF, 0xFF, 0x7F]),
            (268_435_455, &[0xFF, 0xFF, 0xFF, 0x7F]),
        ] {
            let begun = [&[0x30], bytes].concat();
            let body = begun.len();
            assert_eq!(head(&begun), Ok(Some((body, body + length))), "{length}");
            for cut in 0..begun.len() {
                assert_eq!(head(&begun[..cut]), Ok(None), "{length} cut at {cut}");
            }
        }
        assert_eq!(next(&[0x30, 0x80, 0x80, 0x80], 1 << 30), Next::More);
        assert_eq!(
            next(&[0x30, 0x80, 0x80, 0x80, 0x80], 1 << 30),
            Next::Malformed("no_such_length")
        );
    }

    #[test]
    fn a_packet_ends_where_its_length_says_and_no_longer_one_is_waited_for() {
        let packet = wrap(0x30, &[7; 200]);
        assert_eq!(packet.len(), 203);
        assert_eq!(next(&packet[..202], 203), Next::More);
        assert_eq!(next(&packet, 203), Next::Packet(203));
        assert_eq!(next(&packet[..4], 202), Next::Malformed("packet_too_long"));
        assert_eq!(next(b"", 10), Next::More);
    }

    #[test]
    fn packets_are_cut_out_of_a_stream_and_rubbish_is_passed_over() {
        let (one, other) = (wrap(0x30, b"\0\x01a"), wrap(0xC0, b""));
        let stream = [one.as_slice(), &other, &one[..3]].concat();
        assert_eq!(split(&stream, 64), (vec![one.clone(), other], 7));
        let rubbish = [b"\x10\xFF\xFF\xFF\xFF\xFF".as_slice(), &one].concat();
        assert_eq!(split(&rubbish, 64), (vec![one], 11));
    }
}
