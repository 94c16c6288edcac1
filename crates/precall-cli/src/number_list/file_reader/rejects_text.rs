//! Files of rejected lines, which a person can correct and import: the lines as they were, with the names of their
//! columns. Lines that begin with a mark are for people.

use std::io::{self, BufRead, BufReader, Read};

use crate::failure::Failure;

/// The beginning of each line that is for people.
pub const REJECTS_MARK: &str = "#!precall";

/// The line above the names of columns. A file has several if its lines are from several texts.
pub const COLUMNS_MARK: &str = "#!precall columns";

/// Passes each part of such a file to a closure, without the lines for people; any other text as it is.
///
/// # Errors
/// When the text cannot be read, or the closure fails.
pub fn each_part(
    reader: &mut dyn BufRead,
    each: &mut dyn FnMut(&mut dyn BufRead) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if !reader.fill_buf()?.starts_with(REJECTS_MARK.as_bytes()) {
        return each(reader);
    }
    let mut part = PartReader { inner: reader, line: Vec::new(), at: 0, lines: 0, has_more: false };
    // The lines above the first part.
    io::copy(&mut part, &mut io::sink())?;
    while part.has_more {
        part.begin();
        each(&mut BufReader::new(&mut part))?;
        // A part that was not read to its end.
        io::copy(&mut part, &mut io::sink())?;
    }
    Ok(())
}

/// Reads a part of such a file, with an empty line for each line for people, so that lines have their number in the
/// file.
struct PartReader<'r> {
    inner: &'r mut dyn BufRead,
    line: Vec<u8>,
    at: usize,
    /// The lines that were read.
    lines: usize,
    /// True after the line above the next part.
    has_more: bool,
}

impl PartReader<'_> {
    fn begin(&mut self) {
        self.has_more = false;
        self.at = 0;
        self.line = vec![b'\n'; self.lines];
    }
}

impl Read for PartReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.line.len() && !self.has_more {
            self.at = 0;
            self.line.clear();
            self.inner.read_until(b'\n', &mut self.line)?;
            self.lines += 1;
            if self.line.starts_with(COLUMNS_MARK.as_bytes()) {
                self.line.clear();
                self.has_more = true;
            } else if self.line.starts_with(REJECTS_MARK.as_bytes()) {
                self.line = vec![b'\n'];
            }
        }
        let mut rest = self.line.get(self.at..).unwrap_or_default();
        let read = rest.read(buffer)?;
        self.at += read;
        Ok(read)
    }
}
