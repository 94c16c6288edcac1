//! Items as they were at an instant: those of today, with the later changes taken back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use precall::rule::Key;
use precall_hook::journal::Change;

use crate::dynamodb::attribute_value::Attributes;

/// Items by their keys.
pub type ItemsByKey = BTreeMap<Key, Attributes>;

/// Takes changes back, which must be in order: an item is as it was before the first change of its key. The other items stay as
/// they are. Returns the keys and the instants of changes that cannot be taken back because the journal has no images of them.
pub fn take_back(items: &mut ItemsByKey, changes: &[Change]) -> Vec<(Key, Timestamp)> {
    let mut lost = Vec::new();
    let mut first: BTreeMap<&Key, &Change> = BTreeMap::new();
    for change in changes {
        if change.are_images_lost {
            if !first.contains_key(&change.key) {
                lost.push((change.key.clone(), change.at));
            }
        } else {
            first.entry(&change.key).or_insert(change);
        }
    }
    for (key, change) in first {
        match &change.before {
            Some(before) => items.insert(key.clone(), before.clone()),
            None => items.remove(key),
        };
    }
    lost
}
