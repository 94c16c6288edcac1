//! All settings, read once from the environment into validated values, and the time budget.

use std::fmt;
use std::time::Duration;

use crate::auth::ApiKeys;
use crate::store::rules_table::Limits;
use precall::answer::{DEFAULT_REJECT_CODE, Decision};

/// The longest that the vendor's box waits (its page: "must respond within 10 seconds"), less the way there and back.
const VENDOR_LIMIT: Duration = Duration::from_millis(9_500);

/// What the hook is configured to do.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who may ask. `PRECALL_API_KEYS`, `PRECALL_AUTH`
    pub auth: Auth,
    /// The rules table's name. `PRECALL_RULES_TABLE`
    pub rules_table: String,
    /// The attempts table's name. `PRECALL_ATTEMPTS_TABLE`
    pub attempts_table: String,
    /// The decision when no rule is awake. `PRECALL_DEFAULT`
    pub default: Decision,
    /// The answer when the decision is unknown. `PRECALL_ON_ERROR`
    pub on_error: OnError,
    /// How long anything may take.
    pub budget: Budget,
    /// How old cached rules may be.
    pub ages: Ages,
    /// How much of a telephone number the log shows. `PRECALL_LOG_NUMBERS`
    pub log_numbers: LogNumbers,
    /// The key of the hash by which a number can be followed in the log. `PRECALL_NUMBER_HASH_KEY`
    pub number_hash_key: Option<Secret>,
    /// Whether CloudWatch metrics are written to the log. `PRECALL_METRICS`
    pub metrics: bool,
    /// Whose certificates a store's server may show. `PRECALL_TLS_ROOTS`
    pub tls_roots: TlsRoots,
    /// The name under which logs and metrics are filed. `POWERTOOLS_SERVICE_NAME`
    pub service: String,
    /// The least severe level that is logged; decision records always are. `PRECALL_LOG_LEVEL`
    pub log_level: tracing::Level,
    /// Whose keys the log's lines have besides their own. `PRECALL_LOG_KEYS`
    pub log_keys: LogKeys,
    /// The Google Cloud project that traces belong to. `GOOGLE_CLOUD_PROJECT`
    pub google_project: Option<String>,
}

/// Who may ask for decisions.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Holders of these keys.
    Keys(ApiKeys),
    /// Anybody who gets here: a front door authenticates.
    None,
}

/// What is answered when the decision is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// A prompt 503, so that the customer's own default outcome at the vendor applies.
    Default,
    /// PROCEED.
    Proceed,
    /// REJECT.
    Reject,
}

impl OnError {
    /// The decision that is sent; none with a 503.
    pub fn decision(self) -> Option<Decision> {
        match self {
            Self::Default => None,
            Self::Proceed => Some(Decision::Proceed),
            Self::Reject => {
                Some(Decision::Reject { code: DEFAULT_REJECT_CODE.to_owned(), reason: "Decision unknown".to_owned() })
            }
        }
    }
}

/// How much of a telephone number the log shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogNumbers {
    /// Country and area code, and a keyed hash.
    Masked,
    /// All of it.
    Full,
    /// Only the keyed hash.
    Hidden,
}

/// Whose keys the log's lines have besides their own, so that whoever gathers them understands them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogKeys {
    /// None: CloudWatch reads any JSON, and `level` besides.
    Plain,
    /// `severity` and `logging.googleapis.com/trace`, as Cloud Logging reads them.
    Google,
}

/// Which certificate authorities the store's client trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsRoots {
    /// Those of Amazon Trust Services, built in: loading a system's hundred and fifty takes
    /// milliseconds of every cold start.
    Amazon,
    /// The system's.
    System,
}

/// How long anything may take. The only place of a time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// One TCP and TLS connect. `PRECALL_CONNECT_TIMEOUT_MS`
    pub connect: Duration,
    /// One attempt of one store operation. `PRECALL_ATTEMPT_TIMEOUT_MS`
    pub attempt: Duration,
    /// One store operation with its retries. `PRECALL_OPERATION_TIMEOUT_MS`
    pub operation: Duration,
    /// The whole answer. `PRECALL_DEADLINE_MS`
    pub deadline: Duration,
    /// How long a call waits for fresh `*` and caller rules while older ones are at hand.
    /// `PRECALL_REFRESH_WAIT_MS`
    pub refresh_wait: Duration,
}

