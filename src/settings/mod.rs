//! All settings, which are read once from the environment and validated, and the time budget.

mod environment;
mod error;
mod hook_settings;
mod journal_settings;
mod log_form;
mod names;
mod secret;
mod time_limits;
mod tls_roots;
mod unknown_decision;

pub use error::SettingError;
pub use hook_settings::{Auth, Settings};
pub use journal_settings::JournalSettings;
pub use log_form::{LogKeys, LogNumbers};
pub use names::check_environment;
pub use secret::Secret;
pub use time_limits::{CacheAges, TimeBudget};
pub use tls_roots::TlsRoots;
pub use unknown_decision::OnError;
