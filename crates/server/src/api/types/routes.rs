//! Route plans.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Bilingual, Moment, Named, Position};

/// A route plan as its author draws it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "name": "TPKS – Kawasan Wijayakusuma", "owner": null, "office": "060100",
    "points": [{"lat": -6.9435, "lon": 110.4243}, {"lat": -6.9702, "lon": 110.3312}],
    "half_widths_m": [150.0],
    "origin": {"name": "TPKS", "code": "TPKS", "shape": {"kind": "circle", "centre": {"lat": -6.9435, "lon": 110.4243}, "radius_m": 400.0}},
    "destination": {"name": "Wijayakusuma", "code": "GRHA", "shape": {"kind": "circle", "centre": {"lat": -6.9702, "lon": 110.3312}, "radius_m": 300.0}},
    "stops": [], "forbidden": [], "no_coverage": [],
    "distance_m": 13500, "transit_time_s": 3600, "interval_s": 60
}))]
pub struct RoutePlan {
    /// What people call it.
    pub name: String,
    /// Whose plan; the asker's own organisation where nothing is said.
    pub owner: Option<u64>,
    /// The office whose officers approve it.
    pub office: String,
    /// The centre line, from origin to destination.
    pub points: Vec<Position>,
    /// Half the corridor's width for each piece, in metres; or one for all.
    pub half_widths_m: Vec<f32>,
    /// Where it starts.
    pub origin: Area,
    /// Where it ends.
    pub destination: Area,
    /// Where stopping is allowed.
    #[serde(default)]
    pub stops: Vec<Area>,
    /// Where it must not go.
    #[serde(default)]
    pub forbidden: Vec<Area>,
    /// Where silence is expected.
    #[serde(default)]
    pub no_coverage: Vec<Area>,
    /// Declared distance.
    pub distance_m: u32,
    /// Declared transit time.
    pub transit_time_s: u32,
    /// The Location Sharing Interval.
    pub interval_s: u32,
}

/// A named area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Area {
    /// What people call it.
    pub name: String,
    /// The TPS or other place code it stands for.
    pub code: Option<String>,
    /// Its outline.
    pub shape: Shape,
}

/// An outline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Shape {
    /// A ring of points; the last need not repeat the first.
    Polygon {
        /// The ring.
        points: Vec<Position>,
    },
    /// A circle.
    Circle {
        /// Its middle.
        centre: Position,
        /// Its radius.
        radius_m: f32,
    },
}

/// A route plan with where it stands.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Route {
    /// Its number.
    pub id: u64,
    /// The plan.
    pub plan: RoutePlan,
    /// Whose plan.
    pub owner: Named,
    /// Where it stands.
    pub status: RouteStatus,
    /// Why it was refused.
    pub reason: Option<String>,
    /// What the lint found, and where.
    pub lint: Vec<Bilingual>,
    /// When it was proposed.
    pub proposed: Moment,
    /// Who decided.
    pub decided_by: Option<Named>,
    /// When it was decided.
    pub decided: Option<Moment>,
}

/// A route plan in a list, without its line.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RouteSummary {
    /// Its number.
    pub id: u64,
    /// What people call it.
    pub name: String,
    /// Whose plan.
    pub owner: Named,
    /// The office whose officers approve it.
    pub office: String,
    /// Where it starts.
    pub origin: String,
    /// Where it ends.
    pub destination: String,
    /// Declared distance.
    pub distance_m: u32,
    /// Declared transit time.
    pub transit_time_s: u32,
    /// Where it stands.
    pub status: RouteStatus,
    /// How many things the lint found.
    pub lint_count: u32,
    /// When it was proposed.
    pub proposed: Moment,
}

/// Where a route stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RouteStatus {
    /// Waits for an officer.
    Proposed,
    /// May be used.
    Approved,
    /// An officer refused it.
    Refused,
}

/// A drawing turned into a plan to look over: nothing is stored yet.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RouteDraft {
    /// The plan; what the drawing does not say has a default.
    pub plan: RoutePlan,
    /// What is wrong, and where.
    pub lint: Vec<Bilingual>,
}
