//! What each message says beyond its envelope: who, by which way, in which time. Facts as they were when it was decided;
//! people stand here by number, and nothing that opens a seal stands here at all.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use segel_model::grant::UnlockMethod;
use segel_model::photo::{PhotoKind, PhotoStep};
use segel_model::skp::{ClockResult, Detail, MessageCode, PhotoTold};
use segel_model::trip::{Clock, TripState};
use segel_model::{GrantId, TripId};

use crate::state::{Alarm, GrantRecord, Photo, Trip};
use crate::{Deciding, photos};

/// What the message about a transition adds.
pub(super) fn of(deciding: &Deciding<'_>, id: TripId, to: TripState, code: MessageCode) -> Detail {
    let Some(trip) = deciding.trip(id) else {
        return Detail::None;
    };
    match code {
        MessageCode::E02 if to == TripState::Assigned => Detail::Assignment {
            technician: trip.technician,
        },
        MessageCode::E02 => request(trip),
        MessageCode::E03 => route(deciding, trip),
        MessageCode::E04 => installation(trip),
        MessageCode::E05 => photo_set(deciding, trip, PhotoStep::Install, &[Clock::InstallPhotos]),
        MessageCode::E11 => arrival(deciding, trip),
        MessageCode::E12 => grant(deciding, trip),
        MessageCode::E13 => opening(deciding, trip),
        MessageCode::E14 => photo_set(
            deciding,
            trip,
            PhotoStep::Removal,
            &[Clock::Removal, Clock::RemovalPhotos],
        ),
        MessageCode::E15 => closing(deciding, id, trip),
        MessageCode::E06 | MessageCode::E07 => Detail::None,
    }
}

fn request(trip: &Trip) -> Detail {
    let request = &trip.request;
    Detail::Request {
        tps_origin: request.tps_origin.clone(),
        tps_destination: request.tps_destination.clone(),
        mode: request.mode,
        install_wanted: request.install_wanted,
        start_window: request.start_window,
    }
}

fn route(deciding: &Deciding<'_>, trip: &Trip) -> Detail {
    let found = trip.route.and_then(|route| Some((route, deciding.route(route)?)));
    found.map_or(Detail::None, |(route, record)| Detail::Route {
        route: route.0,
        distance_m: record.plan.distance_m,
        transit_time_s: record.plan.transit_time_s,
        interval_s: record.plan.interval_s,
    })
}

fn installation(trip: &Trip) -> Detail {
    Detail::Installation {
        technician: trip.technician,
        bolt_seal: trip.bolt_seal.clone(),
        by_hand: trip.closed.as_ref().and_then(|closed| closed.by_hand.clone()),
        clocks: clocks(trip, &[Clock::Install]),
    }
}

fn clocks(trip: &Trip, wanted: &[Clock]) -> Vec<ClockResult> {
    let result = |clock: &Clock| {
        let run = trip.clocks.get(clock)?;
        Some(ClockResult {
            clock: *clock,
            limit_s: run.limit_s,
            took_ms: run.amended.or(run.stopped).map(|stop| stop.took_ms),
            met: run.met(),
        })
    };
    wanted.iter().filter_map(result).collect()
}

/// The photos nobody rejected, in the order in which the rules ask for them; what was taken beyond that comes last.
fn photo_set(deciding: &Deciding<'_>, trip: &Trip, step: PhotoStep, wanted: &[Clock]) -> Detail {
    let rules = &deciding.edition_of(trip).photos;
    let required = match step {
        PhotoStep::Install => &rules.install,
        PhotoStep::Removal => &rules.removal,
    };
    let place = |kind: PhotoKind| {
        let found = required.iter().position(|required| *required == kind);
        found.unwrap_or(required.len())
    };
    let mut all: Vec<&Photo> = photos::accepted(trip, step).collect();
    all.sort_by_key(|photo| place(photo.kind));
    Detail::Photos {
        photos: all.into_iter().map(told).collect(),
        clocks: clocks(trip, wanted),
    }
}

