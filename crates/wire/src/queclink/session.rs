//! How a Queclink unit is spoken with.
//!
//! A heartbeat is always answered. Other messages are acknowledged only where that is switched on in the unit; it then repeats
//! what is not acknowledged. No message says whether it is on, so the registered profile does (`queclink_sack`).

use alloc::{format, string::String, vec::Vec};
use core::ops::Range;

use segel_model::{
    OrderId, ServerTime,
    order::{Outcome, SealCommand},
};

use super::{
    binary,
    command::Command,
    frame::{self, Next},
    message::{Lead, Message, hex},
    model::Model,
    report::{self, Heard},
};
use crate::{
    limits::Limits,
    orders::{self, Early, Orders, end_unsent},
    output::{self, NotSpoken},
    profile::{Dialect, Profile},
    stream::{self, Language, NoFrame, Talk},
};

/// The language, with what one connection has said of itself.
pub(crate) struct Queclink {
    profile: Profile,
    /// The protocol version of the last heartbeat, which its answer says back: one unit speaks on a connection.
    version: String,
    /// The maker's password of the model, once a message has named the model.
    password: Option<Result<&'static str, NotSpoken>>,
    /// Orders that came before that.
    early: Early<Command>,
    orders: Orders<Wanted>,
}

/// What a report is owed, with the message's own number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owed {
    /// `+SACK:GTHBD,version,count$`.
    Heartbeat([u8; 2]),
    /// `+SACK:count$`, where that is switched on.
    Report([u8; 2]),
}

/// Which answer ends an order: its kind, and the number we gave it.
pub(crate) struct Wanted {
    kind: &'static str,
    number: u16,
}

