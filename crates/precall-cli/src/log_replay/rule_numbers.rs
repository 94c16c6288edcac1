//! The numbers and prefixes that rules name.

use std::collections::HashSet;

use precall::Number;
use precall::rule::{Entry, FactContent, Patterns};
use precall_hook::log::Mask;

use super::entries::targets;

/// The numbers and prefixes by which rules tell numbers apart.
#[derive(Debug, Default)]
pub struct RuleNumbers {
    /// Numbers that are named by rules.
    pub named: HashSet<Number>,
    /// Prefixes in conditions.
    pub prefixes: HashSet<String>,
    /// The visible digits and the length of the table's other numbers, if there is no key of the log's hashes.
    pub unhashed: HashSet<(String, usize)>,
}

impl RuleNumbers {
    /// Adds the numbers and prefixes of an entry.
    pub fn add(&mut self, entry: &Entry) {
        if let Ok(number) = Number::from_typed(&entry.key().number) {
            self.named.insert(number);
        }
        let conditions = match entry {
            Entry::Rule(rule) => {
                self.named.extend(targets(entry).cloned());
                &rule.conditions
            }
            Entry::Invalid(invalid) => &invalid.conditions,
            Entry::Fact(fact) => {
                match &fact.content {
                    FactContent::Prefix(prefix) => self.add_patterns(&prefix.to),
                    FactContent::Exemption(exemption) => self.add_patterns(&exemption.from),
                    FactContent::Holder(_) | FactContent::CallingHours(_) | FactContent::List(_) => {}
                }
                return;
            }
        };
        self.add_patterns(&conditions.to);
        self.add_patterns(&conditions.from);
    }

    fn add_patterns(&mut self, patterns: &Patterns) {
        self.named.extend(patterns.numbers().cloned());
        self.prefixes.extend(patterns.prefixes().map(str::to_owned));
    }

    /// Adds a number of the table that is not in the log. Without a key, a masked number may be this one.
    pub fn add_other(&mut self, number: &str, mask: &Mask) {
        if let Ok(number) = Number::from_typed(number)
            && mask.hash(&number).is_none()
        {
            self.unhashed.insert(masked(&number));
        }
    }
}

/// Returns the visible digits of a masked number, and its length.
pub fn masked(number: &Number) -> (String, usize) {
    (number.country_and_area().unwrap_or_default().to_owned(), number.as_str().len())
}
