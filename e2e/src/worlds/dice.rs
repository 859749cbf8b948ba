//! Chance from a seed: the same seed throws the same dice on every machine.

/// A die (SplitMix64).
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// The dice of a seed.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Dice of their own, so that one part's throws do not depend on how often another throws.
    #[must_use]
    pub fn split(&mut self) -> Self {
        Self::new(self.throw())
    }

    /// Any number.
    pub fn throw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `least` up to and with `most`.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        let wide = most.abs_diff(least).saturating_add(1).max(1);
        least.saturating_add_unsigned(self.throw() % wide)
    }

    /// A place in something that long.
    pub fn below(&mut self, length: usize) -> usize {
        (self.throw() % (length.max(1) as u64)) as usize
    }

    /// True once in so many throws.
    pub fn once_in(&mut self, throws: u64) -> bool {
        self.throw().is_multiple_of(throws.max(1))
    }

    /// Puts a list into any order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_throws_the_same() {
        let throws = |seed| {
            let mut dice = Dice::new(seed);
            [dice.between(1, 6), dice.between(1, 6), dice.between(-3, 3)]
        };
        assert_eq!(throws(7), throws(7));
        assert_ne!(throws(7), throws(8));
    }

    #[test]
    fn a_shuffled_list_holds_what_it_held() {
        let mut list: Vec<u32> = (0..40).collect();
        Dice::new(1).shuffle(&mut list);
        assert!(!list.is_sorted());
        list.sort_unstable();
        assert_eq!(list, (0..40).collect::<Vec<_>>());
    }
}