fn told(photo: &Photo) -> PhotoTold {
    PhotoTold {
        kind: photo.kind,
        blob: photo.facts.blob,
        taken: photo.facts.taken,
        stored: photo.stored.at,
        place: photo.facts.taken_at,
        late: photo.late,
    }
}

fn arrival(deciding: &Deciding<'_>, trip: &Trip) -> Detail {
    let step = trip.moves.iter().rev().find(|step| step.to == TripState::Arrived);
    let route = trip.route.and_then(|route| deciding.route(route));
    Detail::Arrival {
        departed: trip.watch.departed,
        planned_s: route.map(|route| route.plan.transit_time_s),
        officer: step.and_then(|step| step.signed.by),
    }
}

fn granted<'d>(deciding: &'d Deciding<'_>, trip: &Trip) -> Option<(GrantId, &'d GrantRecord)> {
    let id = trip.grant?;
    Some((id, deciding.grant(id)?))
}

fn grant(deciding: &Deciding<'_>, trip: &Trip) -> Detail {
    granted(deciding, trip).map_or(Detail::None, |(id, record)| {
        let grant = &record.grant;
        Detail::Grant {
            grant: id,
            executor: grant.executor,
            officer: record.granted.by,
            way: grant.method.way(),
            place: grant
                .place
                .code
                .clone()
                .unwrap_or_else(|| grant.place.name.clone()),
            from: grant.from,
            until: grant.until,
            reason: grant.reason.clone(),
        }
    })
}

fn opening(deciding: &Deciding<'_>, trip: &Trip) -> Detail {
    let found = granted(deciding, trip);
    Detail::Opening {
        grant: found.map(|(id, _)| id),
        executor: found.map(|(_, record)| record.grant.executor),
        way: found.map(|(_, record)| record.grant.method.way()),
        credential: found.and_then(|(id, record)| credential(deciding, id, record)),
    }
}

/// What the opening is known by. A card's number opens, so only its end is told.
fn credential(deciding: &Deciding<'_>, id: GrantId, record: &GrantRecord) -> Option<String> {
    match &record.grant.method {
        UnlockMethod::Card { cards } => {
            let ends: Vec<String> = cards.iter().map(|card| format!("*{}", last_four(card))).collect();
            Some(ends.join(","))
        }
        UnlockMethod::Command | UnlockMethod::DynamicPassword => deciding
            .orders_of(record.grant.trip)
            .filter(|(_, order)| order.ordered.grant == Some(id) && order.ordered.order.opens())
            .last()
            .map(|(order, _)| format!("order-{}", order.0)),
        UnlockMethod::ByHand => None,
    }
}

fn last_four(card: &str) -> String {
    let all: Vec<char> = card.chars().collect();
    all[all.len().saturating_sub(4)..].iter().collect()
}

fn closing(deciding: &Deciding<'_>, id: TripId, trip: &Trip) -> Detail {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let steps = [PhotoStep::Install, PhotoStep::Removal];
    let accepted: usize = steps
        .map(|step| photos::accepted(trip, step).count())
        .iter()
        .sum();
    let bare = trip.openings.iter().filter(|opening| opening.grant.is_none());
    Detail::Closing {
        clean: trip.ended_clean() == Some(true),
        clocks: clocks(
            trip,
            &[
                Clock::Install,
                Clock::InstallPhotos,
                Clock::Removal,
                Clock::RemovalPhotos,
            ],
        ),
        reports: trip.received_reports,
        alarms: alarms(deciding, id),
        openings: count(trip.openings.len()),
        openings_without_grant: count(bare.count()),
        photos: count(accepted),
    }
}

fn alarms(deciding: &Deciding<'_>, id: TripId) -> Vec<(String, u32, u32)> {
    let mut by_code: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let all: Vec<&Alarm> = deciding.alarms_of(id).collect();
    for alarm in all {
        let (raised, open) = by_code.entry(alarm.finding.code.name()).or_default();
        *raised += 1;
        *open += u32::from(alarm.is_open());
    }
    by_code
        .into_iter()
        .map(|(code, (raised, open))| (code.into(), raised, open))
        .collect()
}
