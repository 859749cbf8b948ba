//! How a decision grows: the first event is decided from the state, and what follows from it is decided with it in mind.
//!
//! The state itself is only read. The few records that an event of this decision changes are copied into a small scratch
//! state and folded there by the same `apply`, so that a rule always reads what the engine's state will say afterwards.
//! A plain report emits nothing and copies nothing.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::ops::RangeInclusive;

use segel_geo::Position;
use segel_model::event::Subject;
use segel_model::input::{CommandInput, ReportInput};
use segel_model::rulebook::Edition;
use segel_model::skp::Delivery;
use segel_model::{
    AlarmId, Command, DocumentId, Event, EventTime, GrantId, Input, MessageId, Observed, OfficeCode, OrderId,
    PersonId, Refusal, RouteId, Rulebook, SealId, ServerTime, TripId,
};

use crate::state::{
    Alarm, Counters, Document, GrantRecord, Message, Order, Route, Seal, State, Trip,
    index::{ALARMS, AlarmKey, MESSAGES, ORDERS},
};
use crate::words::Tongue;
use crate::{
    Answer, Decision, Stamp, alarms, arrival, assign, check, clocks, departure, documents, fold, gate,
    install, may, people, photos, recorded, refusals, removal, reporting, routes, service, skp, stock,
    subjects, trip, unlock, watch,
};

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
    /// The seal and the trip of the report at hand, as they were before it: every rule asks for them.
    at_hand: AtHand<'a>,
    /// What was judged about the report at hand.
    observed: Option<Observed>,
    /// How exact its fix is, as the seal says.
    accuracy_m: Option<f32>,
    events: Vec<Event>,
    scratch: Option<Box<State>>,
}

