//! The copy of an imported list that is in force.

use std::fmt;

use jiff::Timestamp;

use super::key::{Key, WILDCARD};

/// The beginning of the rule's name of a list notice.
pub(super) const NOTICE: &str = "list:";

/// Digits of a checksum that people see.
const SHOWN_CHECKSUM: usize = 12;

/// The copy of an imported list that is in force, from its list notice: a fact under `*` that an import writes.
///
/// ```
/// use precall::rule::{Entry, FactContent, parse};
///
/// let item = serde_json::json!({
///     "number": "*", "rule": "list:national-dnc", "list": "national-dnc", "copied": 1_795_132_800, "file": "full.zip",
///     "sha256": "0123456789ab0123456789ab0123456789ab0123456789ab0123456789abcdef", "numbers": 250_000_000,
/// });
/// let Entry::Fact(fact) = parse(&serde_json::from_value(item)?) else { panic!("a fact") };
/// let FactContent::List(copy) = fact.content else { panic!("a list") };
/// assert_eq!(copy.to_string(), "national-dnc copy of 2026-11-20 sha256 0123456789ab");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListCopy {
    /// The list's name, which is also the name of its rules.
    pub list: String,
    /// The time of the copy.
    pub copied: Timestamp,
    /// The SHA-256 of the file, 64 hex digits.
    pub sha256: String,
    /// The file's name.
    pub file: String,
    /// The time from which the copy must not be used any more.
    pub due: Option<Timestamp>,
    /// The entries of the list, as its imports counted them.
    pub numbers: u64,
}

impl ListCopy {
    /// Returns the key of the notice of a list.
    pub fn key_of(list: &str) -> Key {
        Key { number: WILDCARD.to_owned(), rule: format!("{NOTICE}{list}") }
    }

    /// Returns true if a newer copy is due at an instant. An overdue copy still blocks its numbers.
    pub fn is_overdue(&self, at: Timestamp) -> bool {
        self.due.is_some_and(|due| due <= at)
    }

    /// Returns the copy without the list's name, at an instant: `copy of 2026-11-20 sha256 0123456789ab (overdue)`.
    pub fn describe(&self, at: Timestamp) -> String {
        let overdue = if self.is_overdue(at) { " (overdue)" } else { "" };
        format!("copy of {} sha256 {}{overdue}", self.copied.strftime("%Y-%m-%d"), self.checksum())
    }

    /// Returns the first digits of the checksum.
    pub fn checksum(&self) -> &str {
        self.sha256.get(..SHOWN_CHECKSUM).unwrap_or(&self.sha256)
    }
}

/// `national-dnc copy of 2026-11-20 sha256 0123456789ab`
impl fmt::Display for ListCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.list, self.describe(Timestamp::MIN))
    }
}
