//! What is found quicker than by looking through the whole state: limits that are due, open alarms, containers in use, the
//! trips on a document or a route, the trip of a photo, a person by their subject.
//!
//! All of it follows from the records, so it is rebuilt when a state is thawed and never part of a fingerprint. `refresh`
//! is called for every record that an event has changed.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use core::ops::RangeInclusive;

use segel_model::alarm::AlarmStage;
use segel_model::container::ContainerNumber;
use segel_model::event::Subject;
use segel_model::report::Protocol;
use segel_model::trip::TripState;
use segel_model::{
    AlarmCode, AlarmId, DeviceId, DocumentId, MessageId, OrderId, PersonId, PhotoId, SealId, SecretHash,
    ServerTime, TripId,
};

use crate::deciding::DUE_LIMIT;
use crate::hash;

use super::{Alarm, IntervalOrder, State, Trip};

/// What has a limit of its own.
pub type Due = Subject;

/// The key by which an alarm is raised only once while it is open.
pub type AlarmKey = (Option<TripId>, Option<SealId>, AlarmCode);

/// What is found quicker here than by looking through the state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    due: BTreeSet<(ServerTime, Due)>,
    due_of: BTreeMap<Due, ServerTime>,
    open_alarms: BTreeMap<AlarmKey, AlarmId>,
    containers: BTreeMap<ContainerNumber, TripId>,
    labels: BTreeMap<String, SealId>,
    names: BTreeMap<u64, SealId>,
    of_trip: BTreeMap<TripId, BTreeSet<Subject>>,
    papers_of: BTreeMap<TripId, [Option<Subject>; 2]>,
    on_paper: BTreeMap<Subject, BTreeSet<TripId>>,
    photos: BTreeMap<PhotoId, TripId>,
    persons: BTreeMap<SecretHash, PersonId>,
    numbers: BTreeMap<String, BTreeSet<DocumentId>>,
}

/// Every alarm, as a range of subjects.
pub const ALARMS: RangeInclusive<Subject> = Subject::Alarm(AlarmId(0))..=Subject::Alarm(AlarmId(u64::MAX));
/// Every order.
pub const ORDERS: RangeInclusive<Subject> = Subject::Order(OrderId(0))..=Subject::Order(OrderId(u64::MAX));
/// Every message to SKP.
pub const MESSAGES: RangeInclusive<Subject> =
    Subject::Message(MessageId(0))..=Subject::Message(MessageId(u64::MAX));

impl Index {
    /// The first moment at which something may be due.
    pub fn first_due(&self) -> Option<ServerTime> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Everything that may be due at `now`, oldest limit first; a limit of a trip may have been put off since.
    pub fn due_until(&self, now: ServerTime) -> impl Iterator<Item = Due> {
        self.due
            .iter()
            .take_while(move |(at, _)| *at <= now)
            .map(|(_, due)| *due)
    }

    /// The open alarm of that key.
    pub fn open_alarm(&self, key: &AlarmKey) -> Option<AlarmId> {
        self.open_alarms.get(key).copied()
    }

    /// All open alarms of a trip.
    pub fn open_alarms_of(&self, trip: TripId) -> impl Iterator<Item = AlarmId> {
        let from = (Some(trip), None, AlarmCode::A01);
        self.open_alarms
            .range(from..)
            .take_while(move |(key, _)| key.0 == Some(trip))
            .map(|(_, alarm)| *alarm)
    }

    /// The trip that a container is on, from the gate until its seal is off.
    pub fn trip_with(&self, container: &ContainerNumber) -> Option<TripId> {
        self.containers.get(container).copied()
    }

    /// The seal with that printed number.
    pub fn seal_with(&self, label: &str) -> Option<SealId> {
        self.labels.get(label).copied()
    }

    /// The seal that probably speaks under that name: two names may share a number, so its registration has the last word.
    pub(super) fn seal_named(&self, protocol: Protocol, device: &DeviceId) -> Option<SealId> {
        self.names.get(&name(protocol, device)).copied()
    }

    /// The trips on that document or route, over ones too.
    pub fn trips_on(&self, paper: Subject) -> impl Iterator<Item = TripId> {
        self.on_paper.get(&paper).into_iter().flatten().copied()
    }

