//! Numbers of varying length and a cursor that never reads past its end.

use crate::StoreError;
use crate::error::form;

/// Reports that do not read back.
pub(crate) fn damaged(detail: &dyn std::fmt::Display) -> StoreError {
    form("read stored reports", detail)
}

/// Appends seven bits a byte, the low ones first.
pub(crate) fn put_number(to: &mut Vec<u8>, mut number: u64) {
    while 0x80 <= number {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// What is left to read.
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl<'a> Cursor<'a> {
    /// The next bytes.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], StoreError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or_else(|| damaged(&"it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next byte.
    pub(crate) fn byte(&mut self) -> Result<u8, StoreError> {
        Ok(self.take(1)?[0])
    }

    /// The next number.
    pub(crate) fn number(&mut self) -> Result<u64, StoreError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(damaged(&"a number without an end"))
    }

    /// The next number, which counts something of which no block holds more than `most`.
    pub(crate) fn count(&mut self, most: usize) -> Result<usize, StoreError> {
        let number = self.number()?;
        usize::try_from(number)
            .ok()
            .filter(|count| *count <= most)
            .ok_or_else(|| damaged(&format!("it claims {number} where {most} is the most")))
    }
}
