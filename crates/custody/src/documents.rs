//! Customs documents: entered by the user, seen and decided about by an officer, cancelled by the office.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use segel_model::document::{DocumentKind, DocumentStatus, Paper};
use segel_model::event::Subject;
use segel_model::trip::TripState;
use segel_model::{AlarmCode, DocumentId, Event, EventTime, Refusal, TripId};

use crate::deciding::Outcome;
use crate::people::said;
use crate::state::{Document, Trip};
use crate::{Deciding, assign, notice, refusals, trip};

/// Containers one document may list: a large vessel's PLP has some hundreds.
pub const LINES_LIMIT: usize = 500;

/// Enters a document; an officer decides about it.
pub fn register(deciding: &mut Deciding<'_>, paper: &Paper) -> Outcome {
    check_paper(deciding, paper)?;
    let document = deciding.next().document;
    deciding.emit(Event::DocumentRegistered {
        document,
        paper: paper.clone(),
    });
    Ok(Some(Subject::Document(document)))
}

fn check_paper(deciding: &Deciding<'_>, paper: &Paper) -> Result<(), Refusal> {
    let texts = [&paper.number, &paper.tps_origin, &paper.tps_destination];
    if texts.iter().any(|text| text.trim().is_empty()) {
        return Err(refusals::empty_text());
    }
    if !deciding.base.organisations.contains_key(&paper.owner) {
        return Err(refusals::no_such_organisation());
    }
    if [&paper.office, &paper.destination_office]
        .iter()
        .any(|office| deciding.rules.office(office).is_none())
    {
        return Err(refusals::no_such_office());
    }
    if paper.kind == DocumentKind::Plp && paper.office != paper.destination_office {
        return Err(refusals::plp_between_offices());
    }
    check_lines(paper)?;
    let same_number = deciding.base.index.documents_with(&paper.number);
    let mut documents = same_number.filter_map(|id| deciding.base.documents.get(&id));
    if documents.any(|document| document.is_same_paper(paper)) {
        Err(refusals::document_already_known())
    } else {
        Ok(())
    }
}

fn check_lines(paper: &Paper) -> Result<(), Refusal> {
    if paper.lines.is_empty() {
        return Err(refusals::document_without_lines());
    }
    if paper.lines.len() > LINES_LIMIT {
        return Err(refusals::document_too_long());
    }
    let containers: BTreeSet<_> = paper.lines.iter().map(|line| &line.container).collect();
    if containers.len() < paper.lines.len() {
        Err(refusals::container_listed_twice())
    } else {
        Ok(())
    }
}

impl Document {
    /// Whether that paper is this one again. What was refused or cancelled may be entered anew.
    fn is_same_paper(&self, paper: &Paper) -> bool {
        let stands = matches!(
            self.status,
            DocumentStatus::Submitted | DocumentStatus::Verified { .. }
        );
        let ours = &self.paper;
        stands
            && (ours.kind, &ours.number, ours.date, &ours.office)
                == (paper.kind, &paper.number, paper.date, &paper.office)
    }
}

/// An officer has seen the document and found it right.
pub fn verify(deciding: &mut Deciding<'_>, document: DocumentId, approved: &[u16], remark: &str) -> Outcome {
    let record = undecided(deciding, document)?;
    if approved.is_empty() {
        return Err(refusals::nothing_approved());
    }
    if approved
        .iter()
        .any(|line| usize::from(*line) >= record.paper.lines.len())
    {
        return Err(refusals::no_such_line());
    }
    let approved: BTreeSet<u16> = approved.iter().copied().collect();
    deciding.emit(Event::DocumentVerified {
        document,
        approved: approved.into_iter().collect(),
        remark: remark.into(),
    });
    Ok(None)
}

/// An officer refuses the document; trips that waited for it are refused with it.
pub fn refuse(deciding: &mut Deciding<'_>, document: DocumentId, reason: &str) -> Outcome {
    let reason = said(reason)?;
    undecided(deciding, document)?;
    deciding.emit(Event::DocumentRefused {
        document,
        reason: reason.clone(),
    });
    end_unsealed(deciding, document, &alloc::format!("document refused: {reason}"));
    Ok(None)
}

/// The office cancels the document. Trips without a seal end; a sealed one goes on under an alarm, never a silent stop.
pub fn cancel(deciding: &mut Deciding<'_>, document: DocumentId, reason: &str) -> Outcome {
    let reason = said(reason)?;
    let record = deciding
        .document(document)
        .ok_or_else(refusals::no_such_document)?;
    match record.status {
        DocumentStatus::Submitted | DocumentStatus::Verified { .. } => {}
        DocumentStatus::Refused { .. } | DocumentStatus::Cancelled { .. } => {
            return Err(refusals::document_already_decided());
        }
    }
    deciding.emit(Event::DocumentCancelled {
        document,
        reason: reason.clone(),
    });
    for trip in trips_on(deciding, document, |trip| {
        trip.state >= TripState::Installing && !trip.is_off()
    }) {
        cancelled_on_the_way(deciding, trip, &reason);
    }
    end_unsealed(
        deciding,
        document,
        &alloc::format!("document cancelled: {reason}"),
    );
    Ok(None)
}

fn undecided<'d>(deciding: &'d Deciding<'_>, document: DocumentId) -> Result<&'d Document, Refusal> {
    let record = deciding
        .document(document)
        .ok_or_else(refusals::no_such_document)?;
    match record.status {
        DocumentStatus::Submitted => Ok(record),
        _ => Err(refusals::document_already_decided()),
    }
}

fn end_unsealed(deciding: &mut Deciding<'_>, document: DocumentId, reason: &str) {
    let at = EventTime::from_receipt(deciding.now());
    for id in trips_on(deciding, document, |trip| trip.state < TripState::Installing) {
        assign::take_back(deciding, id, reason);
        trip::go(deciding, id, TripState::Refused, at, reason);
    }
}

/// The trips on a document, whose state is asked for.
fn trips_on(deciding: &Deciding<'_>, document: DocumentId, which: impl Fn(&Trip) -> bool) -> Vec<TripId> {
    let trips = deciding.base.index.trips_on(Subject::Document(document));
    trips
        .filter(|id| deciding.base.trips.get(id).is_some_and(&which))
        .collect()
}

fn cancelled_on_the_way(deciding: &mut Deciding<'_>, trip: TripId, reason: &str) {
    let why = notice::both(
        alloc::format!("dokumen dibatalkan dalam perjalanan: {reason}"),
        alloc::format!("the document was cancelled on the way: {reason}"),
    );
    let at = EventTime::from_receipt(deciding.now());
    notice::raise(deciding, AlarmCode::A20, trip, at, why);
}

/// A document runs out while its container is still sealed.
pub fn tick(deciding: &mut Deciding<'_>, id: TripId) {
    let now = deciding.now();
    let Some(trip) = deciding.trip(id) else { return };
    let Some(document) = trip
        .document
        .filter(|_| trip.paper_due().is_some_and(|due| due <= now))
    else {
        return;
    };
    deciding.emit(Event::DocumentRanOut { trip: id, document });
    let why = notice::both(
        "dokumen habis berlaku dalam perjalanan",
        "the document ran out on the way",
    );
    notice::raise(deciding, AlarmCode::A20, id, EventTime::from_receipt(now), why);
}
