//! Departure: the container leaves its origin sealed, photographed and, where the office wants it, authorised.
//!
//! Leaving before that raises A06; a truck that is gone is watched all the same, so the trip goes on under the alarm.

use segel_model::photo::PhotoStep;
use segel_model::trip::TripState;
use segel_model::{AlarmCode, Event, EventTime, Observed, TripId};

use crate::deciding::Outcome;
use crate::state::Trip;
use crate::{Deciding, notice, photos, refusals, skp, trip};

/// Customs lets it go.
pub fn authorise(deciding: &mut Deciding<'_>, id: TripId, remark: &str) -> Outcome {
    let trip = deciding.find_trip(id)?;
    trip::expect(trip, &[TripState::ReadyToDepart])?;
    if trip.departure.is_some() {
        return Err(refusals::already_authorised());
    }
    let rules = &deciding.edition_of(trip).photos;
    if photos::missing(trip, PhotoStep::Install, rules).next().is_some() {
        return Err(refusals::photos_missing());
    }
    deciding.emit(Event::DepartureAuthorised {
        trip: id,
        remark: remark.into(),
    });
    Ok(None)
}

/// A report shows that the container has left its origin.
pub fn follow(deciding: &mut Deciding<'_>, observed: &Observed) {
    let Some(id) = observed.trip else { return };
    let Some(trip) = deciding.trip(id).filter(|trip| is_waiting(trip.state)) else {
        return;
    };
    let Some(before) = deciding.trip_before(id) else {
        return;
    };
    let outside = before.journey.after(observed).outside_origin;
    if outside == before.journey.outside_origin || outside < deciding.edition_of(trip).watch.departure_fixes {
        return;
    }
    match trip.state {
        TripState::ReadyToDepart if may_go(deciding, trip) => {
            leave(deciding, id, observed.at, "left the origin")
        }
        TripState::ReadyToDepart => {
            early(
                deciding,
                id,
                observed.at,
                "sebelum diizinkan",
                "before departure was authorised",
            );
            leave(deciding, id, observed.at, "left the origin without authorisation");
        }
        TripState::Installed => {
            early(
                deciding,
                id,
                observed.at,
                "sebelum foto lengkap",
                "before its photos were complete",
            );
        }
        _ => early(
            deciding,
            id,
            observed.at,
            "sebelum segel terkunci",
            "before its seal was closed",
        ),
    }
}

fn is_waiting(state: TripState) -> bool {
    matches!(
        state,
        TripState::Installing | TripState::Installed | TripState::ReadyToDepart
    )
}

fn may_go(deciding: &Deciding<'_>, trip: &Trip) -> bool {
    let office = deciding
        .offices_of(trip)
        .and_then(|(origin, _)| deciding.rules.office(origin));
    trip.departure.is_some() || office.is_some_and(|office| !office.departure_needs_officer)
}

fn leave(deciding: &mut Deciding<'_>, id: TripId, at: EventTime, reason: &str) {
    trip::go(deciding, id, TripState::InTransit, at, reason);
    skp::begin_locations(deciding, id);
}

fn early(deciding: &mut Deciding<'_>, id: TripId, at: EventTime, how_id: &str, how_en: &str) {
    let why = notice::both(
        alloc::format!("meninggalkan tempat asal {how_id}"),
        alloc::format!("left the origin {how_en}"),
    );
    notice::raise(deciding, AlarmCode::A06, id, at, why);
}
