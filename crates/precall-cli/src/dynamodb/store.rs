//! The DynamoDB of a command: the arguments that choose it, and the open store.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use precall_hook::settings::{Settings, TimeBudget};
use precall_hook::store::{AttemptsTable, ClientLimits, RulesTable, StoreError, TableSchema, client_of_loader};
use tempfile::TempDir;

use super::attribute_value::Attributes;
use super::change_author::ChangeAuthor;
use super::database_file::{self, DatabaseFileError, copy_of, is_writable};
use super::embedded::EmbeddedDynamoDb;
use super::location::RulesLocation;
use super::service::{Service, ServiceArguments};
use super::store_failure::StoreFailure;
use super::writable_table::WritableTable;
use super::{embedded_write, item_file, items, new_table, tables};
use crate::failure::Failure;
use crate::terminal::{print_stderr, printable};

/// The time budget of a tool: no call waits for it, and the operator's connection may be slow.
pub const PATIENT: TimeBudget = TimeBudget {
    connect: Duration::from_secs(5),
    attempt: Duration::from_secs(20),
    operation: Duration::from_mins(1),
    deadline: Duration::from_mins(1),
    refresh_wait: Duration::from_mins(1),
};

/// Reads within a time limit.
///
/// # Errors
/// When reading fails or takes longer.
pub async fn in_time<T>(limit: Duration, read: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(limit, read).await.unwrap_or_else(|_| Err(StoreError::late()))
}

/// Segments of a table on AWS that are scanned side by side. An emulator would sort the whole table for each.
const SEGMENTS: i32 = 4;

/// The arguments that choose the DynamoDB.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct StoreArguments {
    /// The DynamoDB that has the rules: `local` (embedded in this process), `aws` (region, endpoint and credentials from the
    /// AWS SDK's standard variables and profiles), or the URL of an endpoint.
    #[arg(long, default_value = "local", value_name = "local|aws|URL")]
    dynamodb: String,

    /// The SQLite file of the embedded DynamoDB.
    #[arg(long, default_value = DEFAULT_DATABASE, value_name = "FILE")]
    database: PathBuf,

    /// True if the database came with a package, and so must have its rules already.
    #[arg(skip)]
    packaged: bool,

    /// The profile of ~/.aws/config, as for the AWS CLI. Only with `--dynamodb aws`.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// The region of the table, as for the AWS CLI. Only with `--dynamodb aws`.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
}

/// The default file of the embedded DynamoDB.
const DEFAULT_DATABASE: &str = ".precall/rules.db";

/// The tables of an embedded database that are created if they do not exist. An empty rules table lets every call through,
/// so a command that reads must not create one and take it for the operator's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TableCreation {
    Both,
    /// The attempts table only: for the database of a package.
    Attempts,
    Neither,
}

/// The access to an embedded database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// A database that cannot be written is read from a copy, because SQLite writes a database even to read it.
    Read,
    /// Changes of a copy would be lost, so the file itself is opened.
    Write,
}

/// The way in which the store is used.
#[derive(Debug, Clone, Copy)]
struct StoreUse {
    /// The address of an embedded DynamoDB.
    listen: SocketAddr,
    creation: TableCreation,
    access: Access,
    /// True for a command that ends: it reports at once that a table cannot be read. The hook starts nevertheless.
    is_tool: bool,
}

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
    copy: Option<TempDir>,
    /// Segments of the table that are scanned side by side.
    segments: i32,
    /// The store of today, if the rules are of the past and so in memory. It has the attempts.
    present: Option<Box<Self>>,
    /// True if the table may be changed, and its changes get into the journal table.
    has_journal: bool,
}

/// A store that was opened to be changed, with its table.
#[derive(Debug)]
pub struct WritableStore {
    pub opened: OpenedStore,
    pub table: WritableTable,
}

