//! How a unit is spoken with.
//!
//! The log-in is kept like a report and answered once it is durable, so that a unit never sends records to a Segel that forgot
//! who it is. A packet is answered once, after its last record is durable. Orders wait until the log-in was answered: before
//! that a unit takes any byte for the answer.
//!
//! A packet does not name its unit: it is the one that logged in last.

use alloc::vec::Vec;

use segel_model::{DeviceId, OrderId, Report, ServerTime, Signal, order::SealCommand, report::ReportKind};

use super::{
    command::Command,
    datagram,
    frame::{self, Next, codec, udp},
    orders::Wanted,
    record,
    text::Text,
};
use crate::{
    limits::Limits,
    orders::Orders,
    output::{self, NotSpoken},
    profile::{Dialect, Profile},
    read::{bare, words},
    stream::{self, Language, NoFrame, Talk},
};

/// The language, with what one connection has said of itself.
pub(crate) struct Teltonika {
    dialect: Dialect,
    /// Who logged in last, where that is not who did first.
    other: Option<DeviceId>,
    /// The log-in was answered.
    is_welcome: bool,
    orders: Orders<Wanted>,
}

/// What a report is owed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owed {
    /// One byte: come in.
    Login,
    /// How many records arrived.
    Records(u8),
    /// The same over UDP, with the numbers of the datagram and of its packet.
    Datagram { packet: u16, avl_packet: u8, count: u8 },
}

/// Whose records these are where nobody logged in. They are kept and not answered, so the unit says them again once it has.
const NOBODY: &str = "unknown";
/// The answer to a log-in.
const ACCEPTED: u8 = 1;

impl Language for Teltonika {
    fn next(&self, bytes: &[u8], limits: &Limits) -> stream::Next {
        match frame::next(bytes, limits.frame_bytes as usize) {
            Next::More => stream::Next::More,
            Next::Garbage(length, what) => stream::Next::Garbage(length, what),
            whole => stream::Next::Frame(whole.frame().unwrap_or(1)),
        }
    }

    fn may_end(&self, bytes: &[u8], _from: usize) -> bool {
        frame::may_end(bytes)
    }

    fn beginning(&self, bytes: &[u8], from: usize) -> usize {
        frame::until_beginning(bytes, from, usize::MAX)
    }

    fn hear(&mut self, bytes: &[u8], talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame> {
        match bytes {
            [frame::PING] => self.hear_ping(talk, now),
            [0, 0, ..] => self.hear_packet(bytes, talk, now),
            [0, length, ..] if frame::IMEI_DIGITS.contains(&usize::from(*length)) => {
                self.hear_login(bytes, talk, now);
                Ok(())
            }
            _ => {
                hear_datagram(bytes, talk, now);
                Ok(())
            }
        }
    }

    fn acknowledge(&mut self, owed: output::Owed, talk: &mut Talk, now: ServerTime) {
        let output::Owed::Teltonika(owed) = owed else {
            return;
        };
        match owed {
            Owed::Login => talk.transmit(Vec::from([ACCEPTED])),
            Owed::Records(count) => talk.transmit(u32::from(count).to_be_bytes().into()),
            Owed::Datagram {
                packet,
                avl_packet,
                count,
            } => talk.transmit(datagram::answer(packet, avl_packet, count).into()),
        }
        self.is_welcome = true;
        self.orders.send(talk, now);
    }

    fn assume(&mut self, profile: Profile) {
        self.dialect = profile.dialect;
    }

    fn speaks(&self, order: &SealCommand) -> Result<(), NotSpoken> {
        Command::from_order(order, self.dialect)?.encode().map(drop)
    }

    fn takes(&self, order: &SealCommand, talk: &Talk, _: ServerTime) -> bool {
        if talk.datagrams {
            return true;
        }
        let wanted = Command::from_order(order, self.dialect)
            .ok()
            .and_then(|command| Wanted::from_command(&command));
        wanted.is_none_or(|wanted| self.is_welcome && self.orders.takes(&wanted))
    }

    fn send(
        &mut self,
        id: OrderId,
        order: &SealCommand,
        talk: &mut Talk,
        now: ServerTime,
    ) -> Result<(), NotSpoken> {
        let command = Command::from_order(order, self.dialect)?;
        let bytes = command.encode()?;
        if talk.datagrams {
            return Err(NotSpoken {
                why: "how this unit is told anything over UDP is in no public document: let it report over TCP",
            });
        }
        let wanted = Wanted::from_command(&command).ok_or(NotSpoken {
            why: "this unit answers no such order",
        })?;
        self.orders.keep((id, wanted), bytes, talk)?;
        self.send_orders(talk, now);
        Ok(())
    }

    fn tick(&mut self, talk: &mut Talk, now: ServerTime) {
        if self.is_welcome {
            self.orders.tick(talk, now);
        }
    }

    fn next_deadline(&self, limits: &Limits) -> Option<ServerTime> {
        self.orders.next_deadline(limits)
    }
}

impl Teltonika {
    /// A unit that has said nothing yet.
    pub(crate) fn new(profile: Profile) -> Self {
        Self {
            dialect: profile.dialect,
            other: None,
            is_welcome: false,
            orders: Orders::default(),
        }
    }

