//! One connection of one Jointech seal.
//!
//! The first frame says who speaks and which dialect. Nothing is answered by itself: every answer waits until its
//! report is durable, because the seal forgets a record once it is acknowledged.

use alloc::{boxed::Box, format, string::String, vec::Vec};

use segel_model::{
    DeviceId, OrderId, Report, ServerTime,
    order::SealCommand,
    report::{Lock, ReportKind},
};

use super::{
    frame::{self, Next},
    record::{Record, VERSION_JT701D, device_text},
    status::bit,
    tracker,
};
use crate::{
    calendar::Clock,
    limits::{Limits, Profile},
    output::{self, AckToken, NotSpoken, Output, Outputs, Reason, Reported},
};

/// A connection.
pub struct Session {
    limits: Limits,
    /// The beginning of a frame whose end has not come; empty, and without memory, most of the time.
    partial: Vec<u8>,
    partial_since: Option<ServerTime>,
    /// Bytes of the stream before `partial`.
    seen: u32,
    garbage: u32,
    closed: bool,
    device: Option<DeviceId>,
    version: Option<u8>,
    /// A seal without a clock is told the time once a connection; it asks again itself.
    clock_told: bool,
    outputs: Outputs,
}

enum Opening {
    Ours,
    TooShort,
    Another,
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
    /// `(P35)`.
    Plain,
}

impl Session {
    /// A connection that has just been accepted.
    pub fn new(profile: Profile, limits: Limits) -> Self {
        let version = match profile {
            Profile::Any => None,
            Profile::Jt701 => Some(VERSION_JT701D - 1),
            Profile::Jt701d => Some(VERSION_JT701D),
        };
        Self {
            limits,
            partial: Vec::new(),
            partial_since: None,
            seen: 0,
            garbage: 0,
            closed: false,
            device: None,
            version,
            clock_told: false,
            outputs: Outputs::default(),
        }
    }

    /// Bytes have come.
    pub fn receive(&mut self, now: ServerTime, bytes: &[u8]) {
        if self.partial.is_empty() {
            let used = self.consume(now, bytes);
            self.keep(now, bytes.get(used..).unwrap_or_default());
            return;
        }
        let mut partial = core::mem::take(&mut self.partial);
        partial.extend_from_slice(bytes);
        let used = self.consume(now, &partial);
        self.keep(now, partial.get(used..).unwrap_or_default());
    }

    /// Keeps the beginning of a frame: never more than one frame may have.
    fn keep(&mut self, now: ServerTime, rest: &[u8]) {
        if rest.is_empty() || self.closed {
            self.partial_since = None;
            return;
        }
        self.partial = rest.to_vec();
        self.partial_since = Some(now);
    }

    /// Reads whole frames; says how many bytes they had.
    fn consume(&mut self, now: ServerTime, bytes: &[u8]) -> usize {
        let mut used = 0;
        while !self.closed {
            let rest = bytes.get(used..).unwrap_or_default();
            match self.opening(rest) {
                Opening::Ours => {}
                Opening::TooShort => break,
                Opening::Another => {
                    self.close(Reason::NotASeal, rest);
                    break;
                }
            }
            match frame::next(rest, self.limits.frame_bytes as usize) {
                Next::More => break,
                Next::Binary(length) => used += self.take(now, &rest[..length], Self::hear_binary),
                Next::Text(length) => used += self.take(now, &rest[..length], Self::hear_text),
                Next::Garbage(length, what) => used += self.discard(&rest[..length], what),
            }
        }
        used
    }

    fn take(&mut self, now: ServerTime, frame: &[u8], hear: fn(&mut Self, ServerTime, &[u8])) -> usize {
        hear(self, now, frame);
        self.seen = self.seen.wrapping_add(frame.len() as u32);
        frame.len()
    }

    fn discard(&mut self, bytes: &[u8], what: &str) -> usize {
        self.outputs.oddity(self.seen, what, bytes);
        let length = bytes.len() as u32;
        self.seen = self.seen.wrapping_add(length);
        self.garbage = self.garbage.saturating_add(length);
        if self.limits.garbage_bytes < self.garbage {
            self.close(Reason::TooMuchGarbage, &[]);
        }
        bytes.len()
    }

    /// Browsers, scanners and TLS clients find every open port. They are told apart by their first bytes.
    fn opening(&self, bytes: &[u8]) -> Opening {
        if self.seen != 0 || bytes.is_empty() {
            Opening::Ours
        } else if OTHERS.iter().any(|head| bytes.starts_with(head)) {
            Opening::Another
        } else if OTHERS.iter().any(|head| head.starts_with(bytes)) {
            Opening::TooShort
        } else {
            Opening::Ours
        }
    }

