//! `precall hash`: the keyed hash by which the log identifies a number.

use std::process::ExitCode;

use precall::Number;
use precall_hook::log::Mask;

use crate::failure::{Failure, LocatedError};
use crate::number_notes;
use crate::terminal::{print, print_stderr};
use crate::tool_settings::log_settings;

/// Print the keyed hash that the log has for a number, to find the number in a log that masks numbers.
///
/// The hash is in the fields `to_hash` and `from_hash` of the decision records. Set `PRECALL_NUMBER_HASH_KEY` to the value that it
/// has in the hook. If the hook does not have this setting, set `PRECALL_API_KEYS` instead: the key of the hashes is derived from
/// it. The command never prints the key.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall hash +13155550101
  grep $(precall hash +13155550101) log.jsonl")]
pub struct Arguments {
    /// The number, such as +13155550100.
    number: String,
}

/// Runs the command.
///
/// # Errors
/// If the number cannot be read, or there is no key.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let text = &arguments.number;
    let number = Number::from_typed(text).map_err(|error| LocatedError::new(text, error))?;
    for note in number_notes::of_call(text, None) {
        print_stderr(format_args!("note: {note}"));
    }
    let hash = Mask::new(&log_settings()?).hash(&number).ok_or(
        "the hash needs the hook's key, and neither PRECALL_NUMBER_HASH_KEY nor PRECALL_API_KEYS is set; set \
         PRECALL_NUMBER_HASH_KEY to the value that it has in the hook, or PRECALL_API_KEYS if the hook has no \
         PRECALL_NUMBER_HASH_KEY",
    )?;
    print(&format!("{hash}\n"))?;
    Ok(ExitCode::SUCCESS)
}
