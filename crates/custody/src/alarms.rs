//! Alarms: raised once while they are open, never un-raised, closed by a person with a reason.
//!
//! An alarm of one trip and one code is one alarm as long as it is open: it may get graver, its cause may pass and come
//! back, nobody may react and it goes to the next; none of that makes another. Once a person has closed it, the same
//! happening does not raise it again; a graver one does.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use segel_geo::Position;
use segel_model::alarm::{AlarmOutcome, AlarmStage, Bilingual, EscalationStep, Finding};
use segel_model::event::Subject;
use segel_model::rulebook::Reaction;
use segel_model::{
    AlarmCode, AlarmId, Event, EventTime, PersonId, Principal, Refusal, Role, SealId, ServerTime, Severity,
    TripId,
};

use crate::deciding::Outcome;
use crate::people::said;
use crate::state::index::ALARMS;
use crate::state::{Alarm, Closure, Signed, State, alarm_key};
use crate::{Deciding, Stamp, refusals};

/// What a rule suspects: a finding whose words are put together only if it is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suspicion {
    /// What is wrong.
    pub code: AlarmCode,
    /// How grave.
    pub severity: Severity,
    /// On which trip; nothing where a seal is on none.
    pub trip: Option<TripId>,
    /// Which seal.
    pub seal: Option<SealId>,
    /// When it happened, or began.
    pub at: EventTime,
    /// Where.
    pub place: Option<Position>,
    /// It was delivered late, so it was known late.
    pub known_late: bool,
}

impl Suspicion {
    /// A suspicion known in time, at no known place.
    pub const fn new(
        code: AlarmCode,
        severity: Severity,
        trip: Option<TripId>,
        seal: Option<SealId>,
        at: EventTime,
    ) -> Self {
        Self {
            code,
            severity,
            trip,
            seal,
            at,
            place: None,
            known_late: false,
        }
    }

    fn told(self, why: Bilingual) -> Finding {
        let Self {
            code,
            severity,
            trip,
            seal,
            at,
            place,
            known_late,
        } = self;
        Finding {
            code,
            severity,
            trip,
            seal,
            at,
            place,
            known_late,
            why,
        }
    }
}

/// Raises an alarm, unless the same one is open: (trip, code), or (seal, code) where the seal is on no trip.
pub fn raise(deciding: &mut Deciding<'_>, finding: Finding) {
    let Finding {
        code,
        severity,
        trip,
        seal,
        at,
        place,
        known_late,
        why,
    } = finding;
    suspect(
        deciding,
        Suspicion {
            code,
            severity,
            trip,
            seal,
            at,
            place,
            known_late,
        },
        || why,
    );
}

/// Raises what a rule suspects, makes an open alarm graver or lets it recur; says nothing twice.
pub fn suspect(deciding: &mut Deciding<'_>, suspicion: Suspicion, why: impl FnOnce() -> Bilingual) {
    let key = alarm_key(suspicion.trip, suspicion.seal, suspicion.code);
    match deciding.open_alarm(&key) {
        Some(open) => confirm(deciding, open, &suspicion, why),
        None if was_closed(deciding, &suspicion) => {}
        None => raise_new(deciding, suspicion.told(why())),
    }
}

fn raise_new(deciding: &mut Deciding<'_>, finding: Finding) {
    let alarm = deciding.next().alarm;
    let reaction = reaction(deciding, &finding);
    let at_once = reaction.escalate_s == Some(0) || finding.severity == Severity::S1;
    deciding.emit(Event::AlarmRaised {
        alarm,
        finding,
        reaction,
    });
    if at_once {
        escalate(deciding, alarm, EscalationStep::Escalate);
    }
}

/// What is suspected is known already: it may have got graver, or come back.
fn confirm(deciding: &mut Deciding<'_>, id: AlarmId, suspicion: &Suspicion, why: impl FnOnce() -> Bilingual) {
    let Some(alarm) = deciding.alarm(id) else { return };
    let graver = suspicion.severity < alarm.severity;
    let again = alarm
        .recovered_at
        .is_some_and(|recovered| recovered <= suspicion.at);
    if !graver && !again {
        return;
    }
    let why = why();
    if again {
        deciding.emit(Event::AlarmRecurred {
            alarm: id,
            at: suspicion.at,
            why: why.clone(),
        });
    }
    if graver {
        deciding.emit(Event::AlarmWorsened {
            alarm: id,
            severity: suspicion.severity,
            why,
        });
        if suspicion.severity == Severity::S1 {
            escalate(deciding, id, EscalationStep::Escalate);
        }
    }
}

