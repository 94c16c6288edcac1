//! All settings, which are read once from the environment and validated, and the time budget.

use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;

use crate::auth::ApiKeys;
use precall::{Answer, DEFAULT_REJECT_CODE, DefaultAnswer};

/// The greatest deadline. The vendor waits 10 s ("must respond within 10 seconds"), including the time on the network.
const MAX_DEADLINE: Duration = Duration::from_millis(9_500);

/// The smallest length of the key of number hashes, in characters.
const MIN_HASH_KEY_LENGTH: usize = 16;

/// The days for which the journal keeps a change: five years, for which 16 CFR 310.5 requires records.
const DEFAULT_JOURNAL_DAYS: u16 = 1827;

/// The greatest number of these days: a hundred years.
const MAX_JOURNAL_DAYS: u16 = 36_525;

/// The beginning of the names of precall's own variables.
const PREFIX: &str = "PRECALL_";

/// All variables with this beginning, in the order of their names.
const NAMES: [&str; 22] = [
    "PRECALL_API_KEYS",
    "PRECALL_ATTEMPTS_TABLE",
    "PRECALL_ATTEMPT_TIMEOUT_MS",
    "PRECALL_AUTH",
    "PRECALL_CONNECT_TIMEOUT_MS",
    "PRECALL_DEADLINE_MS",
    "PRECALL_DEFAULT",
    "PRECALL_IDENTITY_AUDIENCE",
    "PRECALL_JOURNAL_DAYS",
    "PRECALL_JOURNAL_TABLE",
    "PRECALL_LOG_KEYS",
    "PRECALL_LOG_LEVEL",
    "PRECALL_LOG_NUMBERS",
    "PRECALL_METRICS",
    "PRECALL_NUMBER_HASH_KEY",
    "PRECALL_ON_ERROR",
    "PRECALL_OPERATION_TIMEOUT_MS",
    "PRECALL_REFRESH_WAIT_MS",
    "PRECALL_RULES_FRESH_MS",
    "PRECALL_RULES_KEEP_MS",
    "PRECALL_RULES_TABLE",
    "PRECALL_TLS_ROOTS",
];

/// The most typing errors after which a name is still recognised.
const MAX_SLIPS: usize = 4;

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

/// The policy for an unknown decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// A prompt 503, so that the vendor applies the customer's default outcome.
    Default,
    /// PROCEED.
    Proceed,
    /// REJECT.
    Reject,
}

impl OnError {
    /// Returns the answer that is sent; `None` for a 503.
    pub fn answer(self) -> Option<Answer> {
        match self {
            Self::Default => None,
            Self::Proceed => Some(Answer::Proceed),
            Self::Reject => {
                Some(Answer::Reject { code: DEFAULT_REJECT_CODE.to_owned(), reason: "Decision unknown".to_owned() })
            }
        }
    }
}

/// `proceed`, as `PRECALL_ON_ERROR` spells it.
impl fmt::Display for OnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::Proceed => "proceed",
            Self::Reject => "reject",
        })
    }
}

/// The part of a telephone number that the log shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogNumbers {
    /// The country and area code, and a keyed hash.
    Masked,
    /// All digits.
    Full,
    /// Only the keyed hash.
    Hidden,
}

/// Additional keys of log lines, for the service that collects them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogKeys {
    /// None. CloudWatch needs none.
    Plain,
    /// `severity` and `logging.googleapis.com/trace`, as Cloud Logging reads them.
    Google,
}

/// The certificate authorities that the client of DynamoDB trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsRoots {
    /// Those of Amazon Trust Services, which are built in. Loading the 150 of a system would add milliseconds to each cold start.
    Amazon,
    /// The system's.
    System,
}

