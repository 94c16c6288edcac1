//! Changes that are missing from the journal: the item before a change is that after the previous one.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use precall::rule::Key;
use precall_hook::journal::{Change, Stamp};

use super::rewind::ItemsByKey;
use crate::dynamodb::attribute_value::Attributes;

/// A change that is missing from the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingChange {
    /// The key of the item.
    pub key: Key,
    /// The instant of the last change before it that is in the journal; `None` if there is none.
    pub after: Option<Timestamp>,
    /// The instant of the next change that is in the journal; `None` if the item differs from the last one.
    pub before: Option<Timestamp>,
}

/// `` a change of rule `x` under * between … and … is missing from the journal ``
impl fmt::Display for MissingChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: Key { number, rule }, after, before } = self;
        write!(f, "a change of rule `{rule}` under {number}")?;
        match (after, before) {
            (Some(after), Some(before)) => write!(f, " between {after} and {before}")?,
            (Some(at), None) => write!(f, " after {at}")?,
            (None, Some(at)) => write!(f, " before {at}")?,
            (None, None) => {}
        }
        f.write_str(" is missing from the journal")?;
        if before.is_none() {
            f.write_str(", or is not in it yet: on AWS, a change arrives there seconds later")
        } else {
            Ok(())
        }
    }
}

/// Returns the changes that are missing between changes, which must be in order, and between the last ones and the items of today.
/// Without the items of today, it checks only the changes. `since` is the first instant of the changes.
pub fn missing_changes(changes: &[Change], current: Option<&ItemsByKey>, since: Timestamp) -> Vec<MissingChange> {
    let mut by_key: BTreeMap<&Key, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        by_key.entry(&change.key).or_default().push(change);
    }
    let mut missing = Vec::new();
    for (key, changes) in &by_key {
        for pair in changes.windows(2) {
            let [one, next] = pair else { continue };
            if !one.are_images_lost && !next.are_images_lost && differ(key, one.after.as_ref(), next.before.as_ref()) {
                missing.push(MissingChange { key: (*key).clone(), after: Some(one.at), before: Some(next.at) });
            }
        }
        if let (Some(current), Some(last)) = (current, changes.last())
            && !last.are_images_lost
            && differ(key, last.after.as_ref(), current.get(*key))
        {
            missing.push(MissingChange { key: (*key).clone(), after: Some(last.at), before: None });
        }
    }
    let unchanged = current.into_iter().flatten().filter(|(key, _)| !by_key.contains_key(key));
    // The stamp of a tool shows when the item was changed. The journal has whole seconds. The stamp of a removal that was interrupted
    // changed nothing else.
    let change_stamp = |item: &Attributes| Stamp::of(item).filter(|stamp| !stamp.is_removal);
    let seconds = |item: &Attributes| change_stamp(item).and_then(|stamp| stamp.at()).map(Timestamp::as_second);
    let is_stamped_since = |item: &Attributes| seconds(item).is_some_and(|at| at > since.as_second());
    missing.extend(unchanged.filter(|(_, item)| is_stamped_since(item)).map(|(key, _)| MissingChange {
        key: key.clone(),
        after: Some(since),
        before: None,
    }));
    missing
}

/// Returns true if a change between two images would be in the journal.
fn differ(key: &Key, before: Option<&Attributes>, after: Option<&Attributes>) -> bool {
    let change = Change {
        key: key.clone(),
        at: Timestamp::UNIX_EPOCH,
        sequence: String::new(),
        before: before.cloned(),
        after: after.cloned(),
        is_expiry: false,
        are_images_lost: false,
    };
    change.is_noteworthy()
}
