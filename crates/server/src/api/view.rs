//! How the API shows the records of the working state: converted by hand, with the names of what they mention.

use segel_custody::state;
use segel_custody::words::Tongue;
use segel_model::alarm::AlarmStage;
use segel_model::document::DocumentStatus as PaperStatus;
use segel_model::grant::GrantEnd;
use segel_model::observed::Place;
use segel_model::order::Outcome;
use segel_model::principal::Belonging as Belongs;
use segel_model::route::{RouteStatus as PlanStatus, Shape as Outline};
use segel_model::seal::SealRegistration;
use segel_model::trip::{Clock as SopClock, TripState as Stand};
use segel_model::{AlarmCode, MessageId, Role as RoleOf, SealId, Severity as Grave, TripId};
use segel_store::outbox::OutboxState;
use segel_store::{Record, RecordKind};

use super::problem::Problem;
use super::reading::View;
use super::say::reason;
use super::types::*;

impl View<'_> {
    /// A seal with what it last said.
    pub fn show_seal(&self, id: u64, asker: RoleOf, seal: state::Seal) -> Result<Seal, Problem> {
        let registration = seal.registration.clone();
        let orders = self.offered(&registration, asker);
        let ways = Tongue::of(&registration, self.rules(), self.api.now()).ways();
        Ok(Seal {
            id,
            label: registration.label,
            device: registration.device.0,
            protocol: registration.protocol.into(),
            profile: registration.profile,
            provider: self.organisation(registration.provider)?,
            pool: registration.pool.map(|pool| pool.0),
            condition: seal.condition.clone().into(),
            certificate: registration.certificate.map(Into::into),
            orders,
            opened_by: ways.into_iter().map(Into::into).collect(),
            certificate_needed: registration.certificate_needed.map(Into::into),
            doubt: seal.doubt.clone(),
            trip: seal.trip.map(|trip| trip.0),
            last: self.seal_now(SealId(id), Some(&seal)),
        })
    }

    /// The names of the orders that a seal has words for and that the asker may send.
    fn offered(&self, seal: &SealRegistration, asker: RoleOf) -> Vec<String> {
        let orders = Tongue::of(seal, self.rules(), self.api.now()).offered(asker);
        orders.iter().map(|order| order.name().into()).collect()
    }

    /// What a seal last said: the fleet's copy, or the record where the fleet does not know it yet.
    pub fn seal_now(&self, id: SealId, seal: Option<&state::Seal>) -> SealNow {
        let clock_offset_ms = seal.map(|seal| seal.clock_offset_ms);
        let fleet = self.api.engine().fleet();
        match fleet.get(id) {
            Some(now) => SealNow {
                clock_offset_ms,
                through: fleet.through(id),
                ..of_fleet(&now)
            },
            None => seal.map(|seal| of_record(&seal.moving)).unwrap_or_default(),
        }
    }

    /// A document with who decided and which trips its lines back.
    pub fn show_document(&self, id: u64, document: state::Document) -> Result<Document, Problem> {
        let paper = &document.paper;
        let (status, reason) = document_status(&document.status);
        let decided = document.decided;
        Ok(Document {
            id,
            kind: paper.kind.into(),
            kind_code: paper.kind.code(),
            number: paper.number.clone(),
            date: Day(paper.date),
            valid_until: paper.valid_until.map(Day),
            office: paper.office.0.clone(),
            destination_office: paper.destination_office.0.clone(),
            tps_origin: paper.tps_origin.clone(),
            tps_destination: paper.tps_destination.clone(),
            bc11: paper.bc11.clone(),
            submission_number: paper.submission_number.clone(),
            owner: self.organisation(paper.owner)?,
            lines: document_lines(&document),
            scan: paper.scan.map(|scan| scan.to_string()),
            status,
            reason,
            registered: document.registered.at.into(),
            decided_by: decided
                .and_then(|signed| signed.by)
                .map(|by| self.person(by))
                .transpose()?,
            decided: decided.map(|signed| signed.at.into()),
        })
    }

    /// A route plan whole.
    pub fn show_route(&self, id: u64, route: state::Route) -> Result<Route, Problem> {
        let (status, reason) = route_status(&route.status);
        let decided = route.decided;
        Ok(Route {
            id,
            owner: self.organisation(route.plan.owner)?,
            status,
            reason,
            lint: route.lint.into_iter().map(Into::into).collect(),
            proposed: route.proposed.at.into(),
            decided_by: decided
                .and_then(|signed| signed.by)
                .map(|by| self.person(by))
                .transpose()?,
            decided: decided.map(|signed| signed.at.into()),
            plan: route.plan.into(),
        })
    }

    /// A route plan in a list.
    pub fn show_route_summary(&self, id: u64, route: state::Route) -> Result<RouteSummary, Problem> {
        let plan = route.plan;
        Ok(RouteSummary {
            id,
            name: plan.name,
            owner: self.organisation(plan.owner)?,
            office: plan.office.0,
            origin: plan.origin.name,
            destination: plan.destination.name,
            distance_m: plan.distance_m,
            transit_time_s: plan.transit_time_s,
            status: route_status(&route.status).0,
            lint_count: route.lint.len() as u32,
            proposed: route.proposed.at.into(),
        })
    }

    /// A trip in a list.
    pub fn show_trip_summary(&self, record: &Record, trip: &state::Trip) -> Result<TripSummary, Problem> {
        let document = trip.document.map(|id| self.document(id)).transpose()?.flatten();
        let route = trip.route.map(|id| self.route(id)).transpose()?.flatten();
        let seal = trip.seal.map(|id| self.seal_label(id)).transpose()?;
        let worst = record.severity.and_then(severity);
        let now = trip.seal.and_then(|id| self.api.engine().fleet().get(id));
        let now = now.filter(|_| trip.state.holds_seal());
        Ok(TripSummary {
            id: record.id,
            state: trip.state.into(),
            state_number: trip.state.number(),
            stage: stage(trip.state, worst),
            mode: trip.request.mode.into(),
            container: trip.request.container.as_str().into(),
            owner: self.organisation(trip.request.owner)?,
            provider: self.organisation(trip.request.provider)?,
            document: trip
                .document
                .zip(document.as_ref())
                .map(|(id, document)| DocumentRef {
                    id: id.0,
                    kind: document.paper.kind.into(),
                    number: document.paper.number.clone(),
                }),
            route: trip.route.zip(route.as_ref()).map(|(id, route)| Named {
                id: id.0,
                name: route.plan.name.clone(),
            }),
            seal,
            technician: trip.technician.map(|id| self.person(id)).transpose()?,
            plate: self
                .erasable(trip.request.plate)?
                .and_then(|subject| subject.plate),
            office: document.as_ref().map(|document| document.paper.office.0.clone()),
            destination_office: document
                .as_ref()
                .map(|document| document.paper.destination_office.0.clone()),
            tps_origin: trip.request.tps_origin.clone(),
            tps_destination: trip.request.tps_destination.clone(),
            opened: trip.opened.at.into(),
            moved: trip
                .moves
                .last()
                .map_or(trip.opened.at, |last| last.signed.at)
                .into(),
            last: now.as_ref().map(of_fleet),
            progress_m: now.and_then(|now| now.fix).and_then(|fix| fix.progress_m),
            distance_m: route.map(|route| route.plan.distance_m),
            open_alarms: self.open_alarms(record, TripId(record.id))?,
            worst,
            running: self
                .clocks(trip)
                .into_iter()
                .filter(ClockView::is_running)
                .collect(),
        })
    }

    fn open_alarms(&self, record: &Record, trip: TripId) -> Result<u32, Problem> {
        if record.severity.is_none() {
            return Ok(0);
        }
        let alarms: Vec<(Record, state::Alarm)> = self.of_trip(RecordKind::Alarm, trip)?;
        Ok(alarms.iter().filter(|(_, alarm)| alarm.is_open()).count() as u32)
    }

    /// What an erasable record behind a hash says.
    pub fn erasable(
        &self,
        hash: Option<segel_model::SecretHash>,
    ) -> Result<Option<super::reading::SubjectBody>, Problem> {
        Ok(hash.map(|hash| self.subject(&hash)).transpose()?.flatten())
    }

    /// The clocks of a trip, in the order of the SOP.
    pub fn clocks(&self, trip: &state::Trip) -> Vec<ClockView> {
        let now = self.api.now();
        trip.clocks
            .iter()
            .map(|(clock, run)| show_clock(*clock, run, now))
            .collect()
    }

    /// A permission to open.
    pub fn show_grant(&self, id: u64, record: state::GrantRecord) -> Result<Grant, Problem> {
        let grant = record.grant;
        Ok(Grant {
            id,
            trip: grant.trip.0,
            seal: grant.seal.0,
            executor: self.person(grant.executor)?,
            place: grant.place.into(),
            from: grant.from.into(),
            until: grant.until.into(),
            method: masked_method(&grant.method),
            reason: grant.reason,
            vouched: grant.vouched,
            state: grant_state(record.ended.map(|(end, _)| end)),
            ended_because: None,
        })
    }

    /// A photo.
    pub fn show_photo(&self, id: u64, trip: TripId, photo: state::Photo) -> Result<Photo, Problem> {
        let facts = photo.facts;
        Ok(Photo {
            id,
            trip: trip.0,
            step: photo.step.into(),
            kind: photo.kind.into(),
            sha256: facts.blob.to_string(),
            media_type: facts.media_type,
            bytes: facts.bytes,
            stored: photo.stored.at.into(),
            taken: facts.taken.map(Into::into),
            taken_at: facts.taken_at.map(Into::into),
            distance_to_seal_m: facts.distance_to_seal_m,
            has_preview: facts.has_preview,
            late: photo.late,
            rejected: photo.rejected,
            by: photo.stored.by.map(|by| self.person(by)).transpose()?,
        })
    }

    /// An alarm; its history is filled in where one alarm is read.
    pub fn show_alarm(&self, id: u64, alarm: state::Alarm) -> Result<Alarm, Problem> {
        let finding = &alarm.finding;
        let reaction = alarm.reaction;
        let from = alarm.counts_from;
        let waits = |stage: AlarmStage| alarm.stage <= stage && alarm.is_open();
        let trip: Option<state::Trip> = match finding.trip {
            Some(trip) => self.mentioned(RecordKind::Trip, trip.0)?,
            None => None,
        };
        Ok(Alarm {
            id,
            code: finding.code.name().into(),
            title: alarm_title(finding.code),
            severity: alarm.severity.into(),
            stage: alarm.stage.into(),
            trip: finding.trip.map(|trip| trip.0),
            container: trip.map(|trip| trip.request.container.as_str().into()),
            seal: finding.seal.map(|seal| self.seal_label(seal)).transpose()?,
            at: finding.at.into(),
            raised: alarm.raised_at.into(),
            place: finding.place.map(Into::into),
            known_late: finding.known_late,
            why: finding.why.clone().into(),
            acknowledge_due: waits(AlarmStage::Raised)
                .then(|| from.plus_s(i64::from(reaction.acknowledge_s)).into()),
            act_due: reaction
                .act_s
                .filter(|_| waits(AlarmStage::Acknowledged))
                .map(|seconds| from.plus_s(i64::from(seconds)).into()),
            escalate_due: alarm.escalate_due.map(Into::into),
            escalated: !alarm.escalated.is_empty(),
            recovered: alarm.recovered_at.map(Into::into),
            unsupported: alarm.unsupported.clone().map(Into::into),
            proposed: alarm
                .proposals
                .last()
                .map(|closure| self.show_closure(closure))
                .transpose()?,
            closed: alarm
                .closed
                .as_ref()
                .map(|closure| self.show_closure(closure))
                .transpose()?,
            history: Vec::new(),
        })
    }

    fn show_closure(&self, closure: &state::Closure) -> Result<Closure, Problem> {
        Ok(Closure {
            outcome: closure.outcome.into(),
            reason: closure.reason.clone(),
            by: closure.signed.by.map(|by| self.person(by)).transpose()?,
            at: closure.signed.at.into(),
        })
    }

    /// A message to SKP, as the outbox has it.
    pub fn show_message(&self, record: &Record) -> Result<Message, Problem> {
        let outgoing = self.api.reader().message(MessageId(record.id))?;
        let outgoing = outgoing.ok_or_else(Problem::not_found)?;
        let code = format!("{:?}", outgoing.code);
        Ok(Message {
            id: record.id,
            trip: outgoing.trip.0,
            title: message_title(outgoing.code),
            code,
            lane: outgoing.lane.into(),
            state: message_state(outgoing.state, &record.stage),
            attempts: outgoing.attempts,
            reason: outgoing.last_error,
            reference: outgoing.reference,
            queued: outgoing.queued.into(),
            next_try: Some(outgoing.next_try.into()).filter(|_| outgoing.state == OutboxState::Waiting),
            corrections: outgoing
                .corrections
                .into_iter()
                .map(|(field, value)| Correction { field, value })
                .collect(),
            envelope: serde_json::to_value(&outgoing.envelope).unwrap_or_default(),
        })
    }

    /// A person; login and telephone only for their own side.
    pub fn show_person(&self, id: u64, person: &state::Person, inside: bool) -> Result<Person, Problem> {
        let subject = self.subject(&person.subject)?.unwrap_or_default();
        let account = self.api.reader().account_of(segel_model::PersonId(id))?;
        Ok(Person {
            id,
            name: subject.name,
            login: account.map(|account| account.login).filter(|_| inside),
            phone: subject.phone.filter(|_| inside),
            role: person.role.into(),
            belongs_name: self.belongs_name(&person.belongs, person.role)?,
            belongs: person.belongs.clone().into(),
            disabled: person.disabled.is_some(),
        })
    }

    /// The name of an office or organisation.
    pub fn belongs_name(&self, belongs: &Belongs, role: RoleOf) -> Result<String, Problem> {
        Ok(match belongs {
            Belongs::Office(code) => {
                let office = self.rules().office(code);
                office.map_or_else(|| code.0.clone(), |office| office.name.clone())
            }
            Belongs::Organisation(id) => self.organisation(*id)?.name,
            Belongs::Nation if role == RoleOf::Auditor => "Auditor".into(),
            Belongs::Nation => "Direktorat Jenderal Bea dan Cukai".into(),
        })
    }
}

