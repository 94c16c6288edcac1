//! The layout of a text's lines, and the entries in them.

use super::codes::{with_area, with_country};
use super::marks::WatchedWords;
use crate::number_list::entry::ListEntry;
use crate::number_list::entry_number::is_entry;
use crate::number_list::file_reader::words::is_addition;

/// The columns of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnLayout {
    /// The delimiter; `None` if a line is a number.
    pub delimiter: Option<u8>,
    /// The lines of a title, above the names of the columns.
    pub titles: usize,
    /// True if the first line after a title has the names of the columns.
    pub header: bool,
    /// The column of the numbers.
    pub number: usize,
    /// The column of the area codes, if the numbers have none.
    pub area: Option<usize>,
    /// The column of the country codes.
    pub country: Option<usize>,
    /// The column that marks numbers as added or deleted.
    pub action: Option<usize>,
    /// The other columns, and the words in them that reject a line.
    pub watched: Vec<(usize, WatchedWords)>,
    /// True if a line that begins with `#` is a comment. It is not in a text where most lines do, such as one with
    /// numbers of tickets.
    pub comments: bool,
}

impl ColumnLayout {
    /// Returns true if a line is a comment.
    pub fn is_comment(&self, line: &str) -> bool {
        self.comments && line.trim_start().starts_with('#') && !self.has_entry(line)
    }

    /// Returns true if a line has a number in the column of the numbers.
    pub fn has_entry(&self, line: &str) -> bool {
        let number = match self.delimiter {
            Some(delimiter) => self.number_of(&split(line, delimiter)),
            None => Ok(line.to_owned()),
        };
        number.is_ok_and(|number| is_entry(&number))
    }

    /// Returns true if lines are one record, by their quotes.
    pub fn is_one_record(&self, lines: &str) -> bool {
        self.delimiter.is_some_and(|delimiter| csv_reader(lines, delimiter).records().count() == 1)
    }

    /// Returns the entry in a line.
    pub fn entry_of(&self, line: &str) -> Result<ListEntry, String> {
        if line.contains('\r') && !line.contains('"') {
            return Err("two lines in one, by a carriage return without a line feed".to_owned());
        }
        let Some(delimiter) = self.delimiter else {
            return Ok(ListEntry::Add(not_negative(without_formula(without_comment(line)))?));
        };
        let fields = split(line, delimiter);
        let number = not_negative(self.number_of(&fields)?)?;
        if let Some(action) = self.action {
            let mark = field(&fields, action)?;
            return match is_addition(mark) {
                Some(true) => Ok(ListEntry::Add(number)),
                Some(false) => Ok(ListEntry::Remove(number)),
                None => Err(format!("{mark:?} is neither added (A) nor deleted (D)")),
            };
        }
        for (index, words) in &self.watched {
            let text = fields.get(*index).map(String::as_str).unwrap_or_default();
            if words.has(text) {
                return Err(format!(
                    "{text:?} in column {} may mean that the number is not on the list; write --format changes if the \
                     column marks deletions, or --format csv if all numbers are to be on the list",
                    index + 1
                ));
            }
        }
        Ok(ListEntry::Add(number))
    }

    /// Returns the number in the fields of a line.
    fn number_of(&self, fields: &[String]) -> Result<String, String> {
        let mut number = field(fields, self.number)?.to_owned();
        if let Some(area) = self.area {
            number = with_area(field(fields, area)?, &number)?;
        }
        if let Some(code) = self.country.and_then(|country| fields.get(country)) {
            number = with_country(code, &number)?;
        }
        Ok(number)
    }
}

/// Returns a field that is not empty.
fn field(fields: &[String], index: usize) -> Result<&str, String> {
    let text = fields.get(index).map(|text| text.trim()).filter(|text| !text.is_empty());
    text.ok_or_else(|| format!("nothing in column {}", index + 1))
}

/// Refuses a number after a minus, which may mean that the number is deleted.
fn not_negative(number: String) -> Result<String, String> {
    if number.trim_start().starts_with('-') {
        return Err(
            "begins with a minus, which may mark a deletion; remove the minus, or write A or D in another column"
                .to_owned(),
        );
    }
    Ok(number)
}

/// Returns a text without the formula in which spreadsheet programs keep digits as a text: `="3155550101"`.
pub fn without_formula(text: &str) -> String {
    let text = text.trim();
    // As a quoted field of CSV.
    let unquoted = text.strip_prefix("\"=\"\"").and_then(|rest| rest.strip_suffix("\"\"\""));
    let formula = || text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    unquoted.or_else(formula).unwrap_or(text).to_owned()
}

/// Returns lines without the comments at their ends, if each is then a number alone, or a text without columns.
pub fn without_comments<'l>(lines: &[&'l str], delimiters: &[u8]) -> Option<Vec<&'l str>> {
    let lines = lines.iter().map(|line| Some(without_comment(line)).filter(|text| is_entry(text)).unwrap_or(line));
    let lines: Vec<&str> = lines.collect();
    let has_columns = lines.iter().any(|line| line.bytes().any(|byte| delimiters.contains(&byte)));
    (!has_columns).then_some(lines)
}

/// Returns a line without the comment at its end, which begins with a blank and `#`.
pub fn without_comment(line: &str) -> &str {
    let line = line.trim();
    let comment =
        line.match_indices('#').find(|(at, _)| line.get(..*at).is_some_and(|text| text.ends_with([' ', '\t'])));
    comment.and_then(|(at, _)| line.get(..at)).map_or(line, str::trim_end)
}

/// Returns the fields of a line.
pub fn split(line: &str, delimiter: u8) -> Vec<String> {
    if !line.contains('"') {
        return line.split(char::from(delimiter)).map(without_formula).collect();
    }
    let mut record = csv::StringRecord::new();
    match csv_reader(line, delimiter).read_record(&mut record) {
        Ok(true) => record.iter().map(without_formula).collect(),
        _ => Vec::new(),
    }
}

fn csv_reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes())
}
