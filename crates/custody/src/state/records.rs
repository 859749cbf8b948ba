//! The records of the state, each with what its rules look at.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use segel_model::alarm::{AlarmCode, AlarmOutcome, AlarmStage, Bilingual, EscalationStep, Finding};
use segel_model::document::{DocumentStatus, Paper};
use segel_model::grant::{Grant, GrantEnd};
use segel_model::observed::Place;
use segel_model::order::{Ordered, Outcome};
use segel_model::photo::{PhotoFacts, PhotoKind, PhotoStep};
use segel_model::principal::{Belonging, OrganisationKind};
use segel_model::report::{Lock, Protocol};
use segel_model::route::{RoutePlan, RouteStatus};
use segel_model::rulebook::{EditionNumber, Reaction};
use segel_model::seal::{SealCondition, SealRegistration};
use segel_model::skp::{Delivery, MessageCode};
use segel_model::trip::{Circumstance, Clock, TripRequest, TripState};
use segel_model::{
    DeviceId, DocumentId, EventTime, GrantId, MessageId, OrderId, PersonId, PhotoId, Role, RouteId, SealId,
    SecretHash, ServerTime, Severity, TripId,
};
use serde::{Deserialize, Serialize};

use crate::routes::Compiled;
use crate::watch::{SealWatch, TripWatch};

/// Who did something, and when we knew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Who; nothing where Segel itself did it.
    pub by: Option<PersonId>,
    /// When we knew.
    pub at: ServerTime,
}

/// Our own presence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Since when we have been listening without a gap; nothing before the first start.
    pub listening_since: Option<ServerTime>,
    /// The last moment that anything was decided.
    pub last_heard: Option<ServerTime>,
    /// We stopped in good order and have not started since.
    pub stopped: bool,
    /// When we did not listen, newest last; at most `GAPS_LIMIT`.
    pub gaps: VecDeque<(ServerTime, ServerTime)>,
}

impl Service {
    /// How long, between two moments, nobody listened.
    pub fn absent_ms(&self, from: ServerTime, until: ServerTime) -> i64 {
        let overlap = |gap: &(ServerTime, ServerTime)| gap.1.min(until).since_ms(gap.0.max(from)).max(0);
        self.gaps.iter().map(overlap).sum()
    }
}

/// A firm or body outside customs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its name.
    pub name: String,
    /// What it does.
    pub kind: OrganisationKind,
    /// Tax number, digits only.
    pub npwp: Option<String>,
}

/// Somebody who can sign in. Names lie elsewhere, in an erasable record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// What they are for.
    pub role: Role,
    /// Where they belong.
    pub belongs: Belonging,
    /// Salted hash of the erasable record.
    pub subject: SecretHash,
    /// When they joined.
    pub joined_at: ServerTime,
    /// Why they are shut out.
    pub disabled: Option<String>,
}

/// An invitation that is neither used nor ended; used and ended ones leave the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Into which role.
    pub role: Role,
    /// Of which office or organisation.
    pub belongs: Belonging,
    /// Hash of the one-time code.
    pub code: SecretHash,
    /// Until when the code holds.
    pub until: ServerTime,
    /// Who invited.
    pub invited: Signed,
}

/// A token that has not been revoked; revoked ones leave the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// As whom it acts.
    pub person: PersonId,
    /// What it is for.
    pub label: String,
    /// Hash of the token.
    pub hash: SecretHash,
    /// Until when it holds.
    pub until: ServerTime,
}

/// A device in stock or on the road.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seal {
    /// What was entered.
    pub registration: SealRegistration,
    /// Whether it may be used.
    pub condition: SealCondition,
    /// Why somebody else may be speaking as this seal.
    pub doubt: Option<String>,
    /// The number of its modem, where its reports say it.
    pub imei: Option<String>,
    /// Its clock less ours.
    pub clock_offset_ms: i64,
    /// What every report changes.
    pub moving: Moving,
    /// The trip it is bound to.
    pub trip: Option<TripId>,
    /// The trip it was last taken off: its late reports still belong there.
    pub past: Option<PastTrip>,
    /// Cards that were let in and have not been confirmed as taken away.
    pub cards_inside: BTreeSet<String>,
    /// What the watch keeps of it.
    pub watch: SealWatch,
}

