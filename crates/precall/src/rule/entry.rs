//! One item of the rules table after parsing.

use std::sync::Arc;

use super::conditions::Conditions;
use super::definition::Rule;
use super::fact::Fact;
use super::key::Key;
use super::pattern::Patterns;

/// One item of the rules table after parsing.
///
/// ```
/// use precall::rule::{Entry, parse};
///
/// let item = serde_json::json!({ "number": "*", "rule": "no-900", "status": "REJECT", "to": "+1900*" });
/// let entry @ Entry::Rule(_) = parse(&serde_json::from_value(item)?) else { panic!("a rule") };
/// assert_eq!(entry.key().rule, "no-900");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub enum Entry {
    /// A rule that can decide.
    Rule(Rule),
    /// An item without `status`. Rules use the data that it states.
    Fact(Fact),
    /// An item that could not be read. It decides nothing and is reported.
    Invalid(InvalidItem),
}

impl Entry {
    /// Returns the key of the item.
    pub fn key(&self) -> &Key {
        match self {
            Self::Rule(rule) => &rule.key,
            Self::Fact(fact) => &fact.key,
            Self::Invalid(invalid) => &invalid.key,
        }
    }

    /// Returns the last valid version of the item: this one, or one that was kept.
    pub fn last_good(&self) -> Option<&Self> {
        match self {
            Self::Invalid(invalid) => invalid.last_good.as_deref(),
            good => Some(good),
        }
    }
}

/// An item that could not be read completely. It never decides.
///
/// ```
/// use precall::rule::{Entry, parse};
///
/// let item = serde_json::json!({ "number": "+13155550101", "rule": "typo", "status": "REJEKT" });
/// let Entry::Invalid(invalid) = parse(&serde_json::from_value(item)?) else { panic!("an invalid item") };
/// assert!(invalid.reasons[0].starts_with("`status`"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct InvalidItem {
    /// The key of the item.
    pub key: Key,
    /// The mistakes, each with its correction, as text for a person.
    pub reasons: Vec<String>,
    /// The conditions that could be read. If one of them is not met, the item was not meant for the call.
    pub conditions: Conditions,
    /// The priority, if it could be read.
    pub priority: Option<i64>,
    /// True if the item was marked as a shadow rule.
    pub shadow: bool,
    /// True if the item may have been meant to state where its number's holder is, or where the numbers with its prefix are.
    pub may_state_place: bool,
    /// True if the item can only be meant to lift rules for its number, which it does not do while it is invalid. The decision is
    /// then known, because the item could not have made it stricter.
    pub can_only_lift: bool,
    /// The last valid version of the same item, which a running instance keeps.
    pub last_good: Option<Arc<Entry>>,
}

impl InvalidItem {
    /// Returns true for an item under `*` that may have been meant to state where the numbers with a prefix are, if the prefix
    /// could be read and no earlier version is known.
    pub(crate) fn leaves_prefix_in_doubt(&self) -> bool {
        let is_of_prefix = self.key.is_wildcard() && self.may_state_place && self.conditions.to != Patterns::default();
        is_of_prefix && self.last_good.is_none()
    }
}
