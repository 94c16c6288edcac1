//! The client of DynamoDB: its time limits, retries and certificates, in one place.

use std::fmt;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{SharedAsyncSleep, SharedCredentialsProvider, SharedHttpClient};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

use crate::settings::{JournalSettings, Settings, TimeBudget, TlsRoots};

/// The roots of Amazon Trust Services, <https://www.amazontrust.com/repository/>.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon-roots.pem");

/// The attempts of one operation. After a freeze, one or two pooled sockets may be dead.
const MAX_ATTEMPTS: u32 = 3;

/// The pause before the first retry. The SDK's default of one second would use most of the time budget.
const FIRST_BACKOFF: Duration = Duration::from_millis(25);

/// The limits of a client of DynamoDB.
#[derive(Debug, Clone, Copy)]
pub struct ClientLimits {
    /// The time limits.
    pub budget: TimeBudget,
    /// The certificate authorities that the client trusts.
    pub tls_roots: TlsRoots,
}

impl From<&Settings> for ClientLimits {
    fn from(settings: &Settings) -> Self {
        Self { budget: settings.budget, tls_roots: settings.tls_roots }
    }
}

impl From<&JournalSettings> for ClientLimits {
    /// No call waits for the journal, so its limits are long: an answer that comes late saves a repeat.
    fn from(settings: &JournalSettings) -> Self {
        let attempt = Duration::from_secs(5);
        let operation = Duration::from_secs(15);
        let connect = Duration::from_secs(2);
        let budget = TimeBudget { connect, attempt, operation, deadline: operation, refresh_wait: Duration::ZERO };
        Self { budget, tls_roots: settings.tls_roots }
    }
}

/// The error of certificate authorities that cannot be used.
#[derive(Debug)]
pub struct TlsRootsError(Box<dyn std::error::Error + Send + Sync>);

impl fmt::Display for TlsRootsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the certificate authorities (PRECALL_TLS_ROOTS) cannot be used: {}", self.0)
    }
}

impl std::error::Error for TlsRootsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

/// Returns a client with the variables that Lambda sets: `AWS_REGION`, the credentials (`AWS_ACCESS_KEY_ID` and so on), and
/// the SDK's `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL`, `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`. The
/// SDK's default chain with its profiles, token services and metadata servers would add 3 MB to the binary.
///
/// # Errors
/// When the certificate authorities cannot be used.
pub fn client_of_lambda(limits: ClientLimits) -> Result<Client, TlsRootsError> {
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
    Ok(Client::new(&config.build()))
}

/// Returns a client with the SDK's whole default chain, for tools on a person's machine. The loader may already have an
/// endpoint, a region or credentials.
///
/// # Errors
/// When the certificate authorities cannot be used.
pub async fn client_of_loader(loader: ConfigLoader, limits: ClientLimits) -> Result<Client, TlsRootsError> {
    Ok(Client::new(&limits.apply(loader)?.load().await))
}

impl ClientLimits {
    /// Applies the limits to a tool's client of any service.
    ///
    /// # Errors
    /// When the certificate authorities cannot be used.
    pub fn apply(self, loader: ConfigLoader) -> Result<ConfigLoader, TlsRootsError> {
        Ok(loader.http_client(self.http_client()?).timeout_config(self.timeouts()).retry_config(self.retries()))
    }

    fn http_client(self) -> Result<SharedHttpClient, TlsRootsError> {
        let trust = match self.tls_roots {
            TlsRoots::Amazon => TrustStore::empty().with_pem_certificate(AMAZON_ROOTS),
            TlsRoots::System => TrustStore::default(),
        };
        let tls = TlsContext::builder().with_trust_store(trust).build();
        let tls = tls.map_err(|error| TlsRootsError(error.into()))?;
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
            .with_max_attempts(MAX_ATTEMPTS)
            .with_initial_backoff(FIRST_BACKOFF)
            .with_max_backoff(self.budget.attempt)
    }
}
