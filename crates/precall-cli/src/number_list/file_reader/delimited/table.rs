//! The first lines of a text, as a table of fields.

use super::phone_names::is_phone_name;
use crate::failure::Failure;
use crate::number_list::entry_number::{entries_in, is_entry};
use crate::number_list::file_reader::words::plain;

/// Fewest digits of a text that may be a number, even a broken one.
pub const MIN_NUMBER_DIGITS: usize = 7;

/// Most characters of a value that a message shows.
const MAX_SHOWN: usize = 40;

/// The fields of the first lines of a text.
#[derive(Debug, Default)]
pub struct SampleTable {
    pub rows: Vec<Vec<String>>,
    /// True if the first row has the names of the columns.
    pub header: bool,
}

impl SampleTable {
    pub fn first_row(&self) -> &[String] {
        self.rows.first().map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns true if the first row can have the names of columns.
    pub fn may_have_names(&self) -> bool {
        is_header(self.first_row())
    }

    /// Returns the rows without the names.
    pub fn body(&self) -> &[Vec<String>] {
        self.rows.get(usize::from(self.header)..).unwrap_or_default()
    }

    /// Returns the rows after the first one, which may have the names; the first one if it is the only one.
    pub fn below_first(&self) -> &[Vec<String>] {
        self.rows.get(1..).filter(|body| !body.is_empty()).unwrap_or(&self.rows)
    }

    /// Returns the fields of a column, without its name.
    pub fn values(&self, index: usize) -> Vec<&str> {
        self.body().iter().map(|row| row.get(index).map(String::as_str).unwrap_or_default()).collect()
    }

    pub fn width(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or_default()
    }

    /// Returns the columns whose names match.
    pub fn columns_named(&self, is: impl Fn(&str) -> bool) -> Vec<usize> {
        self.first_row().iter().enumerate().filter(|(_, text)| is(text)).map(|(index, _)| index).collect()
    }

    /// Returns true if at least a share of the texts of a column, in percent, are entries of a list.
    pub fn has_numbers(&self, index: usize, share: usize) -> bool {
        let texts = self.below_first().iter().filter_map(|row| row.get(index)).filter(|text| !text.is_empty());
        let (entries, filled) = texts.fold((0, 0), |(entries, filled), text| {
            let is_number = entries_in(text).into_iter().all(is_entry);
            (entries + usize::from(is_number), filled + 1)
        });
        entries > 0 && entries * 100 >= filled * share
    }

    pub fn has_any_number(&self, index: usize) -> bool {
        self.rows.iter().any(|row| row.get(index).is_some_and(|text| is_entry(text)))
    }

    /// Returns a column's name for the operator.
    pub fn name(&self, index: usize) -> String {
        match self.first_row().get(index).filter(|_| self.header) {
            Some(name) => format!("{name:?}"),
            None => (index + 1).to_string(),
        }
    }

    /// Returns the first three values of a column, to recognise it by.
    pub fn examples(&self, index: usize) -> String {
        let filled = self.values(index).into_iter().filter(|text| !text.is_empty()).take(3);
        let shown: Vec<String> = filled.map(|text| text.chars().take(MAX_SHOWN).collect()).collect();
        if shown.is_empty() { "empty in the first lines".to_owned() } else { shown.join(", ") }
    }

    /// Returns the column with a name, or with a number from 1, and true if it was found by its name.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self, column: &str) -> Result<(usize, bool), Failure> {
        let names = self.first_row();
        if let Ok(nth @ 1..) = column.trim().parse::<usize>()
            && nth <= self.width()
        {
            return Ok((nth - 1, false));
        }
        let found = names.iter().position(|name| is_same_name(column, name));
        let found = found.ok_or_else(|| format!("no column {column:?}; there are: {}", names.join(", ")))?;
        Ok((found, true))
    }
}

/// Returns true if a column that the operator named has this name, however both are spelled.
pub fn is_same_name(column: &str, name: &str) -> bool {
    match plain(column).as_str() {
        "" => name.trim() == column.trim(),
        plain_column => plain(name) == plain_column,
    }
}

/// Returns true if a text can be a column's name. A text with digits is a broken number, which has to be reported.
pub fn is_name(text: &str) -> bool {
    is_phone_name(text)
        || text.chars().any(char::is_alphabetic) && !text.contains(|c: char| c.is_ascii_digit()) && !is_entry(text)
}

/// Returns true if a row can have the names of columns: no field may be a number, even a broken one.
pub fn is_header(row: &[String]) -> bool {
    row.iter().all(|text| digits(text) < MIN_NUMBER_DIGITS && !is_entry(text))
}

/// Returns the number of digits in a text.
pub fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// Returns true if a predicate is true of four in five.
pub fn most<T>(all: &[T], is: impl Fn(&T) -> bool) -> bool {
    let hits = all.iter().filter(|one| is(one)).count();
    hits > 0 && hits * 5 >= all.len() * 4
}

/// Returns names with commas and an "and".
pub fn joined(names: &[String]) -> String {
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    }
}
