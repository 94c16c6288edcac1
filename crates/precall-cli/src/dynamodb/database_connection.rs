//! A connection to the file of an embedded database, beside that of dynoxide: for transactions that it has no operation for.
//!
//! It writes rows as dynoxide does, with its functions, and is faster: a statement is compiled once, and its cache has room for the
//! pages that an import of numbers in no order comes back to.

use std::path::Path;
use std::time::Duration;

use dynoxide::storage::{Storage, StreamRecord, compute_hash_prefix};
use dynoxide::storage_backend::BaseItemRow;
use dynoxide::storage_backend::sql_builders::escape_table_name;
use dynoxide::streams::shard_id;
use dynoxide::types::item_size;
use dynoxide::validation::{normalize_item_sets, validate_item_attribute_values};
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior};

use super::attribute_value::EmbeddedItem;
use crate::failure::Failure;

/// How long another process, such as a running `precall serve`, may keep the database locked.
const PATIENCE: Duration = Duration::from_mins(3);

/// The settings of the connection.
///
/// - `synchronous = NORMAL`: a commit does not wait for the disk. Transactions get into the write-ahead log in their order, and
///   a transaction that is cut off does not count. So a crash of the machine takes back the last transactions, each of them
///   whole. Dynoxide's connection waits for the disk, and with that for the transactions before. An import saves its position
///   through that connection, so that all numbers before a saved position are on the disk.
/// - `cache_size`: 64 MB.
/// - `wal_autocheckpoint`, `journal_size_limit`: the log gets 64 MB long before its pages are moved into the database. Numbers
///   in no order change the same pages again and again.
const PRAGMAS: &str = "PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 16384;
    PRAGMA journal_size_limit = 67108864;";

/// A connection to the file of an embedded database.
pub struct DatabaseConnection {
    storage: Storage,
}

/// A transaction, which no other process can write beside.
pub struct DatabaseTransaction<'a> {
    storage: &'a Storage,
}

/// The key of an item as the database has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredKey {
    partition: String,
    sort: String,
}

impl StoredKey {
    /// Returns the key with these two texts.
    pub fn new(partition: &str, sort: &str) -> Self {
        // The letter is the type of the attribute.
        Self { partition: format!("S:{partition}"), sort: format!("S:{sort}") }
    }
}

impl DatabaseConnection {
    /// Opens a connection.
    ///
    /// # Errors
    /// When the file is not a database of dynoxide, or cannot be opened.
    pub fn open(file: &Path) -> Result<Self, Failure> {
        let path = file.to_str().ok_or("the database's path is not UTF-8")?;
        let storage = Storage::new(path)?;
        storage.conn().busy_timeout(PATIENCE)?;
        storage.conn().execute_batch(PRAGMAS)?;
        Ok(Self { storage })
    }

    /// Lets the database find the greatest sequence number, which it does at each write, and the records after one without a scan
    /// of all records.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn index_stream(&self) -> Result<(), Failure> {
        self.storage.conn().execute_batch(
            "CREATE INDEX IF NOT EXISTS precall_stream_order \
             ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
        )?;
        Ok(())
    }

    /// Makes the changes of `work`, all or none of them.
    ///
    /// # Errors
    /// When `work` fails, or the database cannot be written.
    pub fn transaction<T>(
        &self,
        work: impl FnOnce(&DatabaseTransaction<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let transaction = Transaction::new_unchecked(self.storage.conn(), TransactionBehavior::Immediate)?;
        let done = work(&DatabaseTransaction { storage: &self.storage })?;
        transaction.commit()?;
        Ok(done)
    }

    /// Returns true if a table has stream records after a sequence number. It does not wait for other processes.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn has_records_after(&self, table: &str, sequence: i64) -> Result<bool, Failure> {
        DatabaseTransaction { storage: &self.storage }.has_records_after(table, sequence)
    }

    /// Returns an item.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn item(&self, table: &str, key: &StoredKey) -> Result<Option<EmbeddedItem>, Failure> {
        DatabaseTransaction { storage: &self.storage }.item(table, key)
    }
}

