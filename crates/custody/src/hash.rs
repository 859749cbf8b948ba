//! A number for some bytes: the same on every machine and for ever, and no secret. Fowler, Noll and Vo's, 64 bits, variant 1a.

/// What an empty text has.
pub(crate) const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// The number of what was read before and of these bytes.
pub(crate) fn fnv(start: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(start, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published test values.
    #[test]
    fn numbers_are_those_of_the_published_function() {
        assert_eq!(fnv(FNV_START, b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(FNV_START, b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv(FNV_START, b"foobar"), 0x8594_4171_f739_67e8);
    }
}
