//! The layout of a text's lines, and the entries in them.

use std::borrow::Cow;

use super::comments::{begins_comment, without_comment};
use super::country_column::CountryColumn;
use super::fields::{split, without_formula};
use super::marks::WatchedWords;
use super::number_source::NumberSource;
use crate::number_list::entry::ListEntry;
use crate::number_list::entry_number::{entries_in, is_entry};
use crate::number_list::file_reader::format::OnlyRows;
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
    /// The columns of the numbers, in their order.
    pub sources: Vec<NumberSource>,
    /// The column of the countries.
    pub country: Option<CountryColumn>,
    /// The column that marks numbers as added or deleted.
    pub action: Option<usize>,
    /// The other columns, and the words in them that reject a line.
    pub watched: Vec<(usize, WatchedWords)>,
    /// The lines that are read, if not all.
    pub only: Vec<(usize, OnlyRows)>,
    /// True if a line that begins with a sign of a comment is one. It is not in a text where most lines do, such as one
    /// with numbers of tickets.
    pub comments: bool,
}

/// The reading of a line.
#[derive(Debug, PartialEq)]
pub enum LineReading {
    /// The operator left it out.
    LeftOut,
    One(Result<ListEntry, String>),
    Several(Vec<Result<ListEntry, String>>),
}

impl ColumnLayout {
    /// Returns true if a line is a comment.
    pub fn is_comment(&self, line: &str) -> bool {
        let line = line.trim_start();
        let is_number = || (self.delimiter.is_some() || line.starts_with('#')) && self.has_entry(line);
        self.comments && begins_comment(line) && !is_number()
    }

    /// Returns true if a line has a number in a column of numbers.
    pub fn has_entry(&self, line: &str) -> bool {
        let is_number = |number: &str| entries_in(number).into_iter().all(is_entry);
        let Some(delimiter) = self.delimiter else { return is_number(line) };
        let fields = split(line, delimiter);
        self.sources.iter().any(|source| {
            let Ok(Some(number)) = source.number_in(&fields) else { return false };
            self.in_country(&fields, &number).is_ok_and(|number| is_number(&number))
        })
    }

    /// Returns true if lines are one record, by their quotes.
    pub fn is_one_record(&self, lines: &str) -> bool {
        let Some(delimiter) = self.delimiter else { return false };
        let mut reader = csv::ReaderBuilder::new();
        reader.has_headers(false).flexible(true).delimiter(delimiter);
        reader.from_reader(lines.as_bytes()).records().count() == 1
    }

    /// Returns the entries in a line.
    pub fn read(&self, line: &str) -> LineReading {
        if line.contains('\r') && !line.contains('"') {
            let reason = "two lines in one, by a carriage return without a line feed";
            return LineReading::One(Err(reason.to_owned()));
        }
        let Some(delimiter) = self.delimiter else {
            let number = without_formula(Cow::Borrowed(without_comment(line)));
            return one_or_several(&number, &|number| Ok(ListEntry::Add(not_negative(number)?.to_owned())));
        };
        let fields = split(line, delimiter);
        let text = |index: usize| fields.get(index).map(AsRef::as_ref).unwrap_or_default();
        if self.only.iter().any(|(index, only)| !only.has(text(*index))) {
            return LineReading::LeftOut;
        }
        let (adds, found) = match self.change_of(&fields) {
            Ok(adds) => (adds, self.numbers_of(&fields)),
            Err(reason) => return LineReading::One(Err(reason)),
        };
        let entry = |number: &str| {
            let number = self.in_country(&fields, not_negative(number)?)?.into_owned();
            Ok(if adds { ListEntry::Add(number) } else { ListEntry::Remove(number) })
        };
        match found {
            FoundNumbers::One(Ok(number)) => one_or_several(&number, &entry),
            FoundNumbers::One(Err(reason)) => LineReading::One(Err(reason)),
            FoundNumbers::Several(numbers) => {
                let read = numbers.into_iter().flat_map(|number| match number {
                    Ok(number) => entries_in(&number).into_iter().map(entry).collect(),
                    Err(reason) => vec![Err(reason)],
                });
                LineReading::Several(read.collect())
            }
        }
    }

    /// Returns true if the numbers of a line are added, and false if they are deleted.
    fn change_of(&self, fields: &[Cow<'_, str>]) -> Result<bool, String> {
        let text = |index: usize| fields.get(index).map(|text| text.trim()).unwrap_or_default();
        if let Some(action) = self.action {
            return match text(action) {
                "" => Err(format!("nothing in column {}", action + 1)),
                mark => is_addition(mark).ok_or_else(|| format!("{mark:?} is neither added (A) nor deleted (D)")),
            };
        }
        for (index, words) in &self.watched {
            let text = text(*index);
            if words.has(text) {
                return Err(format!("{text:?} in column {} {}", index + 1, words.advice()));
            }
        }
        Ok(true)
    }

    fn numbers_of<'f>(&self, fields: &'f [Cow<'_, str>]) -> FoundNumbers<'f> {
        let nothing = || {
            let columns: Vec<String> =
                self.sources.iter().map(|source| (source.last_column() + 1).to_string()).collect();
            format!("nothing in column {}", columns.join(" and "))
        };
        if let [only] = self.sources.as_slice() {
            return FoundNumbers::One(only.number_in(fields).and_then(|number| number.ok_or_else(nothing)));
        }
        let numbers: Vec<_> = self.sources.iter().filter_map(|source| source.number_in(fields).transpose()).collect();
        if numbers.is_empty() { FoundNumbers::One(Err(nothing())) } else { FoundNumbers::Several(numbers) }
    }

    /// Returns a number with the country of its line.
    fn in_country<'n>(&self, fields: &[Cow<'_, str>], number: &'n str) -> Result<Cow<'n, str>, String> {
        match self.country {
            Some(column) => {
                let country = fields.get(column.index).map(AsRef::as_ref).unwrap_or_default();
                column.number_in(country, number)
            }
            None => Ok(Cow::Borrowed(number)),
        }
    }
}

/// The texts of the numbers of a line.
enum FoundNumbers<'f> {
    One(Result<Cow<'f, str>, String>),
    Several(Vec<Result<Cow<'f, str>, String>>),
}

/// Returns the entry of a cell, or the entries of one with several whole numbers.
fn one_or_several(number: &str, entry: &dyn Fn(&str) -> Result<ListEntry, String>) -> LineReading {
    match entries_in(number).as_slice() {
        [only] => LineReading::One(entry(only)),
        several => LineReading::Several(several.iter().map(|number| entry(number)).collect()),
    }
}

/// Refuses a number after a minus, which may mean that the number is deleted.
fn not_negative(number: &str) -> Result<&str, String> {
    if number.trim_start().starts_with('-') {
        return Err(
            "begins with a minus, which may mark a deletion; remove the minus, or write A or D in another column"
                .to_owned(),
        );
    }
    Ok(number)
}
