//! Lines with a number each, and columns: CSV of spreadsheets and dialers, and the flat files of the National Do Not
//! Call Registry.

mod cell;
mod comments;
mod consent_columns;
mod countries;
mod country_column;
mod detect;
mod exemptions;
mod exports;
mod fields;
mod holders;
mod layout;
mod line_entries;
mod lines;
pub mod marks;
mod number_source;
pub mod phone_names;
mod phones;
mod rows;
mod sample;
mod table;
mod titles;
pub mod wanted;

use std::io::BufRead;

use self::detect::detect;
pub use self::exemptions::entries as exemptions;
pub use self::holders::entries as holders;
use self::lines::{LineReader, SAMPLE};
pub use self::rows::rows;
use super::event::{EventHandler, ReadEvent};
use super::format::FormatOptions;
use crate::failure::Failure;

/// Reads the entries of a text.
///
/// # Errors
/// When the text cannot be read, its layout cannot be detected, or the handler fails.
pub fn entries(
    member: &str,
    reader: &mut dyn BufRead,
    options: &FormatOptions,
    handler: &mut EventHandler<'_>,
) -> Result<(), Failure> {
    let mut lines = LineReader::new(reader);
    lines.refuse_lone_returns()?;
    let sample = lines.peek(SAMPLE)?;
    let (mut layout, description) = detect(&sample, options)?;
    handler(ReadEvent::Format(description))?;
    line_entries::entries(member, &mut lines, &mut layout, handler)
}
