//! The holders of a text: numbers in each line, and columns with the state of their holder and the offset of the clock.

use std::borrow::Cow;
use std::io::BufRead;

use jiff::Timestamp;

use super::detect::{detect, reading_text};
use super::exemptions::position;
use super::fields::split;
use super::layout::{ColumnLayout, LineReading};
use super::line_entries::{self, LineColumns, first_fields};
use super::lines::{LineReader, SAMPLE};
use crate::failure::Failure;
use crate::number_list::entry::ListEntry;
use crate::number_list::file_reader::event::{EventHandler, ReadEvent};
use crate::number_list::file_reader::format::{FormatOptions, HolderColumns};
use crate::number_list::holder_row::{HolderRow, clocks_of, read_state};

/// Reads the holders of a text.
///
/// # Errors
/// When the text cannot be read, its layout cannot be detected, a column is not there, or the handler fails.
pub fn entries(
    member: &str,
    reader: &mut dyn BufRead,
    wanted: &HolderColumns,
    options: &FormatOptions,
    handler: &mut EventHandler<'_>,
) -> Result<(), Failure> {
    let mut lines = LineReader::new(reader);
    lines.refuse_lone_returns()?;
    let sample = lines.peek(SAMPLE)?;
    let (layout, mut description) = detect(&sample, options)?;
    let mut columns = HolderLayout::find(layout, &sample, wanted)?;
    description.text = format!("holders; {}, states in column {}", description.text, wanted.state);
    for row in &mut description.samples {
        row.read = reading_text(&columns.read(&row.line)).unwrap_or_default();
    }
    handler(ReadEvent::Format(description))?;
    line_entries::entries(member, &mut lines, &mut columns, handler)
}

/// The columns of a text with holders.
struct HolderLayout {
    layout: ColumnLayout,
    state: usize,
    offset: Option<usize>,
    copied: Timestamp,
}

impl LineColumns for HolderLayout {
    fn layout(&self) -> &ColumnLayout {
        &self.layout
    }

    /// Reads the holders of the numbers of a line.
    fn read(&mut self, line: &str) -> LineReading {
        let fields = self.layout.delimiter.map(|delimiter| split(line, delimiter)).unwrap_or_default();
        let entry = |entry: Result<ListEntry, String>| self.entry_of(entry?, &fields);
        match self.layout.read(line) {
            LineReading::LeftOut => LineReading::LeftOut,
            LineReading::One(read) => LineReading::One(entry(read)),
            LineReading::Several(read) => LineReading::Several(read.into_iter().map(entry).collect()),
        }
    }
}

impl HolderLayout {
    fn find(layout: ColumnLayout, sample: &[String], wanted: &HolderColumns) -> Result<Self, Failure> {
        let first = first_fields(&layout, sample);
        let names = if layout.header { first.as_slice() } else { &[] };
        let state = position(&wanted.state, names, first.len())?;
        let offset = wanted.offset.as_ref().map(|name| position(name, names, first.len())).transpose()?;
        Ok(Self { layout, state, offset, copied: wanted.copied })
    }

    fn entry_of(&self, entry: ListEntry, fields: &[Cow<'_, str>]) -> Result<ListEntry, String> {
        let ListEntry::Add(number) = entry else { return Err("not the holder of a number".to_owned()) };
        let text = |index: usize| fields.get(index).map(|text| text.trim()).filter(|text| !text.is_empty());
        let state = text(self.state).ok_or("no state; without one, the place of the number counts alone")?;
        let place = read_state(state)?;
        let zones = clocks_of(place, self.offset.and_then(text), self.copied)?;
        Ok(ListEntry::Holder(HolderRow { number, place, zones }))
    }
}
