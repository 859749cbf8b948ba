//! The assessment of a trip: what all its reports show, in the order in which they happened.
//!
//! Alarms are raised when something is known, so they depend on the order of arrival. The assessment does not: it takes
//! every report once, dates it by the seal's own clock and the measurements that stand in the journal, puts them in
//! order and judges them from the beginning. Reports without a trustworthy date are left out and counted.

mod way;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use segel_geo::Position;
use segel_model::alarm::Bilingual;
use segel_model::observed::{FixUse, Place, Side};
use segel_model::rulebook::Edition;
use segel_model::trip::TripMode;
use segel_model::{AlarmCode, EventTime, Observed, Severity};

use crate::Deciding;
use crate::routes::Compiled;
use crate::state::{Alarm, Route, Seal, Trip};
use crate::watch::battery::{self, BatteryTrouble, Charge, Need};
use crate::watch::clock::{ClockFact, offset_at};
use crate::watch::deviation::{self, Outside};
use crate::watch::lateness::{Plan, Progress};
use crate::watch::levels::LevelLog;
use crate::watch::refusals::{self, Refusal, Refusals};
use crate::watch::silence::{self, Foreboding};
use crate::watch::stop::{self, Stop};
use crate::watch::tamper::Tampering;
use crate::watch::window::WindowFix;
use crate::watch::{ground, jumps, window_fix, words};
use way::Odometer;
pub use way::{Gap, Strayed, Way};

/// What an assessment stands on beside the reports. All of it stands in the journal.
pub struct Basis<'a> {
    /// When the seal was closed.
    pub closed: EventTime,
    /// When it was first opened under a grant.
    pub opened: Option<EventTime>,
    /// Sealed, or only followed.
    pub mode: TripMode,
    /// What was measured of the seal's clock.
    pub clock: Vec<ClockFact>,
    /// The route.
    pub route: &'a Route,
    /// The rules of the trip's day.
    pub edition: &'a Edition,
}

/// What all reports of a trip show.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// In the order in which they began.
    pub findings: Vec<Assessed>,
    /// Reports that were judged.
    pub judged: usize,
    /// Reports left out, because their clock was not set or is in doubt.
    pub undated: usize,
    /// Fixes that judge nothing: cell towers, weak or impossible ones.
    pub weak_fixes: usize,
    /// How far it was driven, how long it was outside, where nothing was heard.
    pub way: Way,
}

/// One finding of an assessment.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessed {
    /// What is wrong.
    pub code: AlarmCode,
    /// How grave it got.
    pub severity: Severity,
    /// Since when.
    pub from: EventTime,
    /// Until when it is known to have lasted.
    pub until: EventTime,
    /// Where it began.
    pub place: Option<Position>,
    /// The explanation.
    pub why: Bilingual,
}

/// What an assessment says of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It found what the alarm was raised for.
    Shown,
    /// It looked for it over all reports and found nothing.
    NotShown,
    /// It cannot say: it does not look for such a cause, or the cause still goes on.
    NotJudged,
}

/// The alarms whose cause an assessment can find, or find missing.
pub(crate) const ASSESSED: [AlarmCode; 5] = [
    AlarmCode::A08,
    AlarmCode::A09,
    AlarmCode::A11,
    AlarmCode::A12,
    AlarmCode::A13,
];

impl Assessment {
    /// Whether all reports together show what an alarm was raised for.
    pub fn support_of(&self, alarm: &Alarm) -> Support {
        let same = |found: &&Assessed| found.code == alarm.finding.code;
        let shown = self.findings.iter().filter(same).any(|found| found.covers(alarm));
        match (shown, ASSESSED.contains(&alarm.finding.code), alarm.recovered_at) {
            (true, _, _) => Support::Shown,
            (false, true, Some(_)) => Support::NotShown,
            (false, _, _) => Support::NotJudged,
        }
    }