impl WritableStore {
    /// The opened store must not be a copy.
    fn of(opened: OpenedStore) -> Self {
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
    fn with_journal(mut self, is_hook: bool) -> Result<Self, Failure> {
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
    async fn on(
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

impl StoreArguments {
    /// Opens the store for a tool that reads. It creates nothing.
    ///
    /// # Errors
    /// When it cannot be opened, or an embedded database or its rules table does not exist.
    pub async fn open(&self, settings: &Settings) -> Result<OpenedStore, Failure> {
        self.open_for_tool(settings, TableCreation::Neither, Access::Read).await
    }

    /// Opens the store for a tool that changes what is there. It creates nothing.
    ///
    /// # Errors
    /// When it cannot be opened or written, or an embedded database or its rules table does not exist.
    pub async fn open_to_change(&self, settings: &Settings) -> Result<WritableStore, Failure> {
        self.open_for_tool(settings, TableCreation::Neither, Access::Write).await.map(WritableStore::of)
    }

    /// Opens the store for a tool that writes. A missing embedded database is created, and so are its missing tables.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open_or_create(&self, settings: &Settings) -> Result<WritableStore, Failure> {
        self.open_for_tool(settings, TableCreation::Both, Access::Write).await.map(WritableStore::of)
    }

    async fn open_for_tool(
        &self,
        settings: &Settings,
        creation: TableCreation,
        access: Access,
    ) -> Result<OpenedStore, Failure> {
        let limits = ClientLimits { budget: PATIENT, ..ClientLimits::from(settings) };
        let use_ = StoreUse { listen: (Ipv4Addr::LOCALHOST, 0).into(), creation, access, is_tool: true };
        self.open_with(settings, &limits, use_).await
    }

    /// Opens the store as [`Self::open`] does, or an empty one in memory if the default database does not exist: for a
    /// command that needs no rules.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub async fn open_or_empty(&self, settings: &Settings) -> Result<OpenedStore, Failure> {
        if self.is_absent() {
            return OpenedStore::in_memory(settings).await;
        }
        self.open(settings).await
    }

    /// Returns true if the store is the default database, and it does not exist.
    pub fn is_absent(&self) -> bool {
        self.dynamodb == "local" && self.database == Path::new(DEFAULT_DATABASE) && !self.database.exists()
    }

    /// Returns true if a command that writes creates the database.
    pub fn creates_database(&self) -> bool {
        self.dynamodb == "local" && !self.database.exists()
    }

    /// Checks that the database can be used, without a change of it.
    fn check_database(&self, may_be_new: bool) -> Result<(), Failure> {
        let file = self.database.display();
        let remedy = "change to the folder of `precall serve`, name the file with --database, or create it with `precall load \
                      RULES.json`";
        match database_file::check(&self.database, may_be_new) {
            Ok(()) => Ok(()),
            Err(DatabaseFileError::Missing(folder)) => {
                Err(format!("there is no database {file} (looked in {}); {remedy}", folder.display()).into())
            }
            Err(error @ DatabaseFileError::Empty) => Err(format!("{file} {error}; {remedy}").into()),
            Err(error) => {
                Err(format!("{file} {error}; name a database with --database, such as {DEFAULT_DATABASE}").into())
            }
        }
    }

    /// Opens the store for the hook. An embedded DynamoDB listens at the given address.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn serve(&self, settings: &Settings, listen: SocketAddr) -> Result<WritableStore, Failure> {
        let creation = if self.packaged { TableCreation::Attempts } else { TableCreation::Both };
        let use_ = StoreUse { listen, creation, access: Access::Write, is_tool: false };
        self.open_with(settings, &ClientLimits::from(settings), use_).await.map(WritableStore::of)
    }

    /// Prepares the database of a package for a host: the file itself, or a copy if it cannot be written. The copy ends with
    /// the folder that is returned. `host_variable` is the environment variable by which the host was recognised.
    ///
    /// # Errors
    /// When the database is missing, because an empty one would let every call through, or cannot be copied.
    pub fn of_package(mut self, host_variable: &str) -> Result<(Self, Option<TempDir>), Failure> {
        let file = self.database.display();
        if self.dynamodb != "local" {
            return Ok((self, None));
        }
        match self.database.try_exists() {
            Ok(true) => {}
            Ok(false) => {
                return Err(format!(
                    "{file} is not there, and an empty database would let every call through; create it with `precall \
                     load --database` and put it into the package, or write --dynamodb aws (this is a host, as \
                     {host_variable} is set)"
                )
                .into());
            }
            Err(error) => return Err(format!("{file}: {error}").into()),
        }
        let mut folder = None;
        if !is_writable(&self.database) {
            let (copy, of) = copy_of(&self.database)
                .map_err(|error| format!("{file} can neither be written nor copied: {error}"))?;
            print_stderr(format_args!(
                "Rules:    a copy of {file}, which cannot be written: counts and edits are lost when this process ends"
            ));
            self.database = copy;
            folder = Some(of);
        }
        self.packaged = true;
        Ok((self, folder))
    }

    async fn open_with(
        &self,
        settings: &Settings,
        limits: &ClientLimits,
        use_: StoreUse,
    ) -> Result<OpenedStore, Failure> {
        if self.dynamodb != "aws" && (self.profile.is_some() || self.region.is_some()) {
            return Err(format!(
                "--profile and --region are only for --dynamodb aws, and --dynamodb is {}; write --dynamodb aws, or leave them out",
                self.dynamodb
            )
            .into());
        }
        match self.dynamodb.as_str() {
            // On the heap: the futures of the SDK are large.
            "aws" => Box::pin(self.open_service(settings, limits, use_)).await,
            "local" => Box::pin(self.open_embedded(settings, limits, use_)).await,
            url if url.starts_with("http://") || url.starts_with("https://") => {
                let store = emulator_table(url, &settings.rules_table, limits).await?;
                let location = RulesLocation::Endpoint { url: url.to_owned(), table: settings.rules_table.clone() };
                if use_.is_tool {
                    probe(&store).await.map_err(|error| StoreFailure::new(error, location.clone()))?;
                }
                let author = ChangeAuthor::Account;
                Ok(OpenedStore {
                    store,
                    embedded: None,
                    created: false,
                    location,
                    author,
                    copy: None,
                    segments: 1,
                    present: None,
                    has_journal: false,
                })
            }
            other => {
                Err(format!("--dynamodb {other}: write local, aws or an endpoint's URL such as http://127.0.0.1:8000")
                    .into())
            }
        }
    }

    async fn open_service(
        &self,
        settings: &Settings,
        limits: &ClientLimits,
        use_: StoreUse,
    ) -> Result<OpenedStore, Failure> {
        let table = &settings.rules_table;
        let arguments = ServiceArguments { profile: self.profile.as_deref(), region: self.region.as_deref() };
        let mut service = Service::find(arguments, limits).await?;
        let store = service.table(table);
        if use_.is_tool {
            service.check_credentials().await?;
            if let Err(error) = probe(&store).await {
                return Err(service.explained(error, table).await);
            }
        }
        let author = ChangeAuthor::Credentials(Box::new(service.config));
        let location = RulesLocation::Service { table: table.clone(), service: service.location };
        Ok(OpenedStore {
            store,
            embedded: None,
            created: false,
            location,
            author,
            copy: None,
            segments: SEGMENTS,
            present: None,
            has_journal: false,
        })
    }

    async fn open_embedded(
        &self,
        settings: &Settings,
        limits: &ClientLimits,
        use_: StoreUse,
    ) -> Result<OpenedStore, Failure> {
        let StoreUse { listen, creation, access, is_tool } = use_;
        let table = &settings.rules_table;
        self.check_database(creation != TableCreation::Neither)?;
        if is_tool && access == Access::Write {
            database_file::check_writable(&self.database).map_err(|error| {
                let file = self.database.display();
                format!(
                    "{file} cannot be written: {error}; change its permissions, or name another file with --database"
                )
            })?;
        }
        let is_copied = access == Access::Read && !is_writable(&self.database);
        let copied = is_copied.then(|| copy_of(&self.database)).transpose().map_err(|error| {
            format!("{} can neither be written nor copied, so it cannot be read: {error}", self.database.display())
        })?;
        let (file, copy) = copied.map_or_else(|| (self.database.clone(), None), |(file, copy)| (file, Some(copy)));
        let (embedded, created) = EmbeddedDynamoDb::start(&file, listen, settings).await?;
        if creation != TableCreation::Both && !embedded.has_table(table) {
            let error = self.no_table(table, &embedded.tables());
            embedded.stop(false).await?;
            return Err(error);
        }
        let location = RulesLocation::Database { file: self.database.clone(), table: table.clone() };
        let opened = if creation == TableCreation::Neither {
            let store = emulator_table(&embedded.url(), table, limits).await?;
            let (embedded, author) = (Some(embedded), ChangeAuthor::Account);
            OpenedStore {
                store,
                embedded,
                created: false,
                location,
                author,
                copy,
                segments: 1,
                has_journal: false,
                present: None,
            }
        } else {
            self.open_or_create_tables(embedded, created, settings, limits, location).await?
        };
        if access == Access::Read { Ok(opened) } else { opened.with_journal(!is_tool) }
    }

    /// Opens the tables of a database, and says what it created. A name that is nearly that of another table is a mistake.
    async fn open_or_create_tables(
        &self,
        embedded: EmbeddedDynamoDb,
        is_new: bool,
        settings: &Settings,
        limits: &ClientLimits,
        location: RulesLocation,
    ) -> Result<OpenedStore, Failure> {
        if is_new {
            print_stderr(format_args!("{}", printable(&new_table::database_notice(&self.database))));
        } else if let Err(error) = new_table::check(&self.database, &embedded, settings) {
            embedded.stop(false).await?;
            return Err(error.into());
        }
        let others = embedded.rules_tables();
        let opened = OpenedStore::on(embedded, settings, limits, location).await?;
        if opened.created {
            print_stderr(format_args!(
                "{}",
                printable(&new_table::notice(&self.database, &settings.rules_table, &others))
            ));
        }
        Ok(OpenedStore { created: is_new || opened.created, ..opened })
    }

    /// Returns the error of a database without the rules table.
    fn no_table(&self, table: &str, tables: &[String]) -> Failure {
        let file = self.database.display();
        let has = if tables.is_empty() { "no table".to_owned() } else { format!("only {}", tables.join(", ")) };
        format!(
            "{file} has no table {table}, and an empty table would let every call through; it has {has}: set \
             PRECALL_RULES_TABLE to the table of your rules, or create {table} with `precall load RULES.json`"
        )
        .into()
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

/// Reads the table once, so that a command fails before it does anything else.
async fn probe(store: &RulesTable) -> Result<(), StoreError> {
    in_time(PATIENT.deadline, store.attributes(items::LISTS)).await.map(|_| ())
}

/// Returns the table of an emulator. It accepts any region and credentials, and the environment may have none.
async fn emulator_table(url: &str, table: &str, limits: &ClientLimits) -> Result<RulesTable, Failure> {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "embedded"));
    Ok(RulesTable::new(client_of_loader(loader, *limits).await?, table))
}
