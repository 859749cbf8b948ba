//! Chance from a number: the same number, the same chance.

/// A generator of numbers (xorshift64*): a few instructions a number, because the decoders are quick.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Numbers that go with this one.
    pub fn of(seed: u64) -> Self {
        // Neighbouring seeds shall have nothing in common, and none may be nought.
        let mixed = (seed ^ 0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        Self((mixed ^ (mixed >> 31)) | 1)
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below `count`; 0 where there is none.
    pub fn below(&mut self, count: usize) -> usize {
        // The upper half of the product: the remainder of a division would be slower.
        ((u128::from(self.roll()) * count as u128) >> 64) as usize
    }

    /// Whether it came, once in so many times.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        (self.roll() >> 56) as u8
    }

    /// One of these.
    pub fn one_of<'a, T>(&mut self, some: &'a [T]) -> &'a T {
        &some[self.below(some.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spread_and_repeat_with_their_seed() {
        let mut counts = [0_u32; 10];
        let mut dice = Dice::of(7);
        for _ in 0..10_000 {
            counts[dice.below(10)] += 1;
        }
        assert!(
            counts.iter().all(|count| (800..1200).contains(count)),
            "{counts:?}"
        );
        assert_eq!(Dice::of(7).roll(), Dice::of(7).roll());
        assert_ne!(Dice::of(7).roll(), Dice::of(8).roll());
        assert_eq!(Dice::of(0).below(0), 0);
    }
}
