//! The journal to read: every entry the asker may see, newest first, each in words and with its link in the chain.
//!
//! What is asked for is looked for where the journal is sorted (a subject's own timeline, a stretch of time); the rest is
//! looked through, so many entries a question, and the page says where the next question goes on.

use std::cell::RefCell;
use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use segel_custody::subjects;
use segel_model::entry::Cause;
use segel_model::event::Subject;
use segel_model::{
    AlarmId, DocumentId, Entry, Event, Input, Principal, Role, RouteId, SealId, ServerTime, TripId,
};
use segel_store::Scope;
use segel_store::journal::{Line, PAGE_ENTRIES_MAX};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::access::{Caller, Query};
use super::problem::{Problem, Refusals};
use super::reading::{View, Wanted};
use super::say::About;
use super::telling;
use super::types::{JournalEntry, Moment, Page};
use crate::auth::secrets::hex;
use crate::projection::address;

/// Who reads the audit trail: an office its own, an organisation its own, auditors what their mandate covers.
const READERS: [Role; 6] = [
    Role::CustomsOfficer,
    Role::CustomsSupervisor,
    Role::CustomsHq,
    Role::ProviderAdmin,
    Role::ServiceUser,
    Role::Auditor,
];
/// Entries one question looks through: some ten milliseconds of reading, whatever is asked for.
const LOOKED_THROUGH_MAX: usize = 2 * PAGE_ENTRIES_MAX;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_journal))
}

/// Which entries.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct JournalQuery {
    /// Only those about this trip …
    trip: Option<u64>,
    /// … or this seal …
    seal: Option<u64>,
    /// … or this document …
    document: Option<u64>,
    /// … or this route …
    route: Option<u64>,
    /// … or this alarm.
    alarm: Option<u64>,
    /// Only those in which this was decided (an event's name, such as `secrets_unmasked`).
    kind: Option<String>,
    /// Only those moved by `person`, `seal`, `clock`, `skp` or `system`.
    actor: Option<String>,
    /// Only those moved by this person.
    person: Option<u64>,
    /// Decided then or later (RFC 3339).
    from: Option<String>,
    /// Decided before then (RFC 3339).
    until: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many entries, 1 to 200.
    limit: Option<u16>,
}

/// Entries of the journal that the asker may see, newest first. A page may be short, or empty, and still have a `next`:
/// one question looks through 2,000 entries at most.
#[utoipa::path(
    get, path = "/journal", tag = "journal", params(JournalQuery),
    responses((status = 200, description = "a page", body = Page<JournalEntry>), Refusals)
)]
async fn list_journal(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<JournalQuery>,
) -> Result<Json<Page<JournalEntry>>, Problem> {
    caller.only(&READERS)?;
    let wanted = Wanted::read(query.cursor.as_deref(), query.limit)?;
    let page = api.read(&caller, move |view| Reading::new(view, &query)?.page(wanted));
    Ok(Json(page.await?))
}

/// One question to the journal.
struct Reading<'a> {
    view: &'a View<'a>,
    query: &'a JournalQuery,
    subject: Option<Subject>,
    /// The first entry of the stretch of time asked for.
    first: u64,
    /// The entry after its last.
    end: u64,
    /// What was found out about who sees what.
    seen: RefCell<BTreeMap<Subject, bool>>,
}

impl JournalQuery {
    fn subject(&self) -> Option<Subject> {
        (self.trip.map(|id| Subject::Trip(TripId(id))))
            .or(self.seal.map(|id| Subject::Seal(SealId(id))))
            .or(self.document.map(|id| Subject::Document(DocumentId(id))))
            .or(self.route.map(|id| Subject::Route(RouteId(id))))
            .or(self.alarm.map(|id| Subject::Alarm(AlarmId(id))))
    }
}

fn moment(field: &str, text: Option<&str>) -> Result<Option<ServerTime>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let moment = Moment::parse(text)
        .ok_or_else(|| Problem::field(field, "Bukan waktu RFC 3339.", "not a moment by RFC 3339"))?;
    Ok(Some(moment.into()))
}

impl<'a> Reading<'a> {
    fn new(view: &'a View<'a>, query: &'a JournalQuery) -> Result<Self, Problem> {
        let reader = view.api.reader();
        let from = moment("from", query.from.as_deref())?;
        let until = moment("until", query.until.as_deref())?;
        Ok(Self {
            view,
            query,
            subject: query.subject(),
            first: from
                .map(|from| reader.first_entry_from(from))
                .transpose()?
                .unwrap_or(0),
            end: until
                .map(|until| reader.first_entry_from(until))
                .transpose()?
                .unwrap_or(u64::MAX),
            seen: RefCell::default(),
        })
    }

