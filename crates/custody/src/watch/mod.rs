//! The watch over a travelling seal: what each report means, and what is missing when none comes.

use segel_model::input::ReportInput;
use segel_model::observed::{FixUse, Place, Standing};
use segel_model::signal::SignalSet;
use segel_model::{EventTime, Observed, Report, ServerTime};
use serde::{Deserialize, Serialize};

use crate::Deciding;
use crate::state::{Seal, State, Trip};

/// What the watch keeps of a seal: the reports by which repeats are known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SealWatch {}

/// What the watch keeps of a trip.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TripWatch {}

impl TripWatch {
    /// The first moment at which the watch wants to look again.
    pub fn due(&self) -> Option<ServerTime> {
        None
    }
}

/// Judges one report: to which seal and trip it belongs, whether it is new, and where it lies.
pub fn judge(deciding: &Deciding<'_>, input: &ReportInput) -> Observed {
    let report = &input.report;
    let seal = deciding.base.seal_of(input.protocol, &report.device);
    let offset_ms = seal
        .and_then(|seal| deciding.base.seal(seal))
        .map_or(0, |seal| seal.clock_offset_ms);
    Observed {
        seal,
        trip: seal.and_then(|seal| deciding.base.seal(seal)?.trip),
        kind: report.kind,
        standing: if report.time.is_some() {
            Standing::Fresh
        } else {
            Standing::Undated
        },
        device_time: report.time,
        at: report
            .time
            .map_or(EventTime::from_receipt(report.received), |time| {
                EventTime::from_device(time, offset_ms, report.received)
            }),
        received: report.received,
        backfill: report.backfill,
        serial: report.serial,
        key: 0,
        signals: SignalSet::of(&report.signals),
        place: place(report),
        battery_percent: report.battery.and_then(|battery| battery.percent),
        charging: report.battery.is_some_and(|battery| battery.charging),
        lock: report.lock,
        look_again: None,
    }
}

fn place(report: &Report) -> Option<Place> {
    let fix = report.fix?;
    Some(Place {
        position: fix.position,
        source: fix.source,
        speed_kmh: fix.speed_kmh,
        course_deg: fix.course_deg,
        use_: if fix.valid {
            FixUse::Judges
        } else {
            FixUse::NotValid
        },
        still: None,
        corridor: None,
        areas: Default::default(),
    })
}

/// Raises what a report shows: signals of alarm, corridor, areas, stops, battery.
pub fn follow(_deciding: &mut Deciding<'_>, _input: &ReportInput, _observed: &Observed) {}

/// Looks at a trip when its limit is due: silence, lateness, a stop that goes on.
pub fn tick(_deciding: &mut Deciding<'_>, _trip: segel_model::TripId) {}

/// Looks again at a piece of a trip whose late reports came with their neighbours from history.
pub fn revisit(_deciding: &mut Deciding<'_>, _trip: segel_model::TripId, _neighbours: &[Observed]) {}

/// Folds a report into what the watch keeps of a seal.
pub fn fold_seal(_seal: &mut Seal, _observed: &Observed) {}

/// Folds a report into what the watch keeps of a trip.
pub fn fold_trip(_trip: &mut Trip, _observed: &Observed) {}

/// Folds an event into what the watch keeps: alarms raised, trips sealed, gaps of our own.
pub fn fold_event(_state: &mut State, _event: &segel_model::Event, _stamp: &crate::Stamp) {}
