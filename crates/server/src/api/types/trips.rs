//! The supervised journey: its list, its whole, its clocks, its grants, its photos.

use segel_model as model;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Area, Bilingual, DocumentKind, Done, Moment, Named, Order, Position, SealNow};

mirror! {
    /// Where a trip stands, by the SOP's numbers.
    TripState of model::trip::TripState {
        Draft, AwaitingDocument, ManualVerification, Submitted, RouteProposed, RouteApproved, Assigned, Installing,
        Installed, ReadyToDepart, InTransit, Arrived, SealCheck, Compromised, RemovalGranted, Removing, Removed,
        Completed, Refused, Cancelled, Expired,
    }
}

mirror! {
    /// Whether a trip claims a closed container.
    TripMode of model::trip::TripMode { Sealed, CargoTracker }
}

mirror! {
    /// The SOP's clocks: T1 install, T2 install photos, T3 removal, T4 removal photos.
    Clock of model::trip::Clock { Install, InstallPhotos, Removal, RemovalPhotos }
}

mirror! {
    /// Which step a photo shows.
    PhotoStep of model::photo::PhotoStep { Install, Removal }
}

mirror! {
    /// What a photo shows.
    PhotoKind of model::photo::PhotoKind {
        DoorWithNumber, SealCloseUp, LockingRods, TruckWithPlate, BoltSeal, SealBeforeOpening, DoorAfterRemoval,
        DeviceCondition, Other,
    }
}

/// Which list a trip is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Asked for, not sealed yet (states 1 to 5).
    Expected,
    /// Being sealed (6 to 8).
    Sealing,
    /// Under way (9).
    UnderWay,
    /// Arrived, until the seal is off and documented (10 to 14).
    Arriving,
    /// Held, or with a critical or high alarm open.
    Problem,
    /// Over.
    Finished,
}

/// A trip in a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TripSummary {
    /// Its number.
    pub id: u64,
    /// Where it stands.
    pub state: TripState,
    /// The SOP's number of that state; ends outside its table have none.
    pub state_number: Option<u8>,
    /// Which list it is in.
    pub stage: Stage,
    /// Sealed, or only followed.
    pub mode: TripMode,
    /// Which container.
    #[schema(example = "CSQU3054383")]
    pub container: String,
    /// Whose trip.
    pub owner: Named,
    /// Who supplies the seal.
    pub provider: Named,
    /// With which document.
    pub document: Option<DocumentRef>,
    /// By which route.
    pub route: Option<Named>,
    /// Under which seal (its printed number).
    pub seal: Option<Named>,
    /// Who fits it.
    pub technician: Option<Named>,
    /// The truck's plate; nothing where unknown or erased.
    pub plate: Option<String>,
    /// The office at the origin.
    pub office: Option<String>,
    /// The office at the destination.
    pub destination_office: Option<String>,
    /// TPS of departure.
    pub tps_origin: String,
    /// TPS of arrival.
    pub tps_destination: String,
    /// When it was opened.
    pub opened: Moment,
    /// When it last moved to another state.
    pub moved: Moment,
    /// What the seal last said.
    pub last: Option<SealNow>,
    /// Metres along the route.
    pub progress_m: Option<f32>,
    /// Metres of the whole route.
    pub distance_m: Option<u32>,
    /// Open alarms.
    pub open_alarms: u32,
    /// The gravest of them.
    pub worst: Option<super::Severity>,
    /// The clocks that run now.
    pub running: Vec<ClockView>,
}

/// A document, enough to show a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DocumentRef {
    /// Its number in Segel.
    pub id: u64,
    /// What kind of paper.
    pub kind: DocumentKind,
    /// Its number, as printed.
    pub number: String,
}

/// An SOP clock of a trip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"clock": "install", "name": "T1", "state": "running", "started": "2026-11-24T08:15:00.000Z", "limit_s": 300, "due": "2026-11-24T08:20:00.000Z", "remaining_s": 212, "took_s": null, "we_were_absent": false, "amended": false}))]
pub struct ClockView {
    /// Which.
    pub clock: Clock,
    /// T1 to T4.
    pub name: String,
    /// How it stands.
    pub state: ClockState,
    /// When it started (event time).
    pub started: Moment,
    /// Its limit.
    pub limit_s: u32,
    /// When the limit runs out (server time).
    pub due: Moment,
    /// Seconds left, negative once over; nothing where it has stopped.
    pub remaining_s: Option<i64>,
    /// How long it took.
    pub took_s: Option<f64>,
    /// The limit ran out while Segel did not listen.
    pub we_were_absent: bool,
    /// Later proof changed the verdict; the first one stands in the timeline.
    pub amended: bool,
}

