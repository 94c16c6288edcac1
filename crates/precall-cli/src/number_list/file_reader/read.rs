//! Reads a list's file with the reader of its format.

use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::event::{EventHandler, FileEntry, ReadEvent};
use super::format::{FileFormat, FormatOptions};
use super::input::InputFile;
use super::row_event::{FileRow, RowEvent, RowForm, RowHandler};
use super::{delimited, json, xml};
use crate::failure::Failure;

const NO_EXEMPTIONS: &str = "exemptions are read from columns; save the file as CSV, or load items with `precall load`";

/// Reads a file from its beginning to its end. The bytes that were read are added to `used`.
///
/// # Errors
/// When the file cannot be read, its format cannot be detected, or the handler fails.
pub fn entries(
    input: InputFile,
    options: &FormatOptions,
    used: &Arc<AtomicU64>,
    handler: &mut EventHandler<'_>,
) -> Result<(), Failure> {
    input.read_texts(used, |member, reader| {
        let format = match options.format {
            FileFormat::Auto => detected_format(reader)?,
            format => format,
        };
        if let Some(columns) = &options.exemptions {
            return match format {
                FileFormat::Json | FileFormat::Xml | FileFormat::Changes => Err(NO_EXEMPTIONS.into()),
                FileFormat::Auto | FileFormat::Numbers | FileFormat::Csv => {
                    delimited::exemptions(member, reader, columns, options.column.as_deref(), handler)
                }
            };
        }
        match format {
            FileFormat::Json => json::entries(member, reader, handler),
            FileFormat::Xml => xml::entries(member, reader, handler),
            format => delimited::entries(member, reader, format, options.column.as_deref(), handler),
        }
    })
}

/// The name of the only column of a file that has none: the text of its entries.
const ENTRY: &str = "entry";

/// Reads a file from its beginning to its end, row by row. The bytes that were read are added to `used`.
///
/// # Errors
/// When the file cannot be read, its format cannot be detected, it is an archive with several texts, or the handler fails.
pub fn rows(
    input: InputFile,
    column: Option<&str>,
    used: &Arc<AtomicU64>,
    handler: &mut RowHandler<'_>,
) -> Result<(), Failure> {
    let mut is_first = true;
    input.read_texts(used, |member, reader| {
        if !std::mem::take(&mut is_first) {
            return Err("the archive has several texts; unpack it, and name one file".into());
        }
        let mut entry = |event: ReadEvent<'_>| match event {
            ReadEvent::Format(format) => {
                handler(RowEvent::Form(RowForm { delimiter: None, has_returns: false, text: format.text }))?;
                handler(RowEvent::Header(ENTRY))
            }
            ReadEvent::Entry(FileEntry { text, entry, .. }) => {
                handler(RowEvent::Row(FileRow { text, entry: &|| entry.clone() }))
            }
        };
        match detected_format(reader)? {
            FileFormat::Json => json::entries(member, reader, &mut entry),
            FileFormat::Xml => xml::entries(member, reader, &mut entry),
            _ => delimited::rows(reader, column, handler),
        }
    })
}

/// Detects JSON and XML by the first character that is not blank.
fn detected_format(reader: &mut dyn BufRead) -> Result<FileFormat, Failure> {
    let start = reader.fill_buf()?;
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
    Ok(match first {
        Some(b'{' | b'[') => FileFormat::Json,
        Some(b'<') => FileFormat::Xml,
        _ => FileFormat::Auto,
    })
}
