//! The stamp of a change: an attribute of the written item with its id, its author, its way and its reason.

use std::collections::BTreeMap;
use std::fmt::Write;

use aws_sdk_dynamodb::types::AttributeValue;
use precall::rule::CHANGED;
use precall_hook::journal::normal_form;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::dynamodb::attribute_value::{Attributes, to_typed};
use crate::dynamodb::store::OpenedStore;
use crate::failure::Failure;

/// Most characters of a reason.
const MAX_REASON: usize = 1_000;

/// Bytes of an item's hash in its stamp.
const HASH_BYTES: usize = 6;

/// The reason of a change, as an option of the commands that write.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(skip)]
pub struct BecauseArgument {
    /// The reason of the change, which is stored with it.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    because: Option<String>,
}

/// Reads the reason of a change.
fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err("empty; write the reason of the change, or leave the option out".to_owned()),
        length if length > MAX_REASON => Err(format!("{length} characters; write at most {MAX_REASON}")),
        _ => Ok(text.to_owned()),
    }
}

/// The way of a change: the command that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeVia {
    Put,
    Set,
    Enable,
    Disable,
    Expire,
    Load,
    Remove,
    Import,
    ListsRemove,
    Undo,
    Propose,
    Approve,
    Reject,
    Review,
}

impl ChangeVia {
    /// Returns the way as stamps have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Set => "set",
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Expire => "expire",
            Self::Load => "load",
            Self::Remove => "remove",
            Self::Import => "import",
            Self::ListsRemove => "lists remove",
            Self::Undo => "undo",
            Self::Propose => "propose",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Review => "review",
        }
    }
}

/// Makes the stamps of one command.
#[derive(Debug, Clone)]
pub struct ChangeStamper {
    by: String,
    via: ChangeVia,
    because: Option<String>,
}

/// The stamp of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeStamp {
    /// A UUID of version 7, which contains the time.
    id: String,
    by: String,
    via: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    /// The hash of the item that was written. It differs from the item if a program without stamps changed it since.
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<String>,
    /// True if the item is removed immediately after: then the stamp is that of the deletion.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    removal: bool,
}

impl ChangeStamper {
    /// Returns the stamps of a command that changes this store. On AWS, it looks up the owner of the credentials.
    pub async fn of(opened: &OpenedStore, via: ChangeVia, because: &BecauseArgument) -> Self {
        Self { by: opened.author.name().await, via, because: because.because.clone() }
    }

    /// Returns the stamps of the same person with another reason.
    #[must_use]
    pub fn with_because(self, because: String) -> Self {
        Self { because: Some(because), ..self }
    }

    /// Returns the person or program that makes the changes.
    pub fn by(&self) -> &str {
        &self.by
    }

    /// Returns the reason that was given.
    pub fn because(&self) -> Option<&str> {
        self.because.as_deref()
    }

    /// Returns the stamp of another change.
    pub fn next(&self) -> ChangeStamp {
        let Self { by, via, because } = self;
        ChangeStamp {
            id: Uuid::now_v7().to_string(),
            by: by.clone(),
            via: via.as_str(),
            because: because.clone(),
            item: None,
            removal: false,
        }
    }

    /// Returns an item with the stamp of another change, instead of the one that it has.
    ///
    /// # Errors
    /// When an attribute has a type that DynamoDB did not have in this version of its SDK.
    pub fn stamped(&self, item: &Attributes) -> Result<Attributes, Failure> {
        with_stamp(item, self.next())
    }

    /// Returns an item that is to be removed immediately, with the stamp of its removal.
    ///
    /// # Errors
    /// As [`Self::stamped`].
    pub fn stamped_for_removal(&self, item: &Attributes) -> Result<Attributes, Failure> {
        with_stamp(item, self.next().of_removal())
    }
}

/// Returns an item with a stamp that has the item's hash.
fn with_stamp(item: &Attributes, stamp: ChangeStamp) -> Result<Attributes, Failure> {
    let stamp = ChangeStamp { item: Some(hash(item)?), ..stamp };
    let mut item = item.clone();
    item.insert(CHANGED.to_owned(), stamp.to_attribute());
    Ok(item)
}

impl ChangeStamp {
    /// Returns the same stamp for an item that is removed immediately after.
    #[must_use]
    pub fn of_removal(self) -> Self {
        Self { removal: true, ..self }
    }

    /// Returns the stamp as the value of an attribute.
    fn to_attribute(&self) -> AttributeValue {
        let Self { id, by, via, because, item, removal } = self;
        let fields = [
            ("id", Some(id.as_str())),
            ("by", Some(by)),
            ("via", Some(via)),
            ("because", because.as_deref()),
            ("item", item.as_deref()),
        ];
        let texts = fields.into_iter().filter_map(|(name, text)| Some((name, text?)));
        let mut stamp: Attributes =
            texts.map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned()))).collect();
        if *removal {
            stamp.insert("removal".to_owned(), AttributeValue::Bool(true));
        }
        AttributeValue::M(stamp)
    }
}

/// Returns the id of an item's stamp.
pub fn id(item: &Attributes) -> Option<&str> {
    field(item, "id")
}

