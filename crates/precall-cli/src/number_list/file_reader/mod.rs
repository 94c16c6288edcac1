//! Reads a list's file in any of its formats, entry by entry.

mod delimited;
mod entry_rows;
pub mod event;
pub mod format;
pub mod input;
mod json;
mod json_entry;
pub mod read;
pub mod rejects_text;
pub mod row_event;
mod text_encoding;
mod words;
mod workbook;
mod xml;