/// Whether a person has closed this very happening. Of a lasting trouble (late, battery) the person's word holds until it
/// gets graver; of the others another moment is another happening.
fn was_closed(deciding: &Deciding<'_>, suspicion: &Suspicion) -> bool {
    let Some(trip) = suspicion.trip else { return false };
    let lasting = matches!(suspicion.code, AlarmCode::A14 | AlarmCode::A16);
    of_trip(deciding, trip).any(|alarm| {
        let same = alarm.finding.code == suspicion.code && (lasting || alarm.finding.at == suspicion.at);
        same && alarm.severity <= suspicion.severity
    })
}

/// Says that the cause of a trip's open alarm is over. The alarm stays open.
pub fn recover(deciding: &mut Deciding<'_>, trip: TripId, code: AlarmCode, at: EventTime) {
    let Some(id) = deciding.open_alarm(&alarm_key(Some(trip), None, code)) else {
        return;
    };
    if deciding
        .alarm(id)
        .is_some_and(|alarm| alarm.recovered_at.is_none())
    {
        deciding.emit(Event::AlarmRecovered { alarm: id, at });
    }
}

/// A person has seen it.
pub fn acknowledge(deciding: &mut Deciding<'_>, id: AlarmId) -> Outcome {
    let alarm = find_open(deciding, id)?;
    if alarm.acknowledged.is_some() {
        return Err(refusals::alarm_acknowledged());
    }
    deciding.emit(Event::AlarmAcknowledged { alarm: id });
    Ok(None)
}

/// A person is at it: the first action. Who acts has seen it.
pub fn investigate(deciding: &mut Deciding<'_>, id: AlarmId, note: &str) -> Outcome {
    let (note, alarm) = (said(note)?, find_open(deciding, id)?);
    if alarm.acknowledged.is_none() {
        deciding.emit(Event::AlarmAcknowledged { alarm: id });
    }
    deciding.emit(Event::AlarmInvestigated { alarm: id, note });
    Ok(None)
}

/// A person remarks on it; also after it was closed.
pub fn comment(deciding: &mut Deciding<'_>, id: AlarmId, note: &str) -> Outcome {
    let note = said(note)?;
    deciding.alarm(id).ok_or_else(refusals::no_such_alarm)?;
    deciding.emit(Event::AlarmCommented { alarm: id, note });
    Ok(None)
}

/// A person closes it, or proposes to, as the role may: the provider proposes, an officer closes what is not critical, a
/// supervisor closes anything, but nobody closes a critical alarm alone.
pub fn close(deciding: &mut Deciding<'_>, id: AlarmId, outcome: AlarmOutcome, reason: &str) -> Outcome {
    let (reason, alarm) = (said(reason)?, find_open(deciding, id)?);
    let event = match verdict(&deciding.stamp, alarm)? {
        Closing::Closes => Event::AlarmClosed {
            alarm: id,
            outcome,
            reason,
        },
        Closing::Proposes => Event::AlarmClosureProposed {
            alarm: id,
            outcome,
            reason,
        },
    };
    deciding.emit(event);
    keep(deciding, id);
    Ok(None)
}

/// A closed alarm leaves with its trip; one of no trip is kept at hand for as long as a finished trip is.
fn keep(deciding: &mut Deciding<'_>, id: AlarmId) {
    let closed = |alarm: &&Alarm| !alarm.is_open() && alarm.finding.trip.is_none();
    if deciding.alarm(id).filter(closed).is_some() {
        let kept_s = deciding.rules.in_force(deciding.now()).finished_kept_s.max(1);
        let until = deciding.now().plus_s(i64::from(kept_s));
        deciding.emit(Event::AlarmKept { alarm: id, until });
    }
}

/// What a person's wish to close comes to.
enum Closing {
    Closes,
    Proposes,
}

