//! What a device says of itself: that it lives, which it is, how it is set up; and answers in words.
//!
//! Number plates and telephone numbers stand in some of these. They stay in the raw frame: names and phones of people do not
//! go into reports.

use alloc::{
    borrow::Cow,
    format,
    string::{String, ToString},
    vec::Vec,
};

use segel_model::{Report, Signal, report::Extra};

use super::{
    fields::{lower_hex, number, words},
    header::Header,
    message::id,
    reading::battery,
};
use crate::{
    read::{digits, u16_at, u32_at},
    secrets::MASK,
};

/// A report, and what is strange in the message.
type Read = (Report, Option<&'static str>);

fn put(report: &mut Report, name: &'static str, value: Extra) {
    report.extra.push((Cow::Borrowed(name), value));
}

fn put_whole(report: &mut Report, name: &'static str, value: i64) {
    put(report, name, Extra::Whole(value));
}

/// Words that fill a field up, or nothing.
fn put_words(report: &mut Report, name: &'static str, value: &[u8]) {
    if let Some(text) = words(value) {
        put(report, name, Extra::Text(String::from(text).into()));
    }
}

/// A sign of life: empty by the standard; some makers add how full the battery is and how strong the signal.
pub(super) fn heartbeat(mut report: Report, body: &[u8]) -> Report {
    report.signals.push(Signal::Heartbeat);
    if let [percent, ..] = body
        && *percent <= 100
    {
        battery(&mut report).percent = Some(*percent);
    }
    if let [_, csq, ..] = body {
        put_whole(&mut report, "csq", (*csq).into());
    }
    if let [_, _, state @ ..] = body
        && !state.is_empty()
    {
        put(&mut report, "state", Extra::Text(lower_hex(state).into()));
    }
    report
}

/// Bytes of maker, model and terminal in a registration (standard, "terminal registration").
const FORM_OF_2011: [usize; 3] = [5, 8, 7];
const FORM_OF_2013: [usize; 3] = [5, 20, 7];
const FORM_OF_2019: [usize; 3] = [11, 30, 30];
/// Bytes before the maker: province and city.
const BEFORE_MAKER: usize = 4;
/// Bytes before the plate in the edition of 2013; a message that is shorter is of 2011, whose plate has never so many letters.
const SHORTEST_OF_2013: usize = 37;

pub(super) fn register(mut report: Report, header: &Header, body: &[u8]) -> Read {
    let form = match body.len() {
        _ if header.is_of_2019() => FORM_OF_2019,
        SHORTEST_OF_2013.. => FORM_OF_2013,
        _ => FORM_OF_2011,
    };
    let (Some(province), Some(city)) = (u16_at(body, 0), u16_at(body, 2)) else {
        return (report, Some("registration_too_short"));
    };
    put_whole(&mut report, "province", province.into());
    put_whole(&mut report, "city", city.into());
    let mut rest = &body[BEFORE_MAKER..];
    for (name, length) in ["maker", "model", "terminal"].into_iter().zip(form) {
        let Some((field, after)) = rest.split_at_checked(length) else {
            return (report, Some("registration_too_short"));
        };
        put_words(&mut report, name, field);
        rest = after;
    }
    (report, None)
}

/// The token is a secret and stays in the frame; of 2019, IMEI and firmware stand behind it.
pub(super) fn log_in(mut report: Report, header: &Header, body: &[u8]) -> Read {
    if !header.is_of_2019() {
        return (report, None);
    }
    let behind = body
        .split_first()
        .and_then(|(length, rest)| rest.get(usize::from(*length)..));
    let Some((imei, firmware)) = behind.and_then(|behind| behind.split_at_checked(15)) else {
        return (report, Some("log_in_too_short"));
    };
    put_words(&mut report, "imei", imei);
    put_words(&mut report, "firmware", firmware);
    (report, None)
}

/// Standard, "terminal's properties": kind, maker, model, terminal, card, versions, what it receives and sends with.
pub(super) fn properties(mut report: Report, header: &Header, body: &[u8]) -> Read {
    let [_, model, terminal] = if header.is_of_2019() {
        FORM_OF_2019
    } else {
        FORM_OF_2013
    };
    let read = read_properties(&mut report, [5, model, terminal], body);
    (report, read.is_none().then_some("properties_too_short"))
}

fn read_properties(report: &mut Report, form: [usize; 3], body: &[u8]) -> Option<()> {
    let (kind, mut rest) = body.split_at_checked(2)?;
    put_whole(report, "terminal_kind", number(kind));
    let mut take = |length: usize| -> Option<&[u8]> {
        let (taken, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(taken)
    };
    for (name, length) in ["maker", "model", "terminal"].into_iter().zip(form) {
        put_words(report, name, take(length)?);
    }
    put(report, "iccid", Extra::Text(lower_hex(take(10)?).into()));
    for name in ["hardware", "firmware"] {
        let length = usize::from(*take(1)?.first()?);
        put_words(report, name, take(length)?);
    }
    put_whole(report, "gnss_module", number(take(1)?));
    put_whole(report, "network_module", number(take(1)?));
    Some(())
}

/// How many parameters are told of; the standard has fewer.
const PARAMETERS: usize = 128;
/// Parameters that are words (standard, "parameter table"): access points, users, servers.
const WORDS: [u32; 7] = [0x10, 0x11, 0x13, 0x14, 0x15, 0x17, 0x1A];
/// Parameters that are secrets: the passwords of the access points.
pub(super) const SECRETS: [u32; 2] = [0x12, 0x16];
/// Parameters that are telephone numbers or a number plate, which do not go into reports.
const OF_PEOPLE: [u32; 8] = [0x40, 0x41, 0x42, 0x43, 0x44, 0x48, 0x49, 0x83];

/// Standard, "answer to the query of parameters": which message it answers, how many, and each behind name and length.
pub(super) fn parameters(mut report: Report, body: &[u8]) -> Read {
    let mut rest = body.get(3..).unwrap_or_default();
    let mut count = 0;
    while let Some((name, value, after)) = parameter(rest) {
        if count == PARAMETERS {
            return (report, Some("too_many_fields"));
        }
        if let Some(value) = shown(name, value) {
            let name = format!("parameter_{}", digits(name.into(), 16, 4));
            report.extra.push((Cow::Owned(name), value));
        }
        count += 1;
        rest = after;
    }
    let counted = body.get(2).map(|told| usize::from(*told)) == Some(count);
    let whole = counted && rest.is_empty();
    (report, (!whole).then_some("wrong_parameter_count"))
}

/// The first parameter of several: its name, its value, and those behind it.
pub(super) fn parameter(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let name = u32_at(bytes, 0)?;
    let (length, rest) = bytes.get(4..)?.split_first()?;
    let (value, after) = rest.split_at_checked((*length).into())?;
    Some((name, value, after))
}

fn shown(name: u32, value: &[u8]) -> Option<Extra> {
    if OF_PEOPLE.contains(&name) {
        return None;
    }
    Some(match value.len() {
        _ if SECRETS.contains(&name) => Extra::Text(Cow::Borrowed(MASK)),
        _ if WORDS.contains(&name) => Extra::Text(words(value).unwrap_or_default().to_string().into()),
        1 | 2 | 4 => Extra::Whole(number(value)),
        _ => Extra::Text(lower_hex(value).into()),
    })
}

/// An answer in words to a command in words: behind a length, behind a byte that tells the alphabet, or in letters of two
/// bytes. None of these is in the standard but the first, which is meant for waybills.
pub(super) fn text(mut report: Report, message: u16, body: &[u8]) -> Report {
    let text = match message {
        id::WAYBILL => words(body.get(4..).unwrap_or_default()).map(String::from),
        id::TEXT => words(body.get(1..).unwrap_or_default()).map(String::from),
        _ => wide(body.get(2..).unwrap_or_default()),
    };
    if let Some(text) = text {
        put(&mut report, "answer", Extra::Text(text.into()));
    }
    report
}

fn wide(bytes: &[u8]) -> Option<String> {
    let letters: Vec<u16> = bytes.chunks(2).filter_map(|pair| u16_at(pair, 0)).collect();
    let text = String::from_utf16(&letters).ok()?;
    words(text.as_bytes()).map(String::from)
}
