//! How a device that speaks JT/T 808 is spoken with.
//!
//! Each message names its device, so nobody must log in; who does is answered. Nothing is answered by itself: every answer
//! waits until the report is durable, that to a log-in or a sign of life too, for these say that the seal was there.

use alloc::vec::Vec;

use segel_model::{DeviceId, OrderId, Report, ServerTime, order::SealCommand, report::ReportKind};

use super::{
    command::{self, Command},
    frame::{self, Frame, Next},
    header::{Address, Header},
    message::{self, Heard},
    orders::Wanted,
    pieces::{Due, Pieces, Taken, Whole},
    reading::Speaker,
    text,
};
use crate::{
    calendar::Clock,
    jointech::text::Text,
    limits::Limits,
    orders::Orders,
    output::{self, NotSpoken},
    profile::{Dialect, Profile},
    stream::{self, Language, NoFrame, Talk},
};

/// The most devices that may speak over one connection and be answered: a gateway that passes on for a few.
const ADDRESSES: usize = 8;

/// The language, with what one connection has said of itself.
pub(crate) struct Jt808 {
    profile: Profile,
    /// Who has spoken, the connection's own device first.
    addresses: Vec<Address>,
    /// Whom the next orders are for, by place and dialect; nothing is the connection's own device.
    to: Option<(u8, Dialect)>,
    /// Number of our next message.
    serial: u16,
    /// A device without a clock is told the time once a connection; it asks again itself.
    clock_told: bool,
    /// Bytes without meaning came behind the last frame, so that nothing shares its delimiter.
    is_lost: bool,
    pieces: Pieces,
    orders: Orders<Wanted>,
}

/// What a report is owed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owed {
    /// Place of the address.
    to: u8,
    answer: Answer,
    /// The device's clock was not set.
    tell_time: bool,
    /// How many numbers the message had, for each of which there is an answer.
    serials: u8,
    /// Which message is answered; of text, the second of its numbers.
    message: u16,
    /// Its first number; of text, the first.
    serial: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Nothing,
    /// 0x8001: all is well.
    General,
    /// 0x8100: registered, with a token.
    Registered,
    /// 0x8109: the time.
    Time,
    /// 0x8004: the time.
    TimeOf2019,
    /// 0x4401: all is well, to Jointech's own messages.
    Jointech,
    /// The time, in text.
    TextTime,
}

impl Language for Jt808 {
    fn next(&self, bytes: &[u8], limits: &Limits) -> stream::Next {
        if self.is_lost && frame::begins_nothing(bytes) {
            return stream::Next::Garbage(frame::until_beginning(bytes, 1), "garbage");
        }
        match frame::next(bytes, limits.frame_bytes as usize) {
            Next::More => stream::Next::More,
            Next::Binary(length) | Next::Shared(length) | Next::Text(length) => stream::Next::Frame(length),
            Next::Nothing(length) => stream::Next::Nothing(length),
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
            [frame::TEXT, ..] => self.hear_text(frame, talk, now),
            [frame::DELIMITER | frame::OTHER_DELIMITER, ..] => self.hear_binary(frame, talk, now),
            // It shares its delimiter with the frame before, and is kept with it, so that it can be read again.
            shared => self.hear_binary(&frame::with_delimiter(shared), talk, now),
        }?;
        self.is_lost = false;
        Ok(())
    }

    fn lost(&mut self) {
        self.is_lost = true;
    }

    fn acknowledge(&mut self, owed: output::Owed, talk: &mut Talk, now: ServerTime) {
        let output::Owed::Jt808(owed) = owed else {
            return;
        };
        self.give(owed, talk, now);
        if owed.tell_time && !self.clock_told {
            self.give(
                Owed {
                    answer: Answer::Time,
                    ..owed
                },
                talk,
                now,
            );
        }
    }

    fn assume(&mut self, profile: Profile) {
        self.profile = profile;
    }

