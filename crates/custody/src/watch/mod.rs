//! The watch over a travelling seal: what each report means, and what is missing when none comes.
//!
//! `observe` judges one report; `follow` raises what it shows; `look` is for the moments at which nothing came. What the
//! watch keeps follows from `Observed` and from events alone, never from rules: every judgement that the fold needs stands
//! in the `Observed`. The files of single alarms (`deviation`, `stop`, …) are pure and serve the `assessment` too.

pub mod words;

pub mod clock;
pub mod ground;
pub mod key;
pub mod levels;
pub mod window;

pub mod battery;
pub mod deviation;
pub mod lateness;
pub mod refusals;
pub mod silence;
pub mod stop;
pub mod tamper;

mod follow;
mod look;
mod observe;
mod revisit;

#[cfg(test)]
pub(crate) mod testing;

use segel_geo::Position;
use segel_model::observed::{FixUse, Place, Standing};
use segel_model::trip::TripState;
use segel_model::{AlarmCode, Event, EventTime, Observed, ServerTime, Signal, TripId};
use serde::{Deserialize, Serialize};

use self::battery::Charge;
use self::clock::{ClockFact, SealClock};
use self::deviation::Outside;
pub use self::follow::follow;
use self::key::Keys;
use self::levels::LevelLog;
pub use self::look::tick;
pub use self::observe::judge;
pub(crate) use self::observe::jumps;
use self::refusals::{Refusal, Refusals};
pub use self::revisit::revisit;
use self::stop::Stop;
use self::tamper::Tampering;
use self::window::{Window, WindowFix};
use crate::Stamp;
use crate::state::{Seal, State, Trip};

/// What the watch keeps of a seal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SealWatch {
    /// By which repeats are known.
    pub keys: Keys,
    /// Its clock against ours.
    pub clock: SealClock,
    /// What it says until it is over.
    pub levels: LevelLog,
    /// When it last refused to open.
    pub refusals: Refusals,
}

/// What the watch keeps of a trip.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TripWatch {
    /// When its seal last gave a sign of life; nothing while the seal is not closed.
    pub heard: Option<ServerTime>,
    /// When it last had a fix that judges; from the closing of the seal on.
    pub fixed: Option<EventTime>,
    /// When it left.
    pub departed: Option<EventTime>,
    /// When it arrived.
    pub arrived: Option<EventTime>,
    /// Its newest fixes.
    pub window: Window,
    /// The newest fix, where it was thought a jump: a second one that agrees with it is believed.
    pub suspect: Option<(EventTime, Position)>,
    /// The fixes in a row outside the corridor.
    pub outside: Option<Outside>,
    /// Where and since when it stands.
    pub stop: Option<Stop>,
    /// The charge from which use is measured.
    pub charge: Option<Charge>,
    /// Which alarms are open whose cause is not over.
    pub ongoing: CodeSet,
    /// What the newest report said was done to the seal.
    pub tampered: CodeSet,
    /// Which reports must be looked at again with their neighbours from history.
    pub revisit: Option<PendingRevisit>,
    /// The first moment at which the watch wants to look again.
    pub look_again: Option<ServerTime>,
}

/// Reports older than the window, for which the shell must load the neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRevisit {
    /// From when.
    pub from: EventTime,
    /// Until when.
    pub until: EventTime,
    /// More came since it was asked for, so the answer may not hold them.
    pub more: bool,
}

/// Some alarm codes: one bit a code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeSet(u32);

impl CodeSet {
    /// Whether a code is in it.
    pub const fn has(self, code: AlarmCode) -> bool {
        self.0 & (1 << code as u32) != 0
    }

    fn set(&mut self, code: AlarmCode, on: bool) {
        let bit = 1 << code as u32;
        self.0 = if on { self.0 | bit } else { self.0 & !bit };
    }
}

impl FromIterator<AlarmCode> for CodeSet {
    fn from_iter<I: IntoIterator<Item = AlarmCode>>(codes: I) -> Self {
        let mut set = Self::default();
        codes.into_iter().for_each(|code| set.set(code, true));
        set
    }
}

