//! One record while it is being read: the report it becomes, those of the smaller locks that speak through it, and what is
//! strange in it.

use alloc::{borrow::Cow, string::String, vec::Vec};

use segel_model::{
    DeviceId, Report, ServerTime, Signal,
    report::{Battery, Cell, Extra, ReportKind},
};

use super::{
    alarm, aovx, bsj, fields,
    fields::{Field, Fields},
    hhd,
    location::{BEIJING_MIN, LENGTH, Location, moment},
    lock_event, seen,
};
use crate::{
    jointech::place::Said,
    profile::{Dialect, Profile},
    read::{bare, heard_by},
};

/// The most smaller locks one record may name; a gateway of the G-series has a handful.
const SUBLOCKS: usize = 32;

/// Who speaks, and how it was registered to speak.
pub(crate) struct Speaker {
    pub(crate) device: DeviceId,
    pub(crate) profile: Profile,
    pub(crate) received: ServerTime,
    pub(crate) serial: u16,
}

impl Speaker {
    /// A report of a message that says nothing more.
    pub(crate) fn bare(&self, kind: ReportKind) -> Report {
        let mut report = bare(self.device.clone(), kind, self.received);
        report.serial = Some(self.serial.into());
        report
    }

    /// Minutes that its clock is ahead of UTC.
    pub(crate) fn ahead_min(&self, dialect: Dialect) -> i16 {
        let own = match dialect {
            // The maker's own software sets and reads these clocks in UTC.
            Dialect::Jt705 | Dialect::Jt709 => 0,
            _ => BEIJING_MIN,
        };
        self.profile.clock_ahead_min.unwrap_or(own)
    }
}

/// A record while it is being read.
pub(crate) struct Reading {
    pub(crate) report: Report,
    /// Reports of smaller locks.
    pub(crate) sublocks: Vec<Report>,
    /// The fixed password in force, where the seal tells it.
    pub(crate) password: Option<String>,
    pub(crate) oddity: Option<&'static str>,
    pub(crate) clock_unset: bool,
    /// Signal strength.
    pub(crate) csq: Option<u8>,
    /// The fence of a fence alarm.
    pub(crate) fence: Option<u16>,
}

impl Reading {
    pub(crate) fn new(report: Report) -> Self {
        Self {
            report,
            sublocks: Vec::new(),
            password: None,
            oddity: None,
            clock_unset: false,
            csq: None,
            fence: None,
        }
    }

    /// Reads a position and the fields behind it. One too short to be a position stays bare.
    pub(crate) fn position(speaker: &Speaker, bytes: &[u8]) -> Self {
        let mut reading = Self::new(speaker.bare(ReportKind::Record));
        let Some(location) = Location::decode(bytes) else {
            reading.odd("record_too_short");
            return reading;
        };
        let behind = &bytes[LENGTH..];
        let dialect = dialect(speaker.profile.dialect, behind);
        reading.told(location.clock, speaker.ahead_min(dialect));
        reading.report.fix = location.fix(alarm::source(dialect, location.status));
        reading.oddity = location.nonsense().or(reading.oddity);
        reading.words(&location);
        let mut fields = Fields::new(behind);
        for field in fields.by_ref() {
            read(&mut reading, dialect, field);
        }
        if let Some(what) = fields.left() {
            reading.odd(what);
        }
        alarm::read(&mut reading, dialect, &location);
        reading
    }

    fn words(&mut self, location: &Location) {
        let word = |word: u32| Extra::Text(fields::lower_hex(&word.to_be_bytes()).into());
        self.put("status", word(location.status));
        if location.alarm != 0 {
            self.put("alarm", word(location.alarm));
        }
    }

    /// What its clock said.
    pub(crate) fn told(&mut self, said: Said, ahead_min: i16) {
        self.report.time = moment(said, ahead_min);
        self.clock_unset = said.is_unset();
        if said == Said::Nonsense {
            self.odd("no_such_time");
        }
        if self.clock_unset {
            self.signal(Signal::ClockUnset);
        }
    }

    /// Something strange; the first counts.
    pub(crate) fn odd(&mut self, what: &'static str) {
        self.oddity = self.oddity.or(Some(what));
    }

    pub(crate) fn put(&mut self, name: &'static str, value: Extra) {
        self.put_named(Cow::Borrowed(name), value);
    }

    pub(crate) fn put_named(&mut self, name: Cow<'static, str>, value: Extra) {
        self.report.extra.push((name, value));
    }

    /// What happened, once.
    pub(crate) fn signal(&mut self, signal: Signal) {
        add_signal(&mut self.report, signal);
    }

    /// A fence stored on the device was crossed.
    pub(crate) fn crossed(&mut self, outwards: bool, fence: Option<u16>) {
        self.signal(if outwards {
            Signal::FenceOut { fence }
        } else {
            Signal::FenceIn { fence }
        });
    }

