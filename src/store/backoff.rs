//! Pauses between attempts.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// Pauses between attempts, each twice as long as the one before, with jitter.
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

    /// Returns the longest possible next pause.
    pub fn longest_next(&self) -> Duration {
        self.pause
    }

    /// Waits for half to all of the next pause, at random, so that attempts that collided do not collide again.
    pub async fn wait(&mut self) {
        tokio::time::sleep(jittered(self.pause)).await;
        self.pause = (self.pause * 2).min(self.max);
    }
}

fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    pause.mul_f64(0.5 + f64::from(u16::try_from(random % 512).unwrap_or_default()) / 1_024.0)
}
