//! What people ask. Each command says everything the decision needs; names, phones and plates come as salted hashes and
//! lie in erasable subject records beside the journal.

use alloc::string::String;
use alloc::vec::Vec;

use segel_geo::Position;
use serde::{Deserialize, Serialize};

use crate::alarm::AlarmOutcome;
use crate::document::Paper;
use crate::grant::UnlockMethod;
use crate::photo::{PhotoFacts, PhotoKind, PhotoStep};
use crate::principal::{Belonging, OrganisationKind};
use crate::route::{Area, RoutePlan};
use crate::seal::{Certificate, SealCondition, SealRegistration};
use crate::trip::TripRequest;
use crate::{
    AlarmId, DocumentId, GrantId, InvitationId, MessageId, PersonId, PhotoId, Role, RouteId, SealId,
    SealOrder, SecretHash, ServerTime, TokenId, TripId,
};

/// What a person asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Enter an organisation.
    RegisterOrganisation {
        /// Its name; firms are no persons.
        name: String,
        /// What it does.
        kind: OrganisationKind,
        /// Tax number, digits only.
        npwp: Option<String>,
    },
    /// Invite somebody into a role.
    Invite {
        /// Into which role.
        role: Role,
        /// Of which office or organisation.
        belongs: Belonging,
        /// Hash of the one-time code.
        code: SecretHash,
        /// Until when the code holds.
        until: ServerTime,
    },
    /// Join by an invitation. Asked by `Principal::System` on behalf of the bearer of the code.
    Join {
        /// Hash of the one-time code.
        code: SecretHash,
        /// Salted hash of the subject record.
        subject: SecretHash,
    },
    /// Take back an invitation nobody has used.
    RevokeInvitation {
        /// Which.
        invitation: InvitationId,
    },
    /// Shut somebody out.
    DisablePerson {
        /// Whom.
        person: PersonId,
        /// Why.
        reason: String,
    },
    /// Give a machine a bearer token that acts as the asking person.
    IssueToken {
        /// What it is for.
        label: String,
        /// Hash of the token.
        hash: SecretHash,
        /// Until when it holds.
        until: ServerTime,
    },
    /// Take a token back.
    RevokeToken {
        /// Which.
        token: TokenId,
    },

    /// Enter a seal into stock.
    RegisterSeal(SealRegistration),
    /// Give a seal a new certificate.
    CertifySeal {
        /// Which seal.
        seal: SealId,
        /// The certificate.
        certificate: Certificate,
    },
    /// Say whether a seal may be used.
    SetSealCondition {
        /// Which seal.
        seal: SealId,
        /// The condition.
        condition: SealCondition,
    },
    /// Clear a doubt about who speaks as a seal.
    ClearDoubt {
        /// Which seal.
        seal: SealId,
        /// Why it is clear.
        reason: String,
    },
    /// Show somebody the secrets inside a report of a seal.
    UnmaskReport {
        /// Whose report.
        seal: SealId,
        /// The commit it came with.
        commit: u64,
        /// Its place in it.
        ordinal: u32,
        /// The trip it belongs to.
        trip: Option<TripId>,
        /// Why its secrets must be seen.
        reason: String,
    },
    /// Send something harmless to a seal (never an opening).
    OrderSeal {
        /// Which seal.
        seal: SealId,
        /// What.
        order: SealOrder,
        /// Why; needed where a rule asks for it.
        #[serde(default)]
        reason: String,
    },

    /// Enter a document.
    RegisterDocument(Paper),
    /// An officer has seen the document and found it right.
    VerifyDocument {
        /// Which.
        document: DocumentId,
        /// Positions of the approved lines.
        approved: Vec<u16>,
        /// A remark.
        remark: String,
    },
    /// An officer refuses the document.
    RefuseDocument {
        /// Which.
        document: DocumentId,
        /// Why.
        reason: String,
    },
    /// The document was cancelled.
    CancelDocument {
        /// Which.
        document: DocumentId,
        /// Why.
        reason: String,
    },

    /// Propose a route plan.
    ProposeRoute(RoutePlan),
    /// An officer approves a route plan.
    ApproveRoute {
        /// Which.
        route: RouteId,
        /// A remark.
        remark: String,
    },
    /// An officer refuses a route plan.
    RefuseRoute {
        /// Which.
        route: RouteId,
        /// Why.
        reason: String,
    },

    /// Open a trip (a draft).
    OpenTrip(TripRequest),
    /// Put a document under a draft.
    AttachDocument {
        /// Which trip.
        trip: TripId,
        /// Which document.
        document: DocumentId,
    },
    /// Ask for the seal: the gate.
    SubmitTrip {
        /// Which trip.
        trip: TripId,
    },
    /// Choose the route of a submitted trip.
    PlanTrip {
        /// Which trip.
        trip: TripId,
        /// Which route.
        route: RouteId,
    },
    /// Say who drives, or that it is open again.
    NameDriver {
        /// Which trip.
        trip: TripId,
        /// Who: the salted hash of an erasable record.
        driver: Option<SecretHash>,
    },
    /// Give up before a seal is on.
    CancelTrip {
        /// Which trip.
        trip: TripId,
        /// Why.
        reason: String,
    },
    /// Choose the seal.
    AssignSeal {
        /// Which trip.
        trip: TripId,
        /// Which seal.
        seal: SealId,
        /// Who fits it.
        technician: PersonId,
    },
    /// Take the seal back before it is fitted.
    ReleaseSeal {
        /// Which trip.
        trip: TripId,
        /// Why.
        reason: String,
    },
    /// The technician has scanned container and seal and starts: T1.
    BeginInstall {
        /// Which trip.
        trip: TripId,
        /// The number on the container as scanned.
        container: String,
        /// The number on the seal as scanned.
        seal_label: String,
        /// Where the technician's phone is.
        place: Option<Position>,
        /// The bolt seal beside it.
        bolt_seal: Option<String>,
    },
    /// An officer records by hand that the seal is closed though its *locked* did not come; or, for a tracker without
    /// a lock, the technician says it is fitted.
    RecordInstalled {
        /// Which trip.
        trip: TripId,
        /// Why by hand.
        reason: String,
    },
    /// Customs lets it go.
    AuthoriseDeparture {
        /// Which trip.
        trip: TripId,
        /// A remark.
        remark: String,
    },
    /// An officer confirms the arrival.
    ConfirmArrival {
        /// Which trip.
        trip: TripId,
        /// Why by hand.
        reason: String,
    },
    /// The seal is compared with its papers, photos and alarms.
    CheckSeal {
        /// Which trip.
        trip: TripId,
        /// The number on the seal is the one on the papers.
        number_matches: bool,
        /// Seal and door look as on the photos.
        looks_untouched: bool,
        /// A remark.
        remark: String,
    },
    /// An officer decides about a trip that is held for a discrepancy.
    DecideHeldTrip {
        /// Which trip.
        trip: TripId,
        /// Whether it may go on to removal.
        release: bool,
        /// Why.
        reason: String,
    },
    /// Customs lets the seal be opened.
    GrantRemoval {
        /// Which trip.
        trip: TripId,
        /// Who may do it.
        executor: PersonId,
        /// How.
        method: UnlockMethod,
        /// Where; nothing is the route's destination.
        place: Option<Area>,
        /// How long it holds; nothing is the rulebook's window.
        window_s: Option<u32>,
        /// Why.
        reason: String,
    },
    /// Customs takes a grant back.
    RevokeGrant {
        /// Which.
        grant: GrantId,
        /// Why.
        reason: String,
    },
    /// An officer on the spot vouches for the place where the seal has no fix.
    VouchPlace {
        /// For which grant.
        grant: GrantId,
        /// Why.
        reason: String,
    },
    /// The executor asks for the opening: Segel sends it, if the grant is live.
    Unlock {
        /// Under which grant.
        grant: GrantId,
        /// Where the executor's phone is.
        place: Option<Position>,
    },
    /// For a tracker without a lock: the executor has opened by hand.
    RecordOpened {
        /// Under which grant.
        grant: GrantId,
        /// Where the executor's phone is.
        place: Option<Position>,
    },
    /// The seal is off: T3 ends, T4 starts.
    FinishRemoval {
        /// Which trip.
        trip: TripId,
        /// Where the technician's phone is.
        place: Option<Position>,
    },

    /// A photo is stored.
    AddPhoto {
        /// Which trip.
        trip: TripId,
        /// Which step.
        step: PhotoStep,
        /// What it shows.
        kind: PhotoKind,
        /// What is known of it.
        facts: PhotoFacts,
    },
    /// A photo is not good enough.
    RejectPhoto {
        /// Which.
        photo: PhotoId,
        /// Why.
        reason: String,
    },

    /// Somebody has seen the alarm.
    AcknowledgeAlarm {
        /// Which.
        alarm: AlarmId,
    },
    /// Somebody is at it.
    InvestigateAlarm {
        /// Which.
        alarm: AlarmId,
        /// First action.
        note: String,
    },
    /// A remark on an alarm.
    CommentAlarm {
        /// Which.
        alarm: AlarmId,
        /// The remark.
        note: String,
    },
    /// Close an alarm, or propose to, as the role may.
    CloseAlarm {
        /// Which.
        alarm: AlarmId,
        /// How.
        outcome: AlarmOutcome,
        /// Why.
        reason: String,
    },

    /// A person has repaired what SKP refused; it is tried again.
    RepairMessage {
        /// Which.
        message: MessageId,
        /// Corrections by field name of the dialect.
        corrections: Vec<(String, String)>,
        /// Why.
        reason: String,
    },
}