impl orders::Wanted for Wanted {
    fn is_same_kind(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Language for Queclink {
    fn next(&self, bytes: &[u8], limits: &Limits) -> stream::Next {
        match frame::next(bytes, limits.frame_bytes as usize) {
            Next::More => stream::Next::More,
            Next::Text(length) | Next::Binary(length) => stream::Next::Frame(length),
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

    fn hear(&mut self, bytes: &[u8], talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame> {
        if frame::is_text(bytes) {
            self.hear_text(bytes, talk, now)
        } else {
            self.hear_binary(bytes, talk, now)
        }
    }

    fn acknowledge(&mut self, owed: output::Owed, talk: &mut Talk, _now: ServerTime) {
        match owed {
            output::Owed::Queclink(Owed::Heartbeat(count)) => {
                let text = format!("+SACK:GTHBD,{},{}$", self.version, count_text(count));
                talk.transmit(text.into_bytes());
            }
            output::Owed::Queclink(Owed::Report(count)) if self.profile.dialect == Dialect::QueclinkSack => {
                talk.transmit(format!("+SACK:{}$", count_text(count)).into_bytes());
            }
            _ => {}
        }
    }

    fn assume(&mut self, profile: Profile) {
        self.profile = profile;
    }

    /// The password depends on the model, which only its messages tell.
    fn speaks(&self, order: &SealCommand) -> Result<(), NotSpoken> {
        Command::from_order(order).map(drop)
    }

    fn takes(&self, order: &SealCommand, _talk: &Talk, _now: ServerTime) -> bool {
        let Ok(command) = Command::from_order(order) else {
            return true;
        };
        match self.password {
            Some(Ok(_)) => self.orders.takes(&wanted(command, OrderId(0))),
            Some(Err(_)) => true,
            None => false,
        }
    }

    fn send(
        &mut self,
        id: OrderId,
        order: &SealCommand,
        talk: &mut Talk,
        now: ServerTime,
    ) -> Result<(), NotSpoken> {
        let command = Command::from_order(order)?;
        if self.password.is_some() {
            return self.push(id, command, talk, now);
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

impl Queclink {
    /// A unit that has said nothing yet.
    pub(crate) fn new(profile: Profile) -> Self {
        Self {
            profile,
            version: String::new(),
            password: None,
            early: Early::default(),
            orders: Orders::default(),
        }
    }

    fn hear_text(&mut self, bytes: &[u8], talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame> {
        let message = Message::split(bytes).ok_or_else(|| not_a_message(bytes))?;
        let heard = report::hear(&message, now, self.ahead_min());
        if message.kind == "GTHBD" {
            self.version = message.version.into();
        }
        tell(heard, bytes, owed(&message), talk);
        if message.lead == Lead::Answer {
            self.orders.answer(talk, |wanted| ended_by(wanted, &message));
        }
        self.password.get_or_insert(password_of(message.model()));
        self.send_waiting(talk, now);
        Ok(())
    }

    fn hear_binary(&mut self, bytes: &[u8], talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame> {
        let heard = Some(bytes)
            .filter(|bytes| binary::is_whole(bytes))
            .and_then(|bytes| binary::hear(bytes, now, self.ahead_min()))
            .ok_or_else(|| not_a_message(bytes))?;
        tell(heard, bytes, output::Owed::Nothing, talk);
        self.password.get_or_insert(Err(NotSpoken {
            why: "this tracker speaks the binary form, in which nothing is sent",
        }));
        self.send_waiting(talk, now);
        Ok(())
    }

    fn ahead_min(&self) -> i16 {
        self.profile.clock_ahead_min.unwrap_or_default()
    }

    fn push(
        &mut self,
        id: OrderId,
        command: Command,
        talk: &mut Talk,
        now: ServerTime,
    ) -> Result<(), NotSpoken> {
        let unknown = NotSpoken {
            why: "the model of this tracker is not known yet",
        };
        let password = self.password.clone().unwrap_or(Err(unknown))?;
        let wanted = wanted(command, id);
        let text = command.encode(password, wanted.number)?;
        self.orders.push((id, wanted), text.into_bytes(), talk, now)
    }

    fn send_waiting(&mut self, talk: &mut Talk, now: ServerTime) {
        for (id, command) in self.early.take() {
            let sent = self.push(id, command, talk, now);
            end_unsent(id, sent, talk);
        }
        self.orders.send(talk, now);
    }
}

fn not_a_message(bytes: &[u8]) -> NoFrame {
    NoFrame {
        bytes: frame::until_beginning(bytes, 1),
        what: "not_a_message",
    }
}

/// Hands out the reports of one message; its one answer is owed to the last.
fn tell(heard: Heard, bytes: &[u8], owed: output::Owed, talk: &mut Talk) {
    if let Some(what) = heard.oddity {
        talk.oddity(what, bytes);
    }
    let last = heard.reports.len().saturating_sub(1);
    for (at, report) in heard.reports.into_iter().enumerate() {
        let owed = if at == last { owed } else { output::Owed::Nothing };
        talk.report(report, bytes, at as u16, owed);
    }
}

/// Manual, "SACK enable": every message is acknowledged where that is on, answers to commands too.
fn owed(message: &Message<'_>) -> output::Owed {
    let Some(count) = message.serial().map(|number| (number as u16).to_be_bytes()) else {
        return output::Owed::Nothing;
    };
    output::Owed::Queclink(match (message.lead, message.kind) {
        (Lead::Answer, "GTHBD") => Owed::Heartbeat(count),
        _ => Owed::Report(count),
    })
}

fn count_text(count: [u8; 2]) -> String {
    format!("{:04X}", u16::from_be_bytes(count))
}

fn wanted(command: Command, id: OrderId) -> Wanted {
    Wanted {
        kind: command.kind(),
        number: id.0 as u16,
    }
}

/// A unit answers what it did; what it cannot do it leaves unanswered.
fn ended_by(wanted: &Wanted, message: &Message<'_>) -> Option<Outcome> {
    let number = message.fields.last().and_then(|field| hex(field));
    let ours = message.kind == wanted.kind && number == Some(u64::from(wanted.number));
    ours.then_some(Outcome::Done)
}

fn password_of(model: Model<'_>) -> Result<&'static str, NotSpoken> {
    model.password().ok_or(NotSpoken {
        why: "how this model is spoken to, and its password, are not known",
    })
}

/// Where a command begins, before its password.
const COMMAND: &[u8] = b"AT+GT";
/// Words of a settings read-out behind which passwords stand, and how many fields behind.
const SETTINGS: [(&[u8], Range<usize>); 2] = [(b"CFG", 1..2), (b"BSI", 2..4)];

/// Where passwords stand in frames of either direction: first in every command, and in settings that were read out.
pub(crate) fn secrets(raw: &[u8]) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let mut start = 0;
    let mut hidden: Range<usize> = 0..0;
    for (at, field) in raw.split(|byte| matches!(byte, b',' | b'$' | b'=')).enumerate() {
        let is_password = hidden.contains(&at) && !field.is_empty();
        if is_password {
            secrets.push(start..start + field.len());
        }
        if is_command(field) {
            hidden = at + 1..at + 2;
        } else if let Some((_, behind)) = SETTINGS.iter().find(|(word, _)| *word == field) {
            hidden = at + behind.start..at + behind.end;
        }
        start += field.len() + 1;
    }
    secrets
}

/// `AT+GT` and three letters, whatever stands before them.
fn is_command(field: &[u8]) -> bool {
    let head = field.len().checked_sub(COMMAND.len() + 3);
    head.is_some_and(|at| field[at..].starts_with(COMMAND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_ends_by_its_own_number() {
        let message =
            Message::split(b"+ACK:GTFRI,1A0102,860599000000042,,0007,20260203093015,11F0$").unwrap();
        let wanted = |number| Wanted {
            kind: "GTFRI",
            number,
        };
        assert_eq!(ended_by(&wanted(7), &message), Some(Outcome::Done));
        assert_eq!(ended_by(&wanted(8), &message), None);
    }

    #[test]
    fn passwords_are_found() {
        let hidden = |text: &str| -> Vec<String> {
            secrets(text.as_bytes())
                .into_iter()
                .map(|range| text[range].into())
                .collect()
        };
        assert_eq!(hidden("AT+GTRTO=gl300,1,,,,,,FFFF$"), ["gl300"]);
        assert_eq!(
            hidden("+RESP:GTALL,1A0102,860599000000042,box,BSI,cmnet,user,word,,CFG,secret,box,1$"),
            ["user", "word", "secret"]
        );
        assert_eq!(hidden("+RESP:GTFRI,1A0102,860599000000042,,0,0,1$"), [""; 0]);
    }
}
