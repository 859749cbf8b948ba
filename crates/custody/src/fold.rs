//! The fold: what each event and each judged report changes in the state. Total, and without rules: a rule is for
//! deciding, and yesterday's decisions are not decided again.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use segel_model::document::DocumentStatus;
use segel_model::event::Subject;
use segel_model::observed::{FixUse, Standing};
use segel_model::order::Outcome;
use segel_model::report::Lock;
use segel_model::route::RouteStatus;
use segel_model::seal::SealCondition;
use segel_model::skp::{Delivery, Lane};
use segel_model::trip::TripState;
use segel_model::{Event, Observed, SealId, SealOrder, ServerTime, TripId};

use crate::state::{
    ClockBreach, ClockRun, ClockStop, Closed, Document, GAPS_LIMIT, GrantRecord, HeldDecision, IntervalOrder,
    Invitation, Journey, Message, Moving, Opening, Order, Organisation, PastTrip, Person, Photo, PlaceAt,
    QUARANTINE_LIMIT, Route, Seal, SealCheck, Signed, SkpProgress, State, Token, Trip, Untold,
};
use crate::{Stamp, alarms, subjects, watch};

/// Folds one event.
pub fn apply(state: &mut State, event: &Event, stamp: &Stamp) {
    state.service.last_heard = Some(stamp.at);
    service(state, event, stamp);
    people(state, event, stamp);
    stock(state, event, stamp);
    papers(state, event, stamp);
    journeys(state, event, stamp);
    openings(state, event, stamp);
    messages(state, event, stamp);
    alarms::fold(state, event, stamp);
    watch::fold_event(state, event, stamp);
    for what in subjects::touched(state, event) {
        state.refresh(what);
    }
}

/// Folds one judged report: the moving parts of its seal, the counters and windows of its trip.
pub fn observe(state: &mut State, observed: &Observed) {
    state.service.last_heard = Some(observed.received);
    let Some(seal) = observed.seal else {
        state.quarantine.reports = state.quarantine.reports.saturating_add(1);
        return;
    };
    observe_seal(state, seal, observed);
    if let Some(trip) = observed.trip {
        observe_trip(state, trip, observed);
    }
}

pub(crate) fn observe_seal(state: &mut State, seal: SealId, observed: &Observed) {
    let Some(seal) = state.seals.get_mut(&seal) else {
        return;
    };
    seal.moving.observe(observed);
    watch::fold_seal(seal, observed);
}

pub(crate) fn observe_trip(state: &mut State, id: TripId, observed: &Observed) {
    let Some(trip) = state.trips.get_mut(&id) else {
        return;
    };
    if observed.standing != Standing::Repeat {
        trip.journey = trip.journey.after(observed);
        if trip
            .closed
            .as_ref()
            .is_some_and(|closed| closed.at <= observed.at)
        {
            trip.received_reports = trip.received_reports.saturating_add(1);
            trip.skp.observe(observed);
        }
    }
    watch::fold_trip(trip, observed);
    state.index.may_be_due(Subject::Trip(id), trip.due());
}

impl SkpProgress {
    /// A place of a sealed container that no message holds yet.
    fn observe(&mut self, observed: &Observed) {
        if observed.place.is_some() {
            let first = Untold::begin(observed.at);
            self.untold = Some(self.untold.map_or(first, |untold| untold.with(observed.at)));
        }
    }
}

impl Moving {
    /// Takes what is new in a report; a late one says nothing of the present.
    fn observe(&mut self, observed: &Observed) {
        // What is only said of it says nothing of its present.
        let heard = observed.is_sign_of_life();
        if heard {
            self.last_seen = self.last_seen.max(Some(observed.received));
        }
        if observed.standing == Standing::Repeat {
            return;
        }
        self.reports = self.reports.saturating_add(1);
        if !heard {
            return;
        }
        if observed.standing == Standing::Undated {
            // Signs of life tell no time, and of some seals nothing else tells the battery: it is what it is when they come.
            let told = observed
                .battery_percent
                .filter(|_| observed.device_time.is_none());
            self.battery_percent = told.or(self.battery_percent);
            return;
        }
        if self.last_at.is_some_and(|newest| observed.at < newest) {
            return;
        }
        self.last_at = Some(observed.at);
        self.place(observed);
        self.charging = observed.charging;
        self.battery_percent = observed.battery_percent.or(self.battery_percent);
        self.lock = Lock {
            rope: observed.lock.rope.or(self.lock.rope),
            motor: observed.lock.motor.or(self.lock.motor),
            cover: observed.lock.cover.or(self.lock.cover),
        };
        let sealed = self.lock.sealed() == Some(true);
        self.sealed_since = sealed.then(|| self.sealed_since.unwrap_or(observed.at));
    }

