//! The SOP's four clocks, T1 to T4.
//!
//! Event time starts, stops and judges them; server time fires their deadlines. A limit that runs out without news is a
//! provisional breach: later proof amends it, and both stay visible. What ran out while we were absent says so.

use segel_model::rulebook::ClockRules;
use segel_model::trip::Clock;
use segel_model::{AlarmCode, Event, EventTime, ServerTime, TripId};

use crate::state::{ClockRun, Trip};
use crate::{Deciding, notice};

/// The limit of a clock.
pub fn limit_s(rules: &ClockRules, clock: Clock) -> u32 {
    match clock {
        Clock::Install => rules.install_limit_s,
        Clock::InstallPhotos => rules.install_photos_limit_s,
        Clock::Removal => rules.removal_limit_s,
        Clock::RemovalPhotos => rules.removal_photos_limit_s,
    }
}

/// Starts a clock at an event.
pub(crate) fn start(deciding: &mut Deciding<'_>, id: TripId, clock: Clock, at: EventTime) {
    let Some(trip) = deciding.trip(id) else { return };
    let limit_s = limit_s(&deciding.edition_of(trip).clocks, clock);
    let due = ServerTime::from_unix_ms(at.unix_ms).plus_s(i64::from(limit_s));
    deciding.emit(Event::ClockStarted {
        trip: id,
        clock,
        at,
        limit_s,
        due,
    });
}

/// Stops a clock at an event and gives the verdict. The first event that stops it counts.
pub(crate) fn stop(deciding: &mut Deciding<'_>, id: TripId, clock: Clock, at: EventTime) {
    let Some(run) = deciding.trip(id).and_then(|trip| trip.clocks.get(&clock)) else {
        return;
    };
    if run.stopped.is_some() || run.amended.is_some() {
        return;
    }
    let took_ms = at.since_ms(run.started).max(0);
    let met = took_ms <= i64::from(run.limit_s) * 1_000;
    let (limit_s, breached) = (run.limit_s, run.breached.is_some());
    if breached && met {
        deciding.emit(Event::ClockAmended {
            trip: id,
            clock,
            took_ms,
            met,
        });
        return withdraw(deciding, id);
    }
    deciding.emit(Event::ClockStopped {
        trip: id,
        clock,
        at,
        took_ms,
        met,
    });
    if !met && !breached {
        tell(deciding, id, clock, limit_s, false);
    }
}

/// A limit has run out and nothing has come.
pub fn tick(deciding: &mut Deciding<'_>, id: TripId) {
    let now = deciding.now();
    let Some(trip) = deciding.trip(id) else { return };
    let due: alloc::vec::Vec<(Clock, ClockRun)> = trip
        .clocks
        .iter()
        .filter(|(_, run)| run.is_running() && run.due < now)
        .map(|(clock, run)| (*clock, run.clone()))
        .collect();
    for (clock, run) in due {
        let started = ServerTime::from_unix_ms(run.started.unix_ms);
        let we_were_absent = deciding.base.service.absent_ms(started, run.due) > 0;
        deciding.emit(Event::ClockBreached {
            trip: id,
            clock,
            we_were_absent,
        });
        tell(deciding, id, clock, run.limit_s, we_were_absent);
    }
}

fn tell(deciding: &mut Deciding<'_>, id: TripId, clock: Clock, limit_s: u32, we_were_absent: bool) {
    let (name_id, name_en) = name(clock);
    let minutes = limit_s.div_ceil(60);
    let (absent_id, absent_en) = if we_were_absent {
        (
            " (Segel sendiri sempat tidak mendengar)",
            " (Segel itself did not listen for a while)",
        )
    } else {
        ("", "")
    };
    let why = notice::both(
        alloc::format!("{name_id} melewati batas {minutes} menit{absent_id}"),
        alloc::format!("{name_en} exceeded its limit of {minutes} min{absent_en}"),
    );
    let at = EventTime::from_receipt(deciding.now());
    notice::raise(deciding, AlarmCode::A21, id, at, why);
}

/// Proof came that a limit was met after all: the alarm says so, and stays.
fn withdraw(deciding: &mut Deciding<'_>, id: TripId) {
    if deciding.trip(id).is_none_or(|trip| !trip.all_clocks_met()) {
        return;
    }
    let key = crate::state::alarm_key(Some(id), None, AlarmCode::A21);
    if let Some(alarm) = deciding.open_alarm(&key) {
        let why = notice::both(
            "bukti yang datang kemudian: batas dipenuhi",
            "later proof: the limit was met",
        );
        deciding.emit(Event::AlarmUnsupported { alarm, why });
    }
}

/// What a clock is called.
pub fn name(clock: Clock) -> (&'static str, &'static str) {
    match clock {
        Clock::Install => ("T1 pemasangan", "T1 installation"),
        Clock::InstallPhotos => ("T2 foto pemasangan", "T2 installation photos"),
        Clock::Removal => ("T3 pelepasan", "T3 removal"),
        Clock::RemovalPhotos => ("T4 foto pelepasan", "T4 removal photos"),
    }
}

impl ClockRun {
    /// The verdict as it stands today; nothing while it runs.
    pub fn met(&self) -> Option<bool> {
        let proved = self.amended.or(self.stopped).map(|stop| stop.met);
        proved.or(self.breached.map(|_| false))
    }
}

impl Trip {
    /// Whether every clock that has a verdict was met.
    pub fn all_clocks_met(&self) -> bool {
        self.clocks.values().all(|run| run.met() != Some(false))
    }
}
