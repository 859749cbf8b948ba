//! A16: will the battery last to the end of the trip?

use alloc::format;

use segel_model::alarm::Bilingual;
use segel_model::rulebook::{AssignmentRules, WatchRules};
use segel_model::{EventTime, Severity};
use serde::{Deserialize, Serialize};

use super::words::{both, duration};

const HOUR_MS: f64 = 3_600_000.0;
/// A use measured over less than this says nothing: percents are steps.
const MEASURED_FROM_MS: i64 = 3_600_000;
/// Nor does one of fewer percents.
const MEASURED_FROM_PERCENT: u8 = 2;

/// A charge and when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// When.
    pub at: EventTime,
    /// Per cent.
    pub percent: u8,
}

/// What is wrong with a battery.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BatteryTrouble {
    /// Below the first limit.
    Low {
        /// Per cent.
        percent: u8,
    },
    /// Below the second.
    Critical {
        /// Per cent.
        percent: u8,
    },
    /// It will be empty before the trip ends.
    WillNotLast {
        /// Per cent.
        percent: u8,
        /// How long it lasts.
        lasts_ms: i64,
        /// How long the trip still takes.
        needed_ms: i64,
    },
    /// The seal says so itself and gives no number.
    SaysSo(Severity),
}

impl BatteryTrouble {
    /// How grave it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Low { .. } => Severity::S3,
            Self::Critical { .. } | Self::WillNotLast { .. } => Severity::S2,
            Self::SaysSo(severity) => *severity,
        }
    }

    /// The explanation.
    pub fn why(&self) -> Bilingual {
        match self {
            Self::Low { percent } => both(
                format!("baterai rendah: {percent} %"),
                format!("battery low: {percent} %"),
            ),
            Self::Critical { percent } => both(
                format!("baterai kritis: {percent} %"),
                format!("battery critical: {percent} %"),
            ),
            Self::WillNotLast {
                percent,
                lasts_ms,
                needed_ms,
            } => {
                let (lasts, needed) = (duration(*lasts_ms), duration(*needed_ms));
                both(
                    format!(
                        "baterai {percent} % cukup untuk {}, perjalanan masih {}",
                        lasts.id, needed.id
                    ),
                    format!(
                        "battery {percent} % lasts {}, the trip still takes {}",
                        lasts.en, needed.en
                    ),
                )
            }
            Self::SaysSo(_) => both(
                "segel melaporkan baterai rendah",
                "the seal says its battery is low",
            ),
        }
    }
}

/// What a battery is asked to do.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// How long the trip still takes; nothing where that is not known.
    pub remaining_ms: Option<i64>,
    /// How often the seal reports.
    pub interval_s: u32,
}

/// The charge from which use is measured: the first of the trip, or a new one after charging.
pub fn baseline(before: Option<Charge>, at: EventTime, percent: u8, charging: bool) -> Charge {
    match before {
        Some(charge) if !charging && percent <= charge.percent => charge,
        _ => Charge { at, percent },
    }
}

/// What is wrong with the battery now.
pub fn verdict(
    start: Option<Charge>,
    now: Charge,
    need: &Need,
    rules: &WatchRules,
    use_rules: &AssignmentRules,
) -> Option<BatteryTrouble> {
    let percent = now.percent;
    if percent < rules.battery_critical_percent {
        return Some(BatteryTrouble::Critical { percent });
    }
    if let (Some(needed_ms), lasts_ms) = (
        need.remaining_ms,
        lasts_ms(start, now, need.interval_s, use_rules),
    ) && lasts_ms < needed_ms
    {
        return Some(BatteryTrouble::WillNotLast {
            percent,
            lasts_ms,
            needed_ms,
        });
    }
    (percent < rules.battery_low_percent).then_some(BatteryTrouble::Low { percent })
}

/// Whether a battery is well enough for its alarm to be over: some per cent better than what would raise it.
pub fn recovered(
    start: Option<Charge>,
    now: Charge,
    need: &Need,
    rules: &WatchRules,
    use_rules: &AssignmentRules,
) -> bool {
    let Some(percent) = now.percent.checked_sub(rules.battery_hysteresis_percent) else {
        return false;
    };
    verdict(start, Charge { percent, ..now }, need, rules, use_rules).is_none()
}

