//! How a decision grows: the first event is decided from the state, and what follows from it is decided with it in mind.
//!
//! The state itself is only read. The few records that an event of this decision changes are copied into a small scratch
//! state and folded there by the same `apply`, so that a rule always reads what the engine's state will say afterwards.
//! A plain report emits nothing and copies nothing.

use alloc::boxed::Box;
use alloc::vec::Vec;

use segel_model::event::Subject;
use segel_model::input::{CommandInput, ReportInput};
use segel_model::rulebook::Edition;
use segel_model::{
    AlarmId, Command, DocumentId, Event, EventTime, GrantId, Input, MessageId, Observed, OrderId, Refusal,
    RouteId, Rulebook, SealId, ServerTime, TripId,
};

use crate::state::{
    Alarm, Counters, Document, GrantRecord, Message, Order, Route, Seal, State, Trip, index::AlarmKey,
};
use crate::{Answer, Decision, Stamp, alarms, fold, refusals, subjects, watch};

/// What a command comes to: what it created, or why it is refused.
pub type Outcome = Result<Option<Subject>, Refusal>;

/// Limits that one tick looks at; the rest is still due and comes with the next tick.
pub const DUE_LIMIT: usize = 256;

/// A decision in the making.
pub struct Deciding<'a> {
    /// The state before the input.
    pub base: &'a State,
    /// The rules.
    pub rules: &'a Rulebook,
    /// When, and who asks.
    pub stamp: Stamp,
    /// What was judged about the report at hand.
    observed: Option<Observed>,
    events: Vec<Event>,
    scratch: Option<Box<State>>,
}

pub(crate) fn decide(state: &State, input: &Input, now: ServerTime, rules: &Rulebook) -> Decision {
    let stamp = Stamp::of(input, now);
    let mut deciding = Deciding {
        base: state,
        rules,
        stamp,
        observed: None,
        events: Vec::new(),
        scratch: None,
    };
    let answer = deciding.input(input);
    Decision {
        observed: deciding.observed,
        events: deciding.events,
        answer,
    }
}

impl<'a> Deciding<'a> {
    fn input(&mut self, input: &Input) -> Answer {
        match input {
            Input::Report(report) => self.report(report),
            Input::Command(command) => return self.command(command),
            Input::Tick => self.tick(),
            Input::Revisit { trip, neighbours } => watch::revisit(self, *trip, neighbours),
            _ => {}
        }
        Answer::None
    }

    fn report(&mut self, input: &ReportInput) {
        let observed = watch::judge(self, input);
        self.observed = Some(observed.clone());
        if observed.seal.is_none() {
            return;
        }
        if observed.standing == segel_model::observed::Standing::Repeat {
            return;
        }
        watch::follow(self, input, &observed);
    }

    fn command(&mut self, input: &CommandInput) -> Answer {
        let outcome = self.perform(&input.command, self.event_time(input));
        match outcome {
            Ok(created) => Answer::Accepted { created },
            Err(refusal) => self.refuse(input, refusal),
        }
    }

    /// A refused person is evidence; whatever had been decided on the way to the refusal is not.
    fn refuse(&mut self, input: &CommandInput, refusal: Refusal) -> Answer {
        self.events.clear();
        self.scratch = None;
        if input.principal.person().is_some() {
            self.events.push(Event::Refused {
                principal: input.principal.clone(),
                command: input.command.name().into(),
                refusal: refusal.clone(),
                trip: subjects::trip_of(self.base, &input.command),
            });
        }
        Answer::Refused(refusal)
    }

    /// When the asker did it: the phone's time, corrected, for work done off line; else now.
    fn event_time(&self, input: &CommandInput) -> EventTime {
        input
            .recorded
            .map_or(EventTime::from_receipt(self.now()), |said| {
                EventTime::from_recorded(said, input.recorded_offset_ms, self.now())
            })
    }

    fn perform(&mut self, _command: &Command, _at: EventTime) -> Outcome {
        Err(refusals::no_such_trip())
    }

    fn tick(&mut self) {
        let due: Vec<Subject> = self.base.index.due_until(self.now()).take(DUE_LIMIT).collect();
        for what in due {
            match what {
                Subject::Trip(trip) => self.tick_trip(trip),
                Subject::Alarm(alarm) => alarms::tick(self, alarm),
                _ => {}
            }
        }
    }

    fn tick_trip(&mut self, trip: TripId) {
        watch::tick(self, trip);
    }
}

/// What rules read and write.
impl<'a> Deciding<'a> {
    /// When this is decided.
    pub fn now(&self) -> ServerTime {
        self.stamp.at
    }

    /// The events so far.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The next number of each kind.
    pub fn next(&self) -> Counters {
        self.scratch
            .as_ref()
            .map_or(self.base.next, |scratch| scratch.next)
    }

    /// Decides a fact: it joins the events, and everything read from now on has it in mind.
    pub fn emit(&mut self, event: Event) {
        let touched = subjects::touched(self.base, &event);
        let mut scratch = self.scratch.take().unwrap_or_else(|| {
            Box::new(State {
                next: self.base.next,
                service: self.base.service.clone(),
                ..State::default()
            })
        });
        for what in touched {
            scratch.borrow_record(self.base, what, self.observed.as_ref());
        }
        fold::apply(&mut scratch, &event, &self.stamp);
        self.scratch = Some(scratch);
        self.events.push(event);
    }