    fn close(&mut self, reason: Reason, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.outputs.oddity(self.seen, "another_protocol", bytes);
        }
        self.closed = true;
        self.outputs.push(Output::Close(reason));
    }

    fn hear_binary(&mut self, now: ServerTime, bytes: &[u8]) {
        if frame::is_long(bytes) {
            return self.hear_record(now, bytes);
        }
        let Some((reports, left)) = tracker::decode(bytes, now) else {
            return;
        };
        if left != 0 || reports.is_empty() {
            self.outputs.oddity(self.seen, "odd_record_length", bytes);
        }
        for (part, report) in (0..).zip(reports) {
            self.report(
                report,
                bytes,
                part,
                Owed {
                    answer: Answer::Nothing,
                    tell_time: false,
                },
            );
        }
    }

    fn hear_record(&mut self, now: ServerTime, bytes: &[u8]) {
        let Some(record) = Record::decode(bytes) else {
            return self.hear_short_record(now, bytes);
        };
        if let Some(what) = record.nonsense(bytes) {
            self.outputs.oddity(self.seen, what, bytes);
        }
        self.version = Some(record.version);
        let answer = record_answer(record.version, record.status.has(bit::WANTS_ACK), record.serial);
        let owed = Owed {
            answer,
            tell_time: record.place.clock.is_unset(),
        };
        self.report(record.report(now), bytes, 0, owed);
    }

    /// A record too short to be one. It is kept and acknowledged all the same: otherwise the seal would send it for
    /// ever and never come to the next.
    fn hear_short_record(&mut self, now: ServerTime, bytes: &[u8]) {
        self.outputs.oddity(self.seen, "record_too_short", bytes);
        let (Some(device), Some(&serial)) = (frame::device(bytes), bytes.last()) else {
            return;
        };
        let report = bare(
            DeviceId(device_text(device)),
            ReportKind::Record,
            now,
            Some(serial),
        );
        let version = bytes.get(frame::field::VERSION).copied().unwrap_or_default();
        let answer = record_answer(version, true, serial);
        self.report(
            report,
            bytes,
            0,
            Owed {
                answer,
                tell_time: false,
            },
        );
    }

    fn hear_text(&mut self, _now: ServerTime, bytes: &[u8]) {
        self.outputs.oddity(self.seen, "unknown_command", bytes);
    }

    fn report(&mut self, report: Report, raw: &[u8], part: u16, owed: Owed) {
        if self.device.as_ref() != Some(&report.device) {
            if self.device.is_some() {
                self.outputs.oddity(self.seen, "another_device", raw);
            }
            self.device = Some(report.device.clone());
        }
        let owes = owed.answer != Answer::Nothing || owed.tell_time;
        let token = if owes {
            AckToken(output::Owed::Jointech(owed))
        } else {
            AckToken::NOTHING
        };
        self.outputs.push(Output::Report(Box::new(Reported {
            report,
            raw: raw.to_vec(),
            part,
            token,
        })));
    }

    /// Time has passed.
    pub fn tick(&mut self, now: ServerTime) {
        if self.partial_deadline().is_some_and(|deadline| deadline <= now) {
            self.give_up_partial(now);
        }
    }

    /// Reads the kept bytes anew from the next possible beginning on.
    fn give_up_partial(&mut self, now: ServerTime) {
        let partial = core::mem::take(&mut self.partial);
        if let Next::Garbage(length, what) = frame::garbage(&partial, 1, "frame_not_finished") {
            let used = self.discard(&partial[..length], what);
            let rest = &partial[used..];
            let used = self.consume(now, rest);
            self.keep(now, rest.get(used..).unwrap_or_default());
        }
    }

    fn partial_deadline(&self) -> Option<ServerTime> {
        Some(self.partial_since?.plus_s(i64::from(self.limits.partial_s)))
    }

    /// When `tick` next has something to do.
    pub fn next_deadline(&self) -> Option<ServerTime> {
        self.partial_deadline()
    }

    /// The next thing that leaves.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.poll()
    }

    /// Who speaks.
    pub fn device(&self) -> Option<&DeviceId> {
        self.device.as_ref()
    }

    /// The report is durable: answers it.
    pub(crate) fn acknowledge(&mut self, owed: Owed, now: ServerTime) {
        match owed.answer {
            Answer::Nothing => {}
            Answer::Plain => self.outputs.transmit(b"(P35)".to_vec()),
            Answer::Serial(serial) => self.outputs.transmit(serial_answer(serial)),
        }
        if owed.tell_time && !self.clock_told {
            self.clock_told = true;
            self.outputs.transmit(time_answer(now));
        }
    }

    /// Sends an order.
    pub fn send(&mut self, _id: OrderId, _command: &SealCommand, _now: ServerTime) -> Result<(), NotSpoken> {
        Err(NotSpoken {
            why: "this order is not spoken yet",
        })
    }
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
    format!("(P69,0,{serial})").into_bytes()
}

/// `(P22,DDMMYYhhmmss)` in UTC.
fn time_answer(now: ServerTime) -> Vec<u8> {
    let [year, month, day, hour, minute, second] = Clock::from_unix_ms(now.unix_ms).two_digits();
    let text: String = format!("(P22,{day:02}{month:02}{year:02}{hour:02}{minute:02}{second:02})");
    text.into_bytes()
}

/// First bytes of what is no seal: HTTP, TLS (handshake of any version), SSH.
const OTHERS: [&[u8]; 7] = [b"GET ", b"POST", b"HEAD", b"PUT ", b"OPTI", b"\x16\x03", b"SSH-"];

/// A report that says nothing but who and when.
fn bare(device: DeviceId, kind: ReportKind, received: ServerTime, serial: Option<u8>) -> Report {
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
        serial: serial.map(u32::from),
        extra: Vec::new(),
    }
}
