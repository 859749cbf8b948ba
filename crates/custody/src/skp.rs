//! What SKP is told, derived from what was decided. Losing SKP never stops local work: its messages wait in three lanes a
//! trip, are tried until taken, and one that is refused or stuck is seen by people.

mod detail;

use alloc::vec::Vec;

use segel_model::skp::{Delivery, Detail, Envelope, MessageCode};
use segel_model::trip::TripState;
use segel_model::{AlarmCode, AlarmId, Event, EventTime, MessageId, Observed, ServerTime, Severity, TripId};

use crate::deciding::Outcome;
use crate::people::said;
use crate::state::{Seal, Trip};
use crate::{Deciding, notice, refusals};

/// Locations of one message: a day at one in ten seconds and some. A seal that comes out of a long blind area fills several.
const RANGE_REPORTS_LIMIT: u32 = 10_000;

/// Queues the messages that follow from the events of this decision.
pub fn follow(deciding: &mut Deciding<'_>) {
    let told: Vec<(TripId, TripState, Vec<MessageCode>, EventTime)> =
        deciding.events().iter().filter_map(milestone).collect();
    let alarms: Vec<AlarmId> = deciding.events().iter().filter_map(grave_news).collect();
    for (trip, to, codes, at) in told {
        for code in codes {
            queue(deciding, trip, code, at, detail::of(deciding, trip, to, code));
        }
    }
    for alarm in alarms {
        tell_alarm(deciding, alarm);
    }
}

/// The messages that a transition asks for.
fn milestone(event: &Event) -> Option<(TripId, TripState, Vec<MessageCode>, EventTime)> {
    use MessageCode as M;
    let Event::TripMoved {
        trip,
        from,
        to,
        circumstance,
    } = event
    else {
        return None;
    };
    let codes: &[MessageCode] = match (from, to) {
        (_, TripState::Submitted) if *from != TripState::RouteProposed => &[M::E02],
        (_, TripState::Assigned) => &[M::E02],
        (_, TripState::RouteApproved) if *from == TripState::RouteProposed => &[M::E03],
        (_, TripState::Installed) => &[M::E04],
        (_, TripState::ReadyToDepart) => &[M::E05],
        (_, TripState::Arrived) => &[M::E11],
        (_, TripState::RemovalGranted) => &[M::E12],
        (_, TripState::Removing) => &[M::E13],
        (_, TripState::Completed) => &[M::E14, M::E15],
        _ => return None,
    };
    Some((*trip, *to, codes.to_vec(), circumstance.at))
}

fn grave_news(event: &Event) -> Option<AlarmId> {
    match event {
        Event::AlarmRaised { alarm, .. } | Event::AlarmWorsened { alarm, .. } => Some(*alarm),
        _ => None,
    }
}

/// Alarms of a trip that SKP knows of go to SKP; those about SKP itself would only wait behind their cause.
fn tell_alarm(deciding: &mut Deciding<'_>, id: AlarmId) {
    let Some(alarm) = deciding
        .alarm(id)
        .filter(|alarm| alarm.finding.code != AlarmCode::A22)
    else {
        return;
    };
    let Some(trip) = alarm.finding.trip.filter(|trip| is_known_to_skp(deciding, *trip)) else {
        return;
    };
    let detail = Detail::Alarm {
        code: alarm.finding.code.name().into(),
        severity: severity_name(alarm.severity).into(),
        why: alarm.finding.why.id.clone(),
    };
    let at = alarm.finding.at;
    queue(deciding, trip, MessageCode::E07, at, detail);
}

fn is_known_to_skp(deciding: &Deciding<'_>, id: TripId) -> bool {
    deciding
        .trip(id)
        .is_some_and(|trip| trip.state.number().is_some_and(|number| number >= 6))
}

const fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::S1 => "S1",
        Severity::S2 => "S2",
        Severity::S3 => "S3",
        Severity::S4 => "S4",
    }
}

fn queue(deciding: &mut Deciding<'_>, id: TripId, code: MessageCode, at: EventTime, detail: Detail) {
    let Some(envelope) = deciding
        .trip(id)
        .and_then(|trip| envelope(deciding, trip, code, at, detail))
    else {
        return;
    };
    let message = deciding.next().message;
    deciding.emit(Event::MessageQueued {
        message,
        trip: id,
        code,
        envelope,
    });
}

/// The facts as they are known now; nothing without a document, because then there is no office to tell.
fn envelope(
    deciding: &Deciding<'_>,
    trip: &Trip,
    code: MessageCode,
    at: EventTime,
    detail: Detail,
) -> Option<Envelope> {
    let paper = &deciding.document(trip.document?)?.paper;
    let seal = trip.seal.and_then(|seal| deciding.seal(seal));
    Some(Envelope {
        office: paper.office.clone(),
        document: Some((paper.kind, paper.number.clone(), paper.date)),
        container: trip.request.container.as_str().into(),
        seal_label: seal.map(|seal| seal.registration.label.clone()),
        plate: trip.request.plate,
        at,
        place: deciding.place_of(trip),
        accuracy_m: deciding.accuracy_of(trip),
        speed_kmh: deciding.speed_of(trip),
        sealed: sealed(code, seal),
        battery_percent: seal.and_then(|seal| seal.moving.battery_percent),
        detail,
    })
}

/// The news of closing and opening says so itself: the seal's contacts follow a report later.
fn sealed(code: MessageCode, seal: Option<&Seal>) -> Option<bool> {
    match code {
        MessageCode::E04 => Some(true),
        MessageCode::E13 => Some(false),
        _ => seal.and_then(|seal| seal.moving.lock.sealed()),
    }
}

