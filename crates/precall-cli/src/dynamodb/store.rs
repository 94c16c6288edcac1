//! The DynamoDB of a command: the arguments that choose it, and the open store.

use std::ffi::{OsStr, OsString};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use precall_hook::settings::{Settings, TimeBudget};
use precall_hook::store::{ClientLimits, RulesTable, StoreError, TableSchema, client_of_loader};
use tempfile::TempDir;

use super::attribute_value::Attributes;
use super::embedded::EmbeddedDynamoDb;
use super::identity::HostIdentity;
use super::{embedded_write, item_file, items, tables};
use crate::failure::Failure;

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

/// The rules to read: those of a table, or of files.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct RuleSourceArguments {
    /// Read the rules from this file instead of a table. Repeat it for several files; of items with the same `number` and
    /// `rule`, the last one counts.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dynamodb", "database", "profile", "region"])]
    rules: Vec<PathBuf>,

    #[command(flatten)]
    table: StoreArguments,
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

/// A rules table, and the embedded database that has to be closed after it.
#[derive(Debug)]
pub struct OpenedStore {
    pub store: RulesTable,
    pub embedded: Option<EmbeddedDynamoDb>,
    /// True if the rules table was created just now.
    pub created: bool,
    /// Segments of the table that are scanned side by side.
    segments: i32,
}

impl OpenedStore {
    /// Closes the embedded database, if there is one.
    ///
    /// # Errors
    /// When its server has failed.
    pub async fn close(self) -> Result<(), Failure> {
        match self.embedded {
            Some(embedded) => embedded.stop().await,
            None => Ok(()),
        }
    }

    /// Opens empty tables in memory, which end with this process.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn in_memory(settings: &Settings) -> Result<Self, Failure> {
        let limits = ClientLimits { budget: PATIENT, ..ClientLimits::from(settings) };
        Self::on(EmbeddedDynamoDb::in_memory().await?, settings, &limits).await
    }

    /// Opens the tables of an embedded DynamoDB, and creates those that it does not have.
    async fn on(embedded: EmbeddedDynamoDb, settings: &Settings, limits: &ClientLimits) -> Result<Self, Failure> {
        let table = &settings.rules_table;
        let store = emulator_table(&embedded.url(), table, limits).await?;
        let created = tables::create(TableSchema::RULES, store.client(), table).await?;
        tables::create(TableSchema::ATTEMPTS, store.client(), &settings.attempts_table).await?;
        Ok(Self { store, embedded: Some(embedded), created, segments: 1 })
    }
}

impl StoreArguments {
    /// Opens the store for a tool that reads. It creates nothing.
    ///
    /// # Errors
    /// When it cannot be opened, or an embedded database or its rules table does not exist.
    pub async fn open(&self, settings: &Settings) -> Result<OpenedStore, Failure> {
        self.open_for_tool(settings, TableCreation::Neither).await
    }

    /// Opens the store for a tool that writes. A missing embedded database is created, and so are its missing tables.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open_or_create(&self, settings: &Settings) -> Result<OpenedStore, Failure> {
        self.open_for_tool(settings, TableCreation::Both).await
    }

    async fn open_for_tool(&self, settings: &Settings, creation: TableCreation) -> Result<OpenedStore, Failure> {
        let limits = ClientLimits { budget: PATIENT, ..ClientLimits::from(settings) };
        self.open_with(settings, &limits, (Ipv4Addr::LOCALHOST, 0).into(), creation).await
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
    fn is_absent(&self) -> bool {
        self.dynamodb == "local" && self.database == Path::new(DEFAULT_DATABASE) && !self.database.exists()
    }

    /// Checks that the database exists and is not empty, without a change of it.
    fn check_database(&self) -> Result<(), Failure> {
        let file = self.database.display();
        let problem = match std::fs::metadata(&self.database) {
            Ok(metadata) if metadata.len() > 0 => return Ok(()),
            Ok(_) => format!("{file} is empty, so it is not a database"),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => format!("there is no database {file}"),
            Err(error) => return Err(format!("{file}: {error}").into()),
        };
        Err(format!(
            "{problem}; change to the folder of `precall serve`, name the file with --database, or create it with \
             `precall load`"
        )
        .into())
    }

    /// Opens the store for the hook. An embedded DynamoDB listens at the given address.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn serve(&self, settings: &Settings, listen: SocketAddr) -> Result<OpenedStore, Failure> {
        let creation = if self.packaged { TableCreation::Attempts } else { TableCreation::Both };
        self.open_with(settings, &ClientLimits::from(settings), listen, creation).await
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
            eprintln!(
                "Rules:    a copy of {file}, which cannot be written: counts and edits are lost when this process ends"
            );
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
        listen: SocketAddr,
        creation: TableCreation,
    ) -> Result<OpenedStore, Failure> {
        if self.dynamodb != "aws" && (self.profile.is_some() || self.region.is_some()) {
            return Err("--profile and --region are for --dynamodb aws".into());
        }
        match self.dynamodb.as_str() {
            "aws" => self.open_service(settings, limits).await,
            "local" => self.open_embedded(settings, limits, listen, creation).await,
            url if url.starts_with("http://") || url.starts_with("https://") => {
                let store = emulator_table(url, &settings.rules_table, limits).await?;
                Ok(OpenedStore { store, embedded: None, created: false, segments: 1 })
            }
            other => {
                Err(format!("--dynamodb {other}: write local, aws or an endpoint's URL such as http://127.0.0.1:8000")
                    .into())
            }
        }
    }

    async fn open_service(&self, settings: &Settings, limits: &ClientLimits) -> Result<OpenedStore, Failure> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if self.profile.is_none()
            && let Some(identity) = HostIdentity::of_host(self.region.as_deref(), *limits).await?
        {
            loader = loader.credentials_provider(identity);
        }
        let store = RulesTable::new(client_of_loader(loader, *limits).await?, &settings.rules_table);
        Ok(OpenedStore { store, embedded: None, created: false, segments: SEGMENTS })
    }

    async fn open_embedded(
        &self,
        settings: &Settings,
        limits: &ClientLimits,
        listen: SocketAddr,
        creation: TableCreation,
    ) -> Result<OpenedStore, Failure> {
        let table = &settings.rules_table;
        if creation == TableCreation::Neither {
            self.check_database()?;
        }
        let (embedded, created) = EmbeddedDynamoDb::start(&self.database, listen, settings).await?;
        if creation != TableCreation::Both && !embedded.has_table(table) {
            let file = self.database.display();
            let error = format!(
                "{file} has no table {table}, and an empty table would let every call through; load the rules with the \
                 PRECALL_RULES_TABLE that is set here"
            );
            embedded.stop().await?;
            return Err(error.into());
        }
        if creation == TableCreation::Neither {
            let store = emulator_table(&embedded.url(), table, limits).await?;
            return Ok(OpenedStore { store, embedded: Some(embedded), created: false, segments: 1 });
        }
        let opened = OpenedStore::on(embedded, settings, limits).await?;
        Ok(OpenedStore { created: created || opened.created, ..opened })
    }
}

