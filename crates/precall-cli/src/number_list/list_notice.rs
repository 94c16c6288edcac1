//! List notices: a fact under `*` for each list, beside its record. The hook reads it with the wildcard rules, so that
//! each decision record names the copies of the lists that were in force.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use precall::rule::ListCopy;
use precall_hook::store::{RulesTable, StoreError};

use super::list_record::{ImportState, ListRecord, taken_over};
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::cancellation::ActionCancellation;
use crate::dynamodb::items::key_attributes;
use crate::dynamodb::writable_table::WritableTable;
use crate::failure::Failure;

/// The attributes in which a notice states the copy.
const STATED: [&str; 6] = ["list", "copied", "sha256", "file", "due", "numbers"];

/// Returns the notice of a list whose copy is in the table.
pub fn item(record: &ListRecord) -> Attributes {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |number: String| AttributeValue::N(number);
    // While the numbers of earlier files are being removed, the list is becoming exactly the file.
    let entries = if record.state == ImportState::Removing { record.accepted } else { record.min_entries() };
    let mut item = key_attributes(&ListCopy::key_of(&record.name));
    item.extend([
        ("list".to_owned(), text(&record.name)),
        ("copied".to_owned(), number(record.copied.as_second().to_string())),
        ("sha256".to_owned(), text(&record.sha256)),
        ("file".to_owned(), text(&record.file)),
        ("numbers".to_owned(), number(entries.to_string())),
    ]);
    if let Some(due) = record.due {
        item.insert("due".to_owned(), number(due.as_second().to_string()));
    }
    item
}

/// Returns true if an item is a list notice, valid or not.
pub fn is_notice(item: &Attributes) -> bool {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str);
    let list = item.get("list").is_some_and(|list| !list.is_null());
    let is_named = text("rule").is_some_and(|rule| rule.starts_with(&ListCopy::key_of("").rule));
    text("number") == Some("*") && is_named && list && !item.contains_key("status")
}

/// Returns true if the table has the notice of this record.
///
/// # Errors
/// When the table cannot be read.
pub async fn is_written(store: &RulesTable, record: &ListRecord) -> Result<bool, Failure> {
    let wanted = item(record);
    let key = key_attributes(&ListCopy::key_of(&record.name));
    let get = store.client().get_item().table_name(store.name()).set_key(Some(key)).consistent_read(true);
    let stored = get.send().await.map_err(StoreError::from)?.item;
    let is_same = |stored: &Attributes| STATED.iter().all(|name| stored.get(*name) == wanted.get(*name));
    Ok(stored.as_ref().is_some_and(is_same))
}

/// Writes the record of a list whose copy is in the table, and its notice, in one transaction: the two never differ.
///
/// # Errors
/// When another import has taken the list over, or the table cannot be written.
pub async fn write_with_record(table: &WritableTable, record: &ListRecord) -> Result<(), Failure> {
    let put = |item: Attributes| Put::builder().table_name(table.name()).set_item(Some(item));
    let of_record = put(record.to_item()?)
        .condition_expression("#import = :import")
        .expression_attribute_names("#import", "import")
        .expression_attribute_values(":import", AttributeValue::S(record.import.clone()))
        .build()?;
    let puts = [of_record, put(item(record)).build()?].map(|put| TransactWriteItem::builder().put(put).build());
    let write = table.client().transact_write_items().set_transact_items(Some(puts.to_vec()));
    let Err(error) = write.send().await else { return Ok(()) };
    if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() {
        let mut reasons = cancelled.cancellation_reasons().iter().map(ActionCancellation::from);
        if reasons.any(|reason| reason == ActionCancellation::ConditionFailed) {
            return Err(taken_over(&record.name));
        }
    }
    Err(StoreError::from(error).into())
}
