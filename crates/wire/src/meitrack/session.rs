//! How a unit is spoken with.
//!
//! Every frame names its unit. Records as text and as numbered values are not acknowledged; blocks are, once the last of them is
//! durable. Everything else is an answer to something we said.

use alloc::{format, vec::Vec};

use segel_model::{
    DeviceId, OrderId, Report, ServerTime,
    order::{Outcome, SealCommand},
    report::{Extra, ReportKind},
};

use super::{
    block,
    command::Command,
    frame::{self, Frame, Next},
    line, values,
};
use crate::{
    limits::Limits,
    orders::{self, Orders},
    output::{self, NotSpoken},
    read::{bare, digits, put, words},
    stream::{self, Language, NoFrame, Talk},
};

/// The language, with what one connection waits for.
#[derive(Default)]
pub(crate) struct Meitrack {
    orders: Orders<Wanted>,
}

/// What blocks are owed: how many came, under which sign.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owed {
    flag: u8,
    count: u16,
}

/// The code that the answer to an order repeats.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Wanted(Vec<u8>);

/// What sort of thing a frame says.
mod command {
    pub const LINE: &[u8] = b"AAA";
    /// Kept by the unit while it could not send.
    pub const KEPT_LINE: &[u8] = b"AFF";
    pub const BLOCKS: &[u8] = b"CCC";
    pub const VALUES: &[u8] = b"CCE";
}

/// Stands for a unit where only the words of a command are looked at.
const NOBODY: &str = "0";
/// Longer answers are pieces of photos and stay in the raw frame only.
const LONGEST_ANSWER: usize = 256;

impl Language for Meitrack {
    fn next(&self, bytes: &[u8], limits: &Limits) -> stream::Next {
        match frame::next(bytes, limits.frame_bytes as usize) {
            Next::More => stream::Next::More,
            Next::Whole(length) => stream::Next::Frame(length),
            Next::LineEnd => stream::Next::Nothing(1),
            Next::Garbage(length, what) => stream::Next::Garbage(length, what),
        }
    }

    fn may_end(&self, bytes: &[u8], from: usize) -> bool {
        frame::may_end(bytes, from)
    }

    fn beginning(&self, bytes: &[u8], from: usize) -> usize {
        frame::until_beginning(bytes, from)
    }

    fn hear(&mut self, bytes: &[u8], talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame> {
        let frame = Frame::open(bytes).ok_or_else(|| NoFrame {
            bytes: frame::until_beginning(bytes, 1),
            what: "not_a_message",
        })?;
        if !frame.length_holds {
            talk.oddity("wrong_length", bytes);
        }
        if !frame.checksum_holds {
            talk.oddity("wrong_checksum", bytes);
        }
        self.hear_frame(&frame, bytes, talk, now);
        self.orders.send(talk, now);
        Ok(())
    }

    fn acknowledge(&mut self, owed: output::Owed, talk: &mut Talk, _: ServerTime) {
        if let (output::Owed::Meitrack(owed), Some(device)) = (owed, &talk.device) {
            let said = [b"CCC,", digits(u64::from(owed.count), 10, 1).as_bytes()].concat();
            let answer = frame::wrap(frame::DOWN, owed.flag, &device.0, &said);
            talk.transmit(answer);
        }
    }

    fn speaks(&self, order: &SealCommand) -> Result<(), NotSpoken> {
        Command::from_order(order)?
            .encode(&DeviceId(NOBODY.into()))
            .map(drop)
    }

    fn takes(&self, order: &SealCommand, talk: &Talk, _: ServerTime) -> bool {
        match Command::from_order(order) {
            Ok(command) => talk.device.is_some() && self.orders.takes(&Wanted::of(&command)),
            Err(_) => true,
        }
    }

    /// A command names its unit, so it cannot wait for one that has not said who it is.
    fn send(
        &mut self,
        id: OrderId,
        order: &SealCommand,
        talk: &mut Talk,
        now: ServerTime,
    ) -> Result<(), NotSpoken> {
        let command = Command::from_order(order)?;
        let device = talk.device.as_ref().ok_or(NotSpoken {
            why: "it has not said who it is yet",
        })?;
        let bytes = command.encode(device)?;
        self.orders.push((id, Wanted::of(&command)), bytes, talk, now)
    }

    fn tick(&mut self, talk: &mut Talk, now: ServerTime) {
        self.orders.tick(talk, now);
    }

    fn next_deadline(&self, limits: &Limits) -> Option<ServerTime> {
        self.orders.next_deadline(limits)
    }
}

impl Meitrack {
    fn hear_frame(&mut self, frame: &Frame<'_>, bytes: &[u8], talk: &mut Talk, now: ServerTime) {
        let device = DeviceId(words(frame.imei));
        let said = frame.said.unwrap_or_default();
        let (reports, oddities) = match frame.command {
            command::LINE | command::KEPT_LINE => {
                let is_kept = frame.command == command::KEPT_LINE;
                let (report, oddity) = line::read(said, is_kept, device.clone(), now);
                (Vec::from([report]), oddity.into_iter().collect())
            }
            command::BLOCKS => block::read(said, &device, now),
            command::VALUES => values::read(said, &device, now),
            _ => return self.hear_answer(frame, bytes, device, talk, now),
        };
        for what in oddities {
            talk.oddity(what, bytes);
        }
        let reports = or_bare(reports, device, now);
        let count = reports.len() as u16;
        let owed = match frame.command {
            command::BLOCKS => output::Owed::Meitrack(Owed {
                flag: frame.flag,
                count,
            }),
            _ => output::Owed::Nothing,
        };
        keep(reports, bytes, owed, talk);
        if is_asked_position(frame) {
            self.orders.answer(talk, |wanted| wanted.ended_by(frame));
        }
    }

