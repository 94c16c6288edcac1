//! Which DynamoDB a command works on.

use std::ffi::{OsStr, OsString};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use precall_hook::settings::{Settings, TimeBudget};
use precall_hook::store::{ClientLimits, RulesTable, StoreError, client_of_loader};
use tempfile::TempDir;

use crate::commands::import::write;
use crate::dynamodb::embedded::{self, Embedded};
use crate::dynamodb::identity::HostIdentity;
use crate::dynamodb::items;
use crate::failure::Failure;

/// A tool's time budget: nobody holds a telephone, and a line from home may be slow.
pub const PATIENT: TimeBudget = TimeBudget {
    connect: Duration::from_secs(5),
    attempt: Duration::from_secs(20),
    operation: Duration::from_mins(1),
    deadline: Duration::from_mins(1),
    refresh_wait: Duration::from_mins(1),
};

/// What is read, or that it was not read in time.
///
/// # Errors
/// When it could not be read.
pub async fn in_time<T>(limit: Duration, read: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(limit, read).await.unwrap_or_else(|_| Err(StoreError::late()))
}

/// Parts of a table on AWS that are scanned side by side. An emulator would sort the whole table for each.
const SEGMENTS: i32 = 4;

/// Which DynamoDB to use.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Arguments {
    /// Where rules are: `local` (DynamoDB embedded in this process), `aws` (region, endpoint and
    /// credentials by the AWS SDK's standard variables and profiles), or an endpoint's URL.
    #[arg(long, default_value = "local", value_name = "local|aws|URL")]
    dynamodb: String,

    /// The SQLite file of the embedded DynamoDB.
    #[arg(long, default_value = ".precall/rules.db", value_name = "FILE")]
    database: PathBuf,

    /// Whether the database came with a package, and must have its rules already.
    #[arg(skip)]
    packaged: bool,

    /// With `--dynamodb aws`: the profile of ~/.aws/config to use, as the AWS CLI has it.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// With `--dynamodb aws`: the region of the table, as the AWS CLI has it.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
}

/// Which rules to read: those of a table, or of files.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Source {
    /// Go by this file of rules instead of a table. May be given several times; an item of the same `number` and
    /// `rule` replaces an earlier one.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dynamodb", "database", "profile", "region"])]
    rules: Vec<PathBuf>,

    #[command(flatten)]
    table: Arguments,
}

/// A store, and what has to be stopped with it.
#[derive(Debug)]
pub struct Opened {
    pub store: RulesTable,
    pub embedded: Option<Embedded>,
    /// Whether the rules table was made just now.
    pub created: bool,
    /// Parts of the table that are scanned side by side.
    pub segments: i32,
}

impl Opened {
    /// Closes the embedded database, if there is one.
    pub async fn close(self) -> Result<(), Failure> {
        match self.embedded {
            Some(embedded) => embedded.stop().await,
            None => Ok(()),
        }
    }

    /// An empty store that is gone with this process.
    ///
    /// # Errors
    /// When no port is to be had.
    pub async fn in_memory(settings: &Settings) -> Result<Self, Failure> {
        let limits = ClientLimits { budget: PATIENT, ..ClientLimits::from(settings) };
        Self::on(Embedded::in_memory().await?, settings, &limits).await
    }

    /// An embedded DynamoDB, with its tables made.
    async fn on(embedded: Embedded, settings: &Settings, limits: &ClientLimits) -> Result<Self, Failure> {
        let table = &settings.rules_table;
        let store = local_store(&embedded.url(), table, limits).await?;
        let created = embedded::create_rules_table(store.client(), table).await?;
        embedded::create_attempts_table(store.client(), &settings.attempts_table).await?;
        Ok(Self { store, embedded: Some(embedded), created, segments: 1 })
    }
}

impl Arguments {
    /// Opens the store for a tool. An embedded one has its tables made.
    pub async fn open(&self, settings: &Settings) -> Result<Opened, Failure> {
        let limits = ClientLimits { budget: PATIENT, ..ClientLimits::from(settings) };
        self.open_with(settings, &limits, (Ipv4Addr::LOCALHOST, 0).into()).await
    }

    /// Opens the store for the hook. An embedded one listens at the given address.
    pub async fn serve(&self, settings: &Settings, listen: SocketAddr) -> Result<Opened, Failure> {
        self.open_with(settings, &ClientLimits::from(settings), listen).await
    }