    fn place(&mut self, observed: &Observed) {
        let Some(place) = observed.place else { return };
        let here = PlaceAt {
            at: observed.at,
            place,
        };
        self.place = Some(here);
        if place.use_ == FixUse::Judges {
            self.judged = Some(here);
        }
    }
}

fn signed(stamp: &Stamp) -> Signed {
    Signed {
        by: stamp.principal.as_ref().and_then(|principal| principal.person()),
        at: stamp.at,
    }
}

fn service(state: &mut State, event: &Event, stamp: &Stamp) {
    match event {
        Event::ServiceGap { from, until } => {
            state.service.listening_since = Some(*until);
            state.service.stopped = false;
            state.service.gaps.push_back((*from, *until));
            if state.service.gaps.len() > GAPS_LIMIT {
                state.service.gaps.pop_front();
            }
        }
        Event::ServiceStopped => state.service.stopped = true,
        Event::ClockStepped { by_ms } => step_deadlines(state, *by_ms, stamp.at),
        _ => {}
    }
    state.service.listening_since.get_or_insert(stamp.at);
}

/// After a step of the wall clock every limit still takes as long as it should, and what runs is measured in the new time.
/// When we were absent moves with what it is taken off; what is measured to a clock that waits stays as it was.
fn step_deadlines(state: &mut State, by_ms: i64, now: ServerTime) {
    let step = |at: &mut ServerTime| *at = at.stepped(by_ms, now);
    for (from, until) in &mut state.service.gaps {
        (*from, *until) = (from.plus_ms(by_ms.max(0)), until.plus_ms(by_ms.max(0)));
    }
    for trip in state.trips.values_mut() {
        for run in trip.clocks.values_mut().filter(|run| run.is_running()) {
            step(&mut run.due);
            run.started = run.started.plus_ms(by_ms);
        }
        let since = trip.journey.destination_since.as_mut();
        since.into_iter().for_each(|since| *since = since.plus_ms(by_ms));
        with_some(&mut trip.interval, |interval| step(&mut interval.due));
        with_some(&mut trip.skp.locations_due, step);
        with_some(&mut trip.archive_due, step);
        with_some(&mut trip.lapse_due, step);
    }
    for grant in state.grants.values_mut().filter(|grant| grant.ended.is_none()) {
        grant.grant.from = grant.grant.from.plus_ms(by_ms);
        step(&mut grant.grant.until);
    }
    for alarm in state.alarms.values_mut() {
        with_some(&mut alarm.escalate_due, step);
        with_some(&mut alarm.kept_until, step);
    }
    state.rebuild();
}

fn people(state: &mut State, event: &Event, stamp: &Stamp) {
    match event {
        Event::OrganisationRegistered {
            organisation,
            name,
            kind,
            npwp,
        } => {
            let record = Organisation {
                name: name.clone(),
                kind: *kind,
                npwp: npwp.clone(),
            };
            state.organisations.insert(*organisation, record);
            state.next.organisation.0 = state.next.organisation.0.max(organisation.0 + 1);
        }
        Event::Invited {
            invitation,
            role,
            belongs,
            code,
            until,
        } => {
            let invited = signed(stamp);
            let record = Invitation {
                role: *role,
                belongs: belongs.clone(),
                code: *code,
                until: *until,
                invited,
            };
            state.invitations.insert(*invitation, record);
            state.next.invitation.0 = state.next.invitation.0.max(invitation.0 + 1);
        }
        Event::InvitationEnded { invitation } => drop(state.invitations.remove(invitation)),
        Event::PersonJoined {
            person,
            invitation,
            role,
            belongs,
            subject,
        } => {
            let record = Person {
                role: *role,
                belongs: belongs.clone(),
                subject: *subject,
                joined_at: stamp.at,
                disabled: None,
            };
            state.invitations.remove(invitation);
            state.persons.insert(*person, record);
            state.next.person.0 = state.next.person.0.max(person.0 + 1);
        }
        Event::PersonDisabled { person, reason } => {
            if let Some(record) = state.persons.get_mut(person) {
                record.disabled = Some(reason.clone());
            }
            state.tokens.retain(|_, token| token.person != *person);
        }
        Event::TokenIssued {
            token,
            person,
            label,
            hash,
            until,
        } => {
            let record = Token {
                person: *person,
                label: label.clone(),
                hash: *hash,
                until: *until,
            };
            state.tokens.insert(*token, record);
            state.next.token.0 = state.next.token.0.max(token.0 + 1);
        }
        Event::TokenRevoked { token } => drop(state.tokens.remove(token)),
        _ => {}
    }
}

