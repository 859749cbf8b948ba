//! Text from the seal: `(ID,COMMAND,fields…)`.
//!
//! Heartbeats, questions, lock events, what smaller seals said, and the answers to our own commands all come this way.

use alloc::{borrow::Cow, string::String, vec::Vec};

use segel_model::{
    DeviceId, Report, ServerTime, Signal,
    report::{Extra, ReportKind},
};

use super::{event, old, session::Answer, sublock};
use crate::{
    output::Learned,
    read::bare,
    secrets::{MASK, is_secret},
};

/// Digits of a device id: ten in the manual, fifteen (an IMEI) in clones.
const DEVICE_DIGITS: core::ops::RangeInclusive<usize> = 5..=20;
/// The longest command shown of a message that was not understood; the manual's have five letters at most.
const COMMAND_SHOWN: usize = 16;
/// Numbers that some messages carry between the id and the command.
const NUMBERS_BEFORE_COMMAND: usize = 2;

/// A text frame, split but not understood. The fields are still escaped.
pub struct Text<'a> {
    /// The digits of the id.
    pub device: &'a str,
    /// Such as `P45` or `@JT`.
    pub command: &'a [u8],
    /// What follows it.
    pub fields: Vec<&'a [u8]>,
}

impl<'a> Text<'a> {
    /// Splits a frame, brackets included.
    pub fn split(frame: &'a [u8]) -> Option<Self> {
        let inside = frame.get(1..frame.len().checked_sub(1)?)?;
        // Looked at before anything is split: whoever writes many brackets shall not have each text read to its end.
        let head = &inside[..inside.len().min(DEVICE_DIGITS.end() + 1)];
        let digits = head.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !DEVICE_DIGITS.contains(&digits) || inside.get(digits) != Some(&b',') {
            return None;
        }
        let mut fields = inside.split(|&byte| byte == b',');
        let device = core::str::from_utf8(fields.next()?).ok()?;
        let mut command = fields.next()?;
        for _ in 0..NUMBERS_BEFORE_COMMAND {
            if command.first().is_some_and(u8::is_ascii_digit) {
                command = fields.next()?;
            }
        }
        Some(Self {
            device,
            command,
            fields: fields.collect(),
        })
    }

    /// The field of that number.
    pub fn field(&self, at: usize) -> Option<&'a [u8]> {
        self.fields.get(at).copied()
    }

    /// Its sender.
    pub fn device_id(&self) -> DeviceId {
        DeviceId(self.device.into())
    }

    /// The fields as one text, secrets masked.
    pub fn masked(&self) -> String {
        let mut text = String::new();
        for field in &self.fields {
            if !text.is_empty() {
                text.push(',');
            }
            if is_secret(self.command, field) {
                text.push_str(MASK);
            } else {
                text.push_str(&String::from_utf8_lossy(field));
            }
        }
        text
    }
}

/// What a text frame means.
pub(crate) struct Heard {
    pub report: Report,
    /// Of the smaller seal that spoke through this one.
    pub sublock: Option<Report>,
    pub answer: Answer,
    pub learned: Option<Learned>,
    /// Whether the seal's clock was not set.
    pub clock_unset: bool,
    pub oddity: Option<&'static str>,
}

impl Heard {
    pub(crate) fn new(report: Report, answer: Answer) -> Self {
        Self {
            report,
            sublock: None,
            answer,
            learned: None,
            clock_unset: false,
            oddity: None,
        }
    }

    /// A whole message of a seal that we cannot read: kept byte for byte all the same, under its sender and its command.
    pub(crate) fn unread(
        text: &Text<'_>,
        kind: ReportKind,
        received: ServerTime,
        what: &'static str,
    ) -> Self {
        let mut report = bare(text.device_id(), kind, received);
        if text.command.len() <= COMMAND_SHOWN {
            let command = String::from_utf8_lossy(text.command).into_owned();
            report
                .extra
                .push((Cow::Borrowed("command"), Extra::Text(command.into())));
        }
        Self {
            oddity: Some(what),
            ..Self::new(report, Answer::Nothing)
        }
    }
}

