//! What a report shows: signals of alarm, the corridor, areas, stops, fixes, battery, and what is over.

use segel_model::input::ReportInput;
use segel_model::observed::{FixUse, Place, Side, Standing};
use segel_model::rulebook::Edition;
use segel_model::{AlarmCode, Event, EventTime, Observed, SealId, Severity, Signal, TripId};

use super::battery::{self, BatteryTrouble, Charge, Need};
use super::deviation::{self, Deviation};
use super::lateness::Progress;
use super::levels::Levels;
use super::refusals::Refusal;
use super::silence::Foreboding;
use super::tamper::{self, Tampering};
use super::{TripWatch, has, known_late, look, refusals, silence, stop, window_fix};
use crate::Deciding;
use crate::alarms::{self, Suspicion};
use crate::assessment::ASSESSED;
use crate::state::{Seal, Trip};

/// What a report is judged with. `trip` is as it was before the report.
struct Scene<'a> {
    seal_id: SealId,
    seal: &'a Seal,
    trip_id: Option<TripId>,
    trip: Option<&'a Trip>,
    edition: &'a Edition,
    observed: &'a Observed,
}

impl<'a> Scene<'a> {
    fn of(deciding: &Deciding<'a>, observed: &'a Observed) -> Option<Self> {
        let seal_id = observed.seal?;
        let trip = observed.trip.and_then(|trip| deciding.trip_before(trip));
        let trip_id = observed.trip.filter(|_| trip.is_some());
        let in_force = deciding.rules.in_force(deciding.now());
        let edition = trip.map_or(in_force, |trip| deciding.edition_of(trip));
        Some(Self {
            seal_id,
            seal: deciding.seal_before(seal_id)?,
            trip_id,
            trip,
            edition,
            observed,
        })
    }

    fn suspicion(&self, code: AlarmCode, severity: Severity, at: EventTime) -> Suspicion {
        let place = self.observed.place.filter(|place| place.use_ == FixUse::Judges);
        Suspicion {
            place: place.map(|place| place.position),
            known_late: known_late(self.observed, self.edition.watch.late_data_s),
            ..Suspicion::new(code, severity, self.trip_id, Some(self.seal_id), at)
        }
    }

    /// The trip where its seal is closed and watched.
    fn watched(&self) -> Option<(TripId, &'a Trip)> {
        self.trip_id
            .zip(self.trip)
            .filter(|(_, trip)| trip.watch.heard.is_some())
    }

    fn is_fresh(&self) -> bool {
        self.observed.standing == Standing::Fresh
    }

    /// The levels that this report is the first to say.
    fn risen(&self) -> Levels {
        self.seal.watch.levels.risen(self.observed.at, self.observed)
    }
}

/// Raises what a report shows, and says what is over.
pub fn follow(deciding: &mut Deciding<'_>, _input: &ReportInput, observed: &Observed) {
    let Some(scene) = Scene::of(deciding, observed) else {
        return;
    };
    clock(deciding, &scene);
    tampering(deciding, &scene);
    faults(deciding, &scene);
    refused(deciding, &scene);
    revisit(deciding, &scene);
    let Some((id, trip)) = scene.watched() else { return };
    if !observed.is_sign_of_life() {
        return lost(deciding, &scene, id, trip);
    }
    heard(deciding, id, trip, observed);
    if observed.standing == Standing::VeryLate {
        return;
    }
    if let Some(place) = observed.place.filter(|place| place.use_ == FixUse::Judges) {
        travel(deciding, &scene, id, trip, &place);
    }
    if scene.is_fresh() {
        fixes(deciding, &scene, id, trip);
        lateness(deciding, &scene, id, trip);
        charge(deciding, &scene, id, trip);
    }
}

/// The clock of the seal against ours: corrected from now on, and an alarm where it is off by too much.
fn clock(deciding: &mut Deciding<'_>, scene: &Scene<'_>) {
    // How long a report lay at a gateway says nothing of a clock.
    let measured = scene.seal.watch.clock.measured(scene.observed);
    let Some(fact) = measured.filter(|_| !scene.seal.registration.protocol.is_fetched()) else {
        return;
    };
    let seal = scene.seal_id;
    deciding.emit(Event::SealClockMeasured {
        seal,
        offset_ms: fact.offset_ms,
        from: fact.from,
    });
    let rules = &scene.edition.watch;
    let suspicion = scene.suspicion(AlarmCode::A23, Severity::S3, scene.observed.at);
    if i64::from(rules.clock_error_s) * 1_000 < fact.offset_ms.abs() {
        alarms::suspect(deciding, suspicion, || tamper::why_clock(fact.offset_ms));
    }
    let drift_s_day = scene.seal.watch.clock.drift_s_day(fact);
    if let Some(drift_s_day) = drift_s_day.filter(|drift| f64::from(rules.clock_drift_s_day) < drift.abs()) {
        alarms::suspect(deciding, suspicion, || tamper::why_drift(drift_s_day));
    }
}