fn stock(state: &mut State, event: &Event, stamp: &Stamp) {
    match event {
        Event::SealRegistered { seal, registration } => {
            let devices = state.devices.entry(registration.protocol).or_default();
            devices.insert(registration.device.clone(), *seal);
            if let Some(strangers) = state.quarantine.strangers.get_mut(&registration.protocol) {
                strangers.remove(&registration.device);
            }
            let record = Seal {
                registration: registration.clone(),
                condition: SealCondition::Ready,
                doubt: None,
                imei: None,
                clock_offset_ms: 0,
                moving: Moving::default(),
                trip: None,
                past: None,
                cards_inside: BTreeSet::new(),
                watch: Default::default(),
            };
            state.seals.insert(*seal, record);
            state.next.seal.0 = state.next.seal.0.max(seal.0 + 1);
        }
        Event::DeviceQuarantined { protocol, device } => {
            let known: usize = state.quarantine.strangers.values().map(BTreeMap::len).sum();
            if known < QUARANTINE_LIMIT {
                let strangers = state.quarantine.strangers.entry(*protocol).or_default();
                strangers.insert(device.clone(), stamp.at);
            }
        }
        Event::SealCertified { seal, certificate } => {
            with(&mut state.seals, seal, |seal| {
                seal.registration.certificate = Some(certificate.clone())
            });
        }
        Event::SealConditionSet { seal, condition } => {
            with(&mut state.seals, seal, |seal| seal.condition = condition.clone());
        }
        Event::SealDoubted { seal, why } => {
            with(&mut state.seals, seal, |seal| seal.doubt = Some(why.clone()))
        }
        Event::SealModemKnown { seal, imei } => {
            with(&mut state.seals, seal, |seal| seal.imei = Some(imei.clone()));
        }
        Event::SealDoubtCleared { seal, .. } => {
            with(&mut state.seals, seal, |seal| {
                (seal.doubt, seal.imei) = (None, None)
            });
        }
        Event::SealClockMeasured { seal, offset_ms, .. } => {
            with(&mut state.seals, seal, |seal| seal.clock_offset_ms = *offset_ms);
        }
        _ => {}
    }
}

fn with<K: Ord, V, Changed>(map: &mut BTreeMap<K, V>, key: &K, change: impl FnOnce(&mut V) -> Changed) {
    if let Some(record) = map.get_mut(key) {
        change(record);
    }
}

fn papers(state: &mut State, event: &Event, stamp: &Stamp) {
    let decided = Some(signed(stamp));
    match event {
        Event::DocumentRegistered { document, paper } => {
            let record = Document {
                paper: paper.clone(),
                status: DocumentStatus::Submitted,
                registered: signed(stamp),
                decided: None,
                backing: BTreeMap::new(),
            };
            state.documents.insert(*document, record);
            state.next.document.0 = state.next.document.0.max(document.0 + 1);
        }
        Event::DocumentVerified {
            document, approved, ..
        } => with(&mut state.documents, document, |document| {
            document.status = DocumentStatus::Verified {
                approved: approved.clone(),
            };
            document.decided = decided;
        }),
        Event::DocumentRefused { document, reason } => with(&mut state.documents, document, |document| {
            document.status = DocumentStatus::Refused {
                reason: reason.clone(),
            };
            document.decided = decided;
        }),
        Event::DocumentCancelled { document, reason } => with(&mut state.documents, document, |document| {
            document.status = DocumentStatus::Cancelled {
                reason: reason.clone(),
            };
            document.decided = decided;
        }),
        Event::RouteProposed { route, plan, lint } => {
            let mut record = Route {
                plan: plan.clone(),
                status: RouteStatus::Proposed,
                lint: lint.clone(),
                proposed: signed(stamp),
                decided: None,
                compiled: Arc::default(),
            };
            record.compile();
            state.routes.insert(*route, record);
            state.next.route.0 = state.next.route.0.max(route.0 + 1);
        }
        Event::RouteApproved { route, .. } => with(&mut state.routes, route, |route| {
            route.status = RouteStatus::Approved;
            route.decided = decided;
        }),
        Event::RouteRefused { route, reason } => with(&mut state.routes, route, |route| {
            route.status = RouteStatus::Refused {
                reason: reason.clone(),
            };
            route.decided = decided;
        }),
        _ => {}
    }
}

