//! Reads the file of an embedded DynamoDB without requests: a statement for each number, from a snapshot of the whole database.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use precall::frequency_cap::Counter;
use precall::rule::Item;
use precall_hook::store::{Attributes, attempts_of_item, item, item_of_typed};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value};

use crate::failure::Failure;

/// How long another process may keep the database locked.
const PATIENCE: Duration = Duration::from_secs(20);

/// The memory for pages of the database, in KiB.
const CACHE_KIB: i64 = 16 << 10;

/// A connection to the file of an embedded DynamoDB. It reads the database as it was when the connection was opened.
pub struct DirectReader {
    connection: Connection,
    rules: String,
    attempts: String,
}

impl DirectReader {
    /// Opens a database, which an embedded DynamoDB of this process must have open, and begins its snapshot.
    ///
    /// # Errors
    /// When it cannot be opened or read.
    pub fn open(file: &Path, rules: &str, attempts: &str) -> Result<Self, Failure> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.execute_batch("BEGIN")?;
        let reader = Self { connection, rules: select(rules), attempts: select(attempts) };
        // A transaction begins with its first statement.
        reader.items("*")?;
        Ok(reader)
    }

    /// Returns the items under a number.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn items(&self, number: &str) -> Result<Vec<Item>, Failure> {
        Ok(self.attributes(&self.rules, number)?.into_iter().map(item).collect())
    }

    /// Returns the attempts of a counter, the newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn attempts(&self, counter: &Counter) -> Result<Vec<Timestamp>, Failure> {
        let found = self.attributes(&self.attempts, counter.as_str())?;
        Ok(found.into_iter().next().map(attempts_of_item).transpose()?.unwrap_or_default())
    }

    fn attributes(&self, statement: &str, key: &str) -> Result<Vec<Attributes>, Failure> {
        let mut statement = self.connection.prepare_cached(statement)?;
        // A key that is a text has this prefix in the database.
        let mut rows = statement.query([format!("S:{key}")])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let json: Map<String, Value> = serde_json::from_str(row.get_ref(0)?.as_str()?)?;
            found.push(item_of_typed(&json)?);
        }
        Ok(found)
    }
}

/// Returns the statement that selects the items of a partition, in the order of a query.
fn select(table: &str) -> String {
    format!("SELECT item_json FROM \"{}\" WHERE pk = ?1 ORDER BY sk", table.replace('"', "\"\""))
}
