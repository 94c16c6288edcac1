//! Secrets among the settings.

use std::fmt;

/// A secret, which is never printed.
#[derive(Clone)]
pub struct Secret(pub(super) Vec<u8>);

impl Secret {
    /// Returns the secret.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}
