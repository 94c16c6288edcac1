//! Many changes to the rules table, as fast as it takes them. No change is lost, and a batch is repeated until it is whole.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, DeleteRequest, PutRequest, TransactWriteItem, WriteRequest};
use precall::rule::Key;
use precall_hook::store::{Backoff, StoreError, StoreErrorKind, TableKind};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::cancellation::ActionCancellation;
use super::items::{ItemChange, key_attributes};
use super::writable_table::WritableTable;
use crate::failure::Failure;

/// Most requests of one `BatchWriteItem`.
const MAX_BATCH: usize = 25;

/// Most actions of one `TransactWriteItems`.
const MAX_ACTIONS: usize = 100;

/// Requests side by side: at the start, and at most. Each has 25 items.
const FIRST_IN_FLIGHT: usize = 8;
const MAX_IN_FLIGHT: usize = 64;

/// The pause before a request is repeated: the first time, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// How long the table may accept nothing at all before the writer gives up.
const PATIENCE: Duration = Duration::from_mins(3);

/// Writes many changes to one table.
pub struct BulkWriter {
    store: WritableTable,
    in_flight: usize,
}

/// The result of a removal under a guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardedRemoval {
    Done,
    /// The guard's condition is not met. Some items may have been removed before.
    GuardFailed,
}

/// A request to the table.
#[derive(Debug, Clone)]
enum BulkRequest {
    Batch(Vec<WriteRequest>),
    /// A transaction. Its first action is the guard.
    GuardedRemoval(Vec<TransactWriteItem>),
}

/// The result of a request.
enum RequestOutcome {
    Done,
    GuardFailed,
    /// The rest has to be repeated, for this reason.
    Repeat(BulkRequest, StoreError),
}

impl BulkWriter {
    /// Returns a writer to a table.
    pub fn new(store: WritableTable) -> Self {
        Self { store, in_flight: FIRST_IN_FLIGHT }
    }

    /// Makes all these changes.
    ///
    /// # Errors
    /// When the table cannot be written; some of the changes may have been made.
    pub async fn change(&mut self, changes: HashMap<Key, ItemChange>) -> Result<(), Failure> {
        let mut requests = Vec::with_capacity(changes.len());
        for (key, change) in changes {
            requests.push(match change {
                ItemChange::Put(item) => {
                    WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build()?).build()
                }
                ItemChange::Remove => {
                    let delete = DeleteRequest::builder().set_key(Some(key_attributes(&key))).build()?;
                    WriteRequest::builder().delete_request(delete).build()
                }
            });
        }
        let batches = requests.chunks(MAX_BATCH).map(|batch| BulkRequest::Batch(batch.to_vec())).collect();
        // A batch has no guard that could fail.
        self.send_all(batches).await.map(|_| ())
    }

    /// Removes items while the guard's condition is met. An item whose own condition is not met stays.
    ///
    /// # Errors
    /// When the table cannot be written; some of the items may have been removed.
    pub async fn remove_guarded(
        &mut self,
        guard: ConditionCheck,
        deletes: &[Delete],
    ) -> Result<GuardedRemoval, Failure> {
        let guard = TransactWriteItem::builder().condition_check(guard).build();
        // One after the other: transactions that check the same item would conflict.
        for deletes in deletes.chunks(MAX_ACTIONS - 1) {
            let deletes = deletes.iter().map(|delete| TransactWriteItem::builder().delete(delete.clone()).build());
            let actions = std::iter::once(guard.clone()).chain(deletes).collect();
            let requests = VecDeque::from([BulkRequest::GuardedRemoval(actions)]);
            if self.send_all(requests).await? == GuardedRemoval::GuardFailed {
                return Ok(GuardedRemoval::GuardFailed);
            }
        }
        Ok(GuardedRemoval::Done)
    }

    /// Sends requests side by side: more of them while the table accepts them, fewer when it does not.
    async fn send_all(&mut self, requests: VecDeque<BulkRequest>) -> Result<GuardedRemoval, Failure> {
        // A request has no pause before its first try.
        let mut waiting: VecDeque<(BulkRequest, Option<Backoff>)> =
            requests.into_iter().map(|request| (request, None)).collect();
        let mut running = JoinSet::new();
        let mut last_done = Instant::now();
        loop {
            while running.len() < self.in_flight
                && let Some((request, mut backoff)) = waiting.pop_front()
            {
                let store = self.store.clone();
                running.spawn(async move {
                    if let Some(backoff) = &mut backoff {
                        backoff.wait().await;
                    }
                    (send(&store, request).await, backoff)
                });
            }
            let Some(done) = running.join_next().await else { return Ok(GuardedRemoval::Done) };
            let (outcome, backoff) = done?;
            match outcome? {
                RequestOutcome::Done => {
                    last_done = Instant::now();
                    self.in_flight = (self.in_flight + 1).min(MAX_IN_FLIGHT);
                }
                RequestOutcome::GuardFailed => return Ok(GuardedRemoval::GuardFailed),
                RequestOutcome::Repeat(request, error) => {
                    if last_done.elapsed() > PATIENCE {
                        return Err(format!(
                            "the table accepted nothing for {} s ({error}); repeat the command later",
                            PATIENCE.as_secs()
                        )
                        .into());
                    }
                    self.in_flight = (self.in_flight / 2).max(1);
                    let backoff = backoff.unwrap_or_else(|| Backoff::new(FIRST_PAUSE, MAX_PAUSE));
                    waiting.push_front((request, Some(backoff)));
                }
            }
        }
    }
}

