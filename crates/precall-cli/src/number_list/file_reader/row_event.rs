//! The events of reading a file row by row, with everything that is in it.

use super::format::FormatDescription;
use crate::failure::Failure;
use crate::number_list::entry::ListEntry;

/// The reason for which a row with several numbers is not read.
pub const SEVERAL: &str =
    "several numbers; a row has one decision, so name one column with --column, or write one number";

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
pub struct FileRow<'l> {
    /// The row as it is in the file.
    pub text: &'l str,
    /// Reads the entry in it, or returns the reason why it cannot be read.
    pub entry: &'l dyn Fn() -> Result<ListEntry, String>,
}

/// An event of reading a file. The form comes before the rows.
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

/// Refuses doubtful columns, because there is no person to ask.
///
/// # Errors
/// When they are doubtful.
pub fn refuse_doubt(format: &FormatDescription) -> Result<(), Failure> {
    format.doubt.as_ref().map_or(Ok(()), |doubt| Err(format!("{}; {doubt}", format.text).into()))
}

/// Returns the fields of a row as they are, without their quotes.
pub fn fields(text: &str, delimiter: Option<u8>) -> Vec<String> {
    let Some(delimiter) = delimiter.map(char::from) else { return vec![text.to_owned()] };
    if !text.contains('"') {
        return text.split(delimiter).map(str::to_owned).collect();
    }
    let mut fields = vec![String::new()];
    each_character(text, delimiter, &mut |character| match (character, fields.last_mut()) {
        (Some(character), Some(field)) => field.push(character),
        _ => fields.push(String::new()),
    });
    fields
}

/// Returns the number of fields in a row.
pub fn count_fields(text: &str, delimiter: Option<u8>) -> usize {
    let Some(delimiter) = delimiter else { return 1 };
    if !text.contains('"') {
        return text.bytes().filter(|byte| *byte == delimiter).count() + 1;
    }
    let mut count = 1;
    each_character(text, char::from(delimiter), &mut |character| count += usize::from(character.is_none()));
    count
}

/// Passes each character of the fields of a row, and `None` between two fields. It makes no state machine for each row, as a reader
/// of CSV does.
fn each_character(text: &str, delimiter: char, pass: &mut dyn FnMut(Option<char>)) {
    let mut characters = text.chars().peekable();
    let (mut is_quoted, mut is_start) = (false, true);
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.next_if_eq(&'"').is_some() => pass(Some('"')),
            '"' if is_quoted => is_quoted = false,
            '"' if is_start => is_quoted = true,
            other if other == delimiter && !is_quoted => {
                pass(None);
                is_start = true;
                continue;
            }
            other => pass(Some(other)),
        }
        is_start = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_those_of_a_reader_of_csv() {
        for text in ["a,b", "\"a,\"\"b\"\"\",c", ",,", "\"\",x", "a\"b,c", "\"a\nb\",\"\"", "x,\"y\"z,w", ""] {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let read = reader.records().next().and_then(Result::ok);
            let expected: Vec<String> =
                read.map_or_else(|| vec![String::new()], |row| row.iter().map(str::to_owned).collect());
            assert_eq!(fields(text, Some(b',')), expected, "{text}");
            assert_eq!(count_fields(text, Some(b',')), expected.len(), "{text}");
        }
    }
}
