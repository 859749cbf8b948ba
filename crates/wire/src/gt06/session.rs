//! How a GT06 seal is spoken with.
//!
//! The log-in names the seal; before it nothing can be said to be anybody's, and is passed over and counted. Log-in, heartbeats
//! and questions are reports like any other, and like any other are answered once they are durable: a seal that was answered
//! too early would forget what we lost. The answer repeats the number of the message and its serial number.

use alloc::vec::Vec;

use segel_model::{
    DeviceId, OrderId, ServerTime, Signal,
    order::SealCommand,
    report::{Extra, ReportKind},
};

use super::{
    command::{Command, Envelope},
    frame::{self, Frame, Next},
    message::{self, number},
    orders::Wanted,
    reading::Reading,
    status, text,
};
use crate::{
    calendar::Clock,
    limits::Limits,
    orders::Orders,
    output::{self, NotSpoken},
    profile::Profile,
    read::{bare, bcd, digits},
    stream::{self, Language, NoFrame, Talk},
};

/// The language, with what one connection has said of itself.
pub(crate) struct Gt06 {
    profile: Profile,
    /// Who logged in last, where that is not who did first.
    other: Option<DeviceId>,
    orders: Orders<Wanted>,
}

/// What a report is owed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owed {
    /// The same number and serial number.
    Same { long: bool, message: u8, serial: u16 },
    /// The same, with the time.
    Time { serial: u16 },
    /// 0x97: that no address is known.
    Address { serial: u16 },
    /// Old wireless networks: the time of the message, neither serial number nor checksum.
    Networks { message: u8, time: [u8; 6] },
}

impl Language for Gt06 {
    fn next(&self, bytes: &[u8], limits: &Limits) -> stream::Next {
        if let [b'\r' | b'\n', ..] = bytes {
            return stream::Next::Nothing(1);
        }
        match frame::next(bytes, limits.frame_bytes as usize) {
            Next::More => stream::Next::More,
            Next::Whole(length) => stream::Next::Frame(length),
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
        let frame = Frame::open(bytes).filter(is_believed).ok_or_else(|| NoFrame {
            bytes: frame::until_beginning(bytes, 1),
            what: "not_a_message",
        })?;
        if frame.message == number::LOGIN && !frame.long {
            self.hear_login(&frame, bytes, talk, now);
            return Ok(());
        }
        let Some(device) = self.other.as_ref().or(talk.device.as_ref()).cloned() else {
            // A stranger that never logs in shall not talk for ever: its bytes count as those without meaning.
            return Err(NoFrame {
                bytes: bytes.len(),
                what: "not_logged_in",
            });
        };
        self.hear_message(device, (&frame, bytes), talk, now);
        Ok(())
    }

    fn acknowledge(&mut self, owed: output::Owed, talk: &mut Talk, now: ServerTime) {
        if let output::Owed::Gt06(owed) = owed {
            talk.transmit(owed.bytes(now));
            // What waited for the log-in goes behind the answer to it.
            self.orders.send(talk, now);
        }
    }

    fn assume(&mut self, profile: Profile) {
        self.profile = profile;
    }

    fn speaks(&self, order: &SealCommand) -> Result<(), NotSpoken> {
        let envelope = Envelope {
            flag: 0,
            language: None,
            serial: 0,
        };
        Command::from_order(order)?.encode(envelope).map(drop)
    }

    fn takes(&self, order: &SealCommand, talk: &Talk, _now: ServerTime) -> bool {
        let Ok(command) = Command::from_order(order) else {
            return true;
        };
        talk.device.is_some() && self.orders.takes(&Wanted::new(OrderId(0), &command))
    }

    fn send(
        &mut self,
        id: OrderId,
        order: &SealCommand,
        talk: &mut Talk,
        now: ServerTime,
    ) -> Result<(), NotSpoken> {
        let command = Command::from_order(order)?;
        let wanted = Wanted::new(id, &command);
        let bytes = command.encode(Envelope {
            flag: wanted.flag(),
            language: None,
            serial: wanted.flag() as u16,
        })?;
        self.orders.push((id, wanted), bytes, talk, now)
    }

    fn tick(&mut self, talk: &mut Talk, now: ServerTime) {
        self.orders.tick(talk, now);
    }

    fn next_deadline(&self, limits: &Limits) -> Option<ServerTime> {
        self.orders.next_deadline(limits)
    }
}

/// A message is believed where its length or its checksum holds, or where its number is one that we know.
fn is_believed(frame: &Frame<'_>) -> bool {
    frame.length_holds || frame.checksum_holds || message::is_known(frame)
}

impl Gt06 {
    /// A seal that has said nothing yet.
    pub(crate) fn new(profile: Profile) -> Self {
        Self {
            profile,
            other: None,
            orders: Orders::default(),
        }
    }