impl TripWatch {
    /// The first moment at which the watch wants to look again.
    pub fn due(&self) -> Option<ServerTime> {
        self.look_again
    }

    /// Whether it was under way at a moment.
    pub fn travelled_at(&self, at: EventTime) -> bool {
        self.departed.is_some_and(|departed| departed <= at)
            && self.arrived.is_none_or(|arrived| at < arrived)
    }

    /// Folds a judged report.
    fn fold(&mut self, observed: &Observed) {
        if observed.is_sign_of_life() {
            self.heard = self.heard.map(|heard| heard.max(observed.received));
        }
        self.look_again = observed.look_again;
        match observed.standing {
            Standing::Fresh => self.fold_fresh(observed),
            Standing::Late => self.fold_late(observed),
            Standing::VeryLate | Standing::Repeat | Standing::Undated => {}
        }
        self.fold_pending(observed);
    }

    /// What comes late while a revisit is pending may not be in its answer.
    fn fold_pending(&mut self, observed: &Observed) {
        let late = observed.backfill || matches!(observed.standing, Standing::Late | Standing::VeryLate);
        if let Some(pending) = self
            .revisit
            .as_mut()
            .filter(|_| late && observed.standing != Standing::Repeat)
        {
            pending.more = true;
        }
    }

    fn fold_fresh(&mut self, observed: &Observed) {
        if let Some(percent) = observed.battery_percent.filter(|_| self.heard.is_some()) {
            self.charge = Some(battery::baseline(
                self.charge,
                observed.at,
                percent,
                observed.charging,
            ));
        }
        let Some(place) = observed.place else { return };
        match place.use_ {
            FixUse::Judges => self.fold_fix(observed.at, &place),
            FixUse::Jump => self.suspect = Some((observed.at, place.position)),
            FixUse::WrongSource | FixUse::NotValid | FixUse::Inaccurate => {}
        }
    }

    fn fold_fix(&mut self, at: EventTime, place: &Place) {
        self.suspect = None;
        self.fixed = self.fixed.map(|fixed| fixed.max(at));
        self.outside = match &place.corridor {
            Some(corridor) => deviation::after(self.outside, at, corridor),
            None => self.outside,
        };
        self.stop = Some(stop::after(
            self.stop,
            at,
            place.position,
            place.still == Some(true),
            place.areas,
        ));
        self.window.insert(window_fix(at, place));
    }

    fn fold_late(&mut self, observed: &Observed) {
        let Some(place) = observed.place.filter(|place| place.use_ == FixUse::Judges) else {
            return;
        };
        self.fixed = self.fixed.map(|fixed| fixed.max(observed.at));
        self.window.insert(window_fix(observed.at, &place));
        self.outside = deviation::trailing(&self.window, self.outside);
        self.stop = stop::interrupted(self.stop, observed.at, place.still == Some(true));
    }

    fn begin(&mut self, at: EventTime, now: ServerTime) {
        self.heard = Some(now);
        self.fixed = Some(at);
        self.look_again = Some(now);
    }

    /// The wall clock was stepped: all that is measured against now is anchored anew, so that nothing seems to have lasted
    /// longer than it did.
    /// What counts from a moment of ours stays where it is when the clock was set back: server time waits, so a silence is
    /// called later by so much, and never too soon.
    fn shift(&mut self, by_ms: i64, now: ServerTime) {
        let Self {
            heard,
            fixed,
            departed,
            arrived,
            window,
            suspect,
            outside,
            stop,
            charge,
            ongoing: _,
            tampered: _,
            revisit: _,
            look_again,
        } = self;
        *heard = heard.map(|heard| heard.plus_ms(by_ms.max(0)));
        *look_again = look_again.map(|look| look.stepped(by_ms, now));
        let outside = outside
            .iter_mut()
            .flat_map(|outside| [&mut outside.since, &mut outside.until]);
        let stop = stop
            .iter_mut()
            .flat_map(|stop| [&mut stop.since, &mut stop.until]);
        let suspect = suspect.iter_mut().map(|(at, _)| at);
        let charge = charge.iter_mut().map(|charge| &mut charge.at);
        let moments = [fixed, departed, arrived].into_iter().flatten();
        let all = moments.chain(outside).chain(stop).chain(suspect).chain(charge);
        all.for_each(|moment| *moment = moment.plus_ms(by_ms));
        window.shift(by_ms);
    }
}

