//! `precall report`: a summary of the decisions in a log.

mod answer_times;
mod figures;
mod html;
mod plot;
mod rows;
mod text;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use self::figures::ReportFigures;
use crate::decision_log::{self, LogArguments};
use crate::failure::{Failure, FileFailure};
use crate::terminal::{print, printable};
use crate::whole_file::write_whole;

/// Summarise the decisions in logs as text, as CSV, or as an HTML page to send or print.
///
/// Exit status: 0 if the command read all of the logs. 1 if they have no decision record, a record is broken, or a file could not be
/// read to its end.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall report log.jsonl
  precall report export/ --from 2026-11-01 --to 2026-11-30 --format html --out november.html")]
pub struct Arguments {
    #[command(flatten)]
    log: LogArguments,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ReportFormat,

    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum ReportFormat {
    /// Text to read in a terminal.
    #[default]
    Text,
    /// One row for each figure, for a spreadsheet.
    Csv,
    /// One self-contained page with plots, to read and to print.
    Html,
}

/// Runs the command.
///
/// # Errors
/// If a log is missing, or the report cannot be written.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let inputs = arguments.log.open()?;
    let sinks = (0..decision_log::threads()).map(|_| ReportFigures::default()).collect();
    let (parts, summary) = arguments.log.read(&inputs, sinks)?;
    summary.warn(&inputs);
    summary.check_is_log()?;
    let mut figures = ReportFigures::default();
    for part in parts {
        figures.merge(part);
    }
    let text = match arguments.format {
        ReportFormat::Text => text::text(&figures, &summary),
        ReportFormat::Csv => rows::csv(&figures, &summary)?,
        ReportFormat::Html => html::report_page(&figures, &summary)?,
    };
    match &arguments.out {
        None => print(&text)?,
        Some(path) => write_whole(path, &printable(&text)).map_err(|error| FileFailure::write(path, error))?,
    }
    Ok(if summary.is_whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
