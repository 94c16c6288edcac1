//! Lines with a number each, and columns: CSV of spreadsheets and dialers, and the flat files of the National Do Not
//! Call Registry.

mod codes;
mod detect;
mod exemptions;
mod layout;
mod lines;
mod marks;
mod phone_names;
mod rows;
mod titles;
mod withdrawn;

use std::io::BufRead;

use self::detect::detect;
pub use self::exemptions::entries as exemptions;
use self::lines::{LineReader, SAMPLE};
pub use self::rows::rows;
use super::event::{EventHandler, FileEntry, ReadEvent};
use super::format::FileFormat;
use crate::failure::Failure;

/// Reads the entries of a text.
///
/// # Errors
/// When the text cannot be read, its layout cannot be detected, or the handler fails.
pub fn entries(
    member: &str,
    reader: &mut dyn BufRead,
    format: FileFormat,
    column: Option<&str>,
    handler: &mut EventHandler<'_>,
) -> Result<(), Failure> {
    let mut lines = LineReader::new(reader);
    lines.refuse_lone_returns()?;
    let sample = lines.peek(SAMPLE)?;
    let (layout, description) = detect(&sample, format, column)?;
    handler(ReadEvent::Format(description))?;

    let mut to_skip = layout.titles + usize::from(layout.header);
    while let Some((nth, text)) = lines.next_record(&layout)? {
        let Some(text) = text else {
            let entry = Err(format!("longer than {} bytes", lines::MAX_LINE));
            handler(ReadEvent::Entry(FileEntry { member, nth, entry, text: "" }))?;
            continue;
        };
        if text.trim().is_empty() || layout.is_comment(&text) {
            continue;
        }
        if to_skip > 0 {
            to_skip -= 1;
            continue;
        }
        let entry = layout.entry_of(&text);
        handler(ReadEvent::Entry(FileEntry { member, nth, entry, text: &text }))?;
    }
    Ok(())
}
