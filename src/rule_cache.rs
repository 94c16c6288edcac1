//! Reads the rules of a call in one sequential round trip.
//!
//! The callee's rules are read for each call. The rules of callers and the wildcard rules repeat from call to call, so they
//! are cached for a short time. After that time, they are read in parallel with the callee's rules.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use precall::rule::WILDCARD;
use precall::{Call, Number, Partition, RuleSet};
use tokio::sync::watch;
use tokio::time::{sleep, sleep_until, timeout_at};

use crate::log::Mask;
use crate::partition_read::{PartitionRead, PartitionReads, ReadSource};
use crate::settings::Settings;
use crate::store::{RulesTable, StoreError, StoreErrorKind, TableKind, before_deadline};

/// The greatest number of callers whose rules are cached at the same time.
const MAX_CALLERS: usize = 4_096;

/// Reads rules, and caches those that repeat from call to call.
#[derive(Debug)]
pub struct RuleCache {
    table: RulesTable,
    settings: Arc<Settings>,
    mask: Mask,
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

/// A partition and how it was read, or why it could not be read.
type ReadOutcome = Result<(Arc<Partition>, PartitionRead), StoreError>;

impl RuleCache {
    /// Returns an empty cache of a table.
    pub fn new(table: RulesTable, settings: Arc<Settings>) -> Self {
        let wildcard = Arc::new(CachedPartition::new(WILDCARD));
        Self { table, mask: Mask::new(&settings), settings, wildcard, callers: Mutex::default() }
    }

    /// Reads the wildcard rules and returns their number. During the start of the process, this also makes the connection,
    /// while no call waits for it.
    ///
    /// # Errors
    /// The rules could not be read. The first call tries again.
    pub async fn warm(&self) -> Result<usize, StoreError> {
        Ok(self.wildcard().await?.entries().len())
    }

    /// Returns true if the wildcard rules have been read.
    pub fn is_loaded(&self) -> bool {
        self.wildcard.age().is_some()
    }

    /// Returns the wildcard rules that were read last, without reading them.
    pub fn last_wildcard(&self) -> Option<Arc<Partition>> {
        self.wildcard.last().good.as_ref().map(|kept| Arc::clone(&kept.partition))
    }

    /// Returns the current wildcard rules.
    ///
    /// # Errors
    /// The rules could not be read, and none are cached.
    pub async fn wildcard(&self) -> Result<Arc<Partition>, StoreError> {
        let end = Instant::now() + self.settings.budget.operation;
        let (partition, _) = self.wildcard.get(self, end, std::future::ready(())).await?;
        Ok(partition)
    }

    /// Reads the rules of a call.
    ///
    /// # Errors
    /// Some of the rules could not be read.
    pub async fn rules_of(&self, call: &Call) -> Result<RulesOfCall, StoreError> {
        let read = self.readable_rules_of(call, Instant::now() + self.settings.budget.deadline).await;
        match &read.reads.failure {
            Some(error) => Err(error.clone()),
            None => Ok(read),
        }
    }

    /// Reads the rules of a call, as many as can be read before `end`.
    pub async fn readable_rules_of(&self, call: &Call, end: Instant) -> RulesOfCall {
        let caller = call.from.as_ref().filter(|from| **from != call.to).map(|from| self.caller(from.as_str()));
        // While the callee's rules are being read, waiting for the others takes no additional time.
        let (read, done) = watch::channel(());
        let done = || {
            let mut done = done.clone();
            async move { while done.changed().await.is_ok() {} }
        };
        let (callee, caller, wildcard) = tokio::join!(
            async {
                let partition = self.callee(&call.to, end).await;
                drop(read);
                partition.map(|partition| (partition, PartitionRead::FROM_STORE))
            },
            async {
                match &caller {
                    Some(cached) => Some(cached.get(self, end, done()).await),
                    None => None,
                }
            },
            self.wildcard.get(self, end, done()),
        );
        self.assemble(&call.to, callee, caller, wildcard)
    }

    fn assemble(
        &self,
        to: &Number,
        callee: ReadOutcome,
        caller: Option<ReadOutcome>,
        wildcard: ReadOutcome,
    ) -> RulesOfCall {
        let mut failure = None;
        let mut split = |outcome: ReadOutcome| match outcome {
            Ok((partition, read)) => (Some(partition), Some(read)),
            Err(error) => {
                failure.get_or_insert(error);
                (None, None)
            }
        };
        let (callee, callee_read) = split(callee);
        let (caller, caller_read) = caller.map_or_else(|| (Some(Arc::default()), None), &mut split);
        let (wildcard, wildcard_read) = split(wildcard);
        let mut rules = RuleSet::of_call(wildcard, caller).with_default(self.settings.default.clone());
        rules.add_callee(to, callee);
        let reads = PartitionReads { callee: callee_read, caller: caller_read, wildcard: wildcard_read, failure };
        RulesOfCall { rules, reads }
    }

