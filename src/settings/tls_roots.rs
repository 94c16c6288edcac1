//! The certificate authorities that the client of DynamoDB trusts.

use super::environment::Environment;
use super::error::SettingError;

/// The certificate authorities that the client of DynamoDB trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsRoots {
    /// Those of Amazon Trust Services, which are built in. Loading the 150 of a system would add milliseconds to each cold start.
    Amazon,
    /// The system's.
    System,
}

impl TlsRoots {
    pub(super) fn read(env: &Environment) -> Result<Self, SettingError> {
        env.choice("PRECALL_TLS_ROOTS", &[("amazon", Self::Amazon), ("system", Self::System)])
    }
}
