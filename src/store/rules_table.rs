//! The rules table in DynamoDB.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use precall::rule::Item;

use super::attribute_value::item;
use super::error::{StoreError, StoreErrorKind, TableKind};

/// The partition of the list records. It is not a number, so no call reads it.
pub const LISTS: &str = "list";

/// The partition of proposals: changes that wait for a second person. It is not a number, so no call reads it.
pub const PROPOSALS: &str = "proposal";

/// The partition of the settings of a rules table. It is not a number, so no call reads it.
pub const TABLE_SETTINGS: &str = "setting";

/// The rules table in DynamoDB.
#[derive(Debug, Clone)]
pub struct RulesTable {
    client: Client,
    name: String,
}

impl RulesTable {
    /// Returns the table of this name. The time limits and retries are the client's.
    pub fn new(client: Client, name: &str) -> Self {
        Self { client, name: name.to_owned() }
    }

    /// Returns the SDK's client, for tools that write rules. The function never writes rules.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Returns the table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads all items under a number, strongly consistent, so that the next call obeys a rule that was saved.
    ///
    /// # Errors
    /// When any part of them could not be read.
    pub async fn items(&self, number: &str) -> Result<Vec<Item>, StoreError> {
        Ok(self.attributes(number).await?.into_iter().map(item).collect())
    }

    /// Reads the first items of the whole table, in no order, and returns them with true if the table has no others.
    ///
    /// # Errors
    /// When they could not be read.
    pub async fn first_items(&self, max: i32) -> Result<(Vec<Item>, bool), StoreError> {
        let scan = self.client.scan().table_name(&self.name).limit(max).consistent_read(true);
        let page = scan.send().await.map_err(StoreError::from)?;
        let are_all = page.last_evaluated_key.is_none();
        Ok((complete(page.items, page.count)?.into_iter().map(item).collect(), are_all))
    }

    /// Reads all items under a number, in DynamoDB's own types.
    ///
    /// # Errors
    /// When any part of them could not be read.
    pub async fn attributes(&self, number: &str) -> Result<Vec<HashMap<String, AttributeValue>>, StoreError> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression("#number = :number")
                .expression_attribute_names("#number", "number")
                .expression_attribute_values(":number", AttributeValue::S(number.to_owned()))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(StoreError::from)?;
            items.extend(complete(page.items, page.count)?);
            start = page.last_evaluated_key;
            if start.as_ref().is_some_and(HashMap::is_empty) {
                return Err(unusable("the answer ends nowhere"));
            }
            if start.is_none() {
                return Ok(items);
            }
        }
    }
}

/// Returns the items of an answer that must have `count` items. An answer without items, or with fewer than `count`, must
/// not be read as "no rules".
///
/// # Errors
/// The answer is not complete.
pub fn complete<T>(items: Option<Vec<T>>, count: i32) -> Result<Vec<T>, StoreError> {
    let items = items.ok_or_else(|| unusable("no items in the answer"))?;
    if usize::try_from(count).ok() != Some(items.len()) {
        return Err(unusable("the answer's count is not that of its items"));
    }
    Ok(items)
}

fn unusable(detail: &str) -> StoreError {
    StoreError::new(TableKind::Rules, StoreErrorKind::Broken, detail)
}