/// A fix as the window keeps it.
pub(crate) fn window_fix(at: EventTime, place: &Place) -> WindowFix {
    WindowFix {
        at,
        position: place.position,
        corridor: place.corridor,
        areas: place.areas,
    }
}

/// Folds a report into what the watch keeps of a seal.
pub fn fold_seal(seal: &mut Seal, observed: &Observed) {
    if observed.standing == Standing::Repeat {
        return;
    }
    let watch = &mut seal.watch;
    watch.keys.remember(observed.key);
    if !seal.registration.protocol.is_fetched() {
        watch.clock.fold(observed);
    }
    let risen = watch.levels.risen(observed.at, observed);
    if let Some(refusal) = Refusal::of(observed.at, observed, risen) {
        watch.refusals.remember(refusal);
    }
    watch.levels.remember(observed.at, observed);
}

/// Folds a report into what the watch keeps of a trip.
pub fn fold_trip(trip: &mut Trip, observed: &Observed) {
    trip.watch.fold(observed);
    let news = matches!(observed.standing, Standing::Fresh | Standing::Undated);
    if news && observed.is_sign_of_life() {
        let said = Tampering::said_by(observed, trip.request.mode);
        trip.watch.tampered = said.map(Tampering::code).collect();
    }
}

/// Folds an event into what the watch keeps: alarms raised, trips sealed, gaps of our own.
pub fn fold_event(state: &mut State, event: &Event, stamp: &Stamp) {
    match event {
        Event::SealClockMeasured {
            seal,
            offset_ms,
            from,
        } => {
            if let Some(seal) = state.seals.get_mut(seal) {
                seal.watch.clock.fold_fact(ClockFact {
                    from: *from,
                    offset_ms: *offset_ms,
                });
            }
        }
        Event::SealClosed { trip, at, .. } => with(state, *trip, |watch| watch.begin(*at, stamp.at)),
        Event::TripMoved {
            trip,
            to,
            circumstance,
            ..
        } => {
            with(state, *trip, |watch| moved(watch, *to, circumstance.at, stamp.at));
        }
        Event::TripLooked { trip, look_again } => with(state, *trip, |watch| watch.look_again = *look_again),
        Event::RevisitAsked { trip, from, until } => {
            let pending = PendingRevisit {
                from: *from,
                until: *until,
                more: false,
            };
            with(state, *trip, |watch| watch.revisit = Some(pending));
        }
        Event::Revisited { trip } => with(state, *trip, |watch| watch.revisit = None),
        Event::ServiceGap { from, until } => looks_later(state, until.since_ms(*from)),
        Event::ClockStepped { by_ms } => shift_all(state, *by_ms, stamp.at),
        _ => fold_alarm(state, event),
    }
}

fn moved(watch: &mut TripWatch, to: TripState, at: EventTime, now: ServerTime) {
    match to {
        TripState::InTransit => {
            watch.departed = Some(at);
            watch.look_again = Some(now);
        }
        TripState::Arrived => watch.arrived = Some(at),
        to if !to.is_sealed() => (watch.heard, watch.look_again) = (None, None),
        _ => {}
    }
}

fn with(state: &mut State, trip: TripId, change: impl FnOnce(&mut TripWatch)) {
    if let Some(trip) = state.trips.get_mut(&trip) {
        change(&mut trip.watch);
    }
}

/// Time in which we did not listen counts for no silence, so every look comes that much later. `heard` stays the truth.
fn looks_later(state: &mut State, by_ms: i64) {
    each_watch(state, |watch| {
        watch.look_again = watch.look_again.map(|look| look.plus_ms(by_ms))
    });
}

