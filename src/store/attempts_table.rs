//! The attempts table in DynamoDB, in which frequency caps count. The count is exact for any number of concurrent hosts.
//!
//! There is one item for each counter. A reservation is one conditional write: there is room for another attempt if the
//! attempt at index max - 1 is missing or older than the window. This requires that the list is in order. So a reservation
//! whose clock is behind the newest attempt is recorded at that attempt's instant.
//!
//! The count is exact within one region only, because the replicas of a global table accept writes independently.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use jiff::{SignedDuration, Timestamp};
use precall::frequency_cap::Counter;
use precall::{Attempts, Reservation};
use tokio::task::JoinSet;

use super::backoff::Backoff;
use super::counter_item::{Attributes, COUNTER, CounterItem, broken};
use super::counter_update::{CounterUpdate, text, update_of};
use super::error::{StoreError, StoreErrorKind, TableKind};

/// The greatest length of an id, in characters. 2,000 entries must fit into the 400 KB of an item.
pub const MAX_ID_LENGTH: usize = 128;

/// The greatest difference between clocks. An attempt further in the future comes from a wrong clock or from an edit.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// The greatest instant. Instants must have 13 digits, so that they sort as texts; in 2286 they will have 14.
const MAX_INSTANT_MS: i64 = 9_999_999_999_000;

/// The pause before the first retry after a conflict with another transaction, which takes milliseconds.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const MAX_PAUSE: Duration = Duration::from_millis(160);

/// The number of refusals that are retried without a pause.
const MAX_IMMEDIATE_RETRIES: u32 = 5;

/// The time limit of a reservation if the client has none.
const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(2);

/// The attempts table.
#[derive(Debug, Clone)]
pub struct AttemptsTable {
    client: Client,
    name: String,
}

/// Returns the attempts in an item of the attempts table, the newest first. It is for tools that read the items in their own way.
///
/// # Errors
/// The item was not written by [`AttemptsTable::reserve`].
pub fn attempts_of_item(item: Attributes) -> Result<Vec<Timestamp>, StoreError> {
    CounterItem::read(item).map(|item| item.times)
}

/// The outcome of a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReservationOutcome {
    /// No limit was full, and the attempt is recorded in each counter that counts it.
    Admitted,
    /// A limit is full, and nothing was recorded. It has the attempts of all counters of the reservations.
    Full(Attempts),
}

impl AttemptsTable {
    /// Returns the table of this name. The time limits and retries are the client's.
    pub fn new(client: Client, name: &str) -> Self {
        Self { client, name: name.to_owned() }
    }

    /// Checks and counts in one atomic step. If no limit of the reservations is full, it records this attempt in each counter
    /// with `record`. Otherwise it writes nothing, and returns the actual attempts.
    ///
    /// `at` is rounded down to the millisecond. `id` identifies the attempt: 1 to [`MAX_ID_LENGTH`] visible ASCII characters,
    /// preferably as many as all other ids have. A reservation that is repeated with the same `id` and `at` is recorded only
    /// once. Several reservations of one counter count as one.
    ///
    /// # Errors
    /// The outcome is unknown, or an item was not written by this code. The attempt may have been recorded, but never beyond
    /// a limit.
    pub async fn reserve(
        &self,
        reservations: &[Reservation],
        at: Timestamp,
        id: &str,
    ) -> Result<ReservationOutcome, StoreError> {
        check(at, id)?;
        let mut merged = merged(reservations);
        let is_impossible = merged.iter().any(|one| one.limits.iter().any(|limit| limit.max == 0));
        if is_impossible || !merged.iter().any(|one| one.record) {
            return self.look(reservations, &merged, at).await;
        }
        // A counter that does not record and has no limits needs no condition.
        merged.retain(|one| one.record || !one.limits.is_empty());

        let began = Instant::now();
        let mut known: Vec<Option<CounterItem>> = merged.iter().map(|_| None).collect();
        let mut backoff = Backoff::new(FIRST_PAUSE, MAX_PAUSE);
        let mut round = 0_u32;
        loop {
            round = round.saturating_add(1);
            let updates = merged.iter().zip(&known).map(|(one, item)| update_of(one, item.as_ref(), at, id)).collect();
            let (obstacle, is_pause_needed) = match self.write(&merged, updates).await? {
                Written::All => return Ok(ReservationOutcome::Admitted),
                Written::Refused(items) => {
                    match self.read_refusal(&merged, &mut known, items, at, id).await? {
                        RefusedWrite::Recorded => return Ok(ReservationOutcome::Admitted),
                        RefusedWrite::Full(attempts) => return self.full(reservations, attempts).await,
                        // The next write uses the item that was read. If another host has changed it, that write is refused, too.
                        RefusedWrite::Retry => {
                            let error = throttled("too many reservations at once");
                            (error, round > MAX_IMMEDIATE_RETRIES)
                        }
                    }
                }
                Written::Conflict(error) => (error, true),
            };
            if began.elapsed() + backoff.longest_next() >= self.time_limit() {
                return Err(obstacle);
            }
            if is_pause_needed {
                backoff.wait().await;
            }
        }
    }