    fn hear_answer(
        &mut self,
        frame: &Frame<'_>,
        bytes: &[u8],
        device: DeviceId,
        talk: &mut Talk,
        now: ServerTime,
    ) {
        let mut report = bare(device, ReportKind::Answer, now);
        put(&mut report, "command", Extra::Text(words(frame.command).into()));
        match frame.said {
            Some(said) if said.len() <= LONGEST_ANSWER => {
                put(&mut report, "answer", Extra::Text(words(said).into()));
            }
            Some(said) => put(&mut report, "bytes", Extra::Whole(said.len() as i64)),
            None => {}
        }
        talk.report(report, bytes, 0, output::Owed::Nothing);
        self.orders.answer(talk, |wanted| wanted.ended_by(frame));
    }
}

/// A frame without a record that can be read is kept all the same, as a bare report, and answered as one: otherwise the unit would
/// say it for ever.
fn or_bare(mut reports: Vec<Report>, device: DeviceId, now: ServerTime) -> Vec<Report> {
    if reports.is_empty() {
        reports.push(bare(device, ReportKind::Record, now));
    }
    reports
}

/// Keeps what one frame said; the last of its reports is owed the answer.
fn keep(reports: Vec<Report>, bytes: &[u8], owed: output::Owed, talk: &mut Talk) {
    let last = reports.len() - 1;
    for (at, report) in reports.into_iter().enumerate() {
        let owed = if at == last { owed } else { output::Owed::Nothing };
        talk.report(report, bytes, at as u16, owed);
    }
}

/// A record with event 34, "reply current position", is the answer to A10 (maker's documents, "event codes").
fn is_asked_position(frame: &Frame<'_>) -> bool {
    let said = frame.said.unwrap_or_default();
    frame.command == command::LINE && said.split(|&byte| byte == b',').next() == Some(b"34")
}

impl Wanted {
    fn of(command: &Command) -> Self {
        Self(command.code().as_bytes().to_vec())
    }

    /// How the order ended, where this frame ends it.
    fn ended_by(&self, frame: &Frame<'_>) -> Option<Outcome> {
        if is_asked_position(frame) {
            return (self.0 == Command::Position.code().as_bytes()).then_some(Outcome::Done);
        }
        if frame.command != self.0 {
            return None;
        }
        let said = frame.said.unwrap_or_default();
        let refused = || Outcome::Refused {
            answer: format!("{},{}", words(frame.command), words(said)),
        };
        Some(if said == b"OK" { Outcome::Done } else { refused() })
    }
}

impl orders::Wanted for Wanted {
    fn is_same_kind(&self, other: &Self) -> bool {
        self == other
    }
}
