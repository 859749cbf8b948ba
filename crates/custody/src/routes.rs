//! Route plans: proposed, remarked on by the lint, approved by an officer, made ready to judge.

use alloc::sync::Arc;
use alloc::vec::Vec;

use segel_geo::lint::{Finding as Lint, RouteDraft};
use segel_geo::{Corridor, Fence};
use segel_model::alarm::Bilingual;
use segel_model::event::Subject;
use segel_model::route::{Area, RoutePlan, RouteStatus, Shape};
use segel_model::trip::TripState;
use segel_model::{Event, EventTime, Refusal, RouteId, TripId};

use crate::deciding::Outcome;
use crate::people::said;
use crate::state::{Route, Trip};
use crate::{Deciding, gate, refusals, trip};

/// Areas of one sort that a plan may have: a forbidden area is named by one byte in every report.
pub const AREAS_LIMIT: usize = 200;
/// Points a plan's line may have.
pub const POINTS_LIMIT: usize = 20_000;
/// The shortest and the longest Location Sharing Interval a seal is asked for.
pub const INTERVAL_LIMITS_S: core::ops::RangeInclusive<u32> = 10..=1_800;

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

/// Proposes a route plan; what the lint remarks stands beside it for the officer.
pub fn propose(deciding: &mut Deciding<'_>, plan: &RoutePlan) -> Outcome {
    check_plan(deciding, plan)?;
    let lint = remarks(deciding, plan);
    let route = deciding.next().route;
    deciding.emit(Event::RouteProposed {
        route,
        plan: plan.clone(),
        lint,
    });
    Ok(Some(Subject::Route(route)))
}

fn check_plan(deciding: &Deciding<'_>, plan: &RoutePlan) -> Result<(), Refusal> {
    if plan.name.trim().is_empty() {
        return Err(refusals::empty_text());
    }
    if !deciding.base.organisations.contains_key(&plan.owner) {
        return Err(refusals::no_such_organisation());
    }
    if deciding.rules.office(&plan.office).is_none() {
        return Err(refusals::no_such_office());
    }
    if !INTERVAL_LIMITS_S.contains(&plan.interval_s) {
        return Err(refusals::interval_implausible());
    }
    if plan.distance_m == 0 {
        return Err(refusals::route_without_distance());
    }
    if plan.transit_time_s == 0 {
        return Err(refusals::route_without_time());
    }
    let sorts = [&plan.stops, &plan.forbidden, &plan.no_coverage];
    if plan.points.len() > POINTS_LIMIT || sorts.iter().any(|areas| areas.len() > AREAS_LIMIT) {
        return Err(refusals::route_too_complex());
    }
    let compiled = Compiled::new(plan);
    let drawn = compiled.corridor.is_some() && compiled.origin.is_some() && compiled.destination.is_some();
    let areas = [
        (&plan.stops, compiled.stops.len()),
        (&plan.no_coverage, compiled.no_coverage.len()),
    ];
    let all_drawn = areas.iter().all(|(drawn, built)| drawn.len() == *built)
        && compiled.forbidden.iter().all(Option::is_some);
    if drawn && all_drawn {
        Ok(())
    } else {
        Err(refusals::route_not_drawable())
    }
}

fn remarks(deciding: &Deciding<'_>, plan: &RoutePlan) -> Vec<Bilingual> {
    let compiled = Compiled::new(plan);
    let (Some(origin), Some(destination)) = (&compiled.origin, &compiled.destination) else {
        return Vec::new();
    };
    let forbidden: Vec<Fence> = compiled.forbidden.iter().flatten().cloned().collect();
    let draft = RouteDraft {
        points: &plan.points,
        half_widths_m: &plan.half_widths_m,
        origin,
        destination,
        allowed_stops: &compiled.stops,
        forbidden: &forbidden,
        distance_m: (plan.distance_m > 0).then(|| f64::from(plan.distance_m)),
        transit_s: (plan.transit_time_s > 0).then(|| f64::from(plan.transit_time_s)),
    };
    let limits = &deciding.rules.in_force(deciding.now()).routes;
    segel_geo::lint::route(&draft, limits)
        .iter()
        .map(sentence)
        .collect()
}

