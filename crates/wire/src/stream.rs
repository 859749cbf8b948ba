//! What all languages over a stream of bytes have in common: frames are cut out of it, whatever pieces it comes in; a
//! stranger is told from a seal; rubbish is passed over and counted; what is owed waits until it is durable.

use alloc::{boxed::Box, vec::Vec};

use segel_model::{DeviceId, OrderId, Report, ServerTime, order::Outcome, order::SealCommand};

use crate::{
    limits::Limits,
    output::{AckToken, Learned, NotSpoken, Output, Outputs, Owed, Reason, Reported},
    profile::Profile,
};

/// A language that seals speak over a stream.
pub(crate) trait Language: Send + Sync {
    /// What the stream begins with; never asked of an empty one.
    fn next(&self, bytes: &[u8], limits: &Limits) -> Next;

    /// Whether what came from `from` on may end the frame that the bytes begin, or break it off; where not, `next` would say
    /// [`Next::More`] again. Only asked where it said so of the bytes before, and there were enough of them to hold any head.
    fn may_end(&self, bytes: &[u8], from: usize) -> bool;

    /// Where the next frame may begin, at `from` or behind it; the length of the bytes where nowhere.
    fn beginning(&self, bytes: &[u8], from: usize) -> usize;

    /// A whole frame has come, or what looks like one.
    fn hear(&mut self, frame: &[u8], talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame>;

    /// Bytes without meaning have been passed over.
    fn lost(&mut self) {}

    /// A report is durable: gives the answer it is owed.
    fn acknowledge(&mut self, owed: Owed, talk: &mut Talk, now: ServerTime);

    /// What the seal was registered as; what its own frames say counts more.
    fn assume(&mut self, _profile: Profile) {}

    /// Whether the language has words for an order, with these values, whoever may hear them. One that has none for any says so here
    /// and needs nothing of what follows.
    fn speaks(&self, command: &SealCommand) -> Result<(), NotSpoken>;

    /// The next orders are for the connection's own device, or for another one that speaks over it. Says whether there are words
    /// for it.
    fn address(&mut self, other: Option<(&DeviceId, Profile)>) -> bool {
        other.is_none()
    }

    /// Whether an order would go out at once, or be refused at once.
    fn takes(&self, _command: &SealCommand, _talk: &Talk, _now: ServerTime) -> bool {
        true
    }

    /// Sends an order, or keeps it until the seal has said who it is.
    fn send(
        &mut self,
        _id: OrderId,
        command: &SealCommand,
        _talk: &mut Talk,
        _now: ServerTime,
    ) -> Result<(), NotSpoken> {
        self.speaks(command)?;
        Err(NOT_SENT)
    }

    /// Time has passed: orders that nobody answered are over.
    fn tick(&mut self, _talk: &mut Talk, _now: ServerTime) {}

    /// When `tick` next has something to do.
    fn next_deadline(&self, _limits: &Limits) -> Option<ServerTime> {
        None
    }
}

/// Of a language that has words and does not say them.
const NOT_SENT: NotSpoken = NotSpoken {
    why: "this seal is sent no orders",
};

/// What a stream begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// The beginning of a frame.
    More,
    /// A whole frame of so many bytes.
    Frame(usize),
    /// So many bytes that are no frame, and a stable word for what they are.
    Garbage(usize, &'static str),
    /// So many bytes that mean nothing and are allowed: the ends of lines, a sign that somebody is there.
    Nothing(usize),
}

/// What looked like a frame is none: so many of its bytes are passed over and the others read anew, for they may be the middle of
/// something else.
pub(crate) struct NoFrame {
    pub(crate) bytes: usize,
    pub(crate) what: &'static str,
}

/// What a language knows of its conversation, and how it speaks.
pub(crate) struct Talk {
    pub(crate) limits: Limits,
    /// Who speaks, once its first frame has said so.
    pub(crate) device: Option<DeviceId>,
    pub(crate) closed: bool,
    /// Whole frames come in each piece, and each message of ours leaves in a piece of its own.
    pub(crate) datagrams: bool,
    /// Bytes of the stream before those that are being read.
    seen: u32,
    /// Bytes without meaning since the last report, but for ends of lines.
    garbage: u32,
    /// Whether there were any.
    lost: bool,
    outputs: Outputs,
}

impl Talk {
    /// Keeps a report; its answer waits until it is durable.
    pub(crate) fn report(&mut self, report: Report, raw: &[u8], part: u16, owed: Owed) {
        match &self.device {
            None => self.device = Some(report.device.clone()),
            Some(first) if *first == report.device => {}
            Some(_) => self.oddity("another_device", raw),
        }
        self.report_of_another(report, raw, part, owed);
    }

    /// The same for a seal that speaks through this one, which is nothing odd.
    pub(crate) fn report_of_another(&mut self, report: Report, raw: &[u8], part: u16, owed: Owed) {
        self.garbage = 0;
        self.lost = false;
        self.outputs.push(Output::Report(Box::new(Reported {
            report,
            raw: raw.to_vec(),
            part,
            token: AckToken(owed),
        })));
    }

