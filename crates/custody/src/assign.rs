//! Assignment: the seal must be the provider's, in order, nobody else's, heard of lately, and last the trip.

use alloc::vec::Vec;

use segel_model::rulebook::AssignmentRules;
use segel_model::seal::{SealCondition, SealRegistration};
use segel_model::trip::TripState;
use segel_model::{Event, EventTime, PersonId, Refusal, Role, Rulebook, SealId, ServerTime, TripId};

use crate::deciding::Outcome;
use crate::people::said;
use crate::state::{Route, Seal, State, Trip};
use crate::{Deciding, calendar, gate, refusals, stock, trip};

/// Chooses the seal and who fits it.
pub fn assign(
    deciding: &mut Deciding<'_>,
    id: TripId,
    seal: SealId,
    technician: PersonId,
    at: EventTime,
) -> Outcome {
    let trip = deciding.find_trip(id)?;
    trip::expect(trip, &[TripState::RouteApproved])?;
    gate::pass(deciding, id, trip)?;
    may_carry(deciding, trip, deciding.find_seal(seal)?)?;
    may_fit(deciding, trip, technician)?;
    deciding.emit(Event::SealAssigned {
        trip: id,
        seal,
        technician,
    });
    trip::go(deciding, id, TripState::Assigned, at, "seal assigned");
    Ok(None)
}

/// Every reason why a seal may not go on a trip, the firmest first: who chooses among seals wants all of them at once.
pub fn reasons_against(
    state: &State,
    trip: &Trip,
    seal: &Seal,
    now: ServerTime,
    rules: &Rulebook,
) -> Vec<Refusal> {
    against(&Deciding::looking(state, now, rules), trip, seal)
}

/// Whether a seal may go on a trip: the firmest reason why not.
fn may_carry(deciding: &Deciding<'_>, trip: &Trip, seal: &Seal) -> Result<(), Refusal> {
    against(deciding, trip, seal)
        .into_iter()
        .next()
        .map_or(Ok(()), Err)
}

fn against(deciding: &Deciding<'_>, trip: &Trip, seal: &Seal) -> Vec<Refusal> {
    let rules = &deciding.edition_of(trip).assignment;
    let mut reasons = of_the_stock(deciding, trip, seal);
    match trip.route.and_then(|route| deciding.route(route)) {
        None => reasons.push(refusals::no_such_route()),
        Some(route) => {
            let registration = &seal.registration;
            reasons.extend(certificate_holds(deciding, registration, route, rules).err());
            reasons.extend(will_last(seal, route, rules).err());
        }
    }
    reasons.extend(heard_lately(deciding, seal, rules).err());
    reasons
}

/// What stands against a seal whatever the way is.
fn of_the_stock(deciding: &Deciding<'_>, trip: &Trip, seal: &Seal) -> Vec<Refusal> {
    let registration = &seal.registration;
    let office = deciding.offices_of(trip).map(|(origin, _)| origin);
    let against: [(bool, fn() -> Refusal); 5] = [
        (
            registration.provider != trip.request.provider,
            refusals::seal_of_another_provider,
        ),
        (seal.condition != SealCondition::Ready, refusals::seal_not_ready),
        (seal.doubt.is_some(), refusals::seal_in_doubt),
        (seal.trip.is_some(), refusals::seal_on_trip),
        (
            registration.pool.is_some() && registration.pool.as_ref() != office,
            refusals::seal_of_another_pool,
        ),
    ];
    against
        .into_iter()
        .filter(|(stands, _)| *stands)
        .map(|(_, refusal)| refusal())
        .collect()
}

fn certificate_holds(
    deciding: &Deciding<'_>,
    registration: &SealRegistration,
    route: &Route,
    rules: &AssignmentRules,
) -> Result<(), Refusal> {
    let end = deciding.now().plus_s(i64::from(route.plan.transit_time_s));
    let last_day = calendar::today(end, &route.plan.office, deciding.rules);
    if !rules.certificate_required {
        return Ok(());
    }
    let certificate = registration
        .certificate
        .as_ref()
        .filter(|certificate| certificate.valid_until >= last_day)
        .ok_or_else(refusals::certificate_missing)?;
    stock::certificate_fits(registration.certificate_needed, certificate)
}

fn will_last(seal: &Seal, route: &Route, rules: &AssignmentRules) -> Result<(), Refusal> {
    let has = seal
        .moving
        .battery_percent
        .ok_or_else(refusals::battery_unknown)?;
    let needs = needed_percent(route, rules);
    if has < needs {
        Err(refusals::battery_too_low(has, needs))
    } else {
        Ok(())
    }
}

/// What the battery must hold: the trip's need with a margin, and never less than the floor.
pub fn needed_percent(route: &Route, rules: &AssignmentRules) -> u8 {
    let hours = f64::from(route.plan.transit_time_s) / 3_600.0;
    let reports_a_minute = 60.0 / f64::from(route.plan.interval_s.max(1));
    let use_percent_h = f64::from(rules.battery_use_centipercent_h) / 100.0;
    let need = libm::ceil(hours * reports_a_minute * use_percent_h * f64::from(rules.battery_factor));
    (need as u8).max(rules.battery_floor_percent)
}

fn heard_lately(deciding: &Deciding<'_>, seal: &Seal, rules: &AssignmentRules) -> Result<(), Refusal> {
    let oldest = deciding.now().plus_s(-i64::from(rules.fix_age_limit_s));
    let recent = seal
        .moving
        .judged
        .is_some_and(|here| here.at.unix_ms >= oldest.unix_ms);
    if recent {
        Ok(())
    } else {
        Err(refusals::fix_too_old())
    }
}

fn may_fit(deciding: &Deciding<'_>, trip: &Trip, technician: PersonId) -> Result<(), Refusal> {
    let provider = segel_model::principal::Belonging::Organisation(trip.request.provider);
    let fits = deciding.base.persons.get(&technician).is_some_and(|person| {
        person.role == Role::Technician && person.belongs == provider && person.disabled.is_none()
    });
    if fits {
        Ok(())
    } else {
        Err(refusals::not_a_technician())
    }
}

/// Takes the seal back before it is closed: another one, or none.
pub fn release(deciding: &mut Deciding<'_>, id: TripId, reason: &str, at: EventTime) -> Outcome {
    let reason = said(reason)?;
    let trip = deciding.find_trip(id)?;
    trip::expect(trip, &[TripState::Assigned, TripState::Installing])?;
    if trip.seal.is_none() {
        return Err(refusals::no_seal_assigned());
    }
    take_back(deciding, id, &reason);
    trip::go(deciding, id, TripState::RouteApproved, at, &reason);
    Ok(None)
}

/// Gives the seal of a trip, if it has one, back to the stock.
pub(crate) fn take_back(deciding: &mut Deciding<'_>, id: TripId, reason: &str) {
    if let Some(seal) = deciding.trip(id).and_then(|trip| trip.seal) {
        deciding.emit(Event::SealReleased {
            trip: id,
            seal,
            reason: reason.into(),
        });
    }
}
