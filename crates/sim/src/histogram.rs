//! Latencies in buckets that grow with the value: 3 per cent wide from a nanosecond to a day, twelve kilobytes in all.

use std::time::Duration;

/// Buckets per doubling, as a power of two.
const STEPS_LOG: u32 = 5;
const STEPS: usize = 1 << STEPS_LOG;
/// Doublings covered: 2^46 nanoseconds is some 19 hours.
const DOUBLINGS: usize = 46;

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

    /// The buckets that are not empty, by number, and the longest latency: for another process.
    pub fn parts(&self) -> (Vec<(usize, u64)>, Duration) {
        let counted = self.counts.iter().copied().enumerate();
        (counted.filter(|(_, count)| 0 < *count).collect(), self.worst)
    }

    /// What another process counted.
    pub fn of_parts(parts: &[(usize, u64)], worst: Duration) -> Self {
        let mut whole = Self {
            worst,
            ..Self::default()
        };
        for (bucket, count) in parts {
            if let Some(counted) = whole.counts.get_mut(*bucket) {
                *counted += count;
            }
        }
        whole
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

/// The first bits of the nanoseconds: which doubling, and which step of it.
fn bucket(latency: Duration) -> usize {
    let ns = (latency.as_nanos() as u64).max(1);
    let doubling = ns.ilog2();
    let step = match doubling.checked_sub(STEPS_LOG) {
        Some(shift) => ns >> shift,
        None => ns << (STEPS_LOG - doubling),
    } as usize;
    (doubling as usize * STEPS + step - STEPS).min(STEPS * DOUBLINGS - 1)
}

fn upper_edge(index: usize) -> Duration {
    let (doubling, step) = (index / STEPS, index % STEPS + STEPS + 1);
    Duration::from_nanos(((step as u64) << doubling) >> STEPS_LOG)
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
    fn every_latency_lies_below_the_edge_of_its_bucket_and_no_further_than_its_width() {
        for ns in (0..40).flat_map(|doubling| [1_u64 << doubling, (1 << doubling) + 1, 3 << doubling]) {
            let edge = upper_edge(bucket(Duration::from_nanos(ns))).as_nanos() as f64;
            assert!(
                ns as f64 <= edge && edge <= ns as f64 * 1.04 + 1.0,
                "{ns}: {edge}"
            );
        }
    }

    #[test]
    fn a_histogram_comes_whole_from_its_parts() {
        let mut histogram = Histogram::default();
        [3, 3, 70]
            .iter()
            .for_each(|ms| histogram.add(Duration::from_millis(*ms)));
        let (parts, worst) = histogram.parts();
        let again = Histogram::of_parts(&parts, worst);
        assert_eq!((again.parts(), again.count()), ((parts, worst), 3));
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
