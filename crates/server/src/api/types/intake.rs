//! Reports that other platforms send, and what became of them.
//!
//! The shapes of what is sent are here for the OpenAPI document alone: `segel-wire` reads the bytes, and says of each value what is
//! wrong with it, which a derived reader could not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FixSource, Lock, Moment, ReportKind};

/// One report, or a list of at most 10,000.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum OpenReports {
    /// One.
    One(Box<OpenReport>),
    /// Many, in the order in which they are judged.
    Many(Vec<OpenReport>),
}

/// What one seal says at one moment. Names that are not here are refused; `extra` takes whatever else there is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "device": "TRK-000042", "time": "2026-11-26T09:30:15.000Z", "kind": "record", "backfill": false,
    "fix": {"lat": -6.96856, "lon": 110.42387, "source": "gnss", "accuracy_m": 5, "speed_kmh": 42, "course_deg": 270, "satellites": 9},
    "battery": {"percent": 87, "charging": false, "voltage_mv": 3900},
    "lock": {"rope": true, "motor": true, "cover": true},
    "signals": ["vibration", {"signal": "unsealed", "by": "card", "actor": "0008627839"}],
    "cell": {"mcc": 510, "mnc": 10, "lac": 4660, "cid": 305419896, "csq": 24},
    "serial": 17, "extra": {"temperature_c": 24.5}
}))]
pub struct OpenReport {
    /// The seal, as it is registered under the protocol `open`.
    pub device: String,
    /// When it said so, by its own clock, with its zone; null where its clock is not set.
    #[schema(required = true)]
    pub time: Option<Moment>,
    /// What sort of report; `record` where nothing is said.
    pub kind: Option<ReportKind>,
    /// Kept by the seal while it could not send.
    pub backfill: Option<bool>,
    /// Where it is; null where it does not know.
    #[schema(required = true)]
    pub fix: Option<OpenFix>,
    /// Its battery.
    pub battery: Option<OpenBattery>,
    /// What the lock's own contacts say.
    pub lock: Option<Lock>,
    /// What happened to it; 32 at most.
    pub signals: Option<Vec<OpenSignal>>,
    /// The mobile cell it is camped on.
    pub cell: Option<OpenCell>,
    /// The report's own number. Two reports of one seal, moment, kind, number and smaller seal are one report.
    pub serial: Option<u32>,
    /// The smaller seal that said it through this one; then the kind is `sub_seal`.
    pub sublock: Option<String>,
    /// Whatever else there is: 48 single values at most.
    #[schema(value_type = Option<Object>)]
    pub extra: Option<BTreeMap<String, serde_json::Value>>,
}

/// A position and how it was found.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OpenFix {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// How it was found. What cell towers or wireless networks found judges no corridor; what is `unknown` judges only with its
    /// accuracy.
    pub source: FixSource,
    /// Whether the seal vouches for it; true where nothing is said.
    pub valid: Option<bool>,
    /// Its own claim of accuracy.
    pub accuracy_m: Option<f32>,
    /// Speed over ground.
    pub speed_kmh: Option<f32>,
    /// Degrees from north, clockwise.
    pub course_deg: Option<f32>,
    /// Metres above the sea.
    pub altitude_m: Option<f32>,
    /// Satellites used.
    pub satellites: Option<u8>,
}

/// How full a battery is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OpenBattery {
    /// Per cent, 0 to 100.
    pub percent: Option<u8>,
    /// Whether it is charging; false where nothing is said.
    pub charging: Option<bool>,
    /// Thousandths of a volt.
    pub voltage_mv: Option<u16>,
}

/// A mobile cell.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OpenCell {
    /// Mobile country code; 510 is Indonesia.
    pub mcc: Option<u16>,
    /// Mobile network code.
    pub mnc: Option<u16>,
    /// Location area code.
    pub lac: Option<u32>,
    /// Cell identity.
    pub cid: u64,
    /// Signal strength, 0 to 31.
    pub csq: Option<u8>,
}

/// Something that happened: its name, or an object with what more there is to say of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum OpenSignal {
    /// `sealed`, `unseal_refused`, `rope_cut`, `rope_out`, `rope_in`, `shackle_opened_while_sealed`, `cover_open`, `dismantled`,
    /// `motor_stuck`, `long_unlocked`, `low_battery`, `power_low_offline`, `charging`, `fence_in`, `fence_out`, `vibration`,
    /// `jamming`, `sublock_lost`, `clock_unset`, `heartbeat`.
    Name(String),
    /// The same with particulars.
    Full(OpenSignalFull),
}

/// A signal with its particulars.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"signal": "unsealed", "by": "card", "actor": "0008627839", "fence": 3}))]
pub struct OpenSignalFull {
    /// Its name.
    pub signal: String,
    /// Of `unsealed`: `card`, `bt_app`, `platform`, `sms`, `dynamic_pwd`, `static_pwd` or `key`.
    pub by: Option<String>,
    /// Of `unseal_refused`: `bad_pwd`, `illegal_card`, `outside_fence`, `no_fix`, `channel_off` or `not_said`.
    pub reason: Option<String>,
    /// Which card, user or phone.
    pub actor: Option<String>,
    /// Of `unsealed`, `fence_in` and `fence_out`: the fence on the seal.
    pub fence: Option<u16>,
    /// Of `sublock_lost`: which smaller seal.
    pub sublock: Option<String>,
}

/// What became of everything that was sent. What is kept is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "reports": 2, "kept": 1, "refused": 1,
    "results": [
        {"at": 0, "outcome": "kept"},
        {"at": 1, "outcome": "refused", "code": "out_of_range", "field": "fix.lat",
         "detail": "Nilai di luar batas; lihat batasnya di dokumentasi.", "detail_en": "The value is out of bounds; see the bounds in the documentation."}
    ]
}))]
pub struct Taken {
    /// How many were sent.
    pub reports: u32,
    /// How many of them are kept.
    pub kept: u32,
    /// How many are refused.
    pub refused: u32,
    /// One for each, in the order in which they were sent.
    pub results: Vec<TakenReport>,
}

/// What became of one report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TakenReport {
    /// Its place in the request, from 0.
    pub at: u32,
    /// Kept or refused.
    pub outcome: TakenOutcome,
    /// Why it is refused: stable, snake case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Which of its values is the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong and what to do next, in Indonesian.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The same in English.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail_en: Option<String>,
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TakenOutcome {
    /// It is durable. One that was sent before is kept again and judged once.
    Kept,
    /// It is not judged; it is counted among the strange things.
    Refused,
}
