//! What a seal repeats in every record until it is over: a cut rope, a stuck motor, an unknown card.
//!
//! The bits of a record's status are levels, not happenings; a happening is their rise. So the runs of each level are kept in
//! the order of the seal's own time: a record says something new only where neither the record before it nor the one after
//! it, as far as they are known, said it too. What arrives late or out of order is thus told once as well.

use alloc::collections::VecDeque;

use segel_model::report::{Lock, ReportKind};
use segel_model::{EventTime, Observed, Signal};
use serde::{Deserialize, Serialize};

use super::has;

/// Records that are remembered for each seal: those at which a level rose or fell, and the newest. Beyond it the oldest
/// goes: a level that went to and fro four times since is old news.
pub const LEVELS_LIMIT: usize = 8;

/// Some levels: one bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Levels(u8);

impl Levels {
    /// No level.
    pub const NONE: Self = Self(0);
    /// Five wrong passwords.
    pub const BAD_PASSWORD: Self = Self(1);
    /// A card it does not know.
    pub const ILLEGAL_CARD: Self = Self(1 << 1);
    /// The motor is stuck.
    pub const MOTOR_STUCK: Self = Self(1 << 2);
    /// The rope is cut or out, or the shackle forced.
    pub const FORCED: Self = Self(1 << 3);
    /// The cover is open, or the seal apart.
    pub const BODY: Self = Self(1 << 4);
    /// The motor's contact says open.
    pub const MOTOR_OPEN: Self = Self(1 << 5);

    /// What a report says; only a record, or a smaller seal's, has levels. Everything else tells what happened.
    pub fn of(observed: &Observed) -> Option<Self> {
        let tells = match observed.kind {
            ReportKind::Record => true,
            // A smaller seal says its contacts with everything; its host's word that it was heard says nothing of the host's own.
            ReportKind::SubSeal => observed.lock != Lock::default(),
            ReportKind::Happening | ReportKind::Heartbeat | ReportKind::Answer => false,
        };
        if !tells {
            return None;
        }
        let forced = [Signal::RopeCut, Signal::RopeOut, Signal::ShackleOpenedWhileSealed];
        let body = [Signal::CoverOpen, Signal::Dismantled];
        let any = |signals: &[Signal]| signals.iter().any(|signal| has(observed, signal));
        let (signals, lock) = (observed.signals, observed.lock);
        let said = [
            (Self::BAD_PASSWORD, signals.refused_password()),
            (Self::ILLEGAL_CARD, signals.refused_card()),
            (Self::MOTOR_STUCK, has(observed, &Signal::MotorStuck)),
            (Self::FORCED, any(&forced) || lock.rope == Some(false)),
            (Self::BODY, any(&body) || lock.cover == Some(false)),
            (Self::MOTOR_OPEN, lock.motor == Some(false)),
        ];
        let on = said.into_iter().filter(|(_, said)| *said);
        Some(Self(on.fold(0, |all, (level, _)| all | level.0)))
    }

    /// Whether a level is among them.
    pub const fn has(self, level: Self) -> bool {
        self.0 & level.0 != 0
    }

    const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// The levels of a seal over time, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelLog(VecDeque<Said>);

/// What a record said, and when.
type Said = (EventTime, Levels);

impl LevelLog {
    /// The levels that a report is the first to say.
    pub fn risen(&self, at: EventTime, observed: &Observed) -> Levels {
        let Some(levels) = Levels::of(observed) else {
            return Levels::NONE;
        };
        let (before, after) = self.around(at);
        let known = |beside: Option<Said>| beside.map_or(Levels::NONE, |(_, levels)| levels);
        levels.without(known(before)).without(known(after))
    }

    /// What the newest record says.
    pub fn newest(&self) -> Levels {
        self.0.back().map_or(Levels::NONE, |(_, levels)| *levels)
    }

    /// When the record before that moment was, as far as it is known.
    pub fn before(&self, at: EventTime) -> Option<EventTime> {
        self.around(at).0.map(|(at, _)| at)
    }

    fn around(&self, at: EventTime) -> (Option<Said>, Option<Said>) {
        let place = self.0.partition_point(|(known, _)| *known <= at);
        let before = place.checked_sub(1).and_then(|before| self.0.get(before));
        (before.copied(), self.0.get(place).copied())
    }

