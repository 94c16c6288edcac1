//! Reads a list's file in any of its formats, entry by entry.

mod delimited;
pub mod event;
pub mod format;
pub mod input;
mod json;
pub mod read;
pub mod row_event;
mod words;
mod xml;