    /// Whether bytes without meaning came since the last report.
    pub(crate) const fn is_lost(&self) -> bool {
        self.lost
    }

    /// Counts something strange.
    pub(crate) fn oddity(&mut self, what: &str, bytes: &[u8]) {
        self.outputs.oddity(self.seen, what, bytes);
    }

    /// Says something at once.
    pub(crate) fn transmit(&mut self, bytes: Vec<u8>) {
        self.outputs.transmit(bytes);
    }

    /// Tells a secret that the seal told.
    pub(crate) fn learned(&mut self, secret: Learned) {
        self.outputs.push(Output::Learned(secret));
    }

    /// An order has ended.
    pub(crate) fn answered(&mut self, id: OrderId, outcome: Outcome) {
        self.outputs.push(Output::Answered(id, outcome));
    }

    /// Says no more.
    pub(crate) fn close(&mut self, reason: Reason) {
        if !self.closed {
            self.closed = true;
            self.outputs.push(Output::Close(reason));
        }
    }
}

/// A connection of one language.
pub(crate) struct Stream<L> {
    language: L,
    talk: Talk,
    /// The beginning of a frame whose end has not come; empty, and without memory, most of the time.
    partial: Vec<u8>,
    partial_since: Option<ServerTime>,
}

/// Enough bytes to know how any frame ends: by its length, or by its mark. Fewer are read anew whenever more come.
const HEAD_BYTES: usize = 32;

enum Opening {
    Ours,
    TooShort,
    Another,
}

impl<L: Language> Stream<L> {
    /// A connection that has just been accepted.
    pub(crate) fn new(language: L, limits: Limits) -> Self {
        let talk = Talk {
            limits,
            device: None,
            closed: false,
            datagrams: false,
            seen: 0,
            garbage: 0,
            lost: false,
            outputs: Outputs::default(),
        };
        Self {
            language,
            talk,
            partial: Vec::new(),
            partial_since: None,
        }
    }

    /// Keeps the beginning of a frame: never more than one frame may have.
    fn keep(&mut self, begun: ServerTime, rest: &[u8]) {
        if rest.is_empty() || self.talk.closed {
            self.partial_since = None;
            return;
        }
        self.partial = rest.to_vec();
        self.partial_since = Some(begun);
    }

    /// Whether a begun frame may end in the bytes that came behind those known before. One that trickles in is not read anew for
    /// every byte.
    fn may_end(&self, known: usize) -> bool {
        let is_full = self.talk.limits.frame_bytes as usize <= self.partial.len();
        let may = known < HEAD_BYTES || is_full || self.language.may_end(&self.partial, known);
        let next = || self.language.next(&self.partial, &self.talk.limits);
        debug_assert!(may || next() == Next::More, "a frame ended unnoticed");
        may
    }

    /// Reads what was begun and goes on.
    fn go_on(&mut self, now: ServerTime) {
        let partial = core::mem::take(&mut self.partial);
        match self.consume(now, &partial) {
            // It was begun when its first byte came: a trickle of bytes does not hold it open.
            0 if !self.talk.closed => self.partial = partial,
            used => self.keep(now, partial.get(used..).unwrap_or_default()),
        }
    }

    /// Reads whole frames; says how many bytes they had.
    fn consume(&mut self, now: ServerTime, bytes: &[u8]) -> usize {
        let mut used = 0;
        while !self.talk.closed && used < bytes.len() {
            let rest = &bytes[used..];
            match self.opening(rest) {
                Opening::Ours => {}
                Opening::TooShort => break,
                Opening::Another => {
                    self.talk.oddity("another_protocol", rest);
                    self.talk.close(Reason::NotASeal);
                    break;
                }
            }
            match self.language.next(rest, &self.talk.limits) {
                Next::More => break,
                Next::Frame(length) => used += self.hear(&rest[..length], now),
                Next::Garbage(length, what) => used += self.discard(&rest[..length], what),
                Next::Nothing(length) => used += self.pass(length),
            }
        }
        used
    }

    /// What the next datagram says has nothing to do with the end of this one, so nothing is kept for it.
    fn receive_datagram(&mut self, now: ServerTime, bytes: &[u8]) {
        let used = self.consume(now, bytes);
        let rest = bytes.get(used..).filter(|rest| !rest.is_empty());
        if let Some(rest) = rest.filter(|_| !self.talk.closed) {
            self.discard(rest, "frame_not_finished");
        }
    }

    fn hear(&mut self, frame: &[u8], now: ServerTime) -> usize {
        match self.language.hear(frame, &mut self.talk, now) {
            Ok(()) => self.pass(frame.len()),
            Err(NoFrame { bytes, what }) => self.discard(&frame[..bytes.clamp(1, frame.len())], what),
        }
    }

    fn pass(&mut self, length: usize) -> usize {
        self.talk.seen = self.talk.seen.wrapping_add(length as u32);
        length
    }