fn verdict(stamp: &Stamp, alarm: &Alarm) -> Result<Closing, Refusal> {
    let Some(Principal::Person { person, role, .. }) = &stamp.principal else {
        return Ok(Closing::Closes);
    };
    match role {
        Role::CustomsSupervisor if alarm.severity == Severity::S1 && !another_saw(alarm, *person) => {
            Ok(Closing::Proposes)
        }
        Role::CustomsSupervisor => Ok(Closing::Closes),
        Role::CustomsOfficer if alarm.severity != Severity::S1 => Ok(Closing::Closes),
        Role::CustomsOfficer | Role::ProviderAdmin | Role::ProviderOperator => Ok(Closing::Proposes),
        _ => Err(refusals::may_not_close_alarm()),
    }
}

/// Four eyes: somebody else has acknowledged it, acted on it, or proposed to close it.
fn another_saw(alarm: &Alarm, closer: PersonId) -> bool {
    let hands = [alarm.acknowledged, alarm.investigated].into_iter().flatten();
    let proposers = alarm.proposals.iter().map(|proposal| proposal.signed);
    hands
        .chain(proposers)
        .any(|signed| signed.by.is_some_and(|by| by != closer))
}

/// Nobody reacted in time.
pub fn tick(deciding: &mut Deciding<'_>, id: AlarmId) {
    let now = deciding.now();
    let kept_until = deciding.alarm(id).and_then(|alarm| alarm.kept_until);
    if kept_until.is_some_and(|until| until <= now) {
        return deciding.emit(Event::AlarmArchived { alarm: id });
    }
    while let Some((_, step)) = deciding
        .alarm(id)
        .and_then(next_step)
        .filter(|(due, _)| *due <= now)
    {
        escalate(deciding, id, step);
    }
}

fn escalate(deciding: &mut Deciding<'_>, id: AlarmId, step: EscalationStep) {
    let done = deciding
        .alarm(id)
        .is_none_or(|alarm| alarm.escalated.contains(&step));
    if !done {
        deciding.emit(Event::AlarmEscalated {
            alarm: id,
            step,
            why: why_escalated(step),
        });
    }
}

/// The next limit of the reaction table that runs, and when it is out.
fn next_step(alarm: &Alarm) -> Option<(ServerTime, EscalationStep)> {
    let Reaction {
        severity: _,
        acknowledge_s,
        act_s,
        escalate_s,
    } = alarm.reaction;
    let steps = [
        (
            EscalationStep::Acknowledge,
            Some(acknowledge_s).filter(|_| alarm.acknowledged.is_none()),
        ),
        (
            EscalationStep::Act,
            act_s.filter(|_| alarm.investigated.is_none()),
        ),
        (EscalationStep::Escalate, escalate_s),
    ];
    let running = steps
        .into_iter()
        .filter(|(step, _)| alarm.is_open() && !alarm.escalated.contains(step));
    running
        .filter_map(|(step, limit_s)| Some((alarm.counts_from.plus_s(i64::from(limit_s?)), step)))
        .min()
}

/// Folds the events of an alarm's life.
pub fn fold(state: &mut State, event: &Event, stamp: &Stamp) {
    if let Event::AlarmRaised {
        alarm,
        finding,
        reaction,
    } = event
    {
        state.alarms.insert(*alarm, raised(finding, *reaction, stamp));
        state.next.alarm.0 = state.next.alarm.0.max(alarm.0 + 1);
    }
    // Server time waits for a clock that was set back: people are not late for that.
    if let Event::ClockStepped { by_ms: by_ms @ 0.. } = event {
        state
            .alarms
            .values_mut()
            .for_each(|alarm| alarm.counts_from = alarm.counts_from.plus_ms(*by_ms));
    }
    if let Event::AlarmArchived { alarm } = event {
        state.alarms.remove(alarm);
    }
    let Some(alarm) = named(event).and_then(|id| state.alarms.get_mut(&id)) else {
        return;
    };
    live(alarm, event, stamp);
    alarm.escalate_due = next_step(alarm).map(|(due, _)| due);
}

/// The alarm whose life an event is of.
fn named(event: &Event) -> Option<AlarmId> {
    match event {
        Event::AlarmRaised { alarm, .. }
        | Event::AlarmWorsened { alarm, .. }
        | Event::AlarmRecurred { alarm, .. }
        | Event::AlarmEscalated { alarm, .. }
        | Event::AlarmRecovered { alarm, .. }
        | Event::AlarmUnsupported { alarm, .. }
        | Event::AlarmAcknowledged { alarm }
        | Event::AlarmInvestigated { alarm, .. }
        | Event::AlarmCommented { alarm, .. }
        | Event::AlarmClosureProposed { alarm, .. }
        | Event::AlarmClosed { alarm, .. }
        | Event::AlarmKept { alarm, .. } => Some(*alarm),
        _ => None,
    }
}

