//! The lines of a text, and the records that continue on the next line.

use std::collections::VecDeque;
use std::io::{BufRead, Read as _};

use encoding_rs::WINDOWS_1252;

use super::layout::ColumnLayout;
use crate::failure::Failure;

/// Lines that are read to detect a file's layout.
pub const SAMPLE: usize = 200;

/// Most bytes of a line. A longer line is not one of a list.
pub const MAX_LINE: u64 = 64 << 10;

/// Most lines of a quoted text. A quote that is open for longer is a stray one, and must not swallow the lines after
/// it.
const MAX_QUOTED_LINES: usize = 20;

/// The text of a line; `None` if it is too long.
type LineText = Option<String>;

/// Reads the lines of a text, and can look ahead.
pub struct LineReader<'r> {
    reader: &'r mut dyn BufRead,
    nth: u64,
    /// Lines that were read ahead.
    waiting: VecDeque<(u64, LineText)>,
}

impl<'r> LineReader<'r> {
    pub fn new(reader: &'r mut dyn BufRead) -> Self {
        Self { reader, nth: 0, waiting: VecDeque::new() }
    }

    /// Returns the next lines, without those that are too long. They remain the next lines.
    pub fn peek(&mut self, count: usize) -> Result<Vec<String>, Failure> {
        while self.waiting.len() < count {
            match self.read()? {
                Some(line) => self.waiting.push_back(line),
                None => break,
            }
        }
        Ok(self.waiting.iter().filter_map(|(_, text)| text.clone()).collect())
    }

    /// Refuses a text whose lines end in a carriage return alone: it would be one long line.
    pub fn refuse_lone_returns(&mut self) -> Result<(), Failure> {
        let start = self.reader.fill_buf()?;
        let inside = start.get(..start.len().saturating_sub(1)).unwrap_or_default();
        if inside.contains(&b'\r') && !start.contains(&b'\n') {
            return Err("its lines end in a carriage return alone; save it as CSV with other line ends".into());
        }
        Ok(())
    }

    /// Returns the next record: a line, and the lines after it if a quoted text continues there.
    pub fn next_record(&mut self, layout: &ColumnLayout) -> Result<Option<(u64, LineText)>, Failure> {
        let (nth, mut text) = match self.next()? {
            Some((nth, Some(text))) if layout.delimiter.is_some() && has_open_quote(&text) => (nth, text),
            other => return Ok(other),
        };
        for more in 0..MAX_QUOTED_LINES {
            self.peek(more + 1)?;
            let Some((_, Some(next))) = self.waiting.get(more) else { break };
            let whole = format!("{text}\n{next}");
            // A line with a number is an entry of its own, and so the quote is a stray one; unless the lines before it
            // have no number, and together with it they are one record with a number.
            if layout.has_entry(next)
                && (layout.has_entry(&unquoted_first_line(&text)) || !is_whole_entry(&whole, layout))
            {
                break;
            }
            text = whole;
            if !has_open_quote(&text) {
                if !layout.is_one_record(&text) {
                    break;
                }
                self.waiting.drain(..=more);
                return Ok(Some((nth, Some(text))));
            }
        }
        Ok(Some((nth, Some(unquoted_first_line(&text)))))
    }

    fn next(&mut self) -> Result<Option<(u64, LineText)>, Failure> {
        match self.waiting.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.read(),
        }
    }

    fn read(&mut self) -> Result<Option<(u64, LineText)>, Failure> {
        let mut line = Vec::new();
        let read = (&mut *self.reader).take(MAX_LINE).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        self.nth += 1;
        let is_whole = line.ends_with(b"\n") || u64::try_from(read)? < MAX_LINE;
        if !is_whole {
            self.reader.skip_until(b'\n')?;
            return Ok(Some((self.nth, None)));
        }
        let mut text = in_utf8(line);
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        Ok(Some((self.nth, Some(text))))
    }
}

/// Returns the text of a line. A line that is not UTF-8 is one of Windows, in its Western code page.
fn in_utf8(line: Vec<u8>) -> String {
    String::from_utf8(line).unwrap_or_else(|error| WINDOWS_1252.decode(error.as_bytes()).0.into_owned())
}

/// Returns true if a quoted text begins here and does not end.
fn has_open_quote(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1
}

/// Returns the first line of a text, for the case that its quote is a stray one.
fn unquoted_first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().replace('"', "")
}

/// Returns true if lines are one record with a number.
fn is_whole_entry(lines: &str, layout: &ColumnLayout) -> bool {
    !has_open_quote(lines) && layout.is_one_record(lines) && layout.has_entry(lines)
}

/// Joins the lines over which a quoted text goes on. A quote that does not end within [`MAX_QUOTED_LINES`] is a stray
/// one.
pub fn joined_by_quotes(lines: &[String]) -> Vec<String> {
    let mut joined = Vec::with_capacity(lines.len());
    let mut rest = lines;
    while let Some((first, others)) = rest.split_first() {
        let mut whole = first.clone();
        let mut end = 0;
        if has_open_quote(first) {
            for (nth, next) in (1_usize..).zip(others.iter().take(MAX_QUOTED_LINES)) {
                whole = format!("{whole}\n{next}");
                if !has_open_quote(&whole) {
                    end = nth;
                    break;
                }
            }
        }
        joined.push(if end == 0 { first.clone() } else { whole });
        rest = others.get(end..).unwrap_or_default();
    }
    joined
}
