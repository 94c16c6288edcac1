//! The names of an item's attributes that have no effect.

use super::attributes::Attributes;
use crate::rule::definition::Action;

impl Attributes<'_> {
    /// Returns the names of the attributes that a rule with this action does not use, and of those that are not read.
    pub(super) fn unused_by_rule(&mut self, action: &Action, is_wildcard: bool) -> Vec<String> {
        let unused: &[&str] = match action {
            Action::Proceed => &["code", "reason"],
            Action::Reject { .. } => &[],
            Action::Redirect(_) => &["reason"],
        };
        let is_unused = |name: &&String| unused.contains(&name.as_str()) || is_wildcard && *name == "side";
        let unread = std::mem::take(&mut self.unread);
        self.values.keys().filter(is_unused).cloned().chain(unread).collect()
    }
}
