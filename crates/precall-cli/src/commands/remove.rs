//! `precall remove`: shows what the removal of a rule changes, then removes it; or removes a list.

use std::process::ExitCode;

use crate::change_stamp::ChangeVia;
use crate::dynamodb::attribute_value::Attributes;
use crate::edit::{Edit, RuleEdit};
use crate::failure::Failure;
use crate::number_list::arguments::list_name;
use crate::number_list::list_removal::ListRemoval;
use crate::rule_key::spellings;
use crate::usage_error;

/// Remove one rule from the rules table, or a list.
///
/// Before the command removes the rule, it shows the changes. `--list NAME` removes all numbers of a list, as
/// `precall lists remove NAME` does. To keep a rule, switch it off with `precall disable`. Exit status: 0 if the rule or list was
/// removed, 1 if it was not, 130 after Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(override_usage = "\
precall remove --number <NUMBER> --rule <NAME> [OPTIONS]
       precall remove --list <NAME> [OPTIONS]")]
#[command(after_help = "\
Examples:
  precall remove --number +13155550101 --rule asked-to-stop --because 'The customer asked for a call'
  precall remove --list old-list")]
pub struct Arguments {
    /// The number that the rule is stored under, or `*`.
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,

    /// The rule's name.
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,

    /// Remove this list: all its numbers, and its record.
    #[arg(long, value_name = "NAME", value_parser = list_name, conflicts_with_all = ["number", "rule"])]
    list: Option<String>,

    #[command(flatten)]
    edit: Edit,
}

/// Runs the command.
///
/// # Errors
/// When there is no such rule or list, or it cannot be removed.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { number, rule, list, edit } = arguments;
    if let Some(list) = list {
        let Edit { yes, dry_run, because, store, .. } = edit;
        return ListRemoval { list, yes, dry_run, because, store: &store }.run().await;
    }
    let (Some(number), Some(rule)) = (number, rule) else {
        return Err(usage_error::missing::<Arguments>(
            "precall remove",
            "name the rule or the list to remove: `precall remove --number NUMBER --rule NAME`, or `precall remove --list NAME`",
        )
        .into());
    };
    let remove = |_: Option<&Attributes>| Ok(None);
    let keys = spellings(&number, &rule);
    edit.change(RuleEdit { via: ChangeVia::Remove, keys, new: &remove }).await
}
