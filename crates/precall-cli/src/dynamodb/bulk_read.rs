//! Reads of many items by their keys.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use precall::rule::Key;
use precall_hook::store::{Backoff, RulesTable, StoreError};

use super::attribute_value::Attributes;
use super::items::{key, key_attributes};
use crate::failure::Failure;

/// Most keys of one `BatchGetItem`.
const MAX_KEYS: usize = 100;

/// The pause before keys are read again that the table did not read: the first time, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Returns the stored items of these keys, strongly consistent.
///
/// # Errors
/// When the table cannot be read.
pub async fn get_all(store: &RulesTable, keys: &[&Key]) -> Result<HashMap<Key, Attributes>, Failure> {
    let mut found = HashMap::new();
    for keys in keys.chunks(MAX_KEYS) {
        let keys: Vec<Attributes> = keys.iter().map(|key| key_attributes(key)).collect();
        let request = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build()?;
        let mut rest = Some(request);
        let mut backoff = Backoff::new(FIRST_PAUSE, MAX_PAUSE);
        while let Some(request) = rest.take() {
            let sent = store.client().batch_get_item().request_items(store.name(), request).send().await;
            let answer = sent.map_err(StoreError::from)?;
            let items = answer.responses.and_then(|mut tables| tables.remove(store.name()));
            found.extend(items.unwrap_or_default().into_iter().map(|item| (key(&item), item)));
            rest = answer.unprocessed_keys.and_then(|mut tables| tables.remove(store.name()));
            if rest.is_some() {
                backoff.wait().await;
            }
        }
    }
    Ok(found)
}
