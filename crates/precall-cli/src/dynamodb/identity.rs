//! Credentials of an AWS role in exchange for the identity that another cloud gives to a service, so that no AWS key has
//! to be kept there.
//!
//! Google: an identity token of the metadata server,
//! <https://cloud.google.com/run/docs/securing/service-identity>.
//! Azure: a token of the app's managed identity,
//! <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>.
//! AWS: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_sts::error::DisplayErrorContext;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use precall_hook::store::ClientLimits;
use serde_json::Value;
use tokio::sync::watch;

use crate::failure::Failure;

/// How long the host may take for a token. Its server is on this machine.
const TOKEN_TIME: Duration = Duration::from_secs(2);

/// Credentials that expire within this time are replaced. The SDK itself needs new ones ten seconds before they expire.
const AHEAD: Duration = Duration::from_mins(1);

/// Largest token that is read, in bytes.
const MAX_TOKEN: usize = 64 * 1024;

/// The default audience of Google's tokens. The role's trust policy has to name it.
const GOOGLE_AUDIENCE: &str = "precall";

/// The host that issues identity tokens for this process.
#[derive(Debug)]
enum IdentityHost {
    Google {
        url: String,
    },
    /// The secret's header value is marked as sensitive, so that nothing prints it.
    Azure {
        url: String,
        secret: HeaderValue,
    },
}

/// Provides credentials of a role in exchange for the host's identity token.
#[derive(Debug)]
pub struct HostIdentity {
    exchange: Arc<TokenExchange>,
    /// The last exchange: running, or with its outcome.
    last: Mutex<watch::Receiver<Option<ExchangeOutcome>>>,
}

/// The outcome of an exchange. The error is a text, because each waiting call gets a copy.
type ExchangeOutcome = Result<Credentials, String>;

/// Fetches a token and exchanges it for credentials.
#[derive(Debug)]
struct TokenExchange {
    host: IdentityHost,
    role: String,
    sts: aws_sdk_sts::Client,
    http: Client<HttpConnector, Body>,
}

impl HostIdentity {
    /// Returns the identity of the host, if `AWS_ROLE_ARN` names a role for it. Returns `None` on other hosts, and where
    /// the SDK finds credentials itself: a key, or a token in a file.
    ///
    /// # Errors
    /// When a variable of the host is missing or cannot be used.
    pub async fn of_host(region: Option<&str>, limits: ClientLimits) -> Result<Option<Self>, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let Some(role) = variable("AWS_ROLE_ARN") else { return Ok(None) };
        if ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"].into_iter().any(|name| variable(name).is_some()) {
            return Ok(None);
        }
        let Some(host) = IdentityHost::here(variable)? else { return Ok(None) };
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).no_credentials();
        if let Some(region) = region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        let sts = aws_sdk_sts::Client::new(&limits.apply(loader)?.load().await);
        let http = Client::builder(TokioExecutor::new()).build_http();
        let exchange = Arc::new(TokenExchange { host, role, sts, http });
        Ok(Some(Self { exchange, last: Mutex::new(watch::channel(None).1) }))
    }

    /// Returns credentials for the next hour.
    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let mut exchange = self.exchange();
        let outcome = exchange.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
        outcome
            .unwrap_or_else(|| Err("the exchange of the identity token was interrupted".to_owned()))
            .map_err(CredentialsError::provider_error)
    }

    /// Returns the exchange that is running or still valid, or starts one. It is a task of its own: the SDK gives
    /// credentials only the time of one attempt, and a call that gives up must not stop the exchange for the next call.
    fn exchange(&self) -> watch::Receiver<Option<ExchangeOutcome>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_usable = match &*last.borrow() {
            None => last.has_changed().is_ok(),
            Some(Ok(credentials)) => credentials.expiry().is_some_and(|expiry| expiry > SystemTime::now() + AHEAD),
            Some(Err(_)) => false,
        };
        if !is_usable {
            let (sender, receiver) = watch::channel(None);
            let exchange = Arc::clone(&self.exchange);
            tokio::spawn(async move { sender.send_replace(Some(exchange.outcome().await)) });
            *last = receiver;
        }
        last.clone()
    }
}

