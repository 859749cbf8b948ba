//! A terminal of JT/T 808 as it speaks (the standard's editions of 2013 and 2019; handbook of protocols, section 2), in the
//! dialects of those who make locks and cargo trackers of it.

mod frame;
mod tracker;
mod jointech;
mod hhd;

use super::bytes::padded;
use super::moment::{Happening, Moment};
use super::voice::{Asked, Heard, Mark, Order, Said, Voice};
use frame::{Address, Message};

/// A maker's way of speaking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The standard, and what many makers add to it: it was taken off, a battery in field FE.
    Plain,
    /// Jointech JT709.
    Jt709,
    /// Jointech JT705, with messages of its own.
    Jt705,
    /// HHD G-series padlocks.
    Hhd,
    /// BSJ trackers.
    Bsj,
    /// AOVX cargo trackers.
    Aovx,
}

/// An edition of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// Numbers of twelve digits.
    Of2013,
    /// Numbers of twenty.
    Of2019,
}

/// Numbers of messages.
mod id {
    pub const GENERAL_ANSWER: u16 = 0x0001;
    pub const HEARTBEAT: u16 = 0x0002;
    pub const REGISTER: u16 = 0x0100;
    pub const LOG_IN: u16 = 0x0102;
    pub const POSITION: u16 = 0x0200;
    pub const HHD_SET: u16 = 0x0310;
    pub const CONTROL_ANSWER: u16 = 0x0500;
    pub const BATCH: u16 = 0x0704;
    pub const JOINTECH_ANSWER: u16 = 0x4401;
    pub const JOINTECH_RECORD: u16 = 0x5501;
    pub const JOINTECH_KEPT: u16 = 0x5502;
    pub const PLATFORM_ANSWER: u16 = 0x8001;
    pub const REGISTERED: u16 = 0x8100;
    pub const SET_PARAMETERS: u16 = 0x8103;
    pub const CONTROL_VEHICLE: u16 = 0x8500;
}

/// The parameter of the standard that says how often to report.
const INTERVAL: u32 = 0x0029;
/// A batch is of a blind area.
const BLIND_AREA: u8 = 1;

/// A terminal and the number of its next message.
#[derive(Debug)]
pub struct Terminal {
    device: String,
    address: Address,
    dialect: Dialect,
    serial: u16,
    /// The password that an HHD padlock tells in every report.
    password: String,
}

impl Terminal {
    /// The terminal of that number.
    pub fn new(device: &str, dialect: Dialect, edition: Edition) -> Self {
        let digits = match edition {
            Edition::Of2013 => 12,
            Edition::Of2019 => 20,
        };
        let device = padded(device, digits);
        Self {
            address: Address::new(&device, edition),
            device,
            dialect,
            serial: 0,
            password: "12345678".to_owned(),
        }
    }

    fn say(&mut self, id: u16, body: &[u8]) -> (Vec<u8>, u32) {
        self.serial = self.serial.wrapping_add(1);
        let bytes = self.address.message(id, self.serial, body);
        (bytes, mark(id, self.serial))
    }

    /// A position as it is, or in a batch where it was kept in a blind area.
    fn position(&mut self, body: &[u8], stored: bool) -> Said {
        let (bytes, mark) = if stored {
            let length = (body.len() as u16).to_be_bytes();
            self.say(id::BATCH, &[&[0, 1, BLIND_AREA][..], &length, body].concat())
        } else {
            self.say(id::POSITION, body)
        };
        Said::marked(bytes, mark)
    }

    /// Jointech's own message: its number has one byte.
    fn jointech_record(&mut self, body: &[u8], stored: bool) -> Said {
        self.serial = self.serial.wrapping_add(1);
        let id = if stored {
            id::JOINTECH_KEPT
        } else {
            id::JOINTECH_RECORD
        };
        let serial = self.serial as u8;
        Said::marked(
            self.address.short_message(id, serial, body),
            mark(id, serial.into()),
        )
    }

    fn registers(&self) -> bool {
        !matches!(self.dialect, Dialect::Jt709 | Dialect::Jt705 | Dialect::Hhd)
    }

