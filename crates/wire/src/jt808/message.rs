//! Which message is which, and what each becomes: reports, what it is owed, whose order it answers.

use alloc::{borrow::Cow, vec, vec::Vec};

use segel_model::{
    Report,
    report::{Extra, ReportKind},
};

use super::{
    frame::Frame,
    header::Header,
    jt705,
    location::{self, clock},
    orders::Reply,
    passthrough,
    reading::{self, Reading, Speaker},
    session::Answer,
    session_messages,
};
use crate::{
    output::Learned,
    profile::Dialect,
    read::{digits, u16_at},
};

/// Numbers of messages (standard, "message table"; Jointech's own after handbook 2.1 and 2.4).
pub mod id {
    #![allow(missing_docs, reason = "the standard's own words")]

    pub const GENERAL_ANSWER: u16 = 0x0001;
    pub const HEARTBEAT: u16 = 0x0002;
    pub const LOG_OUT: u16 = 0x0003;
    pub const ASK_TIME_2019: u16 = 0x0004;
    pub const REGISTER: u16 = 0x0100;
    pub const LOG_IN: u16 = 0x0102;
    pub const PARAMETERS: u16 = 0x0104;
    pub const PROPERTIES: u16 = 0x0107;
    pub const ASK_TIME: u16 = 0x0109;
    pub const POSITION: u16 = 0x0200;
    pub const POSITION_ANSWER: u16 = 0x0201;
    pub const SMALL_BATCH: u16 = 0x0210;
    pub const CONTROL_ANSWER: u16 = 0x0500;
    pub const WAYBILL: u16 = 0x0701;
    pub const BATCH: u16 = 0x0704;
    pub const PASSED_THROUGH: u16 = 0x0900;
    pub const KEPT_AWAKE: u16 = 0x1007;
    pub const WIDE_TEXT: u16 = 0x1300;
    pub const TEXT: u16 = 0x6006;
    pub const REAL_TIME: u16 = 0x5501;
    pub const BLIND_AREA: u16 = 0x5502;

    /// Whether it is one of Jointech's own, which number their messages with one byte.
    pub const fn is_jointech(message: u16) -> bool {
        matches!(
            message,
            REAL_TIME | BLIND_AREA | super::super::command::JOINTECH_ANSWER
        )
    }
}

/// Messages that are known by their number even where their length is wrong.
pub(crate) const MESSAGES: &[u16] = &[
    id::GENERAL_ANSWER,
    id::HEARTBEAT,
    id::LOG_OUT,
    id::ASK_TIME_2019,
    id::REGISTER,
    id::LOG_IN,
    id::PARAMETERS,
    id::PROPERTIES,
    id::ASK_TIME,
    id::POSITION,
    id::POSITION_ANSWER,
    id::SMALL_BATCH,
    id::CONTROL_ANSWER,
    id::WAYBILL,
    id::BATCH,
    id::PASSED_THROUGH,
    id::KEPT_AWAKE,
    id::WIDE_TEXT,
    id::TEXT,
    id::REAL_TIME,
    id::BLIND_AREA,
];

/// What a message means.
pub(crate) struct Heard {
    /// At least one: what nobody can read is a bare report, for its bytes are evidence.
    pub(crate) reports: Vec<Report>,
    pub(crate) answer: Answer,
    pub(crate) learned: Option<Learned>,
    pub(crate) clock_unset: bool,
    pub(crate) oddity: Option<&'static str>,
    pub(crate) reply: Option<Reply>,
}

impl Heard {
    fn new(reports: Vec<Report>, answer: Answer) -> Self {
        Self {
            reports,
            answer,
            learned: None,
            clock_unset: false,
            oddity: None,
            reply: None,
        }
    }

    fn one(report: Report, answer: Answer) -> Self {
        Self::new(vec![report], answer)
    }

    /// A record that has been read, and what it says beside its report.
    fn record(reading: Reading, answer: Answer) -> Self {
        let mut heard = Self::new(Vec::new(), answer);
        heard.add(reading);
        heard
    }

    fn add(&mut self, mut reading: Reading) {
        self.oddity = self.oddity.or(reading.oddity);
        self.clock_unset |= reading.clock_unset;
        if let Some(password) = reading.password.take() {
            self.learned = Some(Learned::StaticPassword {
                device: reading.report.device.clone(),
                password,
            });
        }
        self.reports.extend(reading.finish());
    }
}

/// The dialect that a frame shows: by a message of its maker's own, or by fields that nobody else has.
pub(crate) fn dialect_shown(frame: &[u8]) -> Option<Dialect> {
    let frame = Frame::open(frame)?;
    match frame.header.message {
        id::REAL_TIME | id::BLIND_AREA => Some(Dialect::Jt705),
        id::POSITION => reading::dialect_shown(frame.body.get(location::LENGTH..)?),
        _ => None,
    }
}

