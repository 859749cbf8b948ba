//! One connection of one Jointech seal.
//!
//! The first frame says who speaks and which dialect. Nothing is answered by itself: every answer waits until its
//! report is durable, because the seal forgets a record once it is acknowledged.

use alloc::{boxed::Box, vec::Vec};

use segel_model::{
    DeviceId, OrderId, Report, ServerTime,
    order::{Outcome, SealCommand},
    report::ReportKind,
};

use super::{
    command::{Command, time_text},
    frame::{self, Next},
    orders::Orders,
    record::{Record, VERSION_JT701D, device_text},
    status::bit,
    text::{self, Heard, Text},
    tracker,
};
use crate::{
    calendar::Clock,
    limits::{Limits, Profile},
    output::{self, AckToken, NotSpoken, Output, Outputs, Reason, Reported},
    read::{bare, digits},
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
    orders: Orders,
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

impl Session {
    /// A connection that has just been accepted.
    pub fn new(profile: Profile, limits: Limits) -> Self {
        Self {
            limits,
            partial: Vec::new(),
            partial_since: None,
            seen: 0,
            garbage: 0,
            closed: false,
            device: None,
            version: version_of(profile),
            clock_told: false,
            orders: Orders::default(),
            outputs: Outputs::default(),
        }
    }

    /// Which dialect the seal was registered with; what its own frames have said or say later counts more.
    pub fn assume(&mut self, profile: Profile) {
        self.version = self.version.or(version_of(profile));
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
        // A frame that goes on was begun when its first byte came: a trickle of bytes does not hold it open.
        let begun = self.partial_since.filter(|_| used == 0).unwrap_or(now);
        self.keep(begun, partial.get(used..).unwrap_or_default());
    }

    /// Keeps the beginning of a frame: never more than one frame may have.
    fn keep(&mut self, begun: ServerTime, rest: &[u8]) {
        if rest.is_empty() || self.closed {
            self.partial_since = None;
            return;
        }
        self.partial = rest.to_vec();
        self.partial_since = Some(begun);
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
            if let Some(b'\r' | b'\n') = rest.first() {
                // Some clones end a frame like a line.
                used += self.pass(1);
                continue;
            }
            match frame::next(rest, self.limits.frame_bytes as usize) {
                Next::More => break,
                Next::Binary(length) => {
                    self.hear_binary(now, &rest[..length]);
                    used += self.pass(length);
                }
                Next::Text(length) => used += self.hear_text(now, &rest[..length]),
                Next::Garbage(length, what) => used += self.discard(&rest[..length], what),
            }
        }
        used
    }

    fn pass(&mut self, length: usize) -> usize {
        self.seen = self.seen.wrapping_add(length as u32);
        length
    }

    fn discard(&mut self, bytes: &[u8], what: &str) -> usize {
        self.outputs.oddity(self.seen, what, bytes);
        self.garbage = self.garbage.saturating_add(bytes.len() as u32);
        if self.limits.garbage_bytes < self.garbage {
            self.close(Reason::TooMuchGarbage, &[]);
        }
        self.pass(bytes.len())
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
        let Some((mut reports, left)) = tracker::decode(bytes, now) else {
            return self.outputs.oddity(self.seen, "not_a_device_id", bytes);
        };
        if left != 0 || reports.is_empty() {
            self.outputs.oddity(self.seen, "odd_record_length", bytes);
        }
        if reports.is_empty() {
            // No record that we know: the frame is kept all the same.
            reports.extend(frame::device(bytes).map(|device| bare_record(device, now)));
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
        self.send_orders(now);
    }

    /// A record too short to be one. It is kept and acknowledged all the same: otherwise the seal would send it for
    /// ever and never come to the next.
    fn hear_short_record(&mut self, now: ServerTime, bytes: &[u8]) {
        self.outputs.oddity(self.seen, "record_too_short", bytes);
        let (Some(device), Some(&serial)) = (frame::device(bytes), bytes.last()) else {
            return;
        };
        let mut report = bare_record(device, now);
        report.serial = Some(u32::from(serial));
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

    /// Says how many bytes are done with. Brackets around no message may be the middle of something else, so what
    /// stands between them is read anew.
    fn hear_text(&mut self, now: ServerTime, bytes: &[u8]) -> usize {
        let Some(text) = Text::split(bytes) else {
            return self.discard(&bytes[..frame::until_beginning(bytes, 1)], "not_a_message");
        };
        let heard = text::hear(&text, bytes, now);
        self.hear_message(now, &text, heard, bytes);
        self.pass(bytes.len())
    }

    fn hear_message(&mut self, now: ServerTime, text: &Text<'_>, heard: Heard, bytes: &[u8]) {
        let Heard {
            report,
            answer,
            learned,
            clock_unset,
            oddity,
        } = heard;
        if let Some(what) = oddity {
            self.outputs.oddity(self.seen, what, bytes);
        }
        if let Some(secret) = learned {
            self.outputs.push(Output::Learned(secret));
        }
        let is_answer = report.kind == ReportKind::Answer;
        self.report(
            report,
            bytes,
            0,
            Owed {
                answer,
                tell_time: clock_unset,
            },
        );
        if is_answer && let Some((id, outcome)) = self.orders.answer(text) {
            self.outputs.push(Output::Answered(id, outcome));
        }
        self.send_orders(now);
    }

    fn report(&mut self, report: Report, raw: &[u8], part: u16, owed: Owed) {
        match &self.device {
            None => self.device = Some(report.device.clone()),
            Some(first) if *first == report.device => {}
            Some(_) => self.outputs.oddity(self.seen, "another_device", raw),
        }
        self.garbage = 0;
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
        while let Some(id) = self.orders.overdue(now, self.limits.answer_s) {
            self.outputs.push(Output::Answered(id, Outcome::NoAnswer));
        }
        self.send_orders(now);
    }

    /// Reads the kept bytes anew from the next possible beginning on.
    fn give_up_partial(&mut self, now: ServerTime) {
        let partial = core::mem::take(&mut self.partial);
        let skipped = frame::until_beginning(&partial, 1).min(partial.len());
        self.discard(&partial[..skipped], "frame_not_finished");
        let rest = &partial[skipped..];
        let used = self.consume(now, rest);
        self.keep(now, rest.get(used..).unwrap_or_default());
    }

    fn partial_deadline(&self) -> Option<ServerTime> {
        Some(self.partial_since?.plus_s(i64::from(self.limits.partial_s)))
    }

    /// When `tick` next has something to do.
    pub fn next_deadline(&self) -> Option<ServerTime> {
        let orders = self.orders.next_deadline(self.limits.answer_s);
        self.partial_deadline().into_iter().chain(orders).min()
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
        self.give(owed.answer, now);
        if owed.tell_time && !self.clock_told {
            self.give(Answer::Time, now);
        }
    }

    fn give(&mut self, answer: Answer, now: ServerTime) {
        match answer {
            Answer::Nothing => {}
            Answer::Plain => self.outputs.transmit(b"(P35)".to_vec()),
            Answer::Serial(serial) => self.outputs.transmit(serial_answer(serial)),
            Answer::Event(serial) => self.answer_event(serial),
            Answer::DynamicPassword(password) => {
                self.outputs
                    .transmit([b"(P52,2,", password.as_slice(), b")"].concat());
            }
            Answer::Time => {
                self.clock_told = true;
                self.outputs
                    .transmit(time_text(Clock::from_unix_ms(now.unix_ms)).into_bytes());
            }
            Answer::OldReport => self.outputs.transmit(b"(S39)".to_vec()),
            Answer::OldAlarm => self.outputs.transmit(b"(S20)".to_vec()),
        }
    }

    /// Seals before JT701D want a lock event acknowledged twice over; JT701D ignores the second.
    fn answer_event(&mut self, serial: u32) {
        self.outputs.transmit(serial_answer(serial));
        if self.version.is_some_and(|version| version < VERSION_JT701D) {
            self.outputs.transmit(b"(P46)".to_vec());
        }
    }

    /// Whether an order would go out at once, or be refused at once.
    pub fn takes(&self, order: &SealCommand, now: ServerTime) -> bool {
        let free = |command: Command| self.device.is_some() && self.orders.takes(&command);
        Command::from_order(order, now).map_or(true, free)
    }

    /// Sends an order, or keeps it until the seal has said who it is.
    pub fn send(&mut self, id: OrderId, order: &SealCommand, now: ServerTime) -> Result<(), NotSpoken> {
        if usize::from(self.limits.orders) <= self.orders.len() {
            return Err(NotSpoken {
                why: "too many orders already wait for this seal",
            });
        }
        let command = Command::from_order(order, now)?;
        let bytes = command.encode()?;
        if !self.orders.push(id, &command, bytes) {
            return Err(NotSpoken {
                why: "this seal answers no such order",
            });
        }
        self.send_orders(now);
        Ok(())
    }

    /// Takes back an order that has not gone out yet.
    pub fn withdraw(&mut self, id: OrderId) -> bool {
        self.orders.withdraw(id)
    }

    /// Orders without an outcome, and whether each has gone out.
    pub fn pending_orders(&self) -> Vec<(OrderId, bool)> {
        self.orders.pending()
    }

    /// A sleeping seal hears nothing: orders go out only once it has spoken.
    fn send_orders(&mut self, now: ServerTime) {
        if self.device.is_none() || self.closed {
            return;
        }
        while let Some(bytes) = self.orders.next_to_send(now) {
            self.outputs.transmit(bytes);
        }
    }
}

/// The version byte that seals of a profile write.
const fn version_of(profile: Profile) -> Option<u8> {
    match profile {
        Profile::Any => None,
        Profile::Jt701 => Some(VERSION_JT701D - 1),
        Profile::Jt701d => Some(VERSION_JT701D),
    }
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

/// First bytes of what is no seal: HTTP, TLS (handshake of any version), SSH.
const OTHERS: [&[u8]; 7] = [b"GET ", b"POST", b"HEAD", b"PUT ", b"OPTI", b"\x16\x03", b"SSH-"];