/// How long a charge lasts: by the use measured on this trip, else by what the rulebook says of such seals.
fn lasts_ms(start: Option<Charge>, now: Charge, interval_s: u32, use_rules: &AssignmentRules) -> i64 {
    let percent_h =
        measured_percent_h(start, now).unwrap_or_else(|| expected_percent_h(interval_s, use_rules));
    if percent_h <= 0.0 {
        return i64::MAX;
    }
    (f64::from(now.percent) / percent_h * HOUR_MS) as i64
}

fn measured_percent_h(start: Option<Charge>, now: Charge) -> Option<f64> {
    let start = start?;
    let (used, took_ms) = (start.percent.checked_sub(now.percent)?, now.at.since_ms(start.at));
    let enough = MEASURED_FROM_PERCENT <= used && MEASURED_FROM_MS <= took_ms;
    enough.then(|| f64::from(used) / (took_ms as f64 / HOUR_MS))
}

fn expected_percent_h(interval_s: u32, use_rules: &AssignmentRules) -> f64 {
    let a_minute = f64::from(use_rules.battery_use_centipercent_h) / 100.0;
    a_minute * 60.0 / f64::from(interval_s.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::testing::{assignment_rules, at, rules};

    fn charge(second: i64, percent: u8) -> Charge {
        Charge {
            at: at(second),
            percent,
        }
    }

    fn severity(start: Option<Charge>, now: Charge, remaining_s: i64) -> Option<Severity> {
        let need = Need {
            remaining_ms: Some(remaining_s * 1_000),
            interval_s: 60,
        };
        verdict(start, now, &need, &rules(), &assignment_rules()).map(|trouble| trouble.severity())
    }

    /// A16: "<30 % / <15 %".
    #[test]
    fn a_battery_is_low_below_30_and_critical_below_15_per_cent() {
        assert_eq!(severity(None, charge(0, 30), 60), None);
        assert_eq!(severity(None, charge(0, 29), 60), Some(Severity::S3));
        assert_eq!(severity(None, charge(0, 15), 60), Some(Severity::S3));
        assert_eq!(severity(None, charge(0, 14), 60), Some(Severity::S2));
    }

    /// A16: "forecast < remaining".
    #[test]
    fn a_battery_that_loses_ten_per_cent_an_hour_does_not_last_nine_hours_from_80() {
        let (start, now) = (Some(charge(0, 90)), charge(3_600, 80));
        assert_eq!(severity(start, now, 8 * 3_600), None);
        assert_eq!(severity(start, now, 8 * 3_600 + 1), Some(Severity::S2));
    }

    #[test]
    fn until_use_is_measured_the_rulebook_says_what_a_seal_uses() {
        // Sixty hundredths of a per cent an hour: 60 % last 100 hours.
        let (start, now) = (Some(charge(0, 61)), charge(3_600, 60));
        assert_eq!(severity(start, now, 100 * 3_600), None);
        assert_eq!(severity(start, now, 100 * 3_600 + 1), Some(Severity::S2));
    }

    #[test]
    fn it_recovers_a_margin_above_the_limit() {
        let need = Need {
            remaining_ms: Some(60_000),
            interval_s: 60,
        };
        let well = |percent| recovered(None, charge(0, percent), &need, &rules(), &assignment_rules());
        assert!(!well(30) && !well(34) && well(35) && !well(3));
    }

    #[test]
    fn charging_starts_the_measurement_anew() {
        let start = baseline(None, at(0), 80, false);
        assert_eq!(baseline(Some(start), at(60), 79, false), start);
        assert_eq!(baseline(Some(start), at(60), 79, true), charge(60, 79));
        assert_eq!(baseline(Some(start), at(60), 81, false), charge(60, 81));
    }

    #[test]
    fn it_explains_itself() {
        let trouble = BatteryTrouble::WillNotLast {
            percent: 40,
            lasts_ms: 4 * 3_600_000,
            needed_ms: 5 * 3_600_000,
        };
        assert_eq!(
            trouble.why().id,
            "baterai 40 % cukup untuk 4 jam, perjalanan masih 5 jam"
        );
        assert_eq!(
            trouble.why().en,
            "battery 40 % lasts 4 h, the trip still takes 5 h"
        );
    }
}
