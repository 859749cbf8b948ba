//! The seal check, state 11: number, look and alarms. Any discrepancy holds the trip, and nothing opens until an officer
//! has decided.

use segel_model::trip::TripState;
use segel_model::{AlarmId, Event, EventTime, Severity, TripId};

use crate::deciding::Outcome;
use crate::people::said;
use crate::state::Trip;
use crate::{Deciding, refusals, trip, unlock};

/// What the checker saw.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// The number on the seal is the one on the papers.
    pub number_matches: bool,
    /// Seal and door look as on the photos.
    pub looks_untouched: bool,
}

/// The seal is compared with its papers, photos and alarms.
pub fn check(deciding: &mut Deciding<'_>, id: TripId, seen: Seen, remark: &str, at: EventTime) -> Outcome {
    let trip = deciding.find_trip(id)?;
    trip::expect(trip, &[TripState::Arrived, TripState::SealCheck])?;
    let arrived = trip.state == TripState::Arrived;
    deciding.emit(Event::SealChecked {
        trip: id,
        number_matches: seen.number_matches,
        looks_untouched: seen.looks_untouched,
        remark: remark.into(),
    });
    if arrived {
        trip::go(
            deciding,
            id,
            TripState::SealCheck,
            at,
            "seal compared with its papers",
        );
    }
    if !seen.number_matches || !seen.looks_untouched {
        hold(deciding, id, at, "a discrepancy was seen at the check");
    } else if undecided_critical(deciding, id).is_some() {
        hold(deciding, id, at, "a critical alarm has not been decided about");
    }
    Ok(None)
}

/// An officer decides about a held trip.
pub fn decide(
    deciding: &mut Deciding<'_>,
    id: TripId,
    release: bool,
    reason: &str,
    at: EventTime,
) -> Outcome {
    let reason = said(reason)?;
    trip::expect(deciding.find_trip(id)?, &[TripState::Compromised])?;
    deciding.emit(Event::HeldTripDecided {
        trip: id,
        release,
        reason: reason.clone(),
    });
    if release {
        trip::go(deciding, id, TripState::SealCheck, at, &reason);
    }
    Ok(None)
}

/// A critical alarm that came while removal was near freezes it.
pub fn follow(deciding: &mut Deciding<'_>) {
    let grave = |event: &Event| match event {
        Event::AlarmRaised { finding, .. } if finding.severity == Severity::S1 => finding.trip,
        Event::AlarmWorsened {
            alarm,
            severity: Severity::S1,
            ..
        } => deciding.alarm(*alarm).and_then(|alarm| alarm.finding.trip),
        _ => None,
    };
    let trips: alloc::vec::Vec<TripId> = deciding.events().iter().filter_map(grave).collect();
    let at = EventTime::from_receipt(deciding.now());
    for id in trips {
        let state = deciding.trip(id).map(|trip| trip.state);
        if matches!(state, Some(TripState::SealCheck | TripState::RemovalGranted)) {
            hold(deciding, id, at, "a critical alarm was raised");
        }
    }
}

fn hold(deciding: &mut Deciding<'_>, id: TripId, at: EventTime, reason: &str) {
    unlock::freeze(deciding, id, at, reason);
    trip::go(deciding, id, TripState::Compromised, at, reason);
}

/// The first critical alarm that no officer has closed or decided about.
pub fn undecided_critical(deciding: &Deciding<'_>, id: TripId) -> Option<AlarmId> {
    let trip = deciding.trip(id)?;
    let undecided = |alarm: &AlarmId| {
        deciding.alarm(*alarm).is_some_and(|alarm| {
            alarm.severity == Severity::S1
                && trip
                    .released_at()
                    .is_none_or(|released| released < alarm.raised_at)
        })
    };
    deciding.open_alarms_of(id).into_iter().find(undecided)
}

impl Trip {
    /// When an officer released it from being held.
    fn released_at(&self) -> Option<segel_model::ServerTime> {
        self.decision
            .as_ref()
            .filter(|decision| decision.release)
            .map(|decision| decision.signed.at)
    }

    /// Whether the last check found everything right, or an officer decided in spite of it.
    pub fn check_allows_removal(&self) -> bool {
        let Some(check) = &self.check else { return false };
        let right = check.number_matches && check.looks_untouched;
        right
            || self
                .released_at()
                .is_some_and(|released| released >= check.signed.at)
    }
}

/// Refuses where the check stands in the way of a removal.
pub(crate) fn expect_clear(
    deciding: &Deciding<'_>,
    id: TripId,
    trip: &Trip,
) -> Result<(), segel_model::Refusal> {
    if !trip.check_allows_removal() {
        return Err(refusals::seal_not_checked());
    }
    if undecided_critical(deciding, id).is_some() {
        return Err(refusals::critical_alarm_open());
    }
    Ok(())
}
