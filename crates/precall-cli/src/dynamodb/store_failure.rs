//! The errors of a table with everything that was used to reach it.

use std::error::Error;
use std::fmt;

use precall_hook::store::{StoreError, StoreErrorKind};

use super::location::RulesLocation;
use crate::failure::Failure;

/// An error of the rules table, with the table, region, endpoint, profile and account that were used.
#[derive(Debug)]
pub struct StoreFailure {
    error: StoreError,
    used: RulesLocation,
}

impl StoreFailure {
    /// An error of the table at this place.
    pub fn new(error: StoreError, used: RulesLocation) -> Self {
        Self { error, used }
    }

    /// Adds the place of the table to the error of a command, if it is an error of the table.
    pub fn of(failure: Failure, used: &RulesLocation) -> Failure {
        match failure.downcast::<StoreError>() {
            Ok(error) => Self::new(*error, used.clone()).into(),
            Err(other) => other,
        }
    }

    fn remedy(&self) -> &'static str {
        let is_service = matches!(self.used, RulesLocation::Service { .. });
        match self.error.kind {
            StoreErrorKind::MissingTable if is_service => {
                "name the stack's table with PRECALL_RULES_TABLE, and its place with --region and --profile"
            }
            StoreErrorKind::MissingTable => {
                "name a table of that server with PRECALL_RULES_TABLE; `precall load` does not create one there"
            }
            StoreErrorKind::Forbidden => {
                "use credentials that have the right: sign in again if they have expired, or name another --profile"
            }
            StoreErrorKind::NoCredentials => "sign in with `aws configure` or `aws sso login`, or name a --profile",
            StoreErrorKind::Unreachable if is_service => "check the region and the network",
            StoreErrorKind::Unreachable => "start that server, or correct the URL of --dynamodb",
            StoreErrorKind::Timeout | StoreErrorKind::Deadline | StoreErrorKind::Throttled => {
                "repeat the command later"
            }
            StoreErrorKind::ConditionFailed => "repeat the command",
            StoreErrorKind::Broken if matches!(self.used, RulesLocation::Database { .. }) => {
                "if the file is damaged, put a copy of it in its place, or load your rules into a new one with --database"
            }
            StoreErrorKind::InvalidRequest | StoreErrorKind::Broken => {
                "check that it is a table of precall, with the keys `number` and `rule`"
            }
        }
    }
}

/// `the rules table does not exist (ResourceNotFoundException); used: table rules in eu-west-1; name …`
impl fmt::Display for StoreFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error)?;
        if let Some(cause) = self.error.cause() {
            write!(f, ": {cause}")?;
        }
        write!(f, "; used: {}; {}", self.used, self.remedy())
    }
}

impl Error for StoreFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}
