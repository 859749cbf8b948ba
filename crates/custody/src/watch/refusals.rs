//! A17: somebody tries the wrong key, again and again.
//!
//! A seal tells each try as it happens, and its records show the same by a level that stays: five wrong passwords, an unknown
//! card. A card counts once, so one that a record shows counts only where the seal did not tell it just before or after.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::vec::Vec;

use segel_model::alarm::Bilingual;
use segel_model::report::ReportKind;
use segel_model::rulebook::WatchRules;
use segel_model::{EventTime, Observed};
use serde::{Deserialize, Serialize};

use super::has;
use super::levels::Levels;
use super::tamper;
use super::words::{both, duration};

/// Refusals that are remembered for each seal. The rulebook's count is taken up to this.
pub const REFUSALS_LIMIT: usize = 16;
/// What the level of wrong passwords stands for (manual, status bit 9: "a wrong password five times").
const BAD_PASSWORDS: u8 = 5;

/// One refusal, or what a record shows of some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    at: EventTime,
    tries: u8,
    card: bool,
    shown: bool,
}

impl Refusal {
    /// What a report says was refused; `risen` are the levels that it is the first to say.
    pub fn of(at: EventTime, observed: &Observed, risen: Levels) -> Option<Self> {
        let shown = observed.kind == ReportKind::Record;
        let tries = match shown {
            false => u8::from(has(observed, &tamper::REFUSED)),
            true if risen.has(Levels::BAD_PASSWORD) => BAD_PASSWORDS,
            true => u8::from(risen.has(Levels::ILLEGAL_CARD)),
        };
        (0 < tries).then_some(Self {
            at,
            tries,
            card: observed.signals.refused_card() && tries == 1,
            shown,
        })
    }

    /// Whether another one tells of the card that this one only shows.
    fn is_told_by(&self, other: &Self, pair_ms: i64) -> bool {
        let same = self.card && other.card && self.shown && !other.shown;
        same && self.at.since_ms(other.at).abs() <= pair_ms
    }
}

/// What a seal lately refused, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals(VecDeque<Refusal>);

impl Refusals {
    /// Takes a refusal, late or not, where it belongs in time.
    pub fn remember(&mut self, refusal: Refusal) {
        let place = self.0.partition_point(|known| known.at <= refusal.at);
        self.0.insert(place, refusal);
        if REFUSALS_LIMIT < self.0.len() {
            self.0.pop_front();
        }
    }

    /// The wall clock was stepped.
    pub fn shift(&mut self, by_ms: i64) {
        self.0
            .iter_mut()
            .for_each(|known| known.at = known.at.plus_ms(by_ms));
    }

    /// Whether this refusal, with those before and after it, is one too many: from when they run.
    pub fn too_many_with(&self, refusal: Refusal, rules: &WatchRules) -> Option<EventTime> {
        let count = usize::from(rules.refusals).clamp(1, REFUSALS_LIMIT);
        let at = refusal.at;
        if count <= usize::from(refusal.tries) {
            return Some(at);
        }
        let mut all = self.clone();
        all.remember(refusal);
        let tries = all.tries(rules);
        let span_ms = i64::from(rules.refusals_s) * 1_000;
        let starts = tries.iter().zip(tries.iter().skip(count - 1));
        let mut crowded = starts.filter(|(first, last)| last.since_ms(**first) <= span_ms);
        crowded
            .find(|(first, last)| **first <= at && at <= **last)
            .map(|(first, _)| *first)
    }

    /// The moment of every single try, each once.
    fn tries(&self, rules: &WatchRules) -> Vec<EventTime> {
        let pair_ms = i64::from(rules.refusal_pair_s) * 1_000;
        let told = |one: &&Refusal| !self.0.iter().any(|other| one.is_told_by(other, pair_ms));
        let counted = self.0.iter().filter(told);
        counted
            .flat_map(|one| core::iter::repeat_n(one.at, usize::from(one.tries)))
            .collect()
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

    fn told(second: i64) -> Refusal {
        Refusal {
            at: at(second),
            tries: 1,
            card: true,
            shown: false,
        }
    }

    fn shown(second: i64, tries: u8) -> Refusal {
        Refusal {
            tries,
            card: tries == 1,
            shown: true,
            ..told(second)
        }
    }

    fn after(before: &[Refusal], then: Refusal) -> Option<EventTime> {
        let mut refusals = Refusals::default();
        before.iter().for_each(|one| refusals.remember(*one));
        refusals.too_many_with(then, &rules())
    }

    fn tried(seconds: &[i64], then: i64) -> Option<EventTime> {
        let before: Vec<Refusal> = seconds.iter().map(|second| told(*second)).collect();
        after(&before, told(then))
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

    /// The manual, status bit 9: "wrong password 5x" is more than three by itself; bit 10 is one card.
    #[test]
    fn what_a_record_shows_counts_as_many_tries_as_it_stands_for() {
        assert_eq!(after(&[], shown(0, BAD_PASSWORDS)), Some(at(0)));
        assert_eq!(after(&[], shown(0, 1)), None);
        assert_eq!(after(&[shown(0, 1), shown(200, 1)], shown(600, 1)), Some(at(0)));
        assert_eq!(after(&[shown(0, 1), shown(200, 1)], shown(601, 1)), None);
    }

    /// A lock event and its record are one try, whichever comes first; a minute apart they are one, beyond it two.
    #[test]
    fn what_was_told_and_is_shown_counts_once() {
        assert_eq!(after(&[told(0), shown(5, 1)], told(300)), None);
        assert_eq!(after(&[shown(0, 1), told(5)], told(300)), None);
        assert_eq!(after(&[told(0), shown(60, 1)], told(300)), None);
        assert_eq!(after(&[told(0), shown(61, 1)], told(300)), Some(at(0)));
        let password = Refusal {
            card: false,
            ..told(0)
        };
        assert_eq!(
            after(&[password, shown(5, 1)], told(300)),
            Some(at(0)),
            "a wrong password is no card"
        );
    }

    #[test]
    fn a_flood_of_refusals_is_bounded() {
        let many: Vec<i64> = (0..1_000).collect();
        assert_eq!(tried(&many, 1_000), Some(at(998)));
        let mut refusals = Refusals::default();
        many.iter().for_each(|second| refusals.remember(told(*second)));
        assert_eq!(refusals.0.len(), REFUSALS_LIMIT);
    }
}
