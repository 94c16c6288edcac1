//! Counts of the lines and records of a reading.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use super::batch::LogPosition;
use super::inputs::LogInputs;
use crate::counts::{counted, grouped};
use crate::terminal::print_stderr;

/// Most broken lines whose positions are reported.
const MAX_REPORTED_LINES: usize = 20;

/// Counts of a reading.
#[derive(Debug, Default)]
pub struct LogSummary {
    /// Files and standard input.
    pub inputs: u64,
    /// The names of the inputs, as they were given.
    pub names: String,
    /// Records that a sink took.
    pub records: u64,
    /// Records that a sink had taken before.
    pub duplicates: u64,
    /// Records outside the period.
    pub outside: u64,
    /// Lines of metrics.
    pub metrics: u64,
    /// JSON lines about other things.
    pub other_json: u64,
    /// Lines that are not JSON.
    pub other_text: u64,
    /// Lines that look like a record and cannot be read.
    pub broken: BrokenLines,
    /// Files that could not be read to their end, with the reason.
    pub unread: Vec<String>,
}

/// Broken lines: their number, and the positions and faults of the first ones.
#[derive(Debug, Default)]
pub struct BrokenLines {
    count: u64,
    first: BTreeMap<LogPosition, String>,
}

impl BrokenLines {
    /// Adds a broken line.
    pub fn add(&mut self, position: LogPosition, fault: String) {
        self.count += 1;
        self.keep(position, fault);
    }

    fn keep(&mut self, position: LogPosition, fault: String) {
        self.first.insert(position, fault);
        if self.first.len() > MAX_REPORTED_LINES {
            self.first.pop_last();
        }
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        for (position, fault) in other.first {
            self.keep(position, fault);
        }
    }
}

impl LogSummary {
    /// Adds the counts of another thread.
    pub fn merge(&mut self, other: Self) {
        self.inputs += other.inputs;
        self.records += other.records;
        self.duplicates += other.duplicates;
        self.outside += other.outside;
        self.metrics += other.metrics;
        self.other_json += other.other_json;
        self.other_text += other.other_text;
        self.broken.merge(other.broken);
        self.unread.extend(other.unread);
    }

    /// Returns true if every file was read to its end.
    pub fn is_whole(&self) -> bool {
        self.unread.is_empty()
    }

    /// Checks that the inputs are a log. One without any line is: there may have been no call.
    ///
    /// # Errors
    /// If there are lines, and none of them is by the hook.
    pub fn check_is_log(&self) -> Result<(), NotALog> {
        let known = self.records + self.duplicates + self.outside + self.metrics;
        let other = self.other_json + self.other_text + self.broken.count;
        if known == 0 && other > 0 { Err(NotALog { names: self.names.clone(), lines: other }) } else { Ok(()) }
    }

    /// Prints what could not be read, on standard error.
    pub fn warn(&self, inputs: &LogInputs) {
        for (position, fault) in &self.broken.first {
            print_stderr(format_args!("warning: {}: {fault}", inputs.name(*position)));
        }
        let more = self.broken.count.saturating_sub(self.broken.first.len() as u64);
        if more > 0 {
            print_stderr(format_args!("warning: {more} more broken lines"));
        }
        for file in &self.unread {
            print_stderr(format_args!("warning: {file}"));
        }
    }
}

/// The error of inputs that are not a log of the hook.
#[derive(Debug)]
pub struct NotALog {
    names: String,
    lines: u64,
}

impl fmt::Display for NotALog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: not a log of precall: no decision record in {}; name the output of `precall serve` or an export of \
             CloudWatch",
            self.names,
            counted(self.lines, "line")
        )
    }
}

impl Error for NotALog {}

/// `1,002 records in 1 file (log.jsonl); also 3 lines of metrics, 1 broken line`
impl fmt::Display for LogSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {} ({})", counted(self.records, "record"), counted(self.inputs, "file"), self.names)?;
        let parts = [
            (self.duplicates, "duplicate record", "duplicate records"),
            (self.outside, "record outside the period", "records outside the period"),
            (self.metrics, "line of metrics", "lines of metrics"),
            (self.other_json, "other JSON line", "other JSON lines"),
            (self.other_text, "line that is not JSON", "lines that are not JSON"),
            (self.broken.count, "broken line", "broken lines"),
            (self.unread.len() as u64, "file not read to its end", "files not read to their end"),
        ];
        for (i, (count, one, many)) in parts.into_iter().filter(|(count, ..)| *count > 0).enumerate() {
            let before = if i == 0 { "; also " } else { ", " };
            write!(f, "{before}{} {}", grouped(count), if count == 1 { one } else { many })?;
        }
        Ok(())
    }
}
