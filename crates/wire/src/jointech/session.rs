//! How a Jointech seal is spoken with.
//!
//! The first frame says who speaks and which dialect. Nothing is answered by itself: every answer waits until its
//! report is durable, because the seal forgets a record once it is acknowledged.

use alloc::vec::Vec;

use segel_model::{DeviceId, OrderId, Report, ServerTime, order::SealCommand, report::ReportKind};

use super::{
    command::{Command, time_text},
    fence,
    frame::{self, Next},
    orders::Wanted,
    record::{Record, VERSION_JT701D, device_text},
    status::bit,
    text::{self, Heard, Text},
    tracker,
};
use crate::{
    calendar::Clock,
    limits::Limits,
    orders::Orders,
    output::{self, NotSpoken},
    profile::{Dialect, Profile},
    read::{bare, digits},
    stream::{self, Language, NoFrame, Talk},
};

/// The language, with what one connection has said of itself.
pub(crate) struct Jointech {
    version: Option<u8>,
    /// A seal without a clock is told the time once a connection; it asks again itself.
    clock_told: bool,
    orders: Orders<Wanted>,
}

/// What a report is owed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owed {
    answer: Answer,
    /// The seal's clock was not set.
    tell_time: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Nothing,
    /// `(P69,0,serial)`.
    Serial(u32),
    /// `(P69,0,serial)` and, for seals before JT701D, `(P46)`.
    Event(u32),
    /// `(P35)`.
    Plain,
    /// `(P52,2,password)`: the one-time password said back.
    DynamicPassword([u8; 6]),
    /// `(P22,time)`.
    Time,
    /// `(S39)`: a U report of an old tracker.
    OldReport,
    /// `(S20)`: an alarm of an old tracker.
    OldAlarm,
}

impl Language for Jointech {
    fn next(&self, bytes: &[u8], limits: &Limits) -> stream::Next {
        if let [b'\r' | b'\n', ..] = bytes {
            // Some clones end a frame like a line.
            return stream::Next::Nothing(1);
        }
        match frame::next(bytes, limits.frame_bytes as usize) {
            Next::More => stream::Next::More,
            Next::Binary(length) | Next::Text(length) => stream::Next::Frame(length),
            Next::Garbage(length, what) => stream::Next::Garbage(length, what),
        }
    }

    fn may_end(&self, bytes: &[u8], from: usize) -> bool {
        frame::may_end(bytes, from)
    }

    fn beginning(&self, bytes: &[u8], from: usize) -> usize {
        frame::until_beginning(bytes, from)
    }

    fn hear(&mut self, frame: &[u8], talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame> {
        match frame {
            [frame::BINARY, ..] => {
                self.hear_binary(now, frame, talk);
                Ok(())
            }
            _ => self.hear_text(now, frame, talk),
        }
    }

    fn acknowledge(&mut self, owed: output::Owed, talk: &mut Talk, now: ServerTime) {
        let output::Owed::Jointech(owed) = owed else {
            return;
        };
        self.give(owed.answer, talk, now);
        if owed.tell_time && !self.clock_told {
            self.give(Answer::Time, talk, now);
        }
    }

    fn assume(&mut self, profile: Profile) {
        self.version = self.version.or(version_of(profile));
    }

    fn speaks(&self, order: &SealCommand) -> Result<(), NotSpoken> {
        said(order, ServerTime::from_unix_ms(0)).map(drop)
    }

    fn takes(&self, order: &SealCommand, talk: &Talk, now: ServerTime) -> bool {
        let wanted = said(order, now).ok().map(|(wanted, _)| wanted);
        wanted.is_none_or(|wanted| talk.device.is_some() && self.orders.takes(&wanted))
    }

    fn send(
        &mut self,
        id: OrderId,
        order: &SealCommand,
        talk: &mut Talk,
        now: ServerTime,
    ) -> Result<(), NotSpoken> {
        let (wanted, bytes) = said(order, now)?;
        self.orders.push((id, wanted), bytes, talk, now)
    }

    fn tick(&mut self, talk: &mut Talk, now: ServerTime) {
        self.orders.tick(talk, now);
    }

    fn next_deadline(&self, limits: &Limits) -> Option<ServerTime> {
        self.orders.next_deadline(limits)
    }
}

impl Jointech {
    /// A seal that has said nothing yet.
    pub(crate) fn new(profile: Profile) -> Self {
        Self {
            version: version_of(profile),
            clock_told: false,
            orders: Orders::default(),
        }
    }

    fn hear_binary(&mut self, now: ServerTime, bytes: &[u8], talk: &mut Talk) {
        if frame::is_long(bytes) {
            return self.hear_record(now, bytes, talk);
        }
        let Some((mut reports, left)) = tracker::decode(bytes, now) else {
            return talk.oddity("not_a_device_id", bytes);
        };
        if left != 0 || reports.is_empty() {
            talk.oddity("odd_record_length", bytes);
        }
        if reports.is_empty() {
            // No record that we know: the frame is kept all the same.
            reports.extend(frame::device(bytes).map(|device| bare_record(device, now)));
        }
        for (part, report) in (0..).zip(reports) {
            talk.report(report, bytes, part, owed(Answer::Nothing, false));
        }
    }

