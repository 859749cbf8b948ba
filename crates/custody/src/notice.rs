//! Alarms that a rule of the SOP raises: built from what is known of the trip, as grave as the rulebook says.

use alloc::string::String;

use segel_model::alarm::{Bilingual, Finding};
use segel_model::{AlarmCode, EventTime, Severity, TripId};

use crate::{Deciding, alarms};

/// A sentence in both languages.
pub fn both(id: impl Into<String>, en: impl Into<String>) -> Bilingual {
    Bilingual {
        id: id.into(),
        en: en.into(),
    }
}

/// Raises an alarm about a trip, where its seal is now.
pub fn raise(deciding: &mut Deciding<'_>, code: AlarmCode, trip: TripId, at: EventTime, why: Bilingual) {
    let finding = finding(deciding, code, trip, at, why);
    alarms::raise(deciding, finding);
}

/// The finding that `raise` raises.
pub fn finding(
    deciding: &Deciding<'_>,
    code: AlarmCode,
    id: TripId,
    at: EventTime,
    why: Bilingual,
) -> Finding {
    let trip = deciding.trip(id);
    let edition = trip.map_or_else(
        || deciding.rules.in_force(deciding.now()),
        |trip| deciding.edition_of(trip),
    );
    Finding {
        code,
        severity: edition
            .reaction
            .get(&code)
            .map_or(Severity::S3, |reaction| reaction.severity),
        trip: Some(id),
        seal: trip.and_then(|trip| trip.seal),
        at,
        place: trip.and_then(|trip| deciding.place_of(trip)),
        known_late: false,
        why,
    }
}
