//! A rules table that may be written.

use std::ops::Deref;

use precall_hook::store::RulesTable;

/// A rules table that may be written. It is never that of the temporary copy that a command may read: its changes would be lost.
///
/// Only the store makes one, and each function that changes a table needs one.
#[derive(Debug, Clone)]
pub struct WritableTable(RulesTable);

impl WritableTable {
    /// Makes a table writable that is not in a copy.
    pub(super) fn new(table: RulesTable) -> Self {
        Self(table)
    }
}

impl Deref for WritableTable {
    type Target = RulesTable;

    fn deref(&self) -> &RulesTable {
        &self.0
    }
}
