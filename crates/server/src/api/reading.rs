//! Reading the store for an answer: within the asker's scope, a page at a time, with the names of what is mentioned.

use std::cell::RefCell;
use std::collections::BTreeMap;

use segel_custody::state;
use segel_model::rulebook::Edition;
use segel_model::{DocumentId, OrganisationId, PersonId, RouteId, Rulebook, SealId, SecretHash, TripId};
use segel_store::{Cursor, Listing, Record, RecordKind, Scope, StoreError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::problem::Problem;
use super::types::{Named, Page};

/// Lines of a page where nothing is said.
const PAGE_DEFAULT: u16 = 50;
/// The most lines of a page: a page of trips is put together in some milliseconds.
const PAGE_MAX: u16 = 200;

/// Which page was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// After where.
    pub after: Option<Cursor>,
    /// How many lines.
    pub limit: usize,
}

impl Wanted {
    /// Reads what a query says of it.
    pub fn read(cursor: Option<&str>, limit: Option<u16>) -> Result<Self, Problem> {
        Ok(Self {
            after: cursor.map(read_cursor).transpose()?,
            limit: usize::from(limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)),
        })
    }
}

fn read_cursor(text: &str) -> Result<Cursor, Problem> {
    let parts = text.split_once('.');
    let read = parts.and_then(|(value, id)| {
        Some(Cursor {
            value: value.parse().ok()?,
            id: id.parse().ok()?,
        })
    });
    read.ok_or_else(|| Problem::field("cursor", "Penanda halaman tidak dikenal.", "not a cursor of ours"))
}

/// A cursor as handed out.
pub fn write_cursor(cursor: Cursor) -> String {
    format!("{}.{}", cursor.value, cursor.id)
}

/// A record's body as the working state wrote it.
pub fn body<T: DeserializeOwned>(record: &Record) -> Result<T, Problem> {
    serde_json::from_str(&record.body).map_err(|why| {
        Problem::failed(&format!(
            "could not read {} {}: {why}",
            record.kind.name(),
            record.id
        ))
    })
}

impl From<StoreError> for Problem {
    fn from(failure: StoreError) -> Self {
        Self::failed(&failure)
    }
}

/// One asker's look at the store. Lives for one answer, so what it remembers is of one moment.
pub struct View<'a> {
    /// The API.
    pub api: &'a Api,
    /// What the asker may see.
    pub scope: Scope,
    people: RefCell<BTreeMap<PersonId, Named>>,
    organisations: RefCell<BTreeMap<OrganisationId, Named>>,
}

/// What an erasable record says.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct SubjectBody {
    /// A person's or driver's name.
    #[serde(default)]
    pub name: String,
    /// Their telephone.
    #[serde(default)]
    pub phone: Option<String>,
    /// A plate, as typed.
    #[serde(default)]
    pub plate: Option<String>,
}

impl Api {
    /// Reads for an answer, away from the threads that serve sockets.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        caller: &Caller,
        read: impl FnOnce(&View<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let scope = caller.scope();
        self.block(move |api| read(&View::new(api, scope))).await
    }
}

impl<'a> View<'a> {
    /// A look at the store within a scope.
    pub fn new(api: &'a Api, scope: Scope) -> Self {
        Self {
            api,
            scope,
            people: RefCell::default(),
            organisations: RefCell::default(),
        }
    }

