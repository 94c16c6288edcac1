//! DynamoDB inside this process. The code of the SDK works with it, and so does `aws dynamodb --endpoint-url`.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use dynoxide::{Database, DynoxideError};
use precall_hook::settings::Settings;
use precall_hook::store::TableSchema;
use rusqlite::ErrorCode;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::database_file::{DAMAGED, remove_unfinished, unfinished_name};
use super::embedded_journal::EmbeddedJournal;
use super::tables;
use super::web_page_guard::{WebPageGuard, hidden_listener};
use crate::failure::Failure;

/// The pause between two drains of the stream while the hook runs.
const DRAIN_INTERVAL: Duration = Duration::from_secs(1);

/// A DynamoDB on a SQLite file, which listens on loopback.
pub struct EmbeddedDynamoDb {
    database: Database,
    journal: EmbeddedJournal,
    /// The task that drains the stream while the hook runs.
    draining: Option<JoinHandle<()>>,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), String>>,
}

impl fmt::Debug for EmbeddedDynamoDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedDynamoDb").field("address", &self.address).finish_non_exhaustive()
    }
}

impl EmbeddedDynamoDb {
    /// Opens a database and listens. Returns true with it if the database was created, with its tables.
    ///
    /// # Errors
    /// When the file cannot be used, or the address is not on loopback or already used.
    pub async fn start(file: &Path, listen: SocketAddr, settings: &Settings) -> Result<(Self, bool), Failure> {
        if !listen.ip().is_loopback() {
            return Err(format!(
                "the embedded DynamoDB has no access control and listens on loopback only, not on {listen}"
            )
            .into());
        }
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        let in_file = |error: Failure| -> Failure { format!("{}: {error}", file.display()).into() };
        remove_unfinished(file);
        let created = create(file, settings).map_err(in_file)?;
        let path = file.to_str().ok_or("the database's path is not UTF-8")?;
        let database = Database::new(path).map_err(|error| unusable(path, &error))?;
        let journal = EmbeddedJournal::new(database.clone(), Some(file), settings);
        Ok((Self::serve(database, journal, listen).await?, created))
    }

