//! `precall report`: what became of the calls of a log.

mod html;
mod plot;
mod tally;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use self::tally::Tally;
use crate::decision_log::{self, Summary};
use crate::failure::Failure;
use crate::terminal::print;

/// Sum up the decisions of logs, to send on: as text, CSV, or a page to print.
///
/// Exit status: 0 when the logs were read whole, 1 when a part of them could not be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall report log.jsonl
  precall report export/ --from 2026-11-01 --to 2026-11-30 --format html --out november.html")]
pub struct Arguments {
    #[command(flatten)]
    log: decision_log::Arguments,

    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,

    /// Write to this file, instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For a person.
    #[default]
    Text,
    /// One row for each figure, for a spreadsheet.
    Csv,
    /// One page with plots, which needs nothing else, to read and to print.
    Html,
}

/// All there is to report.
struct Report {
    tally: Tally,
    summary: Summary,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let inputs = arguments.log.open()?;
    let sinks = (0..decision_log::threads()).map(|_| Tally::default()).collect();
    let (tallies, summary) = arguments.log.read(&inputs, sinks)?;
    summary.warn(&inputs);
    let mut tally = Tally::default();
    for part in tallies {
        tally.merge(part);
    }
    let report = Report { tally, summary };
    let text = match arguments.format {
        Format::Text => write::text(&report),
        Format::Csv => write::csv(&report)?,
        Format::Html => html::page(&report)?,
    };
    match &arguments.out {
        None => print(&text)?,
        Some(path) => put(path, &text).map_err(|error| format!("{}: {error}", path.display()))?,
    }
    Ok(if report.summary.is_whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes a file that is there whole or not at all.
fn put(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    std::fs::write(&unfinished, text).and_then(|()| std::fs::rename(&unfinished, path)).inspect_err(|_| {
        // It may not be there.
        let _ = std::fs::remove_file(&unfinished);
    })
}