    /// The trip that a photo was taken for.
    pub fn trip_with_photo(&self, photo: PhotoId) -> Option<TripId> {
        self.photos.get(&photo).copied()
    }

    /// The person whose name and phone stand in that subject record.
    pub fn person_of(&self, subject: SecretHash) -> Option<PersonId> {
        self.persons.get(&subject).copied()
    }

    /// The documents of that number, whatever their kind, date, office and state.
    pub fn documents_with(&self, number: &str) -> impl Iterator<Item = DocumentId> {
        self.numbers.get(number).into_iter().flatten().copied()
    }

    /// The alarms, orders or messages of a trip: a trip may have thousands of messages that SKP has not taken, and a look at its
    /// alarms goes through none of them.
    pub fn some_of_trip(
        &self,
        trip: TripId,
        which: RangeInclusive<Subject>,
    ) -> impl Iterator<Item = Subject> {
        self.of_trip
            .get(&trip)
            .into_iter()
            .flat_map(move |all| all.range(which.clone()))
            .copied()
    }

    /// Grants, alarms, orders, messages and photos of a trip.
    pub fn of_trip(&self, trip: TripId) -> impl Iterator<Item = Subject> {
        self.of_trip.get(&trip).into_iter().flatten().copied()
    }

    /// Notes that `what` may be due at that moment. A later one than is known is passed over: most reports put the limits of
    /// their trip off, and a look at the wrong moment costs less than moving the limit at each of them.
    pub(crate) fn may_be_due(&mut self, what: Due, at: Option<ServerTime>) {
        let known = self.due_of.get(&what).copied();
        if at.is_some_and(|at| known.is_none_or(|known| at < known)) {
            self.set_due(what, at);
        }
    }

    /// Sets the moment at which `what` is due, or that it is not.
    pub(super) fn set_due(&mut self, what: Due, at: Option<ServerTime>) {
        let before = match at {
            Some(at) => self.due_of.insert(what, at),
            None => self.due_of.remove(&what),
        };
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.due.remove(&(before, what));
        }
        if let Some(at) = at {
            self.due.insert((at, what));
        }
    }

    /// A thing of a trip that has left the state.
    pub(crate) fn forget(&mut self, trip: TripId, what: Subject) {
        let belongings = self.of_trip.get_mut(&trip);
        if belongings.is_some_and(|belongings| belongings.remove(&what) && belongings.is_empty()) {
            self.of_trip.remove(&trip);
        }
    }

    /// The document and the route of a trip, as they stand now.
    fn bind(&mut self, trip: TripId, papers: [Option<Subject>; 2]) {
        let before = self.papers_of.insert(trip, papers).unwrap_or_default();
        if before != papers {
            self.unbind(trip, before);
            for paper in papers.into_iter().flatten() {
                self.on_paper.entry(paper).or_default().insert(trip);
            }
        }
    }

    fn unbind(&mut self, trip: TripId, papers: [Option<Subject>; 2]) {
        for paper in papers.into_iter().flatten() {
            let trips = self.on_paper.get_mut(&paper);
            if trips.is_some_and(|trips| trips.remove(&trip) && trips.is_empty()) {
                self.on_paper.remove(&paper);
            }
        }
    }

    /// A trip that has left the state.
    fn forget_trip(&mut self, trip: TripId) {
        for what in self.of_trip.remove(&trip).into_iter().flatten() {
            if let Subject::Photo(photo) = what {
                self.photos.remove(&photo);
            }
        }
        let papers = self.papers_of.remove(&trip).unwrap_or_default();
        self.unbind(trip, papers);
    }

    fn belong(&mut self, trip: Option<TripId>, what: Subject) {
        if let Some(trip) = trip {
            self.of_trip.entry(trip).or_default().insert(what);
        }
    }
}

/// A number for a name, for comparing numbers is quicker than comparing text all over memory.
fn name(protocol: Protocol, device: &DeviceId) -> u64 {
    hash::fnv(hash::FNV_START.wrapping_add(protocol as u64), device.0.as_bytes())
}

/// The key of an alarm: by its trip, or by its seal where it is on none.
pub fn alarm_key(trip: Option<TripId>, seal: Option<SealId>, code: AlarmCode) -> AlarmKey {
    (trip, if trip.is_some() { None } else { seal }, code)
}

/// Whether a trip in that state keeps its container from others.
pub fn holds_container(state: TripState) -> bool {
    state.number().is_some_and(|number| (3..=13).contains(&number))
}

