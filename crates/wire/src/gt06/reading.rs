//! A message on its way to become a report: what is left of its body, and what was understood so far.

use alloc::{borrow::Cow, string::String, vec::Vec};

use segel_model::{
    DeviceTime, Report, Signal,
    report::{Battery, Extra},
};

use crate::cursor::Cursor;
use crate::{
    jointech::place::Said,
    profile::{Dialect, Profile},
    read::digits,
};

/// A body being read into its report.
pub(super) struct Reading<'a> {
    pub(super) body: Cursor<'a>,
    pub(super) report: Report,
    pub(super) dialect: Dialect,
    /// How many wireless networks the message told in its head.
    pub(super) networks: u8,
    /// Minutes that the seal's clock is ahead of UTC.
    clock_ahead_min: i16,
    /// What is strange in it.
    pub(super) oddities: Vec<&'static str>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(body: &'a [u8], report: Report, profile: Profile) -> Self {
        Self {
            body: Cursor::new(body),
            report,
            dialect: profile.dialect,
            networks: 0,
            clock_ahead_min: profile.clock_ahead_min.unwrap_or(0),
            oddities: Vec::new(),
        }
    }

    pub(super) fn put(&mut self, name: &'static str, value: Extra) {
        self.report.extra.push((Cow::Borrowed(name), value));
    }

    /// Several fields tell the ignition: the last one counts.
    pub(super) fn flag(&mut self, name: &'static str, value: bool) {
        self.report.extra.retain(|(known, _)| known != name);
        self.put(name, Extra::Flag(value));
    }

    pub(super) fn whole(&mut self, name: &'static str, value: impl Into<i64>) {
        self.put(name, Extra::Whole(value.into()));
    }

    pub(super) fn number(&mut self, name: &'static str, value: f64) {
        self.put(name, Extra::Number(value));
    }

    pub(super) fn word(&mut self, name: &'static str, value: &'static str) {
        self.put(name, Extra::Text(Cow::Borrowed(value)));
    }

    pub(super) fn text(&mut self, name: &'static str, value: String) {
        self.put(name, Extra::Text(value.into()));
    }

    pub(super) fn odd(&mut self, what: &'static str) {
        if !self.oddities.contains(&what) {
            self.oddities.push(what);
        }
    }

    /// A signal that two fields tell is told once.
    pub(super) fn signal(&mut self, signal: Signal) {
        if !self.report.signals.contains(&signal) {
            self.report.signals.push(signal);
        }
    }

    /// The battery, of which several fields may say something.
    pub(super) fn battery(&mut self) -> &mut Battery {
        self.report.battery.get_or_insert(Battery {
            percent: None,
            charging: false,
            battery_mv: None,
        })
    }

    /// Volts of the seal's own battery, in hundredths.
    pub(super) fn battery_volts_e2(&mut self, volts_e2: u16) {
        self.battery().battery_mv = volts_e2.checked_mul(10);
    }

    /// Volts that come from outside, in hundredths.
    pub(super) fn power_volts_e2(&mut self, volts_e2: u16) {
        self.number("power_v", f64::from(volts_e2) / 100.0);
    }

    /// Year of the century, month, day, hour, minute, second: six plain bytes.
    pub(super) fn clock(&mut self) -> Option<()> {
        let [year, month, day, hour, minute, second] = self.body.array()?;
        self.say_clock(Said::from_two_digits([day, month, year, hour, minute, second]));
        Some(())
    }

    pub(super) fn say_clock(&mut self, said: Said) {
        let ahead_ms = i64::from(self.clock_ahead_min) * 60_000;
        self.report.time = said
            .time()
            .map(|time| DeviceTime::from_unix_ms(time.unix_ms - ahead_ms));
        if said.is_unset() {
            self.signal(Signal::ClockUnset);
        }
        if said == Said::Nonsense {
            self.odd("no_such_time");
        }
    }

    /// Seconds since 1970; the newest messages count so.
    pub(super) fn unix_clock(&mut self) -> Option<()> {
        let unix_s = self.body.u32()?;
        if unix_s == 0 {
            self.signal(Signal::ClockUnset);
        } else {
            self.report.time = Some(DeviceTime::from_unix_ms(i64::from(unix_s) * 1000));
        }
        Some(())
    }

    /// What is left, as hexadecimal under this name, where anything is left.
    pub(super) fn rest_as(&mut self, name: &'static str) {
        let rest = self.body.take_rest();
        if !rest.is_empty() {
            self.text(name, hex(rest));
        }
    }
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| digits(u64::from(*byte), 16, 2)).collect()
}

/// Text of a fixed field: ends at the first zero, blanks around it do not count.
pub(super) fn plain_text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).trim().into()
}