/// The moving parts of a seal: what every report changes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Moving {
    /// When it last spoke.
    pub last_seen: Option<ServerTime>,
    /// The newest thing it said of itself, by its own corrected time.
    pub last_at: Option<EventTime>,
    /// Its newest position of any source.
    pub place: Option<PlaceAt>,
    /// Its newest position that may judge.
    pub judged: Option<PlaceAt>,
    /// Battery, per cent.
    pub battery_percent: Option<u8>,
    /// Whether it is charging.
    pub charging: bool,
    /// What its contacts last said.
    pub lock: Lock,
    /// Since when they say closed.
    pub sealed_since: Option<EventTime>,
    /// Reports so far, repeats left out.
    pub reports: u64,
}

/// A position with its time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlaceAt {
    /// When.
    pub at: EventTime,
    /// Where, and what was judged of it.
    pub place: Place,
}

/// The trip a seal was last taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastTrip {
    /// Which.
    pub trip: TripId,
    /// When it came off.
    pub until: EventTime,
}

/// Devices nobody has registered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// Who they are; at most `QUARANTINE_LIMIT`.
    pub strangers: BTreeMap<Protocol, BTreeMap<DeviceId, ServerTime>>,
    /// Reports of strangers so far, those of strangers beyond the limit included.
    pub reports: u64,
}

/// A customs document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// What the paper says.
    pub paper: Paper,
    /// Where it stands.
    pub status: DocumentStatus,
    /// Who entered it.
    pub registered: Signed,
    /// Who decided about it last.
    pub decided: Option<Signed>,
    /// Which trip each line backs or has backed; a trip given up gives its line back.
    pub backing: BTreeMap<u16, TripId>,
}

/// A route plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Route {
    /// As its author drew it.
    pub plan: RoutePlan,
    /// Where it stands.
    pub status: RouteStatus,
    /// What the lint found.
    pub lint: Vec<Bilingual>,
    /// Who proposed it.
    pub proposed: Signed,
    /// Who decided about it.
    pub decided: Option<Signed>,
    /// Its corridor and areas, ready to judge. Built from the plan, so never stored.
    #[serde(skip)]
    pub compiled: Arc<Compiled>,
}

/// A supervised journey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trip {
    /// What was asked for.
    pub request: TripRequest,
    /// The edition of the rules it is judged by.
    pub edition: EditionNumber,
    /// Where it stands.
    pub state: TripState,
    /// Who opened it.
    pub opened: Signed,
    /// Its document.
    pub document: Option<DocumentId>,
    /// The line of the document that backs it, from the gate on.
    pub line: Option<u16>,
    /// Its route.
    pub route: Option<RouteId>,
    /// Its seal; stays after removal, as a record.
    pub seal: Option<SealId>,
    /// Who fits it.
    pub technician: Option<PersonId>,
    /// The bolt seal beside it.
    pub bolt_seal: Option<String>,
    /// When the seal was closed, and why by hand where it was.
    pub closed: Option<Closed>,
    /// Customs let it go.
    pub departure: Option<Signed>,
    /// The comparison of the seal with its papers.
    pub check: Option<SealCheck>,
    /// An officer decided about a held trip.
    pub decision: Option<HeldDecision>,
    /// The newest grant.
    pub grant: Option<GrantId>,
    /// Every physical opening of its seal.
    pub openings: Vec<Opening>,
    /// The SOP's clocks that have started.
    pub clocks: BTreeMap<Clock, ClockRun>,
    /// Its photos.
    pub photos: BTreeMap<PhotoId, Photo>,
    /// Every transition.
    pub moves: Vec<Move>,
    /// How far along it is, as departure and arrival look at it.
    pub journey: Journey,
    /// Reports received since the seal was closed, repeats left out.
    pub received_reports: u32,
    /// The order that sets its Location Sharing Interval.
    pub interval: Option<IntervalOrder>,
    /// What SKP has been told of it.
    pub skp: SkpProgress,
    /// What the watch keeps of it.
    pub watch: TripWatch,
    /// When its document runs out; nothing where it says no day, or somebody has been told.
    pub document_expires: Option<ServerTime>,
    /// When it may leave the working state; nothing while it runs.
    pub archive_due: Option<ServerTime>,
    /// When it expires, while it is a draft.
    #[serde(default)]
    pub lapse_due: Option<ServerTime>,
}

