//! Places inside a message, found by their shape.
//!
//! Every place is written alike: accuracy, speed, azimuth, altitude, longitude, latitude, UTC time, then the mobile cell. What
//! stands before it differs from model to model and from version to version, so no table of offsets holds; but only a place has a
//! time of fourteen digits behind two fractions of degrees. A unit without a fix leaves all of that empty.

use alloc::vec::Vec;

use segel_geo::Position;
use segel_model::report::{Cell, Fix, FixSource};

use super::message::{Said, hex};
use crate::read::{measure, number};

/// Where things lie, counted from the accuracy (manual, table "general position report").
mod field {
    /// 0 where there is no fix and the last place is repeated.
    pub const ACCURACY: usize = 0;
    pub const SPEED: usize = 1;
    pub const AZIMUTH: usize = 2;
    pub const ALTITUDE: usize = 3;
    pub const LONGITUDE: usize = 4;
    pub const LATITUDE: usize = 5;
    pub const TIME: usize = 6;
    pub const CELL: usize = 7;
    pub const END: usize = 11;
}

/// One place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    /// The number of its accuracy field.
    pub from: usize,
    /// The number of the field behind it.
    pub end: usize,
    /// Nothing where the unit does not know where it is.
    pub fix: Option<Fix>,
    pub accuracy: Option<f64>,
    pub time: Said,
    pub cell: Option<Cell>,
}

/// The places of a message in their order.
pub(crate) fn find(fields: &[&[u8]]) -> Vec<Place> {
    let starts = (0..fields.len().saturating_sub(field::TIME)).filter(|&from| is_place(&fields[from..]));
    let places: Vec<Place> = starts.map(|from| read(fields, from)).collect();
    if places.is_empty() {
        empty(fields).into_iter().collect()
    } else {
        places
    }
}

/// Whether a place begins here: degrees, degrees, time, and before them nothing but numbers.
fn is_place(fields: &[&[u8]]) -> bool {
    let is_number = |at: usize| fields[at].is_empty() || measure(fields[at]).is_some();
    let is_degrees = |at: usize| fields[at].contains(&b'.') && measure(fields[at]).is_some();
    is_time(fields[field::TIME])
        && is_degrees(field::LONGITUDE)
        && is_degrees(field::LATITUDE)
        && (field::ACCURACY..field::LONGITUDE).all(is_number)
}

fn is_time(field: &[u8]) -> bool {
    field.len() == 14 && field.iter().all(u8::is_ascii_digit)
}

fn read(fields: &[&[u8]], from: usize) -> Place {
    let at = |offset: usize| fields.get(from + offset).copied().unwrap_or_default();
    let measured = |offset: usize| measure(at(offset)).map(|value| value as f32);
    let accuracy = measure(at(field::ACCURACY));
    let position = measure(at(field::LATITUDE))
        .zip(measure(at(field::LONGITUDE)))
        .and_then(|(lat, lon)| Position::new(lat, lon));
    let fix = position.map(|position| Fix {
        position,
        valid: accuracy.is_some_and(|accuracy| 0.0 < accuracy),
        source: FixSource::Gnss,
        speed_kmh: measured(field::SPEED),
        course_deg: measured(field::AZIMUTH).filter(|course| (0.0..=360.0).contains(course)),
        altitude_m: measured(field::ALTITUDE),
        satellites: None,
        accuracy_m: None,
    });
    let cell_fields = fields
        .get(from + field::CELL..from + field::END)
        .unwrap_or_default();
    let has_cell = is_cell(cell_fields) || is_blank(cell_fields);
    let length = if has_cell { field::END } else { field::CELL };
    Place {
        from,
        end: (from + length).min(fields.len()),
        fix,
        accuracy,
        time: Said::read(at(field::TIME)),
        cell: cell(cell_fields),
    }
}

/// A place that a unit without a fix left empty: five empty fields, its time or none, and the cell behind them or empty too.
fn empty(fields: &[&[u8]]) -> Option<Place> {
    let nothing = field::SPEED..field::TIME;
    (0..fields.len().saturating_sub(field::END - 1))
        .find(|&from| {
            let at = &fields[from..from + field::END];
            let no_accuracy = at[field::ACCURACY].is_empty() || at[field::ACCURACY] == b"0";
            let cell_fields = &at[field::CELL..];
            let no_time = at[field::TIME].is_empty() || is_time(at[field::TIME]);
            let has_cell = is_cell(cell_fields) || is_blank(cell_fields);
            no_accuracy && is_blank(&at[nothing.clone()]) && no_time && has_cell
        })
        .map(|from| read(fields, from))
}

