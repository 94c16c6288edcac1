//! The arguments of commands that read logs.

use std::path::PathBuf;

use jiff::Timestamp;

use super::inputs::LogInputs;
use super::period::{LogPeriod, parse_end, parse_start};
use super::reader::{RecordSink, read_records};
use super::summary::LogSummary;
use crate::failure::Failure;

/// The logs to read.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct LogFileArguments {
    /// Logs: files or folders, gzip or not; `-` is standard input.
    ///
    /// Accepted are JSON lines of `precall serve`, also in the envelopes of Docker (json-file), `journalctl -o json`,
    /// fluent-bit and vector; CloudWatch's export to S3, its subscriptions (also by Kinesis and Firehose), its console's CSV,
    /// the output of `aws logs` (filter-log-events, tail, get-query-results), and results of Logs Insights as CSV or JSON
    /// with `@message`.
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<PathBuf>,
}

impl LogFileArguments {
    /// Finds the logs, so that a missing one is reported before any work is done.
    ///
    /// # Errors
    /// If a log is missing or may not be read.
    fn open(&self) -> Result<LogInputs, Failure> {
        LogInputs::find(&self.logs)
    }

    /// Passes each record to one of the sinks, each of which runs on its own thread. Prints what could not be read, and
    /// returns the sinks and a summary.
    ///
    /// # Errors
    /// If a log is missing, if there is no record, or if a sink fails.
    pub fn read_all<S: RecordSink>(&self, sinks: Vec<S>) -> Result<(Vec<S>, LogSummary), Failure> {
        let inputs = self.open()?;
        let (sinks, summary) = read_records(&inputs, LogPeriod { from: None, to: None }, sinks)?;
        summary.warn(&inputs);
        summary.check_is_log()?;
        Ok((sinks, summary))
    }
}

/// The logs to read, and the period.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct LogArguments {
    #[command(flatten)]
    files: LogFileArguments,

    /// Only calls from this instant on: RFC 3339, a day in UTC such as 2026-11-23 or yesterday, or a length of time ago such as 7d.
    #[arg(long, value_name = "WHEN", value_parser = parse_start)]
    from: Option<Timestamp>,

    /// Only calls before this instant, or up to the end of this day in UTC.
    #[arg(long, value_name = "WHEN", value_parser = parse_end)]
    to: Option<Timestamp>,
}

impl LogArguments {
    /// Returns the arguments for whole logs.
    pub fn of(logs: &[PathBuf]) -> Self {
        Self { files: LogFileArguments { logs: logs.to_vec() }, from: None, to: None }
    }

    /// Finds the logs, so that a missing one is reported before any work is done.
    ///
    /// # Errors
    /// If a log is missing or may not be read, or if the period is empty.
    pub fn open(&self) -> Result<LogInputs, Failure> {
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from >= to
        {
            return Err(format!(
                "the period is empty, because it begins at {from} (--from) and ends at {to} (--to); write an earlier --from or a \
                 later --to"
            )
            .into());
        }
        self.files.open()
    }

    /// Passes each record of the period to one of the sinks, each of which runs on its own thread. Returns the sinks and
    /// a summary of everything else that was in the logs.
    ///
    /// # Errors
    /// If a sink fails. A log that cannot be read is in the summary.
    pub fn read<S: RecordSink>(&self, inputs: &LogInputs, sinks: Vec<S>) -> Result<(Vec<S>, LogSummary), Failure> {
        read_records(inputs, LogPeriod { from: self.from, to: self.to }, sinks)
    }
}