    /// The rules.
    pub fn rules(&self) -> &'a Rulebook {
        self.api.rules()
    }

    /// The rules a trip is judged by: those of the day it was opened.
    pub fn edition_of(&self, trip: &state::Trip) -> &'a Edition {
        let rules = self.rules();
        rules
            .edition(trip.edition)
            .unwrap_or_else(|| rules.in_force(trip.opened.at))
    }

    /// One record the asker may see.
    pub fn seen<T: DeserializeOwned>(&self, kind: RecordKind, id: u64) -> Result<(Record, T), Problem> {
        let record = self.api.reader().record(kind, id, &self.scope)?;
        let record = record.ok_or_else(Problem::not_found)?;
        let body = body(&record)?;
        Ok((record, body))
    }

    /// Something a record they may see mentions.
    pub fn mentioned<T: DeserializeOwned>(&self, kind: RecordKind, id: u64) -> Result<Option<T>, Problem> {
        let record = self.api.reader().record(kind, id, &Scope::Nation)?;
        record.as_ref().map(body).transpose()
    }

    /// A listing of a kind within the asker's scope.
    pub fn listing(&self, kind: RecordKind, wanted: Wanted) -> Listing {
        Listing {
            after: wanted.after,
            limit: wanted.limit,
            ..Listing::of(kind, self.scope.clone())
        }
    }

    /// A page of records, each as the API shows it.
    pub fn page<T: DeserializeOwned, U: ToSchema>(
        &self,
        listing: &Listing,
        show: impl Fn(&Record, T) -> Result<U, Problem>,
    ) -> Result<Page<U>, Problem> {
        let page = self.api.reader().records(listing)?;
        let items = page.records.iter().map(|record| show(record, body(record)?));
        Ok(Page {
            items: items.collect::<Result<_, _>>()?,
            next: page.next.map(write_cursor),
        })
    }

    /// All records of a trip of one kind, up to a page's limit, oldest first.
    pub fn of_trip<T: DeserializeOwned>(
        &self,
        kind: RecordKind,
        trip: TripId,
    ) -> Result<Vec<(Record, T)>, Problem> {
        let listing = Listing {
            trip: Some(trip),
            order: segel_store::record::Order::OldestFirst,
            ..Listing::of(kind, Scope::Nation)
        };
        let page = self.api.reader().records(&listing)?;
        page.records
            .into_iter()
            .map(|record| body(&record).map(|body| (record, body)))
            .collect()
    }

    /// A person with their name; an erased one has an empty name.
    pub fn person(&self, id: PersonId) -> Result<Named, Problem> {
        if let Some(known) = self.people.borrow().get(&id) {
            return Ok(known.clone());
        }
        let person: Option<state::Person> = self.mentioned(RecordKind::Person, id.0)?;
        let subject = person.map(|person| self.subject(&person.subject)).transpose()?;
        let name = subject.flatten().map(|subject| subject.name).unwrap_or_default();
        let named = Named { id: id.0, name };
        self.people.borrow_mut().insert(id, named.clone());
        Ok(named)
    }

    /// An organisation with its name.
    pub fn organisation(&self, id: OrganisationId) -> Result<Named, Problem> {
        if let Some(known) = self.organisations.borrow().get(&id) {
            return Ok(known.clone());
        }
        let found: Option<state::Organisation> = self.mentioned(RecordKind::Organisation, id.0)?;
        let named = Named {
            id: id.0,
            name: found.map(|found| found.name).unwrap_or_default(),
        };
        self.organisations.borrow_mut().insert(id, named.clone());
        Ok(named)
    }

    /// A seal with its printed number.
    pub fn seal_label(&self, id: SealId) -> Result<Named, Problem> {
        let seal: Option<state::Seal> = self.mentioned(RecordKind::Seal, id.0)?;
        let name = seal.map(|seal| seal.registration.label).unwrap_or_default();
        Ok(Named { id: id.0, name })
    }

    /// A document, where it is known.
    pub fn document(&self, id: DocumentId) -> Result<Option<state::Document>, Problem> {
        self.mentioned(RecordKind::Document, id.0)
    }

    /// A route, where it is known.
    pub fn route(&self, id: RouteId) -> Result<Option<state::Route>, Problem> {
        self.mentioned(RecordKind::Route, id.0)
    }

    /// What an erasable record says, unless it was erased.
    pub fn subject(&self, hash: &SecretHash) -> Result<Option<SubjectBody>, Problem> {
        let row = self.api.reader().subject(hash)?;
        Ok(row.and_then(|row| serde_json::from_str(&row.body).ok()))
    }
}