/// The wall clock was stepped: what was measured by it is anchored anew.
fn shift_all(state: &mut State, by_ms: i64, now: ServerTime) {
    for seal in state.seals.values_mut() {
        // What is fetched was never measured against our clock.
        if !seal.registration.protocol.is_fetched() {
            seal.watch.clock.step(by_ms, now);
        }
        seal.watch.levels.shift(by_ms);
        seal.watch.refusals.shift(by_ms);
        seal.clock_offset_ms = seal.watch.clock.offset_ms();
    }
    each_watch(state, |watch| watch.shift(by_ms, now));
}

fn each_watch(state: &mut State, change: impl Fn(&mut TripWatch)) {
    let trips: alloc::vec::Vec<TripId> = state.trips.keys().copied().collect();
    for trip in trips {
        with(state, trip, &change);
        state.refresh_trip_due(trip);
    }
}

fn fold_alarm(state: &mut State, event: &Event) {
    let (alarm, on) = match event {
        Event::AlarmRaised { alarm, .. } | Event::AlarmRecurred { alarm, .. } => (alarm, true),
        Event::AlarmRecovered { alarm, .. } | Event::AlarmClosed { alarm, .. } => (alarm, false),
        _ => return,
    };
    let Some(finding) = state.alarms.get(alarm).map(|alarm| &alarm.finding) else {
        return;
    };
    if let (Some(trip), code) = (finding.trip, finding.code) {
        with(state, trip, |watch| watch.ongoing.set(code, on));
    }
}

impl State {
    /// The trips whose late reports wait to be looked at again, and from when to when: the shell loads these reports from
    /// history and hands them in as `Input::Revisit`.
    pub fn pending_revisits(&self) -> impl Iterator<Item = (TripId, PendingRevisit)> {
        self.trips
            .iter()
            .filter_map(|(id, trip)| Some((*id, trip.watch.revisit?)))
    }
}

/// Whether what a report says came late: kept by the seal, or older than what was known.
pub(crate) fn known_late(observed: &Observed, late_data_s: u32) -> bool {
    let waited_ms = observed.received.unix_ms.saturating_sub(observed.at.unix_ms);
    observed.backfill
        || matches!(observed.standing, Standing::Late | Standing::VeryLate)
        || i64::from(late_data_s) * 1_000 < waited_ms
}

/// Whether a report has a signal.
pub(crate) fn has(observed: &Observed, signal: &Signal) -> bool {
    observed.signals.has(signal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Design: a travelling seal costs 4 KiB at most; the watch may take half of that.
    #[test]
    fn what_is_kept_of_a_travelling_trip_is_small() {
        let window = window::WINDOW_LIMIT * size_of::<WindowFix>();
        assert!(
            size_of::<TripWatch>() + window <= 2_048,
            "{} + {window}",
            size_of::<TripWatch>()
        );
        let keys = key::KEYS_LIMIT * size_of::<u64>();
        let facts = clock::FACTS_LIMIT * size_of::<ClockFact>();
        let quiet = size_of::<SealWatch>() + keys + facts;
        assert!(quiet <= 1_100, "{quiet}");
        // Only a seal that somebody tries to open has these.
        let refusals = refusals::REFUSALS_LIMIT * size_of::<Refusal>();
        let levels = levels::LEVELS_LIMIT * size_of::<(EventTime, levels::Levels)>();
        assert!(refusals + levels <= 400, "{refusals} + {levels}");
    }

    #[test]
    fn a_set_of_codes_has_what_was_put_in_and_nothing_else() {
        let mut set: CodeSet = [AlarmCode::A01, AlarmCode::A23].into_iter().collect();
        assert!(set.has(AlarmCode::A01) && set.has(AlarmCode::A23) && !set.has(AlarmCode::A02));
        set.set(AlarmCode::A01, false);
        assert!(!set.has(AlarmCode::A01) && set.has(AlarmCode::A23));
    }
}