/// Records that were found once for a whole decision.
#[derive(Default)]
struct AtHand<'a> {
    seal: Option<(SealId, &'a Seal)>,
    trip: Option<(TripId, &'a Trip)>,
}

pub(crate) fn decide(state: &State, input: &Input, now: ServerTime, rules: &Rulebook) -> Decision {
    let mut deciding = Deciding::new(state, rules, Stamp::of(input, now));
    let answer = deciding.input(input);
    Decision {
        observed: deciding.observed,
        events: deciding.events,
        answer,
    }
}

impl<'a> Deciding<'a> {
    /// A decision about which nothing is decided yet.
    pub(crate) fn new(base: &'a State, rules: &'a Rulebook, stamp: Stamp) -> Self {
        Self {
            base,
            rules,
            stamp,
            at_hand: AtHand::default(),
            observed: None,
            accuracy_m: None,
            events: Vec::new(),
            scratch: None,
        }
    }

    /// Nothing is asked: rules are only looked at.
    pub(crate) fn looking(base: &'a State, now: ServerTime, rules: &'a Rulebook) -> Self {
        let stamp = Stamp {
            at: now,
            principal: None,
        };
        Self::new(base, rules, stamp)
    }

    fn input(&mut self, input: &Input) -> Answer {
        match input {
            Input::Report(report) => self.report(report),
            Input::Command(command) => return self.command(command),
            Input::Tick => self.tick(),
            Input::OrderSent { order } => unlock::order_sent(self, *order),
            Input::OrderEnded { order, outcome } => unlock::order_ended(self, *order, outcome),
            Input::CheckOpening { order, grant } => return unlock::check_opening(self, *order, *grant),
            Input::Skp { message, delivery } => skp::answered(self, *message, delivery),
            Input::IdentityDoubt { seal, why } => stock::doubt(self, *seal, why),
            Input::Revisit {
                trip,
                neighbours,
                cut_at,
            } => watch::revisit(self, *trip, neighbours, *cut_at),
            Input::Started { last_listened } => service::started(self, *last_listened),
            Input::Stopping => service::stopping(self),
            Input::ClockStepped { by_ms } => service::clock_stepped(self, *by_ms),
            Input::HistorySealed {
                from_commit,
                until_commit,
                hashes,
            } => service::history_sealed(self, *from_commit, *until_commit, hashes),
            Input::Oddities { .. } => {}
        }
        self.follow();
        Answer::None
    }

    fn report(&mut self, input: &ReportInput) {
        let observed = watch::judge(self, input);
        self.observed = Some(observed.clone());
        self.accuracy_m = input.report.fix.as_ref().and_then(|fix| fix.accuracy_m);
        let Some(seal) = observed.seal else {
            return stock::quarantine(self, input);
        };
        stock::modem(self, seal, &input.report);
        if observed.standing == segel_model::observed::Standing::Repeat {
            return;
        }
        install::follow(self, input, &observed);
        removal::follow(self, input, &observed);
        departure::follow(self, &observed);
        arrival::follow(self, &observed);
        watch::follow(self, input, &observed);
        skp::heard(self, &observed);
    }

    fn command(&mut self, input: &CommandInput) -> Answer {
        let when = recorded::when(self, input);
        let outcome = may::may(&input.principal, &input.command, self.base)
            .and_then(|()| self.perform(&input.command, when.at));
        match outcome {
            Ok(created) => {
                recorded::tell(self, when);
                self.follow();
                Answer::Accepted { created }
            }
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

    fn perform(&mut self, command: &Command, at: EventTime) -> Outcome {
        use Command as C;
        match command {
            C::RegisterOrganisation { name, kind, npwp } => {
                people::register(self, name, *kind, npwp.as_deref())
            }
            C::Invite {
                role,
                belongs,
                code,
                until,
            } => people::invite(self, *role, belongs, *code, *until),
            C::Join { code, subject } => people::join(self, *code, *subject),
            C::RevokeInvitation { invitation } => people::revoke_invitation(self, *invitation),
            C::DisablePerson { person, reason } => people::disable(self, *person, reason),
            C::IssueToken { label, hash, until } => people::issue_token(self, label, *hash, *until),
            C::RevokeToken { token } => people::revoke_token(self, *token),
            C::RegisterSeal(registration) => stock::register(self, registration),
            C::CertifySeal { seal, certificate } => stock::certify(self, *seal, certificate),
            C::SetSealCondition { seal, condition } => stock::set_condition(self, *seal, condition),
            C::ClearDoubt { seal, reason } => stock::clear_doubt(self, *seal, reason),
            C::UnmaskReport {
                seal,
                commit,
                ordinal,
                trip,
                reason,
            } => stock::unmask(self, *seal, (*commit, *ordinal), *trip, reason),
            C::OrderSeal { seal, order, reason } => unlock::order_harmless(self, *seal, order, reason),
            C::RegisterDocument(paper) => documents::register(self, paper),
            C::VerifyDocument {
                document,
                approved,
                remark,
            } => documents::verify(self, *document, approved, remark),
            C::RefuseDocument { document, reason } => documents::refuse(self, *document, reason),
            C::CancelDocument { document, reason } => documents::cancel(self, *document, reason),
            C::ProposeRoute(plan) => routes::propose(self, plan),
            C::ApproveRoute { route, remark } => routes::approve(self, *route, remark),
            C::RefuseRoute { route, reason } => routes::refuse(self, *route, reason),
            C::OpenTrip(request) => gate::open(self, request, at),
            C::AttachDocument { trip, document } => gate::attach(self, *trip, *document, at),
            C::SubmitTrip { trip } => gate::submit(self, *trip, at),
            C::PlanTrip { trip, route } => routes::plan_trip(self, *trip, *route, at),
            C::NameDriver { trip, driver } => trip::name_driver(self, *trip, *driver),
            C::CancelTrip { trip, reason } => trip::cancel(self, *trip, reason, at),
            C::AssignSeal {
                trip,
                seal,
                technician,
            } => assign::assign(self, *trip, *seal, *technician, at),
            C::ReleaseSeal { trip, reason } => assign::release(self, *trip, reason, at),
            C::BeginInstall {
                trip,
                container,
                seal_label,
                place,
                bolt_seal,
            } => {
                let scan = install::Scan {
                    container,
                    seal_label,
                    place: *place,
                    bolt_seal: bolt_seal.as_deref(),
                };
                install::begin(self, *trip, &scan, at)
            }
            C::RecordInstalled { trip, reason } => install::record(self, *trip, reason, at),
            C::AuthoriseDeparture { trip, remark } => departure::authorise(self, *trip, remark),
            C::ConfirmArrival { trip, reason } => arrival::confirm(self, *trip, reason, at),
            C::CheckSeal {
                trip,
                number_matches,
                looks_untouched,
                remark,
            } => {
                let seen = check::Seen {
                    number_matches: *number_matches,
                    looks_untouched: *looks_untouched,
                };
                check::check(self, *trip, seen, remark, at)
            }
            C::DecideHeldTrip {
                trip,
                release,
                reason,
            } => check::decide(self, *trip, *release, reason, at),
            C::GrantRemoval {
                trip,
                executor,
                method,
                place,
                window_s,
                reason,
            } => {
                let wish = unlock::Wish {
                    executor: *executor,
                    method,
                    place: place.as_ref(),
                    window_s: *window_s,
                };
                unlock::grant(self, *trip, &wish, reason, at)
            }
            C::RevokeGrant { grant, reason } => unlock::revoke(self, *grant, reason, at),
            C::VouchPlace { grant, reason } => unlock::vouch(self, *grant, reason),
            C::Unlock { grant, place } => unlock::ask(self, *grant, *place),
            C::RecordOpened { grant, place } => removal::record_opened(self, *grant, *place, at),
            C::FinishRemoval { trip, place } => removal::finish(self, *trip, *place, at),
            C::AddPhoto {
                trip,
                step,
                kind,
                facts,
            } => photos::add(self, *trip, *step, *kind, facts),
            C::RejectPhoto { photo, reason } => photos::reject(self, *photo, reason),
            C::AcknowledgeAlarm { alarm } => alarms::acknowledge(self, *alarm),
            C::InvestigateAlarm { alarm, note } => alarms::investigate(self, *alarm, note),
            C::CommentAlarm { alarm, note } => alarms::comment(self, *alarm, note),
            C::CloseAlarm {
                alarm,
                outcome,
                reason,
            } => alarms::close(self, *alarm, *outcome, reason),
            C::RepairMessage {
                message,
                corrections,
                reason,
            } => skp::repair(self, *message, corrections, reason),
        }
    }

    fn tick(&mut self) {
        let now = self.now();
        let due = self.base.index.due_until(now);
        let due: Vec<Subject> = due
            .filter(|what| self.base.is_due(*what, now))
            .take(DUE_LIMIT)
            .collect();
        for what in due {
            match what {
                Subject::Trip(trip) => self.tick_trip(trip),
                Subject::Alarm(alarm) => alarms::tick(self, alarm),
                Subject::Grant(grant) => unlock::tick(self, grant),
                Subject::Invitation(invitation) => people::tick(self, invitation),
                _ => {}
            }
        }
    }

    fn tick_trip(&mut self, trip: TripId) {
        clocks::tick(self, trip);
        documents::tick(self, trip);
        reporting::tick(self, trip);
        skp::tick(self, trip);
        watch::tick(self, trip);
        trip::lapse(self, trip);
        trip::tick(self, trip);
    }

    /// What follows from the events so far, whatever they came from: critical news freezes a removal, and SKP is told.
    fn follow(&mut self) {
        check::follow(self);
        skp::follow(self);
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

    /// The report at hand is of this seal; it is found once for all rules.
    pub fn take_seal(&mut self, id: SealId) -> Option<&'a Seal> {
        let seal = self.base.seal(id)?;
        self.at_hand.seal = Some((id, seal));
        Some(seal)
    }

    /// The report at hand belongs to this trip; it is found once for all rules.
    pub fn take_trip(&mut self, id: TripId) -> Option<&'a Trip> {
        let trip = self.base.trip(id)?;
        self.at_hand.trip = Some((id, trip));
        Some(trip)
    }

    /// A seal, as it stood before the input.
    pub fn seal_before(&self, id: SealId) -> Option<&'a Seal> {
        match self.at_hand.seal {
            Some((known, seal)) if known == id => Some(seal),
            _ => self.base.seal(id),
        }
    }

    /// A trip, as it stood before the input.
    pub fn trip_before(&self, id: TripId) -> Option<&'a Trip> {
        match self.at_hand.trip {
            Some((known, trip)) if known == id => Some(trip),
            _ => self.base.trip(id),
        }
    }

    /// A trip, as it stands after the events so far.
    pub fn trip(&self, id: TripId) -> Option<&Trip> {
        let here = self.scratch.as_ref().and_then(|scratch| scratch.trips.get(&id));
        here.or_else(|| self.trip_before(id))
    }

    /// The trip, or the refusal that says there is none.
    pub fn find_trip(&self, id: TripId) -> Result<&Trip, Refusal> {
        self.trip(id).ok_or_else(refusals::no_such_trip)
    }

    /// A seal, as it stands after the events so far.
    pub fn seal(&self, id: SealId) -> Option<&Seal> {
        let here = self.scratch.as_ref().and_then(|scratch| scratch.seals.get(&id));
        here.or_else(|| self.seal_before(id))
    }

    /// The seal, or the refusal that says there is none.
    pub fn find_seal(&self, id: SealId) -> Result<&Seal, Refusal> {
        self.seal(id).ok_or_else(refusals::no_such_seal)
    }

    /// How a seal is spoken to.
    pub fn tongue_of(&self, seal: &Seal) -> Tongue<'a> {
        Tongue::of(&seal.registration, self.rules, self.now())
    }

    /// Who asks.
    pub fn person(&self) -> Option<PersonId> {
        self.stamp
            .principal
            .as_ref()
            .and_then(|principal| principal.person())
    }

    /// Where a trip's seal was last known to be.
    pub fn place_of(&self, trip: &Trip) -> Option<Position> {
        let seal = self.seal(trip.seal?)?;
        let here = self
            .reported_of(trip)
            .and_then(|observed| observed.place)
            .map(|place| place.position);
        here.or(seal.moving.place.map(|here| here.place.position))
    }

    /// How fast it moved there.
    pub fn speed_of(&self, trip: &Trip) -> Option<f32> {
        let reported = self.reported_of(trip).and_then(|observed| observed.place);
        let known = || Some(self.seal(trip.seal?)?.moving.place?.place);
        reported.or_else(known)?.speed_kmh
    }

    /// How exact the place is, where the report at hand says so; no judgement of an earlier one keeps it.
    pub fn accuracy_of(&self, trip: &Trip) -> Option<f32> {
        self.reported_of(trip).and(self.accuracy_m)
    }

    fn reported_of(&self, trip: &Trip) -> Option<&Observed> {
        self.observed
            .as_ref()
            .filter(|observed| observed.seal.is_some() && observed.seal == trip.seal)
    }

    /// The offices of a trip, origin first.
    pub fn offices_of(&self, trip: &Trip) -> Option<(&OfficeCode, &OfficeCode)> {
        let paper = &self.document(trip.document?)?.paper;
        Some((&paper.office, &paper.destination_office))
    }

    /// Orders for a trip, after the events so far.
    pub fn orders_of(&self, trip: TripId) -> impl Iterator<Item = (OrderId, &Order)> {
        self.of_trip(trip, ORDERS)
            .into_iter()
            .filter_map(|what| match what {
                Subject::Order(id) => Some((id, self.order(id)?)),
                _ => None,
            })
    }

    /// Every alarm of a trip, closed ones too, after the events so far.
    pub fn alarms_of(&self, trip: TripId) -> impl Iterator<Item = &Alarm> {
        self.of_trip(trip, ALARMS)
            .into_iter()
            .filter_map(|what| match what {
                Subject::Alarm(id) => self.alarm(id),
                _ => None,
            })
    }

    /// Messages about a trip that SKP has not taken, after the events so far.
    pub fn messages_of(&self, trip: TripId) -> impl Iterator<Item = (MessageId, &Message)> {
        self.of_trip(trip, MESSAGES)
            .into_iter()
            .filter_map(|what| match what {
                Subject::Message(id) if !self.taken_now(id) => Some((id, self.message(id)?)),
                _ => None,
            })
    }

    fn taken_now(&self, id: MessageId) -> bool {
        let taken = |event: &Event| matches!(event, Event::MessageAnswered { message, delivery: Delivery::Taken { .. } } if *message == id);
        self.events.iter().any(taken)
    }

    fn of_trip(&self, trip: TripId, which: RangeInclusive<Subject>) -> BTreeSet<Subject> {
        let here = self
            .scratch
            .as_ref()
            .into_iter()
            .flat_map(|scratch| scratch.index.some_of_trip(trip, which.clone()));
        let known = self.base.index.some_of_trip(trip, which.clone());
        known.chain(here).collect()
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