    fn discard(&mut self, bytes: &[u8], what: &str) -> usize {
        self.talk.oddity(what, bytes);
        self.talk.lost = true;
        self.language.lost();
        // Ends of lines mean nothing, and whether they come together with rubbish depends on how the stream was cut.
        let rubbish = bytes.iter().filter(|byte| !matches!(byte, b'\r' | b'\n'));
        self.talk.garbage = self.talk.garbage.saturating_add(rubbish.count() as u32);
        if self.talk.limits.garbage_bytes < self.talk.garbage {
            self.talk.close(Reason::TooMuchGarbage);
        }
        self.pass(bytes.len())
    }

    /// Browsers, scanners and TLS clients find every open port. They are told apart by their first bytes.
    fn opening(&self, bytes: &[u8]) -> Opening {
        if self.talk.seen != 0 {
            Opening::Ours
        } else if OTHERS.iter().any(|head| bytes.starts_with(head)) {
            Opening::Another
        } else if OTHERS.iter().any(|head| head.starts_with(bytes)) {
            Opening::TooShort
        } else {
            Opening::Ours
        }
    }

    /// Reads the kept bytes anew from the next possible beginning on.
    fn give_up_partial(&mut self, now: ServerTime) {
        let partial = core::mem::take(&mut self.partial);
        let skipped = self.language.beginning(&partial, 1).min(partial.len());
        self.discard(&partial[..skipped], "frame_not_finished");
        let rest = &partial[skipped..];
        let used = self.consume(now, rest);
        self.keep(now, rest.get(used..).unwrap_or_default());
    }

    fn partial_deadline(&self) -> Option<ServerTime> {
        Some(self.partial_since?.plus_s(i64::from(self.talk.limits.partial_s)))
    }
}

impl<L: Language> Connection for Stream<L> {
    fn receive(&mut self, now: ServerTime, bytes: &[u8]) {
        if self.talk.datagrams {
            return self.receive_datagram(now, bytes);
        }
        if self.partial.is_empty() {
            let used = self.consume(now, bytes);
            self.keep(now, bytes.get(used..).unwrap_or_default());
            return;
        }
        let known = self.partial.len();
        self.partial.extend_from_slice(bytes);
        if self.may_end(known) {
            self.go_on(now);
        }
    }

    fn tick(&mut self, now: ServerTime) {
        if self.partial_deadline().is_some_and(|deadline| deadline <= now) {
            self.give_up_partial(now);
        }
        self.language.tick(&mut self.talk, now);
    }

    fn next_deadline(&self) -> Option<ServerTime> {
        let orders = self.language.next_deadline(&self.talk.limits);
        self.partial_deadline().into_iter().chain(orders).min()
    }

    fn poll(&mut self) -> Option<Output> {
        self.talk.outputs.poll()
    }

    fn acknowledge(&mut self, owed: Owed, now: ServerTime) {
        self.language.acknowledge(owed, &mut self.talk, now);
    }

    fn take_datagrams(&mut self) {
        self.talk.datagrams = true;
    }

    fn assume(&mut self, profile: Profile) {
        self.language.assume(profile);
    }

    fn speaks(&self, command: &SealCommand) -> Result<(), NotSpoken> {
        self.language.speaks(command)
    }

    fn address(&mut self, device: &DeviceId, profile: Profile) -> bool {
        let own = self.talk.device.as_ref() == Some(device);
        self.language.address((!own).then_some((device, profile)))
    }

    fn takes(&self, command: &SealCommand, now: ServerTime) -> bool {
        self.language.takes(command, &self.talk, now)
    }

    fn send(&mut self, id: OrderId, command: &SealCommand, now: ServerTime) -> Result<(), NotSpoken> {
        self.language.send(id, command, &mut self.talk, now)
    }

    fn continue_as(&mut self, device: DeviceId) {
        self.talk.device = Some(device);
    }

    fn device(&self) -> Option<&DeviceId> {
        self.talk.device.as_ref()
    }
}

/// A connection, whatever it speaks; `Session` says what each of these is for.
pub(crate) trait Connection: Send + Sync {
    fn receive(&mut self, now: ServerTime, bytes: &[u8]);
    fn tick(&mut self, now: ServerTime);
    fn next_deadline(&self) -> Option<ServerTime>;
    fn poll(&mut self) -> Option<Output>;
    fn acknowledge(&mut self, owed: Owed, now: ServerTime);
    /// Phones speak over no datagrams.
    fn take_datagrams(&mut self) {}
    fn assume(&mut self, profile: Profile);
    fn speaks(&self, command: &SealCommand) -> Result<(), NotSpoken>;
    /// Requests of phones are never answered with orders.
    fn address(&mut self, _device: &DeviceId, _profile: Profile) -> bool {
        true
    }
    fn takes(&self, command: &SealCommand, now: ServerTime) -> bool;
    fn send(&mut self, id: OrderId, command: &SealCommand, now: ServerTime) -> Result<(), NotSpoken>;
    /// Requests of phones name their sender each.
    fn continue_as(&mut self, _device: DeviceId) {}
    fn device(&self) -> Option<&DeviceId>;
}

/// First bytes of what is no seal: HTTP, TLS (handshake of any version), SSH.
const OTHERS: [&[u8]; 7] = [b"GET ", b"POST", b"HEAD", b"PUT ", b"OPTI", b"\x16\x03", b"SSH-"];