/// What the fleet's copy says.
pub fn of_fleet(now: &crate::fleet::SealNow) -> SealNow {
    SealNow {
        seen: now.last_seen.map(Into::into),
        fix: now.fix.as_ref().map(|fix| LastFix {
            position: fix.position.into(),
            at: fix.at.into(),
            source: fix.source.into(),
            speed_kmh: fix.speed_kmh,
            course_deg: fix.course_deg,
        }),
        battery_percent: now.battery_percent,
        charging: now.charging,
        sealed: now.lock.sealed(),
        lock: now.lock.into(),
        clock_offset_ms: None,
        through: None,
    }
}

fn of_record(moving: &state::Moving) -> SealNow {
    SealNow {
        seen: moving.last_seen.map(Into::into),
        fix: moving.place.as_ref().map(|at| last_fix(&at.place, at.at)),
        battery_percent: moving.battery_percent,
        charging: moving.charging,
        sealed: moving.lock.sealed(),
        lock: moving.lock.into(),
        clock_offset_ms: None,
        through: None,
    }
}

fn last_fix(place: &Place, at: segel_model::EventTime) -> LastFix {
    LastFix {
        position: place.position.into(),
        at: at.into(),
        source: place.source.into(),
        speed_kmh: place.speed_kmh,
        course_deg: place.course_deg,
    }
}

