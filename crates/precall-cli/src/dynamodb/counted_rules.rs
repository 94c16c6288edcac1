//! The place of the rules that an answer depends on, and their number.

use std::fmt;

use precall::rule::Entry;
use precall_hook::store::StoreError;

use super::attribute_value::Attributes;
use super::items;
use super::location::RulesLocation;
use super::store::OpenedStore;
use crate::counts::counted;

/// Most items that are counted. A larger table has "more than" as many rules: reading it would take long, and costs money.
const MAX_COUNTED: u16 = 1_000;

/// The place of the rules, and their number.
#[derive(Debug)]
pub struct CountedRules {
    pub location: RulesLocation,
    /// The counts, or the error for which the items could not be counted.
    pub count: Result<ItemCounts, StoreError>,
}

/// Counts of items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemCounts {
    pub rules: u64,
    pub facts: u64,
    pub invalid: u64,
    /// True if there are more items.
    pub is_more: bool,
}

impl CountedRules {
    /// Counts the items of a table, up to a limit.
    pub async fn of(opened: &OpenedStore) -> Self {
        let read = items::first(&opened.store, i32::from(MAX_COUNTED)).await;
        let count = read.map(|(items, is_more)| {
            let mut counts = ItemCounts { is_more, ..ItemCounts::default() };
            for item in &items {
                counts.add(item);
            }
            counts
        });
        Self { location: opened.location.clone(), count }
    }

    /// Returns the number of rules for JSON; `None` if it is not known exactly.
    pub fn exact(&self) -> Option<u64> {
        self.count.as_ref().ok().filter(|count| !count.is_more).map(|count| count.rules)
    }
}

impl ItemCounts {
    /// Counts an item.
    pub fn add(&mut self, item: &Attributes) {
        match items::parse(item) {
            Entry::Rule(_) => self.rules += 1,
            Entry::Fact(_) => self.facts += 1,
            Entry::Invalid(_) => self.invalid += 1,
        }
    }
}

/// `12 rules, 1 fact in table precall-rules of .precall/rules.db`
impl fmt::Display for CountedRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.location, &self.count) {
            (RulesLocation::Nowhere, _) => f.write_str("0 rules: there is no table yet"),
            (location, Ok(count)) => write!(f, "{count} in {location}"),
            (location, Err(error)) => write!(f, "an unknown number of rules in {location}: {error}"),
        }
    }
}

/// `12 rules, 1 fact`, `more than 998 rules`
impl fmt::Display for ItemCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rules, facts, invalid, is_more } = *self;
        if is_more {
            return write!(f, "more than {}", counted(rules.max(1), "rule"));
        }
        f.write_str(&counted(rules, "rule"))?;
        for (count, noun) in [(facts, "fact"), (invalid, "invalid item")] {
            if count > 0 {
                write!(f, ", {}", counted(count, noun))?;
            }
        }
        Ok(())
    }
}
