//! The attempts table in DynamoDB: the calls that were let through, as far as a cap counts them.
//!
//! One item a counter: the list `attempts`, the newest first, of texts `<epoch ms, 13 digits>#<id>`; and
//! `expires_at`, the table's TTL. Check and count are one conditional write, so that no concurrency lets
//! through one call more than a cap allows.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ConditionCheck, KeysAndAttributes, ReturnValue,
    ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use jiff::Timestamp;

use crate::cap::{Claim, Counter, History, Limit};
use crate::store::{Cause, StoreError, Table};

type Attributes = HashMap<String, AttributeValue>;

/// The partition key.
const KEY: &str = "counter";
const ATTEMPTS: &str = "attempts";
const EXPIRES_AT: &str = "expires_at";

/// How often a write is tried again that met another one. Each try is a write in vain less for another.
const MOST_TRIES: u32 = 8;

/// Before the second try; doubled before each further one, and shortened at random.
const FIRST_PAUSE: Duration = Duration::from_millis(4);

/// From how many attempts on that nobody asks for any more a list is cut.
const CUT_FROM: usize = 32;

const SECONDS_A_DAY: i64 = 86_400;

/// The attempts table.
#[derive(Debug, Clone)]
pub struct Attempts {
    client: Client,
    table: String,
}

/// What came of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// No limit was full, and the attempt is recorded.
    Admitted,
    /// Nothing was written: a limit is full by these attempts, or was a moment ago.
    Full(History),
}

/// One counter as it is stored.
#[derive(Debug, Default)]
struct Stored {
    entries: Vec<(String, Timestamp)>,
    expires_at: i64,
}

