//! Where and when: the place, the clock, the cell, the battery.

use segel_geo::Position;
use segel_model::report::{Battery, Cell, Fix, FixSource};

use super::object::Object;
use crate::calendar::parse_rfc3339;

/// When it was, by the seal (push, "positioning data"; handbook 9).
pub(crate) const TIME: [&str; 3] = ["gpsTime", "DateTime", "dateTime"];
pub(crate) const LATITUDE: [&str; 2] = ["latitude", "Latitude"];
pub(crate) const LONGITUDE: [&str; 2] = ["longitude", "Longitude"];
pub(crate) const SPEED: [&str; 2] = ["speed", "Speed"];
pub(crate) const COURSE: [&str; 2] = ["direction", "Direction"];
pub(crate) const SOURCE: [&str; 1] = ["locType"];
pub(crate) const BATTERY: [&str; 2] = ["battery", "Power"];
pub(crate) const VOLTAGE: [&str; 1] = ["voltage"];
pub(crate) const CELLS: [&str; 1] = ["cells"];
pub(crate) const SIGNAL: [&str; 2] = ["cellSignal", "GSM"];

/// How a place was found (push, "positioning type").
mod source {
    pub const NONE: i64 = 0;
    pub const SATELLITES: i64 = 1;
    pub const STATION: i64 = 2;
    pub const CELLS: i64 = 3;
}

/// A time without a zone is by the seal's clock.
const WITHOUT_ZONE: usize = "2026-02-03 09:30:15".len();
/// A level that says that the battery is being charged (handbook 1.2).
const CHARGING: i64 = 255;

/// What the clock says, or the name of what is strange about it. Nothing where nothing is said.
pub(crate) fn time(said: &Object, ahead_min: i16) -> Option<Result<i64, &'static str>> {
    let text = said.text(&TIME)?;
    let unix_ms = match text.parse::<i64>() {
        // Seconds or thousandths since 1970: no seal speaks of January 1970.
        Ok(number) if number < 100_000_000_000 => number.checked_mul(1000),
        Ok(number) => Some(number),
        Err(_) => parse_rfc3339(&text).map(|unix_ms| match text.len() <= WITHOUT_ZONE {
            true => unix_ms - i64::from(ahead_min) * 60_000,
            false => unix_ms,
        }),
    };
    Some(unix_ms.ok_or("no_such_time"))
}

/// Where it is. Without satellites a seal repeats its last place; nowhere is no place at all.
pub(crate) fn fix(said: &Object) -> Result<Option<Fix>, &'static str> {
    if !said.has(&LATITUDE) && !said.has(&LONGITUDE) {
        return Ok(None);
    }
    let degrees = said.number(&LATITUDE).zip(said.number(&LONGITUDE));
    let position = degrees.and_then(|(lat, lon)| Position::new(lat, lon));
    let position = position.ok_or("no_such_place")?;
    let nowhere = position.lat == 0.0 && position.lon == 0.0;
    let kind = said.whole(&SOURCE);
    Ok(Some(Fix {
        position,
        valid: !nowhere && kind != Some(source::NONE),
        source: match kind {
            Some(source::STATION | source::CELLS) => FixSource::Cell,
            None | Some(source::NONE | source::SATELLITES) => FixSource::Gnss,
            Some(_) => FixSource::Unknown,
        },
        speed_kmh: said.number(&SPEED).map(|speed| speed as f32),
        course_deg: said.number(&COURSE).map(|course| course as f32),
        altitude_m: None,
        satellites: None,
        accuracy_m: None,
    }))
}

/// Per cent; 255 while it is charged. Volts where they were measured.
pub(crate) fn battery(said: &Object) -> Option<Battery> {
    let level: Option<i64> = said.whole(&BATTERY);
    let volts = said.number(&VOLTAGE).filter(|&volts| 0.0 < volts && volts < 60.0);
    let percent = level.filter(|level| (0..=100).contains(level));
    (level.is_some() || volts.is_some()).then(|| Battery {
        percent: percent.map(|percent| percent as u8),
        charging: level == Some(CHARGING),
        battery_mv: volts.map(|volts| libm::round(volts * 1000.0) as u16),
    })
}

