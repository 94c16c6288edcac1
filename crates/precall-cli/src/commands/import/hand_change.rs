//! A change of one listed item that people made by hand, and what an import of the item makes of it.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall::rule::{BOOKKEEPING, WrittenInstant};

use crate::change_stamp;
use crate::dynamodb::attribute_value::Attributes;
use crate::journal::{EntryOrigin, HistoryEntry};

const EXPIRES: &str = "expires_at";
const STARTS: &str = "starts_at";
const ENABLED: &str = "enabled";

/// The attributes that say nothing about the calls that an item decides.
const WORDS: [&str; 2] = ["note", "proof"];

/// The changes of one item since a copy.
#[derive(Debug)]
pub struct HandChange {
    /// The item before the first change by hand.
    before: Option<Attributes>,
    /// The last change by hand.
    pub entry: HistoryEntry,
    /// True if an import or the removal of the list removed the item later.
    is_removed_since: bool,
}

/// An item that stays as people left it.
#[derive(Debug, Clone, PartialEq)]
pub enum HeldItem {
    /// It is not in the table.
    Removed,
    /// It is in the table, switched off or otherwise changed.
    Changed(Attributes),
}

impl HandChange {
    /// Returns the change of an entry, after an earlier one if there is one.
    pub fn of(entry: HistoryEntry, earlier: Option<Self>) -> Self {
        let before = earlier.map_or_else(|| entry.change.before.clone(), |earlier| earlier.before);
        Self { before, entry, is_removed_since: false }
    }

    /// Adds a later removal that no person made.
    pub fn add_removal(&mut self, origin: &EntryOrigin) {
        // What has expired stays as the person left it.
        self.is_removed_since |= *origin != EntryOrigin::Expiry;
    }

    /// Returns the item that would stay, if the import's item would undo the change. `stored` is the item in the table.
    pub fn held(&self, new: &Attributes, stored: Option<Attributes>) -> Option<HeldItem> {
        let is_permissive = is_permissive(new);
        if self.is_removed_since && !is_permissive {
            return None;
        }
        match (&self.entry.change.after, stored) {
            (None, None) => Some(HeldItem::Removed),
            (None, Some(_)) => None,
            (Some(_), None) => (is_permissive && self.is_narrower()).then_some(HeldItem::Removed),
            (Some(after), Some(stored)) => {
                let is_undone = is_as_left(after, &stored) && !change_stamp::is_same_rule(&stored, new);
                let counts = if is_permissive { self.is_narrower() } else { self.is_edit() };
                (is_undone && counts).then(|| HeldItem::Changed(kept(stored, new, is_permissive)))
            }
        }
    }

    /// Returns true if people changed an item that was there, and did not change it back.
    fn is_edit(&self) -> bool {
        let Some((before, after)) = self.before.as_ref().zip(self.entry.change.after.as_ref()) else { return false };
        !differing(before, after).is_empty()
    }

    /// Returns true unless people only gave the item more time, or other words.
    fn is_narrower(&self) -> bool {
        let Some(after) = &self.entry.change.after else { return true };
        let Some(before) = &self.before else { return is_switched_off(after) };
        differing(before, after).into_iter().any(|name| match name {
            EXPIRES => is_less(end(after), end(before)),
            STARTS => is_less(start(before), start(after)),
            ENABLED => is_switched_off(after),
            name => !WORDS.contains(&name) && !name.starts_with("x_"),
        })
    }
}

/// Returns true if an item lets calls through that others would reject, or sends them elsewhere.
pub fn is_permissive(item: &Attributes) -> bool {
    let status = item.get("status").and_then(|status| status.as_s().ok());
    status.is_none_or(|status| !status.trim().eq_ignore_ascii_case("reject"))
}

/// Returns true if the stored item is still the one that a person left.
fn is_as_left(after: &Attributes, stored: &Attributes) -> bool {
    match (change_stamp::id(after), change_stamp::id(stored)) {
        (Some(after), Some(stored)) => after == stored,
        _ => change_stamp::is_same_rule(after, stored),
    }
}

/// Returns the stored item. One that lets calls through ends no later than the file says.
fn kept(mut stored: Attributes, new: &Attributes, is_permissive: bool) -> Attributes {
    if is_permissive && is_less(end(new), end(&stored)) {
        stored.extend(new.get(EXPIRES).map(|end| (EXPIRES.to_owned(), end.clone())));
    }
    stored
}

fn is_switched_off(item: &Attributes) -> bool {
    item.get(ENABLED).is_some_and(|enabled| *enabled != AttributeValue::Bool(true))
}

/// Returns the names of the attributes in which two items differ.
fn differing<'i>(one: &'i Attributes, other: &'i Attributes) -> BTreeSet<&'i str> {
    let names = one.keys().chain(other.keys()).map(String::as_str);
    names.filter(|name| !BOOKKEEPING.contains(name) && one.get(*name) != other.get(*name)).collect()
}

/// Returns the end of an item; `None` if its text is not an instant.
fn end(item: &Attributes) -> Option<Timestamp> {
    instant(item.get(EXPIRES), Timestamp::MAX)
}

fn start(item: &Attributes) -> Option<Timestamp> {
    instant(item.get(STARTS), Timestamp::MIN)
}

fn instant(value: Option<&AttributeValue>, unlimited: Timestamp) -> Option<Timestamp> {
    let (text, is_never) = match value {
        None => return Some(unlimited),
        Some(AttributeValue::S(text) | AttributeValue::N(text)) => (text, text.eq_ignore_ascii_case("never")),
        Some(_) => return None,
    };
    if is_never { Some(unlimited) } else { WrittenInstant::parse(text).ok().map(|written| written.at) }
}

/// Returns true if an instant is before another one, or one of them cannot be read: nothing shows that a person gave more time.
fn is_less(one: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    one.zip(other).is_none_or(|(one, other)| one < other)
}
