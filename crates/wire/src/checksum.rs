//! Checksums that go through their bytes from the low bit on, eight bytes at a time.
//!
//! Strangers choose how often a checksum is worked out and over how many bytes, so it is worked out quickly.

/// Bytes that are folded in one step.
const STEP: usize = 8;

/// What single bytes fold to, for each distance from the end of a step.
pub(crate) struct Table([[u16; 256]; STEP]);

impl Table {
    /// Of a polynomial, written from the low bit on.
    pub(crate) const fn of(polynomial: u16) -> Self {
        let mut tables = [[0; 256]; STEP];
        let mut byte = 0;
        while byte < 256 {
            tables[0][byte] = of_byte(byte as u16, polynomial);
            byte += 1;
        }
        let mut step = 1;
        while step < STEP {
            let mut byte = 0;
            while byte < 256 {
                let before = tables[step - 1][byte];
                tables[step][byte] = (before >> 8) ^ tables[0][(before & 0xFF) as usize];
                byte += 1;
            }
            step += 1;
        }
        Self(tables)
    }

    /// Goes on with more bytes.
    pub(crate) fn fold(&self, begun: u16, bytes: &[u8]) -> u16 {
        let (steps, rest) = bytes.as_chunks::<STEP>();
        let crc = steps.iter().fold(begun, |crc, step| self.step(crc, *step));
        rest.iter().fold(crc, |crc, &byte| {
            (crc >> 8) ^ self.0[0][usize::from((crc ^ u16::from(byte)) & 0xFF)]
        })
    }

    fn step(&self, crc: u16, mut bytes: [u8; STEP]) -> u16 {
        let [low, high] = crc.to_le_bytes();
        bytes[0] ^= low;
        bytes[1] ^= high;
        let folded = self.0.iter().rev().zip(bytes);
        folded.fold(0, |sum, (table, byte)| sum ^ table[usize::from(byte)])
    }
}

const fn of_byte(byte: u16, polynomial: u16) -> u16 {
    let mut crc = byte;
    let mut bit = 0;
    while bit < 8 {
        crc = (crc >> 1) ^ if crc & 1 == 0 { 0 } else { polynomial };
        bit += 1;
    }
    crc
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bit by bit, as the makers' documents have it.
    fn plainly(polynomial: u16, begun: u16, bytes: &[u8]) -> u16 {
        bytes.iter().fold(begun, |crc, &byte| {
            (crc >> 8) ^ of_byte((crc ^ u16::from(byte)) & 0xFF, polynomial)
        })
    }

    proptest::proptest! {
        #[test]
        fn eight_at_a_time_are_as_many_one_by_one(polynomial: u16, begun: u16, bytes: alloc::vec::Vec<u8>) {
            let table = Table::of(polynomial);
            proptest::prop_assert_eq!(table.fold(begun, &bytes), plainly(polynomial, begun, &bytes));
        }
    }
}
