//! Reads the rules of a call in one sequential round trip.
//!
//! The callee's rules are read for each call. The rules of callers and the wildcard rules repeat from call to call, so they
//! are cached for a short time. After that time, they are read in parallel with the callee's rules.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use precall::rule::{WILDCARD, parse};
use precall::{Call, Number, Partition, RuleSet};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::settings::Settings;
use crate::store::{RulesTable, StoreError};

/// The greatest number of callers whose rules are cached at the same time.
const MAX_CALLERS: usize = 4_096;

/// Reads rules, and caches those that repeat from call to call.
#[derive(Debug)]
pub struct RuleCache {
    table: RulesTable,
    settings: Arc<Settings>,
    wildcard: Arc<CachedPartition>,
    callers: Mutex<HashMap<String, Arc<CachedPartition>>>,
}

/// The rules of a call.
#[derive(Debug)]
pub struct RulesOfCall {
    /// The rules.
    pub rules: RuleSet,
    /// The source and the age of each part of them.
    pub reads: PartitionReads,
}

/// The source and the age of each part of a call's rules.
#[derive(Debug, Clone, Copy)]
pub struct PartitionReads {
    /// The callee's rules.
    pub callee: PartitionRead,
    /// The caller's rules; `None` if there is no caller, or the caller is the callee.
    pub caller: Option<PartitionRead>,
    /// The wildcard rules.
    pub wildcard: PartitionRead,
}

/// The source and the age of one partition.
#[derive(Debug, Clone, Copy)]
pub struct PartitionRead {
    /// The source.
    pub source: ReadSource,
    /// The time since it was read from the table.
    pub age: Duration,
}

/// The source of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadSource {
    /// Read from the table for this call.
    Store,
    /// Read a short time ago.
    Cache,
    /// Read longer ago, because fresher rules could not be read in time.
    LastGood,
}

impl ReadSource {
    /// Returns the source in one word, for the decision record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Cache => "cache",
            Self::LastGood => "last_good",
        }
    }
}

impl RuleCache {
    /// Returns an empty cache of a table.
    pub fn new(table: RulesTable, settings: Arc<Settings>) -> Self {
        let wildcard = Arc::new(CachedPartition::new(WILDCARD));
        Self { table, settings, wildcard, callers: Mutex::default() }
    }

    /// Reads the wildcard rules and returns their number. During the start of the process, this also makes the connection,
    /// while no call waits for it.
    ///
    /// # Errors
    /// The rules could not be read. The first call tries again.
    pub async fn warm(&self) -> Result<usize, StoreError> {
        Ok(self.wildcard().await?.entries().len())
    }

    /// Returns the wildcard rules that were read last, without reading them.
    pub fn last_wildcard(&self) -> Option<Arc<Partition>> {
        self.wildcard.good().map(|(partition, _)| partition)
    }

    /// Returns the current wildcard rules.
    ///
    /// # Errors
    /// The rules could not be read, and none are cached.
    pub async fn wildcard(&self) -> Result<Arc<Partition>, StoreError> {
        let wildcard = self.wildcard.get(&self.table, &self.settings, std::future::ready(()));
        let (partition, _) =
            timeout(self.settings.budget.operation, wildcard).await.unwrap_or_else(|_| Err(StoreError::late()))?;
        Ok(partition)
    }

    /// Reads the rules of a call.
    ///
    /// # Errors
    /// Some of the rules could not be read, so the decision is unknown.
    pub async fn rules_of(&self, call: &Call) -> Result<RulesOfCall, StoreError> {
        let caller = call.from.as_ref().filter(|from| **from != call.to).map(|from| self.caller(from.as_str()));
        // While the callee's rules are being read, waiting for the others takes no additional time.
        let (read, done) = watch::channel(());
        let done = || {
            let mut done = done.clone();
            async move { while done.changed().await.is_ok() {} }
        };
        let (callee, caller, (wildcard, wildcard_read)) = tokio::try_join!(
            async {
                let partition = self.callee(&call.to).await;
                drop(read);
                partition
            },
            async {
                match &caller {
                    Some(cached) => cached.get(&self.table, &self.settings, done()).await.map(Some),
                    None => Ok(None),
                }
            },
            self.wildcard.get(&self.table, &self.settings, done()),
        )?;
        let (caller, caller_read) =
            caller.map_or_else(|| (Arc::default(), None), |(partition, read)| (partition, Some(read)));
        let mut rules = RuleSet::of_call(wildcard, caller).with_default(self.settings.default.clone());
        rules.add_callee(&call.to, callee);
        let callee_read = PartitionRead { source: ReadSource::Store, age: Duration::ZERO };
        let reads = PartitionReads { callee: callee_read, caller: caller_read, wildcard: wildcard_read };
        Ok(RulesOfCall { rules, reads })
    }

