//! The errors that a change brings into an item. The commands that write rules refuse them.

use jiff::Timestamp;

use super::finding::{FindingLevel, RuleFinding};
use super::item::of_item;
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items;

/// Returns the errors of the new item that the old one does not have. An item with an error can so be mended step by step.
pub fn new_errors(old: Option<&Attributes>, new: &Attributes, now: Timestamp) -> Vec<RuleFinding> {
    let errors = |item: &Attributes| -> Vec<RuleFinding> {
        let findings = of_item(item, &items::parse(item), now).into_iter();
        findings.filter(|finding| finding.level == FindingLevel::Error).collect()
    };
    let known = old.map(errors).unwrap_or_default();
    errors(new).into_iter().filter(|error| !known.contains(error)).collect()
}
