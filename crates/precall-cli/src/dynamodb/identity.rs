//! Credentials of an AWS role for the identity that another cloud gives to a service, so that no key of AWS has to
//! be kept there.
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

/// How long the host may take for a token; it is asked on this machine.
const TOKEN_TIME: Duration = Duration::from_secs(2);

/// Credentials that end sooner are exchanged for new ones. More than the SDK's own ten seconds, after which it asks.
const AHEAD: Duration = Duration::from_mins(1);

/// Largest token that is read, in bytes.
const MOST_TOKEN: usize = 64 * 1024;

/// What the tokens of Google's are made out to, if nothing else is said; the role's trust policy has to name it.
const GOOGLE_AUDIENCE: &str = "precall";

/// Who vouches for this process, and how it is asked for a token.
#[derive(Debug)]
enum Host {
    Google {
        url: String,
    },
    /// The secret is marked as one, so that nothing prints it.
    Azure {
        url: String,
        secret: HeaderValue,
    },
}

/// Credentials of a role, for the host's word.
#[derive(Debug)]
pub struct HostIdentity {
    exchange: Arc<Exchange>,
    /// The last exchange: under way, or what it came to.
    last: Mutex<watch::Receiver<Option<Outcome>>>,
}

/// What an exchange came to: an error as a text, since all who wait are told.
type Outcome = Result<Credentials, String>;

/// What a token is asked for with, and exchanged.
#[derive(Debug)]
struct Exchange {
    host: Host,
    role: String,
    sts: aws_sdk_sts::Client,
    http: Client<HttpConnector, Body>,
}

impl HostIdentity {
    /// The identity that the host gives, when `AWS_ROLE_ARN` says what it is to be exchanged for. `None` where
    /// neither host is, or where the SDK finds credentials itself: a key, or a token in a file.
    ///
    /// # Errors
    /// When the exchange cannot be asked for.
    pub async fn of_host(region: Option<&str>, limits: ClientLimits) -> Result<Option<Self>, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let Some(role) = variable("AWS_ROLE_ARN") else { return Ok(None) };
        if ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"].into_iter().any(|name| variable(name).is_some()) {
            return Ok(None);
        }
        let Some(host) = Host::here(variable)? else { return Ok(None) };
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).no_credentials();
        if let Some(region) = region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        let sts = aws_sdk_sts::Client::new(&limits.apply(loader)?.load().await);
        let http = Client::builder(TokioExecutor::new()).build_http();
        let exchange = Arc::new(Exchange { host, role, sts, http });
        Ok(Some(Self { exchange, last: Mutex::new(watch::channel(None).1) }))
    }

    /// Credentials for the next hour.
    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let mut exchange = self.exchange();
        let outcome = exchange.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
        outcome.unwrap_or_else(|| Err("the exchange was cut off".to_owned())).map_err(CredentialsError::provider_error)
    }

    /// The exchange that is under way or has just been made, or a new one: a task of its own. The SDK gives credentials
    /// no more time than an attempt of the store's; a call that gives up must not take along what the next one needs.
    fn exchange(&self) -> watch::Receiver<Option<Outcome>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let serves = match &*last.borrow() {
            None => last.has_changed().is_ok(),
            Some(Ok(credentials)) => credentials.expiry().is_some_and(|expiry| expiry > SystemTime::now() + AHEAD),
            Some(Err(_)) => false,
        };
        if !serves {
            let (sender, receiver) = watch::channel(None);
            let exchange = Arc::clone(&self.exchange);
            tokio::spawn(async move { sender.send_replace(Some(exchange.outcome().await)) });
            *last = receiver;
        }
        last.clone()
    }
}

impl Exchange {
    /// A failure is said here: the SDK tells the store no more than that there are no credentials.
    async fn outcome(&self) -> Outcome {
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
            // Not the error itself: nobody has promised that it does not repeat the token.
            .map_err(|error| match error.as_service_error() {
                Some(refused) => format!("{} was refused: {refused}", self.role),
                None => format!("{} cannot be had: {}", self.role, DisplayErrorContext(&error)),
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
            Host::Google { url } => Request::get(url).header("Metadata-Flavor", "Google"),
            Host::Azure { url, secret } => Request::get(url).header("X-IDENTITY-HEADER", secret),
        };
        let answer = self
            .http
            .request(request.body(Body::empty())?)
            .await
            .map_err(|error| format!("the host gives no identity token: {error}"))?;
        let status = answer.status();
        let body = to_bytes(Body::new(answer.into_body()), MOST_TOKEN).await?;
        let token = match &self.host {
            Host::Google { .. } => Some(String::from_utf8_lossy(&body).trim().to_owned()),
            Host::Azure { .. } => serde_json::from_slice::<Value>(&body)
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

impl Host {
    /// The host that this process runs on, by the variables that it sets.
    fn here(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, Failure> {
        let audience = variable("PRECALL_IDENTITY_AUDIENCE");
        if let (Some(endpoint), Some(secret)) = (variable("IDENTITY_ENDPOINT"), variable("IDENTITY_HEADER")) {
            let audience = audience.ok_or(
                "PRECALL_IDENTITY_AUDIENCE is not set; it is the application id URI that the AWS role trusts, such as \
                 api://precall",
            )?;
            let mut secret = HeaderValue::from_str(&secret)
                .map_err(|_| "IDENTITY_HEADER is not what a header may hold; it is the host's to set")?;
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
