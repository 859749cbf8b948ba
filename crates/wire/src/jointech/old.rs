//! Text of the older trackers JT600 and GP4000: W01, U01 to U03 and U06.

use alloc::{borrow::Cow, string::String};

use segel_geo::Position;
use segel_model::{
    Report, ServerTime, Signal,
    report::{Battery, Cell, Extra, Fix, FixSource, ReportKind},
};

use super::{
    event::{clock, signed},
    place::Said,
    session::Answer,
    text::{Heard, Text},
};
use crate::read::{bare, measure, number};

/// Fields of a U report, counted from its date. A hexadecimal checksum may follow the last.
mod u {
    pub const DATE: usize = 0;
    pub const TIME: usize = 1;
    /// `T` or `F`.
    pub const VALID: usize = 2;
    pub const LATITUDE: usize = 3;
    pub const NORTH: usize = 4;
    pub const LONGITUDE: usize = 5;
    pub const EAST: usize = 6;
    pub const SPEED: usize = 7;
    pub const COURSE: usize = 8;
    pub const SATELLITES: usize = 9;
    /// Such as `32%`.
    pub const BATTERY: usize = 10;
    /// Noughts and ones.
    pub const STATUS: usize = 11;
    pub const CELL: usize = 12;
    pub const LAC: usize = 13;
    pub const CSQ: usize = 14;
    pub const MILEAGE: usize = 15;
    pub const SERIAL: usize = 16;
}

/// Fields of W01, counted from the command.
mod w {
    pub const LONGITUDE: usize = 0;
    pub const EAST: usize = 1;
    pub const LATITUDE: usize = 2;
    pub const NORTH: usize = 3;
    /// `A` or `V`.
    pub const VALID: usize = 4;
    pub const DATE: usize = 5;
    pub const TIME: usize = 6;
    pub const SPEED: usize = 7;
    pub const COURSE: usize = 8;
    pub const POWER: usize = 9;
    pub const SATELLITES: usize = 10;
    pub const CSQ: usize = 11;
    pub const ALERT: usize = 12;
}

/// U01 (time), U02 (distance), U03 (turn) and U06 (alarm, whose number comes before the date).
/// Without a place it is kept and answered all the same: a tracker repeats what is not answered.
pub(crate) fn hear_u(text: &Text<'_>, received: ServerTime) -> Heard {
    let is_alarm = text.command == b"U06";
    let shift = usize::from(is_alarm);
    let field = |at: usize| text.field(at + shift);
    let said = clock(text, u::DATE + shift, u::TIME + shift);
    let place = (|| {
        let lat = signed(field(u::LATITUDE)?, field(u::NORTH)?, b"S")?;
        let lon = signed(field(u::LONGITUDE)?, field(u::EAST)?, b"W")?;
        Position::new(lat, lon)
    })();
    let mut report = begin(text, received, said);
    report.fix = place.map(|position| Fix {
        position,
        valid: field(u::VALID) == Some(b"T"),
        source: FixSource::Gnss,
        speed_kmh: field(u::SPEED).and_then(measure).map(|speed| speed as f32),
        course_deg: field(u::COURSE).and_then(measure).map(|course| course as f32),
        altitude_m: None,
        satellites: field(u::SATELLITES).and_then(number),
        accuracy_m: None,
    });
    report.battery = field(u::BATTERY)
        .and_then(|text| text.strip_suffix(b"%"))
        .and_then(battery);
    report.serial = field(u::SERIAL).and_then(number);
    report.cell = cell(field(u::CELL), field(u::LAC), field(u::CSQ));
    add_number(&mut report, "mileage_km", field(u::MILEAGE));
    if is_alarm {
        add_number(&mut report, "alarm", text.field(0));
    }
    if let Some(status) = field(u::STATUS) {
        let status = String::from_utf8_lossy(status).into_owned();
        report
            .extra
            .push((Cow::Borrowed("status"), Extra::Text(status.into())));
    }
    let answer = if is_alarm {
        Answer::OldAlarm
    } else {
        Answer::OldReport
    };
    finish(report, said, answer)
}

/// W01: the oldest position report. It wants no answer.
pub(crate) fn hear_w01(text: &Text<'_>, received: ServerTime) -> Heard {
    let said = clock(text, w::DATE, w::TIME);
    let place = (|| {
        let lat = minutes(text.field(w::LATITUDE)?, text.field(w::NORTH)? == b"S")?;
        let lon = minutes(text.field(w::LONGITUDE)?, text.field(w::EAST)? == b"W")?;
        Position::new(lat, lon)
    })();
    let mut report = begin(text, received, said);
    report.fix = place.map(|position| Fix {
        position,
        valid: text.field(w::VALID) == Some(b"A"),
        source: FixSource::Gnss,
        speed_kmh: text.field(w::SPEED).and_then(measure).map(|speed| speed as f32),
        course_deg: text
            .field(w::COURSE)
            .and_then(measure)
            .map(|course| course as f32),
        altitude_m: None,
        satellites: text.field(w::SATELLITES).and_then(number),
        accuracy_m: None,
    });
    report.battery = text.field(w::POWER).and_then(battery);
    add_number(&mut report, "csq", text.field(w::CSQ));
    add_number(&mut report, "alert", text.field(w::ALERT));
    finish(report, said, Answer::Nothing)
}

fn begin(text: &Text<'_>, received: ServerTime, said: Said) -> Report {
    let mut report = bare(text.device_id(), ReportKind::Record, received);
    report.time = said.time();
    if said.is_unset() {
        report.signals.push(Signal::ClockUnset);
    }
    let command = String::from_utf8_lossy(text.command).into_owned();
    report
        .extra
        .push((Cow::Borrowed("command"), Extra::Text(command.into())));
    report
}

fn finish(report: Report, said: Said, answer: Answer) -> Heard {
    let no_place = report.fix.is_none().then_some("no_such_place");
    let oddity = (said == Said::Nonsense).then_some("no_such_time").or(no_place);
    Heard {
        oddity,
        ..Heard::new(report, answer)
    }
}

/// [D]DDMM.MMMM: the last two digits before the point are minutes.
fn minutes(field: &[u8], negative: bool) -> Option<f64> {
    let value = measure(field)?;
    let degrees = libm::trunc(value / 100.0);
    let minutes = value - degrees * 100.0;
    let in_degrees = degrees + minutes / 60.0;
    (0.0..60.0)
        .contains(&minutes)
        .then_some(if negative { -in_degrees } else { in_degrees })
}

fn battery(field: &[u8]) -> Option<Battery> {
    let percent = number::<u8>(field).filter(|&percent| percent <= 100)?;
    Some(Battery {
        percent: Some(percent),
        charging: false,
        battery_mv: None,
    })
}

fn cell(cell: Option<&[u8]>, lac: Option<&[u8]>, csq: Option<&[u8]>) -> Option<Cell> {
    let cid: u64 = cell.and_then(number)?;
    let lac: u32 = lac.and_then(number)?;
    let somewhere = cid != 0 || lac != 0;
    somewhere.then(|| Cell {
        mcc: None,
        mnc: None,
        lac: Some(lac),
        cid,
        csq: csq.and_then(number),
    })
}

fn add_number(report: &mut Report, name: &'static str, field: Option<&[u8]>) {
    if let Some(value) = field.and_then(number::<i64>) {
        report.extra.push((Cow::Borrowed(name), Extra::Whole(value)));
    }
}
