//! Latencies in buckets that grow with the value: 3 per cent wide from a microsecond to an hour, a kilobyte in all.

use std::time::Duration;

/// Buckets per doubling.
const STEPS: usize = 32;
/// Doublings covered: 2^36 microseconds is some 19 hours.
const DOUBLINGS: usize = 36;

/// How often each latency came.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Vec<u64>,
    worst: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; STEPS * DOUBLINGS],
            worst: Duration::ZERO,
        }
    }
}

impl Histogram {
    /// Counts one latency.
    pub fn add(&mut self, latency: Duration) {
        self.counts[bucket(latency)] += 1;
        self.worst = self.worst.max(latency);
    }

    /// Counts all of another's.
    pub fn merge(&mut self, other: &Self) {
        for (own, others) in self.counts.iter_mut().zip(&other.counts) {
            *own += others;
        }
        self.worst = self.worst.max(other.worst);
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The longest.
    pub fn worst(&self) -> Duration {
        self.worst
    }

    /// The latency that a part of all (0.99) stay under, to the width of a bucket.
    pub fn quantile(&self, part: f64) -> Duration {
        let wanted = (self.count() as f64 * part).ceil() as u64;
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted && *count > 0 {
                return upper_edge(index).min(self.worst);
            }
        }
        self.worst
    }
}

fn bucket(latency: Duration) -> usize {
    let us = (latency.as_nanos() as f64 / 1000.0).max(1.0);
    ((us.log2() * STEPS as f64) as usize).min(STEPS * DOUBLINGS - 1)
}

fn upper_edge(index: usize) -> Duration {
    Duration::from_nanos((((index + 1) as f64 / STEPS as f64).exp2() * 1000.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_true_to_a_bucket() {
        let mut histogram = Histogram::default();
        (1..=1000).for_each(|ms| histogram.add(Duration::from_millis(ms)));
        for (part, ms) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let found = histogram.quantile(part).as_secs_f64() * 1000.0;
            assert!((found / ms - 1.0).abs() < 0.03, "{part}: {found}");
        }
        assert_eq!(histogram.worst(), Duration::from_secs(1));
    }

    #[test]
    fn merging_adds() {
        let mut one = Histogram::default();
        one.add(Duration::from_micros(3));
        let mut two = Histogram::default();
        two.add(Duration::from_millis(3));
        one.merge(&two);
        assert_eq!((one.count(), one.worst()), (2, Duration::from_millis(3)));
    }

    #[test]
    fn nothing_counted_is_zero() {
        assert_eq!(Histogram::default().quantile(0.99), Duration::ZERO);
    }
}
