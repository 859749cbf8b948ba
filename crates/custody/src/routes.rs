//! Route plans: proposed, remarked on by the lint, approved by an officer, made ready to judge.

use alloc::sync::Arc;
use alloc::vec::Vec;

use segel_geo::{Corridor, Fence};
use segel_model::route::{Area, RoutePlan, Shape};

use crate::state::Route;

/// A route plan ready to judge. What cannot be built is absent, and the lint has said so.
#[derive(Debug, Clone, Default)]
pub struct Compiled {
    /// The strip it may use.
    pub corridor: Option<Corridor>,
    /// Where it starts.
    pub origin: Option<Fence>,
    /// Where it ends.
    pub destination: Option<Fence>,
    /// Where stopping is allowed.
    pub stops: Vec<Fence>,
    /// Where it must not go; the position is that in the plan, so what cannot be built is an empty place.
    pub forbidden: Vec<Option<Fence>>,
    /// Where silence is expected.
    pub no_coverage: Vec<Fence>,
}

impl Compiled {
    /// Makes a plan ready to judge.
    pub fn new(plan: &RoutePlan) -> Self {
        let fences = |areas: &[Area]| areas.iter().filter_map(fence).collect();
        Self {
            corridor: Corridor::new(plan.points.clone(), plan.half_widths_m.clone()).ok(),
            origin: fence(&plan.origin),
            destination: fence(&plan.destination),
            stops: fences(&plan.stops),
            forbidden: plan.forbidden.iter().map(fence).collect(),
            no_coverage: fences(&plan.no_coverage),
        }
    }
}

impl Route {
    /// Makes its plan ready to judge.
    pub fn compile(&mut self) {
        self.compiled = Arc::new(Compiled::new(&self.plan));
    }
}

/// The fence that an area draws, where it draws one.
pub fn fence(area: &Area) -> Option<Fence> {
    match &area.shape {
        Shape::Polygon(ring) => Fence::polygon(ring.clone()).ok(),
        Shape::Circle { centre, radius_m } => Fence::circle(*centre, f64::from(*radius_m)).ok(),
    }
}
