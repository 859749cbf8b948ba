//! Fields that are in no document we have, but whose meaning frames of real devices show, and those of makers of whom the
//! handbook tells a single field. They are read only where no dialect says otherwise.

use alloc::{borrow::Cow, format, string::String};

use segel_model::report::{Extra, Lock};

use super::{
    aovx::imei_of,
    cells::{self, Layout, Number},
    fields::{Field, lower_hex, number, put_whole, put_words, words},
    header::hex,
    reading::{Reading, battery},
};
use crate::read::u16_at;

/// Bytes of one smaller lock in field 0xD5 of A1L808: five of its number, five of a card, one of its battery, two of its state.
const SUBLOCK: usize = 13;
/// State bit of a smaller lock that is unlocked.
const UNLOCKED: u16 = 1 << 5;

/// Cells behind a count: country, network, area, cell, strength. The cell has two bytes or four.
const CELL: Layout = Layout {
    length: 8,
    mcc: 0,
    mnc: Number::One(2),
    lac: Number::Two(3),
    cid: Number::Two(5),
};
const WIDER_CELL: Layout = Layout {
    length: 10,
    mcc: 0,
    mnc: Number::One(2),
    lac: Number::Two(3),
    cid: Number::Four(5),
};
const WIDEST_CELL: Layout = Layout {
    length: 12,
    mcc: 0,
    mnc: Number::Two(2),
    lac: Number::Four(4),
    cid: Number::Four(8),
};

/// Reads such a field. Says whether it is one.
pub(crate) fn read(reading: &mut Reading, (which, value): Field<'_>) -> bool {
    match (which, value) {
        (0x06 | 0xE1 | 0xE9 | 0xFE, &[percent]) => reading.percent(percent),
        (0x51, temperatures) if temperatures.len().is_multiple_of(2) => celsius(reading, temperatures),
        (0x53 | 0x5D, &[count, ref all @ ..]) => return cells_behind(reading, count, all),
        (0x56, &[tenths, _]) => reading.percent(tenths.saturating_mul(10)),
        (0x82 | 0xE1, &[_, _]) => reading.put("power_v", Extra::Number(number(value) as f64 / 10.0)),
        (0xCC | 0xD6, text) if text.len() == 20 => put_words(reading, "iccid", text),
        (0xD5, &[count, ref locks @ ..]) if locks.len() == usize::from(count) * SUBLOCK => {
            locks.chunks(SUBLOCK).for_each(|lock| sublock(reading, lock));
        }
        (0xDA, &[_, _, state]) => cuts(reading, value, state),
        (0xE4, &[charging, percent]) => {
            reading.percent(percent);
            if charging == 1 {
                reading.charging();
            }
        }
        (0xE8, &[_, _, _]) => reading.put("lock_status", Extra::Text(lower_hex(value).into())),
        (0xEB, text) if text.starts_with(b"UTC") => put_words(reading, "timezone", text),
        (0xEC, networks) => return cells::wifi(reading, networks),
        (0xED, card) => reading.put("card", Extra::Text(text_or_digits(card).into())),
        (0xF6, number) if number.len() == 8 => return imei(reading, number).is_some(),
        (0xFB, text) if words(text).is_some() => put_words(reading, "container", text),
        (0xFF, cell) if cell.len() == WIDEST_CELL.length => return WIDEST_CELL.read_all(reading, cell),
        // Who drives, and by which licence: the names of people do not go into reports.
        (0xBC | 0xBD, _) => {}
        _ => return false,
    }
    true
}

fn imei(reading: &mut Reading, number: &[u8]) -> Option<()> {
    let imei = imei_of(number)?;
    reading.put("imei", Extra::Text(imei.into()));
    Some(())
}

fn text_or_digits(value: &[u8]) -> String {
    words(value).map_or_else(|| hex(value), String::from)
}

/// A sign and fifteen bits of tenths, for each of up to eight sensors; those that are not there are all ones.
fn celsius(reading: &mut Reading, temperatures: &[u8]) {
    for (at, value) in (1..).zip(temperatures.chunks(2)) {
        let Some(bits) = u16_at(value, 0).filter(|bits| *bits != u16::MAX) else {
            continue;
        };
        let tenths = f64::from(bits & 0x7FFF);
        let signed = if bits >> 15 == 0 { tenths } else { -tenths };
        let name = if at == 1 {
            Cow::Borrowed("temperature_c")
        } else {
            Cow::Owned(format!("temperature_{at}_c"))
        };
        reading.put_named(name, Extra::Number(signed / 10.0));
    }
}

fn cells_behind(reading: &mut Reading, count: u8, all: &[u8]) -> bool {
    let each = all.len().checked_div(count.into()).unwrap_or_default();
    let layout = [CELL, WIDER_CELL]
        .into_iter()
        .find(|layout| layout.length == each);
    layout.is_some_and(|layout| layout.read_all(reading, all))
}

fn sublock(reading: &mut Reading, lock: &[u8]) {
    let &[ref numbers @ .., percent, high, low] = lock else {
        return;
    };
    let (id, card) = numbers.split_at(5);
    let status = u16::from_be_bytes([high, low]);
    let Some(report) = reading.sublock(hex(id)) else {
        return;
    };
    battery(report).percent = (percent <= 100).then_some(percent);
    report.lock = Lock {
        rope: None,
        motor: Some(status & UNLOCKED == 0),
        cover: None,
    };
    let mut put = |name, text: String| report.extra.push((Cow::Borrowed(name), Extra::Text(text.into())));
    put("card", hex(card));
    put("status", lower_hex(&[high, low]));
}

/// How often a string was cut, and contacts of which nobody told which way round they are.
fn cuts(reading: &mut Reading, value: &[u8], state: u8) {
    put_whole(reading, "cut_count", &value[..2]);
    for (name, bit) in [("string", 1), ("motion", 1 << 2), ("cover", 1 << 3)] {
        reading.put(name, Extra::Flag(state & bit != 0));
    }
}
