//! Properties of rules for which a replay needs all digits of a number.

use precall::Number;
use precall::rule::{Action, Entry, Rule};

/// Returns the rule of an entry. An invalid item has that of its last valid version.
pub fn rule(entry: &Entry) -> Option<&Rule> {
    match entry.last_good() {
        Some(Entry::Rule(rule)) => Some(rule),
        _ => None,
    }
}

/// Returns the numbers to which an entry's rule redirects calls.
pub fn targets(entry: &Entry) -> impl Iterator<Item = &Number> {
    rule(entry)
        .and_then(|rule| if let Action::Redirect(targets) = &rule.action { Some(targets.numbers()) } else { None })
        .into_iter()
        .flatten()
}

/// Returns true if a rule redirects calls to one of several numbers.
pub fn has_several_targets(rule: &Rule) -> bool {
    matches!(&rule.action, Action::Redirect(targets) if targets.numbers().count() > 1)
}

/// Returns true if an entry's rule applies to a share of calls only.
pub fn has_share(entry: &Entry) -> bool {
    rule(entry).is_some_and(|rule| rule.conditions.percent.is_some())
}

/// Returns entries without the rules for a share of calls.
pub fn without_shares(entries: &[Entry]) -> Vec<Entry> {
    let has_share = |entry: &Entry| matches!(entry, Entry::Rule(rule) if rule.conditions.percent.is_some());
    entries.iter().filter(|entry| !has_share(entry)).cloned().collect()
}

/// Returns entries in which the rules for a share of calls are for all calls.
pub fn with_whole_shares(entries: &[Entry]) -> Vec<Entry> {
    let mut entries = entries.to_vec();
    for entry in &mut entries {
        if let Entry::Rule(rule) = entry {
            rule.conditions.percent = None;
        }
    }
    entries
}