/// How a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    /// It runs.
    Running,
    /// Its limit ran out and nothing has come: provisional.
    Breached,
    /// It stopped in time.
    Met,
    /// It stopped too late.
    Missed,
}

/// A whole trip.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Trip {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: TripSummary,
    /// The driver's name; nothing where unknown or erased.
    pub driver: Option<String>,
    /// When the seal should be fitted.
    pub install_wanted: Option<Moment>,
    /// From when it may depart.
    pub start_from: Option<Moment>,
    /// Until when it may depart.
    pub start_until: Option<Moment>,
    /// The edition of the rules it is judged by.
    pub edition: u32,
    /// When it departed.
    pub departed: Option<Moment>,
    /// When it should arrive.
    pub planned_arrival: Option<Moment>,
    /// When it arrived.
    pub arrived: Option<Moment>,
    /// When customs let it go.
    pub departure_authorised: Option<Moment>,
    /// The clocks, met, missed and running.
    pub clocks: Vec<ClockView>,
    /// What must hold before it goes on, and whether it does.
    pub checks: Vec<Check>,
    /// What can be asked next, and for each whether the asker may.
    pub next_steps: Vec<NextStep>,
    /// Which photos are required, and which are there.
    pub photo_set: Vec<PhotoSlot>,
    /// Permissions to open.
    pub grants: Vec<Grant>,
    /// What was sent to the seal on this trip.
    pub orders: Vec<Order>,
    /// How complete its reports are.
    pub reports: ReportCount,
    /// Messages to SKP by state.
    pub messages: MessageCount,
    /// SKP has taken the closing report.
    pub skp_completed: bool,
}

/// Something that must hold, and whether it does.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"code": "document_not_verified", "holds": false, "say": {"id": "Dokumen belum diverifikasi.", "en": "The document is not verified."}}))]
pub struct Check {
    /// Its stable name.
    pub code: String,
    /// Whether it holds.
    pub holds: bool,
    /// In words.
    pub say: Bilingual,
}

/// Something that can be asked about this trip now.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"command": "grant_removal", "allowed": false, "refusal": {"code": "critical_alarm_open", "say": {"id": "Masih ada alarm kritis.", "en": "A critical alarm is open."}}}))]
pub struct NextStep {
    /// The command.
    pub command: String,
    /// The asker may, now.
    pub allowed: bool,
    /// Why not.
    pub refusal: Option<RefusalView>,
}

/// Why something would be refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusalView {
    /// Stable, snake case.
    pub code: String,
    /// In words.
    pub say: Bilingual,
}

/// A required photo, and whether it is there.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PhotoSlot {
    /// Of which step.
    pub step: PhotoStep,
    /// What it must show.
    pub kind: PhotoKind,
    /// The newest that was not rejected.
    pub photo: Option<u64>,
}

/// Who drives: a driver with an account, or a name and telephone in an erasable record; neither is nobody yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NameDriver {
    /// A driver with an account, who then sees the trip and its route.
    pub driver_person: Option<u64>,
    /// Or somebody without one.
    #[schema(example = "Pak Slamet")]
    pub driver: Option<String>,
    /// Their telephone.
    pub driver_phone: Option<String>,
}

/// How complete a trip's reports are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportCount {
    /// By the Location Sharing Interval, since it was sealed.
    pub expected: u64,
    /// That came.
    pub received: u64,
    /// The longest time without one, from the closing of the seal to its opening.
    pub longest_gap: Option<super::ReportGap>,
}

/// Messages to SKP by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageCount {
    /// Waiting or being tried.
    pub waiting: u32,
    /// Taken by SKP.
    pub taken: u32,
    /// Refused or stuck: a person must look.
    pub problem: u32,
}

/// Open a trip.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "owner": null, "provider": 2, "container": "CSQU 305438-3", "check_digit_confirmed": false, "document": 5,
    "route": null, "tps_origin": "TPKS", "tps_destination": "GRHA", "mode": "sealed",
    "plate": "H 1234 AB", "driver": "Budi", "driver_phone": "+62 812 000 000", "driver_person": null,
    "install_wanted": "2026-11-24T09:00:00.000Z", "start_from": null, "start_until": null
}))]
pub struct NewTrip {
    /// Whose trip; the asker's own organisation where nothing is said.
    pub owner: Option<u64>,
    /// The provider asked to supply the seal.
    pub provider: u64,
    /// As typed; spaces and dashes are forgiven.
    pub container: String,
    /// The asker has looked twice at a wrong check digit.
    #[serde(default)]
    pub check_digit_confirmed: bool,
    /// With which document; may follow.
    pub document: Option<u64>,
    /// By which route; may follow.
    pub route: Option<u64>,
    /// TPS of departure.
    pub tps_origin: String,
    /// TPS of arrival.
    pub tps_destination: String,
    /// Sealed, or only followed.
    pub mode: TripMode,
    /// The truck's plate, as typed.
    pub plate: Option<String>,
    /// The driver's name.
    pub driver: Option<String>,
    /// The driver's telephone.
    pub driver_phone: Option<String>,
    /// The driver, where they have an account: only then do they see the trip. `driver` is not needed then.
    pub driver_person: Option<u64>,
    /// When the seal should be fitted.
    pub install_wanted: Option<Moment>,
    /// From when it may depart; with `start_until`.
    pub start_from: Option<Moment>,
    /// Until when it may depart.
    pub start_until: Option<Moment>,
}

