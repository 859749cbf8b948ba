//! Judging one report: whose it is, when it happened, whether it is new, where it lies.
//!
//! Pure and quick: this runs for every report. Everything that the fold needs goes into the `Observed`.

use segel_model::input::ReportInput;
use segel_model::observed::{AreaMarks, FixUse, Place, Standing};
use segel_model::report::Fix;
use segel_model::rulebook::{Edition, WatchRules};
use segel_model::signal::SignalSet;
use segel_model::{EventTime, Observed, Report, TripId};

use super::{clock, ground, key, look};
use crate::Deciding;
use crate::routes::Compiled;
use crate::state::{Seal, Trip};

/// Judges one report: to which seal and trip it belongs, whether it is new, and where it lies.
pub fn judge(deciding: &mut Deciding<'_>, input: &ReportInput) -> Observed {
    let (report, base) = (&input.report, deciding.base);
    let mut observed = unjudged(report);
    let Some((id, seal)) = base
        .seal_of(input.protocol, &report.device)
        .and_then(|id| Some((id, deciding.take_seal(id)?)))
    else {
        return observed;
    };
    observed.seal = Some(id);
    observed.key = key::key(id, input.connection, report);
    let error_limit_s = deciding.rules.in_force(deciding.now()).watch.clock_error_s;
    let dated = clock::event_time(report.time, seal.clock_offset_ms, report.received, error_limit_s);
    observed.at = dated.unwrap_or(EventTime::from_receipt(report.received));
    observed.trip = trip_of(seal, observed.at);
    let trip = observed.trip.and_then(|trip| deciding.take_trip(trip));
    let edition = trip.map_or(deciding.rules.in_force(deciding.now()), |trip| {
        deciding.edition_of(trip)
    });
    observed.standing = standing(seal, trip, &observed, dated.is_some(), &edition.watch);
    let ground = trip
        .and_then(|trip| base.routes.get(&trip.route?))
        .map(|route| &*route.compiled);
    observed.place = report
        .fix
        .as_ref()
        .map(|fix| place(fix, &observed, trip, ground, &edition.watch));
    observed.look_again = trip.and_then(|trip| look_again(deciding, trip, &observed, edition));
    observed
}

/// What the report says, before anything is judged.
fn unjudged(report: &Report) -> Observed {
    Observed {
        seal: None,
        trip: None,
        kind: report.kind,
        standing: Standing::Undated,
        device_time: report.time,
        at: EventTime::from_receipt(report.received),
        received: report.received,
        backfill: report.backfill,
        serial: report.serial,
        key: 0,
        signals: SignalSet::of(&report.signals),
        place: report.fix.as_ref().map(|fix| as_said(fix, FixUse::NotValid)),
        battery_percent: report.battery.and_then(|battery| battery.percent),
        charging: report.battery.is_some_and(|battery| battery.charging),
        lock: report.lock,
        look_again: None,
    }
}

/// The trip a report belongs to: the one its seal is on, or the one it was taken off since.
fn trip_of(seal: &Seal, at: EventTime) -> Option<TripId> {
    let past = seal.past.filter(|past| at <= past.until).map(|past| past.trip);
    past.or(seal.trip)
}

fn standing(
    seal: &Seal,
    trip: Option<&Trip>,
    observed: &Observed,
    dated: bool,
    rules: &WatchRules,
) -> Standing {
    if seal.watch.keys.contain(observed.key) {
        return Standing::Repeat;
    }
    if !dated {
        return Standing::Undated;
    }
    let Some(newest) = seal.moving.last_at.filter(|newest| observed.at < *newest) else {
        return Standing::Fresh;
    };
    let oldest = trip.and_then(|trip| trip.watch.window.oldest_of(rules.window_fixes));
    let before_window = oldest.is_some_and(|oldest| observed.at < oldest);
    let too_old = i64::from(rules.late_data_s) * 1_000 < newest.since_ms(observed.at);
    if too_old || before_window {
        Standing::VeryLate
    } else {
        Standing::Late
    }
}

fn as_said(fix: &Fix, use_: FixUse) -> Place {
    Place {
        position: fix.position,
        source: fix.source,
        speed_kmh: fix.speed_kmh,
        course_deg: fix.course_deg,
        use_,
        still: None,
        corridor: None,
        areas: AreaMarks::default(),
    }
}

fn place(
    fix: &Fix,
    observed: &Observed,
    trip: Option<&Trip>,
    ground: Option<&Compiled>,
    rules: &WatchRules,
) -> Place {
    let mut place = as_said(fix, ground::quality(fix, rules));
    let Some(watch) = trip
        .map(|trip| &trip.watch)
        .filter(|_| place.use_ == FixUse::Judges)
    else {
        return place;
    };
    let (at, before) = (observed.at, watch.window.before(observed.at));
    if jumps(
        at,
        &place,
        before.map(|fix| (fix.at, fix.position)),
        watch.suspect,
        rules,
    ) {
        return Place {
            use_: FixUse::Jump,
            ..place
        };
    }
    place.still = Some(
        watch
            .stop
            .is_some_and(|stop| stop.holds(place.position, place.speed_kmh, rules)),
    );
    if let Some(ground) = ground {
        place.areas = ground::areas(ground, place.position);
        let corridor = ground.corridor.as_ref();
        place.corridor =
            corridor.map(|corridor| ground::corridor_place(corridor, at, place.position, before, rules));
    }
    place
}

/// Whether a fix asks for an impossible speed from the one before it, and does not agree with the one that was thought a
/// jump just now: two in agreement are believed.
pub(crate) fn jumps(
    at: EventTime,
    place: &Place,
    before: Option<(EventTime, segel_geo::Position)>,
    suspect: Option<(EventTime, segel_geo::Position)>,
    rules: &WatchRules,
) -> bool {
    let here = (at, place.position);
    before.is_some_and(|before| ground::is_jump(before, here, rules))
        && suspect.is_none_or(|suspect| ground::is_jump(suspect, here, rules))
}

fn look_again(
    deciding: &Deciding<'_>,
    trip: &Trip,
    observed: &Observed,
    edition: &Edition,
) -> Option<segel_model::ServerTime> {
    let known = trip.watch.heard?;
    let heard = if observed.is_sign_of_life() {
        known.max(observed.received)
    } else {
        known
    };
    let fix = observed.place.filter(|place| place.use_ == FixUse::Judges);
    let covered = match fix.filter(|_| observed.standing == Standing::Fresh) {
        Some(place) => !place.areas.no_coverage,
        None => look::is_covered(trip),
    };
    look::next(
        deciding,
        trip,
        &look::Heard { at: heard, covered },
        observed.received,
        edition,
    )
}
