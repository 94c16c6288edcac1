//! Reads a file of leads: first its form, then its lines.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use precall::Number;
use precall::number::is_withheld;

use super::lead::{Lead, LeadLine};
use crate::failure::Failure;
use crate::number_list::entry::ListEntry;
use crate::number_list::entry_number::e164;
use crate::number_list::file_reader::format::FormatOptions;
use crate::number_list::file_reader::input::InputFile;
use crate::number_list::file_reader::read;
use crate::number_list::file_reader::row_event::{FileRow, RowEvent, RowForm, count_fields, fields};
use crate::number_list::number_prefix::number_prefix;

/// The origin of the callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallerSource {
    Withheld,
    /// The same number for all rows.
    Number(Number),
    /// A column: its name, or its number from 1.
    Column(String),
}

/// The form of a file of leads.
#[derive(Debug, Clone)]
pub struct LeadForm {
    pub rows: RowForm,
    /// The names of the columns, if the file has them.
    pub names: Option<Vec<String>>,
    /// The fields of the longest row.
    pub width: usize,
    /// True if the file begins with a mark of Windows, by which spreadsheet programs recognise UTF-8.
    pub has_mark: bool,
    /// The position of the column with the callers.
    from: Option<usize>,
}

/// Reads a whole file for its form.
///
/// # Errors
/// When it cannot be read, or has no column of callers.
pub fn form(input: &InputFile, options: &FormatOptions, callers: &CallerSource) -> Result<LeadForm, Failure> {
    let (mut rows, mut names, mut width) = (None, None, 0_usize);
    let mut delimiter = None;
    read::rows(input.again()?, options, &Arc::new(AtomicU64::new(0)), &mut |event| {
        match event {
            RowEvent::Form(form) => {
                delimiter = form.delimiter;
                rows = Some(form);
            }
            RowEvent::Other(_) => {}
            RowEvent::Header(text) => {
                let found = fields(text, delimiter);
                width = width.max(found.len());
                names = Some(found);
            }
            RowEvent::Row(row) => width = width.max(count_fields(row.text, delimiter)),
        }
        Ok(())
    })?;
    let rows = rows.ok_or_else(|| format!("{}: the file is empty", input.name()))?;
    let from = match callers {
        CallerSource::Column(name) => Some(column_of(name, names.as_deref(), width)?),
        CallerSource::Withheld | CallerSource::Number(_) => None,
    };
    Ok(LeadForm { rows, names, width, has_mark: input.has_mark()?, from })
}

/// Passes the lines of a file to `each`. The bytes that were read are added to `used`.
///
/// # Errors
/// When the file cannot be read, or `each` fails.
pub fn lines(
    input: InputFile,
    options: &FormatOptions,
    callers: &CallerSource,
    form: &LeadForm,
    used: &Arc<AtomicU64>,
    each: &mut dyn FnMut(LeadLine) -> Result<(), Failure>,
) -> Result<(), Failure> {
    read::rows(input, options, used, &mut |event| match event {
        RowEvent::Form(_) => Ok(()),
        RowEvent::Other(text) => each(LeadLine::Other(text.to_owned())),
        RowEvent::Header(text) => each(LeadLine::Header(text.to_owned())),
        RowEvent::Row(row) => {
            let from = match (callers, form.from) {
                (CallerSource::Number(number), _) => Some(number.clone()),
                (_, Some(index)) => fields(row.text, form.rows.delimiter).get(index).and_then(|text| caller(text)),
                _ => None,
            };
            each(LeadLine::Lead(Lead { text: row.text.to_owned(), from, to: callee(&row) }))
        }
    })
}

/// Returns the callee of a row, as `import` reads it.
fn callee(row: &FileRow<'_>) -> Result<Number, String> {
    let text = match (row.entry)()? {
        ListEntry::Add(text) => text,
        ListEntry::Exempt(_) => return Err("an exemption, not a lead".to_owned()),
        ListEntry::Holder(_) => return Err("the place of a number's holder, not a lead".to_owned()),
        ListEntry::Remove(_) => return Err("marks a deletion, not a lead".to_owned()),
        ListEntry::Item(item) => match item.get("number") {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(serde_json::Value::Number(number)) => number.to_string(),
            _ => return Err("no `number`".to_owned()),
        },
    };
    if number_prefix(&text).is_some() {
        return Err("a prefix of numbers, not a number".to_owned());
    }
    Number::from_typed(&e164(&text)?).map_err(|error| error.to_string())
}

/// Returns the caller in a text. As in a request, an unreadable caller is a caller without a number.
fn caller(text: &str) -> Option<Number> {
    if is_withheld(text) { None } else { Number::from_typed(text).ok() }
}

/// Returns the position of a column by its name, or by its number from 1.
fn column_of(name: &str, names: Option<&[String]>, width: usize) -> Result<usize, Failure> {
    let is_it = |other: &String| other.trim().eq_ignore_ascii_case(name.trim());
    if let Some(index) = names.and_then(|names| names.iter().position(is_it)) {
        return Ok(index);
    }
    match name.trim().parse::<usize>() {
        Ok(nth @ 1..) if nth <= width => Ok(nth - 1),
        _ => {
            let there = names.map_or_else(|| format!("{width} columns without names"), |names| names.join(", "));
            Err(format!("--from-column {name}: there is no such column; there are: {there}").into())
        }
    }
}
