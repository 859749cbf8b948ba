//! What would happen if: the same pure decision that the engine will make, on the few records it is about.
//!
//! It is asked for pages that say what can be done next and why not. The engine decides again, on everything; what stands
//! here is read from the last commit and never longer true than that.

use segel_custody::assign::reasons_against;
use segel_custody::words::Tongue;
use segel_custody::{Answer, State, decide, state};
use segel_model::document::DocumentStatus;
use segel_model::grant::UnlockMethod;
use segel_model::input::CommandInput;
use segel_model::observed::{AreaMarks, FixUse, Place};
use segel_model::photo::{PhotoKind, PhotoStep};
use segel_model::route::RoutePlan;
use segel_model::trip::TripState;
use segel_model::{
    Command, Event, GrantId, Input, PersonId, Refusal, Role, Rulebook, SealId, SealOrder, ServerTime, TripId,
};
use segel_store::{Listing, RecordKind, Scope, ScopeKey};

use super::Api;
use super::access::Caller;
use super::problem::Problem;
use super::reading::View;
use super::rights;
use super::types::{Bilingual, Check, NextStep, RefusalView};

/// People of a provider that are looked through for a technician.
const TECHNICIANS: usize = 100;
const REASON: &str = "-";

/// The few records a decision about one trip looks at.
pub struct Rehearsal<'a> {
    state: State,
    rules: &'a Rulebook,
    now: ServerTime,
    technician: PersonId,
}

impl<'a> Rehearsal<'a> {
    /// Nothing but who asks.
    pub fn bare(view: &View<'a>) -> Self {
        Self {
            state: State::default(),
            rules: view.rules(),
            now: view.api.now(),
            technician: PersonId(0),
        }
    }

    /// A trip with what it mentions.
    pub fn of_trip(view: &View<'a>, id: TripId) -> Result<Self, Problem> {
        let mut small = Self::bare(view);
        let Some(trip): Option<state::Trip> = view.mentioned(RecordKind::Trip, id.0)? else {
            return Ok(small);
        };
        small.take_papers(view, &trip)?;
        small.take_people(view, &trip)?;
        for (record, alarm) in view.of_trip(RecordKind::Alarm, id)? {
            small.state.alarms.insert(segel_model::AlarmId(record.id), alarm);
        }
        for (record, grant) in view.of_trip(RecordKind::Grant, id)? {
            small.state.grants.insert(GrantId(record.id), grant);
        }
        for (record, order) in view.of_trip(RecordKind::Order, id)? {
            small.state.orders.insert(segel_model::OrderId(record.id), order);
        }
        small.state.trips.insert(id, trip);
        small.state.rebuild();
        Ok(small)
    }

    fn take_papers(&mut self, view: &View<'_>, trip: &state::Trip) -> Result<(), Problem> {
        if let Some((id, document)) = pair(trip.document, |id| view.document(id))? {
            self.state.documents.insert(id, document);
        }
        if let Some((id, mut route)) = pair(trip.route, |id| view.route(id))? {
            route.compile();
            self.state.routes.insert(id, route);
        }
        if let Some((id, seal)) = pair(trip.seal, |id| view.mentioned(RecordKind::Seal, id.0))? {
            self.state.seals.insert(id, fresh(view.api, id, seal));
        }
        Ok(())
    }

    fn take_people(&mut self, view: &View<'_>, trip: &state::Trip) -> Result<(), Problem> {
        for id in [trip.request.owner, trip.request.provider] {
            if let Some(organisation) = view.mentioned(RecordKind::Organisation, id.0)? {
                self.state.organisations.insert(id, organisation);
            }
        }
        let listing = Listing {
            limit: TECHNICIANS,
            ..Listing::of(
                RecordKind::Person,
                Scope::Keys(vec![ScopeKey::Organisation(trip.request.provider)]),
            )
        };
        for record in view.api.reader().records(&listing)?.records {
            let person: state::Person = super::reading::body(&record)?;
            if person.role == Role::Technician && person.disabled.is_none() {
                self.technician = PersonId(record.id);
            }
            self.state.persons.insert(PersonId(record.id), person);
        }
        self.technician = trip.technician.unwrap_or(self.technician);
        Ok(())
    }

