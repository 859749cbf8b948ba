//! Words in packets: what is said to a unit, what it answers, and what a device behind its serial port says.
//!
//! Codec 12 has words alone, codec 13 the unit's time before them. Nobody acknowledges either.

use alloc::{string::String, vec::Vec};
use core::ops::Range;

use segel_model::{
    DeviceId, Report, ServerTime,
    report::{Extra, ReportKind},
};

use super::frame::{self, codec};
use crate::{
    cursor::Cursor,
    read::{bare, hex, put, set_time, words},
};

/// What sort of words (codecs, codec 12, "type").
pub mod sort {
    /// To the unit.
    pub const COMMAND: u8 = 0x05;
    /// From the unit.
    pub const ANSWER: u8 = 0x06;
}

/// Codec, count, sort and size stand before the words.
const HEAD: usize = 7;
/// Codec 13: the time stands before the words.
const TIME: usize = 4;
/// Longer bytes that are no words stay in the raw frame only: pieces of photos come this way.
const LONGEST_DATA: usize = 256;
/// What a reader of drivers' keys says; the key stands at this place.
const DRIVER: (&[u8], usize) = (b"GTSL", 4);

/// A packet of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a> {
    /// See [`sort`].
    pub sort: u8,
    /// Codec 13: seconds since 1970.
    pub time_s: Option<u32>,
    /// The words, or other bytes.
    pub said: &'a [u8],
    /// The size that stands before the words is theirs.
    pub fits: bool,
}

impl<'a> Text<'a> {
    /// Reads a body of codec 12 or 13.
    pub fn decode(body: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(body.get(..body.len().checked_sub(1)?)?);
        let (codec, count, sort) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
        let size = cursor.u32()? as usize;
        let (time_s, timed) = match codec {
            codec::TWELVE => (None, 0),
            codec::THIRTEEN => (Some(cursor.u32()?), TIME),
            _ => return None,
        };
        let said = cursor.rest();
        // Some units count the time among the words, some do not.
        let sized = size == said.len() || size == said.len() + timed;
        Some(Self {
            sort,
            time_s,
            said,
            fits: sized && body.last() == Some(&count),
        })
    }

    /// Writes the body back.
    pub fn encode(&self) -> Vec<u8> {
        let codec = if self.time_s.is_some() {
            codec::THIRTEEN
        } else {
            codec::TWELVE
        };
        let timed = if self.time_s.is_some() { TIME } else { 0 };
        let size = (self.said.len() + timed) as u32;
        let mut body = Vec::with_capacity(HEAD + timed + self.said.len() + 1);
        body.extend([codec, 1, self.sort]);
        body.extend(size.to_be_bytes());
        body.extend(self.time_s.into_iter().flat_map(u32::to_be_bytes));
        body.extend(self.said);
        body.push(1);
        body
    }

    /// What the words mean.
    pub(crate) fn report(&self, device: &DeviceId, received: ServerTime) -> (Report, Option<&'static str>) {
        let kind = match self.sort {
            sort::ANSWER => ReportKind::Answer,
            _ => ReportKind::Record,
        };
        let mut report = bare(device.clone(), kind, received);
        let seconds = self.time_s.map(u64::from);
        let no_time = seconds.and_then(|seconds| set_time(&mut report, seconds * 1000));
        put(&mut report, "type", Extra::Whole(i64::from(self.sort)));
        if self.said.len() <= LONGEST_DATA || self.is_words() {
            put(&mut report, "text", Extra::Text(self.masked().into()));
        } else {
            put(&mut report, "bytes", Extra::Whole(self.said.len() as i64));
        }
        if let Some(driver) = self.driver() {
            put(&mut report, "driver", Extra::Text(words(driver).into()));
        }
        let does_not_fit = (!self.fits).then_some("text_does_not_fit");
        (report, does_not_fit.or(no_time))
    }

    fn is_words(&self) -> bool {
        words(self.said) != hex(self.said)
    }

    fn driver(&self) -> Option<&'a [u8]> {
        let mut fields = self.said.split(|&byte| byte == b'|');
        let is_reader = fields.next() == Some(DRIVER.0);
        fields
            .nth(DRIVER.1 - 1)
            .filter(|driver| is_reader && !driver.is_empty())
    }

    /// The words with every secret replaced by asterisks.
    pub(crate) fn masked(&self) -> String {
        let mut said = self.said.to_vec();
        for range in secrets(self.said) {
            said[range].fill(b'*');
        }
        words(&said)
    }
}