/// Understands a text frame. `frame` is the whole of it, for what is binary inside. What nobody knows is a report too, a
/// bare one: the bytes are evidence, and a later decoder may read them.
pub(crate) fn hear(text: &Text<'_>, frame: &[u8], received: ServerTime) -> Heard {
    match text.command {
        b"@JT" => heartbeat(text, received),
        b"P45" => event::hear(text, received),
        b"P22" if text.field(0) == Some(b"2") => wants_time(text, received),
        b"P52" if text.field(0) == Some(b"2") => dynamic_password(text, received),
        b"WLNET" => sublock::hear(text, frame, received),
        b"U01" | b"U02" | b"U03" | b"U06" => old::hear_u(text, received),
        b"W01" => old::hear_w01(text, received),
        [b'P', digits @ ..] if digits.iter().all(u8::is_ascii_digit) => answer(text, received),
        _ => Heard::unread(text, ReportKind::Happening, received, "unknown_command"),
    }
}

/// Manual, "heartbeat": sent when the interval is longer than 80 s; wants no answer.
fn heartbeat(text: &Text<'_>, received: ServerTime) -> Heard {
    let mut report = bare(text.device_id(), ReportKind::Heartbeat, received);
    report.signals.push(Signal::Heartbeat);
    Heard::new(report, Answer::Nothing)
}

/// Manual, P22: a seal that does not know the time asks for it, three times a minute apart.
fn wants_time(text: &Text<'_>, received: ServerTime) -> Heard {
    let mut report = bare(text.device_id(), ReportKind::Happening, received);
    report.signals.push(Signal::ClockUnset);
    Heard::new(report, Answer::Time)
}

/// Manual, P52,2: a new one-time password, announced every minute until it is echoed.
fn dynamic_password(text: &Text<'_>, received: ServerTime) -> Heard {
    let six = text.field(1).and_then(|field| field.try_into().ok());
    let Some(password) = six.filter(|six: &[u8; 6]| six.iter().all(u8::is_ascii_digit)) else {
        return Heard::unread(text, ReportKind::Happening, received, "no_such_password");
    };
    let mut report = bare(text.device_id(), ReportKind::Happening, received);
    report
        .extra
        .push((Cow::Borrowed("command"), Extra::Text(Cow::Borrowed("P52,2"))));
    let learned = Learned::DynamicPassword {
        device: text.device_id(),
        password: password.map(char::from).iter().collect(),
    };
    Heard {
        learned: Some(learned),
        ..Heard::new(report, Answer::DynamicPassword(password))
    }
}

/// An answer to a command of ours.
fn answer(text: &Text<'_>, received: ServerTime) -> Heard {
    let mut report = bare(text.device_id(), ReportKind::Answer, received);
    let command = String::from_utf8_lossy(text.command).into_owned();
    report
        .extra
        .push((Cow::Borrowed("command"), Extra::Text(command.into())));
    report
        .extra
        .push((Cow::Borrowed("answer"), Extra::Text(text.masked().into())));
    Heard {
        learned: told_secret(text),
        ..Heard::new(report, Answer::Nothing)
    }
}

/// Answers to `(P52,0)` and `(P44,1)` hold the password in force.
fn told_secret(text: &Text<'_>) -> Option<Learned> {
    let device = text.device_id();
    let password = |field: &[u8]| String::from_utf8(field.to_vec()).ok();
    match (text.command, text.fields.as_slice()) {
        (b"P52", [b"0", _, current]) => Some(Learned::DynamicPassword {
            device,
            password: password(current)?,
        }),
        (b"P44", [current]) if is_secret(text.command, current) => Some(Learned::StaticPassword {
            device,
            password: password(current)?,
        }),
        _ => None,
    }
}