    /// All of it as text, one line a finding: what two assessments are compared by.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for found in &self.findings {
            let (from, until) = (found.from.unix_ms, found.until.unix_ms);
            let severity = found.severity;
            writeln!(
                text,
                "{} {severity:?} {from}..{until} {}",
                found.code.name(),
                found.why.en
            )
            .expect("a string takes every character");
        }
        let Self {
            findings: _,
            judged,
            undated,
            weak_fixes,
            way,
        } = self;
        let (driven, outside) = (way.why_driven().en, way.why_outside().en);
        let gap_ms = way.longest_gap.map_or(0, |gap| gap.lasted_ms());
        text + &format!(
            "{judged} reports judged, {undated} without a date, {weak_fixes} weak fixes\n{driven}; {outside}; \
             {gap_ms} ms at most without a report\n"
        )
    }
}

impl Assessed {
    /// Whether it is what an alarm was raised for: they meet in time.
    pub(crate) fn covers(&self, alarm: &Alarm) -> bool {
        let until = alarm.recovered_at.unwrap_or(self.until).max(alarm.finding.at);
        self.from <= until && alarm.finding.at <= self.until
    }
}

impl<'a> Basis<'a> {
    /// The basis of a trip that the state holds; nothing before its seal was closed.
    pub(crate) fn of(deciding: &Deciding<'a>, trip: &'a Trip) -> Option<Self> {
        let route = deciding.base.routes.get(&trip.route?)?;
        Self::from_records(
            trip,
            deciding.seal_before(trip.seal?)?,
            route,
            deciding.edition_of(trip),
        )
    }

    /// The basis that these records make; nothing before the seal was closed.
    pub fn from_records(trip: &Trip, seal: &Seal, route: &'a Route, edition: &'a Edition) -> Option<Self> {
        Some(Self {
            closed: trip.closed.as_ref()?.at,
            opened: trip.removing_since(),
            mode: trip.request.mode,
            clock: seal.watch.clock.facts(),
            route,
            edition,
        })
    }
}

/// The findings over all reports of a trip, the same for every order of arrival.
pub fn assess(basis: &Basis<'_>, reports: &[Observed]) -> Assessment {
    let (dated, undated) = in_order(basis, reports);
    let mut pass = Pass::new(basis);
    for (at, observed) in &dated {
        pass.take(*at, observed);
    }
    if let Some(opened) = basis.opened {
        pass.findings.way.heard_nothing(pass.last, opened);
    }
    let driven_m = pass.odometer.driven_m();
    let weak_fixes = pass.weak_fixes;
    let (findings, way) = pass.findings.finish();
    Assessment {
        judged: dated.len(),
        undated,
        weak_fixes,
        findings,
        way: Way { driven_m, ..way },
    }
}

/// Every report of the sealed trip once, in the order in which they happened, and how many have no date.
fn in_order<'a>(basis: &Basis<'_>, reports: &'a [Observed]) -> (Vec<(EventTime, &'a Observed)>, usize) {
    let error_ms = i64::from(basis.edition.watch.clock_error_s) * 1_000;
    let last_ms = reports
        .iter()
        .map(|report| report.received.unix_ms)
        .max()
        .unwrap_or(0)
        .saturating_add(error_ms);
    let mut undated = alloc::collections::BTreeSet::new();
    let mut dated: Vec<(EventTime, &Observed)> = Vec::with_capacity(reports.len());
    for observed in reports {
        match date(basis, observed, last_ms) {
            Some(at) => dated.push((at, observed)),
            None => drop(undated.insert(observed.key)),
        }
    }
    dated.sort_by_key(|(at, observed)| {
        (
            *at,
            observed.kind,
            observed.serial,
            observed.key,
            content(observed),
        )
    });
    dated.dedup_by_key(|(_, observed)| observed.key);
    let end = basis.opened.unwrap_or(EventTime::from_unix_ms(i64::MAX));
    dated.retain(|(at, _)| basis.closed <= *at && *at <= end);
    (dated, undated.len())
}

/// When a report happened by the seal's clock and its measurements. Receipt has no say: it depends on the order of arrival.
/// A moment after all receipts, or long before the seal was closed, is a clock that lies.
fn date(basis: &Basis<'_>, observed: &Observed, last_ms: i64) -> Option<EventTime> {
    let said = observed.device_time?;
    let at_ms = said.unix_ms.saturating_sub(offset_at(&basis.clock, said));
    let earliest_ms = basis
        .closed
        .plus_s(-crate::watch::clock::OLDEST_BELIEVED_S)
        .unix_ms;
    (earliest_ms <= at_ms && at_ms <= last_ms).then_some(EventTime::from_unix_ms(at_ms))
}

