//! `precall expire`: gives a stored rule an end.

use std::process::ExitCode;

use crate::change_stamp::ChangeVia;
use crate::changed_rule::AttributeChanges;
use crate::edit::Edit;
use crate::failure::Failure;
use crate::rule_key::RuleKeyArguments;

/// Let one rule end at an instant.
///
/// From that instant on, the rule decides nothing, and DynamoDB removes it some time later. To keep the rule, use `precall
/// disable`. To take the end away, write `precall set --number NUMBER --rule NAME expires_at=`. Exit status: 0 if the rule has this
/// end now, 1 if it has not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall expire --number +13155550101 --rule asked-to-wait --at 30d
  precall expire --number '*' --rule closed-for-storm --at 2026-12-01T05:00:00Z
  precall expire --number '*' --rule closed-for-storm --at now")]
pub struct Arguments {
    #[command(flatten)]
    key: RuleKeyArguments,

    /// The instant (RFC 3339, or seconds since 1970), a length of time from now on such as 7d, or `now`.
    #[arg(long, value_name = "INSTANT|LENGTH")]
    at: String,

    #[command(flatten)]
    edit: Edit,
}

/// Runs the command.
///
/// # Errors
/// When there is no such rule, the instant cannot be read, or the rule cannot be written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    AttributeChanges::of_end(&arguments.at)?.make(&arguments.key, ChangeVia::Expire, &arguments.edit).await
}