/// A signal of alarm is judged when it arrives, however old it is.
fn tampering(deciding: &mut Deciding<'_>, scene: &Scene<'_>) {
    let at = scene.observed.at;
    // As the trip stands after the events so far: the report may itself be the opening under a grant.
    let trip = scene
        .trip_id
        .and_then(|id| deciding.trip(id))
        .filter(|trip| trip.is_sealed_at(at));
    let Some(mode) = trip.map(|trip| trip.request.mode) else {
        return;
    };
    for tampering in Tampering::said_by(scene.observed, mode) {
        if !goes_on(deciding, scene, tampering.code()) {
            let suspicion = scene.suspicion(tampering.code(), Severity::S1, at);
            alarms::suspect(deciding, suspicion, || tampering.why());
        }
    }
}

/// A cut rope stays cut: what the report before said too, and what was told once, is not told again after a person has
/// closed it. A record that comes late goes on with those beside it.
fn goes_on(deciding: &Deciding<'_>, scene: &Scene<'_>, code: AlarmCode) -> bool {
    let Some((id, trip)) = scene.trip_id.zip(scene.trip) else {
        return false;
    };
    let said_before = match scene.observed.standing {
        Standing::Fresh | Standing::Undated => trip.watch.heard.is_some() && trip.watch.tampered.has(code),
        Standing::Late | Standing::VeryLate | Standing::Repeat => {
            Levels::of(scene.observed).is_some() && !scene.risen().has(tamper::level(code))
        }
    };
    said_before && alarms::of_trip(deciding, id).any(|alarm| alarm.finding.code == code)
}

/// The seal's own faults: told as they begin, and once on each trip that they last into.
fn faults(deciding: &mut Deciding<'_>, scene: &Scene<'_>) {
    if !has(scene.observed, &Signal::MotorStuck) {
        return;
    }
    let risen = scene.risen().has(Levels::MOTOR_STUCK) || Levels::of(scene.observed).is_none();
    if risen || !told_stuck(deciding, scene) {
        let suspicion = scene.suspicion(AlarmCode::A23, Severity::S3, scene.observed.at);
        alarms::suspect(deciding, suspicion, tamper::why_stuck);
    }
}

fn told_stuck(deciding: &Deciding<'_>, scene: &Scene<'_>) -> bool {
    let Some(id) = scene.trip_id else { return true };
    let why = tamper::why_stuck();
    alarms::of_trip(deciding, id)
        .any(|alarm| alarm.finding.code == AlarmCode::A23 && alarm.finding.why == why)
}

fn refused(deciding: &mut Deciding<'_>, scene: &Scene<'_>) {
    let Some(refusal) = Refusal::of(scene.observed.at, scene.observed, scene.risen()) else {
        return;
    };
    let rules = &scene.edition.watch;
    if let Some(since) = scene.seal.watch.refusals.too_many_with(refusal, rules) {
        let suspicion = scene.suspicion(AlarmCode::A17, Severity::S2, since);
        alarms::suspect(deciding, suspicion, || refusals::why(rules));
    }
}

/// The device through which a smaller seal spoke hears it no longer: its signal is lost, and nobody need wait for the silence. Where
/// it has been heard since, it is not lost.
fn lost(deciding: &mut Deciding<'_>, scene: &Scene<'_>, id: TripId, trip: &Trip) {
    if !matches!(scene.observed.standing, Standing::Fresh | Standing::Undated) {
        return;
    }
    let severity = match look::foreboding(deciding, trip, scene.edition) {
        Foreboding::Trouble => Severity::S1,
        Foreboding::None => Severity::S2,
    };
    let suspicion = Suspicion {
        trip: Some(id),
        ..scene.suspicion(AlarmCode::A12, severity, scene.observed.at)
    };
    alarms::suspect(deciding, suspicion, silence::why_lost);
}

/// Any sign of life ends a silence, at the moment it was received: what was sent in it may be older.
fn heard(deciding: &mut Deciding<'_>, id: TripId, trip: &Trip, observed: &Observed) {
    if trip.watch.ongoing.has(AlarmCode::A12) {
        alarms::recover(
            deciding,
            id,
            AlarmCode::A12,
            EventTime::from_receipt(observed.received),
        );
    }
}

/// Says that the cause of an alarm is over, where one is open and it is.
fn over(
    deciding: &mut Deciding<'_>,
    scene: &Scene<'_>,
    id: TripId,
    trip: &Trip,
    code: AlarmCode,
    is_over: bool,
) {
    if is_over && trip.watch.ongoing.has(code) {
        alarms::recover(deciding, id, code, scene.observed.at);
    }
}

