//! The gate: no request without a document that is approved, current, lists the container and names the same places.
//!
//! Every reason for a refusal has its own name, so that the user knows what to mend. The same check is made again until the
//! seal is fitted, because a document may be cancelled in between.

use segel_model::document::{DocumentStatus, Paper};
use segel_model::event::Subject;
use segel_model::trip::{TripRequest, TripState};
use segel_model::{DocumentId, Event, EventTime, Refusal, TripId};

use crate::deciding::Outcome;
use crate::state::{Document, Trip};
use crate::{Deciding, calendar, refusals, routes, trip};

/// Opens a draft; with its document where that is at hand.
pub fn open(deciding: &mut Deciding<'_>, request: &TripRequest, at: EventTime) -> Outcome {
    check_request(deciding, request)?;
    let id = deciding.next().trip;
    let edition = deciding.rules.in_force(deciding.now());
    let lapses = deciding.now().plus_s(i64::from(edition.draft_kept_s.max(1)));
    let mut bare = request.clone();
    let document = bare.document.take();
    deciding.emit(Event::TripOpened {
        trip: id,
        request: bare,
        edition: edition.number,
        lapses: Some(lapses),
    });
    if let Some(document) = document {
        attach(deciding, id, document, at)?;
    }
    Ok(Some(Subject::Trip(id)))
}

fn check_request(deciding: &Deciding<'_>, request: &TripRequest) -> Result<(), Refusal> {
    if [&request.tps_origin, &request.tps_destination]
        .iter()
        .any(|text| text.trim().is_empty())
    {
        return Err(refusals::empty_text());
    }
    let organisations = &deciding.base.organisations;
    if !organisations.contains_key(&request.owner) || !organisations.contains_key(&request.provider) {
        return Err(refusals::no_such_organisation());
    }
    if request.start_window.is_some_and(|(from, until)| until <= from) {
        return Err(refusals::window_upside_down());
    }
    if !request.container.check_digit_holds() && !request.check_digit_confirmed {
        return Err(refusals::check_digit_wrong());
    }
    Ok(())
}

/// Puts a document under a draft. Until SKP answers look-ups every document waits for an officer.
pub fn attach(deciding: &mut Deciding<'_>, id: TripId, document: DocumentId, at: EventTime) -> Outcome {
    let trip = deciding.find_trip(id)?;
    trip::expect(
        trip,
        &[
            TripState::Draft,
            TripState::AwaitingDocument,
            TripState::ManualVerification,
        ],
    )?;
    let record = deciding
        .document(document)
        .ok_or_else(refusals::no_such_document)?;
    if record.paper.owner != trip.request.owner {
        return Err(refusals::document_of_another_owner());
    }
    let (from, waits) = (trip.state, record.status == DocumentStatus::Submitted);
    deciding.emit(Event::DocumentAttached { trip: id, document });
    if from == TripState::Draft {
        trip::go(deciding, id, TripState::AwaitingDocument, at, "document given");
    }
    if waits && from != TripState::ManualVerification {
        trip::go(
            deciding,
            id,
            TripState::ManualVerification,
            at,
            "an officer must see the document",
        );
    }
    Ok(None)
}

/// Asks for the seal.
pub fn submit(deciding: &mut Deciding<'_>, id: TripId, at: EventTime) -> Outcome {
    let trip = deciding.find_trip(id)?;
    if trip.state == TripState::Draft {
        return Err(refusals::document_missing());
    }
    trip::expect(
        trip,
        &[TripState::AwaitingDocument, TripState::ManualVerification],
    )?;
    let line = pass(deciding, id, trip)?;
    let document = trip.document.ok_or_else(refusals::document_missing)?;
    let route = trip.request.route;
    let expires = deciding.document(document).and_then(|record| {
        let paper = &record.paper;
        paper
            .valid_until
            .map(|day| calendar::end_of(day, &paper.office, deciding.rules))
    });
    deciding.emit(Event::LineBacked {
        trip: id,
        document,
        line,
        expires,
    });
    trip::go(deciding, id, TripState::Submitted, at, "the gate let it through");
    if let Some(route) = route {
        routes::plan_trip(deciding, id, route, at)?;
    }
    Ok(None)
}

/// The line of the document that lets this trip through, or the first reason why none does.
pub fn pass(deciding: &Deciding<'_>, id: TripId, trip: &Trip) -> Result<u16, Refusal> {
    let document = trip.document.and_then(|document| deciding.document(document));
    let document = document.ok_or_else(refusals::document_missing)?;
    let line = backing_line(document, trip)?;
    still_current(deciding, &document.paper)?;
    same_places(&document.paper, &trip.request)?;
    if document.backing.get(&line).is_some_and(|other| *other != id) {
        return Err(refusals::line_in_use());
    }
    if deciding
        .base
        .index
        .trip_with(&trip.request.container)
        .is_some_and(|other| other != id)
    {
        return Err(refusals::container_on_other_trip());
    }
    Ok(line)
}

fn backing_line(document: &Document, trip: &Trip) -> Result<u16, Refusal> {
    let approved = match &document.status {
        DocumentStatus::Verified { approved } => approved,
        DocumentStatus::Submitted => return Err(refusals::document_not_verified()),
        DocumentStatus::Refused { reason } => return Err(refusals::document_refused(reason)),
        DocumentStatus::Cancelled { reason } => return Err(refusals::document_cancelled(reason)),
    };
    let lines = document.paper.lines.iter().zip(0u16..);
    let listed = lines
        .into_iter()
        .find(|(line, _)| line.container == trip.request.container);
    let (_, line) = listed.ok_or_else(refusals::container_not_listed)?;
    if approved.contains(&line) {
        Ok(line)
    } else {
        Err(refusals::line_not_approved())
    }
}

fn still_current(deciding: &Deciding<'_>, paper: &Paper) -> Result<(), Refusal> {
    let today = calendar::today(deciding.now(), &paper.office, deciding.rules);
    match paper.valid_until {
        Some(last) if last < today => Err(refusals::document_expired(last)),
        _ => Ok(()),
    }
}

fn same_places(paper: &Paper, request: &TripRequest) -> Result<(), Refusal> {
    if !same_place(&paper.tps_origin, &request.tps_origin) {
        return Err(refusals::tps_origin_differs());
    }
    if !same_place(&paper.tps_destination, &request.tps_destination) {
        return Err(refusals::tps_destination_differs());
    }
    Ok(())
}

/// Whether two codes or names are the same place; capitals and outer spaces are typing habits.
pub fn same_place(a: &str, b: &str) -> bool {
    a.trim().eq_ignore_ascii_case(b.trim())
}
