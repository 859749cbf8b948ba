//! Chance that repeats itself in every run (xorshift).

/// Numbers in a row that look like chance.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Another row for each seed.
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds must not begin alike, and a row of zeros never ends.
        let mut dice = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..4 {
            dice.roll();
        }
        dice
    }

    /// From 0 up to, and without, 1.
    pub fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From `low` up to `high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.roll()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_has_one_row_and_its_neighbour_another() {
        let row = |seed| {
            let mut dice = Dice::new(seed);
            [dice.roll(), dice.roll(), dice.roll()]
        };
        assert_eq!(row(1), row(1));
        assert_ne!(row(1), row(2));
        assert_ne!(row(0), [0.0; 3]);
        assert!((0..1000).all(|seed| row(seed).iter().all(|number| (0.0..1.0).contains(number))));
    }
}
