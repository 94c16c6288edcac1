//! The arguments of `precall import`.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

use crate::dynamodb::store::StoreArguments;
use crate::failure::Failure;
use crate::number_list::arguments::{EntryAttributes, FormatArguments, duration, list_name};
use crate::number_list::file_reader::format::FileFormat;

/// Write a list of numbers, such as a do-not-call list, into the rules table.
///
/// The file is one number a line, CSV or other columns with or without a header, JSON, JSON Lines, an export of DynamoDB,
/// or a file of the National Do Not Call Registry: a full list, or a list of changes. It may be plain, gzip or zip. Each
/// number becomes a rule of the list's name. Area codes as dialers write them (201XXXXXXX) become rules for the prefix.
///
/// Lines that cannot be read are shown, counted and written to FILE.rejects; all others are imported. Continue an
/// interrupted import with --resume. Importing a file twice changes nothing. Exit status: 0 when all lines were imported, 1
/// when some were rejected or the import failed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall import dnc.csv --list internal-dnc
  precall import 2026-11-20_Global.zip --list national-dnc --replace --expires 31d
  precall import leads.csv --list vip --column mobile --status PROCEED --priority 200")]
pub struct Arguments {
    /// The file.
    pub file: PathBuf,

    /// The list's name, which is also the name of its rules: letters, digits, `.`, `_` and `-`.
    #[arg(long, value_name = "NAME", value_parser = list_name)]
    pub list: String,

    #[command(flatten)]
    pub format: FormatArguments,

    #[command(flatten)]
    pub attributes: EntryAttributes,

    /// Replace the list by the file: numbers that are not in the file are removed after all others have been written.
    #[arg(long)]
    pub replace: bool,

    /// Continue an interrupted import.
    #[arg(long)]
    pub resume: bool,

    /// Import a file again that has been imported already; replace even a list that would lose more than half.
    #[arg(long)]
    pub force: bool,

    /// How long this copy of the list may be used, such as 31d for the registry. `precall lists` warns before; the numbers
    /// stay on the list.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub expires: Option<SignedDuration>,

    /// How long each number stays on the list, such as 90d.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub forget_after: Option<SignedDuration>,

    /// When the copy was made (RFC 3339), from which both times count; if not given, when the file was last changed.
    #[arg(long, value_name = "INSTANT")]
    pub copied: Option<Timestamp>,

    /// The file for lines that cannot be read, with the reasons.
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,

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
        let changed = || Timestamp::try_from(std::fs::metadata(&self.file)?.modified()?).map_err(Failure::from);
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
        options.extend(self.format.column.iter().map(|column| format!("column={column:?}")));
        if self.format.format != FileFormat::Auto {
            options.push(format!("format={:?}", self.format.format));
        }
        if let Some(time) = self.forget_after {
            options.push(format!("forget-after={}s", time.as_secs()));
            options.extend(self.copied.iter().map(|at| format!("copied={at}")));
        }
        options.extend(self.replace.then(|| "replace".to_owned()));
        options.join(" ")
    }

    /// Returns the path of the file for rejected lines.
    pub fn rejects_file(&self) -> PathBuf {
        self.rejects.clone().unwrap_or_else(|| {
            let mut name = self.file.clone().into_os_string();
            name.push(".rejects");
            name.into()
        })
    }
}