    fn hear_record(&mut self, now: ServerTime, bytes: &[u8], talk: &mut Talk) {
        let Some(record) = Record::decode(bytes) else {
            return self.hear_short_record(now, bytes, talk);
        };
        if let Some(what) = record.nonsense(bytes) {
            talk.oddity(what, bytes);
        }
        self.version = Some(record.version);
        let answer = record_answer(record.version, record.status.has(bit::WANTS_ACK), record.serial);
        let owed = owed(answer, record.place.clock.is_unset());
        talk.report(record.report(now), bytes, 0, owed);
        self.orders.send(talk, now);
    }

    /// A record too short to be one. It is kept and acknowledged all the same: otherwise the seal would send it for
    /// ever and never come to the next.
    fn hear_short_record(&mut self, now: ServerTime, bytes: &[u8], talk: &mut Talk) {
        talk.oddity("record_too_short", bytes);
        let (Some(device), Some(&serial)) = (frame::device(bytes), bytes.last()) else {
            return;
        };
        let mut report = bare_record(device, now);
        report.serial = Some(u32::from(serial));
        let version = bytes.get(frame::field::VERSION).copied().unwrap_or_default();
        let answer = record_answer(version, true, serial);
        talk.report(report, bytes, 0, owed(answer, false));
    }

    fn hear_text(&mut self, now: ServerTime, bytes: &[u8], talk: &mut Talk) -> Result<(), NoFrame> {
        let text = Text::split(bytes).ok_or_else(|| NoFrame {
            bytes: frame::until_beginning(bytes, 1),
            what: "not_a_message",
        })?;
        let heard = text::hear(&text, bytes, now);
        self.hear_message(now, &text, (heard, bytes), talk);
        Ok(())
    }

    fn hear_message(
        &mut self,
        now: ServerTime,
        text: &Text<'_>,
        (heard, bytes): (Heard, &[u8]),
        talk: &mut Talk,
    ) {
        let Heard {
            report,
            sublock,
            answer,
            learned,
            clock_unset,
            oddity,
        } = heard;
        if let Some(what) = oddity {
            talk.oddity(what, bytes);
        }
        if let Some(secret) = learned {
            talk.learned(secret);
        }
        let is_answer = report.kind == ReportKind::Answer;
        let owed = owed(answer, clock_unset);
        match sublock {
            None => talk.report(report, bytes, 0, owed),
            Some(sublock) => {
                // The last of a message carries what all of it is owed.
                talk.report(report, bytes, 0, output::Owed::Nothing);
                talk.report_of_another(sublock, bytes, 1, owed);
            }
        }
        if is_answer {
            self.orders.answer(talk, |wanted| wanted.ended_by(text));
        }
        self.orders.send(talk, now);
    }

    fn give(&mut self, answer: Answer, talk: &mut Talk, now: ServerTime) {
        match answer {
            Answer::Nothing => {}
            Answer::Plain => talk.transmit(b"(P35)".to_vec()),
            Answer::Serial(serial) => talk.transmit(serial_answer(serial)),
            Answer::Event(serial) => self.answer_event(serial, talk),
            Answer::DynamicPassword(password) => {
                talk.transmit([b"(P52,2,", password.as_slice(), b")"].concat());
            }
            Answer::Time => {
                self.clock_told = true;
                talk.transmit(time_text(Clock::from_unix_ms(now.unix_ms)).into_bytes());
            }
            Answer::OldReport => talk.transmit(b"(S39)".to_vec()),
            Answer::OldAlarm => talk.transmit(b"(S20)".to_vec()),
        }
    }

    /// Seals before JT701D want a lock event acknowledged twice over; JT701D ignores the second.
    fn answer_event(&self, serial: u32, talk: &mut Talk) {
        talk.transmit(serial_answer(serial));
        if self.version.is_some_and(|version| version < VERSION_JT701D) {
            talk.transmit(b"(P46)".to_vec());
        }
    }
}

/// The bytes of an order, which may be several commands, and what answers the last of them.
fn said(order: &SealCommand, now: ServerTime) -> Result<(Wanted, Vec<u8>), NotSpoken> {
    let commands = match order {
        SealCommand::Fence(fence) => fence::commands(fence)?,
        other => Vec::from([Command::from_order(other, now)?]),
    };
    let wanted = commands.last().and_then(Wanted::from_command).ok_or(NotSpoken {
        why: "this seal answers no such order",
    })?;
    let mut bytes = Vec::new();
    for command in commands {
        bytes.extend(command.encode()?);
    }
    Ok((wanted, bytes))
}

/// The version byte that seals of a profile write.
const fn version_of(profile: Profile) -> Option<u8> {
    match profile.dialect {
        Dialect::Jt701 => Some(VERSION_JT701D - 1),
        Dialect::Jt701d => Some(VERSION_JT701D),
        _ => None,
    }
}

/// A report that is owed nothing waits for nothing.
fn owed(answer: Answer, tell_time: bool) -> output::Owed {
    if answer == Answer::Nothing && !tell_time {
        return output::Owed::Nothing;
    }
    output::Owed::Jointech(Owed { answer, tell_time })
}

fn bare_record(device: u64, now: ServerTime) -> Report {
    bare(DeviceId(device_text(device)), ReportKind::Record, now)
}

/// Manual, "acknowledgement": JT701D wants every record acknowledged by number, older ones only where they ask.
fn record_answer(version: u8, asked: bool, serial: u8) -> Answer {
    match version {
        VERSION_JT701D.. => Answer::Serial(u32::from(serial)),
        _ if asked => Answer::Plain,
        _ => Answer::Nothing,
    }
}

fn serial_answer(serial: u32) -> Vec<u8> {
    [b"(P69,0,", digits(u64::from(serial), 10, 1).as_bytes(), b")"].concat()
}
