//! What was judged about one report. Nearly every input is a plain report, so this is small, is staged with the commit
//! instead of journaled, and carries every value that `apply` needs.

use segel_geo::Position;
use serde::{Deserialize, Serialize};

use crate::report::{FixSource, Lock, ReportKind};
use crate::signal::SignalSet;
use crate::{DeviceTime, EventTime, SealId, ServerTime, Signal, TripId};

/// The judgement of one report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// Which seal; nothing where the device is not registered (quarantine).
    pub seal: Option<SealId>,
    /// On which trip.
    pub trip: Option<TripId>,
    /// What sort of report.
    pub kind: ReportKind,
    /// How it stands to what was known.
    pub standing: Standing,
    /// As the seal said it.
    pub device_time: Option<DeviceTime>,
    /// Corrected.
    pub at: EventTime,
    /// When it arrived.
    pub received: ServerTime,
    /// Kept by the seal while it could not send, as the seal itself says.
    pub backfill: bool,
    /// The frame's own number.
    pub serial: Option<u32>,
    /// By which a repeat is known: a hash of what makes the frame that frame.
    pub key: u64,
    /// What it says happened to the seal.
    pub signals: SignalSet,
    /// Where it is, and what was judged of that.
    pub place: Option<Place>,
    /// Battery, per cent.
    pub battery_percent: Option<u8>,
    /// Whether it is charging.
    pub charging: bool,
    /// The lock's own contacts.
    pub lock: Lock,
    /// When its trip must be looked at again if nothing more is heard; nothing where no limit runs.
    pub look_again: Option<ServerTime>,
}

impl Observed {
    /// Whether the seal itself was heard. That it is lost, the device says through which it used to speak.
    pub fn is_sign_of_life(&self) -> bool {
        !self.signals.has(&Signal::SublockLost { sublock: None })
    }
}

/// How a report stands to what was known when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The newest so far.
    Fresh,
    /// Older than the newest, still inside the window at hand.
    Late,
    /// Older than the window: a revisit is due.
    VeryLate,
    /// Said before; kept, not judged again.
    Repeat,
    /// Its clock was not set or is in doubt: kept, shown, not judged by time.
    Undated,
}

/// A position and what was judged of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Where.
    pub position: Position,
    /// How it was found.
    pub source: FixSource,
    /// Speed over ground.
    pub speed_kmh: Option<f32>,
    /// Degrees from north.
    pub course_deg: Option<f32>,
    /// Whether it may judge a corridor, an area or a place of unlocking; if not, why not.
    pub use_: FixUse,
    /// Whether the seal stays where it stood; nothing where the fix judges nothing.
    pub still: Option<bool>,
    /// How it lies to the route's corridor; nothing without a route.
    pub corridor: Option<CorridorPlace>,
    /// Which of the route's areas it lies in.
    pub areas: AreaMarks,
}

/// What a fix is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FixUse {
    /// Judges.
    Judges,
    /// From a cell tower or the like.
    WrongSource,
    /// The seal does not vouch for it.
    NotValid,
    /// Its own claim of accuracy is too weak.
    Inaccurate,
    /// It would ask for an impossible speed.
    Jump,
}

/// How a fix lies to the corridor.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CorridorPlace {
    /// Metres beyond the border; zero inside.
    pub outside_m: f32,
    /// On which side that is, tolerances included.
    pub side: Side,
    /// What the straight piece from the fix before it shows, where the two are far apart in time.
    pub piece: Option<PieceOutside>,
    /// Metres along the route.
    pub progress_m: f32,
    /// Which piece of the route is nearest.
    pub segment: u32,
}

/// The part of the piece between two fixes that lies outside the corridor, tolerance included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PieceOutside {
    /// Metres beyond the border at its furthest place.
    pub outside_m: f32,
    /// How long was spent outside.
    pub outside_ms: u32,
}

/// On which side of the corridor's border a fix lies. Between leaving and coming back lies a margin, so that a truck
/// that drives along the border does not leave and return with every fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Far enough inside to count as back.
    Inside,
    /// Neither.
    Margin,
    /// Further out than is tolerated.
    Outside,
}

/// Which of the route's areas a fix lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AreaMarks {
    /// In the origin.
    pub origin: bool,
    /// In the destination.
    pub destination: bool,
    /// In an allowed stop.
    pub stop: bool,
    /// In a forbidden area, which (its position in the plan).
    pub forbidden: Option<u8>,
    /// Where no coverage is expected.
    pub no_coverage: bool,
}
