//! The attributes that differ between two items, for everything that shows a change: the history, and comparisons.

use std::collections::BTreeSet;
use std::fmt::Write;

use aws_sdk_dynamodb::types::AttributeValue;
use precall::rule::BOOKKEEPING;
use serde_json::Value;

use crate::dynamodb::attribute_value::{Attributes, plain};

/// An attribute that differs between two items.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeChange {
    /// The attribute's name.
    pub name: String,
    /// The value before; `None` if the item did not have it.
    pub before: Option<Value>,
    /// The value after; `None` if the item does not have it.
    pub after: Option<Value>,
}

/// Returns the attributes that differ, by name, without the key and the bookkeeping of tools.
pub fn changed_attributes(old: Option<&Attributes>, new: Option<&Attributes>) -> Vec<AttributeChange> {
    let names: BTreeSet<&String> = [old, new].into_iter().flatten().flat_map(|item| item.keys()).collect();
    let is_own = |name: &str| matches!(name, "number" | "rule") || BOOKKEEPING.contains(&name);
    let value = |item: Option<&Attributes>, name: &str| item.and_then(|item| item.get(name)).map(in_order);
    names
        .into_iter()
        .filter(|name| !is_own(name))
        .map(|name| AttributeChange { name: name.clone(), before: value(old, name), after: value(new, name) })
        .filter(|change| change.before != change.after)
        .collect()
}

/// Returns a value as plain JSON, and a set in order: DynamoDB returns it in an order of its own.
fn in_order(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Ss(texts) => {
            let mut texts = texts.clone();
            texts.sort_unstable();
            plain(&AttributeValue::Ss(texts))
        }
        AttributeValue::Ns(numbers) => {
            let mut numbers = numbers.clone();
            numbers.sort_unstable();
            plain(&AttributeValue::Ns(numbers))
        }
        other => plain(other),
    }
}

/// Returns the attributes that differ as lines: `code: "480" -> "603"`. A new or removed item has all its attributes.
pub fn attribute_lines(old: Option<&Attributes>, new: Option<&Attributes>) -> String {
    let mut text = String::new();
    let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "(none)".to_owned(), Value::to_string);
    for AttributeChange { name, before, after } in changed_attributes(old, new) {
        // Writing to a text cannot fail.
        let _ = match (old, new) {
            (None, _) => writeln!(text, "  {name}: {}", shown(&after)),
            (_, None) => writeln!(text, "  {name}: {}", shown(&before)),
            _ => writeln!(text, "  {name}: {} -> {}", shown(&before), shown(&after)),
        };
    }
    text
}