/// What the lint found, for people.
fn sentence(finding: &Lint) -> Bilingual {
    use alloc::format;
    let (id, en) = match finding {
        Lint::TooFewPoints { given } => (
            format!("rute hanya {given} titik"),
            format!("the route has only {given} points"),
        ),
        Lint::BadPosition { index } => (
            format!("titik {index} bukan tempat di bumi"),
            format!("point {index} is no place on earth"),
        ),
        Lint::RepeatedPoint { at } => (
            format!("titik berulang di km {:.1}", at.km),
            format!("a repeated point at km {:.1}", at.km),
        ),
        Lint::Jump { at, distance_m } => (
            format!("lompatan {distance_m:.0} m di km {:.1}", at.km),
            format!("a jump of {distance_m:.0} m at km {:.1}", at.km),
        ),
        Lint::Spike { at, turn_deg } => (
            format!("belokan tajam {turn_deg:.0} derajat di km {:.1}", at.km),
            format!("a spike of {turn_deg:.0} degrees at km {:.1}", at.km),
        ),
        Lint::StartOutsideOrigin { outside_m } => (
            format!("awal rute {outside_m:.0} m di luar area asal"),
            format!("the route starts {outside_m:.0} m outside the origin"),
        ),
        Lint::EndOutsideDestination { outside_m } => (
            format!("akhir rute {outside_m:.0} m di luar area tujuan"),
            format!("the route ends {outside_m:.0} m outside the destination"),
        ),
        Lint::WidthCount { given, segments } => (
            format!("{given} lebar untuk {segments} ruas"),
            format!("{given} widths for {segments} segments"),
        ),
        Lint::ImplausibleWidth { at, half_width_m } => (
            format!(
                "setengah lebar {half_width_m:.0} m tidak wajar di km {:.1}",
                at.km
            ),
            format!(
                "an implausible half width of {half_width_m:.0} m at km {:.1}",
                at.km
            ),
        ),
        Lint::DistanceOff { declared_m, drawn_m } => (
            format!("jarak tertulis {declared_m:.0} m, tergambar {drawn_m:.0} m"),
            format!("declared {declared_m:.0} m, drawn {drawn_m:.0} m"),
        ),
        Lint::TooFast { speed_kmh } => (
            format!("waktu tempuh menuntut {speed_kmh:.0} km/jam"),
            format!("the transit time asks for {speed_kmh:.0} km/h"),
        ),
        Lint::TooSlow { speed_kmh } => (
            format!("waktu tempuh hanya {speed_kmh:.1} km/jam"),
            format!("the transit time asks for only {speed_kmh:.1} km/h"),
        ),
        Lint::ForbiddenOnRoute { area, at } => (
            format!("rute melewati area terlarang {area} di km {:.1}", at.km),
            format!("the route meets forbidden area {area} at km {:.1}", at.km),
        ),
        Lint::StopOutsideCorridor { stop, at, outside_m } => (
            format!(
                "tempat berhenti {stop} {outside_m:.0} m di luar koridor dekat km {:.1}",
                at.km
            ),
            format!(
                "stop {stop} lies {outside_m:.0} m outside the corridor near km {:.1}",
                at.km
            ),
        ),
    };
    Bilingual { id, en }
}

/// An officer approves a route; trips that waited for it go on.
pub fn approve(deciding: &mut Deciding<'_>, route: RouteId, remark: &str) -> Outcome {
    undecided(deciding, route)?;
    deciding.emit(Event::RouteApproved {
        route,
        remark: remark.into(),
    });
    let at = EventTime::from_receipt(deciding.now());
    for id in trips_waiting_for(deciding, route) {
        trip::go(deciding, id, TripState::RouteApproved, at, "route approved");
    }
    Ok(None)
}

/// An officer refuses a route; trips that waited for it go back.
pub fn refuse(deciding: &mut Deciding<'_>, route: RouteId, reason: &str) -> Outcome {
    let reason = said(reason)?;
    undecided(deciding, route)?;
    deciding.emit(Event::RouteRefused {
        route,
        reason: reason.clone(),
    });
    let at = EventTime::from_receipt(deciding.now());
    for id in trips_waiting_for(deciding, route) {
        trip::go(
            deciding,
            id,
            TripState::Submitted,
            at,
            &alloc::format!("route refused: {reason}"),
        );
    }
    Ok(None)
}

fn undecided(deciding: &Deciding<'_>, route: RouteId) -> Result<(), Refusal> {
    match deciding.route(route).ok_or_else(refusals::no_such_route)?.status {
        RouteStatus::Proposed => Ok(()),
        RouteStatus::Approved | RouteStatus::Refused { .. } => Err(refusals::route_already_decided()),
    }
}

fn trips_waiting_for(deciding: &Deciding<'_>, route: RouteId) -> Vec<TripId> {
    let waits = |trip: &Trip| trip.route == Some(route) && trip.state == TripState::RouteProposed;
    deciding
        .base
        .trips
        .iter()
        .filter(|(_, trip)| waits(trip))
        .map(|(id, _)| *id)
        .collect()
}

/// Chooses the route of a submitted trip; it may be chosen anew until a seal is assigned.
pub fn plan_trip(deciding: &mut Deciding<'_>, id: TripId, route: RouteId, at: EventTime) -> Outcome {
    let trip = deciding.find_trip(id)?;
    trip::expect(
        trip,
        &[
            TripState::Submitted,
            TripState::RouteProposed,
            TripState::RouteApproved,
        ],
    )?;
    let record = deciding.route(route).ok_or_else(refusals::no_such_route)?;
    check_route(deciding, trip, record)?;
    let (from, approved) = (trip.state, record.status == RouteStatus::Approved);
    deciding.emit(Event::TripPlanned { trip: id, route });
    if from != TripState::RouteProposed {
        trip::go(deciding, id, TripState::RouteProposed, at, "route chosen");
    }
    if approved {
        trip::go(
            deciding,
            id,
            TripState::RouteApproved,
            at,
            "the route was approved before",
        );
    }
    Ok(None)
}

fn check_route(deciding: &Deciding<'_>, trip: &Trip, route: &Route) -> Result<(), Refusal> {
    if matches!(route.status, RouteStatus::Refused { .. }) {
        return Err(refusals::route_was_refused());
    }
    let document = trip.document.and_then(|document| deciding.document(document));
    if document.is_some_and(|document| document.paper.office != route.plan.office) {
        return Err(refusals::route_of_another_office());
    }
    if !stands_for(&route.plan.origin, &trip.request.tps_origin) {
        return Err(refusals::route_origin_differs());
    }
    if !stands_for(&route.plan.destination, &trip.request.tps_destination) {
        return Err(refusals::route_destination_differs());
    }
    Ok(())
}

/// Whether an area is the place that a code or name says.
fn stands_for(area: &Area, place: &str) -> bool {
    gate::same_place(&area.name, place)
        || area
            .code
            .as_deref()
            .is_some_and(|code| gate::same_place(code, place))
}
