//! The layout of a text's lines, and the entries in them.

use crate::number_list::entry::ListEntry;
use crate::number_list::entry_number::is_entry;
use crate::number_list::file_reader::words::is_addition;

/// The columns of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnLayout {
    /// The delimiter; `None` if a line is a number.
    pub delimiter: Option<u8>,
    /// True if the first line has the names of the columns.
    pub header: bool,
    /// The column of the numbers.
    pub number: usize,
    /// The column of the area codes, if the numbers have none.
    pub area: Option<usize>,
    /// The column of the country codes.
    pub country: Option<usize>,
    /// The column that marks numbers as added or deleted.
    pub action: Option<usize>,
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
        matches!(self.entry_of(line), Ok(ListEntry::Add(text) | ListEntry::Remove(text)) if is_entry(&text))
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
        let Some(delimiter) = self.delimiter else { return Ok(ListEntry::Add(line.trim().to_owned())) };
        let fields = split(line, delimiter);
        let field = |index: usize| {
            let text = fields.get(index).map(|text| text.trim()).filter(|text| !text.is_empty());
            text.ok_or_else(|| format!("nothing in column {}", index + 1))
        };
        let mut number = field(self.number)?.to_owned();
        if let Some(area) = self.area {
            number = format!("{}{number}", field(area)?);
        }
        if let Some(code) = self.country.and_then(|country| fields.get(country)) {
            number = with_country(code, number);
        }
        match self.action {
            None => Ok(ListEntry::Add(number)),
            Some(action) => match is_addition(field(action)?) {
                Some(true) => Ok(ListEntry::Add(number)),
                Some(false) => Ok(ListEntry::Remove(number)),
                None => Err(format!("{:?} is neither added (A) nor deleted (D)", field(action)?)),
            },
        }
    }
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
        return line.split(char::from(delimiter)).map(|field| field.trim().to_owned()).collect();
    }
    let mut record = csv::StringRecord::new();
    match csv_reader(line, delimiter).read_record(&mut record) {
        Ok(true) => record.iter().map(str::to_owned).collect(),
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
