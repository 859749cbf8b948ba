//! Decided facts of the past. The state is the fold of these and of `Observed`; nothing else moves it.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::alarm::{AlarmOutcome, Bilingual, EscalationStep, Finding};
use crate::document::Paper;
use crate::grant::{Grant, GrantEnd};
use crate::order::{Ordered, Outcome};
use crate::photo::{PhotoFacts, PhotoKind, PhotoStep};
use crate::principal::{Belonging, OrganisationKind};
use crate::report::Protocol;
use crate::route::RoutePlan;
use crate::rulebook::{EditionNumber, Reaction};
use crate::seal::{Certificate, SealCondition, SealRegistration};
use crate::skp::{Delivery, Envelope, MessageCode};
use crate::trip::{Circumstance, Clock, TripRequest, TripState};
use crate::{
    AlarmId, DeviceId, DeviceTime, DocumentId, EventTime, GrantId, InvitationId, MessageId, OrderId,
    OrganisationId, PersonId, PhotoId, Principal, RecordedTime, Refusal, Role, RouteId, SealId, SecretHash,
    ServerTime, Severity, TokenId, TripId,
};

/// A decided fact. Its fields carry the names of the vocabulary and say no more than those.
#[allow(missing_docs, clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A person was refused: evidence too.
    Refused {
        principal: Principal,
        command: String,
        refusal: Refusal,
        trip: Option<TripId>,
    },
    /// Segel did not listen between these.
    ServiceGap { from: ServerTime, until: ServerTime },
    /// Segel stopped in good order.
    ServiceStopped,
    /// The wall clock was stepped; deadlines were anchored anew.
    ClockStepped { by_ms: i64 },
    /// Staged reports became sealed blocks.
    HistorySealed {
        from_commit: u64,
        until_commit: u64,
        hashes: Vec<String>,
    },

    /// An organisation was entered.
    OrganisationRegistered {
        organisation: OrganisationId,
        name: String,
        kind: OrganisationKind,
        npwp: Option<String>,
    },
    /// Somebody was invited.
    Invited {
        invitation: InvitationId,
        role: Role,
        belongs: Belonging,
        code: SecretHash,
        until: ServerTime,
    },
    /// An invitation was taken back or ran out.
    InvitationEnded { invitation: InvitationId },
    /// Somebody joined.
    PersonJoined {
        person: PersonId,
        invitation: InvitationId,
        role: Role,
        belongs: Belonging,
        subject: SecretHash,
    },
    /// Somebody was shut out.
    PersonDisabled { person: PersonId, reason: String },
    /// A machine got a token.
    TokenIssued {
        token: TokenId,
        person: PersonId,
        label: String,
        hash: SecretHash,
        until: ServerTime,
    },
    /// A token was taken back.
    TokenRevoked { token: TokenId },

    /// A seal came into stock.
    SealRegistered {
        seal: SealId,
        registration: SealRegistration,
    },
    /// A seal has a new certificate.
    SealCertified { seal: SealId, certificate: Certificate },
    /// A seal may or may not be used.
    SealConditionSet { seal: SealId, condition: SealCondition },
    /// A device nobody registered speaks; it is kept, listed, never judged.
    DeviceQuarantined { protocol: Protocol, device: DeviceId },
    /// Somebody else may speak as this seal: no secret is sent to it.
    SealDoubted { seal: SealId, why: String },
    /// The modem in it, as its reports say: another one later is a doubt.
    SealModemKnown { seal: SealId, imei: String },
    /// An officer cleared the doubt; the modem that speaks next is taken for the seal's own.
    SealDoubtCleared { seal: SealId, reason: String },
    /// Somebody was shown the secrets inside a report of a seal.
    SecretsUnmasked {
        seal: SealId,
        trip: Option<TripId>,
        commit: u64,
        ordinal: u32,
        reason: String,
    },
    /// The clock of a seal was measured against ours (seal minus server); it holds from that time of the seal on.
    SealClockMeasured {
        seal: SealId,
        offset_ms: i64,
        from: DeviceTime,
    },

    /// A document was entered.
    DocumentRegistered { document: DocumentId, paper: Paper },
    /// An officer verified it.
    DocumentVerified {
        document: DocumentId,
        approved: Vec<u16>,
        remark: String,
    },
    /// An officer refused it.
    DocumentRefused { document: DocumentId, reason: String },
    /// It was cancelled.
    DocumentCancelled { document: DocumentId, reason: String },

    /// A route plan was proposed; what the lint found stands beside it.
    RouteProposed {
        route: RouteId,
        plan: RoutePlan,
        lint: Vec<Bilingual>,
    },
    /// An officer approved it.
    RouteApproved { route: RouteId, remark: String },
    /// An officer refused it.
    RouteRefused { route: RouteId, reason: String },

    /// A trip was opened; it is judged by this edition of the rules to its end.
    TripOpened {
        trip: TripId,
        request: TripRequest,
        edition: EditionNumber,
        /// When it expires unless it is asked for.
        #[serde(default)]
        lapses: Option<ServerTime>,
    },
    /// It was said who drives.
    DriverNamed {
        trip: TripId,
        driver: Option<SecretHash>,
    },
    /// A document was put under it.
    DocumentAttached { trip: TripId, document: DocumentId },
    /// The gate let it through on this line (its position) of the document, which runs out then.
    LineBacked {
        trip: TripId,
        document: DocumentId,
        line: u16,
        expires: Option<ServerTime>,
    },
    /// The document ran out while the container was still sealed.
    DocumentRanOut { trip: TripId, document: DocumentId },
    /// A route was chosen for it.
    TripPlanned { trip: TripId, route: RouteId },
    /// A seal was chosen for it.
    SealAssigned {
        trip: TripId,
        seal: SealId,
        technician: PersonId,
    },
    /// The seal was taken back before it was fitted.
    SealReleased {
        trip: TripId,
        seal: SealId,
        reason: String,
    },
    /// Container and seal were scanned.
    InstallBegun {
        trip: TripId,
        bolt_seal: Option<String>,
        /// What does not fit about the place of the scan.
        #[serde(default)]
        remarks: Vec<Bilingual>,
    },
    /// The seal said it is locked, or a person recorded it (`by_hand` says why).
    SealClosed {
        trip: TripId,
        seal: SealId,
        at: EventTime,
        by_hand: Option<String>,
    },
    /// Customs let it go.
    DepartureAuthorised { trip: TripId, remark: String },
    /// The seal was compared with its papers and photos.
    SealChecked {
        trip: TripId,
        number_matches: bool,
        looks_untouched: bool,
        remark: String,
    },
    /// An officer decided about a held trip.
    HeldTripDecided {
        trip: TripId,
        release: bool,
        reason: String,
    },
    /// The trip moved to another state. Every transition has actor (on the entry), time, place and reason.
    TripMoved {
        trip: TripId,
        from: TripState,
        to: TripState,
        circumstance: Circumstance,
    },
    /// The trip is over, and stays at hand at least until then: late reports may still come.
    TripKept { trip: TripId, until: ServerTime },
    /// The trip is over, its alarms and obligations closed: it leaves the working state.
    TripArchived { trip: TripId },

    /// Customs let the seal be opened.
    Granted { grant: GrantId, what: Grant },
    /// An officer on the spot vouched for the place.
    PlaceVouched { grant: GrantId, reason: String },
    /// A grant is over.
    GrantEnded {
        grant: GrantId,
        why: GrantEnd,
        reason: String,
    },
    /// The seal was opened; matched to a grant, or to none.
    SealOpened {
        seal: SealId,
        trip: Option<TripId>,
        at: EventTime,
        how: String,
        grant: Option<GrantId>,
    },
    /// The seal is off.
    RemovalFinished { trip: TripId, at: EventTime },

    /// An SOP clock started; `due` is the moment its limit runs out.
    ClockStarted {
        trip: TripId,
        clock: Clock,
        at: EventTime,
        limit_s: u32,
        due: ServerTime,
    },
    /// An SOP clock stopped.
    ClockStopped {
        trip: TripId,
        clock: Clock,
        at: EventTime,
        took_ms: i64,
        met: bool,
    },
    /// Its limit ran out and nothing had come: provisional, later proof amends it.
    ClockBreached {
        trip: TripId,
        clock: Clock,
        we_were_absent: bool,
    },
    /// Later proof: it had been met after all. Both stay visible.
    ClockAmended {
        trip: TripId,
        clock: Clock,
        took_ms: i64,
        met: bool,
    },

    /// A photo was stored.
    PhotoStored {
        photo: PhotoId,
        trip: TripId,
        step: PhotoStep,
        kind: PhotoKind,
        facts: PhotoFacts,
        late: bool,
    },
    /// A photo was not good enough.
    PhotoRejected {
        photo: PhotoId,
        trip: TripId,
        reason: String,
    },

    /// An alarm was raised; how soon people must react is frozen with it.
    AlarmRaised {
        alarm: AlarmId,
        finding: Finding,
        reaction: Reaction,
    },
    /// It got graver.
    AlarmWorsened {
        alarm: AlarmId,
        severity: Severity,
        why: Bilingual,
    },
    /// What caused it was over, and began again while the alarm was still open.
    AlarmRecurred {
        alarm: AlarmId,
        at: EventTime,
        why: Bilingual,
    },
    /// Nobody reacted in time: it goes to the next.
    AlarmEscalated {
        alarm: AlarmId,
        step: EscalationStep,
        why: Bilingual,
    },
    /// What caused it is over; it stays open until a person closes it.
    AlarmRecovered { alarm: AlarmId, at: EventTime },
    /// The assessment over all reports no longer supports it; it stays.
    AlarmUnsupported { alarm: AlarmId, why: Bilingual },
    /// Somebody has seen it.
    AlarmAcknowledged { alarm: AlarmId },
    /// Somebody is at it.
    AlarmInvestigated { alarm: AlarmId, note: String },
    /// A remark.
    AlarmCommented { alarm: AlarmId, note: String },
    /// Somebody who may only propose has proposed to close it.
    AlarmClosureProposed {
        alarm: AlarmId,
        outcome: AlarmOutcome,
        reason: String,
    },
    /// A person closed it.
    AlarmClosed {
        alarm: AlarmId,
        outcome: AlarmOutcome,
        reason: String,
    },
    /// A closed alarm of no trip is kept at hand until then.
    AlarmKept { alarm: AlarmId, until: ServerTime },
    /// It is at hand no longer; the journal keeps it.
    AlarmArchived { alarm: AlarmId },

    /// Something is to be sent to a seal.
    OrderIssued { ordered: Ordered, trip: Option<TripId> },
    /// It went out.
    OrderSent { order: OrderId },
    /// It ended.
    OrderEnded { order: OrderId, outcome: Outcome },

    /// A phone named a time that cannot be; the moment of receipt counts for the step instead.
    RecordedTimeNotBelieved {
        trip: TripId,
        recorded: RecordedTime,
        why: Bilingual,
    },
    /// The order that sets the Location Sharing Interval went to the seal, to be confirmed until then.
    IntervalOrdered {
        trip: TripId,
        order: OrderId,
        /// The order that keeps a tracker awake, while that is not confirmed.
        #[serde(default)]
        awake: Option<OrderId>,
        due: ServerTime,
    },
    /// The interval, or staying awake, was refused or not confirmed in time.
    IntervalUnmet { trip: TripId },

    /// A rule wanted a step that the SOP does not know: the trip stays where it is, and somebody must look at the rule.
    StepRefused {
        trip: TripId,
        from: TripState,
        to: TripState,
    },

    /// When the next range of locations is due at SKP; nothing where none is.
    LocationsDue { trip: TripId, at: Option<ServerTime> },
    /// SKP is to be told.
    MessageQueued {
        message: MessageId,
        trip: TripId,
        code: MessageCode,
        envelope: Envelope,
    },
    /// SKP answered, or the message is stuck.
    MessageAnswered { message: MessageId, delivery: Delivery },
    /// A person repaired it.
    MessageRepaired {
        message: MessageId,
        corrections: Vec<(String, String)>,
        reason: String,
    },

    /// Reports older than the window came: the shell must load their neighbours.
    RevisitAsked {
        trip: TripId,
        from: EventTime,
        until: EventTime,
    },
    /// They were looked at again.
    Revisited { trip: TripId },
    /// A limit of the watch ran out without a report; when to look again.
    TripLooked {
        trip: TripId,
        look_again: Option<ServerTime>,
    },
}

/// What an entry is about, for read models and timelines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A trip.
    Trip(TripId),
    /// A seal.
    Seal(SealId),
    /// A document.
    Document(DocumentId),
    /// A route.
    Route(RouteId),
    /// An alarm.
    Alarm(AlarmId),
    /// A grant.
    Grant(GrantId),
    /// A photo.
    Photo(PhotoId),
    /// A person.
    Person(PersonId),
    /// An organisation.
    Organisation(OrganisationId),
    /// An invitation.
    Invitation(InvitationId),
    /// A token.
    Token(TokenId),
    /// An order.
    Order(OrderId),
    /// A message to SKP.
    Message(MessageId),
}
