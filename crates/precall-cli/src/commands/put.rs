//! `precall put`: shows what a rule changes, then writes it.

use std::process::ExitCode;

use aws_sdk_dynamodb::types::AttributeValue;
use precall::Number;
use precall::rule::{Entry, quoted};
use serde_json::{Map, Value};

use crate::dynamodb::attribute_value::{self, Attributes};
use crate::dynamodb::{item_file, items};
use crate::edit::{Edit, partition};
use crate::failure::Failure;

/// Attributes that are numbers. `expires_at` is one because DynamoDB deletes expired items only by a number.
const NUMBERS: [&str; 4] = ["priority", "max_calls", "expires_at", "starts_at"];

/// Attributes that are true or false.
const FLAGS: [&str; 2] = ["enabled", "shadow"];

/// Write one rule into the rules table.
///
/// Give all attributes of the rule (docs/rules.md): it replaces the rule with the same `number` and `rule`. The command shows
/// what the rule changes before it writes it. It rejects a rule that the hook cannot read, and attributes that the hook does not
/// read, except `note` and names that begin with `x_`. Exit status: 0 if the rule was written, 1 if it was not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  precall put number=+13155550101 rule=asked-to-stop status=REJECT code=603 priority=100
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
    let item = arguments.item()?;
    let entry = items::parse(&item);
    if let Entry::Invalid(invalid) = &entry {
        return Err(format!("the hook could not read this: {}; nothing was written", invalid.reasons.join("; ")).into());
    }
    if let Entry::Rule(rule) = &entry {
        for repair in &rule.repairs {
            eprintln!("warning: {repair}");
        }
    }
    arguments.edit.check_attributes(entry.key(), &item).await?;
    arguments.edit.change(entry.key().clone(), Some(item)).await
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
        // A number in JSON may lack its quotation marks.
        if let Some(AttributeValue::S(number) | AttributeValue::N(number)) = item.get("number") {
            for repair in Number::read(number).map(|read| read.repairs).unwrap_or_default() {
                eprintln!("warning: {}: {repair}", quoted(number));
            }
            let number = partition(number)?;
            item.insert("number".to_owned(), AttributeValue::S(number));
        }
        Ok(item)
    }

    /// Returns the item of the `NAME=VALUE` arguments.
    fn of_pairs(&self) -> Result<Attributes, Failure> {
        let mut item = Map::new();
        for pair in &self.attributes {
            let (name, value) =
                pair.split_once('=').ok_or_else(|| format!("{pair:?}: write NAME=VALUE, such as status=REJECT"))?;
            let name = name.trim().to_owned();
            let value = match (value.trim().parse::<i64>(), value.trim().to_ascii_lowercase().parse::<bool>()) {
                (Ok(number), _) if NUMBERS.contains(&name.as_str()) => number.into(),
                (_, Ok(flag)) if FLAGS.contains(&name.as_str()) => flag.into(),
                _ => Value::from(value),
            };
            if item.insert(name.clone(), value).is_some() {
                return Err(format!("`{name}` is there twice").into());
            }
        }
        attribute_value::of_json(Value::Object(item))
    }
}
