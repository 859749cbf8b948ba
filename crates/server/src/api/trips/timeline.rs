//! The timeline of a trip: its own entries, and what was decided about the papers it travels under.

use segel_custody::state;
use segel_model::event::Subject;
use segel_model::{DocumentId, Entry, RouteId, TripId};
use segel_store::journal::Line;
use segel_store::{RecordKind, Scope};

use crate::api::problem::Problem;
use crate::api::reading::View;
use crate::api::say::{About, is_bookkeeping};
use crate::api::telling;
use crate::api::types::TimelineLine;

/// What is told on a trip's timeline.
pub struct Told {
    trip: TripId,
    document: Option<DocumentId>,
    route: Option<RouteId>,
}

impl Told {
    /// Of a trip as it stands.
    pub fn of(id: TripId, trip: &state::Trip) -> Self {
        Self {
            trip: id,
            document: trip.document,
            route: trip.route,
        }
    }

    /// The entries before `before`, newest first, each once: a decision about a document stands in the timeline of the
    /// document, and in that of the trip too where it moved it.
    pub fn entries(&self, view: &View<'_>, before: u64, limit: usize) -> Result<Vec<Line>, Problem> {
        let papers = [
            self.document.map(Subject::Document),
            self.route.map(Subject::Route),
        ];
        let mut lines = Vec::new();
        for subject in papers.into_iter().flatten().chain([Subject::Trip(self.trip)]) {
            lines.extend(view.api.reader().timeline(&subject, before, limit)?);
        }
        lines.sort_by_key(|line| std::cmp::Reverse(line.entry.seq));
        lines.dedup_by_key(|line| line.entry.seq);
        lines.truncate(limit);
        Ok(lines)
    }

    /// The lines of an entry that belong to the trip, the last first.
    pub fn lines(&self, view: &View<'_>, entry: &Entry) -> Result<Vec<TimelineLine>, Problem> {
        let mut lines = Vec::new();
        for (event, ordinal) in entry.events.iter().zip(0..) {
            if is_bookkeeping(event) {
                continue;
            }
            let about = About::of(event);
            if self.concerns(view, &about)? {
                lines.push(telling::line(view, entry, event, ordinal, &about)?);
            }
        }
        lines.reverse();
        Ok(lines)
    }

    /// Whether an event belongs to the trip; a decision about a document or route belongs to every trip that uses it.
    fn concerns(&self, view: &View<'_>, about: &About) -> Result<bool, Problem> {
        let (kind, id) = match about.subject() {
            Some(Subject::Trip(trip)) => return Ok(trip == self.trip),
            Some(Subject::Document(document)) => return Ok(Some(document) == self.document),
            Some(Subject::Route(route)) => return Ok(Some(route) == self.route),
            Some(Subject::Alarm(id)) => (RecordKind::Alarm, id.0),
            Some(Subject::Grant(id)) => (RecordKind::Grant, id.0),
            Some(Subject::Photo(id)) => (RecordKind::Photo, id.0),
            Some(Subject::Message(id)) => (RecordKind::Message, id.0),
            Some(Subject::Order(id)) => (RecordKind::Order, id.0),
            _ => return Ok(false),
        };
        let record = view.api.reader().record(kind, id, &Scope::Nation)?;
        Ok(record.and_then(|record| record.trip) == Some(self.trip))
    }
}
