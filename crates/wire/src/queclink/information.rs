//! Messages without a place: how the unit fares, and what cells and networks it hears.

use alloc::{string::String, vec::Vec};

use segel_model::{
    Report, Signal,
    report::{Battery, Cell, Extra, Extras},
};

use super::{
    message::{Lead, Message},
    model::Family,
    place,
    report::{level, millivolts, percent, put, put_field, put_rest, put_text, whole},
    tail::{put_contacts, put_motion},
};
use crate::read::number;

/// Fields of GTINF (manual, table "information report").
mod inf {
    pub const MOTION: usize = 0;
    pub const ICCID: usize = 1;
    pub const CSQ: usize = 2;
    pub const BIT_ERRORS: usize = 3;
    pub const EXTERNAL_POWER: usize = 4;
    /// The outer voltage of a vehicle's unit, the mileage of others.
    pub const VOLTAGE: usize = 5;
    pub const SECOND_VOLTAGE: usize = 6;
    pub const BATTERY: usize = 7;
    pub const CHARGING: usize = 8;
    /// The time of the last fix stands somewhere behind.
    pub const LAST_FIX: usize = 9;
}

/// Fields of GTBAT (manual, table "+RESP:GTBAT").
mod bat {
    pub const EXTERNAL_POWER: usize = 0;
    pub const PERCENT: usize = 2;
    pub const BATTERY: usize = 3;
    pub const CHARGING: usize = 4;
}

/// A lower voltage is a switch, not a supply.
const LEAST_SUPPLY_MV: i64 = 1000;

/// Reads messages of these kinds; others are left alone.
pub(crate) fn read(message: &Message<'_>, report: &mut Report) {
    if message.lead == Lead::Answer {
        return;
    }
    match message.kind {
        _ if message.is_old() => put_rest(&mut report.extra, "head", &message.fields),
        "GTINF" => read_information(message, report),
        "GTBAT" => read_battery(message, report),
        "GTGSM" | "GTLBS" => read_cells(message, report),
        "GTWIF" => read_networks(message, report),
        _ => {}
    }
}

fn read_information(message: &Message<'_>, report: &mut Report) {
    let at = |index: usize| message.fields.get(index).copied().unwrap_or_default();
    let extra = &mut report.extra;
    put_motion(extra, at(inf::MOTION));
    put_text(extra, "iccid", at(inf::ICCID));
    put_field(extra, "csq", at(inf::CSQ));
    put_field(extra, "bit_errors", at(inf::BIT_ERRORS));
    put_field(extra, "external_power", at(inf::EXTERNAL_POWER));
    match message.model().family() {
        Family::Asset => put_field(extra, "mileage_km", at(inf::VOLTAGE)),
        Family::Vehicle => {
            put_field(extra, "external_power_mv", at(inf::VOLTAGE));
            let second = whole(at(inf::SECOND_VOLTAGE)).filter(|&voltage| LEAST_SUPPLY_MV <= voltage);
            extra.extend(second.map(|voltage| ("external_power_2_mv".into(), Extra::Whole(voltage))));
        }
    }
    set_battery(report, None, at(inf::BATTERY), at(inf::CHARGING));
    read_behind_last_fix(message, report);
}

fn read_behind_last_fix(message: &Message<'_>, report: &mut Report) {
    let is_time = |field: &&[u8]| field.len() == 14 && field.iter().all(u8::is_ascii_digit);
    let behind = message.fields.get(inf::LAST_FIX..).unwrap_or_default();
    let Some(at) = behind.iter().position(is_time) else {
        return;
    };
    put_text(&mut report.extra, "last_fix_time", behind[at]);
    let behind = &behind[at + 1..];
    match message.model().family() {
        Family::Asset => {
            let per_cent = behind.first().and_then(|field| percent(field));
            if let Some(battery) = &mut report.battery {
                battery.percent = per_cent;
            }
        }
        Family::Vehicle => read_inputs(behind, &mut report.extra),
    }
    put_rest(&mut report.extra, "tail", behind);
}

/// A switch, analogue inputs, then digital inputs and outputs as two letters each.
fn read_inputs(behind: &[&[u8]], extra: &mut Extras) {
    let is_pair = |field: &[u8]| field.len() == 2 && field.iter().all(u8::is_ascii_hexdigit);
    let Some(at) = behind
        .windows(2)
        .position(|two| is_pair(two[0]) && is_pair(two[1]))
    else {
        return;
    };
    let analogue = behind.get(1..at).unwrap_or_default();
    for (name, field) in ["adc1", "adc2", "adc3"].into_iter().zip(analogue) {
        put_field(extra, name, field);
    }
    put_contacts(extra, behind[at], behind[at + 1]);
}

fn read_battery(message: &Message<'_>, report: &mut Report) {
    let at = |index: usize| message.fields.get(index).copied().unwrap_or_default();
    put_field(&mut report.extra, "external_power", at(bat::EXTERNAL_POWER));
    set_battery(
        report,
        percent(at(bat::PERCENT)),
        at(bat::BATTERY),
        at(bat::CHARGING),
    );
}

fn set_battery(report: &mut Report, percent: Option<u8>, volts: &[u8], charging: &[u8]) {
    let charging = charging == b"1";
    report.battery = Some(Battery {
        percent,
        charging,
        battery_mv: millivolts(volts),
    });
    if charging {
        report.signals.push(Signal::Charging);
    }
}

/// The cells it hears, four fields and a strength each; the last is the one it is camped on.
fn read_cells(message: &Message<'_>, report: &mut Report) {
    let mut cells: Vec<Cell> = Vec::new();
    let mut rest = message.fields.as_slice();
    while let [_, tail @ ..] = rest {
        let found = rest
            .get(..4)
            .and_then(place::cell)
            .filter(|cell| cell.mcc >= Some(100));
        rest = match found {
            Some(cell) => {
                let csq = rest.get(4).and_then(|field| number(field));
                cells.push(Cell { csq, ..cell });
                &rest[4..]
            }
            None => tail,
        };
    }
    report.cell = cells.last().copied();
    put(&mut report.extra, "cells_heard", Extra::Whole(cells.len() as i64));
    put_rest(&mut report.extra, "head", &message.fields);
    if message.kind == "GTLBS" {
        report.battery = message.fields.get(2).and_then(|field| percent(field)).map(level);
    }
}

/// The wireless networks it hears: address and strength, three fields without meaning between them.
fn read_networks(message: &Message<'_>, report: &mut Report) {
    let mut heard = String::new();
    for pair in message.fields.windows(2) {
        let is_address = pair[0].len() == 12 && pair[0].iter().all(u8::is_ascii_hexdigit);
        if is_address {
            heard.push_str(if heard.is_empty() { "" } else { "," });
            heard.push_str(&String::from_utf8_lossy(&pair.join(&b":"[..])));
        }
    }
    put_text(&mut report.extra, "networks", heard.as_bytes());
    report.battery = message.fields.last().and_then(|field| percent(field)).map(level);
}
