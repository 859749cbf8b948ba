//! The route plan (Rencana Rute): where a container may go, how wide, how long it takes, how often its seal reports.

use alloc::string::String;
use alloc::vec::Vec;

use segel_geo::Position;
use serde::{Deserialize, Serialize};

use crate::{OfficeCode, OrganisationId};

/// A route plan as its author drew it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoutePlan {
    /// What people call it.
    pub name: String,
    /// Whose plan.
    pub owner: OrganisationId,
    /// The office whose officers approve it (that of the origin).
    pub office: OfficeCode,
    /// The centre line, from origin to destination.
    pub points: Vec<Position>,
    /// Half the corridor's width for each piece between two points, in metres; or one for all.
    pub half_widths_m: Vec<f32>,
    /// Where it starts.
    pub origin: Area,
    /// Where it ends.
    pub destination: Area,
    /// Where stopping is allowed.
    pub stops: Vec<Area>,
    /// Where it must not go.
    pub forbidden: Vec<Area>,
    /// Tunnels, ferries, shadows: silence there is expected.
    pub no_coverage: Vec<Area>,
    /// Declared distance.
    pub distance_m: u32,
    /// Declared transit time.
    pub transit_time_s: u32,
    /// The Location Sharing Interval.
    pub interval_s: u32,
}

/// A named area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// What people call it.
    pub name: String,
    /// The TPS or other place code it stands for, where it has one.
    pub code: Option<String>,
    /// Its outline.
    pub shape: Shape,
}

/// An outline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A ring of points; the last need not repeat the first.
    Polygon(Vec<Position>),
    /// A circle.
    Circle {
        /// Its middle.
        centre: Position,
        /// Its radius.
        radius_m: f32,
    },
}

/// Where a route stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RouteStatus {
    /// Waits for an officer.
    Proposed,
    /// May be used.
    Approved,
    /// An officer refused it.
    Refused {
        /// Why.
        reason: String,
    },
}
