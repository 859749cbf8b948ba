//! The time a person's phone gives for what was done off line: how far it is believed.
//!
//! A phone's word starts and stops T1 and T3, and nobody else saw the moment. So it is believed only after the step that it
//! follows and within the rulebook's limit; otherwise the moment of receipt counts, and the trip's timeline says so. Within
//! these bounds both moments stay visible: when it was done, and when we knew.

use segel_model::alarm::Bilingual;
use segel_model::input::CommandInput;
use segel_model::{Event, EventTime, RecordedTime, TripId};

use crate::{Deciding, notice, subjects};

/// When the asker did it.
pub(crate) struct When {
    /// The moment that counts.
    pub at: EventTime,
    /// A phone's time that does not count, of which trip, and why.
    not_believed: Option<(TripId, RecordedTime, Bilingual)>,
}

/// When the asker did it: the phone's time, corrected, for work done off line; else now.
pub(crate) fn when(deciding: &Deciding<'_>, input: &CommandInput) -> When {
    let now = EventTime::from_receipt(deciding.now());
    let said = input.recorded.map(|said| {
        let at = EventTime::from_recorded(said, input.recorded_offset_ms, deciding.now());
        (said, at)
    });
    let Some((said, at)) = said.filter(|(_, at)| *at < now) else {
        return When {
            at: now,
            not_believed: None,
        };
    };
    let trip = subjects::trip_of(deciding.base, &input.command);
    match doubt(deciding, trip, at) {
        None => When {
            at,
            not_believed: None,
        },
        Some(why) => When {
            at: now,
            not_believed: trip.map(|trip| (trip, said, why)),
        },
    }
}

fn doubt(deciding: &Deciding<'_>, trip: Option<TripId>, at: EventTime) -> Option<Bilingual> {
    let trip = trip.and_then(|trip| deciding.trip(trip));
    let edition = trip.map_or(deciding.rules.in_force(deciding.now()), |trip| {
        deciding.edition_of(trip)
    });
    let age_ms = EventTime::from_receipt(deciding.now()).since_ms(at);
    if i64::from(edition.clocks.recorded_age_limit_s) * 1_000 < age_ms {
        return Some(notice::both(
            "telepon menyebut waktu yang terlalu lama berlalu",
            "the phone names a time too long ago",
        ));
    }
    let before = trip.and_then(|trip| trip.moves.last());
    before.filter(|before| at <= before.circumstance.at).map(|_| {
        notice::both(
            "telepon menyebut waktu sebelum langkah yang mendahuluinya",
            "the phone names a time before the step that it follows",
        )
    })
}

/// Says that a phone's time did not count.
pub(crate) fn tell(deciding: &mut Deciding<'_>, when: When) {
    if let Some((trip, recorded, why)) = when.not_believed {
        deciding.emit(Event::RecordedTimeNotBelieved { trip, recorded, why });
    }
}
