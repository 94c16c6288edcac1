//! The formats of a list's file.

use crate::number_list::row_date::DateOrder;

/// How a file is to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormatOptions {
    pub format: FileFormat,
    /// A column's name, or its number from 1.
    pub column: Option<String>,
    /// The columns of exemptions; `None` for a list of rules.
    pub exemptions: Option<ExemptionColumns>,
}

/// The columns of exemptions, each by its name or its number from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExemptionColumns {
    pub expires: Option<String>,
    pub starts: Option<String>,
    pub proof: Option<String>,
    /// The order of the numbers in their dates.
    pub order: Option<DateOrder>,
}

/// The formats of a file. Their names are part of an import's options in the table, so they do not change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FileFormat {
    /// Detect the format from the contents.
    #[default]
    Auto,
    /// One number per line.
    Numbers,
    /// Columns, with a header or without.
    Csv,
    /// Columns, one of which marks numbers as added (A) or deleted (D).
    Changes,
    /// An array, JSON Lines, or an export of DynamoDB.
    Json,
    /// The registry's XML.
    Xml,
}

/// The detected format of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatDescription {
    /// The text for the operator.
    pub text: String,
    /// True if it is a list of changes.
    pub is_changes: bool,
}

impl FormatDescription {
    /// Returns the description of a format that is not a list of changes.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), is_changes: false }
    }
}
