//! The rows of a text, with everything that is in it.

use std::io::BufRead;

use super::detect::detect;
use super::layout::LineReading;
use super::lines::{LineReader, MAX_LINE, SAMPLE};
use crate::failure::Failure;
use crate::number_list::entry::ListEntry;
use crate::number_list::file_reader::format::{FileFormat, FormatOptions};
use crate::number_list::file_reader::row_event::{FileRow, RowEvent, RowForm, RowHandler, SEVERAL, refuse_doubt};

/// Passes each line of a text to the handler. Columns beside the numbers mean nothing: a row of leads is not a change of a list.
///
/// # Errors
/// When the text cannot be read, its layout cannot be detected or is doubtful, a line is too long, or the handler fails.
pub fn rows(reader: &mut dyn BufRead, options: &FormatOptions, handler: &mut RowHandler<'_>) -> Result<(), Failure> {
    let has_returns = has_returns(reader)?;
    let mut lines = LineReader::new(reader);
    lines.refuse_lone_returns()?;
    let sample = lines.peek(SAMPLE)?;
    let (layout, description) = detect(&sample, &FormatOptions { format: FileFormat::Csv, ..options.clone() })?;
    refuse_doubt(&description)?;
    let delimiter = layout.delimiter;
    handler(RowEvent::Form(RowForm { delimiter, has_returns, text: description.text }))?;

    let (mut titles, mut has_header) = (layout.titles, layout.header);
    while let Some((nth, text)) = lines.next_record(&layout)? {
        let Some(text) = text else {
            return Err(format!("line {nth} is longer than {MAX_LINE} bytes; shorten it, or remove it").into());
        };
        if text.trim().is_empty() || layout.is_comment(&text) {
            handler(RowEvent::Other(&text))?;
        } else if titles > 0 {
            titles -= 1;
            handler(RowEvent::Other(&text))?;
        } else if has_header {
            has_header = false;
            handler(RowEvent::Header(&text))?;
        } else {
            handler(RowEvent::Row(FileRow { text: &text, entry: &|| only_entry(layout.read(&text)) }))?;
        }
    }
    Ok(())
}

/// Returns the only entry of a line.
fn only_entry(reading: LineReading) -> Result<ListEntry, String> {
    match reading {
        LineReading::One(entry) => entry,
        LineReading::Several(mut entries) => match (entries.pop(), entries.is_empty()) {
            (Some(only), true) => only,
            _ => Err(SEVERAL.to_owned()),
        },
        LineReading::LeftOut => Err("left out".to_owned()),
    }
}

/// Returns true if the first line of a text ends with a carriage return and a line feed.
fn has_returns(reader: &mut dyn BufRead) -> Result<bool, Failure> {
    let start = reader.fill_buf()?;
    let end = start.iter().position(|byte| *byte == b'\n');
    Ok(end.and_then(|end| start.get(end.checked_sub(1)?)).is_some_and(|byte| *byte == b'\r'))
}