fn journeys(state: &mut State, event: &Event, stamp: &Stamp) {
    match event {
        Event::TripOpened {
            trip,
            request,
            edition,
            lapses,
        } => {
            let opened = Trip {
                lapse_due: *lapses,
                ..Trip::opened(request.clone(), *edition, signed(stamp))
            };
            state.trips.insert(*trip, opened);
            state.next.trip.0 = state.next.trip.0.max(trip.0 + 1);
        }
        Event::DriverNamed { trip, driver } => {
            with(&mut state.trips, trip, |trip| trip.request.driver = *driver);
        }
        Event::DocumentAttached { trip, document } => {
            with(&mut state.trips, trip, |trip| trip.document = Some(*document));
        }
        Event::LineBacked {
            trip,
            document,
            line,
            expires,
        } => {
            with(&mut state.trips, trip, |trip| {
                trip.line = Some(*line);
                trip.document_expires = *expires;
            });
            with(&mut state.documents, document, |document| {
                document.backing.insert(*line, *trip)
            });
        }
        Event::DocumentRanOut { trip, .. } => {
            with(&mut state.trips, trip, |trip| trip.document_expires = None)
        }
        Event::TripPlanned { trip, route } => with(&mut state.trips, trip, |trip| trip.route = Some(*route)),
        Event::SealAssigned {
            trip,
            seal,
            technician,
        } => {
            with(&mut state.trips, trip, |trip| {
                trip.seal = Some(*seal);
                trip.technician = Some(*technician);
            });
            with(&mut state.seals, seal, |seal| seal.trip = Some(*trip));
        }
        Event::SealReleased { trip, seal, .. } => {
            with(&mut state.trips, trip, |trip| {
                trip.seal = None;
                trip.technician = None;
            });
            with(&mut state.seals, seal, |seal| seal.trip = None);
        }
        Event::InstallBegun { trip, bolt_seal, .. } => {
            with(&mut state.trips, trip, |trip| {
                trip.bolt_seal = bolt_seal.clone();
                // The way to the container was no journey.
                trip.journey = Journey::default();
            });
        }
        Event::SealClosed {
            trip, at, by_hand, ..
        } => with(&mut state.trips, trip, |trip| {
            trip.closed = Some(Closed {
                at: *at,
                by_hand: by_hand.clone(),
            });
            // The report that said so came before the trip counted as closed.
            trip.skp.untold = by_hand.is_none().then(|| Untold::begin(*at));
        }),
        Event::DepartureAuthorised { trip, .. } => {
            with(&mut state.trips, trip, |trip| {
                trip.departure = Some(signed(stamp))
            });
        }
        Event::SealChecked {
            trip,
            number_matches,
            looks_untouched,
            remark,
        } => {
            let check = SealCheck {
                number_matches: *number_matches,
                looks_untouched: *looks_untouched,
                remark: remark.clone(),
                signed: signed(stamp),
            };
            with(&mut state.trips, trip, |trip| trip.check = Some(check));
        }
        Event::HeldTripDecided {
            trip,
            release,
            reason,
        } => {
            let decision = HeldDecision {
                release: *release,
                reason: reason.clone(),
                signed: signed(stamp),
            };
            with(&mut state.trips, trip, |trip| trip.decision = Some(decision));
        }
        Event::TripMoved { trip, to, .. } => moved(state, event, *trip, *to, stamp),
        Event::TripKept { trip, until } => {
            with(&mut state.trips, trip, |trip| trip.archive_due = Some(*until))
        }
        Event::TripArchived { trip } => archive(state, *trip),
        _ => clocks_and_photos(state, event, stamp),
    }
}

fn moved(state: &mut State, event: &Event, id: TripId, to: TripState, stamp: &Stamp) {
    let Event::TripMoved {
        from, circumstance, ..
    } = event
    else {
        return;
    };
    let Some(trip) = state.trips.get_mut(&id) else {
        return;
    };
    trip.moves.push(crate::state::Move {
        from: *from,
        to,
        circumstance: circumstance.clone(),
        signed: signed(stamp),
    });
    trip.state = to;
    let (seal, line, document, at) = (trip.seal, trip.line, trip.document, circumstance.at);
    if let (true, false, Some(seal)) = (from.holds_seal(), to.holds_seal(), seal) {
        with(&mut state.seals, &seal, |seal| {
            seal.trip = None;
            seal.past = Some(PastTrip { trip: id, until: at });
        });
    }
    let given_up = matches!(to, TripState::Cancelled | TripState::Refused | TripState::Expired);
    if let (true, Some(line), Some(document)) = (given_up, line, document) {
        with(&mut state.documents, &document, |document| {
            document.backing.remove(&line)
        });
    }
}

