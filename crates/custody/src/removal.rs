//! Removal: every physical opening is matched to a grant. An unmatched one is critical, is closed by no machine, and blocks
//! removal until an officer decides. T3 runs from the opening to *removed*, T4 from there to the last photo.

use segel_geo::Position;
use segel_model::alarm::Finding;
use segel_model::grant::{Grant, GrantEnd, UnlockMethod};
use segel_model::input::ReportInput;
use segel_model::observed::{FixUse, Standing};
use segel_model::order::Outcome as OrderOutcome;
use segel_model::signal::UnsealBy;
use segel_model::trip::{Clock, TripMode, TripState};
use segel_model::{
    AlarmCode, Event, EventTime, GrantId, Observed, Refusal, SealId, ServerTime, Severity, Signal, TripId,
};

use crate::deciding::Outcome;
use crate::state::{Alarm, GrantRecord, Trip};
use crate::unlock::Stand;
use crate::watch::levels::Levels;
use crate::{Deciding, alarms, clocks, notice, photos, refusals, skp, trip, unlock};

/// An opening as a seal tells it.
struct Opened<'a> {
    by: Option<UnsealBy>,
    actor: Option<&'a str>,
    at: EventTime,
    position: Option<Position>,
    late: bool,
}

/// A report says or shows that the seal was opened.
pub fn follow(deciding: &mut Deciding<'_>, input: &ReportInput, observed: &Observed) {
    let (Some(id), Some(seal)) = (observed.trip, observed.seal) else {
        return;
    };
    let Some(trip) = deciding.trip(id) else { return };
    // A tracker claims no lock, so its contacts open nothing.
    let claims_lock = trip.request.mode == TripMode::Sealed;
    if !claims_lock || trip.seal != Some(seal) || !trip.is_sealed_at(observed.at) {
        return;
    }
    let position = observed
        .place
        .filter(|place| place.use_ == FixUse::Judges)
        .map(|place| place.position);
    let late = matches!(observed.standing, Standing::Late | Standing::VeryLate) || observed.backfill;
    let told = |by, actor| Opened {
        by,
        actor,
        at: observed.at,
        position,
        late,
    };
    for signal in &input.report.signals {
        if let Signal::Unsealed { by, actor, .. } = signal {
            return opened(deciding, id, seal, &told(Some(*by), actor.as_deref()));
        }
    }
    if contacts_opened(deciding, trip, seal, observed) {
        opened(deciding, id, seal, &told(None, None));
    }
}

/// The motor's contact went from closed to open and no signal has said so: an opening all the same, however late it is known.
fn contacts_opened(deciding: &Deciding<'_>, trip: &Trip, seal: SealId, observed: &Observed) -> bool {
    let Some(levels) = deciding.seal_before(seal).map(|seal| &seal.watch.levels) else {
        return false;
    };
    if !levels.risen(observed.at, observed).has(Levels::MOTOR_OPEN) {
        return false;
    }
    let slack_ms = i64::from(deciding.edition_of(trip).unlock.match_slack_s) * 1_000;
    let closed = levels.before(observed.at);
    // Told is an opening since the record that last said closed.
    let told = trip.openings.iter().any(|opening| {
        let since = closed.is_none_or(|closed| -slack_ms <= opening.at.since_ms(closed));
        since && opening.at.since_ms(observed.at) <= slack_ms
    });
    !told
}

fn opened(deciding: &mut Deciding<'_>, id: TripId, seal: SealId, opened: &Opened<'_>) {
    let grant = deciding.trip(id).and_then(|trip| trip.grant);
    let covered = grant.filter(|grant| covers(deciding, *grant, opened));
    let how = how(opened.by);
    deciding.emit(Event::SealOpened {
        seal,
        trip: Some(id),
        at: opened.at,
        how: how.into(),
        grant: covered,
    });
    match covered {
        Some(grant) => begin(deciding, id, grant, opened.at, how),
        None => unauthorised(deciding, id, opened, how),
    }
}

/// Whether a grant covers an opening: in its window, by its way, at its place, and not taken back before.
fn covers(deciding: &Deciding<'_>, id: GrantId, opened: &Opened<'_>) -> bool {
    let Some(record) = deciding.grant(id) else {
        return false;
    };
    let Some(trip) = deciding.trip(record.grant.trip) else {
        return false;
    };
    let slack_s = i64::from(deciding.edition_of(trip).unlock.match_slack_s);
    let at = ServerTime::from_unix_ms(opened.at.unix_ms);
    let grant = &record.grant;
    let in_window = grant.from.plus_s(-slack_s) <= at && at <= end_of(record).plus_s(slack_s);
    in_window
        && fits(&grant.method, opened)
        && was_asked(deciding, id, grant)
        && at_place(deciding, id, record, opened)
}

