//! The settings of the hook.

use std::time::Duration;

use jiff::SignedDuration;
use precall::{DEFAULT_REJECT_CODE, DefaultAnswer};

use super::environment::Environment;
use super::error::SettingError;
use super::journal_settings;
use super::log_form::{LogKeys, LogNumbers};
use super::names::check_environment;
use super::secret::Secret;
use super::time_limits::{CacheAges, TimeBudget};
use super::tls_roots::TlsRoots;
use super::unknown_decision::OnError;
use crate::auth::ApiKeys;

/// The smallest length of the key of number hashes, in characters.
const MIN_HASH_KEY_LENGTH: usize = 16;

/// The settings of the hook.
///
/// ```
/// use precall_hook::settings::{Auth, Settings};
///
/// let settings = Settings::read(|name| (name == "PRECALL_AUTH").then(|| "none".to_owned()))?;
/// assert!(matches!(settings.auth, Auth::None));
/// # Ok::<(), precall_hook::settings::SettingError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Settings {
    /// The clients that may request decisions. `PRECALL_API_KEYS`, `PRECALL_AUTH`
    pub auth: Auth,
    /// The rules table's name. `PRECALL_RULES_TABLE`
    pub rules_table: String,
    /// The attempts table's name. `PRECALL_ATTEMPTS_TABLE`
    pub attempts_table: String,
    /// The journal table's name, for tools: the hook does not use it. `PRECALL_JOURNAL_TABLE`
    pub journal_table: String,
    /// The days for which the journal of an embedded store keeps a change. `PRECALL_JOURNAL_DAYS`
    pub journal_days: u16,
    /// The answer when no rule applies. `PRECALL_DEFAULT`
    pub default: DefaultAnswer,
    /// The answer when the decision is unknown. `PRECALL_ON_ERROR`
    pub on_error: OnError,
    /// The time limits.
    pub budget: TimeBudget,
    /// The greatest ages of cached rules.
    pub ages: CacheAges,
    /// The part of a telephone number that the log shows. `PRECALL_LOG_NUMBERS`
    pub log_numbers: LogNumbers,
    /// The key of the hash by which a number can be followed through the log. `PRECALL_NUMBER_HASH_KEY`
    pub number_hash_key: Option<Secret>,
    /// True if CloudWatch metrics are written to the log. `PRECALL_METRICS`
    pub metrics: bool,
    /// The certificate authorities that the client of DynamoDB trusts. `PRECALL_TLS_ROOTS`
    pub tls_roots: TlsRoots,
    /// The name of the service in logs and metrics. `POWERTOOLS_SERVICE_NAME`
    pub service: String,
    /// The least severe level that is logged. Decision records are always written. `PRECALL_LOG_LEVEL`
    pub log_level: tracing::Level,
    /// Additional keys of log lines. `PRECALL_LOG_KEYS`
    pub log_keys: LogKeys,
    /// The Google Cloud project that traces belong to. `GOOGLE_CLOUD_PROJECT`
    pub google_project: Option<String>,
}

/// The clients that may request decisions.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Holders of these API keys.
    Keys(ApiKeys),
    /// All clients: a front door before the hook authenticates them.
    None,
}

impl Settings {
    /// Returns the greatest age of cached rules while the table can be read: the age up to which they are fresh, and the time
    /// limit of one read. Older rules are used only if no fresher ones can be read in time.
    pub fn max_readable_age(&self) -> Duration {
        self.ages.fresh.saturating_add(self.budget.operation)
    }

    /// Returns the time for which the journal of an embedded store keeps a change.
    pub fn journal_retention(&self) -> SignedDuration {
        journal_settings::retention(self.journal_days)
    }

