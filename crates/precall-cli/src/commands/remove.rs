//! `precall remove`: shows what the removal of a rule changes, then removes it.

use std::process::ExitCode;
use std::sync::Arc;

use precall::rule::Key;

use crate::edit::{self, Edit, partition};
use crate::failure::Failure;
use crate::tool_settings::settings;

/// Remove one rule from the rules table.
///
/// The command shows what the removal changes before it removes the rule. Exit status: 0 if the rule was removed, 1 if it was
/// not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  precall remove --number +13155550101 --rule asked-to-stop")]
pub struct Arguments {
    /// The number that the rule is stored under, or `*`.
    #[arg(long, value_name = "NUMBER")]
    number: String,

    /// The rule's name.
    #[arg(long, value_name = "NAME")]
    rule: String,

    #[command(flatten)]
    edit: Edit,
}

/// Runs the command.
///
/// # Errors
/// When there is no such rule, or it cannot be removed.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    // An item under another spelling of the number can be removed too.
    let number = partition(&arguments.number).unwrap_or_else(|_| arguments.number.clone());
    let exact = Key { number: arguments.number.clone(), rule: arguments.rule.clone() };
    let key = Key { number, rule: arguments.rule.clone() };
    let settings = Arc::new(settings()?);
    let opened = arguments.edit.open(&settings).await?;
    let is_there = edit::get(&opened.store, &key).await?.is_some();
    opened.close().await?;
    arguments.edit.change(if is_there { key } else { exact }, None).await
}
