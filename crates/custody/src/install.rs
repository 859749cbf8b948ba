//! Installation: the technician scans container and seal, and the seal itself says that it is locked. T1 runs between.

use alloc::vec::Vec;

use segel_geo::Position;
use segel_model::alarm::Bilingual;
use segel_model::container::ContainerNumber;
use segel_model::input::ReportInput;
use segel_model::observed::Standing;
use segel_model::trip::{Clock, TripMode, TripState};
use segel_model::{Event, EventTime, Observed, Refusal, SealId, Signal, TripId};

use crate::deciding::Outcome;
use crate::people::said;
use crate::state::{Seal, Trip};
use crate::watch::levels::Levels;
use crate::{Deciding, clocks, gate, notice, photos, refusals, reporting, trip};

/// What the technician scanned, and where.
pub struct Scan<'a> {
    /// The number on the container.
    pub container: &'a str,
    /// The number on the seal.
    pub seal_label: &'a str,
    /// Where the phone is.
    pub place: Option<Position>,
    /// The bolt seal beside it.
    pub bolt_seal: Option<&'a str>,
}

/// The technician starts: T1.
pub fn begin(deciding: &mut Deciding<'_>, id: TripId, scan: &Scan<'_>, at: EventTime) -> Outcome {
    let trip = deciding.find_trip(id)?;
    trip::expect(trip, &[TripState::Assigned])?;
    gate::pass(deciding, id, trip)?;
    let seal_id = trip.seal.ok_or_else(refusals::no_seal_assigned)?;
    let seal = deciding.find_seal(seal_id)?;
    right_pair(trip, seal, scan)?;
    self_test(deciding, trip, seal, at)?;
    let closed_meanwhile = seal
        .moving
        .sealed_since
        .filter(|_| trip.request.mode == TripMode::Sealed);
    let bolt_seal = scan.bolt_seal.map(Into::into);
    let remarks = remarks(deciding, trip, seal, scan);
    deciding.emit(Event::InstallBegun {
        trip: id,
        bolt_seal,
        remarks,
    });
    trip::go_at(
        deciding,
        id,
        TripState::Installing,
        at,
        scan.place,
        "container and seal scanned",
    );
    clocks::start(deciding, id, Clock::Install, at);
    // The phone was off line: the seal had been closed before its scan reached us.
    if let Some(closed) = closed_meanwhile {
        close(deciding, id, seal_id, closed, None);
    }
    Ok(None)
}

fn right_pair(trip: &Trip, seal: &Seal, scan: &Scan<'_>) -> Result<(), Refusal> {
    let scanned = ContainerNumber::parse(scan.container);
    if scanned.as_ref() != Ok(&trip.request.container) {
        return Err(refusals::wrong_container());
    }
    let registration = &seal.registration;
    let label = scan.seal_label.trim();
    let right = label.eq_ignore_ascii_case(&registration.label) || label == registration.device.0;
    if right {
        Ok(())
    } else {
        Err(refusals::wrong_seal())
    }
}

/// State 6: "technician (identity + on-site GPS)": what does not fit about where it was scanned. It is remarked on, and
/// blocks nothing: a phone under a roof knows its place badly.
fn remarks(deciding: &Deciding<'_>, trip: &Trip, seal: &Seal, scan: &Scan<'_>) -> Vec<Bilingual> {
    let apart_limit_m = f64::from(deciding.edition_of(trip).assignment.scan_apart_m);
    let own = seal.moving.judged.map(|here| here.place.position);
    let route = trip.route.and_then(|route| deciding.route(route));
    let origin = route.and_then(|route| route.compiled.origin.as_ref());
    let outside = |place: Position| origin.is_some_and(|origin| !origin.contains(place));
    let apart_m = scan
        .place
        .zip(own)
        .map(|(phone, own)| segel_geo::distance_m(phone, own));
    let apart = apart_m.filter(|apart_m| apart_limit_m < *apart_m);
    let known = [
        (
            scan.place.is_none(),
            "telepon tidak memberi tempat",
            "the phone gave no place",
        ),
        (
            scan.place.is_some_and(outside),
            "telepon di luar area asal",
            "the phone is outside the area of origin",
        ),
        (
            own.is_some_and(outside),
            "segel di luar area asal",
            "the seal is outside the area of origin",
        ),
    ];
    let apart = apart.map(|apart_m| {
        notice::both(
            alloc::format!("telepon {apart_m:.0} m dari segel"),
            alloc::format!("the phone is {apart_m:.0} m from the seal"),
        )
    });
    let said = known.into_iter().filter(|(so, ..)| *so);
    said.map(|(_, id, en)| notice::both(id, en))
        .chain(apart)
        .collect()
}