    /// Answers reservations that record nothing, or that can never be admitted. It writes nothing.
    async fn look(
        &self,
        reservations: &[Reservation],
        merged: &[Reservation],
        at: Timestamp,
    ) -> Result<ReservationOutcome, StoreError> {
        let attempts = self.read(&counters(reservations)).await?;
        let is_full = merged.iter().any(|one| is_full(one, attempts.of(&one.counter), at));
        Ok(if is_full { ReservationOutcome::Full(attempts) } else { ReservationOutcome::Admitted })
    }

    /// Reads the items for which a write was refused.
    async fn read_refusal(
        &self,
        merged: &[Reservation],
        known: &mut [Option<CounterItem>],
        items: Vec<Option<Attributes>>,
        at: Timestamp,
        id: &str,
    ) -> Result<RefusedWrite, StoreError> {
        let mut attempts = Attempts::none();
        for ((one, known), item) in merged.iter().zip(known).zip(items) {
            let Some(item) = item else { continue };
            // The answer has no item: the item was deleted, or the store left it out.
            let item = if item.is_empty() { self.item(&one.counter).await? } else { item };
            let item = CounterItem::read(item)?;
            if one.record && item.has(id, at) {
                // A write whose answer was lost has recorded the attempt in all counters, because a write is atomic.
                return Ok(RefusedWrite::Recorded);
            }
            attempts.insert(one.counter.clone(), item.times.clone());
            *known = Some(item);
        }
        if merged.iter().any(|one| attempts.has(&one.counter) && is_full(one, attempts.of(&one.counter), at)) {
            return Ok(RefusedWrite::Full(attempts));
        }
        let is_ahead = |newest: &Timestamp| newest.duration_since(at) > MAX_SKEW;
        if attempts.iter().any(|(_, times)| times.first().is_some_and(is_ahead)) {
            return Err(broken("an attempt lies in the future; set the clock, or delete the item"));
        }
        Ok(RefusedWrite::Retry)
    }

    /// Reads the attempts of these counters, strongly consistent, and writes nothing. A counter without attempts gets an
    /// empty list.
    ///
    /// # Errors
    /// A counter could not be read, or an item was not written by [`AttemptsTable::reserve`].
    pub async fn read(&self, counters: &[Counter]) -> Result<Attempts, StoreError> {
        let mut attempts = Attempts::none();
        let mut reads = JoinSet::new();
        for counter in counters {
            if attempts.has(counter) {
                continue;
            }
            attempts.insert(counter.clone(), Vec::new());
            let (table, counter) = (self.clone(), counter.clone());
            reads.spawn(async move {
                let item = table.item(&counter).await?;
                Ok::<_, StoreError>((counter, CounterItem::read(item)?.times))
            });
        }
        while let Some(read) = reads.join_next().await {
            let (counter, times) = read.map_err(|_| broken("a read ended early"))??;
            attempts.insert(counter, times);
        }
        Ok(attempts)
    }

    /// Returns all attempts of a reservation that was refused. `known` are those that were read already.
    async fn full(&self, reservations: &[Reservation], known: Attempts) -> Result<ReservationOutcome, StoreError> {
        let others: Vec<_> = counters(reservations).into_iter().filter(|counter| !known.has(counter)).collect();
        let mut attempts = self.read(&others).await?;
        attempts.extend(known);
        Ok(ReservationOutcome::Full(attempts))
    }

    async fn item(&self, counter: &Counter) -> Result<Attributes, StoreError> {
        let get = self.client.get_item().table_name(&self.name).key(COUNTER, text(counter.as_str()));
        let got = get.consistent_read(true).send().await.map_err(of_attempts)?;
        Ok(got.item.unwrap_or_default())
    }

    async fn write(&self, merged: &[Reservation], updates: Vec<CounterUpdate>) -> Result<Written, StoreError> {
        let mut updates: Vec<_> = merged.iter().zip(updates).collect();
        match (updates.len(), updates.pop()) {
            (1, Some((one, update))) => self.update(one, update).await,
            (_, last) => self.transact(updates.into_iter().chain(last)).await,
        }
    }

