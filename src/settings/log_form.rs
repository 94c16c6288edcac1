//! The form of the log: the part of a number that it shows, and the keys of its lines.

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