    fn send_orders(&mut self, talk: &mut Talk, now: ServerTime) {
        if self.is_welcome {
            self.orders.send(talk, now);
        }
    }

    fn device(&self, talk: &Talk) -> Option<DeviceId> {
        self.other.as_ref().or(talk.device.as_ref()).cloned()
    }

    /// Nobody is there before a log-in, and among rubbish the byte is rubbish.
    fn hear_ping(&mut self, talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame> {
        if talk.is_lost() {
            return Err(NoFrame {
                bytes: 1,
                what: "garbage",
            });
        }
        if let Some(device) = self.device(talk) {
            talk.report(heartbeat(device, now), &[frame::PING], 0, output::Owed::Nothing);
        }
        Ok(())
    }

    fn hear_login(&mut self, bytes: &[u8], talk: &mut Talk, now: ServerTime) {
        let device = DeviceId(words(&bytes[2..]));
        let first = talk.device.get_or_insert_with(|| device.clone());
        self.other = (*first != device).then(|| device.clone());
        let owed = output::Owed::Teltonika(Owed::Login);
        talk.report(heartbeat(device, now), bytes, 0, owed);
    }

    fn hear_packet(&mut self, bytes: &[u8], talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame> {
        let is_intact = frame::is_intact(bytes);
        let own = frame::own_length(bytes, is_intact);
        let body = frame::body(&bytes[..own]);
        match body.first() {
            Some(&(codec::TWELVE | codec::THIRTEEN)) => self.hear_text(body, bytes, talk, now)?,
            _ => self.hear_records((body, is_intact), bytes, talk, now)?,
        }
        if !is_intact {
            talk.oddity("wrong_checksum", bytes);
        }
        self.send_orders(talk, now);
        match own == bytes.len() {
            true => Ok(()),
            false => Err(NoFrame {
                bytes: own,
                what: "wrong_length",
            }),
        }
    }

    /// Records are counted in the answer even where some cannot be read: they are kept, and without an answer the unit would
    /// send them for ever and never come to the next.
    fn hear_records(
        &mut self,
        (body, is_intact): (&[u8], bool),
        bytes: &[u8],
        talk: &mut Talk,
        now: ServerTime,
    ) -> Result<(), NoFrame> {
        let device = self.device(talk).unwrap_or_else(nobody);
        let said = record::reports(body, &device, now);
        if said.reports.is_empty() && !is_intact {
            return Err(no_packet(bytes, talk));
        }
        let said = said.or_bare(&device, now);
        for what in said.oddities {
            talk.oddity(what, bytes);
        }
        let is_words = matches!(body.first(), Some(&(codec::FOURTEEN | codec::FIFTEEN)));
        let owed = match is_words {
            true => output::Owed::Nothing,
            false => output::Owed::Teltonika(Owed::Records(frame::count(body))),
        };
        keep(said.reports, bytes, owed, talk);
        Ok(())
    }

    fn hear_text(
        &mut self,
        body: &[u8],
        bytes: &[u8],
        talk: &mut Talk,
        now: ServerTime,
    ) -> Result<(), NoFrame> {
        let Some(text) = Text::decode(body) else {
            return Err(no_packet(bytes, talk));
        };
        let (report, oddity) = text.report(&self.device(talk).unwrap_or_else(nobody), now);
        if let Some(what) = oddity {
            talk.oddity(what, bytes);
        }
        let is_answer = report.kind == ReportKind::Answer;
        keep([report].into(), bytes, output::Owed::Nothing, talk);
        if is_answer {
            self.orders.answer(talk, |wanted| wanted.ended_by(&text));
        }
        Ok(())
    }
}

fn nobody() -> DeviceId {
    DeviceId(NOBODY.into())
}

/// Keeps what one frame said; the last of its reports is owed the answer.
fn keep(reports: Vec<Report>, bytes: &[u8], owed: output::Owed, talk: &mut Talk) {
    let last = reports.len().saturating_sub(1);
    for (at, report) in reports.into_iter().enumerate() {
        let owed = if at == last { owed } else { output::Owed::Nothing };
        if report.device.0 == NOBODY {
            talk.oddity("not_logged_in", bytes);
            talk.report_of_another(report, bytes, at as u16, output::Owed::Nothing);
        } else {
            talk.report(report, bytes, at as u16, owed);
        }
    }
}

fn hear_datagram(bytes: &[u8], talk: &mut Talk, now: ServerTime) {
    let body = datagram::body(bytes).unwrap_or_default();
    let said = datagram::read(body, &datagram::device(bytes), now);
    for what in said.oddities {
        talk.oddity(what, bytes);
    }
    let owed = Owed::Datagram {
        packet: frame::number(bytes, udp::PACKET),
        avl_packet: bytes.get(udp::AVL_PACKET).copied().unwrap_or_default(),
        count: frame::count(body),
    };
    keep(said.reports, bytes, output::Owed::Teltonika(owed), talk);
}

fn heartbeat(device: DeviceId, now: ServerTime) -> Report {
    let mut report = bare(device, ReportKind::Heartbeat, now);
    report.signals.push(Signal::Heartbeat);
    report
}

fn no_packet(bytes: &[u8], talk: &Talk) -> NoFrame {
    NoFrame {
        bytes: frame::until_beginning(bytes, 1, talk.limits.frame_bytes as usize),
        what: "not_a_packet",
    }
}