/// Asks for all of a trip where one report cannot be judged by what is at hand: it is older than the window, it came
/// after the seal was off, or it may take the ground from under an alarm. One question covers all that come until it is
/// answered.
fn revisit(deciding: &mut Deciding<'_>, scene: &Scene<'_>) {
    let (at, standing) = (scene.observed.at, scene.observed.standing);
    let sealed = scene
        .trip
        .filter(|trip| standing != Standing::Undated && trip.is_sealed_at(at));
    let (Some(id), Some(trip)) = (scene.trip_id, sealed) else {
        return;
    };
    let place = scene.observed.place;
    let judges = place.is_some_and(|place| place.use_ == FixUse::Judges);
    let beyond_window = standing == Standing::VeryLate || trip.watch.heard.is_none();
    if trip.watch.revisit.is_none() && ((judges && beyond_window) || contradicts(deciding, scene, id)) {
        let (from, until) = whole(scene.seal, trip, at);
        deciding.emit(Event::RevisitAsked {
            trip: id,
            from,
            until,
        });
    }
}

/// Whether a late report falls into the time of an alarm that was raised without it.
fn contradicts(deciding: &Deciding<'_>, scene: &Scene<'_>, id: TripId) -> bool {
    let at = scene.observed.at;
    known_late(scene.observed, scene.edition.watch.late_data_s)
        && alarms::of_trip(deciding, id).any(|alarm| {
            let over = alarm.recovered_at.is_some_and(|recovered| recovered < at);
            let assessed = ASSESSED.contains(&alarm.finding.code) && alarm.unsupported.is_none();
            assessed && alarm.finding.at < at && !over
        })
}

/// All of a trip so far: what an old fix shows may depend on any fix beside it.
pub(super) fn whole(seal: &Seal, trip: &Trip, at: EventTime) -> (EventTime, EventTime) {
    let closed = trip.closed.as_ref().map_or(at, |closed| closed.at);
    let newest = seal.moving.last_at.unwrap_or(at);
    (closed.min(at), newest.max(at))
}

fn travel(deciding: &mut Deciding<'_>, scene: &Scene<'_>, id: TripId, trip: &Trip, place: &Place) {
    if !trip.watch.travelled_at(scene.observed.at) {
        let arrived = scene.is_fresh() && trip.watch.arrived.is_some();
        let codes = [AlarmCode::A08, AlarmCode::A09, AlarmCode::A11];
        return codes
            .into_iter()
            .for_each(|code| over(deciding, scene, id, trip, code, arrived));
    }
    corridor(deciding, scene, id, trip, place);
    forbidden(deciding, scene, id, trip, place);
    if scene.is_fresh() {
        standing(deciding, scene, id, trip, place);
    }
}

fn corridor(deciding: &mut Deciding<'_>, scene: &Scene<'_>, id: TripId, trip: &Trip, place: &Place) {
    let Some(corridor) = &place.corridor else { return };
    let rules = &scene.edition.watch;
    let shown = if scene.is_fresh() {
        deviation::shown_by(trip.watch.outside, scene.observed.at, corridor)
    } else {
        shown_late(&trip.watch, scene.observed.at, place)
    };
    if let Some(deviation) = shown.and_then(|outside| outside.verdict(rules)) {
        raise_deviation(deciding, scene, &deviation);
    }
    let back = scene.is_fresh() && corridor.side == Side::Inside;
    over(deciding, scene, id, trip, AlarmCode::A08, back);
}

fn raise_deviation(deciding: &mut Deciding<'_>, scene: &Scene<'_>, deviation: &Deviation) {
    let suspicion = scene.suspicion(AlarmCode::A08, deviation.severity, deviation.outside.since);
    alarms::suspect(deciding, suspicion, || deviation.why());
}

/// A late fix is judged among those around it.
fn shown_late(watch: &TripWatch, at: EventTime, place: &Place) -> Option<deviation::Outside> {
    if place.corridor?.side != Side::Outside {
        return None;
    }
    let mut window = watch.window.clone();
    window.insert(window_fix(at, place));
    deviation::around(&window, at)
}

fn forbidden(deciding: &mut Deciding<'_>, scene: &Scene<'_>, id: TripId, trip: &Trip, place: &Place) {
    let Some(area) = place.areas.forbidden else {
        return over(deciding, scene, id, trip, AlarmCode::A09, scene.is_fresh());
    };
    let earlier = trip
        .watch
        .window
        .iter()
        .rev()
        .skip_while(|fix| scene.observed.at < fix.at);
    let inside = earlier.take_while(|fix| fix.areas.forbidden == Some(area));
    let since = inside.last().map_or(scene.observed.at, |fix| fix.at);
    let name = trip.route.and_then(|route| {
        deciding
            .base
            .routes
            .get(&route)?
            .plan
            .forbidden
            .get(usize::from(area))
            .map(|area| area.name.as_str())
    });
    let suspicion = scene.suspicion(AlarmCode::A09, Severity::S2, since);
    alarms::suspect(deciding, suspicion, || {
        super::words::forbidden(name.unwrap_or("-"))
    });
}