/// State 6: "self-test (lock, GNSS fix, network, tamper loop)": what the seal has said of itself lately. It must be in nobody's
/// doubt, heard, know where it is, be sound, and not have been closed before it was fitted.
fn self_test(deciding: &Deciding<'_>, trip: &Trip, seal: &Seal, at: EventTime) -> Result<(), Refusal> {
    let rules = &deciding.edition_of(trip).assignment;
    if seal.doubt.is_some() {
        return Err(refusals::seal_in_doubt());
    }
    let oldest = deciding.now().plus_s(-i64::from(rules.fix_age_limit_s));
    if seal.moving.last_seen.is_none_or(|seen| seen < oldest) {
        return Err(refusals::seal_silent());
    }
    let fixed = seal.moving.judged.map(|here| here.at.unix_ms);
    if fixed.is_none_or(|fixed| fixed < oldest.unix_ms) {
        return Err(refusals::fix_too_old());
    }
    if trip.request.mode == TripMode::CargoTracker {
        return Ok(());
    }
    let stuck = seal.watch.levels.newest().has(Levels::MOTOR_STUCK);
    if stuck || seal.moving.lock.cover == Some(false) {
        return Err(refusals::seal_faulty());
    }
    if seal.moving.sealed_since.is_some_and(|since| since < at) {
        return Err(refusals::already_sealed());
    }
    Ok(())
}

/// A report says that the seal is locked: T1 ends, T2 starts.
pub fn follow(deciding: &mut Deciding<'_>, input: &ReportInput, observed: &Observed) {
    let (Some(id), Some(seal)) = (observed.trip, observed.seal) else {
        return;
    };
    let Some(trip) = deciding.trip(id) else { return };
    if trip.state != TripState::Installing || trip.request.mode != TripMode::Sealed || trip.seal != Some(seal)
    {
        return;
    }
    let slack_s = deciding.edition_of(trip).unlock.match_slack_s;
    let Some(started) = trip.clocks.get(&Clock::Install).map(|run| run.started) else {
        return;
    };
    let said_so = input.report.signals.contains(&Signal::Sealed);
    let contacts_say = observed.standing != Standing::Undated && observed.lock.sealed() == Some(true);
    let in_time = |earliest: EventTime| earliest <= observed.at;
    let locked =
        (said_so && in_time(started.plus_s(-i64::from(slack_s)))) || (contacts_say && in_time(started));
    if locked && observed.lock.sealed() != Some(false) {
        close(deciding, id, seal, observed.at, None);
    }
}

/// An officer records by hand that the seal is closed though its *locked* did not come; for a tracker without a lock, the
/// technician says that it is fitted.
pub fn record(deciding: &mut Deciding<'_>, id: TripId, reason: &str, at: EventTime) -> Outcome {
    let reason = said(reason)?;
    let trip = deciding.find_trip(id)?;
    trip::expect(trip, &[TripState::Installing])?;
    let seal = trip.seal.ok_or_else(refusals::no_seal_assigned)?;
    close(deciding, id, seal, at, Some(reason));
    Ok(None)
}

fn close(
    deciding: &mut Deciding<'_>,
    id: TripId,
    seal: SealId,
    at: EventTime,
    by_hand: Option<alloc::string::String>,
) {
    let reason = if by_hand.is_some() {
        "closed, recorded by hand"
    } else {
        "the seal says it is locked"
    };
    deciding.emit(Event::SealClosed {
        trip: id,
        seal,
        at,
        by_hand,
    });
    clocks::stop(deciding, id, Clock::Install, at);
    trip::go(deciding, id, TripState::Installed, at, reason);
    clocks::start(deciding, id, Clock::InstallPhotos, at);
    reporting::set(deciding, id, seal);
    photos::complete_step(deciding, id);
}