    fn speaks(&self, order: &SealCommand) -> Result<(), NotSpoken> {
        // The edition of 2019 says the same with a few bytes more.
        Command::from_order(order, self.profile.dialect)?
            .body(true)
            .map(drop)
    }

    /// A device that has said an address of its own is told things by it. Smaller locks have none.
    fn address(&mut self, other: Option<(&DeviceId, Profile)>) -> bool {
        let place = |device: &DeviceId| {
            let found = self.addresses.iter().position(|known| known.device() == *device);
            found.and_then(|at| u8::try_from(at).ok())
        };
        self.to = other.and_then(|(device, profile)| Some((place(device)?, profile.dialect)));
        self.to.is_some() == other.is_some()
    }

    fn takes(&self, order: &SealCommand, _talk: &Talk, _now: ServerTime) -> bool {
        let Ok(command) = Command::from_order(order, self.dialect()) else {
            return true;
        };
        !self.addresses.is_empty() && self.orders.takes(&wanted(&command, 0))
    }

    fn send(
        &mut self,
        id: OrderId,
        order: &SealCommand,
        talk: &mut Talk,
        now: ServerTime,
    ) -> Result<(), NotSpoken> {
        let command = Command::from_order(order, self.dialect())?;
        command.body(false)?;
        let serial = self.serial;
        let mut wanted = wanted(&command, serial);
        let to = self.to.map_or(0, |(at, _)| usize::from(at));
        let bytes = match self.addresses.get(to) {
            Some(address) => command.encode(address, serial)?,
            None if talk.device.is_some() => {
                return Err(NotSpoken {
                    why: "this seal has not said how it is addressed",
                });
            }
            None => {
                wanted.unaddressed = Some(command);
                Vec::new()
            }
        };
        self.orders.push((id, wanted), bytes, talk, now)?;
        self.serial = self.serial.wrapping_add(1);
        Ok(())
    }

    fn tick(&mut self, talk: &mut Talk, now: ServerTime) {
        if !self.addresses.is_empty() {
            self.orders.tick(talk, now);
        }
        match self.pieces.due(now) {
            Some(Due::Ask(to, body)) => self.transmit(to, command::id::SEND_AGAIN, &body, talk),
            Some(Due::Over(raw)) => talk.oddity("message_not_finished", &raw),
            None => {}
        }
    }

    fn next_deadline(&self, limits: &Limits) -> Option<ServerTime> {
        let orders = self.orders.next_deadline(limits);
        self.pieces.next_deadline().into_iter().chain(orders).min()
    }
}

impl Jt808 {
    /// A device that has said nothing yet.
    pub(crate) fn new(profile: Profile) -> Self {
        Self {
            profile,
            addresses: Vec::new(),
            to: None,
            serial: 0,
            clock_told: false,
            is_lost: false,
            pieces: Pieces::default(),
            orders: Orders::default(),
        }
    }

    /// That of whom the next orders are for.
    fn dialect(&self) -> Dialect {
        self.to.map_or(self.profile.dialect, |(_, dialect)| dialect)
    }

