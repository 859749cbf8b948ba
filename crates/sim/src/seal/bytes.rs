//! How makers write numbers: digits two a byte, clocks in six numbers, checksums. Worked out from their documents, not shared
//! with the decoder.

/// Digits, two a byte.
pub(super) fn push_digits(frame: &mut Vec<u8>, digits: &[u8]) {
    frame.extend(
        digits
            .chunks_exact(2)
            .map(|pair| (pair[0] - b'0') << 4 | (pair[1] - b'0')),
    );
}

/// A moment in UTC by a pattern of strftime.
pub(super) fn clock_text(unix_s: i64, pattern: &str) -> String {
    let time = jiff::Timestamp::from_second(unix_s).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime(pattern).to_string()
}

/// Year of the century, month, day, hour, minute, second, in UTC.
pub(super) fn clock(unix_s: i64) -> [u8; 6] {
    let text = clock_text(unix_s, "%y%m%d%H%M%S");
    let digits = text.as_bytes();
    std::array::from_fn(|at| (digits[2 * at] - b'0') * 10 + (digits[2 * at + 1] - b'0'))
}

/// A number of so many digits of which some stand for a name: `text` with noughts before it.
pub(super) fn padded(text: &str, digits: usize) -> String {
    format!("{text:0>digits$}")
}

/// A cyclic checksum of sixteen bits that begins at the low end: for each bit, shift and fold the polynomial in.
pub(super) fn reflected_crc16(bytes: &[u8], polynomial: u16, start: u16) -> u16 {
    let mut crc = start;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            let out = crc & 1;
            crc >>= 1;
            if out == 1 {
                crc ^= polynomial;
            }
        }
    }
    crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_six_numbers() {
        assert_eq!(clock(1_764_000_000), [25, 11, 24, 16, 0, 0]);
        assert_eq!(clock_text(1_764_000_000, "%d%m%y"), "241125");
    }

    /// The published check values of CRC-16/ARC and CRC-16/X-25 over "123456789".
    #[test]
    fn checksums_are_the_published_ones() {
        assert_eq!(reflected_crc16(b"123456789", 0xA001, 0), 0xBB3D);
        assert_eq!(!reflected_crc16(b"123456789", 0x8408, 0xFFFF), 0x906E);
    }

    #[test]
    fn digits_stand_two_a_byte() {
        let mut bytes = Vec::new();
        push_digits(&mut bytes, padded("351", 6).as_bytes());
        assert_eq!(bytes, [0x00, 0x03, 0x51]);
    }
}
