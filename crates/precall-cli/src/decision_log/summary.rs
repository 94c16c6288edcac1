//! Counts of the lines and records of a reading.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use serde_json::{Map, Value};

use super::batch::LogPosition;
use super::inputs::LogInputs;
use crate::counts::{counted, grouped};
use crate::terminal::print_stderr;

/// Most broken lines whose positions are reported.
const MAX_REPORTED_LINES: usize = 20;

/// Most keys of a JSON line that are reported.
const MAX_REPORTED_KEYS: usize = 4;

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
    pub other_json: OtherJsonLines,
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

/// JSON lines about other things: their number, and the keys of the first one.
#[derive(Debug, Default)]
pub struct OtherJsonLines {
    count: u64,
    first: Option<(LogPosition, Vec<String>)>,
}

impl OtherJsonLines {
    /// Adds a line.
    pub fn add(&mut self, position: LogPosition, json: &[u8]) {
        self.count += 1;
        if self.first.as_ref().is_none_or(|(first, _)| position < *first) {
            let members: Map<String, Value> = serde_json::from_slice(json).unwrap_or_default();
            self.first = Some((position, members.into_iter().map(|(key, _)| key).take(MAX_REPORTED_KEYS).collect()));
        }
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.first = [self.first.take(), other.first].into_iter().flatten().min();
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
        self.other_json.merge(other.other_json);
        self.other_text += other.other_text;
        self.broken.merge(other.broken);
        self.unread.extend(other.unread);
    }

    /// Returns true if every file was read to its end, and every record in it.
    pub fn is_whole(&self) -> bool {
        self.not_read() == 0
    }

    /// Returns the number of broken lines, and of files that were not read to their end.
    pub fn not_read(&self) -> u64 {
        self.broken.count + self.unread.len() as u64
    }

    /// Checks that the inputs have a decision record, in the period or not. Otherwise they were not read as a log, and
    /// nothing can be said about its calls.
    ///
    /// # Errors
    /// If there is no record.
    pub fn check_is_log(&self) -> Result<(), NotALog> {
        if self.records + self.duplicates + self.outside > 0 {
            return Ok(());
        }
        let keys = self.other_json.first.as_ref().map(|(_, keys)| keys.join("`, `")).filter(|keys| !keys.is_empty());
        Err(NotALog {
            names: self.names.clone(),
            metrics: self.metrics,
            json: self.other_json.count,
            keys,
            text: self.other_text,
            broken: self.broken.count,
            unread: self.unread.len() as u64,
        })
    }

    /// Prints what could not be read, on standard error.
    pub fn warn(&self, inputs: &LogInputs) {
        for (position, fault) in &self.broken.first {
            print_stderr(format_args!("warning: {}: {fault}; it was left out", inputs.name(*position)));
        }
        let more = self.broken.count.saturating_sub(self.broken.first.len() as u64);
        if more > 0 {
            print_stderr(format_args!("warning: {} more", counted(more, "broken line")));
        }
        if self.broken.count > 0 {
            print_stderr("warning: export the log again with whole lines, so that the broken records are not missing");
        }
        for file in &self.unread {
            print_stderr(format_args!("warning: {file}"));
        }
    }
}

/// The error of inputs without a decision record: the form of what was read.
#[derive(Debug)]
pub struct NotALog {
    names: String,
    metrics: u64,
    json: u64,
    /// The first keys of the first JSON line.
    keys: Option<String>,
    text: u64,
    broken: u64,
    unread: u64,
}

/// Names the form of what was read: 12 lines of JSON without the key of a record, with the first keys.
impl fmt::Display for NotALog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = |count: u64, what: &str| (count > 0).then(|| format!("{} {what}", counted(count, "line")));
        let keys = self.keys.as_ref().map_or_else(String::new, |keys| format!(" (the first has `{keys}`)"));
        let seen: Vec<_> = [
            lines(self.json, &format!("of JSON without `decision_id`{keys}")),
            lines(self.text, if self.text == 1 { "that is not JSON" } else { "that are not JSON" }),
            lines(self.metrics, "of metrics"),
            (self.broken > 0).then(|| counted(self.broken, "broken record")),
            (self.unread > 0).then(|| format!("{} not read to the end", counted(self.unread, "file"))),
        ]
        .into_iter()
        .flatten()
        .collect();
        let form = if seen.is_empty() { "the log is empty".to_owned() } else { format!("only {}", seen.join(", ")) };
        let remedy = match () {
            () if self.broken > 0 => "export the log again with whole lines",
            () if seen.is_empty() => {
                "save the standard output of `precall serve`, or export a period with calls from CloudWatch"
            }
            () => {
                "name the output of `precall serve`, an export of CloudWatch with the whole messages (`@message`), or the \
                 log of its container, journal or collector"
            }
        };
        write!(f, "there is no decision record in {}: {form}; {remedy}", self.names)
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
            (self.other_json.count, "other JSON line", "other JSON lines"),
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