/// Understands a message. It is read the same whenever it came and whatever came before it.
pub(crate) fn hear(speaker: &Speaker, header: &Header, body: &[u8]) -> Heard {
    let answer = answer(header);
    let bare = |kind| named(speaker.bare(kind), header);
    if header.is_encrypted() {
        let mut heard = Heard::one(bare(ReportKind::Happening), answer);
        heard.oddity = Some("encrypted");
        return heard;
    }
    match header.message {
        id::POSITION => Heard::record(Reading::position(speaker, body), answer),
        id::BATCH => batch(speaker, header, body),
        id::SMALL_BATCH => small_batch(speaker, header, body),
        id::REAL_TIME | id::BLIND_AREA => jointech(speaker, header, body),
        id::POSITION_ANSWER | id::CONTROL_ANSWER => position_answer(speaker, header, body),
        id::GENERAL_ANSWER => general_answer(bare(ReportKind::Answer), body),
        id::HEARTBEAT => Heard::one(
            session_messages::heartbeat(bare(ReportKind::Heartbeat), body),
            answer,
        ),
        id::LOG_OUT | id::ASK_TIME | id::ASK_TIME_2019 => Heard::one(bare(ReportKind::Heartbeat), answer),
        id::REGISTER => {
            let report = bare(ReportKind::Heartbeat);
            with_oddity(session_messages::register(report, header, body), answer)
        }
        id::LOG_IN => with_oddity(
            session_messages::log_in(bare(ReportKind::Heartbeat), header, body),
            answer,
        ),
        id::PARAMETERS => {
            let mut heard = with_oddity(
                session_messages::parameters(bare(ReportKind::Answer), body),
                answer,
            );
            heard.reply = answered(super::command::id::ASK_PARAMETERS, body);
            heard
        }
        id::PROPERTIES => {
            let report = bare(ReportKind::Answer);
            let mut heard = with_oddity(session_messages::properties(report, header, body), answer);
            heard.reply = Some(Reply::to(super::command::id::ASK_PROPERTIES, None));
            heard
        }
        id::PASSED_THROUGH => {
            let reading = passthrough::read(speaker, bare(ReportKind::Happening), body);
            Heard::record(reading, answer)
        }
        id::WAYBILL | id::TEXT | id::WIDE_TEXT => {
            let report = bare(ReportKind::Answer);
            Heard::one(session_messages::text(report, header.message, body), answer)
        }
        id::KEPT_AWAKE => Heard::one(bare(ReportKind::Heartbeat), answer),
        _ => {
            let mut heard = Heard::one(bare(ReportKind::Happening), answer);
            heard.oddity = Some("unknown_message");
            heard
        }
    }
}

/// What a message is owed. What a device says by itself has the general answer, whether we can read it or not: else it would
/// say it for ever and nothing after it. What it answers to us is not answered, but for its properties (handbook 2.2).
const fn answer(header: &Header) -> Answer {
    match header.message {
        id::GENERAL_ANSWER | id::PARAMETERS | id::POSITION_ANSWER | id::CONTROL_ANSWER | id::WIDE_TEXT => {
            Answer::Nothing
        }
        id::REGISTER => Answer::Registered,
        id::ASK_TIME => Answer::Time,
        id::ASK_TIME_2019 => Answer::TimeOf2019,
        id::REAL_TIME | id::BLIND_AREA if header.wants_answer() => Answer::Jointech,
        id::REAL_TIME | id::BLIND_AREA => Answer::Nothing,
        _ => Answer::General,
    }
}

fn named(mut report: Report, header: &Header) -> Report {
    let name = digits(header.message.into(), 16, 4);
    report
        .extra
        .push((Cow::Borrowed("message"), Extra::Text(name.into())));
    report
}

/// A piece of a message: bare, for what it says is known once all are there; but its bytes are evidence at once.
pub(crate) fn piece(speaker: &Speaker, header: &Header) -> Report {
    let mut report = named(speaker.bare(ReportKind::Happening), header);
    if let Some(piece) = header.piece {
        let mut put = |name, value: u16| {
            report
                .extra
                .push((Cow::Borrowed(name), Extra::Whole(value.into())))
        };
        put("piece", piece.index);
        put("pieces", piece.total);
    }
    report
}