impl TokenExchange {
    /// Exchanges a token, and logs a failure: the SDK's own error contains only that there are no credentials.
    async fn outcome(&self) -> ExchangeOutcome {
        self.exchanged().await.map_err(|error| {
            let error = DisplayErrorContext(&error).to_string();
            tracing::warn!(error, "no credentials for the host's identity");
            error
        })
    }

    async fn exchanged(&self) -> Result<Credentials, CredentialsError> {
        let token = tokio::time::timeout(TOKEN_TIME, self.token())
            .await
            .unwrap_or_else(|_| {
                Err(format!("the host gives no identity token within {} s", TOKEN_TIME.as_secs()).into())
            })
            .map_err(CredentialsError::provider_error)?;
        let answer = self
            .sts
            .assume_role_with_web_identity()
            .role_arn(&self.role)
            .role_session_name("precall")
            .web_identity_token(token)
            .send()
            .await
            // Without the whole error, which may repeat the token.
            .map_err(|error| match error.as_service_error() {
                Some(refused) => format!("{} was refused: {refused}", self.role),
                None => format!("{} cannot be assumed: {}", self.role, DisplayErrorContext(&error)),
            })
            .map_err(CredentialsError::provider_error)?;
        let given =
            answer.credentials.ok_or_else(|| CredentialsError::provider_error("no credentials in STS's answer"))?;
        let expiry = SystemTime::try_from(given.expiration).map_err(CredentialsError::provider_error)?;
        Ok(Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            Some(expiry),
            "HostIdentity",
        ))
    }

    async fn token(&self) -> Result<String, Failure> {
        let request = match &self.host {
            IdentityHost::Google { url } => Request::get(url).header("Metadata-Flavor", "Google"),
            IdentityHost::Azure { url, secret } => Request::get(url).header("X-IDENTITY-HEADER", secret),
        };
        let answer = self
            .http
            .request(request.body(Body::empty())?)
            .await
            .map_err(|error| format!("the host gives no identity token: {error}"))?;
        let status = answer.status();
        let body = to_bytes(Body::new(answer.into_body()), MAX_TOKEN).await?;
        let token = match &self.host {
            IdentityHost::Google { .. } => Some(String::from_utf8_lossy(&body).trim().to_owned()),
            IdentityHost::Azure { .. } => serde_json::from_slice::<Value>(&body)
                .ok()
                .and_then(|answer| answer.get("access_token")?.as_str().map(str::to_owned)),
        };
        match token.filter(|token| status.is_success() && !token.is_empty()) {
            Some(token) => Ok(token),
            None => Err(format!("the host gives no identity token: it answers {status}").into()),
        }
    }
}

impl ProvideCredentials for HostIdentity {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

impl IdentityHost {
    /// Returns the host that this process runs on, by the variables that it sets.
    fn here(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, Failure> {
        let audience = variable("PRECALL_IDENTITY_AUDIENCE");
        if let (Some(endpoint), Some(secret)) = (variable("IDENTITY_ENDPOINT"), variable("IDENTITY_HEADER")) {
            let audience = audience.ok_or(
                "PRECALL_IDENTITY_AUDIENCE is not set; it is the application id URI that the AWS role trusts, such as \
                 api://precall",
            )?;
            let mut secret = HeaderValue::from_str(&secret)
                .map_err(|_| "IDENTITY_HEADER is not a valid header value; only the host sets it")?;
            secret.set_sensitive(true);
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("api-version", "2019-08-01").append_pair("resource", &audience);
            if let Some(client) = variable("AZURE_CLIENT_ID") {
                query.append_pair("client_id", &client);
            }
            return Ok(Some(Self::Azure { url: format!("{endpoint}?{}", query.finish()), secret }));
        }
        if variable("K_SERVICE").is_none() {
            return Ok(None);
        }
        let server = variable("GCE_METADATA_HOST").unwrap_or_else(|| "metadata.google.internal".to_owned());
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("audience", audience.as_deref().unwrap_or(GOOGLE_AUDIENCE)).append_pair("format", "full");
        let path = "computeMetadata/v1/instance/service-accounts/default/identity";
        Ok(Some(Self::Google { url: format!("http://{server}/{path}?{}", query.finish()) }))
    }
}