    /// Reads the settings from the process's environment.
    ///
    /// # Errors
    /// When a setting cannot be used: the first one.
    pub fn from_env() -> Result<Self, SettingError> {
        check_environment()?;
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads the settings by name.
    ///
    /// # Errors
    /// When a setting cannot be used: the first one.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let env = Environment { variable: &variable };
        let auth = auth(&env)?;
        let number_hash_key = number_hash_key(&env, &auth)?;
        let on_lambda = env.get("AWS_LAMBDA_FUNCTION_NAME");
        Ok(Self {
            auth,
            rules_table: env.get("PRECALL_RULES_TABLE").unwrap_or_else(|| "precall-rules".to_owned()),
            attempts_table: env.get("PRECALL_ATTEMPTS_TABLE").unwrap_or_else(|| "precall-attempts".to_owned()),
            journal_table: env.journal_table(),
            journal_days: journal_settings::days(&env)?,
            default: env
                .choice("PRECALL_DEFAULT", &[("PROCEED", DefaultAnswer::Proceed), ("REJECT", default_reject())])?,
            on_error: env.choice(
                "PRECALL_ON_ERROR",
                &[("default", OnError::Default), ("proceed", OnError::Proceed), ("reject", OnError::Reject)],
            )?,
            budget: TimeBudget::read(&env)?,
            ages: CacheAges::read(&env)?,
            log_keys: log_keys(&env)?,
            google_project: env.get("GOOGLE_CLOUD_PROJECT"),
            log_numbers: env.choice(
                "PRECALL_LOG_NUMBERS",
                &[("masked", LogNumbers::Masked), ("full", LogNumbers::Full), ("hidden", LogNumbers::Hidden)],
            )?,
            number_hash_key,
            metrics: env.choice(
                "PRECALL_METRICS",
                if on_lambda.is_some() { &[("emf", true), ("off", false)] } else { &[("off", false), ("emf", true)] },
            )?,
            tls_roots: TlsRoots::read(&env)?,
            service: env.get("POWERTOOLS_SERVICE_NAME").or(on_lambda).unwrap_or_else(|| "precall".to_owned()),
            log_level: env.log_level()?,
        })
    }
}

fn default_reject() -> DefaultAnswer {
    DefaultAnswer::Reject { code: DEFAULT_REJECT_CODE.to_owned(), reason: "No rule lets this call through".to_owned() }
}

fn auth(env: &Environment) -> Result<Auth, SettingError> {
    const KEYS: &str = "PRECALL_API_KEYS";
    let keys = env.get(KEYS);
    let with_keys = env.choice("PRECALL_AUTH", &[("keys", true), ("none", false)])?;
    match (with_keys, keys) {
        (true, Some(keys)) => ApiKeys::parse(&keys)
            .map(Auth::Keys)
            .map_err(|error| SettingError { name: KEYS.into(), problem: error.to_string() }),
        (true, None) => Err(SettingError {
            name: KEYS.into(),
            problem:
                "not set, so every request would be refused; run `precall keygen vendor`, give the key to the vendor and set \
                   PRECALL_API_KEYS to the printed entry, or set PRECALL_AUTH=none if a front door authenticates"
                    .to_owned(),
        }),
        (false, None) => Ok(Auth::None),
        (false, Some(_)) => Err(SettingError {
            name: "PRECALL_AUTH".into(),
            problem: "none, while PRECALL_API_KEYS is set; remove one of the two".to_owned(),
        }),
    }
}

fn number_hash_key(env: &Environment, auth: &Auth) -> Result<Option<Secret>, SettingError> {
    const NAME: &str = "PRECALL_NUMBER_HASH_KEY";
    match (env.get(NAME), auth) {
        (Some(key), _) if key.len() < MIN_HASH_KEY_LENGTH => Err(SettingError {
            name: NAME.into(),
            problem: format!("shorter than {MIN_HASH_KEY_LENGTH} characters; `precall keygen` prints one"),
        }),
        (Some(key), _) => Ok(Some(Secret(key.into_bytes()))),
        (None, Auth::Keys(keys)) => Ok(Some(Secret(keys.shared_secret().to_vec()))),
        (None, Auth::None) => Ok(None),
    }
}

fn log_keys(env: &Environment) -> Result<LogKeys, SettingError> {
    // Cloud Run sets this variable, also for its functions.
    let is_cloud_run = env.get("K_SERVICE").is_some();
    let choices: &[(&str, LogKeys)] = if is_cloud_run {
        &[("google", LogKeys::Google), ("plain", LogKeys::Plain)]
    } else {
        &[("plain", LogKeys::Plain), ("google", LogKeys::Google)]
    };
    env.choice("PRECALL_LOG_KEYS", choices)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value that may be a key is not repeated.
    #[test]
    fn a_misspelt_word_is_recognised() {
        for (value, problem) in [
            ("REJCT", "PRECALL_DEFAULT: not one of PROCEED, REJECT; did you mean REJECT?"),
            ("procede", "PRECALL_DEFAULT: not one of PROCEED, REJECT; did you mean PROCEED?"),
            ("canary-5f1e", "PRECALL_DEFAULT: not one of PROCEED, REJECT; write one of them"),
        ] {
            let read = Settings::read(|name| match name {
                "PRECALL_AUTH" => Some("none".to_owned()),
                "PRECALL_DEFAULT" => Some(value.to_owned()),
                _ => None,
            });
            assert_eq!(read.map(|_| ()).map_err(|error| error.to_string()), Err(problem.to_owned()));
        }
    }
}
