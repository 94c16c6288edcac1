//! DynamoDB on AWS: finds the profile, the region and the credentials, and reports which of them is missing.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::error::DisplayErrorContext;
use precall_hook::store::{ClientLimits, RulesTable, StoreError, StoreErrorKind};

use super::identity::HostIdentity;
use super::location::{RulesLocation, ServiceLocation};
use super::store_failure::StoreFailure;
use crate::failure::Failure;
use crate::near_name::nearest;

/// The longest time for which a failed command looks up more facts for its message.
const MAX_LOOKUP: Duration = Duration::from_secs(2);

/// The regions of AWS. The list only explains a failure: a region that is not in it can be used.
const REGIONS: [&str; 37] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-west-1",
    "us-west-2",
];

/// The arguments that choose a part of AWS.
#[derive(Debug, Clone, Copy)]
pub struct ServiceArguments<'a> {
    pub profile: Option<&'a str>,
    pub region: Option<&'a str>,
}

/// DynamoDB in one region, with the place of the table for messages.
#[derive(Debug)]
pub struct Service {
    pub config: SdkConfig,
    pub location: ServiceLocation,
}

/// The reason for which no request to AWS can be made.
#[derive(Debug)]
pub enum ServiceError {
    /// A profile that is in no file.
    UnknownProfile { name: String, known: Vec<String> },
    /// No region is set.
    NoRegion { profile: Option<String> },
    /// There are no credentials.
    NoCredentials { used: ServiceLocation, source: CredentialsError },
    /// Credentials are configured, but cannot be obtained.
    BrokenCredentials { used: ServiceLocation, source: CredentialsError },
    /// A region without an endpoint.
    UnknownRegion { used: ServiceLocation, host: String },
    /// The endpoint's name cannot be looked up.
    NoNetwork { used: ServiceLocation, host: String },
}

