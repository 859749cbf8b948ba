//! The position block: time, satellites, place, speed and course (handbook, "GPS block").

use segel_geo::Position;
use segel_model::report::{Fix, FixSource};

use super::reading::Reading;

/// Units of latitude and longitude in a degree.
pub(super) const PER_DEGREE: f64 = 1_800_000.0;

/// What the flag word says beside the course.
mod flag {
    /// The course, in degrees.
    pub const COURSE: u16 = 0x03FF;
    pub const NORTH: u16 = 1 << 10;
    pub const WEST: u16 = 1 << 11;
    pub const FIX: u16 = 1 << 12;
    /// Whether the next bit says anything.
    pub const IGNITION_KNOWN: u16 = 1 << 14;
    pub const IGNITION: u16 = 1 << 15;
}

/// Place and movement as written.
pub(super) struct Place {
    pub(super) latitude: u32,
    pub(super) longitude: u32,
    pub(super) speed_kmh: Option<u16>,
    pub(super) flags: u16,
    pub(super) satellites: Option<u8>,
    pub(super) altitude_m: Option<i16>,
}

impl Place {
    fn position(&self) -> Option<Position> {
        let signed = |value: f64, negative: bool| if negative { -value } else { value };
        Position::new(
            signed(
                f64::from(self.latitude) / PER_DEGREE,
                self.flags & flag::NORTH == 0,
            ),
            signed(
                f64::from(self.longitude) / PER_DEGREE,
                self.flags & flag::WEST != 0,
            ),
        )
    }

    /// The fix; a seal without one repeats its last place or says zeros, and does not vouch for it.
    pub(super) fn fix(&self) -> Option<Fix> {
        let course_deg = self.flags & flag::COURSE;
        Some(Fix {
            position: self.position()?,
            valid: self.flags & flag::FIX != 0,
            source: FixSource::Gnss,
            speed_kmh: self.speed_kmh.map(f32::from),
            course_deg: (course_deg <= 360).then(|| f32::from(course_deg)),
            altitude_m: self.altitude_m.map(f32::from),
            satellites: self.satellites,
            accuracy_m: None,
        })
    }
}

/// The whole block of eighteen bytes.
pub(super) fn read(reading: &mut Reading<'_>) -> Option<()> {
    reading.clock()?;
    read_undated(reading)
}

/// The block without its time.
pub(super) fn read_undated(reading: &mut Reading<'_>) -> Option<()> {
    let body = &mut reading.body;
    let satellites = Some(body.u8()? & 0x0F);
    let (latitude, longitude) = (body.u32()?, body.u32()?);
    let speed_kmh = Some(u16::from(body.u8()?));
    let flags = body.u16()?;
    set(
        reading,
        &Place {
            latitude,
            longitude,
            speed_kmh,
            flags,
            satellites,
            altitude_m: None,
        },
    );
    Some(())
}

/// Gives the report its place, and says what in it is none.
pub(super) fn set(reading: &mut Reading<'_>, place: &Place) {
    reading.report.fix = place.fix();
    if reading.report.fix.is_none() {
        reading.odd("no_such_place");
    }
    if 360 < place.flags & flag::COURSE {
        reading.odd("no_such_course");
    }
    if place.flags & flag::IGNITION_KNOWN != 0 {
        reading.flag("ignition", place.flags & flag::IGNITION != 0);
    }
}
