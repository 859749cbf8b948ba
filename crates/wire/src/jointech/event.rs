//! P45: somebody locked, unlocked or tried.

use alloc::{borrow::Cow, string::String, vec::Vec};

use segel_geo::Position;
use segel_model::{
    Report, ServerTime, Signal,
    report::{Extra, Fix, FixSource, ReportKind},
    signal::{UnsealBy, UnsealRefusal},
};

use super::{
    place::Said,
    session::Answer,
    text::{Heard, Text},
};
use crate::read::{bare, measure, number};

/// Fields after the command (manual, table "P45"). Newer firmware appends more, so they are counted from the front.
mod field {
    pub const DATE: usize = 0;
    pub const TIME: usize = 1;
    pub const LATITUDE: usize = 2;
    pub const NORTH: usize = 3;
    pub const LONGITUDE: usize = 4;
    pub const EAST: usize = 5;
    pub const VALID: usize = 6;
    /// Kilometres an hour.
    pub const SPEED: usize = 7;
    pub const COURSE: usize = 8;
    pub const SOURCE: usize = 9;
    pub const VERIFY: usize = 10;
    pub const CARD: usize = 11;
    pub const PASSWORD_OK: usize = 12;
    pub const BAD_PASSWORDS: usize = 13;
    pub const SERIAL: usize = 14;
    pub const MILEAGE: usize = 15;
}

/// What set the lock moving (manual, table "event source").
mod source {
    pub const CARD: u8 = 1;
    pub const ILLEGAL_CARD: u8 = 2;
    pub const VEHICLE_CARD: u8 = 3;
    pub const STATIC_PASSWORD: u8 = 4;
    pub const LOCKED: u8 = 5;
    pub const DYNAMIC_PASSWORD: u8 = 6;
    pub const BLUETOOTH: u8 = 7;
}

/// How a try ended (manual, table "unlocking verification"). One to ten name the fence inside which it opened.
mod verify {
    pub const REFUSED: u8 = 0;
    /// Opened by a card says this too, whether bound to a fence or not.
    pub const FIRST_FENCE: u8 = 1;
    pub const LAST_FENCE: u8 = 10;
    pub const OUTSIDE_FENCE: u8 = 99;
}

/// What a card field holds where there was no card.
const NO_CARD: &[u8] = b"0000000000";

/// What the event fields say, as numbers.
pub(crate) struct Lock<'a> {
    pub(crate) source: Option<u8>,
    pub(crate) verify: u8,
    pub(crate) card: Option<&'a [u8]>,
    pub(crate) password_ok: bool,
    pub(crate) has_fix: bool,
}

/// Understands a lock event. Fields that are missing leave their part of the report empty.
pub(crate) fn hear(text: &Text<'_>, received: ServerTime) -> Heard {
    let said = clock(text, field::DATE, field::TIME);
    let lock = Lock {
        source: text.field(field::SOURCE).and_then(number),
        verify: text
            .field(field::VERIFY)
            .and_then(number)
            .unwrap_or(verify::REFUSED),
        card: text
            .field(field::CARD)
            .filter(|&card| card != NO_CARD && !card.is_empty()),
        password_ok: text.field(field::PASSWORD_OK) == Some(b"1"),
        has_fix: text.field(field::VALID) == Some(b"A"),
    };
    let signal = lock.signal();
    let serial: Option<u32> = text.field(field::SERIAL).and_then(number);
    let mut report = bare(text.device_id(), ReportKind::Happening, received);
    report.time = said.time();
    report.fix = fix(text);
    report.serial = serial;
    report.signals.extend(signal.clone().ok().flatten());
    if said.is_unset() {
        report.signals.push(Signal::ClockUnset);
    }
    add_extra(&mut report, text);
    Heard {
        clock_unset: said.is_unset(),
        oddity: oddity(text, &report, said).or(signal.err()),
        ..Heard::new(report, serial.map_or(Answer::Nothing, Answer::Event))
    }
}

