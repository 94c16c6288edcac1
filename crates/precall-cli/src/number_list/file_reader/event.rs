//! The events of reading a list's file.

use super::format::FormatDescription;
use crate::failure::Failure;
use crate::number_list::entry::ListEntry;

/// An entry of a file, or a line that cannot be read.
#[derive(Debug)]
pub struct FileEntry<'l> {
    /// The member of an archive; empty in other files.
    pub member: &'l str,
    /// The number of its line, or of the entry in files without lines.
    pub nth: u64,
    /// The entry, or the reason why it cannot be read.
    pub entry: Result<ListEntry, String>,
    /// Its text in the file.
    pub text: &'l str,
}

/// An event of reading a file. The format of a text comes before its entries.
#[derive(Debug)]
pub enum ReadEvent<'l> {
    Format(FormatDescription),
    Entry(FileEntry<'l>),
    /// A line that the operator left out (`--only`).
    LeftOut,
}

/// The caller's function for the events.
pub type EventHandler<'e> = dyn FnMut(ReadEvent<'_>) -> Result<(), Failure> + 'e;
