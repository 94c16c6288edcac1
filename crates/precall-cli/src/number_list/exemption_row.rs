//! The exemption of one row of a file: its number, its time and its proof.

use jiff::Timestamp;

/// The end of an exemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExemptionEnd {
    /// The first instant at which it does not count any more.
    At(Timestamp),
    /// None: it is stated that the exemption has no end.
    Never,
}

/// The exemption of one row, with the number as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExemptionRow {
    pub number: String,
    /// `None` if the row states no end.
    pub end: Option<ExemptionEnd>,
    /// The first instant at which it counts.
    pub start: Option<Timestamp>,
    pub proof: Option<String>,
}
