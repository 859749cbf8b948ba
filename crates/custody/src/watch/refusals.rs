//! A17: somebody tries the wrong key, again and again.

use alloc::collections::VecDeque;
use alloc::format;

use segel_model::EventTime;
use segel_model::alarm::Bilingual;
use segel_model::rulebook::WatchRules;
use serde::{Deserialize, Serialize};

use super::words::{both, duration};

/// Refusals that are remembered for each seal. The rulebook's count is taken up to this.
pub const REFUSALS_LIMIT: usize = 16;

/// When a seal last refused to open, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals(VecDeque<EventTime>);

impl Refusals {
    /// Takes a refusal, late or not, where it belongs in time.
    pub fn remember(&mut self, at: EventTime) {
        let place = self.0.partition_point(|known| *known <= at);
        self.0.insert(place, at);
        if REFUSALS_LIMIT < self.0.len() {
            self.0.pop_front();
        }
    }

    /// The wall clock was stepped.
    pub fn shift(&mut self, by_ms: i64) {
        self.0.iter_mut().for_each(|at| *at = at.plus_ms(by_ms));
    }

    /// Whether this refusal, with those before and after it, is one too many: from when they run.
    pub fn too_many_with(&self, at: EventTime, rules: &WatchRules) -> Option<EventTime> {
        let mut times = self.clone();
        times.remember(at);
        let count = usize::from(rules.refusals).clamp(1, REFUSALS_LIMIT);
        let span_ms = i64::from(rules.refusals_s) * 1_000;
        let starts = times.0.iter().zip(times.0.iter().skip(count - 1));
        let mut crowded = starts.filter(|(first, last)| last.since_ms(**first) <= span_ms);
        crowded
            .find(|(first, last)| **first <= at && at <= **last)
            .map(|(first, _)| *first)
    }
}

/// The explanation.
pub fn why(rules: &WatchRules) -> Bilingual {
    let span = duration(i64::from(rules.refusals_s) * 1_000);
    both(
        format!("upaya membuka ditolak {} kali dalam {}", rules.refusals, span.id),
        format!("refused to open {} times in {}", rules.refusals, span.en),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::testing::{at, rules};

    fn tried(seconds: &[i64], then: i64) -> Option<EventTime> {
        let mut refusals = Refusals::default();
        seconds.iter().for_each(|second| refusals.remember(at(*second)));
        refusals.too_many_with(at(then), &rules())
    }

    /// A17: ">= 3 in 10 min".
    #[test]
    fn three_refusals_in_ten_minutes_are_too_many() {
        assert_eq!(tried(&[0], 10), None);
        assert_eq!(tried(&[0, 10], 600), Some(at(0)));
        assert_eq!(tried(&[0, 10], 601), None);
    }

    #[test]
    fn a_refusal_known_late_counts_where_it_belongs() {
        assert_eq!(tried(&[0, 600], 300), Some(at(0)));
        assert_eq!(tried(&[0, 600], -1), None);
        assert_eq!(tried(&[0, 1, 2], 5_000), None, "those three were told already");
        assert_eq!(why(&rules()).id, "upaya membuka ditolak 3 kali dalam 10 mnt");
    }

    #[test]
    fn a_flood_of_refusals_is_bounded() {
        let many: alloc::vec::Vec<i64> = (0..1_000).collect();
        assert_eq!(tried(&many, 1_000), Some(at(998)));
        let mut refusals = Refusals::default();
        many.iter().for_each(|second| refusals.remember(at(*second)));
        assert_eq!(refusals.0.len(), REFUSALS_LIMIT);
    }
}
