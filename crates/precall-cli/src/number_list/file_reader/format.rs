//! The formats of a list's file.

use jiff::Timestamp;

use super::words::plain;
use crate::number_list::row_date::DateOrder;

/// How a file is to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormatOptions {
    pub format: FileFormat,
    /// The columns of the numbers: their names, or their numbers from 1, with commas between them.
    pub column: Option<String>,
    /// True if all columns with telephone numbers are read.
    pub all_phone_columns: bool,
    /// True if a line is to have only one number, as one of a lead.
    pub one_number: bool,
    /// The column of the countries; `none` if no column is one.
    pub country_column: Option<String>,
    /// The lines that are read, if not all.
    pub only: Vec<OnlyRows>,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The columns of exemptions; `None` for a list of rules.
    pub exemptions: Option<ExemptionColumns>,
    /// The columns of holders; `None` for other lists.
    pub holders: Option<HolderColumns>,
}

/// The columns of holders, each by its name or its number from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderColumns {
    pub state: String,
    pub offset: Option<String>,
    /// The instant of the copy, at which the offsets were true.
    pub copied: Timestamp,
}

/// The columns of exemptions, each by its name or its number from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExemptionColumns {
    pub expires: Option<String>,
    pub starts: Option<String>,
    pub proof: Option<String>,
    /// The order of the numbers in their dates.
    pub order: Option<DateOrder>,
    /// True if other columns may have dates.
    pub ignores_dates: bool,
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

/// A condition for the lines that are read: a column has one of some texts, or none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlyRows {
    /// The column's name, or its number from 1.
    pub column: String,
    texts: Vec<String>,
    is_negated: bool,
    /// The argument.
    written: String,
}

impl OnlyRows {
    /// Returns true if a line with this text in the column is read.
    pub fn has(&self, text: &str) -> bool {
        let text = comparable(text);
        self.texts.contains(&text) != self.is_negated
    }

    /// Returns the argument.
    pub fn written(&self) -> &str {
        &self.written
    }
}

/// Reads the condition `COLUMN=TEXT,TEXT` or `COLUMN!=TEXT,TEXT`.
///
/// # Errors
/// There is no `=`, or nothing before it.
pub fn only_rows(text: &str) -> Result<OnlyRows, String> {
    let wrong = || "write COLUMN=TEXT, COLUMN=TEXT,TEXT or COLUMN!=TEXT, such as status=unsubscribed".to_owned();
    let (column, texts) = text.split_once('=').ok_or_else(wrong)?;
    let (column, is_negated) = column.strip_suffix('!').map_or((column, false), |column| (column, true));
    if column.trim().is_empty() {
        return Err(wrong());
    }
    let texts = texts.split(',').map(comparable).collect();
    Ok(OnlyRows { column: column.trim().to_owned(), texts, is_negated, written: text.to_owned() })
}

/// Returns a text in the spelling in which texts of a column are compared: without capital letters, blanks and signs.
fn comparable(text: &str) -> String {
    let plain = plain(text);
    if plain.is_empty() { text.trim().to_lowercase() } else { plain }
}

/// The detected format of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormatDescription {
    /// The text for the operator.
    pub text: String,
    /// True if it is a list of changes.
    pub is_changes: bool,
    /// The line with the names of the columns.
    pub header: Option<String>,
    /// The first lines, and the numbers in them.
    pub samples: Vec<SampleRow>,
    /// The reason for which a person is to look at the samples, if there is one, and the option that removes the doubt.
    pub doubt: Option<String>,
    /// The columns of a file with consents, by what is read in them.
    pub consent_columns: Vec<(&'static str, Vec<String>)>,
}

/// A line of a file, and its reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleRow {
    pub line: String,
    /// The numbers in it, or the reason for which it is rejected.
    pub read: String,
}

impl FormatDescription {
    /// Returns the description of a format that is not a list of changes.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }
}
