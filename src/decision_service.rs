//! Decides calls: reads the rules, lets the engine decide, reads only the additional data that the engine needs, and
//! reserves the counters of caps.

use std::sync::Arc;
use std::time::{Duration, Instant};

use precall::frequency_cap::Counter;
use precall::{Attempts, Call, DecidedBy, Decision, Number, Reservation, Unknown};

use crate::partition_read::PartitionReads;
use crate::rule_cache::RuleCache;
use crate::settings::Settings;
use crate::store::{
    AttemptsTable, ReservationOutcome, RulesTable, StoreError, StoreErrorKind, TableKind, before_deadline,
};

/// The maximum number of reservations that fail because a counter is full. Usually at most one does. After each, another
/// rule or another target decides. All other data is read once.
const MAX_REFUSALS: usize = 5;

/// Decides calls.
#[derive(Debug)]
pub struct DecisionService {
    rules: RuleCache,
    attempts: AttemptsTable,
    /// The time limit of a decision.
    limit: Duration,
}

/// The purpose of a decision.
#[derive(Debug, Clone, Copy)]
pub enum Purpose<'p> {
    /// The call is about to be placed: if it is let through, it counts as the attempt with this id.
    Place(&'p str),
    /// Nothing is written.
    Look,
}

/// A decision, and how its rules were read.
#[derive(Debug)]
pub struct Decided<'d> {
    /// The decision.
    pub decision: Decision<'d>,
    /// How the rules were read.
    pub reads: PartitionReads,
}

/// The data that a decision that counts nothing still needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NeededData {
    /// The rules under the number of a redirect's target.
    Rules(Number),
    /// The attempts of counters.
    Attempts(Vec<Counter>),
}

/// Returns the data that must be read before a decision is final, if the call is only looked at ([`Purpose::Look`]). It is for
/// a host that reads the data in its own way, and takes the same steps as [`DecisionService::decide`].
pub fn needed_to_look(decision: &Decision<'_>, attempts: &Attempts) -> Option<NeededData> {
    match next_step(decision, Purpose::Look, attempts, false)? {
        NextStep::ReadRules(number) => Some(NeededData::Rules(number)),
        NextStep::ReadAttempts { counters, .. } => Some(NeededData::Attempts(counters)),
        NextStep::Reserve { .. } => None,
    }
}

/// The next step before a decision is final.
enum NextStep {
    /// Read the rules of a redirect's target.
    ReadRules(Number),
    /// Read attempts.
    ReadAttempts {
        counters: Vec<Counter>,
        /// True if they can change the answer.
        matter: bool,
    },
    /// Check the counters and count the call.
    Reserve {
        reservations: Vec<Reservation>,
        /// True if they can change the answer.
        matter: bool,
    },
}

/// The attempts that were read for a call, and whether it is counted.
#[derive(Debug, Default)]
struct Counted {
    attempts: Attempts,
    /// True if the call is counted, or need not be.
    is_admitted: bool,
    /// How often the counters turned out to be full.
    refusals: usize,
}

impl DecisionService {
    /// Returns a service that uses these tables.
    pub fn new(rules: RulesTable, attempts: AttemptsTable, settings: Arc<Settings>) -> Self {
        let limit = settings.budget.deadline;
        Self { rules: RuleCache::new(rules, settings), attempts, limit }
    }

    /// Returns the cache of rules.
    pub fn rules(&self) -> &RuleCache {
        &self.rules
    }

