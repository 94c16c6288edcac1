//! A change of one item of the rules table.

use jiff::{SignedDuration, Timestamp};
use precall::rule::Key;

use super::list_change::{is_progress, list_of};
use super::normal_form::normal_form;
use super::stamp::Stamp;
use crate::store::{Attributes, LISTS};

/// The greatest difference between the instants of a change and of its stamp. A tool stamps an item immediately before it writes
/// or removes it. Clocks may differ a little. An older stamp was copied from another item.
const MAX_STAMP_AGE: SignedDuration = SignedDuration::from_secs(60);

/// A change of one item of the rules table.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The key of the item.
    pub key: Key,
    /// The instant of the change, in whole seconds.
    pub at: Timestamp,
    /// The stream's sequence number: decimal digits. The changes of one item are in the order of these numbers.
    pub sequence: String,
    /// The item before the change; `None` if there was none.
    pub before: Option<Attributes>,
    /// The item after the change; `None` if it was removed.
    pub after: Option<Attributes>,
    /// True if DynamoDB removed the item after its `expires_at`.
    pub is_expiry: bool,
    /// True if the images were too large for the journal. Both are `None` then.
    pub are_images_lost: bool,
}

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// The item is new.
    Added,
    /// The item has other attributes.
    Changed,
    /// The item was removed.
    Removed,
}

/// The origin of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeOrigin {
    /// A tool of precall, which stamped the item.
    Tool(Stamp),
    /// The import of a list, which gave the item the mark of another file.
    Import(String),
    /// The removal of an item of a list: by an import or the end of the list, if one ran at that time, or else in the console or by
    /// another program.
    ListedRemoval(String),
    /// The removal of an item after its `expires_at`.
    Expiry,
    /// The console, or another program.
    Other,
}

impl Change {
    /// Returns the kind of the change.
    pub fn kind(&self) -> ChangeKind {
        match (&self.before, &self.after) {
            (None, Some(_)) => ChangeKind::Added,
            (Some(_), None) => ChangeKind::Removed,
            _ => ChangeKind::Changed,
        }
    }

    /// Returns the origin of the change.
    ///
    /// A stamp counts only if this change made it: an edit in the console leaves the stamp of an earlier change on the item.
    pub fn origin(&self) -> ChangeOrigin {
        if self.is_expiry {
            return ChangeOrigin::Expiry;
        }
        let [before, after] = [&self.before, &self.after].map(|image| image.as_ref().and_then(Stamp::of));
        let stamp = match (before, after) {
            (before, Some(after)) if before.as_ref().is_none_or(|before| before.id != after.id) => Some(after),
            (Some(before), None) if self.after.is_none() && before.is_removal => Some(before),
            _ => None,
        };
        match (stamp.filter(|stamp| self.is_at_stamp(stamp)), self.list()) {
            (Some(stamp), _) => ChangeOrigin::Tool(stamp),
            (None, Some(list)) if self.after.is_none() => ChangeOrigin::ListedRemoval(list.to_owned()),
            (None, Some(list)) => ChangeOrigin::Import(list.to_owned()),
            (None, None) => ChangeOrigin::Other,
        }
    }

    /// Returns the list whose import or end made the change; `None` if a person changed the item, or it is not of a list.
    ///
    /// An import gives each item the mark of its file. So a change that leaves the mark as it is was not made by an import.
    pub fn list(&self) -> Option<&str> {
        list_of(&self.key, self.before.as_ref(), self.after.as_ref())
    }

    fn is_at_stamp(&self, stamp: &Stamp) -> bool {
        let age = stamp.at().map(|at| self.at.duration_since(at));
        age.is_some_and(|age| age.abs() <= MAX_STAMP_AGE)
    }

    /// Returns true if the change belongs into the journal: it changes a rule, or the state of a list. The position of a running
    /// import and the bookkeeping of tools do not.
    pub fn is_noteworthy(&self) -> bool {
        if self.key.number == LISTS {
            return !is_progress(self.before.as_ref(), self.after.as_ref());
        }
        match (&self.before, &self.after) {
            _ if self.are_images_lost => true,
            (Some(before), Some(after)) => normal_form(before) != normal_form(after),
            (before, after) => before.is_some() || after.is_some(),
        }
    }
}