/// Two copies of one report may differ in a marker: which of them is taken must not depend on which came first.
fn content(observed: &Observed) -> (u32, bool, Option<(u64, u64)>) {
    let place = observed
        .place
        .map(|place| (place.position.lat.to_bits(), place.position.lon.to_bits()));
    (observed.signals.0, observed.backfill, place)
}

/// What a finding is told by: the words are put together at the end.
#[derive(Debug, Clone)]
enum Shown {
    Outside(Outside),
    Stop(Stop),
    Silence(i64),
    Fixless(i64),
    Forbidden(u8),
    Tampering(Tampering),
    Battery(BatteryTrouble),
    Refusals,
    Late { plan: Plan, arrived: EventTime },
}

/// A finding that grows while its cause lasts.
struct Growing {
    severity: Severity,
    from: EventTime,
    until: EventTime,
    place: Option<Position>,
    shown: Shown,
}

/// The findings so far: at most one of each code grows at a time.
struct Findings<'a> {
    basis: &'a Basis<'a>,
    growing: BTreeMap<AlarmCode, Growing>,
    done: Vec<Assessed>,
    way: Way,
}

impl Findings<'_> {
    fn show(&mut self, code: AlarmCode, found: Growing) {
        match self.growing.get_mut(&code) {
            Some(growing) => {
                growing.severity = growing.severity.min(found.severity);
                growing.until = growing.until.max(found.until);
                growing.shown = found.shown;
            }
            None => drop(self.growing.insert(code, found)),
        }
    }

    fn over(&mut self, code: AlarmCode) {
        if let Some(growing) = self.growing.remove(&code) {
            if let Shown::Outside(stretch) = &growing.shown {
                self.way.stray(stretch);
            }
            self.done.push(self.told(code, growing));
        }
    }

    fn told(&self, code: AlarmCode, growing: Growing) -> Assessed {
        let Growing {
            severity,
            from,
            until,
            place,
            shown,
        } = growing;
        Assessed {
            code,
            severity,
            from,
            until,
            place,
            why: self.why(severity, &shown),
        }
    }

    fn why(&self, severity: Severity, shown: &Shown) -> Bilingual {
        match shown {
            Shown::Outside(outside) => deviation::Deviation {
                severity,
                outside: *outside,
            }
            .why(),
            Shown::Stop(stop) => stop.why(),
            Shown::Silence(silent_ms) => silence::why(*silent_ms),
            Shown::Fixless(fixless_ms) => silence::why_fixless(*fixless_ms),
            Shown::Forbidden(area) => {
                let area = self.basis.route.plan.forbidden.get(usize::from(*area));
                words::forbidden(area.map_or("-", |area| &area.name))
            }
            Shown::Tampering(tampering) => tampering.why(),
            Shown::Battery(trouble) => trouble.why(),
            Shown::Refusals => refusals::why(&self.basis.edition.watch),
            Shown::Late { plan, arrived } => plan.why(*arrived),
        }
    }

    fn finish(mut self) -> (Vec<Assessed>, Way) {
        let codes: Vec<AlarmCode> = self.growing.keys().copied().collect();
        codes.into_iter().for_each(|code| self.over(code));
        self.done.sort_by_key(|found| (found.from, found.code));
        (self.done, self.way)
    }
}

/// The length of the route: as drawn, or, where nothing can be drawn, as its plan says.
fn planned_m(basis: &Basis<'_>) -> f64 {
    let drawn = basis.route.compiled.corridor.as_ref();
    drawn.map_or(f64::from(basis.route.plan.distance_m), |corridor| {
        corridor.length_m()
    })
}

/// One pass over all reports in order.
struct Pass<'a> {
    basis: &'a Basis<'a>,
    ground: &'a Compiled,
    findings: Findings<'a>,
    odometer: Odometer,
    last: EventTime,
    fixed: EventTime,
    before: Option<WindowFix>,
    suspect: Option<(EventTime, Position)>,
    outside: Option<Outside>,
    stop: Option<Stop>,
    levels: LevelLog,
    refusals: Refusals,
    outside_origin: u8,
    departed: Option<EventTime>,
    arrived: Option<EventTime>,
    weak_fixes: usize,
}

