//! Detects the layout of a text by its first lines.

use super::layout::{ColumnLayout, split, without_comments};
use super::lines::joined_by_quotes;
use super::marks::{ColumnMeaning, joined, meaning};
use super::phone_names::{is_other_name, is_phone_name, is_place_of_phone};
use super::titles::titles;
use crate::failure::Failure;
use crate::number_list::entry_number::is_entry;
use crate::number_list::file_reader::format::{FileFormat, FormatDescription};
use crate::number_list::file_reader::words::{is_addition, plain};

const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];

/// Names of a column of country codes. `VICIdial` has one beside its numbers.
const COUNTRY_NAMES: [&str; 4] = ["callingcode", "countrycode", "dialcode", "phonecode"];

/// Names of a column of area codes.
const AREA_NAMES: [&str; 4] = ["area", "areacode", "areacodes", "npa"];

/// Fewest digits of a text that may be a number, even a broken one.
const MIN_NUMBER_DIGITS: usize = 7;

/// Percent of a column's fields that are numbers, if it is the column of the numbers.
const MIN_SHARE_OF_NUMBERS: usize = 80;

/// Percent of a column's fields that are numbers, if it may have more numbers for the list.
const MIN_SHARE_OF_OTHER_PHONES: usize = 33;

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
    let titles = if format == FileFormat::Numbers { 0 } else { titles(&sample, &DELIMITERS, is_header) };
    sample.drain(..titles);
    let delimiter = match format {
        FileFormat::Numbers => None,
        _ => delimiter(&sample),
    };
    let Some(delimiter) = delimiter else { return number_lines(&sample, format, column, comments) };
    let rows = sample.iter().map(|line| split(line, delimiter)).collect();
    let layout = ColumnLayout { delimiter: Some(delimiter), titles, comments, ..ColumnLayout::default() };
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
pub fn is_same_name(column: &str, name: &str) -> bool {
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
        self.find_action_column()
    }

    fn find_columns(&mut self) -> Result<(), Failure> {
        let below = self.rows.get(1..).filter(|below| !below.is_empty() && is_header(self.first_row()));
        if most(below.unwrap_or(&self.rows), |row| is_registry_row(row)) {
            (self.layout.area, self.layout.number) = (Some(0), 1);
            // A broken number is not a header.
            self.layout.header = self.first_row().get(1).is_some_and(|text| is_name(text));
        } else if let Some((area, number)) = self.named_area_column() {
            (self.layout.area, self.layout.number, self.layout.header) = (Some(area), number, true);
        } else {
            self.find_number_column()?;
            self.layout.country = self.country_column();
        }
        self.find_action_column()
    }

    /// Returns the columns of the area codes and of the seven digits after them, if their names say so.
    fn named_area_column(&self) -> Option<(usize, usize)> {
        let first = self.first_row();
        let area = columns(first, |name| AREA_NAMES.contains(&plain(name).as_str())).first().copied()?;
        let is_rest = |index: usize| {
            let has_seven = |row: &Vec<String>| row.get(index).is_some_and(|text| digits(text) == MIN_NUMBER_DIGITS);
            most(self.rows.get(1..).unwrap_or_default(), has_seven)
        };
        match columns(first, is_phone_name).into_iter().filter(|index| is_rest(*index)).collect::<Vec<_>>().as_slice() {
            [only] if is_header(first) => Some((area, *only)),
            _ => None,
        }
    }

    fn find_number_column(&mut self) -> Result<(), Failure> {
        let has_names = is_header(self.first_row());
        let named = if has_names { self.columns_with_phone_names() } else { Vec::new() };
        let is_named = !named.is_empty();
        let is_candidate = |index: &usize| {
            let is_other = has_names && self.first_row().get(*index).is_some_and(|name| is_other_name(name));
            named.contains(index) || !is_other && self.has_numbers(*index, MIN_SHARE_OF_OTHER_PHONES)
        };
        let mut candidates: Vec<usize> = (0..self.width()).filter(is_candidate).collect();
        if !is_named && !candidates.iter().any(|index| self.has_numbers(*index, MIN_SHARE_OF_NUMBERS)) {
            candidates.clear();
        }
        self.layout.header = is_named
            || has_names
                && candidates.iter().all(|index| self.first_row().get(*index).is_some_and(|text| is_name(text)));
        self.layout.number = match candidates.as_slice() {
            [only] => *only,
            [] => return Err("no column looks like telephone numbers; name one with --column".into()),
            several => {
                let names: Vec<String> = several.iter().map(|index| self.name(*index)).collect();
                return Err(format!(
                    "columns {} have telephone numbers; choose one with --column NAME, and run the command again \
                     for each other column whose numbers are to be on the list",
                    joined(&names)
                )
                .into());
            }
        };
        Ok(())
    }

    /// Returns the columns whose names are those of telephone numbers, unless all values are something else.
    fn columns_with_phone_names(&self) -> Vec<usize> {
        let named = columns(self.first_row(), is_phone_name);
        let has_other_values = |index: usize| {
            let values: Vec<&str> =
                self.rows.iter().skip(1).filter_map(|row| row.get(index)).map(String::as_str).collect();
            values.iter().any(|text| !text.is_empty()) && values.iter().all(|text| digits(text) < MIN_NUMBER_DIGITS)
        };
        let mut phones: Vec<usize> = named.iter().copied().filter(|index| !has_other_values(*index)).collect();
        if phones.is_empty() {
            // The numbers may all be broken.
            phones = named;
        }
        let is_place = |index: &usize| {
            let name = self.first_row().get(*index).map(String::as_str).unwrap_or_default();
            !phones.contains(index) && is_place_of_phone(name) && self.has_any_number(*index)
        };
        let places: Vec<usize> = (0..self.width()).filter(is_place).collect();
        [phones, places].concat()
    }

    /// Returns true if at least a share of the fields of a column, in percent, are entries of a list.
    fn has_numbers(&self, index: usize, share: usize) -> bool {
        let body = self.rows.get(1..).filter(|body| !body.is_empty()).unwrap_or(&self.rows);
        let entries = body.iter().filter(|row| row.get(index).is_some_and(|text| is_entry(text))).count();
        entries > 0 && entries * 100 >= body.len() * share
    }

    fn has_any_number(&self, index: usize) -> bool {
        self.rows.iter().any(|row| row.get(index).is_some_and(|text| is_entry(text)))
    }

    fn width(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or_default()
    }

    fn country_column(&self) -> Option<usize> {
        let named = columns(self.first_row(), |name| COUNTRY_NAMES.contains(&plain(name).as_str()));
        named.first().copied().filter(|_| self.layout.header)
    }

    /// Finds the column that marks numbers as added or deleted, if there is one, and the columns to watch.
    fn find_action_column(&mut self) -> Result<(), Failure> {
        match self.format {
            FileFormat::Changes => self.layout.action = Some(self.action_column()?),
            FileFormat::Csv => {}
            _ => {
                let mut found = Vec::new();
                for index in self.free_columns() {
                    match self.meaning(index) {
                        ColumnMeaning::Marks => found.push(index),
                        ColumnMeaning::Doubtful(reason) => {
                            return Err(format!("column {} {reason}", self.name(index)).into());
                        }
                        ColumnMeaning::Other(words) => self.layout.watched.push((index, words)),
                    }
                }
                self.layout.action = self.only_action_column(&found)?;
            }
        }
        Ok(())
    }

    /// Returns the only one of the columns that mark numbers. In a file without a header, it may have
    /// nothing but dates and other digits beside it.
    fn only_action_column(&self, found: &[usize]) -> Result<Option<usize>, Failure> {
        let names: Vec<String> = found.iter().map(|index| self.name(*index)).collect();
        let has_words = |row: &Vec<String>| {
            row.iter().enumerate().any(|(index, text)| !found.contains(&index) && text.chars().any(char::is_alphabetic))
        };
        match found {
            [] => Ok(None),
            [only] if self.layout.header || !self.rows.iter().any(has_words) => Ok(Some(*only)),
            [_] => Err(format!(
                "column {} may mark these numbers as added (A) or deleted (D); write --format changes if it does, and \
                 --format csv if all numbers are to be on the list",
                names.concat()
            )
            .into()),
            _ => Err(format!(
                "columns {} mark numbers as added (A) or deleted (D); remove all but one of them from the file, or \
                 write --format csv if all numbers are to be on the list",
                joined(&names)
            )
            .into()),
        }
    }

    fn meaning(&self, index: usize) -> ColumnMeaning {
        let name = self.first_row().get(index).filter(|_| self.layout.header);
        meaning(name.map(String::as_str), &self.values(index))
    }

    /// Returns the fields of a column, without its name.
    fn values(&self, index: usize) -> Vec<&str> {
        self.body().iter().map(|row| row.get(index).map(String::as_str).unwrap_or_default()).collect()
    }

    fn body(&self) -> &[Vec<String>] {
        self.rows.get(usize::from(self.layout.header)..).unwrap_or_default()
    }

    /// Returns the columns beside that of the numbers.
    fn free_columns(&self) -> Vec<usize> {
        let ColumnLayout { number, area, country, .. } = self.layout;
        (0..self.width()).filter(|index| *index != number && Some(*index) != area && Some(*index) != country).collect()
    }

    /// Returns the only column that marks each number as added or deleted, most of them, or by its name some of them.
    fn action_column(&self) -> Result<usize, Failure> {
        let free = self.free_columns();
        let with = |is_column: &dyn Fn(usize, usize, usize) -> bool| -> Vec<usize> {
            let is = |index: &usize| {
                let values = self.values(*index);
                let marks = values.iter().filter(|text| is_addition(text).is_some()).count();
                marks > 0 && is_column(*index, marks, values.len())
            };
            free.iter().copied().filter(is).collect()
        };
        let by_name = with(&|index, _, _| self.layout.header && self.meaning(index) == ColumnMeaning::Marks);
        let all = with(&|_, marks, rows| marks == rows);
        let most = with(&|_, marks, rows| marks * 2 >= rows);
        match (by_name.as_slice(), all.as_slice(), most.as_slice()) {
            ([only], ..) | ([], [only], _) | ([], [], [only]) => Ok(*only),
            _ => Err("no column marks the numbers as added (A) or deleted (D)".into()),
        }
    }

    /// Returns a column's name for the operator.
    fn name(&self, index: usize) -> String {
        match self.first_row().get(index).filter(|_| self.layout.header) {
            Some(name) => format!("{name:?}"),
            None => (index + 1).to_string(),
        }
    }

    fn described(&self) -> String {
        let ColumnLayout { number, area, country, action, .. } = self.layout;
        let name = |index: usize| self.name(index);
        let mut text = match area {
            Some(area) => format!("area codes in column {}, numbers in column {}", name(area), name(number)),
            None => format!("numbers in column {}", name(number)),
        };
        if let Some(country) = country {
            text = format!("{text}, country codes in column {}", name(country));
        }
        match self.layout.titles {
            0 => {}
            1 => text += ", below a title",
            lines => text = format!("{text}, below a title of {lines} lines"),
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
    is_phone_name(text)
        || text.chars().any(char::is_alphabetic) && !text.contains(|c: char| c.is_ascii_digit()) && !is_entry(text)
}

/// Returns true if a row can have the names of columns: no field may be a number, even a broken one.
fn is_header(row: &[String]) -> bool {
    row.iter().all(|text| digits(text) < MIN_NUMBER_DIGITS)
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
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