    /// IMEI, and in newer seals their sort and time zone. The zone is shown and not used: the maker's newer messages are in UTC
    /// whatever it says, and a seal that is not is registered so.
    fn hear_login(&mut self, frame: &Frame<'_>, bytes: &[u8], talk: &mut Talk, now: ServerTime) {
        let imei = frame.body.get(..8).and_then(bcd);
        let Some(imei) = imei else {
            return talk.oddity("not_a_device_id", bytes);
        };
        let device = DeviceId(digits(imei, 10, 15));
        let first = talk.device.get_or_insert_with(|| device.clone());
        self.other = (*first != device).then(|| device.clone());
        let mut reading = self.begin(device, frame, now);
        reading.body.take(8);
        reading.report.kind = ReportKind::Heartbeat;
        reading.signal(Signal::Heartbeat);
        if let Some(sort) = reading.body.u16() {
            reading.whole("device_sort", sort);
        }
        if let Some(zone) = reading.body.u16() {
            reading.whole("zone_min", zone_min(zone));
        }
        finish(reading, (frame, bytes), owed_for(frame), talk);
    }

    fn hear_message(
        &mut self,
        device: DeviceId,
        (frame, bytes): (&Frame<'_>, &[u8]),
        talk: &mut Talk,
        now: ServerTime,
    ) {
        let mut reading = self.begin(device, frame, now);
        let answer = match (frame.long, frame.message) {
            (false, number::ANSWER) => text::read(frame.body),
            (true, number::LONG_ANSWER) => text::read_long(frame.body),
            (false, number::TIME) => {
                wants_time(&mut reading);
                None
            }
            _ => {
                message::read(frame, &mut reading);
                reading.report.kind = kind(frame, &reading);
                None
            }
        };
        if is_answer(frame) {
            hear_answer(&mut reading, answer.as_ref());
        }
        if reading.report.kind == ReportKind::Heartbeat {
            reading.signal(Signal::Heartbeat);
        }
        finish(reading, (frame, bytes), owed_for(frame), talk);
        if let Some(answer) = answer {
            self.orders.answer(talk, |wanted| wanted.ended_by(&answer));
        }
        self.orders.send(talk, now);
    }

    fn begin<'a>(&self, device: DeviceId, frame: &Frame<'a>, now: ServerTime) -> Reading<'a> {
        let mut report = bare(device, ReportKind::Record, now);
        report.serial = frame.serial.map(u32::from);
        let mut reading = Reading::new(frame.body, report, self.profile);
        reading.networks = frame.networks.unwrap_or_default();
        let name = ["0x", &digits(u64::from(frame.message), 16, 2)].concat();
        reading.put("message", Extra::Text(name.into()));
        reading
    }
}

fn finish(reading: Reading<'_>, (frame, bytes): (&Frame<'_>, &[u8]), owed: output::Owed, talk: &mut Talk) {
    if !frame.length_holds {
        talk.oddity("wrong_length", bytes);
    }
    if !frame.checksum_holds {
        talk.oddity("wrong_checksum", bytes);
    }
    for what in &reading.oddities {
        talk.oddity(what, bytes);
    }
    talk.report(reading.report, bytes, 0, owed);
}

const fn is_answer(frame: &Frame<'_>) -> bool {
    matches!(
        (frame.long, frame.message),
        (false, number::ANSWER) | (true, number::LONG_ANSWER)
    )
}

