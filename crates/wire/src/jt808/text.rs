//! Text in brackets on the same connection, from Jointech's locks: `(ID,1,001,MODULE,command,…)`.

use alloc::{borrow::Cow, format, string::String, vec::Vec};

use segel_model::{
    DeviceId, Report, ServerTime,
    report::{Extra, ReportKind},
};

use crate::{calendar::Clock, jointech::text::Text, read::bare, read::number};

/// The longest command shown of a message that was not understood.
const COMMAND_SHOWN: usize = 16;
/// Modules whose fields may be passwords.
const SECRET_MODULE: &[u8] = b"ELOCK";
/// Other fields of such a module are shorter than a password.
const SHORTEST: usize = 4;

/// What a text means.
pub(crate) struct Heard {
    pub(crate) report: Report,
    /// The two numbers behind the id of a lock that asks for the time.
    pub(crate) asks_time: Option<(u8, u16)>,
    pub(crate) oddity: Option<&'static str>,
}

/// Understands a text. What nobody knows is a bare report, and its command.
pub(crate) fn hear(text: &Text<'_>, frame: &[u8], received: ServerTime) -> Heard {
    if text.command == b"BASE" && text.fields == [b"2".as_slice(), b"TIME"] {
        let mut report = bare(text.device_id(), ReportKind::Heartbeat, received);
        named(&mut report, text);
        return Heard {
            report,
            asks_time: numbers(frame),
            oddity: None,
        };
    }
    let mut report = bare(text.device_id(), ReportKind::Happening, received);
    named(&mut report, text);
    Heard {
        report,
        asks_time: None,
        oddity: Some("unknown_command"),
    }
}

fn named(report: &mut Report, text: &Text<'_>) {
    if text.command.len() <= COMMAND_SHOWN {
        let command = String::from_utf8_lossy(text.command).into_owned();
        report
            .extra
            .push((Cow::Borrowed("command"), Extra::Text(command.into())));
    }
}

/// `1` and `001` of `(740190311185,1,001,BASE,2,TIME)`.
fn numbers(frame: &[u8]) -> Option<(u8, u16)> {
    let mut fields = frame.split(|byte| *byte == b',').skip(1);
    Some((number(fields.next()?)?, number(fields.next()?)?))
}

/// The same text with the time in it, in UTC: `yyyyMMddHHmmss` (handbook 2.4).
pub(crate) fn time(device: &DeviceId, (version, count): (u8, u16), now: ServerTime) -> Vec<u8> {
    let clock = Clock::from_unix_ms(now.unix_ms);
    let [_, month, day, hour, minute, second] = clock.two_digits();
    let year = clock.year();
    format!(
        "({},{version},{count:03},BASE,2,{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02})",
        device.0
    )
    .into_bytes()
}

/// Where in a text passwords stand.
pub(crate) fn secrets(text: &[u8]) -> Vec<core::ops::Range<usize>> {
    let mut secrets = Vec::new();
    let mut start = 0;
    let mut inside = false;
    for field in text.split(|byte| matches!(byte, b',' | b'(' | b')')) {
        if inside && SHORTEST <= field.len() {
            secrets.push(start..start + field.len());
        }
        inside |= field == SECRET_MODULE;
        start += field.len() + 1;
    }
    secrets
}
