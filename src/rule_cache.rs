//! Which rules can bear on a call: looked up in one sequential round trip.
//!
//! The callee's rules are read afresh. Those of callers and of `*` repeat from call to call and are
//! cached for a short time; when that is over they are read side by side with the callee's.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::settings::Settings;
use crate::store::rules_table::{Store, StoreError};
use precall::evaluation::evaluate::{Call, Partition, Rulebook};
use precall::number::Number;
use precall::rule::{self, Entry, Item, Key};

/// Most callers whose rules are kept at a time.
const MAX_CALLERS: usize = 4_096;

/// Looks rules up.
#[derive(Debug)]
pub struct Lookup {
    store: Store,
    settings: Arc<Settings>,
    any: Arc<Cached>,
    callers: Mutex<HashMap<String, Arc<Cached>>>,
}

/// What was found for a call.
#[derive(Debug)]
pub struct Found {
    /// The rules.
    pub rulebook: Rulebook,
    /// Where they came from.
    pub reads: Reads,
}

/// Where the rules of a call came from.
#[derive(Debug, Clone, Copy)]
pub struct Reads {
    /// The callee's.
    pub callee: Read,
    /// The caller's; `None` when there is no caller, or it is the callee.
    pub caller: Option<Read>,
    /// Those of `*`.
    pub any: Read,
}

/// Where a set of rules came from.
#[derive(Debug, Clone, Copy)]
pub struct Read {
    /// From the table, the cache, or the cache for want of the table.
    pub source: Source,
    /// How long ago they were read.
    pub age: Duration,
}

/// Where a set of rules came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Read from the table for this call.
    Store,
    /// Read a short time ago.
    Cache,
    /// Read longer ago; fresher ones could not be had.
    LastGood,
}

impl Source {
    /// The source in one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Cache => "cache",
            Self::LastGood => "last_good",
        }
    }
}

impl Lookup {
    /// A look-up with nothing cached yet.
    pub fn new(store: Store, settings: Arc<Settings>) -> Self {
        Self { store, settings, any: Arc::new(Cached::new("*")), callers: Mutex::default() }
    }

    /// Reads the rules of `*`. Called while the process starts, it moves the connection's set-up to
    /// where nobody waits.
    ///
    /// # Errors
    /// When they could not be read; the first call will try again.
    pub async fn warm(&self) -> Result<usize, StoreError> {
        Ok(self.any().await?.len())
    }

    /// The rules of `*` that calls go by now.
    ///
    /// # Errors
    /// When they could not be read, and there are none from before.
    pub async fn any(&self) -> Result<Arc<Partition>, StoreError> {
        let any = self.any.get(&self.store, &self.settings, std::future::ready(()));
        let (entries, _) =
            timeout(self.settings.budget.operation, any).await.unwrap_or_else(|_| Err(StoreError::late()))?;
        Ok(entries)
    }

    /// Finds the rules of a call.
    ///
    /// # Errors
    /// When some of them could not be read: the decision is unknown.
    pub async fn find(&self, call: &Call) -> Result<Found, StoreError> {
        let caller = call.from.as_ref().filter(|from| **from != call.to).map(|from| self.caller(from.as_str()));
        // As long as the callee's rules are still read, waiting for the others costs nothing.
        let (read, done) = watch::channel(());
        let done = || {
            let mut done = done.clone();
            async move { while done.changed().await.is_ok() {} }
        };
        let ((callee, callee_read), caller, (any, any_read)) = tokio::try_join!(
            async {
                let found = self.callee(call.to.as_str()).await;
                drop(read);
                found
            },
            async {
                match &caller {
                    Some(cached) => cached.get(&self.store, &self.settings, done()).await.map(Some),
                    None => Ok(None),
                }
            },
            self.any.get(&self.store, &self.settings, done()),
        )?;
        let (caller, caller_read) =
            caller.map_or_else(|| (Arc::default(), None), |(entries, read)| (entries, Some(read)));
        Ok(Found {
            rulebook: Rulebook { callee, caller, any },
            reads: Reads { callee: callee_read, caller: caller_read, any: any_read },
        })
    }

    /// Finds the rules of a call to the target of a redirect: as those of the call that was redirected, with
    /// the items of the target read besides.
    ///
    /// # Errors
    /// When these could not be read.
    pub async fn find_target(&self, asked: &Call, found: &Found, target: &Number) -> Result<Found, StoreError> {
        let Rulebook { callee, caller, any } = &found.rulebook;
        let mut reads = found.reads;
        let target_items = if *target == asked.to {
            Arc::clone(callee)
        } else {
            let (items, read) = self.callee(target.as_str()).await?;
            reads.callee = read;
            items
        };
        let caller = match &asked.from {
            Some(from) if from == target => Arc::default(),
            Some(from) if *from == asked.to => Arc::clone(callee),
            _ => Arc::clone(caller),
        };
        Ok(Found { rulebook: Rulebook { callee: target_items, caller, any: Arc::clone(any) }, reads })
    }

