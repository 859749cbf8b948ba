//! Read models: what lists and pages show of a thing, written in the commit that moved it.
//!
//! A record's body is the working state's own record as JSON. Whoever may see it stands beside it as scope keys, so that
//! reading never has to decide.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use segel_custody::State;
use segel_custody::state::{Alarm, Order, Seal, Trip};
use segel_model::event::Subject;
use segel_model::order::Outcome;
use segel_model::principal::Belonging;
use segel_model::report::Protocol;
use segel_model::skp::Delivery;
use segel_model::{DeviceId, Event, GrantId, OrderId, PersonId, PhotoId, SealId, ServerTime, TripId};
use segel_store::{RecordKind, RecordRow, ScopeKey};

use crate::readers::{Lent, Readers};

/// Finds a trip that has left the working state, by its last record.
pub type Archive<'a> = &'a dyn Fn(TripId) -> Option<Trip>;

/// What records are made from.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The working state.
    pub state: &'a State,
    /// The trips that have left it.
    pub archive: Archive<'a>,
    /// Who may see papers because of the trips on them.
    pub readers: &'a Readers,
}

/// The record of a subject as it stands in the state; nothing where the state does not hold it.
pub fn record(view: View<'_>, what: Subject, seq: u64) -> Option<RecordRow> {
    Some(written(view.row(what)?, seq))
}

fn written(mut row: RecordRow, seq: u64) -> RecordRow {
    row.updated_seq = seq;
    row.keys.sort_unstable();
    row.keys.dedup();
    row
}