fn archive(state: &mut State, trip: TripId) {
    let belongings: Vec<Subject> = state.index.of_trip(trip).collect();
    let seal = state.trips.remove(&trip).and_then(|trip| trip.seal);
    for what in belongings {
        match what {
            Subject::Alarm(id) => drop(state.alarms.remove(&id)),
            Subject::Grant(id) => drop(state.grants.remove(&id)),
            Subject::Order(id) => drop(state.orders.remove(&id)),
            Subject::Message(id) => drop(state.messages.remove(&id)),
            _ => {}
        }
        state.refresh(what);
    }
    with_some(&mut seal.and_then(|seal| state.seals.get_mut(&seal)), |seal| {
        seal.past = seal.past.filter(|past| past.trip != trip);
    });
}

fn clocks_and_photos(state: &mut State, event: &Event, stamp: &Stamp) {
    match event {
        Event::ClockStarted {
            trip,
            clock,
            at,
            limit_s,
            due,
        } => {
            let run = ClockRun {
                started: *at,
                limit_s: *limit_s,
                due: *due,
                stopped: None,
                breached: None,
                amended: None,
            };
            with(&mut state.trips, trip, |trip| trip.clocks.insert(*clock, run));
        }
        Event::ClockStopped {
            trip,
            clock,
            took_ms,
            met,
            ..
        } => with(&mut state.trips, trip, |trip| {
            let stop = ClockStop {
                took_ms: *took_ms,
                met: *met,
            };
            with(&mut trip.clocks, clock, |run| run.stopped = Some(stop));
        }),
        Event::ClockBreached {
            trip,
            clock,
            we_were_absent,
        } => with(&mut state.trips, trip, |trip| {
            let breach = ClockBreach {
                we_were_absent: *we_were_absent,
            };
            with(&mut trip.clocks, clock, |run| run.breached = Some(breach));
        }),
        Event::ClockAmended {
            trip,
            clock,
            took_ms,
            met,
        } => with(&mut state.trips, trip, |trip| {
            let stop = ClockStop {
                took_ms: *took_ms,
                met: *met,
            };
            with(&mut trip.clocks, clock, |run| run.amended = Some(stop));
        }),
        Event::PhotoStored {
            photo,
            trip,
            step,
            kind,
            facts,
            late,
        } => {
            let record = Photo {
                step: *step,
                kind: *kind,
                facts: facts.clone(),
                late: *late,
                rejected: None,
                stored: signed(stamp),
            };
            with(&mut state.trips, trip, |trip| trip.photos.insert(*photo, record));
            state.next.photo.0 = state.next.photo.0.max(photo.0 + 1);
        }
        Event::PhotoRejected { photo, trip, reason } => with(&mut state.trips, trip, |trip| {
            with(&mut trip.photos, photo, |photo| {
                photo.rejected = Some(reason.clone())
            });
        }),
        _ => {}
    }
}

