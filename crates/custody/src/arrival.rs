//! Arrival: inside the destination for the dwell, or an officer who saw it says so.

use segel_model::trip::TripState;
use segel_model::{EventTime, Observed, TripId};

use crate::deciding::Outcome;
use crate::people::said;
use crate::{Deciding, trip};

/// A report shows that the container has been inside its destination long enough.
pub fn follow(deciding: &mut Deciding<'_>, observed: &Observed) {
    let Some(id) = observed.trip else { return };
    let Some(trip) = deciding
        .trip(id)
        .filter(|trip| trip.state == TripState::InTransit)
    else {
        return;
    };
    let Some(before) = deciding.trip_before(id) else {
        return;
    };
    let journey = before.journey.after(observed);
    let dwell_ms = i64::from(deciding.edition_of(trip).watch.arrival_dwell_s) * 1_000;
    let stayed = |since: EventTime| {
        journey
            .newest
            .is_some_and(|newest| newest.since_ms(since) >= dwell_ms)
    };
    if journey.destination_since.is_some_and(stayed) {
        trip::go(
            deciding,
            id,
            TripState::Arrived,
            observed.at,
            "inside the destination for the dwell",
        );
    }
}

/// An officer confirms the arrival.
pub fn confirm(deciding: &mut Deciding<'_>, id: TripId, reason: &str, at: EventTime) -> Outcome {
    let reason = said(reason)?;
    trip::expect(deciding.find_trip(id)?, &[TripState::InTransit])?;
    trip::go(deciding, id, TripState::Arrived, at, &reason);
    Ok(None)
}
