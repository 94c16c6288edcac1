//! The options that `precall import` and `precall export-table` share.

use jiff::{SignedDuration, Span, SpanRelativeTo};
use sha2::{Digest, Sha256};

use super::file_reader::format::{FileFormat, FormatOptions};
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

    /// The column with the numbers: its name, or its number from 1.
    #[arg(long, value_name = "COLUMN")]
    pub column: Option<String>,
}

impl FormatArguments {
    /// Returns the mark of a file that is read in this way. Read in another way, the same file is another list.
    pub fn mark(&self, sha256: &str) -> String {
        let Self { format, column } = self;
        match (format, column) {
            (FileFormat::Auto, None) => mark(sha256),
            _ => mark(&precall_hook::auth::to_hex(&Sha256::digest(format!("{sha256} {format:?} {column:?}")))),
        }
    }

    /// Returns the options of the file's reader.
    pub fn options(&self) -> FormatOptions {
        FormatOptions { format: self.format, column: self.column.clone(), exemptions: None }
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