    /// A trip, as it stands after the events so far.
    pub fn trip(&self, id: TripId) -> Option<&Trip> {
        self.changed(|state| state.trips.get(&id))
    }

    /// The trip, or the refusal that says there is none.
    pub fn find_trip(&self, id: TripId) -> Result<&Trip, Refusal> {
        self.trip(id).ok_or_else(refusals::no_such_trip)
    }

    /// A seal, as it stands after the events so far.
    pub fn seal(&self, id: SealId) -> Option<&Seal> {
        self.changed(|state| state.seals.get(&id))
    }

    /// A document, as it stands after the events so far.
    pub fn document(&self, id: DocumentId) -> Option<&Document> {
        self.changed(|state| state.documents.get(&id))
    }

    /// A route, as it stands after the events so far.
    pub fn route(&self, id: RouteId) -> Option<&Route> {
        self.changed(|state| state.routes.get(&id))
    }

    /// A grant, as it stands after the events so far.
    pub fn grant(&self, id: GrantId) -> Option<&GrantRecord> {
        self.changed(|state| state.grants.get(&id))
    }

    /// An alarm, as it stands after the events so far.
    pub fn alarm(&self, id: AlarmId) -> Option<&Alarm> {
        self.changed(|state| state.alarms.get(&id))
    }

    /// An order, as it stands after the events so far.
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.changed(|state| state.orders.get(&id))
    }

    /// A message, as it stands after the events so far.
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        self.changed(|state| state.messages.get(&id))
    }

    /// The open alarm of that key, after the events so far.
    pub fn open_alarm(&self, key: &AlarmKey) -> Option<AlarmId> {
        let raised_here = self
            .scratch
            .as_ref()
            .and_then(|scratch| scratch.index.open_alarm(key));
        raised_here.or_else(|| {
            let before = self.base.index.open_alarm(key)?;
            self.alarm(before).is_some_and(Alarm::is_open).then_some(before)
        })
    }

    /// All open alarms of a trip, after the events so far.
    pub fn open_alarms_of(&self, trip: TripId) -> Vec<AlarmId> {
        let here = self
            .scratch
            .as_ref()
            .into_iter()
            .flat_map(|scratch| scratch.index.open_alarms_of(trip));
        let mut all: Vec<AlarmId> = self.base.index.open_alarms_of(trip).chain(here).collect();
        all.sort_unstable();
        all.dedup();
        all.retain(|alarm| self.alarm(*alarm).is_some_and(Alarm::is_open));
        all
    }

    /// The rules a trip is judged by: those of the day it was opened.
    pub fn edition_of(&self, trip: &Trip) -> &'a Edition {
        self.rules
            .edition(trip.edition)
            .unwrap_or_else(|| self.rules.in_force(self.stamp.at))
    }

    fn changed<T>(&self, find: impl Fn(&State) -> Option<&T>) -> Option<&T> {
        self.scratch
            .as_deref()
            .and_then(&find)
            .or_else(|| find(self.base))
    }
}

impl State {
    /// Copies a record of `base` that an event is about to change, unless it has been copied before.
    fn borrow_record(&mut self, base: &State, what: Subject, observed: Option<&Observed>) {
        match what {
            Subject::Trip(id) => {
                if copy(&mut self.trips, &base.trips, id)
                    && let Some(observed) = observed.filter(|observed| observed.trip == Some(id))
                {
                    fold::observe_trip(self, id, observed);
                }
            }
            Subject::Seal(id) => {
                if copy(&mut self.seals, &base.seals, id)
                    && let Some(observed) = observed.filter(|observed| observed.seal == Some(id))
                {
                    fold::observe_seal(self, id, observed);
                }
            }
            Subject::Document(id) => drop(copy(&mut self.documents, &base.documents, id)),
            Subject::Route(id) => drop(copy(&mut self.routes, &base.routes, id)),
            Subject::Alarm(id) => drop(copy(&mut self.alarms, &base.alarms, id)),
            Subject::Grant(id) => drop(copy(&mut self.grants, &base.grants, id)),
            Subject::Person(id) => drop(copy(&mut self.persons, &base.persons, id)),
            Subject::Organisation(id) => drop(copy(&mut self.organisations, &base.organisations, id)),
            Subject::Invitation(id) => drop(copy(&mut self.invitations, &base.invitations, id)),
            Subject::Token(id) => drop(copy(&mut self.tokens, &base.tokens, id)),
            Subject::Order(id) => drop(copy(&mut self.orders, &base.orders, id)),
            Subject::Message(id) => drop(copy(&mut self.messages, &base.messages, id)),
            Subject::Photo(_) => {}
        }
    }
}

fn copy<K: Ord + Copy, V: Clone>(
    to: &mut alloc::collections::BTreeMap<K, V>,
    from: &alloc::collections::BTreeMap<K, V>,
    key: K,
) -> bool {
    let Some(record) = from.get(&key) else {
        return false;
    };
    let absent = !to.contains_key(&key);
    if absent {
        to.insert(key, record.clone());
    }
    absent
}
