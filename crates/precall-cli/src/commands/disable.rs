//! `precall disable`: switches a stored rule off.

use std::process::ExitCode;

use crate::change_stamp::ChangeVia;
use crate::changed_rule::AttributeChanges;
use crate::edit::Edit;
use crate::failure::Failure;
use crate::rule_key::RuleKeyArguments;

/// Switch one rule off, and keep it.
///
/// The rule stays in the table with all its attributes, and decides nothing until `precall enable` switches it on. Exit status: 0
/// if the rule is switched off, 1 if it is not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  precall disable --number +13155550101 --rule asked-to-stop --because 'She asked for a call'")]
pub struct Arguments {
    #[command(flatten)]
    key: RuleKeyArguments,

    #[command(flatten)]
    edit: Edit,
}

/// Runs the command.
///
/// # Errors
/// When there is no such rule, or it cannot be written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    AttributeChanges::of_switch(false).make(&arguments.key, ChangeVia::Disable, &arguments.edit).await
}
