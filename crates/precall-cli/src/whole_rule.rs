//! A whole rule as arguments, for `put` and `propose`.

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
use crate::failure::{Failure, LocatedError};
use crate::rule_attributes::{pair, refuse_months, report, resolve_lengths, typed, unreadable};
use crate::terminal::print_stderr;

/// The arguments that are a whole rule.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct WholeRuleArguments {
    /// The rule's attributes.
    #[arg(value_name = "NAME=VALUE", required_unless_present = "json")]
    pub attributes: Vec<String>,

    /// The rule as JSON; `-` reads it from standard input.
    #[arg(long, value_name = "JSON", conflicts_with = "attributes")]
    pub json: Option<String>,
}

impl WholeRuleArguments {
    /// Writes the rule, as the arguments of the edit say.
    ///
    /// # Errors
    /// When the rule cannot be read or written.
    pub async fn put(&self, edit: &Edit) -> Result<ExitCode, Failure> {
        let now = Timestamp::now();
        let mut item = self.item()?;
        resolve_lengths(&mut item, now)?;
        let entry = items::parse(&item);
        if let Entry::Invalid(invalid) = &entry {
            return Err(unreadable(&invalid.reasons));
        }
        refuse_months(&item)?;
        Box::pin(edit.check_attributes(entry.key(), &item)).await?;
        report(&item, &entry, now);
        let new = |_: Option<&Attributes>| Ok(Some(item.clone()));
        let keys = vec![entry.key().clone()];
        // On the heap: the future is large, and two commands contain it.
        Box::pin(edit.change(RuleEdit { via: ChangeVia::Put, keys, new: &new })).await
    }

    /// Returns the item of the arguments.
    fn item(&self) -> Result<Attributes, Failure> {
        let mut item = match self.json.as_deref() {
            Some("-") => of_json("standard input", &std::io::read_to_string(std::io::stdin())?)?,
            Some(text) => of_json("--json", text)?,
            None => self.of_pairs()?,
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
            let (name, value) = pair(text)?;
            let (name, value) = (name.to_owned(), typed(name, value));
            if item.insert(name.clone(), value).is_some() {
                return Err(format!("`{name}` is there twice; keep one").into());
            }
        }
        attribute_value::of_json(Value::Object(item))
    }
}

/// Reads the only item of a JSON text. `source` names the text.
fn of_json(source: &str, text: &str) -> Result<Attributes, Failure> {
    let mut items = item_file::of_json(text).map_err(|error| LocatedError::new(source, error))?;
    match (items.pop(), items.len()) {
        (Some(item), 0) => Ok(item),
        (None, _) => Err(format!(
            "{source} has no rule; write one, such as {{\"number\": \"*\", \"rule\": \"night\", \"status\": \"REJECT\"}}"
        )
        .into()),
        (Some(_), others) => {
            Err(format!("{source} has {} rules; write one, or save them in a file and use `precall load`", others + 1).into())
        }
    }
}