/// How old cached rules may be. The callee's rules are never cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    /// Up to this age, rules are used as they are. `PRECALL_RULES_FRESH_MS`
    pub fresh: Duration,
    /// Up to this age, rules are used when fresher ones cannot be had. `PRECALL_RULES_KEEP_MS`
    pub keep: Duration,
}

/// A secret that no log can print.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The secret itself.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// A setting that cannot be used: its name, what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    name: &'static str,
    what: String,
}

impl std::error::Error for SettingError {}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.what)
    }
}

impl Settings {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn from_env() -> Result<Self, SettingError> {
        for (name, value) in std::env::vars_os() {
            let ours = name.to_str().filter(|name| name.starts_with("PRECALL_"));
            if let (Some(name), None) = (ours, value.to_str()) {
                return Err(SettingError { name: "PRECALL_…", what: format!("{name} is not UTF-8; set it again") });
            }
        }
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads settings by name.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let env = Environment { variable: &variable };
        let auth = env.auth()?;
        let number_hash_key = match (env.get("PRECALL_NUMBER_HASH_KEY"), &auth) {
            (Some(key), _) if key.len() < 16 => {
                return Err(SettingError {
                    name: "PRECALL_NUMBER_HASH_KEY",
                    what: "shorter than 16 characters; `precall keygen` prints one".to_owned(),
                });
            }
            (Some(key), _) => Some(Secret(key.into_bytes())),
            (None, Auth::Keys(keys)) => Some(Secret(keys.shared_secret().to_vec())),
            (None, Auth::None) => None,
        };
        let on_lambda = env.get("AWS_LAMBDA_FUNCTION_NAME");
        Ok(Self {
            auth,
            rules_table: env.get("PRECALL_RULES_TABLE").unwrap_or_else(|| "precall-rules".to_owned()),
            attempts_table: env.get("PRECALL_ATTEMPTS_TABLE").unwrap_or_else(|| "precall-attempts".to_owned()),
            default: env.choice("PRECALL_DEFAULT", &[("PROCEED", Decision::Proceed), ("REJECT", default_reject())])?,
            on_error: env.choice(
                "PRECALL_ON_ERROR",
                &[("default", OnError::Default), ("proceed", OnError::Proceed), ("reject", OnError::Reject)],
            )?,
            budget: env.budget()?,
            ages: env.ages()?,
            log_keys: env.choice(
                "PRECALL_LOG_KEYS",
                // Cloud Run, and functions on it, say which service this is.
                if env.get("K_SERVICE").is_some() {
                    &[("google", LogKeys::Google), ("plain", LogKeys::Plain)]
                } else {
                    &[("plain", LogKeys::Plain), ("google", LogKeys::Google)]
                },
            )?,
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
            tls_roots: env
                .choice("PRECALL_TLS_ROOTS", &[("amazon", TlsRoots::Amazon), ("system", TlsRoots::System)])?,
            service: env.get("POWERTOOLS_SERVICE_NAME").or(on_lambda).unwrap_or_else(|| "precall".to_owned()),
            log_level: env.choice(
                if env.get("PRECALL_LOG_LEVEL").is_some() { "PRECALL_LOG_LEVEL" } else { "AWS_LAMBDA_LOG_LEVEL" },
                &[
                    ("INFO", tracing::Level::INFO),
                    ("TRACE", tracing::Level::TRACE),
                    ("DEBUG", tracing::Level::DEBUG),
                    ("WARN", tracing::Level::WARN),
                    ("ERROR", tracing::Level::ERROR),
                    ("FATAL", tracing::Level::ERROR),
                ],
            )?,
        })
    }
}

impl Settings {
    /// What the store's client is held to.
    pub fn store_limits(&self) -> Limits {
        Limits { budget: self.budget, tls_roots: self.tls_roots }
    }
}

