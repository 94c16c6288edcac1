//! The place of the rules that a command uses, in words.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use precall::rule::Key;

use crate::counts::counted;

/// The place of the rules that a command uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RulesLocation {
    /// A table of an embedded database.
    Database { file: PathBuf, table: String },
    /// A table of DynamoDB.
    Service { table: String, service: ServiceLocation },
    /// A table of an emulator, or of a running `precall serve`.
    Endpoint { url: String, table: String },
    /// Files.
    Files(Vec<PathBuf>),
    /// The rules of a place as they were at an instant; all of them, or only those of a call.
    /// The keys are of items that are not known as they were then.
    Past { of: Box<Self>, at: Timestamp, is_whole: bool, unknown: Vec<Key> },
    /// No table and no file: an empty table in memory.
    Nowhere,
}

impl RulesLocation {
    /// Returns the keys of the items that are not known as they were at the instant of the rules.
    pub fn unknown(&self) -> &[Key] {
        if let Self::Past { unknown, .. } = self { unknown } else { &[] }
    }
}

/// The part of AWS that a command uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceLocation {
    pub region: String,
    /// The endpoint, if it is not the region's own.
    pub endpoint: Option<String>,
    /// The profile of ~/.aws/config, if one was named.
    pub profile: Option<String>,
    /// The account, if the credentials name it.
    pub account: Option<String>,
}

/// `table precall-rules of .precall/rules.db`
impl fmt::Display for RulesLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database { file, table } => write!(f, "table {table} of {}", file.display()),
            Self::Service { table, service } => write!(f, "table {table} in {service}"),
            Self::Endpoint { url, table } => write!(f, "table {table} at {url}"),
            Self::Files(files) => {
                let names: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
                f.write_str(&names.join(" and "))
            }
            Self::Past { of, at, is_whole, unknown } => {
                write!(f, "{of} as of {at}")?;
                match unknown.len() {
                    0 => {}
                    count => write!(
                        f,
                        ", but for {} whose content then is not known",
                        counted(u64::try_from(count).unwrap_or(u64::MAX), "rule")
                    )?,
                }
                if *is_whole { Ok(()) } else { f.write_str(" (only those of the call were read)") }
            }
            Self::Nowhere => f.write_str("no table"),
        }
    }
}

/// `eu-west-1 (profile prod, account 123456789012)`
impl fmt::Display for ServiceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.region)?;
        let parts = [("profile", &self.profile), ("account", &self.account), ("endpoint", &self.endpoint)];
        let parts: Vec<String> =
            parts.iter().filter_map(|(name, value)| Some(format!("{name} {}", value.as_ref()?))).collect();
        if parts.is_empty() { Ok(()) } else { write!(f, " ({})", parts.join(", ")) }
    }
}