fn live(alarm: &mut Alarm, event: &Event, stamp: &Stamp) {
    let signed = signed(stamp);
    match event {
        Event::AlarmWorsened { severity, .. } => alarm.severity = alarm.severity.min(*severity),
        Event::AlarmRecurred { .. } => alarm.recovered_at = None,
        Event::AlarmRecovered { at, .. } => alarm.recovered_at = Some(*at),
        Event::AlarmUnsupported { why, .. } => alarm.unsupported = Some(why.clone()),
        Event::AlarmEscalated { step, .. } => drop(alarm.escalated.insert(*step)),
        Event::AlarmAcknowledged { .. } => {
            alarm.acknowledged.get_or_insert(signed);
            alarm.stage = alarm.stage.max(AlarmStage::Acknowledged);
        }
        Event::AlarmInvestigated { .. } => {
            alarm.investigated.get_or_insert(signed);
            alarm.stage = alarm.stage.max(AlarmStage::Investigating);
        }
        Event::AlarmClosureProposed { outcome, reason, .. } => {
            alarm.proposals.push(Closure {
                outcome: *outcome,
                reason: reason.clone(),
                signed,
            });
        }
        Event::AlarmClosed { outcome, reason, .. } => {
            alarm.stage = AlarmStage::Closed;
            alarm.closed = Some(Closure {
                outcome: *outcome,
                reason: reason.clone(),
                signed,
            });
        }
        Event::AlarmKept { until, .. } => alarm.kept_until = Some(*until),
        _ => {}
    }
}

fn raised(finding: &Finding, reaction: Reaction, stamp: &Stamp) -> Alarm {
    Alarm {
        severity: finding.severity,
        finding: finding.clone(),
        stage: AlarmStage::Raised,
        raised_at: stamp.at,
        counts_from: stamp.at,
        reaction,
        acknowledged: None,
        investigated: None,
        escalated: BTreeSet::new(),
        escalate_due: None,
        recovered_at: None,
        unsupported: None,
        kept_until: None,
        proposals: Vec::new(),
        closed: None,
    }
}

fn signed(stamp: &Stamp) -> Signed {
    Signed {
        by: stamp.principal.as_ref().and_then(Principal::person),
        at: stamp.at,
    }
}

/// All alarms of a trip with their numbers, open and closed, as they stand after the events so far.
pub fn numbered_of_trip<'d>(
    deciding: &'d Deciding<'_>,
    trip: TripId,
) -> impl Iterator<Item = (AlarmId, &'d Alarm)> {
    let alarms = deciding.base.index.some_of_trip(trip, ALARMS);
    let ids = alarms.filter_map(|what| match what {
        Subject::Alarm(id) => Some(id),
        _ => None,
    });
    ids.filter_map(|id| Some((id, deciding.alarm(id)?)))
}

/// All alarms of a trip, open and closed, as they stand after the events so far.
pub fn of_trip<'d>(deciding: &'d Deciding<'_>, trip: TripId) -> impl Iterator<Item = &'d Alarm> {
    numbered_of_trip(deciding, trip).map(|(_, alarm)| alarm)
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

fn why_escalated(step: EscalationStep) -> Bilingual {
    let (id, en) = match step {
        EscalationStep::Acknowledge => (
            "belum ada yang menanggapi dalam batas waktu",
            "nobody acknowledged it in time",
        ),
        EscalationStep::Act => ("belum ada tindakan dalam batas waktu", "nobody acted in time"),
        EscalationStep::Escalate => (
            "diteruskan ke atasan Bea Cukai dan penindakan (P2)",
            "passed on to the customs supervisor and enforcement",
        ),
    };
    Bilingual {
        id: id.into(),
        en: en.into(),
    }
}

fn find_open<'d>(deciding: &'d Deciding<'_>, id: AlarmId) -> Result<&'d Alarm, Refusal> {
    let alarm = deciding.alarm(id).ok_or_else(refusals::no_such_alarm)?;
    if alarm.is_open() {
        Ok(alarm)
    } else {
        Err(refusals::alarm_closed())
    }
}
