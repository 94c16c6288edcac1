//! Counts of the items of lists in a table, and of their numbers that are exempt.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall::rule::{Entry, FactContent};

use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::items;
use crate::number_list::list_notice;
use crate::number_list::list_record::ListRecord;

/// Numbers whose items are kept until all of them have been read. A scan returns the items of a number one after the other, with
/// some pages of other parts of the table between them.
const MAX_WAITING: usize = 50_000;

/// Counts of one list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListCount {
    /// The items of the list.
    pub items: u64,
    /// The numbers on the list that an exemption lifts now, for all calls or for some.
    pub exempt: u64,
}

/// The lists of one number, and the names that its exemptions lift.
#[derive(Debug, Default)]
struct NumberItems {
    on: BTreeSet<String>,
    lifted: BTreeSet<String>,
}

/// Counts the items of lists.
#[derive(Debug)]
pub struct ListCounts {
    counts: BTreeMap<String, ListCount>,
    now: Timestamp,
    /// The numbers that were read last.
    last: HashMap<String, NumberItems>,
    /// The numbers that were read before them.
    earlier: HashMap<String, NumberItems>,
}

impl ListCounts {
    /// Returns counts of these lists, before any item has been read.
    pub fn of(lists: &[ListRecord], now: Timestamp) -> Self {
        let counts = lists.iter().map(|list| (list.name.clone(), ListCount::default())).collect();
        Self { counts, now, last: HashMap::new(), earlier: HashMap::new() }
    }

    /// Adds an item of the table.
    pub fn add(&mut self, item: &Attributes) {
        if list_notice::is_notice(item) {
            return;
        }
        let text = |name: &str| item.get(name).and_then(|value: &AttributeValue| value.as_s().ok());
        let (Some(number), Some(rule)) = (text("number"), text("rule")) else { return };
        if let Some(count) = self.counts.get_mut(rule.split(':').next().unwrap_or_default()) {
            count.items += 1;
        }
        if item.contains_key("exempt") {
            let lifted = self.lifted(item);
            self.items_of(number).lifted.extend(lifted);
        } else if self.counts.contains_key(rule) {
            self.items_of(number).on.insert(rule.clone());
        }
    }

    /// Returns the names that an exemption lifts now; none if it is invalid.
    fn lifted(&self, item: &Attributes) -> Vec<String> {
        match items::parse(item) {
            Entry::Fact(fact) if fact.lifetime.contains(self.now) => match fact.content {
                FactContent::Exemption(exemption) => exemption.lifted,
                _ => Vec::new(),
            },
            Entry::Fact(_) | Entry::Rule(_) | Entry::Invalid(_) => Vec::new(),
        }
    }

    fn items_of(&mut self, number: &str) -> &mut NumberItems {
        if !self.last.contains_key(number) {
            if self.last.len() >= MAX_WAITING {
                let complete = std::mem::replace(&mut self.earlier, std::mem::take(&mut self.last));
                self.count(complete);
            }
            let known = self.earlier.remove(number).unwrap_or_default();
            self.last.insert(number.to_owned(), known);
        }
        self.last.entry(number.to_owned()).or_default()
    }

    fn count(&mut self, complete: HashMap<String, NumberItems>) {
        for NumberItems { on, lifted } in complete.into_values() {
            for list in on.intersection(&lifted) {
                if let Some(count) = self.counts.get_mut(list) {
                    count.exempt += 1;
                }
            }
        }
    }

    /// Returns the counts, by the names of the lists.
    pub fn finish(mut self) -> BTreeMap<String, ListCount> {
        for complete in [std::mem::take(&mut self.earlier), std::mem::take(&mut self.last)] {
            self.count(complete);
        }
        self.counts
    }
}