/// `country,network,area,cell` (push: `460,0,9383,220792647`); all of them zero where there is none.
pub(crate) fn cell(said: &Object) -> Option<Cell> {
    let text = said.text(&CELLS)?;
    let mut parts = text.split(',').map(str::trim);
    let mut next = || parts.next();
    let (mcc, mnc, lac, cid) = (next()?, next()?, next()?, next()?);
    let cid: u64 = cid.parse().ok().filter(|&cid| cid != 0)?;
    Some(Cell {
        mcc: mcc.parse().ok(),
        mnc: mnc.parse().ok(),
        lac: lac.parse().ok(),
        cid,
        csq: said.whole(&SIGNAL),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Object {
        Object::read(text.as_bytes()).unwrap_or_else(|what| panic!("{what}"))
    }

    #[test]
    fn only_a_time_without_a_zone_is_by_the_seals_clock() {
        let at = |text: &str, ahead_min| {
            let said = object(&alloc::format!(r#"{{"gpsTime": "{text}"}}"#));
            time(&said, ahead_min)
        };
        let noon = Some(Ok(1_770_111_015_000));
        assert_eq!(at("2026-02-03T09:30:15Z", 480), noon);
        assert_eq!(at("2026-02-03T09:30:15.000Z", 480), noon);
        assert_eq!(at("2026-02-03 09:30:15", 0), noon);
        assert_eq!(at("2026-02-03 17:30:15", 480), noon);
        assert_eq!(at("1770111015", 480), noon);
        assert_eq!(at("1770111015000", 480), noon);
        assert_eq!(at("yesterday", 0), Some(Err("no_such_time")));
        assert_eq!(time(&object("{}"), 0), None);
    }

    #[test]
    fn a_place_says_how_it_was_found() {
        let of = |kind: &str| {
            let said = object(&alloc::format!(
                r#"{{"latitude": -6.9, "longitude": 110.4, "locType": {kind}}}"#
            ));
            fix(&said).ok().flatten().map(|fix| (fix.valid, fix.source))
        };
        assert_eq!(of("1"), Some((true, FixSource::Gnss)));
        assert_eq!(of("0"), Some((false, FixSource::Gnss)));
        assert_eq!(of("2"), Some((true, FixSource::Cell)));
        assert_eq!(of("3"), Some((true, FixSource::Cell)));
        assert_eq!(of("9"), Some((true, FixSource::Unknown)));
        assert_eq!(fix(&object("{}")), Ok(None));
        assert_eq!(
            fix(&object(r#"{"latitude": 91, "longitude": 0}"#)),
            Err("no_such_place")
        );
        let nowhere = fix(&object(r#"{"latitude": 0.0, "longitude": 0.0}"#));
        assert_eq!(nowhere.ok().flatten().map(|fix| fix.valid), Some(false));
    }

    #[test]
    fn a_battery_that_is_charged_says_no_level() {
        let of = |text: &str| battery(&object(text)).map(|battery| (battery.percent, battery.charging));
        assert_eq!(of(r#"{"battery": 87}"#), Some((Some(87), false)));
        assert_eq!(of(r#"{"Power": "255"}"#), Some((None, true)));
        assert_eq!(of(r#"{"voltage": "0.0"}"#), None);
        let volts = battery(&object(r#"{"voltage": "3.92"}"#));
        assert_eq!(volts.and_then(|battery| battery.battery_mv), Some(3920));
    }

    #[test]
    fn a_cell_of_zeros_is_none() {
        let of = |text: &str| {
            cell(&object(&alloc::format!(
                r#"{{"cells": "{text}", "cellSignal": 19}}"#
            )))
        };
        let cell = of("510,10,9383,220792647").expect("a cell");
        assert_eq!(
            (cell.mcc, cell.mnc, cell.lac, cell.cid, cell.csq),
            (Some(510), Some(10), Some(9383), 220_792_647, Some(19))
        );
        assert_eq!(of("0,0,0,0"), None);
        assert_eq!(of("510,10"), None);
    }
}
