//! The hook's settings, for commands that decide calls themselves.

use precall_hook::auth::ApiKeys;
use precall_hook::settings::{Settings, check_environment};

use crate::dynamodb::store::PATIENT;
use crate::failure::{Failure, LocatedError};

/// Reads the hook's settings from the environment. A command has no clients, so it needs no API keys, and no call waits for
/// it, so it has the time limits of a tool.
///
/// # Errors
/// If a setting cannot be used.
pub fn settings() -> Result<Settings, Failure> {
    check_environment()?;
    let settings = Settings::read(|name| match name {
        "PRECALL_API_KEYS" => None,
        "PRECALL_AUTH" => Some("none".to_owned()),
        _ => std::env::var(name).ok(),
    })?;
    Ok(Settings { budget: PATIENT, ..settings })
}

/// Reads the API keys of the hook, if the environment has them.
///
/// # Errors
/// If they cannot be read.
pub fn api_keys() -> Result<Option<ApiKeys>, Failure> {
    let keys = std::env::var("PRECALL_API_KEYS").ok().filter(|keys| !keys.trim().is_empty());
    Ok(keys
        .map(|keys| ApiKeys::parse(&keys))
        .transpose()
        .map_err(|error| LocatedError::new("PRECALL_API_KEYS", error))?)
}

/// Reads the settings of the hook that wrote a log from the environment; they may be incomplete. The keys make the hashes of
/// numbers.
///
/// # Errors
/// If a setting cannot be used.
pub fn log_settings() -> Result<Settings, Failure> {
    check_environment()?;
    let has_keys = std::env::var_os("PRECALL_API_KEYS").is_some_and(|keys| !keys.is_empty());
    Ok(Settings::read(|name| match name {
        "PRECALL_AUTH" if !has_keys => Some("none".to_owned()),
        "PRECALL_AUTH" => None,
        _ => std::env::var(name).ok(),
    })?)
}

/// Returns the variable that the hashes of numbers are made with, for messages. `PRECALL_API_KEYS` counts only if the hashes have
/// no key of their own.
pub fn hash_key_name() -> Option<&'static str> {
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|key| !key.is_empty());
    ["PRECALL_NUMBER_HASH_KEY", "PRECALL_API_KEYS"].into_iter().find(is_set)
}