fn oddity(text: &Text<'_>, report: &Report, said: Said) -> Option<&'static str> {
    if text.fields.len() <= field::SERIAL || report.serial.is_none() {
        return Some("event_too_short");
    }
    if said == Said::Nonsense {
        return Some("no_such_time");
    }
    report.fix.is_none().then_some("no_such_place")
}

impl Lock<'_> {
    /// What happened; an event we do not know is an oddity, not a guess.
    pub(crate) fn signal(&self) -> Result<Option<Signal>, &'static str> {
        match self.source {
            Some(source::CARD) => Ok(Some(self.tried(UnsealBy::Card))),
            Some(source::ILLEGAL_CARD) => Ok(Some(self.refused(UnsealRefusal::IllegalCard))),
            Some(source::VEHICLE_CARD) => Ok(None),
            Some(source::STATIC_PASSWORD) => Ok(Some(self.tried(UnsealBy::StaticPwd))),
            Some(source::LOCKED) => Ok(Some(Signal::Sealed)),
            Some(source::DYNAMIC_PASSWORD) => Ok(Some(self.tried(UnsealBy::DynamicPwd))),
            Some(source::BLUETOOTH) => Ok(Some(self.tried(UnsealBy::BtApp))),
            _ => Err("unknown_event_source"),
        }
    }

    fn tried(&self, by: UnsealBy) -> Signal {
        match self.refusal(by) {
            Some(reason) => self.refused(reason),
            None => Signal::Unsealed {
                by,
                actor: self.actor(),
                fence: self.fence(by),
            },
        }
    }

    /// Why it stayed shut, or nothing where it opened. Bluetooth has no verification of its own in the manual, so its
    /// password counts too.
    fn refusal(&self, by: UnsealBy) -> Option<UnsealRefusal> {
        match self.verify {
            verify::OUTSIDE_FENCE => Some(UnsealRefusal::OutsideFence),
            verify::REFUSED if by == UnsealBy::BtApp && self.password_ok => None,
            verify::REFUSED => Some(self.why_refused(by)),
            _ => None,
        }
    }

    fn why_refused(&self, by: UnsealBy) -> UnsealRefusal {
        if by != UnsealBy::Card && !self.password_ok {
            UnsealRefusal::BadPwd
        } else if !self.has_fix {
            UnsealRefusal::NoFix
        } else {
            UnsealRefusal::NotSaid
        }
    }

    fn refused(&self, reason: UnsealRefusal) -> Signal {
        Signal::UnsealRefused {
            reason,
            actor: self.actor(),
        }
    }

    /// Cards say 1 whether they are bound to a fence or not, and the fixed password says 1 for yes: neither proves
    /// fence 1.
    fn fence(&self, by: UnsealBy) -> Option<u16> {
        let unclear = match by {
            UnsealBy::StaticPwd => true,
            UnsealBy::Card => self.verify == verify::FIRST_FENCE,
            _ => false,
        };
        let names_fence = (verify::FIRST_FENCE..=verify::LAST_FENCE).contains(&self.verify);
        (names_fence && !unclear).then(|| u16::from(self.verify))
    }

    fn actor(&self) -> Option<String> {
        self.card.map(|card| String::from_utf8_lossy(card).into_owned())
    }
}

fn fix(text: &Text<'_>) -> Option<Fix> {
    let lat = signed(text.field(field::LATITUDE)?, text.field(field::NORTH)?, b"S")?;
    let lon = signed(text.field(field::LONGITUDE)?, text.field(field::EAST)?, b"W")?;
    Some(Fix {
        position: Position::new(lat, lon)?,
        valid: text.field(field::VALID) == Some(b"A"),
        source: FixSource::Gnss,
        speed_kmh: text
            .field(field::SPEED)
            .and_then(measure)
            .map(|speed| speed as f32),
        course_deg: text
            .field(field::COURSE)
            .and_then(measure)
            .map(|course| course as f32),
        altitude_m: None,
        satellites: None,
        accuracy_m: None,
    })
}

/// Decimal degrees with a letter for the hemisphere.
pub(crate) fn signed(degrees: &[u8], letter: &[u8], negative: &[u8]) -> Option<f64> {
    let degrees = measure(degrees)?;
    Some(if letter == negative { -degrees } else { degrees })
}

/// DDMMYY in one field, hhmmss in another.
pub(crate) fn clock(text: &Text<'_>, date: usize, time: usize) -> Said {
    let pairs = |at: usize| text.field(at).and_then(three_pairs);
    match (pairs(date), pairs(time)) {
        (Some([day, month, year]), Some([hour, minute, second])) => {
            Said::from_two_digits([day, month, year, hour, minute, second])
        }
        _ => Said::Nonsense,
    }
}

fn three_pairs(field: &[u8]) -> Option<[u8; 3]> {
    let digits: &[u8; 6] = field.try_into().ok()?;
    let all_digits = digits.iter().all(u8::is_ascii_digit);
    let pair = |at: usize| (digits[at] - b'0') * 10 + digits[at + 1] - b'0';
    all_digits.then(|| [pair(0), pair(2), pair(4)])
}

fn add_extra(report: &mut Report, text: &Text<'_>) {
    let mut extra = Vec::with_capacity(6);
    for (name, at) in [
        ("event_source", field::SOURCE),
        ("verify", field::VERIFY),
        ("password_ok", field::PASSWORD_OK),
        ("bad_passwords", field::BAD_PASSWORDS),
        ("mileage_km", field::MILEAGE),
    ] {
        if let Some(value) = text.field(at).and_then(number::<i64>) {
            extra.push((Cow::Borrowed(name), Extra::Whole(value)));
        }
    }
    if let Some(card) = text.field(field::CARD) {
        let card = String::from_utf8_lossy(card).into_owned();
        extra.push((Cow::Borrowed("card"), Extra::Text(card.into())));
    }
    report.extra = extra;
}
