//! The attributes of an item that are not read.

use super::vocabulary::{ATTRIBUTES, LIST_FILE, meant};
use crate::rule::item::{Item, Value};

/// The beginning of the names that operators may use for data of their own.
const OWN_PREFIX: &str = "x_";

/// An attribute that is not read, because no attribute of a rule or fact has its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAttribute {
    /// The name, as it is stored.
    pub name: String,
    /// The attribute that the name probably means; `None` for an attribute of the operator's own, which has no effect.
    pub meant: Option<&'static str>,
    /// A sentence for people, with the name: what is wrong, and what to write instead.
    pub advice: String,
}

/// Returns the attributes of an item that are not read, in the order of their names. Tools that write items refuse them, and
/// tools that print items print them apart from what was read.
///
/// Left out are `note`, names that begin with `x_`, the mark of an imported list, and attributes that are NULL. If `meant` is
/// given, [`parse`](super::parse) usually makes the item invalid; see the page on rules.
///
/// ```
/// use precall::rule::unknown_attributes;
///
/// let item = serde_json::json!({ "number": "*", "rule": "r", "status": "REJECT", "client": "vendor", "x_team": "sales" });
/// let unknown = unknown_attributes(&serde_json::from_value(item)?);
/// assert_eq!(unknown.len(), 1);
/// assert_eq!((unknown[0].name.as_str(), unknown[0].meant), ("client", Some("clients")));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn unknown_attributes(item: &Item) -> Vec<UnknownAttribute> {
    let given = item.iter().filter(|(_, value)| **value != Value::Null);
    given.filter_map(|(name, _)| unknown_attribute(name)).collect()
}

fn unknown_attribute(name: &str) -> Option<UnknownAttribute> {
    let lower = name.trim().to_ascii_lowercase();
    if ATTRIBUTES.contains(&lower.as_str()) || lower.starts_with(OWN_PREFIX) || lower == LIST_FILE {
        return None;
    }
    let meant = meant(&lower);
    let advice = match meant {
        Some(known) => format!("`{name}`: not an attribute of a rule; did you mean `{known}`?"),
        None => format!(
            "`{name}`: not an attribute of a rule, so it has no effect; write `x_{name}`, or put it into `note`"
        ),
    };
    Some(UnknownAttribute { name: name.to_owned(), meant, advice })
}
