//! The journal of an embedded database.
//!
//! The database writes a stream record with each change of the rules table, in the same transaction, whoever makes the change.
//! Draining moves these records into the journal table. A process that is killed between the two loses nothing: the next one
//! drains the records.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use dynoxide::actions::get_records::Record;
use dynoxide::{Database, ImportOptions};
use jiff::{SignedDuration, Timestamp};
use precall::rule::Key;
use precall_hook::journal::{Change, journal_items};
use precall_hook::settings::Settings;
use precall_hook::store::{Attributes, TableSchema};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::attribute_value::{of_embedded, of_json, to_embedded};
use super::tables;
use crate::failure::Failure;

/// The time for which entries are kept: five years, as the records of decisions (16 CFR 310.5).
const RETENTION: SignedDuration = SignedDuration::from_hours(24 * 1827);

/// The number of records after which a transaction of the journal ends.
const MAX_MOVED: usize = 5_000;

/// How long another process may keep the database locked.
const PATIENCE: Duration = Duration::from_secs(20);

/// The database's own sequence number of a record is the public one without this.
const SEQUENCE_OFFSET: u128 = 100_000_000_000_000_000_000;

/// The item of the journal table that says up to which record the stream is drained. No entry has its key.
const POSITION: (&str, &str) = ("stream", "drained");

/// The stream of the rules table of an embedded database, and the journal table.
#[derive(Clone)]
pub struct EmbeddedJournal {
    database: Database,
    /// The file of the database; `None` for one in memory.
    file: Option<PathBuf>,
    rules: String,
    journal: String,
}

impl EmbeddedJournal {
    /// Returns the journal of a database. It may have no stream, or no journal table.
    pub fn new(database: Database, file: Option<&Path>, settings: &Settings) -> Self {
        let file = file.map(Path::to_owned);
        Self { database, file, rules: settings.rules_table.clone(), journal: settings.journal_table.clone() }
    }

    /// Creates the journal table and the stream of the rules table, if they do not exist. The rules table must exist.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn create(&self) -> Result<(), Failure> {
        let description = self.describe(&self.rules)?;
        if description.pointer("/Table/LatestStreamArn").is_none() {
            let request = json!({ "TableName": self.rules, "StreamSpecification": tables::stream_specification() });
            self.database.update_table(serde_json::from_value(request)?)?;
        }
        if self.describe(&self.journal).is_err() {
            tables::create_in(TableSchema::JOURNAL, &self.database, &self.journal)?;
        }
        self.index_stream()
    }

    /// Lets the database find the greatest sequence number, which it does at each write, and the records after one without a scan
    /// of all records.
    fn index_stream(&self) -> Result<(), Failure> {
        let Some(connection) = self.connection()? else { return Ok(()) };
        connection.execute(
            "CREATE INDEX IF NOT EXISTS precall_stream_order \
             ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
            (),
        )?;
        Ok(())
    }

    /// Returns a connection to the file of the database; `None` for one in memory.
    fn connection(&self) -> Result<Option<Connection>, Failure> {
        let Some(file) = &self.file else { return Ok(None) };
        let connection = Connection::open(file)?;
        connection.busy_timeout(PATIENCE)?;
        Ok(Some(connection))
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
        self.first_pending(usize::MAX)
    }

    /// Returns at least `count` of the pending changes, or all of them.
    fn first_pending(&self, count: usize) -> Result<Vec<Change>, Failure> {
        let mut changes = Vec::new();
        let Some(mut iterator) = self.iterator()? else { return Ok(changes) };
        while changes.len() < count {
            let answer = self.database.get_records(serde_json::from_value(json!({ "ShardIterator": iterator }))?)?;
            if answer.records.is_empty() {
                break;
            }
            for record in answer.records {
                changes.push(change_of(record)?);
            }
            let Some(next) = answer.next_shard_iterator else { break };
            iterator = next;
        }
        Ok(changes)
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
            json!({ "TableName": self.journal, "Key": { "number": { "S": number }, "entry": { "S": entry } } });
        let answer = serde_json::to_value(self.database.get_item(serde_json::from_value(request)?)?)?;
        Ok(answer.pointer("/Item/sequence/S").and_then(Value::as_str).map(str::to_owned))
    }

    /// Moves the records of the stream into the journal table. Each transaction moves some thousand records, so that a process that
    /// is killed has moved a part of them.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub fn drain(&self) -> Result<(), Failure> {
        loop {
            let changes = self.first_pending(MAX_MOVED)?;
            let Some(last) = changes.last() else { return Ok(()) };
            self.move_changes(&changes, &last.sequence)?;
        }
    }

    fn move_changes(&self, changes: &[Change], last: &str) -> Result<(), Failure> {
        let mut items: Vec<Attributes> = journal_items(changes, RETENTION)?.into_iter().map(|item| item.item).collect();
        let (number, entry) = POSITION;
        items.push(of_json(json!({ "number": number, "entry": entry, "sequence": last }))?);
        let items = items.into_iter().map(to_embedded).collect::<Result<_, _>>()?;
        self.database.import_items(&self.journal, items, ImportOptions::default())?;
        self.forget(last)
    }

    /// Removes the drained records but the last one, because the database looks for the greatest sequence number at each write.
    fn forget(&self, last: &str) -> Result<(), Failure> {
        let Some(connection) = self.connection()? else { return Ok(()) };
        let Some(last) = last.parse().ok().and_then(|last: u128| last.checked_sub(SEQUENCE_OFFSET)) else {
            return Ok(());
        };
        connection.execute(
            "DELETE FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2 \
             AND id < (SELECT max(id) FROM _stream_records WHERE table_name = ?1)",
            (&self.rules, i64::try_from(last)?),
        )?;
        Ok(())
    }
}

fn change_of(record: Record) -> Result<Change, Failure> {
    let mut keys = of_embedded(record.dynamodb.keys);
    let mut text = |name: &str| match keys.remove(name) {
        Some(AttributeValue::S(text)) => Ok(text),
        _ => Err(format!("the stream of the embedded database has a record without `{name}`")),
    };
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds since 1970")]
    let at = record.dynamodb.approximate_creation_date_time as i64;
    Ok(Change {
        key: Key { number: text("number")?, rule: text("rule")? },
        at: Timestamp::from_second(at)?,
        sequence: record.dynamodb.sequence_number,
        before: record.dynamodb.old_image.map(of_embedded),
        after: record.dynamodb.new_image.map(of_embedded),
        is_expiry: record.user_identity.is_some(),
        are_images_lost: false,
    })
}
