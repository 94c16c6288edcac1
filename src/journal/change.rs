//! A change of one item of the rules table.

use jiff::Timestamp;
use precall::rule::Key;

use super::list_change::{is_progress, list_of};
use super::normal_form::normal_form;
use super::stamp::Stamp;
use crate::store::{Attributes, LISTS};

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
    /// A stamp counts only if this change made it, for this item: an edit in the console leaves the stamp of an earlier change on the
    /// item, and a copy has the stamp of another item.
    pub fn origin(&self) -> ChangeOrigin {
        if self.is_expiry {
            return ChangeOrigin::Expiry;
        }
        match (self.own_stamp(), self.list()) {
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

    /// Returns the stamp of this change; `None` if no tool made it.
    fn own_stamp(&self) -> Option<Stamp> {
        let stamped = |image: &Option<Attributes>| image.as_ref().and_then(Stamp::of);
        let (image, stamp) = match (&self.before, &self.after) {
            (before, Some(after)) => {
                let earlier = stamped(before).map(|stamp| stamp.id);
                (after, Stamp::of(after).filter(|stamp| earlier.as_ref() != Some(&stamp.id))?)
            }
            (Some(before), None) => (before, Stamp::of(before).filter(|stamp| stamp.is_removal)?),
            (None, None) => return None,
        };
        stamp.is_of_change(image, self.at).then_some(stamp)
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