/// What stood in the way of a write.
enum Refusal {
    /// A condition did not hold; the items as they are, as far as they were told.
    Condition(HashMap<Counter, Stored>),
    /// Another write was at work on the same item.
    Conflict,
    Failed(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl Attempts {
    /// The table of this name.
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    /// Records an attempt in every counter whose claim says so, if no limit of any claim is full; otherwise
    /// nothing is written. One atomic step, in one round trip unless others write the same counters.
    ///
    /// `id` tells attempts apart: of a write whose answer was lost and that is sent again, it counts once. Not
    /// empty, at most 36 characters, without `#`.
    ///
    /// # Errors
    /// When it is not known whether the attempt was recorded; it may have been.
    pub async fn claim(&self, claims: &[Claim], at: Timestamp, id: &str) -> Result<Outcome, StoreError> {
        if claims.is_empty() {
            return Ok(Outcome::Admitted);
        }
        if claims.iter().all(|claim| !claim.record) {
            let counters: Vec<Counter> = claims.iter().map(|claim| claim.counter.clone()).collect();
            let history = self.read(&counters).await?;
            let full = |claim: &Claim| {
                let attempts = history.get(&claim.counter).map_or(&[][..], Vec::as_slice);
                claim.limits.iter().any(|limit| limit.is_full(attempts, at))
            };
            return Ok(if claims.iter().any(full) { Outcome::Full(history) } else { Outcome::Admitted });
        }
        let entry = format!("{:013}#{id}", at.as_millisecond());
        let mut expiries: HashMap<Counter, i64> =
            claims.iter().map(|claim| (claim.counter.clone(), expiry(claim, at))).collect();
        for attempt in 0..MOST_TRIES {
            if attempt > 0 {
                tokio::time::sleep(pause(attempt)).await;
            }
            let written = match claims {
                [claim] => self.update(claim, at, &entry, &expiries).await,
                _ => self.transact(claims, at, &entry, &expiries).await,
            };
            let stored = match written {
                Ok(()) => return Ok(Outcome::Admitted),
                Err(Refusal::Failed(error)) => return Err(error),
                Err(Refusal::Conflict) => continue,
                Err(Refusal::Condition(stored)) => stored,
            };
            // Sent before, and its answer was lost: that was this call.
            if stored.values().any(|stored| stored.entries.iter().any(|(own, _)| *own == entry)) {
                return Ok(Outcome::Admitted);
            }
            let is_full = |claim: &Claim| {
                let attempts = stored.get(&claim.counter).map(Stored::attempts).unwrap_or_default();
                claim.limits.iter().any(|limit| limit.is_full(&attempts, at))
            };
            if claims.iter().any(is_full) {
                return Ok(Outcome::Full(
                    stored.into_iter().map(|(counter, stored)| (counter, stored.attempts())).collect(),
                ));
            }
            // An item that other rules want kept for longer than these do.
            for (counter, stored) in &stored {
                expiries.entry(counter.clone()).and_modify(|expiry| *expiry = (*expiry).max(stored.expires_at));
            }
        }
        Err(error(Cause::Throttled, "too many calls at once on one counter"))
    }

    /// The attempts of counters as of now, the newest first. Writes nothing.
    ///
    /// # Errors
    /// When any of them could not be read.
    pub async fn read(&self, counters: &[Counter]) -> Result<History, StoreError> {
        let mut history: History = counters.iter().map(|counter| (counter.clone(), Vec::new())).collect();
        match counters {
            [] => {}
            [counter] => {
                let answer = self
                    .client
                    .get_item()
                    .table_name(&self.table)
                    .key(KEY, key(counter))
                    .consistent_read(true)
                    .send()
                    .await
                    .map_err(failed)?;
                if let Some(item) = answer.item {
                    history.insert(counter.clone(), Stored::read(&item)?.attempts());
                }
            }
            _ => {
                let keys = counters.iter().map(|counter| Attributes::from([(KEY.to_owned(), key(counter))]));
                let request = KeysAndAttributes::builder()
                    .set_keys(Some(keys.collect()))
                    .consistent_read(true)
                    .build()
                    .map_err(|_| error(Cause::Broken, "no request could be made"))?;
                let answer =
                    self.client.batch_get_item().request_items(&self.table, request).send().await.map_err(failed)?;
                if answer.unprocessed_keys.is_some_and(|keys| !keys.is_empty()) {
                    return Err(error(Cause::Throttled, "answered in part"));
                }
                let items = answer.responses.and_then(|mut tables| tables.remove(&self.table));
                for item in items.ok_or_else(|| error(Cause::Broken, "no items in the answer"))? {
                    let Some(AttributeValue::S(text)) = item.get(KEY) else { continue };
                    if let Some((_, attempts)) = history.iter_mut().find(|(counter, _)| counter.as_str() == text) {
                        *attempts = Stored::read(&item)?.attempts();
                    }
                }
            }
        }
        Ok(history)
    }

    /// One counter: one conditional update.
    async fn update(
        &self,
        claim: &Claim,
        at: Timestamp,
        entry: &str,
        expiries: &HashMap<Counter, i64>,
    ) -> Result<(), Refusal> {
        let terms = Terms::new(claim, at, entry, expiries);
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(KEY, key(&claim.counter))
            .update_expression(UPDATE)
            .condition_expression(&terms.condition)
            .set_expression_attribute_values(Some(terms.update_values()))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(answer) => {
                if let Some(old) = answer.attributes {
                    self.cut(claim, at, entry, &Stored::read(&old)?);
                }
                Ok(())
            }
            Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => {
                let UpdateItemError::ConditionalCheckFailedException(failed) = service.into_err() else {
                    return Err(Refusal::Conflict);
                };
                let item = failed.item.ok_or_else(|| error(Cause::Broken, "a failed condition without its item"))?;
                Err(Refusal::Condition(HashMap::from([(claim.counter.clone(), Stored::read(&item)?)])))
            }
            Err(refused) if is_conflict(&refused) => Err(Refusal::Conflict),
            Err(error) => Err(failed(error).into()),
        }
    }

    /// Several counters: one transaction.
    async fn transact(
        &self,
        claims: &[Claim],
        at: Timestamp,
        entry: &str,
        expiries: &HashMap<Counter, i64>,
    ) -> Result<(), Refusal> {
        let mut request = self.client.transact_write_items();
        for claim in claims {
            let terms = Terms::new(claim, at, entry, expiries);
            let item = if claim.record { terms.update(&self.table, claim) } else { terms.check(&self.table, claim) };
            request = request.transact_items(item.ok_or_else(|| error(Cause::Broken, "no request could be made"))?);
        }
        let Err(refused) = request.send().await else { return Ok(()) };
        let reasons = match &refused {
            SdkError::ServiceError(service) => match service.err() {
                TransactWriteItemsError::TransactionCanceledException(canceled) => canceled.cancellation_reasons(),
                TransactWriteItemsError::TransactionInProgressException(_) => return Err(Refusal::Conflict),
                _ => &[],
            },
            _ => &[],
        };
        let code = |reason: &CancellationReason, word: &str| reason.code.as_deref() == Some(word);
        if reasons.iter().any(|reason| code(reason, "ConditionalCheckFailed")) {
            let mut stored = HashMap::new();
            for (claim, reason) in claims.iter().zip(reasons) {
                if let Some(item) = reason.item.as_ref().filter(|item| !item.is_empty()) {
                    stored.insert(claim.counter.clone(), Stored::read(item)?);
                } else if code(reason, "ConditionalCheckFailed") {
                    return Err(error(Cause::Broken, "a failed condition without its item").into());
                }
            }
            return Err(Refusal::Condition(stored));
        }
        if reasons.iter().any(|reason| code(reason, "TransactionConflict")) {
            return Err(Refusal::Conflict);
        }
        if reasons.iter().any(|reason| code(reason, "ThrottlingError") || code(reason, "ProvisionedThroughputExceeded"))
        {
            return Err(error(Cause::Throttled, "a counter of several").into());
        }
        Err(failed(refused).into())
    }

    /// Cuts a list that has grown beyond what anybody asks for. Nobody waits for it, and where another write
    /// comes first it does nothing.
    fn cut(&self, claim: &Claim, at: Timestamp, entry: &str, old: &Stored) {
        let oldest = Timestamp::from_second(at.as_second() - asked_for(claim, at, old)).unwrap_or(Timestamp::MIN);
        let kept =
            old.entries.iter().take(usize::from(Limit::MOST)).take_while(|(_, attempt)| *attempt > oldest).count();
        if old.entries.len() < kept + CUT_FROM {
            return;
        }
        let list = |entries: &[(String, Timestamp)]| {
            let own = AttributeValue::S(entry.to_owned());
            let others = entries.iter().map(|(entry, _)| AttributeValue::S(entry.clone()));
            AttributeValue::L(std::iter::once(own).chain(others).collect())
        };
        let cut = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(KEY, key(&claim.counter))
            .update_expression("SET attempts = :kept")
            .condition_expression("attempts = :all")
            .expression_attribute_values(":kept", list(old.entries.get(..kept).unwrap_or_default()))
            .expression_attribute_values(":all", list(&old.entries));
        tokio::spawn(async move {
            if let Err(error) = cut.send().await {
                let conditional =
                    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception);
                if !conditional {
                    tracing::warn!(error = %failed(error), "a counter's old attempts could not be removed");
                }
            }
        });
    }
}

