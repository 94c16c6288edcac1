//! The comparison of the loaded files with the table: the rules to write, and those that stay as they are.

use std::collections::HashMap;
use std::fmt::Write;

use precall::rule::Key;

use super::loaded_item::LoadedItem;
use crate::change_stamp;
use crate::counts::counted;
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::location::RulesLocation;
use crate::edit;
use crate::rule_difference::{changed_names, difference};

/// Most rules that are shown with their changes.
const MAX_SHOWN: usize = 20;

/// A rule of a file that is not in the table in this form.
#[derive(Debug)]
pub struct LoadedChange {
    pub key: Key,
    /// The stored item; `None` if the rule is new.
    pub old: Option<Attributes>,
    pub new: Attributes,
}

/// The rules of the files, compared with the table.
#[derive(Debug, Default)]
pub struct LoadPlan {
    /// The rules to write.
    pub writes: Vec<LoadedChange>,
    /// The rules that stay as they are stored, because somebody edited them.
    pub kept: Vec<LoadedChange>,
    /// The number of rules that the table has already.
    unchanged: usize,
}

impl LoadPlan {
    /// Compares the rules with the stored items. A rule that somebody edited is only replaced if `overwrites` is true.
    pub fn of(rules: Vec<LoadedItem>, mut stored: HashMap<Key, Attributes>, overwrites: bool) -> Self {
        let mut plan = Self::default();
        for LoadedItem { key, item: new, .. } in rules {
            let old = stored.remove(&key);
            let is_edited = old.as_ref().is_some_and(|old| !change_stamp::is_as_loaded(old));
            if old.as_ref().is_some_and(|old| change_stamp::is_same_rule(old, &new)) {
                plan.unchanged += 1;
            } else if is_edited && !overwrites {
                plan.kept.push(LoadedChange { key, old, new });
            } else {
                plan.writes.push(LoadedChange { key, old, new });
            }
        }
        plan
    }

    /// Returns the number of stored rules that are replaced.
    pub fn changed_count(&self) -> usize {
        self.writes.iter().filter(|change| change.old.is_some()).count()
    }

    /// Returns the rules to write that are about every call, with their effects.
    pub fn every_call_effects(&self) -> Vec<(&Key, String)> {
        self.writes.iter().filter_map(|change| Some((&change.key, edit::on_every_call(&change.new)?))).collect()
    }

    /// Returns the stored rules that change and those that are kept, as text. New rules are not in it.
    pub fn shown(&self) -> String {
        let changed = self.writes.iter().filter(|change| change.old.is_some());
        let mut text: String = changed
            .take(MAX_SHOWN)
            .map(|change| difference(&change.key, change.old.as_ref(), Some(&change.new)))
            .collect();
        let more = self.changed_count().saturating_sub(MAX_SHOWN);
        if more > 0 {
            let _ = writeln!(text, "and {} more that {}", rules(more), if more == 1 { "changes" } else { "change" });
        }
        for LoadedChange { key, old, new } in self.kept.iter().take(MAX_SHOWN) {
            let Some(old) = old else { continue };
            let Key { number, rule } = key;
            let names = changed_names(old, new).join(", ");
            let by = change_stamp::author(old);
            let _ = writeln!(
                text,
                "rule `{rule}` under {number} stays as it is, because {by} changed it; the file differs in {names}; write \
                 --overwrite to replace it"
            );
        }
        let more = self.kept.len().saturating_sub(MAX_SHOWN);
        if more > 0 {
            let _ = writeln!(text, "and {} more that {} kept", rules(more), if more == 1 { "is" } else { "are" });
        }
        text
    }

    /// Returns the counts in words.
    pub fn summary(&self) -> String {
        let changed = self.changed_count();
        let counts = [
            (self.writes.len() - changed, "new"),
            (changed, "changed"),
            (self.unchanged, "unchanged"),
            (self.kept.len(), "kept as edited"),
        ];
        let counts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        counts.join(", ")
    }

    /// Returns the result of a load in which so many rules were not written.
    pub fn result(&self, missed: usize, location: &RulesLocation) -> String {
        let written = rules(self.writes.len() - missed);
        let mut text = if self.writes.is_empty() {
            format!("nothing to write to {location}")
        } else {
            format!("{written} written to {location}")
        };
        let rest = [(self.unchanged, "unchanged"), (self.kept.len(), "kept as edited"), (missed, "changed meanwhile")];
        for (count, what) in rest.into_iter().filter(|(count, _)| *count > 0) {
            let _ = write!(text, "; {count} {what}");
        }
        text.push_str(".\n");
        text
    }
}

fn rules(count: usize) -> String {
    counted(u64::try_from(count).unwrap_or(u64::MAX), "rule")
}