/// Everybody who may see one of these.
pub fn keys(view: View<'_>, subjects: &[Subject]) -> Vec<ScopeKey> {
    let rows = subjects.iter().filter_map(|what| record(view, *what, 0));
    let mut keys: Vec<ScopeKey> = rows.flat_map(|row| row.keys).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// What a trip lends to its document and its route, as it stands in the state.
pub fn lent(state: &State, id: TripId) -> Option<Lent> {
    let trip = state.trips.get(&id)?;
    Some(Lent {
        papers: [
            trip.document.map(Subject::Document),
            trip.route.map(Subject::Route),
        ],
        keys: trip_keys(state, trip).into_iter().collect(),
    })
}

/// Records of what leaves the working state with these events, taken before they are folded.
pub fn leaving(view: View<'_>, events: &[Event], seq: u64) -> Vec<(Subject, RecordRow)> {
    let ending = |event: &Event| {
        Some(match event {
            Event::PersonJoined { invitation, .. } => (Subject::Invitation(*invitation), "used"),
            Event::InvitationEnded { invitation } => (Subject::Invitation(*invitation), "ended"),
            Event::TokenRevoked { token } => (Subject::Token(*token), "revoked"),
            Event::MessageAnswered {
                message,
                delivery: Delivery::Taken { .. },
            } => (Subject::Message(*message), "taken"),
            _ => return None,
        })
    };
    let row = |(what, stage): (Subject, &str)| {
        let mut row = record(view, what, seq)?;
        row.stage = stage.into();
        Some((what, row))
    };
    let last = |event: &Event| {
        ending(event)
            .and_then(row)
            .or_else(|| ended_order(view, event, seq))
    };
    events.iter().filter_map(last).collect()
}

/// An order of no trip leaves as it ends, and is shown with how it ended.
fn ended_order(view: View<'_>, event: &Event, seq: u64) -> Option<(Subject, RecordRow)> {
    let Event::OrderEnded { order: id, outcome } = event else {
        return None;
    };
    let open = view.state.orders.get(id).filter(|order| order.trip.is_none())?;
    let ended = Order {
        outcome: Some(outcome.clone()),
        ..open.clone()
    };
    Some((Subject::Order(*id), written(view.order(*id, &ended), seq)))
}

/// What others may see, or no longer, because an event gave a trip another office or another person: all that hangs on
/// the trip is seen by whom the trip is seen by.
pub fn readers_changed(state: &State, event: &Event) -> Vec<Subject> {
    let trip = match event {
        Event::DocumentAttached { trip, .. }
        | Event::DriverNamed { trip, .. }
        | Event::TripPlanned { trip, .. }
        | Event::SealAssigned { trip, .. }
        | Event::SealReleased { trip, .. } => *trip,
        Event::Granted { what, .. } => what.trip,
        Event::TripMoved { trip, to, .. } if to.is_over() => *trip,
        _ => return Vec::new(),
    };
    let Some(record) = state.trips.get(&trip) else {
        return Vec::new();
    };
    let named = [
        record.document.map(Subject::Document),
        record.route.map(Subject::Route),
        record.seal.map(Subject::Seal),
    ];
    named
        .into_iter()
        .flatten()
        .chain(state.index.of_trip(trip))
        .collect()
}

/// The stage of a device nobody has registered; what lists and counts them asks for it by this name.
pub const STRANGER: &str = "stranger";

/// The record of a device nobody has registered.
pub fn stranger(protocol: Protocol, device: &DeviceId, stage: &str, at: ServerTime, seq: u64) -> RecordRow {
    let body = json!({"protocol": protocol, "device": device, "at": at});
    RecordRow {
        terms: vec![device.0.clone()],
        updated_seq: seq,
        ..bare(
            RecordKind::Quarantine,
            stranger_id(protocol, device),
            stage,
            &body,
        )
    }
}

/// A stable number for a device that has none.
fn stranger_id(protocol: Protocol, device: &DeviceId) -> u64 {
    let hash = Sha256::new()
        .chain_update(protocol.name())
        .chain_update([0])
        .chain_update(&device.0)
        .finalize();
    let first: [u8; 8] = hash[..8].try_into().expect("a hash has 32 bytes");
    u64::from_be_bytes(first) >> 1
}

/// Which record a subject's is.
pub fn address(what: Subject) -> (RecordKind, u64) {
    match what {
        Subject::Trip(id) => (RecordKind::Trip, id.0),
        Subject::Seal(id) => (RecordKind::Seal, id.0),
        Subject::Document(id) => (RecordKind::Document, id.0),
        Subject::Route(id) => (RecordKind::Route, id.0),
        Subject::Alarm(id) => (RecordKind::Alarm, id.0),
        Subject::Grant(id) => (RecordKind::Grant, id.0),
        Subject::Photo(id) => (RecordKind::Photo, id.0),
        Subject::Person(id) => (RecordKind::Person, id.0),
        Subject::Organisation(id) => (RecordKind::Organisation, id.0),
        Subject::Invitation(id) => (RecordKind::Invitation, id.0),
        Subject::Token(id) => (RecordKind::Token, id.0),
        Subject::Order(id) => (RecordKind::Order, id.0),
        Subject::Message(id) => (RecordKind::Message, id.0),
    }
}

impl View<'_> {
    fn row(&self, what: Subject) -> Option<RecordRow> {
        match what {
            Subject::Trip(id) => self.trip(id),
            Subject::Seal(id) => self.seal(id),
            Subject::Document(_) | Subject::Route(_) => self.paper(what),
            Subject::Alarm(_) | Subject::Grant(_) | Subject::Photo(_) => self.of_a_trip(what),
            Subject::Order(_) | Subject::Message(_) => self.sent(what),
            Subject::Person(_) | Subject::Organisation(_) | Subject::Invitation(_) | Subject::Token(_) => {
                self.people(what)
            }
        }
    }

    fn trip(&self, id: TripId) -> Option<RecordRow> {
        let trip = self.state.trips.get(&id)?;
        let open = self.state.index.open_alarms_of(id);
        let gravest = open
            .filter_map(|alarm| self.state.alarms.get(&alarm))
            .map(|alarm| alarm.severity)
            .min();
        let number = trip.document.and_then(|id| self.state.documents.get(&id));
        let label = trip.seal.and_then(|id| self.state.seals.get(&id));
        let terms = [
            Some(trip.request.container.as_str().to_owned()),
            number.map(|document| document.paper.number.clone()),
            label.map(|seal| seal.registration.label.clone()),
            // A plate is known by its keyed hash only; whoever searches for one brings the same hash.
            trip.request
                .plate
                .map(|plate| segel_model::BlobHash(plate.0).to_string()),
        ];
        Some(RecordRow {
            keys: trip_keys(self.state, trip),
            trip: Some(id),
            severity: gravest.map(|severity| severity as u8 + 1),
            terms: terms.into_iter().flatten().collect(),
            ..bare(RecordKind::Trip, id.0, &word(&trip.state), trip)
        })
    }

    fn seal(&self, id: SealId) -> Option<RecordRow> {
        let seal = self.state.seals.get(&id)?;
        let registration = &seal.registration;
        Some(RecordRow {
            keys: self.seal_keys(seal),
            trip: seal.trip,
            terms: vec![registration.label.clone(), registration.device.0.clone()],
            ..bare(RecordKind::Seal, id.0, &seal_stage(seal), seal)
        })
    }

    fn paper(&self, what: Subject) -> Option<RecordRow> {
        let (kind, number) = address(what);
        Some(match what {
            Subject::Document(id) => {
                let document = self.state.documents.get(&id)?;
                let paper = &document.paper;
                let mut keys = vec![
                    ScopeKey::Office(paper.office.clone()),
                    ScopeKey::Office(paper.destination_office.clone()),
                    ScopeKey::Organisation(paper.owner),
                ];
                keys.extend(self.readers.of(what));
                let containers = paper.lines.iter().map(|line| line.container.as_str().to_owned());
                RecordRow {
                    keys,
                    terms: containers.chain([paper.number.clone()]).collect(),
                    ..bare(kind, number, &word(&document.status), document)
                }
            }
            Subject::Route(id) => {
                let route = self.state.routes.get(&id)?;
                let mut keys = vec![
                    ScopeKey::Office(route.plan.office.clone()),
                    ScopeKey::Organisation(route.plan.owner),
                ];
                keys.extend(self.readers.of(what));
                RecordRow {
                    keys,
                    terms: vec![route.plan.name.clone()],
                    ..bare(kind, number, &word(&route.status), route)
                }
            }
            _ => return None,
        })
    }

    fn of_a_trip(&self, what: Subject) -> Option<RecordRow> {
        let (kind, number) = address(what);
        Some(match what {
            Subject::Alarm(id) => {
                let alarm = self.state.alarms.get(&id)?;
                let mut keys = self.keys_of(alarm.finding.trip);
                keys.extend(
                    alarm
                        .finding
                        .seal
                        .and_then(|id| self.state.seals.get(&id))
                        .map(own_keys)
                        .into_iter()
                        .flatten(),
                );
                RecordRow {
                    keys,
                    ..alarm_row(kind, number, alarm)
                }
            }
            Subject::Grant(id) => {
                let grant = self.state.grants.get(&id)?;
                let stage = grant.ended.map_or("live".to_owned(), |end| word(&end));
                let mut keys = self.keys_of(Some(grant.grant.trip));
                keys.push(ScopeKey::Person(grant.grant.executor));
                RecordRow {
                    keys,
                    trip: Some(grant.grant.trip),
                    ..bare(kind, number, &stage, grant)
                }
            }
            Subject::Photo(id) => self.photo(id)?,
            _ => return None,
        })
    }

    fn photo(&self, id: PhotoId) -> Option<RecordRow> {
        let trip_id = self.state.index.trip_with_photo(id)?;
        let trip = self.state.trips.get(&trip_id)?;
        let photo = trip.photos.get(&id)?;
        let stage = if photo.rejected.is_some() {
            "rejected"
        } else {
            "stored"
        };
        Some(RecordRow {
            keys: trip_keys(self.state, trip),
            trip: Some(trip_id),
            ..bare(RecordKind::Photo, id.0, stage, photo)
        })
    }

    fn order(&self, id: OrderId, order: &Order) -> RecordRow {
        let seal = self.state.seals.get(&order.ordered.seal);
        let mut keys = self.keys_of(order.trip);
        keys.extend(seal.map(own_keys).into_iter().flatten());
        RecordRow {
            keys,
            trip: order.trip,
            ..bare(RecordKind::Order, id.0, order_stage(order), order)
        }
    }

    fn sent(&self, what: Subject) -> Option<RecordRow> {
        let (kind, number) = address(what);
        Some(match what {
            Subject::Order(id) => self.order(id, self.state.orders.get(&id)?),
            Subject::Message(id) => {
                let message = self.state.messages.get(&id)?;
                let stage = message.trouble.as_ref().map_or("waiting".to_owned(), word);
                RecordRow {
                    keys: self.keys_of(Some(message.trip)),
                    trip: Some(message.trip),
                    ..bare(kind, number, &stage, message)
                }
            }
            _ => return None,
        })
    }

    fn people(&self, what: Subject) -> Option<RecordRow> {
        let (kind, number) = address(what);
        Some(match what {
            Subject::Person(id) => {
                let person = self.state.persons.get(&id)?;
                let stage = if person.disabled.is_some() {
                    "disabled"
                } else {
                    "active"
                };
                let keys = belonging(&person.belongs)
                    .into_iter()
                    .chain([ScopeKey::Person(id)])
                    .collect();
                RecordRow {
                    keys,
                    ..bare(kind, number, stage, person)
                }
            }
            Subject::Organisation(id) => {
                let organisation = self.state.organisations.get(&id)?;
                let terms = vec![organisation.name.clone()];
                RecordRow {
                    keys: vec![ScopeKey::Organisation(id)],
                    terms,
                    ..bare(kind, number, "active", organisation)
                }
            }
            Subject::Invitation(id) => {
                let invitation = self.state.invitations.get(&id)?;
                let keys = belonging(&invitation.belongs).into_iter().collect();
                RecordRow {
                    keys,
                    ..bare(kind, number, "open", invitation)
                }
            }
            Subject::Token(id) => {
                let token = self.state.tokens.get(&id)?;
                RecordRow {
                    keys: self.person_keys(token.person),
                    ..bare(kind, number, "active", token)
                }
            }
            _ => return None,
        })
    }

    fn keys_of(&self, trip: Option<TripId>) -> Vec<ScopeKey> {
        let Some(id) = trip else { return Vec::new() };
        match self.state.trips.get(&id) {
            Some(trip) => trip_keys(self.state, trip),
            None => (self.archive)(id)
                .map(|trip| trip_keys(self.state, &trip))
                .unwrap_or_default(),
        }
    }

    fn seal_keys(&self, seal: &Seal) -> Vec<ScopeKey> {
        let mut keys = own_keys(seal);
        keys.extend(self.keys_of(seal.trip));
        keys
    }

    fn person_keys(&self, id: PersonId) -> Vec<ScopeKey> {
        let person = self.state.persons.get(&id);
        let belongs = person.and_then(|person| belonging(&person.belongs));
        belongs.into_iter().chain([ScopeKey::Person(id)]).collect()
    }
}