/// Parameters that hold passwords: of the access point, and of text messages (FMB parameter list).
const SECRETS: [&[u8]; 2] = [b"2003", b"3004"];
/// What stands between a parameter and its value: in a command, and in an answer.
const BETWEEN: [&[u8]; 4] = [b":", b" Value:", b" New Value:", b" New Text:"];

/// Where passwords stand among words of either direction.
fn secrets(said: &[u8]) -> Vec<Range<usize>> {
    (0..said.len()).filter_map(|at| secret_at(said, at)).collect()
}

fn secret_at(said: &[u8], at: usize) -> Option<Range<usize>> {
    if at
        .checked_sub(1)
        .is_some_and(|before| said[before].is_ascii_digit())
    {
        return None;
    }
    let id = SECRETS.iter().find(|id| said[at..].starts_with(id))?;
    let from = at + id.len();
    let between = BETWEEN.iter().find(|between| said[from..].starts_with(between))?;
    let from = from + between.len();
    let ends = |&byte: &u8| matches!(byte, b';' | b'\r' | b'\n' | 0);
    let length = said[from..].iter().position(ends).unwrap_or(said.len() - from);
    (length != 0).then_some(from..from + length)
}

/// Where secrets stand in a raw packet of words.
pub(crate) fn secret_ranges(raw: &[u8]) -> Vec<Range<usize>> {
    let body = frame::body(raw);
    let Some(Text { said, .. }) = Text::decode(body) else {
        return Vec::new();
    };
    // The words end before the second count.
    let from = frame::field::BODY + body.len() - 1 - said.len();
    let shifted = |range: Range<usize>| range.start + from..range.end + from;
    secrets(said).into_iter().map(shifted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(said: &[u8]) -> Text<'_> {
        Text {
            sort: sort::ANSWER,
            time_s: None,
            said,
            fits: true,
        }
    }

    fn report(text: &Text<'_>) -> Report {
        text.report(&DeviceId("356307042441013".into()), ServerTime::from_unix_ms(0))
            .0
    }

    #[test]
    fn words_read_back_as_they_were_written() {
        for time_s in [None, Some(1_770_111_000)] {
            let said = Text {
                time_s,
                ..text(b"DI1:1 DI2:0")
            };
            assert_eq!(Text::decode(&said.encode()), Some(said));
        }
        assert_eq!(Text::decode(&[codec::EIGHT, 1, 6, 0, 0, 0, 0, 1]), None);
        assert_eq!(Text::decode(&[]), None);
    }

    #[test]
    fn a_size_that_counts_the_time_or_not_fits() {
        let mut body = Text {
            time_s: Some(1_770_111_000),
            ..text(b"ok")
        }
        .encode();
        assert!(Text::decode(&body).unwrap().fits);
        body[6] = 2;
        assert!(Text::decode(&body).unwrap().fits);
        body[6] = 3;
        assert!(!Text::decode(&body).unwrap().fits);
    }

    #[test]
    fn passwords_never_enter_a_report() {
        let said = report(&text(b"Param ID:2003 Value:hunter2"));
        assert_eq!(said.extra[1].1, Extra::Text("Param ID:2003 Value:*******".into()));
        let raw = frame::wrap(&text(b"Param ID:2003 Value:hunter2").encode());
        let secret = secret_ranges(&raw).remove(0);
        assert_eq!(raw[secret], *b"hunter2");
        let said = report(&text(b"setparam 2002:user;2003:secret;12003:plain"));
        assert_eq!(
            said.extra[1].1,
            Extra::Text("setparam 2002:user;2003:******;12003:plain".into())
        );
    }

    #[test]
    fn a_piece_of_a_photo_says_only_how_long_it_is() {
        let said = report(&text(&[0xD8; 257]));
        assert_eq!(said.extra[1], ("bytes".into(), Extra::Whole(257)));
        let driver = report(&text(b"GTSL|6|1|0|12749884|1|\r\n"));
        assert_eq!(driver.extra[2], ("driver".into(), Extra::Text("12749884".into())));
    }
}
