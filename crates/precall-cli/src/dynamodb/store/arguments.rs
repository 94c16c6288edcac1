//! The arguments that choose the DynamoDB, and the ways in which commands open it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use precall_hook::settings::Settings;
use precall_hook::store::ClientLimits;
use tempfile::TempDir;

use super::opened_store::{OpenedStore, WritableStore};
use super::patience::PATIENT;
use super::store_use::{Access, StoreUse, TableCreation};
use crate::dynamodb::database_file::{copy_of, is_writable};
use crate::failure::Failure;
use crate::terminal::print_stderr;

/// The arguments that choose the DynamoDB.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct StoreArguments {
    /// The DynamoDB that has the rules: `local` (embedded in this process), `aws` (region, endpoint and credentials from the
    /// AWS SDK's standard variables and profiles), or the URL of an endpoint.
    #[arg(long, default_value = "local", value_name = "local|aws|URL")]
    pub(super) dynamodb: String,

    /// The SQLite file of the embedded DynamoDB.
    #[arg(long, default_value = DEFAULT_DATABASE, value_name = "FILE")]
    pub(super) database: PathBuf,

    /// True if the database came with a package, and so must have its rules already.
    #[arg(skip)]
    pub(super) packaged: bool,

    /// The profile of ~/.aws/config, as for the AWS CLI. Only with `--dynamodb aws`.
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,

    /// The region of the table, as for the AWS CLI. Only with `--dynamodb aws`.
    #[arg(long, value_name = "REGION")]
    pub(super) region: Option<String>,
}

/// The default file of the embedded DynamoDB.
pub(super) const DEFAULT_DATABASE: &str = ".precall/rules.db";

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
}
