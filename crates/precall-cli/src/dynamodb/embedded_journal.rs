//! The journal of an embedded database.
//!
//! The database writes a stream record with each change of the rules table, in the same transaction, whoever makes the change.
//! Draining moves these records into the journal table. A process that is killed between the two loses nothing: the next one
//! drains the records. An import makes its changes and moves their records in one transaction.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use dynoxide::{AttributeValue as EmbeddedValue, Database};
use jiff::{SignedDuration, Timestamp};
use precall::rule::Key;
use precall_hook::journal::{Change, journal_items};
use precall_hook::settings::Settings;
use precall_hook::store::{Attributes, TableSchema};
use serde_json::{Value, json};

use super::attribute_value::{EmbeddedItem, of_embedded, of_json, to_embedded};
use super::changed_row::ChangedRow;
use super::database_connection::{DatabaseConnection, DatabaseTransaction, StoredKey, row_of};
use super::embedded_write;
use super::items::ItemChange;
use super::stream_record::{change_of_record, change_of_row, public_sequence, row_of_change, stored_sequence};
use super::tables;
use crate::failure::{Failure, LocatedError};

/// The number of records after which a transaction of the journal ends.
const MAX_MOVED: usize = 5_000;

/// The item of the journal table that says up to which record the stream is drained. No entry has its key.
const POSITION: (&str, &str) = ("stream", "drained");

/// The stream of the rules table of an embedded database, and the journal table.
#[derive(Clone)]
pub struct EmbeddedJournal {
    database: Database,
    /// The file of the database; `None` for one in memory, whose changes stay in the stream.
    file: Option<Arc<Path>>,
    /// The connection to the file, after the first use.
    connection: Arc<Mutex<Option<DatabaseConnection>>>,
    rules: Arc<str>,
    journal: Arc<str>,
    retention: SignedDuration,
}

impl EmbeddedJournal {
    /// Returns the journal of a database. It may have no stream, or no journal table.
    pub fn new(database: Database, file: Option<&Path>, settings: &Settings) -> Self {
        Self {
            database,
            file: file.map(Arc::from),
            connection: Arc::default(),
            rules: settings.rules_table.as_str().into(),
            journal: settings.journal_table.as_str().into(),
            retention: settings.journal_retention(),
        }
    }

