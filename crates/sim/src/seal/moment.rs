//! What a simulated seal knows of itself and what happens to it, whatever language it says that in.

/// What a seal knows at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Seconds since 1970, by the seal's own clock.
    pub unix_s: i64,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// Whether satellites found it.
    pub fixed: bool,
    /// Whether only cell towers found it.
    pub by_cell: bool,
    /// Speed over ground.
    pub speed_kmh: f64,
    /// Degrees from north.
    pub course_deg: f64,
    /// Kilometres since the factory.
    pub mileage_km: u32,
    /// Satellites used.
    pub satellites: u8,
    /// Battery, per cent; 255 is charging.
    pub battery_percent: u8,
    /// The lock and its alarms.
    pub status: Status,
    /// Kept while it could not send.
    pub stored: bool,
    /// What woke it, by Jointech's numbers: 1 timer, 3 cover, 4 rope, 5 charging, 6 card.
    pub woken_by: u8,
}

/// The lock and its alarms; the bits are those of Jointech's status word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Bit 3: the rope was cut.
    pub rope_cut: bool,
    /// Bit 6: the rope is in.
    pub rope_in: bool,
    /// Bit 7: the motor is locked.
    pub locked: bool,
    /// Bit 8: unlocked for too long.
    pub open_too_long: bool,
    /// Bit 9: wrong password five times.
    pub wrong_passwords: bool,
    /// Bit 10: a card it does not know.
    pub illegal_card: bool,
    /// Bit 11: battery low.
    pub battery_low: bool,
    /// Bit 12: the back cover was opened.
    pub cover_alarm: bool,
    /// Bit 13: the back cover is closed.
    pub cover_closed: bool,
    /// Bit 14: the motor is stuck.
    pub motor_stuck: bool,
}

impl Status {
    /// Rope in, motor locked, cover closed, nothing wrong.
    pub const SEALED: Self = Self {
        rope_cut: false,
        rope_in: true,
        locked: true,
        open_too_long: false,
        wrong_passwords: false,
        illegal_card: false,
        battery_low: false,
        cover_alarm: false,
        cover_closed: true,
        motor_stuck: false,
    };

    /// Rope out, motor open, cover closed.
    pub const OPEN: Self = Self {
        rope_in: false,
        locked: false,
        ..Self::SEALED
    };
}

/// What happens to a seal. Each language has words for some of it; the rest shows in the records, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// The rope was put in and it locked itself.
    AutoLocked,
    /// A card it knows opened it.
    Card(u32),
    /// A card it does not know was held to it.
    IllegalCard(u32),
    /// The platform's order, with the fixed password where the seal asks for one: right or wrong.
    StaticPassword {
        /// Whether it was the right one.
        right: bool,
    },
    /// The platform's one-time password: right or wrong.
    DynamicPassword {
        /// Whether it was the right one.
        right: bool,
    },
    /// A phone opened it.
    Bluetooth,
    /// The rope was cut.
    RopeCut,
    /// The rope was pulled out.
    RopePulled,
    /// The back cover was opened, the seal taken off or apart, or light fell on it.
    CoverOpened,
}

#[cfg(test)]
pub(super) mod testing {
    use super::{Moment, Status};

    /// 24 Nov 2025 16:00:00 UTC, 6.938889 south, 110.423889 east, 37.04 km/h (20 knots) eastwards, 258 km, 87 per cent, sealed.
    pub fn moment() -> Moment {
        Moment {
            unix_s: 1_764_000_000,
            lat: -6.938889,
            lon: 110.423889,
            fixed: true,
            by_cell: false,
            speed_kmh: 37.04,
            course_deg: 90.0,
            mileage_km: 258,
            satellites: 9,
            battery_percent: 87,
            status: Status::SEALED,
            stored: false,
            woken_by: 1,
        }
    }

    /// Bytes as hexadecimal.
    pub fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
