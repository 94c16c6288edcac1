//! The difference between two versions of an item, for people: for edits, the history, and comparisons.

use std::collections::BTreeSet;
use std::fmt::Write;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall::rule::{BOOKKEEPING, Key};
use serde_json::Value;

use crate::dynamodb::attribute_value::{Attributes, plain};
use crate::terminal::{one_line, shortened};

/// Attributes that are instants, and in items are seconds since 1970.
const INSTANTS: [&str; 4] = ["expires_at", "starts_at", "copied", "due"];

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

/// Returns the attributes that differ, by name. The key, and the attributes that tools write for themselves, are not a part of the
/// rule.
pub fn changed_attributes(old: Option<&Attributes>, new: Option<&Attributes>) -> Vec<AttributeChange> {
    let value = |item: Option<&Attributes>, name: &str| item.and_then(|item| item.get(name)).map(shown);
    names(old, new)
        .into_iter()
        .map(|name| AttributeChange { name: name.to_owned(), before: value(old, name), after: value(new, name) })
        .filter(|change| change.before != change.after)
        .collect()
}

/// Returns the attributes that differ as lines, such as `code: "480" -> "603"`. A new or removed item has all its attributes.
pub fn attribute_lines(old: Option<&Attributes>, new: Option<&Attributes>) -> String {
    let mut text = String::new();
    let in_words = |name: &str, value: &Option<Value>| match value {
        None => "(none)".to_owned(),
        Some(value) => shortened(&value_in_words(name, value)).into_owned(),
    };
    for AttributeChange { name, before, after } in changed_attributes(old, new) {
        let (before_text, after_text) = (in_words(&name, &before), in_words(&name, &after));
        let name = one_line(&name);
        // Writing to a text cannot fail.
        let _ = match (old, new) {
            (None, _) => writeln!(text, "  {name}: {after_text}"),
            (_, None) => writeln!(text, "  {name}: {before_text}"),
            _ if after.is_none() => writeln!(text, "  {name}: {before_text} -> (none)  dropped"),
            _ if before_text == after_text => {
                writeln!(text, "  {name}: {before_text} -> the same length, with another text after this beginning")
            }
            _ => writeln!(text, "  {name}: {before_text} -> {after_text}"),
        };
    }
    text
}

/// Returns a value as JSON, and seconds since 1970 as an instant.
fn value_in_words(name: &str, value: &Value) -> String {
    let is_instant = INSTANTS.iter().any(|instant| name.trim().eq_ignore_ascii_case(instant));
    let seconds = value.as_i64().filter(|_| is_instant);
    let at = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    at.map_or_else(|| value.to_string(), |at| at.to_string())
}

/// Returns the attributes that change, as text: one line for the rule, and one for each attribute.
pub fn difference(key: &Key, old: Option<&Attributes>, new: Option<&Attributes>) -> String {
    let what = match (old, new) {
        (None, _) => "is new",
        (_, None) => "is to be removed",
        _ => "changes",
    };
    let Key { number, rule } = key;
    format!("rule `{}` under {} {what}\n{}", one_line(rule), one_line(number), attribute_lines(old, new))
}

/// Returns the names of the attributes that differ, between backticks.
pub fn changed_names(old: &Attributes, new: &Attributes) -> Vec<String> {
    changed_attributes(Some(old), Some(new)).into_iter().map(|change| format!("`{}`", change.name)).collect()
}

/// Returns the names of the attributes that an item loses when another one replaces it, between backticks.
pub fn dropped(old: &Attributes, new: &Attributes) -> Vec<String> {
    names(Some(old), None).into_iter().filter(|name| !new.contains_key(*name)).map(|name| format!("`{name}`")).collect()
}

/// Returns the names of the attributes of both items, without those of the key.
fn names<'a>(old: Option<&'a Attributes>, new: Option<&'a Attributes>) -> BTreeSet<&'a str> {
    let all = [old, new].into_iter().flatten().flat_map(|item| item.keys().map(String::as_str));
    all.filter(|name| !matches!(*name, "number" | "rule") && !BOOKKEEPING.contains(name)).collect()
}

/// Returns a value as plain JSON, and a set in order: DynamoDB returns it in an order of its own.
fn shown(value: &AttributeValue) -> Value {
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
