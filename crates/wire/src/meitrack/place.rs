//! When and where: what the three sorts of records have in common.

use segel_geo::Position;
use segel_model::{
    Report,
    report::{Cell, Extra, Fix, FixSource},
};

use crate::read::{put, set_time};

/// From 1970 to 2000, where the units begin to count.
const EPOCH_S: u64 = 946_684_800;

/// What a record said of its place, as far as it did.
#[derive(Default)]
pub(crate) struct Place {
    /// Millionths of a degree north.
    pub(crate) latitude_e6: Option<i32>,
    /// Millionths of a degree east.
    pub(crate) longitude_e6: Option<i32>,
    pub(crate) valid: bool,
    pub(crate) satellites: Option<u8>,
    pub(crate) speed_kmh: Option<f32>,
    pub(crate) course_deg: Option<f32>,
    pub(crate) altitude_m: Option<f32>,
    /// The signal as the unit counts it.
    pub(crate) csq: Option<u8>,
}

impl Place {
    /// Tells a report where it was; gives a stable name where there is no such place.
    pub(crate) fn finish(self, report: &mut Report) -> Option<&'static str> {
        match (&mut report.cell, self.csq) {
            (Some(cell), Some(csq)) => cell.csq = Some(csq),
            (None, Some(csq)) => put(report, "csq", Extra::Whole(i64::from(csq))),
            (_, None) => {}
        }
        let degrees = |e6: i32| f64::from(e6) / 1e6;
        let (lat, lon) = (degrees(self.latitude_e6?), degrees(self.longitude_e6?));
        let Some(position) = Position::new(lat, lon) else {
            return Some("no_such_place");
        };
        report.fix = Some(self.fix(position));
        None
    }

    /// The fix, somewhere.
    pub(crate) fn fix(&self, position: Position) -> Fix {
        Fix {
            position,
            valid: self.valid,
            source: FixSource::Gnss,
            speed_kmh: self.speed_kmh,
            course_deg: self.course_deg.filter(|&course| course <= 360.0),
            altitude_m: self.altitude_m,
            satellites: self.satellites,
            accuracy_m: None,
        }
    }
}

/// Tells a report a time in seconds since 2000. The first of them is that of a clock that was never set.
pub(crate) fn set_seconds(report: &mut Report, seconds: u32) -> Option<&'static str> {
    set_time(report, (EPOCH_S + u64::from(seconds)) * 1000)
}

/// A cell, where there is one.
pub(crate) fn cell(mcc: u16, mnc: u16, lac: u32, cid: u64) -> Option<Cell> {
    let known = mcc != 0;
    (cid != 0).then_some(Cell {
        mcc: known.then_some(mcc),
        mnc: known.then_some(mnc),
        lac: Some(lac),
        cid,
        csq: None,
    })
}

#[cfg(test)]
mod tests {
    use segel_model::{DeviceId, ServerTime, Signal, report::ReportKind};

    use super::*;
    use crate::read::bare;

    /// Handbook 0.1: "year 2000/2010 dates mean clock not set".
    #[test]
    fn the_seconds_of_the_year_2000_are_a_clock_that_was_never_set() {
        let now = ServerTime::from_unix_ms(1_770_111_000_000);
        let mut report = bare(DeviceId("356307042441013".into()), ReportKind::Record, now);
        assert_eq!(set_seconds(&mut report, 60), None);
        assert_eq!((report.time, report.signals), (None, [Signal::ClockUnset].into()));
    }
}
