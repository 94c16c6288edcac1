//! `precall put`: shows what a rule changes, then writes it.

use std::process::ExitCode;

use crate::edit::Edit;
use crate::failure::Failure;
use crate::whole_rule::WholeRuleArguments;

/// Write one rule into the rules table.
///
/// Give all attributes of the rule (docs/rules.md). The command replaces the rule with the same `number` and `rule`, and drops the
/// attributes that you do not give. `precall set` keeps them. Before the command writes the rule, it shows the changes.
///
/// The command refuses a rule that the hook cannot read, and one in which `precall lint` reports an error (--force accepts it). It
/// also refuses attributes that the hook does not read, except `note` and names that begin with `x_`. `expires_at` and `starts_at`
/// may be a length of time from now on, such as 7d. Exit status: 0 if the table has the rule now, 1 if it has not.
#[derive(Debug, clap::Args)]
#[command(override_usage = "\
precall put <NAME=VALUE>... [OPTIONS]
       precall put --json <JSON> [OPTIONS]")]
#[command(after_help = "\
Examples:
  precall put number=+13155550101 rule=asked-to-stop status=REJECT code=603 priority=100
  precall put number=+13155550101 rule=asked-to-wait status=REJECT code=480 priority=100 expires_at=30d
  precall put --json '{\"number\": \"*\", \"rule\": \"night\", \"status\": \"REJECT\", \"hours\": \"21:00-08:00\"}'")]
pub struct Arguments {
    #[command(flatten)]
    rule: WholeRuleArguments,

    /// Write the rule although `precall lint` reports an error in it.
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    edit: Edit,
}

/// Runs the command.
///
/// # Errors
/// When the rule cannot be read or written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { rule, force, edit } = arguments;
    rule.put(&Edit { accepts_errors: force, ..edit }).await
}
