//! The entries of the lines of a text, for all kinds of lists.

use super::fields::split;
use super::layout::{ColumnLayout, LineReading};
use super::lines::{LineReader, MAX_LINE};
use crate::failure::Failure;
use crate::number_list::file_reader::event::{EventHandler, FileEntry, ReadEvent};

/// The columns of a kind of list.
pub trait LineColumns {
    /// Returns the layout of the text.
    fn layout(&self) -> &ColumnLayout;

    /// Reads a line.
    fn read(&mut self, line: &str) -> LineReading;
}

impl LineColumns for ColumnLayout {
    fn layout(&self) -> &ColumnLayout {
        self
    }

    fn read(&mut self, line: &str) -> LineReading {
        Self::read(self, line)
    }
}

/// Passes the entries of each line below the header to the handler.
///
/// # Errors
/// When the text cannot be read, or the handler fails.
pub fn entries(
    member: &str,
    lines: &mut LineReader<'_>,
    columns: &mut impl LineColumns,
    handler: &mut EventHandler<'_>,
) -> Result<(), Failure> {
    let mut to_skip = columns.layout().titles + usize::from(columns.layout().header);
    while let Some((nth, text)) = lines.next_record(columns.layout())? {
        let Some(text) = text else {
            let entry = Err(format!("longer than {MAX_LINE} bytes"));
            handler(ReadEvent::Entry(FileEntry { member, nth, entry, text: "" }))?;
            continue;
        };
        if text.trim().is_empty() || columns.layout().is_comment(&text) {
            continue;
        }
        if to_skip > 0 {
            to_skip -= 1;
            continue;
        }
        match columns.read(&text) {
            LineReading::LeftOut => handler(ReadEvent::LeftOut)?,
            LineReading::One(entry) => handler(ReadEvent::Entry(FileEntry { member, nth, entry, text: &text }))?,
            LineReading::Several(entries) => {
                for entry in entries {
                    handler(ReadEvent::Entry(FileEntry { member, nth, entry, text: &text }))?;
                }
            }
        }
    }
    Ok(())
}

/// Returns the fields of the first line below the titles, which is the header if there is one.
pub fn first_fields(layout: &ColumnLayout, sample: &[String]) -> Vec<String> {
    let is_text = |line: &&String| !line.trim().is_empty() && !layout.is_comment(line);
    let first = sample.iter().filter(is_text).nth(layout.titles);
    let fields = |(line, delimiter)| split(line, delimiter).into_iter().map(String::from).collect();
    first.map(String::as_str).zip(layout.delimiter).map(fields).unwrap_or_default()
}