fn hear_answer(reading: &mut Reading<'_>, answer: Option<&text::Answer>) {
    reading.report.kind = ReportKind::Answer;
    match answer {
        Some(answer) => text::say(reading, answer),
        None => reading.odd("message_too_short"),
    }
}

/// Manual, "time calibration": asked on power-up by a seal that does not know the time.
fn wants_time(reading: &mut Reading<'_>) {
    reading.report.kind = ReportKind::Happening;
    reading.signal(Signal::ClockUnset);
}

/// What sort of thing a message says.
fn kind(frame: &Frame<'_>, reading: &Reading<'_>) -> ReportKind {
    match (frame.long, frame.message) {
        (false, number::STATUS | number::HEARTBEAT) => ReportKind::Heartbeat,
        (false, number::MODULAR_STATUS) if reading.report.fix.is_none() => ReportKind::Heartbeat,
        _ if status::is_alarm(reading) => ReportKind::Happening,
        _ => ReportKind::Record,
    }
}

/// Hundreds of hours and minutes in the upper twelve bits; bit 3 says west.
fn zone_min(zone: u16) -> i64 {
    let (hours, minutes) = (i64::from(zone >> 4) / 100, i64::from(zone >> 4) % 100);
    let minutes = hours * 60 + minutes;
    if zone & 1 << 3 == 0 { minutes } else { -minutes }
}

/// Which answer a message wants (handbook, "reply rule"): every short message its own number and serial number, but not an
/// answer to us, and none where it tells no number; a log-in without one is let in under nought. Of the long ones those that the maker's server answers.
fn owed_for(frame: &Frame<'_>) -> output::Owed {
    if let (Some(_), Some(time)) = (frame.networks, frame.body.first_chunk()) {
        return output::Owed::Gt06(Owed::Networks {
            message: frame.message,
            time: *time,
        });
    }
    let is_login = frame.message == number::LOGIN && !frame.long;
    let Some(serial) = frame.serial.or(is_login.then_some(0)) else {
        return output::Owed::Nothing;
    };
    let same = |long| Owed::Same {
        long,
        message: frame.message,
        serial,
    };
    output::Owed::Gt06(match (frame.long, frame.message) {
        (false, number::ANSWER | number::COMMAND..=number::LAST_COMMAND) => return output::Owed::Nothing,
        (false, number::TIME) => Owed::Time { serial },
        (false, number::ADDRESS) => Owed::Address { serial },
        (false, _) => same(false),
        (true, number::AZ_POSITION | number::AZ_ALARM) => same(true),
        (true, number::MODULAR) => same(false),
        (true, _) => return output::Owed::Nothing,
    })
}

/// That no address is known: three parts and an end (handbook, "address request").
const NO_ADDRESS: &[u8] = b"NA&&NA&&0##";

impl Owed {
    fn bytes(self, now: ServerTime) -> Vec<u8> {
        match self {
            Self::Same {
                long,
                message,
                serial,
            } => frame::write(long, message, &[], serial),
            Self::Time { serial } => {
                let clock = Clock::from_unix_ms(now.unix_ms);
                frame::write(false, number::TIME, &clock.two_digits(), serial)
            }
            Self::Address { serial } => {
                let flag = [0; 4];
                let length = [(flag.len() + NO_ADDRESS.len()) as u8];
                let body = [&length[..], &flag, NO_ADDRESS].concat();
                frame::write(true, number::ADDRESS_ANSWER, &body, serial)
            }
            Self::Networks { message, time } => {
                [&frame::SHORT[..], &[0, message], &time, &frame::END].concat()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Manual, "time zone and language": GMT+8:00 is 3200, GMT-12:45 is 4DD8.
    #[test]
    fn zones_are_read_as_the_manual_says() {
        assert_eq!(zone_min(0x3200), 8 * 60);
        assert_eq!(zone_min(0x4DD8), -(12 * 60 + 45));
        assert_eq!(zone_min(0x0000), 0);
    }
}
