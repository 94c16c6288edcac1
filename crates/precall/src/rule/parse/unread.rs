//! The names of an item's attributes that have no effect.

use super::attributes::Attributes;
use super::unknown::UnreadAttribute;
use crate::rule::definition::Action;

impl Attributes<'_> {
    /// Returns the names of the attributes that a rule with this action does not use.
    pub(super) fn unread_of_rule(&self, action: &Action, is_wildcard: bool) -> Vec<String> {
        let unused: &[&str] = match action {
            Action::Proceed => &["code", "reason"],
            Action::Reject { .. } => &[],
            Action::Redirect(_) => &["reason"],
        };
        let is_unused = |name: &&String| unused.contains(&name.as_str()) || is_wildcard && *name == "side";
        let names = self.values.keys().filter(is_unused).cloned();
        names.chain(self.unread_names(is_wildcard)).collect()
    }

    /// Returns the names of the attributes that a fact does not use.
    pub(super) fn unread_of_fact(&self, is_wildcard: bool) -> Vec<String> {
        self.unread_names(is_wildcard).collect()
    }

    fn unread_names(&self, is_wildcard: bool) -> impl Iterator<Item = String> {
        self.unread(is_wildcard).into_iter().map(|UnreadAttribute { unknown, .. }| unknown.name)
    }
}