/// The time limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeBudget {
    /// One TCP and TLS connect. `PRECALL_CONNECT_TIMEOUT_MS`
    pub connect: Duration,
    /// One attempt of one store operation. `PRECALL_ATTEMPT_TIMEOUT_MS`
    pub attempt: Duration,
    /// One store operation with its retries. `PRECALL_OPERATION_TIMEOUT_MS`
    pub operation: Duration,
    /// The whole answer. `PRECALL_DEADLINE_MS`
    pub deadline: Duration,
    /// The time for which a call waits longer for fresh wildcard and caller rules than for the callee's, if older ones are
    /// cached. `PRECALL_REFRESH_WAIT_MS`
    pub refresh_wait: Duration,
}

/// The greatest ages of cached rules. The callee's rules are never cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheAges {
    /// The age up to which rules are used as they are. `PRECALL_RULES_FRESH_MS`
    pub fresh: Duration,
    /// The age up to which rules are used if fresher ones cannot be read. `PRECALL_RULES_KEEP_MS`
    pub keep: Duration,
}

impl Settings {
    /// Returns the greatest age of cached rules while the table can be read: the age up to which they are fresh, and the time
    /// limit of one read. Older rules are used only if no fresher ones can be read in time.
    pub fn max_readable_age(&self) -> Duration {
        self.ages.fresh.saturating_add(self.budget.operation)
    }

    /// Returns the time for which the journal of an embedded store keeps a change.
    pub fn journal_retention(&self) -> SignedDuration {
        retention(self.journal_days)
    }
}

/// Returns a number of days as a time.
fn retention(days: u16) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}

/// A secret, which is never printed.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

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

/// The error of a setting that cannot be used: its name, the mistake and the correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    name: &'static str,
    problem: String,
}

impl std::error::Error for SettingError {}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.problem)
    }
}

impl Settings {
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
        let auth = env.auth()?;
        let number_hash_key = env.number_hash_key(&auth)?;
        let on_lambda = env.get("AWS_LAMBDA_FUNCTION_NAME");
        Ok(Self {
            auth,
            rules_table: env.get("PRECALL_RULES_TABLE").unwrap_or_else(|| "precall-rules".to_owned()),
            attempts_table: env.get("PRECALL_ATTEMPTS_TABLE").unwrap_or_else(|| "precall-attempts".to_owned()),
            journal_table: env.journal_table(),
            journal_days: env.journal_days()?,
            default: env
                .choice("PRECALL_DEFAULT", &[("PROCEED", DefaultAnswer::Proceed), ("REJECT", default_reject())])?,
            on_error: env.choice(
                "PRECALL_ON_ERROR",
                &[("default", OnError::Default), ("proceed", OnError::Proceed), ("reject", OnError::Reject)],
            )?,
            budget: env.budget()?,
            ages: env.ages()?,
            log_keys: env.log_keys()?,
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
            tls_roots: env.tls_roots()?,
            service: env.get("POWERTOOLS_SERVICE_NAME").or(on_lambda).unwrap_or_else(|| "precall".to_owned()),
            log_level: env.log_level()?,
        })
    }
}

/// The settings of the function that keeps the journal. It needs no API key.
///
/// ```
/// use precall_hook::settings::JournalSettings;
///
/// let settings = JournalSettings::read(|_| None)?;
/// assert_eq!((settings.table.as_str(), settings.days), ("precall-journal", 1827));
/// # Ok::<(), precall_hook::settings::SettingError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalSettings {
    /// The journal table's name. `PRECALL_JOURNAL_TABLE`
    pub table: String,
    /// The days for which a change is kept. `PRECALL_JOURNAL_DAYS`
    pub days: u16,
    /// The certificate authorities that the client of DynamoDB trusts. `PRECALL_TLS_ROOTS`
    pub tls_roots: TlsRoots,
    /// The least severe level that is logged. `PRECALL_LOG_LEVEL`
    pub log_level: tracing::Level,
}

impl JournalSettings {
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
        Ok(Self {
            table: env.journal_table(),
            days: env.journal_days()?,
            tls_roots: env.tls_roots()?,
            log_level: env.log_level()?,
        })
    }

    /// Returns the time for which a change is kept.
    pub fn retention(&self) -> SignedDuration {
        retention(self.days)
    }
}

