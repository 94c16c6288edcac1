//! The settings of the function that keeps the journal.

use jiff::SignedDuration;

use super::environment::Environment;
use super::error::SettingError;
use super::names::check_environment;
use super::tls_roots::TlsRoots;

/// The days for which the journal keeps a change: five years, for which 16 CFR 310.5 requires records.
const DEFAULT_JOURNAL_DAYS: u16 = 1827;

/// The greatest number of these days: a hundred years.
const MAX_JOURNAL_DAYS: u16 = 36_525;

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
            days: days(&env)?,
            tls_roots: TlsRoots::read(&env)?,
            log_level: env.log_level()?,
        })
    }

    /// Returns the time for which a change is kept.
    pub fn retention(&self) -> SignedDuration {
        retention(self.days)
    }
}

/// Returns a number of days as a time.
pub(super) fn retention(days: u16) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(days))
}

/// Reads the days for which the journal keeps a change.
///
/// # Errors
/// When the setting is not a number of days.
pub(super) fn days(env: &Environment) -> Result<u16, SettingError> {
    const NAME: &str = "PRECALL_JOURNAL_DAYS";
    let Some(value) = env.get(NAME) else { return Ok(DEFAULT_JOURNAL_DAYS) };
    let days = value.parse().ok().filter(|days| (1..=MAX_JOURNAL_DAYS).contains(days));
    days.ok_or_else(|| SettingError {
        name: NAME.into(),
        problem: format!("{value:?} is not a whole number of days from 1 to {MAX_JOURNAL_DAYS}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