    /// Starts an empty database in memory, which ends with this process.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn in_memory(settings: &Settings) -> Result<Self, Failure> {
        let database = Database::memory()?;
        let journal = EmbeddedJournal::new(database.clone(), None, settings);
        Self::serve(database, journal, (Ipv4Addr::LOCALHOST, 0).into()).await
    }

    async fn serve(database: Database, journal: EmbeddedJournal, listen: SocketAddr) -> Result<Self, Failure> {
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            format!("the embedded DynamoDB cannot listen on {listen}: {error}; choose another with --dynamodb-listen")
        })?;
        let address = listener.local_addr()?;
        let hidden = hidden_listener().await?;
        let guard = WebPageGuard::before(hidden.local_addr()?);
        let (stop, stopped) = oneshot::channel::<()>();
        let own = database.clone();
        let server = tokio::spawn(async move {
            let store = tokio::spawn(dynoxide::server::serve_with_shutdown(hidden, database, async {
                // A dropped sender means that the process ends, which is a stop as well.
                let _ = stopped.await;
            }));
            let guard = tokio::spawn(guard.serve(listener));
            let outcome = store.await.map_err(|error| error.to_string()).and_then(|outcome| outcome);
            guard.abort();
            outcome
        });
        Ok(Self { database: own, journal, draining: None, address, stop, server })
    }

    /// Returns its URL, for `--endpoint-url`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns true if it has a table of this name.
    ///
    /// # Errors
    /// When the database cannot be read: a damaged table is not a missing one.
    pub fn has_table(&self, name: &str) -> Result<bool, Failure> {
        match self.database.describe_table(serde_json::from_value(json!({ "TableName": name }))?) {
            Ok(_) => Ok(true),
            Err(DynoxideError::ResourceNotFoundException(_)) => Ok(false),
            Err(error) => Err(format!("its table {name} cannot be read ({error}); {DAMAGED}").into()),
        }
    }

    /// Returns the names of its tables.
    pub fn tables(&self) -> Vec<String> {
        let request = serde_json::from_value(json!({}));
        request
            .ok()
            .and_then(|request| self.database.list_tables(request).ok())
            .map_or_else(Vec::new, |list| list.table_names)
    }

    /// Returns the names of its tables of rules: those with the keys of one.
    pub fn rules_tables(&self) -> Vec<String> {
        let mut tables = self.tables();
        tables.retain(|table| self.has_keys(table, TableSchema::RULES));
        tables
    }

    fn has_keys(&self, table: &str, schema: TableSchema) -> bool {
        let request = serde_json::from_value(json!({ "TableName": table }));
        let described = request.ok().and_then(|request| self.database.describe_table(request).ok());
        described.is_some_and(|described| {
            let keys = described.table.key_schema.iter().map(|key| key.attribute_name.as_str());
            keys.eq(schema.keys().map(|(name, _)| name))
        })
    }

    /// Returns the database itself, for work that takes too long by requests.
    pub fn database(&self) -> Database {
        self.database.clone()
    }

    /// Returns the journal of the rules table.
    pub fn journal(&self) -> &EmbeddedJournal {
        &self.journal
    }

    /// Drains the stream from now on, until the database is closed.
    pub fn keep_journal(&mut self) {
        let journal = self.journal.clone();
        self.draining = Some(tokio::spawn(async move {
            loop {
                tokio::time::sleep(DRAIN_INTERVAL).await;
                let journal = journal.clone();
                let drained = tokio::task::spawn_blocking(move || journal.drain()).await;
                if let Ok(Err(error)) = drained {
                    tracing::warn!(%error, "changes of rules could not be moved into the journal table; they stay in the stream");
                }
            }
        }));
    }

    /// Lets running requests finish and closes the database. The changes that it made get into the journal table if `drain`.
    ///
    /// # Errors
    /// When the server has failed, or the journal cannot be written.
    pub async fn stop(self, drain: bool) -> Result<(), Failure> {
        // The receiver is gone only if the server ended by itself; its own error follows.
        let _ = self.stop.send(());
        self.server.await??;
        if let Some(draining) = self.draining {
            draining.abort();
        }
        if drain {
            self.journal.drain().map_err(|error| format!("the journal cannot be written: {error}"))?;
        }
        Ok(())
    }
}

/// Returns the error of a file that cannot be opened.
fn unusable(path: &str, error: &DynoxideError) -> Failure {
    if let DynoxideError::SqliteError(error) = error
        && matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
    {
        return format!("{path} is damaged, so its rules cannot be read ({error}); {DAMAGED}").into();
    }
    format!("{path} cannot be opened as a database of precall: {error}; name another file with --database").into()
}

/// Creates a database with its tables, if there is none. It gets its name only when it is whole, so that a killed process
/// leaves no database with half of its tables.
fn create(file: &Path, settings: &Settings) -> Result<bool, Failure> {
    if file.exists() {
        return Ok(false);
    }
    let unfinished = unfinished_name(file);
    let path = unfinished.to_str().ok_or("the path of the database is not UTF-8; name another file with --database")?;
    let database = Database::new(path)?;
    tables::create_in(TableSchema::RULES, &database, &settings.rules_table)?;
    tables::create_in(TableSchema::ATTEMPTS, &database, &settings.attempts_table)?;
    tables::create_in(TableSchema::JOURNAL, &database, &settings.journal_table)?;
    // Closed, so that everything is in the one file.
    drop(database);
    let named = std::fs::hard_link(&unfinished, file);
    std::fs::remove_file(&unfinished)?;
    match named {
        Ok(()) => Ok(true),
        // Another process was faster.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.into()),
    }
}