/// Put a document under a draft.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"document": 5}))]
pub struct AttachDocument {
    /// Which.
    pub document: u64,
}

/// Choose the route.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"route": 4}))]
pub struct PlanTrip {
    /// Which.
    pub route: u64,
}

/// Choose the seal.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"seal": 107, "technician": 9}))]
pub struct AssignSeal {
    /// Which seal.
    pub seal: u64,
    /// Who fits it.
    pub technician: u64,
}

/// The technician has scanned container and seal and starts: T1.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"container": "CSQU3054383", "seal_label": "JT701-098231", "place": {"lat": -6.9435, "lon": 110.4243}, "bolt_seal": "ID0048812"}))]
pub struct BeginInstall {
    /// The number on the container as scanned.
    pub container: String,
    /// The number on the seal as scanned.
    pub seal_label: String,
    /// Where the phone is.
    pub place: Option<Position>,
    /// The bolt seal beside it.
    pub bolt_seal: Option<String>,
}

/// Seal, papers and photos were compared.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"number_matches": true, "looks_untouched": true, "remark": ""}))]
pub struct CheckSeal {
    /// The number on the seal is the one on the papers.
    pub number_matches: bool,
    /// Seal and door look as on the photos.
    pub looks_untouched: bool,
    /// A remark.
    #[serde(default)]
    pub remark: String,
}

/// An officer decides about a held trip.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"release": true, "reason": "pemeriksaan fisik 100 % sesuai"}))]
pub struct DecideTrip {
    /// Whether it may go on to removal.
    pub release: bool,
    /// Why.
    pub reason: String,
}

/// Where the phone is.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"place": {"lat": -6.9702, "lon": 110.3312}}))]
pub struct AtPlace {
    /// Nothing where the phone does not know.
    pub place: Option<Position>,
}

/// How a seal is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(example = json!({"kind": "command"}))]
pub enum UnlockMethod {
    /// Segel sends the command.
    Command,
    /// These cards are let in, and taken away when the grant ends. In answers the numbers are masked.
    Card {
        /// Card numbers, ten digits.
        cards: Vec<String>,
    },
    /// Segel sends the one-time password the seal announced.
    DynamicPassword,
    /// For a tracker with no lock.
    ByHand,
}

/// Let a seal be opened.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"executor": 9, "method": {"kind": "command"}, "place": null, "window_s": 1800, "reason": "pemeriksaan segel sesuai"}))]
pub struct NewGrant {
    /// Who may do it.
    pub executor: u64,
    /// How.
    pub method: UnlockMethod,
    /// Where; nothing is the route's destination.
    pub place: Option<Area>,
    /// How long it holds; nothing is the rulebook's window.
    pub window_s: Option<u32>,
    /// Why.
    pub reason: String,
}

/// A permission to open one seal.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Grant {
    /// Its number.
    pub id: u64,
    /// On which trip.
    pub trip: u64,
    /// Which seal.
    pub seal: u64,
    /// Who may carry it out.
    pub executor: Named,
    /// Inside which area.
    pub place: Area,
    /// From when.
    pub from: Moment,
    /// Until when.
    pub until: Moment,
    /// How.
    pub method: UnlockMethod,
    /// Why customs gave it.
    pub reason: String,
    /// An officer vouched for the place, with this reason.
    pub vouched: Option<String>,
    /// Where it stands.
    pub state: GrantState,
    /// Why it is over, in words.
    pub ended_because: Option<String>,
}

/// Where a grant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GrantState {
    /// Holds.
    Live,
    /// It was used.
    Used,
    /// Its window closed.
    Expired,
    /// Customs took it back.
    Revoked,
    /// The trip was held.
    TripHeld,
}