    async fn update(&self, one: &Reservation, update: CounterUpdate) -> Result<Written, StoreError> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.name)
            .key(COUNTER, text(one.counter.as_str()))
            .set_update_expression(update.update)
            .condition_expression(update.condition)
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = sent else {
            return Ok(Written::All);
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(refusal)) => {
                Ok(Written::Refused(vec![Some(refusal.item.clone().unwrap_or_default())]))
            }
            Some(UpdateItemError::TransactionConflictException(_)) => {
                Ok(Written::Conflict(throttled("TransactionConflictException")))
            }
            _ => Err(of_attempts(error)),
        }
    }

    async fn transact(
        &self,
        updates: impl Iterator<Item = (&Reservation, CounterUpdate)>,
    ) -> Result<Written, StoreError> {
        let actions = updates.map(|(one, update)| self.action(one, update)).collect::<Result<_, _>>()?;
        let Err(error) = self.client.transact_write_items().set_transact_items(Some(actions)).send().await else {
            return Ok(Written::All);
        };
        match error.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                cancellation(cancelled.cancellation_reasons())
            }
            _ => Err(of_attempts(error)),
        }
    }

    fn action(&self, one: &Reservation, update: CounterUpdate) -> Result<TransactWriteItem, StoreError> {
        let key = text(one.counter.as_str());
        let incomplete = |_| broken("an incomplete request");
        let item = TransactWriteItem::builder();
        Ok(match update.update {
            Some(expression) => item.update(
                Update::builder()
                    .table_name(&self.name)
                    .key(COUNTER, key)
                    .update_expression(expression)
                    .condition_expression(update.condition)
                    .set_expression_attribute_names(Some(update.names))
                    .set_expression_attribute_values(Some(update.values))
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                    .build()
                    .map_err(incomplete)?,
            ),
            None => item.condition_check(
                ConditionCheck::builder()
                    .table_name(&self.name)
                    .key(COUNTER, key)
                    .condition_expression(update.condition)
                    .set_expression_attribute_names(Some(update.names))
                    .set_expression_attribute_values(Some(update.values))
                    .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                    .build()
                    .map_err(incomplete)?,
            ),
        }
        .build())
    }

    /// Returns the time limit of one operation, which all writes of a reservation share.
    fn time_limit(&self) -> Duration {
        let limits = self.client.config().timeout_config();
        limits.and_then(|limits| limits.operation_timeout()).unwrap_or(DEFAULT_TIME_LIMIT)
    }
}

/// The outcome of a write.
enum Written {
    All,
    /// For each reservation, the item that made the write fail, empty if the store sent none; `None` if this one was not the
    /// reason.
    Refused(Vec<Option<Attributes>>),
    /// Another transaction was in progress.
    Conflict(StoreError),
}

/// The meaning of a refusal, after the items were read.
enum RefusedWrite {
    /// The attempt is recorded already.
    Recorded,
    /// A limit is full. It has the attempts that were read.
    Full(Attempts),
    /// Another write may succeed.
    Retry,
}

fn check(at: Timestamp, id: &str) -> Result<(), StoreError> {
    if !(1..=MAX_ID_LENGTH).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(broken(&format!("an attempt's id must have 1 to {MAX_ID_LENGTH} ASCII characters and no blank")));
    }
    if !(0..=MAX_INSTANT_MS).contains(&at.as_millisecond()) {
        return Err(broken("the clock is not between 1970 and 2286; set it"));
    }
    Ok(())
}

fn cancellation(reasons: &[CancellationReason]) -> Result<Written, StoreError> {
    let is_refused = |reason: &CancellationReason| reason.code() == Some("ConditionalCheckFailed");
    if reasons.iter().any(is_refused) {
        let item = |reason: &CancellationReason| is_refused(reason).then(|| reason.item.clone().unwrap_or_default());
        return Ok(Written::Refused(reasons.iter().map(item).collect()));
    }
    let code = reasons.iter().find_map(|reason| reason.code().filter(|code| *code != "None")).unwrap_or("cancelled");
    match code {
        // The SDK does not read the reasons of a cancellation, so it does not retry throttling here.
        "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" | "RequestLimitExceeded" => {
            Ok(Written::Conflict(throttled(code)))
        }
        "AccessDenied" => Err(StoreError::new(TableKind::Attempts, StoreErrorKind::Forbidden, code)),
        _ => Err(broken(code)),
    }
}

/// Returns one reservation for each counter, in the order of counters, without limits that others imply.
fn merged(reservations: &[Reservation]) -> Vec<Reservation> {
    let mut by_counter = BTreeMap::<&Counter, Reservation>::new();
    for one in reservations {
        let merged =
            by_counter.entry(&one.counter).or_insert_with(|| Reservation { limits: Vec::new(), ..one.clone() });
        merged.record |= one.record;
        merged.keep = one.limits.iter().fold(merged.keep.covering(one.keep), |keep, limit| keep.covering(*limit));
        merged.limits.extend(&one.limits);
    }
    let mut merged: Vec<_> = by_counter.into_values().collect();
    for one in &mut merged {
        one.limits.sort_by_key(|limit| (std::cmp::Reverse(limit.window), limit.max));
        let mut fewest = None;
        // A limit is implied by one that allows at most as many attempts in a longer time.
        one.limits.retain(|limit| {
            let is_needed = fewest.is_none_or(|fewest| limit.max < fewest);
            if is_needed {
                fewest = Some(limit.max);
            }
            is_needed
        });
    }
    merged
}

fn counters(reservations: &[Reservation]) -> Vec<Counter> {
    reservations.iter().map(|one| one.counter.clone()).collect()
}

fn is_full(one: &Reservation, attempts: &[Timestamp], at: Timestamp) -> bool {
    one.limits.iter().any(|limit| limit.is_full(attempts, at))
}

fn throttled(detail: &str) -> StoreError {
    StoreError::new(TableKind::Attempts, StoreErrorKind::Throttled, detail)
}

fn of_attempts<E>(error: SdkError<E>) -> StoreError
where
    StoreError: From<SdkError<E>>,
{
    StoreError::from(error).of(TableKind::Attempts)
}
