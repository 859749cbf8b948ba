//! What the tests of the watch share: the rulebook's default numbers, and plain reports.

use segel_model::observed::{CorridorPlace, Side, Standing};
use segel_model::report::{Lock, ReportKind};
use segel_model::rulebook::{AssignmentRules, WatchRules};
use segel_model::signal::SignalSet;
use segel_model::{EventTime, Observed, ServerTime};

/// 2026-11-24 00:00 UTC, the day on which stories begin.
pub const DAY_MS: i64 = 1_795_478_400_000;

/// So many seconds into the day.
pub fn at(second: i64) -> EventTime {
    EventTime::from_unix_ms(DAY_MS + second * 1_000)
}

/// The numbers of the alarm table.
pub fn rules() -> WatchRules {
    WatchRules {
        deviation_m: 300.0,
        deviation_fixes: 2,
        deviation_s: 120,
        deviation_grave_m: 2_000.0,
        deviation_grave_s: 900,
        deviation_return_m: 50.0,
        stop_speed_kmh: 5.0,
        stop_radius_m: 100.0,
        stop_s: [900, 1_800, 7_200],
        silence_intervals: 3,
        silence_s: 600,
        silence_grave_s: 3_600,
        no_fix_s: 600,
        late_part: 0.2,
        late_s: 3_600,
        late_grave_s: 14_400,
        battery_low_percent: 30,
        battery_critical_percent: 15,
        battery_hysteresis_percent: 5,
        refusals: 3,
        refusals_s: 600,
        refusal_pair_s: 60,
        arrival_dwell_s: 300,
        departure_fixes: 2,
        clock_error_s: 60,
        clock_drift_s_day: 5.0,
        interval_confirm_s: 600,
        parked_interval_s: 300,
        accuracy_limit_m: 100.0,
        jump_speed_kmh: 200.0,
        late_data_s: 3_600,
        window_fixes: 64,
    }
}

/// What a seal may use and must have.
pub fn assignment_rules() -> AssignmentRules {
    AssignmentRules {
        battery_floor_percent: 80,
        battery_factor: 1.5,
        battery_use_centipercent_h: 60,
        fix_age_limit_s: 3_600,
        certificate_required: true,
        scan_apart_m: 300.0,
    }
}

/// A place beside the corridor: so many metres beyond its border, zero well inside.
pub fn corridor_place(outside_m: f32) -> CorridorPlace {
    let side = match outside_m {
        out if rules().deviation_m < out => Side::Outside,
        out if 0.0 < out => Side::Margin,
        _ => Side::Inside,
    };
    CorridorPlace {
        outside_m,
        side,
        piece: None,
        progress_m: 1_000.0,
        segment: 0,
    }
}

/// A plain record of that moment, received at once.
pub fn observed_at(at: EventTime) -> Observed {
    Observed {
        seal: Some(segel_model::SealId(1)),
        trip: Some(segel_model::TripId(1)),
        kind: ReportKind::Record,
        standing: Standing::Fresh,
        device_time: Some(segel_model::DeviceTime::from_unix_ms(at.unix_ms)),
        at,
        received: ServerTime::from_unix_ms(at.unix_ms),
        backfill: false,
        serial: None,
        key: at.unix_ms as u64,
        signals: SignalSet::NONE,
        place: None,
        battery_percent: None,
        charging: false,
        lock: Lock::default(),
        look_again: None,
    }
}