impl State {
    /// Brings the index up to date with one record; called after every change of it.
    pub fn refresh(&mut self, what: Subject) {
        match what {
            Subject::Trip(trip) => self.refresh_trip(trip),
            Subject::Alarm(alarm) => self.refresh_alarm(alarm),
            Subject::Grant(id) => {
                let grant = self.grants.get(&id);
                let due = grant
                    .filter(|grant| grant.ended.is_none())
                    .map(|grant| grant.grant.until);
                let trip = grant.map(|grant| grant.grant.trip);
                self.index.set_due(what, due);
                self.index.belong(trip, what);
            }
            Subject::Seal(id) => {
                let label = self.seals.get(&id).map(|seal| &seal.registration.label);
                // A printed number never changes, nor does the name a seal speaks under.
                if let Some(registration) = self.seals.get(&id).map(|seal| &seal.registration) {
                    let name = name(registration.protocol, &registration.device);
                    self.index.names.insert(name, id);
                }
                if let Some(label) = label.filter(|label| !self.index.labels.contains_key(*label)) {
                    self.index.labels.insert(label.clone(), id);
                }
            }
            Subject::Person(id) => {
                if let Some(person) = self.persons.get(&id) {
                    self.index.persons.entry(person.subject).or_insert(id);
                }
            }
            Subject::Document(id) => {
                // The number of a document never changes.
                if let Some(document) = self.documents.get(&id) {
                    let number = &document.paper.number;
                    self.index.numbers.entry(number.clone()).or_default().insert(id);
                }
            }
            Subject::Invitation(id) => {
                let due = self.invitations.get(&id).map(|invitation| invitation.until);
                self.index.set_due(what, due);
            }
            Subject::Order(id) => {
                let trip = self.orders.get(&id).and_then(|order| order.trip);
                self.index.belong(trip, what);
            }
            Subject::Message(id) => {
                let trip = self.messages.get(&id).map(|message| message.trip);
                self.index.belong(trip, what);
            }
            _ => {}
        }
    }

    /// When a trip must be looked at again.
    pub(crate) fn refresh_trip_due(&mut self, id: TripId) {
        let due = self.trips.get(&id).and_then(Trip::due);
        self.index.set_due(Subject::Trip(id), due);
    }

    /// Whether a limit of `what` is due; the index may know an earlier moment than the true one.
    pub(crate) fn is_due(&self, what: Due, now: ServerTime) -> bool {
        match what {
            Subject::Trip(trip) => self
                .trips
                .get(&trip)
                .and_then(Trip::due)
                .is_some_and(|due| due <= now),
            _ => true,
        }
    }

    /// Limits that reports have put off stand at their true moments again, as far as the moments known for them have come:
    /// a few of the first, and as many as it takes until the very first is true. Asked before `next_deadline`; no verdict
    /// depends on it.
    pub fn settle_limits(&mut self, now: ServerTime) {
        loop {
            let put_off: alloc::vec::Vec<TripId> = self.put_off(now, DUE_LIMIT).collect();
            put_off.into_iter().for_each(|trip| self.refresh_trip_due(trip));
            if self.put_off(now, 1).next().is_none() {
                return;
            }
        }
    }

    /// Of the first limits that have come, those of trips that are due at another moment.
    fn put_off(&self, now: ServerTime, looked_at: usize) -> impl Iterator<Item = TripId> {
        let come = self.index.due.iter().take_while(move |(at, _)| *at <= now);
        come.take(looked_at).filter_map(|(at, what)| match what {
            Subject::Trip(id) => {
                let due = self.trips.get(id).and_then(Trip::due);
                (due != Some(*at)).then_some(*id)
            }
            _ => None,
        })
    }

    fn refresh_trip(&mut self, id: TripId) {
        self.refresh_trip_due(id);
        let Some(trip) = self.trips.get(&id) else {
            self.index.forget_trip(id);
            return;
        };
        let papers = [
            trip.document.map(Subject::Document),
            trip.route.map(Subject::Route),
        ];
        self.index.bind(id, papers);
        for photo in trip.photos.keys() {
            if self.index.photos.insert(*photo, id).is_none() {
                self.index.belong(Some(id), Subject::Photo(*photo));
            }
        }
        let container = &trip.request.container;
        if holds_container(trip.state) {
            if self.index.containers.get(container) != Some(&id) {
                self.index.containers.insert(container.clone(), id);
            }
        } else if self.index.containers.get(container) == Some(&id) {
            self.index.containers.remove(container);
        }
    }

