//! What people must act on: alarms, obligations, messages, work lists; and the search.

use segel_model as model;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Bilingual, Moment, Named, Position};

/// How grave, gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub enum Severity {
    /// Critical.
    S1,
    /// High.
    S2,
    /// Medium.
    S3,
    /// Low.
    S4,
}

impl From<model::Severity> for Severity {
    fn from(severity: model::Severity) -> Self {
        match severity {
            model::Severity::S1 => Self::S1,
            model::Severity::S2 => Self::S2,
            model::Severity::S3 => Self::S3,
            model::Severity::S4 => Self::S4,
        }
    }
}

mirror! {
    /// Where an alarm is in its life.
    AlarmStage of model::alarm::AlarmStage { Raised, Acknowledged, Investigating, Closed }
}

mirror! {
    /// How an alarm was closed.
    AlarmOutcome of model::alarm::AlarmOutcome { Confirmed, False, Resolved }
}

mirror! {
    /// Which of a trip's three lanes a message goes in.
    Lane of model::skp::Lane { Alarms, Milestones, Locations }
}

/// An alarm. It never disappears: a person closes it, with a reason.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Alarm {
    /// Its number.
    pub id: u64,
    /// A01 to A23.
    #[schema(example = "A08")]
    pub code: String,
    /// What the code means.
    pub title: Bilingual,
    /// How grave now.
    pub severity: Severity,
    /// Where it is in its life.
    pub stage: AlarmStage,
    /// On which trip.
    pub trip: Option<u64>,
    /// Which container.
    pub container: Option<String>,
    /// Which seal (its printed number).
    pub seal: Option<Named>,
    /// When it happened.
    pub at: Moment,
    /// When Segel raised it.
    pub raised: Moment,
    /// Where.
    pub place: Option<Position>,
    /// It was delivered late, so it was known late.
    pub known_late: bool,
    /// The explanation.
    pub why: Bilingual,
    /// Until when somebody must acknowledge it.
    pub acknowledge_due: Option<Moment>,
    /// Until when somebody must act.
    pub act_due: Option<Moment>,
    /// When it goes to the next.
    pub escalate_due: Option<Moment>,
    /// It went to the next.
    pub escalated: bool,
    /// What caused it is over, since then.
    pub recovered: Option<Moment>,
    /// The assessment over all reports no longer supports it; why.
    pub unsupported: Option<Bilingual>,
    /// Somebody has proposed to close it.
    pub proposed: Option<Closure>,
    /// How it was closed.
    pub closed: Option<Closure>,
    /// Everything that happened to it, oldest first; in lists it is empty.
    pub history: Vec<AlarmLine>,
}

/// How an alarm was, or should be, closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Closure {
    /// How.
    pub outcome: AlarmOutcome,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: Option<Named>,
    /// When.
    pub at: Moment,
}

/// One line of an alarm's life.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AlarmLine {
    /// The journal entry.
    pub seq: u64,
    /// When.
    pub at: Moment,
    /// The event, by name.
    pub kind: String,
    /// Who.
    pub by: Option<Named>,
    /// In words.
    pub say: Bilingual,
}

/// Close an alarm, or propose to, as the role may.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"outcome": "false", "reason": "jalan dialihkan polisi, dikonfirmasi sopir"}))]
pub struct CloseAlarm {
    /// How.
    pub outcome: AlarmOutcome,
    /// Why.
    pub reason: String,
}

/// Something a person must do by a moment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"kind": "acknowledge_alarm", "trip": 7, "alarm": 12, "clock": null, "container": "CSQU3054383", "due": "2026-11-24T08:20:00.000Z", "remaining_s": 41, "severity": "S1", "say": {"id": "Tanggapi alarm A01", "en": "Acknowledge alarm A01"}}))]
pub struct Obligation {
    /// What sort: `clock`, `acknowledge_alarm`, `act_on_alarm`.
    pub kind: String,
    /// On which trip.
    pub trip: Option<u64>,
    /// About which alarm.
    pub alarm: Option<u64>,
    /// Which SOP clock.
    pub clock: Option<super::Clock>,
    /// Which container.
    pub container: Option<String>,
    /// By when.
    pub due: Moment,
    /// Seconds left; negative once over.
    pub remaining_s: i64,
    /// How grave.
    pub severity: Option<Severity>,
    /// In words.
    pub say: Bilingual,
}

/// A message to SKP.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Its number; with it SKP knows a repeat.
    pub id: u64,
    /// On which trip.
    pub trip: u64,
    /// E02 to E15.
    #[schema(example = "E04")]
    pub code: String,
    /// What the code means.
    pub title: Bilingual,
    /// Which lane.
    pub lane: Lane,
    /// Where it stands.
    pub state: MessageState,
    /// How often it was tried.
    pub attempts: u32,
    /// SKP's reason, or the last failure.
    pub reason: Option<String>,
    /// SKP's own reference.
    pub reference: Option<String>,
    /// When it was decided.
    pub queued: Moment,
    /// When it is tried next.
    pub next_try: Option<Moment>,
    /// Corrections a person made, by field name.
    pub corrections: Vec<Correction>,
    /// The facts it carries.
    #[schema(value_type = Object)]
    pub envelope: serde_json::Value,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// Waits or is being tried.
    Waiting,
    /// SKP took it.
    Taken,
    /// SKP refused it; a person must repair it.
    Refused,
    /// It has waited too long and is still being tried.
    Stuck,
}

/// Repair what SKP refused.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"corrections": [{"field": "nomorPolisi", "value": "H1234AB"}], "reason": "salah ketik nomor polisi"}))]
pub struct RepairMessage {
    /// By field name of the dialect.
    pub corrections: Vec<Correction>,
    /// Why.
    pub reason: String,
}

/// One corrected field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Correction {
    /// Which.
    pub field: String,
    /// Its right value.
    pub value: String,
}

/// Something found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"kind": "trip", "id": 7, "label": "CSQU3054383", "detail": "PLP 016805 · JT701-098231"}))]
pub struct Found {
    /// What sort of thing.
    pub kind: FoundKind,
    /// Its number.
    pub id: u64,
    /// What was found.
    pub label: String,
    /// What it belongs to.
    pub detail: String,
}

/// What sort of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FoundKind {
    /// A trip.
    Trip,
    /// A seal.
    Seal,
    /// A document.
    Document,
}

/// How much waits, by stage and by sort.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkList {
    /// Trips asked for, not sealed yet.
    pub expected: u32,
    /// Trips being sealed.
    pub sealing: u32,
    /// Trips under way.
    pub under_way: u32,
    /// Trips arriving.
    pub arriving: u32,
    /// Trips held or with a grave alarm.
    pub problem: u32,
    /// Documents that wait for an officer.
    pub documents_waiting: u32,
    /// Routes that wait for an officer.
    pub routes_waiting: u32,
    /// Open alarms.
    pub alarms_open: u32,
    /// Open alarms nobody has acknowledged.
    pub alarms_unacknowledged: u32,
    /// Messages refused by SKP or stuck.
    pub messages_problem: u32,
    /// Devices in quarantine.
    pub quarantined: u32,
}