/// What a recording claim does to an item.
const UPDATE: &str = "SET attempts = list_append(:entries, if_not_exists(attempts, :none)), expires_at = :expiry";

/// A claim as conditions and values of a request.
struct Terms {
    condition: String,
    /// Of the condition.
    values: Attributes,
    entry: String,
}

impl Terms {
    fn new(claim: &Claim, at: Timestamp, entry: &str, expiries: &HashMap<Counter, i64>) -> Self {
        let expiry = expiries.get(&claim.counter).copied().unwrap_or_default();
        let mut terms = Self { condition: String::new(), values: Attributes::new(), entry: entry.to_owned() };
        let mut conditions = Vec::new();
        if claim.record {
            // Of a write that is sent again, the first may have been done.
            conditions.push("(NOT contains(attempts, :entry))".to_owned());
            conditions.push("(attribute_not_exists(expires_at) OR expires_at <= :expiry)".to_owned());
            terms.values.insert(":entry".to_owned(), AttributeValue::S(entry.to_owned()));
            terms.values.insert(":expiry".to_owned(), AttributeValue::N(expiry.to_string()));
        }
        for (number, limit) in claim.limits.iter().enumerate() {
            let path = format!("attempts[{}]", limit.max.saturating_sub(1));
            conditions.push(format!("(attribute_not_exists({path}) OR {path} <= :cutoff{number})"));
            // `~` is behind `#`: an attempt of the cutoff's own millisecond no longer counts.
            let cutoff = format!("{:013}~", limit.cutoff(at).as_millisecond().max(0));
            terms.values.insert(format!(":cutoff{number}"), AttributeValue::S(cutoff));
        }
        terms.condition = conditions.join(" AND ");
        terms
    }