async fn send(store: &WritableTable, request: BulkRequest) -> Result<RequestOutcome, Failure> {
    match request {
        BulkRequest::Batch(batch) => send_batch(store, batch).await,
        BulkRequest::GuardedRemoval(actions) => send_guarded_removal(store, actions).await,
    }
}

async fn send_batch(store: &WritableTable, batch: Vec<WriteRequest>) -> Result<RequestOutcome, Failure> {
    let sent = store.client().batch_write_item().request_items(store.name(), batch.clone()).send().await;
    match sent {
        Ok(answer) => {
            let rest = answer.unprocessed_items.and_then(|mut rest| rest.remove(store.name()));
            Ok(match rest.filter(|rest| !rest.is_empty()) {
                Some(rest) => RequestOutcome::Repeat(BulkRequest::Batch(rest), unprocessed()),
                None => RequestOutcome::Done,
            })
        }
        Err(error) => repeat_unless_final(BulkRequest::Batch(batch), error.into()),
    }
}

async fn send_guarded_removal(
    store: &WritableTable,
    actions: Vec<TransactWriteItem>,
) -> Result<RequestOutcome, Failure> {
    let sent = store.client().transact_write_items().set_transact_items(Some(actions.clone())).send().await;
    let Err(error) = sent else { return Ok(RequestOutcome::Done) };
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return repeat_unless_final(BulkRequest::GuardedRemoval(actions), error.into());
    };
    let mut reasons = cancelled.cancellation_reasons().iter().map(ActionCancellation::from);
    if reasons.next() == Some(ActionCancellation::ConditionFailed) {
        return Ok(RequestOutcome::GuardFailed);
    }
    let reasons = reasons.chain(std::iter::repeat(ActionCancellation::Repeatable));
    let deletes = actions.iter().skip(1).zip(reasons);
    let deletes = deletes.filter(|(_, reason)| *reason != ActionCancellation::ConditionFailed);
    let rest: Vec<_> = actions.iter().take(1).chain(deletes.map(|(delete, _)| delete)).cloned().collect();
    // The guard alone removes nothing.
    if rest.len() < 2 {
        return Ok(RequestOutcome::Done);
    }
    Ok(RequestOutcome::Repeat(BulkRequest::GuardedRemoval(rest), unprocessed()))
}

/// Repeats a request, unless its error would be the same the next time. If only the answer was lost, repeating the request
/// changes nothing.
fn repeat_unless_final(request: BulkRequest, error: StoreError) -> Result<RequestOutcome, Failure> {
    match error.kind {
        StoreErrorKind::Forbidden
        | StoreErrorKind::NoCredentials
        | StoreErrorKind::MissingTable
        | StoreErrorKind::ConditionFailed
        | StoreErrorKind::InvalidRequest => Err(error.into()),
        StoreErrorKind::Throttled
        | StoreErrorKind::Timeout
        | StoreErrorKind::Deadline
        | StoreErrorKind::Unreachable
        | StoreErrorKind::Broken => Ok(RequestOutcome::Repeat(request, error)),
    }
}

fn unprocessed() -> StoreError {
    StoreError::new(TableKind::Rules, StoreErrorKind::Throttled, "unprocessed items")
}