/// A command or one-time password comes from us: without an order of ours under the grant it came from somebody else.
fn was_asked(deciding: &Deciding<'_>, id: GrantId, grant: &Grant) -> bool {
    let ours = matches!(
        grant.method,
        UnlockMethod::Command | UnlockMethod::DynamicPassword
    );
    let withheld = |outcome: &OrderOutcome| matches!(outcome, OrderOutcome::Withheld { .. });
    let asked = || {
        deciding.orders_of(grant.trip).any(|(_, order)| {
            order.ordered.grant == Some(id) && !order.outcome.as_ref().is_some_and(withheld)
        })
    };
    !ours || asked()
}

/// When a grant stopped holding: its window, or the moment customs took it back.
fn end_of(record: &GrantRecord) -> ServerTime {
    match record.ended {
        Some((GrantEnd::Revoked | GrantEnd::TripHeld, at)) => at.min(record.grant.until),
        _ => record.grant.until,
    }
}

fn fits(method: &UnlockMethod, opened: &Opened<'_>) -> bool {
    // Contacts alone do not say how, nor do the words of some seals; the order or card under the grant is then the likely way.
    let Some(by) = opened.by.filter(|by| *by != UnsealBy::NotSaid) else {
        return true;
    };
    match method {
        UnlockMethod::Command => matches!(by, UnsealBy::Platform | UnsealBy::StaticPwd),
        UnlockMethod::DynamicPassword => matches!(by, UnsealBy::Platform | UnsealBy::DynamicPwd),
        UnlockMethod::Card { cards } => {
            let known = |actor: &str| cards.iter().any(|card| same_card(card, actor));
            by == UnsealBy::Card && opened.actor.is_some_and(known)
        }
        UnlockMethod::ByHand => by == UnsealBy::Key,
    }
}

/// Seals print a card with or without its leading zeros.
fn same_card(card: &str, actor: &str) -> bool {
    card.trim_start_matches('0') == actor.trim().trim_start_matches('0')
}

/// Inside by the report's own fix; where it has none, by the newest one, by an officer's word, or because the opening went
/// out under this grant and so was checked at that moment.
fn at_place(deciding: &Deciding<'_>, id: GrantId, record: &GrantRecord, opened: &Opened<'_>) -> bool {
    let here = unlock::stand_of(record, opened.position);
    if opened.position.is_some() {
        return here == Stand::Inside;
    }
    let Some(seal) = deciding.seal(record.grant.seal) else {
        return false;
    };
    match unlock::stands(deciding, record, seal) {
        Stand::Inside => true,
        Stand::Outside => false,
        Stand::Unknown => sent_under(deciding, id, record.grant.trip),
    }
}

fn sent_under(deciding: &Deciding<'_>, grant: GrantId, trip: TripId) -> bool {
    let withheld = |outcome: &OrderOutcome| matches!(outcome, OrderOutcome::Withheld { .. });
    deciding.orders_of(trip).any(|(_, order)| {
        order.ordered.grant == Some(grant)
            && order.sent_at.is_some()
            && !order.outcome.as_ref().is_some_and(withheld)
    })
}

fn begin(deciding: &mut Deciding<'_>, id: TripId, grant: GrantId, at: EventTime, how: &str) {
    if deciding.grant(grant).is_some_and(|record| record.ended.is_none()) {
        unlock::end(deciding, grant, GrantEnd::Used, how);
    }
    let state = deciding.trip(id).map(|trip| trip.state);
    if state == Some(TripState::SealCheck) {
        // The window had closed by our clock before the seal's news of an opening inside it arrived.
        trip::go(
            deciding,
            id,
            TripState::RemovalGranted,
            at,
            "opened inside the window, known late",
        );
    }
    if deciding
        .trip(id)
        .is_some_and(|trip| trip.state == TripState::RemovalGranted)
    {
        trip::go(deciding, id, TripState::Removing, at, how);
        clocks::start(deciding, id, Clock::Removal, at);
    }
}

