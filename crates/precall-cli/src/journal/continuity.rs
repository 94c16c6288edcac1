//! Items that are not known at an instant, because the journal has no whole chain of changes around it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use precall::rule::{Key, LIST_FILE, WILDCARD};
use precall_hook::journal::{Change, Stamp};

use super::chain::{MissingChange, differ};
use super::rewind::ItemsByKey;
use crate::dynamodb::attribute_value::Attributes;

/// The changes of some items before and after an instant, each in order, with the items of today.
#[derive(Debug, Clone, Copy)]
pub(super) struct AroundInstant<'a> {
    pub(super) earlier: &'a [Change],
    pub(super) later: &'a [Change],
    pub(super) current: &'a ItemsByKey,
    pub(super) at: Timestamp,
    /// The instant from which on the journal has all changes.
    pub(super) begins: Timestamp,
    /// The lists whose numbers have changes in packs, which `earlier` does not have.
    pub(super) lists: &'a BTreeSet<String>,
}

/// The last change of an item before an instant, and the first one after it.
#[derive(Debug, Clone, Copy, Default)]
struct Neighbours<'a> {
    earlier: Option<&'a Change>,
    later: Option<&'a Change>,
}

impl AroundInstant<'_> {
    /// Returns the changes that are missing around the instant: the item after the last change before it is not the one before the
    /// first change after it. Without a change before it, the item must be from before the journal, or have the stamp of its last
    /// change.
    pub(super) fn missing(&self) -> Vec<MissingChange> {
        let mut neighbours: BTreeMap<&Key, Neighbours<'_>> = BTreeMap::new();
        let keys = self.current.keys().map(|key| (key, Neighbours::default()));
        neighbours.extend(keys);
        for change in self.earlier.iter().filter(|change| change.at >= self.begins) {
            neighbours.entry(&change.key).or_default().earlier = Some(change);
        }
        for change in self.later {
            neighbours.entry(&change.key).or_default().later.get_or_insert(change);
        }
        let listed: BTreeSet<&Key> = self
            .earlier
            .iter()
            .chain(self.later)
            .filter(|change| is_listed(change))
            .map(|change| &change.key)
            .collect();
        let is_checked = |key: &Key| !listed.contains(key) && !self.lists.contains(list_name(key));
        let checked = neighbours.into_iter().filter(|(key, _)| is_checked(key));
        checked.filter_map(|(key, neighbours)| self.missing_of(key, neighbours)).collect()
    }

    fn missing_of(&self, key: &Key, Neighbours { earlier, later }: Neighbours<'_>) -> Option<MissingChange> {
        if [earlier, later].into_iter().flatten().any(|change| change.are_images_lost) {
            return None;
        }
        let then = match later {
            Some(later) => later.before.as_ref(),
            None => self.current.get(key),
        };
        let is_missing = match earlier {
            Some(earlier) => differ(key, earlier.after.as_ref(), then),
            None => then.is_some_and(|item| self.is_changed_later(item)),
        };
        let (after, before) = (earlier.map(|change| change.at), later.map(|change| change.at));
        is_missing.then(|| MissingChange { key: key.clone(), after: after.or(Some(self.begins)), before })
    }

    /// Returns true if an item without earlier changes was written after the journal began, and it is not certain that it was so at
    /// the instant: its stamp is later, or it is not as the tool of the stamp wrote it.
    fn is_changed_later(&self, item: &Attributes) -> bool {
        let Some(stamp) = Stamp::of(item).filter(|stamp| !stamp.is_removal) else { return false };
        let is_after = |instant: Timestamp| stamp.at().is_some_and(|at| at.as_second() > instant.as_second());
        is_after(self.begins) && (is_after(self.at) || !stamp.fits(item))
    }
}

/// Returns true if a change is of an item that a list has.
fn is_listed(change: &Change) -> bool {
    [&change.before, &change.after].into_iter().flatten().any(|item| item.contains_key(LIST_FILE))
}

/// Returns the list that may have an item of this key.
fn list_name(key: &Key) -> &str {
    match key.rule.split_once(':') {
        Some((list, _)) if key.number == WILDCARD => list,
        _ => &key.rule,
    }
}
