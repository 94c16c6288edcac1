//! The arguments of `precall scrub`.

use std::path::PathBuf;

use precall::Number;

use super::outputs::OutputNames;
use crate::call_time::CallTime;
use crate::failure::{Failure, LocatedError};
use crate::number_list::file_reader::format::FormatOptions;
use crate::number_list::file_reader::input::InputFile;
use crate::rule_source::RuleSourceArguments;
use crate::scrub::lead_file::{self, CallerSource, LeadForm};
use crate::scrub::rendering::RowFormat;

/// Decide the calls to all numbers of a file, and write the file with the decisions.
///
/// Each row keeps its cells, and gets columns: the number as it was read, the decision, its code, reason and rule, the callee's
/// place and local time, the next instant at which a rejected call could be placed, the target of a redirect, and the further
/// calls that the caps allow. The decisions are those of `precall check` for the same instant. The command writes no rules and
/// counts no attempts. The file may have any form that `import` reads.
///
/// Exit status: 0 if every row is decided; 1 if a number cannot be read or a decision is unknown, if the rules under `*` or
/// under the caller changed meanwhile, or if the command fails; 130 after Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall scrub leads.csv --output scrubbed.csv
  precall scrub leads.csv --callable call.csv --blocked skip.csv --from +12125550100
  precall scrub leads.csv --at \"Monday 10:00\" --column mobile > scrubbed.csv")]
pub struct Arguments {
    /// The file of leads; `-` reads standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// The column with the callees: its name, or its number from 1.
    #[arg(long, value_name = "COLUMN")]
    column: Option<String>,

    /// The column with the countries of the callees: its name, or its number from 1; `none` if no column is one.
    #[arg(long, value_name = "COLUMN")]
    country_column: Option<String>,

    /// The sheet of a workbook.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,

    /// The caller of all calls. Without it, the caller is withheld.
    #[arg(long, value_name = "NUMBER", conflicts_with = "from_column")]
    from: Option<String>,

    /// The column with the callers: its name, or its number from 1.
    #[arg(long, value_name = "COLUMN")]
    from_column: Option<String>,

    /// The name of the client's API key.
    #[arg(long)]
    pub client: Option<String>,

    /// The time of the calls by each callee's clock, such as "2026-12-01 08:00", "Sunday 14:00" or 8pm, optionally
    /// followed by a time zone; or an instant such as 2026-12-01T08:00:00-05:00. The default is now, or the instant of
    /// --as-of.
    #[arg(long, value_name = "TIME")]
    pub at: Option<CallTime>,

    /// Write all rows to this file. Without an output, they go to standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Write the rows whose numbers may be called to this file: those with the decision PROCEED.
    #[arg(long, value_name = "FILE")]
    callable: Option<PathBuf>,

    /// Write all other rows to this file.
    #[arg(long, value_name = "FILE")]
    blocked: Option<PathBuf>,

    /// The form of the rows: the file's own (csv), or JSON Lines (json).
    #[arg(long, value_enum, default_value_t)]
    pub format: RowFormat,

    /// Continue an interrupted scrub with the same file and options.
    #[arg(long)]
    pub resume: bool,

    /// Replace existing files, and the parts of an interrupted scrub.
    #[arg(long, conflicts_with = "resume")]
    pub force: bool,

    #[command(flatten)]
    pub source: RuleSourceArguments,
}

/// The file of leads, and the outputs.
#[derive(Debug)]
pub struct LeadSource {
    pub input: InputFile,
    pub form: LeadForm,
    pub callers: CallerSource,
    pub outputs: OutputNames,
}

impl Arguments {
    /// Checks the arguments and the file.
    ///
    /// # Errors
    /// When the file cannot be read, or an output exists.
    pub fn leads(&self) -> Result<LeadSource, Failure> {
        let outputs =
            OutputNames { all: self.output.clone(), callable: self.callable.clone(), blocked: self.blocked.clone() };
        outputs.check(&self.file)?;
        if !self.resume && !self.force {
            outputs.refuse_existing()?;
        }
        let callers = self.callers()?;
        let input = InputFile::open(&self.file)?;
        let form = lead_file::form(&input, &self.format_options(), &callers)?;
        Ok(LeadSource { input, form, callers, outputs })
    }

    /// Returns the options of the file's reader.
    pub fn format_options(&self) -> FormatOptions {
        FormatOptions {
            column: self.column.clone(),
            country_column: self.country_column.clone(),
            sheet: self.sheet.clone(),
            one_number: true,
            ..FormatOptions::default()
        }
    }

    fn callers(&self) -> Result<CallerSource, Failure> {
        if let Some(column) = &self.from_column {
            return Ok(CallerSource::Column(column.clone()));
        }
        let Some(from) = self.from.as_deref().filter(|from| !precall::number::is_withheld(from)) else {
            return Ok(CallerSource::Withheld);
        };
        let number =
            Number::from_typed(from).map_err(|error| LocatedError::new(format_args!("--from {from}"), error))?;
        Ok(CallerSource::Number(number))
    }

    /// Returns the options on which the rows depend, to compare a run with the one that it continues.
    pub fn described(&self, source: &str) -> String {
        let Self {
            column,
            country_column,
            sheet,
            from,
            from_column,
            client,
            at,
            output,
            callable,
            blocked,
            format,
            ..
        } = self;
        format!(
            "{column:?} {country_column:?} {sheet:?} {from:?} {from_column:?} {client:?} {at:?} {output:?} {callable:?} {blocked:?} {format:?} {source}"
        )
    }
}
