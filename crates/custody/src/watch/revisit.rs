//! Looking again at a trip whose late reports came with their neighbours from history.

use segel_model::alarm::Bilingual;
use segel_model::{AlarmCode, AlarmId, Event, EventTime, Observed, TripId};

use super::{follow, words};
use crate::Deciding;
use crate::alarms::{self, Suspicion};
use crate::assessment::{self, Assessment, Basis, Support};
use crate::state::{Alarm, Trip};

/// Looks again at a trip: what the late reports show is raised, and an alarm that all reports together no longer support
/// is marked so. It stays open. Of what was cut off nothing is known, so nothing there is called unsupported.
pub fn revisit(deciding: &mut Deciding<'_>, id: TripId, neighbours: &[Observed], cut_at: Option<EventTime>) {
    let Some(trip) = deciding.trip_before(id) else {
        return;
    };
    let Some(pending) = trip.watch.revisit else { return };
    if let Some(basis) = Basis::of(deciding, trip) {
        let assessment = assessment::assess(&basis, neighbours);
        raise_unknown(deciding, id, trip, &assessment);
        mark_unsupported(deciding, id, &assessment, cut_at);
    }
    deciding.emit(Event::Revisited { trip: id });
    if pending.more {
        ask_again(deciding, id, trip);
    }
}

fn ask_again(deciding: &mut Deciding<'_>, id: TripId, trip: &Trip) {
    let Some(seal) = trip.seal.and_then(|seal| deciding.seal_before(seal)) else {
        return;
    };
    let Some(closed) = &trip.closed else { return };
    let (from, until) = follow::whole(seal, trip, closed.at);
    deciding.emit(Event::RevisitAsked {
        trip: id,
        from,
        until,
    });
}

/// What was found in the past and never told. It is known late by nature.
fn raise_unknown(deciding: &mut Deciding<'_>, id: TripId, trip: &Trip, assessment: &Assessment) {
    for found in assessment.findings.iter().filter(|found| raises(found.code)) {
        let told = alarms::of_trip(deciding, id)
            .any(|alarm| alarm.finding.code == found.code && found.covers(alarm));
        if !told {
            let suspicion = Suspicion {
                place: found.place,
                known_late: true,
                ..Suspicion::new(found.code, found.severity, Some(id), trip.seal, found.from)
            };
            alarms::suspect(deciding, suspicion, || found.why.clone());
        }
    }
}

/// A silence that has ended is no news.
fn raises(code: AlarmCode) -> bool {
    matches!(code, AlarmCode::A08 | AlarmCode::A09 | AlarmCode::A11)
}

fn mark_unsupported(
    deciding: &mut Deciding<'_>,
    id: TripId,
    assessment: &Assessment,
    cut_at: Option<EventTime>,
) {
    let read = |alarm: &Alarm| {
        let over = alarm
            .recovered_at
            .unwrap_or(alarm.finding.at)
            .max(alarm.finding.at);
        cut_at.is_none_or(|cut_at| over < cut_at)
    };
    let unsupported: alloc::vec::Vec<AlarmId> = alarms::numbered_of_trip(deciding, id)
        .filter(|(_, alarm)| alarm.unsupported.is_none() && assessment.support_of(alarm) == Support::NotShown)
        .filter(|(_, alarm)| read(alarm))
        .map(|(id, _)| id)
        .collect();
    for alarm in unsupported {
        deciding.emit(Event::AlarmUnsupported {
            alarm,
            why: why_unsupported(),
        });
    }
}

fn why_unsupported() -> Bilingual {
    words::both(
        "laporan yang datang kemudian tidak lagi mendukung alarm ini",
        "reports that came later no longer support this alarm",
    )
}
