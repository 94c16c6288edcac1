//! Writes the items of a list.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete};
use precall::rule::Key;

use super::list_record::{self, ListRecord, taken_over};
use super::mark::MARK;
use crate::dynamodb::bulk_write::{BulkWriter, GuardedRemoval};
use crate::dynamodb::embedded::EmbeddedDynamoDb;
use crate::dynamodb::embedded_journal::EmbeddedJournal;
use crate::dynamodb::items::{ItemChange, key_attributes};
use crate::dynamodb::writable_table::WritableTable;
use crate::failure::Failure;

/// Writes the items of a list.
pub struct ListWriter {
    table: WritableTable,
    bulk: BulkWriter,
    journal: Option<EmbeddedJournal>,
}

impl ListWriter {
    /// Returns a writer to a table, and to its database if it is embedded.
    pub fn new(table: &WritableTable, embedded: Option<&EmbeddedDynamoDb>) -> Self {
        Self {
            table: table.clone(),
            bulk: BulkWriter::new(table.clone()),
            journal: embedded.map(|embedded| embedded.journal().clone()),
        }
    }

    /// Writes the record of the list, as [`list_record::write`] does.
    ///
    /// # Errors
    /// When another import has taken the list over, or the table cannot be written.
    pub async fn save(&self, record: &ListRecord) -> Result<(), Failure> {
        list_record::write(&self.table, record, Some(&record.import)).await
    }

    /// Moves the changes up to now into the journal table of an embedded database.
    async fn keep_journal(&self) -> Result<(), Failure> {
        match self.journal.clone() {
            Some(journal) => tokio::task::spawn_blocking(move || journal.drain()).await?,
            None => Ok(()),
        }
    }

    /// Makes all these changes.
    ///
    /// # Errors
    /// When the table cannot be written; some of the changes may have been made.
    pub async fn change(&mut self, changes: HashMap<Key, ItemChange>) -> Result<(), Failure> {
        match self.journal.clone() {
            Some(journal) => tokio::task::spawn_blocking(move || journal.change(changes)).await?,
            None => self.bulk.change(changes).await,
        }
    }

    /// Removes items, but not those that have got this mark meanwhile. It stops when another import has taken the list
    /// over, because the items of that import are not stale.
    ///
    /// # Errors
    /// When the table cannot be written, or another import has taken the list over; some items may have been removed.
    pub async fn remove_unmarked(&mut self, keys: &[Key], mark: &str, record: &ListRecord) -> Result<(), Failure> {
        let own_import = ConditionCheck::builder()
            .table_name(self.table.name())
            .set_key(Some(key_attributes(&list_record::key(&record.name))))
            .condition_expression("#import = :import")
            .expression_attribute_names("#import", "import")
            .expression_attribute_values(":import", AttributeValue::S(record.import.clone()))
            .build()?;
        let deletes = keys.iter().map(|key| self.delete_unmarked(key, mark)).collect::<Result<Vec<_>, _>>()?;
        match self.bulk.remove_guarded(own_import, &deletes).await? {
            GuardedRemoval::Done => self.keep_journal().await,
            GuardedRemoval::GuardFailed => Err(taken_over(&record.name)),
        }
    }

    fn delete_unmarked(&self, key: &Key, mark: &str) -> Result<Delete, Failure> {
        Ok(Delete::builder()
            .table_name(self.table.name())
            .set_key(Some(key_attributes(key)))
            .condition_expression("attribute_not_exists(#mark) OR #mark <> :mark")
            .expression_attribute_names("#mark", MARK)
            .expression_attribute_values(":mark", AttributeValue::S(mark.to_owned()))
            .build()?)
    }
}