fn is_blank(fields: &[&[u8]]) -> bool {
    fields.iter().all(|field| field.is_empty())
}

/// Four fields of the widths of country, network, area and cell.
fn is_cell(fields: &[&[u8]]) -> bool {
    let letters =
        |field: &[u8]| !field.is_empty() && field.len() <= 8 && field.iter().all(u8::is_ascii_hexdigit);
    let decimal = |field: &[u8]| field.len() <= 4 && field.iter().all(u8::is_ascii_digit);
    fields.len() == 4 && fields.iter().all(|field| letters(field)) && decimal(fields[0]) && decimal(fields[1])
}

/// The cell of four fields: country and network in decimal, area and cell in hexadecimal. Zeros are no cell, and numbers of the
/// other mobile system (CDMA), which has no country codes, are none either.
pub(crate) fn cell(fields: &[&[u8]]) -> Option<Cell> {
    let [mcc, mnc, lac, cid] = fields else { return None };
    let mcc: u16 = number(mcc).filter(|mcc| (1..=999).contains(mcc))?;
    Some(Cell {
        mcc: Some(mcc),
        mnc: Some(number(mnc)?),
        lac: Some(u32::try_from(hex(lac)?).ok()?),
        cid: hex(cid)?,
        csq: None,
    })
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn places(text: &str) -> Vec<Place> {
        let fields: Vec<&[u8]> = text.as_bytes().split(|&byte| byte == b',').collect();
        find(&fields)
    }

    #[test]
    fn a_place_is_found_behind_any_head() {
        for head in ["", "0,0,1,", "12665,10,1,", "00000100,12665,10,1,", "a,b,"] {
            let text = [
                head,
                "1,4.3,92,70.0,110.423900,-6.968560,20260203093015,0510,0010,18d8,6141,00,87",
            ]
            .concat();
            let found = places(&text);
            assert_eq!(found.len(), 1, "{text}");
            let place = found[0];
            let before = head.matches(',').count();
            assert_eq!((place.from, place.end), (before, before + 11), "{text}");
            let fix = place.fix.unwrap();
            assert_eq!((fix.position.lat, fix.position.lon), (-6.96856, 110.4239));
            assert!(fix.valid);
            assert_eq!(place.cell.unwrap().cid, 0x6141);
        }
    }

    #[test]
    fn many_places_stand_in_their_order() {
        let one = "1,4.3,92,70.0,110.423900,-6.968560,20260203093015,0510,0010,18d8,6141,00,";
        let two = "0,4.3,92,70.0,110.500000,-6.900000,20260203094015,0510,0010,18d8,6141,00,87";
        let found = places(&[one, two].concat());
        assert_eq!(found.len(), 2);
        assert!(found[0].fix.unwrap().valid && !found[1].fix.unwrap().valid);
    }

    #[test]
    fn a_unit_without_a_fix_still_says_its_cell() {
        for text in [
            "0,0,,,,,,,0510,0010,22C4,13E5,00",
            "1,1,1,,,,,,,,310,410,51bc,ca1dae6,10800,1",
        ] {
            let place = places(text)[0];
            assert_eq!((place.fix, place.time), (None, Said::Nothing), "{text}");
            assert!(place.cell.is_some(), "{text}");
        }
        let place = places("0,1,,,,,,,,,,,,0,0,,98")[0];
        assert_eq!((place.fix, place.cell), (None, None));
    }

    #[test]
    fn a_time_alone_is_no_place() {
        assert_eq!(places("41,,22,99,0,,,3.82,0,0,1,0,0,20240622183159,57"), []);
        assert_eq!(places(""), []);
    }

    #[test]
    fn what_is_no_cell_is_none() {
        let of = |text: &str| {
            let fields: Vec<&[u8]> = text.as_bytes().split(|&byte| byte == b',').collect();
            cell(&fields)
        };
        assert_eq!(of("0000,0000,0000,0000"), None);
        assert_eq!(of("4126,210,0,18673"), None);
        assert_eq!(of("0510,0010,18d8"), None);
        assert_eq!(of("0510,0010,600019,0A52").unwrap().lac, Some(0x60_0019));
    }
}
