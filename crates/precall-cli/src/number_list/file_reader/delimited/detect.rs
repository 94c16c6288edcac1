//! Detects the layout of a text by its first lines.

use super::layout::{ColumnLayout, split, without_comments};
use super::lines::joined_by_quotes;
use crate::failure::Failure;
use crate::number_list::entry_number::is_entry;
use crate::number_list::file_reader::format::{FileFormat, FormatDescription};
use crate::number_list::file_reader::words::{is_addition, plain};

const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];

/// Names of a column of numbers, in lower-case letters and digits.
const NUMBER_NAMES: [&str; 22] = [
    "ani",
    "callee",
    "cell",
    "cellphone",
    "contactnumber",
    "dnis",
    "e164",
    "homephone",
    "mobile",
    "mobilenumber",
    "mobilephone",
    "msisdn",
    "number",
    "phone",
    "phone1",
    "phonenumber",
    "primaryphone",
    "tel",
    "telephone",
    "telephonenumber",
    "to",
    "tonumber",
];

/// Names of a column of country codes. `VICIdial` has one beside its numbers.
const COUNTRY_NAMES: [&str; 4] = ["callingcode", "countrycode", "dialcode", "phonecode"];

/// Fewest digits of a text that may be a number, even a broken one.
const MIN_NUMBER_DIGITS: usize = 7;

/// Names of a column that marks numbers as added or deleted.
const ACTION_NAMES: [&str; 6] = ["action", "adddelete", "change", "changetype", "operation", "recordtype"];

/// Returns the layout of a text, and its description for the operator.
///
/// # Errors
/// When no column, or more than one, may be the column of the numbers.
pub fn detect(
    sample: &[String],
    format: FileFormat,
    column: Option<&str>,
) -> Result<(ColumnLayout, FormatDescription), Failure> {
    let sample = joined_by_quotes(sample);
    let mut sample: Vec<&str> = sample.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    let comments = !most(&sample, |line| line.starts_with('#'));
    sample.retain(|line| !(comments && line.starts_with('#')));
    sample = without_comments(&sample, &DELIMITERS).unwrap_or(sample);
    let delimiter = match format {
        FileFormat::Numbers => None,
        _ => delimiter(&sample),
    };
    let Some(delimiter) = delimiter else { return number_lines(&sample, format, column, comments) };
    let rows = sample.iter().map(|line| split(line, delimiter)).collect();
    let layout = ColumnLayout { delimiter: Some(delimiter), comments, ..ColumnLayout::default() };
    let mut detector = Detector { rows, format, layout };
    match column {
        Some(column) => detector.use_column(column)?,
        None => detector.find_columns()?,
    }
    let description = FormatDescription { text: detector.described(), is_changes: detector.layout.action.is_some() };
    Ok((detector.layout, description))
}

/// Returns the layout of a text with one number a line.
fn number_lines(
    sample: &[&str],
    format: FileFormat,
    column: Option<&str>,
    comments: bool,
) -> Result<(ColumnLayout, FormatDescription), Failure> {
    if format == FileFormat::Changes {
        return Err(
            "no columns; a list of changes has a column that marks each number as added (A) or deleted (D)".into()
        );
    }
    let first = sample.first().map(|first| first.trim_matches('"'));
    let name = first.filter(|first| is_name(first));
    if let Some(column) = column.filter(|column| !is_only_column(column, name)) {
        let there = name.map_or_else(|| "one column without a name".to_owned(), |name| format!("only {name:?}"));
        return Err(format!("no column {column:?}; there is {there}").into());
    }
    let text = match name {
        Some(name) => format!("one number a line, below {name:?}"),
        None => "one number a line".to_owned(),
    };
    let layout = ColumnLayout { header: name.is_some(), comments, ..ColumnLayout::default() };
    Ok((layout, FormatDescription::new(&text)))
}

/// Returns true if a column that the operator named is the only one of a text.
fn is_only_column(column: &str, name: Option<&str>) -> bool {
    column.trim() == "1" || name.is_some_and(|name| is_same_name(column, name))
}

/// Returns true if a column that the operator named has this name, however both are spelled.
fn is_same_name(column: &str, name: &str) -> bool {
    match plain(column).as_str() {
        "" => name.trim() == column.trim(),
        plain_column => plain(name) == plain_column,
    }
}

/// Detects the columns of a text that has some.
struct Detector {
    /// The fields of the first lines.
    rows: Vec<Vec<String>>,
    format: FileFormat,
    layout: ColumnLayout,
}

impl Detector {
    fn first_row(&self) -> &[String] {
        self.rows.first().map(Vec::as_slice).unwrap_or_default()
    }

