//! One finding.

use precall::rule::Key;

/// The severity of a finding, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingLevel {
    /// The rule does not work, or does harm.
    Error,
    /// The rule probably has another effect than its author intends.
    Warning,
    /// The rule has an effect that its author should be aware of.
    Note,
}

impl FindingLevel {
    /// Returns the level as JSON and people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One finding about one item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleFinding {
    /// The severity.
    pub level: FindingLevel,
    /// The key of the item.
    pub key: Key,
    /// The fault.
    pub what: String,
    /// The remedy; empty if `what` names it.
    pub repair: String,
}

impl RuleFinding {
    /// A finding about the item with this key.
    pub fn new(level: FindingLevel, key: &Key, what: impl Into<String>, repair: impl Into<String>) -> Self {
        Self { level, key: key.clone(), what: what.into(), repair: repair.into() }
    }

    /// Returns the fault with its remedy.
    pub fn text(&self) -> String {
        if self.repair.is_empty() { self.what.clone() } else { format!("{}; {}", self.what, self.repair) }
    }
}