/// Everybody a trip concerns: both offices, its owner, its provider, who fits and who opens.
fn trip_keys(state: &State, trip: &Trip) -> Vec<ScopeKey> {
    let document = trip.document.and_then(|id| state.documents.get(&id));
    let route = trip.route.and_then(|id| state.routes.get(&id));
    let offices = document
        .map(|document| [&document.paper.office, &document.paper.destination_office])
        .into_iter()
        .flatten()
        .chain(route.map(|route| &route.plan.office))
        .map(|office| ScopeKey::Office(office.clone()));
    let organisations = [trip.request.owner, trip.request.provider].map(ScopeKey::Organisation);
    let people = [trip.technician, executor(state, trip.grant), driver(state, trip)]
        .into_iter()
        .flatten()
        .map(ScopeKey::Person);
    offices.chain(organisations).chain(people).collect()
}

/// A driver with an account sees the trip under way, and nothing of it afterwards.
fn driver(state: &State, trip: &Trip) -> Option<PersonId> {
    let driver = trip.request.driver.filter(|_| !trip.state.is_over())?;
    state.index.person_of(driver)
}

fn executor(state: &State, grant: Option<GrantId>) -> Option<PersonId> {
    Some(state.grants.get(&grant?)?.grant.executor)
}

/// Its provider, and the office of its pool; without a pool every office, until it is on a trip.
fn own_keys(seal: &Seal) -> Vec<ScopeKey> {
    let office = match seal.registration.pool.clone() {
        Some(pool) => Some(ScopeKey::Office(pool)),
        None => seal.trip.is_none().then_some(ScopeKey::AnyOffice),
    };
    office
        .into_iter()
        .chain([ScopeKey::Organisation(seal.registration.provider)])
        .collect()
}

