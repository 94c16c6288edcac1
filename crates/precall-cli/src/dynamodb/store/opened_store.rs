//! An open store: the rules table, and the embedded database that has to be closed after it.

use std::path::PathBuf;

use precall_hook::settings::Settings;
use precall_hook::store::{AttemptsTable, ClientLimits, RulesTable, TableSchema};
use tempfile::TempDir;

use super::emulator::emulator_table;
use super::patience::PATIENT;
use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::change_author::ChangeAuthor;
use crate::dynamodb::embedded::EmbeddedDynamoDb;
use crate::dynamodb::location::RulesLocation;
use crate::dynamodb::store_failure::StoreFailure;
use crate::dynamodb::writable_table::WritableTable;
use crate::dynamodb::{embedded_write, item_file, items, tables};
use crate::failure::Failure;

/// A rules table, and the embedded database that has to be closed after it.
#[derive(Debug)]
pub struct OpenedStore {
    pub store: RulesTable,
    pub embedded: Option<EmbeddedDynamoDb>,
    /// True if the rules table was created just now.
    pub created: bool,
    /// The place of the rules, for messages.
    pub location: RulesLocation,
    /// The person or program in whose name the table is changed.
    pub author: ChangeAuthor,
    /// The folder with the copy of a database that cannot be written.
    pub(super) copy: Option<TempDir>,
    /// Segments of the table that are scanned side by side.
    pub(super) segments: i32,
    /// The store of today, if the rules are of the past and so in memory. It has the attempts.
    pub(super) present: Option<Box<Self>>,
    /// True if the table may be changed, and its changes get into the journal table.
    pub(super) has_journal: bool,
}

/// A store that was opened to be changed, with its table.
#[derive(Debug)]
pub struct WritableStore {
    pub opened: OpenedStore,
    pub table: WritableTable,
}

impl WritableStore {
    /// The opened store must not be a copy.
    pub(super) fn of(opened: OpenedStore) -> Self {
        Self { table: WritableTable::new(opened.store.clone()), opened }
    }
}

impl OpenedStore {
    /// Closes the embedded database, if there is one.
    ///
    /// # Errors
    /// When its server has failed.
    pub async fn close(self) -> Result<(), Failure> {
        let _copy = self.copy;
        if let Some(present) = self.present {
            Box::pin(present.close()).await?;
        }
        match self.embedded {
            Some(embedded) => embedded.stop(self.has_journal).await,
            None => Ok(()),
        }
    }

    /// Closes the store after a command, and adds the place of the table to an error of it.
    ///
    /// # Errors
    /// The error of the command, or that of the embedded database.
    pub async fn finish<T>(self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        let outcome = outcome.map_err(|failure| self.explained(failure));
        let closed = self.close().await;
        let outcome = outcome?;
        closed.map(|()| outcome)
    }

    /// Adds the place of the table to an error of it.
    pub fn explained(&self, failure: Failure) -> Failure {
        StoreFailure::of(failure, &self.location)
    }

    /// Returns the table of the attempts, which are always those of today.
    pub fn attempts(&self, settings: &Settings) -> AttemptsTable {
        let store = self.present.as_ref().map_or(&self.store, |present| &present.store);
        AttemptsTable::new(store.client().clone(), &settings.attempts_table)
    }

    /// Opens a table in memory with the items of the past of this store, which stays open for its attempts.
    ///
    /// # Errors
    /// When the items cannot be written.
    pub async fn into_past(
        self,
        items: Vec<Attributes>,
        location: RulesLocation,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        let past = Self::with_items(items, location, settings).await?;
        Ok(Self { present: Some(Box::new(self)), ..past })
    }

    /// Opens a table in memory with these items.
    ///
    /// # Errors
    /// When something is not an item of the table.
    pub async fn with_items(
        items: Vec<Attributes>,
        location: RulesLocation,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        let opened = Self { location, ..Self::in_memory(settings).await? };
        if let Some(embedded) = &opened.embedded {
            embedded_write::put_all(&embedded.database(), &settings.rules_table, items)?;
        }
        Ok(opened)
    }

    /// Opens empty tables in memory, which end with this process.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn in_memory(settings: &Settings) -> Result<Self, Failure> {
        let limits = ClientLimits { budget: PATIENT, ..ClientLimits::from(settings) };
        Self::on(EmbeddedDynamoDb::in_memory(settings).await?, settings, &limits, RulesLocation::Nowhere).await
    }

    /// Creates the journal of an embedded database, if it has none. The changes get into its table when the store is closed, and
    /// also while the hook runs.
    pub(super) fn with_journal(mut self, is_hook: bool) -> Result<Self, Failure> {
        if let Some(embedded) = &mut self.embedded {
            embedded.journal().create()?;
            // The records of a process that was killed.
            embedded.journal().drain()?;
            self.has_journal = true;
            if is_hook {
                embedded.keep_journal();
            }
        }
        Ok(self)
    }

    /// Opens the tables of an embedded DynamoDB, and creates those that it does not have.
    pub(super) async fn on(
        embedded: EmbeddedDynamoDb,
        settings: &Settings,
        limits: &ClientLimits,
        location: RulesLocation,
    ) -> Result<Self, Failure> {
        let table = &settings.rules_table;
        let store = emulator_table(&embedded.url(), table, limits).await?;
        let created = tables::create(TableSchema::RULES, store.client(), table).await?;
        tables::create(TableSchema::ATTEMPTS, store.client(), &settings.attempts_table).await?;
        let author = ChangeAuthor::Account;
        Ok(Self {
            store,
            embedded: Some(embedded),
            created,
            location,
            author,
            copy: None,
            segments: 1,
            present: None,
            has_journal: false,
        })
    }
}

/// Passes each item of the rules table to `each`, in no order and without list records.
///
/// # Errors
/// When a part of the table cannot be read, or `each` fails.
pub async fn scan(opened: &OpenedStore, each: impl FnMut(Attributes) -> Result<(), Failure>) -> Result<(), Failure> {
    items::scan(&opened.store, opened.segments, each).await
}

/// Opens a table in memory with the items of files.
///
/// # Errors
/// When a file cannot be read.
pub async fn open_rule_files(files: &[PathBuf], settings: &Settings) -> Result<OpenedStore, Failure> {
    let items = item_file::read_all(files)?.into_iter().map(|item| item.item).collect();
    let names = || files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ");
    let opened = OpenedStore::with_items(items, RulesLocation::Files(files.to_vec()), settings).await;
    opened.map_err(|error| format!("{}: {error}", names()).into())
}