    /// What would be answered.
    pub fn would(&self, caller: &Caller, command: Command) -> Result<Vec<Event>, Refusal> {
        let mut state = self.state.clone();
        state
            .persons
            .entry(caller.person)
            .or_insert_with(|| someone(caller));
        let input = Input::Command(CommandInput {
            principal: caller.principal.clone(),
            recorded: None,
            recorded_offset_ms: 0,
            command,
        });
        let decision = decide(&state, &input, self.now, self.rules);
        match decision.answer {
            Answer::Refused(refusal) => Err(refusal),
            _ => Ok(decision.events),
        }
    }
}

/// A seal with what it said last: plain reports touch no record, so its moving parts are the fleet's.
pub fn fresh(api: &Api, id: SealId, mut seal: state::Seal) -> state::Seal {
    let Some(now) = api.engine().fleet().get(id) else {
        return seal;
    };
    let moving = &mut seal.moving;
    moving.last_seen = now.last_seen.or(moving.last_seen);
    moving.battery_percent = now.battery_percent.or(moving.battery_percent);
    moving.charging = now.charging;
    moving.lock = now.lock;
    if let Some(place) = now.fix.as_ref().map(place_at) {
        moving.last_at = Some(place.at).max(moving.last_at);
        moving.place = Some(place);
        moving.judged = Some(place)
            .filter(|place| place.place.use_ == FixUse::Judges)
            .or(moving.judged);
    }
    seal
}

fn place_at(fix: &crate::fleet::LastFix) -> state::PlaceAt {
    state::PlaceAt {
        at: fix.at,
        place: Place {
            position: fix.position,
            source: fix.source,
            speed_kmh: fix.speed_kmh,
            course_deg: fix.course_deg,
            use_: fix.use_,
            still: None,
            corridor: None,
            areas: AreaMarks::default(),
        },
    }
}

/// The steps that follow a state, in the order of the SOP.
fn steps(state: TripState) -> &'static [&'static str] {
    match state {
        TripState::Draft => &["attach_document", "cancel_trip"],
        TripState::AwaitingDocument | TripState::ManualVerification => &[
            "submit_trip",
            "attach_document",
            "verify_document",
            "refuse_document",
            "cancel_trip",
        ],
        TripState::Submitted => &["plan_trip", "cancel_trip"],
        TripState::RouteProposed => &["approve_route", "refuse_route", "plan_trip", "cancel_trip"],
        TripState::RouteApproved => &["assign_seal", "plan_trip", "cancel_trip"],
        TripState::Assigned => &["begin_install", "release_seal", "cancel_trip"],
        TripState::Installing => &["record_installed", "add_photo", "release_seal", "cancel_trip"],
        TripState::Installed => &["add_photo"],
        TripState::ReadyToDepart => &["authorise_departure", "add_photo"],
        TripState::InTransit => &["confirm_arrival"],
        TripState::Arrived => &["check_seal"],
        TripState::SealCheck => &["grant_removal", "check_seal"],
        TripState::Compromised => &["decide_held_trip"],
        TripState::RemovalGranted => &["unlock", "record_opened", "vouch_place", "revoke_grant"],
        TripState::Removing => &["finish_removal", "add_photo"],
        TripState::Removed => &["add_photo"],
        TripState::Completed | TripState::Refused | TripState::Cancelled | TripState::Expired => &[],
    }
}