/// When a seal was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// When.
    pub at: EventTime,
    /// Why a person recorded it, where the seal did not say so.
    pub by_hand: Option<String>,
}

/// The comparison of a seal with its papers, photos and alarms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealCheck {
    /// The number is the one on the papers.
    pub number_matches: bool,
    /// Seal and door look as on the photos.
    pub looks_untouched: bool,
    /// A remark.
    pub remark: String,
    /// Who compared.
    pub signed: Signed,
}

/// An officer's decision about a held trip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldDecision {
    /// Whether it may go on to removal.
    pub release: bool,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub signed: Signed,
}

/// A physical opening of a seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// When.
    pub at: EventTime,
    /// How.
    pub how: String,
    /// Under which grant; nothing where none covers it.
    pub grant: Option<GrantId>,
}

/// One run of an SOP clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockRun {
    /// When it started.
    pub started: EventTime,
    /// Its limit.
    pub limit_s: u32,
    /// When the limit runs out, in our time.
    pub due: ServerTime,
    /// When it stopped and how long it took.
    pub stopped: Option<ClockStop>,
    /// Its limit ran out without news.
    pub breached: Option<ClockBreach>,
    /// Later proof changed the verdict.
    pub amended: Option<ClockStop>,
}

impl ClockRun {
    /// Whether it has neither stopped nor run out.
    pub const fn is_running(&self) -> bool {
        self.stopped.is_none() && self.breached.is_none()
    }
}

/// The end of an SOP clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockStop {
    /// How long it took.
    pub took_ms: i64,
    /// Whether that was inside the limit.
    pub met: bool,
}

/// A limit that ran out without news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockBreach {
    /// We were absent while it ran out.
    pub we_were_absent: bool,
}

/// A stored photo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Photo {
    /// Which step it shows.
    pub step: PhotoStep,
    /// What it shows.
    pub kind: PhotoKind,
    /// What is known of it.
    pub facts: PhotoFacts,
    /// It came after its limit.
    pub late: bool,
    /// Why it was rejected.
    pub rejected: Option<String>,
    /// Who took it.
    pub stored: Signed,
}

/// One transition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Move {
    /// From which state.
    pub from: TripState,
    /// To which.
    pub to: TripState,
    /// When, where and why.
    pub circumstance: Circumstance,
    /// Who, and when we knew.
    pub signed: Signed,
}

/// How far along a trip is, as departure and arrival look at it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journey {
    /// Fixes in a row outside the origin.
    pub outside_origin: u8,
    /// The first fix of the present stay in the destination.
    pub destination_since: Option<EventTime>,
    /// The newest fix that counted.
    pub newest: Option<EventTime>,
}

/// The order that sets a Location Sharing Interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntervalOrder {
    /// Which order.
    pub order: OrderId,
    /// The order that keeps a tracker awake, until the seal has confirmed it.
    pub awake: Option<OrderId>,
    /// By when both must be confirmed.
    pub due: ServerTime,
    /// The seal has confirmed the interval.
    pub confirmed: bool,
    /// One was missed or refused, and somebody was told.
    pub unmet: bool,
}

