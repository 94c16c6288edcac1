//! Findings about exemptions: those that have ended, and those that lift nothing because of a name.
//!
//! A table may have millions of exemptions, so that the findings about a name are counted.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use precall::rule::{Action, Entry, Exemption, Fact, FactContent, Key, Rule};

use super::finding::{FindingLevel, RuleFinding};
use crate::counts::grouped;

/// The greatest number of names of lists and rules that are kept, of exemptions and of the table each.
const MAX_NAMES: usize = 10_000;

/// Returns the findings about the time in which an exemption counts.
pub fn of_exemption(fact: &Fact, now: Timestamp) -> Vec<RuleFinding> {
    let finding = match (fact.lifetime.starts_at, fact.lifetime.expires_at) {
        (Some(start), Some(end)) if start >= end => RuleFinding::new(
            FindingLevel::Error,
            &fact.key,
            "it ends before it starts, so it never lifts anything",
            "put `starts_at` before `expires_at`",
        ),
        (_, Some(end)) if end <= now => RuleFinding::new(
            FindingLevel::Note,
            &fact.key,
            format!("the exemption ended at {end}"),
            "remove it, or set a later `expires_at` if you have a new proof",
        ),
        _ => return Vec::new(),
    };
    vec![finding]
}

/// The names that exemptions lift, and the rules of a table that have such names.
#[derive(Debug)]
pub struct ExemptNames {
    /// The names in exemptions, each with the first exemption and the number of exemptions.
    wanted: BTreeMap<String, (Key, u64)>,
    /// The names of rules that an exemption can lift.
    liftable: BTreeSet<String>,
    /// The names of other rules, with the reason for which no exemption lifts them.
    others: BTreeMap<String, &'static str>,
    is_full: bool,
}

impl ExemptNames {
    /// Returns the names of the lists of a table, by the items under `*`.
    pub fn of_wildcard<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Self {
        let mut names =
            Self { wanted: BTreeMap::new(), liftable: BTreeSet::new(), others: BTreeMap::new(), is_full: false };
        for entry in entries {
            if let Entry::Fact(fact) = entry
                && let FactContent::List(copy) = &fact.content
            {
                names.add_name(&copy.list);
            }
        }
        names
    }

    /// Adds an item of the table.
    pub fn add(&mut self, entry: &Entry) {
        match entry {
            Entry::Rule(rule) => self.add_rule(rule),
            Entry::Fact(fact) => {
                if let FactContent::Exemption(exemption) = &fact.content {
                    self.add_exemption(&fact.key, exemption);
                }
            }
            Entry::Invalid(_) => {}
        }
    }

    fn add_exemption(&mut self, key: &Key, exemption: &Exemption) {
        for name in &exemption.lifted {
            if let Some((first, count)) = self.wanted.get_mut(name) {
                *count += 1;
                if key < first {
                    *first = key.clone();
                }
            } else if self.wanted.len() < MAX_NAMES {
                self.wanted.insert(name.clone(), (key.clone(), 1));
            }
        }
    }

    fn add_rule(&mut self, rule: &Rule) {
        let name = &rule.key.rule;
        // What a rule does that is switched off is not known.
        if rule.can_be_lifted() || !rule.conditions.lifetime.enabled {
            self.add_name(name);
            if let Some((list, _)) = name.split_once(":+").filter(|_| rule.key.is_wildcard()) {
                self.add_name(list);
            }
        } else if self.others.len() < MAX_NAMES && !self.others.contains_key(name) {
            self.others.insert(name.clone(), why_not(rule));
        }
    }

    fn add_name(&mut self, name: &str) {
        if self.liftable.contains(name) {
            return;
        }
        self.is_full |= self.liftable.len() >= MAX_NAMES;
        if !self.is_full {
            self.liftable.insert(name.to_owned());
        }
    }

    /// Returns the findings: one for each name that lifts nothing.
    pub fn findings(self) -> Vec<RuleFinding> {
        let Self { wanted, liftable, others, is_full } = self;
        let is_unknown = |name: &String| !liftable.contains(name);
        wanted
            .into_iter()
            .filter(|(name, _)| is_unknown(name))
            .filter_map(|(name, (first, count))| {
                let more = count.saturating_sub(1);
                let more =
                    if more == 0 { String::new() } else { format!("; so do {} other exemptions", grouped(more)) };
                match others.get(&name) {
                    Some(why) => Some(RuleFinding::new(
                        FindingLevel::Error,
                        &first,
                        format!("it names `{name}`, {why}, so it does not lift it{more}"),
                        "remove the name; write the names of lists, and of rules with a cap or a ban",
                    )),
                    // With so many names of rules, it is not known if there is such a rule.
                    None if is_full => None,
                    None => Some(RuleFinding::new(
                        FindingLevel::Warning,
                        &first,
                        format!("it names `{name}`, and the table has no list and no rule of this name{more}"),
                        "write the name exactly as `precall lists` or `precall rules` shows it",
                    )),
                }
            })
            .collect()
    }
}

/// Returns the reason for which no exemption lifts a rule.
fn why_not(rule: &Rule) -> &'static str {
    match rule.action {
        Action::Reject { .. } => "a rule about the time of the call",
        Action::Proceed => "a rule that lets calls through",
        Action::Redirect(_) => "a rule that redirects calls",
    }
}
