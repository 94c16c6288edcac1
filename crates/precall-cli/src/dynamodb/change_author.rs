//! The person or program in whose name a command changes a table.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use nix::unistd::{User, geteuid, gethostname};

use crate::terminal::print_stderr;

/// The longest time for which AWS is asked for the name of the credentials.
const MAX_LOOKUP: Duration = Duration::from_secs(5);

/// Characters of an access key's id that are shown.
const SHOWN_KEY: usize = 4;

/// The source of the name in which a command changes a table.
#[derive(Debug, Clone)]
pub enum ChangeAuthor {
    /// The account of the operating system under which this process runs.
    Account,
    /// The credentials of AWS.
    Credentials(Box<SdkConfig>),
}

impl ChangeAuthor {
    /// Returns the name: `anna@host`, or the ARN of the credentials. If AWS does not give the ARN, a warning says so, and the
    /// name is the end of the access key's id.
    pub async fn name(&self) -> String {
        match self {
            Self::Account => account_at_host(),
            Self::Credentials(config) => match arn(config).await {
                Some(arn) => arn,
                None => key_id(config).await,
            },
        }
    }
}

/// Returns the account and the host. The account is looked up by its number, because the environment can name any account.
fn account_at_host() -> String {
    let id = geteuid();
    let user = User::from_uid(id).ok().flatten().map_or_else(|| format!("uid-{id}"), |user| user.name);
    let host = gethostname().map_or_else(|_| "unknown-host".to_owned(), |host| host.to_string_lossy().into_owned());
    format!("{user}@{host}")
}

/// Returns the ARN of the credentials, if AWS names it.
async fn arn(config: &SdkConfig) -> Option<String> {
    let identity = aws_sdk_sts::Client::new(config).get_caller_identity().send();
    tokio::time::timeout(MAX_LOOKUP, identity).await.ok()?.ok()?.arn
}

/// Returns the end of the access key's id, with a warning.
async fn key_id(config: &SdkConfig) -> String {
    let credentials = match config.credentials_provider() {
        Some(provider) => provider.provide_credentials().await.ok(),
        None => None,
    };
    let name = credentials.map_or_else(
        || "unknown credentials".to_owned(),
        |credentials| {
            let id: Vec<char> = credentials.access_key_id().chars().collect();
            let end: String = id.iter().skip(id.len().saturating_sub(SHOWN_KEY)).collect();
            format!("access key …{end}")
        },
    );
    print_stderr(format_args!(
        "warning: AWS did not name the owner of the credentials (sts:GetCallerIdentity), so the change is recorded as made by \
         {name}"
    ));
    name
}
