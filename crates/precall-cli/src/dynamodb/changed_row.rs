//! A change of an item as a change of its row in the file of an embedded database.

use dynoxide::storage_backend::BaseItemRow;
use precall::rule::Key;
use precall_hook::store::Attributes;

use super::attribute_value::to_embedded;
use super::database_connection::{StoredKey, row_of};
use super::items::ItemChange;
use crate::failure::Failure;

/// A change of one row of the rules table.
pub struct ChangedRow {
    pub key: Key,
    pub stored: StoredKey,
    /// The new item; `None` for a removal.
    pub after: Option<Attributes>,
    pub row: Option<BaseItemRow>,
}

impl ChangedRow {
    /// Returns the row of a change.
    ///
    /// # Errors
    /// When DynamoDB does not accept the item.
    pub fn of(key: Key, change: ItemChange) -> Result<Self, Failure> {
        let stored = StoredKey::new(&key.number, &key.rule);
        let (after, row) = match change {
            ItemChange::Put(item) => {
                let row = row_of(stored.clone(), &key.number, to_embedded(item.clone())?)?;
                (Some(item), Some(row))
            }
            ItemChange::Remove => (None, None),
        };
        Ok(Self { key, stored, after, row })
    }

    /// Returns the change again.
    pub fn into_change(self) -> (Key, ItemChange) {
        (self.key, self.after.map_or(ItemChange::Remove, ItemChange::Put))
    }
}