    /// Remembers what a report says, where it belongs in time.
    pub fn remember(&mut self, at: EventTime, observed: &Observed) {
        let Some(levels) = Levels::of(observed) else {
            return;
        };
        let place = self.0.partition_point(|(known, _)| *known <= at);
        self.0.insert(place, (at, levels));
        self.forget_inside_runs(place);
        if LEVELS_LIMIT < self.0.len() {
            self.0.pop_front();
        }
    }

    /// Of a run only its ends count: around the record just put in, those inside one are dropped.
    fn forget_inside_runs(&mut self, place: usize) {
        for middle in [place + 1, place, place.saturating_sub(1)] {
            let three = middle.checked_sub(1).map(|first| [first, middle, middle + 1]);
            let levels = three.map(|three| three.map(|at| self.0.get(at).map(|(_, levels)| *levels)));
            if let Some([Some(first), Some(second), Some(third)]) = levels
                && first == second
                && second == third
            {
                self.0.remove(middle);
            }
        }
    }

    /// The wall clock was stepped.
    pub fn shift(&mut self, by_ms: i64) {
        self.0.iter_mut().for_each(|(at, _)| *at = at.plus_ms(by_ms));
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use segel_model::signal::{SignalSet, UnsealRefusal};

    use super::*;
    use crate::watch::testing::{at, observed_at};

    fn record(second: i64, signals: &[Signal]) -> Observed {
        Observed {
            signals: SignalSet::of(signals),
            ..observed_at(at(second))
        }
    }

    /// The seconds of those records that were the first to say it, in the order of arrival.
    fn risen(level: Levels, records: &[Observed]) -> Vec<i64> {
        let mut log = LevelLog::default();
        let mut rises = Vec::new();
        for record in records {
            if log.risen(record.at, record).has(level) {
                rises.push(record.at.since_ms(at(0)) / 1_000);
            }
            log.remember(record.at, record);
        }
        rises
    }

    const STUCK: [Signal; 1] = [Signal::MotorStuck];

    #[test]
    fn a_level_rises_once_and_again_only_after_it_fell() {
        let story = [
            record(0, &[]),
            record(1, &STUCK),
            record(2, &STUCK),
            record(3, &STUCK),
            record(4, &[]),
            record(5, &STUCK),
        ];
        assert_eq!(risen(Levels::MOTOR_STUCK, &story), [1, 5]);
        assert_eq!(risen(Levels::FORCED, &story), [0_i64; 0]);
        assert_eq!(risen(Levels::MOTOR_STUCK, &[record(0, &STUCK)]), [0]);
    }

    #[test]
    fn what_comes_late_rises_only_where_neither_neighbour_says_it() {
        let inside = [
            record(1, &[]),
            record(9, &STUCK),
            record(5, &STUCK),
            record(3, &STUCK),
        ];
        assert_eq!(
            risen(Levels::MOTOR_STUCK, &inside),
            [9],
            "the same run, known from its end"
        );
        let apart = [
            record(1, &[]),
            record(9, &[]),
            record(5, &STUCK),
            record(3, &STUCK),
            record(6, &STUCK),
        ];
        assert_eq!(risen(Levels::MOTOR_STUCK, &apart), [5], "a run of its own");
    }

    #[test]
    fn only_records_have_levels() {
        let refused = Signal::UnsealRefused {
            reason: UnsealRefusal::IllegalCard,
            actor: None,
        };
        let told = Observed {
            kind: ReportKind::Happening,
            ..record(1, core::slice::from_ref(&refused))
        };
        assert_eq!(risen(Levels::ILLEGAL_CARD, &[told.clone(), told]), [0_i64; 0]);
        let shown = record(2, core::slice::from_ref(&refused));
        assert_eq!(risen(Levels::ILLEGAL_CARD, core::slice::from_ref(&shown)), [2]);
        assert_eq!(risen(Levels::BAD_PASSWORD, &[shown]), [0_i64; 0]);
    }

    #[test]
    fn a_quiet_road_costs_two_records_and_a_flickering_contact_is_bounded() {
        let mut log = LevelLog::default();
        (0..100).for_each(|second| log.remember(at(second), &record(second, &[])));
        assert_eq!(log.0, [(at(0), Levels::NONE), (at(99), Levels::NONE)]);
        for second in 100..200 {
            let stuck: &[Signal] = if second % 2 == 0 { &STUCK } else { &[] };
            log.remember(at(second), &record(second, stuck));
        }
        assert_eq!(log.0.len(), LEVELS_LIMIT);
        assert_eq!(log.before(at(198)), Some(at(198)));
        assert_eq!(log.before(at(0)), None);
    }
}
