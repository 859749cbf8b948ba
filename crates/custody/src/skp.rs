//! What SKP is told, derived from what was decided. Losing SKP never stops local work: its messages wait in three lanes a
//! trip, are tried until taken, and one that is refused or stuck is seen by people.

use alloc::vec::Vec;

use segel_model::photo::PhotoStep;
use segel_model::skp::{Delivery, Detail, Envelope, MessageCode};
use segel_model::trip::TripState;
use segel_model::{AlarmCode, AlarmId, Event, EventTime, MessageId, ServerTime, Severity, TripId};

use crate::deciding::Outcome;
use crate::people::said;
use crate::state::{Seal, Trip};
use crate::{Deciding, notice, photos, refusals};

/// Queues the messages that follow from the events of this decision.
pub fn follow(deciding: &mut Deciding<'_>) {
    let told: Vec<(TripId, Vec<MessageCode>, EventTime)> =
        deciding.events().iter().filter_map(milestone).collect();
    let alarms: Vec<AlarmId> = deciding.events().iter().filter_map(grave_news).collect();
    for (trip, codes, at) in told {
        for code in codes {
            queue(deciding, trip, code, at, detail(deciding, trip, code));
        }
    }
    for alarm in alarms {
        tell_alarm(deciding, alarm);
    }
}

/// The messages that a transition asks for.
fn milestone(event: &Event) -> Option<(TripId, Vec<MessageCode>, EventTime)> {
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
    Some((*trip, codes.to_vec(), circumstance.at))
}

fn grave_news(event: &Event) -> Option<AlarmId> {
    match event {
        Event::AlarmRaised { alarm, .. } | Event::AlarmWorsened { alarm, .. } => Some(*alarm),
        _ => None,
    }
}

fn detail(deciding: &Deciding<'_>, id: TripId, code: MessageCode) -> Detail {
    let Some(trip) = deciding.trip(id) else {
        return Detail::None;
    };
    match code {
        MessageCode::E03 => route_detail(deciding, trip),
        MessageCode::E05 => photo_detail(trip, PhotoStep::Install),
        MessageCode::E14 => photo_detail(trip, PhotoStep::Removal),
        MessageCode::E15 => {
            let reason = trip.moves.last().map(|last| last.circumstance.reason.as_str());
            let clean = reason == Some("complete");
            let text = if clean {
                "selesai"
            } else {
                "selesai dengan catatan"
            };
            Detail::Note { text: text.into() }
        }
        _ => Detail::None,
    }
}

fn route_detail(deciding: &Deciding<'_>, trip: &Trip) -> Detail {
    let found = trip.route.and_then(|route| Some((route, deciding.route(route)?)));
    found.map_or(Detail::None, |(route, record)| Detail::Route {
        route: route.0,
        distance_m: record.plan.distance_m,
        transit_time_s: record.plan.transit_time_s,
        interval_s: record.plan.interval_s,
    })
}

fn photo_detail(trip: &Trip, step: PhotoStep) -> Detail {
    Detail::Photos {
        hashes: photos::accepted(trip, step)
            .map(|photo| photo.facts.blob)
            .collect(),
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
        at,
        place: deciding.place_of(trip),
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

/// A range is due: everything since the last one, if the seal has said anything since.
pub fn tick(deciding: &mut Deciding<'_>, id: TripId) {
    let now = deciding.now();
    let due = deciding.trip(id).and_then(|trip| trip.skp.locations_due);
    if due.is_none_or(|due| now < due) {
        return;
    }
    queue_range(deciding, id);
    let next = next_range(deciding, id);
    deciding.emit(Event::LocationsDue { trip: id, at: next });
}

/// The last range, when the seal comes off.
pub(crate) fn end_locations(deciding: &mut Deciding<'_>, id: TripId) {
    queue_range(deciding, id);
    deciding.emit(Event::LocationsDue { trip: id, at: None });
}

fn queue_range(deciding: &mut Deciding<'_>, id: TripId) {
    let Some(trip) = deciding.trip(id) else { return };
    let newest = trip.seal.and_then(|seal| deciding.seal(seal)?.moving.last_at);
    let first = trip.skp.locations_until.map(|until| until.plus_ms(1));
    let from = first.or(trip.closed.as_ref().map(|closed| closed.at));
    if let (Some(from), Some(until)) = (from, newest)
        && from <= until
    {
        queue(
            deciding,
            id,
            MessageCode::E06,
            until,
            Detail::Range { from, until },
        );
    }
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
    let in_trouble = deciding
        .messages_of(trip)
        .any(|(_, message)| message.trouble.is_some());
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
