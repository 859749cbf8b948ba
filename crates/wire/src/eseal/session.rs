//! How an eSeal is spoken with.

use alloc::{collections::BTreeMap, format, string::String, vec::Vec};

use segel_model::{
    OrderId, ServerTime,
    order::{Outcome, SealCommand},
    report::ReportKind,
};

use super::{
    command::Command,
    frame::{self, Next},
    message::Message,
};
use crate::{
    limits::Limits,
    orders::{self, Early, Orders, end_unsent},
    output::{self, NotSpoken},
    stream::{self, Language, NoFrame, Talk},
};

/// How many acknowledgements may wait for their reports; beyond that the oldest is forgotten, and the seal says its line again.
const WAITING: usize = 1024;
/// How many bytes they may have: an acknowledgement has some fifty, but repeats what the line says, however long that is.
const WAITING_BYTES: usize = 64 * 1024;

/// The language, with what one connection has said of itself.
#[derive(Default)]
pub(crate) struct Eseal {
    /// Acknowledgements of reports that are not durable yet: each repeats most of its line, which no token has room for.
    waiting: BTreeMap<u32, Vec<u8>>,
    waiting_bytes: usize,
    reports: u32,
    /// Orders that came before the seal had said its name, which stands in every command.
    early: Early<Command>,
    orders: Orders<Unlocked>,
}

/// Which waiting acknowledgement.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owed(u32);

/// What ends an order to open, the only order of this language.
struct Unlocked;

impl orders::Wanted for Unlocked {
    fn is_same_kind(&self, _other: &Self) -> bool {
        true
    }
}

impl Language for Eseal {
    fn next(&self, bytes: &[u8], limits: &Limits) -> stream::Next {
        match frame::next(bytes, limits.frame_bytes as usize) {
            Next::More => stream::Next::More,
            Next::Line(length) => stream::Next::Frame(length),
            Next::EndOfLine(length) => stream::Next::Nothing(length),
            Next::Garbage(length, what) => stream::Next::Garbage(length, what),
        }
    }

    fn may_end(&self, bytes: &[u8], from: usize) -> bool {
        frame::may_end(bytes, from)
    }

    fn beginning(&self, bytes: &[u8], from: usize) -> usize {
        frame::until_beginning(bytes, from)
    }

    fn hear(&mut self, line: &[u8], talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame> {
        let message = Message::split(line).ok_or(NoFrame {
            bytes: line.len(),
            what: "not_a_message",
        })?;
        let (report, oddity) = message.report(now);
        if let Some(what) = oddity {
            talk.oddity(what, line);
        }
        let opened = outcome(&message, report.kind);
        let owed = self.owe(message.acknowledgement());
        talk.report(report, line, 0, owed);
        if let Some(outcome) = opened {
            self.orders.answer(talk, |_| Some(outcome.clone()));
        }
        self.orders.send(talk, now);
        self.send_early(talk, now);
        Ok(())
    }

    fn acknowledge(&mut self, owed: output::Owed, talk: &mut Talk, _now: ServerTime) {
        if let output::Owed::Eseal(Owed(number)) = owed
            && let Some(answer) = self.waiting.remove(&number)
        {
            self.waiting_bytes -= answer.len();
            talk.transmit(answer);
        }
    }

    fn speaks(&self, order: &SealCommand) -> Result<(), NotSpoken> {
        Command::from_order(order)?.encode("").map(drop)
    }

    fn takes(&self, order: &SealCommand, talk: &Talk, _now: ServerTime) -> bool {
        Command::from_order(order).is_err() || talk.device.is_some() && self.orders.takes(&Unlocked)
    }

    fn send(
        &mut self,
        id: OrderId,
        order: &SealCommand,
        talk: &mut Talk,
        now: ServerTime,
    ) -> Result<(), NotSpoken> {
        let command = Command::from_order(order)?;
        if talk.device.is_some() {
            return self.push(id, &command, talk, now);
        }
        self.early.keep(id, command, talk)
    }

    fn tick(&mut self, talk: &mut Talk, now: ServerTime) {
        self.orders.tick(talk, now);
    }

    fn next_deadline(&self, limits: &Limits) -> Option<ServerTime> {
        self.orders.next_deadline(limits)
    }
}

impl Eseal {
    fn owe(&mut self, answer: Option<Vec<u8>>) -> output::Owed {
        let Some(answer) = answer else {
            return output::Owed::Nothing;
        };
        self.reports = self.reports.wrapping_add(1);
        self.waiting_bytes += answer.len();
        self.waiting.insert(self.reports, answer);
        while WAITING < self.waiting.len() || WAITING_BYTES < self.waiting_bytes {
            let Some((_, oldest)) = self.waiting.pop_first() else {
                break;
            };
            self.waiting_bytes -= oldest.len();
        }
        output::Owed::Eseal(Owed(self.reports))
    }

    fn push(
        &mut self,
        id: OrderId,
        command: &Command,
        talk: &mut Talk,
        now: ServerTime,
    ) -> Result<(), NotSpoken> {
        let device = talk.device.as_ref().map_or("", |device| device.0.as_str());
        let line = format!("{}\r\n", command.encode(device)?);
        self.orders.push((id, Unlocked), line.into_bytes(), talk, now)
    }

    fn send_early(&mut self, talk: &mut Talk, now: ServerTime) {
        for (id, command) in self.early.take() {
            let sent = self.push(id, &command, talk, now);
            end_unsent(id, sent, talk);
        }
    }
}

/// How an order to open ends: by the event of opening, or by the words `RC-Unlock` with what came of it.
fn outcome(message: &Message<'_>, kind: ReportKind) -> Option<Outcome> {
    if message.kind == "Event-RC-Unlock" {
        return Some(Outcome::Done);
    }
    let words = message.kind.strip_prefix("RC-Unlock")?.trim();
    if kind != ReportKind::Answer {
        return None;
    }
    Some(match words {
        "" | "ACK" | "OK" => Outcome::Done,
        _ => Outcome::Refused {
            answer: String::from(message.kind),
        },
    })
}
