//! `precall set`: changes some attributes of a stored rule.

use std::process::ExitCode;

use crate::change_stamp::ChangeVia;
use crate::changed_rule::AttributeChanges;
use crate::edit::Edit;
use crate::failure::Failure;
use crate::rule_attributes::pair;
use crate::rule_key::RuleKeyArguments;

/// Change some attributes of one rule, and keep the others.
///
/// Before the command writes the rule, it shows the changes. `NAME=` removes an attribute. `expires_at` and `starts_at` may be a
/// length of time from now on, such as 7d. --number and --rule name a stored rule; `precall put` writes a new one. You can correct
/// a rule that the hook cannot read in several steps. The command refuses a change that brings an error, unless you add --force.
/// Exit status: 0 if the rule has these attributes now, 1 if it has not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall set --number +13155550101 --rule asked-to-stop note='Asked on 3 November'
  precall set --number '*' --rule night hours=20:00-09:00 shadow= --because 'New law in Florida'")]
pub struct Arguments {
    #[command(flatten)]
    key: RuleKeyArguments,

    /// The attributes that change. An empty value removes the attribute.
    #[arg(value_name = "NAME=VALUE", required = true)]
    attributes: Vec<String>,

    /// Write the rule although `precall lint` reports an error in it.
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    edit: Edit,
}

/// Runs the command.
///
/// # Errors
/// When there is no such rule, or it cannot be read or written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let mut changes = AttributeChanges::default();
    for text in &arguments.attributes {
        let (name, value) = pair(text)?;
        changes.add(name, value)?;
    }
    let edit = Edit { accepts_errors: arguments.force, ..arguments.edit };
    changes.make(&arguments.key, ChangeVia::Set, &edit).await
}