fn openings(state: &mut State, event: &Event, stamp: &Stamp) {
    match event {
        Event::Granted { grant, what } => {
            with(&mut state.trips, &what.trip, |trip| trip.grant = Some(*grant));
            let record = GrantRecord {
                grant: what.clone(),
                granted: signed(stamp),
                ended: None,
            };
            state.grants.insert(*grant, record);
            state.next.grant.0 = state.next.grant.0.max(grant.0 + 1);
        }
        Event::PlaceVouched { grant, reason } => {
            with(&mut state.grants, grant, |grant| {
                grant.grant.vouched = Some(reason.clone())
            });
        }
        Event::GrantEnded { grant, why, .. } => {
            with(&mut state.grants, grant, |grant| {
                grant.ended = Some((*why, stamp.at))
            });
        }
        Event::SealOpened {
            trip: Some(trip),
            at,
            how,
            grant,
            ..
        } => {
            let opening = Opening {
                at: *at,
                how: how.clone(),
                grant: *grant,
            };
            with(&mut state.trips, trip, |trip| trip.openings.push(opening));
        }
        Event::OrderIssued { ordered, trip } => {
            let record = Order {
                ordered: ordered.clone(),
                trip: *trip,
                issued_at: stamp.at,
                sent_at: None,
                outcome: None,
            };
            if let SealOrder::AuthoriseCards { cards } = &ordered.order {
                with(&mut state.seals, &ordered.seal, |seal| {
                    seal.cards_inside.extend(cards.iter().cloned())
                });
            }
            state.orders.insert(ordered.id, record);
            state.next.order.0 = state.next.order.0.max(ordered.id.0 + 1);
        }
        Event::OrderSent { order } => with(&mut state.orders, order, |order| order.sent_at = Some(stamp.at)),
        Event::OrderEnded { order, outcome } => order_ended(state, *order, outcome),
        Event::IntervalOrdered {
            trip,
            order,
            awake,
            due,
        } => with(&mut state.trips, trip, |trip| {
            // Where only the other of the two is given again, what was confirmed stays so.
            let same = trip.interval.filter(|before| before.order == *order);
            trip.interval = Some(IntervalOrder {
                order: *order,
                awake: *awake,
                due: *due,
                confirmed: same.is_some_and(|before| before.confirmed),
                unmet: false,
            });
        }),
        Event::IntervalUnmet { trip } => with(&mut state.trips, trip, |trip| {
            with_some(&mut trip.interval, |interval| interval.unmet = true);
        }),
        _ => {}
    }
}

fn with_some<T>(value: &mut Option<T>, change: impl FnOnce(&mut T)) {
    if let Some(value) = value {
        change(value);
    }
}

fn order_ended(state: &mut State, id: segel_model::OrderId, outcome: &Outcome) {
    let Some(order) = state.orders.get_mut(&id) else {
        return;
    };
    order.outcome = Some(outcome.clone());
    let (ordered, trip) = (order.ordered.clone(), order.trip);
    if let (SealOrder::WithdrawCards { cards }, Outcome::Done) = (&ordered.order, outcome) {
        with(&mut state.seals, &ordered.seal, |seal| {
            seal.cards_inside.retain(|card| !cards.contains(card))
        });
    }
    let Some(trip) = trip else {
        state.orders.remove(&id);
        return;
    };
    with(&mut state.trips, &trip, |trip| {
        with_some(&mut trip.interval, |interval| {
            let done = *outcome == Outcome::Done;
            interval.confirmed |= interval.order == id && done;
            interval.awake = interval.awake.filter(|awake| *awake != id || !done);
        });
    });
}

fn messages(state: &mut State, event: &Event, stamp: &Stamp) {
    match event {
        Event::MessageQueued {
            message, trip, code, ..
        } => {
            let record = Message {
                trip: *trip,
                code: *code,
                queued_at: stamp.at,
                trouble: None,
            };
            state.messages.insert(*message, record);
            state.next.message.0 = state.next.message.0.max(message.0 + 1);
            with(&mut state.trips, trip, |trip| {
                trip.skp.queued = trip.skp.queued.saturating_add(1);
                if code.lane() == Lane::Locations {
                    (trip.skp.untold, trip.skp.range) = (None, Some(*message));
                }
            });
        }
        Event::LocationsDue { trip, at } => with(&mut state.trips, trip, |trip| trip.skp.locations_due = *at),
        Event::MessageAnswered {
            message,
            delivery: Delivery::Taken { .. },
        } => {
            let Some(record) = state.messages.remove(message) else {
                return;
            };
            state.index.forget(record.trip, Subject::Message(*message));
            with(&mut state.trips, &record.trip, |trip| {
                trip.skp.taken = trip.skp.taken.saturating_add(1)
            });
        }
        Event::MessageAnswered { message, delivery } => {
            with(&mut state.messages, message, |message| {
                message.trouble = Some(delivery.clone())
            });
        }
        Event::MessageRepaired { message, .. } => {
            with(&mut state.messages, message, |message| message.trouble = None);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::testing::{at, observed_at};

    /// Some seals tell their battery in signs of life alone, which tell no time; without it they could never be assigned.
    #[test]
    fn a_sign_of_life_tells_the_battery_and_a_clock_in_doubt_does_not() {
        let mut moving = Moving::default();
        let told = |percent, device_time| Observed {
            standing: Standing::Undated,
            battery_percent: Some(percent),
            device_time,
            ..observed_at(at(0))
        };
        moving.observe(&told(83, None));
        assert_eq!((moving.battery_percent, moving.last_at), (Some(83), None));
        moving.observe(&told(12, Some(segel_model::DeviceTime::from_unix_ms(1))));
        assert_eq!(moving.battery_percent, Some(83));
    }
}
