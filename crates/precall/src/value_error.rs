//! The error of a value that cannot be read.

use std::error::Error;
use std::fmt;

/// The error of a text in a rule that cannot be read: what is wrong, and what to write instead.
///
/// ```
/// let error = precall::rule::Weekdays::parse(["Mon-Noon"]).unwrap_err();
/// assert_eq!(error.to_string(), "\"Mon-Noon\" is not a day or a range of days; write Mon-Fri or Sat,Sun");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError(String);

impl From<String> for ValueError {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for ValueError {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for ValueError {}
