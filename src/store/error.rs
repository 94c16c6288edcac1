//! The errors of the store.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// The error of a table that did not answer, or gave an answer that cannot be used.
#[derive(Debug, Clone)]
pub struct StoreError {
    /// The table.
    pub table: TableKind,
    /// The kind of failure, for people and metrics.
    pub kind: StoreErrorKind,
    /// The service's error code or the SDK's message. It never contains a key or a number.
    pub detail: String,
    /// The service's message, or the first cause of a broken connection. It may contain the names of resources and accounts, so
    /// it is not logged.
    cause: Option<String>,
    /// The SDK's error.
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The tables of the hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableKind {
    /// The rules.
    Rules,
    /// The attempts that caps count.
    Attempts,
    /// The changes of the rules.
    Journal,
}

/// The kinds of failure of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// No answer in time.
    Timeout,
    /// No answer before the deadline of the call's answer.
    Deadline,
    /// No connection could be made, or it broke.
    Unreachable,
    /// The table gets too many requests.
    Throttled,
    /// The credentials are wrong, or have no right to the table.
    Forbidden,
    /// There are no credentials.
    NoCredentials,
    /// There is no such table.
    MissingTable,
    /// A conditional write whose condition was not met.
    ConditionFailed,
    /// A request that the table does not accept, such as a key of another schema.
    InvalidRequest,
    /// An answer that makes no sense, or an internal error of the service.
    Broken,
}

impl StoreErrorKind {
    /// Returns the kind in one word, for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Deadline => "deadline",
            Self::Unreachable => "unreachable",
            Self::Throttled => "throttled",
            Self::Forbidden | Self::NoCredentials => "forbidden",
            Self::MissingTable => "missing_table",
            Self::ConditionFailed => "condition_failed",
            Self::InvalidRequest | Self::Broken => "broken",
        }
    }
}

impl StoreError {
    /// Returns an error of a table.
    pub fn new(table: TableKind, kind: StoreErrorKind, detail: impl Into<String>) -> Self {
        Self { table, kind, detail: detail.into(), cause: None, source: None }
    }

    /// Returns the error of a rules table that did not answer within a time limit.
    pub fn late() -> Self {
        Self::new(TableKind::Rules, StoreErrorKind::Timeout, "no answer")
    }

    /// Returns the service's message, or the first cause of a broken connection, for the person at a terminal.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// Returns the same error of another table.
    #[must_use]
    pub(crate) fn of(self, table: TableKind) -> Self {
        Self { table, ..self }
    }
}

/// Two errors are equal if a person reads the same text.
impl PartialEq for StoreError {
    fn eq(&self, other: &Self) -> bool {
        (self.table, self.kind, &self.detail) == (other.table, other.kind, &other.detail)
    }
}

impl Eq for StoreError {}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.table {
            TableKind::Rules => "the rules table",
            TableKind::Attempts => "the attempts table",
            TableKind::Journal => "the journal table",
        })?;
        let failure = match self.kind {
            StoreErrorKind::Timeout => " did not answer in time",
            StoreErrorKind::Deadline => " did not answer before the deadline of the call",
            StoreErrorKind::Unreachable => " cannot be reached",
            StoreErrorKind::Throttled => " is throttled",
            StoreErrorKind::Forbidden => " may not be used with these credentials",
            StoreErrorKind::NoCredentials => " cannot be used without credentials",
            StoreErrorKind::MissingTable => " does not exist",
            StoreErrorKind::ConditionFailed => " has changed meanwhile",
            StoreErrorKind::InvalidRequest => " does not accept the request",
            StoreErrorKind::Broken => "'s answer cannot be used",
        };
        write!(f, "{failure} ({})", self.detail)
    }
}

impl<E> From<SdkError<E>> for StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn from(error: SdkError<E>) -> Self {
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code).map(str::to_owned);
        let (kind, words) = match &error {
            SdkError::TimeoutError(_) => (StoreErrorKind::Timeout, "no answer"),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                (StoreErrorKind::Timeout, "no connection in time")
            }
            // The SDK looks up the credentials and the endpoint while it makes a request. If one is missing, it reports a failure
            // without a kind, whose source is the error of the credentials or of the endpoint.
            SdkError::DispatchFailure(failure) if failure.is_other() && failure.as_other().is_none() => {
                if has_source::<CredentialsError>(&error) { NO_CREDENTIALS } else { NO_REQUEST }
            }
            SdkError::ConstructionFailure(_) => NO_REQUEST,
            SdkError::DispatchFailure(_) => (StoreErrorKind::Unreachable, "connection failed"),
            SdkError::ResponseError(_) => (StoreErrorKind::Broken, "unreadable answer"),
            _ => (kind_of(code.as_deref().unwrap_or_default()), "service error"),
        };
        let detail = code.unwrap_or_else(|| words.to_owned());
        let message = error.as_service_error().and_then(ProvideErrorMetadata::message);
        let cause = message.map_or_else(|| first_cause(&error), |message| Some(message.to_owned()));
        Self { table: TableKind::Rules, kind, detail, cause, source: error.into_source().ok().map(Arc::from) }
    }
}

/// The kind and detail of a request for which there were no credentials.
const NO_CREDENTIALS: (StoreErrorKind, &str) = (StoreErrorKind::NoCredentials, "none were found");

/// The kind and detail of a request that the SDK could not make for another reason.
const NO_REQUEST: (StoreErrorKind, &str) = (StoreErrorKind::Forbidden, "no request could be made; is the region set?");

/// Returns the error and its sources, the last one first.
fn sources<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| (*error).source())
}

/// Returns true if a source of an error is of this type.
fn has_source<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    sources(error).any(|source| source.is::<E>())
}

/// Returns the text of the first cause of an error, if it has one.
fn first_cause(error: &(dyn Error + 'static)) -> Option<String> {
    sources(error).skip(1).last().map(ToString::to_string)
}

/// Returns the kind of a service error's code.
fn kind_of(code: &str) -> StoreErrorKind {
    match code {
        "ProvisionedThroughputExceededException" | "RequestLimitExceeded" | "ThrottlingException" | "Throttling" => {
            StoreErrorKind::Throttled
        }
        "ResourceNotFoundException" => StoreErrorKind::MissingTable,
        "ConditionalCheckFailedException" => StoreErrorKind::ConditionFailed,
        "ValidationException" => StoreErrorKind::InvalidRequest,
        "AccessDeniedException"
        | "UnrecognizedClientException"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "InvalidSignatureException"
        | "MissingAuthenticationTokenException"
        | "IncompleteSignatureException"
        | "KMSAccessDeniedException" => StoreErrorKind::Forbidden,
        _ => StoreErrorKind::Broken,
    }
}