fn document_status(status: &PaperStatus) -> (DocumentStatus, Option<String>) {
    match status {
        PaperStatus::Submitted => (DocumentStatus::Submitted, None),
        PaperStatus::Verified { .. } => (DocumentStatus::Verified, None),
        PaperStatus::Refused { reason } => (DocumentStatus::Refused, Some(reason.clone())),
        PaperStatus::Cancelled { reason } => (DocumentStatus::Cancelled, Some(reason.clone())),
    }
}

fn document_lines(document: &state::Document) -> Vec<DocumentLine> {
    let approved: &[u16] = match &document.status {
        PaperStatus::Verified { approved } => approved,
        _ => &[],
    };
    let lines = document.paper.lines.iter().zip(0..);
    lines
        .map(|(line, position)| DocumentLine {
            position,
            container: line.container.as_str().into(),
            check_digit_holds: line.container.check_digit_holds(),
            size_ft: line.size_ft,
            size_type: line.size_type.clone(),
            approved: approved.contains(&position),
            trip: document.backing.get(&position).map(|trip| trip.0),
        })
        .collect()
}

fn route_status(status: &PlanStatus) -> (RouteStatus, Option<String>) {
    match status {
        PlanStatus::Proposed => (RouteStatus::Proposed, None),
        PlanStatus::Approved => (RouteStatus::Approved, None),
        PlanStatus::Refused { reason } => (RouteStatus::Refused, Some(reason.clone())),
    }
}

