//! The difference between two versions of an item, for people.

use std::collections::BTreeSet;

use precall::rule::{BOOKKEEPING, Key};
use serde_json::Value;

use crate::dynamodb::attribute_value::{Attributes, plain};

/// Returns the attributes that change, as text: one line for the rule, and one for each attribute. Attributes that tools write for
/// themselves are not a part of the rule.
pub fn difference(key: &Key, old: Option<&Attributes>, new: Option<&Attributes>) -> String {
    let what = match (old, new) {
        (None, _) => "is new",
        (_, None) => "is to be removed",
        _ => "changes",
    };
    let mut text = format!("rule `{}` under {} {what}\n", key.rule, key.number);
    for name in names(old, new) {
        let (before, after) = (shown(old, name), shown(new, name));
        let line = match (old, new) {
            _ if before == after => continue,
            (None, _) => format!("  {name}: {}\n", after.text()),
            (_, None) => format!("  {name}: {}\n", before.text()),
            _ if after.0.is_none() => format!("  {name}: {} -> (none)  dropped\n", before.text()),
            _ => format!("  {name}: {} -> {}\n", before.text(), after.text()),
        };
        text.push_str(&line);
    }
    text
}

/// Returns the names of the attributes that differ, between backticks.
pub fn changed_names(old: &Attributes, new: &Attributes) -> Vec<String> {
    let all = names(Some(old), Some(new)).into_iter();
    all.filter(|name| shown(Some(old), name) != shown(Some(new), name)).map(|name| format!("`{name}`")).collect()
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

/// The value of an attribute, if an item has it.
#[derive(Debug, PartialEq)]
struct ShownValue(Option<Value>);

impl ShownValue {
    fn text(&self) -> String {
        self.0.as_ref().map_or_else(|| "(none)".to_owned(), Value::to_string)
    }
}

fn shown(item: Option<&Attributes>, name: &str) -> ShownValue {
    ShownValue(item.and_then(|item| item.get(name)).map(plain))
}
