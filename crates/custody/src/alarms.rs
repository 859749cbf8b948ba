//! Alarms: raised once while they are open, never un-raised, closed by a person with a reason.

use segel_model::alarm::{AlarmOutcome, AlarmStage, Finding};
use segel_model::rulebook::Reaction;
use segel_model::{AlarmId, Event};

use crate::deciding::Outcome;
use crate::state::{Alarm, State, alarm_key};
use crate::{Deciding, Stamp};

/// Raises an alarm, unless the same one is open: (trip, code), or (seal, code) where the seal is on no trip.
pub fn raise(deciding: &mut Deciding<'_>, finding: Finding) {
    let key = alarm_key(finding.trip, finding.seal, finding.code);
    if deciding.open_alarm(&key).is_some() {
        return;
    }
    let alarm = deciding.next().alarm;
    let reaction = reaction(deciding, &finding);
    deciding.emit(Event::AlarmRaised {
        alarm,
        finding,
        reaction,
    });
}

/// A person has seen it.
pub fn acknowledge(_deciding: &mut Deciding<'_>, _alarm: AlarmId) -> Outcome {
    Ok(None)
}

/// A person is at it.
pub fn investigate(_deciding: &mut Deciding<'_>, _alarm: AlarmId, _note: &str) -> Outcome {
    Ok(None)
}

/// A person remarks on it.
pub fn comment(_deciding: &mut Deciding<'_>, _alarm: AlarmId, _note: &str) -> Outcome {
    Ok(None)
}

/// A person closes it, or proposes to, as the role may.
pub fn close(
    _deciding: &mut Deciding<'_>,
    _alarm: AlarmId,
    _outcome: AlarmOutcome,
    _reason: &str,
) -> Outcome {
    Ok(None)
}

/// Nobody reacted in time.
pub fn tick(_deciding: &mut Deciding<'_>, _alarm: AlarmId) {}

/// Folds the events of an alarm's life.
pub fn fold(state: &mut State, event: &Event, stamp: &Stamp) {
    if let Event::AlarmRaised { alarm, finding, .. } = event {
        state.alarms.insert(*alarm, raised(finding, stamp));
        state.next.alarm.0 = state.next.alarm.0.max(alarm.0 + 1);
    }
}

/// How soon people must react, by the rules of the trip's day.
fn reaction(deciding: &Deciding<'_>, finding: &Finding) -> Reaction {
    let trip = finding.trip.and_then(|trip| deciding.trip(trip));
    let edition = trip.map_or(deciding.rules.in_force(deciding.now()), |trip| {
        deciding.edition_of(trip)
    });
    let by_day = Reaction {
        severity: finding.severity,
        acknowledge_s: 86_400,
        act_s: None,
        escalate_s: None,
    };
    edition.reaction.get(&finding.code).copied().unwrap_or(by_day)
}

fn raised(finding: &Finding, stamp: &Stamp) -> Alarm {
    Alarm {
        severity: finding.severity,
        finding: finding.clone(),
        stage: AlarmStage::Raised,
        raised_at: stamp.at,
        acknowledged: None,
        investigated: None,
        escalations: 0,
        escalate_due: None,
        recovered_at: None,
        unsupported: None,
        proposals: alloc::vec::Vec::new(),
        closed: None,
    }
}