/// Returns the author of an item's last change, with the way. A program without stamps leaves the stamp of an earlier change.
pub fn author(item: &Attributes) -> String {
    match (field(item, "by"), field(item, "via"), field(item, "item")) {
        (Some(by), Some(via), Some(stored)) if hash(item).is_ok_and(|hash| hash == stored) => {
            format!("{by} (`precall {via}`)")
        }
        _ => "the console or a program".to_owned(),
    }
}

/// Returns true if a command of precall was the last one to change the item.
pub fn is_as_stamped(item: &Attributes) -> bool {
    hash(item).is_ok_and(|hash| field(item, "item") == Some(hash.as_str()))
}

/// Returns true if the item is as `precall propose` or `precall review` wrote it.
pub fn is_as_proposed(item: &Attributes) -> bool {
    field(item, "via") == Some(ChangeVia::Propose.as_str()) && is_as_stamped(item)
}

/// Returns true if the item is as `precall load` wrote it: nothing has changed it since, also no program without stamps.
pub fn is_as_loaded(item: &Attributes) -> bool {
    field(item, "via") == Some(ChangeVia::Load.as_str()) && is_as_stamped(item)
}

fn field<'a>(item: &'a Attributes, name: &str) -> Option<&'a str> {
    let text = item.get(CHANGED)?.as_m().ok()?.get(name)?.as_s().ok()?;
    Some(text.as_str())
}

/// Returns true if two items are the same rule.
pub fn is_same_rule(one: &Attributes, other: &Attributes) -> bool {
    match (hash(one), hash(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

/// Returns the hash of an item without bookkeeping, which does not depend on the order of its attributes and sets.
fn hash(item: &Attributes) -> Result<String, Failure> {
    let mut hash = Sha256::new();
    let sorted: BTreeMap<String, AttributeValue> = normal_form(item).into_iter().collect();
    for (name, value) in sorted {
        let value = sets_as_lists(value);
        let one = Attributes::from([(name, value)]);
        hash.update(format!("{}\n", to_typed(&one)?));
    }
    let digest = hash.finalize();
    Ok(digest.iter().take(HASH_BYTES).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Returns a value with its sets as lists, because the JSON of a file has no sets.
fn sets_as_lists(value: AttributeValue) -> AttributeValue {
    match value {
        AttributeValue::Ss(texts) => AttributeValue::L(texts.into_iter().map(AttributeValue::S).collect()),
        AttributeValue::Ns(numbers) => AttributeValue::L(numbers.into_iter().map(AttributeValue::N).collect()),
        AttributeValue::L(values) => AttributeValue::L(values.into_iter().map(sets_as_lists).collect()),
        AttributeValue::M(values) => {
            AttributeValue::M(values.into_iter().map(|(name, value)| (name, sets_as_lists(value))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::dynamodb::attribute_value::of_json;

    fn item(text: &serde_json::Value) -> Attributes {
        of_json(text.clone()).unwrap()
    }

    #[test]
    fn an_item_is_as_loaded_until_anything_changes_it() {
        let stamper = |via| ChangeStamper { by: "anna@host".to_owned(), via, because: None };
        let rule = item(&json!({ "number": "*", "rule": "r", "status": "REJECT", "places": ["FL", "GA"] }));
        let loaded = stamper(ChangeVia::Load).stamped(&rule).unwrap();
        assert!(is_as_loaded(&loaded) && is_same_rule(&loaded, &rule));
        let mut edited = loaded.clone();
        edited.insert("priority".to_owned(), AttributeValue::N("5".to_owned()));
        assert!(!is_as_loaded(&edited), "the console keeps the stamp");
        assert!(!is_as_loaded(&stamper(ChangeVia::Put).stamped(&rule).unwrap()));
        assert!(!is_as_loaded(&rule));
        assert_ne!(id(&loaded), id(&stamper(ChangeVia::Load).stamped(&loaded).unwrap()));
    }

    #[test]
    fn the_order_of_a_set_is_no_difference_but_that_of_a_list_is() {
        let set = |texts: &[&str]| {
            let texts = texts.iter().map(|text| (*text).to_owned()).collect();
            Attributes::from([("places".to_owned(), AttributeValue::Ss(texts))])
        };
        assert!(is_same_rule(&set(&["FL", "GA"]), &set(&["GA", "FL"])));
        assert!(!is_same_rule(&item(&json!({ "a": ["FL", "GA"] })), &item(&json!({ "a": ["GA", "FL"] }))));
        assert!(is_same_rule(
            &item(&json!({ "a": { "x": 1, "y": 2.50 } })),
            &item(&json!({ "a": { "y": 2.5, "x": 1 }, "list_file": "0123", "changed": { "id": "1" } }))
        ));
        // Numbers of DynamoDB have up to 38 digits, more than a float.
        let number = |digits: &str| Attributes::from([("n".to_owned(), AttributeValue::N(digits.to_owned()))]);
        assert!(!is_same_rule(&number("1234567890.1234567890123"), &number("1234567890.1234567890124")));
    }
}
