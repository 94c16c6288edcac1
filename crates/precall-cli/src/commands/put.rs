//! `precall put`: shows what a rule changes, then writes it.

use std::process::ExitCode;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall::Number;
use precall::rule::{CHANGED, Entry, quoted};
use serde_json::{Map, Value};

use crate::change_stamp::ChangeVia;
use crate::dynamodb::attribute_value::{self, Attributes};
use crate::dynamodb::{item_file, items};
use crate::edit::{Edit, RuleEdit, partition};
use crate::failure::Failure;
use crate::rule_attributes::{pair, refuse_months, report, resolve_lengths, typed};
use crate::terminal::print_stderr;

/// Write one rule into the rules table.
///
/// Give all attributes of the rule (docs/rules.md): it replaces the rule with the same `number` and `rule`, and drops the
/// attributes that you do not give. `precall set` keeps them. The command shows what the rule changes before it writes it. It rejects a rule that the hook cannot read, and attributes that the hook does not
/// read, except `note` and names that begin with `x_`. `expires_at` and `starts_at` may be a length of time from now on, such as
/// 7d. Exit status: 0 if the rule was written, 1 if it was not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall put number=+13155550101 rule=asked-to-stop status=REJECT code=603 priority=100
  precall put number=+13155550101 rule=asked-to-wait status=REJECT code=480 priority=100 expires_at=30d
  precall put --json '{\"number\": \"*\", \"rule\": \"night\", \"status\": \"REJECT\", \"hours\": \"21:00-08:00\"}'")]
pub struct Arguments {
    /// The rule's attributes.
    #[arg(value_name = "NAME=VALUE", required_unless_present = "json")]
    attributes: Vec<String>,

    /// The rule as JSON; `-` reads it from standard input.
    #[arg(long, value_name = "JSON", conflicts_with = "attributes")]
    json: Option<String>,

    #[command(flatten)]
    edit: Edit,
}

/// Runs the command.
///
/// # Errors
/// When the rule cannot be read or written.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let now = Timestamp::now();
    let mut item = arguments.item()?;
    resolve_lengths(&mut item, now)?;
    let entry = items::parse(&item);
    if let Entry::Invalid(invalid) = &entry {
        return Err(format!("the hook could not read this: {}; nothing was written", invalid.reasons.join("; ")).into());
    }
    refuse_months(&item)?;
    arguments.edit.check_attributes(entry.key(), &item).await?;
    report(&item, &entry, now);
    let new = |_: Option<&Attributes>| Ok(Some(item.clone()));
    arguments.edit.change(RuleEdit { via: ChangeVia::Put, keys: vec![entry.key().clone()], new: &new }).await
}

impl Arguments {
    /// Returns the item of the arguments.
    fn item(&self) -> Result<Attributes, Failure> {
        let mut items = match self.json.as_deref() {
            Some("-") => item_file::of_json(&std::io::read_to_string(std::io::stdin())?)?,
            Some(text) => item_file::of_json(text)?,
            None => vec![self.of_pairs()?],
        };
        let (Some(mut item), true) = (items.pop(), items.is_empty()) else {
            return Err("not one rule; `precall load` writes several".into());
        };
        // The stamp of a copied item is that of another change.
        item.remove(CHANGED);
        // A number in JSON may lack its quotation marks.
        if let Some(AttributeValue::S(number) | AttributeValue::N(number)) = item.get("number") {
            for repair in Number::read(number).map(|read| read.repairs).unwrap_or_default() {
                print_stderr(format_args!("warning: {}: {repair}", quoted(number)));
            }
            let number = partition(number)?;
            item.insert("number".to_owned(), AttributeValue::S(number));
        }
        Ok(item)
    }

    /// Returns the item of the `NAME=VALUE` arguments.
    fn of_pairs(&self) -> Result<Attributes, Failure> {
        let mut item = Map::new();
        for text in &self.attributes {
            let (name, value) = pair(text, "status=REJECT")?;
            let (name, value) = (name.to_owned(), typed(name, value));
            if item.insert(name.clone(), value).is_some() {
                return Err(format!("`{name}` is there twice").into());
            }
        }
        attribute_value::of_json(Value::Object(item))
    }
}
