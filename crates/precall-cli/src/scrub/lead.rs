//! The lines of a file of leads.

use precall::Number;

/// A line of a file of leads.
#[derive(Debug)]
pub enum LeadLine {
    /// A line that is no lead: a title, a comment or a blank line.
    Other(String),
    /// The names of the columns.
    Header(String),
    Lead(Lead),
}

/// A row with the number of a possible callee.
#[derive(Debug)]
pub struct Lead {
    /// The row as it is in the file.
    pub text: String,
    /// The callee, or the reason for which it cannot be read.
    pub to: Result<Number, String>,
    /// The caller; `None` if withheld.
    pub from: Option<Number>,
}
