//! The states that the items under a number had one after the other.

use std::collections::HashMap;

use jiff::Timestamp;
use precall::rule::{Key, Version};
use precall_hook::settings::Settings;
use precall_hook::store::item as to_item;

use super::history_entry::HistoryEntry;
use super::list_runs::ListRuns;
use super::past_rules::{Recent, under_one, whole};
use super::rewind::ItemsByKey;
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::store::OpenedStore;
use crate::failure::Failure;

/// The items that a number has and had, with their changes.
#[derive(Debug)]
pub struct ItemStates {
    /// The states of all items, those of one item in the order of time.
    pub states: Vec<ItemState>,
    /// The changes, the oldest first.
    pub changes: Vec<HistoryEntry>,
    /// The instant from which on the journal has all changes.
    pub begins: Timestamp,
}

/// An item during a span of time in which it did not change.
#[derive(Debug, Clone)]
pub struct ItemState {
    pub key: Key,
    pub item: Attributes,
    /// The change that made it so; `None` if that was before the journal begins.
    pub made_by: Option<HistoryEntry>,
    /// The change that ended it; `None` if the item is still so.
    pub ended_by: Option<HistoryEntry>,
}

impl ItemStates {
    /// Reads the items under a number and all their changes.
    ///
    /// # Errors
    /// When there is no journal table, or the table or its journal cannot be read.
    pub async fn read(opened: &OpenedStore, settings: &Settings, number: &str) -> Result<Self, Failure> {
        Self::of(under_one(opened, settings, Timestamp::UNIX_EPOCH, number).await?).await
    }

    /// Reads all items of the table and all their changes.
    ///
    /// # Errors
    /// When there is no journal table, or the table or its journal cannot be read.
    pub async fn read_all(opened: &OpenedStore, settings: &Settings) -> Result<Self, Failure> {
        Self::of(whole(opened, settings, Timestamp::UNIX_EPOCH).await?).await
    }

    async fn of(mut recent: Recent) -> Result<Self, Failure> {
        let runs = ListRuns::of(&recent.journal.of_list_records().await?);
        let changes: Vec<HistoryEntry> =
            recent.changes.into_iter().map(|change| HistoryEntry::of(change, &runs)).collect();
        Ok(Self { states: states(recent.items, &changes), changes, begins: recent.journal.begins() })
    }
}

/// Returns the states, from the items of today and all changes in the order of time.
fn states(mut items: ItemsByKey, changes: &[HistoryEntry]) -> Vec<ItemState> {
    let mut of_keys: HashMap<&Key, Vec<&HistoryEntry>> = HashMap::new();
    for entry in changes {
        of_keys.entry(&entry.change.key).or_default().push(entry);
    }
    let mut states = Vec::new();
    for (key, entries) in of_keys {
        items.remove(key);
        let first = entries.first().and_then(|entry| entry.change.before.clone());
        let mut made_by = None;
        let mut item = first;
        for entry in entries {
            let ended_by = Some(entry.clone());
            states.extend(item.map(|item| ItemState { key: key.clone(), item, made_by: made_by.take(), ended_by }));
            (item, made_by) = (entry.change.after.clone(), Some(entry.clone()));
        }
        states.extend(item.map(|item| ItemState { key: key.clone(), item, made_by, ended_by: None }));
    }
    states.extend(items.into_iter().map(|(key, item)| ItemState { key, item, made_by: None, ended_by: None }));
    states
}

impl ItemState {
    /// Returns true if the item was so at an instant. Both ends count, because the journal has whole seconds.
    pub fn covers(&self, at: Timestamp) -> bool {
        let second = at.as_second();
        let begins = self.made_by.as_ref().is_none_or(|entry| entry.change.at.as_second() <= second);
        begins && self.ended_by.as_ref().is_none_or(|entry| entry.change.at.as_second() >= second)
    }

    /// Returns the version of the item, as decision records have it.
    pub fn version(&self) -> String {
        Version::of(&to_item(self.item.clone())).to_string()
    }
}