impl DatabaseTransaction<'_> {
    /// Returns true if a table has a stream of both images, and no index: an item of it is a row, and nothing else.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn is_plain(&self, table: &str) -> Result<bool, Failure> {
        let mut statement = self.storage.conn().prepare_cached(
            "SELECT stream_enabled AND coalesce(stream_view_type, 'NEW_AND_OLD_IMAGES') = 'NEW_AND_OLD_IMAGES' \
             AND coalesce(gsi_definitions, '[]') = '[]' AND coalesce(lsi_definitions, '[]') = '[]' \
             AND coalesce(vector_index_definitions, '[]') = '[]' FROM _tables WHERE table_name = ?1",
        )?;
        Ok(statement.query_row([table], |row| row.get(0)).optional()?.unwrap_or(false))
    }

    /// Returns an item.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn item(&self, table: &str, key: &StoredKey) -> Result<Option<EmbeddedItem>, Failure> {
        let sql = format!("SELECT item_json FROM \"{}\" WHERE pk = ?1 AND sk = ?2", escape_table_name(table));
        let mut statement = self.storage.conn().prepare_cached(&sql)?;
        let found: Option<String> = statement.query_row((&key.partition, &key.sort), |row| row.get(0)).optional()?;
        Ok(found.map(|json| serde_json::from_str(&json)).transpose()?)
    }

    /// Writes items.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn put(&self, table: &str, rows: &[BaseItemRow]) -> Result<(), Failure> {
        Ok(self.storage.put_base_items(table, rows)?)
    }

    /// Writes the row of an item in an index that has all its attributes.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn put_into_index(&self, table: &str, index: &str, key: &StoredKey, row: &BaseItemRow) -> Result<(), Failure> {
        let (pk, sk) = (&row.pk, &row.sk);
        self.storage.delete_gsi_item(table, index, pk, sk)?;
        Ok(self.storage.insert_gsi_item(table, index, &key.partition, &key.sort, pk, sk, &row.item_json)?)
    }

    /// Removes an item, if there is one.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn remove(&self, table: &str, key: &StoredKey) -> Result<(), Failure> {
        let sql = format!("DELETE FROM \"{}\" WHERE pk = ?1 AND sk = ?2", escape_table_name(table));
        self.storage.conn().prepare_cached(&sql)?.execute((&key.partition, &key.sort))?;
        Ok(())
    }

    /// Returns the sequence number of the next stream record of a table.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn next_sequence(&self, table: &str) -> Result<i64, Failure> {
        Ok(self.storage.next_stream_sequence_number(table)?)
    }

    /// Returns the stream records of a table after a sequence number, at most `count`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn records_after(&self, table: &str, sequence: i64, count: usize) -> Result<Vec<StreamRecord>, Failure> {
        Ok(self.storage.get_stream_records(table, &shard_id(table), sequence, count)?)
    }

    fn has_records_after(&self, table: &str, sequence: i64) -> Result<bool, Failure> {
        let mut statement = self.storage.conn().prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2)",
        )?;
        Ok(statement.query_row((table, sequence), |row| row.get(0))?)
    }

    /// Writes a stream record of a table.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn add_record(&self, table: &str, record: &StreamRecord) -> Result<(), Failure> {
        Ok(self.storage.insert_stream_record(
            table,
            &record.event_name,
            &record.keys_json,
            record.new_image.as_deref(),
            record.old_image.as_deref(),
            &record.sequence_number,
            &shard_id(table),
            record.created_at,
        )?)
    }

    /// Removes the stream records of a table before a sequence number.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn forget_records_before(&self, table: &str, sequence: i64) -> Result<(), Failure> {
        self.storage
            .conn()
            .prepare_cached(
                "DELETE FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) < ?2",
            )?
            .execute((table, sequence))?;
        Ok(())
    }
}

/// Returns the row of an item with this key.
///
/// # Errors
/// When DynamoDB does not accept the item.
pub fn row_of(key: StoredKey, partition: &str, mut item: EmbeddedItem) -> Result<BaseItemRow, Failure> {
    validate_item_attribute_values(&item)?;
    normalize_item_sets(&mut item);
    let value = dynoxide::AttributeValue::S(partition.to_owned());
    Ok(BaseItemRow {
        pk: key.partition,
        sk: key.sort,
        item_json: serde_json::to_string(&item)?,
        item_size: item_size(&item),
        cached_at: None,
        hash_prefix: compute_hash_prefix(&value),
    })
}
