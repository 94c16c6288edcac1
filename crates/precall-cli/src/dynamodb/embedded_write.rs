//! Many changes to an embedded DynamoDB: a transaction of its database takes thousands of items, a request only 25.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use dynoxide::actions::transact_write_items as embedded;
use dynoxide::{Database, DynoxideError, ImportOptions};
use precall::rule::Key;

use super::attribute_value::{Attributes, EmbeddedItem, to_embedded};
use super::items::{ItemChange, key_attributes};
use crate::failure::Failure;

/// Most actions of one `TransactWriteItems`.
const MAX_ACTIONS: usize = 100;

/// How long another process may keep the database locked.
const PATIENCE: Duration = Duration::from_mins(3);

/// The pause before a locked database is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// Writes items, all in one transaction.
///
/// # Errors
/// When the database cannot be written, or something is not an item of the table.
pub fn put_all(database: &Database, table: &str, items: Vec<Attributes>) -> Result<(), Failure> {
    let items = items.into_iter().map(to_embedded).collect::<Result<_, _>>()?;
    database.import_items(table, items, ImportOptions::default())?;
    Ok(())
}

/// Makes changes: writes all items in one transaction, then removes the others, a hundred in a transaction.
///
/// # Errors
/// When the database cannot be written; some of the changes may have been made.
pub fn change_all(database: &Database, table: &str, changes: HashMap<Key, ItemChange>) -> Result<(), Failure> {
    let mut puts: Vec<EmbeddedItem> = Vec::with_capacity(changes.len());
    let mut removals = Vec::new();
    for (key, change) in changes {
        match change {
            ItemChange::Put(item) => puts.push(to_embedded(item)?),
            ItemChange::Remove => removals.push(key),
        }
    }
    if !puts.is_empty() {
        let recorded = || ImportOptions { record_streams: true, ..ImportOptions::default() };
        unless_busy(|| database.import_items(table, puts.clone(), recorded()))?;
    }
    for keys in removals.chunks(MAX_ACTIONS) {
        let actions = keys.iter().map(|key| removal(table, key)).collect::<Result<Vec<_>, _>>()?;
        unless_busy(|| database.transact_write_items(transaction(&actions)))?;
    }
    Ok(())
}

fn transaction(actions: &[embedded::TransactWriteItem]) -> embedded::TransactWriteItemsRequest {
    embedded::TransactWriteItemsRequest {
        transact_items: actions.to_vec(),
        ..embedded::TransactWriteItemsRequest::default()
    }
}

fn removal(table: &str, key: &Key) -> Result<embedded::TransactWriteItem, Failure> {
    let delete = embedded::TransactDelete {
        table_name: table.to_owned(),
        key: to_embedded(key_attributes(key))?,
        ..embedded::TransactDelete::default()
    };
    Ok(embedded::TransactWriteItem { delete: Some(delete), ..embedded::TransactWriteItem::default() })
}

/// Repeats a write while another process, such as a running `precall serve`, has the database locked.
fn unless_busy<T>(mut write: impl FnMut() -> dynoxide::Result<T>) -> Result<T, Failure> {
    let began = Instant::now();
    loop {
        match write() {
            Ok(done) => return Ok(done),
            Err(error) if is_busy(&error) && began.elapsed() < PATIENCE => std::thread::sleep(BUSY_PAUSE),
            Err(error) => return Err(format!("the embedded database cannot be written: {error}").into()),
        }
    }
}

/// Returns true if another process has the database locked.
///
/// It reads the error's text, because there is nothing else to read: dynoxide turns its own `BackendError::Locked` into
/// `InternalServerError` with a text.
fn is_busy(error: &DynoxideError) -> bool {
    let (DynoxideError::InternalServerError(_) | DynoxideError::SqliteError(_)) = error else { return false };
    let text = error.to_string();
    text.contains("database is locked") || text.contains("database is busy")
}
