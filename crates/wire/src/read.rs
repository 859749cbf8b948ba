//! Small readers over bytes and text that strangers sent. Each gives nothing where there is nothing to read.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::str::{FromStr, from_utf8};

use segel_model::{
    DeviceId, DeviceTime, Report, ServerTime, Signal,
    report::{Extra, Fix, HOST, Lock, ReportKind},
};

use crate::calendar::Clock;

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

/// A smaller seal is where and when its host heard it. Of one that the host speaks of because it hears it no longer, nobody knows where
/// it is.
pub(crate) fn heard_by(host: &Report, mut smaller: Report) -> Report {
    let is_lost = smaller
        .signals
        .iter()
        .any(|signal| matches!(signal, Signal::SublockLost { .. }));
    smaller.time = host.time;
    smaller.backfill = host.backfill;
    smaller.fix = host.fix.filter(|_| !is_lost).map(Fix::of_host);
    smaller.serial = host.serial;
    put(&mut smaller, HOST, Extra::Text(host.device.0.clone().into()));
    smaller
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

/// Where the first byte stands that is meant. Bytes are looked at many at a time, because framing looks for an end that may be
/// far, and strangers choose how often.
pub(crate) fn find(bytes: &[u8], is_meant: impl Fn(u8) -> bool) -> Option<usize> {
    const MANY: usize = 32;
    let (blocks, _) = bytes.as_chunks::<MANY>();
    let has_none = |block: &&[u8; MANY]| !block.iter().fold(false, |found, &byte| found | is_meant(byte));
    let from = blocks.iter().take_while(has_none).count() * MANY;
    let rest = &bytes[from..];
    rest.iter().position(|&byte| is_meant(byte)).map(|at| from + at)
}

/// Cuts frames out of bytes: `step` looks at what is left and says how many bytes are done with and, where they are a frame, the
/// frame; nothing where more must come. Gives the frames, and how many bytes are done with in all.
pub(crate) fn cut(
    bytes: &[u8],
    step: impl Fn(&[u8]) -> Option<(usize, Option<Vec<u8>>)>,
) -> (Vec<Vec<u8>>, usize) {
    let (mut frames, mut used) = (Vec::new(), 0);
    while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
        let Some((length, frame)) = step(rest) else { break };
        frames.extend(frame);
        used += length;
    }
    (frames, used)
}

/// A number written in text.
pub(crate) fn number<T: FromStr>(field: &[u8]) -> Option<T> {
    from_utf8(field).ok()?.trim().parse().ok()
}

/// A measured number written in text; infinities and "nan" are no measurements.
pub(crate) fn measure(field: &[u8]) -> Option<f64> {
    number::<f64>(field).filter(|value| value.is_finite())
}

/// Tells a report what a clock that counts from 1970 says; the years in which clocks start that were never set are no time.
/// Gives a stable name for an oddity where there is no such time.
pub(crate) fn set_time(report: &mut Report, unix_ms: u64) -> Option<&'static str> {
    let unix_ms = i64::try_from(unix_ms).ok().filter(|&time| time <= LAST_MS);
    match unix_ms {
        None => return Some("no_such_time"),
        Some(time) if is_unset(Clock::from_unix_ms(time)) => report.signals.push(Signal::ClockUnset),
        Some(time) => report.time = Some(DeviceTime::from_unix_ms(time)),
    }
    None
}

/// The same of a moment that has been read already.
pub(crate) fn set_moment(report: &mut Report, time: Option<DeviceTime>) {
    match time {
        Some(time) if is_unset(Clock::from_unix_ms(time.unix_ms)) => report.signals.push(Signal::ClockUnset),
        time => report.time = time,
    }
}

/// The last moment of the year 9999.
const LAST_MS: i64 = 253_402_300_799_999;

/// Handbook of protocols 0.1: "year 2000/2010 dates or 00-00-00 mean clock not set".
pub(crate) const fn is_unset(clock: Clock) -> bool {
    matches!(clock.year(), 1970 | 2000 | 2010)
}

/// A value beside a report.
pub(crate) fn put(report: &mut Report, name: impl Into<Cow<'static, str>>, value: Extra) {
    report.extra.push((name.into(), value));
}

/// Bytes as hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| digits(u64::from(byte), 16, 2)).collect()
}

/// Bytes as words where they are words, otherwise as hexadecimal. Zeros behind the words are no part of them.
pub(crate) fn words(bytes: &[u8]) -> String {
    let end = bytes
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last + 1);
    let said = &bytes[..end];
    let printable =
        |&byte: &u8| byte == b' ' || byte.is_ascii_graphic() || matches!(byte, b'\r' | b'\n' | b'\t');
    match from_utf8(said) {
        Ok(text) if said.iter().all(printable) => text.into(),
        _ => hex(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_never_set_says_no_time() {
        let said = |unix_ms| {
            let mut report = bare(
                DeviceId("1".into()),
                ReportKind::Record,
                ServerTime::from_unix_ms(0),
            );
            let oddity = set_time(&mut report, unix_ms);
            (report.time.map(|time| time.unix_ms), report.signals, oddity)
        };
        assert_eq!(
            said(1_770_111_000_000),
            (Some(1_770_111_000_000), Vec::new(), None)
        );
        for unset in [0, 946_684_800_000, 1_262_304_000_000] {
            assert_eq!(said(unset), (None, [Signal::ClockUnset].into(), None));
        }
        assert_eq!(said(u64::MAX), (None, Vec::new(), Some("no_such_time")));
    }

    #[test]
    fn a_byte_is_found_wherever_it_stands() {
        for length in [0_usize, 1, 31, 32, 33, 64, 100] {
            let mut bytes = alloc::vec![b'a'; length];
            assert_eq!(find(&bytes, |byte| byte == b'x'), None);
            for at in (0..length).rev() {
                bytes[at] = b'x';
                assert_eq!(find(&bytes, |byte| byte == b'x'), Some(at), "{length}");
            }
        }
    }

    #[test]
    fn bytes_are_words_where_they_are_words() {
        assert_eq!(words(b"getver\0\0"), "getver");
        assert_eq!(words(&[0x01, 0x80]), "0180");
        assert_eq!(words(&[0, 0]), "");
    }

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
