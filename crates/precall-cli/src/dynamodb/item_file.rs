//! Files of items.

use std::path::Path;

use serde_json::Value;

use super::attribute_value::{self, Attributes};
use crate::failure::Failure;
use crate::unique_json::UniqueValue;

/// Reads a file of items, as [`of_json`] does.
///
/// # Errors
/// When the file cannot be read, is not JSON, or has something that is not an item.
pub fn read(file: &Path) -> Result<Vec<Attributes>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    of_json(&text).map_err(|error| format!("{}: {error}", file.display()).into())
}

/// Reads items from JSON arrays, JSON Lines, the output of `aws dynamodb scan` or an export of DynamoDB. Attributes are
/// plain JSON or DynamoDB's (`{"S": "…"}`).
///
/// # Errors
/// When the text is not JSON, an object has a name twice, or something is not an item.
pub fn of_json(text: &str) -> Result<Vec<Attributes>, Failure> {
    // Windows editors write a byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    let mut items = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<UniqueValue>() {
        let UniqueValue(value) = value.map_err(|error| wrong(&error))?;
        for value in items_in(value) {
            let nth = items.len() + 1;
            items.push(attribute_value::of_json(value).map_err(|error| format!("item {nth}: {error}"))?);
        }
    }
    Ok(items)
}

/// Returns the message of an error in a JSON text.
fn wrong(error: &serde_json::Error) -> String {
    if error.is_data() { error.to_string() } else { format!("not JSON: {error}") }
}

/// Returns the items in a value at the top of a file.
fn items_in(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        Value::Object(mut object) => match (object.remove("Items"), object.remove("Item")) {
            (Some(Value::Array(values)), _) => values,
            (_, Some(item)) => vec![item],
            _ => vec![Value::Object(object)],
        },
        other => vec![other],
    }
}