    /// Decides a call within the deadline of the time budget, and passes the decision to `report`.
    ///
    /// It takes one sequential round trip to the store, one more for the target of a redirect, and one more if a cap covers
    /// the call. If some rules cannot be read, or not in time, a REJECT of the others decides.
    ///
    /// # Errors
    /// The decision is unknown, because data that might decide it could not be read or counted.
    pub async fn decide<T>(
        &self,
        call: &Call,
        purpose: Purpose<'_>,
        report: impl FnOnce(&Decided<'_>) -> T,
    ) -> Result<T, StoreError> {
        let end = Instant::now() + self.limit;
        let mut read = self.rules.readable_rules_of(call, end).await;
        let mut counted = Counted::default();
        while counted.refusals < MAX_REFUSALS {
            let step = {
                let decision = read.rules.evaluate(call, &counted.attempts);
                match next_step(&decision, purpose, &counted.attempts, counted.is_admitted) {
                    Some(step) => step,
                    None => return conclude(decision, read.reads, report),
                }
            };
            match step {
                NextStep::ReadRules(number) => {
                    let partition = self.rules.callee(&number, end).await;
                    read.rules.add_callee(&number, partition.as_ref().ok().cloned());
                    read.reads.failure = read.reads.failure.or(partition.err());
                }
                NextStep::ReadAttempts { counters, matter } => {
                    let reading = Box::pin(self.read_attempts(counters, matter, end, &mut counted)).await;
                    // If rules are missing too, they are the first cause.
                    reading.map_err(|error| read.reads.failure.take().unwrap_or(error))?;
                }
                NextStep::Reserve { reservations, matter } => {
                    let Purpose::Place(id) = purpose else { break };
                    let reserving = Box::pin(self.attempts.reserve(&reservations, call.at, id));
                    let reserved = before_deadline(end, TableKind::Attempts, reserving).await;
                    counted.apply(reserved, matter)?;
                }
            }
        }
        Err(StoreError::new(TableKind::Attempts, StoreErrorKind::Throttled, "the counters changed too often"))
    }

    /// Reads attempts. If they do not `matter`, a failure counts as no attempts: a call that is rejected anyway must not
    /// become unknown, because it might then be let through.
    async fn read_attempts(
        &self,
        counters: Vec<Counter>,
        matter: bool,
        end: Instant,
        counted: &mut Counted,
    ) -> Result<(), StoreError> {
        match before_deadline(end, TableKind::Attempts, self.attempts.read(&counters)).await {
            Ok(attempts) => counted.attempts.extend(attempts),
            Err(error) if matter => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "attempts could not be read; they do not change the answer");
                for counter in counters {
                    counted.attempts.insert(counter, Vec::new());
                }
            }
        }
        Ok(())
    }
}

impl Counted {
    /// Applies the outcome of a reservation. If it does not `matter`, a failure counts as admitted.
    fn apply(&mut self, reserved: Result<ReservationOutcome, StoreError>, matter: bool) -> Result<(), StoreError> {
        match reserved {
            Ok(ReservationOutcome::Admitted) => self.is_admitted = true,
            Ok(ReservationOutcome::Full(full)) => {
                self.refusals += 1;
                self.attempts.extend(full);
            }
            Err(error) if matter => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "a call could not be counted for a shadow rule's cap");
                self.is_admitted = true;
            }
        }
        Ok(())
    }
}

/// Passes a final decision to `report`.
///
/// # Errors
/// The decision is unknown because rules could not be read: the error of the first read that failed.
fn conclude<T>(
    decision: Decision<'_>,
    reads: PartitionReads,
    report: impl FnOnce(&Decided<'_>) -> T,
) -> Result<T, StoreError> {
    match (decision.decided_by(), reads.failure) {
        (DecidedBy::Unknown(Unknown::Unreadable(_)), Some(error)) => Err(error),
        (_, failure) => Ok(report(&Decided { decision, reads: PartitionReads { failure, ..reads } })),
    }
}

/// Returns the next step, or `None` if the decision is final.
fn next_step(
    decision: &Decision<'_>,
    purpose: Purpose<'_>,
    attempts: &Attempts,
    is_admitted: bool,
) -> Option<NextStep> {
    if let Some(number) = decision.unread() {
        return Some(NextStep::ReadRules(number.clone()));
    }
    if is_admitted {
        return None;
    }
    let reservations = decision.reservations();
    let is_placed = decision.lets_through() && matches!(purpose, Purpose::Place(_));
    // Counters of shadow rules only are read before the call is counted. For a call that is about to be placed, the other
    // counters are checked in the step that counts the call.
    let limited = reservations.iter().filter(|reservation| !is_placed && !reservation.limits.is_empty());
    let needed = limited.map(|reservation| &reservation.counter).chain(decision.watched());
    let mut unread: Vec<Counter> = needed.filter(|counter| !attempts.has(counter)).cloned().collect();
    unread.sort_unstable();
    unread.dedup();
    if !unread.is_empty() {
        let is_shadow_only = unread.iter().all(|counter| decision.is_shadow_only(counter));
        let matter = !is_shadow_only && !decision.is_rejected_for_any_attempts();
        return Some(NextStep::ReadAttempts { counters: unread, matter });
    }
    if is_placed && !reservations.is_empty() {
        let matter = !reservations.iter().all(|reservation| decision.is_shadow_only(&reservation.counter));
        return Some(NextStep::Reserve { reservations, matter });
    }
    None
}
