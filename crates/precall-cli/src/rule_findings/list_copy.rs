//! Findings about list notices.

use jiff::Timestamp;
use precall::rule::{Key, ListCopy};

use super::finding::{FindingLevel, RuleFinding};

/// Returns the finding about a list whose copy is overdue.
pub fn of_list_copy(key: &Key, copy: &ListCopy, now: Timestamp) -> Vec<RuleFinding> {
    let due = copy.due.filter(|_| copy.is_overdue(now));
    let finding = |due: Timestamp| {
        let what = format!("a new copy of list {} is due since {}", copy.list, due.strftime("%Y-%m-%d"));
        RuleFinding::new(FindingLevel::Warning, key, what, "import a new copy; the list blocks its numbers meanwhile")
    };
    due.map(finding).into_iter().collect()
}
