//! A rule in one row of a table: the row that `precall rules` prints and the page shows. Its sentence comes from the parsed
//! item, so it says what decides.

use precall::rule::{CHANGED, Entry, Key, Rule};
use serde_json::Value;

use crate::dynamodb::attribute_value::{Attributes, to_plain};

/// The attributes with a column of their own.
pub const COLUMNS: [&str; 6] = ["number", "rule", "priority", "status", "code", "reason"];

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
    /// The sentence of the rule or fact; the faults of an invalid item.
    pub sentence: String,
    /// The names of attributes that are not read.
    pub unread: Vec<String>,
}

/// A valid item in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInWords {
    /// The key of the item.
    pub key: Key,
    /// The sentence, without its subject and period.
    pub sentence: String,
    /// The names of attributes that are not read.
    pub unread: Vec<String>,
}

impl RuleInWords {
    /// Returns what an item does; `None` if it is invalid.
    pub fn of(entry: &Entry) -> Option<Self> {
        match entry {
            Entry::Rule(rule) => Some(Self::of_rule(rule)),
            Entry::Fact(fact) => {
                Some(Self { key: fact.key.clone(), sentence: fact.sentence(), unread: fact.unread.clone() })
            }
            Entry::Invalid(_) => None,
        }
    }

    /// Returns what a rule does.
    pub fn of_rule(rule: &Rule) -> Self {
        Self { key: rule.key.clone(), sentence: rule.sentence(), unread: rule.unread.clone() }
    }
}

/// Returns the names of attributes that are not read, as a phrase; `None` if all are read.
pub fn not_read(unread: &[String]) -> Option<String> {
    let names: Vec<String> = unread.iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("not read: {}", names.join(", ")))
}

impl RuleRow {
    /// The row of an item.
    pub fn of(item: &Attributes, entry: &Entry) -> Self {
        let status = match entry {
            Entry::Invalid(_) => "invalid".to_owned(),
            Entry::Fact(_) => "fact".to_owned(),
            Entry::Rule(rule) => status(item, rule),
        };
        let (sentence, unread) = match (RuleInWords::of(entry), entry) {
            (Some(words), _) => (words.sentence, words.unread),
            (None, Entry::Invalid(invalid)) => (invalid.reasons.join("; "), Vec::new()),
            (None, _) => (String::new(), Vec::new()),
        };
        Self {
            number: cell(item, "number"),
            rule: cell(item, "rule"),
            priority: not_empty(cell(item, "priority")).unwrap_or_else(|| "0".to_owned()),
            status,
            code: cell(item, "code"),
            sentence,
            unread,
        }
    }
}

/// Returns the status of a rule. The engine does not read the attributes of a disabled rule.
fn status(item: &Attributes, rule: &Rule) -> String {
    if rule.conditions.lifetime.enabled { rule.action.status().to_owned() } else { cell(item, "status") }
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

/// Returns the attributes without a column, as `name=value`, and without the stamp of the last change.
pub fn rest(item: &Attributes) -> String {
    let mut rest: Vec<String> = to_plain(item)
        .into_iter()
        .filter(|(name, _)| !COLUMNS.contains(&name.as_str()) && name != CHANGED)
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}"),
            other => format!("{name}={other}"),
        })
        .collect();
    rest.sort();
    rest.join("; ")
}