    /// Creates the journal table and the stream of the rules table, if they do not exist. The rules table must exist.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn create(&self) -> Result<(), Failure> {
        let description = self.describe(&self.rules)?;
        if description.pointer("/Table/LatestStreamArn").is_none() {
            let request = json!({ "TableName": &*self.rules, "StreamSpecification": tables::stream_specification() });
            self.database.update_table(serde_json::from_value(request)?)?;
        }
        if self.describe(&self.journal).is_err() {
            tables::create_in(TableSchema::JOURNAL, &self.database, &self.journal)?;
        }
        self.on_file((), |connection, ()| connection.index_stream())
    }

    /// Does something with the file of the database, and nothing for one in memory.
    fn on_file<T>(
        &self,
        in_memory: T,
        work: impl FnOnce(&DatabaseConnection, T) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Some(file) = &self.file else { return Ok(in_memory) };
        let mut opened = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match opened.take() {
            Some(connection) => connection,
            None => DatabaseConnection::open(file)?,
        };
        work(opened.insert(connection), in_memory)
    }

    fn describe(&self, table: &str) -> Result<Value, Failure> {
        let request = serde_json::from_value(json!({ "TableName": table }))?;
        Ok(serde_json::to_value(self.database.describe_table(request)?)?)
    }

    /// Returns the changes that are not in the journal table yet, in their order. It writes nothing.
    ///
    /// # Errors
    /// When the database or a record cannot be read.
    pub fn pending(&self) -> Result<Vec<Change>, Failure> {
        let mut changes = Vec::new();
        let Some(mut iterator) = self.iterator()? else { return Ok(changes) };
        loop {
            let answer = self.database.get_records(serde_json::from_value(json!({ "ShardIterator": iterator }))?)?;
            if answer.records.is_empty() {
                return Ok(changes);
            }
            for record in answer.records {
                changes.push(change_of_record(record)?);
            }
            let Some(next) = answer.next_shard_iterator else { return Ok(changes) };
            iterator = next;
        }
    }

    /// Returns the place in the stream after the drained records; `None` without a stream.
    fn iterator(&self) -> Result<Option<String>, Failure> {
        let description = self.describe(&self.rules)?;
        let Some(stream) = description.pointer("/Table/LatestStreamArn").and_then(Value::as_str) else {
            return Ok(None);
        };
        let request = serde_json::from_value(json!({ "StreamArn": stream }))?;
        let described = serde_json::to_value(self.database.describe_stream(request)?)?;
        let shard =
            described.pointer("/StreamDescription/Shards/0/ShardId").and_then(Value::as_str).unwrap_or_default();
        let mut request = json!({ "StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        if let (Some(position), Some(request)) = (self.position()?, request.as_object_mut()) {
            request.insert("ShardIteratorType".to_owned(), "AFTER_SEQUENCE_NUMBER".into());
            request.insert("SequenceNumber".to_owned(), position.into());
        }
        let answer = self.database.get_shard_iterator(serde_json::from_value(request)?)?;
        Ok(answer.shard_iterator)
    }

    /// Returns the sequence number of the last record that was drained.
    fn position(&self) -> Result<Option<String>, Failure> {
        if self.describe(&self.journal).is_err() {
            return Ok(None);
        }
        let (number, entry) = POSITION;
        let request =
            json!({ "TableName": &*self.journal, "Key": { "number": { "S": number }, "entry": { "S": entry } } });
        let answer = serde_json::to_value(self.database.get_item(serde_json::from_value(request)?)?)?;
        Ok(answer.pointer("/Item/sequence/S").and_then(Value::as_str).map(str::to_owned))
    }

    /// Moves the records of the stream into the journal table. Each transaction moves some thousand records, so that a process that
    /// is killed has moved a part of them.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub fn drain(&self) -> Result<(), Failure> {
        self.on_file((), |connection, ()| {
            // Without a transaction, because other processes wait for one.
            let (number, entry) = POSITION;
            let mut position = position_of(connection.item(&self.journal, &StoredKey::new(number, entry))?);
            while connection.has_records_after(&self.rules, position)? {
                position = connection.transaction(|transaction| self.drain_some(transaction))?;
            }
            Ok(())
        })
    }

    /// Moves some of the records, and returns the sequence number of the last one.
    fn drain_some(&self, transaction: &DatabaseTransaction<'_>) -> Result<i64, Failure> {
        let position = self.position_in(transaction)?;
        let records = transaction.records_after(&self.rules, position, MAX_MOVED)?;
        let changes = records.into_iter().map(change_of_row).collect::<Result<Vec<_>, _>>()?;
        let Some(last) = changes.last() else { return Ok(position) };
        let last = stored_sequence(&last.sequence)?;
        self.keep(transaction, &changes, last)?;
        Ok(last)
    }

    fn position_in(&self, transaction: &DatabaseTransaction<'_>) -> Result<i64, Failure> {
        let (number, entry) = POSITION;
        Ok(position_of(transaction.item(&self.journal, &StoredKey::new(number, entry))?))
    }

    /// Makes these changes of the rules table, and writes them into the journal table, in one transaction.
    ///
    /// It leaves the database as the changes, their stream records and a drain of these would, but does not write the records that
    /// a drain would remove.
    ///
    /// # Errors
    /// When the database cannot be written, or something is not an item of the table.
    pub fn change(&self, changes: HashMap<Key, ItemChange>) -> Result<(), Failure> {
        let rows = changes.into_iter().map(|(key, change)| ChangedRow::of(key, change));
        let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
        // Neighbours are in the same pages.
        rows.sort_unstable_by(|one, other| one.stored.cmp(&other.stored));
        // The rows come back if this cannot make the changes.
        let rest = self.on_file(Some(rows), |connection, rows| {
            connection.transaction(|transaction| {
                let Some(rows) = rows else { return Ok(None) };
                if !transaction.is_plain(&self.rules)? {
                    return Ok(Some(rows));
                }
                let first = transaction.next_sequence(&self.rules)?;
                let earlier = self.pending_in(transaction)?;
                self.make(transaction, rows, first, earlier)?;
                Ok(None)
            })
        });
        let rest = rest.map_err(|error| LocatedError::new("the embedded database cannot be written", error))?;
        let Some(rest) = rest else { return Ok(()) };
        let changes = rest.into_iter().map(ChangedRow::into_change).collect();
        embedded_write::change_all(&self.database, &self.rules, changes)?;
        self.drain()
    }

    /// Returns the changes of others that are not in the journal table yet.
    fn pending_in(&self, transaction: &DatabaseTransaction<'_>) -> Result<Vec<Change>, Failure> {
        let position = self.position_in(transaction)?;
        let records = transaction.records_after(&self.rules, position, usize::try_from(i64::MAX)?)?;
        records.into_iter().map(change_of_row).collect()
    }

    /// Makes changes, whose sequence numbers begin with `first`. The journal table gets them and earlier changes.
    fn make(
        &self,
        transaction: &DatabaseTransaction<'_>,
        rows: Vec<ChangedRow>,
        first: i64,
        mut changes: Vec<Change>,
    ) -> Result<(), Failure> {
        let at = Timestamp::from_second(Timestamp::now().as_second())?;
        let mut next = first;
        let mut puts = Vec::with_capacity(rows.len());
        for ChangedRow { key, stored, after, row } in rows {
            let before = transaction.item(&self.rules, &stored)?.map(of_embedded);
            if before == after {
                continue;
            }
            match row {
                Some(row) => puts.push(row),
                None => transaction.remove(&self.rules, &stored)?,
            }
            let sequence = public_sequence(next)?;
            next += 1;
            changes.push(Change { key, at, sequence, before, after, is_expiry: false, are_images_lost: false });
        }
        transaction.put(&self.rules, &puts)?;
        let Some(last) = changes.last().filter(|_| next > first) else { return Ok(()) };
        transaction.add_record(&self.rules, &row_of_change(last, next - 1)?)?;
        self.keep(transaction, &changes, next - 1)
    }

    /// Writes changes into the journal table and removes their records but the last one, because the database looks for the
    /// greatest sequence number at each write.
    fn keep(&self, transaction: &DatabaseTransaction<'_>, changes: &[Change], last: i64) -> Result<(), Failure> {
        let items = journal_items(changes, self.retention)?.into_iter().map(|item| item.item);
        let (number, entry) = POSITION;
        let position = of_json(json!({ "number": number, "entry": entry, "sequence": public_sequence(last)? }))?;
        for item in items.chain([position]) {
            self.put_entry(transaction, item)?;
        }
        transaction.forget_records_before(&self.rules, last)
    }

    /// Writes an item of the journal table, also into the index if it has the keys of it.
    fn put_entry(&self, transaction: &DatabaseTransaction<'_>, item: Attributes) -> Result<(), Failure> {
        let item = to_embedded(item)?;
        let text = |name: &str| match item.get(name) {
            Some(EmbeddedValue::S(text)) => Some(text.clone()),
            _ => None,
        };
        let mut keys = TableSchema::JOURNAL.keys().map(|(name, _)| text(name).unwrap_or_default());
        let (partition, sort) = (keys.next().unwrap_or_default(), keys.next().unwrap_or_default());
        let indexed = TableSchema::JOURNAL.index().and_then(|index| {
            let mut keys = index.keys().map(|(name, _)| text(name));
            let (month, entry) = (keys.next()??, keys.next()??);
            Some((index.name, StoredKey::new(&month, &entry)))
        });
        let row = row_of(StoredKey::new(&partition, &sort), &partition, item)?;
        if let Some((index, key)) = indexed {
            transaction.put_into_index(&self.journal, index, &key, &row)?;
        }
        transaction.put(&self.journal, &[row])
    }
}

/// Returns the sequence number of the last drained record, as the database has it.
fn position_of(item: Option<EmbeddedItem>) -> i64 {
    let Some(EmbeddedValue::S(sequence)) = item.and_then(|mut item| item.remove("sequence")) else { return 0 };
    stored_sequence(&sequence).unwrap_or_default()
}
