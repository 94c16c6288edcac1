//! Changes of lists: of their items, and of their records.

use precall::rule::{BOOKKEEPING, Key, LIST_FILE, WILDCARD};

use crate::store::{Attributes, LISTS};

/// The attributes of a list record that change while an import runs.
const PROGRESS: [&str; 5] = ["position", "accepted", "removed", "rejected", "rejects_size"];

/// Returns the list whose import or end made a change; `None` if a person changed the item, or it is not of a list.
///
/// An import gives each item the mark of its file. So a change that leaves the mark as it is was not made by an import.
pub(super) fn list_of<'k>(key: &'k Key, before: Option<&Attributes>, after: Option<&Attributes>) -> Option<&'k str> {
    if key.number == LISTS {
        return None;
    }
    let [mark_before, mark_after] = [before, after].map(|image| image.and_then(|item| item.get(LIST_FILE)));
    let is_of_import = match (mark_before, mark_after) {
        (None, None) => false,
        (Some(before), Some(after)) => before != after,
        // A removal: by the list, or by a person. The times of the list's imports show which.
        (Some(_), None) => after.is_none(),
        (None, Some(_)) => true,
    };
    is_of_import.then(|| list_name(key))
}

/// Returns the name of the list of an item. The items of area codes are under `*`, as `NAME:+1201*`.
fn list_name(key: &Key) -> &str {
    match key.rule.split_once(':') {
        Some((list, _)) if key.number == WILDCARD => list,
        _ => &key.rule,
    }
}

/// Returns true if only the progress of an import, or the stamp, differs between two images of a list record.
pub(super) fn is_progress(before: Option<&Attributes>, after: Option<&Attributes>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return before.is_none() && after.is_none() };
    let is_finished = before.get("state") != after.get("state");
    let names = before.keys().chain(after.keys());
    let is_small = |name: &String| {
        PROGRESS.contains(&name.as_str()) || BOOKKEEPING.contains(&name.as_str()) || before.get(name) == after.get(name)
    };
    !is_finished && names.into_iter().all(is_small)
}