fn unauthorised(deciding: &mut Deciding<'_>, id: TripId, opened: &Opened<'_>, how: &str) {
    let why = notice::both(
        alloc::format!("segel dibuka tanpa izin ({how})"),
        alloc::format!("the seal was opened without a grant ({how})"),
    );
    let found = notice::finding(deciding, AlarmCode::A02, id, opened.at, why);
    // Critical by law, not by table: an opening without authority can be set to nothing less.
    let finding = Finding {
        severity: Severity::S1,
        known_late: opened.late,
        place: opened.position.or(found.place),
        ..found
    };
    alarms::raise(deciding, finding);
}

fn how(by: Option<UnsealBy>) -> &'static str {
    match by {
        Some(UnsealBy::Card) => "by card",
        Some(UnsealBy::BtApp) => "by Bluetooth",
        Some(UnsealBy::Platform) => "by command",
        Some(UnsealBy::Sms) => "by text message",
        Some(UnsealBy::DynamicPwd) => "by one-time password",
        Some(UnsealBy::StaticPwd) => "by fixed password",
        Some(UnsealBy::Key) => "by key",
        Some(UnsealBy::NotSaid) => "in a way that it does not say",
        None => "shown by its contacts",
    }
}

/// For a tracker without a lock, and a seal that only its key opens: the executor has opened by hand.
pub fn record_opened(
    deciding: &mut Deciding<'_>,
    id: GrantId,
    phone: Option<Position>,
    at: EventTime,
) -> Outcome {
    let record = unlock::live(deciding, id)?;
    unlock::expect_executor(deciding, record)?;
    let (trip, seal) = (record.grant.trip, record.grant.seal);
    if record.grant.method != UnlockMethod::ByHand {
        return Err(refusals::opening_needs_grant());
    }
    let stand = match unlock::stands(deciding, record, deciding.find_seal(seal)?) {
        Stand::Unknown => unlock::stand_of(record, phone),
        known => known,
    };
    match stand {
        Stand::Inside => {}
        Stand::Outside => return Err(refusals::outside_place()),
        Stand::Unknown => return Err(refusals::no_fix()),
    }
    let how = "by hand";
    deciding.emit(Event::SealOpened {
        seal,
        trip: Some(trip),
        at,
        how: how.into(),
        grant: Some(id),
    });
    begin(deciding, trip, id, at, how);
    Ok(None)
}

/// The seal is off: T3 ends, T4 starts, seal and container are free.
pub fn finish(deciding: &mut Deciding<'_>, id: TripId, place: Option<Position>, at: EventTime) -> Outcome {
    let trip = deciding.find_trip(id)?;
    trip::expect(trip, &[TripState::Removing])?;
    named(deciding, trip)?;
    let tracker = trip.request.mode == TripMode::CargoTracker;
    let seal = trip.seal.ok_or_else(refusals::no_seal_assigned)?;
    deciding.emit(Event::RemovalFinished { trip: id, at });
    clocks::stop(deciding, id, Clock::Removal, at);
    skp::end_locations(deciding, id);
    trip::go_at(
        deciding,
        id,
        TripState::Removed,
        at,
        place,
        "the technician has taken it off",
    );
    clocks::start(deciding, id, Clock::RemovalPhotos, at);
    if tracker {
        unlock::issue(
            deciding,
            id,
            seal,
            None,
            segel_model::SealOrder::AlwaysAwake { on: false },
        );
    }
    photos::complete_step(deciding, id);
    Ok(None)
}

fn named(deciding: &Deciding<'_>, trip: &Trip) -> Result<(), Refusal> {
    let executor = trip
        .grant
        .and_then(|grant| deciding.grant(grant))
        .map(|record| record.grant.executor);
    let person = deciding.person();
    let named = person.is_some() && (person == executor || person == trip.technician);
    if named {
        Ok(())
    } else {
        Err(refusals::not_the_named_person())
    }
}

/// The last photo is stored: the trip is over, and its verdict is given here, once, for SKP and paper alike. SKP's own
/// completion is a mark of its own, so that SKP is away (A22) is no remark on the trip.
pub(crate) fn complete(deciding: &mut Deciding<'_>, id: TripId, at: EventTime) {
    let Some(trip) = deciding.trip(id) else { return };
    let clean = trip.all_clocks_met() && !deciding.alarms_of(id).any(Alarm::is_remark);
    let reason = if clean {
        Trip::CLEAN
    } else {
        "complete, with remarks"
    };
    trip::go(deciding, id, TripState::Completed, at, reason);
}
