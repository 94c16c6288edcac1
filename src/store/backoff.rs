//! Pauses between two tries.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// Pauses between two tries, each twice as long as the last, with jitter.
///
/// ```
/// use std::time::Duration;
/// use precall_hook::store::Backoff;
///
/// let backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(160));
/// assert_eq!(backoff.longest_next(), Duration::from_millis(10));
/// ```
#[derive(Debug, Clone)]
pub struct Backoff {
    pause: Duration,
    max: Duration,
}

impl Backoff {
    /// Returns pauses from `first` up to `max`.
    pub fn new(first: Duration, max: Duration) -> Self {
        Self { pause: first, max }
    }

    /// Returns the longest that the next pause can be.
    pub fn longest_next(&self) -> Duration {
        self.pause
    }

    /// Waits for the next pause: half of it to all of it, so that tries that met do not meet again.
    pub async fn wait(&mut self) {
        tokio::time::sleep(jittered(self.pause)).await;
        self.pause = (self.pause * 2).min(self.max);
    }
}

fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    pause.mul_f64(0.5 + f64::from(u16::try_from(random % 512).unwrap_or_default()) / 1_024.0)
}
