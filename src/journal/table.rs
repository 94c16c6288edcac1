//! The journal table in DynamoDB.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use jiff::Timestamp;

use super::entry_item::{JournalItem, pack_partition};
use crate::store::{Attributes, Backoff, StoreError, StoreErrorKind, TableKind, TableSchema, complete};

/// Most requests of one `BatchWriteItem`.
const MAX_BATCH: usize = 25;

/// The pause before unprocessed items are written again: the first time, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// The number of times that unprocessed items of one batch are written again.
const MAX_REPEATS: usize = 8;

/// The journal table in DynamoDB.
#[derive(Debug, Clone)]
pub struct JournalTable {
    client: Client,
    name: String,
}

impl JournalTable {
    /// Returns the table of this name. The time limits and retries are the client's.
    pub fn new(client: Client, name: &str) -> Self {
        Self { client, name: name.to_owned() }
    }

    /// Returns the table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the instant at which the table was created; `None` if DynamoDB does not return it.
    ///
    /// # Errors
    /// When there is no table, or it cannot be described.
    pub async fn created_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let described = self.client.describe_table().table_name(&self.name).send().await;
        let described = described.map_err(|error| StoreError::from(error).of(TableKind::Journal))?;
        let created = described.table.and_then(|table| table.creation_date_time);
        Ok(created.and_then(|created| Timestamp::from_second(created.secs()).ok()))
    }

    /// Writes items.
    ///
    /// # Errors
    /// When a request fails. The items of earlier requests are written.
    pub async fn write(&self, items: Vec<JournalItem>) -> Result<(), StoreError> {
        for batch in distinct(items).chunks(MAX_BATCH) {
            self.write_batch(batch.iter().map(|item| item.item.clone()).collect()).await?;
        }
        Ok(())
    }

    async fn write_batch(&self, items: Vec<Attributes>) -> Result<(), StoreError> {
        let of_table = |error: StoreError| error.of(TableKind::Journal);
        let requests = items.into_iter().map(|item| {
            let put = PutRequest::builder().set_item(Some(item)).build();
            put.map(|put| WriteRequest::builder().put_request(put).build())
        });
        let mut requests: Vec<WriteRequest> =
            requests.collect::<Result<_, _>>().map_err(|error| broken(&error.to_string()))?;
        let mut backoff = Backoff::new(FIRST_PAUSE, MAX_PAUSE);
        for _ in 0..=MAX_REPEATS {
            let write = self.client.batch_write_item().request_items(&self.name, requests);
            let answer = write.send().await.map_err(|error| of_table(error.into()))?;
            let rest = answer.unprocessed_items.and_then(|mut rest| rest.remove(&self.name));
            let Some(rest) = rest.filter(|rest| !rest.is_empty()) else { return Ok(()) };
            requests = rest;
            backoff.wait().await;
        }
        Err(StoreError::new(TableKind::Journal, StoreErrorKind::Throttled, "unprocessed items"))
    }

    /// Returns the items of the journal under a number of the rules table, in the order of time.
    ///
    /// # Errors
    /// When a part of them cannot be read.
    pub async fn under(&self, number: &str) -> Result<Vec<Attributes>, StoreError> {
        self.query(None, "number", number, None).await
    }

    /// Returns the items of the journal under a number whose changes were made at an instant or later, in the order of time.
    ///
    /// # Errors
    /// When a part of them cannot be read.
    pub async fn under_since(&self, number: &str, from: Timestamp) -> Result<Vec<Attributes>, StoreError> {
        self.query(None, "number", number, Some(from)).await
    }

    /// Returns the packs of a list, in the order of the time of their first changes.
    ///
    /// # Errors
    /// When a part of them cannot be read.
    pub async fn packs(&self, list: &str) -> Result<Vec<Attributes>, StoreError> {
        self.query(None, "number", &pack_partition(list), None).await
    }

    /// Returns the packs of a list whose first changes were made at an instant or later, in the order of time.
    ///
    /// # Errors
    /// When a part of them cannot be read.
    pub async fn packs_since(&self, list: &str, from: Timestamp) -> Result<Vec<Attributes>, StoreError> {
        self.query(None, "number", &pack_partition(list), Some(from)).await
    }

    /// Returns the items of the journal in a month (UTC), such as `2026-11`, in the order of time and without packs.
    ///
    /// # Errors
    /// When a part of them cannot be read.
    pub async fn of_month(&self, month: &str) -> Result<Vec<Attributes>, StoreError> {
        let index = TableSchema::JOURNAL.index().map(|index| index.name);
        self.query(index, "month", month, None).await
    }

    async fn query(
        &self,
        index: Option<&str>,
        key: &str,
        value: &str,
        from: Option<Timestamp>,
    ) -> Result<Vec<Attributes>, StoreError> {
        let entry = from.map(|from| Timestamp::from_second(from.as_second()).unwrap_or(from).to_string());
        let mut items = Vec::new();
        let mut start: Option<HashMap<String, AttributeValue>> = None;
        loop {
            let mut query = self
                .client
                .query()
                .table_name(&self.name)
                .set_index_name(index.map(str::to_owned))
                .key_condition_expression("#key = :key")
                .expression_attribute_names("#key", key)
                .expression_attribute_values(":key", AttributeValue::S(value.to_owned()))
                // An index has no strongly consistent reads.
                .consistent_read(index.is_none())
                .set_exclusive_start_key(start);
            if let Some(entry) = &entry {
                query = query
                    .key_condition_expression("#key = :key AND #entry >= :entry")
                    .expression_attribute_names("#entry", "entry")
                    .expression_attribute_values(":entry", AttributeValue::S(entry.clone()));
            }
            let page = query.send().await.map_err(|error| StoreError::from(error).of(TableKind::Journal))?;
            items.extend(complete(page.items, page.count).map_err(|error| error.of(TableKind::Journal))?);
            start = page.last_evaluated_key;
            if start.as_ref().is_none_or(HashMap::is_empty) {
                return Ok(items);
            }
        }
    }
}

/// Returns the items without those of the same key. A batch may have a stream record twice, and DynamoDB refuses a request that
/// writes an item twice.
fn distinct(items: Vec<JournalItem>) -> Vec<JournalItem> {
    let text = |item: &JournalItem, name: &str| item.item.get(name).and_then(|value| value.as_s().ok()).cloned();
    let mut seen = HashSet::new();
    items.into_iter().filter(|item| seen.insert((text(item, "number"), text(item, "entry")))).collect()
}

fn broken(detail: &str) -> StoreError {
    StoreError::new(TableKind::Journal, StoreErrorKind::Broken, detail)
}
