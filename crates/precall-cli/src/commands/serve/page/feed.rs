//! The last decisions of this process, for the page.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use precall_hook::log::DecisionRecord;
use tokio::sync::watch;

/// The decisions that are kept and shown.
pub const MAX_DECISIONS: usize = 100;

/// The longest time that a request for newer decisions waits for one.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// The time in which decisions arrive together: a dialer makes hundreds per second, and a page must not send as many
/// requests.
const BATCH_TIME: Duration = Duration::from_millis(250);

/// The last decisions of this process, numbered, the newest first.
#[derive(Debug)]
pub struct DecisionFeed {
    kept: Mutex<VecDeque<(u64, Arc<DecisionRecord>)>>,
    newest: watch::Sender<u64>,
}

impl DecisionFeed {
    /// Returns an empty feed.
    pub fn new() -> Self {
        // The numbers begin at the clock, so a page that is open across a restart does not get old numbers again.
        let first = u64::try_from(Timestamp::now().as_microsecond()).unwrap_or_default();
        Self { kept: Mutex::default(), newest: watch::Sender::new(first) }
    }

    /// Adds a decision, and removes the oldest one if there are too many.
    pub fn add(&self, record: DecisionRecord) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == MAX_DECISIONS {
            kept.pop_back();
        }
        let number = *self.newest.borrow() + 1;
        kept.push_front((number, Arc::new(record)));
        self.newest.send_replace(number);
    }

    /// Returns the decisions after the one with this number, the newest first, and the number of the newest.
    pub fn after(&self, number: u64) -> (Vec<Arc<DecisionRecord>>, u64) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let newer = kept.iter().take_while(|(own, _)| *own > number);
        (newer.map(|(_, record)| Arc::clone(record)).collect(), *self.newest.borrow())
    }

    /// Waits until there is a decision after the one with this number, and returns what [`Self::after`] returns; no
    /// decisions if none comes in time.
    pub async fn wait_after(&self, number: u64) -> (Vec<Arc<DecisionRecord>>, u64) {
        let mut newest = self.newest.subscribe();
        // The sender lives as long as `self`.
        let is_newer = tokio::time::timeout(MAX_WAIT, newest.wait_for(|newest| *newest > number)).await.is_ok();
        if is_newer {
            tokio::time::sleep(BATCH_TIME).await;
        }
        self.after(number)
    }
}
