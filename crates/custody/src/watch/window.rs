//! The newest fixes of a trip, in the order in which they happened: what a late report is judged against.

use alloc::collections::VecDeque;

use segel_geo::Position;
use segel_model::EventTime;
use segel_model::observed::{AreaMarks, CorridorPlace, Side};
use serde::{Deserialize, Serialize};

/// Fixes that are kept for each trip; bounds what a travelling seal costs. The rulebook may ask for fewer to be used.
pub const WINDOW_LIMIT: usize = 24;

/// A fix that judges.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WindowFix {
    /// When.
    pub at: EventTime,
    /// Where.
    pub position: Position,
    /// How it lies to the corridor.
    pub corridor: Option<CorridorPlace>,
    /// In which areas.
    pub areas: AreaMarks,
}

impl WindowFix {
    /// Which side of the border it is on; without a corridor there is no border to cross.
    pub fn side(&self) -> Side {
        self.corridor.map_or(Side::Inside, |corridor| corridor.side)
    }
}

/// The newest fixes, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Window(VecDeque<WindowFix>);

impl Window {
    /// Puts a fix where it belongs in time; of two of the same moment the later comer stands later. Beyond
    /// `WINDOW_LIMIT` the oldest goes.
    pub fn insert(&mut self, fix: WindowFix) {
        let place = self.0.partition_point(|known| known.at <= fix.at);
        self.0.insert(place, fix);
        if WINDOW_LIMIT < self.0.len() {
            self.0.pop_front();
        }
    }

    /// The newest fix.
    pub fn newest(&self) -> Option<&WindowFix> {
        self.0.back()
    }

    /// The newest fix at or before a moment.
    pub fn before(&self, at: EventTime) -> Option<&WindowFix> {
        self.0.iter().rev().find(|fix| fix.at <= at)
    }

    /// The oldest fix that is still at hand where only `fixes` of them may be used; nothing while all there ever were are.
    pub fn oldest_of(&self, fixes: u16) -> Option<EventTime> {
        let usable = usize::from(fixes).min(WINDOW_LIMIT);
        let first = self.0.len().checked_sub(usable)?;
        self.0.get(first).map(|fix| fix.at)
    }

    /// The wall clock was stepped.
    pub fn shift(&mut self, by_ms: i64) {
        self.0.iter_mut().for_each(|fix| fix.at = fix.at.plus_ms(by_ms));
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &WindowFix> + ExactSizeIterator {
        self.0.iter()
    }

    /// The stretch of fixes around a moment of which none is back inside, oldest first; empty where the container was
    /// inside at that moment.
    pub fn stretch_outside(&self, at: EventTime) -> impl Iterator<Item = &WindowFix> {
        let inside = |fix: &WindowFix| fix.side() == Side::Inside;
        let until_then = self.0.partition_point(|fix| fix.at <= at);
        let earlier = self
            .0
            .iter()
            .take(until_then)
            .rev()
            .take_while(|fix| !inside(fix))
            .count();
        let after = self
            .0
            .iter()
            .skip(until_then)
            .take_while(|fix| !inside(fix))
            .count();
        let later = if earlier == 0 { 0 } else { after };
        self.0.iter().skip(until_then - earlier).take(earlier + later)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::watch::testing::{at, corridor_place};

    fn fix(second: i64, outside_m: f32) -> WindowFix {
        WindowFix {
            at: at(second),
            position: Position {
                lat: -6.9,
                lon: 110.4,
            },
            corridor: Some(corridor_place(outside_m)),
            areas: AreaMarks::default(),
        }
    }

    fn times<'a>(fixes: impl Iterator<Item = &'a WindowFix>) -> Vec<i64> {
        fixes.map(|fix| fix.at.since_ms(at(0)) / 1_000).collect()
    }

    #[test]
    fn fixes_stand_in_the_order_in_which_they_happened() {
        let mut window = Window::default();
        [30, 10, 20, 40]
            .into_iter()
            .for_each(|second| window.insert(fix(second, 0.0)));
        assert_eq!(times(window.iter()), [10, 20, 30, 40]);
        assert_eq!(window.before(at(29)).map(|fix| fix.at), Some(at(20)));
        assert_eq!(window.before(at(30)).map(|fix| fix.at), Some(at(30)));
        assert_eq!(window.before(at(9)), None);
    }

    #[test]
    fn the_oldest_goes_beyond_the_limit() {
        let mut window = Window::default();
        (0..=WINDOW_LIMIT as i64).for_each(|second| window.insert(fix(second, 0.0)));
        assert_eq!(window.iter().len(), WINDOW_LIMIT);
        assert_eq!(window.oldest_of(64), Some(at(1)));
        assert_eq!(window.oldest_of(4), Some(at(21)));
    }

    #[test]
    fn while_all_fixes_are_at_hand_none_is_too_old() {
        let mut window = Window::default();
        (0..3).for_each(|second| window.insert(fix(second, 0.0)));
        assert_eq!(window.oldest_of(24), None);
        assert_eq!(window.oldest_of(3), Some(at(0)));
    }

    #[test]
    fn a_stretch_outside_ends_at_the_first_fix_inside() {
        let mut window = Window::default();
        for (second, outside_m) in [
            (0, 900.0),
            (10, 0.0),
            (20, 400.0),
            (30, 500.0),
            (40, 0.0),
            (50, 700.0),
        ] {
            window.insert(fix(second, outside_m));
        }
        assert_eq!(times(window.stretch_outside(at(30))), [20, 30]);
        assert_eq!(times(window.stretch_outside(at(25))), [20, 30]);
        assert_eq!(times(window.stretch_outside(at(10))), [0_i64; 0]);
    }
}