/// Checks that each variable of the process's environment that begins with `PRECALL_` is a setting, and UTF-8. A misspelt
/// `PRECALL_DEFAULT=REJECT` would let all calls through.
///
/// # Errors
/// When one is not: the first one, and the setting that was probably meant.
pub fn check_environment() -> Result<(), SettingError> {
    for (name, value) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if !name.starts_with(PREFIX) {
            continue;
        }
        let problem = match value.to_str() {
            _ if !NAMES.contains(&name.as_ref()) => unknown_setting(&name),
            None => format!("{name} is not UTF-8; set it again"),
            Some(_) => continue,
        };
        return Err(SettingError { name: "PRECALL_…", problem });
    }
    Ok(())
}

fn unknown_setting(name: &str) -> String {
    match nearest(name, NAMES.iter().copied()) {
        Some(known) => format!("{name} is not a setting; did you mean {known}?"),
        None => format!("{name} is not a setting; remove it"),
    }
}

/// Returns the known word that was probably meant, in any letter case.
fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let plain = str::to_ascii_uppercase;
    let near = known.map(|known| (strsim::damerau_levenshtein(&plain(known), &plain(name)), known));
    near.min().filter(|(slips, known)| *slips <= MAX_SLIPS && *slips < known.len() / 2).map(|(_, known)| known)
}

fn default_reject() -> DefaultAnswer {
    DefaultAnswer::Reject { code: DEFAULT_REJECT_CODE.to_owned(), reason: "No rule lets this call through".to_owned() }
}

/// The source of settings.
struct Environment<'e> {
    variable: &'e dyn Fn(&str) -> Option<String>,
}