impl<'a> Pass<'a> {
    fn new(basis: &'a Basis<'a>) -> Self {
        Self {
            basis,
            ground: &basis.route.compiled,
            findings: Findings {
                basis,
                growing: BTreeMap::new(),
                done: Vec::new(),
                way: Way {
                    planned_m: planned_m(basis),
                    ..Way::default()
                },
            },
            odometer: Odometer::default(),
            last: basis.closed,
            fixed: basis.closed,
            before: None,
            suspect: None,
            outside: None,
            stop: None,
            levels: LevelLog::default(),
            refusals: Refusals::default(),
            outside_origin: 0,
            departed: None,
            arrived: None,
            weak_fixes: 0,
        }
    }

    fn take(&mut self, at: EventTime, observed: &Observed) {
        self.gap(at);
        self.tampering(at, observed);
        self.refused(at, observed);
        self.battery(at, observed);
        match observed.place.and_then(|place| self.judge(at, &place)) {
            Some(place) => self.fix(at, &place),
            None => self.no_fix(at),
        }
        self.last = at;
    }

    fn found(&self, severity: Severity, from: EventTime, until: EventTime, shown: Shown) -> Growing {
        Growing {
            severity,
            from,
            until,
            place: self.before.map(|fix| fix.position),
            shown,
        }
    }

    fn covered(&self) -> bool {
        self.before.is_none_or(|fix| !fix.areas.no_coverage)
    }

    /// A gap between two reports, however they came.
    fn gap(&mut self, at: EventTime) {
        let (interval_s, rules) = (self.basis.route.plan.interval_s, &self.basis.edition.watch);
        let silent_ms = at.since_ms(self.last);
        self.findings.way.heard_nothing(self.last, at);
        let verdict = silence::verdict(silent_ms, interval_s, Foreboding::None, rules);
        if let Some(severity) = verdict.filter(|_| self.covered()) {
            let found = self.found(severity, self.last, at, Shown::Silence(silent_ms));
            self.findings.show(AlarmCode::A12, found);
            self.findings.over(AlarmCode::A12);
        }
    }

    fn tampering(&mut self, at: EventTime, observed: &Observed) {
        if self.basis.opened.is_some_and(|opened| opened <= at) {
            return;
        }
        for tampering in Tampering::said_by(observed, self.basis.mode) {
            let found = self.found(Severity::S1, at, at, Shown::Tampering(tampering));
            self.findings.show(tampering.code(), found);
        }
    }

    fn refused(&mut self, at: EventTime, observed: &Observed) {
        let risen = self.levels.risen(at, observed);
        self.levels.remember(at, observed);
        let Some(refusal) = Refusal::of(at, observed, risen) else {
            return;
        };
        if let Some(since) = self.refusals.too_many_with(refusal, &self.basis.edition.watch) {
            let found = self.found(Severity::S2, since, at, Shown::Refusals);
            self.findings.show(AlarmCode::A17, found);
        }
        self.refusals.remember(refusal);
    }

    fn battery(&mut self, at: EventTime, observed: &Observed) {
        let Some(percent) = observed.battery_percent else {
            return;
        };
        let (rules, use_rules) = (&self.basis.edition.watch, &self.basis.edition.assignment);
        let need = Need {
            remaining_ms: None,
            interval_s: self.basis.route.plan.interval_s,
        };
        let now = Charge { at, percent };
        if let Some(trouble) =
            battery::verdict(None, now, &need, rules, use_rules).filter(|_| !observed.charging)
        {
            let found = self.found(trouble.severity(), at, at, Shown::Battery(trouble));
            self.findings.show(AlarmCode::A16, found);
        } else if battery::recovered(None, now, &need, rules, use_rules) {
            self.findings.over(AlarmCode::A16);
        }
    }

    /// Judges a fix anew, seen from the one before it in time; nothing where it judges nothing.
    fn judge(&mut self, at: EventTime, said: &Place) -> Option<Place> {
        let rules = &self.basis.edition.watch;
        let before = self.before.as_ref();
        if !matches!(said.use_, FixUse::Judges | FixUse::Jump) {
            self.weak_fixes += 1;
            return None;
        }
        if jumps(
            at,
            said,
            before.map(|fix| (fix.at, fix.position)),
            self.suspect,
            rules,
        ) {
            self.suspect = Some((at, said.position));
            self.weak_fixes += 1;
            return None;
        }
        let corridor = self.ground.corridor.as_ref();
        Some(Place {
            use_: FixUse::Judges,
            still: Some(
                self.stop
                    .is_some_and(|stop| stop.holds(said.position, said.speed_kmh, rules)),
            ),
            corridor: corridor
                .map(|corridor| ground::corridor_place(corridor, at, said.position, before, rules)),
            areas: ground::areas(self.ground, said.position),
            ..*said
        })
    }