/// The severity that a record's number stands for.
pub fn severity(number: u8) -> Option<Severity> {
    let all = [Severity::S1, Severity::S2, Severity::S3, Severity::S4];
    all.get(usize::from(number).checked_sub(1)?).copied()
}

/// Which list a trip is in.
pub fn stage(state: Stand, worst: Option<Severity>) -> Stage {
    let grave = worst.is_some_and(|worst| worst <= Severity::S2);
    match state {
        Stand::Completed | Stand::Refused | Stand::Cancelled | Stand::Expired => Stage::Finished,
        Stand::Compromised => Stage::Problem,
        _ if grave => Stage::Problem,
        Stand::Installing | Stand::Installed | Stand::ReadyToDepart => Stage::Sealing,
        Stand::InTransit => Stage::UnderWay,
        Stand::Arrived | Stand::SealCheck | Stand::RemovalGranted | Stand::Removing | Stand::Removed => {
            Stage::Arriving
        }
        _ => Stage::Expected,
    }
}

/// The states that a stage's list holds, as words; trips with grave alarms are in the list of problems too.
pub fn states_of(stage: Stage) -> Vec<Stand> {
    let all = [
        Stand::Draft,
        Stand::AwaitingDocument,
        Stand::ManualVerification,
        Stand::Submitted,
        Stand::RouteProposed,
        Stand::RouteApproved,
        Stand::Assigned,
        Stand::Installing,
        Stand::Installed,
        Stand::ReadyToDepart,
        Stand::InTransit,
        Stand::Arrived,
        Stand::SealCheck,
        Stand::Compromised,
        Stand::RemovalGranted,
        Stand::Removing,
        Stand::Removed,
        Stand::Completed,
        Stand::Refused,
        Stand::Cancelled,
        Stand::Expired,
    ];
    all.into_iter()
        .filter(|state| self::stage(*state, None) == stage)
        .collect()
}

