//! Writes of one item with a stamp, which succeed only if the item is still the one that was read.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use precall::rule::{self, BOOKKEEPING, CHANGED, Key};
use precall_hook::store::{RulesTable, StoreError, StoreErrorKind};

use crate::change_stamp::{self, ChangeStamper};
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::cancellation::ActionCancellation;
use crate::dynamodb::items;
use crate::dynamodb::writable_table::WritableTable;
use crate::failure::Failure;

/// The result of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StampedWriteOutcome {
    Done,
    /// The item has changed since it was read, so it was not written.
    Changed,
}

/// Returns an item, if there is one of this key.
///
/// # Errors
/// When the table cannot be read.
pub async fn get(store: &RulesTable, key: &Key) -> Result<Option<Attributes>, StoreError> {
    let get = store.client().get_item().table_name(store.name()).consistent_read(true);
    Ok(get.set_key(Some(items::key_attributes(key))).send().await?.item)
}

/// Writes an item with a new stamp, if the stored item is still `old`.
///
/// # Errors
/// When the table cannot be written.
pub async fn put(
    table: &WritableTable,
    stamper: &ChangeStamper,
    old: Option<&Attributes>,
    new: &Attributes,
) -> Result<StampedWriteOutcome, Failure> {
    let new = stamper.stamped(new)?;
    let UnchangedCondition { expression, names, values } = UnchangedCondition::of(old, Some(&new));
    let put = table.client().put_item().table_name(table.name()).set_item(Some(new.clone()));
    let put = put.condition_expression(expression).set_expression_attribute_names(Some(names));
    let sent = put.set_expression_attribute_values(some(values)).send().await;
    is_written(table, sent.map(|_| ()).map_err(StoreError::from), &new).await
}

/// Removes an item, if it is still `old`: it gets a stamp first, so that its removal has an author.
///
/// # Errors
/// When the table cannot be written.
pub async fn remove(
    table: &WritableTable,
    stamper: &ChangeStamper,
    old: &Attributes,
) -> Result<StampedWriteOutcome, Failure> {
    match stamp_removal(table, stamper, old).await? {
        Some(stamped) => remove_stamped(table, &items::key(old), &stamped).await,
        None => Ok(StampedWriteOutcome::Changed),
    }
}

/// Makes a change of an item and removes another one, both or neither, if both are still as they were read. Without `new`, the
/// first one is removed too.
///
/// # Errors
/// When the table cannot be written.
pub async fn change_and_remove(
    table: &WritableTable,
    stamper: &ChangeStamper,
    (old, new): (Option<&Attributes>, Option<&Attributes>),
    removed: &Attributes,
) -> Result<StampedWriteOutcome, Failure> {
    let Some(removed) = stamp_removal(table, stamper, removed).await? else { return Ok(StampedWriteOutcome::Changed) };
    let new = new.map(|new| stamper.stamped(new)).transpose()?;
    let action = match (old, &new) {
        (_, Some(new)) => Some(put_action(table, old, new)?),
        (Some(old), None) => match stamp_removal(table, stamper, old).await? {
            Some(old) => Some(delete_action(table, &old)?),
            None => return Ok(StampedWriteOutcome::Changed),
        },
        (None, None) => None,
    };
    let actions = action.into_iter().chain([delete_action(table, &removed)?]).collect();
    let sent = table.client().transact_write_items().set_transact_items(Some(actions)).send().await;
    let Err(error) = sent else { return Ok(StampedWriteOutcome::Done) };
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return Err(StoreError::from(error).into());
    };
    let mut reasons = cancelled.cancellation_reasons().iter().map(ActionCancellation::from);
    if !reasons.any(|reason| reason == ActionCancellation::ConditionFailed) {
        return Err(StoreError::from(error).into());
    }
    // If the answer was lost and the request repeated, all is done already.
    let stored = match [new.as_ref(), old].into_iter().flatten().next() {
        Some(item) => get(table, &items::key(item)).await?,
        None => None,
    };
    let is_done = stored.as_ref().and_then(change_stamp::id) == new.as_ref().and_then(change_stamp::id)
        && get(table, &items::key(&removed)).await?.is_none();
    Ok(if is_done { StampedWriteOutcome::Done } else { StampedWriteOutcome::Changed })
}

fn put_action(table: &WritableTable, old: Option<&Attributes>, new: &Attributes) -> Result<TransactWriteItem, Failure> {
    let UnchangedCondition { expression, names, values } = UnchangedCondition::of(old, Some(new));
    let put = Put::builder().table_name(table.name()).set_item(Some(new.clone()));
    let put = put.condition_expression(expression).set_expression_attribute_names(Some(names));
    Ok(TransactWriteItem::builder().put(put.set_expression_attribute_values(some(values)).build()?).build())
}

