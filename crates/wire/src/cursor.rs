//! A place in bytes that strangers sent, moving forward. Nothing is read beyond their end.

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been read.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next bytes, or nothing where there are fewer; then none of them is read.
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// How many bytes have not been read.
    pub(crate) const fn left(&self) -> usize {
        self.rest.len()
    }

    /// All that has not been read; then nothing is left.
    pub(crate) fn take_rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.rest)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn i16(&mut self) -> Option<i16> {
        self.array().map(i16::from_be_bytes)
    }

    pub(crate) fn u24(&mut self) -> Option<u32> {
        let [high, middle, low] = self.array()?;
        Some(u32::from_be_bytes([0, high, middle, low]))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn u16_le(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32_le(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// A number of one or two bytes.
    pub(crate) fn number(&mut self, wide: bool) -> Option<u16> {
        if wide {
            self.u16()
        } else {
            self.u8().map(u16::from)
        }
    }
}

/// The number that up to eight bytes say, highest first.
pub(crate) fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

/// The same with a sign.
pub(crate) fn signed(bytes: &[u8]) -> i64 {
    with_sign(unsigned(bytes), bytes.len())
}

/// The number that up to eight bytes say, lowest first.
pub(crate) fn unsigned_le(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, &byte| value << 8 | u64::from(byte))
}

/// The same with a sign.
pub(crate) fn signed_le(bytes: &[u8]) -> i64 {
    with_sign(unsigned_le(bytes), bytes.len())
}

fn with_sign(value: u64, bytes: usize) -> i64 {
    let unused = 64 - 8 * bytes.clamp(1, 8) as u32;
    (value << unused) as i64 >> unused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_read_beyond_the_end() {
        let mut cursor = Cursor::new(&[1, 2, 3]);
        assert_eq!(cursor.u32(), None);
        assert_eq!(cursor.u16(), Some(0x0102));
        assert_eq!(cursor.rest(), [3]);
        assert_eq!(cursor.number(true), None);
        assert_eq!(cursor.number(false), Some(3));
        assert_eq!(cursor.u8(), None);
    }

    #[test]
    fn too_few_bytes_give_nothing_and_stay() {
        let mut cursor = Cursor::new(&[1, 2, 3, 4]);
        assert_eq!(cursor.u24(), Some(0x01_0203));
        assert_eq!(cursor.u16(), None);
        assert_eq!(cursor.left(), 1);
        assert_eq!(cursor.u8(), Some(4));
        assert_eq!(cursor.u8(), None);
    }

    #[test]
    fn numbers_have_their_sign() {
        assert_eq!(unsigned(&[0xFB, 0x5D]), 0xFB5D);
        assert_eq!(signed(&[0xFB, 0x5D]), -1187);
        assert_eq!(
            (unsigned_le(&[0x5D, 0xF5]), signed_le(&[0x5D, 0xF5])),
            (0xF55D, -2723)
        );
        assert_eq!(signed(&[0x7F]), 127);
        assert_eq!(signed(&[]), 0);
        assert_eq!(signed(&[0xFF; 8]), -1);
    }
}