/// The word under which a state's records stand.
pub fn state_word(state: Stand) -> String {
    let word = serde_json::to_value(state).ok();
    word.and_then(|word| word.as_str().map(Into::into))
        .unwrap_or_default()
}

impl ClockView {
    /// Whether it has neither stopped nor been given up.
    pub fn is_running(&self) -> bool {
        self.took_s.is_none()
    }
}

fn show_clock(clock: SopClock, run: &state::ClockRun, now: segel_model::ServerTime) -> ClockView {
    let stop = run.amended.or(run.stopped);
    let state = match (stop, &run.breached) {
        (Some(stop), _) if stop.met => ClockState::Met,
        (Some(_), _) => ClockState::Missed,
        (None, Some(_)) => ClockState::Breached,
        (None, None) => ClockState::Running,
    };
    ClockView {
        clock: clock.into(),
        name: clock_name(clock).into(),
        state,
        started: run.started.into(),
        limit_s: run.limit_s,
        due: run.due.into(),
        remaining_s: stop.is_none().then(|| run.due.since_ms(now).div_euclid(1000)),
        took_s: stop.map(|stop| stop.took_ms as f64 / 1000.0),
        we_were_absent: run.breached.as_ref().is_some_and(|breach| breach.we_were_absent),
        amended: run.amended.is_some(),
    }
}