fn standing(deciding: &mut Deciding<'_>, scene: &Scene<'_>, id: TripId, trip: &Trip, place: &Place) {
    let still = place.still == Some(true);
    let stop = stop::after(
        trip.watch.stop,
        scene.observed.at,
        place.position,
        still,
        place.areas,
    );
    match stop.verdict(&scene.edition.watch) {
        Some(severity) => {
            let suspicion = scene.suspicion(AlarmCode::A11, severity, stop.since);
            alarms::suspect(deciding, suspicion, || stop.why());
        }
        None => over(deciding, scene, id, trip, AlarmCode::A11, true),
    }
}

fn fixes(deciding: &mut Deciding<'_>, scene: &Scene<'_>, id: TripId, trip: &Trip) {
    let judges = scene
        .observed
        .place
        .is_some_and(|place| place.use_ == FixUse::Judges);
    if judges {
        return over(deciding, scene, id, trip, AlarmCode::A13, true);
    }
    let (Some(fixed), Some(interval_s)) = (trip.watch.fixed, look::interval_s(deciding, trip)) else {
        return;
    };
    let at = scene.observed.at;
    if look::is_covered(trip) && silence::fixless(fixed, at, interval_s, &scene.edition.watch) {
        let suspicion = scene.suspicion(AlarmCode::A13, Severity::S3, fixed);
        alarms::suspect(deciding, suspicion, || silence::why_fixless(at.since_ms(fixed)));
    }
}

fn lateness(deciding: &mut Deciding<'_>, scene: &Scene<'_>, id: TripId, trip: &Trip) {
    let progress_m = scene
        .observed
        .place
        .and_then(|place| place.corridor)
        .map(|corridor| corridor.progress_m);
    let (Some(plan), Some(progress_m)) = (look::plan(deciding, trip), progress_m) else {
        return over(
            deciding,
            scene,
            id,
            trip,
            AlarmCode::A14,
            trip.watch.arrived.is_some(),
        );
    };
    let at = scene.observed.at;
    let expected = plan.expected(at, f64::from(progress_m));
    let progress = look::judge_plan(deciding, id, trip.seal, &plan, at, expected, scene.edition);
    over(
        deciding,
        scene,
        id,
        trip,
        AlarmCode::A14,
        progress == Progress::InTime,
    );
}

fn charge(deciding: &mut Deciding<'_>, scene: &Scene<'_>, id: TripId, trip: &Trip) {
    let (rules, use_rules) = (&scene.edition.watch, &scene.edition.assignment);
    let need = need(deciding, scene, trip);
    let now = scene.observed.battery_percent.map(|percent| Charge {
        at: scene.observed.at,
        percent,
    });
    let trouble = now
        .and_then(|now| battery::verdict(trip.watch.charge, now, &need, rules, use_rules))
        .or_else(|| said_low(scene.observed));
    match (trouble, now) {
        (Some(trouble), _) if !scene.observed.charging => {
            let suspicion = scene.suspicion(AlarmCode::A16, trouble.severity(), scene.observed.at);
            alarms::suspect(deciding, suspicion, || trouble.why());
        }
        (None, Some(now)) => {
            let well = battery::recovered(trip.watch.charge, now, &need, rules, use_rules);
            over(deciding, scene, id, trip, AlarmCode::A16, well);
        }
        _ => {}
    }
}

/// The seal's own word for it, where it gives no number.
fn said_low(observed: &Observed) -> Option<BatteryTrouble> {
    if has(observed, &Signal::PowerLowOffline) {
        return Some(BatteryTrouble::SaysSo(Severity::S2));
    }
    has(observed, &Signal::LowBattery).then_some(BatteryTrouble::SaysSo(Severity::S3))
}

/// How long the battery is still needed: from the progress under way, from the plan before.
fn need(deciding: &Deciding<'_>, scene: &Scene<'_>, trip: &Trip) -> Need {
    let progress_m = scene
        .observed
        .place
        .and_then(|place| place.corridor)
        .map(|corridor| corridor.progress_m);
    let under_way = look::plan(deciding, trip).zip(progress_m);
    Need {
        remaining_ms: under_way.map(|(plan, progress_m)| plan.remaining_ms(f64::from(progress_m))),
        interval_s: look::interval_s(deciding, trip).unwrap_or(60),
    }
}