    fn refresh_alarm(&mut self, id: AlarmId) {
        let what = Subject::Alarm(id);
        let Some(alarm) = self.alarms.get(&id) else {
            self.index.set_due(what, None);
            return;
        };
        let finding = &alarm.finding;
        let key = alarm_key(finding.trip, finding.seal, finding.code);
        let (trip, due) = (finding.trip, alarm.due());
        if alarm.stage == AlarmStage::Closed {
            self.index.open_alarms.remove(&key);
        } else {
            self.index.open_alarms.insert(key, id);
        }
        self.index.set_due(what, due);
        self.index.belong(trip, what);
    }

    /// Builds everything that is derived from the records; called once after a state was read back.
    pub fn rebuild(&mut self) {
        self.index = Index::default();
        let subjects: alloc::vec::Vec<Subject> = (self.trips.keys().map(|id| Subject::Trip(*id)))
            .chain(self.seals.keys().map(|id| Subject::Seal(*id)))
            .chain(self.alarms.keys().map(|id| Subject::Alarm(*id)))
            .chain(self.grants.keys().map(|id| Subject::Grant(*id)))
            .chain(self.persons.keys().map(|id| Subject::Person(*id)))
            .chain(self.documents.keys().map(|id| Subject::Document(*id)))
            .chain(self.invitations.keys().map(|id| Subject::Invitation(*id)))
            .chain(self.orders.keys().map(|id| Subject::Order(*id)))
            .chain(self.messages.keys().map(|id| Subject::Message(*id)))
            .collect();
        for what in subjects {
            self.refresh(what);
        }
        for route in self.routes.values_mut() {
            route.compile();
        }
    }
}

impl Alarm {
    /// When somebody must be told that nobody has reacted; after it was closed, when it leaves.
    pub fn due(&self) -> Option<ServerTime> {
        match self.stage {
            AlarmStage::Closed => self.kept_until,
            _ => self.escalate_due,
        }
    }
}

impl Trip {
    /// The first moment at which a limit of this trip runs out.
    pub fn due(&self) -> Option<ServerTime> {
        let Self {
            request: _,
            edition: _,
            state,
            opened: _,
            document: _,
            line: _,
            route: _,
            seal: _,
            technician: _,
            bolt_seal: _,
            closed: _,
            departure: _,
            check: _,
            decision: _,
            grant: _,
            openings: _,
            clocks,
            photos: _,
            moves: _,
            journey: _,
            received_reports: _,
            interval,
            skp,
            watch,
            document_expires: _,
            archive_due,
            lapse_due: _,
        } = self;
        if state.is_over() {
            return [*archive_due, skp.locations_due].into_iter().flatten().min();
        }
        let clock = clocks
            .values()
            .filter(|run| run.is_running())
            // A limit is met to its last millisecond, so it is overdue only after that.
            .map(|run| run.due.plus_ms(1))
            .min();
        let interval = interval.filter(IntervalOrder::waits).map(|order| order.due);
        let paper = self.paper_due();
        let lapse = self.lapse_due();
        [clock, interval, skp.locations_due, watch.due(), paper, lapse]
            .into_iter()
            .flatten()
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_orders_and_messages_of_a_trip_are_told_apart() {
        let mut index = Index::default();
        let trip = TripId(7);
        let of_it = [
            Subject::Alarm(AlarmId(0)),
            Subject::Alarm(AlarmId(u64::MAX)),
            Subject::Photo(PhotoId(3)),
            Subject::Order(OrderId(4)),
            Subject::Message(MessageId(5)),
        ];
        of_it.iter().for_each(|what| index.belong(Some(trip), *what));
        index.belong(Some(TripId(8)), Subject::Alarm(AlarmId(1)));
        let some = |which| index.some_of_trip(trip, which).collect::<alloc::vec::Vec<_>>();
        assert_eq!(some(ALARMS), of_it[..2]);
        assert_eq!(
            (some(ORDERS), some(MESSAGES)),
            (of_it[3..4].into(), of_it[4..].into())
        );
    }
}
