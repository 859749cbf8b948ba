//! A12 and A13: what is missing when nothing comes.
//!
//! Our own absence is not the seal's silence: only time in which we listened counts. A sign of life of any kind ends a
//! silence. Where the plan expects no coverage neither runs; that the container is late is noticed all the same (A14).

use alloc::format;

use segel_model::alarm::Bilingual;
use segel_model::rulebook::WatchRules;
use segel_model::{EventTime, ServerTime, Severity};

use super::words::{both, duration};

/// What makes a silence graver from its first moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreboding {
    /// Nothing.
    None,
    /// A signal of tampering, or a battery about to die.
    Trouble,
}

/// How long a seal may be silent.
pub fn limit_ms(interval_s: u32, rules: &WatchRules) -> i64 {
    let intervals_s = i64::from(interval_s) * i64::from(rules.silence_intervals);
    intervals_s.max(i64::from(rules.silence_s)) * 1_000
}

/// How long it may be critical.
fn grave_ms(interval_s: u32, rules: &WatchRules) -> i64 {
    (i64::from(rules.silence_grave_s) * 1_000).max(limit_ms(interval_s, rules))
}

/// How grave a silence of that length is.
pub fn verdict(
    silent_ms: i64,
    interval_s: u32,
    foreboding: Foreboding,
    rules: &WatchRules,
) -> Option<Severity> {
    if silent_ms < limit_ms(interval_s, rules) {
        return None;
    }
    let grave = grave_ms(interval_s, rules) <= silent_ms || foreboding == Foreboding::Trouble;
    Some(if grave { Severity::S1 } else { Severity::S2 })
}

/// When to look next at a seal that was last heard then, where nobody was absent in between.
pub fn next_look(
    heard: ServerTime,
    absent_ms: i64,
    now: ServerTime,
    interval_s: u32,
    rules: &WatchRules,
) -> Option<ServerTime> {
    let limits = [limit_ms(interval_s, rules), grave_ms(interval_s, rules)];
    let moments = limits
        .into_iter()
        .map(|limit_ms| heard.plus_ms(limit_ms + absent_ms));
    moments.into_iter().find(|moment| now < *moment)
}

/// The explanation of a silence.
pub fn why(silent_ms: i64) -> Bilingual {
    let long = duration(silent_ms);
    both(
        format!("tidak ada laporan selama {}", long.id),
        format!("no report for {}", long.en),
    )
}

/// The explanation where the device through which a smaller seal spoke says so.
pub fn why_lost() -> Bilingual {
    both(
        "perangkat induk tidak lagi menerima sinyal segel ini",
        "the device through which this seal speaks no longer hears it",
    )
}

/// How long reports may come without a fix that judges. A seal that reports rarely is not asked for more than it reports.
pub fn fixless_limit_ms(interval_s: u32, rules: &WatchRules) -> i64 {
    let intervals_s = i64::from(interval_s) * i64::from(rules.silence_intervals);
    intervals_s.max(i64::from(rules.no_fix_s)) * 1_000
}

/// Whether a report shows that fixes are missing though the network is there.
pub fn fixless(last_fix: EventTime, at: EventTime, interval_s: u32, rules: &WatchRules) -> bool {
    fixless_limit_ms(interval_s, rules) <= at.since_ms(last_fix)
}

/// The explanation of missing fixes.
pub fn why_fixless(fixless_ms: i64) -> Bilingual {
    let long = duration(fixless_ms);
    both(
        format!("segel terhubung tetapi tanpa posisi selama {}", long.id),
        format!("the seal is connected but has had no position for {}", long.en),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::testing::{at, rules};

    fn silent(seconds: i64, interval_s: u32) -> Option<Severity> {
        verdict(seconds * 1_000, interval_s, Foreboding::None, &rules())
    }

    /// A12: "no frame for max(3 x interval, 10 min)".
    #[test]
    fn silence_begins_after_ten_minutes_or_three_intervals() {
        assert_eq!((silent(599, 60), silent(600, 60)), (None, Some(Severity::S2)));
        assert_eq!((silent(899, 300), silent(900, 300)), (None, Some(Severity::S2)));
    }

    /// A12: "S1 at 60 min or if preceded by tamper/low battery".
    #[test]
    fn silence_is_critical_after_an_hour_or_after_trouble() {
        assert_eq!(
            (silent(3_599, 60), silent(3_600, 60)),
            (Some(Severity::S2), Some(Severity::S1))
        );
        let troubled = |seconds: i64| verdict(seconds * 1_000, 60, Foreboding::Trouble, &rules());
        assert_eq!((troubled(599), troubled(600)), (None, Some(Severity::S1)));
    }

    #[test]
    fn the_next_look_is_at_the_next_limit_and_then_never() {
        let heard = ServerTime::from_unix_ms(0);
        let look = |now_s: i64, absent_s: i64| {
            let now = ServerTime::from_unix_ms(now_s * 1_000);
            next_look(heard, absent_s * 1_000, now, 60, &rules()).map(|at| at.unix_ms / 1_000)
        };
        assert_eq!(look(0, 0), Some(600));
        assert_eq!(look(599, 0), Some(600));
        assert_eq!(look(600, 0), Some(3_600));
        assert_eq!(look(3_600, 0), None);
        assert_eq!(
            look(1_900, 1_800),
            Some(2_400),
            "half an hour of our own absence does not count"
        );
    }

    /// A13: "no valid fix >= 10 min".
    #[test]
    fn fixes_are_missing_after_ten_minutes_of_reports() {
        assert!(!fixless(at(0), at(599), 60, &rules()));
        assert!(fixless(at(0), at(600), 60, &rules()));
        assert!(
            !fixless(at(0), at(899), 300, &rules()),
            "three intervals of five minutes"
        );
        assert_eq!(
            why_fixless(600_000).en,
            "the seal is connected but has had no position for 10 min"
        );
    }
}
