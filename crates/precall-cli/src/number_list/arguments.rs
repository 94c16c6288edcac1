//! The options that `precall import` and `precall export-table` share.

use jiff::{SignedDuration, Span, SpanRelativeTo};
use sha2::{Digest, Sha256};

use super::file_reader::format::{FileFormat, FormatOptions, OnlyRows, only_rows};
use super::mark::mark;
use crate::whole_number::whole_number;

/// Most characters of a list's name.
const MAX_NAME_LENGTH: usize = 64;

/// How the file is read.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct FormatArguments {
    /// The file's format.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: FileFormat,

    /// The columns with the numbers: their names, or their numbers from 1, with commas between them.
    #[arg(long, value_name = "COLUMNS", conflicts_with = "all_phone_columns")]
    pub column: Option<String>,

    /// Read all columns with telephone numbers.
    #[arg(long)]
    pub all_phone_columns: bool,

    /// The column with the countries of the numbers: its name, or its number from 1; `none` if no column is one.
    #[arg(long, value_name = "COLUMN")]
    pub country_column: Option<String>,

    /// Read only the lines that have one of these texts in a column (`COLUMN=TEXT,TEXT`), or another text
    /// (`COLUMN!=TEXT`). Repeat it for several conditions, which must all be met.
    #[arg(long, value_name = "CONDITION", value_parser = only_rows)]
    pub only: Vec<OnlyRows>,

    /// The sheet of a workbook.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
}

impl FormatArguments {
    /// Returns the mark of a file that is read in this way. Read in another way, the same file is another list.
    pub fn mark(&self, sha256: &str) -> String {
        let Self { format, column, .. } = self;
        let more = self.more_options();
        match (format, column) {
            (FileFormat::Auto, None) if more.is_empty() => mark(sha256),
            _ => {
                let mut options = vec![format!("{sha256} {format:?} {column:?}")];
                options.extend(more);
                mark(&precall_hook::auth::to_hex(&Sha256::digest(options.join(" "))))
            }
        }
    }

    /// Returns the options as texts, to compare an import with an earlier one.
    pub fn described(&self) -> Vec<String> {
        let mut options: Vec<String> = self.column.iter().map(|column| format!("column={column:?}")).collect();
        if self.format != FileFormat::Auto {
            options.push(format!("format={:?}", self.format));
        }
        options.extend(self.more_options());
        options
    }

    /// Returns the options beside the format and the columns.
    fn more_options(&self) -> Vec<String> {
        let mut options = Vec::new();
        options.extend(self.all_phone_columns.then(|| "all-phone-columns".to_owned()));
        options.extend(self.country_column.iter().map(|column| format!("country-column={column:?}")));
        options.extend(self.only.iter().map(|only| format!("only={:?}", only.written())));
        options.extend(self.sheet.iter().map(|sheet| format!("sheet={sheet:?}")));
        options
    }

    /// Returns the options of the file's reader.
    pub fn options(&self) -> FormatOptions {
        FormatOptions {
            format: self.format,
            column: self.column.clone(),
            all_phone_columns: self.all_phone_columns,
            one_number: false,
            country_column: self.country_column.clone(),
            only: self.only.clone(),
            sheet: self.sheet.clone(),
            exemptions: None,
            holders: None,
        }
    }
}

/// The attributes of a list's rules.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct EntryAttributes {
    /// The status of the rules: REJECT, PROCEED or `CHANGE_DESTINATION`.
    #[arg(long, default_value = "REJECT", value_name = "STATUS")]
    pub status: String,

    /// The code of a REJECT (603 if not given), or the number of a `CHANGE_DESTINATION`.
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,

    /// The reason of a REJECT; `On list NAME` if not given.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,

    /// The priority of the rules. The rule with the highest priority decides.
    #[arg(long, default_value_t = 100, value_name = "NUMBER", allow_negative_numbers = true, value_parser = whole_number::<i64>)]
    pub priority: i64,

    /// The side of the call that the numbers are on: callee (`to`) or caller (`from`).
    #[arg(long, default_value = "to", value_name = "SIDE", value_parser = ["to", "from"])]
    pub side: String,
}

impl EntryAttributes {
    /// Returns the attributes as one text, to compare an import with an earlier one.
    pub fn described(&self) -> String {
        let Self { status, code, reason, priority, side } = self;
        let mut options = vec![format!("status={} priority={priority} side={side}", status.trim().to_uppercase())];
        options.extend(code.iter().map(|code| format!("code={code:?}")));
        options.extend(reason.iter().map(|reason| format!("reason={reason:?}")));
        options.join(" ")
    }

    /// Returns true if the rules reject calls.
    pub fn is_reject(&self) -> bool {
        self.status.trim().eq_ignore_ascii_case("reject")
    }
}

/// Reads a list's name. It has no colon, because a colon separates it from an area code in a rule's name.
///
/// # Errors
/// When it has other characters than those of a name, or too many.
pub fn list_name(text: &str) -> Result<String, String> {
    let is_name = (1..=MAX_NAME_LENGTH).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if is_name {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "the name of a list has 1 to {MAX_NAME_LENGTH} letters, digits, `.`, `_` and `-`; write for example national-dnc"
        ))
    }
}

/// Reads a duration, such as `31d` or `12h`.
///
/// # Errors
/// When it is not a duration above 0, or has months or years, which have no fixed length.
pub fn duration(text: &str) -> Result<SignedDuration, String> {
    let span: Span = text.parse().map_err(|_| "not a length of time; write for example 31d".to_owned())?;
    let time = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| "months and years have no fixed length; write it in days, such as 31d".to_owned())?;
    if time.is_positive() { Ok(time) } else { Err("not above 0; write for example 31d".to_owned()) }
}