impl RuleSourceArguments {
    /// Opens the table, or one in memory with the items of the files.
    ///
    /// # Errors
    /// When it cannot be opened, or a file cannot be read.
    pub async fn open(&self, settings: &Settings) -> Result<OpenedStore, Failure> {
        if self.rules.is_empty() {
            self.table.open(settings).await
        } else {
            open_rule_files(&self.rules, settings).await
        }
    }

    /// Returns true if [`Self::open_or_empty`] opens an empty table because there is no database.
    pub fn is_absent(&self) -> bool {
        self.rules.is_empty() && self.table.is_absent()
    }

    /// Opens the table as [`StoreArguments::open_or_empty`] does, or one in memory with the items of the files.
    ///
    /// # Errors
    /// When it cannot be opened, or a file cannot be read.
    pub async fn open_or_empty(&self, settings: &Settings) -> Result<OpenedStore, Failure> {
        if self.rules.is_empty() { self.table.open_or_empty(settings).await } else { self.open(settings).await }
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
    let opened = OpenedStore::in_memory(settings).await?;
    if let Some(embedded) = &opened.embedded {
        for file in files {
            let items = item_file::read(file)?;
            for (nth, item) in (1_usize..).zip(&items) {
                items::check_key(item).map_err(|error| format!("{}: item {nth}: {error}", file.display()))?;
            }
            embedded_write::put_all(&embedded.database(), &settings.rules_table, items)
                .map_err(|error| format!("{}: {error}", file.display()))?;
        }
    }
    Ok(opened)
}

/// Returns true if a database can be written. SQLite writes beside it too, and follows links.
fn is_writable(file: &Path) -> bool {
    let Ok(file) = file.canonicalize() else { return false };
    let Some(folder) = file.parent() else { return false };
    tempfile::tempfile_in(folder).is_ok() && std::fs::OpenOptions::new().write(true).open(&file).is_ok()
}

/// Copies a database into a folder of its own, with the changes that SQLite keeps beside the file.
fn copy_of(file: &Path) -> std::io::Result<(PathBuf, TempDir)> {
    let folder = TempDir::with_prefix("precall-")?;
    let copy = folder.path().join("rules.db");
    for suffix in ["", "-wal"] {
        let with = |path: &Path| [path.as_os_str(), OsStr::new(suffix)].into_iter().collect::<OsString>();
        let from = match std::fs::File::open(with(file)) {
            Err(error) if !suffix.is_empty() && error.kind() == std::io::ErrorKind::NotFound => continue,
            from => from?,
        };
        // Without its permissions, because the copy has to be written.
        std::io::copy(&mut { from }, &mut std::fs::File::create(with(&copy))?)?;
    }
    Ok((copy, folder))
}

/// Returns the table of an emulator. It accepts any region and credentials, and the environment may have none.
async fn emulator_table(url: &str, table: &str, limits: &ClientLimits) -> Result<RulesTable, Failure> {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "embedded"));
    Ok(RulesTable::new(client_of_loader(loader, *limits).await?, table))
}
