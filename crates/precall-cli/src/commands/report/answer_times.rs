//! Times to answer.

use std::collections::BTreeMap;

/// Buckets for each factor of e: a quantile is accurate to one in a hundred.
const FINENESS: f64 = 100.0;

/// A histogram of times to answer.
#[derive(Debug, Default)]
pub struct AnswerTimes {
    /// Counts by the logarithm of microseconds.
    buckets: BTreeMap<u32, u64>,
    count: u64,
    /// The longest time, in milliseconds.
    pub longest_ms: f64,
}

impl AnswerTimes {
    /// Adds a time in milliseconds.
    pub fn add(&mut self, ms: f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and some thousand")]
        let bucket = ((ms * 1e3).max(1.0).ln() * FINENESS).round() as u32;
        *self.buckets.entry(bucket).or_default() += 1;
        self.count += 1;
        self.longest_ms = self.longest_ms.max(ms);
    }

    /// Adds the times of another thread.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
        self.count += other.count;
        self.longest_ms = self.longest_ms.max(other.longest_ms);
    }

    /// Returns the time, in milliseconds, within which this many of a thousand answers were given; 0 if there are none.
    pub fn within(&self, per_thousand: u64) -> f64 {
        let wanted = (self.count * per_thousand).div_ceil(1_000);
        let mut count = 0;
        for (bucket, in_bucket) in &self.buckets {
            count += in_bucket;
            if count >= wanted {
                return (f64::from(*bucket) / FINENESS).exp() / 1e3;
            }
        }
        0.0
    }
}