    /// Uses the column that the operator named.
    fn use_column(&mut self, column: &str) -> Result<(), Failure> {
        let names = self.first_row();
        (self.layout.number, self.layout.header) = match column.trim().parse::<usize>() {
            Ok(nth @ 1..) => (nth - 1, names.get(nth - 1).is_some_and(|name| is_name(name)) && is_header(names)),
            _ => match names.iter().position(|name| is_same_name(column, name)) {
                Some(index) => (index, true),
                None => return Err(format!("no column {column:?}; there are: {}", names.join(", ")).into()),
            },
        };
        self.layout.country = self.country_column();
        if self.format == FileFormat::Changes {
            self.layout.action = Some(self.action_column()?);
        }
        Ok(())
    }

    fn find_columns(&mut self) -> Result<(), Failure> {
        if most(&self.rows, |row| is_registry_row(row)) {
            (self.layout.area, self.layout.number) = (Some(0), 1);
            // A broken number is not a header.
            self.layout.header = self.first_row().get(1).is_some_and(|text| is_name(text));
        } else {
            self.find_number_column()?;
            self.layout.country = self.country_column();
        }
        self.layout.action = self.find_action_column()?;
        Ok(())
    }

    fn find_number_column(&mut self) -> Result<(), Failure> {
        let first = self.first_row();
        let is_number_name = |name: &str| is_header(first) && NUMBER_NAMES.contains(&plain(name).as_str());
        let named = columns(first, is_number_name);
        let is_named = !named.is_empty();
        let candidates = if is_named { named } else { self.columns_of_numbers() };
        let number = match candidates.as_slice() {
            [only] => *only,
            [] => return Err("no column looks like telephone numbers; name one with --column".into()),
            several => {
                let names: Vec<String> = several
                    .iter()
                    .map(|index| match first.get(*index).filter(|_| is_named) {
                        Some(name) => format!("{name:?}"),
                        None => (index + 1).to_string(),
                    })
                    .collect();
                let names = names.join(" and ");
                return Err(format!("columns {names} look like telephone numbers; choose one with --column").into());
            }
        };
        let header = is_named || is_header(first) && first.get(number).is_some_and(|text| is_name(text));
        (self.layout.number, self.layout.header) = (number, header);
        Ok(())
    }

    /// Returns the columns most of whose fields are entries of a list.
    fn columns_of_numbers(&self) -> Vec<usize> {
        let width = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let body = self.rows.get(1..).filter(|body| !body.is_empty()).unwrap_or(&self.rows);
        let has_entry =
            |index: usize| most(body, |row: &Vec<String>| row.get(index).is_some_and(|text| is_entry(text)));
        (0..width).filter(|index| has_entry(*index)).collect()
    }

    fn country_column(&self) -> Option<usize> {
        let named = columns(self.first_row(), |name| COUNTRY_NAMES.contains(&plain(name).as_str()));
        named.first().copied().filter(|_| self.layout.header)
    }

    /// Returns the column that marks numbers as added or deleted, if there is one.
    fn find_action_column(&self) -> Result<Option<usize>, Failure> {
        let first = self.first_row();
        let named = columns(first, |name| ACTION_NAMES.contains(&plain(name).as_str()));
        Ok(match (self.format, named.as_slice()) {
            (FileFormat::Changes, _) => Some(self.action_column()?),
            (FileFormat::Csv, _) => None,
            // A line with another word is rejected: it must not be an addition.
            (_, [only]) if self.layout.header => self.has_mostly_actions(*only).then_some(*only),
            // Without a header: only in a file with nothing but numbers, actions and perhaps a date.
            _ if !self.layout.header && first.len() <= self.layout.number + 3 => self.action_column_of_bare_file()?,
            _ => None,
        })
    }

    /// Returns the column of the actions of a file without a header, if its other columns have no letters.
    fn action_column_of_bare_file(&self) -> Result<Option<usize>, Failure> {
        let Ok(action) = self.action_column() else { return self.refuse_other_marks().map(|()| None) };
        let has_words = |row: &Vec<String>| {
            row.iter().enumerate().any(|(index, text)| index != action && text.chars().any(char::is_alphabetic))
        };
        if self.rows.iter().any(has_words) {
            return Ok(None);
        }
        if self.rows.iter().any(|row| row.get(action).and_then(|text| is_addition(text)) == Some(true)) {
            return Ok(Some(action));
        }
        Err(format!(
            "column {} may mark each of these numbers as deleted; write --format changes if they are to leave the list, \
             and --format csv if they are to be on it",
            action + 1
        )
        .into())
    }