fn belonging(belongs: &Belonging) -> Option<ScopeKey> {
    match belongs {
        Belonging::Office(office) => Some(ScopeKey::Office(office.clone())),
        Belonging::Organisation(organisation) => Some(ScopeKey::Organisation(*organisation)),
        Belonging::Nation => None,
    }
}

fn seal_stage(seal: &Seal) -> String {
    match (&seal.doubt, seal.trip) {
        (Some(_), _) => "doubted".into(),
        (None, Some(_)) => "on_trip".into(),
        (None, None) => word(&seal.condition),
    }
}

fn order_stage(order: &Order) -> &'static str {
    match (&order.outcome, order.sent_at) {
        (Some(Outcome::Done), _) => "done",
        (Some(Outcome::Refused { .. }), _) => "refused",
        (Some(Outcome::NoAnswer), _) => "no_answer",
        (Some(Outcome::NotSpoken { .. }), _) => "not_spoken",
        (Some(Outcome::Withheld { .. }), _) => "withheld",
        (None, Some(_)) => "sent",
        (None, None) => "waiting",
    }
}

fn alarm_row(kind: RecordKind, number: u64, alarm: &Alarm) -> RecordRow {
    RecordRow {
        trip: alarm.finding.trip,
        severity: Some(alarm.severity as u8 + 1),
        terms: vec![alarm.finding.code.name().into()],
        ..bare(kind, number, &word(&alarm.stage), alarm)
    }
}