    /// For a host whose package the database came with: that database, or a copy where it cannot be written, which is
    /// gone with the folder that is returned. `told_by`: the variable by which the host is known.
    ///
    /// # Errors
    /// When it is not there: an empty one would let every call through. When it cannot be copied.
    pub fn of_package(mut self, told_by: &str) -> Result<(Self, Option<TempDir>), Failure> {
        let file = self.database.display();
        if self.dynamodb != "local" {
            return Ok((self, None));
        }
        match self.database.try_exists() {
            Ok(true) => {}
            Ok(false) => {
                return Err(format!(
                    "{file} is not there, and an empty one would let every call through; make it with `precall load \
                     --database` and put it into the package, or write --dynamodb aws (this is a host, as {told_by} is set)"
                )
                .into());
            }
            Err(error) => return Err(format!("{file}: {error}").into()),
        }
        let mut folder = None;
        if !is_writable(&self.database) {
            let (copy, of) =
                copied(&self.database).map_err(|error| format!("{file} cannot be written, nor copied: {error}"))?;
            eprintln!(
                "Rules:    a copy of {file}, which cannot be written: what is counted or edited is gone with this process"
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
    ) -> Result<Opened, Failure> {
        let table = &settings.rules_table;
        if self.dynamodb != "aws" && (self.profile.is_some() || self.region.is_some()) {
            return Err("--profile and --region are for --dynamodb aws".into());
        }
        match self.dynamodb.as_str() {
            "aws" => {
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
                let store = RulesTable::new(client_of_loader(loader, *limits).await?, table);
                Ok(Opened { store, embedded: None, created: false, segments: SEGMENTS })
            }
            "local" => {
                let (embedded, created) = Embedded::start(&self.database, listen, settings).await?;
                if self.packaged && !embedded.has_table(table) {
                    let file = self.database.display();
                    return Err(format!(
                        "{file} has no table {table}, and an empty one would let every call through; load the rules with the \
                         PRECALL_RULES_TABLE that is set here"
                    )
                    .into());
                }
                let opened = Opened::on(embedded, settings, limits).await?;
                Ok(Opened { created: created || opened.created, ..opened })
            }
            url if url.starts_with("http://") || url.starts_with("https://") => Ok(Opened {
                store: local_store(url, table, limits).await?,
                embedded: None,
                created: false,
                segments: 1,
            }),
            other => {
                Err(format!("--dynamodb {other}: write local, aws or an endpoint's URL such as http://127.0.0.1:8000")
                    .into())
            }
        }
    }
}

impl Source {
    /// Opens the table, or one in memory with the items of the files.
    pub async fn open(&self, settings: &Settings) -> Result<Opened, Failure> {
        if self.rules.is_empty() { self.table.open(settings).await } else { files(&self.rules, settings).await }
    }
}

/// A table in memory with the items of files.
///
/// # Errors
/// When one cannot be read.
pub async fn files(files: &[PathBuf], settings: &Settings) -> Result<Opened, Failure> {
    let opened = Opened::in_memory(settings).await?;
    if let Some(embedded) = &opened.embedded {
        for file in files {
            write::fill(&embedded.database(), &settings.rules_table, items::read(file)?)
                .map_err(|error| format!("{}: {error}", file.display()))?;
        }
    }
    Ok(opened)
}

/// Whether a database may be written. SQLite writes beside it, too, and where a link leads.
fn is_writable(file: &Path) -> bool {
    let Ok(file) = file.canonicalize() else { return false };
    let Some(folder) = file.parent() else { return false };
    tempfile::tempfile_in(folder).is_ok() && std::fs::OpenOptions::new().write(true).open(&file).is_ok()
}

/// A copy in a folder of its own, with what SQLite has not written into the file itself yet.
fn copied(file: &Path) -> std::io::Result<(PathBuf, TempDir)> {
    let folder = TempDir::with_prefix("precall-")?;
    let copy = folder.path().join("rules.db");
    for suffix in ["", "-wal"] {
        let with = |path: &Path| [path.as_os_str(), OsStr::new(suffix)].into_iter().collect::<OsString>();
        let from = match std::fs::File::open(with(file)) {
            Err(error) if !suffix.is_empty() && error.kind() == std::io::ErrorKind::NotFound => continue,
            from => from?,
        };
        // Not its permissions: it has to be written.
        std::io::copy(&mut { from }, &mut std::fs::File::create(with(&copy))?)?;
    }
    Ok((copy, folder))
}

/// A client of an emulator, which takes any region and credentials; the environment's may be none.
async fn local_store(url: &str, table: &str, limits: &ClientLimits) -> Result<RulesTable, Failure> {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "embedded"));
    Ok(RulesTable::new(client_of_loader(loader, *limits).await?, table))
}