    pub(crate) fn satellites(&mut self, satellites: u8) {
        if let Some(fix) = &mut self.report.fix {
            fix.satellites = Some(satellites);
        }
    }

    pub(crate) fn altitude(&mut self, altitude_m: i16) {
        if let Some(fix) = &mut self.report.fix {
            fix.altitude_m = Some(altitude_m.into());
        }
    }

    pub(crate) fn percent(&mut self, percent: u8) {
        if percent <= 100 {
            battery(&mut self.report).percent = Some(percent);
        } else {
            self.odd("no_such_battery_level");
        }
    }

    pub(crate) fn battery_mv(&mut self, battery_mv: u16) {
        battery(&mut self.report).battery_mv = Some(battery_mv);
    }

    pub(crate) fn charging(&mut self) {
        battery(&mut self.report).charging = true;
        self.signal(Signal::Charging);
    }

    /// The first cell is the one it is camped on.
    pub(crate) fn cell(&mut self, cell: Cell) {
        self.report.cell = self.report.cell.or(Some(cell));
    }

    /// The report of a smaller lock; nothing beyond the limit.
    pub(crate) fn sublock(&mut self, id: String) -> Option<&mut Report> {
        let known = self.sublocks.iter().position(|sub| sub.device.0 == id);
        if known.is_none() && SUBLOCKS <= self.sublocks.len() {
            self.odd("too_many_sublocks");
            return None;
        }
        let at = known.unwrap_or(self.sublocks.len());
        if known.is_none() {
            let sublock = bare(DeviceId(id), ReportKind::SubSeal, self.report.received);
            self.sublocks.push(sublock);
        }
        self.sublocks.get_mut(at)
    }

    /// The reports, the speaker's own first. A smaller lock is where and when its host heard it.
    pub(crate) fn finish(self) -> Vec<Report> {
        let mut host = self.report;
        match (&mut host.cell, self.csq) {
            (Some(cell), Some(csq)) => cell.csq = Some(csq),
            (None, Some(csq)) => host.extra.push((Cow::Borrowed("csq"), Extra::Whole(csq.into()))),
            (_, None) => {}
        }
        let mut reports = Vec::with_capacity(1 + self.sublocks.len());
        let heard = self.sublocks.into_iter().map(|sublock| heard_by(&host, sublock));
        let sublocks: Vec<Report> = heard.collect();
        reports.push(host);
        reports.extend(sublocks);
        reports
    }
}

/// What happened, once.
pub(crate) fn add_signal(report: &mut Report, signal: Signal) {
    if !report.signals.contains(&signal) {
        report.signals.push(signal);
    }
}

/// The battery, of which fields tell one thing each.
pub(crate) fn battery(report: &mut Report) -> &mut Battery {
    report.battery.get_or_insert(Battery {
        percent: None,
        charging: false,
        battery_mv: None,
    })
}

/// The registered dialect; without one, the maker that a record shows by fields that nobody else has in that form.
fn dialect(registered: Dialect, behind: &[u8]) -> Dialect {
    if registered != Dialect::Any {
        return registered;
    }
    dialect_shown(behind).unwrap_or(Dialect::Any)
}

/// The maker that a record shows by the fields behind its place.
pub(crate) fn dialect_shown(behind: &[u8]) -> Option<Dialect> {
    Fields::new(behind).find_map(|(which, value)| match (which, value) {
        (0xF9, &[_, _]) => Some(Dialect::Jt709),
        (0xF2, text) if text.starts_with(b"AOVX") => Some(Dialect::Aovx),
        (0xEB, value) if bsj::is_extended(value) => Some(Dialect::Bsj),
        (0x60 | 0x63 | 0x66, value) if hhd::is_own(which, value) => Some(Dialect::Hhd),
        _ => None,
    })
}

/// Reads one field by the tables of a dialect, the maker's before the standard's.
fn read(reading: &mut Reading, dialect: Dialect, field: Field<'_>) {
    let tables: &[fn(&mut Reading, Field<'_>) -> bool] = match dialect {
        Dialect::Jt808 => &[fields::standard],
        Dialect::Jt709 | Dialect::Jt705 => &[lock_event::read, fields::standard],
        Dialect::Hhd | Dialect::HhdP => &[hhd::read, fields::standard],
        Dialect::Bsj => &[bsj::read, fields::standard, seen::read],
        Dialect::Aovx => &[aovx::read, fields::standard],
        _ => &[
            fields::standard,
            lock_event::read,
            bsj::read,
            hhd::read,
            seen::read,
        ],
    };
    if !tables.iter().any(|table| table(reading, field)) {
        fields::unknown(reading, field);
    }
}
