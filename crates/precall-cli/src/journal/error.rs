//! The error of a store without a journal.

use std::error::Error;
use std::fmt;

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
