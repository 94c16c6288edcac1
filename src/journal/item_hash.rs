//! The hash of an item, by which a stamp names the item that it was written for.

use std::collections::BTreeMap;
use std::fmt::Write;

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest, Sha256};

use super::normal_form::normal_form;
use crate::store::{Attributes, TypedJsonError, typed_item};

/// Bytes of an item's hash.
const HASH_BYTES: usize = 6;

/// Returns the hash of an item without bookkeeping, in hexadecimal digits. It includes the item's key, and does not depend on the
/// order of attributes and sets.
///
/// # Errors
/// When an attribute has a type that DynamoDB did not have in this version of its SDK.
pub fn item_hash(item: &Attributes) -> Result<String, TypedJsonError> {
    let mut hash = Sha256::new();
    let sorted: BTreeMap<String, AttributeValue> = normal_form(item).into_iter().collect();
    for (name, value) in sorted {
        let one = Attributes::from([(name, sets_as_lists(value))]);
        hash.update(format!("{}\n", serde_json::Value::Object(typed_item(&one)?)));
    }
    let digest = hash.finalize();
    Ok(digest.iter().take(HASH_BYTES).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Returns a value with its sets as lists, because the JSON of a file has no sets.
fn sets_as_lists(value: AttributeValue) -> AttributeValue {
    match value {
        AttributeValue::Ss(texts) => AttributeValue::L(texts.into_iter().map(AttributeValue::S).collect()),
        AttributeValue::Ns(numbers) => AttributeValue::L(numbers.into_iter().map(AttributeValue::N).collect()),
        AttributeValue::L(values) => AttributeValue::L(values.into_iter().map(sets_as_lists).collect()),
        AttributeValue::M(values) => {
            AttributeValue::M(values.into_iter().map(|(name, value)| (name, sets_as_lists(value))).collect())
        }
        other => other,
    }
}