impl Command {
    /// The command's stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::RegisterOrganisation { .. } => "register_organisation",
            Self::Invite { .. } => "invite",
            Self::Join { .. } => "join",
            Self::RevokeInvitation { .. } => "revoke_invitation",
            Self::DisablePerson { .. } => "disable_person",
            Self::IssueToken { .. } => "issue_token",
            Self::RevokeToken { .. } => "revoke_token",
            Self::RegisterSeal(_) => "register_seal",
            Self::CertifySeal { .. } => "certify_seal",
            Self::SetSealCondition { .. } => "set_seal_condition",
            Self::ClearDoubt { .. } => "clear_doubt",
            Self::UnmaskReport { .. } => "unmask_report",
            Self::OrderSeal { .. } => "order_seal",
            Self::RegisterDocument(_) => "register_document",
            Self::VerifyDocument { .. } => "verify_document",
            Self::RefuseDocument { .. } => "refuse_document",
            Self::CancelDocument { .. } => "cancel_document",
            Self::ProposeRoute(_) => "propose_route",
            Self::ApproveRoute { .. } => "approve_route",
            Self::RefuseRoute { .. } => "refuse_route",
            Self::OpenTrip(_) => "open_trip",
            Self::AttachDocument { .. } => "attach_document",
            Self::SubmitTrip { .. } => "submit_trip",
            Self::PlanTrip { .. } => "plan_trip",
            Self::NameDriver { .. } => "name_driver",
            Self::CancelTrip { .. } => "cancel_trip",
            Self::AssignSeal { .. } => "assign_seal",
            Self::ReleaseSeal { .. } => "release_seal",
            Self::BeginInstall { .. } => "begin_install",
            Self::RecordInstalled { .. } => "record_installed",
            Self::AuthoriseDeparture { .. } => "authorise_departure",
            Self::ConfirmArrival { .. } => "confirm_arrival",
            Self::CheckSeal { .. } => "check_seal",
            Self::DecideHeldTrip { .. } => "decide_held_trip",
            Self::GrantRemoval { .. } => "grant_removal",
            Self::RevokeGrant { .. } => "revoke_grant",
            Self::VouchPlace { .. } => "vouch_place",
            Self::Unlock { .. } => "unlock",
            Self::RecordOpened { .. } => "record_opened",
            Self::FinishRemoval { .. } => "finish_removal",
            Self::AddPhoto { .. } => "add_photo",
            Self::RejectPhoto { .. } => "reject_photo",
            Self::AcknowledgeAlarm { .. } => "acknowledge_alarm",
            Self::InvestigateAlarm { .. } => "investigate_alarm",
            Self::CommentAlarm { .. } => "comment_alarm",
            Self::CloseAlarm { .. } => "close_alarm",
            Self::RepairMessage { .. } => "repair_message",
        }
    }
}
