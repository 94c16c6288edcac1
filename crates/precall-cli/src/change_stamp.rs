//! The stamps of a command's changes: their author, their way and their reason.

use precall_hook::journal::{Stamp, item_hash};

use crate::dynamodb::attribute_value::Attributes;
use crate::dynamodb::store::OpenedStore;
use crate::failure::Failure;

/// Most characters of a reason.
const MAX_REASON: usize = 1_000;

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
    pub fn next(&self) -> Stamp {
        Stamp::new(&self.by, self.via.as_str(), self.because())
    }

    /// Returns an item with the stamp of another change, instead of the one that it has.
    ///
    /// # Errors
    /// When an attribute has a type that DynamoDB did not have in this version of its SDK.
    pub fn stamped(&self, item: &Attributes) -> Result<Attributes, Failure> {
        Ok(self.next().on(item)?)
    }

    /// Returns an item that is to be removed immediately, with the stamp of its removal.
    ///
    /// # Errors
    /// As [`Self::stamped`].
    pub fn stamped_for_removal(&self, item: &Attributes) -> Result<Attributes, Failure> {
        Ok(self.next().of_removal().on(item)?)
    }
}

/// Returns the id of an item's stamp.
pub fn id(item: &Attributes) -> Option<String> {
    Some(Stamp::of(item)?.id)
}

/// Returns the author of an item's last change, with the way. A program without stamps leaves the stamp of an earlier change.
pub fn author(item: &Attributes) -> String {
    match Stamp::of(item) {
        Some(stamp) if stamp.fits(item) => format!("{} (`precall {}`)", stamp.by, stamp.via),
        _ => "the console or a program".to_owned(),
    }
}

/// Returns true if the item is as `precall propose` or `precall review` wrote it, or as an interrupted `precall approve` stamped it
/// to be removed.
pub fn is_as_proposed(item: &Attributes) -> bool {
    let is_half_approved = || Stamp::of(item).is_some_and(|stamp| stamp.is_removal);
    is_as_written_by(ChangeVia::Propose, item) || is_as_written_by(ChangeVia::Approve, item) && is_half_approved()
}

/// Returns true if the item is as `precall load` wrote it: nothing has changed it since, also no program without stamps.
pub fn is_as_loaded(item: &Attributes) -> bool {
    is_as_written_by(ChangeVia::Load, item)
}

fn is_as_written_by(via: ChangeVia, item: &Attributes) -> bool {
    Stamp::of(item).is_some_and(|stamp| stamp.via == via.as_str() && stamp.fits(item))
}

/// Returns true if two items are the same rule.
pub fn is_same_rule(one: &Attributes, other: &Attributes) -> bool {
    match (item_hash(one), item_hash(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
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
