//! The arguments of `precall import`.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use precall_hook::auth::to_hex;
use sha2::{Digest, Sha256};

use super::exempt_arguments::{ExemptArguments, ExpiresArgument, expires};
use super::holder_arguments::{DEFAULT_LIST, HolderArguments};
use crate::change_stamp::BecauseArgument;
use crate::dynamodb::store::StoreArguments;
use crate::failure::Failure;
use crate::number_list::arguments::{EntryAttributes, FormatArguments, duration, list_name};
use crate::number_list::exemption_row::ExemptionEnd;
use crate::number_list::file_reader::format::FormatOptions;
use crate::number_list::file_reader::input::is_standard_input;
use crate::number_list::item_builder::ItemBuilder;
use crate::number_list::mark::mark;
use crate::number_list::row_date::read_end;

/// The option that leaves removed numbers out, as options of imports name it.
pub const KEEP_REMOVED: &str = "keep-removed";

/// The option that lists removed numbers again, as options of imports name it.
pub const RESTORE_REMOVED: &str = "restore-removed";

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
/// The command shows and counts the lines that it cannot read, writes them to FILE.rejects, and imports all others.
/// Continue an interrupted import with --resume. Importing a file twice changes nothing. Exit status: 0 if all lines
/// were imported, 1 if some were rejected or the import failed.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command")]
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall import dnc.csv --list internal-dnc
  precall import 2026-11-20_Global.zip --list national-dnc --replace --expires 31d
  precall import leads.xlsx --list opted-out --column Phone,Mobile --only 'Do Not Call=yes'
  precall import leads.csv --list vip --column mobile --status PROCEED --priority 60
  precall import leads.csv --list vip --dry-run
  precall import consents.csv --exempt national-dnc --expires-column until --replace
  precall import leads.csv --holders --state-column state --replace")]
pub struct Arguments {
    /// The file; `-` is standard input.
    pub file: PathBuf,

    /// The list's name, which is also the name of its rules: letters, digits, `.`, `_` and `-`. For exemptions, it is `exempt-NAMES`
    /// if it is not given, and for holders `holders`.
    #[arg(long, value_name = "NAME", value_parser = list_name, required_unless_present_any = ["exempt", "holders"])]
    pub list: Option<String>,

    #[command(flatten)]
    pub format: FormatArguments,

    #[command(flatten)]
    pub attributes: EntryAttributes,

    #[command(flatten)]
    pub exempt: ExemptArguments,

    #[command(flatten)]
    pub holders: HolderArguments,

    /// Remove the numbers that are not in the file, after all others have been written.
    #[arg(long)]
    pub replace: bool,

    /// Leave the numbers as they are that people removed, switched off or changed since the last copy. Without it, the
    /// import lists them again, says so before it writes, and asks at a terminal. Exemptions, and rules that do not reject,
    /// are always left as they are.
    #[arg(long = KEEP_REMOVED)]
    pub keep_removed: bool,

    /// List the exemptions and the rules that do not reject again that people removed, switched off or changed.
    #[arg(long = RESTORE_REMOVED, conflicts_with = "keep_removed")]
    pub restore_removed: bool,

    /// Continue an interrupted import.
    #[arg(long)]
    pub resume: bool,

    /// Import an already imported file again, accept a file without entries, and let `--replace` remove more than half
    /// of a list.
    #[arg(long)]
    pub force: bool,

    /// The time for which this copy of the list may be used, such as 31d for the registry. `precall lists` warns before its
    /// end; the numbers stay on the list after it. With --exempt, the end of the exemptions whose row has none: a date such as
    /// 2027-03-01, or never.
    #[arg(long, value_name = "TIME", value_parser = expires)]
    pub expires: Option<ExpiresArgument>,

    /// The time after which each number leaves the list, such as 90d.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub forget_after: Option<SignedDuration>,

