//! What made a unit say a record: a number, of which some are something that happened to the seal.

use alloc::borrow::Cow;

use segel_model::{Report, Signal, report::Extra};

use crate::read::put;

/// Why a record was made (handbook of protocols, section 6).
mod number {
    pub const SOS: u16 = 1;
    pub const LOW_BATTERY: u16 = 17;
    pub const SPEEDING: u16 = 19;
    pub const FENCE_IN: u16 = 20;
    pub const FENCE_OUT: u16 = 21;
    pub const POWER_ON: u16 = 22;
    pub const POWER_CUT: u16 = 23;
    pub const TOW: u16 = 36;
    pub const CARD: u16 = 37;
    pub const JAMMING: u16 = 44;
    pub const CRASH: u16 = 78;
}

/// Whether the record says which card was held to the unit.
pub(crate) const fn is_card(event: u16) -> bool {
    event == number::CARD
}

/// Tells a report why it was made.
pub(crate) fn add(report: &mut Report, event: u16, fence: Option<u16>) {
    put(report, "event", Extra::Whole(i64::from(event)));
    report.signals.extend(signal(event, fence));
    if let Some(name) = name(event) {
        put(report, "event_name", Extra::Text(Cow::Borrowed(name)));
    }
}

fn signal(event: u16, fence: Option<u16>) -> Option<Signal> {
    match event {
        number::LOW_BATTERY => Some(Signal::LowBattery),
        number::FENCE_IN => Some(Signal::FenceIn { fence }),
        number::FENCE_OUT => Some(Signal::FenceOut { fence }),
        number::JAMMING => Some(Signal::Jamming),
        number::CRASH => Some(Signal::Vibration),
        _ => None,
    }
}

/// What no signal says.
const fn name(event: u16) -> Option<&'static str> {
    match event {
        number::SOS => Some("sos"),
        number::SPEEDING => Some("speeding"),
        number::POWER_ON => Some("power_on"),
        number::POWER_CUT => Some("power_cut"),
        number::TOW => Some("tow"),
        number::CARD => Some("card"),
        number::CRASH => Some("crash"),
        _ => None,
    }
}
