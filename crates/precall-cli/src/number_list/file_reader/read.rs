//! Reads a list's file with the reader of its format.

use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::entry_rows::EntryRows;
use super::event::EventHandler;
use super::format::{FileFormat, FormatOptions};
use super::input::InputFile;
use super::row_event::RowHandler;
use super::{delimited, json, xml};
use crate::failure::Failure;

const NO_HOLDERS: &str = "holders are read from columns; save the file as CSV, or load items with `precall load`";
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
    input.read_texts(used, options.sheet.as_deref(), |member, reader| {
        let format = match options.format {
            FileFormat::Auto => detected_format(reader)?,
            format => format,
        };
        if let Some(columns) = &options.exemptions {
            return match format {
                FileFormat::Json | FileFormat::Xml | FileFormat::Changes => Err(NO_EXEMPTIONS.into()),
                FileFormat::Auto | FileFormat::Numbers | FileFormat::Csv => {
                    delimited::exemptions(member, reader, columns, options, handler)
                }
            };
        }
        if let Some(columns) = &options.holders {
            return match format {
                FileFormat::Json | FileFormat::Xml | FileFormat::Changes => Err(NO_HOLDERS.into()),
                FileFormat::Auto | FileFormat::Numbers | FileFormat::Csv => {
                    delimited::holders(member, reader, columns, options, handler)
                }
            };
        }
        match format {
            FileFormat::Json => json::entries(member, reader, options, handler),
            FileFormat::Xml => xml::entries(member, reader, options, handler),
            _ => delimited::entries(member, reader, options, handler),
        }
    })
}

/// Reads a file from its beginning to its end, row by row. The bytes that were read are added to `used`.
///
/// # Errors
/// When the file cannot be read, its format cannot be detected or is doubtful, it has several texts, or the handler fails.
pub fn rows(
    input: InputFile,
    options: &FormatOptions,
    used: &Arc<AtomicU64>,
    handler: &mut RowHandler<'_>,
) -> Result<(), Failure> {
    let mut is_first = true;
    input.read_texts(used, options.sheet.as_deref(), |member, reader| {
        if !std::mem::take(&mut is_first) {
            return Err("it has several texts, as an archive of several files; name a file with one of them".into());
        }
        match detected_format(reader)? {
            FileFormat::Json => {
                let mut rows = EntryRows { handler, held: None };
                json::entries(member, reader, options, &mut |event| rows.add(event))?;
                rows.pass()
            }
            FileFormat::Xml => {
                let mut rows = EntryRows { handler, held: None };
                xml::entries(member, reader, options, &mut |event| rows.add(event))?;
                rows.pass()
            }
            _ => delimited::rows(reader, options, handler),
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