/// One line of a trip's timeline.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TimelineLine {
    /// The journal entry.
    pub seq: u64,
    /// Which of its events.
    pub ordinal: u32,
    /// When Segel knew.
    pub known: Moment,
    /// When it happened, as well as we can tell.
    pub at: Moment,
    /// Its times were not the world's: a demonstration ran ahead.
    pub virtual_time: bool,
    /// The event, by name.
    #[schema(example = "alarm_raised")]
    pub kind: String,
    /// Who or what moved it.
    pub actor: Actor,
    /// In words.
    pub say: Bilingual,
    /// Where.
    pub place: Option<Position>,
    /// What stands behind it.
    pub links: TimelineLinks,
}

/// Who or what moved something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Actor {
    /// `person`, `seal`, `clock`, `skp` or `system`.
    #[schema(example = "person")]
    pub kind: String,
    /// Who, where a person did.
    pub person: Option<Named>,
    /// In which role.
    pub role: Option<super::Role>,
}

/// What stands behind a line of a timeline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineLinks {
    /// The report that caused it.
    pub report: Option<ReportRef>,
    /// A photo.
    pub photo: Option<u64>,
    /// A message to SKP.
    pub message: Option<u64>,
    /// An alarm.
    pub alarm: Option<u64>,
    /// An order to the seal.
    pub order: Option<u64>,
    /// A grant.
    pub grant: Option<u64>,
    /// A trip.
    pub trip: Option<u64>,
    /// A seal.
    pub seal: Option<u64>,
    /// A document.
    pub document: Option<u64>,
    /// A route.
    pub route: Option<u64>,
}

/// The name of a report: read it at `/seals/{seal}/reports?commit=…&ordinal=…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportRef {
    /// Of which seal.
    pub seal: u64,
    /// The commit it came with.
    pub commit: u64,
    /// Its place in that commit.
    pub ordinal: u32,
}

/// Start an upload.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"trip": 7, "step": "install", "kind": "seal_close_up", "bytes": 2400000, "sha256": null}))]
pub struct NewUpload {
    /// Of which trip.
    pub trip: u64,
    /// Of which step.
    pub step: PhotoStep,
    /// What it shows.
    pub kind: PhotoKind,
    /// Its whole length.
    pub bytes: u64,
    /// Its SHA-256, where the phone knows it; checked at the end.
    pub sha256: Option<String>,
}

/// An upload under way. Send the rest with `PATCH` and `Upload-Offset`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Upload {
    /// Its name.
    #[schema(example = "5f0c9e3b7a1d4c28")]
    pub id: String,
    /// How many bytes are here.
    pub offset: u64,
    /// Its whole length.
    pub bytes: u64,
    /// Until when it may be taken up again.
    pub until: Moment,
    /// The photo, once the last byte is in and it is durable.
    pub photo: Option<Done>,
}

/// A stored photo.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Photo {
    /// Its number.
    pub id: u64,
    /// Of which trip.
    pub trip: u64,
    /// Of which step.
    pub step: PhotoStep,
    /// What it shows.
    pub kind: PhotoKind,
    /// SHA-256 of the original.
    pub sha256: String,
    /// As its bytes say.
    #[schema(example = "image/jpeg")]
    pub media_type: String,
    /// Its length.
    pub bytes: u64,
    /// When it was stored.
    pub stored: Moment,
    /// When the camera says it was taken.
    pub taken: Option<Moment>,
    /// Where the camera says it was taken.
    pub taken_at: Option<Position>,
    /// Metres between that place and the seal's.
    pub distance_to_seal_m: Option<f32>,
    /// A smaller copy exists; HEIC is kept without one.
    pub has_preview: bool,
    /// It came after its clock.
    pub late: bool,
    /// Why it was not good enough.
    pub rejected: Option<String>,
    /// Who took it.
    pub by: Option<Named>,
}

/// The closing report of a trip.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ClosingReport {
    /// The trip as it ended.
    pub trip: Trip,
    /// Its alarms.
    pub alarms: Vec<super::Alarm>,
    /// Its photos.
    pub photos: Vec<Photo>,
    /// Every change of state.
    pub steps: Vec<TimelineLine>,
    /// What all its reports show together.
    pub assessment: super::TripAssessment,
    /// It ended with remarks: a clock was missed, or an alarm was confirmed or left open. The verdict was given when the last
    /// photo was stored, and SKP was told the same.
    pub with_remarks: bool,
    /// SHA-256 over this report without this field.
    pub sha256: String,
}

impl From<UnlockMethod> for model::grant::UnlockMethod {
    fn from(method: UnlockMethod) -> Self {
        match method {
            UnlockMethod::Command => Self::Command,
            UnlockMethod::Card { cards } => Self::Card { cards },
            UnlockMethod::DynamicPassword => Self::DynamicPassword,
            UnlockMethod::ByHand => Self::ByHand,
        }
    }
}