impl Rehearsal<'_> {
    /// What can be asked next about a trip, and for each whether the asker may.
    pub fn next_steps(&self, caller: &Caller, id: TripId) -> Vec<NextStep> {
        let Some(trip) = self.state.trips.get(&id) else {
            return Vec::new();
        };
        let step = |name: &&'static str| self.next_step(caller, id, trip, name);
        steps(trip.state).iter().map(step).collect()
    }

    fn next_step(&self, caller: &Caller, id: TripId, trip: &state::Trip, name: &'static str) -> NextStep {
        let refusal = match self.example(id, trip, name) {
            Some(command) => self.would(caller, command).err(),
            None if rights::of(caller.role).any(|right| right == name) => None,
            None => Some(role_may_not()),
        };
        NextStep {
            command: name.into(),
            allowed: refusal.is_none(),
            refusal: refusal.map(shown),
        }
    }

    /// The command with the values it most likely has. Where a person must choose first, there is none.
    fn example(&self, id: TripId, trip: &state::Trip, name: &str) -> Option<Command> {
        let reason = || REASON.to_owned();
        let grant = trip.grant;
        Some(match name {
            "cancel_trip" => Command::CancelTrip {
                trip: id,
                reason: reason(),
            },
            "submit_trip" => Command::SubmitTrip { trip: id },
            "verify_document" => self.verify(trip)?,
            "refuse_document" => Command::RefuseDocument {
                document: trip.document?,
                reason: reason(),
            },
            "approve_route" => Command::ApproveRoute {
                route: trip.route?,
                remark: String::new(),
            },
            "refuse_route" => Command::RefuseRoute {
                route: trip.route?,
                reason: reason(),
            },
            "release_seal" => Command::ReleaseSeal {
                trip: id,
                reason: reason(),
            },
            "begin_install" => self.begin(id, trip)?,
            "add_photo" => Command::AddPhoto {
                trip: id,
                step: if trip.state < TripState::Removing {
                    PhotoStep::Install
                } else {
                    PhotoStep::Removal
                },
                kind: PhotoKind::Other,
                facts: super::rights::no_photo(),
            },
            "record_installed" => Command::RecordInstalled {
                trip: id,
                reason: reason(),
            },
            "authorise_departure" => Command::AuthoriseDeparture {
                trip: id,
                remark: String::new(),
            },
            "confirm_arrival" => Command::ConfirmArrival {
                trip: id,
                reason: reason(),
            },
            "check_seal" => Command::CheckSeal {
                trip: id,
                number_matches: true,
                looks_untouched: true,
                remark: String::new(),
            },
            "decide_held_trip" => Command::DecideHeldTrip {
                trip: id,
                release: true,
                reason: reason(),
            },
            "grant_removal" => Command::GrantRemoval {
                trip: id,
                executor: self.technician,
                method: self.method(trip),
                place: None,
                window_s: None,
                reason: reason(),
            },
            "unlock" => Command::Unlock {
                grant: grant?,
                place: None,
            },
            "record_opened" => Command::RecordOpened {
                grant: grant?,
                place: None,
            },
            "vouch_place" => Command::VouchPlace {
                grant: grant?,
                reason: reason(),
            },
            "revoke_grant" => Command::RevokeGrant {
                grant: grant?,
                reason: reason(),
            },
            "finish_removal" => Command::FinishRemoval {
                trip: id,
                place: None,
            },
            _ => return None,
        })
    }

    /// The way of opening that its seal has words for; where it has none, a card that it knows already.
    fn method(&self, trip: &state::Trip) -> UnlockMethod {
        let seal = trip.seal.and_then(|seal| self.state.seals.get(&seal));
        let tongue = seal.map(|seal| Tongue::of(&seal.registration, self.rules, self.now));
        let speaks = |order| tongue.is_none_or(|tongue| tongue.speaks(order).is_ok());
        if speaks(&SealOrder::UnlockStatic) {
            UnlockMethod::Command
        } else if speaks(&SealOrder::UnlockDynamic) {
            UnlockMethod::DynamicPassword
        } else {
            UnlockMethod::Card {
                cards: vec!["0000000001".into()],
            }
        }
    }

    fn verify(&self, trip: &state::Trip) -> Option<Command> {
        let document = trip.document?;
        let lines = self.state.documents.get(&document)?.paper.lines.len() as u16;
        Some(Command::VerifyDocument {
            document,
            approved: (0..lines).collect(),
            remark: String::new(),
        })
    }

    fn begin(&self, id: TripId, trip: &state::Trip) -> Option<Command> {
        let seal = self.state.seals.get(&trip.seal?)?;
        Some(Command::BeginInstall {
            trip: id,
            container: trip.request.container.as_str().into(),
            seal_label: seal.registration.label.clone(),
            place: None,
            bolt_seal: None,
        })
    }

    /// Why a seal may not go on this trip; nothing where it may.
    pub fn unfit(&self, caller: &Caller, trip: TripId, id: SealId, seal: &state::Seal) -> Vec<Bilingual> {
        let mut with_seal = Self {
            state: self.state.clone(),
            ..*self
        };
        with_seal.state.seals.insert(id, seal.clone());
        let command = Command::AssignSeal {
            trip,
            seal: id,
            technician: self.technician,
        };
        let record = self.state.trips.get(&trip);
        let against = |trip| reasons_against(&with_seal.state, trip, seal, self.now, self.rules);
        let mut reasons = record.map(against).unwrap_or_default();
        // What stands against the trip itself comes first.
        if let Some(refusal) = with_seal.would(caller, command).err()
            && !reasons.contains(&refusal)
        {
            reasons.insert(0, refusal);
        }
        reasons.into_iter().map(|refusal| refusal.say.into()).collect()
    }

    /// What the lint would remark about a plan.
    pub fn lint(&mut self, caller: &Caller, plan: RoutePlan) -> Vec<Bilingual> {
        let owner = state::Organisation {
            name: String::new(),
            kind: segel_model::principal::OrganisationKind::Importer,
            npwp: None,
        };
        self.state.organisations.insert(plan.owner, owner);
        match self.would(caller, Command::ProposeRoute(plan)) {
            Err(refusal) => vec![refusal.say.into()],
            Ok(events) => events.into_iter().flat_map(remarks).collect(),
        }
    }

    /// What must hold before the trip goes on, in the order of the SOP.
    pub fn checks(&self, id: TripId) -> Vec<Check> {
        let Some(trip) = self.state.trips.get(&id) else {
            return Vec::new();
        };
        let document = trip.document.and_then(|id| self.state.documents.get(&id));
        let verified = document.is_some_and(|paper| matches!(paper.status, DocumentStatus::Verified { .. }));
        let route = trip.route.and_then(|id| self.state.routes.get(&id));
        let approved = route.is_some_and(|route| route.status == segel_model::route::RouteStatus::Approved);
        let critical = self.state.alarms.values().any(super::view::is_critical_open);
        let check = |code: &str, holds: bool, id: &str, en: &str| Check {
            code: code.into(),
            holds,
            say: Bilingual::new(id, en),
        };
        vec![
            check(
                "container_check_digit",
                trip.request.container.check_digit_holds(),
                "Angka periksa kontainer benar (ISO 6346)",
                "The container's check digit is right (ISO 6346)",
            ),
            check(
                "document_given",
                document.is_some(),
                "Dokumen dilampirkan",
                "A document is attached",
            ),
            check(
                "document_verified",
                verified,
                "Dokumen diverifikasi pejabat",
                "An officer verified the document",
            ),
            check(
                "gate_passed",
                trip.line.is_some(),
                "Lolos gerbang dokumen",
                "The document gate let it through",
            ),
            check(
                "route_approved",
                approved,
                "Rencana rute disetujui",
                "The route plan is approved",
            ),
            check(
                "seal_assigned",
                trip.seal.is_some(),
                "Segel ditugaskan",
                "A seal is assigned",
            ),
            check(
                "seal_closed",
                trip.closed.is_some(),
                "Segel tertutup",
                "The seal is closed",
            ),
            check(
                "departure_authorised",
                trip.departure.is_some(),
                "Keberangkatan diizinkan",
                "Departure is authorised",
            ),
            check(
                "no_critical_alarm",
                !critical,
                "Tidak ada alarm kritis terbuka",
                "No critical alarm is open",
            ),
            check(
                "seal_checked",
                trip.check
                    .as_ref()
                    .is_some_and(|check| check.number_matches && check.looks_untouched),
                "Segel diperiksa dan sesuai",
                "The seal was checked and is as it should be",
            ),
        ]
    }
}