/// T1 to T4.
pub const fn clock_name(clock: SopClock) -> &'static str {
    match clock {
        SopClock::Install => "T1",
        SopClock::InstallPhotos => "T2",
        SopClock::Removal => "T3",
        SopClock::RemovalPhotos => "T4",
    }
}

fn grant_state(ended: Option<GrantEnd>) -> GrantState {
    match ended {
        None => GrantState::Live,
        Some(GrantEnd::Used) => GrantState::Used,
        Some(GrantEnd::Expired) => GrantState::Expired,
        Some(GrantEnd::Revoked) => GrantState::Revoked,
        Some(GrantEnd::TripHeld) => GrantState::TripHeld,
    }
}

/// Card numbers open seals, so only their last two digits are shown.
fn masked_method(method: &segel_model::grant::UnlockMethod) -> UnlockMethod {
    use segel_model::grant::UnlockMethod as Method;
    match method {
        Method::Command => UnlockMethod::Command,
        Method::DynamicPassword => UnlockMethod::DynamicPassword,
        Method::ByHand => UnlockMethod::ByHand,
        Method::Card { cards } => UnlockMethod::Card {
            cards: cards.iter().map(|card| masked(card)).collect(),
        },
    }
}

fn masked(card: &str) -> String {
    let length = card.chars().count();
    let shown = |(place, digit): (usize, char)| if place + 2 < length { '*' } else { digit };
    card.chars().enumerate().map(shown).collect()
}

/// An order to a seal; what it carries is not shown.
pub fn show_order(id: u64, order: &state::Order) -> Order {
    let (state, answer) = match (&order.outcome, order.sent_at) {
        (Some(Outcome::Done), _) => (OrderState::Done, None),
        (Some(Outcome::Refused { answer }), _) => (OrderState::Refused, Some(answer)),
        (Some(Outcome::NoAnswer), _) => (OrderState::NoAnswer, None),
        (Some(Outcome::NotSpoken { why }), _) => (OrderState::NotSpoken, Some(why)),
        (Some(Outcome::Withheld { why }), _) => (OrderState::Withheld, Some(why)),
        (None, Some(_)) => (OrderState::Sent, None),
        (None, None) => (OrderState::Waiting, None),
    };
    Order {
        id,
        seal: order.ordered.seal.0,
        trip: order.trip.map(|trip| trip.0),
        grant: order.ordered.grant.map(|grant| grant.0),
        kind: order.ordered.order.name().into(),
        state,
        answer: answer.map(|answer| reason(answer)),
        issued: order.issued_at.into(),
        sent: order.sent_at.map(Into::into),
        ended: None,
    }
}

fn message_state(state: OutboxState, stage: &str) -> MessageState {
    match state {
        OutboxState::Taken => MessageState::Taken,
        OutboxState::Refused => MessageState::Refused,
        OutboxState::Waiting if stage == "stuck" => MessageState::Stuck,
        OutboxState::Waiting => MessageState::Waiting,
    }
}

impl From<Belongs> for Belonging {
    fn from(belongs: Belongs) -> Self {
        match belongs {
            Belongs::Office(office) => Self::Office { office: office.0 },
            Belongs::Organisation(organisation) => Self::Organisation {
                organisation: organisation.0,
            },
            Belongs::Nation => Self::Nation,
        }
    }
}

