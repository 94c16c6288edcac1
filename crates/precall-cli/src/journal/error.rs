//! The errors of a past that is not known: there is no journal, or it does not have the rules of an instant.

use std::error::Error;
use std::fmt;

use jiff::Timestamp;
use precall::rule::Key;

use crate::dynamodb::location::RulesLocation;

/// The error of a store that has no journal table.
#[derive(Debug)]
pub struct NoJournal {
    /// The name of the missing table.
    pub table: String,
    /// The rules that have no journal.
    pub rules: RulesLocation,
}

impl fmt::Display for NoJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, rules } = self;
        write!(
            f,
            "there is no journal table {table} (PRECALL_JOURNAL_TABLE) for {rules}, so the past of these rules is not known; "
        )?;
        match rules {
            RulesLocation::Service { .. } => {
                f.write_str("name the stack's journal table, or deploy the stack with a journal, which then begins")
            }
            RulesLocation::Database { .. } => {
                f.write_str("name the journal table of this database, or change a rule with this version of precall, which begins a journal")
            }
            RulesLocation::Endpoint { .. } => f.write_str("name a journal table of that server"),
            RulesLocation::Files(_) | RulesLocation::Nowhere | RulesLocation::Past { .. } => {
                f.write_str("name a stored table, because only such a table has a journal")
            }
        }
    }
}

impl Error for NoJournal {}

/// The error of rules that are not known as they were at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPast {
    /// The instant.
    pub at: Timestamp,
    /// The rules of today.
    pub rules: RulesLocation,
    /// The reason.
    pub reason: UnknownPastReason,
}

/// The reason for which the rules of an instant are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnknownPastReason {
    /// The instant is before the journal begins.
    BeforeJournal { journal: String, begins: Timestamp },
    /// The journal does not have these rules as they were.
    MissingRules(Vec<Key>),
}

impl UnknownPast {
    /// Returns the first instant whose rules are known, if the instant is before it.
    pub fn begins(&self) -> Option<Timestamp> {
        match self.reason {
            UnknownPastReason::BeforeJournal { begins, .. } => Some(begins),
            UnknownPastReason::MissingRules(_) => None,
        }
    }
}

impl fmt::Display for UnknownPast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, rules, reason } = self;
        write!(f, "the rules of {at} are not known: ")?;
        match reason {
            UnknownPastReason::BeforeJournal { journal, begins } => write!(
                f,
                "the journal {journal} of {rules} begins at {begins}, and so does the time whose rules are known; write that \
                 instant or a later one"
            ),
            UnknownPastReason::MissingRules(keys) => {
                let names: Vec<String> =
                    keys.iter().map(|Key { number, rule }| format!("`{rule}` under {number}")).collect();
                write!(
                    f,
                    "the journal of {rules} does not have {} as it was at that time; `precall history --number NUMBER` shows its changes",
                    names.join(", ")
                )
            }
        }
    }
}

impl Error for UnknownPast {}