impl Environment<'_> {
    /// Returns a variable. An empty one counts as not set, because templates pass empty parameters on.
    fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// Reads one of several words in any letter case; the first is the default.
    fn choice<T: Clone>(&self, name: &'static str, choices: &[(&str, T)]) -> Result<T, SettingError> {
        let words = || choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        let value = self.get(name);
        let hit = match &value {
            None => choices.first(),
            Some(value) => choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(value)),
        };
        hit.map(|(_, choice)| choice.clone()).ok_or_else(|| SettingError {
            name,
            // The error does not repeat the value, because it may be a key.
            problem: match value.as_deref().and_then(|value| nearest(value, choices.iter().map(|(word, _)| *word))) {
                Some(near) => format!("not one of {}; did you mean {near}?", words()),
                None => format!("not one of {}", words()),
            },
        })
    }

    fn auth(&self) -> Result<Auth, SettingError> {
        const KEYS: &str = "PRECALL_API_KEYS";
        let keys = self.get(KEYS);
        let with_keys = self.choice("PRECALL_AUTH", &[("keys", true), ("none", false)])?;
        match (with_keys, keys) {
            (true, Some(keys)) => ApiKeys::parse(&keys)
                .map(Auth::Keys)
                .map_err(|error| SettingError { name: KEYS, problem: error.to_string() }),
            (true, None) => Err(SettingError {
                name: KEYS,
                problem:
                    "not set, so every request would be refused; run `precall keygen vendor`, give the key to the vendor and set \
                       PRECALL_API_KEYS to the printed entry, or set PRECALL_AUTH=none if a front door authenticates"
                        .to_owned(),
            }),
            (false, None) => Ok(Auth::None),
            (false, Some(_)) => Err(SettingError {
                name: "PRECALL_AUTH",
                problem: "none, while PRECALL_API_KEYS is set; remove one of the two".to_owned(),
            }),
        }
    }

    fn number_hash_key(&self, auth: &Auth) -> Result<Option<Secret>, SettingError> {
        const NAME: &str = "PRECALL_NUMBER_HASH_KEY";
        match (self.get(NAME), auth) {
            (Some(key), _) if key.len() < MIN_HASH_KEY_LENGTH => Err(SettingError {
                name: NAME,
                problem: format!("shorter than {MIN_HASH_KEY_LENGTH} characters; `precall keygen` prints one"),
            }),
            (Some(key), _) => Ok(Some(Secret(key.into_bytes()))),
            (None, Auth::Keys(keys)) => Ok(Some(Secret(keys.shared_secret().to_vec()))),
            (None, Auth::None) => Ok(None),
        }
    }

    fn log_keys(&self) -> Result<LogKeys, SettingError> {
        // Cloud Run sets this variable, also for its functions.
        let is_cloud_run = self.get("K_SERVICE").is_some();
        let choices: &[(&str, LogKeys)] = if is_cloud_run {
            &[("google", LogKeys::Google), ("plain", LogKeys::Plain)]
        } else {
            &[("plain", LogKeys::Plain), ("google", LogKeys::Google)]
        };
        self.choice("PRECALL_LOG_KEYS", choices)
    }

    fn journal_table(&self) -> String {
        self.get("PRECALL_JOURNAL_TABLE").unwrap_or_else(|| "precall-journal".to_owned())
    }

    fn journal_days(&self) -> Result<u16, SettingError> {
        const NAME: &str = "PRECALL_JOURNAL_DAYS";
        let Some(value) = self.get(NAME) else { return Ok(DEFAULT_JOURNAL_DAYS) };
        let days = value.parse().ok().filter(|days| (1..=MAX_JOURNAL_DAYS).contains(days));
        days.ok_or_else(|| SettingError {
            name: NAME,
            problem: format!("{value:?} is not a whole number of days from 1 to {MAX_JOURNAL_DAYS}"),
        })
    }

    fn tls_roots(&self) -> Result<TlsRoots, SettingError> {
        self.choice("PRECALL_TLS_ROOTS", &[("amazon", TlsRoots::Amazon), ("system", TlsRoots::System)])
    }

    fn log_level(&self) -> Result<tracing::Level, SettingError> {
        let own = self.get("PRECALL_LOG_LEVEL").is_some();
        self.choice(
            if own { "PRECALL_LOG_LEVEL" } else { "AWS_LAMBDA_LOG_LEVEL" },
            &[
                ("INFO", tracing::Level::INFO),
                ("TRACE", tracing::Level::TRACE),
                ("DEBUG", tracing::Level::DEBUG),
                ("WARN", tracing::Level::WARN),
                ("ERROR", tracing::Level::ERROR),
                ("FATAL", tracing::Level::ERROR),
            ],
        )
    }

    fn milliseconds(&self, name: &'static str, default: u64) -> Result<Duration, SettingError> {
        let Some(value) = self.get(name) else {
            return Ok(Duration::from_millis(default));
        };
        match value.parse() {
            Ok(ms) if ms > 0 => Ok(Duration::from_millis(ms)),
            _ => {
                Err(SettingError { name, problem: format!("{value:?} is not a whole number of milliseconds above 0") })
            }
        }
    }

    fn budget(&self) -> Result<TimeBudget, SettingError> {
        let budget = TimeBudget {
            connect: self.milliseconds("PRECALL_CONNECT_TIMEOUT_MS", 500)?,
            attempt: self.milliseconds("PRECALL_ATTEMPT_TIMEOUT_MS", 700)?,
            operation: self.milliseconds("PRECALL_OPERATION_TIMEOUT_MS", 2_000)?,
            deadline: self.milliseconds("PRECALL_DEADLINE_MS", 2_500)?,
            refresh_wait: self.milliseconds("PRECALL_REFRESH_WAIT_MS", 250)?,
        };
        if budget.deadline > MAX_DEADLINE {
            return Err(SettingError {
                name: "PRECALL_DEADLINE_MS",
                problem: format!(
                    "more than {} ms; the vendor's box stops waiting after 10 s",
                    MAX_DEADLINE.as_millis()
                ),
            });
        }
        let steps = [
            ("PRECALL_CONNECT_TIMEOUT_MS", budget.connect, "PRECALL_ATTEMPT_TIMEOUT_MS", budget.attempt),
            ("PRECALL_ATTEMPT_TIMEOUT_MS", budget.attempt, "PRECALL_OPERATION_TIMEOUT_MS", budget.operation),
            ("PRECALL_OPERATION_TIMEOUT_MS", budget.operation, "PRECALL_DEADLINE_MS", budget.deadline),
            ("PRECALL_REFRESH_WAIT_MS", budget.refresh_wait, "PRECALL_DEADLINE_MS", budget.deadline),
        ];
        match steps.into_iter().find(|(_, inner, _, outer)| inner > outer) {
            Some((name, inner, outer_name, outer)) => Err(SettingError {
                name,
                problem: format!(
                    "{} ms is more than the {} ms of {outer_name}, which it is part of",
                    inner.as_millis(),
                    outer.as_millis()
                ),
            }),
            None => Ok(budget),
        }
    }

    fn ages(&self) -> Result<CacheAges, SettingError> {
        let ages = CacheAges {
            fresh: self.milliseconds("PRECALL_RULES_FRESH_MS", 5_000)?,
            keep: self.milliseconds("PRECALL_RULES_KEEP_MS", 3_600_000)?,
        };
        if ages.fresh > ages.keep {
            return Err(SettingError {
                name: "PRECALL_RULES_FRESH_MS",
                problem: "more than PRECALL_RULES_KEEP_MS".to_owned(),
            });
        }
        Ok(ages)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_known_variables_are_those_of_the_documentation() {
        let pages =
            [include_str!("../docs/settings.md"), include_str!("../docs/google.md"), include_str!("../docs/azure.md")];
        let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
        let words = pages.iter().flat_map(|page| page.split(|c: char| !is_name(c)));
        let documented: BTreeSet<&str> = words.filter(|word| word.starts_with(PREFIX) && *word != PREFIX).collect();
        assert_eq!(documented, NAMES.into_iter().collect());
    }

    /// A value that may be a key is not repeated.
    #[test]
    fn a_misspelt_word_is_recognised() {
        for (value, problem) in [
            ("REJCT", "PRECALL_DEFAULT: not one of PROCEED, REJECT; did you mean REJECT?"),
            ("procede", "PRECALL_DEFAULT: not one of PROCEED, REJECT; did you mean PROCEED?"),
            ("canary-5f1e", "PRECALL_DEFAULT: not one of PROCEED, REJECT"),
        ] {
            let read = Settings::read(|name| match name {
                "PRECALL_AUTH" => Some("none".to_owned()),
                "PRECALL_DEFAULT" => Some(value.to_owned()),
                _ => None,
            });
            assert_eq!(read.map(|_| ()).map_err(|error| error.to_string()), Err(problem.to_owned()));
        }
    }

    #[test]
    fn the_days_of_the_journal() {
        for (value, expected) in [
            ("", Ok(1827)),
            (" 30 ", Ok(30)),
            ("36525", Ok(36_525)),
            ("0", Err("PRECALL_JOURNAL_DAYS: \"0\" is not a whole number of days from 1 to 36525")),
            ("36526", Err("PRECALL_JOURNAL_DAYS: \"36526\" is not a whole number of days from 1 to 36525")),
            ("5 years", Err("PRECALL_JOURNAL_DAYS: \"5 years\" is not a whole number of days from 1 to 36525")),
        ] {
            let read = JournalSettings::read(|name| (name == "PRECALL_JOURNAL_DAYS").then(|| value.to_owned()));
            let days = read.map(|settings| settings.days).map_err(|error| error.to_string());
            assert_eq!(days, expected.map_err(str::to_owned), "{value}");
        }
    }

    #[test]
    fn a_misspelt_variable_is_recognised() {
        for (name, problem) in [
            ("PRECALL_DEFUALT", "PRECALL_DEFUALT is not a setting; did you mean PRECALL_DEFAULT?"),
            ("PRECALL_ONERROR", "PRECALL_ONERROR is not a setting; did you mean PRECALL_ON_ERROR?"),
            ("PRECALL_RULES_TABEL", "PRECALL_RULES_TABEL is not a setting; did you mean PRECALL_RULES_TABLE?"),
            ("PRECALL_SOMETHING_ELSE", "PRECALL_SOMETHING_ELSE is not a setting; remove it"),
        ] {
            assert_eq!(unknown_setting(name), problem);
        }
    }
}