impl IntervalOrder {
    /// Whether the seal has something to confirm yet, and nobody was told.
    pub const fn waits(&self) -> bool {
        !self.unmet && (!self.confirmed || self.awake.is_some())
    }
}

/// What SKP has been told of a trip.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkpProgress {
    /// Messages queued so far.
    pub queued: u32,
    /// Messages SKP took.
    pub taken: u32,
    /// Locations that no message holds yet, however late they came.
    #[serde(default)]
    pub untold: Option<Untold>,
    /// The newest range.
    #[serde(default)]
    pub range: Option<MessageId>,
    /// When the next range of locations is due.
    pub locations_due: Option<ServerTime>,
}

/// Locations that no message holds yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untold {
    /// The oldest event time among them.
    pub from: EventTime,
    /// The newest.
    pub until: EventTime,
    /// How many there are.
    pub reports: u32,
}

impl Untold {
    /// The first one.
    pub const fn begin(at: EventTime) -> Self {
        Self {
            from: at,
            until: at,
            reports: 1,
        }
    }

    /// One more.
    #[must_use]
    pub fn with(self, at: EventTime) -> Self {
        Self {
            from: self.from.min(at),
            until: self.until.max(at),
            reports: self.reports.saturating_add(1),
        }
    }
}

/// A permission to open, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrantRecord {
    /// What was granted.
    pub grant: Grant,
    /// Who granted it.
    pub granted: Signed,
    /// How it ended, and when we knew.
    pub ended: Option<(GrantEnd, ServerTime)>,
}

/// An alarm and its life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// What was found when it was raised.
    pub finding: Finding,
    /// How grave it is now.
    pub severity: Severity,
    /// Where it is in its life.
    pub stage: AlarmStage,
    /// When it was raised, in our time.
    pub raised_at: ServerTime,
    /// From when the limits to react run; the same, but for steps of the clock.
    pub counts_from: ServerTime,
    /// How soon people must react, by the rules of its day.
    pub reaction: Reaction,
    /// Who saw it first.
    pub acknowledged: Option<Signed>,
    /// Who began to act.
    pub investigated: Option<Signed>,
    /// Which limits ran out, so that it went to the next.
    pub escalated: BTreeSet<EscalationStep>,
    /// When it goes to the next unless somebody reacts.
    pub escalate_due: Option<ServerTime>,
    /// What caused it is over since then.
    pub recovered_at: Option<EventTime>,
    /// The assessment no longer supports it.
    pub unsupported: Option<Bilingual>,
    /// Who proposed to close it, and how.
    pub proposals: Vec<Closure>,
    /// Who closed it, and how.
    pub closed: Option<Closure>,
    /// Until when it is kept at hand after that, where no trip keeps it.
    #[serde(default)]
    pub kept_until: Option<ServerTime>,
}

impl Alarm {
    /// Whether a trip that ends with it ends with remarks: nobody has closed it, or somebody confirmed it.
    pub fn is_remark(&self) -> bool {
        let closed = self.closed.as_ref();
        self.finding.code != AlarmCode::A22
            && closed.is_none_or(|closed| closed.outcome == AlarmOutcome::Confirmed)
    }

    /// Whether nobody has closed it.
    pub fn is_open(&self) -> bool {
        self.stage != AlarmStage::Closed
    }
}

/// A proposal or decision to close an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// How.
    pub outcome: AlarmOutcome,
    /// Why.
    pub reason: String,
    /// Who.
    pub signed: Signed,
}

/// An order to a seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The wish.
    pub ordered: Ordered,
    /// For which trip.
    pub trip: Option<TripId>,
    /// When it was issued.
    pub issued_at: ServerTime,
    /// When it went out.
    pub sent_at: Option<ServerTime>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// A message that SKP has not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Which trip.
    pub trip: TripId,
    /// Which message.
    pub code: MessageCode,
    /// When it was queued.
    pub queued_at: ServerTime,
    /// What SKP last said, or that it is stuck.
    pub trouble: Option<Delivery>,
}
