//! State and alarms: the information byte, the voltage level, and the alarm code with its signal.

use segel_model::{Signal, signal::UnsealBy};

use super::reading::Reading;
use crate::profile::Dialect;

/// The information byte (manual, "terminal information content").
mod info {
    pub const ARMED: u8 = 1;
    pub const IGNITION: u8 = 1 << 1;
    pub const CHARGING: u8 = 1 << 2;
    pub const GPS: u8 = 1 << 6;
    /// Fuel or power is cut.
    pub const CUT: u8 = 1 << 7;
}

/// The highest voltage level; above it the byte is a percentage.
const LEVELS: u8 = 6;
/// Bytes of the whole block.
pub(super) const LENGTH: usize = 5;

/// Information, voltage level, signal strength, alarm, language.
pub(super) fn read(reading: &mut Reading<'_>) -> Option<()> {
    read_info(reading)?;
    read_level(reading)?;
    read_strength(reading)?;
    read_alarm(reading)
}

/// The information byte; its middle bits tell an alarm as well.
pub(super) fn read_info(reading: &mut Reading<'_>) -> Option<()> {
    let said = reading.body.u8()?;
    read_heartbeat_info(reading, said);
    reading.flag("gps_on", said & info::GPS != 0);
    reading.flag("cut_off", said & info::CUT != 0);
    match (said >> 3) & 7 {
        0 => {}
        1 => reading.signal(Signal::Vibration),
        2 => reading.flag("power_cut", true),
        3 => reading.signal(Signal::LowBattery),
        4 => reading.flag("sos", true),
        6 => reading.flag("fence_crossed", true),
        7 if reading.dialect != Dialect::Vxt01 => reading.signal(Signal::Dismantled),
        7 => reading.flag("overspeed", true),
        _ => reading.odd("unknown_alarm"),
    }
    Some(())
}

/// The three lowest bits, all that a plain heartbeat has.
pub(super) fn read_heartbeat_info(reading: &mut Reading<'_>, said: u8) {
    reading.flag("armed", said & info::ARMED != 0);
    reading.flag("ignition", said & info::IGNITION != 0);
    let charging = said & info::CHARGING != 0;
    reading.battery().charging = charging;
    if charging {
        reading.signal(Signal::Charging);
    }
}

pub(super) fn read_level(reading: &mut Reading<'_>) -> Option<()> {
    let level = reading.body.u8()?;
    reading.whole("voltage_level", level);
    reading.battery().percent = match level {
        0..=LEVELS => Some((u16::from(level) * 100 / u16::from(LEVELS)) as u8),
        7..=100 => Some(level),
        _ => None,
    };
    Some(())
}

pub(super) fn read_strength(reading: &mut Reading<'_>) -> Option<()> {
    let strength = reading.body.u8()?;
    reading.whole("gsm_level", strength);
    Some(())
}

/// The alarm and the language; the high half of the language extends the alarm.
fn read_alarm(reading: &mut Reading<'_>) -> Option<()> {
    let alarm = reading.body.u8()?;
    let language = reading.body.u8()?;
    let extended = u16::from(language >> 4) << 8 | u16::from(alarm);
    // Some write the high half without meaning it: the longer code counts only where it is one.
    let code = if is_known(extended, reading.dialect) {
        extended
    } else {
        u16::from(alarm)
    };
    say_alarm(reading, code);
    Some(())
}

/// An alarm byte alone.
pub(super) fn read_short_alarm(reading: &mut Reading<'_>) -> Option<()> {
    let alarm = reading.body.u8()?;
    say_alarm(reading, u16::from(alarm));
    Some(())
}

fn is_known(code: u16, dialect: Dialect) -> bool {
    code != 0 && meaning(code, dialect).is_some()
}

fn say_alarm(reading: &mut Reading<'_>, code: u16) {
    if code == 0 {
        return;
    }
    reading.whole("alarm_code", code);
    let Some((word, signal)) = meaning(code, reading.dialect) else {
        return reading.odd("unknown_alarm");
    };
    reading.word("alarm", word);
    match signal {
        Some(Signal::Sealed) => reading.report.lock.motor = Some(true),
        Some(Signal::Unsealed { .. }) => reading.report.lock.motor = Some(false),
        _ => {}
    }
    if let Some(signal) = signal {
        reading.signal(signal);
    }
}

/// Whether an alarm was told, for the messages that are alarms.
pub(super) fn is_alarm(reading: &Reading<'_>) -> bool {
    let quiet = |signal: &Signal| matches!(signal, Signal::Charging | Signal::ClockUnset);
    let named = reading.report.extra.iter().any(|(name, _)| {
        matches!(
            &**name,
            "alarm_code" | "power_cut" | "sos" | "fence_crossed" | "overspeed"
        )
    });
    named || reading.report.signals.iter().any(|signal| !quiet(signal))
}

/// The seal says that it was unlocked and not how.
const fn unlocked() -> Signal {
    Signal::Unsealed {
        by: UnsealBy::NotSaid,
        actor: None,
        fence: None,
    }
}

/// A door that is opened while the seal watches it: the nearest word for what a seal on a container tells so.
const DOOR: Signal = Signal::ShackleOpenedWhileSealed;

