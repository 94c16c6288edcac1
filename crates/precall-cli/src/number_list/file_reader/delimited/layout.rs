//! The layout of a text's lines, and the entries in them.

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
    /// True if a line that begins with `#` is a comment. It is not in a text where most lines do, such as one with numbers
    /// of tickets.
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
        let Some(delimiter) = self.delimiter else { return Ok(ListEntry::Add(not_negative(without_formula(line))?)) };
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
                    "{text:?} in column {} may mean that the number is not on the list; write --format changes if the column \
                     marks deletions, or --format csv if all numbers are to be on the list",
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
            number = format!("{}{number}", field(fields, area)?);
        }
        if let Some(code) = self.country.and_then(|country| fields.get(country)) {
            number = with_country(code, number);
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

/// Returns a number with the country code of another column, unless it has one.
fn with_country(code: &str, number: String) -> String {
    let code = code.trim().trim_start_matches(['+', '0']);
    let is_code = (1..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    // A number with country code 1 can be read without it.
    if !is_code || code == "1" || number.starts_with(['+', '\'']) || number.starts_with("00") {
        return number;
    }
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let is_whole = digits > 10 && number.starts_with(code);
    if is_whole { number } else { format!("+{code} {number}") }
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
