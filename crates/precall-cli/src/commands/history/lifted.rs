//! The changes by which a rule rejects fewer calls than before.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall::rule::{Action, Entry, Rule};

use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items;
use crate::journal::HistoryEntry;
use crate::rule_difference::changed_attributes;

/// The attributes that change the answer to a rejected call, and not the calls that are rejected.
const HARMLESS: [&str; 3] = ["code", "reason", "note"];

/// The beginning of the names of attributes that the hook never reads.
const OWN: &str = "x_";

/// Returns true if the change may let calls through that were rejected before: a rule with REJECT, which was in force, was removed,
/// switched off, made a shadow rule, ended or begun at another time, got another status, a lower priority or another condition. The
/// end of a list, and an import that removed numbers, do so too.
pub fn is_lifted(entry: &HistoryEntry) -> bool {
    let change = &entry.change;
    if entry.is_of_list_record() {
        return is_list_shortened(change.before.as_ref(), change.after.as_ref());
    }
    let Some((before, old)) = change.before.as_ref().and_then(|item| Some((item, rejecting(item, change.at)?))) else {
        return false;
    };
    match change.after.as_ref().and_then(|item| Some((item, rejecting(item, change.at)?))) {
        None => !change.are_images_lost,
        Some((after, new)) => has_fewer_calls(before, &old, after, &new),
    }
}

/// Returns the rule of an item, if it rejects calls at an instant.
fn rejecting(item: &Attributes, at: Timestamp) -> Option<Rule> {
    let Entry::Rule(rule) = items::parse(item) else { return None };
    let lifetime = &rule.conditions.lifetime;
    let is_in_force = lifetime.enabled && !rule.shadow && lifetime.expires_at.is_none_or(|end| end > at);
    (is_in_force && matches!(rule.action, Action::Reject { .. })).then_some(rule)
}

fn has_fewer_calls(before: &Attributes, old: &Rule, after: &Attributes, new: &Rule) -> bool {
    let end = |rule: &Rule| rule.conditions.lifetime.expires_at.unwrap_or(Timestamp::MAX);
    changed_attributes(Some(before), Some(after)).iter().any(|change| {
        let name = change.name.trim().to_ascii_lowercase();
        match name.as_str() {
            "priority" => new.priority < old.priority,
            "expires_at" => end(new) < end(old),
            name if HARMLESS.contains(&name) => false,
            name if name.starts_with(OWN) => false,
            _ => !(old.unread.contains(&change.name) || new.unread.contains(&change.name)),
        }
    })
}

/// Returns true if a list ended, or an import of it removed numbers. The lists of allowed numbers do not count.
fn is_list_shortened(before: Option<&Attributes>, after: Option<&Attributes>) -> bool {
    let text = |record: &Attributes, name: &str| match record.get(name) {
        Some(AttributeValue::S(text) | AttributeValue::N(text)) => Some(text.clone()),
        _ => None,
    };
    let Some(record) = after.or(before) else { return false };
    // The options of the import begin with the status of its rules.
    let is_rejecting = text(record, "options")
        .is_none_or(|options| options.strip_prefix("status=").is_none_or(|status| status.starts_with("REJECT")));
    let has_removals = |record: &Attributes| text(record, "removed").is_some_and(|removed| removed != "0");
    let is_ending = |record: &Attributes| text(record, "state").is_some_and(|state| state == "deleting");
    is_rejecting && after.is_none_or(|record| is_ending(record) || has_removals(record))
}
