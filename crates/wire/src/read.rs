//! Small readers over bytes and text that strangers sent. Each gives nothing where there is nothing to read.

use alloc::{string::String, vec::Vec};
use core::str::{FromStr, from_utf8};

use segel_model::{
    DeviceId, Report, ServerTime,
    report::{Lock, ReportKind},
};

/// A report that says nothing but who spoke and when we heard it.
pub(crate) fn bare(device: DeviceId, kind: ReportKind, received: ServerTime) -> Report {
    Report {
        device,
        kind,
        time: None,
        received,
        backfill: false,
        fix: None,
        battery: None,
        lock: Lock::default(),
        signals: Vec::new(),
        cell: None,
        serial: None,
        extra: Vec::new(),
    }
}

/// The number that binary-coded decimal digits say, or nothing where a nibble is no digit.
pub(crate) fn bcd(bytes: &[u8]) -> Option<u64> {
    bytes.iter().try_fold(0_u64, |value, &byte| {
        let (high, low) = (byte >> 4, byte & 0x0F);
        (high <= 9 && low <= 9).then(|| value.wrapping_mul(100) + u64::from(high * 10 + low))
    })
}

/// `value` below 100 as two binary-coded decimal digits.
pub(crate) const fn to_bcd(value: u8) -> u8 {
    ((value / 10) << 4) | (value % 10)
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// A number in this base, of at least so many digits. Every report says a few, and the general formatter costs ten times as
/// much.
pub(crate) fn digits(mut value: u64, base: u64, at_least: usize) -> String {
    let mut text = [b'0'; 64];
    let mut first = text.len();
    while value != 0 || text.len() - first < at_least.max(1) {
        first -= 1;
        text[first] = b"0123456789abcdef"[(value % base) as usize];
        value /= base;
    }
    from_utf8(&text[first..]).unwrap_or_default().into()
}

/// A number written in text.
pub(crate) fn number<T: FromStr>(field: &[u8]) -> Option<T> {
    from_utf8(field).ok()?.trim().parse().ok()
}

/// A measured number written in text; infinities and "nan" are no measurements.
pub(crate) fn measure(field: &[u8]) -> Option<f64> {
    number::<f64>(field).filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_general_formatter() {
        use alloc::format;
        for value in [0, 1, 9, 10, 255, 0xFFFF, 866_000_000_000_001, u64::MAX] {
            assert_eq!(digits(value, 10, 1), format!("{value}"));
            assert_eq!(digits(value, 10, 15), format!("{value:015}"));
            assert_eq!(digits(value, 16, 4), format!("{value:04x}"));
            assert_eq!(digits(value, 2, 64), format!("{value:064b}"));
        }
    }
}