    fn hear_binary(&mut self, raw: &[u8], talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame> {
        let Some(frame) = Frame::open(raw) else {
            // Its last byte may be the first of a frame.
            return Err(NoFrame {
                bytes: raw.len() - 1,
                what: "not_a_message",
            });
        };
        if let Some(what) = frame.fault() {
            talk.oddity(what, raw);
        }
        let to = self.place(frame.header.address);
        match frame.header.piece {
            Some(_) => self.hear_piece(to, &frame, raw, talk, now),
            None => {
                let heard = self.understand(&frame.header, &frame.body, now);
                let owed = owed(to, &heard, &frame.header, 1);
                self.tell(heard, (raw, 0), owed, talk);
            }
        }
        self.orders.send(talk, now);
        Ok(())
    }

    fn hear_piece(&mut self, to: Option<u8>, frame: &Frame, raw: &[u8], talk: &mut Talk, now: ServerTime) {
        let header = &frame.header;
        // What is put together is no longer than so many pieces may be: of a wrong length is only what stands alone.
        let piece = header.piece.zip(to).filter(|_| frame.length_holds);
        let (taken, given_up) = match piece {
            Some((piece, to)) => self.pieces.take(to, header, piece, (raw, now)),
            None => (Taken::Alone, None),
        };
        if let Some(other) = given_up {
            talk.oddity("message_not_finished", &other);
        }
        match taken {
            Taken::Whole(whole) => self.hear_whole(to, &whole, talk, now),
            Taken::Kept => talk.report(self.piece(header, now), raw, 0, output::Owed::Nothing),
            Taken::Alone => {
                let owed = answered(to, Answer::General, header);
                talk.report(self.piece(header, now), raw, 0, owed);
            }
        }
    }

    /// Read again, the pieces before the last one are bare reports too; so what the whole says is counted behind them.
    fn hear_whole(&mut self, to: Option<u8>, whole: &Whole, talk: &mut Talk, now: ServerTime) {
        let heard = self.understand(&whole.header, &whole.body, now);
        let owed = owed(to, &heard, &whole.header, whole.serials);
        self.tell(heard, (&whole.raw, u16::from(whole.pieces) - 1), owed, talk);
    }

    fn piece(&self, header: &Header, now: ServerTime) -> Report {
        message::piece(&self.speaker(header, now), header)
    }

    fn understand(&self, header: &Header, body: &[u8], now: ServerTime) -> Heard {
        message::hear(&self.speaker(header, now), header, body)
    }

    fn speaker(&self, header: &Header, received: ServerTime) -> Speaker {
        Speaker {
            device: header.address.device(),
            profile: self.profile,
            received,
            serial: header.serial,
        }
    }

    /// Hands out the reports of a message in their order; the last one carries what all are owed.
    fn tell(&mut self, heard: Heard, (raw, first): (&[u8], u16), owed: output::Owed, talk: &mut Talk) {
        if let Some(what) = heard.oddity {
            talk.oddity(what, raw);
        }
        if let Some(secret) = heard.learned {
            talk.learned(secret);
        }
        let last = heard.reports.len().saturating_sub(1);
        for (at, report) in heard.reports.into_iter().enumerate() {
            let owed = if at == last { owed } else { output::Owed::Nothing };
            let part = first.saturating_add(at as u16);
            if report.kind == ReportKind::SubSeal {
                talk.report_of_another(report, raw, part, owed);
            } else {
                talk.report(report, raw, part, owed);
            }
        }
        if let Some(reply) = heard.reply {
            self.orders.answer(talk, |wanted| wanted.ended_by(reply));
        }
    }

    fn hear_text(&mut self, raw: &[u8], talk: &mut Talk, now: ServerTime) -> Result<(), NoFrame> {
        let Some(text) = Text::split(raw) else {
            return Err(NoFrame {
                bytes: frame::until_beginning(raw, 1),
                what: "not_a_message",
            });
        };
        let heard = text::hear(&text, raw, now);
        if let Some(what) = heard.oddity {
            talk.oddity(what, raw);
        }
        let to = Address::from_device(text.device).and_then(|address| self.place(address));
        let asked = heard.asks_time.zip(to);
        let owed = asked.map_or(output::Owed::Nothing, |(numbers, to)| owed_time(to, numbers));
        talk.report(heard.report, raw, 0, owed);
        if !self.addresses.is_empty() {
            self.orders.send(talk, now);
        }
        Ok(())
    }

    /// Where an address stands; nothing for a device beyond the limit, which is heard and not answered.
    fn place(&mut self, address: Address) -> Option<u8> {
        let known = self.addresses.iter().position(|known| *known == address);
        if known.is_none() && self.addresses.len() < ADDRESSES {
            self.addresses.push(address);
            self.address_orders();
            return u8::try_from(self.addresses.len() - 1).ok();
        }
        known.and_then(|at| u8::try_from(at).ok())
    }

    /// Orders that came before the device had said its address go to it now.
    fn address_orders(&mut self) {
        let Some(address) = self.addresses.first() else {
            return;
        };
        self.orders.finish(|wanted, bytes| {
            if let Some(command) = wanted.unaddressed.take() {
                *bytes = command.encode(address, wanted.serial).unwrap_or_default();
            }
        });
    }

    fn transmit(&mut self, to: u8, message: u16, body: &[u8], talk: &mut Talk) {
        if let Some(address) = self.addresses.get(usize::from(to)) {
            talk.transmit(address.message(message, self.serial, body));
            self.serial = self.serial.wrapping_add(1);
        }
    }

    fn give(&mut self, owed: Owed, talk: &mut Talk, now: ServerTime) {
        let Owed {
            to, message, serial, ..
        } = owed;
        let clock = Clock::from_unix_ms(now.unix_ms);
        match owed.answer {
            Answer::Nothing => {}
            Answer::General => {
                for count in 0..u16::from(owed.serials) {
                    let body = command::general_answer(serial.wrapping_add(count), message);
                    self.transmit(to, command::id::GENERAL_ANSWER, &body, talk);
                }
            }
            Answer::Registered => self.give_token(to, serial, talk),
            Answer::Time => {
                self.clock_told = true;
                self.transmit(to, command::id::TIME, &command::time(clock), talk);
            }
            Answer::TimeOf2019 => {
                self.clock_told = true;
                self.transmit(to, command::id::TIME_2019, &command::time_of_2019(clock), talk);
            }
            Answer::Jointech => self.give_jointech(to, message, serial, talk),
            Answer::TextTime => {
                self.clock_told = true;
                if let Some(address) = self.addresses.get(usize::from(to)) {
                    talk.transmit(text::time(&address.device(), (serial as u8, message), now));
                }
            }
        }
    }

    /// The token is the device's own number: we know a device by what it says in every message, not by a token.
    fn give_token(&mut self, to: u8, serial: u16, talk: &mut Talk) {
        if let Some(address) = self.addresses.get(usize::from(to)) {
            let body = command::registered(serial, &address.device().0);
            self.transmit(to, command::id::REGISTERED, &body, talk);
        }
    }

    /// Its body has no place for the number that is answered, so its head has it.
    fn give_jointech(&self, to: u8, message: u16, serial: u16, talk: &mut Talk) {
        if let Some(address) = self.addresses.get(usize::from(to)) {
            let [high, low] = message.to_be_bytes();
            let answer = address.short_message(command::JOINTECH_ANSWER, serial as u8, &[high, low, 0]);
            talk.transmit(answer);
        }
    }
}

fn wanted(command: &Command, serial: u16) -> Wanted {
    Wanted {
        message: command.id(),
        serial,
        unaddressed: None,
    }
}

fn owed(to: Option<u8>, heard: &Heard, header: &Header, serials: u8) -> output::Owed {
    let nothing = heard.answer == Answer::Nothing && !heard.clock_unset;
    match to.filter(|_| !nothing) {
        Some(to) => output::Owed::Jt808(Owed {
            to,
            answer: heard.answer,
            tell_time: heard.clock_unset,
            serials,
            message: header.message,
            serial: header.serial,
        }),
        None => output::Owed::Nothing,
    }
}

fn answered(to: Option<u8>, answer: Answer, header: &Header) -> output::Owed {
    to.map_or(output::Owed::Nothing, |to| {
        output::Owed::Jt808(Owed {
            to,
            answer,
            tell_time: false,
            serials: 1,
            message: header.message,
            serial: header.serial,
        })
    })
}

fn owed_time(to: u8, (version, count): (u8, u16)) -> output::Owed {
    output::Owed::Jt808(Owed {
        to,
        answer: Answer::TextTime,
        tell_time: false,
        serials: 1,
        message: count,
        serial: version.into(),
    })
}