fn with_oddity((report, oddity): (Report, Option<&'static str>), answer: Answer) -> Heard {
    let mut heard = Heard::one(report, answer);
    heard.oddity = oddity;
    heard
}

/// Standard, "batch upload of positions": how many, of which sort, and then each behind its length.
mod batch_field {
    pub const SORT: usize = 2;
    pub const RECORDS: usize = 3;
    /// Kept in a blind area.
    pub const BLIND_AREA: u8 = 1;
}

fn batch(speaker: &Speaker, header: &Header, body: &[u8]) -> Heard {
    let blind = body.get(batch_field::SORT) == Some(&batch_field::BLIND_AREA);
    let records = body.get(batch_field::RECORDS..).unwrap_or_default();
    let (records, left) = split(records, |bytes| {
        let (length, rest) = bytes.split_first_chunk()?;
        record(rest, u16::from_be_bytes(*length).into())
    });
    let counted = u16_at(body, 0).map(usize::from) == Some(records.len());
    records_heard(speaker, header, &records, (blind, left || !counted))
}

/// The same without a count, each behind a length of one byte; or how full the battery is before a long sleep.
fn small_batch(speaker: &Speaker, header: &Header, body: &[u8]) -> Heard {
    if let &[percent, ref time @ ..] = body
        && time.len() == 6
    {
        return before_sleep(speaker, header, percent, time);
    }
    let (records, left) = split(body, |bytes| {
        let (length, rest) = bytes.split_first()?;
        record(rest, (*length).into())
    });
    records_heard(speaker, header, &records, (false, left))
}

fn before_sleep(speaker: &Speaker, header: &Header, percent: u8, time: &[u8]) -> Heard {
    let mut reading = Reading::new(named(speaker.bare(ReportKind::Heartbeat), header));
    reading.told(clock(time), speaker.ahead_min(speaker.profile.dialect));
    reading.percent(percent);
    Heard::record(reading, Answer::General)
}

/// A record of that length and what follows it. Shorter than any position it is none, and nothing behind it is: each record is kept
/// with the whole message, so a message of thousands of empty ones would cost thousands of messages.
fn record(bytes: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    let long_enough = location::LENGTH <= length;
    bytes.split_at_checked(length).filter(|_| long_enough)
}

/// Cuts records off the front until there are no more. Says whether bytes are left.
fn split<'a>(
    mut bytes: &'a [u8],
    cut: impl Fn(&'a [u8]) -> Option<(&'a [u8], &'a [u8])>,
) -> (Vec<&'a [u8]>, bool) {
    let mut records = Vec::new();
    while let Some((record, rest)) = cut(bytes) {
        records.push(record);
        bytes = rest;
    }
    (records, !bytes.is_empty())
}

/// Each record of a batch has a number of its own: its place stands above the number of the message, so that two of one
/// second are two.
fn records_heard(speaker: &Speaker, header: &Header, records: &[&[u8]], (blind, odd): (bool, bool)) -> Heard {
    let mut heard = Heard::new(Vec::new(), answer(header));
    heard.oddity = odd.then_some("odd_record_length");
    for (place, record) in (0_u32..).zip(records) {
        let mut reading = Reading::position(speaker, record);
        reading.report.backfill = blind;
        reading.report.serial = Some(place << 16 | u32::from(speaker.serial));
        heard.add(reading);
    }
    if heard.reports.is_empty() {
        heard
            .reports
            .push(named(speaker.bare(ReportKind::Record), header));
        heard.oddity = heard.oddity.or(Some("odd_record_length"));
    }
    heard
}

fn jointech(speaker: &Speaker, header: &Header, body: &[u8]) -> Heard {
    let mut reading = jt705::read(speaker, body);
    reading.report.backfill = header.message == id::BLIND_AREA;
    Heard::record(reading, answer(header))
}

/// An answer that begins with the number of the message it answers.
fn answered(to: u16, body: &[u8]) -> Option<Reply> {
    u16_at(body, 0).map(|serial| Reply::to(to, Some(serial)))
}

/// A position behind the number of the message it answers.
fn position_answer(speaker: &Speaker, header: &Header, body: &[u8]) -> Heard {
    let (serial, position) = body.split_at_checked(2).unwrap_or_default();
    let mut reading = Reading::position(speaker, position);
    reading.report.kind = ReportKind::Answer;
    reading.report = named(reading.report, header);
    let mut heard = Heard::record(reading, Answer::Nothing);
    let asked = match header.message {
        id::POSITION_ANSWER => super::command::id::ASK_POSITION,
        _ => super::command::id::CONTROL_VEHICLE,
    };
    heard.reply = answered(asked, serial);
    heard
}

/// Standard, "terminal's general answer": number and name of the message it answers, and how that went.
fn general_answer(mut report: Report, body: &[u8]) -> Heard {
    let &[s1, s2, m1, m2, result, ..] = body else {
        return with_oddity((report, Some("answer_too_short")), Answer::Nothing);
    };
    let reply = Reply {
        serial: Some(u16::from_be_bytes([s1, s2])),
        to: u16::from_be_bytes([m1, m2]),
        result,
    };
    let mut put = |name, value| report.extra.push((Cow::Borrowed(name), value));
    put("answer_to", Extra::Text(digits(reply.to.into(), 16, 4).into()));
    put("answer_serial", Extra::Whole(u16::from_be_bytes([s1, s2]).into()));
    put("result", Extra::Whole(result.into()));
    let mut heard = Heard::one(report, Answer::Nothing);
    heard.reply = Some(reply);
    heard
}
