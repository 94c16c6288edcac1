//! Finds the columns of the numbers by their names and their texts.

use super::cell::plain_cell;
use super::number_source::{NumberSource, is_area, is_line, is_local};
use super::phone_names::{is_other_name, is_phone_name, is_place_of_phone};
use super::table::{MIN_NUMBER_DIGITS, SampleTable, digits, is_name, joined, most};
use crate::failure::Failure;
use crate::number_list::cell_text::is_rounded;
use crate::number_list::file_reader::words::plain;

/// Names of a column of area codes.
const AREA_NAMES: [&str; 7] = ["ac", "area", "areacd", "areacode", "areacodes", "npa", "vorwahl"];

/// Names of a column of the three digits after an area code.
const EXCHANGE_NAMES: [&str; 6] = ["centraloffice", "co", "exch", "exchange", "nxx", "prefix"];

/// Names of a column of the last four digits.
const LINE_NAMES: [&str; 10] =
    ["last4", "lastfour", "line", "lineno", "linenumber", "number", "station", "subscriber", "suffix", "xxxx"];

/// Percent of a column's texts that are numbers, if it is the column of the numbers.
const MIN_SHARE_OF_NUMBERS: usize = 80;

/// Percent of a column's texts that are numbers, if it may have more numbers for the list.
const MIN_SHARE_OF_OTHER_PHONES: usize = 33;

/// Most columns that a message shows.
const MAX_SHOWN: usize = 6;

/// The columns that may have numbers.
#[derive(Debug)]
pub struct FoundPhones {
    pub sources: Vec<NumberSource>,
    /// True if the first row has the names of the columns.
    pub header: bool,
}

/// Finds the columns that may have numbers. There may be none, or several.
pub fn find(table: &SampleTable) -> FoundPhones {
    let has_names = table.may_have_names();
    let mut part = parts(table);
    let named = if has_names { columns_with_phone_names(table, part.is_some()) } else { Vec::new() };
    // Beside a column of telephone numbers, three digits and seven may be a score and an id.
    let has_whole = named.iter().any(|index| table.has_numbers(*index, MIN_SHARE_OF_NUMBERS));
    part = part.filter(|part| !has_whole || named.contains(&part.last_column()));
    let used = part.map(NumberSource::columns).unwrap_or_default();
    let is_named = named.iter().any(|index| !used.contains(index));
    let is_candidate = |index: &usize| {
        let is_other = has_names && table.first_row().get(*index).is_some_and(|name| is_other_name(name));
        named.contains(index) || !is_other && table.has_numbers(*index, MIN_SHARE_OF_OTHER_PHONES)
    };
    let mut whole: Vec<usize> =
        (0..table.width()).filter(|index| !used.contains(index) && is_candidate(index)).collect();
    if part.is_none() && !is_named && !whole.iter().any(|index| table.has_numbers(*index, MIN_SHARE_OF_NUMBERS)) {
        whole.clear();
    }
    let is_title = |index: &usize| table.first_row().get(*index).is_some_and(|text| is_name(text));
    let last = part.map(NumberSource::last_column);
    let header = is_named || has_names && whole.iter().chain(last.iter()).all(is_title);
    let mut sources: Vec<NumberSource> = whole.into_iter().map(NumberSource::Whole).chain(part).collect();
    sources.sort_by_key(|source| source.columns().first().copied());
    FoundPhones { sources, header }
}

/// Returns the source of a column that the operator named: the whole column, unless its numbers lack area codes that
/// another column has.
pub fn source_of(table: &SampleTable, column: usize) -> NumberSource {
    parts(table).filter(|part| part.last_column() == column).unwrap_or(NumberSource::Whole(column))
}

/// Returns the columns of numbers whose parts have columns of their own.
fn parts(table: &SampleTable) -> Option<NumberSource> {
    let below = table.rows.get(1..).filter(|below| !below.is_empty() && table.may_have_names());
    let body = below.unwrap_or(&table.rows);
    named_parts(table, body).or_else(|| parts_by_shape(table, body))
}

/// Returns such columns by their names.
fn named_parts(table: &SampleTable, body: &[Vec<String>]) -> Option<NumberSource> {
    if !table.may_have_names() {
        return None;
    }
    let with = |names: &[&str]| table.columns_named(|name| names.contains(&plain(name).as_str())).first().copied();
    let area = with(&AREA_NAMES)?;
    let is = |index: usize, is: fn(&str) -> bool| most(body, |row| row.get(index).is_some_and(|text| is(text)));
    if let (Some(exchange), Some(line)) = (with(&EXCHANGE_NAMES), with(&LINE_NAMES))
        && is(exchange, is_area)
    {
        return Some(NumberSource::Parts { area, exchange, line });
    }
    let is_number = |text: &str| is_local(text) || digits(text) >= MIN_NUMBER_DIGITS + 3;
    let has_local = |index: usize| body.iter().any(|row| row.get(index).is_some_and(|text| is_seven(text)));
    let numbers = table.columns_named(is_phone_name);
    let numbers: Vec<usize> = numbers
        .into_iter()
        .filter(|index| has_local(*index) && is(*index, is_seven) || is(*index, is_number) && has_local(*index))
        .collect();
    match numbers.as_slice() {
        [number] => Some(NumberSource::WithArea { area, number: *number }),
        _ => None,
    }
}