impl Service {
    /// Finds the profile and the region. The credentials are looked up by the first request.
    ///
    /// # Errors
    /// When the profile is unknown or no region is set, or the certificate authorities cannot be used.
    pub async fn find(arguments: ServiceArguments<'_>, limits: &ClientLimits) -> Result<Self, Failure> {
        let profile = arguments.profile.map(str::to_owned).or_else(|| variable("AWS_PROFILE"));
        if let Some(name) = &profile {
            check_profile(name).await?;
        }
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        if let Some(profile) = arguments.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = arguments.region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        if arguments.profile.is_none()
            && let Some(identity) = HostIdentity::of_host(arguments.region, *limits).await?
        {
            loader = loader.credentials_provider(identity);
        }
        let config = limits.apply(loader)?.load().await;
        let Some(region) = config.region().map(ToString::to_string) else {
            return Err(ServiceError::NoRegion { profile }.into());
        };
        let endpoint = variable("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| config.endpoint_url().map(str::to_owned));
        Ok(Self { config, location: ServiceLocation { region, endpoint, profile, account: None } })
    }

    /// Returns the table of this name.
    pub fn table(&self, name: &str) -> RulesTable {
        RulesTable::new(aws_sdk_dynamodb::Client::new(&self.config), name)
    }

    /// Looks up the credentials, for a command that would otherwise fail later with a less precise error.
    ///
    /// # Errors
    /// When there are none, or they cannot be obtained.
    pub async fn check_credentials(&mut self) -> Result<(), ServiceError> {
        let Some(provider) = self.config.credentials_provider() else { return Ok(()) };
        let used = || self.location.clone();
        match provider.provide_credentials().await {
            Ok(credentials) => {
                self.location.account = credentials.account_id().map(|account| account.as_str().to_owned());
                Ok(())
            }
            Err(source @ CredentialsError::CredentialsNotLoaded(_)) => {
                Err(ServiceError::NoCredentials { used: used(), source })
            }
            Err(source) => Err(ServiceError::BrokenCredentials { used: used(), source }),
        }
    }

    /// Returns the error of a table with everything that was used. Looks up the account or the endpoint if they may be the cause.
    pub async fn explained(&self, error: StoreError, table: &str) -> Failure {
        let mut service = self.location.clone();
        match error.kind {
            StoreErrorKind::Unreachable | StoreErrorKind::Timeout if service.endpoint.is_none() => {
                if let Some(unknown) = unresolved(&service).await {
                    return unknown.into();
                }
            }
            StoreErrorKind::MissingTable | StoreErrorKind::Forbidden if service.account.is_none() => {
                service.account = self.account().await;
            }
            _ => {}
        }
        StoreFailure::new(error, RulesLocation::Service { table: table.to_owned(), service }).into()
    }

    /// Returns the account of the credentials, if AWS names it.
    async fn account(&self) -> Option<String> {
        let identity = aws_sdk_sts::Client::new(&self.config).get_caller_identity().send();
        tokio::time::timeout(MAX_LOOKUP, identity).await.ok()?.ok()?.account
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Checks that a profile is in the files of the AWS CLI.
async fn check_profile(name: &str) -> Result<(), Failure> {
    let profiles = aws_config::profile::load(&<_>::default(), &<_>::default(), &<_>::default(), None).await?;
    if profiles.get_profile(name).is_some() {
        return Ok(());
    }
    let mut known: Vec<String> = profiles.profiles().map(str::to_owned).collect();
    known.sort_unstable();
    Err(ServiceError::UnknownProfile { name: name.to_owned(), known }.into())
}

/// Returns the error of a region whose endpoint has no address; `None` if it has one.
async fn unresolved(used: &ServiceLocation) -> Option<ServiceError> {
    let domain = if used.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let host = format!("dynamodb.{}.{domain}", used.region);
    let looked_up = tokio::time::timeout(MAX_LOOKUP, tokio::net::lookup_host((host.as_str(), 443))).await;
    if looked_up.is_ok_and(|found| found.is_ok()) {
        return None;
    }
    let used = used.clone();
    Some(if REGIONS.contains(&used.region.as_str()) {
        ServiceError::NoNetwork { used, host }
    } else {
        ServiceError::UnknownRegion { used, host }
    })
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownProfile { name, known } => {
                write!(f, "there is no profile {name} in ~/.aws/config or ~/.aws/credentials; ")?;
                match (nearest(name, known.iter().map(String::as_str)), known.as_slice()) {
                    (Some(near), _) => write!(f, "did you mean --profile {near}?"),
                    (None, []) => write!(f, "these files have none: run `aws configure --profile {name}`"),
                    (None, known) => {
                        write!(f, "write --profile with one of {}, or correct AWS_PROFILE", known.join(", "))
                    }
                }
            }
            Self::NoRegion { profile } => {
                match profile {
                    Some(profile) => write!(f, "no region is set, and profile {profile} has none")?,
                    None => f.write_str("no region is set")?,
                }
                f.write_str("; write --region us-east-1 or the region of your stack, or set AWS_REGION")
            }
            Self::NoCredentials { used, .. } => write!(
                f,
                "no AWS credentials were found for {used}; sign in with `aws configure` or `aws sso login`, name a --profile, \
                 or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            ),
            Self::BrokenCredentials { used, source } => write!(
                f,
                "the AWS credentials for {used} cannot be obtained ({}); sign in again, or name another --profile",
                DisplayErrorContext(source)
            ),
            Self::UnknownRegion { used, host } => {
                write!(f, "{used} is not a known region, and {host} has no address; ")?;
                match nearest(&used.region, REGIONS) {
                    Some(near) => write!(f, "did you mean --region {near}?"),
                    None => f.write_str("write --region with the region of your stack, such as us-east-1"),
                }
            }
            Self::NoNetwork { used, host } => {
                write!(f, "DynamoDB in {used} cannot be reached: {host} has no address; check the network")
            }
        }
    }
}

impl Error for ServiceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NoCredentials { source, .. } | Self::BrokenCredentials { source, .. } => Some(source),
            _ => None,
        }
    }
}