fn remarks(event: Event) -> Vec<Bilingual> {
    match event {
        Event::RouteProposed { lint, .. } => lint.into_iter().map(Into::into).collect(),
        _ => Vec::new(),
    }
}

/// For a command that is not rehearsed, because a person must choose first.
fn role_may_not() -> Refusal {
    use segel_model::refusal::RefusalSort;
    Refusal::new(
        RefusalSort::NotAllowed,
        "role_may_not",
        "Peran Anda tidak berwenang untuk ini.",
        "Your role may not do this.",
    )
}

fn shown(refusal: Refusal) -> RefusalView {
    RefusalView {
        code: refusal.code,
        say: refusal.say.into(),
    }
}

fn someone(caller: &Caller) -> state::Person {
    state::Person {
        role: caller.role,
        belongs: caller.belongs.clone(),
        subject: segel_model::SecretHash([0; 32]),
        joined_at: ServerTime::from_unix_ms(0),
        disabled: None,
    }
}

/// An id with what it names, where both are there.
fn pair<K: Copy, T>(
    id: Option<K>,
    find: impl FnOnce(K) -> Result<Option<T>, Problem>,
) -> Result<Option<(K, T)>, Problem> {
    let Some(id) = id else { return Ok(None) };
    Ok(find(id)?.map(|found| (id, found)))
}
