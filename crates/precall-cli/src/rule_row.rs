//! A rule in one row of a table: the row that `precall rules` prints and the page shows.

use precall::rule::{Entry, Rule, WrittenInstant};
use serde_json::Value;

use crate::dynamodb::attribute_value::{Attributes, to_plain};

/// The attributes with a column of their own.
pub const COLUMNS: [&str; 6] = ["number", "rule", "priority", "status", "code", "reason"];

/// The attributes that are instants.
const INSTANTS: [&str; 2] = ["starts_at", "expires_at"];

/// One item as people read it.
#[derive(Debug)]
pub struct RuleRow {
    pub number: String,
    pub rule: String,
    /// The priority, 0 if the item has none.
    pub priority: String,
    /// The rule's `status`, `fact`, or `invalid`.
    pub status: String,
    pub code: String,
    /// The reason and the conditions; the content of a fact; the faults of an invalid item.
    pub why: String,
}

impl RuleRow {
    /// The row of an item.
    pub fn of(item: &Attributes, entry: &Entry) -> Self {
        let (status, why) = match entry {
            Entry::Invalid(invalid) => ("invalid".to_owned(), invalid.reasons.join("; ")),
            Entry::Fact(fact) => ("fact".to_owned(), fact.content.to_string()),
            Entry::Rule(rule) => (status(item, rule), reason_and_rest(item)),
        };
        Self {
            number: cell(item, "number"),
            rule: cell(item, "rule"),
            priority: not_empty(cell(item, "priority")).unwrap_or_else(|| "0".to_owned()),
            status,
            code: cell(item, "code"),
            why,
        }
    }
}

/// Returns the status of a rule. The engine does not read the attributes of a disabled rule.
fn status(item: &Attributes, rule: &Rule) -> String {
    if rule.conditions.lifetime.enabled { rule.action.status().to_owned() } else { cell(item, "status") }
}

fn reason_and_rest(item: &Attributes) -> String {
    let reason = not_empty(cell(item, "reason")).map(|reason| format!("{reason:?}"));
    let parts: Vec<String> = reason.into_iter().chain(not_empty(rest(item))).collect();
    parts.join("; ")
}

fn not_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// Returns an attribute as text; empty if the item does not have it.
pub fn cell(item: &Attributes, name: &str) -> String {
    match to_plain(item).remove(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    }
}

/// Returns an instant as it is written. One without a time zone is followed by the instant that is read.
fn in_utc(text: String) -> String {
    match WrittenInstant::parse(text.trim()).ok().filter(|read| read.lacks_zone) {
        Some(read) => format!("{text} (read as {read})"),
        None => text,
    }
}

/// Returns the attributes without a column, as `name=value`.
pub fn rest(item: &Attributes) -> String {
    let mut rest: Vec<String> = to_plain(item)
        .into_iter()
        .filter(|(name, _)| !COLUMNS.contains(&name.as_str()))
        .map(|(name, value)| match value {
            Value::String(text) if INSTANTS.contains(&name.as_str()) => format!("{name}={}", in_utc(text)),
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        })
        .collect();
    rest.sort();
    rest.join("; ")
}