/// On the road locations go out by ranges; the first is due one period after departure.
pub(crate) fn begin_locations(deciding: &mut Deciding<'_>, id: TripId) {
    let next = next_range(deciding, id);
    deciding.emit(Event::LocationsDue { trip: id, at: next });
}

fn next_range(deciding: &Deciding<'_>, id: TripId) -> Option<ServerTime> {
    let every_s = deciding
        .edition_of(deciding.trip(id)?)
        .skp
        .locations_every_s
        .max(1);
    Some(deciding.now().plus_s(i64::from(every_s)))
}

/// A range is due: everything heard since the last one, if there is anything. After removal only late news is.
pub fn tick(deciding: &mut Deciding<'_>, id: TripId) {
    let now = deciding.now();
    let due = deciding.trip(id).and_then(|trip| trip.skp.locations_due);
    if due.is_none_or(|due| now < due) {
        return;
    }
    queue_range(deciding, id);
    let goes_on = deciding.trip(id).is_some_and(|trip| !trip.is_off());
    let next = next_range(deciding, id).filter(|_| goes_on);
    deciding.emit(Event::LocationsDue { trip: id, at: next });
}

/// What a report asks for at once: a range that is full, or one more for a fix that came after the seal was off.
pub fn heard(deciding: &mut Deciding<'_>, observed: &Observed) {
    let Some((id, trip)) = observed.trip.and_then(|id| Some((id, deciding.trip_before(id)?))) else {
        return;
    };
    let closed_by_then = trip
        .closed
        .as_ref()
        .is_some_and(|closed| closed.at <= observed.at);
    if !closed_by_then || observed.place.is_none() {
        return;
    }
    let full = trip
        .skp
        .untold
        .is_some_and(|untold| RANGE_REPORTS_LIMIT <= untold.reports);
    let after_the_end = trip.is_off() && trip.skp.locations_due.is_none();
    let now = deciding.now();
    let at = match (full, after_the_end) {
        (true, _) if trip.skp.locations_due.is_none_or(|due| now < due) => Some(now),
        (false, true) => next_range(deciding, id),
        _ => return,
    };
    deciding.emit(Event::LocationsDue { trip: id, at });
}

/// The last range, when the seal comes off; what comes late makes further ones.
pub(crate) fn end_locations(deciding: &mut Deciding<'_>, id: TripId) {
    deciding.emit(Event::LocationsDue { trip: id, at: None });
    queue_range(deciding, id);
}

fn queue_range(deciding: &mut Deciding<'_>, id: TripId) {
    let Some(trip) = deciding.trip(id) else { return };
    let Some(untold) = trip.skp.untold else { return };
    let range = Detail::Range {
        from: untold.from,
        until: untold.until,
        after: trip.skp.range,
    };
    queue(deciding, id, MessageCode::E06, untold.until, range);
}

/// SKP answered, or a message waits too long.
pub fn answered(deciding: &mut Deciding<'_>, id: MessageId, delivery: &Delivery) {
    let Some(message) = deciding.message(id) else {
        return;
    };
    if message.trouble.as_ref() == Some(delivery) {
        return;
    }
    let (trip, code) = (message.trip, message.code);
    deciding.emit(Event::MessageAnswered {
        message: id,
        delivery: delivery.clone(),
    });
    match delivery {
        Delivery::Taken { .. } => recover(deciding, trip),
        Delivery::Refused { reason } => trouble(deciding, trip, code, "ditolak", "refused", reason),
        Delivery::Stuck { failure } => trouble(deciding, trip, code, "tertahan", "stuck", failure),
    }
}

fn trouble(
    deciding: &mut Deciding<'_>,
    trip: TripId,
    code: MessageCode,
    how_id: &str,
    how_en: &str,
    reason: &str,
) {
    let why = notice::both(
        alloc::format!("pesan SKP {code:?} {how_id}: {reason}"),
        alloc::format!("SKP message {code:?} {how_en}: {reason}"),
    );
    let at = EventTime::from_receipt(deciding.now());
    notice::raise(deciding, AlarmCode::A22, trip, at, why);
}

/// Once nothing of a trip is in trouble any more, its alarm says so and waits for a person.
fn recover(deciding: &mut Deciding<'_>, trip: TripId) {
    let Some(record) = deciding.trip(trip) else { return };
    let stuck_s = i64::from(deciding.edition_of(record).skp.stuck_s);
    let long_ago = deciding.now().plus_s(-stuck_s);
    // After a long outage each message has waited too long until it is taken: the alarm recovers once, behind the last.
    let in_trouble = deciding
        .messages_of(trip)
        .any(|(_, message)| message.trouble.is_some() || message.queued_at < long_ago);
    let key = crate::state::alarm_key(Some(trip), None, AlarmCode::A22);
    let Some(alarm) = deciding.open_alarm(&key).filter(|_| !in_trouble) else {
        return;
    };
    if deciding
        .alarm(alarm)
        .is_some_and(|alarm| alarm.recovered_at.is_none())
    {
        let at = EventTime::from_receipt(deciding.now());
        deciding.emit(Event::AlarmRecovered { alarm, at });
    }
}

/// A person has repaired what SKP refused.
pub fn repair(
    deciding: &mut Deciding<'_>,
    id: MessageId,
    corrections: &[(alloc::string::String, alloc::string::String)],
    reason: &str,
) -> Outcome {
    let reason = said(reason)?;
    let message = deciding.message(id).ok_or_else(refusals::no_such_message)?;
    if !matches!(message.trouble, Some(Delivery::Refused { .. })) {
        return Err(refusals::message_not_refused());
    }
    deciding.emit(Event::MessageRepaired {
        message: id,
        corrections: corrections.to_vec(),
        reason,
    });
    Ok(None)
}
