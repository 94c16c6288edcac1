//! The holders of a text: a number in each line, and columns with the state of its holder and the offset of the clock.

use std::io::BufRead;

use jiff::Timestamp;

use super::detect::detect;
use super::exemptions::position;
use super::layout::{ColumnLayout, split};
use super::lines::{LineReader, MAX_LINE, SAMPLE};
use crate::failure::Failure;
use crate::number_list::entry::ListEntry;
use crate::number_list::file_reader::event::{EventHandler, FileEntry, ReadEvent};
use crate::number_list::file_reader::format::{FileFormat, FormatDescription, HolderColumns};
use crate::number_list::holder_row::{HolderRow, clocks_of, read_state};

/// Reads the holders of a text.
///
/// # Errors
/// When the text cannot be read, its layout cannot be detected, a column is not there, or the handler fails.
pub fn entries(
    member: &str,
    reader: &mut dyn BufRead,
    wanted: &HolderColumns,
    column: Option<&str>,
    handler: &mut EventHandler<'_>,
) -> Result<(), Failure> {
    let mut lines = LineReader::new(reader);
    lines.refuse_lone_returns()?;
    let sample = lines.peek(SAMPLE)?;
    let (layout, description) = detect(&sample, FileFormat::Csv, column)?;
    let columns = HolderLayout::find(layout, &sample, wanted)?;
    let text = format!("holders; {}, states in column {}", description.text, wanted.state);
    handler(ReadEvent::Format(FormatDescription::new(&text)))?;

    let mut to_skip = columns.layout.titles + usize::from(columns.layout.header);
    while let Some((nth, text)) = lines.next_record(&columns.layout)? {
        let Some(text) = text else {
            let entry = Err(format!("longer than {MAX_LINE} bytes"));
            handler(ReadEvent::Entry(FileEntry { member, nth, entry, text: "" }))?;
            continue;
        };
        if text.trim().is_empty() || columns.layout.is_comment(&text) {
            continue;
        }
        if to_skip > 0 {
            to_skip -= 1;
            continue;
        }
        let entry = columns.entry_of(&text);
        handler(ReadEvent::Entry(FileEntry { member, nth, entry, text: &text }))?;
    }
    Ok(())
}

/// The columns of a text with holders.
struct HolderLayout {
    layout: ColumnLayout,
    state: usize,
    offset: Option<usize>,
    copied: Timestamp,
}

impl HolderLayout {
    fn find(layout: ColumnLayout, sample: &[String], wanted: &HolderColumns) -> Result<Self, Failure> {
        let is_text = |line: &&String| !line.trim().is_empty() && !layout.is_comment(line);
        let first = sample.iter().filter(is_text).nth(layout.titles);
        let first = first.zip(layout.delimiter).map(|(line, delimiter)| split(line, delimiter)).unwrap_or_default();
        let names = if layout.header { first.as_slice() } else { &[] };
        let state = position(&wanted.state, names, first.len())?;
        let offset = wanted.offset.as_ref().map(|name| position(name, names, first.len())).transpose()?;
        Ok(Self { layout, state, offset, copied: wanted.copied })
    }

    fn entry_of(&self, line: &str) -> Result<ListEntry, String> {
        let ListEntry::Add(number) = self.layout.entry_of(line)? else {
            return Err("not the holder of a number".to_owned());
        };
        let fields = self.layout.delimiter.map(|delimiter| split(line, delimiter)).unwrap_or_default();
        let text = |index: usize| fields.get(index).map(|text| text.trim()).filter(|text| !text.is_empty());
        let state = text(self.state).ok_or("no state; without one, the place of the number counts alone")?;
        let place = read_state(state)?;
        let zones = clocks_of(place, self.offset.and_then(text), self.copied)?;
        Ok(ListEntry::Holder(HolderRow { number, place, zones }))
    }
}
