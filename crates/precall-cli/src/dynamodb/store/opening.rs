//! The opening of a store: the service, an emulator, or the embedded database.

use precall_hook::settings::Settings;
use precall_hook::store::ClientLimits;

use super::arguments::{DEFAULT_DATABASE, StoreArguments};
use super::emulator::{emulator_table, probe};
use super::opened_store::OpenedStore;
use super::store_use::{Access, StoreUse, TableCreation};
use crate::dynamodb::change_author::ChangeAuthor;
use crate::dynamodb::database_file::{self, DatabaseFileError, copy_of, is_writable};
use crate::dynamodb::embedded::EmbeddedDynamoDb;
use crate::dynamodb::location::RulesLocation;
use crate::dynamodb::new_table;
use crate::dynamodb::service::{Service, ServiceArguments};
use crate::dynamodb::store_failure::StoreFailure;
use crate::failure::Failure;
use crate::terminal::{print_stderr, printable};

/// Segments of a table on AWS that are scanned side by side. An emulator would sort the whole table for each.
const SEGMENTS: i32 = 4;

impl StoreArguments {
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

    /// Opens the store.
    ///
    /// # Errors
    /// When it cannot be opened, or an embedded database or its rules table does not exist and is not created.
    pub(super) async fn open_with(
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
        if creation != TableCreation::Both
            && let Err(error) = self.check_table(table, &embedded)
        {
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

    /// Checks that a database has the rules table.
    fn check_table(&self, table: &str, embedded: &EmbeddedDynamoDb) -> Result<(), Failure> {
        match embedded.has_table(table) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.no_table(table, &embedded.tables())),
            Err(error) => Err(format!("{}: {error}", self.database.display()).into()),
        }
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
