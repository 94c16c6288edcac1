//! Which DynamoDB a command works on.

use std::net::SocketAddr;
use std::path::PathBuf;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use precall::settings::Settings;
use precall::store::Store;

use crate::Failure;
use crate::embedded::{self, Embedded};

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
}

/// A store, and what has to be stopped with it.
#[derive(Debug)]
pub struct Opened {
    pub store: Store,
    pub embedded: Option<Embedded>,
    /// Whether the rules table was made just now.
    pub created: bool,
}

impl Opened {
    /// Closes the embedded database, if there is one.
    pub async fn close(self) -> Result<(), Failure> {
        match self.embedded {
            Some(embedded) => embedded.stop().await,
            None => Ok(()),
        }
    }
}

impl Arguments {
    /// Opens the store. An embedded one listens at the given address and has its table made.
    pub async fn open(&self, settings: &Settings, listen: SocketAddr) -> Result<Opened, Failure> {
        let table = &settings.rules_table;
        match self.dynamodb.as_str() {
            "aws" => {
                let loader = aws_config::defaults(BehaviorVersion::latest());
                let store = Store::from_loader(loader, table, &settings.store_limits()).await?;
                Ok(Opened { store, embedded: None, created: false })
            }
            "local" => {
                let embedded = Embedded::start(&self.database, listen).await?;
                let store = local_store(&embedded.url(), settings).await?;
                let created = embedded::create_rules_table(store.client(), table).await?;
                embedded::create_attempts_table(store.client(), &settings.attempts_table).await?;
                Ok(Opened { store, embedded: Some(embedded), created })
            }
            url if url.starts_with("http://") || url.starts_with("https://") => {
                Ok(Opened { store: local_store(url, settings).await?, embedded: None, created: false })
            }
            other => {
                Err(format!("--dynamodb {other}: write local, aws or an endpoint's URL such as http://127.0.0.1:8000")
                    .into())
            }
        }
    }
}

/// A client of an emulator, which takes any region and credentials; the environment's may be none.
async fn local_store(url: &str, settings: &Settings) -> Result<Store, Failure> {
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "embedded"));
    Ok(Store::from_loader(loader, &settings.rules_table, &settings.store_limits()).await?)
}