    /// The instant of the copy (RFC 3339), or a day, which begins in UTC; --expires and --forget-after count from it. The default is the file's last
    /// change.
    #[arg(long, value_name = "INSTANT", value_parser = copied)]
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

/// Reads the instant of a copy, or its day.
fn copied(text: &str) -> Result<Timestamp, String> {
    match read_end(text, None) {
        Ok(ExemptionEnd::At(at)) => Ok(at),
        _ => Err("not an instant; write one such as 2026-11-01T00:00:00Z, or a day such as 2026-11-01".to_owned()),
    }
}

impl Arguments {
    /// Checks the arguments that depend on each other.
    ///
    /// # Errors
    /// When exemptions have no end, or other lists have one.
    pub fn check(&self) -> Result<(), Failure> {
        self.exempt.check(&self.list()?, self.expires)
    }

    /// Returns the list's name.
    ///
    /// # Errors
    /// When there is none.
    pub fn list(&self) -> Result<String, Failure> {
        match &self.list {
            Some(list) => Ok(list.clone()),
            None if self.holders.holders => Ok(DEFAULT_LIST.to_owned()),
            None => self.exempt.default_list(),
        }
    }

    /// Returns true if the numbers are exempt from rules, or their rules do not reject.
    pub fn is_permissive(&self) -> bool {
        self.exempt.is_given() || !self.attributes.is_reject()
    }

    /// Returns the length of time for which the copy may be used.
    pub fn copy_lifetime(&self) -> Option<SignedDuration> {
        match self.expires {
            Some(ExpiresArgument::After(time)) => Some(time),
            Some(ExpiresArgument::At(_)) | None => None,
        }
    }

    /// Returns the mark of a file that is read in this way: exemptions that are read in another way are other items.
    pub fn mark(&self, sha256: &str) -> String {
        let file = self.format.mark(sha256);
        if let Some(holders) = self.holders.described() {
            return mark(&to_hex(&Sha256::digest(format!("{file} {holders}"))));
        }
        match self.exempt.attributes(self.expires) {
            Some(exemptions) => {
                let columns = self.exempt.described_columns().join(" ");
                mark(&to_hex(&Sha256::digest(format!("{file} {} {columns}", exemptions.described()))))
            }
            None => file,
        }
    }

    /// Returns the options of the file's reader.
    ///
    /// # Errors
    /// When the instant of the copy is in the future, or cannot be read.
    pub fn format_options(&self) -> Result<FormatOptions, Failure> {
        let holders = if self.holders.holders { self.holders.columns(self.copied_at()?) } else { None };
        Ok(FormatOptions { exemptions: self.exempt.columns(), holders, ..self.format.options() })
    }

    /// Returns the builder of the items.
    ///
    /// # Errors
    /// When the hook cannot read items with these options.
    pub fn builder(&self, mark: &str, expires_at: Option<Timestamp>) -> Result<ItemBuilder, Failure> {
        let list = self.list()?;
        if self.holders.holders {
            return Ok(ItemBuilder::of_holders(&list, self.holders.besides, mark));
        }
        match self.exempt.attributes(self.expires) {
            Some(exemptions) => ItemBuilder::of_exemptions(&list, exemptions, mark),
            None => ItemBuilder::new(&list, &self.attributes, mark, expires_at),
        }
    }

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
            Some(at) if at > now => {
                return Err(
                    format!("--copied is in the future ({at}); write the instant at which you got the file").into()
                );
            }
            Some(at) => at,
            None => changed()?.min(now),
        };
        Ok(Timestamp::from_second(copied.as_second())?)
    }

    /// Returns the options that the items depend on, as one text.
    pub fn described(&self) -> String {
        let mut options = match self.exempt.attributes(self.expires) {
            Some(exemptions) => vec![exemptions.described()],
            None => vec![self.attributes.described()],
        };
        options.extend(self.holders.described());
        options.extend(self.exempt.described_columns());
        options.extend(self.format.described());
        if let Some(time) = self.forget_after {
            options.push(format!("forget-after={}s", time.as_secs()));
            options.extend(self.copied.iter().map(|at| format!("copied={at}")));
        }
        options.extend(self.replace.then(|| "replace".to_owned()));
        options.extend(self.keep_removed.then(|| KEEP_REMOVED.to_owned()));
        options.extend(self.restore_removed.then(|| RESTORE_REMOVED.to_owned()));
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
            // The name has been checked.
            let of_input = is_standard_input(&self.file).then(|| self.list().unwrap_or_default().into());
            let mut name = of_input.unwrap_or_else(|| self.file.clone().into_os_string());
            name.push(".rejects");
            name.into()
        })
    }
}
