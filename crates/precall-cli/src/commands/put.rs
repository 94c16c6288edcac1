//! `precall put`: shows what a rule changes, then writes it.

use std::collections::BTreeMap;
use std::process::ExitCode;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use precall::Number;
use precall::rule::{Entry, may_mean_months, parse_length, quoted};
use serde_json::{Map, Value};

use crate::dynamodb::attribute_value::{self, Attributes};
use crate::dynamodb::{item_file, items};
use crate::edit::{Edit, partition};
use crate::failure::Failure;
use crate::rule_findings::{of_item, of_open_days, written};
use crate::terminal::{print, print_stderr};

/// Attributes that are numbers. `expires_at` is one because DynamoDB deletes expired items only by a number.
const NUMBERS: [&str; 4] = ["priority", "max_calls", "expires_at", "starts_at"];

/// Attributes that are instants. A length of time, such as 7d, counts from now.
const INSTANTS: [&str; 2] = ["starts_at", "expires_at"];

/// Attributes that are true or false.
const FLAGS: [&str; 2] = ["enabled", "shadow"];

/// Write one rule into the rules table.
///
/// Give all attributes of the rule (docs/rules.md): it replaces the rule with the same `number` and `rule`. The command shows
/// what the rule changes before it writes it. It rejects a rule that the hook cannot read, and attributes that the hook does not
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
    arguments.edit.change(entry.key().clone(), Some(item)).await
}

/// Replaces lengths of time in `starts_at` and `expires_at` by the instants to which they lead from now on.
fn resolve_lengths(item: &mut Attributes, now: Timestamp) -> Result<(), Failure> {
    for (name, value) in
        item.iter_mut().filter(|(name, _)| INSTANTS.contains(&name.trim().to_ascii_lowercase().as_str()))
    {
        let AttributeValue::S(text) = value else { continue };
        let length = text.trim().trim_start_matches("in ").trim_start_matches('+').trim();
        let Some(span) = parse_length(length) else { continue };
        if may_mean_months(length) {
            return Err(format!("`{name}`: {length:?} may mean minutes or months; write {}", in_minutes(length)).into());
        }
        let at = now.checked_add(span).map_err(|error| format!("`{name}`: {length:?} from now: {error}"))?;
        let at = Timestamp::from_second(at.as_second())?;
        print(&format!("`{name}`: {length} from now is {at}\n"))?;
        *value = AttributeValue::N(at.as_second().to_string());
    }
    Ok(())
}

/// Refuses a cap whose window may be meant in months. In stored items, it is read as minutes.
fn refuse_months(item: &Attributes) -> Result<(), Failure> {
    match written(item, "per").filter(|per| may_mean_months(per)) {
        None => Ok(()),
        Some(per) => {
            let advice = in_minutes(&per);
            Err(format!("`per`: {per:?} is read as minutes; write {advice}; nothing was written").into())
        }
    }
}

/// Returns the advice for a length in `M`.
fn in_minutes(length: &str) -> String {
    format!("{}min for minutes, or 30d for a month", length.trim_end_matches('M').trim_end())
}

/// Prints the findings about the item: effects that its author may not expect.
fn report(item: &Attributes, entry: &Entry, now: Timestamp) {
    let alone = BTreeMap::from([(entry.key().number.clone(), vec![entry.clone()])]);
    for finding in of_item(item, entry, now).into_iter().chain(of_open_days(&alone)) {
        print_stderr(format_args!("{}: {}", finding.level.as_str(), finding.text()));
    }
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