fn bare(kind: RecordKind, id: u64, stage: &str, body: &impl Serialize) -> RecordRow {
    RecordRow {
        kind,
        id,
        keys: Vec::new(),
        trip: None,
        stage: stage.into(),
        severity: None,
        terms: Vec::new(),
        updated_seq: 0,
        body: serde_json::to_string(body).expect("records of the state have text keys and finite numbers"),
    }
}

/// The stable word of an enum value, its particulars left out.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        Ok(Value::Object(fields)) => fields.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}

/// The rows of a batch, each thing once, as it stands at its end.
#[derive(Default)]
pub struct Rows {
    touched: BTreeMap<Subject, u64>,
    left: BTreeMap<Subject, RecordRow>,
    strangers: Vec<RecordRow>,
}

impl Rows {
    /// An entry has moved this.
    pub fn touch(&mut self, what: Subject, seq: u64) {
        self.touched.insert(what, seq);
    }

    /// These leave the state with the entry.
    pub fn leave(&mut self, rows: Vec<(Subject, RecordRow)>) {
        self.left.extend(rows);
    }

    /// A device nobody registered, or one that has just been.
    pub fn stranger(&mut self, row: RecordRow) {
        self.strangers.push(row);
    }

    /// The trips that entries have moved.
    pub fn trips(&self) -> impl Iterator<Item = TripId> {
        self.touched.keys().filter_map(|what| match what {
            Subject::Trip(trip) => Some(*trip),
            _ => None,
        })
    }

    /// All rows.
    pub fn render(mut self, view: View<'_>) -> Vec<RecordRow> {
        let mut rows = self.strangers;
        for (what, seq) in self.touched {
            rows.extend(record(view, what, seq).or_else(|| self.left.remove(&what)));
        }
        rows
    }
}
