//! The rows of a file without lines: its entries, one row for each.

use super::event::{FileEntry, ReadEvent};
use super::row_event::{FileRow, RowEvent, RowForm, RowHandler, SEVERAL, refuse_doubt};
use crate::failure::Failure;
use crate::number_list::entry::ListEntry;

/// The name of the only column of such a file: the text of its entries.
const ENTRY: &str = "entry";

/// Passes the entries of a file to the handler of rows. An entry with several numbers is one row.
pub struct EntryRows<'h, 'e> {
    pub handler: &'h mut RowHandler<'e>,
    /// The last entry, which may have a further number.
    pub held: Option<HeldRow>,
}

/// A row that is held back.
#[derive(Debug)]
pub struct HeldRow {
    nth: u64,
    text: String,
    entry: Result<ListEntry, String>,
}

impl EntryRows<'_, '_> {
    /// Takes an event of the file.
    ///
    /// # Errors
    /// When the format is doubtful, or the handler fails.
    pub fn add(&mut self, event: ReadEvent<'_>) -> Result<(), Failure> {
        match event {
            ReadEvent::Format(format) => {
                refuse_doubt(&format)?;
                (self.handler)(RowEvent::Form(RowForm { delimiter: None, has_returns: false, text: format.text }))?;
                (self.handler)(RowEvent::Header(ENTRY))
            }
            ReadEvent::Entry(FileEntry { nth, text, entry, .. }) => {
                if let Some(held) = self.held.as_mut().filter(|held| held.nth == nth) {
                    held.entry = Err(SEVERAL.to_owned());
                    return Ok(());
                }
                self.pass()?;
                self.held = Some(HeldRow { nth, text: text.to_owned(), entry });
                Ok(())
            }
            // Rows are not left out, because each of them gets a decision.
            ReadEvent::LeftOut => Err("a row was left out".into()),
        }
    }

    /// Passes the last row.
    ///
    /// # Errors
    /// When the handler fails.
    pub fn pass(&mut self) -> Result<(), Failure> {
        match self.held.take() {
            Some(HeldRow { text, entry, .. }) => {
                (self.handler)(RowEvent::Row(FileRow { text: &text, entry: &|| entry.clone() }))
            }
            None => Ok(()),
        }
    }
}