    /// Reads the rules under a callee's number, which are never cached, before `end`.
    ///
    /// # Errors
    /// The rules could not be read.
    pub async fn callee(&self, number: &Number, end: Instant) -> Result<Arc<Partition>, StoreError> {
        // The future of a read is large.
        let items = before_deadline(end, TableKind::Rules, Box::pin(self.table.items(number.as_str()))).await?;
        Ok(Arc::new(Partition::from_items(&items)))
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
    good: Option<KeptPartition>,
    /// The error of the last read and the instant at which it began; `None` if it succeeded.
    failure: Option<(StoreError, Instant)>,
    /// The instant at which a read failed, or a call had waited for one without a result; `None` if a later read succeeded.
    in_vain: Option<Moment>,
}

/// A partition and the instant at which its read began.
#[derive(Debug, Clone)]
struct KeptPartition {
    partition: Arc<Partition>,
    read: Moment,
}

impl CachedPartition {
    fn new(number: &str) -> Self {
        Self { number: number.to_owned(), last: Mutex::default(), reading: tokio::sync::Mutex::default() }
    }

    fn last(&self) -> MutexGuard<'_, LastReads> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn age(&self) -> Option<Duration> {
        self.last().good.as_ref().map(|kept| kept.read.elapsed())
    }

    /// Returns a fresh partition, or the last good one if no fresh one can be read in time.
    async fn get(
        self: &Arc<Self>,
        cache: &RuleCache,
        end: Instant,
        everything_else: impl Future<Output = ()>,
    ) -> ReadOutcome {
        let good = self.last().good.clone();
        let ages = cache.settings.ages;
        if let Some(kept) = &good
            && let age = kept.read.elapsed()
            && age <= ages.fresh
        {
            return Ok((Arc::clone(&kept.partition), PartitionRead { source: ReadSource::Cache, age }));
        }
        // In a separate task: if this call cannot wait for it, a later call finds the result.
        let refresh = tokio::spawn(Arc::clone(self).refresh(cache.table.clone(), Instant::now()));
        let is_kept = |kept: &KeptPartition| kept.read.elapsed() <= ages.keep;
        let kept = good.filter(is_kept);
        let outcome = tokio::select! {
            outcome = refresh => outcome.unwrap_or_else(|_| Err(StoreError::late())),
            late = self.patience(&cache.settings, kept.as_ref(), end, everything_else) => Err(late),
        };
        let error = match outcome {
            Ok(partition) => return Ok((partition, PartitionRead::FROM_STORE)),
            Err(error) => error,
        };
        // A read that another call began may have ended meanwhile.
        let Some(kept) = self.last().good.clone().filter(is_kept) else { return Err(error) };
        let (age, rules_of) = (kept.read.elapsed(), cache.mask.text(&self.number));
        let age_s = age.as_secs();
        tracing::warn!(%error, rules_of, age_s, "rules could not be refreshed; the last good ones are used");
        Ok((kept.partition, PartitionRead { source: ReadSource::LastGood, age }))
    }

    /// Waits as long as a call may wait for fresh rules, and returns the error after that time.
    ///
    /// If older rules are kept, this is a short time longer than the other reads of the call take. But if the kept rules are
    /// older than rules may be while the table can be read, the call waits as long as it can: after a freeze, every read of the
    /// call takes long, because the connections are dead. If a read failed a short time ago, the table cannot be
    /// read, and the call waits only the short time: otherwise every call of an outage would wait.
    async fn patience(
        &self,
        settings: &Settings,
        kept: Option<&KeptPartition>,
        end: Instant,
        everything_else: impl Future<Output = ()>,
    ) -> StoreError {
        let Some(kept) = kept else {
            sleep_until(end.into()).await;
            return StoreError::new(TableKind::Rules, StoreErrorKind::Deadline, "no answer");
        };
        // The rest of the time is for the target of a redirect and for counters.
        let latest = end.min(Instant::now() + settings.budget.operation);
        let short = async {
            everything_else.await;
            sleep(settings.budget.refresh_wait).await;
        };
        let is_time_left = timeout_at(latest.into(), short).await.is_ok();
        let max_age = settings.max_readable_age();
        let has_failed = || self.last().in_vain.as_ref().is_some_and(|end| end.elapsed() <= max_age);
        if is_time_left && kept.read.elapsed() > max_age && !has_failed() {
            sleep_until(latest.into()).await;
            self.last().in_vain = Some(Moment::now());
        }
        StoreError::late()
    }

    /// Reads the partition, unless another task began to read it after `asked`. An earlier read may have met a fault that is
    /// over now, or missed a change.
    async fn refresh(self: Arc<Self>, table: RulesTable, asked: Instant) -> Result<Arc<Partition>, StoreError> {
        let _reading = self.reading.lock().await;
        let before = {
            let last = self.last();
            if let Some((error, _)) = last.failure.as_ref().filter(|(_, began)| *began >= asked) {
                return Err(error.clone());
            }
            match &last.good {
                Some(kept) if kept.read.monotonic >= asked => return Ok(Arc::clone(&kept.partition)),
                good => good.as_ref().map(|kept| Arc::clone(&kept.partition)),
            }
        };
        let began = Moment::now();
        let read = table.items(&self.number).await;
        let outcome = read.map(|items| Arc::new(Partition::replacing(&before.unwrap_or_default(), &items)));
        let mut last = self.last();
        match &outcome {
            Ok(partition) => {
                last.good = Some(KeptPartition { partition: Arc::clone(partition), read: began });
                (last.failure, last.in_vain) = (None, None);
            }
            Err(error) => {
                last.failure = Some((error.clone(), began.monotonic));
                last.in_vain = Some(Moment::now());
            }
        }
        drop(last);
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
