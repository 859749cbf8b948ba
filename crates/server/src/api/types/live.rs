//! What the live stream says.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Alarm, Bilingual, Moment, Page, TripSummary, WorkList};

/// First on every stream (`event: hello`): its name, for the viewport.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LiveHello {
    /// Put the viewport at `/live/{stream}/viewport`.
    pub stream: String,
    /// The newest entry; what is older was or will be sent as events.
    pub seq: u64,
    /// The server's clock.
    pub now: Moment,
}

/// Something durable happened (`event: events`, `id:` is `seq`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"seq": 4711, "at": "2026-11-24T08:15:00.000Z", "happened": [{"kind": "alarm_raised", "trip": 7, "seal": 107, "alarm": 12, "document": null, "route": null, "message": null, "severity": "S1", "say": {"id": "Alarm A01", "en": "Alarm A01"}}]}))]
pub struct LiveEntry {
    /// The journal entry.
    pub seq: u64,
    /// When it was decided.
    pub at: Moment,
    /// What happened, as far as the reader may see it.
    pub happened: Vec<LiveEvent>,
}

/// One thing that happened, and what it is about: enough to know what to read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LiveEvent {
    /// The event, by name.
    pub kind: String,
    /// On which trip.
    pub trip: Option<u64>,
    /// Which seal.
    pub seal: Option<u64>,
    /// Which alarm.
    pub alarm: Option<u64>,
    /// Which document.
    pub document: Option<u64>,
    /// Which route.
    pub route: Option<u64>,
    /// Which message.
    pub message: Option<u64>,
    /// How grave, where it is an alarm.
    pub severity: Option<super::Severity>,
    /// In words.
    pub say: Bilingual,
}

/// The reader was away too long (`event: reset`): forget what is known; a `snapshot` of the same `seq` follows, and the
/// stream goes on after it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LiveReset {
    /// Where the stream goes on.
    pub seq: u64,
    /// `too_old`, `too_slow` or `ahead` (the reader knows entries we do not).
    pub why: String,
}

/// The world at one entry (`event: snapshot`, after each `reset`; and `GET /live/snapshot`): what happened up to `seq` is in
/// it, what happened later may be and comes as an event.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LiveSnapshot {
    /// Follow from here.
    pub seq: u64,
    /// How much waits, by stage and by sort.
    pub work: WorkList,
    /// Open alarms, the gravest first; `next` goes on at `/alarms`.
    pub alarms: Page<Alarm>,
    /// Trips under work, the gravest first.
    pub trips: Page<TripSummary>,
}

/// Where seals are now (`event: positions`, no id, newest wins, at most four a second).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LivePositions {
    /// Only seals that moved since the last one.
    pub items: Vec<LivePosition>,
    /// How many more lie in the viewport than were sent.
    pub left_out: u32,
}

/// Where one seal is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"seal": 107, "trip": 7, "lat": -6.9435, "lon": 110.4243, "at": "2026-11-24T08:15:00.000Z", "course_deg": 270.0, "speed_kmh": 38.5, "sealed": true, "battery_percent": 81}))]
pub struct LivePosition {
    /// Which seal.
    pub seal: u64,
    /// On which trip.
    pub trip: Option<u64>,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// When it was there.
    pub at: Moment,
    /// Degrees from north.
    pub course_deg: Option<f32>,
    /// Speed over ground.
    pub speed_kmh: Option<f32>,
    /// Every contact says closed.
    pub sealed: Option<bool>,
    /// Battery, per cent.
    pub battery_percent: Option<u8>,
}

/// What the reader's map shows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"west": 110.2, "south": -7.1, "east": 110.6, "north": -6.9}))]
pub struct Viewport {
    /// Degrees east of its left edge.
    pub west: f64,
    /// Degrees north of its lower edge.
    pub south: f64,
    /// Degrees east of its right edge.
    pub east: f64,
    /// Degrees north of its upper edge.
    pub north: f64,
}