    async fn callee(&self, number: &str) -> Result<(Arc<Partition>, Read), StoreError> {
        let items = self.store.items(number).await?;
        Ok((Arc::new(items.iter().map(rule::parse).collect()), Read { source: Source::Store, age: Duration::ZERO }))
    }

    fn caller(&self, number: &str) -> Arc<Cached> {
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
        let cached = Arc::new(Cached::new(number));
        callers.insert(number.to_owned(), Arc::clone(&cached));
        cached
    }
}

/// The entries of one partition, read now and then.
#[derive(Debug)]
struct Cached {
    number: String,
    last: Mutex<Last>,
    /// Held by the one task that reads.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Last {
    good: Option<(Arc<Partition>, Moment)>,
    failure: Option<(StoreError, Instant)>,
}

impl Cached {
    fn new(number: &str) -> Self {
        Self { number: number.to_owned(), last: Mutex::default(), reading: tokio::sync::Mutex::default() }
    }

    fn age(&self) -> Option<Duration> {
        self.good().map(|(_, age)| age)
    }

    fn good(&self) -> Option<(Arc<Partition>, Duration)> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.good.as_ref().map(|(entries, moment)| (Arc::clone(entries), moment.elapsed()))
    }

    /// Fresh entries, or the last good ones when fresh ones are not to be had soon, nor by the time that
    /// everything else is there.
    async fn get(
        self: &Arc<Self>,
        store: &Store,
        settings: &Settings,
        everything_else: impl Future<Output = ()>,
    ) -> Result<(Arc<Partition>, Read), StoreError> {
        let good = self.good();
        if let Some((entries, age)) = &good
            && *age <= settings.ages.fresh
        {
            return Ok((Arc::clone(entries), Read { source: Source::Cache, age: *age }));
        }
        // A task of its own: when this call cannot wait, a later one finds what it reads.
        let refresh = tokio::spawn(Arc::clone(self).refresh(store.clone(), Instant::now()));
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
            (Ok(entries), _) => Ok((entries, Read { source: Source::Store, age: Duration::ZERO })),
            (Err(error), Some((entries, age))) => {
                tracing::warn!(%error, age_s = age.as_secs(), "rules could not be refreshed; the last good ones are used");
                Ok((entries, Read { source: Source::LastGood, age }))
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Reads the partition, unless another task began to do so since `asked`: what began before may
    /// have met a fault, or missed a change, that is over by now.
    async fn refresh(self: Arc<Self>, store: Store, asked: Instant) -> Result<Arc<Partition>, StoreError> {
        let _reading = self.reading.lock().await;
        let before = {
            let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((error, _)) = last.failure.as_ref().filter(|(_, at)| *at >= asked) {
                return Err(error.clone());
            }
            match &last.good {
                Some((entries, moment)) if moment.monotonic >= asked => return Ok(Arc::clone(entries)),
                good => good.as_ref().map(|(entries, _)| Arc::clone(entries)),
            }
        };
        let moment = Moment::now();
        let outcome = store
            .items(&self.number)
            .await
            .map(|items| keep_last_good(&items, before.as_ref().map_or(&[][..], |before| before)));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &outcome {
            Ok(entries) => last.good = Some((Arc::clone(entries), moment)),
            Err(error) => last.failure = Some((error.clone(), moment.monotonic)),
        }
        outcome
    }
}

/// Parses items; one that has become invalid keeps the version that was good before.
fn keep_last_good(items: &[Item], before: &[Entry]) -> Arc<Partition> {
    let parsed: Vec<Entry> = items.iter().map(rule::parse).collect();
    if parsed.iter().all(|entry| !matches!(entry, Entry::Invalid(_))) {
        return Arc::new(parsed.into());
    }
    let good: HashMap<&Key, Arc<Entry>> = before
        .iter()
        .filter_map(|entry| match entry {
            Entry::Invalid(invalid) => Some((&invalid.key, invalid.last_good.clone()?)),
            good => Some((good.key(), Arc::new(good.clone()))),
        })
        .collect();
    let entries = parsed.into_iter().map(|entry| match entry {
        Entry::Invalid(mut invalid) => {
            invalid.last_good = good.get(&invalid.key).cloned();
            Entry::Invalid(invalid)
        }
        good => good,
    });
    Arc::new(entries.collect())
}

/// An instant by two clocks: while an instance is frozen, the monotonic one may stand still.
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