    fn page(&self, wanted: Wanted) -> Result<Page<JournalEntry>, Problem> {
        let mut before = wanted.after.map_or(self.end, |after| after.id.min(self.end));
        let (mut items, mut looked_through) = (Vec::new(), 0);
        while looked_through < LOOKED_THROUGH_MAX {
            let lines = self.before(before)?;
            let last = lines.len() < PAGE_ENTRIES_MAX;
            for line in &lines {
                if line.entry.seq < self.first {
                    return Ok(Page { items, next: None });
                }
                before = line.entry.seq;
                items.extend(self.show(line)?);
                if items.len() == wanted.limit {
                    return Ok(Page {
                        items,
                        next: Some(format!("0.{before}")),
                    });
                }
            }
            if last {
                return Ok(Page { items, next: None });
            }
            looked_through += lines.len();
        }
        Ok(Page {
            items,
            next: Some(format!("0.{before}")),
        })
    }

    fn before(&self, seq: u64) -> Result<Vec<Line>, Problem> {
        let reader = self.view.api.reader();
        Ok(match &self.subject {
            Some(subject) => reader.timeline(subject, seq, PAGE_ENTRIES_MAX)?,
            None => reader.journal_before(seq, PAGE_ENTRIES_MAX)?,
        })
    }

    /// The entry as the asker sees it; nothing where they see nothing of it, or did not ask for such.
    fn show(&self, line: &Line) -> Result<Option<JournalEntry>, Problem> {
        let entry = &line.entry;
        if self
            .query
            .person
            .is_some_and(|person| !is_by(&entry.cause, person))
        {
            return Ok(None);
        }
        let actor = telling::actor(self.view, &entry.cause)?;
        if self.query.actor.as_ref().is_some_and(|kind| *kind != actor.kind) {
            return Ok(None);
        }
        let lines = self.lines(entry)?;
        let asked_for = self.query.kind.as_ref();
        if asked_for.is_some_and(|kind| lines.iter().all(|line| line.kind != *kind)) {
            return Ok(None);
        }
        if lines.is_empty() && self.view.scope != Scope::Nation {
            return Ok(None);
        }
        Ok(Some(JournalEntry {
            seq: entry.seq,
            at: entry.at.into(),
            virtual_time: entry.virtual_time,
            commit: entry.commit,
            ordinal: entry.ordinal,
            actor,
            command: command(&entry.cause),
            hidden: u32::try_from(entry.events.len() - lines.len()).unwrap_or(u32::MAX),
            lines,
            previous: hex(&self.view.api.reader().head_at(entry.seq.saturating_sub(1))?),
            hash: hex(&line.hash),
        }))
    }

    fn lines(&self, entry: &Entry) -> Result<Vec<super::types::TimelineLine>, Problem> {
        let mut lines = Vec::new();
        for (event, ordinal) in entry.events.iter().zip(0..) {
            let about = About::of(event);
            if self.sees(event, &about)? {
                lines.push(telling::line(self.view, entry, event, ordinal, &about)?);
            }
        }
        Ok(lines)
    }

    /// Whether the asker sees an event: where they see what it is mainly about. One about nothing that anybody owns is for
    /// those who see everything.
    fn sees(&self, event: &Event, about: &About) -> Result<bool, Problem> {
        if self.view.scope == Scope::Nation {
            return Ok(true);
        }
        let mainly = about
            .subject()
            .or_else(|| subjects::named(event).first().copied());
        let Some(what) = mainly else { return Ok(false) };
        if let Some(known) = self.seen.borrow().get(&what) {
            return Ok(*known);
        }
        let (kind, id) = address(what);
        let sees = self
            .view
            .api
            .reader()
            .record(kind, id, &self.view.scope)?
            .is_some();
        self.seen.borrow_mut().insert(what, sees);
        Ok(sees)
    }
}

fn is_by(cause: &Cause, person: u64) -> bool {
    let Cause::Input(Input::Command(command)) = cause else {
        return false;
    };
    matches!(&command.principal, Principal::Person { person: id, .. } if id.0 == person)
}

fn command(cause: &Cause) -> Option<String> {
    match cause {
        Cause::Input(Input::Command(command)) => Some(command.command.name().into()),
        _ => None,
    }
}