fn default_reject() -> Decision {
    Decision::Reject { code: DEFAULT_REJECT_CODE.to_owned(), reason: "No rule lets this call through".to_owned() }
}

/// Where settings are read from.
struct Environment<'e> {
    variable: &'e dyn Fn(&str) -> Option<String>,
}

impl Environment<'_> {
    /// An empty variable is one that is not set: templates pass empty parameters on.
    fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// One of several words in any case; the first is the default.
    fn choice<T: Clone>(&self, name: &'static str, choices: &[(&str, T)]) -> Result<T, SettingError> {
        let words = || choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        let value = self.get(name);
        let hit = match &value {
            None => choices.first(),
            Some(value) => choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(value)),
        };
        hit.map(|(_, choice)| choice.clone()).ok_or_else(|| SettingError {
            name,
            // Not repeated: somebody may have put a key here.
            what: format!("not one of {}", words()),
        })
    }

    fn auth(&self) -> Result<Auth, SettingError> {
        const KEYS: &str = "PRECALL_API_KEYS";
        let keys = self.get(KEYS);
        let with_keys = self.choice("PRECALL_AUTH", &[("keys", true), ("none", false)])?;
        match (with_keys, keys) {
            (true, Some(keys)) => {
                ApiKeys::parse(&keys).map(Auth::Keys).map_err(|what| SettingError { name: KEYS, what })
            }
            (true, None) => Err(SettingError {
                name: KEYS,
                what: "not set, so nobody could ask; run `precall keygen vendor`, give the key to the vendor and set \
                       PRECALL_API_KEYS to the printed hash, or set PRECALL_AUTH=none if a front door authenticates"
                    .to_owned(),
            }),
            (false, None) => Ok(Auth::None),
            (false, Some(_)) => Err(SettingError {
                name: "PRECALL_AUTH",
                what: "none, while PRECALL_API_KEYS is set; remove one of the two".to_owned(),
            }),
        }
    }

    fn milliseconds(&self, name: &'static str, default: u64) -> Result<Duration, SettingError> {
        let Some(value) = self.get(name) else {
            return Ok(Duration::from_millis(default));
        };
        match value.parse() {
            Ok(ms) if ms > 0 => Ok(Duration::from_millis(ms)),
            _ => Err(SettingError { name, what: format!("{value:?} is not a whole number of milliseconds above 0") }),
        }
    }

    fn budget(&self) -> Result<Budget, SettingError> {
        let budget = Budget {
            connect: self.milliseconds("PRECALL_CONNECT_TIMEOUT_MS", 500)?,
            attempt: self.milliseconds("PRECALL_ATTEMPT_TIMEOUT_MS", 700)?,
            operation: self.milliseconds("PRECALL_OPERATION_TIMEOUT_MS", 2_000)?,
            deadline: self.milliseconds("PRECALL_DEADLINE_MS", 2_500)?,
            refresh_wait: self.milliseconds("PRECALL_REFRESH_WAIT_MS", 250)?,
        };
        if budget.deadline > VENDOR_LIMIT {
            return Err(SettingError {
                name: "PRECALL_DEADLINE_MS",
                what: format!("more than {} ms; the vendor's box stops waiting after 10 s", VENDOR_LIMIT.as_millis()),
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
                what: format!(
                    "{} ms is more than the {} ms of {outer_name}, which it is part of",
                    inner.as_millis(),
                    outer.as_millis()
                ),
            }),
            None => Ok(budget),
        }
    }

    fn ages(&self) -> Result<Ages, SettingError> {
        let ages = Ages {
            fresh: self.milliseconds("PRECALL_RULES_FRESH_MS", 5_000)?,
            keep: self.milliseconds("PRECALL_RULES_KEEP_MS", 3_600_000)?,
        };
        if ages.fresh > ages.keep {
            return Err(SettingError {
                name: "PRECALL_RULES_FRESH_MS",
                what: "more than PRECALL_RULES_KEEP_MS".to_owned(),
            });
        }
        Ok(ages)
    }
}
