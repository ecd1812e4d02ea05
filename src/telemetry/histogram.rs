//! A histogram of durations with fixed buckets: relaxed atomics, no lock, no allocation.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper bounds of the buckets in nanoseconds, rising.
pub(super) type Bounds<const N: usize> = [u64; N];

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000 * MICROSECOND;
const SECOND: u64 = 1_000 * MILLISECOND;

/// From a cached refusal to the longest request allowed by default.
pub(super) const REQUEST_BOUNDS: Bounds<18> = [
    100 * MICROSECOND,
    250 * MICROSECOND,
    500 * MICROSECOND,
    MILLISECOND,
    2_500 * MICROSECOND,
    5 * MILLISECOND,
    10 * MILLISECOND,
    25 * MILLISECOND,
    50 * MILLISECOND,
    100 * MILLISECOND,
    250 * MILLISECOND,
    500 * MILLISECOND,
    SECOND,
    2_500 * MILLISECOND,
    5 * SECOND,
    10 * SECOND,
    60 * SECOND,
    300 * SECOND,
];

/// The gateway's own cost.
pub(super) const DECISION_BOUNDS: Bounds<13> = [
    MICROSECOND,
    2 * MICROSECOND,
    5 * MICROSECOND,
    10 * MICROSECOND,
    20 * MICROSECOND,
    50 * MICROSECOND,
    100 * MICROSECOND,
    200 * MICROSECOND,
    500 * MICROSECOND,
    MILLISECOND,
    2 * MILLISECOND,
    5 * MILLISECOND,
    10 * MILLISECOND,
];

/// From one changed file to a million keys.
pub(super) const RELOAD_BOUNDS: Bounds<12> = [
    MILLISECOND,
    5 * MILLISECOND,
    10 * MILLISECOND,
    25 * MILLISECOND,
    50 * MILLISECOND,
    100 * MILLISECOND,
    250 * MILLISECOND,
    500 * MILLISECOND,
    SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
];

/// Counts of durations, by bucket, and their sum.
#[derive(Debug)]
pub(super) struct Histogram<const N: usize> {
    bounds: &'static Bounds<N>,
    buckets: [AtomicU64; N],
    beyond: AtomicU64,
    nanoseconds: AtomicU64,
}

impl<const N: usize> Histogram<N> {
    /// An empty one.
    pub(super) fn new(bounds: &'static Bounds<N>) -> Self {
        Self {
            bounds,
            buckets: array::from_fn(|_| AtomicU64::new(0)),
            beyond: AtomicU64::new(0),
            nanoseconds: AtomicU64::new(0),
        }
    }

    /// Counts one duration; a bound belongs to its own bucket (`le`).
    pub(super) fn observe(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let place = self.bounds.partition_point(|bound| *bound < nanoseconds);
        let bucket = self.buckets.get(place).unwrap_or(&self.beyond);
        bucket.fetch_add(1, Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Relaxed);
    }

    /// Adds what this one counted to `total`.
    pub(super) fn add_to(&self, total: &Self) {
        for (from, to) in self.buckets.iter().zip(&total.buckets) {
            to.fetch_add(from.load(Relaxed), Relaxed);
        }
        total.beyond.fetch_add(self.beyond.load(Relaxed), Relaxed);
        total
            .nanoseconds
            .fetch_add(self.nanoseconds.load(Relaxed), Relaxed);
    }

    /// Each bound in nanoseconds with how many durations lie at or below it.
    pub(super) fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> {
        let counts = self.buckets.iter().scan(0, |below, bucket| {
            *below += bucket.load(Relaxed);
            Some(*below)
        });
        self.bounds.iter().copied().zip(counts)
    }

    /// How many durations were counted.
    pub(super) fn count(&self) -> u64 {
        let within: u64 = self.buckets.iter().map(|bucket| bucket.load(Relaxed)).sum();
        within + self.beyond.load(Relaxed)
    }

    /// Their sum in nanoseconds.
    pub(super) fn sum(&self) -> u64 {
        self.nanoseconds.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_rise() {
        assert!(REQUEST_BOUNDS.is_sorted_by(|a, b| a < b));
        assert!(DECISION_BOUNDS.is_sorted_by(|a, b| a < b));
        assert!(RELOAD_BOUNDS.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn a_duration_on_a_bound_belongs_to_that_bucket_and_a_longer_one_to_the_next() {
        let histogram = Histogram::new(&DECISION_BOUNDS);
        histogram.observe(Duration::ZERO);
        histogram.observe(Duration::from_micros(1));
        histogram.observe(Duration::from_nanos(1_001));
        histogram.observe(Duration::from_millis(11));
        let counts: Vec<_> = histogram.cumulative().collect();
        assert_eq!(counts[0], (1_000, 2));
        assert_eq!(counts[1], (2_000, 3));
        assert_eq!(counts[12], (10_000_000, 3));
        assert_eq!(histogram.count(), 4);
        assert_eq!(histogram.sum(), 11_002_001);
    }

    #[test]
    fn adding_keeps_buckets_count_and_sum() {
        let total = Histogram::new(&RELOAD_BOUNDS);
        for _ in 0..2 {
            let part = Histogram::new(&RELOAD_BOUNDS);
            part.observe(Duration::from_millis(3));
            part.observe(Duration::from_secs(99));
            part.add_to(&total);
        }
        assert_eq!(total.count(), 4);
        assert_eq!(total.cumulative().nth(1), Some((5_000_000, 2)));
        assert_eq!(total.sum(), 2 * 99_003_000_000);
    }

    #[test]
    fn a_duration_beyond_all_measure_counts_without_a_panic() {
        let histogram = Histogram::new(&REQUEST_BOUNDS);
        histogram.observe(Duration::MAX);
        histogram.observe(Duration::MAX);
        assert_eq!(histogram.count(), 2);
    }
}
