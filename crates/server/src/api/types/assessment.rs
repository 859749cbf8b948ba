//! What all reports of a trip show together, in the order in which they happened.

use segel_custody::assessment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Bilingual, Moment, Position, ReportCount, Severity};

/// The assessment of a trip over all its reports: the same, whatever came late.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TripAssessment {
    /// The trip.
    pub trip: u64,
    /// Since when it is assessed: the closing of its seal. Nothing before it, and then there is nothing to assess.
    pub since: Option<Moment>,
    /// How complete its reports are.
    pub reports: ReportCount,
    /// Reports that were judged.
    pub judged: u64,
    /// Reports left out, because their clock was not set or is in doubt.
    pub undated: u64,
    /// Fixes that judge nothing: cell towers, weak or impossible ones.
    pub weak_fixes: u64,
    /// All reports were read; a trip of more than the track's limit is assessed by its first ones.
    pub complete: bool,
    /// What they show, in the order in which it began.
    pub findings: Vec<Finding>,
    /// The trip's alarms, and whether the reports support each.
    pub alarms: Vec<AlarmSupport>,
    /// How far it went.
    pub driven: Driven,
    /// How long and how far it was outside the corridor.
    pub outside: StrayedOutside,
}

/// Something that the reports show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// A01 to A23.
    #[schema(example = "A08")]
    pub code: String,
    /// What the code means.
    pub title: Bilingual,
    /// How grave it got.
    pub severity: Severity,
    /// Since when.
    pub from: Moment,
    /// Until when it is known to have lasted.
    pub until: Moment,
    /// Where it began.
    pub place: Option<Position>,
    /// The explanation.
    pub why: Bilingual,
}

/// Whether the reports support an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlarmSupport {
    /// The alarm.
    pub alarm: u64,
    /// A01 to A23.
    #[schema(example = "A08")]
    pub code: String,
    /// What the code means.
    pub title: Bilingual,
    /// When it happened.
    pub at: Moment,
    /// What the reports say of it.
    pub support: Support,
    /// The same in words.
    pub say: Bilingual,
}

mirror! {
    /// What the reports say of an alarm: they show its cause, they do not, or it is nothing that they could show.
    Support of assessment::Support { Shown, NotShown, NotJudged }
}

/// How far a container was driven, from the closing of its seal to its arrival.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Driven {
    /// Metres from fix to fix.
    pub driven_m: f64,
    /// Metres of the route.
    pub planned_m: f64,
    /// Both in words.
    pub say: Bilingual,
}

/// What a container was outside of its corridor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StrayedOutside {
    /// How many stretches.
    pub times: u32,
    /// Seconds of all of them.
    pub lasted_s: i64,
    /// Metres beyond the border at the furthest.
    pub furthest_m: f32,
    /// All of it in words.
    pub say: Bilingual,
}

/// A time without a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReportGap {
    /// The report before it, or the closing of the seal.
    pub from: Moment,
    /// The report after it, or the opening of the seal.
    pub until: Moment,
    /// How long it was.
    pub lasted_s: i64,
}

impl From<assessment::Gap> for ReportGap {
    fn from(gap: assessment::Gap) -> Self {
        Self {
            from: gap.from.into(),
            until: gap.until.into(),
            lasted_s: gap.lasted_ms() / 1000,
        }
    }
}

impl From<assessment::Way> for Driven {
    fn from(way: assessment::Way) -> Self {
        Self {
            driven_m: way.driven_m,
            planned_m: way.planned_m,
            say: way.why_driven().into(),
        }
    }
}

impl From<assessment::Way> for StrayedOutside {
    fn from(way: assessment::Way) -> Self {
        Self {
            times: way.outside.map_or(0, |outside| outside.times),
            lasted_s: way.outside.map_or(0, |outside| outside.lasted_ms / 1000),
            furthest_m: way.outside.map_or(0.0, |outside| outside.furthest_m),
            say: way.why_outside().into(),
        }
    }
}
