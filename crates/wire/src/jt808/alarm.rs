//! The alarm word and the status word: thirty-two bits each, and each maker's own idea of some of them.
//!
//! Alarm bits are levels, not happenings: they repeat in every record until the alarm is over.

use segel_model::{
    Signal,
    report::{Extra, FixSource, Lock},
};

use super::{location::Location, reading::Reading};
use crate::profile::Dialect;

/// What a set bit means: a signal, a name beside the report, or both.
type Meaning = (u32, Option<Signal>, &'static str);

/// Standard, "alarm flag bits". What a seal knows as a signal is one; the rest stands beside the report.
const STANDARD: &[Meaning] = &[
    (0, None, "sos"),
    (1, None, "overspeed"),
    (2, None, "fatigue"),
    (3, None, "danger"),
    (4, None, "gnss_fault"),
    (5, None, "antenna_cut"),
    (6, None, "antenna_short"),
    (7, Some(Signal::LowBattery), "low_power"),
    (8, None, "power_cut"),
    (9, None, "display_fault"),
    (10, None, "speech_fault"),
    (11, None, "camera_fault"),
    (12, None, "card_reader_fault"),
    (18, None, "driving_too_long"),
    (19, None, "parked_too_long"),
    (20, None, "area_crossed"),
    (21, None, "route_crossed"),
    (22, None, "segment_time"),
    (23, Some(Signal::FenceOut { fence: None }), "route_deviation"),
    (24, None, "speed_sensor_fault"),
    (25, None, "fuel_fault"),
    (26, None, "stolen"),
    (27, None, "illegal_ignition"),
    (28, None, "illegal_movement"),
    (29, Some(Signal::Vibration), "collision"),
    (30, None, "rollover"),
    // A door that opens without leave is what a shackle is that opens while sealed.
    (31, Some(Signal::ShackleOpenedWhileSealed), "illegal_door_open"),
];

/// What the edition of 2019 has in bits that were free before.
const OF_2019: &[Meaning] = &[
    (13, None, "overspeed_warning"),
    (14, None, "fatigue_warning"),
    (15, None, "illegal_driving"),
    (16, None, "tyre_pressure"),
    (17, None, "blind_spot"),
];

/// What many makers have in those bits (handbook 2.3): dismantling is told by a switch or by light.
const REUSED: &[Meaning] = &[
    (15, Some(Signal::Vibration), "vibration"),
    (16, Some(Signal::Dismantled), "dismantled"),
    (17, Some(Signal::Dismantled), "light"),
];

/// The same of AOVX, whose trackers tell by bit 16 that they were moved, as frames of real devices show.
const AOVX: &[Meaning] = &[
    (15, Some(Signal::Vibration), "vibration"),
    (16, None, "movement"),
    (17, Some(Signal::Dismantled), "light"),
];

/// Handbook 2.4, Jointech JT709; bits 17 and 18 are read with the number of their fence.
const JT709: &[Meaning] = &[
    (1, None, "overspeed"),
    (7, Some(Signal::LowBattery), "low_power"),
    (16, Some(Signal::CoverOpen), "cover_opened"),
];
const JT709_FENCE_IN: u32 = 1 << 17;
const JT709_FENCE_OUT: u32 = 1 << 18;

/// Handbook 2.5, HHD G-360P and G-508P.
const HHD_P: &[Meaning] = &[
    (0, Some(Signal::Dismantled), "removed"),
    (1, Some(Signal::CoverOpen), "tampered"),
    (4, Some(Signal::Dismantled), "removed"),
];

/// Status bits of JT709 (handbook 2.4).
mod jt709 {
    /// A fix by cells or wireless networks, where there is none by satellites.
    pub const ROUGH_FIX: u32 = 1 << 6;
    /// The back cover's contact; which way round is not told.
    pub const BACK_COVER: u32 = 1 << 7;
    pub const SATELLITES: u32 = 1 << 18;
    /// Open.
    pub const ROPE: u32 = 1 << 20;
    /// Open.
    pub const MOTOR: u32 = 1 << 21;
    /// What woke it, four bits.
    pub const WAKE_FROM: u32 = 24;
}

/// Status bits of the standard that are worth a name ("status bits").
mod standard {
    pub const IGNITION: u32 = 1;
    pub const FUEL_CUT: u32 = 1 << 10;
    pub const CIRCUIT_CUT: u32 = 1 << 11;
    pub const DOOR_LOCKED: u32 = 1 << 12;
    /// Five doors.
    pub const DOORS_FROM: u32 = 13;
    pub const DOORS: u32 = 0x1F;
}

/// How a position was found.
pub(crate) const fn source(dialect: Dialect, status: u32) -> FixSource {
    let rough = status & jt709::ROUGH_FIX != 0 && status & jt709::SATELLITES == 0;
    if matches!(dialect, Dialect::Jt709) && rough {
        FixSource::Cell
    } else {
        FixSource::Gnss
    }
}

/// Reads both words. It comes after the fields, of which one says which fence was crossed.
pub(crate) fn read(reading: &mut Reading, dialect: Dialect, location: &Location) {
    let tables: &[&[Meaning]] = match dialect {
        Dialect::Jt709 | Dialect::Jt705 => &[JT709],
        Dialect::Hhd => &[],
        Dialect::HhdP => &[HHD_P],
        Dialect::Jt808 => &[STANDARD, OF_2019],
        Dialect::Aovx => &[STANDARD, AOVX],
        _ => &[STANDARD, REUSED],
    };
    for (bit, signal, name) in tables.iter().copied().flatten() {
        if location.alarm & 1 << bit != 0 {
            told(reading, signal.as_ref(), name);
        }
    }
    match dialect {
        Dialect::Jt709 | Dialect::Jt705 => read_jt709(reading, location),
        Dialect::Hhd | Dialect::HhdP => {}
        _ => read_standard(reading, location.status),
    }
}

fn told(reading: &mut Reading, signal: Option<&Signal>, name: &'static str) {
    if let Some(signal) = signal {
        reading.signal(signal.clone());
    }
    if !reading.report.extra.iter().any(|(known, _)| known == name) {
        reading.put(name, Extra::Flag(true));
    }
}

fn read_jt709(reading: &mut Reading, location: &Location) {
    let status = location.status;
    for (bit, outwards) in [(JT709_FENCE_IN, false), (JT709_FENCE_OUT, true)] {
        if location.alarm & bit != 0 {
            reading.crossed(outwards, reading.fence);
        }
    }
    reading.report.lock = Lock {
        rope: Some(status & jt709::ROPE == 0),
        motor: Some(status & jt709::MOTOR == 0),
        cover: None,
    };
    reading.put("back_cover", Extra::Flag(status & jt709::BACK_COVER != 0));
    reading.put("wake", Extra::Whole((status >> jt709::WAKE_FROM & 0x0F).into()));
}

fn read_standard(reading: &mut Reading, status: u32) {
    let flags = [
        (standard::IGNITION, "ignition"),
        (standard::FUEL_CUT, "fuel_is_cut"),
        (standard::CIRCUIT_CUT, "circuit_is_cut"),
        (standard::DOOR_LOCKED, "door_locked"),
    ];
    for (bit, name) in flags {
        if status & bit != 0 {
            reading.put(name, Extra::Flag(true));
        }
    }
    let doors = status >> standard::DOORS_FROM & standard::DOORS;
    if doors != 0 {
        reading.put("doors_open", Extra::Whole(doors.into()));
    }
}