    /// Reads the rules under a callee's number, which are never cached.
    ///
    /// # Errors
    /// The rules could not be read.
    pub async fn callee(&self, number: &Number) -> Result<Arc<Partition>, StoreError> {
        let items = self.table.items(number.as_str()).await?;
        Ok(Arc::new(items.iter().map(parse).collect()))
    }

    fn caller(&self, number: &str) -> Arc<CachedPartition> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = callers.get(number) {
            return Arc::clone(cached);
        }
        if callers.len() >= MAX_CALLERS {
            callers.retain(|_, cached| cached.age().is_some_and(|age| age <= self.settings.ages.fresh));
            if callers.len() >= MAX_CALLERS {
                callers.clear();
            }
        }
        let cached = Arc::new(CachedPartition::new(number));
        callers.insert(number.to_owned(), Arc::clone(&cached));
        cached
    }
}

/// A cached partition.
#[derive(Debug)]
struct CachedPartition {
    number: String,
    last: Mutex<LastReads>,
    /// The task that reads the partition holds this lock.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct LastReads {
    good: Option<(Arc<Partition>, Moment)>,
    failure: Option<(StoreError, Instant)>,
}

impl CachedPartition {
    fn new(number: &str) -> Self {
        Self { number: number.to_owned(), last: Mutex::default(), reading: tokio::sync::Mutex::default() }
    }

    fn age(&self) -> Option<Duration> {
        self.good().map(|(_, age)| age)
    }

    fn good(&self) -> Option<(Arc<Partition>, Duration)> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.good.as_ref().map(|(partition, moment)| (Arc::clone(partition), moment.elapsed()))
    }

    /// Returns a fresh partition. Returns the last good one if the fresh one takes longer than the refresh wait and longer
    /// than the other reads of the call.
    async fn get(
        self: &Arc<Self>,
        table: &RulesTable,
        settings: &Settings,
        everything_else: impl Future<Output = ()>,
    ) -> Result<(Arc<Partition>, PartitionRead), StoreError> {
        let good = self.good();
        if let Some((partition, age)) = &good
            && *age <= settings.ages.fresh
        {
            return Ok((Arc::clone(partition), PartitionRead { source: ReadSource::Cache, age: *age }));
        }
        // In a separate task: if this call cannot wait for it, a later call finds the result.
        let refresh = tokio::spawn(Arc::clone(self).refresh(table.clone(), Instant::now()));
        let kept = good.filter(|(_, age)| *age <= settings.ages.keep);
        let patience = async {
            if kept.is_some() {
                tokio::join!(sleep(settings.budget.refresh_wait), everything_else);
            } else {
                sleep(settings.budget.deadline).await;
            }
        };
        let outcome = tokio::select! {
            outcome = refresh => outcome.unwrap_or_else(|_| Err(StoreError::late())),
            () = patience => Err(StoreError::late()),
        };
        match (outcome, kept) {
            (Ok(partition), _) => Ok((partition, PartitionRead { source: ReadSource::Store, age: Duration::ZERO })),
            (Err(error), Some((partition, age))) => {
                tracing::warn!(%error, age_s = age.as_secs(), "rules could not be refreshed; the last good ones are used");
                Ok((partition, PartitionRead { source: ReadSource::LastGood, age }))
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Reads the partition, unless another task began to read it after `asked`. An earlier read may have met a fault that is
    /// over now, or missed a change.
    async fn refresh(self: Arc<Self>, table: RulesTable, asked: Instant) -> Result<Arc<Partition>, StoreError> {
        let _reading = self.reading.lock().await;
        let before = {
            let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((error, _)) = last.failure.as_ref().filter(|(_, at)| *at >= asked) {
                return Err(error.clone());
            }
            match &last.good {
                Some((partition, moment)) if moment.monotonic >= asked => return Ok(Arc::clone(partition)),
                good => good.as_ref().map(|(partition, _)| Arc::clone(partition)),
            }
        };
        let moment = Moment::now();
        let read = table.items(&self.number).await;
        let outcome = read.map(|items| Arc::new(Partition::replacing(&before.unwrap_or_default(), &items)));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &outcome {
            Ok(partition) => last.good = Some((Arc::clone(partition), moment)),
            Err(error) => last.failure = Some((error.clone(), moment.monotonic)),
        }
        outcome
    }
}

/// An instant by two clocks: the monotonic clock may stop while an instance is frozen.
#[derive(Debug, Clone, Copy)]
struct Moment {
    monotonic: Instant,
    wall: SystemTime,
}

impl Moment {
    fn now() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
    }

    fn elapsed(&self) -> Duration {
        self.monotonic.elapsed().max(self.wall.elapsed().unwrap_or_default())
    }
}