fn delete_action(table: &WritableTable, old: &Attributes) -> Result<TransactWriteItem, Failure> {
    let UnchangedCondition { expression, names, values } = UnchangedCondition::of(Some(old), None);
    let delete = Delete::builder().table_name(table.name()).set_key(Some(items::key_attributes(&items::key(old))));
    let delete = delete.condition_expression(expression).set_expression_attribute_names(Some(names));
    Ok(TransactWriteItem::builder().delete(delete.set_expression_attribute_values(some(values)).build()?).build())
}

/// Gives an item the stamp of its removal, if it is still `old`. Returns the item with the stamp, or `None` if it has changed.
async fn stamp_removal(
    table: &WritableTable,
    stamper: &ChangeStamper,
    old: &Attributes,
) -> Result<Option<Attributes>, Failure> {
    let key = items::key(old);
    let stamped = stamper.stamped_for_removal(old)?;
    let UnchangedCondition { expression, names, mut values } = UnchangedCondition::of(Some(old), None);
    values.extend(stamped.get(CHANGED).map(|stamp| (":stamp".to_owned(), stamp.clone())));
    let update = table.client().update_item().table_name(table.name()).set_key(Some(items::key_attributes(&key)));
    let update = update.update_expression("SET #stamp = :stamp").condition_expression(expression);
    let update = update.set_expression_attribute_names(Some(names)).expression_attribute_names("#stamp", CHANGED);
    let sent = update.set_expression_attribute_values(some(values)).send().await;
    let sent = sent.map(|_| ()).map_err(StoreError::from);
    let outcome = is_written(table, sent, &stamped).await?;
    Ok((outcome == StampedWriteOutcome::Done).then_some(stamped))
}

/// Removes an item, if it is still the one that was stamped.
async fn remove_stamped(
    table: &WritableTable,
    key: &Key,
    stamped: &Attributes,
) -> Result<StampedWriteOutcome, Failure> {
    let UnchangedCondition { expression, names, values } = UnchangedCondition::of(Some(stamped), None);
    let delete = table.client().delete_item().table_name(table.name()).set_key(Some(items::key_attributes(key)));
    let delete = delete.condition_expression(expression).set_expression_attribute_names(Some(names));
    match delete.set_expression_attribute_values(some(values)).send().await.map_err(StoreError::from) {
        Ok(_) => Ok(StampedWriteOutcome::Done),
        // If the answer was lost and the request repeated, the item is gone already.
        Err(error) if error.kind == StoreErrorKind::ConditionFailed => Ok(match get(table, key).await? {
            None => StampedWriteOutcome::Done,
            Some(_) => StampedWriteOutcome::Changed,
        }),
        Err(error) => Err(error.into()),
    }
}

/// Returns the outcome of a write. If its answer was lost and the request repeated, the item has its stamp already.
async fn is_written(
    table: &WritableTable,
    sent: Result<(), StoreError>,
    new: &Attributes,
) -> Result<StampedWriteOutcome, Failure> {
    match sent {
        Ok(()) => Ok(StampedWriteOutcome::Done),
        Err(error) if error.kind == StoreErrorKind::ConditionFailed => {
            let stored = get(table, &items::key(new)).await?;
            let has_stamp = stored.as_ref().and_then(change_stamp::id) == change_stamp::id(new);
            Ok(if has_stamp { StampedWriteOutcome::Done } else { StampedWriteOutcome::Changed })
        }
        Err(error) => Err(error.into()),
    }
}

/// DynamoDB refuses an empty map.
fn some(values: Attributes) -> Option<Attributes> {
    (!values.is_empty()).then_some(values)
}

/// The condition that an item has not changed since it was read.
struct UnchangedCondition {
    expression: String,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl UnchangedCondition {
    fn of(old: Option<&Attributes>, new: Option<&Attributes>) -> Self {
        let mut names = HashMap::new();
        let mut values = HashMap::new();
        let mut conditions = Vec::new();
        // An attribute that was added meanwhile, such as `enabled`, is a change too.
        let known = rule::ATTRIBUTES.into_iter().chain(BOOKKEEPING);
        let used = [old, new].into_iter().flatten().flat_map(|item| item.keys().map(String::as_str));
        let all: BTreeSet<&str> = used.chain(known).collect();
        for (nth, name) in all.into_iter().enumerate() {
            names.insert(format!("#a{nth}"), name.to_owned());
            match old.and_then(|old| old.get(name)) {
                Some(value) => {
                    values.insert(format!(":a{nth}"), value.clone());
                    conditions.push(format!("#a{nth} = :a{nth}"));
                }
                None => conditions.push(format!("attribute_not_exists(#a{nth})")),
            }
        }
        Self { expression: conditions.join(" AND "), names, values }
    }
}
