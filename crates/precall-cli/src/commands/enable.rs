//! `precall enable`: switches a stored rule on.

use std::process::ExitCode;

use crate::change_stamp::ChangeVia;
use crate::changed_rule::AttributeChanges;
use crate::edit::Edit;
use crate::failure::Failure;
use crate::rule_key::RuleKeyArguments;

/// Switch one rule on.
///
/// The rule applies again, with all attributes that it had. Exit status: 0 if the rule is switched on, 1 if it is not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  precall enable --number +13155550101 --rule asked-to-stop --because 'The request was repeated'")]
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
    AttributeChanges::of_switch(true).make(&arguments.key, ChangeVia::Enable, &arguments.edit).await
}
