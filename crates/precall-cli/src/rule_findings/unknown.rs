//! Findings about attributes that are not read.

use precall::rule::{Entry, UnknownAttribute};

use super::finding::{FindingLevel, RuleFinding};
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items;

/// Attributes that a rule replaces by a default. The rule reports them as repaired.
const WITH_DEFAULT: [&str; 2] = ["code", "reason"];

/// Returns the findings about the attributes of a valid item that are not read. Those of an invalid item are among its
/// mistakes, and those of a disabled one do not matter.
pub fn of_unknown(item: &Attributes, entry: &Entry) -> Vec<RuleFinding> {
    let is_enabled = match entry {
        Entry::Rule(rule) => rule.conditions.lifetime.enabled,
        Entry::Fact(fact) => fact.lifetime.enabled,
        Entry::Invalid(_) => false,
    };
    if !is_enabled {
        return Vec::new();
    }
    let finding = |UnknownAttribute { meant, advice, .. }| {
        let level = if meant.is_some() { FindingLevel::Error } else { FindingLevel::Warning };
        RuleFinding::new(level, entry.key(), advice, "")
    };
    let unknown = items::unknown_attributes(item).into_iter();
    unknown.filter(|unknown| !unknown.meant.is_some_and(|meant| WITH_DEFAULT.contains(&meant))).map(finding).collect()
}
