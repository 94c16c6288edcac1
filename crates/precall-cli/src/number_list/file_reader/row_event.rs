//! The events of reading a file row by row, with everything that is in it.

use crate::failure::Failure;
use crate::number_list::entry::ListEntry;

/// The form of a file's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowForm {
    /// The delimiter; `None` if a row is not divided into columns.
    pub delimiter: Option<u8>,
    /// True if a line ends with a carriage return and a line feed.
    pub has_returns: bool,
    /// The detected format, for the operator.
    pub text: String,
}

/// A row with a number, or with a text that should be one.
#[derive(Debug)]
pub struct FileRow<'l> {
    /// The row as it is in the file.
    pub text: &'l str,
    /// The entry in it, or the reason why it cannot be read.
    pub entry: Result<ListEntry, String>,
}

/// An event of reading a file. The form comes before the rows.
#[derive(Debug)]
pub enum RowEvent<'l> {
    Form(RowForm),
    /// A line that is no row: a title, a comment or a blank line.
    Other(&'l str),
    /// The names of the columns.
    Header(&'l str),
    Row(FileRow<'l>),
}

/// The caller's function for the events.
pub type RowHandler<'e> = dyn FnMut(RowEvent<'_>) -> Result<(), Failure> + 'e;

/// Returns the fields of a row as they are, without their quotes.
pub fn fields(text: &str, delimiter: Option<u8>) -> Vec<String> {
    let Some(delimiter) = delimiter else { return vec![text.to_owned()] };
    if !text.contains('"') {
        return text.split(char::from(delimiter)).map(str::to_owned).collect();
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => record.iter().map(str::to_owned).collect(),
        _ => vec![text.to_owned()],
    }
}
