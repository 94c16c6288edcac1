//! The rules table in DynamoDB. The only store, on AWS and embedded alike.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{SharedAsyncSleep, SharedCredentialsProvider, SharedHttpClient};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

use crate::settings::{Budget, TlsRoots};
use crate::store::attribute_value::item;
use precall::rule::Item;

/// The roots of Amazon Trust Services, <https://www.amazontrust.com/repository/>.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// Attempts of one operation. A pooled socket is dead after a freeze, and two may be.
const ATTEMPTS: u32 = 3;

/// Before the first retry; the SDK's own second is most of the time budget.
const FIRST_BACKOFF: Duration = Duration::from_millis(25);

/// Said when the SDK had nothing to sign a request with, or nowhere to send it.
const NO_REQUEST: &str = "no request could be made; are region and credentials set?";

/// A client of the rules table.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    table: String,
}

impl Store {
    /// A client by the variables that Lambda sets: `AWS_REGION`, `AWS_ACCESS_KEY_ID` and its
    /// companions, and the SDK's `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL`,
    /// `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`. Nothing else is asked: the SDK's
    /// default chain with its profiles, token services and metadata servers is 3 MB of the binary.
    ///
    /// # Errors
    /// When the TLS roots cannot be used.
    pub fn from_lambda_env(table: &str, limits: &Limits) -> Result<Self, String> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let flag = |name: &str| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).map(Region::new))
            .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
            .use_fips(flag("AWS_USE_FIPS_ENDPOINT"))
            .use_dual_stack(flag("AWS_USE_DUALSTACK_ENDPOINT"))
            .http_client(limits.http_client()?)
            .timeout_config(limits.timeouts())
            .retry_config(limits.retries())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(SystemTimeSource::new()));
        let endpoint = variable("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| variable("AWS_ENDPOINT_URL"));
        let config = endpoint.into_iter().fold(config, |config, url| config.endpoint_url(url));
        Ok(Self::new(&config.build(), table))
    }

    /// A client by the SDK's whole default chain, for tools on a person's machine: the loader may
    /// already name an endpoint, a region or credentials.
    ///
    /// # Errors
    /// When the TLS roots cannot be used.
    pub async fn from_loader(loader: ConfigLoader, table: &str, limits: &Limits) -> Result<Self, String> {
        Ok(Self::new(&limits.hold(loader)?.load().await, table))
    }

    fn new(config: &SdkConfig, table: &str) -> Self {
        Self::with_client(Client::new(config), table)
    }

    /// A store on a client that is there already.
    pub fn with_client(client: Client, table: &str) -> Self {
        Self { client, table: table.to_owned() }
    }

    /// The SDK's client, for tools that write rules. The function never does.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The rules table's name.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Reads all items under a number, as of now: a rule that was saved is seen by the next call.
    ///
    /// # Errors
    /// When any part of them could not be read.
    pub async fn items(&self, number: &str) -> Result<Vec<Item>, StoreError> {
        Ok(self.attributes(number).await?.into_iter().map(item).collect())
    }

    /// The same as the service has them.
    ///
    /// # Errors
    /// When any part of them could not be read.
    pub async fn attributes(&self, number: &str) -> Result<Vec<HashMap<String, AttributeValue>>, StoreError> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("#number = :number")
                .expression_attribute_names("#number", "number")
                .expression_attribute_values(":number", AttributeValue::S(number.to_owned()))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(StoreError::from)?;
            items.extend(whole(page.items, page.count)?);
            start = page.last_evaluated_key;
            if start.as_ref().is_some_and(HashMap::is_empty) {
                return Err(unusable("the answer ends nowhere"));
            }
            if start.is_none() {
                return Ok(items);
            }
        }
    }
}

/// The items of an answer, which says how many there are. One without items, or with fewer than it says, is no "no
/// rules".
///
/// # Errors
/// When it is not whole.
pub fn whole<T>(items: Option<Vec<T>>, count: i32) -> Result<Vec<T>, StoreError> {
    let items = items.ok_or_else(|| unusable("no items in the answer"))?;
    if usize::try_from(count).ok() != Some(items.len()) {
        return Err(unusable("the answer's count is not that of its items"));
    }
    Ok(items)
}

/// What the SDK is held to; the one place where it is told.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Its time limits.
    pub budget: Budget,
    /// Whom it trusts.
    pub tls_roots: TlsRoots,
}

