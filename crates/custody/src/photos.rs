//! Photos as evidence: a required set for each step. What comes late is taken and marked late, never refused.

use segel_model::event::Subject;
use segel_model::photo::{PhotoFacts, PhotoKind, PhotoStep};
use segel_model::rulebook::PhotoRules;
use segel_model::trip::{Clock, TripState};
use segel_model::{Event, EventTime, PhotoId, TripId};

use crate::deciding::Outcome;
use crate::people::said;
use crate::state::Trip;
use crate::{Deciding, clocks, refusals, removal, trip};

/// A photo is stored, and so durable before it is named here.
pub fn add(
    deciding: &mut Deciding<'_>,
    id: TripId,
    step: PhotoStep,
    kind: PhotoKind,
    facts: &PhotoFacts,
) -> Outcome {
    let trip = deciding.find_trip(id)?;
    if !takes_photos(trip, step) {
        return Err(refusals::wrong_state(trip.state));
    }
    let rules = &deciding.edition_of(trip).photos;
    if facts.bytes > rules.max_bytes {
        return Err(refusals::photo_too_large());
    }
    let same = trip
        .photos
        .iter()
        .find(|(_, photo)| photo.facts.blob == facts.blob && photo.step == step);
    if let Some((photo, _)) = same.filter(|(_, photo)| photo.rejected.is_none() && photo.kind == kind) {
        // An upload that was repeated because its answer got lost.
        return Ok(Some(Subject::Photo(*photo)));
    }
    if trip.photos.len() >= usize::from(rules.max_per_trip) {
        return Err(refusals::too_many_photos());
    }
    let late = trip
        .clocks
        .get(&clock_of(step))
        .is_some_and(|run| run.due < deciding.now());
    let photo = deciding.next().photo;
    deciding.emit(Event::PhotoStored {
        photo,
        trip: id,
        step,
        kind,
        facts: facts.clone(),
        late,
    });
    complete_step(deciding, id);
    Ok(Some(Subject::Photo(photo)))
}

fn takes_photos(trip: &Trip, step: PhotoStep) -> bool {
    let number = trip.state.number();
    match step {
        PhotoStep::Install => number.is_some_and(|number| number >= 6),
        PhotoStep::Removal => number.is_some_and(|number| number >= 10),
    }
}

/// The clock that waits for the photos of a step.
pub const fn clock_of(step: PhotoStep) -> Clock {
    match step {
        PhotoStep::Install => Clock::InstallPhotos,
        PhotoStep::Removal => Clock::RemovalPhotos,
    }
}

/// The kinds of a step that are still missing.
pub fn missing<'r>(
    trip: &Trip,
    step: PhotoStep,
    rules: &'r PhotoRules,
) -> impl Iterator<Item = &'r PhotoKind> {
    let required = match step {
        PhotoStep::Install => &rules.install,
        PhotoStep::Removal => &rules.removal,
    };
    let have: alloc::vec::Vec<PhotoKind> = accepted(trip, step).map(|photo| photo.kind).collect();
    required.iter().filter(move |kind| !have.contains(kind))
}

/// The photos of a step that nobody rejected.
pub fn accepted(trip: &Trip, step: PhotoStep) -> impl Iterator<Item = &crate::state::Photo> {
    trip.photos
        .values()
        .filter(move |photo| photo.step == step && photo.rejected.is_none())
}

/// Where the set of the present step is complete, its clock stops and the trip goes on. The clock stops when the server
/// has stored the last photo, not when it was taken.
pub(crate) fn complete_step(deciding: &mut Deciding<'_>, id: TripId) {
    let Some(trip) = deciding.trip(id) else { return };
    let step = match trip.state {
        TripState::Installed => PhotoStep::Install,
        TripState::Removed => PhotoStep::Removal,
        _ => return,
    };
    if missing(trip, step, &deciding.edition_of(trip).photos)
        .next()
        .is_some()
    {
        return;
    }
    let stored = EventTime::from_receipt(deciding.now());
    clocks::stop(deciding, id, clock_of(step), stored);
    match step {
        PhotoStep::Install => trip::go(
            deciding,
            id,
            TripState::ReadyToDepart,
            stored,
            "installation photos complete",
        ),
        PhotoStep::Removal => removal::complete(deciding, id, stored),
    }
}

/// A photo is not good enough; it stays, and another is needed.
pub fn reject(deciding: &mut Deciding<'_>, photo: PhotoId, reason: &str) -> Outcome {
    let reason = said(reason)?;
    let trip = deciding
        .base
        .index
        .trip_with_photo(photo)
        .ok_or_else(refusals::no_such_photo)?;
    let record = deciding.find_trip(trip)?;
    if record
        .photos
        .get(&photo)
        .is_none_or(|photo| photo.rejected.is_some())
    {
        return Err(refusals::photo_already_rejected());
    }
    deciding.emit(Event::PhotoRejected { photo, trip, reason });
    Ok(None)
}
