//! The attributes of an item that were not read.

use super::attributes::Attributes;
use super::vocabulary::ATTRIBUTES;
use crate::rule::definition::Action;

/// The attribute with which an import marks the items of its file.
const MARK_OF_LIST: &str = "list_file";

/// The beginning of names that are the operator's own by agreement.
const OWN: &str = "x_";

impl Attributes<'_> {
    /// Returns the names of the attributes that a rule with this action does not use.
    pub(super) fn unread_of_rule(&self, action: &Action, is_wildcard: bool) -> Vec<String> {
        let unused: &[&str] = match action {
            Action::Proceed => &["code", "reason"],
            Action::Reject { .. } => &[],
            Action::Redirect(_) => &["reason"],
        };
        self.unread(|name| unused.contains(&name) || is_wildcard && name == "side")
    }

    /// Returns the names of the attributes that a fact does not use.
    pub(super) fn unread_of_fact(&self) -> Vec<String> {
        self.unread(|_| false)
    }

    /// Returns the names that are unused or unknown. The operator's own text and the mark of an import are not among them.
    fn unread(&self, is_unused: impl Fn(&str) -> bool) -> Vec<String> {
        let is_known = |name: &str| ATTRIBUTES.contains(&name) || name == MARK_OF_LIST || name.starts_with(OWN);
        let names = self.values.keys().filter(|name| is_unused(name) || !is_known(name));
        names.cloned().collect()
    }
}
