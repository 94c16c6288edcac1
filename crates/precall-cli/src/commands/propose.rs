//! `precall propose`: writes a change of a rule as a proposal, which a second person approves.

use std::process::ExitCode;

use crate::change_stamp::ChangeVia;
use crate::changed_rule::AttributeChanges;
use crate::dynamodb::attribute_value::Attributes;
use crate::edit::{Edit, RuleEdit};
use crate::failure::Failure;
use crate::rule_attributes::pair;
use crate::rule_key::RuleKeyArguments;
use crate::whole_rule::WholeRuleArguments;

/// Propose a change of one rule, for another person to approve.
///
/// The arguments are those of `precall put`; with --set, those of `precall set`; with --remove, those of `precall remove`. The
/// proposal waits in the rules table, and the hook does not read it. `precall review` shows it, `precall approve` makes the change,
/// and `precall reject` drops it. Exit status: 0 if the proposal was written, 1 if it was not.
#[derive(Debug, clap::Args)]
#[command(override_usage = "\
precall propose <NAME=VALUE>... [OPTIONS]
       precall propose --json <JSON> [OPTIONS]
       precall propose --set --number <NUMBER> --rule <NAME> <NAME=VALUE>... [OPTIONS]
       precall propose --remove --number <NUMBER> --rule <NAME> [OPTIONS]")]
#[command(after_help = "\
Examples:
  precall propose number='*' rule=night status=REJECT hours=21:00-08:00 --because 'New hours'
  precall propose --set --number '*' --rule night hours=20:00-08:00
  precall propose --remove --number '*' --rule night")]
pub struct Arguments {
    /// The rule's attributes; with --set, those that change.
    #[arg(value_name = "NAME=VALUE", required_unless_present_any = ["json", "remove"])]
    attributes: Vec<String>,

    /// The rule as JSON; `-` reads it from standard input.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["attributes", "set", "remove"])]
    json: Option<String>,

    /// Change only the attributes that are named.
    #[arg(long, requires = "number", requires = "rule", conflicts_with = "remove")]
    set: bool,

    /// Remove the rule.
    #[arg(long, requires = "number", requires = "rule", conflicts_with = "attributes")]
    remove: bool,

    /// With --set and --remove: the number that the rule is stored under, or `*`.
    #[arg(long, value_name = "NUMBER", requires = "rule")]
    number: Option<String>,

    /// With --set and --remove: the rule's name.
    #[arg(long, value_name = "NAME", requires = "number")]
    rule: Option<String>,

    #[command(flatten)]
    edit: Edit,
}

/// Runs the command.
///
/// # Errors
/// When the rule cannot be read, or the proposal cannot be written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let Arguments { attributes, json, set, remove, number, rule, edit } = arguments;
    let edit = Edit { is_proposal: true, ..edit };
    let key = number.zip(rule).map(|(number, rule)| RuleKeyArguments { number, rule });
    match key {
        Some(key) if remove => {
            let removed = |_: Option<&Attributes>| Ok(None);
            edit.change(RuleEdit { via: ChangeVia::Remove, keys: key.spellings(), new: &removed }).await
        }
        Some(key) if set => {
            let mut changes = AttributeChanges::default();
            for text in &attributes {
                let (name, value) = pair(text)?;
                changes.add(name, value)?;
            }
            changes.make(&key, ChangeVia::Set, &edit).await
        }
        Some(_) => Err("--number and --rule are for --set and --remove; write number=… and rule=…".into()),
        None => WholeRuleArguments { attributes, json }.put(&edit).await,
    }
}
