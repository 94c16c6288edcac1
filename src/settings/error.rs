//! The error of a setting.

use std::borrow::Cow;
use std::fmt;

/// The error of a setting that cannot be used: its name, the mistake and the correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    pub(super) name: Cow<'static, str>,
    pub(super) problem: String,
}

impl std::error::Error for SettingError {}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.problem)
    }
}