    fn log_in(&mut self, token: &[u8]) -> Vec<u8> {
        let body = match self.address.edition() {
            Edition::Of2013 => token.to_vec(),
            Edition::Of2019 => {
                let mut body = vec![token.len() as u8];
                body.extend(token);
                body.extend(b"867730051234565");
                body.extend(b"V1.0.0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
                body
            }
        };
        self.say(id::LOG_IN, &body).0
    }

    fn understand(&mut self, message: &Message) -> Option<Heard> {
        let body = message.body.as_slice();
        let asked = Asked([&message.serial.to_be_bytes()[..], &message.id.to_be_bytes()].concat());
        Some(match (message.id, body) {
            (id::PLATFORM_ANSWER, &[_, _, 0x01, 0x02, 0]) => Heard::Welcome,
            (id::PLATFORM_ANSWER, &[s1, s2, m1, m2, 0]) => Heard::Acknowledged(Mark(mark(
                u16::from_be_bytes([m1, m2]),
                u16::from_be_bytes([s1, s2]),
            ))),
            (id::JOINTECH_ANSWER, &[m1, m2, 0]) => {
                Heard::Acknowledged(Mark(mark(u16::from_be_bytes([m1, m2]), message.serial)))
            }
            (id::REGISTERED, &[_, _, 0, ref token @ ..]) => Heard::Reply(self.log_in(token)),
            (id::SET_PARAMETERS, &[_, ref values @ ..]) => Heard::Order(parameters(values), asked),
            (id::CONTROL_VEHICLE, control) => {
                let lock = match self.address.edition() {
                    Edition::Of2013 => control == [1],
                    Edition::Of2019 => control.last() == Some(&0),
                };
                let order = if lock { Order::Setting } else { open() };
                Heard::Order(order, asked)
            }
            (id::HHD_SET, &[1, name, _, ref value @ ..]) => Heard::Order(hhd::order(name, value)?, asked),
            _ => Heard::Nothing,
        })
    }
}

impl Voice for Terminal {
    fn device(&self) -> &str {
        &self.device
    }

    fn greet(&mut self) -> Option<Vec<u8>> {
        let body = tracker::registration(self.address.edition(), &self.device);
        self.registers().then(|| self.say(id::REGISTER, &body).0)
    }

    fn record(&mut self, moment: &Moment) -> Said {
        match self.dialect {
            Dialect::Jt705 => self.jointech_record(&jointech::own_record(moment, None), moment.stored),
            Dialect::Jt709 => self.position(&jointech::position(moment, None), moment.stored),
            Dialect::Hhd => {
                let body = hhd::position(moment, &self.password, None);
                self.position(&body, moment.stored)
            }
            Dialect::Plain => self.position(&tracker::plain(moment), moment.stored),
            Dialect::Bsj => self.position(&tracker::bsj(moment), moment.stored),
            Dialect::Aovx => self.position(&tracker::aovx(moment), moment.stored),
        }
    }

    /// A tracker's records tell everything.
    fn happening(&mut self, moment: &Moment, what: Happening) -> Option<Said> {
        match self.dialect {
            Dialect::Jt705 => {
                let body = jointech::own_record(moment, Some(&jointech::event(what)?));
                Some(self.jointech_record(&body, moment.stored))
            }
            Dialect::Jt709 => {
                let body = jointech::position(moment, Some(&jointech::event(what)?));
                Some(self.position(&body, moment.stored))
            }
            Dialect::Hhd => {
                let event = hhd::event(what, moment.status.locked)?;
                let body = hhd::position(moment, &self.password, Some(&event));
                Some(self.position(&body, moment.stored))
            }
            Dialect::Plain | Dialect::Bsj | Dialect::Aovx => None,
        }
    }

    /// Empty by the standard; many makers say the battery and the signal in it, which a position has no place for.
    fn heartbeat(&mut self, moment: &Moment) -> Option<Said> {
        let body = [moment.battery_percent.min(100), 23];
        (self.dialect == Dialect::Plain).then(|| {
            let (bytes, mark) = self.say(id::HEARTBEAT, &body);
            Said::marked(bytes, mark)
        })
    }

    /// The general answer: number and name of what was ordered, and how that went. A vehicle's control is answered by where it is.
    fn answer(&mut self, moment: &Moment, order: &Order, asked: &Asked, done: bool) -> Option<Vec<u8>> {
        if let (Order::Password { new, .. }, true) = (order, done) {
            self.password.clone_from(new);
        }
        let controlled = asked.0.ends_with(&id::CONTROL_VEHICLE.to_be_bytes());
        if controlled && done {
            let location = tracker::location(moment, 0, tracker::status(moment));
            return Some(
                self.say(id::CONTROL_ANSWER, &[&asked.0[..2], &location].concat())
                    .0,
            );
        }
        let body = [&asked.0[..], &[u8::from(!done)]].concat();
        Some(self.say(id::GENERAL_ANSWER, &body).0)
    }

    fn hear(&mut self, heard: &mut Vec<u8>) -> Option<Heard> {
        let content = frame::take(heard)?;
        let message = self.address.open(&content);
        let understood = message.and_then(|message| self.understand(&message));
        Some(understood.unwrap_or(Heard::Nothing))
    }
}

fn mark(id: u16, serial: u16) -> u32 {
    u32::from(id) << 16 | u32::from(serial)
}

/// None of these languages has a place for a password.
fn open() -> Order {
    Order::Open {
        password: None,
        one_time: false,
    }
}

/// Each its name, its length and its value.
fn parameters(mut rest: &[u8]) -> Order {
    while let [a, b, c, d, length, behind @ ..] = rest {
        let Some((value, after)) = behind.split_at_checked(usize::from(*length)) else {
            break;
        };
        if let (INTERVAL, &[w, x, y, z]) = (u32::from_be_bytes([*a, *b, *c, *d]), value) {
            return Order::Interval {
                seconds: u32::from_be_bytes([w, x, y, z]).into(),
            };
        }
        rest = after;
    }
    Order::Setting
}
