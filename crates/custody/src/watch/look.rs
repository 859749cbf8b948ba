//! The moments at which nothing came: silence, and a trip that does not arrive.

use segel_model::rulebook::Edition;
use segel_model::trip::TripState;
use segel_model::{AlarmCode, Event, EventTime, SealId, ServerTime, TripId};

use super::lateness::{Plan, Progress};
use super::silence::{self, Foreboding};
use crate::Deciding;
use crate::alarms::{self, Suspicion};
use crate::state::{Route, Trip};

/// When a seal was last heard, and whether it can be heard where it is.
pub(crate) struct Heard {
    /// When.
    pub at: ServerTime,
    /// Whether the plan expects coverage there.
    pub covered: bool,
}

/// Looks at a trip when its limit is due.
pub fn tick(deciding: &mut Deciding<'_>, id: TripId) {
    let now = deciding.now();
    let Some(trip) = deciding.trip_before(id) else {
        return;
    };
    if trip.watch.look_again.is_none_or(|look| now < look) {
        return;
    }
    let edition = deciding.edition_of(trip);
    let look_again = trip.watch.heard.and_then(|heard| {
        let heard = Heard {
            at: heard,
            covered: is_covered(trip),
        };
        silent(deciding, id, trip, &heard, edition);
        late(deciding, id, trip, edition);
        next(deciding, trip, &heard, now, edition)
    });
    deciding.emit(Event::TripLooked { trip: id, look_again });
}

fn silent(deciding: &mut Deciding<'_>, id: TripId, trip: &Trip, heard: &Heard, edition: &Edition) {
    let Some(interval_s) = interval_s(deciding, trip).filter(|_| heard.covered) else {
        return;
    };
    let now = deciding.now();
    let silent_ms = now.since_ms(heard.at) - deciding.base.service.absent_ms(heard.at, now);
    let foreboding = foreboding(deciding, trip, edition);
    let Some(severity) = silence::verdict(silent_ms, interval_s, foreboding, &edition.watch) else {
        return;
    };
    let place = trip.watch.window.newest().map(|fix| fix.position);
    let at = EventTime::from_receipt(heard.at);
    let suspicion = Suspicion {
        place,
        ..Suspicion::new(AlarmCode::A12, severity, Some(id), trip.seal, at)
    };
    alarms::suspect(deciding, suspicion, || silence::why(silent_ms));
}

fn late(deciding: &mut Deciding<'_>, id: TripId, trip: &Trip, edition: &Edition) {
    let Some(plan) = plan(deciding, trip) else { return };
    let at = EventTime::from_receipt(deciding.now());
    judge_plan(deciding, id, trip.seal, &plan, at, at, edition);
}

/// Raises that a trip is late, where it is expected at `expected` and it is now `at`.
pub(super) fn judge_plan(
    deciding: &mut Deciding<'_>,
    id: TripId,
    seal: Option<SealId>,
    plan: &Plan,
    at: EventTime,
    expected: EventTime,
    edition: &Edition,
) -> Progress {
    let progress = plan.judge(at, expected, &edition.watch);
    if let Progress::Late(severity) = progress {
        let suspicion = Suspicion::new(AlarmCode::A14, severity, Some(id), seal, at);
        alarms::suspect(deciding, suspicion, || plan.why(expected));
    }
    progress
}

/// A silence after tampering, or with a battery about to die, is critical at once.
pub(super) fn foreboding(deciding: &Deciding<'_>, trip: &Trip, edition: &Edition) -> Foreboding {
    let ongoing = trip.watch.ongoing;
    let tampered = [AlarmCode::A01, AlarmCode::A02, AlarmCode::A03]
        .into_iter()
        .any(|code| ongoing.has(code));
    let seal = trip.seal.and_then(|seal| deciding.seal_before(seal));
    let percent = seal.and_then(|seal| seal.moving.battery_percent);
    let dying = percent.is_some_and(|percent| percent < edition.watch.battery_low_percent);
    if tampered || dying {
        Foreboding::Trouble
    } else {
        Foreboding::None
    }
}

/// Whether the plan expects coverage where the container was last seen.
pub(crate) fn is_covered(trip: &Trip) -> bool {
    trip.watch
        .window
        .newest()
        .is_none_or(|fix| !fix.areas.no_coverage)
}

/// The next moment at which something is missing unless it comes before.
pub(crate) fn next(
    deciding: &Deciding<'_>,
    trip: &Trip,
    heard: &Heard,
    now: ServerTime,
    edition: &Edition,
) -> Option<ServerTime> {
    let absent_ms = deciding.base.service.absent_ms(heard.at, now);
    let silence = interval_s(deciding, trip)
        .filter(|_| heard.covered)
        .and_then(|interval_s| silence::next_look(heard.at, absent_ms, now, interval_s, &edition.watch));
    let late =
        plan(deciding, trip).and_then(|plan| plan.next_look(EventTime::from_receipt(now), &edition.watch));
    let late = late.map(|at| ServerTime::from_unix_ms(at.unix_ms));
    [silence, late].into_iter().flatten().min()
}

fn route<'a>(deciding: &Deciding<'a>, trip: &Trip) -> Option<&'a Route> {
    deciding.base.routes.get(&trip.route?)
}

/// How often the seal of a trip reports.
pub(crate) fn interval_s(deciding: &Deciding<'_>, trip: &Trip) -> Option<u32> {
    route(deciding, trip).map(|route| route.plan.interval_s)
}

/// The plan of a trip that is under way.
pub(crate) fn plan(deciding: &Deciding<'_>, trip: &Trip) -> Option<Plan> {
    let route = route(deciding, trip).filter(|_| trip.state == TripState::InTransit)?;
    Some(Plan {
        departed: trip.watch.departed?,
        transit_time_s: route.plan.transit_time_s,
        length_m: route.compiled.corridor.as_ref()?.length_m(),
    })
}
