//! The arguments of `precall import`.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use crate::change_stamp::BecauseArgument;
use crate::dynamodb::store::StoreArguments;
use crate::failure::Failure;
use crate::number_list::arguments::{EntryAttributes, FormatArguments, duration, list_name};
use crate::number_list::file_reader::input::is_standard_input;

/// Write a list of numbers, such as a do-not-call list, into the rules table.
///
/// The file may contain one number per line, CSV or other columns with or without a header, a workbook (xlsx, ods),
/// JSON, JSON Lines, an export of DynamoDB, or a file of the National Do Not Call Registry: a full list, or a list of
/// changes. It may be compressed with gzip or zip. Each number becomes a rule with the list's name. Area codes as
/// dialers write them (201XXXXXXX, 201%) become rules for the prefix.
///
/// A file is refused if several columns have telephone numbers: name one or several of them with --column, or give
/// --all-phone-columns.
///
/// The command shows and counts the lines that it cannot read, writes them to FILE.rejects, and imports all others. Continue
/// an interrupted import with --resume. Importing a file twice changes nothing. Exit status: 0 if all lines were imported, 1
/// if some were rejected or the import failed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall import dnc.csv --list internal-dnc
  precall import 2026-11-20_Global.zip --list national-dnc --replace --expires 31d
  precall import leads.xlsx --list opted-out --column Phone,Mobile --only 'Do Not Call=yes'
  precall import leads.csv --list vip --column mobile --status PROCEED --priority 60
  precall import leads.csv --list vip --dry-run")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub struct Arguments {
    /// The file; `-` is standard input.
    pub file: PathBuf,

    /// The list's name, which is also the name of its rules: letters, digits, `.`, `_` and `-`.
    #[arg(long, value_name = "NAME", value_parser = list_name)]
    pub list: String,

    #[command(flatten)]
    pub format: FormatArguments,

    #[command(flatten)]
    pub attributes: EntryAttributes,

    /// Remove the numbers that are not in the file, after all others have been written.
    #[arg(long)]
    pub replace: bool,

    /// Continue an interrupted import.
    #[arg(long)]
    pub resume: bool,

    /// Import an already imported file again, accept a file without entries, and let `--replace` remove more than half of a
    /// list.
    #[arg(long)]
    pub force: bool,

    /// The time for which this copy of the list may be used, such as 31d for the registry. `precall lists` warns before its
    /// end; the numbers stay on the list after it.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub expires: Option<SignedDuration>,

    /// The time after which each number leaves the list, such as 90d.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub forget_after: Option<SignedDuration>,

    /// The instant of the copy (RFC 3339); --expires and --forget-after count from it. The default is the file's last change.
    #[arg(long, value_name = "INSTANT")]
    pub copied: Option<Timestamp>,

    /// Show how the file is read, and write nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// With --dry-run, print each number and each rejected line as a line of JSON.
    #[arg(long, requires = "dry_run")]
    pub json: bool,

    /// Import a file whose columns are doubtful without a question.
    #[arg(long)]
    pub yes: bool,

    /// The file for lines that cannot be read, with the reasons. You can correct the lines in it, and import it.
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,

    #[command(flatten)]
    pub because: BecauseArgument,

    #[command(flatten)]
    pub store: StoreArguments,
}

impl Arguments {
    /// Returns the time of the copy, in whole seconds as it is stored.
    ///
    /// # Errors
    /// When it is in the future.
    pub fn copied_at(&self) -> Result<Timestamp, Failure> {
        let now = Timestamp::now();
        let changed = || {
            if is_standard_input(&self.file) {
                return Ok(now);
            }
            Timestamp::try_from(std::fs::metadata(&self.file)?.modified()?).map_err(Failure::from)
        };
        let copied = match self.copied {
            Some(at) if at > now => return Err("--copied is in the future".into()),
            Some(at) => at,
            None => changed()?.min(now),
        };
        Ok(Timestamp::from_second(copied.as_second())?)
    }

    /// Returns the options that the items depend on, as one text.
    pub fn described(&self) -> String {
        let mut options = vec![self.attributes.described()];
        options.extend(self.format.described());
        if let Some(time) = self.forget_after {
            options.push(format!("forget-after={}s", time.as_secs()));
            options.extend(self.copied.iter().map(|at| format!("copied={at}")));
        }
        options.extend(self.replace.then(|| "replace".to_owned()));
        options.join(" ")
    }

    /// Returns the file's name in the list's record.
    pub fn file_name(&self) -> String {
        if is_standard_input(&self.file) {
            return "standard input".to_owned();
        }
        self.file.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Returns the path of the file for rejected lines, which is named after the file, or after the list for standard
    /// input.
    pub fn rejects_file(&self) -> PathBuf {
        self.rejects.clone().unwrap_or_else(|| {
            let of_input = is_standard_input(&self.file).then(|| self.list.clone().into());
            let mut name = of_input.unwrap_or_else(|| self.file.clone().into_os_string());
            name.push(".rejects");
            name.into()
        })
    }
}