impl Limits {
    /// Holds a tool's client of any service to these limits.
    ///
    /// # Errors
    /// When the TLS roots cannot be used.
    pub fn hold(self, loader: ConfigLoader) -> Result<ConfigLoader, String> {
        Ok(loader.http_client(self.http_client()?).timeout_config(self.timeouts()).retry_config(self.retries()))
    }

    fn http_client(self) -> Result<SharedHttpClient, String> {
        let trust = match self.tls_roots {
            TlsRoots::Amazon => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
            TlsRoots::System => TrustStore::default(),
        };
        let tls =
            TlsContext::builder().with_trust_store(trust).build().map_err(|error| format!("TLS roots: {error}"))?;
        Ok(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls).build_https())
    }

    fn timeouts(self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.budget.connect)
            .read_timeout(self.budget.attempt)
            .operation_attempt_timeout(self.budget.attempt)
            .operation_timeout(self.budget.operation)
            .build()
    }

    fn retries(self) -> RetryConfig {
        RetryConfig::standard()
            .with_max_attempts(ATTEMPTS)
            .with_initial_backoff(FIRST_BACKOFF)
            .with_max_backoff(self.budget.attempt)
    }
}

/// Why the store gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError {
    /// The table that was asked.
    pub table: Table,
    /// The kind, for people and metrics.
    pub cause: Cause,
    /// The service's own error code or the SDK's words; never a key or a number.
    pub detail: String,
}

/// The tables of the hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// The rules.
    Rules,
    /// The attempts that caps count.
    Attempts,
}

/// The kinds of store failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// No answer in time.
    Timeout,
    /// Nothing answers there, or the connection broke.
    Unreachable,
    /// Too many requests for the table.
    Throttled,
    /// The credentials are missing, wrong, or have no right to the table.
    Forbidden,
    /// There is no such table.
    MissingTable,
    /// An answer that makes no sense, or an error of the service's own.
    Broken,
}

impl Cause {
    /// The kind in one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Throttled => "throttled",
            Self::Forbidden => "forbidden",
            Self::MissingTable => "missing_table",
            Self::Broken => "broken",
        }
    }
}

impl std::error::Error for StoreError {}

impl StoreError {
    /// There was no answer in the time that there is.
    pub fn late() -> Self {
        Self { table: Table::Rules, cause: Cause::Timeout, detail: "no answer".to_owned() }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.table {
            Table::Rules => "the rules table",
            Table::Attempts => "the attempts table",
        })?;
        let what = match self.cause {
            Cause::Timeout => " did not answer in time",
            Cause::Unreachable => " cannot be reached",
            Cause::Throttled => " is throttled",
            Cause::Forbidden => " may not be used with these credentials",
            Cause::MissingTable => " does not exist",
            Cause::Broken => "'s answer cannot be used",
        };
        write!(f, "{what} ({})", self.detail)
    }
}

impl<E: ProvideErrorMetadata> From<SdkError<E>> for StoreError {
    fn from(error: SdkError<E>) -> Self {
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code).map(str::to_owned);
        let (cause, words) = match &error {
            SdkError::TimeoutError(_) => (Cause::Timeout, "no answer"),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => (Cause::Timeout, "no connection in time"),
            // Region and credentials are looked up while a request is put together; that they are
            // missing comes as a failure of no kind.
            SdkError::ConstructionFailure(_) => (Cause::Forbidden, NO_REQUEST),
            SdkError::DispatchFailure(failure) if failure.is_other() && failure.as_other().is_none() => {
                (Cause::Forbidden, NO_REQUEST)
            }
            SdkError::DispatchFailure(_) => (Cause::Unreachable, "connection failed"),
            SdkError::ResponseError(_) => (Cause::Broken, "unreadable answer"),
            _ => (by_code(code.as_deref().unwrap_or_default()), "service error"),
        };
        Self { table: Table::Rules, cause, detail: code.unwrap_or_else(|| words.to_owned()) }
    }
}

fn unusable(detail: &str) -> StoreError {
    StoreError { table: Table::Rules, cause: Cause::Broken, detail: detail.to_owned() }
}

fn by_code(code: &str) -> Cause {
    match code {
        "ProvisionedThroughputExceededException" | "RequestLimitExceeded" | "ThrottlingException" | "Throttling" => {
            Cause::Throttled
        }
        "ResourceNotFoundException" => Cause::MissingTable,
        "AccessDeniedException"
        | "UnrecognizedClientException"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "InvalidSignatureException"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignatureException"
        | "KMSAccessDeniedException" => Cause::Forbidden,
        _ => Cause::Broken,
    }
}