/// Alarm codes, each with its word and, where the vocabulary has one, its signal (handbook, "alarm codes"; manual, "alert types").
#[rustfmt::skip]
fn meaning(code: u16, dialect: Dialect) -> Option<(&'static str, Option<Signal>)> {
    let is_lw = dialect == Dialect::Lw;
    Some(match code {
        0x00 => ("normal", None),
        0x01 => ("sos", None),
        0x02 => ("power_cut", None),
        0x03 => ("vibration", Some(Signal::Vibration)),
        0x04 => ("fence_in", Some(Signal::FenceIn { fence: None })),
        0x05 => ("fence_out", Some(Signal::FenceOut { fence: None })),
        0x06 => ("overspeed", None),
        0x09 => ("displacement", None),
        0x0A => ("blind_area_in", None),
        0x0B => ("blind_area_out", None),
        0x0C | 0x13 | 0x25 | 0x32 => ("tamper", Some(Signal::Dismantled)),
        0x0D => ("first_fix", None),
        0x0E | 0x0F => ("low_power", Some(Signal::LowBattery)),
        0x10 => ("sim_changed", None),
        0x11 => ("power_off", Some(Signal::PowerLowOffline)),
        0x12 => ("airplane_mode", None),
        0x14 => ("door", Some(DOOR)),
        0x15 => ("power_off_low_battery", Some(Signal::PowerLowOffline)),
        0x16 => ("sound", None),
        0x17 => ("false_base_station", None),
        0x18 if is_lw => ("collision", None),
        0x18 => ("removed", Some(Signal::Dismantled)),
        0x19 if is_lw => ("acceleration", None),
        0x19 => ("low_battery", Some(Signal::LowBattery)),
        0x1A | 0x28 => ("braking", None),
        0x1B | 0x2A | 0x2B | 0x2E => ("cornering", None),
        0x20 => ("deep_sleep", None),
        0x23 => ("fall", None),
        0x29 => ("acceleration", None),
        0x2C => ("collision", None),
        0x30 if dialect == Dialect::Jimi => ("braking", None),
        0x30 => ("jamming", Some(Signal::Jamming)),
        0x33 => ("lock", Some(Signal::Sealed)),
        0x34 => ("unlock", Some(unlocked())),
        0xFE => ("ignition_on", None),
        0xFF => ("ignition_off", None),
        0x0107 | 0x010B => ("jamming", Some(Signal::Jamming)),
        _ => return None,
    })
}

/// Events of a modular message (handbook, 0x70, module 34), each with its word and its signal.
#[rustfmt::skip]
fn event_meaning(event: u8) -> Option<(&'static str, Option<Signal>)> {
    Some(match event {
        0x10 => ("door", Some(DOOR)),
        0x12 => ("removed", Some(Signal::Dismantled)),
        0x14 => ("fence_in", Some(Signal::FenceIn { fence: None })),
        0x15 => ("fence_out", Some(Signal::FenceOut { fence: None })),
        0x1A => ("low_battery", Some(Signal::LowBattery)),
        0x23 => ("tamper", Some(Signal::Dismantled)),
        _ => return None,
    })
}

/// Alarms of the AZ735, which are its state byte.
pub(super) fn say_az_alarm(reading: &mut Reading<'_>, alarm: u8) {
    match alarm {
        0xA0 => reading.flag("armed", true),
        0xA1 => reading.flag("armed", false),
        0xA2 | 0xA3 => reading.signal(Signal::LowBattery),
        0xA4 => reading.word("alarm", "general"),
        0xA5 => {
            reading.word("alarm", "door");
            reading.signal(DOOR);
        }
        _ => reading.odd("unknown_alarm"),
    }
}

/// An event of a modular message. One we do not know is no alarm: most tell why the message was sent.
pub(super) fn say_event(reading: &mut Reading<'_>, event: u8) {
    reading.whole("event", event);
    if let Some((word, signal)) = event_meaning(event) {
        reading.word("alarm", word);
        if let Some(signal) = signal {
            reading.signal(signal);
        }
    }
}

/// Names the fence of the fence signals, which is told behind them.
pub(super) fn say_fence(reading: &mut Reading<'_>, number: u8) {
    if number == NO_FENCE {
        return;
    }
    reading.whole("fence", number);
    for signal in &mut reading.report.signals {
        if let Signal::FenceIn { fence } | Signal::FenceOut { fence } = signal {
            *fence = Some(u16::from(number));
        }
    }
}

/// The fence number of what is no fence alarm.
const NO_FENCE: u8 = 0xFF;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alarm_of_the_handbook_has_its_word_and_its_signal() {
        let signal = |code| meaning(code, Dialect::Any).expect("a known alarm").1;
        for (code, wanted) in [
            (0x03, Signal::Vibration),
            (0x04, Signal::FenceIn { fence: None }),
            (0x05, Signal::FenceOut { fence: None }),
            (0x0C, Signal::Dismantled),
            (0x0E, Signal::LowBattery),
            (0x0F, Signal::LowBattery),
            (0x11, Signal::PowerLowOffline),
            (0x13, Signal::Dismantled),
            (0x14, DOOR),
            (0x18, Signal::Dismantled),
            (0x19, Signal::LowBattery),
            (0x25, Signal::Dismantled),
            (0x30, Signal::Jamming),
            (0x32, Signal::Dismantled),
            (0x33, Signal::Sealed),
            (0x34, unlocked()),
            (0x0107, Signal::Jamming),
            (0x010B, Signal::Jamming),
        ] {
            assert_eq!(signal(code), Some(wanted), "{code:x}");
        }
        for code in [0x01, 0x02, 0x06, 0x09, 0x23, 0x2C] {
            assert_eq!(signal(code), None, "{code:x} has a word and no signal");
        }
        assert_eq!(meaning(0xEA, Dialect::Any), None);
        assert_eq!(meaning(0x30, Dialect::Jimi), Some(("braking", None)));
    }
}