    fn fix(&mut self, at: EventTime, place: &Place) {
        self.suspect = None;
        self.fixed = at;
        self.findings.over(AlarmCode::A13);
        if self.arrived.is_none() {
            self.odometer.take(place.position, place.still == Some(true));
        }
        self.journey(at, place);
        if self.departed.is_some() && self.arrived.is_none() {
            self.corridor(at, place);
            self.forbidden(at, place);
            self.standing(at, place);
        }
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
        self.before = Some(window_fix(at, place));
    }

    fn no_fix(&mut self, at: EventTime) {
        let (interval_s, rules) = (self.basis.route.plan.interval_s, &self.basis.edition.watch);
        if self.covered() && silence::fixless(self.fixed, at, interval_s, rules) {
            let shown = Shown::Fixless(at.since_ms(self.fixed));
            let found = self.found(Severity::S3, self.fixed, at, shown);
            self.findings.show(AlarmCode::A13, found);
        }
    }

    /// Under way is from the fixes outside the origin to the first in the destination, as the reports themselves show it.
    fn journey(&mut self, at: EventTime, place: &Place) {
        let rules = &self.basis.edition.watch;
        self.outside_origin = if place.areas.origin {
            0
        } else {
            self.outside_origin.saturating_add(1)
        };
        if self.departed.is_none() && rules.departure_fixes <= self.outside_origin {
            self.departed = Some(at);
        }
        if self.departed.is_some() && self.arrived.is_none() && place.areas.destination {
            self.arrived = Some(at);
            self.arrival(at);
        }
    }

    fn arrival(&mut self, at: EventTime) {
        [AlarmCode::A08, AlarmCode::A09, AlarmCode::A11]
            .into_iter()
            .for_each(|code| self.findings.over(code));
        let (Some(departed), Some(corridor)) = (self.departed, &self.ground.corridor) else {
            return;
        };
        let transit_time_s = self.basis.route.plan.transit_time_s;
        let plan = Plan {
            departed,
            transit_time_s,
            length_m: corridor.length_m(),
        };
        if let Progress::Late(severity) = plan.judge(at, at, &self.basis.edition.watch) {
            let found = self.found(severity, plan.arrival(), at, Shown::Late { plan, arrived: at });
            self.findings.show(AlarmCode::A14, found);
        }
    }

    fn corridor(&mut self, at: EventTime, place: &Place) {
        let Some(corridor) = &place.corridor else { return };
        let shown = deviation::shown_by(self.outside, at, corridor);
        let verdict = shown.and_then(|outside| outside.verdict(&self.basis.edition.watch));
        if let Some(deviation) = verdict {
            let outside = deviation.outside;
            let found = self.found(
                deviation.severity,
                outside.since,
                outside.until,
                Shown::Outside(outside),
            );
            self.findings.show(AlarmCode::A08, found);
        }
        if corridor.side == Side::Inside {
            self.findings.over(AlarmCode::A08);
        }
    }

    fn forbidden(&mut self, at: EventTime, place: &Place) {
        match place.areas.forbidden {
            Some(area) => {
                let found = self.found(Severity::S2, at, at, Shown::Forbidden(area));
                self.findings.show(AlarmCode::A09, found);
            }
            None => self.findings.over(AlarmCode::A09),
        }
    }

    fn standing(&mut self, at: EventTime, place: &Place) {
        let stop = stop::after(
            self.stop,
            at,
            place.position,
            place.still == Some(true),
            place.areas,
        );
        match stop.verdict(&self.basis.edition.watch) {
            Some(severity) => {
                let found = self.found(severity, stop.since, stop.until, Shown::Stop(stop));
                self.findings.show(AlarmCode::A11, found);
            }
            None => self.findings.over(AlarmCode::A11),
        }
    }
}