    fn update_values(mut self) -> Attributes {
        self.values.insert(":entries".to_owned(), AttributeValue::L(vec![AttributeValue::S(self.entry)]));
        self.values.insert(":none".to_owned(), AttributeValue::L(Vec::new()));
        self.values
    }

    fn update(self, table: &str, claim: &Claim) -> Option<TransactWriteItem> {
        let update = Update::builder()
            .table_name(table)
            .key(KEY, key(&claim.counter))
            .update_expression(UPDATE)
            .condition_expression(&self.condition)
            .set_expression_attribute_values(Some(self.update_values()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Some(TransactWriteItem::builder().update(update.build().ok()?).build())
    }

    fn check(self, table: &str, claim: &Claim) -> Option<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(table)
            .key(KEY, key(&claim.counter))
            .condition_expression(&self.condition)
            .set_expression_attribute_values(Some(self.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Some(TransactWriteItem::builder().condition_check(check.build().ok()?).build())
    }
}

impl Stored {
    fn read(item: &Attributes) -> Result<Self, StoreError> {
        let malformed = || error(Cause::Broken, "an item of the attempts table is not as it was written; delete it");
        let expires_at = match item.get(EXPIRES_AT) {
            None => 0,
            Some(AttributeValue::N(number)) => number.parse().map_err(|_| malformed())?,
            Some(_) => return Err(malformed()),
        };
        let entries = match item.get(ATTEMPTS) {
            None => &[][..],
            Some(AttributeValue::L(entries)) => entries,
            Some(_) => return Err(malformed()),
        };
        let entry = |value: &AttributeValue| {
            let AttributeValue::S(text) = value else { return None };
            let (milliseconds, _) = text.split_once('#').filter(|(milliseconds, _)| milliseconds.len() == 13)?;
            Some((text.clone(), Timestamp::from_millisecond(milliseconds.parse().ok()?).ok()?))
        };
        let entries = entries.iter().map(entry).collect::<Option<_>>().ok_or_else(malformed)?;
        Ok(Self { entries, expires_at })
    }

    fn attempts(&self) -> Vec<Timestamp> {
        self.entries.iter().map(|(_, attempt)| *attempt).collect()
    }
}

fn key(counter: &Counter) -> AttributeValue {
    AttributeValue::S(counter.as_str().to_owned())
}

/// The end of the day after the last on which an attempt of now may count. In whole days, so that calls
/// that follow one another say the same.
fn expiry(claim: &Claim, at: Timestamp) -> i64 {
    let last = at.as_second().saturating_add(claim.keep.window.as_secs());
    (last.div_euclid(SECONDS_A_DAY) + 2) * SECONDS_A_DAY
}

/// For how many seconds attempts are asked for, by this claim or by those that set the item's expiry.
fn asked_for(claim: &Claim, at: Timestamp, old: &Stored) -> i64 {
    let newest = old.entries.first().map_or(at, |(_, newest)| *newest);
    (old.expires_at - newest.as_second()).max(claim.keep.window.as_secs())
}

/// Doubled with each try, and less at random, so that those who met do not meet again.
fn pause(attempt: u32) -> Duration {
    let longest = FIRST_PAUSE * 2_u32.saturating_pow(attempt.saturating_sub(1));
    let lot = uuid::Uuid::now_v7().as_u128() & 0xff;
    longest / 2 + longest * u32::try_from(lot).unwrap_or_default() / 512
}

fn is_conflict(error: &SdkError<UpdateItemError>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_transaction_conflict_exception)
}

fn failed<E>(error: SdkError<E>) -> StoreError
where
    StoreError: From<SdkError<E>>,
{
    StoreError { table: Table::Attempts, ..error.into() }
}

fn error(cause: Cause, detail: &str) -> StoreError {
    StoreError { table: Table::Attempts, cause, detail: detail.to_owned() }
}