impl From<segel_model::route::RoutePlan> for RoutePlan {
    fn from(plan: segel_model::route::RoutePlan) -> Self {
        let areas = |areas: Vec<segel_model::route::Area>| areas.into_iter().map(Into::into).collect();
        Self {
            name: plan.name,
            owner: Some(plan.owner.0),
            office: plan.office.0,
            points: plan.points.into_iter().map(Into::into).collect(),
            half_widths_m: plan.half_widths_m,
            origin: plan.origin.into(),
            destination: plan.destination.into(),
            stops: areas(plan.stops),
            forbidden: areas(plan.forbidden),
            no_coverage: areas(plan.no_coverage),
            distance_m: plan.distance_m,
            transit_time_s: plan.transit_time_s,
            interval_s: plan.interval_s,
        }
    }
}

impl From<segel_model::route::Area> for Area {
    fn from(area: segel_model::route::Area) -> Self {
        Self {
            name: area.name,
            code: area.code,
            shape: match area.shape {
                Outline::Polygon(points) => Shape::Polygon {
                    points: points.into_iter().map(Into::into).collect(),
                },
                Outline::Circle { centre, radius_m } => Shape::Circle {
                    centre: centre.into(),
                    radius_m,
                },
            },
        }
    }
}

/// What an alarm's code means.
pub fn alarm_title(code: AlarmCode) -> Bilingual {
    let (id, en) = match code {
        AlarmCode::A01 => (
            "Pembukaan paksa atau kabel dipotong",
            "Forced opening or cable cut",
        ),
        AlarmCode::A02 => ("Dibuka tanpa izin", "Opened without authorisation"),
        AlarmCode::A03 => ("Badan segel dirusak", "Seal body tampered with"),
        AlarmCode::A06 => (
            "Berangkat tanpa izin",
            "Left before sealing was complete or authorised",
        ),
        AlarmCode::A08 => ("Keluar jalur", "Left the corridor"),
        AlarmCode::A09 => ("Memasuki kawasan terlarang", "Entered a forbidden area"),
        AlarmCode::A11 => ("Berhenti tak wajar", "Abnormal stop"),
        AlarmCode::A12 => ("Hilang sinyal", "No signal"),
        AlarmCode::A13 => ("Hilang posisi satelit", "No satellite fix"),
        AlarmCode::A14 => ("Terlambat dari rencana", "Late against the plan"),
        AlarmCode::A16 => ("Baterai lemah", "Battery low"),
        AlarmCode::A17 => ("Kredensial salah berulang", "Wrong credential, again and again"),
        AlarmCode::A20 => ("Dokumen berubah di perjalanan", "Document changed on the way"),
        AlarmCode::A21 => ("Norma waktu SOP terlampaui", "A clock of the SOP was missed"),
        AlarmCode::A22 => (
            "Pesan SKP tertahan atau ditolak",
            "Message to SKP stuck or refused",
        ),
        AlarmCode::A23 => ("Segel bermasalah", "The seal itself is faulty"),
    };
    Bilingual::new(id, en)
}

/// What a message's code means.
pub fn message_title(code: segel_model::skp::MessageCode) -> Bilingual {
    use segel_model::skp::MessageCode as Code;
    let (id, en) = match code {
        Code::E02 => ("Permintaan dan penugasan", "Request and assignment"),
        Code::E03 => ("Rencana rute", "Route plan"),
        Code::E04 => ("Pemasangan", "Installation"),
        Code::E05 => ("Foto pemasangan", "Installation photos"),
        Code::E06 => ("Kumpulan lokasi", "Location batch"),
        Code::E07 => ("Status atau alarm", "Status or alarm"),
        Code::E11 => ("Tiba", "Arrival"),
        Code::E12 => ("Izin pelepasan", "Removal authorised"),
        Code::E13 => ("Pelepasan", "Removal"),
        Code::E14 => ("Foto pelepasan", "Removal photos"),
        Code::E15 => ("Laporan penutup", "Closing report"),
    };
    Bilingual::new(id, en)
}

/// Whether an alarm is critical and open.
pub fn is_critical_open(alarm: &state::Alarm) -> bool {
    alarm.is_open() && alarm.severity == Grave::S1
}