fn is_seven(text: &str) -> bool {
    digits(text) == MIN_NUMBER_DIGITS
}

/// Returns such columns by the digits of most lines: `315,5550101`, `315,555,0101`, also after other columns.
fn parts_by_shape(table: &SampleTable, body: &[Vec<String>]) -> Option<NumberSource> {
    let has = |row: &Vec<String>, index: usize, is: fn(&str) -> bool| row.get(index).is_some_and(|text| is(text));
    let is_pure = |text: &str| is_seven(text) && plain_cell(text).len() == MIN_NUMBER_DIGITS;
    (0..table.width()).find_map(|area| {
        let (second, third) = (area + 1, area + 2);
        if most(body, |row| {
            has(row, area, is_area) && row.get(second).is_some_and(|text| is_pure(text) || is_local(text))
        }) {
            return Some(NumberSource::WithArea { area, number: second });
        }
        let is_split =
            most(body, |row| has(row, area, is_area) && has(row, second, is_area) && has(row, third, is_line));
        is_split.then_some(NumberSource::Parts { area, exchange: second, line: third })
    })
}

/// Returns the columns whose names are those of telephone numbers, unless all values are something else.
fn columns_with_phone_names(table: &SampleTable, has_parts: bool) -> Vec<usize> {
    let named = table.columns_named(is_phone_name);
    let has_other_values = |index: usize| {
        let values: Vec<&str> =
            table.rows.iter().skip(1).filter_map(|row| row.get(index)).map(String::as_str).collect();
        values.iter().any(|text| !text.is_empty())
            && values.iter().all(|text| digits(text) < MIN_NUMBER_DIGITS && !is_rounded(text))
    };
    let mut phones: Vec<usize> = named.iter().copied().filter(|index| !has_other_values(*index)).collect();
    if phones.is_empty() && !has_parts {
        // The numbers may all be broken.
        phones = named;
    }
    let is_place = |index: &usize| {
        let name = table.first_row().get(*index).map(String::as_str).unwrap_or_default();
        !phones.contains(index) && is_place_of_phone(name) && table.has_any_number(*index)
    };
    let places: Vec<usize> = (0..table.width()).filter(is_place).collect();
    [phones, places].concat()
}

/// Refuses columns whose numbers a spreadsheet program has rounded.
///
/// # Errors
/// One of the columns has such numbers in a third of its lines.
pub fn refuse_rounded(table: &SampleTable, columns: impl IntoIterator<Item = usize>) -> Result<(), Failure> {
    for index in columns {
        let values: Vec<&str> = table.values(index).into_iter().filter(|text| !text.is_empty()).collect();
        let rounded: Vec<&&str> = values.iter().filter(|text| is_rounded(text)).collect();
        if let Some(first) = rounded.first().filter(|_| rounded.len() * 3 >= values.len()) {
            return Err(format!(
                "column {} has {first}: a spreadsheet program has rounded these numbers, and their last digits are lost; open \
                 the original file again, give the column the format of a text or of a number without decimals, save it, and \
                 import that file",
                table.name(index)
            )
            .into());
        }
    }
    Ok(())
}

/// Returns the refusal of a text in which no column looks like numbers.
pub fn none_found(table: &SampleTable) -> Failure {
    if let Err(rounded) = refuse_rounded(table, 0..table.width()) {
        return rounded;
    }
    let shown: Vec<String> = (0..table.width())
        .filter(|index| table.values(*index).iter().any(|text| !text.is_empty()))
        .take(MAX_SHOWN)
        .map(|index| format!("{} ({})", table.name(index), table.examples(index)))
        .collect();
    format!("no column looks like telephone numbers; name one with --column; there are: {}", shown.join("; ")).into()
}

/// Returns the refusal of several columns of numbers, of which the operator has to choose; only one if a line is to have one
/// number.
pub fn several_found(table: &SampleTable, sources: &[NumberSource], one_number: bool) -> Failure {
    let column = |source: &NumberSource| {
        let columns: Vec<String> = source.columns().into_iter().map(|index| table.name(index)).collect();
        columns.join(" and ")
    };
    let shown: Vec<String> = sources
        .iter()
        .take(MAX_SHOWN)
        .map(|source| format!("{} ({})", column(source), table.examples(source.last_column())))
        .collect();
    let more = match sources.len() - shown.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let argument = |source: &NumberSource| {
        let index = source.last_column();
        let name = table.first_row().get(index).filter(|_| table.header);
        name.cloned().unwrap_or_else(|| (index + 1).to_string())
    };
    let names: Vec<String> = sources.iter().map(argument).collect();
    let first = names.first().map(String::as_str).unwrap_or_default();
    let others = if one_number {
        String::new()
    } else {
        format!(", take several with --column {:?}, or all of them with --all-phone-columns", names.join(","))
    };
    format!("columns {}{more} have telephone numbers; choose one with --column {first:?}{others}", joined(&shown))
        .into()
}
