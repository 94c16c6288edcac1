//! The environment, from which settings are read by name.

use std::time::Duration;

use super::error::SettingError;
use super::names::nearest;

/// The source of settings.
pub(super) struct Environment<'e> {
    pub(super) variable: &'e dyn Fn(&str) -> Option<String>,
}

impl Environment<'_> {
    /// Returns a variable. An empty one counts as not set, because templates pass empty parameters on.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// Reads one of several words in any letter case; the first is the default.
    pub(super) fn choice<T: Clone>(&self, name: &'static str, choices: &[(&str, T)]) -> Result<T, SettingError> {
        let words = || choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        let value = self.get(name);
        let hit = match &value {
            None => choices.first(),
            Some(value) => choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(value)),
        };
        hit.map(|(_, choice)| choice.clone()).ok_or_else(|| SettingError {
            name: name.into(),
            // The error does not repeat the value, because it may be a key.
            problem: match value.as_deref().and_then(|value| nearest(value, choices.iter().map(|(word, _)| *word))) {
                Some(near) => format!("not one of {}; did you mean {near}?", words()),
                None => format!("not one of {}; write one of them", words()),
            },
        })
    }

    pub(super) fn milliseconds(&self, name: &'static str, default: u64) -> Result<Duration, SettingError> {
        let Some(value) = self.get(name) else {
            return Ok(Duration::from_millis(default));
        };
        match value.parse() {
            Ok(ms) if ms > 0 => Ok(Duration::from_millis(ms)),
            _ => Err(SettingError {
                name: name.into(),
                problem: format!("{value:?} is not a whole number of milliseconds above 0"),
            }),
        }
    }

    /// Reads the name of the journal table.
    pub(super) fn journal_table(&self) -> String {
        self.get("PRECALL_JOURNAL_TABLE").unwrap_or_else(|| "precall-journal".to_owned())
    }

    /// Reads the least severe level that is logged.
    pub(super) fn log_level(&self) -> Result<tracing::Level, SettingError> {
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
}