    /// Refuses a file without a header in which a column marks most numbers, and has another word for one of them.
    fn refuse_other_marks(&self) -> Result<(), Failure> {
        let width = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let is_free = |index: &usize| *index != self.layout.number && Some(*index) != self.layout.area;
        let marked = (0..width).filter(is_free).find(|index| self.has_nearly_only_actions(*index));
        let Some(column) = marked else { return Ok(()) };
        let other = |row: &Vec<String>| {
            let text = row.get(column).map(String::as_str).unwrap_or_default();
            is_addition(text).is_none().then(|| text.to_owned())
        };
        let word = self.rows.iter().find_map(other).unwrap_or_default();
        Err(format!(
            "column {} marks most of these numbers as added (A) or deleted (D), and one as {word:?}; correct the file, or write \
             --format changes to reject such lines, or --format csv if all numbers are to be on the list",
            column + 1
        )
        .into())
    }

    /// Returns the only column that marks each number as added or deleted.
    fn action_column(&self) -> Result<usize, Failure> {
        let width = self.rows.iter().map(Vec::len).min().unwrap_or_default();
        let is_free = |index: &usize| *index != self.layout.number && Some(*index) != self.layout.area;
        let mut found: Vec<usize> = (0..width).filter(is_free).filter(|index| self.has_only_actions(*index)).collect();
        if found.is_empty() && self.format == FileFormat::Changes {
            found = (0..width).filter(is_free).filter(|index| self.has_mostly_actions(*index)).collect();
        }
        match found.as_slice() {
            [only] => Ok(*only),
            _ => Err("no column marks the numbers as added (A) or deleted (D)".into()),
        }
    }

    fn has_only_actions(&self, index: usize) -> bool {
        let body = self.rows.get(usize::from(self.layout.header)..).unwrap_or_default();
        !body.is_empty() && body.iter().all(|row| row.get(index).and_then(|text| is_addition(text)).is_some())
    }

    /// Returns true if at least half of the fields of a column mark a number as added or deleted.
    fn has_mostly_actions(&self, index: usize) -> bool {
        let (marks, rows) = self.actions(index);
        marks > 0 && marks * 2 >= rows
    }

    /// Returns true if at least two thirds of the fields of a column mark a number as added or deleted. Initials of names may be
    /// fewer.
    fn has_nearly_only_actions(&self, index: usize) -> bool {
        let (marks, rows) = self.actions(index);
        marks > 0 && marks * 3 >= rows * 2
    }

    /// Returns the number of fields of a column that mark a number as added or deleted, and of all its fields.
    fn actions(&self, index: usize) -> (usize, usize) {
        let body = self.rows.get(usize::from(self.layout.header)..).unwrap_or_default();
        let marks = body.iter().filter(|row| row.get(index).and_then(|text| is_addition(text)).is_some()).count();
        (marks, body.len())
    }

    fn described(&self) -> String {
        let ColumnLayout { header, number, area, country, action, .. } = self.layout;
        let name = |index: usize| match self.first_row().get(index).filter(|_| header) {
            Some(name) => format!("{name:?}"),
            None => (index + 1).to_string(),
        };
        let mut text = match area {
            Some(area) => format!("area codes in column {}, numbers in column {}", name(area), name(number)),
            None => format!("numbers in column {}", name(number)),
        };
        if let Some(country) = country {
            text = format!("{text}, country codes in column {}", name(country));
        }
        if let Some(action) = action {
            text = format!("a list of changes: {text}, added or deleted by column {}", name(action));
        }
        text
    }
}

/// Returns true if a row is one of the registry's flat file: area code, then number.
fn is_registry_row(row: &[String]) -> bool {
    let has_digits = |index: usize, digits: usize| {
        row.get(index).is_some_and(|text| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()))
    };
    has_digits(0, 3) && has_digits(1, 7)
}

/// Returns true if a text can be a column's name. A text with digits is a broken number, which has to be reported.
fn is_name(text: &str) -> bool {
    NUMBER_NAMES.contains(&plain(text).as_str())
        || text.chars().any(char::is_alphabetic) && !text.contains(|c: char| c.is_ascii_digit()) && !is_entry(text)
}

/// Returns true if a row can have the names of columns: no field may be a number, even a broken one.
fn is_header(row: &[String]) -> bool {
    row.iter().all(|text| text.bytes().filter(u8::is_ascii_digit).count() < MIN_NUMBER_DIGITS)
}

/// Returns true if a predicate is true of four in five.
fn most<T>(all: &[T], is: impl Fn(&T) -> bool) -> bool {
    let hits = all.iter().filter(|one| is(one)).count();
    hits > 0 && hits * 5 >= all.len() * 4
}

fn columns(row: &[String], is: impl Fn(&str) -> bool) -> Vec<usize> {
    row.iter().enumerate().filter(|(_, text)| is(text)).map(|(index, _)| index).collect()
}

/// Returns the delimiter that most lines have.
fn delimiter(sample: &[&str]) -> Option<u8> {
    DELIMITERS.into_iter().find(|delimiter| most(sample, |line| line.as_bytes().contains(delimiter)))
}
