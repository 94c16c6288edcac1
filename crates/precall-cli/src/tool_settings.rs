//! The settings of a command that makes decisions itself.

use precall_hook::settings::Settings;

use crate::failure::Failure;

/// Reads the hook's settings from the environment. No client sends a key to a command, so none is needed.
///
/// # Errors
/// When a setting cannot be used.
pub fn settings() -> Result<Settings, Failure> {
    Ok(Settings::read(|name| match name {
        "PRECALL_API_KEYS" => None,
        "PRECALL_AUTH" => Some("none".to_owned()),
        _ => std::env::var(name).ok(),
    })?)
}
